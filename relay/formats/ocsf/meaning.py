"""What a finding is about: how it is classed (RSIT), and which end of a connection that blames.

OCSF has no taxonomy of its own: in order what malware it is, the words of `types` and `title`, the
techniques and tactics of ATT&CK. All of it is data: a new word is a new row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from relay.formats.fields import number, part, parts, text, texts
from relay.formats.tactics import classed
from relay.model.vocabulary import CLASSIFICATIONS, Classification, Role

Fields = Mapping[str, object]


class Intent(Enum):
    """Which end of a connection attacks, as far as the kind of attack tells it."""

    CALLED = auto()
    """Malware or a victim called out: the end that is called."""
    ATTEMPT = auto()
    """A scan, a guess, an exploit, a flood: the end that begins."""
    OPEN = auto()
    """It does not tell."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a finding is classed, whom that blames, and what the one blamed is used for."""

    classification: Classification
    intent: Intent
    role: Role | None


_INTENTS: Mapping[str, Intent] = MappingProxyType(
    {
        "malicious-code": Intent.CALLED,
        "fraud:unauthorised-use-of-resources": Intent.CALLED,  # mining, mostly
        "fraud:phishing": Intent.CALLED,
        "information-gathering": Intent.ATTEMPT,
        "intrusion-attempts": Intent.ATTEMPT,
        "availability": Intent.ATTEMPT,
    }
)
_ROLES: Mapping[Classification, Role] = MappingProxyType(
    {
        "malicious-code:c2-server": "c2",
        "malicious-code:malware-distribution": "distribution",
        "information-content-security:data-leak": "exfiltration",
        "information-gathering:scanner": "scanner",
        "fraud:phishing": "phishing",
    }
)

_MEANINGS: Mapping[Classification, Meaning] = MappingProxyType(
    {
        kind: Meaning(
            kind,
            _INTENTS.get(kind) or _INTENTS.get(kind.partition(":")[0], Intent.OPEN),
            _ROLES.get(kind),
        )
        for kind in CLASSIFICATIONS
    }
)

# The first that is met counts: what is rare and certain stands before what is said of everything.
_WORDS: tuple[tuple[str, Classification], ...] = (
    (r"phish|credential.?harvest", "fraud:phishing"),
    (r"crypto.?(?:currency|min|jack)|coin.?min|bitcoin", "fraud:unauthorised-use-of-resources"),
    (r"\bddos\b|distributed.denial", "availability:ddos"),
    (r"\bdos\b|denial.?of.?service", "availability:dos"),
    (
        r"brute.?force|password.?(?:spray|guess)|credential.?stuff|(?:login|logon).?failure"
        r"|failed.?(?:login|logon|auth)",
        "intrusion-attempts:brute-force",
    ),
    (r"exfiltrat|data.?(?:leak|theft)", "information-content-security:data-leak"),
    (r"c&c|\bc2\b|command.?and.?control|beacon|botnet|backdoor", "malicious-code:c2-server"),
    (
        r"port.?(?:scan|sweep|probe)|\bscan(?:ner|ning|s)?\b|\brecon|\bdiscovery:",
        "information-gathering:scanner",
    ),
    (r"exploit.?kit|drive.?by|malware.?download", "malicious-code:malware-distribution"),
    (
        r"exploit|injection|\bsqli\b|\bxss\b|\brce\b|traversal|web.?(?:attack|shell)",
        "intrusion-attempts:exploit",
    ),
    (
        r"malware|trojan|ransom|virus|\bworm|dropper|spyware|adware|rootkit|infect",
        "malicious-code:infected-system",
    ),
)
_PATTERNS = tuple((re.compile(words), classification) for words, classification in _WORDS)
_ANY = re.compile("|".join(words for words, _ in _WORDS))
_LONGEST = 1000  # characters of words looked at

_MALWARE: Mapping[int, Classification] = MappingProxyType(
    {
        5: "availability:ddos",
        8: "malicious-code:malware-distribution",
        13: "fraud:unauthorised-use-of-resources",
    }
)
"""`classification_ids` of malware that say more than that there is some."""
_MOST = 100  # attacks and pieces of malware looked at


def meaning(event: Fields, info: Fields) -> Meaning:
    """Return what a finding means. `info` is its `finding_info` (`finding` before OCSF 1.1)."""
    types = texts(info, "types")[:_MOST]
    for written in types:
        if written in CLASSIFICATIONS:
            return _MEANINGS[written]
    malware = tuple(islice(parts(event, "malware"), _MOST))
    found = (
        _of_malware(malware)
        or _of_words("\n".join((*types, text(info, "title")))[:_LONGEST].lower())
        or classed(techniques(event, info), _tactics(event, info))
    )
    if found is None:
        found = "malicious-code:infected-system" if malware else "other:undetermined"
    return _MEANINGS[found]


def techniques(event: Fields, info: Fields) -> list[str]:
    """Return the ids of the ATT&CK techniques, the sub-technique where there is one."""
    return [
        text(part(attack, "sub_technique"), "uid") or text(part(attack, "technique"), "uid")
        for attack in _attacks(event, info)
    ]


def _tactics(event: Fields, info: Fields) -> list[str]:
    """Return the names of tactics, also from types of Amazon (`TTPs/Defense Evasion/…`)."""
    named = [
        text(tactic, "name")
        for attack in _attacks(event, info)
        for tactic in (part(attack, "tactic"), *parts(attack, "tactics"))
    ]
    steps = (written.split("/", 2) for written in texts(info, "types")[:_MOST])
    return named + [step[1] for step in steps if step[0] == "TTPs" and len(step) > 1]


def _attacks(event: Fields, info: Fields) -> tuple[Fields, ...]:
    """They stood beside the finding before OCSF 1.1, and do in the security control profile."""
    return (parts(info, "attacks") or parts(event, "attacks"))[:_MOST]


def _of_malware(malware: tuple[Fields, ...]) -> Classification | None:
    for piece in malware:
        ids = piece.get("classification_ids")
        for written in ids[:_MOST] if isinstance(ids, list) else ():
            if (found := _MALWARE.get(number({"id": written}, "id") or 0)) is not None:
                return found
    return None


@lru_cache(maxsize=1024)
def _of_words(words: str) -> Classification | None:
    """Return what types and title say. A product has some hundred."""
    if _ANY.search(words) is None:
        return None
    return next(named for pattern, named in _PATTERNS if pattern.search(words))
