"""Signs of life: a lane can write to each member's alerts topic, though there is nothing to say.

They come from the lane and never go into it: ingest, windows and decisions know nothing of them.
They have a producer of their own, so that whatever becomes of them, the lane's goes on.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import replace

from relay.kafka.batches import Packer
from relay.kafka.clients import Producer, transactional
from relay.kafka.errors import Environment, SpentEpochError, TopicsRefusedError, classify
from relay.kafka.events import CanariesBegun, CanaryLost, CanaryReturned, Why
from relay.kafka.internals import count_breaks, discard_producer
from relay.kafka.kit import CanaryKit, LaneKit
from relay.kafka.transaction import is_there, rehearse
from relay.model.detection import MemberId


def is_due(before: int, at: int, every: int, now: int) -> bool:
    """Whether a lane's clock, going from `before` to `at`, passed a multiple of `every`.

    A lane that is further behind `now` than that is catching up, and has better things to do. All
    in ms.
    """
    return at // every > before // every and now - at <= every


class Canary:
    """The signs of life of one lane. `avoided` are the topics that it leaves out at the time.

    `run` is the only task that drives the producer; `passed` never waits.
    """

    def __init__(
        self, lane: int, kit: LaneKit, chosen: CanaryKit, avoided: Callable[[], Collection[str]]
    ) -> None:
        self._lane = lane
        self._kit = kit
        self._chosen = chosen
        self._avoided = avoided
        self._wake = asyncio.Event()
        self._due: int | None = None
        self._closed = False
        self._producer: Producer | None = None
        self._breaks: Callable[[], int] = int  # none, while there is no producer

    def passed(self, before: int, at: int) -> None:
        """The lane's clock went from `before` to `at` (ms): one may be due."""
        if is_due(before, at, self._chosen.every_ms, time.time_ns() // 1_000_000):
            self._due = at
            self._wake.set()

    def close(self) -> None:
        """Write no more; `run` returns when what is under way has ended."""
        self._closed = True
        self._wake.set()

    async def run(self) -> None:
        """Write what is due, until closed or cancelled. Raises bugs alone."""
        begun = CanariesBegun(self._lane, self._members(self._kit.alerts), time.time())
        self._kit.observe(begun)
        try:
            while not self._closed:
                await self._prepare()
                await self._wake.wait()
                self._wake.clear()
                at, self._due = self._due, None
                if at is not None and not self._closed:
                    await self._give(at)
        finally:
            await self._discard()

    async def _prepare(self) -> None:
        """Have a producer, if possible: its start aborts what a former one has left open."""
        try:
            async with asyncio.timeout(self._kit.settings.canary_ms / 1_000):
                await self._open()
        except Environment:
            await self._discard()  # told when the next is due and there is none still

    async def _give(self, at: int) -> None:
        """Write one to each topic. Who refuses it spoils it for the others, who are tried again.

        All of it is bounded; a producer that has failed in any way is not used again.
        """
        waiting = set(self._kit.alerts) - set(self._avoided())
        until = asyncio.get_running_loop().time() + self._kit.settings.canary_ms / 1_000
        while waiting:
            try:
                async with asyncio.timeout_at(until):
                    await self._attempt(waiting, at)
                continue
            except SpentEpochError:
                pass
            except TopicsRefusedError as error:
                for topic, refusal in error.topics.items():
                    self._lost({topic}, refusal.why, repr(error))
                waiting -= error.topics.keys()
            except Environment as error:
                self._lost(waiting, classify(error)[1], repr(error))
                waiting.clear()
            await self._discard()

    async def _attempt(self, waiting: set[str], at: int) -> None:
        """Write to all of `waiting`, in one transaction for those that are to see it and one for
        the others, and take them out of it as it is done."""
        producer = await self._open()
        await producer.client.force_metadata_update()
        self._leave_out_missing(producer, waiting)
        made, wanting = self._chosen.make(self._lane, at), self._chosen.wanting
        for topics, commit in ((waiting & wanting, True), (waiting - wanting, False)):
            if not topics:
                continue
            packer = Packer(producer.create_batch)
            packer.outgoing(replace(made, topics=tuple(sorted(topics))), self._lane)
            [parcels] = packer.waves()
            await rehearse(producer, parcels, self._kit.settings.glance_ms / 1_000, commit=commit)
            now = time.time()
            late = max(0.0, now - at / 1_000)
            self._kit.observe(CanaryReturned(self._lane, self._members(topics), now, late))
            waiting -= topics
            if self._breaks():
                raise SpentEpochError("a connection broke during a transaction")

    def _leave_out_missing(self, producer: Producer, waiting: set[str]) -> None:
        cluster = producer.client.cluster
        missing = {t for t in waiting if not is_there(cluster, t, self._lane)}
        hidden = missing & cluster.unauthorized_topics
        self._lost(hidden, Why.FORBIDDEN)
        self._lost(missing - hidden, Why.MISSING)
        waiting -= missing

    def _lost(self, topics: Collection[str], why: Why, detail: str = "") -> None:
        if topics:
            self._kit.observe(CanaryLost(self._lane, self._members(topics), why, detail))

    def _members(self, topics: Collection[str]) -> tuple[MemberId, ...]:
        return tuple(sorted(t.removeprefix(self._kit.topics.alerts) for t in topics))

    async def _open(self) -> Producer:
        if self._producer is None:
            kafka, settings = self._kit.kafka, self._kit.settings
            self._producer = transactional(
                kafka, kafka.canary_id(self._lane), 2 * settings.canary_ms, settings.batch_bytes
            )
            self._breaks = count_breaks(self._producer)
            await self._producer.start()
            await self._producer.client.set_topics(self._kit.alerts)
        return self._producer

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await discard_producer(producer)
