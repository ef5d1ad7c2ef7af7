"""The closed lists of the published contract: words a detection, an alert or a register may use.

Each list is a `Literal`, so that mypy, pydantic and the JSON Schemas know it, and a tuple of the
same words in the order of their source.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

KeyType = Literal[
    "ipv4", "ipv6", "cidr", "domain", "url", "email", "onion",
    "md5", "sha1", "sha256", "sha512", "cert-sha1", "cert-sha256", "cve", "btc",
]  # fmt: skip
"""Types of observable on which detections correlate."""

ContextType = Literal[
    "asn", "user-agent", "ja3", "ja3s", "ja4", "jarm", "hassh", "mutex", "regkey"
]  # fmt: skip
"""Types of observable that are shown but carry no key: too many things share one value."""

ObservableType = Literal[KeyType, ContextType]

Family = Literal["ip", "hash", "certificate"]
"""What settings may call several key types at once; no family bears the name of a type."""

Side = Literal["attacker", "infrastructure", "unknown", "victim"]
"""Whose an observable is; `victim` is cut before anything is shared."""

Role = Literal[
    "c2", "source", "scanner", "distribution", "phishing", "exfiltration", "sender", "payload",
    "exploit-target", "other",
]  # fmt: skip
"""What an observable was used for."""

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
"""Labels of TLP 2.0, widest first."""

Kind = Literal[
    "national-hub", "cross-border-hub", "eu-agency", "private", "observer", "third-country"
]  # fmt: skip
"""What a member is; with a detection's label it decides what the member may see."""

Attribution = Literal["named", "country", "anonymous"]
"""How a member is shown to others as the source of a detection."""

Sector = Literal[
    "energy", "transport", "banking", "financial-market-infrastructures", "health",
    "drinking-water", "waste-water", "digital-infrastructure", "ict-service-management",
    "public-administration", "space",
    "postal-and-courier-services", "waste-management", "chemicals", "food", "manufacturing",
    "digital-providers", "research",
]  # fmt: skip
"""Sectors of Directive (EU) 2022/2555 (NIS2): Annex I, then Annex II, in their order."""

Classification = Literal[
    "abusive-content:spam",
    "abusive-content:harmful-speech",
    "abusive-content:violence",
    "malicious-code:infected-system",
    "malicious-code:c2-server",
    "malicious-code:malware-distribution",
    "malicious-code:malware-configuration",
    "information-gathering:scanner",
    "information-gathering:sniffing",
    "information-gathering:social-engineering",
    "intrusion-attempts:ids-alert",
    "intrusion-attempts:brute-force",
    "intrusion-attempts:exploit",
    "intrusions:privileged-account-compromise",
    "intrusions:unprivileged-account-compromise",
    "intrusions:application-compromise",
    "intrusions:system-compromise",
    "intrusions:burglary",
    "availability:dos",
    "availability:ddos",
    "availability:misconfiguration",
    "availability:sabotage",
    "availability:outage",
    "information-content-security:unauthorised-information-access",
    "information-content-security:unauthorised-information-modification",
    "information-content-security:data-loss",
    "information-content-security:data-leak",
    "fraud:unauthorised-use-of-resources",
    "fraud:copyright",
    "fraud:masquerade",
    "fraud:phishing",
    "vulnerable:weak-crypto",
    "vulnerable:ddos-amplifier",
    "vulnerable:potentially-unwanted-accessible",
    "vulnerable:information-disclosure",
    "vulnerable:vulnerable-system",
    "other:other",
    "other:undetermined",
    "test:test",
]
"""`class:type` of the Reference Security Incident Taxonomy, machine tag version 1003."""

Format = Literal[
    "native", "ecs", "suricata", "wazuh", "sentinel", "defender", "splunk", "misp", "idea0",
    "ocsf", "stix",
]  # fmt: skip
"""What a member may emit."""

AlertFormat = Literal["native", "stix", "misp", "ocsf", "ecs", "idea0"]
"""What a member may have its alerts in."""

Loss = Literal[
    "observables", "size", "techniques", "classifications", "sources", "victim", "related", "label"
]
"""What a format has no place for: observables of a type it lacks, observables that would make the
message longer than 64 KiB, and parts of the alert. Each format's page lists its own."""

FORMATS: tuple[Format, ...] = get_args(Format)
ALERT_FORMATS: tuple[AlertFormat, ...] = get_args(AlertFormat)
LOSSES: tuple[Loss, ...] = get_args(Loss)
KEY_TYPES: tuple[KeyType, ...] = get_args(KeyType)
CONTEXT_TYPES: tuple[ContextType, ...] = get_args(ContextType)
OBSERVABLE_TYPES: tuple[ObservableType, ...] = get_args(ObservableType)
KINDS: tuple[Kind, ...] = get_args(Kind)
SECTORS: tuple[Sector, ...] = get_args(Sector)
CLASSIFICATIONS: tuple[Classification, ...] = get_args(Classification)

FAMILIES: Mapping[str, tuple[KeyType, ...]] = MappingProxyType(
    {
        "ip": ("ipv4", "ipv6"),
        "hash": ("md5", "sha1", "sha256", "sha512"),
        "certificate": ("cert-sha1", "cert-sha256"),
    }
)
"""The key types of each `Family`."""

_ALPHA_2 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRIES: frozenset[str] = frozenset(_ALPHA_2.split())
"""The 249 officially assigned alpha-2 codes of ISO 3166-1."""

UNION = "EU"
"""Stands for the country of a body of the Union (exceptionally reserved in ISO 3166-1)."""
