from typing import Any

import pytest

from relay.formats.outcome import Refused
from tests.unit.formats.kit import (
    UNLABELLED,
    detections,
    outcome_of,
)
from tests.unit.formats.misp_events import (
    CONTEXT,
    DOMAIN,
    attribute,
    event,
    tags,
    thing,
)


@pytest.mark.parametrize(
    ("names", "tlp"),
    [
        ((), "green"),
        (("tlp:white",), "green"),
        (("TLP:AMBER+STRICT",), "amber+strict"),
        (("tlp:green", "tlp:red"), "red"),
        (("tlp:ex:chr", "tlp:clear"), "green"),
        (("tlp", "green", "type:OSINT"), "green"),
    ],
)
def test_labels_of_an_event(names: tuple[str, ...], tlp: str) -> None:
    """The strictest of the event's labels and the one given for it."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.sharing.tlp == tlp
    assert detection.sharing.attribution == ("must-not" if "tlp:ex:chr" in names else "may")


def test_no_label_is_too_far_behind() -> None:
    """However many tags go before it, a label holds."""
    many = tags(*(f'misp-galaxy:tool="tool {n}"' for n in range(5000)), "tlp:red")
    (detection,) = detections("misp", event(DOMAIN, Tag=many))

    assert detection.sharing.tlp == "red"


def test_older_exports_wrap_tags_once_more() -> None:
    """The link to a tag holds the tag; a label there counts like any."""
    linked: dict[str, Any] = {"EventTag": [{"Tag": tags("tlp:red")[0]}]}
    (detection,) = detections("misp", event(DOMAIN, **linked))

    assert detection.sharing.tlp == "red"


@pytest.mark.parametrize("name", ["tlp:unclear", "tlp:purple", "tlp:"])
def test_a_label_that_is_none_is_refused(name: str) -> None:
    """It could mean a stricter one."""
    outcome = outcome_of("misp", event(DOMAIN, Tag=tags(name, "tlp:green")))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_an_event_without_a_label_needs_one_given() -> None:
    """Nothing is shared under a label that nobody gave."""
    outcome = outcome_of("misp", event(DOMAIN), UNLABELLED)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_a_stricter_attribute_is_told_apart() -> None:
    """It goes out under its own label and leaves the others theirs; a wider one changes nothing."""
    strict = {**attribute("ip-dst", "198.51.100.7"), "Tag": tags("tlp:red")}
    wide = {**attribute("ip-dst", "198.51.100.8"), "Tag": tags("tlp:clear")}
    odd = {**attribute("ip-dst", "198.51.100.6"), "Tag": tags("tlp:purple")}

    both = detections("misp", event(DOMAIN, strict, wide, odd, Tag=tags("tlp:amber")))

    assert [(d.sharing.tlp, [o.value for o in d.observables]) for d in both] == [
        ("amber", ["evil.example", "198.51.100.8"]),
        ("red", ["198.51.100.7"]),
    ]
    assert both[0].id != both[1].id


@pytest.mark.parametrize(
    ("level", "barred"),
    [("0", True), ("4", True), (0, True), ("7", True), ("1", False), ("2", False), (3, False),
     ("5", False), (None, False)],
)  # fmt: skip
def test_an_event_for_the_own_organisation_is_told_to_nobody(level: object, barred: bool) -> None:
    """So is one for a sharing group, whose members the relay cannot know: it is counted with the
    member's own, and shared with no one."""
    (detection,) = detections("misp", event(DOMAIN, distribution=level))

    assert detection.sharing.recipients == ([] if barred else None)


def test_a_confined_attribute_is_told_apart() -> None:
    """An attribute or an object for the own organisation is told to nobody, the rest as before."""
    own = {**attribute("ip-dst", "198.51.100.7"), "distribution": "0"}
    group = thing(
        "domain-ip",
        attribute("ip-dst", "198.51.100.8", object_relation="ip"),
        distribution="4",
    )

    both = detections("misp", event(DOMAIN, own, group))

    assert [(d.sharing.recipients, [o.value for o in d.observables]) for d in both] == [
        (None, ["evil.example"]),
        ([], ["198.51.100.7", "198.51.100.8"]),
    ]


def test_local_tags_restrict_and_tell_nothing() -> None:
    """They are the instance's own: a local label still holds, a local finding stays at home."""
    local = [
        {"name": name, "local": True}
        for name in (
            "tlp:red", "PAP:RED", 'misp-galaxy:mitre-attack-pattern="x - T1059"',
            'misp-galaxy:tool="x"', 'rsit:fraud="phishing"',
        )
    ]  # fmt: skip

    (detection,) = detections("misp", event(DOMAIN, Tag=local))

    assert (detection.sharing.tlp, detection.sharing.pap) == ("red", "red")
    assert (detection.techniques, detection.malware) == ([], [])
    assert detection.classification == "other:undetermined"


