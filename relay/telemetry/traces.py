"""From what happened to spans, as values: who asks for a detection finds its alerts, and back.

Lines are for those whose sender asked; spans also for the share that is traced unasked.

Three spans: `ingest` and `correlate` in the detection's own trace, `alert` in the alert's. A
fourth, `told`, stands in the detection's trace for each revision, so that either leads to the
other. All ids are derived: what is told again after a failure makes the same spans.

No value of an observable, no title and no text of a member is in any of it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay.model.detection import MemberId
from relay.model.outcome import Sent, TracedRecord, TracedSighting
from relay.model.trace import Trace, derived
from relay.telemetry.journal import Field, Journal

EVIDENCE: Final = 8
"""Traced detections remembered of one alert: the newest. Their ids fit one field of a line."""

EVIDENCE_MS: Final = 24 * 3_600_000
"""How long they are: the shortest window. What comes later is the ledger's to say."""

MAX_ALERTS: Final = 4096
"""Alerts whose evidence is remembered, some 8 MB at most; those not heard of longest go first."""

MAX_NAMES: Final = 1024
"""Revisions remembered so that no two spans have one id: they come within one transaction."""

Attributes = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has ended. Its ids are those of `here`; `parent` is a span's id, or none.

    Times are in ns since the epoch. `links` lead to other traces.
    """

    name: str
    here: Trace
    parent: str
    start: int
    end: int
    attributes: Attributes
    links: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class _Transaction:
    """What made readable what is told next."""

    lane: int
    records: int
    written: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Evidence:
    member: MemberId
    at: int
    here: Trace


class Tracer:
    """Makes spans and lines of what is traced; `export` is given the spans and must not wait.

    It remembers which traced detections an alert rests on, in memory alone: after a restart, or a
    lane's move to another process, a revision no longer leads to those before. `clock` gives ns
    since the epoch.
    """

    def __init__(
        self,
        journal: Journal,
        export: Callable[[Span], None] = lambda _: None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._journal = journal
        self._export = export
        self._clock = clock
        self._transaction = _Transaction(0, 0, 0, 0.0)
        self._evidence: OrderedDict[str, tuple[_Evidence, ...]] = OrderedDict()
        self._named: OrderedDict[str, int] = OrderedDict()

    def committed(self, lane: int, records: int, written: int, seconds: float) -> None:
        """Take note of the transaction that made readable what is told next."""
        self._transaction = _Transaction(lane, records, written, seconds)

    def record(self, said: TracedRecord) -> None:
        """Tell what came of a traced record of a member."""
        at, reasons = said.position, ",".join(said.reasons)
        attributes: dict[str, str | int | float] = {
            "relay.member": said.member,
            "messaging.system": "kafka",
            "messaging.destination.name": at.topic,
            "messaging.destination.partition.id": str(at.partition),
            "messaging.kafka.offset": at.offset,
            "relay.detections": said.detections,
            "relay.sightings": said.sightings,
            "relay.rejections": reasons,
        }
        start = said.at * 1_000_000
        self._end("ingest", said.here, said.parent.span, start, attributes)
        if not said.here.sampled:
            return
        fields: dict[str, Field] = {
            "trace": said.here.trace,
            "member": said.member,
            "topic": at.topic,
            "partition": at.partition,
            "offset": at.offset,
            "detections": said.detections,
            "sightings": said.sightings,
            "rejections": reasons,
        }
        self._journal.tell("detection traced", said.member, fields)

    def sighting(self, said: TracedSighting) -> None:
        """Tell that a traced sighting was decided on, and remember it for its alert."""
        known = self._remembered(said.alert)
        added = _Evidence(said.member, said.at, said.here)
        self._evidence[said.alert] = (*known, added)[-EVIDENCE:]
        self._evidence.move_to_end(said.alert)
        if len(self._evidence) > MAX_ALERTS:
            self._evidence.popitem(last=False)
        done = self._transaction
        attributes: dict[str, str | int | float] = {
            "relay.member": said.member,
            "messaging.system": "kafka",
            "messaging.destination.name": said.position.topic,
            "messaging.destination.partition.id": str(said.position.partition),
            "messaging.kafka.offset": said.position.offset,
            "relay.source.topic": said.source.topic,
            "relay.source.partition": said.source.partition,
            "relay.source.offset": said.source.offset,
            "relay.source.index": said.source.index,
            "relay.alert": said.alert,
            "relay.transaction.records": done.records,
            "relay.transaction.written": done.written,
            "relay.transaction.seconds": round(done.seconds, 6),
        }
        start = said.at * 1_000_000
        self._end("correlate", said.here, said.parent.span, start, attributes)

    def told(self, sent: Sent) -> None:
        """Tell of a revision that rests on traced detections; of others, nothing."""
        if sent.alert not in self._evidence:
            return
        evidence = self._remembered(sent.alert)
        if not evidence:
            return
        root = derived(sent.name)
        turn = self._turn(sent.name)
        here = root.child("told", turn) if turn else root
        attributes: dict[str, str | int | float] = {
            "relay.alert": sent.alert,
            "relay.alert.name": sent.name,
            "relay.alert.trace": root.trace,
            "relay.alert.state": sent.state,
            "relay.alert.reason": sent.reason.value,
            "relay.alert.format": sent.format,
            "relay.recipients": len(sent.recipients),
            "relay.lane": self._transaction.lane,
        }
        start = self._clock() - int(self._transaction.seconds * 1e9)
        links = tuple(each.here for each in evidence)
        self._end("alert", here, root.span if turn else "", start, attributes, links)
        for each in evidence:
            there = each.here.child("told", sent.name, turn)
            self._end("told", there, each.here.span, start, attributes, (here,))
        asked = [each for each in evidence if each.here.sampled]
        if asked:
            self._line(sent, root, asked)

    def _line(self, sent: Sent, root: Trace, asked: Sequence[_Evidence]) -> None:
        fields: dict[str, Field] = {
            "trace": root.trace,
            "alert": sent.alert,
            "name": sent.name,
            "state": sent.state,
            "reason": sent.reason.value,
            "recipients": len(sent.recipients),
            "evidence": ",".join(each.here.trace for each in asked),
        }
        self._journal.tell("alert traced", asked[-1].member, fields)

    def _turn(self, name: str) -> int:
        """Return how many of this name there have been: recipients that see or read otherwise."""
        turn = self._named.get(name, 0)
        self._named[name] = turn + 1
        if len(self._named) > MAX_NAMES:
            self._named.popitem(last=False)
        return turn

    def _remembered(self, alert: str) -> tuple[_Evidence, ...]:
        since = self._clock() // 1_000_000 - EVIDENCE_MS
        return tuple(each for each in self._evidence.get(alert, ()) if each.at >= since)

    def _end(
        self,
        name: str,
        here: Trace,
        parent: str,
        start: int,
        attributes: Attributes,
        links: tuple[Trace, ...] = (),
    ) -> None:
        # The broker's clock begins a span and this one ends it: never before it began.
        self._export(Span(name, here, parent, start, max(self._clock(), start), attributes, links))
