from dataclasses import replace
from typing import Any

import pytest

from relay.formats.renderers import RENDERERS
from relay.model.alert import SeenObservable
from relay.model.detection import Observable
from tests.unit.formats.ecs_documents import SHA256
from tests.unit.formats.kit import an_alert_of, detections, rendered, told
from tests.unit.wire.values import a_full_alert

ALERT = an_alert_of(("ipv4", "198.51.100.7"), ("url", "http://a.example/x"), ("sha256", SHA256))


def test_the_key_is_an_indicator_to_match() -> None:
    """What an indicator match rule looks at: type, value, times, confidence, label, provider."""
    assert rendered("ecs", ALERT)["threat"]["indicator"] == {
        "name": "198.51.100.7",
        "type": "ipv4-addr",
        "ip": "198.51.100.7",
        "url": {"full": "http://a.example/x"},
        "file": {"hash": {"sha256": SHA256}},
        "confidence": "Medium",
        "description": "Early warning",
        "first_seen": "2026-03-02T08:14:09.250Z",
        "last_seen": "2026-03-02T08:14:09.250Z",
        "marking": {"tlp": "GREEN", "tlp_version": "2.0"},
        "modified_at": "2026-03-02T08:14:09.250Z",
        "provider": "relay-test",
        "sightings": 1,
    }


def test_the_event_tells_what_happened() -> None:
    """Kind, category, scale and id of the event; the id is of the revision."""
    event = rendered("ecs", ALERT)["event"]

    assert (event["kind"], event["category"], event["type"]) == ("alert", ["threat"], ["indicator"])
    assert (event["severity"], event["risk_score"]) == (73, 73.0)
    assert event["id"] == f"{ALERT.id}.{ALERT.episode}.{ALERT.revision}"


@pytest.mark.parametrize(
    ("state", "kind"),
    [("early-warning", "alert"), ("cross-border", "alert"), ("widespread", "alert"),
     ("reported", "enrichment"), ("closed", "enrichment"), ("withdrawn", "enrichment")],
)  # fmt: skip
def test_what_somebody_should_look_at_is_an_alert(state: str, kind: str) -> None:
    """What has ended, or nobody has correlated, is there to be matched only."""
    found = rendered("ecs", an_alert_of(("ipv4", "198.51.100.7"), state=state))

    assert found["event"]["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "value", "placed"),
    [
        ("ipv6", "2001:db8::1", {"type": "ipv6-addr", "ip": "2001:db8::1"}),
        ("domain", "a.example", {"type": "domain-name", "url": {"domain": "a.example"}}),
        ("url", "http://a.example/x", {"type": "url", "url": {"full": "http://a.example/x"}}),
        ("email", "a@b.example", {"type": "email-addr", "email": {"address": "a@b.example"}}),
        ("sha256", SHA256, {"type": "file", "file": {"hash": {"sha256": SHA256}}}),
        ("regkey", "HKLM\\x", {"type": "windows-registry-key", "registry": {"key": "HKLM\\x"}}),
        ("mutex", "mmm", {"type": "mutex"}),
        ("asn", "AS64500", {"type": "autonomous-system"}),
    ],
)  # fmt: skip
def test_other_observables_are_indicators_too(
    kind: str, value: str, placed: dict[str, Any]
) -> None:
    """Each is an entry of its own, under the field of its type."""
    found = rendered("ecs", an_alert_of(("ipv4", "198.51.100.7"), (kind, value)))

    assert found["threat"]["enrichments"] == [
        {"indicator": {"name": value, **placed, "sightings": 1}, "relay": {"members": 1}}
    ]


def test_of_each_type_one_value_is_there_to_be_matched() -> None:
    """An indicator match rule passes over a field with two values: the key's stands, else the
    first; what only describes, like a registry key or a mutex, is no indicator."""
    found = rendered(
        "ecs",
        an_alert_of(
            ("sha256", SHA256), ("sha256", "cd" * 32), ("url", "http://a.example/x"),
            ("url", "http://a.example/y"), ("ipv4", "198.51.100.7"), ("domain", "a.example"),
            ("mutex", "mmm"), ("regkey", "HKLM\\x"),
        ),
    )["threat"]["indicator"]  # fmt: skip

    assert (found["name"], found["type"]) == (SHA256, "file")
    assert found["file"] == {"hash": {"sha256": SHA256}}
    assert found["url"] == {"full": "http://a.example/x", "domain": "a.example"}
    assert found["ip"] == "198.51.100.7"
    assert "registry" not in found


