"""Alerts as STIX 2.1 bundles. What is lost: docs/formats/stix.md."""

from collections.abc import Iterable
from functools import lru_cache
from uuid import uuid5

import orjson

from relay.core.titles import defanged
from relay.formats.draft import ASSUMED_CONFIDENCE
from relay.formats.moments import rfc3339
from relay.formats.rendering import MOST_BYTES, Rendered, fitted, losses
from relay.formats.stix.identifying import (
    ALERT_REFERENCE,
    SEVERITY_TAG,
    TECHNIQUE_REFERENCE,
)
from relay.formats.stix.markings import TLP_EXTENSION, TLP_MARKINGS
from relay.formats.stix.writing import pattern
from relay.model.alert import Alert, SeenObservable, SourceLine
from relay.model.detection import Observable
from relay.model.identity import NAMESPACE
from relay.model.policy import WINDOWS_MS

_SINCE = "2026-01-01T00:00:00.000Z"
"""When what never changes was made: the relay's identity and its members'."""

_TLP_SINCE = "2022-10-01T00:00:00.000Z"  # fixed by OASIS, as the ids are
_FRAME_BYTES = 256  # the bundle around its objects
_MOST_COUNTED = 999_999_999
_OVER = frozenset(("closed", "withdrawn"))

_Made = dict[str, object]


def render(alert: Alert, relay: str) -> Rendered:
    """Return an alert as a bundle: an indicator per observable that the relay correlates by, a
    sighting, and who says so."""
    bundle = _Bundle(alert, relay)
    shown = sorted(alert.observables, key=lambda seen: not seen.correlated)
    objects = [one for seen in shown if (one := bundle.shown(seen)) is not None]
    frame = [_marking(alert.tlp), bundle.author]
    if objects:
        frame += bundle.main(objects[0])
    room = MOST_BYTES - _FRAME_BYTES - len(orjson.dumps(frame))
    further = fitted(objects[1:], room)
    body = orjson.dumps(
        {
            "type": "bundle",
            "id": bundle.name("bundle", str(alert.revision)),
            "objects": [*frame, *further],
        }
    )
    return Rendered(
        body,
        losses(
            observables=len(shown) - len(objects),
            size=len(objects[1:]) - len(further),
            techniques=0 if objects else len(alert.techniques),
            victim=len(alert.victim_sectors) + len(alert.victim_countries),
            related=len(alert.related),
        ),
    )


class _Bundle:
    """One alert on its way to a bundle, with what all its objects have in common."""

    def __init__(self, alert: Alert, relay: str) -> None:
        self._alert = alert
        self.author = _identity(relay, "system")
        self._reference = {"source_name": ALERT_REFERENCE, "external_id": alert.id}
        self._common: _Made = {
            "spec_version": "2.1",
            "created_by_ref": self.author["id"],
            "created": rfc3339(alert.episode),
            "modified": rfc3339(max(alert.updated, alert.episode)),
            "object_marking_refs": [TLP_MARKINGS[alert.tlp]],
            "external_references": [self._reference],
        }
        if alert.state == "withdrawn":
            self._common["revoked"] = True

    def name(self, kind: str, *words: str) -> str:
        """Return the id of an object of this alert: the same in each revision of an episode."""
        named = "|".join((kind, self._alert.id, str(self._alert.episode), *words))
        return f"{kind}--{uuid5(NAMESPACE, named)}"

    def shown(self, seen: SeenObservable) -> _Made | None:
        """Return the object that stands for an observable; None if it is no indicator to STIX or
        to the relay."""
        kind, value = seen.observable.type, seen.observable.value
        if kind == "cve":
            return self._vulnerability(seen)
        text = pattern(kind, value)
        if text is None:
            return None
        return {
            "type": "indicator",
            "id": self.name("indicator", kind, value),
            **self._common,
            **_claim(self._alert, seen),
            "indicator_types": ["malicious-activity"],
            "pattern": text,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": rfc3339(self._alert.start),
            "valid_until": rfc3339(_until(self._alert, seen)),
        }

    def main(self, key: _Made) -> Iterable[_Made]:
        """Yield the object of the alert's key with its techniques, and its sighting.

        Techniques are references: as objects they would need the ids and names of ATT&CK, and one
        that a platform holds already might be renamed by ours.
        """
        places = {str(place["id"]): place for place in map(_place, self._alert.sources) if place}
        yield from places.values()
        references = key["external_references"]
        assert isinstance(references, list)
        known = [_technique(name) for name, _ in self._alert.techniques]
        yield {**key, "external_references": [*references, *known]}
        yield self._sighting(key, list(places))

    def _vulnerability(self, seen: SeenObservable) -> _Made:
        value = seen.observable.value
        known = [{"source_name": "cve", "external_id": value}]
        return {
            "type": "vulnerability",
            "id": self.name("vulnerability", value),
            **self._common,
            **_claim(self._alert, seen),
            "name": value,
            "external_references": [*known, self._reference],
        }

    def _sighting(self, key: _Made, places: list[str]) -> _Made:
        alert = self._alert
        count = sum(line.detections for line in alert.sources)
        return {
            "type": "sighting",
            "id": self.name("sighting", str(key["id"])),
            **self._common,
            "sighting_of_ref": key["id"],
            "first_seen": rfc3339(alert.start),
            "last_seen": rfc3339(alert.end),
            "count": min(max(count, 1), _MOST_COUNTED),
            "where_sighted_refs": places or [self.author["id"]],
            "summary": True,
        }


