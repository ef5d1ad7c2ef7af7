"""What a notable means: how it is classed, and which end of it is the attacker's.

The rule's name says it, as most rules have no other word for it; then the techniques that annotate
it. All of it is data: a new kind of rule is a new row.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from relay.formats.tactics import classed
from relay.model.vocabulary import Classification, Role


class Blame(Enum):
    """Who attacks, as far as the rule says it."""

    SOURCE = auto()
    """The source: it tries something on the member."""
    DESTINATION = auto()
    """The destination: something of the member's called it."""
    FOREIGN = auto()
    """Untold: the one of both that is not the member's."""
    NOBODY = auto()
    """Neither end: what floods forges its sender."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a notable is classed, whom it blames, and what the one blamed is used for."""

    classification: Classification = "other:undetermined"
    blame: Blame = Blame.FOREIGN
    role: Role | None = None


_ROWS: tuple[tuple[str, Meaning], ...] = (
    (r"phish|spam\b|malicious e-?mail", Meaning("fraud:phishing")),
    (
        r"brute.?force|password.?spray|credential.?stuffing|(?:excessive|multiple|many) failed"
        r"|failed (?:log[io]n|auth)|log[io]n failure",
        Meaning("intrusion-attempts:brute-force", Blame.SOURCE, "source"),
    ),
    (
        r"\bc2\b|\bc&c\b|command.?(?:and|&).?control|beacon|call.?back|botnet|cobalt.?strike",
        Meaning("malicious-code:c2-server", Blame.DESTINATION, "c2"),
    ),
    (
        r"exfil|data (?:leak|loss|theft)",
        Meaning("information-content-security:data-leak", Blame.DESTINATION, "exfiltration"),
    ),
    (
        r"\bdga\b|dns tunnel|dns query length|dynamic (?:dns|domain)|\btor\b",
        Meaning("malicious-code:c2-server", Blame.DESTINATION),
    ),
    (
        r"(?:crypto|coin).{0,9}min(?:er|ing)",
        Meaning("fraud:unauthorised-use-of-resources", Blame.DESTINATION),
    ),
    (r"d?dos\b|denial.of.service|\bflood", Meaning("availability:dos", Blame.NOBODY)),
    (
        r"(?:port|host|network|vulnerability|horizontal|vertical|address).?(?:scan|sweep|probe)"
        r"|\bscan(?:ning|ner|s)?\b|\bsweep|reconnaissance",
        Meaning("information-gathering:scanner", Blame.SOURCE, "scanner"),
    ),
    (
        r"sql.?injection|\bsqli\b|\bxss\b|cross.?site|web.?shell|travers|injection|overflow"
        r"|exploit|shellshock|log4|\bids\b|\bips\b|intrusion|web attack|\bcve-",
        Meaning("intrusion-attempts:ids-alert", Blame.SOURCE, "source"),
    ),
    (
        r"ransom|malware|trojan|virus|worm\b|infect|backdoor|spyware",
        Meaning("malicious-code:infected-system"),
    ),
    (
        r"improbable|impossible travel|anonymous (?:log[io]n|proxy|vpn)|account takeover"
        r"|(?:unusual|suspicious|anomalous|risky) (?:log[io]n|sign.?in)",
        Meaning("intrusions:unprivileged-account-compromise", Blame.SOURCE, "source"),
    ),
)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in _ROWS)
_OUTWARD = re.compile(r"\b(?:outbound|outgoing|egress)\b", re.IGNORECASE)
_LONGEST = 1000

_BLAMES = {
    "malicious-code:c2-server": Blame.DESTINATION,
    "information-content-security:data-leak": Blame.DESTINATION,
    "fraud:unauthorised-use-of-resources": Blame.DESTINATION,
    "malicious-code:malware-distribution": Blame.DESTINATION,
    "information-gathering:scanner": Blame.SOURCE,
    "intrusion-attempts:brute-force": Blame.SOURCE,
    "intrusion-attempts:ids-alert": Blame.SOURCE,
}


def meaning(rule: str, domain: str, techniques: list[str], tactics: list[str]) -> Meaning:
    """Return what a rule of some name, security domain and annotations means."""
    name = rule[:_LONGEST]
    found = _named(name) or _annotated(domain, techniques, tactics)
    if _OUTWARD.search(name):
        return Meaning(found.classification, Blame.DESTINATION)
    return found


@lru_cache(maxsize=1024)
def _named(name: str) -> Meaning | None:
    """Return what the name of a rule says. A member has some hundred rules."""
    return next((kind for pattern, kind in _KINDS if pattern.search(name)), None)


def _annotated(domain: str, techniques: list[str], tactics: list[str]) -> Meaning:
    found = classed(techniques, tactics)
    blame = _BLAMES.get(found or "", Blame.FOREIGN)
    if domain.lower() == "access" and blame is Blame.FOREIGN:
        blame = Blame.SOURCE
    return Meaning(found or "other:undetermined", blame)
