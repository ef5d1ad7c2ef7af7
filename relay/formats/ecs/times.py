"""When it happened: ECS keeps the time of the event, of its report and of its storage apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from relay.formats.ecs.kinds import Kind
from relay.formats.ecs.paths import Document, first
from relay.formats.moments import epoch, moment

# Names of zones that mean one offset wherever they are used; IST, BST, CST and EST do not.
_ZONES: Mapping[str, str] = MappingProxyType({
    "Z": "Z", "UTC": "Z", "GMT": "Z", "WET": "Z", "WEST": "+01:00", "CET": "+01:00",
    "CEST": "+02:00", "EET": "+02:00", "EEST": "+03:00",
})  # fmt: skip

_STAMPS = ("@timestamp", "\\@timestamp", "/@timestamp")
_ELSEWHERE = (
    "suricata.timestamp", "suricata.eve.timestamp", "event.end", "event.start",
    "rsa.time.event_time", "crowdstrike.metadata.eventCreationTime", "event.created",
)  # fmt: skip
_FOUND = ("sentinel_one.threat.file.identified_at", "trend_micro_vision_one.alert.created_date")
_ORDER: Mapping[Kind, tuple[str, ...]] = MappingProxyType({
    Kind.SIGNAL: ("kibana.alert.original_time", "signal.original_time", *_STAMPS, *_ELSEWHERE),
    # A finding is stamped when it is indexed, which can be years later.
    Kind.FINDING: (*_ELSEWHERE, *_STAMPS),
    # An alert is stamped when its product last touched it; its activity ended before.
    Kind.ALERT: ("event.end", *_FOUND, *_STAMPS, *_ELSEWHERE),
    Kind.INDICATOR: ("kibana.alert.original_time", *_STAMPS, *_ELSEWHERE),
})  # fmt: skip
_STARTS = (
    "kibana.alert.suppression.start", "kibana.alert.threshold_result.from", "event.start",
    "threat.indicator.first_seen",
)  # fmt: skip
_ENDS = ("kibana.alert.suppression.end", "event.end", "threat.indicator.last_seen")
_SEEN = ("threat.indicator.last_seen", "threat.indicator.first_seen")

_SOON = 5 * 60 * 1000  # from a fetch to its storage
_LONG_AGO = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Times:
    """When it was detected, and the first and last time it was seen, in ms."""

    at: int
    first_seen: int | None
    last_seen: int | None


def times(document: Document, kind: Kind) -> Times | None:
    """Return the times of a document, or None if there is none that is certain."""
    zone = _offset(first(document, "event.timezone"))
    at = _earliest_path(document, _ORDER[kind], zone)
    if kind is Kind.INDICATOR and at is not None:
        at = _seen_not_fetched(document, at, zone)
    if at is None:
        return None
    return Times(at, _earliest_path(document, _STARTS, zone), _earliest_path(document, _ENDS, zone))


def _earliest_path(document: Document, paths: Iterable[str], zone: str) -> int | None:
    for path in paths:
        if path in document and (at := _moment(document, path, zone)) is not None:
            return at
    return None


def _moment(document: Document, path: str, zone: str) -> int | None:
    written = document.get(path)
    if isinstance(written, list):
        written = written[0] if written else None
    at = moment(written.strip() if isinstance(written, str) else None, zone)
    return epoch(written) if at is None else at


def _seen_not_fetched(document: Document, at: int, zone: str) -> int:
    """Some feeds stamp an indicator when it was fetched: then when it was seen is the time."""
    fetched = [_moment(document, path, zone) for path in ("event.created", "event.ingested")]
    seen = _earliest_path(document, _SEEN, zone)
    if seen is None or at - seen < _LONG_AGO:
        return at
    return seen if any(near is not None and abs(near - at) < _SOON for near in fetched) else at


def _offset(name: str) -> str:
    return _ZONES.get(name.upper(), name if name[:1] in ("+", "-") else "")
