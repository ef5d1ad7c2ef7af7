"""Elastic out: an alert as one ECS document. How to load it, what is lost: docs/formats/ecs.md."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import orjson

from relay import __version__
from relay.formats.labels import PAP_LABEL
from relay.formats.moments import rfc3339
from relay.formats.rendering import MOST_BYTES, Rendered, fitted, losses
from relay.model.alert import Alert, SeenObservable, SourceLine
from relay.model.detection import Observable
from relay.model.identity import RULE, RULE_NAME
from relay.model.vocabulary import KEY_TYPES
from relay.wire.alert import shown

ECS_VERSION = "8.17.0"
DATASET = "ti_relay.alert"
"""Names the scale of `event.severity`: that of Elastic's detection engine."""

SEVERITIES: Mapping[str, int] = MappingProxyType(
    {"info": 1, "low": 21, "medium": 47, "high": 73, "critical": 99}
)
_OPEN = frozenset(("early-warning", "cross-border", "widespread"))
"""States that somebody should look at now; of the others the observables are for matching."""

_ADDRESSES = ("ipv4", "ipv6")
_HASHES = ("md5", "sha1", "sha256", "sha512")
_NAMES = ("domain", "onion")

Place = tuple[str, tuple[str, ...]]
"""A value of `threat.indicator.type`, and the field below `threat.indicator` that holds it."""

_PLACES: Mapping[str, Place] = MappingProxyType({
    "ipv4": ("ipv4-addr", ("ip",)),
    "ipv6": ("ipv6-addr", ("ip",)),
    **dict.fromkeys(_NAMES, ("domain-name", ("url", "domain"))),
    "url": ("url", ("url", "full")),
    "email": ("email-addr", ("email", "address")),
    **{name: ("file", ("file", "hash", name)) for name in _HASHES},
    "regkey": ("windows-registry-key", ("registry", "key")),
    "asn": ("autonomous-system", ("name",)),
    "mutex": ("mutex", ("name",)),
})  # fmt: skip
"""Where each type of observable stands; for the others ECS has no place."""
_NOWHERE: Place = ("", ())

# The scale of STIX 2.1, appendix A, "None / Low / Med / High".
_SURE = ((70, "High"), (30, "Medium"), (1, "Low"), (0, "None"))
_LONGEST_NAME = 256  # what a list can show; longer values are told once
_MOST_RELATED = 20
_MOST_SOURCES = 40
_MOST_TECHNIQUES = 64
_BRACKETS = 64  # what stands around the lists that are filled last


def render(alert: Alert, relay: str) -> Rendered:
    """Return an alert as a document whose key an indicator match rule finds in `threat.indicator`,
    and of the others the first under each further field. Each other observable is an entry of
    `threat.enrichments`, or of `relay.observables` where ECS has no type for it."""
    others = [seen for seen in alert.observables if not _is(seen, alert.key)]
    body, threat, own = _body(alert, relay), _threat(alert, relay, others), _relay(alert)
    budget = MOST_BYTES - len(orjson.dumps((body, threat, own))) - _BRACKETS
    told = fitted(map(_told, others), budget)
    kept = others[: len(told)]
    if len(kept) < len(others):
        threat = _threat(alert, relay, kept)
    matching = [entry for seen, entry in zip(kept, told, strict=True) if _placed(seen)]
    plain = [entry for seen, entry in zip(kept, told, strict=True) if not _placed(seen)]
    if matching:
        threat["enrichments"] = matching
    if plain:
        own["observables"] = plain
    document = {**body, "relay": own, "threat": threat}
    return Rendered(orjson.dumps(document), losses(size=len(others) - len(kept)))


def _body(alert: Alert, relay: str) -> dict[str, object]:
    return {
        "@timestamp": rfc3339(alert.end),
        "ecs": {"version": ECS_VERSION},
        "event": _event(alert, relay),
        "labels": {"relay_alert_id": alert.id},
        "message": alert.title,
        "observer": {"name": relay, "product": "relay", "type": "relay", "version": __version__},
        "related": _related(seen.observable for seen in alert.observables[:_MOST_RELATED]),
        "rule": {"id": RULE, "name": RULE_NAME},
        "tags": [alert.state, f"tlp:{alert.tlp}", f"{PAP_LABEL}{alert.pap}"],
    }


def _event(alert: Alert, relay: str) -> dict[str, object]:
    severity = SEVERITIES[alert.severity]
    return {
        "action": alert.action,
        "category": ["threat"],
        "created": rfc3339(alert.updated),
        "dataset": DATASET,
        "end": rfc3339(alert.end),
        "id": f"{alert.id}.{alert.episode}.{alert.revision}",
        "kind": "alert" if alert.state in _OPEN else "enrichment",
        "module": "ti_relay",
        "provider": relay,
        "reason": alert.reason.value,
        "risk_score": float(severity),
        "severity": severity,
        "start": rfc3339(alert.start),
        "type": ["indicator"],
    }


