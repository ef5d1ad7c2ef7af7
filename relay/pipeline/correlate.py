"""Stage two: a lane's records become alerts and state. The only input is the log and the state."""

from collections.abc import Iterable, Sequence

from relay.core.correlate import Rules, Step, look, observe, retell
from relay.core.keys import alert_id
from relay.core.render import render
from relay.core.tell import Telling
from relay.formats.renderers import RENDERERS
from relay.model.detection import Observable, Sighting
from relay.model.outcome import (
    Aside,
    Joined,
    Outcome,
    Recreated,
    Repeated,
    Sent,
    TracedSighting,
    Unreadable,
    Warned,
)
from relay.model.plan import Plan
from relay.model.records import Outgoing, Record
from relay.model.window import Window
from relay.pipeline.lane import Lane
from relay.pipeline.topics import ALERTS, SIGHTINGS
from relay.state import View
from relay.wire import internal
from relay.wire.envelope import alert_headers, revision_name
from relay.wire.internal import LaneRecord, SetAside, Tick

KEY_BYTES = 16

CATCH_UP_WINDOWS = 2000
"""Windows looked at per second of lane time while a member is re-told: some 20 ms of work."""

SECOND_MS = 1000


def correlate(records: Sequence[Record], view: View, rules: Rules) -> Plan:
    """Return what `records` of one lane come to, on top of `view`.

    Splitting a batch changes nothing: the state carries all that the next record needs. Raises
    ValueError where the stored state cannot be read: the lane must not run on what it misreads.
    """
    batch = _Batch(Lane(view, rules))
    for record in records:
        batch.take(record)
    batch.lane.close()
    return Plan(tuple(batch.outgoing), view.changes(), tuple(batch.outcomes))


class _Batch:
    """The effects of one batch while they are gathered."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.outgoing: list[Outgoing] = []
        self.outcomes: list[Outcome] = []

    def take(self, record: Record) -> None:
        before, now = self.lane.clock, max(self.lane.clock, record.at)
        for deadline, key in self.lane.due(now):
            window = self.lane.window(key)
            self._carry_out(key, window, look(window, deadline, self.lane.rules), None)
        self.lane.clock = now
        if before // SECOND_MS < now // SECOND_MS:
            self._catch_up(now)
        said = internal.decode_lane_record(record.value)
        if isinstance(said, Sighting) and record.key is not None and len(record.key) == KEY_BYTES:
            self._sighting(record.key, record, said, now)
        elif isinstance(said, SetAside):
            self.lane.set_aside(said.member, aside=said.aside)
            self.outcomes.append(Aside(said.member, said.aside))
        elif not isinstance(said, Tick):
            self.outcomes.append(Unreadable(record.position))

    def _sighting(self, key: bytes, record: Record, sighting: Sighting, now: int) -> None:
        seen = self.lane.pass_mark(sighting.source)
        if seen.repeated:
            self.outcomes.append(Repeated(sighting.member))
            return
        if seen.recreated:
            self.outcomes.append(Recreated(sighting.source.topic, sighting.source.partition))
        window = self.lane.window(key, sighting.entry.observables[sighting.key])
        self.outcomes.append(Joined(sighting.member, sighting.source.at))
        self.outcomes.extend(_warned(window, sighting))
        self.outcomes.extend(_traced(key, record, sighting))
        step = observe(window, sighting, now, self.lane.rules)
        self._carry_out(key, window, step, sighting.source.at)

    def _catch_up(self, now: int) -> None:
        for pending in self.lane.catching_up:
            keys = self.lane.page(bytes.fromhex(pending.after), CATCH_UP_WINDOWS)
            for key in keys:
                window = self.lane.window(key)
                step = retell(window, pending.member, now, self.lane.rules)
                self._carry_out(key, window, step, None)
            more = len(keys) == CATCH_UP_WINDOWS
            self.lane.caught_up_to(pending.member, keys[-1] if more else None)

    def _carry_out(self, key: bytes, before: Window, step: Step, source_at: int | None) -> None:
        if step.window is not before:
            self.lane.keep(key, step.window)
        for telling in step.tellings:
            self._tell(before.key, telling, source_at)

    def _tell(self, key: Observable, telling: Telling, source_at: int | None) -> None:
        """Render a telling once for each format among its recipients."""
        register, policy = self.lane.rules.register, self.lane.rules.policy
        told = render(key, telling, register, policy)
        name = revision_name(told)
        for form, recipients in register.by_format(telling.recipients):
            rendered = RENDERERS[form](told, policy.relay)
            headers = alert_headers(told, policy.relay, form)
            topics = tuple(ALERTS + recipient for recipient in recipients)
            self.outgoing.append(
                Outgoing(topics, told.updated, told.id.encode(), rendered.body, headers)
            )
            state, reason = telling.state.word, telling.reason
            self.outcomes.append(
                Sent(recipients, state, reason, source_at, form, rendered.lost, told.id, name)
            )


def _warned(window: Window, sighting: Sighting) -> Iterable[Warned]:
    """Yield the lead time if the member now reports, for the first time, what it was told of."""
    if any(c.member == sighting.member for c in window.contributions):
        return
    for told in window.told:
        if sighting.member in told.recipients:
            yield Warned(sighting.member, sighting.entry.event - told.episode)


def _traced(key: bytes, record: Record, sighting: Sighting) -> Iterable[TracedSighting]:
    if record.trace is not None:
        yield TracedSighting(
            member=sighting.member,
            source=sighting.source,
            position=record.position,
            at=record.at,
            parent=record.trace,
            here=record.trace.child("correlate", sighting.source.index),
            alert=alert_id(key),
        )


def control(record: LaneRecord, at: int, lane: int) -> Outgoing:
    """Return a tick or a set-aside record for `lane`, to be written by the shell."""
    return Outgoing((SIGHTINGS,), at, None, internal.encode(record), partition=lane)
