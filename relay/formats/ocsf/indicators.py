"""What a finding says beside its evidences: indicators (`osint`), malware, vulnerabilities.

The type of an indicator is `type_id`; where that is Other, its `type` is a type of `detection.v1`:
so the relay writes those that OCSF has no number for.
"""

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

from relay.formats.fields import number, part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.ocsf.evidence import certificate, digests
from relay.model.vocabulary import OBSERVABLE_TYPES, ObservableType

Fields = Mapping[str, object]

MOST = 1000
"""Indicators, and vulnerabilities, of one finding that are looked at."""

OTHER = 99
"""The `type_id` of what the enumeration has no number for."""

TYPE_IDS: Mapping[str, int] = MappingProxyType(
    {
        "ipv4": 1, "ipv6": 1, "domain": 2, "onion": 2, "md5": 4, "sha1": 4, "sha256": 4,
        "sha512": 4, "url": 5, "user-agent": 6, "cert-sha1": 7, "cert-sha256": 7, "email": 9,
        "cve": 10, "regkey": 12,
    }
)  # fmt: skip
"""`osint[].type_id` of OCSF 1.5 for the types that it has; all others are Other."""

CAPTIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "IP Address", 2: "Domain", 4: "Hash", 5: "URL", 6: "User Agent",
        7: "Digital Certificate", 9: "Email Address", 10: "Vulnerability", 12: "Registry Key",
    }
)  # fmt: skip
"""`osint[].type` for each."""

_PLAIN: Mapping[int, ObservableType] = MappingProxyType(
    {5: "url", 6: "user-agent", 9: "email", 10: "cve", 12: "regkey"}
)
_SAFE = range(1, 5)  # `reputation.score_id` from Very Safe to Leans Safe


def indicators(event: Fields, harvest: Harvest) -> None:
    """Add the indicators that were met, except those that are known as harmless."""
    for indicator in islice(parts(event, "osint"), MOST):
        if number(part(indicator, "reputation"), "score_id") not in _SAFE:
            _indicator(indicator, text(indicator, "value"), harvest)


def _indicator(indicator: Fields, value: str, harvest: Harvest) -> None:
    kind = number(indicator, "type_id")
    named = text(indicator, "type")
    if kind == 1:
        harvest.address(value, "infrastructure")
    elif kind in (2, 3):
        harvest.host(value, "infrastructure")
    elif kind == 4:
        harvest.digest(value, role="payload")
    elif kind == 7:
        certificate(value, harvest)
    elif kind is not None and kind in _PLAIN:
        harvest.add(_PLAIN[kind], value, "unknown" if kind == 10 else "attacker")
    elif kind == OTHER and named in OBSERVABLE_TYPES:
        harvest.add(named, value)


def vulnerabilities(event: Fields, harvest: Harvest) -> None:
    """Add the vulnerabilities that were attacked, and what is known of the malware."""
    for weakness in islice(parts(event, "vulnerabilities"), MOST):
        for cve in parts(weakness, "cve"):
            _cve(cve, harvest)
    for malware in islice(parts(event, "malware"), MOST):
        for cve in islice(parts(malware, "cves"), MOST):
            _cve(cve, harvest)
        for file in islice(parts(malware, "files"), MOST):
            digests(file, harvest)


def _cve(cve: Fields, harvest: Harvest) -> None:
    harvest.add("cve", text(cve, "uid"), "unknown", role="exploit-target")
