"""Which records are traced. It steers what is shown of a decision, never a decision.

A sender asks for it with the sampled flag of its `traceparent`; of the rest a share is taken, by
the trace's id, so that every process and every replay takes the same.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from relay.model.detection import MemberId
from relay.model.member import TRUST_UNIT
from relay.model.records import Read, Record, Unread
from relay.model.trace import Trace, derived
from relay.pipeline.topics import member_of

PER_SECOND: Final = 20
"""Records of one member that are traced in a second: more is no sample, or no good will."""

MAX_MEMBERS: Final = 1024
"""Members whose second is remembered: four times as many as a register holds."""

_DIGITS: Final = 14
"""Last hexadecimal digits of a trace's id that decide, as OpenTelemetry's consistent sampling."""


@dataclass(slots=True)
class _Second:
    """When a member's second began, and how many of its records were traced in it."""

    began: float
    taken: int = 0


class Sampler:
    """Chooses among records read from members' topics. `share` is in parts per million.

    `limited` hears of each record that was asked for and one too many; `clock` gives seconds.
    """

    def __init__(
        self,
        share: int,
        limited: Callable[[MemberId], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._below = share * 16**_DIGITS // TRUST_UNIT
        self._limited = limited
        self._clock = clock
        self._seconds: dict[MemberId, _Second] = {}

    def choose(self, records: Sequence[Read]) -> Sequence[Read]:
        """Return the same records, with a trace where they are to be traced and nowhere else.

        It is `sampled` where the sender asked, not where it is one of the share.
        """
        if not self._below and all(record.trace is None for record in records):
            return records
        return [self._chosen(record) for record in records]

    def _chosen(self, record: Read) -> Read:
        if isinstance(record, Unread):
            return record
        trace = record.trace or self._begun(record)
        if trace is None:
            return record
        wanted = trace.sampled or self._is_of_share(trace)
        if wanted and self._grants(member_of(record.position.topic)):
            return replace(record, trace=trace)
        return replace(record, trace=None)

    def _begun(self, record: Record) -> Trace | None:
        """Return the beginning of a trace for a record that came without, if it is of the share."""
        if not self._below:
            return None
        at = record.position
        name = f"{at.topic}:{at.partition}:{at.offset}"
        trace = derived(name, sampled=False)
        return replace(trace, span="") if self._is_of_share(trace) else None

    def _is_of_share(self, trace: Trace) -> bool:
        return int(trace.trace[-_DIGITS:], 16) < self._below

    def _grants(self, member: MemberId) -> bool:
        now = self._clock()
        second = self._seconds.get(member)
        if second is None or now - second.began >= 1:
            if len(self._seconds) >= MAX_MEMBERS:
                self._seconds.clear()
            second = self._seconds[member] = _Second(now)
        if second.taken >= PER_SECOND:
            self._limited(member)
            return False
        second.taken += 1
        return True
