from typing import Any

import pytest

from relay.formats.outcome import Converted, Refused, Skipped
from relay.model.vocabulary import Format
from tests.unit.formats.kit import detections, outcome_of, values
from tests.unit.formats.microsoft_alerts import (
    ACCOUNT,
    DEVICE,
    HOST,
    IP,
    OUTSIDE,
    SHA256,
    URL,
    evidence,
    file,
    graph,
    row,
)

LINK = ("url", "http://bad.attacker.example/a.php")
ADDRESS = ("ipv4", OUTSIDE)


def test_fields_of_a_row_of_sentinel() -> None:
    """A row of SecurityAlert becomes a detection field by field."""
    (found,) = detections("sentinel", row(ConfidenceScore=0.72))

    assert found.detected_at == "2026-11-20T10:01:00.000Z"
    assert (found.first_seen, found.last_seen) == (
        "2026-11-20T10:00:00.765Z", "2026-11-20T10:01:00.000Z",
    )  # fmt: skip
    assert (found.severity, found.confidence, found.flags) == ("high", 72, [])
    assert found.classification == "malicious-code:c2-server"
    assert found.title == "Connection to a command server"
    assert [technique.id for technique in found.techniques] == ["T1071"]
    assert [(o.type, o.value, o.side) for o in found.observables] == [
        (*ADDRESS, "attacker"), (*LINK, "attacker"),
    ]  # fmt: skip
    assert found.sensor is not None
    assert (found.sensor.format, found.sensor.vendor) == ("sentinel", "Microsoft")
    assert (found.sensor.product, found.sensor.rule_id) == ("Azure Sentinel", None)


def test_fields_of_an_alert_of_the_graph() -> None:
    """An alert of alerts_v2 becomes a detection field by field; its rule is Microsoft's."""
    piece = evidence("file", fileDetails=file(), verdict="malicious")
    (found,) = detections("defender", graph(DEVICE, piece, threatFamilyName="Qakbot"))

    assert found.detected_at == "2026-11-20T10:01:00.000Z"
    assert (found.severity, found.classification) == ("medium", "malicious-code:infected-system")
    assert found.malware == ["Qakbot"]
    assert found.flags == ["confidence_assumed"]
    assert [(o.type, o.value, o.role) for o in found.observables] == [("sha256", SHA256, "payload")]
    assert found.sensor is not None
    assert found.sensor.format == "defender"
    assert found.sensor.rule_id == "0d1c0000-0000-4000-8000-0000000000dd"


@pytest.mark.parametrize("form", ["defender", "sentinel"])
def test_either_name_reads_both(form: Format) -> None:
    """The name given does not decide the form: the shape found does."""
    sentinel = detections(form, row())[0].sensor
    defender = detections(form, graph(evidence("ip", ipAddress=OUTSIDE)))[0].sensor

    assert sentinel is not None
    assert defender is not None
    assert (sentinel.format, defender.format) == ("sentinel", "defender")


@pytest.mark.parametrize(
    ("changes", "detected"),
    [
        ({}, "2026-11-20T10:01:00.000Z"),
        ({"EndTime": None}, "2026-11-20T10:00:00.765Z"),
        ({"StartTime": None, "EndTime": ""}, "2026-11-20T10:05:00.123Z"),
        ({"EndTime": "0001-01-01T00:00:00"}, "2026-11-20T10:00:00.765Z"),
        ({"EndTime": "2026-11-20 11:00:00.765432100"}, "2026-11-20T11:00:00.765Z"),
        ({"EndTime": "2026-11-20T13:00:00+02:00"}, "2026-11-20T11:00:00.000Z"),
    ],
)
def test_the_time_is_when_it_happened(changes: dict[str, Any], detected: str) -> None:
    """The last activity counts, before its begin and the report's creation: an alert that goes on
    is fresh. A time without an offset is in UTC, as all of Microsoft's."""
    (found,) = detections("sentinel", row(**changes))

    assert found.detected_at == detected


@pytest.mark.parametrize(
    ("begun", "ended", "taken"),
    [
        ("11/20/2026, 10:00 AM", None, False),
        ("", "11/20/2026, 10:00 AM", False),
        ("0001-01-01T00:00:00Z", "1/1/0001 12:00:00 AM", True),
        ("", None, True),
        ("2026-11-20T09:00:00Z", "11/20/2026, 10:00 AM", True),
    ],
)
def test_creation_stands_for_no_time_that_cannot_be_read(
    begun: str | None, ended: str | None, taken: bool
) -> None:
    """Where the alert says when it was, in the order of a country, it is refused; where it says
    nothing, it is dated by its creation."""
    event = row(StartTime=begun, EndTime=ended, TimeGenerated="2026-11-20T12:00:00Z")

    assert isinstance(outcome_of("sentinel", event), Converted if taken else Refused)