@pytest.mark.parametrize(
    ("names", "pap"),
    [(("PAP:WHITE",), "clear"), (("PAP:GREEN", "PAP:AMBER"), "amber"), (("PAP:odd",), "red")],
)
def test_labels_of_permitted_actions(names: tuple[str, ...], pap: str) -> None:
    """The strictest holds; a word that is none counts as the strictest of all."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.sharing.pap == pap


@pytest.mark.parametrize(
    ("level", "severity", "assumed"),
    [("1", "high", False), (2, "medium", False), ("3", "low", False), ("4", "medium", True),
     ("", "medium", True), (None, "medium", True)],
)  # fmt: skip
def test_threat_levels_are_inverted(level: object, severity: str, assumed: bool) -> None:
    """1 is the worst and 4 says nothing."""
    (detection,) = detections("misp", event(DOMAIN, threat_level_id=level))

    assert detection.severity == severity
    assert ("severity_assumed" in detection.flags) is assumed


@pytest.mark.parametrize(
    ("names", "confidence"),
    [
        (('misp:confidence-level="completely-confident"',), 100),
        (('misp:confidence-level="confidence-cannot-be-evaluated"',), 50),
        (('admiralty-scale:source-reliability="b"',), 75),
        (('admiralty-scale:source-reliability="a"',
          'admiralty-scale:information-credibility="4"'), 25),
        (('estimative-language:likelihood-probability="very-likely"',), 80),
        (('estimative-language:confidence-in-analytic-judgment="moderate"',), 55),
        (('admiralty-scale:source-reliability="f"',), 50),
    ],
)  # fmt: skip
def test_confidence_by_taxonomies(names: tuple[str, ...], confidence: int) -> None:
    """By the numbers that the taxonomies give to their words; what is said of the content goes
    before what is said of the source."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.confidence == confidence


@pytest.mark.parametrize(
    ("name", "classification"),
    [
        ('rsit:fraud="phishing"', "fraud:phishing"),
        ('ecsirt:malicious-code="ransomware"', "malicious-code:malware-distribution"),
        ('ecsirt:information-content-security="Unauthorised-information-access"',
         "information-content-security:unauthorised-information-access"),
        ('circl:incident-classification="scan"', "information-gathering:scanner"),
        ('circl:topic="finance"', "other:undetermined"),
        ('rsit:fraud="unheard-of"', "other:undetermined"),
    ],
)  # fmt: skip
def test_classification_by_taxonomies(name: str, classification: str) -> None:
    """RSIT as it is, its forerunner and CIRCL's by a table."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(name)))

    assert detection.classification == classification


@pytest.mark.parametrize(
    ("names", "info", "classification"),
    [
        (('misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"',), "x",
         "malicious-code:c2-server"),
        (('rsit:fraud="phishing"', 'misp-galaxy:mitre-attack-pattern="x - T1071"'), "x",
         "fraud:phishing"),
        ((), "Control servers of a botnet", "malicious-code:c2-server"),
        ((), "Notes on a game", "other:undetermined"),
    ],
)  # fmt: skip
def test_without_a_class_techniques_and_title_tell(
    names: tuple[str, ...], info: str, classification: str
) -> None:
    """A tag of a taxonomy goes before a technique, a technique before a word of the title."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names), info=info))

    assert detection.classification == classification


def test_techniques_and_malware_by_galaxies() -> None:
    """Of the event and of what comes out; mitigations end in the same ids and are none."""
    galaxies = tags(
        'misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"',
        'misp-galaxy:mitre-enterprise-attack-attack-pattern="PowerShell - T1086"',
        'misp-galaxy:mitre-attack-pattern="PowerShell"',
        'misp-galaxy:mitre-course-of-action="Something Mitigation - T1009"',
        'misp-galaxy:mitre-malware="JHUHUGIT - S0044"',
        'misp-galaxy:threat-actor="Somebody"',
    )
    own = {**DOMAIN, "Tag": tags('misp-galaxy:mitre-attack-pattern="x - T1059"')}
    context = {**CONTEXT, "Tag": tags('misp-galaxy:mitre-attack-pattern="x - T1003"')}

    (detection,) = detections("misp", event(own, context, Tag=galaxies))

    assert [technique.id for technique in detection.techniques] == ["T1071.001", "T1086", "T1059"]
    assert detection.malware == ["JHUHUGIT"]
