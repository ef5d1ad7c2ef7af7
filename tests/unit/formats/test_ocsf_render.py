"""OCSF out: what a finding says of an alert, and what comes back of it."""

from dataclasses import replace
from typing import Any

import pytest

from relay.formats.ocsf.render import render
from relay.formats.outcome import Converted
from relay.formats.rendering import MOST_BYTES
from relay.model.alert import SeenObservable, SourceLine
from relay.model.detection import Observable
from tests.unit.formats.kit import UNLABELLED, an_alert_of, detections, outcome_of, rendered
from tests.unit.formats.ocsf_events import AT

ADDRESS = ("ipv4", "198.51.100.7")
HASH = "9f2c4e1ab06d7758c3e9d1f4a2b85c6e7d0f3a1928b4c5d6e7f8091a2b3c4d5e"


@pytest.mark.parametrize(
    ("action", "state", "activity_id", "status_id", "is_alert"),
    [
        ("create", "early-warning", 1, 1, True),
        ("update", "cross-border", 2, 1, True),
        ("update", "widespread", 2, 1, True),
        ("close", "closed", 3, 4, False),
        ("close", "withdrawn", 3, 3, False),
        ("create", "reported", 1, 1, True),
    ],
)
def test_the_life_of_an_alert_is_that_of_a_finding(
    action: str, state: str, activity_id: int, status_id: int, is_alert: bool
) -> None:
    """Created, updated, closed; what was withdrawn is suppressed: it was a false positive."""
    finding = rendered("ocsf", an_alert_of(ADDRESS, action=action, state=state))

    assert (finding["activity_id"], finding["status_id"]) == (activity_id, status_id)
    assert finding["type_uid"] == 200400 + activity_id
    assert finding["is_alert"] is is_alert
    assert finding["unmapped"]["state"] == state


@pytest.mark.parametrize(
    ("severity", "severity_id"),
    [("info", 1), ("low", 2), ("medium", 3), ("high", 4), ("critical", 5)],
)
def test_severities_are_those_of_ocsf(severity: str, severity_id: int) -> None:
    """The five bands of the relay are 1 to 5."""
    assert rendered("ocsf", an_alert_of(ADDRESS, severity=severity))["severity_id"] == severity_id


@pytest.mark.parametrize(
    ("confidence", "confidence_id"), [(0, 1), (29, 1), (30, 2), (69, 2), (70, 3), (100, 3)]
)
def test_confidence_has_its_word(confidence: int, confidence_id: int) -> None:
    """The score as it is, and the word that STIX gives it."""
    finding = rendered("ocsf", an_alert_of(ADDRESS, confidence=confidence))

    assert (finding["confidence_score"], finding["confidence_id"]) == (confidence, confidence_id)


