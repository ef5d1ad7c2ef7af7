"""Where spans go: to a collector if there is one, else nowhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final, Protocol, cast

from relay.telemetry.metrics import Metrics
from relay.telemetry.pump import Pump, Send
from relay.telemetry.traces import Span

MISSING: Final = "traces.endpoint: needs the extra otel: pip install 'relay[otel]'"


class ExtraMissingError(Exception):
    """A collector is named, and what speaks to one is not installed. Says what to do."""


class _Collector(Protocol):
    send: Send

    def close(self) -> None: ...


class Exporting:
    """Spans of one process on their way to the collector at `endpoint`; None: there is none.

    Raises ExtraMissingError.
    """

    def __init__(self, endpoint: str | None, relay: str, version: str, metrics: Metrics) -> None:
        self._pump: Pump | None = None
        if endpoint is not None:
            self._collector = _collector(endpoint, relay, version)
            self._pump = Pump(
                self._collector.send,
                metrics.spans_sent,
                metrics.spans_dropped,
                metrics.spans_refused,
            )

    @property
    def put(self) -> Callable[[Span], None]:
        """Takes a span; never waits."""
        return _nowhere if self._pump is None else self._pump.put

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send within the context, and what is left at its end, for a few seconds."""
        if self._pump is None:
            yield
            return
        self._pump.start()
        try:
            yield
        finally:
            self._pump.close()
            self._collector.close()


def unusable(endpoint: str | None) -> Iterator[str]:
    """Yield what keeps spans from being sent to `endpoint`, a sentence each."""
    if endpoint is not None:
        try:
            import_module("relay.telemetry.otlp")
        except ImportError:
            yield MISSING


def _nowhere(_: Span) -> None:
    """Drop it."""


def _collector(endpoint: str, relay: str, version: str) -> _Collector:
    try:
        otlp = import_module("relay.telemetry.otlp")
    except ImportError:
        raise ExtraMissingError(MISSING) from None
    return cast("_Collector", otlp.Collector(endpoint, relay, version))
