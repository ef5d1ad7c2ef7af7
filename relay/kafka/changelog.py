"""Bring a lane's store to the end of its changelog."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from relay.kafka.clients import Consumer, Fetched, Partition, partition_of, reading
from relay.kafka.config import LaneSettings
from relay.kafka.events import CheckpointDiscarded
from relay.kafka.internals import discard_consumer
from relay.kafka.kit import LaneKit
from relay.model.plan import Change
from relay.state import Discard, Extent, RocksDisk, RocksStore, mismatch

INCARNATION: Final = b"i"
"""The changelog's first key. Its value is drawn when it is begun: a new one is known as new."""

INCARNATION_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Restored:
    """A store at the end of its changelog; `adopted` False: the lane must write an incarnation."""

    store: RocksStore
    records: int
    adopted: bool


class Restorer:
    """Restores the lanes of one process. It keeps no connection between two restores."""

    def __init__(self, kit: LaneKit, disk: RocksDisk) -> None:
        self._kit = kit
        self._disk = disk
        self._distrusted: set[int] = set()

    def distrust(self, lane: int) -> None:
        """Begin the next restore of `lane` with an empty store: its files have failed."""
        self._distrusted.add(lane)

    async def restore(self, lane: int) -> Restored:
        """Open the store of `lane` and bring it to the changelog's end.

        The lane's former owner must have been fenced before, or the end moves. Raises an error of
        `Environment`, with the store closed.
        """
        with ExitStack() as unless_told:
            consumer = reading(self._kit.kafka)
            try:
                await consumer.start()
                partition = partition_of(self._kit.topics.state, lane)
                tail = _Tail(consumer, partition, self._kit.settings)
                extent = await tail.extent()
                store = self._open(lane, extent)
                unless_told.callback(store.close)
                restored = await self._replay(tail, store, extent)
            finally:
                await discard_consumer(consumer)
            # Not before: cancelled while the consumer ends, nobody would know of a store to close.
            unless_told.pop_all()
            return restored

    def _open(self, lane: int, extent: Extent) -> RocksStore:
        if lane in self._distrusted:
            self._distrusted.discard(lane)
            self._kit.observe(CheckpointDiscarded(lane, Discard.BROKEN))
            return self._disk.fresh(lane)
        store, reason = self._disk.open(lane)
        if store.offset is not None:
            reason = mismatch(store.mark, extent)
            if reason is not None:
                store.close()
                store = self._disk.fresh(lane)
        if reason is not None:
            self._kit.observe(CheckpointDiscarded(lane, reason))
        return store

    async def _replay(self, tail: "_Tail", store: RocksStore, extent: Extent) -> Restored:
        incarnation = extent.incarnation
        count = 0
        tail.seek(extent.start if store.offset is None else store.offset)
        while (fetched := await tail.more()) is not None:
            found = next((f.value for f in fetched if f.key == INCARNATION), None)
            incarnation = incarnation or _incarnation(found)
            store.apply(self._changes(store, fetched), fetched[-1].offset + 1)
            count += len(fetched)
        if incarnation is not None:
            store.adopt(incarnation)
            store.apply((), tail.end)
        return Restored(store, count, adopted=incarnation is not None)

    def _changes(self, store: RocksStore, fetched: Sequence[Fetched]) -> list[Change]:
        last = {f.key: f.value for f in fetched if f.key is not None and f.key != INCARNATION}
        return [self._change(store, key, value) for key, value in last.items()]

    def _change(self, store: RocksStore, key: bytes, value: bytes | None) -> Change:
        stored = store.get(key)
        before = None if stored is None else stored.deadline
        return Change(
            key, value, None if value is None else self._kit.deadline_of(key, value), before
        )


class _Tail:
    """One partition, read from an offset to the end that it had when it was looked at."""

    def __init__(self, consumer: Consumer, partition: Partition, settings: LaneSettings) -> None:
        self._consumer = consumer
        self._partition = partition
        self._settings = settings
        self.end = 0

    async def extent(self) -> Extent:
        """Ask the broker how far the partition reaches, and read its incarnation."""
        self._consumer.assign([self._partition])
        starts = await self._consumer.beginning_offsets([self._partition])
        ends = await self._consumer.end_offsets([self._partition])
        start, self.end = starts[self._partition], ends[self._partition]
        self.seek(start)
        first = await self.more()
        await self._see_all_stable()
        named = first[0].value if first and first[0].key == INCARNATION else None
        keeps = self._settings.changelog_keeps_ms
        return Extent(_incarnation(named), start, self.end, time.time_ns() // 1_000_000, keeps)

    async def _see_all_stable(self) -> None:
        """Raise TimeoutError if a transaction is open: what this lane wrote after it is not shown.

        The lane's own was ended by fencing, so it is a stranger's; it has a time-out too.
        """
        stalls = time.monotonic() + self._settings.stall_ms / 1_000
        while (end := self._consumer.highwater(self._partition)) is None:
            await self._consumer.getmany(timeout_ms=50)
            if time.monotonic() > stalls:
                raise TimeoutError("the changelog is not fetched")
        if end > self.end:
            raise TimeoutError("a foreign transaction is open in the changelog")

    def seek(self, offset: int) -> None:
        """Read on from `offset`."""
        self._consumer.seek(self._partition, offset)
        self._next = offset

    async def more(self) -> list[Fetched] | None:
        """Return the next records, None at the end. Raises TimeoutError when nothing comes.

        The end is a position, not a record: what stood last may be a marker, may belong to an
        aborted transaction, or may have been compacted away. In the last case the position may
        never reach the end; then two fetches that say "nothing here, all is stable" are the end.
        """
        stalls = time.monotonic() + self._settings.stall_ms / 1_000
        empty, looked = 0, self._fetched_at()
        while self._next < self.end and empty < 2:
            got = await self._consumer.getmany(timeout_ms=50)
            self._next, before = await self._consumer.position(self._partition), self._next
            if fetched := got.get(self._partition):
                return [f for f in fetched if f.offset < self.end] or None
            if self._next == before and self._fetched_at() > looked and self._is_stable():
                looked, empty = self._fetched_at(), empty + 1
            if time.monotonic() > stalls:
                raise TimeoutError(f"the changelog gives nothing at {self._next} of {self.end}")
        return None

    def _fetched_at(self) -> int:
        return self._consumer.last_poll_timestamp(self._partition) or 0

    def _is_stable(self) -> bool:
        return (self._consumer.last_stable_offset(self._partition) or 0) >= self.end


def _incarnation(value: bytes | None) -> bytes | None:
    return value if value is not None and len(value) == INCARNATION_BYTES else None
