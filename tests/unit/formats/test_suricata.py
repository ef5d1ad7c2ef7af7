from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from relay.formats.adapters import adapt
from relay.formats.outcome import Refused, Skipped, Source
from relay.formats.recognise import recognise
from tests.unit.formats.eve_events import (
    C2,
    FLOOD,
    INSIDE,
    OUTSIDE,
    POLICY,
    PUBLIC,
    SCAN,
    SHELL,
    SOURCE,
    TROJAN,
    converted,
    event,
    values,
)


def test_fields_of_a_detection() -> None:
    """An alert becomes a detection field by field, its time in UTC with three decimals."""
    rule = {**SCAN, "metadata": {"mitre_technique_id": ["T1071", "t1110_001", "TA0001", "T1071"]}}
    detection = converted(event(OUTSIDE, INSIDE, rule))

    assert detection == {
        "schema": "detection.v1",
        "id": "b4a698d2-e19e-5560-8408-af1a6b03a9db",
        "member": "ee",
        "detected_at": "2026-11-20T11:00:00.123Z",
        "published_at": "2027-01-15T08:00:00.000Z",
        "title": "ET SCAN Probe",
        "classification": "information-gathering:scanner",
        "severity": "high",
        "confidence": 50,
        "flags": ["confidence_assumed"],
        "observables": [
            {
                "type": "ipv4",
                "value": OUTSIDE,
                "side": "attacker",
                "role": "scanner",
                "protocol": "tcp",
            }
        ],
        "sensor": {
            "vendor": "OISF",
            "product": "Suricata",
            "rule_id": "1:2000001:3",
            "rule_name": "ET SCAN Probe",
            "format": "suricata",
        },
        "sharing": {"tlp": "green"},
        "techniques": [{"id": "T1071"}, {"id": "T1110.001"}],
    }


def test_a_called_server_carries_its_port() -> None:
    """The port of a command server is worth knowing; that of a client is drawn by chance."""
    (found, *_) = converted(event(INSIDE, OUTSIDE, C2, port=4444))["observables"]

    assert (found["port"], found["role"], found["side"]) == (4444, "c2", "infrastructure")


def test_the_same_alert_keeps_its_id() -> None:
    """A repeat has the id it had; another flow, rule or member has another."""
    first = event(OUTSIDE, INSIDE, SCAN)
    others = [
        converted({**first, "flow_id": 2})["id"],
        converted(event(OUTSIDE, INSIDE, {**SCAN, "rev": 4}))["id"],
        converted(first, Source("lv", "green", 0, allow_documentation=True))["id"],
    ]

    assert converted(first)["id"] == converted(first)["id"]
    assert len({converted(first)["id"], *others}) == 4


@pytest.mark.parametrize(
    ("written", "detected"),
    [
        ("2026-11-20T12:00:00.123456+0100", "2026-11-20T11:00:00.123Z"),
        ("2026-11-20T00:30:00.5-0600", "2026-11-20T06:30:00.500Z"),
        ("2026-11-20T12:00:00+0000", "2026-11-20T12:00:00.000Z"),
        ("2026-11-20T12:00:00.999999Z", "2026-11-20T12:00:00.999Z"),
        ("2026-11-20T12:00:00.1+05:30", "2026-11-20T06:30:00.100Z"),
        ("2026-11-20T12:00:00.123456789+0000", "2026-11-20T12:00:00.123Z"),
    ],
)
def test_time_is_read_with_its_offset(written: str, detected: str) -> None:
    """Offsets come with and without a colon, fractions with one digit to nine."""
    detection = converted({**event(OUTSIDE, INSIDE, SCAN), "timestamp": written})

    assert detection["detected_at"] == detected


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "2026-11-20T12:00:00.123456",
        "2026-11-20 12:00",
        "20/11/2026 12:00:00+0000",
        "1795176000",
        1_795_176_000,
        "2026-13-20T12:00:00+0000",
        "2026-11-20T12:00:60+0000",
        "0026-11-20T12:00:00+0000",
        "9999-12-31T23:59:59-2359",
        "2026-11-20T12:00:00+9900",
        "2026-11-20T12:00:00 CEST",
    ],
)
def test_a_time_that_must_be_guessed_is_refused(written: object) -> None:
    """Without an offset, a date and a century an alert has no time, and none is made up."""
    outcome = adapt(
        "suricata", orjson.dumps({**event(OUTSIDE, INSIDE, SCAN), "timestamp": written}), SOURCE
    )

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("no-time", "$.timestamp")


