"""Elastic out: an alert as one ECS document. How to load it, what is lost: docs/formats/ecs.md."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import orjson

from relay import __version__
from relay.formats.moments import rfc3339
from relay.formats.rendering import MOST_BYTES, Rendered, fitted, losses
from relay.model.alert import Alert, SourceLine
from relay.model.detection import Observable
from relay.model.identity import RULE

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

# The scale of STIX 2.1, appendix A, "None / Low / Med / High".
_SURE = ((70, "High"), (30, "Medium"), (1, "Low"), (0, "None"))
_LONGEST_NAME = 256  # what a list can show; longer values are told once
_MOST_RELATED = 20
_MOST_SOURCES = 40
_MOST_TECHNIQUES = 64
_BRACKETS = 64  # what stands around the lists that are filled last


def render(alert: Alert, relay: str) -> Rendered:
    """Return an alert as a document whose key an indicator match rule finds in `threat.indicator`;
    each other observable is an entry of `threat.enrichments`, or of `relay.observables` where ECS
    has no type for it."""
    others = [seen.observable for seen in alert.observables if seen.observable != alert.key]
    body = _body(alert, relay)
    budget = MOST_BYTES - len(orjson.dumps(body)) - _BRACKETS
    told = fitted((_told(observable) for observable in others), budget)
    matching: list[orjson.Fragment] = []
    plain: list[orjson.Fragment] = []
    for observable, entry in zip(others, told, strict=False):
        (matching if observable.type in _PLACES else plain).append(entry)
    if alert.key.type not in _PLACES:
        plain.insert(0, orjson.Fragment(orjson.dumps(_told(alert.key))))
    if matching:
        body["threat"] = {**_threat(alert, relay), "enrichments": matching}
    if plain:
        body["relay"] = {**_relay(alert), "observables": plain}
    return Rendered(orjson.dumps(body), losses(size=len(others) - len(told)))


def _body(alert: Alert, relay: str) -> dict[str, object]:
    return {
        "@timestamp": rfc3339(alert.end),
        "ecs": {"version": ECS_VERSION},
        "event": _event(alert, relay),
        "labels": {"relay_alert_id": alert.id},
        "message": alert.title,
        "observer": {"name": relay, "product": "relay", "type": "relay", "version": __version__},
        "related": _related(seen.observable for seen in alert.observables[:_MOST_RELATED]),
        "relay": _relay(alert),
        "rule": {"id": RULE, "name": alert.title},
        "tags": [alert.state, f"tlp:{alert.tlp}", f"pap:{alert.pap}"],
        "threat": _threat(alert, relay),
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


def _threat(alert: Alert, relay: str) -> dict[str, object]:
    sure = next(word for least, word in _SURE if alert.confidence >= least)
    indicator = {
        **_indicator(alert.key),
        "confidence": sure,
        "first_seen": rfc3339(alert.start),
        "last_seen": rfc3339(alert.end),
        "marking": {"tlp": alert.tlp.upper(), "tlp_version": "2.0"},
        "modified_at": rfc3339(alert.updated),
        "provider": relay,
        "sightings": sum(seen.detections for seen in alert.observables if seen.correlated),
    }
    threat: dict[str, object] = {"feed": {"name": "relay"}, "indicator": indicator}
    if alert.techniques:
        threat["technique"] = {"id": [name for name, _ in alert.techniques[:_MOST_TECHNIQUES]]}
    return threat


def _told(observable: Observable) -> dict[str, object]:
    if observable.type in _PLACES:
        return {"indicator": _indicator(observable)}
    return {"type": observable.type, "value": observable.value}


def _indicator(observable: Observable) -> dict[str, object]:
    called: dict[str, object] = (
        {"name": observable.value} if len(observable.value) <= _LONGEST_NAME else {}
    )
    if observable.type not in _PLACES:
        return called
    kind, path = _PLACES[observable.type]
    placed: object = observable.value
    for name in reversed(path[1:]):
        placed = {name: placed}
    return {**called, "type": kind, path[0]: placed}


def _related(observables: Iterable[Observable]) -> dict[str, list[str]]:
    related: dict[str, list[str]] = {}
    for observable in observables:
        kind = observable.type
        name = "ip" if kind in _ADDRESSES else "hash" if kind in _HASHES else "hosts"
        if name != "hosts" or kind in _NAMES:
            related.setdefault(name, []).append(observable.value)
    return related


def _relay(alert: Alert) -> dict[str, object]:
    """Return what ECS has no field for, in fields of our own, as ECS allows."""
    return {
        "alert": {
            "state": alert.state,
            "episode": rfc3339(alert.episode),
            "revision": alert.revision,
            "expires_at": rfc3339(alert.expires),
            "claimed_severity": alert.claimed_severity,
            "related": alert.related,
            "flags": alert.flags,
            "truncated": alert.truncated,
        },
        "classifications": alert.classifications,
        "confidence": alert.confidence,
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
