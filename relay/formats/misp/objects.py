"""What MISP's object templates describe: the attacker's things, the victim's, or neither."""

import re
from collections.abc import Mapping
from types import MappingProxyType

VICTIMS = frozenset((
    "container-instance", "container-network", "corporate-asset", "device", "employee",
    "iot-device", "legal-entity", "target-system", "user-account", "victim", "wifi-connection",
))  # fmt: skip
"""Objects that describe who was hit and what belongs to them. Their values are hidden."""

COARSE = frozenset((
    "IP_loc", "classification", "country", "description", "reference", "regions", "roles",
    "sectors", "state", "status", "type",
))  # fmt: skip
"""Relations of victims that many share: hiding such words would hide half the language."""

_NETWORK = ("domain", "hostname", "ip", "ip-dst", "url")
_DIGESTS = ("md5", "sha1", "sha256", "sha512", "malware-sample")

RELATIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(relations)
        for name, relations in {
            "domain-ip": _NETWORK,
            "ip-port": _NETWORK,
            "irc": _NETWORK,
            "url": ("url",),
            "malicious-website": _NETWORK,
            "phishing": (*_NETWORK, "url-redirect"),
            "phishing-kit": ("kit-url", "phishing-domain", "threat-actor-email"),
            "shortened-link": ("shortened-url", "redirect-url"),
            "c2-list": ("c2-ip", "c2-ipport"),
            "dga-domain": ("domain",),
            "tor-hiddenservice": ("address",),
            "attacker-infra": ("ip", "binary_md5", "binary_sha1", "binary_sha256"),
            "cs-beacon-config": ("c2", "ip", "beacon-host", *_DIGESTS, "binary-md5",
                                 "binary-sha1", "binary-sha256"),
            "malicious-package-report": ("ioc-domain", "ioc-ip", "ioc-url", "origin-sha256"),
            "file": (*_DIGESTS, "certificate"),
            "lnk": _DIGESTS,
            "artifact": _DIGESTS,
            "apk": _DIGESTS,
            "android-app": ("sha256",),
            "browser-extension": ("c2-url", "exfil-url", "crx-sha256"),
            "email": ("from", "reply-to", "return-path"),
            "spearphishing-attachment": (
                "artifact-dropped-md5", "artifact-dropped-sha1", "artifact-dropped-sha256",
                "attachment-md5", "attachment-sha1", "attachment-sha256", "c2-domain", "c2-ip",
                "c2-url", "email-sender", "malicious-url", "sender-ip"),
            "spearphishing-link": ("email-sender", "embedded-link", "redirect-url", "sender-ip"),
            "spearphishing-campaign": (
                "email-embedded-link", "email-sender", "email-sender-ip", "mitm-connect-back-ip",
                "phishing-domain", "phishing-ip", "phishing-url"),
            "bad-bot": ("ip-src", "user-agent"),
            "fail2ban": ("banned-ip",),
            "cowrie": ("src_ip", "hassh"),
            "ddos": ("ip-src",),
            "attack-step": ("source-ip", "source-domain"),
            "authentication-failure-report": ("ip-src",),
            "x509": ("x509-fingerprint-sha1", "x509-fingerprint-sha256"),
            "ja3": ("ja3-fingerprint-md5",),
            "ja3s": ("ja3s-fingerprint-md5",),
            "ja4-plus": ("ja4-fingerprint",),
            "jarm": ("jarm",),
            "registry-key": ("key",),
            "mutex": ("name",),
            "coin-address": ("address",),
            "btc-wallet": ("wallet-address",),
            "ransom-negotiation": ("wallet-address", "url_leaksite"),
            "vulnerability": ("id",),
            "exploit": ("cve-id",),
            "http-request": ("host", "ip-dst", "url"),
            "network-connection": ("hostname-dst", "ip-dst"),
            "network-socket": ("hostname-dst", "ip-dst"),
            "network-traffic": ("dst_hostname", "dst_ip"),
            "netflow": ("ip-dst",),
        }.items()
    }
)  # fmt: skip
"""Templates and which of their relations are the attacker's. Other relations are context."""

FLOWS = frozenset((
    "attack-step", "authentication-failure-report", "cowrie", "ddos", "http-request", "netflow",
    "network-connection", "network-socket", "network-traffic",
))  # fmt: skip
"""Records of traffic: both ends look alike, so only a flagged one counts."""

HIT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "attack-step": frozenset(("dst-ip", "dst-domain")),
        "authentication-failure-report": frozenset(("ip-dst", "username")),
        "cowrie": frozenset(("dst_ip",)),
        "ddos": frozenset(("ip-dst", "domain-dst")),
        "email": frozenset(("to", "cc", "bcc", "to-display-name", "cc-display-name",
                            "bcc-display-name")),
    }
)  # fmt: skip
"""Relations in which attackers' objects name whom they hit. Their values are hidden."""

_BESIDE = frozenset((
    "asn", "bgp-hijack", "blog", "chat-message", "contact-list", "credential", "ddos-config",
    "dns-record", "edr-report", "geolocation", "hashlookup", "image", "impersonation",
    "leaked-document", "meme-image", "microblog", "narrative", "network-data", "network-profile",
    "news-agency", "news-media", "organization", "paloalto-threat-event", "passive-dns", "paste",
    "pe", "person", "persnona", "publication", "report", "research-scanner", "rogue-dns",
    "scheduled-event", "stairwell", "trusted-timestamp", "yara",
))  # fmt: skip
_BESIDE_STARTS = (
    "apivoid-", "crowdsec-", "facebook-", "flowintel-", "ftm-", "greynoise-", "instant-message",
    "intelmq_", "ip-api-", "parler-", "passive-dns-", "reddit-", "regripper-", "rst-", "rulezet-",
    "shodan-", "social-media-", "tsk-", "twitter-", "typosquatting-", "virustotal-", "youtube-",
)  # fmt: skip
_BESIDE_ENDS = ("-section", "-account", "-post")
_LONGEST_NAME = 255  # of a relation, as MISP stores it
# An end of traffic, or a person, in a template that is not known here.
_AN_END = re.compile(
    r"(?:.*[-_.])?(?:dst|dest|destination|target|targeted|victim|recipient|to|cc|bcc|internal"
    r"|local|src|source|client|user)(?:[-_.].*)?",
    re.IGNORECASE,
)


def reads(name: str, relation: str) -> bool:
    """Return whether a relation of an object may be the attacker's.

    Of a template that is not known here (a custom one), all may be but what sounds like an end
    of traffic or a person, and only if flagged.
    """
    known = RELATIONS.get(name)
    if known is not None:
        return relation in known
    if name in _BESIDE or name.startswith(_BESIDE_STARTS) or name.endswith(_BESIDE_ENDS):
        return False
    return _AN_END.fullmatch(relation[:_LONGEST_NAME]) is None


def trusted(name: str) -> bool:
    """Return whether an object's unflagged values may count where nobody used the flag."""
    return name in RELATIONS and name not in FLOWS
