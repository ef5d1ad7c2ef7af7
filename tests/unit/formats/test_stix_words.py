from typing import Any

import pytest

from tests.unit.formats.kit import detections
from tests.unit.formats.stix_objects import (
    ADDRESS,
    MALWARE,
    a_bundle,
    an_indicator,
    an_object,
    tied,
)


def test_techniques_and_malware_come_through_relationships() -> None:
    """Of what an indicator indicates; ids of other lists than ATT&CK are left out."""
    known = [{"source_name": "mitre-attack", "external_id": "T1071.001"},
             {"source_name": "tickets", "external_id": "T1234"}]  # fmt: skip
    technique = an_object("attack-pattern", external_references=known, name="Web")
    indicator = an_indicator(ADDRESS)
    ties = [tied(indicator, "indicates", technique), tied(indicator, "indicates", MALWARE)]

    (found,) = detections("stix", a_bundle(indicator, technique, MALWARE, *ties))
    assert [each.id for each in found.techniques] == ["T1071.001"]
    assert found.malware == ["Dropper X"]


def test_an_indicator_may_name_techniques_itself() -> None:
    """By references to ATT&CK, as the relay's own indicators do."""
    known = [{"source_name": "mitre-attack", "external_id": "T1071.001"},
             {"source_name": "tickets", "external_id": "T1234"}]  # fmt: skip

    (found,) = detections("stix", an_indicator(ADDRESS, external_references=known))
    assert [each.id for each in found.techniques] == ["T1071.001"]


@pytest.mark.parametrize(
    ("name", "technique", "labels", "classification", "role"),
    [
        ("x", "T1071.001", [], "malicious-code:c2-server", "c2"),
        ("x", "T1566", [], "fraud:phishing", "phishing"),
        ("Control server of a loader", "T1059", [], "malicious-code:c2-server", "c2"),
        ("C2", "T1566", ['rsit:information-gathering="scanner"'],
         "information-gathering:scanner", "scanner"),
        ("Notes", "T1059", [], "other:undetermined", None),
    ],
)  # fmt: skip
def test_without_a_class_techniques_and_name_tell(
    name: str, technique: str, labels: list[str], classification: str, role: str | None
) -> None:
    """What the object says of its class, then a technique, then words that leave no doubt."""
    known = [{"source_name": "mitre-attack", "external_id": technique}]
    told = an_indicator(ADDRESS, name=name, labels=labels, external_references=known)

    (found,) = detections("stix", told)
    assert found.classification == classification
    assert [one.role for one in found.observables] == [role]


CLASSES = [
    ({"labels": ['rsit:fraud="phishing"']}, "fraud:phishing"),
    ({"labels": ["rsit:fraud:phishing"]}, "fraud:phishing"),
    ({"labels": ["phishing"]}, "fraud:phishing"),
    ({"indicator_types": ["compromised"]}, "intrusions:system-compromise"),
    ({"indicator_types": ["malicious-activity"]}, "other:undetermined"),
    ({"kill_chain_phases": [{"kill_chain_name": "x", "phase_name": "command-and-control"}]},
     "malicious-code:c2-server"),
    ({"labels": 7, "kill_chain_phases": "x", "indicator_types": {}}, "other:undetermined"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), CLASSES)
def test_labels_types_and_phases_class(fields: dict[str, Any], expected: str) -> None:
    """The first that says something; a tag of the taxonomy itself before all."""
    (found,) = detections("stix", an_indicator(ADDRESS, **fields))

    assert found.classification == expected


def test_a_label_says_severity_and_pap() -> None:
    """STIX has neither: the tags that the relay and MISP write are read back."""
    (found,) = detections("stix", an_indicator(ADDRESS, labels=["severity:high", "PAP:RED"]))

    assert (found.severity, found.sharing.pap) == ("high", "red")
    assert found.flags == ["confidence_assumed"]


def test_who_is_named_in_the_record_is_not_named_in_the_title() -> None:
    """Neither who reported nor who was hit; a sector is nobody."""
    bank = an_object("identity", identity_class="organization", name="Example Bank")
    sector = an_object("identity", "two", identity_class="class", name="Phishing")
    told = an_indicator(ADDRESS, name="Phishing of example bank clients")
    malware = MALWARE | {"name": "Example Bank Stealer"}
    tie = tied(told, "indicates", malware)

    (found,) = detections("stix", a_bundle(bank, sector, told, malware, tie))
    (free,) = detections("stix", a_bundle(sector, told))
    assert found.title == "Indicators in STIX"
    assert found.malware == []
    assert found.sensor is not None
    assert found.sensor.rule_name is None
    assert free.title == "Phishing of example bank clients"


def test_without_any_name_malware_names_the_detection() -> None:
    """A title says more than that there are indicators, where the record says more."""
    bare = an_indicator(ADDRESS, name="")

    (found,) = detections("stix", a_bundle(bare, MALWARE, tied(bare, "indicates", MALWARE)))
    assert found.title == "Indicators of Dropper X"


def test_an_indicator_without_a_name_bears_that_of_its_report() -> None:
    """Unless the indicator has a label of its own: the report's name may be under another."""
    bare = an_indicator(ADDRESS, name="")
    report = an_object("report", object_refs=[bare["id"]], name="Wave of November")
    marked = bare | {"labels": ["tlp:green"]}

    assert detections("stix", a_bundle(bare, report))[0].title == "Wave of November"
    assert detections("stix", a_bundle(marked, report))[0].title == "Indicators in STIX"


def test_what_the_relay_told_is_no_sighting_of_ones_own() -> None:
    """An object that refers to an alert of the relay is a follow-up, whoever sends it."""
    alert = "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"
    refs = [{"source_name": "relay-alert", "external_id": alert}]

    (told,) = detections("stix", an_indicator(ADDRESS, external_references=refs))
    assert (told.first_hand, told.derived_from) == (False, [alert])
    for other in ({"external_id": alert}, {"source_name": "relay-alert", "external_id": "7"}):
        (own,) = detections("stix", an_indicator(ADDRESS, external_references=[other]))
        assert own.first_hand
