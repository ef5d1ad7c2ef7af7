"""What MISP's attribute types and categories say: what a value is, whose, and in which role.

Types not named here are not read: texts, rules, names of files, fuzzy and rare digests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Piece:
    """One value of an attribute. `kind` is a type of `detection.v1`, or `address` and `host`,
    whose text decides. `port`: the value after the bar is the port of this one."""

    kind: str
    side: str = "infrastructure"
    role: str | None = None
    port: bool = False


_SERVER = Piece("address")
_CLIENT = Piece("address", "attacker", "source")
_HOST = Piece("host")
_SENDER = Piece("email", "attacker", "sender")
_NOTHING = None

_DIGESTS = ("md5", "sha1", "sha256", "sha512")
_FILES = {kind: Piece(kind, "attacker", "payload") for kind in _DIGESTS}

PIECES: Mapping[str, tuple[Piece | None, ...]] = MappingProxyType(
    {
        "ip-dst": (_SERVER,),
        "ip-src": (_CLIENT,),
        "ip-dst|port": (Piece("address", port=True),),
        "ip-src|port": (_CLIENT,),
        "domain": (_HOST,),
        "hostname": (_HOST,),
        "hostname|port": (Piece("host", port=True),),
        "domain|ip": (_HOST, _SERVER),
        "url": (Piece("url"),),
        "uri": (Piece("url"),),
        "onion-address": (Piece("onion"),),
        "email": (_SENDER,),
        "email-src": (_SENDER,),
        "email-reply-to": (_SENDER,),
        "email-dst": (Piece("email", role="exfiltration"),),
        **{kind: (piece,) for kind, piece in _FILES.items()},
        **{f"filename|{kind}": (_NOTHING, piece) for kind, piece in _FILES.items()},
        "malware-sample": (_NOTHING, _FILES["md5"]),
        "x509-fingerprint-sha1": (Piece("cert-sha1"),),
        "x509-fingerprint-sha256": (Piece("cert-sha256"),),
        "ja3-fingerprint-md5": (Piece("ja3", "attacker"),),
        "jarm-fingerprint": (Piece("jarm"),),
        "hassh-md5": (Piece("hassh", "attacker"),),
        "AS": (Piece("asn"),),
        "user-agent": (Piece("user-agent", "attacker"),),
        "mutex": (Piece("mutex", "attacker"),),
        "regkey": (Piece("regkey", "attacker"),),
        "regkey|value": (Piece("regkey", "attacker"),),
        "vulnerability": (Piece("cve", "unknown"),),
        "btc": (Piece("btc", "attacker"),),
    }
)
"""The values of each type, in the order in which bars part them; None is not read."""

_SORTS = {
    "host": (
        "ip-dst", "ip-src", "ip-dst|port", "ip-src|port", "domain", "hostname", "hostname|port",
        "domain|ip", "onion-address",
    ),
    "page": ("url", "uri"),
    "mail": ("email", "email-src", "email-reply-to", "email-dst"),
    "file": (*_FILES, *(f"filename|{kind}" for kind in _FILES), "malware-sample"),
    "fingerprint": (
        "x509-fingerprint-sha1", "x509-fingerprint-sha256", "ja3-fingerprint-md5",
        "jarm-fingerprint", "hassh-md5",
    ),
    "mutex": ("mutex",),
}  # fmt: skip

SORTS: Mapping[str, str] = MappingProxyType(
    {kind: sort for sort, kinds in _SORTS.items() for kind in kinds}
)
"""Types that an author flags alike. Where a type is of no sort, what it names is often the
system's (registry keys, agents, networks of providers), and any flag in the event outweighs it."""

IN_OBJECTS: Mapping[tuple[str, str], Piece] = MappingProxyType(
    {
        ("ja3s", "ja3s-fingerprint-md5"): Piece("ja3s"),
        ("ja4-plus", "ja4-fingerprint"): Piece("ja4", "attacker"),
        ("mutex", "name"): Piece("mutex", "attacker"),
    }
)
"""Values that only an object's relation tells, not the type within it."""

UNFLAGGED = frozenset(("vulnerability", "btc"))
"""Types that no sensor looks for: their `to_ids` says nothing of guilt."""

ADDRESSED = frozenset(("email-dst", "email-dst-display-name"))
"""Whom a message went to: its victim, unless it is the malware that wrote."""

OF_A_MESSAGE = frozenset((
    "email-attachment", "email-body", "email-dst-display-name", "email-header",
    "email-message-id", "email-mime-boundary", "email-reply-to", "email-src-display-name",
    "email-subject", "email-thread-index", "email-x-mailer",
))  # fmt: skip
"""Types that describe a message somebody received."""

TRAFFIC = "Network activity"
REPORTS = "External analysis"
TARGETS = "Targeting data"

ATTACKS = frozenset((
    TRAFFIC, "Payload delivery", "Payload installation", "Payload type", "Artifacts dropped",
    "Persistence mechanism", "Financial fraud",
))  # fmt: skip
"""Categories of what the attacker brought or used."""

ASIDE = frozenset((
    TARGETS, "Internal reference", "Person", "Support Tool", "Antivirus detection",
))  # fmt: skip
"""Categories in which nothing is an indicator, whatever its `to_ids`."""

WRITTEN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ipv4": ("ip-dst", TRAFFIC),
        "ipv6": ("ip-dst", TRAFFIC),
        "cidr": ("ip-dst", TRAFFIC),
        "domain": ("domain", TRAFFIC),
        "url": ("url", TRAFFIC),
        "onion": ("onion-address", TRAFFIC),
        "email": ("email-src", "Payload delivery"),
        **{kind: (kind, "Payload delivery") for kind in _DIGESTS},
        "cert-sha1": ("x509-fingerprint-sha1", TRAFFIC),
        "cert-sha256": ("x509-fingerprint-sha256", TRAFFIC),
        "ja3": ("ja3-fingerprint-md5", TRAFFIC),
        "jarm": ("jarm-fingerprint", TRAFFIC),
        "hassh": ("hassh-md5", TRAFFIC),
        "asn": ("AS", TRAFFIC),
        "user-agent": ("user-agent", TRAFFIC),
        "mutex": ("mutex", "Artifacts dropped"),
        "regkey": ("regkey", "Persistence mechanism"),
        "cve": ("vulnerability", REPORTS),
        "btc": ("btc", "Financial fraud"),
    }
)
"""Types of `detection.v1`, and the type and category of an attribute that tells the same."""

NOT_FLAGGED = frozenset(("AS", "text", "user-agent", "vulnerability"))
"""Types that MISP itself does not flag for sensors (`describeTypes`)."""


@dataclass(frozen=True, slots=True)
class Template:
    """An object template of MISP and the relation that holds a value; `fixed` go with it."""

    name: str
    uuid: str
    version: str
    relation: str
    type: str
    fixed: tuple[tuple[str, str], ...] = ()


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "ja3s": Template(
            name="ja3s",
            uuid="7f377f66-d128-4b97-897f-592d06ba2ff7",
            version="5",
            relation="ja3s-fingerprint-md5",
            type="ja3-fingerprint-md5",
        ),
        "ja4": Template(
            name="ja4-plus",
            uuid="2c15c75e-e7db-4b62-8d17-633e7571818f",
            version="2",
            relation="ja4-fingerprint",
            type="text",
            fixed=(("ja4-type", "JA4"),),
        ),
    }
)
"""Types of `detection.v1` for which MISP has an object but no type."""
