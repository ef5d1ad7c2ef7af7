from dataclasses import replace
from typing import Any

import orjson
import pytest

from relay.formats.moments import rfc3339
from relay.formats.outcome import Skipped
from relay.formats.stix.markings import TLP_MARKINGS
from relay.formats.stix.render import render
from relay.model.alert import Alert
from tests.unit.formats.kit import UNLABELLED, an_alert_of, detections, outcome_of, rendered, told
from tests.unit.wire.values import a_source

DAY = 86_400_000
START = 1_790_000_000_000
ALERT = an_alert_of(
    ("ipv4", "198.51.100.7"), ("domain", "c2.example"),
    start=START, end=START + DAY, episode=START + DAY, updated=START + 2 * DAY,
    expires=START + 9 * DAY,
)  # fmt: skip


def objects(alert: Alert, kind: str) -> list[dict[str, Any]]:
    """The objects of a type in an alert's bundle."""
    return [one for one in rendered("stix", alert)["objects"] if one["type"] == kind]


def indicators(alert: Alert) -> list[dict[str, Any]]:
    """The indicators of an alert's bundle."""
    return objects(alert, "indicator")


def test_an_indicator_stands_alone() -> None:
    """Sentinel's upload takes indicators without the rest: each says all that it needs."""
    first, second = indicators(ALERT)

    assert first["pattern"] == "[ipv4-addr:value = '198.51.100.7']"
    assert second["pattern"] == "[domain-name:value = 'c2.example']"
    for one in (first, second):
        assert one["valid_from"] == rfc3339(ALERT.start)
        assert one["indicator_types"] == ["malicious-activity"]
        assert one["labels"] == [
            "severity:high", "state:early-warning", "pap:amber",
            'rsit:malicious-code="c2-server"',
        ]  # fmt: skip
        assert one["external_references"][0] == {
            "source_name": "relay-alert", "external_id": ALERT.id,
        }  # fmt: skip


def test_the_key_bears_the_alert() -> None:
    """Its title, confidence and end, and who reported it."""
    key = indicators(ALERT)[0]

    assert (key["name"], key["confidence"]) == (ALERT.title, ALERT.confidence)
    assert key["valid_until"] == rfc3339(ALERT.expires)
    assert "reported by 1 member, high severity" in key["description"]


def test_what_was_seen_beside_is_named_after_itself() -> None:
    """Another observable is not what the alert says of the key: it has a name and counts of its
    own, and holds as long as one of its type stays the attacker's."""
    key, other = ALERT.observables
    beside = indicators(
        replace(ALERT, observables=(key, replace(other, detections=5, members=2)), votes=3)
    )[1]

    assert beside["name"] == "domain c2[.]example: seen beside ipv4 198[.]51[.]100[.]7"
    assert beside["description"].startswith("Named in 5 detections of 2 members beside ipv4 198[.]")
    assert beside["valid_until"] == rfc3339(ALERT.end + 3 * DAY)


@pytest.mark.parametrize(
    ("votes", "members", "confidence", "told"),
    [(1, 1, 91, 91), (3, 3, 91, 91), (3, 1, 91, 50), (3, 1, 20, 20)],
)
def test_what_fewer_members_name_is_less_sure(
    votes: int, members: int, confidence: int, told: int
) -> None:
    """Never surer than the key; where fewer named it, no surer than what nobody rated."""
    key, other = ALERT.observables
    alert = replace(
        ALERT, votes=votes, confidence=confidence,
        observables=(key, replace(other, members=members)),
    )  # fmt: skip

    assert [one["confidence"] for one in indicators(alert)] == [confidence, told]
    (back,) = detections("stix", rendered("stix", alert), UNLABELLED)
    assert back.confidence == confidence


def test_the_key_comes_first() -> None:
    """What the alert is about leads, wherever it stands among the observables."""
    turned = replace(ALERT, observables=ALERT.observables[::-1])

    assert indicators(turned)[0]["pattern"] == "[ipv4-addr:value = '198.51.100.7']"


def test_ids_are_of_the_episode_and_versions_of_the_revision() -> None:
    """A later revision is the same object, modified later; a later episode another object."""
    later = replace(ALERT, revision=2, updated=ALERT.updated + 1)
    again = replace(ALERT, episode=ALERT.episode + DAY)

    one, two, three = (indicators(alert)[0] for alert in (ALERT, later, again))
    assert (one["id"], one["created"]) == (two["id"], two["created"])
    assert (one["modified"], two["modified"]) == (
        rfc3339(ALERT.updated), rfc3339(later.updated),
    )  # fmt: skip
    assert three["id"] != one["id"]
    assert rendered("stix", ALERT)["id"] != rendered("stix", later)["id"]
    assert len({each["id"] for each in indicators(ALERT)}) == 2


def test_the_label_travels_with_its_definition() -> None:
    """TLP 2.0 is not built into STIX 2.1: without the object nobody would know the id."""
    for tlp, name in TLP_MARKINGS.items():
        alert = replace(ALERT, tlp=tlp)
        (definition,) = objects(alert, "marking-definition")

        assert (definition["id"], definition["name"]) == (name, f"TLP:{tlp.upper()}")
        assert indicators(alert)[0]["object_marking_refs"] == [name]
        assert objects(alert, "sighting")[0]["object_marking_refs"] == [name]


