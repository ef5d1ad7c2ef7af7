"""What a lane has been given and not yet decided, and when it is time to decide."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import dropwhile

from relay.kafka.clients import Fetched, record_of
from relay.kafka.config import LaneSettings
from relay.kafka.errors import DeadClientError
from relay.model.records import Record


class Inbox:
    """Records in order of offset, cut into one transaction's worth at a time.

    Bounded: `add` says when the partition must be paused, `is_low` when it may be resumed.
    """

    def __init__(self, settings: LaneSettings) -> None:
        self.closed = False
        self._settings = settings
        self._records: list[Record] = []
        self._expected = 0
        self._failed = False
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._closing = asyncio.Event()
        self._paused = False
        self._not_before = 0.0
        self._spacing = settings.cut_ms / 1_000

    def begin(self, offset: int) -> None:
        """Forget everything; the next record wanted is at `offset` or after."""
        self.drop()
        self._expected = offset
        self._failed = False

    def drop(self) -> None:
        """Forget what was not committed."""
        self._records.clear()
        self._paused = False
        self._signal()

    def add(self, fetched: Sequence[Fetched]) -> bool:
        """Append, without what is below the expected offset; True if it is time to pause."""
        fresh = dropwhile(lambda f: f.offset < self._expected, fetched)
        self._records += map(record_of, fresh)
        if self._records:
            self._expected = self._records[-1].position.offset + 1
        self._signal()
        was, self._paused = self._paused, len(self._records) >= self._settings.inbox_records
        return self._paused and not was

    def is_low(self) -> bool:
        """Whether the partition was paused and may be resumed; says so once."""
        if self._paused and len(self._records) <= self._settings.inbox_records // 2:
            self._paused = False
            return True
        return False

    def close(self) -> None:
        """Cut nothing any more."""
        self.closed = True
        self._closing.set()
        self._signal()

    def fail(self) -> None:
        """Make the next cut raise DeadClientError: there is a gap in what is given."""
        self._failed = True
        self._signal()

    async def cut(self) -> list[Record]:
        """Wait for records and return the first of them; none when closed.

        Two cuts are at least the spacing apart, unless the second is full; after a quiet time the
        first record does not wait.
        """
        await self._wake.wait()
        await _either(self._full, self._not_before - time.monotonic())
        if self._failed:
            raise DeadClientError("the next record is gone from the log")
        if self.closed:
            return []
        self._not_before = time.monotonic() + self._spacing
        most = self._settings.max_records
        records, self._records = self._records[:most], self._records[most:]
        self._signal()
        return records

    def committed(self, seconds: float) -> None:
        """Note how long a transaction took.

        The spacing follows the commits' duration: a broker that is slow gets fewer of them.
        """
        least, most = self._settings.cut_ms / 1_000, self._settings.cut_most_ms / 1_000
        self._spacing = min(most, max(least, 0.8 * self._spacing + 0.2 * seconds))

    async def pause(self, seconds: float) -> None:
        """Wait, but not once closed."""
        await _either(self._closing, seconds)

    def _signal(self) -> None:
        stop = self.closed or self._failed
        _set(self._wake, on=stop or bool(self._records))
        _set(self._full, on=stop or len(self._records) >= self._settings.max_records)


def _set(event: asyncio.Event, *, on: bool) -> None:
    if on:
        event.set()
    else:
        event.clear()


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event or for `seconds`, whichever comes first."""
    if seconds > 0:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
