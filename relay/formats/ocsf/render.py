"""An alert as OCSF Detection Finding (2004) of OCSF 1.5.0. What is mapped: docs/formats/ocsf.md."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import orjson

from relay.formats.labels import PAP_LABEL
from relay.formats.moments import rfc3339
from relay.formats.ocsf.indicators import CAPTIONS, OTHER, TYPE_IDS
from relay.formats.ocsf.mark import ALERT_LABEL, TLP_LABEL
from relay.formats.ocsf.ratings import CONFIDENCES
from relay.formats.rendering import MOST_BYTES, Rendered, fitted, losses
from relay.model.alert import Alert, SeenObservable, SourceLine
from relay.model.identity import RULE, RULE_NAME

VERSION = "1.5.0"
"""Of the schema that the findings keep to."""

Fields = dict[str, object]

_CLASS = 2004
_ACTIVITIES = {"create": (1, "Create"), "update": (2, "Update"), "close": (3, "Close")}
_STATUSES = {"closed": (4, "Resolved"), "withdrawn": (3, "Suppressed")}
_NEW = (1, "New")
_SEVERITIES = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_CONFIDENCES = {1: "Low", 2: "Medium", 3: "High"}
_TLPS = {"amber+strict": "AMBER STRICT"}  # the others are called what they are called

_OBSERVED: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "ipv4": (2, "IP Address"),
        "ipv6": (2, "IP Address"),
        "domain": (1, "Hostname"),
        "onion": (1, "Hostname"),
        "url": (6, "URL String"),
        "email": (5, "Email Address"),
        "md5": (8, "Hash"),
        "sha1": (8, "Hash"),
        "sha256": (8, "Hash"),
        "sha512": (8, "Hash"),
    }
)
"""`observables[].type_id`; all others are Other (99): the numbers 11 to 19, which have subnets and
vulnerabilities, are unknown to many readers."""


def render(alert: Alert, relay: str) -> Rendered:
    """Return an alert as one finding; what does not fit into 64 KiB is cut from the end of its
    observables, and counted."""
    unmapped = _unmapped(alert)
    finding = {**_said(alert), **_described(alert, relay), "unmapped": unmapped}
    shown = [
        (_indicator(seen, alert), _observable(seen), _seen(seen)) for seen in alert.observables
    ]
    kept = len(fitted(shown, MOST_BYTES - len(orjson.dumps(finding)) - _BRACKETS))
    finding["osint"] = [indicator for indicator, _, _ in shown[:kept]]
    finding["observables"] = [observable for _, observable, _ in shown[:kept]]
    unmapped["seen"] = [seen for _, _, seen in shown[:kept]]
    return Rendered(orjson.dumps(finding), losses(size=len(shown) - kept))


_BRACKETS = len('"osint":[],"observables":[],"seen":[],')


def _said(alert: Alert) -> Fields:
    activity_id, activity = _ACTIVITIES.get(alert.action, (0, "Unknown"))
    severity_id, severity = _SEVERITIES[alert.severity]
    status_id, status = _STATUSES.get(alert.state, _NEW)
    confidence_id = next(number for number, band in CONFIDENCES.items() if alert.confidence in band)
    return {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "type_uid": _CLASS * 100 + activity_id,
        "type_name": f"Detection Finding: {activity}",
        "activity_id": activity_id,
        "activity_name": activity,
        "severity_id": severity_id,
        "severity": severity,
        "confidence_id": confidence_id,
        "confidence": _CONFIDENCES[confidence_id],
        "confidence_score": alert.confidence,
        "status_id": status_id,
        "status": status,
        "is_alert": alert.action != "close",
        "time": alert.updated,
        "start_time": alert.start,
        "end_time": alert.end,
        "message": alert.title,
    }


def _described(alert: Alert, relay: str) -> Fields:
    return {
        "metadata": {
            "version": VERSION,
            "profiles": ["osint"],
            "product": {"name": "relay", "vendor_name": "relay", "uid": relay},
            "uid": f"{alert.id}.{alert.episode}.{alert.revision}",
            "correlation_uid": alert.id,
            "labels": [
                f"{ALERT_LABEL}{alert.id}",
                f"{TLP_LABEL}{alert.tlp}",
                f"{PAP_LABEL}{alert.pap}",
            ],
        },
        "finding_info": _finding_info(alert),
        **_vulnerabilities(alert),
    }


def _finding_info(alert: Alert) -> Fields:
    info: Fields = {
        "uid": alert.id,
        "title": alert.title,
        "types": list(alert.classifications),
        "created_time": alert.episode,
        "modified_time": alert.updated,
        "first_seen_time": alert.start,
        "last_seen_time": alert.end,
        "analytic": {"type_id": 1, "type": "Rule", "uid": RULE, "name": RULE_NAME},
        "attacks": [_attack(technique) for technique, _ in alert.techniques],
        "related_events": [{"uid": related} for related in alert.related],
    }  # fmt: skip
    return {name: value for name, value in info.items() if value not in ((), [])}


def _attack(technique: str) -> Fields:
    # The relay knows no names of techniques; readers that ask for one get the id.
    whole, _, part = technique.partition(".")
    attack: Fields = {"technique": {"uid": whole, "name": whole}}
    if part:
        attack["sub_technique"] = {"uid": technique, "name": technique}
    return attack


def _indicator(seen: SeenObservable, alert: Alert) -> Fields:
    kind, value = seen.observable.type, seen.observable.value
    type_id = TYPE_IDS.get(kind, OTHER)
    return {
        "type_id": type_id,
        "type": CAPTIONS.get(type_id, kind),
        "value": value,
        "tlp": _TLPS.get(alert.tlp, alert.tlp.upper()),
    }


def _observable(seen: SeenObservable) -> Fields:
    kind, value = seen.observable.type, seen.observable.value
    type_id, caption = _OBSERVED.get(kind, (OTHER, kind))
    return {"name": "osint[].value", "type_id": type_id, "type": caption, "value": value}


def _seen(seen: SeenObservable) -> Fields:
    role = {} if seen.observable.role is None else {"role": seen.observable.role}
    return {**role, "detections": seen.detections, "members": seen.members}


def _vulnerabilities(alert: Alert) -> Fields:
    named = [
        {"cve": {"uid": seen.observable.value}}
        for seen in alert.observables
        if seen.observable.type == "cve"
    ]
    return {"vulnerabilities": named} if named else {}


def _unmapped(alert: Alert) -> Fields:
    """Return what OCSF has no place for, as `alert.v1` calls it; `seen`, which tells of each entry
    of `osint` what is said beside its value, comes last."""
    said: Fields = {
        "key": {"type": alert.key.type, "value": alert.key.value},
        "state": alert.state,
        "reason": alert.reason,
        "claimed_severity": alert.claimed_severity,
        "expires_at": rfc3339(alert.expires),
        "techniques": [{"id": name, "count": count} for name, count in alert.techniques],
        "members": alert.votes,
        "countries": list(alert.countries),
        "sources": [dict(_source(line)) for line in alert.sources],
        "victim_sectors": list(alert.victim_sectors),
        "victim_countries": list(alert.victim_countries),
        "flags": list(alert.flags),
        "truncated": alert.truncated,
    }
    return {name: value for name, value in said.items() if value != []}


def _source(line: SourceLine) -> Iterator[tuple[str, object]]:
    yield "member", line.member or "withheld"
    if line.country:
        yield "country", line.country
    if line.own:
        yield "own", True
    if line.follow_up:
        yield "follow_up", True
    yield "detections", line.detections
    yield "first_seen", rfc3339(line.first_seen)
    yield "last_seen", rfc3339(line.last_seen)