def test_the_sighting_says_where_only_if_the_sources_do() -> None:
    """Named members as identities, others by their country, the rest not at all."""
    shown = [
        replace(a_source(), member="ee", detections=2),
        replace(a_source(), member=None, country="FI", detections=3),
        replace(a_source(), member=None, country=None, detections=4),
    ]
    (sighting,) = objects(replace(ALERT, sources=tuple(shown)), "sighting")
    (hidden,) = objects(replace(ALERT, sources=(shown[2],)), "sighting")
    people = {
        one["id"]: one["name"] for one in objects(replace(ALERT, sources=tuple(shown)), "identity")
    }
    lands = {
        one["id"]: one["country"]
        for one in objects(replace(ALERT, sources=tuple(shown)), "location")
    }

    assert (sighting["count"], sighting["summary"]) == (9, True)
    assert [{**people, **lands}[ref] for ref in sighting["where_sighted_refs"]] == ["ee", "FI"]
    assert set(people.values()) == {"relay-test", "ee"}
    assert (sighting["first_seen"], sighting["last_seen"]) == (
        rfc3339(ALERT.start), rfc3339(ALERT.end),
    )  # fmt: skip
    assert hidden["where_sighted_refs"] == [indicators(ALERT)[0]["created_by_ref"]]


def test_a_withdrawn_alert_is_revoked_and_reads_as_nothing() -> None:
    """All that the alert said is taken back, under the same ids."""
    taken = replace(ALERT, state="withdrawn", action="close")

    assert [one["revoked"] for one in indicators(taken)] == [True, True]
    assert objects(taken, "sighting")[0]["revoked"] is True
    assert [one["id"] for one in indicators(taken)] == [one["id"] for one in indicators(ALERT)]
    assert isinstance(outcome_of("stix", rendered("stix", taken)), Skipped)


def test_a_closed_alert_ends_what_it_said() -> None:
    """Its indicators are valid until it was closed; validity never ends before it begins."""
    closed = replace(ALERT, state="closed")
    instant = replace(ALERT, state="closed", updated=START - 1, episode=START - 1)

    assert {one["valid_until"] for one in indicators(closed)} == {rfc3339(ALERT.updated)}
    assert "revoked" not in indicators(closed)[0]
    assert indicators(instant)[0]["valid_until"] == rfc3339(START + 1)


def test_techniques_hang_on_the_key() -> None:
    """As references to ATT&CK: an object of ours could rename one that a platform has."""
    many = replace(ALERT, techniques=tuple((f"T{1000 + n}", 1) for n in range(11)))
    key, other = indicators(many)

    assert key["external_references"][1:] == [
        {"source_name": "mitre-attack", "external_id": f"T{1000 + n}"} for n in range(11)
    ]
    assert len(other["external_references"]) == 1
    assert objects(many, "attack-pattern") == []
    assert dict(render(many, "relay-test").lost) == {}
    (back,) = detections("stix", rendered("stix", many), UNLABELLED)
    assert [each.id for each in back.techniques] == [f"T{1000 + n}" for n in range(11)]


def test_a_vulnerability_is_one() -> None:
    """A CVE is no pattern: it is the object that STIX has for it, and comes back."""
    alert = replace(an_alert_of(("cve", "CVE-2026-1234"), ("ipv4", "198.51.100.7")), tlp="green")
    (hole,) = objects(alert, "vulnerability")

    assert hole["name"] == "CVE-2026-1234"
    assert {"source_name": "cve", "external_id": "CVE-2026-1234"} in hole["external_references"]
    (back,) = detections("stix", rendered("stix", alert), UNLABELLED)
    assert {(o.type, o.value) for o in back.observables} == set(told(alert))


@pytest.mark.parametrize(
    "kind",
    ["btc", "ja3", "ja3s", "ja4", "jarm", "hassh", "asn", "user-agent", "mutex", "regkey"],
)
def test_what_is_no_indicator_is_counted(kind: str) -> None:
    """What STIX has no place for, and what only describes: a whole AS is nothing to block. Beside
    others, and on its own: then the bundle holds the relay and the label alone."""
    beside = an_alert_of(("ipv4", "198.51.100.7"), (kind, "x"))
    alone = an_alert_of((kind, "x"))

    assert dict(render(beside, "relay-test").lost) == {"observables": 1}
    assert dict(render(alone, "relay-test").lost) == {"observables": 1, "techniques": 1}
    kinds = [one["type"] for one in rendered("stix", alone)["objects"]]
    assert kinds == ["marking-definition", "identity"]


def test_the_bundle_comes_back_as_the_alert() -> None:
    """Observables, times, severity, confidence, class, labels and techniques; never first-hand."""
    (back,) = detections("stix", orjson.loads(render(ALERT, "relay-test").body), UNLABELLED)

    assert [(o.type, o.value) for o in back.observables] == told(ALERT)
    assert (back.detected_at, back.first_seen) == (rfc3339(ALERT.end), rfc3339(ALERT.start))
    assert (back.severity, back.confidence, back.title) == ("high", 64, ALERT.title)
    assert back.classification == "malicious-code:c2-server"
    assert (back.sharing.tlp, back.sharing.pap) == ("green", "amber")
    assert [each.id for each in back.techniques] == ["T1071.001"]
    assert (back.first_hand, back.derived_from) == (False, [ALERT.id])
