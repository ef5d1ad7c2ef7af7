"""Spans to a collector by OTLP over HTTP. The only module that imports opentelemetry: an extra.

Made anew from values, by the thread that sends them: nothing of the relay is instrumented.
"""

from collections.abc import Callable, Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)

from relay.model.trace import Trace
from relay.telemetry.traces import EVIDENCE, Span

TIMEOUT_S: Final = 5.0
"""What a collector has to take a batch."""

KINDS: Final = {
    "ingest": SpanKind.CONSUMER,
    "correlate": SpanKind.CONSUMER,
    "alert": SpanKind.PRODUCER,
}
"""The rest is internal."""

SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class _Given(IdGenerator):
    """Gives each span the ids that were derived for it."""

    def __init__(self) -> None:
        self.next = Trace("", "")

    def generate_trace_id(self) -> int:
        return int(self.next.trace, 16)

    def generate_span_id(self) -> int:
        return int(self.next.span, 16)


class _Ended(SpanProcessor):
    """Keeps the spans that have ended."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Collector:
    """A collector at `endpoint`; headers and certificates are OTEL_EXPORTER_OTLP_…'s to say."""

    def __init__(self, endpoint: str, relay: str, version: str) -> None:
        self._given, self._ended = _Given(), _Ended()
        resource = Resource.create(
            {
                "service.name": "relay",
                "service.namespace": relay,
                "service.version": version,
            }
        )
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=resource,
            shutdown_on_exit=False,
            id_generator=self._given,
            span_limits=SpanLimits(max_links=EVIDENCE),
        )
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer("relay", version)
        self._exporter = OTLPSpanExporter(endpoint, timeout=TIMEOUT_S)
        self._stop: Callable[[], None] = self._exporter.shutdown

    def send(self, spans: Sequence[Span]) -> bool:
        """Send `spans`; False if the collector did not take them in time."""
        for span in spans:
            self._make(span)
        made, self._ended.spans = self._ended.spans, []
        return self._exporter.export(made) is SpanExportResult.SUCCESS

    def close(self) -> None:
        """Wait no more for an answer."""
        self._stop()

    def _make(self, span: Span) -> None:
        self._given.next = span.here
        above = _context(Trace(span.here.trace, span.parent)) if span.parent else None
        begun = self._tracer.start_span(
            span.name,
            context=set_span_in_context(NonRecordingSpan(above)) if above else None,
            kind=KINDS.get(span.name, SpanKind.INTERNAL),
            attributes=span.attributes,
            links=[Link(_context(each)) for each in span.links],
            start_time=span.start,
        )
        begun.end(span.end)


def _context(trace: Trace) -> SpanContext:
    return SpanContext(
        int(trace.trace, 16), int(trace.span, 16), is_remote=True, trace_flags=SAMPLED
    )
