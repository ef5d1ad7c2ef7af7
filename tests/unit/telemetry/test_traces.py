"""Spans and lines of what is traced, from outcomes alone."""

import io

import pytest

from relay.model.alert import Why
from relay.model.detection import Source
from relay.model.outcome import Reason, Sent, TracedRecord, TracedSighting
from relay.model.records import Position
from relay.model.trace import Trace, derived
from relay.telemetry import Journal, Tracer, configure
from relay.telemetry.traces import EVIDENCE, EVIDENCE_MS, MAX_ALERTS, MAX_NAMES, Span
from tests.unit.telemetry.test_journal import Watch, lines

NOW_MS = 1_780_000_000_000
PARENT = derived("of the sender")
ALERT = "d3b07384-d9a0-5c1b-8f0e-0a1b2c3d4e5f"
NAME = f"{ALERT}.2026-05-28T20:26:40.000Z.1"


class Traced:
    """A tracer, the spans that it made, and its clock in ms."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.now = NOW_MS
        self.watch = Watch()
        journal = Journal(clock=self.watch.read)
        self.tracer = Tracer(journal, self.spans.append, lambda: self.now * 1_000_000)

    def decided(
        self, number: int = 0, by: str = "ee", alert: str = ALERT, parent: Trace = PARENT
    ) -> TracedSighting:
        """Let a traced sighting of a member be decided on."""
        ingested = parent.child("ingest", f"detections.{by}", 0, number)
        said = TracedSighting(
            member=by,
            source=Source(f"detections.{by}", 0, number, 0, self.now),
            position=Position("relay.sightings", 2, 40 + number),
            at=self.now - 30,
            parent=ingested,
            here=ingested.child("correlate", 0),
            alert=alert,
        )
        self.tracer.sighting(said)
        return said

    def told(self, name: str = NAME, alert: str = ALERT, form: str = "native") -> None:
        """Let a revision be told to two."""
        self.tracer.told(
            Sent(("fr", "de"), "early-warning", Why.OPENED, self.now, form, (), alert, name)
        )

    def names(self) -> list[str]:
        """The names of the spans, in order."""
        return [span.name for span in self.spans]


@pytest.fixture
def stream() -> io.StringIO:
    """Where lines go as JSON."""
    made = io.StringIO()
    configure("info", "json", made)
    return made


def test_a_record_has_a_span_under_its_sender_s(stream: io.StringIO) -> None:
    """It lasts from the append to now, and says what came of the record by ids and counts."""
    traced = Traced()
    here = PARENT.child("ingest")
    at = Position("detections.ee", 0, 7)
    traced.tracer.record(
        TracedRecord("ee", at, NOW_MS - 20, PARENT, here, 1, 3, (Reason.VICTIM_SIDE,))
    )

    (span,) = traced.spans
    assert (span.name, span.here, span.parent) == ("ingest", here, PARENT.span)
    assert (span.end - span.start, span.end) == (20_000_000, NOW_MS * 1_000_000)
    assert span.attributes == {
        "relay.member": "ee",
        "messaging.system": "kafka",
        "messaging.destination.name": "detections.ee",
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 7,
        "relay.detections": 1,
        "relay.sightings": 3,
        "relay.rejections": "victim-side",
    }
    assert lines(stream) == [
        {
            "level": "info",
            "msg": "detection traced",
            "trace": PARENT.trace,
            "member": "ee",
            "topic": "detections.ee",
            "partition": 0,
            "offset": 7,
            "detections": 1,
            "sightings": 3,
            "rejections": "victim-side",
        }
    ]


def test_a_detection_leads_to_its_alert_and_back(stream: io.StringIO) -> None:
    """The alert's span is in the trace that anybody derives from its name, and links to the
    detection's; in that one, a span links to the alert's."""
    traced = Traced()
    traced.tracer.committed(2, 10, 40, 0.012)
    said = traced.decided()
    traced.told()

    correlate, alert, told = traced.spans
    assert (correlate.name, correlate.here, correlate.parent) == (
        "correlate", said.here, said.parent.span
    )  # fmt: skip
    assert correlate.attributes["relay.transaction.written"] == 40
    assert (alert.name, alert.here, alert.parent) == ("alert", derived(NAME), "")
    assert alert.links == (said.here,)
    assert alert.end - alert.start == 12_000_000
    assert (told.name, told.here.trace, told.parent) == ("told", PARENT.trace, said.here.span)
    assert told.links == (alert.here,)
    assert told.attributes["relay.alert"] == ALERT
    assert lines(stream) == [
        {
            "level": "info",
            "msg": "alert traced",
            "trace": derived(NAME).trace,
            "alert": ALERT,
            "name": NAME,
            "state": "early-warning",
            "reason": "opened",
            "recipients": 2,
            "evidence": PARENT.trace,
        }
    ]


def test_what_is_traced_unasked_has_spans_and_no_line(stream: io.StringIO) -> None:
    """A share of all that comes would fill a log; what was asked for stands out in it."""
    traced, unasked = Traced(), derived("of the share", sampled=False)
    at = Position("detections.ee", 0, 7)
    traced.tracer.record(TracedRecord("ee", at, NOW_MS, unasked, unasked.child("x"), 1, 1, ()))
    traced.decided(1, parent=unasked)
    traced.told()
    assert lines(stream) == []

    traced.decided(2)
    traced.told(f"{ALERT}.later.2")

    assert traced.names() == [
        "ingest", "correlate", "alert", "told", "correlate", "alert", "told", "told"
    ]  # fmt: skip
    assert [line["evidence"] for line in lines(stream)] == [PARENT.trace]


def test_an_alert_of_no_traced_detection_is_not_told_of(stream: io.StringIO) -> None:
    """Nineteen of twenty: neither a span nor a line."""
    traced = Traced()
    traced.decided(alert="another")
    traced.told()

    assert traced.names() == ["correlate"]
    assert lines(stream) == []


def test_what_is_told_later_leads_back_too() -> None:
    """A revision that a timer or another member brings about rests on what was traced before."""
    traced = Traced()
    first, second = traced.decided(1), traced.decided(2, "lv")
    traced.now += EVIDENCE_MS // 2
    traced.told()
    traced.now += EVIDENCE_MS
    traced.told(f"{ALERT}.later.2")

    assert traced.names() == ["correlate", "correlate", "alert", "told", "told"]
    assert traced.spans[2].links == (first.here, second.here)


def test_the_same_again_makes_the_same_spans() -> None:
    """After a crash the same log gives the same ids: a collector sees one span, not two."""
    before, after = Traced(), Traced()
    for traced in (before, after):
        traced.decided()
        traced.told()

    assert [span.here for span in before.spans] == [span.here for span in after.spans]


def test_no_two_spans_have_one_id() -> None:
    """One revision in two formats, or to two groups: the second is under the first."""
    traced = Traced()
    traced.decided(1)
    traced.decided(2, "lv")
    traced.told()
    traced.told(form="stix")

    alerts = [span for span in traced.spans if span.name == "alert"]
    assert [span.here.trace for span in alerts] == [derived(NAME).trace] * 2
    assert [span.parent for span in alerts] == ["", derived(NAME).span]
    ids = [(span.here.trace, span.here.span) for span in traced.spans]
    assert len(ids) == len(set(ids))


def test_a_span_does_not_end_before_it_begins() -> None:
    """The broker's clock may be ahead of ours."""
    traced = Traced()
    traced.now -= 60_000
    said = TracedSighting(
        "ee", Source("detections.ee", 0, 0, 0, NOW_MS), Position("relay.sightings", 0, 0),
        NOW_MS, PARENT, PARENT.child("x"), ALERT,
    )  # fmt: skip
    traced.tracer.sighting(said)

    assert traced.spans[0].start == traced.spans[0].end == NOW_MS * 1_000_000


