"""Values of MISP's taxonomies and galaxies, as tables."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.model.vocabulary import CLASSIFICATIONS, Classification

RSIT: Mapping[str, Classification] = MappingProxyType({word: word for word in CLASSIFICATIONS})
"""`predicate:value` of the taxonomy `rsit`, which `detection.v1` uses itself."""

ECSIRT: Mapping[str, Classification] = MappingProxyType(
    {
        **RSIT,
        "malicious-code:virus": "malicious-code:malware-distribution",
        "malicious-code:worm": "malicious-code:malware-distribution",
        "malicious-code:trojan": "malicious-code:malware-distribution",
        "malicious-code:spyware": "malicious-code:malware-distribution",
        "malicious-code:dialer": "malicious-code:malware-distribution",
        "malicious-code:rootkit": "malicious-code:malware-distribution",
        "malicious-code:malware": "malicious-code:malware-distribution",
        "malicious-code:ransomware": "malicious-code:malware-distribution",
        "malicious-code:botnet-drone": "malicious-code:infected-system",
        "malicious-code:c&c": "malicious-code:c2-server",
        "intrusions:bot": "malicious-code:infected-system",
        "intrusions:defacement": "intrusions:application-compromise",
        "intrusions:compromised": "intrusions:system-compromise",
        "intrusions:backdoor": "intrusions:system-compromise",
        "information-content-security:dropzone": "malicious-code:malware-configuration",
        "fraud:unauthorized-use-of-resources": "fraud:unauthorised-use-of-resources",
        "vulnerable:vulnerable-service": "vulnerable:vulnerable-system",
    }
)
"""The taxonomy from which RSIT came; lower case."""

CIRCL: Mapping[str, Classification] = MappingProxyType(
    {
        "spam": "abusive-content:spam",
        "system-compromise": "intrusions:system-compromise",
        "sabotage": "availability:sabotage",
        "scan": "information-gathering:scanner",
        "denial-of-service": "availability:ddos",
        "copyright-issue": "fraud:copyright",
        "phishing": "fraud:phishing",
        "whaling": "fraud:phishing",
        "smishing": "fraud:phishing",
        "malware": "malicious-code:malware-distribution",
        "xss": "intrusion-attempts:exploit",
        "sql-injection": "intrusion-attempts:exploit",
        "vulnerability": "vulnerable:vulnerable-system",
        "fastflux": "malicious-code:c2-server",
        "information-leak": "information-content-security:data-leak",
        "scam": "fraud:masquerade",
        "cryptojacking": "fraud:unauthorised-use-of-resources",
        "locker": "malicious-code:malware-distribution",
        "screenlocker": "malicious-code:malware-distribution",
        "wiper": "malicious-code:malware-distribution",
        "ransomware": "malicious-code:malware-distribution",
        "sextortion": "abusive-content:spam",
        "social-engineering": "information-gathering:social-engineering",
    }
)
"""`circl:incident-classification`; lower case."""

CONFIDENCES: Mapping[tuple[str, str], Mapping[str, int]] = MappingProxyType(
    {
        ("misp", "confidence-level"): MappingProxyType(
            {
                "completely-confident": 100,
                "usually-confident": 75,
                "fairly-confident": 50,
                "rarely-confident": 25,
                "unconfident": 0,
            }
        ),
        ("estimative-language", "likelihood-probability"): MappingProxyType(
            {
                "almost-certain": 95,
                "very-likely": 80,
                "likely": 55,
                "roughly-even-chance": 45,
                "unlikely": 20,
                "very-unlikely": 5,
                "almost-no-chance": 0,
            }
        ),
        ("estimative-language", "confidence-in-analytic-judgment"): MappingProxyType(
            {"high": 95, "moderate": 55, "low": 0}
        ),
        ("admiralty-scale", "information-credibility"): MappingProxyType(
            {"1": 100, "2": 75, "3": 50, "4": 25, "5": 0}
        ),
        ("admiralty-scale", "source-reliability"): MappingProxyType(
            {"a": 100, "b": 75, "c": 50, "d": 25, "e": 0, "g": 0}
        ),
    }
)
"""The numbers that the taxonomies themselves give to their words, in percent, those about the
content before those about its source. What cannot be judged has none."""

TECHNIQUES = frozenset((
    "mitre-attack-pattern", "mitre-enterprise-attack-attack-pattern",
    "mitre-mobile-attack-attack-pattern", "mitre-ics-techniques",
))  # fmt: skip
"""Galaxies of ATT&CK techniques. Those of mitigations end in technique ids, too, and are none."""

MALWARE = frozenset((
    "android", "backdoor", "banker", "botnet", "cryptominers", "exploit-kit", "malpedia",
    "mitre-enterprise-attack-malware", "mitre-malware", "mitre-mobile-attack-malware", "mitre-tool",
    "mitre-enterprise-attack-tool", "ransomware", "rat", "stealer", "tool",
))  # fmt: skip
"""Galaxies whose clusters are malware."""

INNOCENT = frozenset((
    ("false-positive", "confirmed", "true"), ("ioc", "artifact-state", "not-malicious"),
))  # fmt: skip
"""Verdicts by which a value is no indicator after all."""
