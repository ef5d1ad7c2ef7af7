from dataclasses import replace
from typing import Any, cast

import pytest

from relay.formats.renderers import RENDERERS
from relay.model.alert import Alert
from relay.model.detection import Observable
from relay.model.vocabulary import OBSERVABLE_TYPES
from tests.unit.formats.kit import an_alert_of, detections, rendered
from tests.unit.wire.values import UUID, a_full_alert

ADDRESS = ("ipv4", "198.51.100.7")


EVENT = {
    "uuid": UUID,
    "info": "Early warning",
    "date": "2026-03-02",
    "timestamp": "1772439249",
    "publish_timestamp": "1772439249",
    "published": True,
    "threat_level_id": "1",
    "analysis": "0",
    "distribution": "1",
    "sharing_group_id": "0",
    "Orgc": {"name": "relay-test", "uuid": "cc051e39-0591-5050-ab10-f8a6e8b2bab9"},
    "Tag": [
        {"name": "tlp:green"},
        {"name": "PAP:AMBER"},
        {"name": f'relay:alert-id="{UUID}"'},
        {"name": 'relay:episode="2026-03-02T08:14:09.250Z"'},
        {"name": 'relay:revision="1"'},
        {"name": 'relay:severity="high"'},
        {"name": 'relay:claimed-severity="high"'},
        {"name": 'relay:confidence="64"'},
        {"name": 'relay:state="early-warning"'},
        {"name": 'relay:reason="opened"'},
        {"name": 'relay:expires="2026-03-02T08:14:09.251Z"'},
        {"name": 'relay:members="1"'},
        {"name": 'misp:confidence-level="usually-confident"'},
        {"name": 'rsit:malicious-code="c2-server"'},
        {"name": 'misp-galaxy:mitre-attack-pattern="T1071.001"'},
    ],
    "Attribute": [
        {
            "uuid": "a2133b13-28c6-554e-96c7-75b71f258bb3",
            "type": "domain",
            "category": "Network activity",
            "to_ids": True,
            "distribution": "5",
            "timestamp": "1772439249",
            "comment": "detections: 1, members: 1",
            "value": "evil.example",
            "first_seen": "2026-03-02T08:14:09.250000+00:00",
            "last_seen": "2026-03-02T08:14:19.250000+00:00",
        },
        {
            "uuid": "0d703c2e-b42f-5f34-9f83-53652d7b4251",
            "type": "ip-dst",
            "category": "Network activity",
            "to_ids": True,
            "distribution": "5",
            "timestamp": "1772439249",
            "comment": "detections: 1, members: 1",
            "value": "198.51.100.7",
        },
    ],
    "Object": [],
}


def event_of(alert: Alert) -> dict[str, Any]:
    """The event that tells an alert."""
    return cast("dict[str, Any]", rendered("misp", alert)["Event"])


def names(alert: Alert) -> list[str]:
    """The tags of the event that tells an alert."""
    return [tag["name"] for tag in event_of(alert)["Tag"]]


def test_fields_of_an_event() -> None:
    """An alert becomes an event field by field: numbers as strings, the key first."""
    alert = an_alert_of(("domain", "evil.example"), ADDRESS, end=1_772_439_259_250)
    key, other = alert.observables
    told = replace(alert, observables=(other, key))

    event = event_of(told)

    assert event == EVENT


@pytest.mark.parametrize(
    ("tlp", "distribution"),
    [("clear", "3"), ("green", "1"), ("amber", "0"), ("amber+strict", "0"), ("red", "0")],
)
def test_no_instance_passes_an_event_further_than_its_label(tlp: str, distribution: str) -> None:
    """A label says who may read it; MISP obeys only the distribution."""
    alert = an_alert_of(ADDRESS, tlp=tlp)

    assert event_of(alert)["distribution"] == distribution
    assert f"tlp:{tlp}" in names(alert)


@pytest.mark.parametrize(
    ("state", "analysis", "flagged"),
    [
        ("reported", "1", True),
        ("early-warning", "0", True),
        ("cross-border", "1", True),
        ("widespread", "1", True),
        ("closed", "2", False),
        ("withdrawn", "2", False),
    ],
)
def test_states(state: str, analysis: str, flagged: bool) -> None:
    """What is over is complete, and no sensor looks for it any more."""
    event = event_of(an_alert_of(ADDRESS, state=state))

    assert event["analysis"] == analysis
    assert [attribute["to_ids"] for attribute in event["Attribute"]] == [flagged]


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "1"), ("high", "1"), ("medium", "2"), ("low", "3"), ("info", "3")],
)
def test_threat_levels(severity: str, level: str) -> None:
    """MISP has three; a tag says the rest."""
    alert = an_alert_of(ADDRESS, severity=severity)

    assert event_of(alert)["threat_level_id"] == level
    assert f'relay:severity="{severity}"' in names(alert)


@pytest.mark.parametrize(
    ("confidence", "level"),
    [
        (100, "completely"), (88, "completely"), (87, "usually"), (63, "usually"), (62, "fairly"),
        (38, "fairly"), (37, "rarely"), (13, "rarely"),
    ],
)  # fmt: skip
def test_confidence(confidence: int, level: str) -> None:
    """The level whose number in the taxonomy is nearest."""
    assert f'misp:confidence-level="{level}-confident"' in names(
        an_alert_of(ADDRESS, confidence=confidence)
    )
    assert 'misp:confidence-level="unconfident"' in names(an_alert_of(ADDRESS, confidence=12))


