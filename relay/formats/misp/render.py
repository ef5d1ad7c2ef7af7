"""An alert as one MISP event. What is mapped: docs/formats/misp.md."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from uuid import uuid5

import orjson

from relay.formats.misp.kinds import NOT_FLAGGED, PIECES, TEMPLATES, TRAFFIC, WRITTEN
from relay.formats.misp.marks import attribute_uuid
from relay.formats.misp.tags import RELAY
from relay.formats.moments import rfc3339
from relay.formats.rendering import Rendered, fitted, losses
from relay.model.alert import Alert, SeenObservable
from relay.model.identity import NAMESPACE

_LEVELS = MappingProxyType({"critical": "1", "high": "1", "medium": "2", "low": "3", "info": "3"})
_ANALYSES = MappingProxyType({"early-warning": "0", "closed": "2", "withdrawn": "2"})
_ONGOING = "1"
_OVER = frozenset(("closed", "withdrawn"))
"""States in which no sensor need look for it: else what is exported for sensors grows for ever."""

# How far MISP may carry an event on: nobody further than its label allows.
_DISTRIBUTIONS = MappingProxyType({"clear": "3", "green": "1"})
_OWN_ORGANISATION, _AS_THE_EVENT = "0", "5"
_CONFIDENCES = (
    (88, "completely-confident"),
    (63, "usually-confident"),
    (38, "fairly-confident"),
    (13, "rarely-confident"),
    (0, "unconfident"),
)
_SOURCES = frozenset(("source", "scanner"))  # roles of addresses that come, not answer


def render(alert: Alert, relay: str) -> Rendered:
    """Return a MISP event that tells `alert`: equal bytes for equal alerts, at most 64 KiB."""
    shown = sorted(alert.observables, key=lambda seen: not seen.correlated)
    plain = [seen for seen in shown if seen.observable.type in WRITTEN]
    framed = [seen for seen in shown if seen.observable.type in TEMPLATES]
    kept = fitted((*_attributes(alert, plain), *_objects(alert, framed)))
    count = len(plain)
    event = {**_head(alert, relay), "Attribute": kept[:count], "Object": kept[count:]}
    return Rendered(
        orjson.dumps({"Event": event}),
        losses(
            observables=len(shown) - count - len(framed),
            size=count + len(framed) - len(kept),
            sources=len(alert.sources),
            victim=len(alert.victim_sectors) + len(alert.victim_countries),
            related=len(alert.related),
        ),
    )


def _head(alert: Alert, relay: str) -> dict[str, object]:
    return {
        "uuid": alert.id,
        "info": alert.title,
        "date": rfc3339(alert.end)[:10],
        "timestamp": _seconds(alert),
        "publish_timestamp": _seconds(alert),
        "published": True,
        "threat_level_id": _LEVELS[alert.severity],
        "analysis": _ANALYSES.get(alert.state, _ONGOING),
        "distribution": _DISTRIBUTIONS.get(alert.tlp, _OWN_ORGANISATION),
        "sharing_group_id": "0",
        "Orgc": {"name": relay, "uuid": str(uuid5(NAMESPACE, relay))},
        "Tag": [{"name": name} for name in _tags(alert)],
    }


def _tags(alert: Alert) -> Iterator[str]:
    yield f"tlp:{alert.tlp}"
    yield f"PAP:{alert.pap.upper()}"
    yield f'{RELAY}:alert-id="{alert.id}"'
    yield f'{RELAY}:episode="{rfc3339(alert.episode)}"'
    yield f'{RELAY}:revision="{alert.revision}"'
    yield f'{RELAY}:severity="{alert.severity}"'
    yield f'{RELAY}:claimed-severity="{alert.claimed_severity}"'
    yield f'{RELAY}:confidence="{alert.confidence}"'
    yield f'{RELAY}:state="{alert.state}"'
    yield f'{RELAY}:reason="{alert.reason.value}"'
    yield f'{RELAY}:expires="{rfc3339(alert.expires)}"'
    yield f'{RELAY}:members="{alert.votes}"'
    for flag in (*alert.flags, *(("truncated",) if alert.truncated else ())):
        yield f'{RELAY}:flag="{flag}"'
    level = next(word for least, word in _CONFIDENCES if alert.confidence >= least)
    yield f'misp:confidence-level="{level}"'
    for classification in alert.classifications:
        kind, _, value = classification.partition(":")
        yield f'rsit:{kind}="{value}"'
    for technique, _count in alert.techniques:
        yield f'misp-galaxy:mitre-attack-pattern="{technique}"'


def _attributes(alert: Alert, shown: Sequence[SeenObservable]) -> Iterator[dict[str, object]]:
    for seen in shown:
        kind, category = WRITTEN[seen.observable.type]
        if kind == "ip-dst" and seen.observable.role in _SOURCES:
            kind = "ip-src"
        piece = PIECES[kind][0]
        assert piece is not None
        yield _attribute(alert, seen, piece.kind, kind, category)


def _attribute(
    alert: Alert, seen: SeenObservable, name: str, kind: str, category: str
) -> dict[str, object]:
    body: dict[str, object] = {
        "uuid": attribute_uuid(alert.id, name, seen.observable.value),
        "type": kind,
        "category": category,
        "to_ids": kind not in NOT_FLAGGED and alert.state not in _OVER,
        "distribution": _AS_THE_EVENT,
        "timestamp": _seconds(alert),
        "comment": _comment(seen),
        "value": seen.observable.value,
    }
    if seen.correlated:
        body["first_seen"] = _precise(alert.start)
        body["last_seen"] = _precise(alert.end)
    return body


def _objects(alert: Alert, shown: Sequence[SeenObservable]) -> Iterator[dict[str, object]]:
    """Yield what MISP has no type for as objects of its own templates."""
    for seen in shown:
        name, value = seen.observable.type, seen.observable.value
        template = TEMPLATES[name]
        main = _attribute(alert, seen, name, template.type, TRAFFIC)
        fixed = [
            {
                "uuid": attribute_uuid(alert.id, relation, value),
                "object_relation": relation,
                "type": "text",
                "category": "Other",
                "to_ids": False,
                "distribution": _AS_THE_EVENT,
                "timestamp": _seconds(alert),
                "value": constant,
            }
            for relation, constant in template.fixed
        ]
        yield {
            "uuid": attribute_uuid(alert.id, f"object {name}", value),
            "name": template.name,
            "meta-category": "network",
            "template_uuid": template.uuid,
            "template_version": template.version,
            "distribution": _AS_THE_EVENT,
            "timestamp": _seconds(alert),
            "Attribute": [{**main, "object_relation": template.relation}, *fixed],
        }


def _comment(seen: SeenObservable) -> str:
    role = f"{seen.observable.role}; " if seen.observable.role else ""
    return f"{role}detections: {seen.detections}, members: {seen.members}"


def _seconds(alert: Alert) -> str:
    return str(alert.updated // 1000)


def _precise(at: int) -> str:
    """Return ms since the epoch as MISP writes times of sighting: in us, with an offset."""
    return f"{rfc3339(at)[:-1]}000+00:00"
