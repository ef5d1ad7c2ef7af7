"""What a Wazuh rule says of an event: how severe it is, what kind, and whether anybody attacks.

Wazuh has a rule for everything that a machine may log, most of it no attack: levels, groups and the
rule's own words tell them apart. All of it is data: a new group is a new word in a row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from relay.formats.fields import number, part, text, texts
from relay.model.vocabulary import Classification, Role
from relay.wire.detection import Severity

_SEVERITIES: tuple[tuple[int, Severity], ...] = (
    (15, "critical"), (10, "high"), (7, "medium"), (4, "low"), (0, "info"),
)  # fmt: skip

_TRAIL = 3  # up to this level a rule only notes what happened, unless it is of a group of attacks
_LEVEL = 5  # of an alert without one
_BOLD = 6  # below, a login that succeeded is a login
_LOUD = 10  # from this level on a rule is written to call somebody
_MOST_GROUPS = 64

# Groups that tell of the member's own machines, whatever the level.
_NOISE: Mapping[str, str] = {
    "sca": "compliance", "oscap": "compliance", "ciscat": "compliance", "rootcheck": "compliance",
    "vulnerability-detector": "vulnerability", "vuls": "vulnerability",
    "openvas": "vulnerability", "qualysguard": "vulnerability", "syscollector": "inventory",
}  # fmt: skip

_ATTACKS = frozenset((
    "access_denied", "attack", "attacks", "authentication_failed", "authentication_failures",
    "aws_guardduty", "brute_force", "bruteforce", "c2", "command_and_control", "ddos", "dos",
    "exploit", "exploit_attempt", "fail2ban", "firewall_drop", "ids", "invalid_login", "ioc",
    "login_denied", "malware", "multiple_drops", "multiple_spam", "phishing", "portscan",
    "ransomware", "recon", "scan", "spam", "sql_injection", "sqlinjection", "threat_intel",
    "trojan", "virus", "virustotal", "web_attack", "web_scan", "xss", "yara",
))  # fmt: skip
_HOSTILE = re.compile(
    r"attack|exploit|malicious|malware|botnet|\bvirus|\bworm|trojan|ransom|brute"
    r"|\bscan(?:s|ning|ner)?\b|injection|shellshock|traversal|web ?shell|\bxss\b|intrusion"
    r"|suspicious|phishing|spoof"
    r"|\bc&c\b|c-and-c|\bc2\b|command and control|\bthreat|\bioc\b|\bflood|\bd?dos\b|blacklist"
    r"|flagged|\bbann?ed\b|fail(?:ed|ure)?\b.{0,20}\b(?:log[io]n|authent\w*|password)"
    r"|(?:log[io]n|authent\w*|password)\b.{0,30}\bfail",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"botnet|\bc&c\b|c-and-c|\bc2\b|command and control|\bbeacon|callback|exfiltrat|reverse shell"
    r"|malware|malicious|\bvirus|\bworm|trojan|ransom|(?:created|attempting) network connection",
    re.IGNORECASE,
)
_COMMANDS = re.compile(
    r"botnet|\bc&c\b|c-and-c|\bc2\b|command and control|\bbeacon|callback", re.IGNORECASE
)
_CALLING_GROUPS = frozenset(("c2", "command_and_control", "malware", "trojan", "virus"))
_BAD_FILES = re.compile(
    r"malware|malicious|\bvirus|trojan|ransom|\byara\b|known bad|\bmimikatz\b", re.IGNORECASE
)
_BAD_FILE_GROUPS = frozenset(("malware", "virus", "virustotal", "yara", "ransomware", "trojan"))

_CLASSES: tuple[tuple[frozenset[str], Classification], ...] = (
    (frozenset(("virus", "malware", "virustotal", "yara", "trojan", "ransomware")),
     "malicious-code:infected-system"),
    (frozenset(("c2", "command_and_control")), "malicious-code:c2-server"),
    (frozenset(("phishing",)), "fraud:phishing"),
    (frozenset(("spam", "multiple_spam")), "abusive-content:spam"),
    (frozenset(("authentication_failed", "authentication_failures", "brute_force", "bruteforce",
                "invalid_login", "login_denied")), "intrusion-attempts:brute-force"),
    (frozenset(("dos", "ddos")), "availability:dos"),
    (frozenset(("recon", "web_scan", "portscan", "scan", "multiple_drops", "firewall_drop")),
     "information-gathering:scanner"),
    (frozenset(("authentication_success",)), "intrusions:unprivileged-account-compromise"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that fired. `level` None: the record names none."""

    id: str
    level: int | None
    groups: frozenset[str]
    description: str
    techniques: tuple[str, ...]
    info: tuple[str, ...]

    @property
    def severity(self) -> Severity | None:
        """The severity, worst from level 15 on; None if the record has no level."""
        level = self.level
        if level is None:
            return None
        return next(severity for least, severity in _SEVERITIES if level >= least)

    @property
    def classification(self) -> Classification:
        """The class of the first group that has one."""
        found = (meant for groups, meant in _CLASSES if groups & self.groups)
        return next(found, "intrusion-attempts:ids-alert")

    @property
    def role(self) -> Role:
        """What the attacker's address was used for."""
        scans = self.classification == "information-gathering:scanner"
        return "scanner" if scans else "source"

    @property
    def called(self) -> bool:
        """Whether the rule means what a machine of the member called, not what came to it."""
        return bool(_CALLING_GROUPS & self.groups) or _CALLED.search(self.description) is not None

    @property
    def server_role(self) -> Role | None:
        """What a called server was used for."""
        return "c2" if _COMMANDS.search(self.description) else None

    @property
    def blames_the_file(self) -> bool:
        """Whether the rule says that the file is bad, not only that it changed or ran."""
        told = _BAD_FILES.search(self.description) is not None
        return told or bool(_BAD_FILE_GROUPS & self.groups)

    @property
    def hostile(self) -> bool:
        """Whether the rule tells of an attack: by a group, or by its own words."""
        return bool(_ATTACKS & self.groups) or _HOSTILE.search(self.description) is not None

    @property
    def no_attack(self) -> str:
        """Why the event is no detection; empty if it is one."""
        for group, what in _NOISE.items():
            if group in self.groups:
                return f"{what} of the member's own machines"
        level = _LEVEL if self.level is None else self.level
        if level < _TRAIL or (level == _TRAIL and not _ATTACKS & self.groups):
            return f"rule level {level}"
        if level < _BOLD and "authentication_success" in self.groups:
            return "a successful login"
        return "" if level >= _LOUD or self.hostile else "the rule tells of no attack"


def rule_of(alert: Mapping[str, object]) -> Rule:
    """Return the rule of an alert; what is missing is empty."""
    rule = part(alert, "rule")
    mitre = part(rule, "mitre")
    groups = texts(rule, "groups")[:_MOST_GROUPS]
    named = number(rule, "id")
    return Rule(
        id=text(rule, "id") or ("" if named is None else str(named)),
        level=number(rule, "level"),
        groups=frozenset(group.strip().lower() for group in groups),
        description=text(rule, "description")[:1000],
        techniques=texts(mitre, "id"),
        info=texts(rule, "info"),
    )