@pytest.mark.parametrize(
    ("role", "kind"),
    [("scanner", "ip-src"), ("source", "ip-src"), ("c2", "ip-dst"), (None, "ip-dst")],
)
def test_addresses_that_come_and_addresses_that_answer(role: str | None, kind: str) -> None:
    """MISP tells the one from the other by type."""
    alert = an_alert_of(ADDRESS)
    (seen,) = alert.observables
    told = replace(alert, observables=(replace(seen, observable=Observable(*ADDRESS, role)),))

    (attribute,) = event_of(told)["Attribute"]

    assert attribute["type"] == kind
    assert attribute["comment"].startswith(role or "detections")


def test_flags_are_for_what_sensors_look_for() -> None:
    """Networks, agents and holes are context in MISP."""
    alert = an_alert_of(ADDRESS, ("asn", "AS64500"), ("user-agent", "a"), ("cve", "CVE-2026-1234"))

    assert [a["to_ids"] for a in event_of(alert)["Attribute"]] == [True, False, False, False]


def test_the_date_is_the_day_of_the_last_sighting() -> None:
    """An event that went over midnight is of the day it was last seen."""
    alert = an_alert_of(ADDRESS, start=1_772_409_000_000, end=1_772_439_249_250)

    assert event_of(alert)["date"] == "2026-03-02"


def test_a_revision_changes_the_same_attributes() -> None:
    """Uuids are of the alert and the value: MISP edits what it has."""
    first = event_of(an_alert_of(ADDRESS))
    later = event_of(an_alert_of(ADDRESS, revision=2, updated=1_772_439_349_250, tlp="amber"))

    assert first["uuid"] == later["uuid"]
    assert first["Attribute"][0]["uuid"] == later["Attribute"][0]["uuid"]
    assert int(first["Attribute"][0]["timestamp"]) < int(later["Attribute"][0]["timestamp"])
    assert (
        event_of(an_alert_of(("ipv4", "198.51.100.8")))["Attribute"][0]["uuid"]
        != (first["Attribute"][0]["uuid"])
    )


def test_what_has_no_type_is_an_object() -> None:
    """JA3S and JA4 stand in objects of MISP's own templates."""
    ja4 = "t13d1516h2_8daaf6152771_b0da82dd1658"

    event = event_of(an_alert_of(ADDRESS, ("ja3s", "ab" * 16), ("ja4", ja4)))

    assert [
        (thing["name"], [(a["object_relation"], a["value"]) for a in thing["Attribute"]])
        for thing in event["Object"]
    ] == [
        ("ja3s", [("ja3s-fingerprint-md5", "ab" * 16)]),
        ("ja4-plus", [("ja4-fingerprint", ja4), ("ja4-type", "JA4")]),
    ]


def test_what_is_lost_is_counted() -> None:
    """Who reported it, who was hit and what is related has no place in an event."""
    alert = a_full_alert("ab" * 32)

    lost = dict(RENDERERS["misp"](alert, "r").lost)

    assert lost == {
        "sources": len(alert.sources),
        "victim": len(alert.victim_sectors) + len(alert.victim_countries),
        "related": len(alert.related),
    }


def test_no_type_is_lost() -> None:
    """Each type of observable has a place."""
    alert = an_alert_of(*((kind, f"x{n}") for n, kind in enumerate(OBSERVABLE_TYPES)))

    assert "observables" not in dict(RENDERERS["misp"](alert, "r").lost)


def test_an_odd_type_is_counted() -> None:
    """A type that comes later is lost, and the loss is told."""
    alert = an_alert_of(ADDRESS, ("phone-number", "1"))

    assert dict(RENDERERS["misp"](alert, "r").lost)["observables"] == 1


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_an_alert_that_is_over_comes_back_whole(state: str) -> None:
    """The mark tells that its unflagged attributes were indicators."""
    alert = an_alert_of(ADDRESS, ("domain", "evil.example"), state=state)

    (detection,) = detections("misp", rendered("misp", alert))

    assert [(o.type, o.value) for o in detection.observables] == [
        ADDRESS,
        ("domain", "evil.example"),
    ]


def test_what_misp_has_no_field_for_is_a_tag() -> None:
    """Expiry, reason, claimed severity, confidence in percent and flags."""
    alert = an_alert_of(
        ADDRESS, claimed_severity="critical", confidence=91, flags=("clock_future",),
        truncated=True, expires=1_772_439_259_250,
    )  # fmt: skip

    assert {name for name in names(alert) if name.startswith("relay:")} >= {
        'relay:claimed-severity="critical"',
        'relay:confidence="91"',
        'relay:reason="opened"',
        'relay:expires="2026-03-02T08:14:19.250Z"',
        'relay:flag="clock_future"',
        'relay:flag="truncated"',
    }


@pytest.mark.parametrize("confidence", [0, 7, 91, 100])
def test_confidence_comes_back_as_it_was(confidence: int) -> None:
    """The word of the taxonomy is for others: the relay's own tag says the number."""
    (found,) = detections("misp", rendered("misp", an_alert_of(ADDRESS, confidence=confidence)))

    assert found.confidence == confidence
