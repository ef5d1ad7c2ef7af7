import pytest

from relay.formats.tactics import classed, technique_ids, worded
from relay.model.vocabulary import Classification


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (["T1059.001"], ["T1059.001"]),
        (["PowerShell (T1059.001)", "T1059_001"], ["T1059.001"]),
        (['["T1078","t1110"]'], ["T1078", "T1110"]),
        (["T1078, T1110.003; T1078"], ["T1078", "T1110.003"]),
        (["TA0001", "T12345", "XT1078", "T10", "no technique"], []),
    ],
)
def test_techniques_are_found_in_texts(written: list[str], found: list[str]) -> None:
    """However they are joined and named, ids come out in one form, none twice."""
    assert technique_ids(written) == found


@pytest.mark.parametrize(
    ("techniques", "tactics", "found"),
    [
        (["T1110.001"], ["Impact"], "intrusion-attempts:brute-force"),
        (["T1003", "T1071"], [], "malicious-code:c2-server"),
        (["T1003"], ["Command and Control"], "malicious-code:c2-server"),
        ([], ["command-and-control"], "malicious-code:c2-server"),
        ([], ["CommandAndControl"], "malicious-code:c2-server"),
        ([], ["Unknown", "Discovery"], "information-gathering:scanner"),
        ([], ["Unknown"], None),
    ],
)
def test_a_technique_says_more_than_a_tactic(
    techniques: list[str], tactics: list[str], found: Classification | None
) -> None:
    """The first technique that has a class decides, then the first tactic."""
    assert classed(techniques, tactics) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Suspected C2 of a loader", "malicious-code:c2-server"),
        ("Command & Control", "malicious-code:c2-server"),
        ("New control server", "malicious-code:c2-server"),
        ("Spear-phishing at banks", "fraud:phishing"),
        ("Access control list", None),
        ("x" * 1000 + " C2", None),
    ],
)
def test_a_title_may_say_the_class(title: str, found: Classification | None) -> None:
    """Only words that leave no doubt, and only at its start if it is very long."""
    assert worded(title) == found
