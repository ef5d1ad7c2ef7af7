"""OCSF in: how bad a finding is, what it is about, who found it, who may see it."""

from typing import Any

import pytest

from relay.formats.outcome import Refused
from tests.unit.formats.kit import UNLABELLED, detections, outcome_of
from tests.unit.formats.ocsf_events import AT, MD5, OTHER, SHA256, finding


@pytest.mark.parametrize(
    ("rated", "severity"),
    [
        ({"severity_id": 1}, "info"),
        ({"severity_id": 2}, "low"),
        ({"severity_id": 3}, "medium"),
        ({"severity_id": 5}, "critical"),
        ({"severity_id": 6}, "critical"),
        ({"severity_id": "4"}, "high"),
        ({"severity_id": 99, "severity": "High "}, "high"),
        ({"severity_id": None, "severity": "Informational "}, "info"),
        ({"severity_id": None, "risk_level": "High", "risk_level_id": 3}, "high"),
        ({"severity_id": 0, "severity": "Unknown", "risk_level_id": 4}, "critical"),
    ],
)
def test_severity_is_what_the_finding_says(rated: dict[str, Any], severity: str) -> None:
    """The number, its caption, or the risk where there is neither."""
    found = detections("ocsf", finding(**rated))[0]

    assert found.severity == severity
    assert "severity_assumed" not in found.flags


@pytest.mark.parametrize(
    "rated", [{"severity_id": 0}, {"severity_id": 99, "severity": "P3"}, {"severity_id": None}]
)
def test_an_unknown_severity_is_not_the_lowest(rated: dict[str, Any]) -> None:
    """0 is Unknown: medium, and flagged."""
    found = detections("ocsf", finding(**rated))[0]

    assert (found.severity, "severity_assumed" in found.flags) == ("medium", True)


@pytest.mark.parametrize(
    ("rated", "confidence"),
    [
        ({"confidence_id": 3, "confidence_score": 90}, 90),
        ({"confidence_id": 2, "confidence_score": 2}, 50),
        ({"confidence_id": 1}, 15),
        ({"confidence": "High"}, 85),
        ({"confidence": 100}, 100),
        ({"confidence_score": 73}, 73),
    ],
)
def test_a_score_counts_where_its_word_agrees(rated: dict[str, Any], confidence: int) -> None:
    """The scale of a score is the vendor's own: 2 of 10 is no 2 percent."""
    found = detections("ocsf", finding(**rated))[0]

    assert found.confidence == confidence
    assert "confidence_assumed" not in found.flags


@pytest.mark.parametrize("rated", [{}, {"confidence_score": 4000}, {"confidence_id": 0}])
def test_an_unknown_confidence_is_assumed(rated: dict[str, Any]) -> None:
    """Fifty, and flagged."""
    found = detections("ocsf", finding(**rated))[0]

    assert (found.confidence, "confidence_assumed" in found.flags) == (50, True)


@pytest.mark.parametrize(
    ("info", "classification"),
    [
        ({"title": "SSH brute force"}, "intrusion-attempts:brute-force"),
        ({"types": ["Backdoor:EC2/C&CActivity.B!DNS"]}, "malicious-code:c2-server"),
        ({"types": ["CryptoCurrency:EC2/BitcoinTool.B"]}, "fraud:unauthorised-use-of-resources"),
        ({"types": ["Recon:EC2/PortProbeUnprotectedPort"]}, "information-gathering:scanner"),
        ({"types": ["TTPs/Defense Evasion/Stealth:X"]}, "intrusions:system-compromise"),
        ({"title": "DDoS on the portal"}, "availability:ddos"),
        ({"title": "x", "attacks": [{"technique": {"uid": "T1566"}}]}, "fraud:phishing"),
        ({"title": "x", "attacks": [{"tactic": {"name": "Exfiltration"}}]},
         "information-content-security:data-leak"),
        ({"types": ["abusive-content:spam"], "title": "malware"}, "abusive-content:spam"),
        ({"title": "x"}, "other:undetermined"),
    ],
)  # fmt: skip
def test_a_finding_is_classed_by_its_words_and_techniques(
    info: dict[str, Any], classification: str
) -> None:
    """OCSF has no taxonomy of its own; one of the RSIT among the types is taken as it is."""
    event = finding(finding_info=info, evidences=[{"file": {"hashes": [{"value": SHA256}]}}])

    assert detections("ocsf", event)[0].classification == classification