def _claim(alert: Alert, seen: SeenObservable) -> _Made:
    """Return what is said of the key: all of the alert; of another: what it was seen with, and by
    how many. It is no surer than the key, and no surer than what nobody rated where fewer members
    named it than reported the key."""
    surest = alert.confidence if seen.members >= alert.votes else ASSUMED_CONFIDENCE
    return {
        "name": alert.title if seen.correlated else _beside(alert.key, seen.observable),
        "description": _described(alert) if seen.correlated else _named(alert, seen),
        "confidence": alert.confidence if seen.correlated else min(alert.confidence, surest),
        "labels": _labels(alert),
    }


def _until(alert: Alert, seen: SeenObservable) -> int:
    """Return until when (ms) an indicator holds: the key until the alert expires, another as long
    as one of its type stays the attacker's; neither beyond the end of the alert."""
    until = alert.expires
    if not seen.correlated:
        until = alert.end + WINDOWS_MS[seen.observable.type]
    if alert.state in _OVER:
        until = min(until, alert.updated)
    return max(until, alert.start + 1)


def _beside(key: Observable, other: Observable) -> str:
    return f"{other.type} {defanged(other)}: seen beside {key.type} {defanged(key)}"


def _named(alert: Alert, seen: SeenObservable) -> str:
    detections = "detection" if seen.detections == 1 else "detections"
    members = "member" if seen.members == 1 else "members"
    return (
        f"Named in {seen.detections} {detections} of {seen.members} {members} beside "
        f"{alert.key.type} {defanged(alert.key)}. Alert {alert.id}, revision {alert.revision}."
    )


def _described(alert: Alert) -> str:
    members = "member" if alert.votes == 1 else "members"
    return (
        f"{alert.state}: reported by {alert.votes} {members}, {alert.severity} severity "
        f"(claimed: {alert.claimed_severity}). Alert {alert.id}, revision {alert.revision}."
    )


def _technique(name: str) -> _Made:
    return {"source_name": TECHNIQUE_REFERENCE, "external_id": name}


def _labels(alert: Alert) -> list[str]:
    classes = (one.partition(":") for one in alert.classifications)
    return [
        f"{SEVERITY_TAG}{alert.severity}",
        f"state:{alert.state}",
        f"pap:{alert.pap}",
        *(f'rsit:{name}="{kind}"' for name, _, kind in classes),
    ]


def _place(line: SourceLine) -> _Made | None:
    """Return what may be said of where it was seen: the member, its country, or nothing."""
    if line.member is not None:
        return _identity(line.member, "organization")
    return None if line.country is None else _location(line.country)


@lru_cache(maxsize=1024)
def _identity(name: str, kind: str) -> _Made:
    return _lasting("identity", f"{kind}|{name}", name=name, identity_class=kind)


@lru_cache(maxsize=1024)
def _location(country: str) -> _Made:
    return _lasting("location", country, country=country)


def _lasting(kind: str, named: str, **fields: object) -> _Made:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid5(NAMESPACE, f'{kind}|{named}')}",
        "created": _SINCE,
        "modified": _SINCE,
        **fields,
    }


@lru_cache(maxsize=8)
def _marking(tlp: str) -> _Made:
    said = {"extension_type": "property-extension", "tlp_2_0": tlp}
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_MARKINGS[tlp],
        "created": _TLP_SINCE,
        "name": f"TLP:{tlp.upper()}",
        "extensions": {TLP_EXTENSION: said},
    }