def test_what_is_remembered_is_bounded(stream: io.StringIO) -> None:
    """The newest detections of an alert, the alerts heard of last, the revisions told last."""
    traced = Traced()
    said = [traced.decided(number) for number in range(3 * EVIDENCE)]
    traced.told()
    for number in range(MAX_ALERTS + 100):
        traced.decided(alert=str(number))
    for number in range(MAX_NAMES + 100):
        traced.told(str(number), str(MAX_ALERTS))

    (alert,) = [span for span in traced.spans if span.attributes.get("relay.alert.name") == NAME
                and span.name == "alert"]  # fmt: skip
    assert alert.links == tuple(each.here for each in said[-EVIDENCE:])
    assert len(traced.tracer._evidence) == MAX_ALERTS
    assert len(traced.tracer._named) == MAX_NAMES
    evidence = lines(stream)[0]["evidence"]
    assert len(evidence.split(",")) == EVIDENCE
    assert all(len(each) == 32 for each in evidence.split(","))


def test_who_asks_for_everything_does_not_fill_the_log(stream: io.StringIO) -> None:
    """Lines of one member's traces are held back as any other."""
    traced = Traced()
    for number in range(100):
        traced.decided(number, alert=str(number))
        traced.told(str(number), str(number))

    assert len(lines(stream)) == 5
