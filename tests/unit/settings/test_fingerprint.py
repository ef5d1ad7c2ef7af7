import subprocess
import sys
from dataclasses import replace

from relay.model.member import Member, Wants
from relay.model.policy import Policy
from relay.settings import fingerprint

ONE = Member("ee", "CERT-EE", "EE", "national-hub")
OTHER = Member("fr", "CERT-FR", "FR", "national-hub", wants=Wants(types=frozenset({"url", "ipv4"})))
POLICY = Policy((ONE, OTHER), b"0123456789abcdef")

PROGRAM = """
from relay.model.member import Member, Wants
from relay.model.policy import Policy
from relay.settings import fingerprint
types = frozenset({"url", "ipv4", "domain", "md5", "cve"})
print(fingerprint(Policy((Member("a", "A", "EE", "hub", wants=Wants(types=types)),), bytes(16))))
"""


def test_the_order_of_the_register_does_not_decide() -> None:
    """Two registers with the same members in another order have one fingerprint."""
    assert fingerprint(replace(POLICY, members=(OTHER, ONE))) == fingerprint(POLICY)


def test_whatever_decides_makes_a_difference() -> None:
    """A member's trust, a window, the number of lanes and the secret each change the digest."""
    others = [
        replace(POLICY, members=(ONE, replace(OTHER, trust=1))),
        replace(POLICY, windows=POLICY.windows | {"ipv4": 1}),
        replace(POLICY, lanes=5),
        replace(POLICY, secret=b"0123456789abcdeg"),
    ]

    assert len({fingerprint(each) for each in (POLICY, *others)}) == 5


def test_processes_agree_on_it() -> None:
    """It does not depend on how a process happens to order its sets."""
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(said) == 1