@pytest.mark.parametrize(
    ("kind", "value"), [("ipv4", "198.51.100.7"), ("cidr", "198.51.0.0/16"), ("sha256", SHA256)]
)
def test_the_key_is_told_once_whatever_its_role(kind: str, value: str) -> None:
    """Members may name several roles: the key's and that of the observable need not be one."""
    seen = SeenObservable(Observable(kind, value, "c2"), correlated=True, detections=3, members=2)
    alert = replace(an_alert_of((kind, value)), key=Observable(kind, value), observables=(seen,))
    found = rendered("ecs", alert)

    assert "enrichments" not in found["threat"]
    assert "observables" not in found["relay"]
    assert (found["relay"]["key"]["role"], found["relay"]["key"]["members"]) == ("c2", 2)
    assert found["threat"]["indicator"]["sightings"] == 3


def test_role_and_members_go_with_each_observable() -> None:
    """What ECS has no field for stands beside the indicator, in fields of our own."""
    seen = SeenObservable(
        Observable("domain", "a.example", "phishing"), correlated=False, detections=3, members=2
    )
    alert = replace(ALERT, observables=(*ALERT.observables[:1], seen))
    (entry,) = rendered("ecs", alert)["threat"]["enrichments"]

    assert entry["indicator"]["sightings"] == 3
    assert entry["relay"] == {"role": "phishing", "members": 2}


def test_the_rule_is_one_and_the_title_each_revisions_own() -> None:
    """By its name the alerts of the relay are grouped; titles differ."""
    found = rendered("ecs", replace(ALERT, title="Cross-border: ipv4"))

    assert found["rule"] == {
        "id": "shared-observable", "name": "Observable seen by several members",
    }  # fmt: skip
    assert found["message"] == "Cross-border: ipv4"
    assert found["threat"]["indicator"]["description"] == "Cross-border: ipv4"


@pytest.mark.parametrize("pap", ["clear", "green", "amber", "red"])
def test_the_pap_comes_back(pap: str) -> None:
    """What may be done with it is not widened on the way."""
    (found,) = detections("ecs", rendered("ecs", replace(ALERT, pap=pap)))

    assert found.sharing.pap == pap


def test_what_ecs_has_no_type_for_stands_in_a_field_of_our_own() -> None:
    """Networks, fingerprints and the like are not lost."""
    found = rendered("ecs", an_alert_of(("cidr", "198.51.0.0/16"), ("ja3", "ab" * 16)))

    assert found["relay"]["observables"] == [
        {"type": "ja3", "value": "ab" * 16, "correlated": False, "detections": 1, "members": 1}
    ]
    assert found["relay"]["key"] == {
        "type": "cidr", "value": "198.51.0.0/16", "correlated": True, "detections": 1, "members": 1,
    }  # fmt: skip
    assert found["threat"]["indicator"]["name"] == "198.51.0.0/16"
    assert "type" not in found["threat"]["indicator"]


def test_what_does_not_fit_is_counted() -> None:
    """A message holds 64 KiB: what is left out is told, and what is shown comes back."""
    many = [("url", f"http://a{n}.example/{'x' * 900}") for n in range(200)]
    alert = an_alert_of(*many)
    written = RENDERERS["ecs"](alert, "relay-test")
    shown = [o for each in detections("ecs", rendered("ecs", alert)) for o in each.observables]

    assert dict(written.lost) == {"size": len(told(alert)) - len(shown)}
    assert len(shown) > 50


def test_what_is_left_out_is_not_there_to_be_matched_either() -> None:
    """What is counted as lost stands nowhere in what the document says of observables."""
    many = [("url", f"http://a{n}.example/{'x' * 900}") for n in range(200)]
    alert = an_alert_of(("sha256", SHA256), *many, ("ipv4", "198.51.100.7"))
    found = rendered("ecs", alert)["threat"]["indicator"]

    assert "ip" not in found
    assert found["url"] == {"full": many[0][1]}


def test_the_fullest_alert_loses_no_part() -> None:
    """An alert with every list at its bound fits with its observables."""
    full = a_full_alert(SHA256)
    others = tuple(
        replace(seen, observable=replace(seen.observable, type="sha256", value=f"{n:064x}"))
        for n, seen in enumerate(full.observables)
    )

    assert RENDERERS["ecs"](replace(full, observables=others), "relay-test").lost == ()


def test_what_comes_back_says_whose_it_is() -> None:
    """Read again it is of the relay's alert, with its confidence, class and title."""
    (found,) = detections("ecs", rendered("ecs", ALERT))

    assert (found.derived_from, found.first_hand) == ([ALERT.id], False)
    assert (found.confidence, found.severity, found.title) == (64, "high", "Early warning")
    assert found.classification == "malicious-code:c2-server"
    assert {observable.role for observable in found.observables} == {None, "payload"}


def test_equal_alerts_are_equal_bytes() -> None:
    """A rendering depends on the alert alone."""
    assert RENDERERS["ecs"](ALERT, "r") == RENDERERS["ecs"](ALERT, "r")
