"""What the name and the type of a listed observable say: what it is, and whose.

Names are paths (`evidences[].src_endpoint.ip`), or words of the product's own (`source_address`,
`infected_device.malware_hostname`). All of it is data: a new word is a new entry.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType

from relay.formats.fields import number, text

Fields = Mapping[str, object]


class Whose(Enum):
    """Whose an observable is, as far as its name tells."""

    ATTACKER = auto()
    VICTIM = auto()
    SOURCE = auto()
    DESTINATION = auto()
    NOBODY = auto()
    """It does not tell."""


_ATTACKER = frozenset((
    "attacker", "malware", "malicious", "threat", "c2", "cnc", "ioc", "iocs", "indicator", "query",
    "sni", "phishing", "sender", "from", "reply", "osint", "hostile", "payload", "adversary",
    "suspicious", "remote",
))  # fmt: skip
_VICTIM = frozenset((
    "local", "internal", "private", "infected", "victim", "victims", "target", "targets",
    "targeted", "affected", "device", "resource", "resources", "host", "computer", "machine",
    "agent", "user", "users", "username", "account", "actor", "owner", "assigned", "assignee",
    "recipient", "recipients", "to", "cc", "sensor", "log", "collector", "asset", "instance",
    "tenant", "principal", "org", "employee", "mailbox", "customer", "parent", "domaincontroller",
))  # fmt: skip
_SOURCES = frozenset(("src", "source", "client", "srcip"))
_DESTINATIONS = frozenset(("dst", "dest", "destination", "server", "dstip", "destip"))
DOMAINS = frozenset(("domain", "domains", "dns", "fqdn", "url"))
"""Words that make a host name one that was asked for; without them it is mostly the machine's."""
BYSTANDERS = frozenset(("dns", "nameserver", "resolver", "proxy", "gateway", "nat", "router"))
"""Whose addresses are neither the attacker's nor the victim's."""

_KINDS: Mapping[int, str] = MappingProxyType(
    {
        1: "host", 2: "address", 3: "victim", 4: "victim", 5: "email", 6: "url", 8: "digest",
        10: "victim", 12: "address", 18: "cve", 21: "victim", 23: "url", 30: "digest",
        31: "victim", 34: "victim", 35: "victim", 47: "victim",
    }
)  # fmt: skip
"""What `type_id` calls it; `victim` are users, machines and accounts by their names."""
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "hostname": "host", "domain": "domain", "domain name": "domain", "fqdn": "domain",
        "ip address": "address", "ip": "address", "ipv4": "address", "ipv6": "address",
        "subnet": "address", "url": "url", "url string": "url", "email address": "email",
        "email": "email", "hash": "digest", "md5": "digest", "sha1": "digest",
        "sha256": "digest", "sha-256": "digest", "sha-1": "digest", "cve": "cve",
        "user": "victim", "user name": "victim",
    }
)  # fmt: skip
"""The same for types outside the enumeration, which their caption names."""
_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "ip": "address", "ipv4": "address", "ipv6": "address", "url": "url", "md5": "digest",
        "sha1": "digest", "sha256": "digest",
    }
)  # fmt: skip
"""The same for those that are Other, by the last step of their path."""
PERSONS = frozenset(("user", "username", "actor", "account", "principal", "owner", "assignee"))
"""Whatever is told of these is the victim's."""
NO_DIGESTS = frozenset((
    "ja3", "ja3s", "ja4", "ja4s", "imphash", "ssdeep", "tlsh", "ctph", "authentihash", "hassh",
))  # fmt: skip

_NAMES_KEPT = 4096  # a product writes the same few in every finding
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(_NAMES_KEPT)
def words_of(name: str) -> frozenset[str]:
    """Return the words of a name, whatever parts them; camelCase, too."""
    return frozenset(_WORD.findall(_CAMEL.sub(" ", name).lower()))


def kind_of(observable: Fields, name: str) -> str | None:
    """Return what an observable is: by its caption, which is right where numbers are mixed up, by
    its number, by the end of its path."""
    type_id = number(observable, "type_id")
    if type_id is None:
        type_id = number(observable, "typeId")
    caption = text(observable, "typeName") or text(observable, "type")
    captioned = _TYPES.get(caption.lower())
    return captioned or _KINDS.get(type_id or 0) or _ENDS.get(name.rpartition(".")[2].lower())


@lru_cache(_NAMES_KEPT)
def whose_of(words: frozenset[str]) -> Whose:
    """`infected_device.malware_hostname` is the attacker's, `local_destination_address` is not."""
    for owners, whose in (
        (_ATTACKER, Whose.ATTACKER),
        (_VICTIM, Whose.VICTIM),
        (_SOURCES, Whose.SOURCE),
        (_DESTINATIONS, Whose.DESTINATION),
    ):
        if not words.isdisjoint(owners):
            return whose
    return Whose.NOBODY
