"""What the categories of IDEA0 say: the incident, how bad it is, and who its sources are.

Names are held in lower case: the spelling of categories varies. A category that is not listed has
the meaning of the class before its dot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from relay.model.vocabulary import Classification, Role
from relay.wire.detection import Severity

SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
"""From harmless to worst."""

TEST = "test"
"""How the category begins of messages that tell of nothing: receivers must not act on them."""


class Blame(IntEnum):
    """Who a source is of which nothing else is said. Of several categories the first holds."""

    VULNERABLE = 1
    """A machine with a hole: a victim."""
    ATTACKER = 2
    """Whoever scans, tries, floods or sends."""
    INFECTED = 3
    """The infected machine, unless it has a URL: then it is what offers the malware."""
    CALLER = 4
    """A machine that called what it should not, which is then the target."""
    INTRUDER = 5
    """Who broke in, if a target is named; else it may be the machine that was broken into."""
    SITE = 6
    """What a fraud offers, or a service for attackers."""
    NOBODY = 7
    """An anomaly: either end may have caused it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a category says. `severity` None: it does not tell; `role` is that of a source."""

    classification: Classification
    blame: Blame
    role: Role | None = None
    severity: Severity | None = None


def _attack(classification: Classification, severity: Severity, role: Role = "source") -> Meaning:
    return Meaning(classification, Blame.ATTACKER, role, severity)


def _site(classification: Classification, severity: Severity | None, role: Role) -> Meaning:
    return Meaning(classification, Blame.SITE, role, severity)


def _intrusion(classification: Classification) -> Meaning:
    return Meaning(classification, Blame.INTRUDER, "source", "high")


def _taken(classification: Classification) -> Meaning:
    return Meaning(classification, Blame.INTRUDER, "source")


_MALWARE = Meaning("malicious-code:infected-system", Blame.INFECTED, severity="high")
_UNKNOWN = Meaning("other:undetermined", Blame.NOBODY)

# The severities are those of Mentat's event classes, one higher for what has already happened.
_MEANINGS: Mapping[str, Meaning] = MappingProxyType({
    "abusive": _attack("other:undetermined", "low"),
    "abusive.spam": _attack("abusive-content:spam", "low", "sender"),
    "abusive.harassment": _attack("abusive-content:harmful-speech", "low"),
    "abusive.child": _attack("abusive-content:violence", "high"),
    "abusive.sexual": _attack("abusive-content:violence", "high"),
    "abusive.violence": _attack("abusive-content:violence", "high"),
    "malware": _MALWARE,
    "recon": _attack("information-gathering:scanner", "low", "scanner"),
    "recon.sniffing": _attack("information-gathering:sniffing", "medium"),
    "recon.socialengineering":
        _attack("information-gathering:social-engineering", "medium"),
    "attempt": _attack("intrusion-attempts:ids-alert", "medium"),
    "attempt.login": _attack("intrusion-attempts:brute-force", "medium"),
    "attempt.newsignature": _attack("intrusion-attempts:exploit", "high"),
    "intrusion": _intrusion("intrusions:system-compromise"),
    "intrusion.admincompromise": _intrusion("intrusions:privileged-account-compromise"),
    "intrusion.usercompromise": _intrusion("intrusions:unprivileged-account-compromise"),
    "intrusion.appcompromise": _intrusion("intrusions:application-compromise"),
    "intrusion.botnet": _MALWARE,
    "availability": _attack("availability:dos", "medium"),
    "availability.ddos": _attack("availability:ddos", "medium"),
    "availability.sabotage": _attack("availability:sabotage", "high"),
    "availability.outage": Meaning("availability:outage", Blame.NOBODY),
    "information": _taken("information-content-security:unauthorised-information-access"),
    "information.unauthorizedmodification":
        _taken("information-content-security:unauthorised-information-modification"),
    "fraud": _site("other:undetermined", "medium", "other"),
    "fraud.unauthorizedusage": _site("fraud:unauthorised-use-of-resources", "medium", "other"),
    "fraud.copyright": _site("fraud:copyright", "low", "other"),
    "fraud.masquerade": _site("fraud:masquerade", "medium", "other"),
    "fraud.phishing": _site("fraud:phishing", "medium", "phishing"),
    "fraud.scam": _site("fraud:masquerade", "medium", "other"),
    "vulnerable": Meaning("vulnerable:vulnerable-system", Blame.VULNERABLE, severity="medium"),
    "vulnerable.open":
        Meaning("vulnerable:potentially-unwanted-accessible", Blame.VULNERABLE, severity="medium"),
    "suspicious": _site("other:undetermined", None, "other"),
    "suspicious.miner":
        Meaning("fraud:unauthorised-use-of-resources", Blame.CALLER, "other", "low"),
    "anomaly": _UNKNOWN,
    "spam": _attack("abusive-content:spam", "low", "sender"),  # so and below: without its class
    "exploit": _attack("intrusion-attempts:ids-alert", "medium"),
    "other": Meaning("other:other", Blame.NOBODY),
})  # fmt: skip

_MISSPELT = MappingProxyType({"availibility": "availability", "availabilty": "availability"})


def names(written: Iterable[str]) -> list[str]:
    """Return categories as they are looked up: lower case, misspelt classes put right."""
    found = []
    for word in written:
        first, dot, rest = word.strip().lower().partition(".")
        found.append(f"{_MISSPELT.get(first, first)}{dot}{rest}")
    return found


def is_test(categories: Iterable[str]) -> bool:
    """Return whether one of the categories, as `names` gives them, is that of tests."""
    return any(name.startswith(TEST) for name in categories)


def meaning(categories: Iterable[str]) -> Meaning:
    """Return what categories, as `names` gives them, say together: whom the gravest blames, and
    the worst severity. None at all, or none that is known: an anomaly."""
    found = {_meaning(name) for name in categories}
    if not found:
        return _UNKNOWN
    lead = min(found, key=lambda each: (each.blame, -_rank(each.severity), each.classification))
    worst = max((each.severity for each in found), key=_rank)
    return Meaning(lead.classification, lead.blame, lead.role, worst)


def _meaning(name: str) -> Meaning:
    known = _MEANINGS.get(name)
    return known or _MEANINGS.get(name.partition(".")[0], _UNKNOWN)


def _rank(severity: Severity | None) -> int:
    return -1 if severity is None else SEVERITIES.index(severity)