def _threat(alert: Alert, relay: str, others: Sequence[SeenObservable]) -> dict[str, object]:
    sure = next(word for least, word in _SURE if alert.confidence >= least)
    indicator = {
        **_indicator(alert.key),
        "confidence": sure,
        "description": alert.title,
        "first_seen": rfc3339(alert.start),
        "last_seen": rfc3339(alert.end),
        "marking": {"tlp": alert.tlp.upper(), "tlp_version": "2.0"},
        "modified_at": rfc3339(alert.updated),
        "provider": relay,
        "sightings": _itself(alert).detections,
    }
    for seen in others:
        if seen.observable.type in KEY_TYPES:
            _place(indicator, seen.observable)
    threat: dict[str, object] = {"feed": {"name": "relay"}, "indicator": indicator}
    if alert.techniques:
        threat["technique"] = {"id": [name for name, _ in alert.techniques[:_MOST_TECHNIQUES]]}
    return threat


def _placed(seen: SeenObservable) -> bool:
    return seen.observable.type in _PLACES


def _told(seen: SeenObservable) -> dict[str, object]:
    if not _placed(seen):
        return shown(seen)
    role = {} if seen.observable.role is None else {"role": seen.observable.role}
    indicator = {**_indicator(seen.observable), "sightings": seen.detections}
    return {"indicator": indicator, "relay": {**role, "members": seen.members}}


def _indicator(observable: Observable) -> dict[str, object]:
    indicator: dict[str, object] = {}
    if len(observable.value) <= _LONGEST_NAME:
        indicator["name"] = observable.value
    if observable.type in _PLACES:
        indicator["type"] = _PLACES[observable.type][0]
        _place(indicator, observable)
    return indicator


def _place(indicator: dict[str, object], observable: Observable) -> None:
    """Set the field that holds a value, if nothing stands there: indicator match rules pass over
    a field with two values."""
    _, path = _PLACES.get(observable.type, _NOWHERE)
    node = indicator
    for name in path[:-1]:
        inner = node.setdefault(name, {})
        assert isinstance(inner, dict)
        node = inner
    for name in path[-1:]:
        node.setdefault(name, observable.value)


def _related(observables: Iterable[Observable]) -> dict[str, list[str]]:
    related: dict[str, list[str]] = {}
    for observable in observables:
        kind = observable.type
        name = "ip" if kind in _ADDRESSES else "hash" if kind in _HASHES else "hosts"
        if name != "hosts" or kind in _NAMES:
            related.setdefault(name, []).append(observable.value)
    return related


def _is(seen: SeenObservable, key: Observable) -> bool:
    """Return whether an observable is the key; its role may have been told otherwise."""
    return (seen.observable.type, seen.observable.value) == (key.type, key.value)


def _itself(alert: Alert) -> SeenObservable:
    unseen = SeenObservable(alert.key, correlated=True, detections=0, members=0)
    return next((seen for seen in alert.observables if _is(seen, alert.key)), unseen)


def _relay(alert: Alert) -> dict[str, object]:
    """Return what ECS has no field for, in fields of our own, as ECS allows."""
    return {
        "alert": {
            "state": alert.state,
            "episode": rfc3339(alert.episode),
            "revision": alert.revision,
            "reason": alert.reason.value,
            "expires_at": rfc3339(alert.expires),
            "claimed_severity": alert.claimed_severity,
            "related": alert.related,
            "flags": alert.flags,
            "truncated": alert.truncated,
        },
        "key": shown(_itself(alert)),
        "classifications": alert.classifications,
        "confidence": alert.confidence,
        "techniques": [{"id": name, "count": count} for name, count in alert.techniques],
        "sources": {
            "members": alert.votes,
            "countries": alert.countries,
            "list": [_source(line) for line in alert.sources[:_MOST_SOURCES]],
        },
        "victim": {"sectors": alert.victim_sectors, "countries": alert.victim_countries},
    }


def _source(line: SourceLine) -> dict[str, object]:
    said: dict[str, object] = {
        "member": line.member or "withheld",
        "detections": line.detections,
        "first_seen": rfc3339(line.first_seen),
        "last_seen": rfc3339(line.last_seen),
    }
    if line.country is not None:
        said["country"] = line.country
    marks = {"own": line.own, "follow_up": line.follow_up}
    return {**said, **{name: True for name, marked in marks.items() if marked}}
