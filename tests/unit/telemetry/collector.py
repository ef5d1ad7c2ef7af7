"""A collector that is really spoken to: OTLP over HTTP on loopback, what it took decoded."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Taken:
    """A span as it arrived: ids in hex, attributes as a mapping."""

    name: str
    trace: str
    span: str
    parent: str
    start: int
    end: int
    kind: int
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]


class Collector:
    """What has arrived so far. `status` is what the next requests are answered with."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.resources: list[dict[str, Any]] = []
        self.spans: list[Taken] = []
        self.asked = 0
        self.status = 200
        self.endpoint = ""

    def take(self, path: str, body: bytes) -> int:
        """Take one request; return the status of the answer."""
        self.asked += 1
        if self.status == 200:
            self.paths.append(path)
            self.bodies.append(body)
            for each in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(_attributes(each.resource.attributes))
                self.spans += [_taken(s) for scope in each.scope_spans for s in scope.spans]
        return self.status

    def of(self, name: str) -> list[Taken]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds of it."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"only {[span.name for span in self.spans]}"
            time.sleep(0.02)


def _attributes(found: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in found}


def _taken(span: Any) -> Taken:
    return Taken(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        _attributes(span.attributes),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Hold a collector open at `endpoint`."""
    collector = Collector()

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response_only(collector.take(request.path, body))
        request.send_header("Content-Length", "0")
        request.end_headers()

    handler = type("Handler", (BaseHTTPRequestHandler,), {"do_POST": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        collector.endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield collector
        finally:
            server.shutdown()
            serving.join()
