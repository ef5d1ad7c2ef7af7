"""What a Suricata category means: how the event is classed, and whom it blames.

Categories are the descriptions in `classification.config` of Suricata 8; classes are those of the
Reference Security Incident Taxonomy. All of it is data: a new category is a new row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from relay.model.vocabulary import Classification, Role


class Blame(Enum):
    """Who attacks, as far as the category says it."""

    ATTEMPT = auto()
    """An attack in the making: whoever sends it."""
    FLOOD = auto()
    """The same, but over UDP the sender is forged: it is whom the flood is meant for."""
    ANSWER = auto()
    """An attack that worked: the sender of the packet was hit, the receiver attacks."""
    CALLED = auto()
    """Malware or a victim called out: the server attacks."""
    FOREIGN = auto()
    """The category does not say: whoever is not of the member, if that is one of the two."""
    NOBODY = auto()
    """A breach of policy or protocol: the server is a service as any other."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How an alert is classed, whom it blames, and what the one blamed is used for."""

    classification: Classification = "intrusion-attempts:ids-alert"
    blame: Blame = Blame.FOREIGN
    role: Role | None = None


_ATTEMPT = Meaning(blame=Blame.ATTEMPT)
_SCAN = Meaning("information-gathering:scanner", Blame.ATTEMPT, "scanner")
_GUESS = Meaning("intrusion-attempts:brute-force", Blame.ATTEMPT)
_FLOOD = Meaning("availability:dos", Blame.FLOOD)
_LEAK = Meaning("information-content-security:data-leak", Blame.ANSWER)
_CALLED = Meaning("malicious-code:c2-server", Blame.CALLED, "c2")
_PHISHING = Meaning("fraud:phishing", Blame.CALLED, "phishing")
_POLICY = Meaning("other:undetermined", Blame.NOBODY)
_INFECTED = Meaning("malicious-code:infected-system")
_ANSWERED = Meaning("intrusions:system-compromise", Blame.ANSWER)
_DEFAULT = Meaning()

_CATEGORIES: Mapping[str, Meaning] = MappingProxyType(
    {
        "Attempted Information Leak": _SCAN,
        "Detection of a Network Scan": _SCAN,
        "Decode of an RPC Query": _SCAN,
        "Information Leak": _LEAK,
        "Large Scale Information Leak": _LEAK,
        "Attempted Denial of Service": _FLOOD,
        "Denial of Service": _FLOOD,
        "Detection of a Denial of Service Attack": _FLOOD,
        "Attempted User Privilege Gain": _ATTEMPT,
        "Attempted Administrator Privilege Gain": _ATTEMPT,
        "Executable code was detected": _ATTEMPT,
        "Web Application Attack": _ATTEMPT,
        "access to a potentially vulnerable web application": _ATTEMPT,
        "An attempted login using a suspicious username was detected": _GUESS,
        "Attempt to login by a default username and password": _GUESS,
        "Unsuccessful User Privilege Gain": Meaning(blame=Blame.ANSWER),
        "Successful User Privilege Gain": Meaning(
            "intrusions:unprivileged-account-compromise", Blame.ANSWER
        ),
        "Successful Administrator Privilege Gain": Meaning(
            "intrusions:privileged-account-compromise", Blame.ANSWER
        ),
        "A Network Trojan was detected": _INFECTED,
        "Malware Command and Control Activity Detected": _CALLED,
        "Domain Observed Used for C2 Detected": _CALLED,
        "Exploit Kit Activity Detected": Meaning(
            "malicious-code:malware-distribution", Blame.CALLED, "distribution"
        ),
        "Crypto Currency Mining Activity Detected": Meaning(
            "fraud:unauthorised-use-of-resources", Blame.CALLED
        ),
        "Possibly Unwanted Program Detected": Meaning(
            "malicious-code:infected-system", Blame.CALLED
        ),
        "Successful Credential Theft Detected": _PHISHING,
        "Possible Social Engineering Attempted": _PHISHING,
        "Not Suspicious Traffic": _POLICY,
        "Unknown Traffic": _POLICY,
        "A TCP connection was detected": _POLICY,
        "A client was using an unusual port": _POLICY,
        "Generic Protocol Command Decode": _POLICY,
        "Generic ICMP event": _POLICY,
        "Misc activity": _POLICY,
        "Inappropriate Content was Detected": _POLICY,
        "Potential Corporate Privacy Violation": _POLICY,
        "Device Retrieving External IP Address Detected": _POLICY,
    }
)

# The second word of a name groups the rules of the Emerging Threats sets.
_GROUP = re.compile(r"(?:ET|ETPRO|GPL) ([A-Z0-9_]{1,32}) ")
_GROUPS: Mapping[str, Meaning] = MappingProxyType(
    {
        **dict.fromkeys(("EXPLOIT", "SQL", "WEB_SERVER", "WEB_SPECIFIC_APPS"), _ATTEMPT),
        **dict.fromkeys(("CNC", "MALWARE", "MOBILE_MALWARE", "TROJAN"), _INFECTED),
        **dict.fromkeys(("CHAT", "GAMES", "INAPPROPRIATE", "INFO", "P2P", "POLICY"), _POLICY),
        "ATTACK_RESPONSE": _ANSWERED,
        "JA3": _CALLED,
        "PHISHING": _PHISHING,
        "SCAN": _SCAN,
    }
)
_CALLS = re.compile(
    r"\b(?:CnC|C2|C&C|Check-?in)\b|\bDomain \(|\bDomain in\b|in (?:TLS SNI|DNS Lookup)",
    re.IGNORECASE,
)
_HOSTILE = re.compile(
    r"attack|backdoor|beacon|botnet|brute|\bc2\b|\bcnc\b|\bddos\b|\bdos\b|exfil|exploit|flood"
    r"|inject|malicious|malware|miner|phish|ransom|\brat\b|scan|shell|suspicious|traversal|trojan",
    re.IGNORECASE,
)
_LISTED = re.compile(r"ET (?:CINS|DROP|COMPROMISED|3CORESec|TOR) ")
_OUTWARD = re.compile(r"\b(?:outbound|outgoing)\b", re.IGNORECASE)
_UNCLASSED = ("", "Unknown Classtype")


def meaning(category: str, signature: str) -> Meaning:
    """Return what an alert means: by its category, and where that is vague by the rule's group, or
    by its name. Half of the scans are filed under "Potentially Bad Traffic", exploits under leaks
    and activities, look-ups under trojans; before 2021 command servers were, too."""
    found = _CATEGORIES.get(category, _DEFAULT)
    told = _GROUP.match(signature)
    group = _GROUPS.get(told[1], _DEFAULT) if told else _DEFAULT
    unnamed = category in _UNCLASSED and not told and not _HOSTILE.search(signature)
    if unnamed or (group is _POLICY and found.blame is not Blame.CALLED):
        return _POLICY
    if group is not _DEFAULT and _gives_way(found, group):
        found = group
    calls = found is _INFECTED is group and _CALLS.search(signature)
    return _CALLED if calls else found


def _gives_way(found: Meaning, group: Meaning) -> bool:
    """Return whether a category is vaguer than the rule's group."""
    if found is _DEFAULT or found is _POLICY:
        return True
    if group is _SCAN:
        return found.blame is Blame.FOREIGN
    return found is _SCAN and group is _ATTEMPT


def lists_senders(signature: str) -> bool:
    """Return whether the rule fires on senders that stand on a list of hostile addresses."""
    return _LISTED.match(signature) is not None


def outward(signature: str) -> bool:
    """Return whether the rule's name says that the attack leaves the network of the sensor."""
    return _OUTWARD.search(signature) is not None
