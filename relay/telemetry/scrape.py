"""What a running relay says on its pages, as far as it is known to be the relay's own words.

Whatever listens at the address may answer anything: only known names, numbers and words of closed
sets are taken.
"""

import http.client
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from relay.telemetry.definitions import DEFINITIONS, SETS, Kind

TIMEOUT_S: Final = 10.0
"""What a scraper grants."""

MAX_PAGE: Final = 16 << 20
"""Bytes: the largest register makes some 20,000 series of a hundred bytes each."""

PROCESS: Final = (
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
)

_CHECK: Final = re.compile(r"draining|(?:ingest|correlate)_(?:idle_seconds|owned|ready)")
_LINE: Final = re.compile(r"([a-z_]+)(?:\{([^}]*)\})? ([-+0-9.eE]+)")
_LABEL: Final = re.compile(r'([a-z]+)="([^"\\]*)"')
_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_MARKS: Final = {Kind.COUNTER: ("_total",), Kind.GAUGE: ("",), Kind.HISTOGRAM: ("_sum", "_count")}


@dataclass(frozen=True, slots=True)
class Series:
    """One number of /metrics."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What /livez or /readyz says."""

    ok: bool
    checks: Mapping[str, bool | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pages:
    """What a relay says of itself; None: that page did not answer, or not as a relay does."""

    live: Checked | None
    ready: Checked | None
    metrics: tuple[Series, ...] | None

    def total(self, name: str) -> float:
        """Return the sum of all series of a name."""
        return sum(each.value for each in self.metrics or () if each.name == name)


def pages(host: str, port: int, known: Collection[str]) -> Pages:
    """Ask a relay for its pages. `known` are the members' ids and the topics it may speak of."""
    live, ready = (_checked(_page(host, port, path)) for path in ("/livez", "/readyz"))
    body = _page(host, port, "/metrics")
    return Pages(live, ready, None if body is None else tuple(series(body, known)))


def series(body: bytes, known: Collection[str]) -> Iterator[Series]:
    """Yield the numbers of /metrics that are ours and not zero; no buckets.

    A label's value that is in no closed set becomes `other`.
    """
    ours = {each.name + mark for each in DEFINITIONS for mark in _MARKS[each.kind]}
    ours.update(PROCESS)
    for line in body.decode("utf-8", "replace").splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[1] not in ours:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        if value:
            labels = {name: _word(name, said, known) for name, said in _labels(found[2])}
            yield Series(found[1], labels, value)


def _labels(text: str | None) -> list[tuple[str, str]]:
    names = {label for each in DEFINITIONS for label in each.labels}
    return [(name, said) for name, said in _LABEL.findall(text or "") if name in names]


def _word(label: str, said: str, known: Collection[str]) -> str:
    is_known = {
        "version": _VERSION.fullmatch(said),
        "python": _VERSION.fullmatch(said),
        "partition": _NUMBER.fullmatch(said),
    }.get(label, said in known or said in SETS.get(label, ()))
    return said if is_known else "other"


def _checked(body: bytes | None) -> Checked | None:
    try:
        said = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("checks"), dict):
        return None
    checks = {
        name: value
        for name, value in said["checks"].items()
        if _CHECK.fullmatch(name) and isinstance(value, bool | int | float)
    }
    return Checked(said.get("ok") is True, checks)


def _page(host: str, port: int, path: str) -> bytes | None:
    asking = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        asking.request("GET", path)
        return asking.getresponse().read(MAX_PAGE)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        asking.close()