@pytest.mark.parametrize(
    ("alert", "severity", "assumed"),
    [
        ({"severity": 1}, "high", False),
        ({"severity": 2}, "medium", False),
        ({"severity": "3"}, "low", False),
        ({"severity": 4}, "info", False),
        ({"severity": 255}, "info", False),
        ({"severity": 0}, "medium", True),
        ({"severity": None}, "medium", True),
        ({"severity": True}, "medium", True),
        ({"severity": 3, "metadata": {"signature_severity": ["Critical"]}}, "critical", False),
        ({"severity": 3, "metadata": {"signature_severity": ["Major"]}}, "high", False),
        ({"severity": 1, "metadata": {"signature_severity": "Minor"}}, "low", False),
        ({"severity": 1, "metadata": {"signature_severity": ["Informational"]}}, "info", False),
        ({"severity": 1, "metadata": {"signature_severity": ["Unknown"]}}, "high", False),
        ({**POLICY, "severity": 1}, "info", False),
    ],
)
def test_priority_one_is_the_worst(alert: dict[str, Any], severity: str, assumed: bool) -> None:
    """The rule's own rating wins over the priority of its class; policy is never severe."""
    detection = converted(event(OUTSIDE, INSIDE, {**SCAN, **alert}))

    assert detection["severity"] == severity
    assert ("severity_assumed" in detection["flags"]) is assumed


@pytest.mark.parametrize(
    ("rule", "classification"),
    [
        (C2, "malicious-code:c2-server"),
        ({"signature": "LOCAL x", "category": "Never heard of"}, "intrusion-attempts:ids-alert"),
        ({**C2, "category": "Never heard of"}, "malicious-code:infected-system"),
        ({**C2, "category": "Unknown Traffic", "signature": "ET MALWARE X CnC Checkin"},
         "malicious-code:c2-server"),
        ({**C2, "category": "A Network Trojan was detected", "signature": "ET TROJAN X CnC"},
         "malicious-code:c2-server"),
        ({**SCAN, "category": "Attempted Information Leak", "signature": "ET EXPLOIT X"},
         "intrusion-attempts:ids-alert"),
        ({**C2, "category": "A Network Trojan was detected", "signature": "ET EXPLOIT X C2"},
         "malicious-code:infected-system"),
        ({**SCAN, "category": "Web Application Attack"}, "intrusion-attempts:ids-alert"),
        ({**SCAN, "category": "Misc activity", "signature": "ET EXPLOIT X"},
         "intrusion-attempts:ids-alert"),
        ({**SCAN, "category": "Potentially Bad Traffic"}, "information-gathering:scanner"),
        (FLOOD, "availability:dos"),
        (SHELL, "intrusions:privileged-account-compromise"),
    ],
)  # fmt: skip
def test_a_category_has_a_class(rule: dict[str, Any], classification: str) -> None:
    """Categories map to the incident taxonomy; an unknown one is an alert of a sensor."""
    assert converted(event(OUTSIDE, INSIDE, rule))["classification"] == classification


def test_own_public_networks_and_domains_stay_inside() -> None:
    """What the member names as its own is treated as private addresses and local names are."""
    own = Source(
        "ee",
        "green",
        0,
        own_networks=(ip_network("203.0.113.0/24"),),
        own_domains=("member.example",),
        allow_documentation=True,
    )
    tls = {"sni": "vpn.member.example"}

    assert values(event(OUTSIDE, PUBLIC, TROJAN), own) == [("attacker", OUTSIDE)]
    assert values(event(PUBLIC, OUTSIDE, SCAN), own) == []
    assert values(event(PUBLIC, OUTSIDE, C2, tls=tls), own) == [("infrastructure", OUTSIDE)]


def test_documentation_addresses_are_special_by_default() -> None:
    """Outside demonstrations a documentation address is nobody's."""
    assert values(event(OUTSIDE, INSIDE, SCAN), Source("ee", "green", 0)) == []