@pytest.mark.parametrize(
    ("ids", "classification"),
    [
        ([5], "availability:ddos"),
        ([13], "fraud:unauthorised-use-of-resources"),
        ([-1], "malicious-code:infected-system"),
        (None, "malicious-code:infected-system"),
    ],
)
def test_malware_classes_a_finding(ids: object, classification: str) -> None:
    """Some kinds say more than that something was infected; -1 is no kind."""
    malware = [{"name": "'Stringler'", "classification_ids": ids}, {"name": "''"}]
    event = finding(malware=malware, evidences=[{"file": {"hashes": [{"value": MD5}]}}])

    found = detections("ocsf", event)[0]

    assert (found.classification, found.malware) == (classification, ["Stringler"])


def test_the_sensor_and_its_rule_are_told() -> None:
    """Of an engine the rule it applied, however its key is written."""
    related = [{"uid": "100079", "name": "Flood", "typeId": 1}]
    product = {"name": "SIEM", "vendor_name": "Example", "version": "7"}

    sensor = detections(
        "ocsf",
        finding(
            metadata={"product": product},
            analytic={"name": "CRE", "typeId": 1, "relatedAnalytics": related},
        ),
    )[0].sensor

    assert sensor is not None
    assert (sensor.vendor, sensor.product, sensor.version) == ("Example", "SIEM", "7")
    assert (sensor.rule_id, sensor.rule_name) == ("100079", "Flood")


def test_techniques_and_count_are_told() -> None:
    """The sub-technique, where there is one."""
    attacks = [
        {"technique": {"uid": "T1110"}, "sub_technique": {"uid": "T1110.003"}},
        {"technique": {"uid": "T1078"}},
    ]

    found = detections("ocsf", finding(attacks=attacks, count=7))[0]

    assert [technique.id for technique in found.techniques] == ["T1110.003", "T1078"]
    assert found.count == 7


@pytest.mark.parametrize(
    ("more", "tlp"),
    [
        ({"osint": [{"type_id": 1, "value": OTHER, "tlp": "AMBER STRICT"}]}, "amber+strict"),
        ({"metadata": {"labels": ["TLP:RED", "other"]}}, "red"),
        ({"finding_info": {"tags": [{"name": "tlp", "values": ["AMBER"]}]}}, "amber"),
        ({"osint": [{"type_id": 1, "value": OTHER, "tlp": "WHITE"}]}, "green"),
    ],
)
def test_a_label_narrows_the_one_given(more: dict[str, Any], tlp: str) -> None:
    """The strictest holds; a wider one widens nothing."""
    assert detections("ocsf", finding(**more))[0].sharing.tlp == tlp


def test_without_any_label_it_is_refused() -> None:
    """Nothing is shared that nobody has labelled."""
    outcome = outcome_of("ocsf", finding(), UNLABELLED)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_a_repeat_keeps_its_id_and_an_update_has_its_own() -> None:
    """An update has the `uid` of the finding, and tells of another time."""
    first, again = detections("ocsf", finding())[0], detections("ocsf", finding())[0]
    update = detections("ocsf", finding(time=AT + 60_000, activity_id=2))[0]

    assert first.id == again.id
    assert first.id != update.id


def test_findings_without_any_id_are_told_apart() -> None:
    """By their time and by what they hold."""
    one = finding(finding_info={"title": "x"})
    two = finding(finding_info={"title": "x"}, evidences=[{"src_endpoint": {"ip": OTHER}}])

    assert detections("ocsf", one)[0].id != detections("ocsf", two)[0].id
