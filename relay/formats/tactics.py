"""How an event is classed (RSIT) that names only tactics and techniques of ATT&CK.

All of it is data: a new technique is a new row. Tactics are compared without case, blanks, dashes
and underscores: `Command and Control`, `command-and-control` and `CommandAndControl` are one.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from relay.model.vocabulary import Classification

_TECHNIQUES: Mapping[str, Classification] = MappingProxyType(
    {
        "T1008": "malicious-code:c2-server",
        "T1020": "information-content-security:data-leak",
        "T1040": "information-gathering:sniffing",
        "T1041": "information-content-security:data-leak",
        "T1046": "information-gathering:scanner",
        "T1048": "information-content-security:data-leak",
        "T1071": "malicious-code:c2-server",
        "T1078": "intrusions:unprivileged-account-compromise",
        "T1090": "malicious-code:c2-server",
        "T1095": "malicious-code:c2-server",
        "T1102": "malicious-code:c2-server",
        "T1110": "intrusion-attempts:brute-force",
        "T1132": "malicious-code:c2-server",
        "T1189": "malicious-code:malware-distribution",
        "T1190": "intrusion-attempts:ids-alert",
        "T1204": "malicious-code:infected-system",
        "T1485": "availability:sabotage",
        "T1486": "malicious-code:infected-system",
        "T1496": "fraud:unauthorised-use-of-resources",
        "T1498": "availability:ddos",
        "T1499": "availability:dos",
        "T1537": "information-content-security:data-leak",
        "T1561": "availability:sabotage",
        "T1566": "fraud:phishing",
        "T1567": "information-content-security:data-leak",
        "T1568": "malicious-code:c2-server",
        "T1571": "malicious-code:c2-server",
        "T1572": "malicious-code:c2-server",
        "T1573": "malicious-code:c2-server",
        "T1595": "information-gathering:scanner",
        "T1598": "fraud:phishing",
    }
)

_TACTICS: Mapping[str, Classification] = MappingProxyType(
    {
        "reconnaissance": "information-gathering:scanner",
        "initialaccess": "intrusion-attempts:ids-alert",
        "execution": "intrusions:system-compromise",
        "persistence": "intrusions:system-compromise",
        "privilegeescalation": "intrusions:privileged-account-compromise",
        "defenseevasion": "intrusions:system-compromise",
        "stealth": "intrusions:system-compromise",
        "defenseimpairment": "intrusions:system-compromise",
        "credentialaccess": "intrusions:unprivileged-account-compromise",
        "discovery": "information-gathering:scanner",
        "lateralmovement": "intrusions:system-compromise",
        "collection": "information-content-security:unauthorised-information-access",
        "commandandcontrol": "malicious-code:c2-server",
        "exfiltration": "information-content-security:data-leak",
        "impact": "availability:sabotage",
    }
)

_WORDS: tuple[tuple[re.Pattern[str], Classification], ...] = (
    (
        re.compile(
            r"\bc2\b|\bc&c\b|command.?(?:and|&).?control|\bcontrol servers?\b", re.IGNORECASE
        ),
        "malicious-code:c2-server",
    ),
    (re.compile(r"phish", re.IGNORECASE), "fraud:phishing"),
)
"""Words by which a title alone classes what it is of: only those that leave no doubt."""

_ID = re.compile(r"(?<![A-Za-z0-9])[Tt][0-9]{4}(?:[._][0-9]{3})?(?![0-9])")
_LONGEST_TITLE = 1000
_LONGEST = 65_536  # characters of one text looked at: the largest field of these is far shorter


def technique_ids(written: Iterable[str]) -> list[str]:
    """Return the ATT&CK techniques named in some texts, in order, without repeats.

    `T1059.001`, `PowerShell (T1059.001)` and `["T1059","T1110"]` are all read.
    """
    found = (name for text in written for name in _ID.findall(text[:_LONGEST]))
    return list(dict.fromkeys(name.upper().replace("_", ".") for name in found))


def folded_word(word: str) -> str:
    """Return a word without case, blanks, dashes and underscores."""
    return word.lower().replace(" ", "").replace("-", "").replace("_", "")


def classed(techniques: Iterable[str], tactics: Iterable[str]) -> Classification | None:
    """Return the class of the first technique that says one, else of the first tactic, or None."""
    for name in techniques:
        if (found := _TECHNIQUES.get(name[:5])) is not None:
            return found
    return next((_TACTICS[word] for word in map(folded_word, tactics) if word in _TACTICS), None)


def worded(title: str) -> Classification | None:
    """Return the class that the words of a title say, or None."""
    read = title[:_LONGEST_TITLE]
    return next((meant for pattern, meant in _WORDS if pattern.search(read)), None)
