"""Spans on their way to a collector that is really there, slow, wrong or away."""

import importlib
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from relay.model.trace import Trace, derived
from relay.telemetry import Exporting, ExtraMissingError, Metrics, configure, unusable
from relay.telemetry.pump import MAX_BATCH, MAX_QUEUED, Pump
from relay.telemetry.traces import Span
from tests.unit.telemetry.collector import Collector, Taken, collecting

START = 1_780_000_000_000_000_000
AWAY = "http://127.0.0.1:1/v1/traces"


def span(name: str = "ingest", number: int = 0, parent: str = "", *links: Trace) -> Span:
    """A span of a thousandth of a second."""
    here = derived(str(number))
    return Span(name, here, parent, START, START + 1_000_000, {"relay.member": "ee", "n": 3}, links)


def counted(metrics: Metrics, name: str) -> float:
    """The value of a counter without labels."""
    return metrics.registry.get_sample_value(f"{name}_total") or 0.0


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.01)


def exported(collector: Collector, spans: Sequence[Span]) -> Metrics:
    """Send `spans` until the end, which flushes them; the metrics afterwards."""
    metrics = Metrics(("ee",), "1")
    exporting = Exporting(collector.endpoint, "hub", "1.2", metrics)
    with exporting.running():
        for each in spans:
            exporting.put(each)
    return metrics


def test_a_span_arrives_as_it_was_made() -> None:
    """Ids, parent, times, attributes and links are those of the value; who sends is said once."""
    other = derived("another trace")
    with collecting() as collector:
        metrics = exported(
            collector, [span("ingest", 1, "00f067aa0ba902b7"), span("alert", 2, "", other)]
        )

    ingest, alert = collector.spans
    first, second = derived("1"), derived("2")
    assert ingest == Taken(
        "ingest", first.trace, first.span, "00f067aa0ba902b7", START, START + 1_000_000, 5,
        {"relay.member": "ee", "n": 3}, (),
    )  # fmt: skip
    assert (alert.trace, alert.span, alert.parent) == (second.trace, second.span, "")
    assert alert.links == ((other.trace, other.span),)
    assert collector.paths == ["/v1/traces"]
    (resource,) = collector.resources
    assert {name: resource[name] for name in ("service.name", "service.namespace")} == {
        "service.name": "relay", "service.namespace": "hub",
    }  # fmt: skip
    assert (counted(metrics, "relay_spans_sent"), counted(metrics, "relay_spans_dropped")) == (2, 0)


def test_the_end_sends_what_is_left_in_batches() -> None:
    """A queue that is full is emptied at the end, so many spans a request."""
    spans = [span(number=number) for number in range(MAX_QUEUED + 5)]
    sent, dropped = list[int](), list[int]()

    def send(batch: Sequence[Span]) -> bool:
        sent.append(len(batch))
        return True

    pump = Pump(send, lambda _: None, dropped.append, lambda _: None, period=60)
    for each in spans:
        pump.put(each)
    pump.start()
    pump.close()

    assert sum(sent) == MAX_QUEUED
    assert max(sent) == MAX_BATCH
    assert dropped == [1] * 5


def test_a_collector_that_hangs_does_not_hold_the_end() -> None:
    """What could not be sent in time is counted; whoever ends the relay does not wait for it."""
    holding, dropped = threading.Event(), list[int]()
    pump = Pump(
        lambda _: holding.wait(30), lambda _: None, dropped.append, lambda _: None, period=0.01
    )
    pump.start()
    pump.put(span())
    until(lambda: not pump._queue)
    for number in range(10):
        pump.put(span(number=number))

    began = time.monotonic()
    pump.close(within=0.2)
    took = time.monotonic() - began
    holding.set()

    assert took < 5
    assert dropped == [10]


def test_a_collector_that_is_away_is_told_of_once() -> None:
    """One line however many batches, spans counted as refused; one more when it is back."""
    stream = io.StringIO()
    configure("info", "json", stream)
    taken, refused, sent = [False], list[int](), list[int]()
    pump = Pump(lambda _: taken[0], sent.append, lambda _: None, refused.append, period=0.01)
    pump._retreat = 0.0
    for number in range(3 * MAX_BATCH):
        pump.put(span(number=number))

    for _ in range(3):
        pump._empty()
    taken[0] = True
    pump.put(span())
    pump._empty()

    lines = map(json.loads, stream.getvalue().splitlines())
    said = [(line["level"], line["msg"]) for line in lines]
    assert said == [("warning", "traces not sent"), ("info", "traces sent again")]
    assert refused == [MAX_BATCH] * 3
    assert sent == [1]


def test_the_exporter_of_nobody_is_quiet_and_quick() -> None:
    """Nothing listens: the library says nothing, whoever puts spans does not wait."""
    stream = io.StringIO()
    configure("debug", "json", stream)
    metrics = Metrics(("ee",), "1")
    exporting = Exporting(AWAY, "hub", "1", metrics)

    with exporting.running():
        began = time.monotonic()
        for number in range(100):
            exporting.put(span(number=number))
        took = time.monotonic() - began

    assert took < 1
    assert counted(metrics, "relay_spans_sent") == 0
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["msg"] for line in lines if line["level"] != "debug"] in (
        [], ["traces not sent"]
    )  # fmt: skip


def test_a_refusal_is_not_said_with_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers come from the exporter's own variable, sound or not, and into no line."""
    stream = io.StringIO()
    configure("debug", "json", stream)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization planted-5a1e;;")

    with collecting() as collector:
        collector.status = 403
        metrics = exported(collector, [span()])

    assert "planted" not in stream.getvalue()
    assert collector.asked >= 1
    assert counted(metrics, "relay_spans_refused") == 1


def test_without_a_collector_nothing_is_done() -> None:
    """No endpoint: no thread, no queue, no library."""
    before = set(threading.enumerate())
    exporting = Exporting(None, "hub", "1", Metrics(("ee",), "1"))

    with exporting.running():
        exporting.put(span())
        assert set(threading.enumerate()) <= before
    assert list(unusable(None)) == []


def test_what_speaks_to_a_collector_is_loaded_for_one_alone() -> None:
    """A relay without a collector starts as quickly as one without the extra."""
    asked = "import relay.cli.main, sys; print([m for m in sys.modules if 'opentelemetry' in m])"

    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names a collector without the extra is told what to install."""
    monkeypatch.delitem(sys.modules, "relay.telemetry.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(ExtraMissingError, match=r"pip install 'relay\[otel\]'"):
        Exporting(AWAY, "hub", "1", Metrics(("ee",), "1"))
    (sentence,) = unusable(AWAY)
    assert sentence.startswith("traces.endpoint: ")
    monkeypatch.undo()
    importlib.import_module("relay.telemetry.otlp")
