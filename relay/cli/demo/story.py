"""The story that the demo plays: who sees what, in which order. Documentation values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid5

from relay.model.identity import NAMESPACE

MEMBERS = """\
version: 1
members:
  - {id: ee, name: CERT-EE, country: EE, kind: national-hub, attribution: named}
  - {id: pl, name: CERT Polska, country: PL, kind: national-hub}
  - {id: de, name: BSI, country: DE, kind: national-hub}
  - {id: fr, name: CERT-FR, country: FR, kind: national-hub}
  - {id: es, name: INCIBE-CERT, country: ES, kind: national-hub, attribution: anonymous}
  - {id: nordic-hub, name: Nordic-Baltic Cross-Border Hub, country: EU, kind: cross-border-hub}
"""
IDS = ("ee", "pl", "de", "fr", "es", "nordic-hub")
RELAY = "relay"
"""Who the brokers take the relay for."""

DOMAIN = ("domain", "login-portal-update.example")
ADDRESS = ("ipv4", "203.0.113.77")
PAYLOAD = ("sha256", "9f2c4e1ab06d7758c3e9d1f4a2b85c6e7d0f3a1928b4c5d6e7f8091a2b3c4d5e")
ATTACK = (DOMAIN, ADDRESS, PAYLOAD)


@dataclass(frozen=True, slots=True)
class Act:
    """One turn of the story. `kill` ends the relay before, `revive` starts it after.

    `member` publishes `observables`, or `raw` bytes that are no detection.
    """

    says: str
    member: str
    observables: tuple[tuple[str, str], ...] = ()
    severity: str = "high"
    confidence: int = 80
    raw: bytes | None = None
    kill: bool = False
    revive: bool = False


ACTS = (
    Act(
        "Estonia finds a loader on a ministry's network: a payload, its domain, its server.",
        "ee",
        ATTACK,
    ),
    Act(
        "Germany's new connector sends something that is no detection.",
        "de",
        raw=b'{"alert": "test", "oops": tru',
    ),
    Act(
        "Germany's second try names an address of its own network: cut. Too faint to wake anyone.",
        "de",
        (("ipv4", "10.20.30.40"), ("domain", "cdn-sync.example")),
        severity="low",
        confidence=30,
    ),
    Act("Poland's hospitals are hit by the same payload.", "pl", (PAYLOAD,), severity="critical"),
    Act(
        "The relay is killed (kill -9). Meanwhile France is hit: nobody can be told.",
        "fr",
        (PAYLOAD, DOMAIN),
        kill=True,
        revive=True,
    ),
    Act("Spain sees the server, two nations after the first.", "es", (ADDRESS,), severity="medium"),
)


def detection(act: Act, number: int, at: str) -> Mapping[str, object]:
    """Return the `detection.v1` of an act, seen and published at `at` (RFC 3339, UTC)."""
    return {
        "schema": "detection.v1",
        "id": str(uuid5(NAMESPACE, f"demo:{number}:{at}")),
        "member": act.member,
        "detected_at": at,
        "published_at": at,
        "title": "Loader contacts its server",
        "classification": "malicious-code:malware-distribution",
        "severity": act.severity,
        "confidence": act.confidence,
        "techniques": [{"id": "T1105"}],
        "observables": [
            {"type": kind, "value": value, "side": "attacker"} for kind, value in act.observables
        ],
        "sharing": {"tlp": "green"},
    }