@pytest.mark.parametrize("written", [None, "11/20/2026, 10:00:00 AM", 1_795_176_000, "yesterday"])
def test_a_time_that_must_be_guessed_is_refused(written: object) -> None:
    """A day of two orders and a bare number are no times."""
    event = row(StartTime=written, EndTime=None, TimeGenerated=written)

    outcome = outcome_of("sentinel", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


@pytest.mark.parametrize(
    ("word", "severity", "flags"),
    [
        ("Informational", "info", []),
        ("Low", "low", []),
        ("HIGH", "high", []),
        ("unknown", "medium", ["severity_assumed"]),
        ("unSpecified", "medium", ["severity_assumed"]),
        (None, "medium", ["severity_assumed"]),
        (3, "medium", ["severity_assumed"]),
    ],
)
def test_severity_is_a_word(word: object, severity: str, flags: list[str]) -> None:
    """Words of all products map to bands; what is none is assumed and flagged."""
    (found,) = detections("sentinel", row(AlertSeverity=word, ConfidenceScore="0.5"))

    assert (found.severity, found.flags) == (severity, flags)


@pytest.mark.parametrize(
    ("fields", "confidence"),
    [
        ({"ConfidenceScore": 0.5}, 50),
        ({"ConfidenceScore": "0.85"}, 85),
        ({"ConfidenceScore": "NaN", "ConfidenceLevel": "High"}, 80),
        ({"ConfidenceScore": "inf", "ConfidenceLevel": "Low"}, 30),
        ({"ConfidenceScore": 7, "confidence": 90}, 90),
    ],
)
def test_confidence_is_a_share_a_percent_or_a_word(fields: dict[str, Any], confidence: int) -> None:
    """A score of 0 to 1 is a share; out of its range it is none."""
    (found,) = detections("sentinel", row(**fields))

    assert found.confidence == confidence


@pytest.mark.parametrize(
    "changes",
    [
        {"Entities": [HOST, ACCOUNT, IP, URL]},
        {"Techniques": ["T1071"]},
        {"Techniques": "T1071", "Tactics": '["CommandAndControl"]'},
        {"StartTime": None, "StartTimeUtc": "2026-11-20T10:00:00.7654321Z"},
    ],
)
def test_lists_come_as_lists_or_as_json_in_a_string(changes: dict[str, Any]) -> None:
    """Entities, tactics and techniques are told as lists, as JSON, or parted by commas."""
    assert detections("sentinel", row(**changes)) == detections("sentinel", row())


@pytest.mark.parametrize(
    "changes",
    [
        {"classification": "falsePositive"},
        {"classification": "FalsePositive"},
        {"classification": "informationalExpectedActivity"},
        {"classification": "truePositive", "determination": "securityTesting"},
        {"status": "Dismissed"},
    ],
)
def test_what_a_person_called_no_attack_is_skipped(changes: dict[str, Any]) -> None:
    """A false alarm, an expected activity or a test warns nobody."""
    event = graph(evidence("ip", ipAddress=OUTSIDE), **changes)

    assert outcome_of("defender", event) == Skipped("classified as no attack")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"value": [{"x": 1}]},
        {"event_type": "alert", "src_ip": OUTSIDE},
        {"rule": {"level": 5}, "agent": {}},
        {"@timestamp": "2026-11-20T10:00:00Z", "event": {"kind": "alert"}},
        {"properties": {"x": 1}, "type": "Microsoft.Compute/virtualMachines"},
    ],
)
def test_another_format_is_refused(event: dict[str, Any]) -> None:
    """A record of no form of Microsoft's is refused."""
    outcome = outcome_of("sentinel", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"


def test_an_empty_answer_is_skipped() -> None:
    """An answer of the API with an empty list is sound, and holds nothing."""
    assert outcome_of("defender", {"value": []}) == Skipped("an answer without records")
    mixed = {"value": [graph(evidence("ip", ipAddress=OUTSIDE)), {"x": 1}]}
    assert values("defender", mixed) == [ADDRESS]


def test_an_incident_of_the_graph_alone_is_skipped() -> None:
    """The Graph lists incidents without their alerts unless asked to expand them."""
    incident = {
        "id": "7", "displayName": "Incident", "severity": "medium", "status": "active",
        "incidentWebUrl": "https://security.microsoft.com/incidents/7",
        "createdDateTime": "2026-11-20T10:05:00Z",
    }  # fmt: skip

    assert outcome_of("defender", incident) == Skipped("an incident without its alerts")
    expanded = {**incident, "alerts": [graph(evidence("ip", ipAddress=OUTSIDE))]}
    assert values("defender", expanded) == [ADDRESS]
