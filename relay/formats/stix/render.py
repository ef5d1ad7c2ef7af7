"""Alerts as STIX 2.1 bundles. What is lost: docs/formats/stix.md."""

from collections.abc import Iterable
from functools import lru_cache
from uuid import uuid5

import orjson

from relay.formats.moments import rfc3339
from relay.formats.rendering import MOST_BYTES, Rendered, fitted, losses
from relay.formats.stix.identifying import ALERT_REFERENCE, SEVERITY_TAG
from relay.formats.stix.markings import TLP_EXTENSION, TLP_MARKINGS
from relay.formats.stix.writing import pattern
from relay.model.alert import Alert, SourceLine
from relay.model.detection import Observable
from relay.model.identity import NAMESPACE

_SINCE = "2026-01-01T00:00:00.000Z"
"""When what never changes was made: the relay's identity, its members', ATT&CK's techniques."""

_TLP_SINCE = "2022-10-01T00:00:00.000Z"  # fixed by OASIS, as the ids are
_MOST_TECHNIQUES = 8  # two objects of half a kilobyte each
_FRAME_BYTES = 256  # the bundle around its objects
_MOST_COUNTED = 999_999_999
_OVER = frozenset(("closed", "withdrawn"))

_Made = dict[str, object]


def render(alert: Alert, relay: str) -> Rendered:
    """Return an alert as a bundle: an indicator per observable, a sighting, and who says so."""
    bundle = _Bundle(alert, relay)
    shown = sorted(alert.observables, key=lambda seen: not seen.correlated)
    objects = [one for seen in shown if (one := bundle.shown(seen.observable)) is not None]
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
            techniques=max(len(alert.techniques) - (_MOST_TECHNIQUES if objects else 0), 0),
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
        until = alert.updated if alert.state in _OVER else alert.expires
        self._claim: _Made = {
            "name": alert.title,
            "description": _described(alert),
            "confidence": alert.confidence,
            "labels": _labels(alert),
        }
        self._valid: _Made = {
            "valid_from": rfc3339(alert.start),
            "valid_until": rfc3339(max(until, alert.start + 1)),
        }

    def name(self, kind: str, *words: str) -> str:
        """Return the id of an object of this alert: the same in each revision of an episode."""
        named = "|".join((kind, self._alert.id, str(self._alert.episode), *words))
        return f"{kind}--{uuid5(NAMESPACE, named)}"

    def shown(self, observable: Observable) -> _Made | None:
        """Return the object that stands for an observable; None if STIX has none."""
        if observable.type == "cve":
            return self._vulnerability(observable.value)
        text = pattern(observable.type, observable.value)
        if text is None:
            return None
        return {
            "type": "indicator",
            "id": self.name("indicator", observable.type, observable.value),
            **self._common,
            **self._claim,
            "indicator_types": ["malicious-activity"],
            "pattern": text,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            **self._valid,
        }

    def main(self, key: _Made) -> Iterable[_Made]:
        """Yield the object of the alert's key, its sighting and what is said of it."""
        places = {str(place["id"]): place for place in map(_place, self._alert.sources) if place}
        yield from places.values()
        yield key
        yield self._sighting(key, list(places))
        for technique, _ in self._alert.techniques[:_MOST_TECHNIQUES]:
            yield from self._technique(key, technique)

    def _vulnerability(self, value: str) -> _Made:
        known = [{"source_name": "cve", "external_id": value}]
        return {
            "type": "vulnerability",
            "id": self.name("vulnerability", value),
            **self._common,
            **self._claim,
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

    def _technique(self, key: _Made, technique: str) -> Iterable[_Made]:
        yield (known := _attack_pattern(technique))
        yield {
            "type": "relationship",
            "id": self.name("relationship", str(key["id"]), technique),
            **self._common,
            "relationship_type": "indicates" if key["type"] == "indicator" else "related-to",
            "source_ref": key["id"],
            "target_ref": known["id"],
        }


def _described(alert: Alert) -> str:
    members = "member" if alert.votes == 1 else "members"
    return (
        f"{alert.state}: reported by {alert.votes} {members}, {alert.severity} severity "
        f"(claimed: {alert.claimed_severity}). Alert {alert.id}, revision {alert.revision}."
    )


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


@lru_cache(maxsize=1024)
def _attack_pattern(technique: str) -> _Made:
    known = [{"source_name": "mitre-attack", "external_id": technique}]
    return _lasting("attack-pattern", technique, name=technique, external_references=known)


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
