"""The observables a finding lists: the name of each is a path that tells whose it is.

`observables` repeats what stands elsewhere in the finding: what stands there is judged there. Many
products list what has no place elsewhere, under names of their own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from types import MappingProxyType

from relay.formats.fields import number, part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.ocsf.evidence import address_in, certificate
from relay.formats.ocsf.meaning import Intent, Meaning

Fields = Mapping[str, object]

MOST = 2000
"""Observables of one finding that are looked at."""


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
    "suspicious",
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
_NAMES = frozenset(("domain", "domains", "dns", "fqdn", "url", "remote"))

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
        "hostname": "host", "domain": "host", "domain name": "host", "fqdn": "host",
        "ip address": "address", "ip": "address", "ipv4": "address", "ipv6": "address",
        "subnet": "address", "url": "url", "url string": "url", "email address": "email",
        "email": "email", "hash": "digest", "md5": "digest", "sha1": "digest",
        "sha256": "digest", "sha-256": "digest", "sha-1": "digest", "cve": "cve",
        "user": "victim", "user name": "victim",
    }
)  # fmt: skip
"""The same for types outside the enumeration, which their caption names."""
_NO_DIGESTS = frozenset((
    "ja3", "ja3s", "ja4", "ja4s", "imphash", "ssdeep", "tlsh", "ctph", "authentihash", "hassh",
))  # fmt: skip
_SAFE = range(1, 5)
"""`reputation.score_id` from Very Safe to Leans Safe."""

_MOST_HOLDERS = 1000  # as many evidences are read
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(slots=True)
class Listed:
    """What a finding lists, sorted. `ends` is an evidence made of its sources and destinations."""

    victims: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    attackers: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Addresses whose names do not tell a side."""

    @property
    def ends(self) -> Fields:
        """The addresses and names that are called source or destination, as an evidence."""
        return {
            "src_endpoint": {"ip": self.sources} if self.sources else {},
            "dst_endpoint": {"ip": self.called, "hostname": self.names}
            if self.called or self.names
            else {},
        }


class _Places:
    """What stands in a finding, two steps deep: whether the path of an observable leads to it."""

    def __init__(self, event: Fields) -> None:
        self._event = event
        self._inner: dict[str, frozenset[str]] = {}

    def lead(self, path: str) -> bool:
        """Return whether `evidences[].src_endpoint.ip` or its like leads somewhere."""
        first, _, rest = path.partition(".")
        first, second = first.partition("[")[0], rest.partition(".")[0].partition("[")[0]
        if not self._event.get(first):
            return False
        if first not in self._inner:
            holders = parts(self._event, first)[:_MOST_HOLDERS]
            self._inner[first] = frozenset(name for holder in holders for name in holder)
        return not second or second in self._inner[first]


def listed(event: Fields) -> Listed:
    """Return the observables that stand nowhere else in a finding, and all victims among them."""
    found, places = Listed(), _Places(event)
    for observable in islice(_observables(event), MOST):
        value = text(observable, "value")
        if value and number(part(observable, "reputation"), "score_id") not in _SAFE:
            _sort(observable, value, places, found)
    return found


def add_listed(found: Listed, meaning: Meaning, harvest: Harvest) -> None:
    """Add what is the attacker's among what is listed; the ends are judged as an evidence is."""
    role = meaning.role if meaning.intent is Intent.CALLED else None
    for kind, value, words in found.attackers:
        if kind == "digest":
            _digest(value, words, harvest)
        elif kind == "email":
            harvest.add("email", address_in(value), role="sender")
        elif kind == "cve":
            harvest.add("cve", value, "unknown", role="exploit-target")
        elif kind == "url":
            harvest.add("url", value, "infrastructure", role=role)
        elif kind == "host":
            harvest.host(value.rstrip("."), "infrastructure", role=role)
        else:
            harvest.address(value, role=role)


def _observables(event: Fields) -> Iterator[Fields]:
    """Those of the finding, and of the events it was made of (OCSF 1.1)."""
    info = part(event, "finding_info")
    for holder in (event, *parts(info, "related_events")):
        yield from parts(holder, "observables")


def _sort(observable: Fields, value: str, places: _Places, found: Listed) -> None:
    name = text(observable, "name")[:256]
    words = frozenset(_WORD.findall(_CAMEL.sub(" ", name).lower()))
    kind = _kind(observable)
    whose = _whose(words)
    if kind == "victim" or (whose is Whose.VICTIM and kind in ("host", "address", "email")):
        found.victims.append(value)
    elif kind is None or whose is Whose.VICTIM or places.lead(name):
        return
    elif kind == "address":
        _sort_address(value, whose, found, words)
    elif kind == "host":
        _sort_host(value, whose, found, words)
    elif kind != "email" or whose in (Whose.ATTACKER, Whose.SOURCE):
        found.attackers.append((kind, value, words))
    else:
        found.victims.append(value)


def _sort_address(value: str, whose: Whose, found: Listed, words: frozenset[str]) -> None:
    if whose is Whose.SOURCE:
        found.sources.append(value)
    elif whose is Whose.DESTINATION:
        found.called.append(value)
    elif whose is Whose.ATTACKER or "remote" in words:
        found.attackers.append(("address", value, words))
    else:
        found.others.append(value)


def _sort_host(value: str, whose: Whose, found: Listed, words: frozenset[str]) -> None:
    """A name that is only called a host name is mostly the machine's own."""
    if whose is Whose.DESTINATION:
        found.names.append(value)
    elif whose is Whose.ATTACKER or (whose is Whose.NOBODY and not words.isdisjoint(_NAMES)):
        found.attackers.append(("host", value, words))
    else:
        found.victims.append(value)


def _kind(observable: Fields) -> str | None:
    type_id = number(observable, "type_id")
    if type_id is None:
        type_id = number(observable, "typeId")
    known = _KINDS.get(type_id or 0)
    return known or _TYPES.get(text(observable, "type").lower())


def _whose(words: frozenset[str]) -> Whose:
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


def _digest(value: str, words: frozenset[str], harvest: Harvest) -> None:
    for kind in ("ja3", "ja3s", "ja4"):
        if kind in words:
            harvest.add(kind, value, "infrastructure" if kind == "ja3s" else "attacker")
    if "certificate" in words or "cert" in words:
        certificate(value, harvest)
    elif words.isdisjoint(_NO_DIGESTS):
        harvest.digest(value, role="payload")
