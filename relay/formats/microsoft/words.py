"""What Microsoft's words mean. All of it is data: a new word is a new row.

Words are compared without case, blanks, dashes and underscores: the portals, the Graph and the
tables of one product spell them differently.
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from relay.model.vocabulary import Classification, Role
from relay.wire.detection import Severity


class Stance(Enum):
    """Whose a piece of evidence is, as far as the alert says it."""

    CULPRIT = auto()
    """The attacker's: by its role, or found malicious."""
    SUSPECT = auto()
    """Found suspicious."""
    UNTOLD = auto()
    """The alert does not say."""
    UNCERTAIN = auto()
    """One end of an activity, and the alert does not say which side it is on."""
    BENIGN = auto()
    """Found harmless, or only there for context."""
    VICTIM = auto()
    """Attacked, compromised or owned by the member."""


ROLES: Mapping[str, Stance] = MappingProxyType(
    {
        "attacker": Stance.CULPRIT,
        "commandandcontrol": Stance.CULPRIT,
        "created": Stance.CULPRIT,
        "loaded": Stance.CULPRIT,
        "suspicious": Stance.SUSPECT,
        "source": Stance.UNCERTAIN,
        "destination": Stance.UNCERTAIN,
        "contextual": Stance.BENIGN,
        "compromised": Stance.VICTIM,
        "attacked": Stance.VICTIM,
        "scanned": Stance.VICTIM,
        "edited": Stance.VICTIM,
        "added": Stance.VICTIM,
        "policyviolator": Stance.VICTIM,
        "impacted": Stance.VICTIM,
    }
)
"""`evidenceRole` of the Graph, and `EvidenceRole` of the table AlertEvidence."""

VERDICTS: Mapping[str, Stance] = MappingProxyType(
    {
        "malicious": Stance.CULPRIT,
        "suspicious": Stance.SUSPECT,
        "nothreatsfound": Stance.BENIGN,
        "nothreatfound": Stance.BENIGN,
        "clean": Stance.BENIGN,
        "benign": Stance.BENIGN,
        "good": Stance.BENIGN,
    }
)

USES: Mapping[str, Role] = MappingProxyType({"commandandcontrol": "c2", "attacker": "source"})
"""What an observable of a role was used for."""

SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        "informational": "info",
        "information": "info",
        "info": "info",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "critical": "critical",
    }
)
"""`unknown` and `unSpecified` are no severity: medium is assumed, and flagged."""

CONFIDENCES: Mapping[str, int] = MappingProxyType({"high": 80, "medium": 60, "low": 30})
"""`ConfidenceLevel`, where there is no score."""

NO_ATTACK = frozenset((
    "falsepositive", "informationalexpectedactivity", "benignpositive", "securitytesting",
    "securitypersonnel", "notmalicious", "confirmeduseractivity", "confirmedactivity",
    "lineofbusinessapplication", "dismissed",
))  # fmt: skip
"""Classifications, determinations, statuses and feedback by which a person said: no attack."""

INWARD = frozenset((
    "microsoftdatalossprevention", "microsoftinsiderriskmanagement", "datalossprevention",
    "insiderriskmanagement", "microsoft365datalossprevention",
))  # fmt: skip
"""Products that watch the member's own people: all they name is the member's."""

CATEGORIES: Mapping[str, Classification] = MappingProxyType(
    {
        "malware": "malicious-code:infected-system",
        "ransomware": "malicious-code:infected-system",
        "unwantedsoftware": "malicious-code:infected-system",
        "backdoor": "malicious-code:infected-system",
        "trojan": "malicious-code:infected-system",
        "exploit": "intrusion-attempts:exploit",
        "phishing": "fraud:phishing",
        "passwordspray": "intrusion-attempts:brute-force",
        "bruteforce": "intrusion-attempts:brute-force",
        "credentialstealing": "intrusions:unprivileged-account-compromise",
        "credentialtheft": "intrusions:unprivileged-account-compromise",
        "anonymouslogin": "intrusions:unprivileged-account-compromise",
        "dataloss": "information-content-security:data-loss",
    }
)
"""Categories and threat types that are no tactic of ATT&CK."""
