"""What a service asked by Wazuh said of an address, a name or a file: VirusTotal, AbuseIPDB, MISP,
AlienVault OTX, Maltiverse, MalwareBazaar. Only what it condemns is taken."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from relay.formats.fields import number, part, text
from relay.formats.harvest import Harvest
from relay.formats.wazuh.paths import Fields, bare

_SUSPECT = 25
"""Least score of AbuseIPDB that counts: below, the service itself advises against blocking."""

_DIGESTS = ("md5", "sha1", "sha256")
_WORDS = MappingProxyType({"high": 85, "medium": 60, "low": 30})  # bands of STIX 2.1, appendix A
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ip-src": "address", "ip-dst": "address", "ip": "address", "src_ip": "address",
        "dst_ip": "address", "ip_src": "address", "ip_dst": "address", "ipv4-addr": "address",
        "ipv6-addr": "address", "domain": "domain", "hostname": "domain", "domain-name": "domain",
        "url": "url", "uri": "url", "md5": "digest", "sha1": "digest", "sha256": "digest",
        "sha512": "digest", "file": "digest", "file_hash": "digest", "email-src": "email",
    }
)  # fmt: skip
"""How the services call what they were asked for."""


class Verdict:
    """What was condemned, gathered; `confidence` is the service's own, if it gave one."""

    def __init__(self, harvest: Harvest) -> None:
        self.harvest = harvest
        self.condemned = False
        self.confidence: int | None = None
        self.malware: tuple[str, ...] = ()

    def condemn(self, kind: str, written: str) -> None:
        """Gather a value that the service condemns."""
        self.condemned = True
        form = _KINDS.get(kind)
        if form == "address":
            self.harvest.address(bare(written), role="source")
        elif form == "digest":
            self.harvest.digest(written, role="payload")
        elif form in ("domain", "url"):
            self.harvest.add(form, written, "infrastructure")
        elif form == "email":
            self.harvest.add(form, written, role="sender")


def asked(data: Fields) -> bool:
    """Return whether an event tells what a service answered."""
    return any(part(data, name) for name, _ in _SERVICES)


def verdict(data: Fields, harvest: Harvest) -> Verdict:
    """Return what the first of the services said."""
    said = Verdict(harvest)
    for name, heard in _SERVICES:
        if answer := part(data, name):
            heard(answer, said)
            break
    return said


def _virustotal(answer: Fields, said: Verdict) -> None:
    positives, total = number(answer, "positives") or 0, number(answer, "total") or 0
    if not positives and number(answer, "malicious") != 1:
        return
    if 0 < positives <= total:
        said.confidence = 100 * positives // total
    for fields in (answer, part(answer, "source")):
        for kind in _DIGESTS:
            if value := text(fields, kind):
                said.condemn(kind, value)
    _asked(part(answer, "source"), said)


def _virustotal_ip(answer: Fields, said: Verdict) -> None:
    if text(answer, "verdict").lower() == "malicious":
        _asked(part(answer, "source"), said)


def _asked(source: Fields, said: Verdict) -> None:
    for kind, field in (("ip", "srcip"), ("ip", "ip"), ("domain", "domain"), ("url", "url")):
        if value := text(source, field):
            said.condemn(kind, value)


def _abuseipdb(answer: Fields, said: Verdict) -> None:
    score = number(answer, "abuse_confidence_score")
    if score is not None and _SUSPECT <= score <= 100:
        said.confidence = score
        source = part(answer, "source")
        said.condemn("ip", text(source, "srcip") or text(source, "ip"))


def _misp(answer: Fields, said: Verdict) -> None:
    kinds, values = text(answer, "type").split("|")[:2], text(answer, "value").split("|")[:2]
    for kind, value in zip(kinds, values, strict=False):
        if value:
            said.condemn(kind, value)


def _misp_response(answer: Fields, said: Verdict) -> None:
    for kind, attribute in list(answer.items())[:100]:
        if isinstance(attribute, dict) and (value := text(attribute, "value")):
            said.condemn(kind, value)


def _otx(answer: Fields, said: Verdict) -> None:
    for kind, block in list(answer.items())[:100]:
        if isinstance(block, dict) and block.get("malicious") in (True, "true"):
            said.condemn(kind, text(block, "value"))


def _maltiverse(answer: Fields, said: Verdict) -> None:
    indicator = part(answer, "indicator")
    confidence = _WORDS.get(text(indicator, "confidence").lower())
    if confidence is not None:
        said.confidence = confidence
        said.condemn(text(indicator, "type"), text(indicator, "ip") or text(indicator, "name"))


def _malwarebazaar(answer: Fields, said: Verdict) -> None:
    if number(answer, "found") == 1:
        said.malware = (text(answer, "signature"),)
        for kind in _DIGESTS:
            if value := text(answer, kind):
                said.condemn(kind, value)


_SERVICES: tuple[tuple[str, Callable[[Fields, Verdict], None]], ...] = (
    ("virustotal", _virustotal),
    ("virustotal_ip", _virustotal_ip),
    ("abuseipdb", _abuseipdb),
    ("misp", _misp),
    ("misp_fortigate_ips", _misp),
    ("misp_response", _misp_response),
    ("indicators", _otx),
    ("threat", _maltiverse),
    ("malwarebazaar", _malwarebazaar),
)
"""Below `data`: where each service's answer stands."""

_EVENT_HASHES = re.compile(r"(MD5|SHA1|SHA256)=([0-9A-Fa-f]{32,64})(?:,|$)")


def hashes(written: str) -> list[str]:
    """Return the digests of Sysmon's `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`; IMPHASH names no file."""
    return [digest for _, digest in _EVENT_HASHES.findall(written[:1000])]
