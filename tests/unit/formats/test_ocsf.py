"""OCSF in: which events are detections, and when they were."""

from typing import Any

import pytest

from relay.formats.outcome import Converted, Refused, Skipped
from relay.formats.recognise import recognise
from tests.unit.formats.kit import detections, outcome_of, values
from tests.unit.formats.ocsf_events import AT, ATTACKER, OTHER, WHEN, finding


@pytest.mark.parametrize("class_uid", [1001, 2002, 2003, 2005, 2006, 3002, 4001, 4003, 6003])
def test_other_classes_are_no_detections(class_uid: int) -> None:
    """Vulnerabilities, checks, incidents and activities are sound events, and counted by class."""
    assert outcome_of("ocsf", finding(class_uid=class_uid)) == Skipped(f"class {class_uid}")


@pytest.mark.parametrize("class_uid", [201003, 10**12])
def test_a_class_of_an_extension_is_not_repeated(class_uid: int) -> None:
    """What is counted is a bounded set of words."""
    assert outcome_of("ocsf", finding(class_uid=class_uid)) == Skipped("class of an extension")


@pytest.mark.parametrize(
    "classed",
    [
        {"class_uid": 2004},
        {"class_uid": "2004"},
        {"class_uid": 2001},
        {"class_uid": 99_602_001},
        {"class_uid": None, "type_uid": 200402},
        {"class_uid": None, "type_uid": None, "class_name": "Detection Findings"},
        {"class_uid": None, "type_uid": None, "class_name": "Security Finding "},
    ],
)
def test_findings_of_all_generations_are_read(classed: dict[str, Any]) -> None:
    """2001 before OCSF 1.1, 2004 since; the class may be named only, or told by its type."""
    assert values("ocsf", finding(**classed)) == [("ipv4", ATTACKER)]


def test_the_finding_was_called_finding_before() -> None:
    """OCSF before 1.1 calls `finding_info` `finding`."""
    event = finding(class_uid=2001, finding_info=None, finding={"uid": "1", "title": "An old one"})

    assert detections("ocsf", event)[0].title == "An old one"


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"SchemaVersion": "2018-10-08", "ProductArn": "arn", "AwsAccountId": "1"}, "ASFF"),
        ({"event_type": "alert", "src_ip": ATTACKER}, "Suricata"),
        ({}, "no format known"),
    ],
)
def test_what_is_no_ocsf_is_refused(record: dict[str, Any], says: str) -> None:
    """The refusal says what it looks like."""
    outcome = outcome_of("ocsf", record)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"
    assert says in outcome.detail


@pytest.mark.parametrize(
    "wrapped",
    [lambda found: {"detail": {"findings": found}}, lambda found: {"Findings": found, "Next": "x"}],
)
def test_the_findings_that_security_hub_delivers_together_are_read(wrapped: Any) -> None:
    """In an event of EventBridge, or in the answer of GetFindingsV2."""
    inner = [
        finding(),
        finding(class_uid=2003),
        finding(evidences=[{"src_endpoint": {"ip": OTHER}}]),
    ]

    found = values("ocsf", wrapped(inner))

    assert recognise(wrapped(inner)) == "ocsf"
    assert found == [("ipv4", ATTACKER), ("ipv4", OTHER)]


def test_an_event_of_eventbridge_without_detections_says_why() -> None:
    """The reason is that of its first finding."""
    event = {"detail": {"findings": [finding(class_uid=2003), {}]}}

    assert outcome_of("ocsf", event) == Skipped("class 2003")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status_id": 3}, "dismissed finding"),
        ({"status_id": 6}, "dismissed finding"),
        ({"status": "Suppressed"}, "dismissed finding"),
        ({"class_uid": 2001, "state_id": 3, "state": "Suppressed"}, "dismissed finding"),
        ({"verdict_id": 1}, "harmless finding"),
        ({"verdict_id": 5}, "harmless finding"),
        ({"verdict": "False Positive"}, "harmless finding"),
        ({"verdict_id": 6}, "harmless finding"),
        ({"class_uid": 2001, "compliance": {"status": "PASSED"}}, "check of settings"),
        (
            {"finding_info": {"types": ["Software and Configuration Checks/Vulnerabilities/CVE"]}},
            "check of settings",
        ),
    ],
)
def test_what_was_found_harmless_is_no_detection(more: dict[str, Any], reason: str) -> None:
    """Suppressed, deleted, a false positive, benign, a test, or a check of the member's own."""
    assert outcome_of("ocsf", finding(**more)) == Skipped(reason)


@pytest.mark.parametrize(
    "more",
    [{"status_id": 3, "status": "Blocked"}, {"status_id": 1}, {"verdict_id": 2}, {"status_id": 4}],
)
def test_what_was_confirmed_or_is_open_is_one(more: dict[str, Any]) -> None:
    """A caption of the product's own outweighs a number that it does not mean."""
    assert isinstance(outcome_of("ocsf", finding(**more)), Converted)


@pytest.mark.parametrize(
    "times",
    [
        {"time": AT},
        {"time": str(AT)},
        {"time": AT * 1000 + 456},
        {"time": None, "time_dt": "2026-11-18T07:06:40.123-04:00"},
        {"time": "2026-11-18T12:06:40.123+01:00"},
        {"time": 0, "time_dt": WHEN},
        {"time": None, "end_time": AT},
        {"time": None, "start_time_dt": WHEN},
    ],
)
def test_the_time_is_read_in_all_its_forms(times: dict[str, Any]) -> None:
    """Milliseconds, microseconds, a text, or the twin with an offset of its own."""
    assert detections("ocsf", finding(**times))[0].detected_at == WHEN


def test_seconds_are_seconds() -> None:
    """One product writes seconds where the schema has milliseconds: that is no day of 1970."""
    assert detections("ocsf", finding(time=1_795_000_000))[0].detected_at.startswith("2026-11-18")


@pytest.mark.parametrize(
    ("first", "last", "detected"),
    [
        (None, None, AT),
        (AT - 900_000, AT - 600_000, AT - 600_000),
        (AT - 900_000, AT + 400_000, AT),
        (AT + 5_000, AT + 9_000, AT + 5_000),
        (AT - 600_000, AT - 900_000, AT - 600_000),
        (None, AT - 1, AT - 1),
    ],
)
def test_the_time_lies_within_the_activity(
    first: int | None, last: int | None, detected: int
) -> None:
    """`time` may be when the finding was written: the event was before that."""
    info = {"uid": "f", "title": "x", "first_seen_time": first, "last_seen_time": last}

    found = detections("ocsf", finding(finding_info=info))[0]

    assert found.detected_at == detections("ocsf", finding(time=detected))[0].detected_at


def test_the_activity_is_told() -> None:
    """`first_seen_time` and `last_seen_time`, else `start_time` and `end_time`."""
    found = detections("ocsf", finding(start_time=AT - 1000, end_time=AT))[0]

    assert (found.first_seen, found.last_seen) == ("2026-11-18T11:06:39.123Z", WHEN)


@pytest.mark.parametrize(
    "time", [None, "", "yesterday", 12, -1, 2**63, [AT], "2026-11-18T11:06:40"]
)
def test_without_a_time_it_is_refused(time: object) -> None:
    """A clock without an offset is no time either."""
    outcome = outcome_of("ocsf", finding(time=time))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("no-time", "$.time")
