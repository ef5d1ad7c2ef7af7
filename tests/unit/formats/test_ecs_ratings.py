from dataclasses import replace
from typing import Any

import pytest

from relay.formats.outcome import Refused
from tests.unit.formats.ecs_documents import (
    AT,
    ATTACKER,
    INSIDE,
    SHA256,
    alert,
    finding,
    indicator,
    signal,
    traffic,
)
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of

MALWARE = alert("malware", "file", file={"name": "x.exe", "hash": {"sha256": SHA256}})


@pytest.mark.parametrize(
    ("dataset", "level", "severity"),
    [
        ("endpoint.alerts", 73, "high"),
        ("crowdstrike.alert", 21, "low"),
        ("sentinel_one.alert", 99, "critical"),
        ("ti_anomali.threatstream", 9, "critical"),
        ("aws.guardduty", 5, "medium"),
        ("aws.guardduty", 8, "high"),
        ("sophos.xg", 2, "critical"),
        ("sophos.xg", 6, "info"),
        ("cisco_ftd.log", 4, "medium"),
        ("suricata.eve", 1, "high"),
        ("snort.log", 4, "info"),
        ("panw.panos", 1, "critical"),
        ("m365_defender.alert", 47, "medium"),
    ],
)
def test_a_number_is_read_on_the_scale_of_its_data_set(
    dataset: str, level: int | str, severity: str
) -> None:
    """`event.severity` 2 is nearly harmless here and an emergency there."""
    event = {**MALWARE, "event": {**MALWARE["event"], "dataset": dataset, "severity": level}}
    (found,) = detections("ecs", event)

    assert (found.severity, "severity_assumed" in found.flags) == (severity, False)


@pytest.mark.parametrize(
    ("parts", "severity", "assumed"),
    [
        ({}, "medium", True),
        ({"event": {"severity": 5}}, "medium", True),
        ({"crowdstrike": {"alert": {"severity_name": "Critical"}}}, "critical", False),
        ({"kibana.alert.severity": "low"}, "low", False),
        ({"cisco": {"ftd": {"security": {"priority": "1"}}}}, "high", False),
    ],
)
def test_an_unknown_scale_is_not_read(
    parts: dict[str, Any], severity: str, *, assumed: bool
) -> None:
    """Without a known scale the severity is assumed and flagged; a product's word stands first."""
    event = {**MALWARE, **parts, "event": {**MALWARE["event"], **parts.get("event", {})}}
    (found,) = detections("ecs", event)

    assert (found.severity, "severity_assumed" in found.flags) == (severity, assumed)


def test_the_level_of_a_finding_is_its_severity_where_the_detector_has_none() -> None:
    """Wazuh 5 rates in words; a detector with a scale of its own knows better."""
    (plain,) = detections("ecs", finding("critical", "web", event={"created": AT},
                                         source={"ip": ATTACKER}))  # fmt: skip
    rated = {"created": AT, "provider": "guardduty", "severity": 5}
    (own,) = detections("ecs", finding("critical", event=rated, source={"ip": ATTACKER}))

    assert (plain.severity, own.severity) == ("critical", "medium")


def test_a_breach_of_policy_is_never_severe() -> None:
    """Suricata ranks a forbidden chat with a root shell; whose it is cannot be told."""
    event = alert("network", event={"dataset": "suricata.eve", "severity": 1},
                  rule={"category": "Not Suspicious Traffic"},
                  source={"ip": ATTACKER}, destination={"ip": "10.1.2.3"})  # fmt: skip
    (found,) = detections("ecs", event)

    assert (found.severity, found.observables[0].side) == ("info", "unknown")


@pytest.mark.parametrize(
    ("word", "percent"), [("High", 85), ("Medium", 50), ("low", 15), ("None", 50), ("maybe", 50)]
)
def test_confidence_is_a_word(word: str, percent: int) -> None:
    """The words are those of STIX; `None` is what feeds write that do not say it."""
    (found,) = detections("ecs", indicator("ipv4-addr", ip=ATTACKER, confidence=word))

    assert found.confidence == percent
    assert ("confidence_assumed" in found.flags) == (word in ("None", "maybe"))


@pytest.mark.parametrize(
    ("written", "label"),
    [(["GREEN"], "green"), ("WHITE", "clear"), ("AMBER+STRICT", "amber+strict"),
     (["WHITE", "AMBER"], "amber")],
)  # fmt: skip
def test_labels_are_read_in_all_spellings(written: object, label: str) -> None:
    """A label may be a list, in capitals, and of the old protocol; the strictest holds."""
    event = indicator("ipv4-addr", ip=ATTACKER, marking={"tlp": written})

    assert detections("ecs", event, UNLABELLED)[0].sharing.tlp == label


def test_a_label_may_be_a_tag() -> None:
    """Feeds tag `tlp:green`; a label given for the member is kept where it is stricter."""
    event = {**MALWARE, "tags": ["forwarded", "tlp:green"]}

    assert detections("ecs", event, UNLABELLED)[0].sharing.tlp == "green"
    assert detections("ecs", event, replace(SOURCE, tlp="amber"))[0].sharing.tlp == "amber"


def test_a_label_that_is_none_is_refused() -> None:
    """A word that is no label could mean a stricter one."""
    event = indicator("ipv4-addr", ip=ATTACKER, marking={"tlp": "INTERNAL"})

    assert isinstance(outcome_of("ecs", event), Refused)


@pytest.mark.parametrize(
    ("tags", "label"),
    [(["pap:red"], "red"), (["PAP:GREEN", "pap:amber"], "amber"), (["x"], "amber")],
)
def test_a_label_of_pap_is_a_tag(tags: list[str], label: str) -> None:
    """The strictest counts; without one the schema's default holds."""
    (found,) = detections("ecs", {**indicator("ipv4-addr", ip=ATTACKER), "tags": tags})

    assert found.sharing.pap == label


MATCHED = {
    "enrichments": [
        {"indicator": {"type": "ipv4-addr", "ip": ATTACKER},
         "matched": {"atomic": ATTACKER, "field": "destination.ip"}}
    ]
}  # fmt: skip
C2 = [{"tactic": {"name": "Command and Control"}, "technique": [{"id": "T1071"}]}]


@pytest.mark.parametrize(
    ("ends", "threat", "classification", "role"),
    [
        (traffic(INSIDE, ATTACKER), C2, "malicious-code:c2-server", "c2"),
        (traffic(INSIDE, ATTACKER), [C2[0] | {"technique": []}], "malicious-code:c2-server", "c2"),
        (traffic(ATTACKER, INSIDE), C2, "malicious-code:c2-server", None),
        (traffic(INSIDE, ATTACKER), [], "intrusion-attempts:ids-alert", None),
    ],
)
def test_where_nothing_else_tells_the_technique_classes(
    ends: Any, threat: Any, classification: str, role: str | None
) -> None:
    """A rule that is annotated says what it looks for; what was called is a control server then."""
    event = signal(**ends, threat=MATCHED, **{"kibana.alert.rule.threat": threat})
    (found,) = detections("ecs", event)

    assert found.classification == classification
    assert [(o.value, o.role) for o in found.observables] == [(ATTACKER, role)]