@pytest.mark.parametrize(
    ("kind", "value", "listed", "indicator"),
    [
        ("ipv4", "198.51.100.7", (2, "IP Address"), (1, "IP Address")),
        ("ipv6", "2001:db8::7", (2, "IP Address"), (1, "IP Address")),
        ("cidr", "198.51.100.0/24", (99, "cidr"), (99, "cidr")),
        ("domain", "c2.example", (1, "Hostname"), (2, "Domain")),
        ("onion", f"{'a' * 56}.onion", (1, "Hostname"), (2, "Domain")),
        ("url", "http://c2.example/", (6, "URL String"), (5, "URL")),
        ("email", "a@c2.example", (5, "Email Address"), (9, "Email Address")),
        ("sha256", HASH, (8, "Hash"), (4, "Hash")),
        ("cert-sha256", HASH, (99, "cert-sha256"), (7, "Digital Certificate")),
        ("cve", "CVE-2026-12345", (99, "cve"), (10, "Vulnerability")),
        ("ja3", HASH[:32], (99, "ja3"), (99, "ja3")),
        ("user-agent", "bad agent", (99, "user-agent"), (6, "User Agent")),
        ("regkey", "HKLM\\Software\\Bad", (99, "regkey"), (12, "Registry Key")),
        ("btc", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", (99, "btc"), (99, "btc")),
        ("asn", "AS64500", (99, "asn"), (99, "asn")),
    ],
)
def test_each_observable_is_listed_and_is_an_indicator(
    kind: str, value: str, listed: tuple[int, str], indicator: tuple[int, str]
) -> None:
    """Under the number that OCSF has for it; where it has none, under the relay's own word."""
    finding = rendered("ocsf", an_alert_of(ADDRESS, (kind, value)))

    told, met = finding["observables"][-1], finding["osint"][-1]
    assert (told["type_id"], told["type"], told["value"]) == (*listed, value)
    assert (met["type_id"], met["type"], met["value"]) == (*indicator, value)


@pytest.mark.parametrize(
    ("tlp", "written"),
    [("clear", "CLEAR"), ("green", "GREEN"), ("amber", "AMBER"),
     ("amber+strict", "AMBER STRICT"), ("red", "RED")],
)  # fmt: skip
def test_the_label_stands_at_each_indicator(tlp: str, written: str) -> None:
    """As OCSF spells it; and among the labels as the relay does."""
    finding = rendered("ocsf", an_alert_of(ADDRESS, tlp=tlp, pap="red"))

    assert [met["tlp"] for met in finding["osint"]] == [written]
    assert {f"tlp:{tlp}", "pap:red"} <= set(finding["metadata"]["labels"])


def test_times_are_milliseconds_of_the_activity_and_of_the_telling() -> None:
    """First and last seen are the event's, created and modified the relay's."""
    finding = rendered("ocsf", an_alert_of(ADDRESS, start=1, end=2, episode=3, updated=4))

    assert (finding["start_time"], finding["end_time"], finding["time"]) == (1, 2, 4)
    info = finding["finding_info"]
    assert (info["first_seen_time"], info["last_seen_time"]) == (1, 2)
    assert (info["created_time"], info["modified_time"]) == (3, 4)


def test_what_ocsf_has_no_place_for_is_unmapped() -> None:
    """In the words of `alert.v1`; who withholds its name stays unnamed."""
    line = SourceLine(None, "EE", own=True, follow_up=True, detections=3, first_seen=0, last_seen=1)
    alert = an_alert_of(
        ADDRESS, sources=(line,), countries=("EE", "FI"), victim_sectors=("energy",)
    )

    said: dict[str, Any] = rendered("ocsf", alert)["unmapped"]

    assert said["key"] == {"type": "ipv4", "value": "198.51.100.7"}
    assert (said["countries"], said["victim_sectors"]) == (["EE", "FI"], ["energy"])
    assert said["sources"] == [{
        "member": "withheld", "country": "EE", "own": True, "follow_up": True, "detections": 3,
        "first_seen": "1970-01-01T00:00:00.000Z", "last_seen": "1970-01-01T00:00:00.001Z",
    }]  # fmt: skip
    assert "victim_countries" not in said


def test_beside_each_value_stands_what_is_said_of_it() -> None:
    """Role and counts of each observable, in the order of `osint`, and how often a technique was
    named."""
    alert = an_alert_of(ADDRESS, ("sha256", HASH), techniques=(("T1110", 3),))
    key = SeenObservable(Observable(*ADDRESS, "c2"), correlated=True, detections=3, members=2)
    finding = rendered("ocsf", replace(alert, observables=(key, alert.observables[1])))

    assert [one["value"] for one in finding["osint"]] == [ADDRESS[1], HASH]
    assert finding["unmapped"]["seen"] == [
        {"role": "c2", "detections": 3, "members": 2}, {"detections": 1, "members": 1},
    ]  # fmt: skip
    assert finding["unmapped"]["techniques"] == [{"id": "T1110", "count": 3}]


@pytest.mark.parametrize("pap", ["clear", "green", "amber", "red"])
def test_the_pap_comes_back(pap: str) -> None:
    """What may be done with it is not widened on the way."""
    (found,) = detections("ocsf", rendered("ocsf", an_alert_of(ADDRESS, pap=pap)), UNLABELLED)

    assert found.sharing.pap == pap


def test_techniques_related_alerts_and_vulnerabilities_have_their_places() -> None:
    """A sub-technique stands beside its technique."""
    alert = an_alert_of(
        ADDRESS, ("cve", "CVE-2026-12345"), techniques=(("T1071.001", 2), ("T1110", 1)),
        related=("5a0f4a9e-6a3b-5c1d-9d2e-0123456789ac",),
    )  # fmt: skip

    finding = rendered("ocsf", alert)

    first, second = finding["finding_info"]["attacks"]
    assert (first["technique"]["uid"], first["sub_technique"]["uid"]) == ("T1071", "T1071.001")
    assert (second["technique"]["uid"], "sub_technique" in second) == ("T1110", False)
    assert finding["finding_info"]["related_events"] == [{"uid": alert.related[0]}]
    assert finding["vulnerabilities"] == [{"cve": {"uid": "CVE-2026-12345"}}]


def test_what_does_not_fit_is_cut_from_the_end_and_counted() -> None:
    """A message has 64 KiB; both lists are cut alike."""
    many = [("url", f"http://host{n}.example/{'a' * 300}") for n in range(200)]

    told = render(an_alert_of(*many), "relay-test")

    kept = len(rendered("ocsf", an_alert_of(*many))["osint"])
    assert len(told.body) <= MOST_BYTES
    assert dict(told.lost) == {"size": 200 - kept}
    assert kept > 60


@pytest.mark.parametrize("state", ["closed", "withdrawn", "widespread"])
def test_an_alert_comes_back_as_a_follow_up(state: str) -> None:
    """Whatever became of it: it is told again by its id, seen when it was last seen."""
    alert = an_alert_of(ADDRESS, state=state, start=1_795_000_000_000, end=1_795_000_600_000,
                        updated=1_795_009_000_000, tlp="amber+strict")  # fmt: skip

    found = detections("ocsf", rendered("ocsf", alert), UNLABELLED)[0]

    assert (found.derived_from, found.first_hand) == ([alert.id], False)
    assert found.detected_at == "2026-11-18T11:16:40.000Z"
    assert found.first_seen == "2026-11-18T11:06:40.000Z"
    assert (found.sharing.tlp, found.classification) == ("amber+strict", alert.classifications[0])


def test_an_event_ahead_of_the_relays_clock_keeps_its_time() -> None:
    """A member's clock may run ahead: the alert was told before its last event."""
    alert = an_alert_of(ADDRESS, start=AT, end=AT + 60_000, updated=AT + 1000)

    found = detections("ocsf", rendered("ocsf", alert), UNLABELLED)[0]

    assert found.detected_at == "2026-11-18T11:07:40.123Z"


@pytest.mark.parametrize("label", ["relay:alert=", "relay:alert=x", "relay:alert=" + "A" * 36])
def test_a_mark_without_an_alert_is_none(label: str) -> None:
    """Only an id makes a follow-up."""
    finding = rendered("ocsf", an_alert_of(ADDRESS))
    finding["metadata"]["labels"][0] = label

    outcome = outcome_of("ocsf", finding)

    assert isinstance(outcome, Converted)
    assert "derived_from" not in outcome.detections[0]