@pytest.mark.parametrize(
    ("signature", "more"),
    [
        (f"LOCAL beacon of {INSIDE}", {}),
        ("LOCAL host 192.168.1.1 calls", {}),
        ("LOCAL rule of sensor-9", {"host": "sensor-9"}),
        ("LOCAL mail to jane@member.example", {"smtp": {"rcpt_to": ["<jane@member.example>"]}}),
    ],
)
def test_a_local_rule_that_names_the_inside_is_not_quoted(
    signature: str, more: dict[str, Any]
) -> None:
    """A rule's name is shared unless it holds a value of the member's side."""
    detection = converted(event(INSIDE, OUTSIDE, {**C2, "signature": signature}, **more))

    assert detection["title"] == "Suricata rule 1:2000001:3"
    assert "rule_name" not in detection["sensor"]


@pytest.mark.parametrize("layer", [{"http": {"hostname": "www.member.example:8080"}},
                                   {"tls": {"sni": "www.member.example"}}])  # fmt: skip
def test_a_local_rule_that_names_the_attacked_is_not_quoted(layer: dict[str, Any]) -> None:
    """The name by which the attacker called is the member's."""
    rule = {**SCAN, "signature": "LOCAL attack on www.member.example"}

    assert converted(event(OUTSIDE, INSIDE, rule, **layer))["title"] == "Suricata rule 1:2000001:3"


def test_a_rule_name_is_one_bounded_line() -> None:
    """Control characters and length of a rule's name are brought within the schema."""
    detection = converted(
        event(OUTSIDE, INSIDE, {**SCAN, "signature": "a\x00\u202e\nb" + "c" * 300})
    )

    assert detection["title"] == "a b" + "c" * 197


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"event_type": "flow"}, "event_type flow"),
        ({"event_type": "dns", "dns": {"rrname": "c2.evil.example"}}, "event_type dns"),
        ({"event_type": "\x00" * 99}, "event_type unknown"),
        (event(INSIDE, INSIDE, SCAN), "no shareable observable"),
    ],
)
def test_what_is_no_detection_is_skipped(line: dict[str, Any], reason: str) -> None:
    """Other event types, and alerts with nothing to share, are counted and not refused."""
    assert adapt("suricata", orjson.dumps(line), SOURCE) == Skipped(reason)


def test_an_event_that_a_firewall_wraps_is_recognised() -> None:
    """The network firewall of AWS puts an event beside its own name and time."""
    wrapped = {"firewall_name": "x", "event": event(OUTSIDE, INSIDE, SCAN)}

    assert recognise(wrapped) == "suricata"
    assert recognise({"event": {"kind": "alert"}}) is None


@pytest.mark.parametrize(
    ("line", "reason", "says"),
    [
        (b"", "not-json", ""),
        (b"{", "not-json", ""),
        (b"\xff\xfe", "not-json", ""),
        (b'{"event_type":NaN}', "not-json", ""),
        (b'{"event_type":"alert","event_type":"flow"}', "not-json", "twice"),
        (b'{"event_type":"\\ud800"}', "not-json", ""),
        (b"[" * 100_000, "not-json", ""),
        (b'{"a":' * 100_000, "not-json", ""),
        (b"[]", "other-format", "object"),
        (b'"alert"', "other-format", "object"),
        (b'{"schema":"detection.v1"}', "other-format", "native"),
        (b'{"@timestamp":"x","suricata":{"eve":{}}}', "other-format", "Elastic"),
        (b'{"rule":{"level":5},"agent":{}}', "other-format", "Wazuh"),
        (b'{"Format":"IDEA0"}', "other-format", "IDEA0"),
        (b'{"class_uid":2004}', "other-format", "OCSF"),
        (b'{"Event":{}}', "other-format", "MISP"),
        (b'{"type":"bundle","objects":[]}', "other-format", "STIX"),
        (b"{}", "other-format", "event_type"),
        (b'{"event_type":"alert"}', "invalid", ""),
        (b'{"event_type":"alert","alert":[]}', "invalid", ""),
    ],
)
def test_what_is_no_eve_is_refused(line: bytes, reason: str, says: str) -> None:
    """Damaged JSON and records of other formats are refused with a reason, and named if known."""
    outcome = adapt("suricata", line, SOURCE)

    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert says in outcome.detail
