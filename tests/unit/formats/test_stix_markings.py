from typing import Any

import pytest

from relay.formats.outcome import Refused
from relay.formats.stix.markings import TLP_EXTENSION, TLP_MARKINGS
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of
from tests.unit.formats.stix_objects import (
    a_bundle,
    a_sighting,
    a_thing,
    an_id,
    an_indicator,
    an_object,
    observed,
    tied,
)  # fmt: skip

ADDRESS = "[ipv4-addr:value = '198.51.100.7']"
TLP_1 = {
    "clear": "613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
AMBER, RED = TLP_MARKINGS["amber"], TLP_MARKINGS["red"]


def label(*objects: dict[str, Any]) -> str:
    """The label of the one detection that some objects make."""
    (found,) = detections("stix", a_bundle(*objects), UNLABELLED)
    return found.sharing.tlp


def marked(*refs: str, **fields: Any) -> dict[str, Any]:
    """An indicator with markings."""
    return an_indicator(ADDRESS, object_marking_refs=list(refs), **fields)


@pytest.mark.parametrize(("tlp", "name"), list(TLP_MARKINGS.items()))
def test_the_ids_of_tlp_2_mean_their_labels(tlp: str, name: str) -> None:
    """They are fixed: the definition need not travel with the record."""
    assert label(marked(name)) == tlp


@pytest.mark.parametrize(("tlp", "name"), list(TLP_1.items()))
def test_the_ids_of_tlp_1_mean_the_labels_of_today(tlp: str, name: str) -> None:
    """WHITE is CLEAR now; the others kept their names."""
    assert label(marked(f"marking-definition--{name}")) == tlp


OWN = an_id("marking-definition")
DEFINED = [
    ({"extensions": {TLP_EXTENSION: {"tlp_2_0": "amber+strict"}}}, "amber+strict"),
    ({"definition_type": "tlp", "definition": {"tlp": "white"}}, "clear"),
    ({"definition_type": "TLP", "definition": {"TLP": "TLP:GREEN"}}, "green"),
    ({"definition_type": "tlp", "name": "TLP:RED"}, "red"),
    ({"definition_type": "statement", "definition": {"statement": "tlp:amber"}}, "amber"),
    ({"name": "TLP:AMBER+STRICT", "definition_type": "statement"}, "amber+strict"),
    ({"x_opencti_definition": "TLP:AMBER+STRICT"}, "amber+strict"),
]


@pytest.mark.parametrize(("fields", "tlp"), DEFINED)
def test_definitions_of_other_ids_are_read(fields: dict[str, Any], tlp: str) -> None:
    """By the extension of TLP 2.0, by the definition of TLP 1, or by their names."""
    assert label(an_object("marking-definition", **fields), marked(OWN)) == tlp


def test_a_fixed_id_means_what_it_is_fixed_to() -> None:
    """A definition that says otherwise does not widen it."""
    wide = an_object("marking-definition", definition_type="tlp", definition={"tlp": "white"})

    assert label(wide | {"id": RED}, marked(RED)) == "red"


def test_other_markings_are_no_label() -> None:
    """A statement of copyright restricts no readers; nor does one that the record lacks."""
    statement = an_object("marking-definition", definition_type="statement",
                          definition={"statement": "Copyright"})  # fmt: skip
    (found,) = detections("stix", a_bundle(statement, marked(OWN, an_id("x"))), SOURCE)

    assert found.sharing.tlp == "green"


@pytest.mark.parametrize(
    "objects",
    [
        (an_object("marking-definition", definition_type="tlp", definition={"tlp": "purple"}),
         marked(OWN)),
        (an_object("marking-definition", extensions={TLP_EXTENSION: {"tlp_2_0": "purple"}}),
         marked(OWN)),
        (an_indicator(ADDRESS, labels=["tlp:purple"]),),
        (an_indicator(ADDRESS, labels=["tlp:purple", "tlp:red"]),),
    ],
)  # fmt: skip
def test_a_word_that_is_no_label_is_refused(objects: tuple[dict[str, Any], ...]) -> None:
    """It could mean a stricter one than any we know."""
    outcome = outcome_of("stix", a_bundle(*objects), SOURCE)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_the_strictest_counts() -> None:
    """Of several markings on one object, and of a tag beside them."""
    assert label(marked(AMBER, RED)) == "red"
    assert label(marked(AMBER, labels=["tlp:red"])) == "red"


def test_the_members_own_label_narrows() -> None:
    """A wider marking does not widen what the member sends all its records under."""
    (found,) = detections("stix", marked(TLP_MARKINGS["clear"]), SOURCE)

    assert found.sharing.tlp == "green"


def test_labels_part_detections() -> None:
    """What is under one label is not kept back by what is under a stricter."""
    other = an_indicator("[domain-name:value = 'c2.example']", "two", object_marking_refs=[RED])

    found = detections("stix", a_bundle(marked(AMBER), other), UNLABELLED)
    assert [(each.sharing.tlp, each.observables[0].value) for each in found] == [
        ("amber", "198.51.100.7"), ("red", "c2.example"),
    ]  # fmt: skip


def test_whatever_is_drawn_upon_counts() -> None:
    """A sighting, observed data or an object under a stricter label makes the claim stricter."""
    thing = a_thing("ipv4-addr", value="198.51.100.7")
    indicator = marked(AMBER)
    data = observed(thing)
    server = an_object("infrastructure", object_marking_refs=[AMBER])
    red = {"object_marking_refs": [RED]}

    assert label(indicator, a_sighting(indicator, **red)) == "red"
    assert label(indicator, data | red, tied(indicator, "based-on", data), thing) == "red"
    assert label(data, thing | red) == "red"
    assert label(thing, server, tied(server, "consists-of", thing, **red)) == "red"
    assert label(thing, server | red, tied(server, "consists-of", thing)) == "red"


def test_a_name_under_a_stricter_label_is_left_out() -> None:
    """It does not make the warning stricter: the warning goes without it."""
    indicator = marked(AMBER)
    malware = an_object("malware", object_marking_refs=[RED], name="Secret")
    wide = malware | {"object_marking_refs": [AMBER]}
    tie = tied(indicator, "indicates", malware)

    (found,) = detections("stix", a_bundle(indicator, malware, tie), UNLABELLED)
    (open_,) = detections("stix", a_bundle(indicator, wide, tie), UNLABELLED)
    (closed,) = detections(
        "stix", a_bundle(indicator, wide, tie | {"object_marking_refs": [RED]}), UNLABELLED
    )
    assert (found.sharing.tlp, found.malware) == ("amber", [])
    assert open_.malware == ["Secret"]
    assert closed.malware == []


def test_what_has_no_label_bears_that_of_its_report() -> None:
    """MISP marks the event, not its attributes; what has a label of its own keeps it."""
    bare = an_indicator(ADDRESS)
    report = an_object("report", object_refs=[bare["id"]], object_marking_refs=[RED])

    assert label(bare, report) == "red"
    assert label(marked(AMBER), report) == "amber"


def test_what_an_indicator_is_based_on_is_not_told_again_under_a_wider_label() -> None:
    """The data has no label of its own: it is the indicator's, under the indicator's."""
    thing = a_thing("ipv4-addr", value="198.51.100.7")
    indicator, data = marked(RED), observed(thing)
    tie = tied(indicator, "based-on", data)

    found = detections("stix", a_bundle(indicator, thing, data, tie), SOURCE)
    assert [each.sharing.tlp for each in found] == ["red"]


def granular(*marks: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """An indicator with markings on some of its fields."""
    each = [{"marking_ref": ref, "selectors": [field]} for ref, field in marks]
    return an_indicator(ADDRESS, granular_markings=each, **fields)


def test_a_marking_on_the_pattern_is_the_indicators() -> None:
    """Without the pattern there is nothing to share."""
    assert label(granular((RED, "pattern"))) == "red"


def test_a_marking_on_a_value_is_the_objects() -> None:
    """A cyber-observable object is little more than its value."""
    thing = a_thing("mutex", name="Global\\x", granular_markings=[
        {"marking_ref": RED, "selectors": ["name"]},
    ])  # fmt: skip

    assert label(thing, observed(thing, object_marking_refs=[AMBER])) == "red"


def test_a_field_under_a_stricter_marking_is_not_read() -> None:
    """The pattern goes on under its own label, without the name that may not."""
    (found,) = detections(
        "stix",
        a_bundle(granular((AMBER, "pattern"), (RED, "name"), (RED, "labels.[0]"),
                          labels=["severity:high"])),
        UNLABELLED,
    )  # fmt: skip
    (named,) = detections(
        "stix", a_bundle(granular((AMBER, "pattern"), (AMBER, "name"))), UNLABELLED
    )

    assert (found.sharing.tlp, found.title, found.severity) == (
        "amber", "Indicators in STIX", "medium",
    )  # fmt: skip
    assert named.title == "Indicator one"


@pytest.mark.parametrize(
    ("fields", "pap"),
    [({"name": "PAP:GREEN"}, "green"), ({"definition": {"statement": "PAP:WHITE"}}, "clear"),
     ({"name": "PAP:PURPLE"}, "amber")],
)  # fmt: skip
def test_a_marking_may_say_pap(fields: dict[str, Any], pap: str) -> None:
    """What the recipient may do is said as markings, too; unknown words leave the default."""
    definition = an_object("marking-definition", **fields)
    (found,) = detections("stix", a_bundle(definition, marked(OWN)), SOURCE)

    assert found.sharing.pap == pap
