"""Where a Wazuh event says whose address it saw, and which values are of the victim's side.

The names come from Wazuh's own decoders: each product that it reads calls the same by another name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from relay.formats.fields import part, texts

Fields = Mapping[str, object]
Path = tuple[str, ...]

SOURCES: tuple[Path, ...] = (
    ("srcip",), ("src_ip",), ("srcIP",), ("src",), ("source_ip",), ("sourceip",), ("sourceIP",),
    ("source_address",), ("remip",), ("ip_address",), ("ClientIP",), ("client_ip",),
    ("clientip",), ("clientIp",), ("remote_ip",), ("remote_address",), ("attacker_ip",),
    ("callerIpAddress",), ("src_endpoint", "ip"), ("mariadb", "ip"),
    ("win", "eventdata", "ipAddress"), ("win", "eventdata", "sourceIp"),
    ("win", "eventdata", "sourceAddress"), ("win", "eventdata", "clientAddress"),
    ("office365", "ClientIP"), ("office365", "ClientIPAddress"),
    ("office365", "ActorIpAddress"), ("office365", "SenderIp"),
    ("aws", "sourceIPAddress"), ("aws", "source_ip_address"), ("aws", "srcaddr"),
    ("aws", "httpRequest", "clientIp"),
    ("gcp", "protoPayload", "requestMetadata", "callerIp"), ("gcp", "jsonPayload", "sourceIP"),
    ("azure", "callerIpAddress"), ("github", "actor_ip"), ("okta", "client", "ipAddress"),
)  # fmt: skip
"""Below `data`: the address that something came from."""

TARGETS: tuple[Path, ...] = (
    ("dstip",), ("dst_ip",), ("dest_ip",), ("destip",), ("destination_ip",),
    ("destination_address",), ("dst",), ("destinationIP",), ("dst_endpoint", "ip"),
    ("win", "eventdata", "destinationIp"), ("win", "eventdata", "destAddress"), ("aws", "dstaddr"),
    ("botnetip",), ("foreign_ip",),
)  # fmt: skip
"""Below `data`: the address that something went to."""

NAMES: tuple[Path, ...] = (
    ("botnetdomain",), ("qname",), ("win", "eventdata", "queryName"),
)  # fmt: skip
"""Below `data`: the name that was asked for."""

TRAILS: tuple[str, ...] = ("office365", "gcp", "github", "azure", "aws", "ms-graph")
"""Below `data`: audit trails of clouds. They note the address of every user at everything done."""

# Keys whose values name somebody or something of the member's side, wherever they stand.
_OWN_KEYS = re.compile(
    r"user|account|computer|workstation|host|machine|owner|mailbox|recipient|agent|device|upn"
    r"|principal|login|logon|targetdomain|subjectdomain|system_name|nat_?ip|xlate|path|file"
    r"|uname|gname|organization|tenant|customer|instance|bucket|commandline|public|private|local_?ip"
)
_SENSORS = (("agent", "name"), ("agent", "ip"), ("manager", "name"), ("cluster", "name"),
            ("cluster", "node"), ("predecoder", "hostname"))  # fmt: skip
_PARTS = re.compile(r"->|[()\s]+")
MOST_LEAVES = 1000
"""Strings of an event that are looked at: more is a flood, and its rule is not quoted."""

_LONGEST = 2048
_LONGEST_KEY, _KEYS_KEPT = 64, 4096  # all the names of the decoders; longer ones are of no decoder
_SHORTEST_TELLING = 4
_LONGEST_PLAIN_NUMBER = 5  # longer ones may be of an account or a telephone
_EVERYBODYS = frozenset(("", "any", "false", "none", "true", "wazuh"))


def values(fields: Fields, *paths: Path) -> list[str]:
    """Return the strings at some paths; most events have one of them."""
    found: list[str] = []
    for path in paths:
        if path[0] in fields:
            inner = fields
            for name in path[:-1]:
                inner = part(inner, name)
            found += texts(inner, path[-1])
    return found


def bare(written: str) -> str:
    """Return an address without its port: `192.0.2.1:443`, `[2001:db8::1]:443`."""
    written = written.strip()
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written.partition(":")[0] if written.count(":") == 1 else written


def leaves(alert: Fields) -> list[tuple[str, str]]:
    """Return the strings of an event with their keys, at most `MOST_LEAVES`."""
    found: list[tuple[str, str]] = []
    names = ("agent", "manager", "cluster", "predecoder", "data", "syscheck")
    waiting: list[tuple[str, object]] = [(name, alert.get(name)) for name in names]
    while waiting and len(found) < MOST_LEAVES:
        key, value = waiting.pop()
        if isinstance(value, str):
            if value and len(value) <= _LONGEST:
                found.append((key, value))
        elif isinstance(value, dict):
            waiting += list(value.items())[:MOST_LEAVES]
        elif isinstance(value, list):
            waiting += [(key, item) for item in value[:MOST_LEAVES]]
    return found


def sensors(alert: Fields) -> Iterator[str]:
    """Yield the names and addresses of the machines that saw the event, and its location."""
    names = values(alert, *_SENSORS)
    location = alert.get("location")
    if isinstance(location, str) and ("->" in location or "/" in location):
        names += _PARTS.split(location[:_LONGEST])
    yield from (name for name in names if name.lower() not in _EVERYBODYS)


def victims(data: Fields, found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the values of the victim's side among the strings of an event."""
    called = next(iter(values(data, ("url",))), "")
    for key, value in found:
        name = key.lower()
        if name == "hostname" and f"://{value}" in called:
            continue  # a firewall's name for the site that was called
        if _is_own(name) and value.lower() not in _EVERYBODYS:
            yield value


def _is_own(name: str) -> bool:
    return _is_known_own(name) if len(name) <= _LONGEST_KEY else bool(_OWN_KEYS.search(name))


@lru_cache(_KEYS_KEPT)
def _is_known_own(name: str) -> bool:
    return _OWN_KEYS.search(name) is not None


def quotes(description: str, found: Iterable[tuple[str, str]], shared: frozenset[str]) -> bool:
    """Return whether a rule's words hold a value of the event that is not shared: rules are
    templates, and what they are filled with may be a user, a path or a command."""
    words = description.lower()
    quoted = [value for _, value in found if value.lower() in words]
    return any(
        len(value) >= _SHORTEST_TELLING
        and not value.isalpha()
        and not (value.isdigit() and len(value) <= _LONGEST_PLAIN_NUMBER)
        and value not in shared
        for value in quoted
    )
