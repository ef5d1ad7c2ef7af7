"""The values of the victim's side in a finding: its machines, users, accounts and resources.

They are never shared, and nothing that holds one of them is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from types import MappingProxyType

from relay.formats.fields import part, parts, text, texts
from relay.formats.ocsf.mailboxes import recipients
from relay.formats.parsing import parse

Fields = Mapping[str, object]

_MACHINE = frozenset((
    "ip", "ip_addresses", "hostname", "name", "uid", "uid_alt", "mac", "instance_uid", "imei",
    "intermediate_ips", "interface_uid", "vpc_uid", "subnet_uid",
))  # fmt: skip
_PERSON = frozenset((
    "name", "full_name", "display_name", "uid", "uid_alt", "email_addr", "credential_uid",
))  # fmt: skip
_MACHINES_PARTS = frozenset(("network_interfaces", "owner", "last_user", "user"))
_NAMED = frozenset(("uid", "name"))

# In a resource's data only what is an address or a qualified name counts: the rest is settings.
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_NAME = re.compile(r"(?:[a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]+")
_PERSONS = re.compile(r"(?:user|principal|account|owner)_?(?:name|id)", re.IGNORECASE)

_BETWEEN = re.compile("[:/]")
_IDENTITY = re.compile(r"[0-9]{12}|[a-z]{1,8}-[0-9a-f]{8,17}")
"""An account of AWS and an id of one of its resources: both stand in titles without the rest."""


def victims(event: Fields) -> Iterator[str]:
    """Yield what a finding, or one of its evidences, says of the victim's side."""
    for name in event:
        if name in _HOLDERS:
            for holder in parts(event, name):
                yield from _HOLDERS[name](holder)


def tenants(event: Fields, info: Fields) -> Iterator[str]:
    """Yield whose finding it is: accounts of clouds and of the product, also within ids."""
    cloud = part(event, "cloud")
    for name in ("account", "org"):
        yield from _values(part(cloud, name), _NAMED)
    yield text(cloud, "account_uid")  # OCSF before 1.0
    yield text(cloud, "project_uid")
    yield text(part(event, "metadata"), "tenant_uid")
    yield from _within(text(info, "uid"))


def machine_of(machine: Fields) -> list[str]:
    """Return what a device or an endpoint says of itself."""
    found = _values(machine, _MACHINE)
    for name in _MACHINES_PARTS:
        if name in machine:
            for held in parts(machine, name):
                found += _values(held, _MACHINE)
                found += _person(held)
    return found


def _resource(resource: Fields) -> Iterator[str]:
    yield from machine_of(resource)
    yield from _within(text(resource, "uid"))
    for name in ("data", "details"):
        yield from _data(resource.get(name))


def _person(person: Fields) -> Iterator[str]:
    yield from _values(person, _PERSON)
    yield from _values(part(person, "account"), _NAMED)


def _actor(actor: Fields) -> Iterator[str]:
    yield from _person(part(actor, "user"))
    yield from _process(part(actor, "process"))
    yield from _values(part(actor, "session"), _NAMED)


def _process(process: Fields) -> Iterator[str]:
    for held in (process, part(process, "parent_process")):
        yield from _person(part(held, "user"))


def _file(file: Fields) -> Iterator[str]:
    for name in ("owner", "accessor", "modifier", "creator"):
        yield from _person(part(file, name))


def _values(fields: Fields, names: Set[str]) -> list[str]:
    found: list[str] = []
    for name in fields:
        if name in names:
            found += texts(fields, name)
        elif name == "domain" and "." in text(fields, name):
            # Without a dot (CORP) it is a word that stands in other people's names, too.
            found.append(text(fields, name))
    return found


def _within(uid: str) -> Iterator[str]:
    """Yield the parts of a composed id (`arn:aws:ec2:…:instance/i-…`) that name somebody."""
    pieces = _BETWEEN.split(uid[:2048])
    yield from (piece for piece in pieces if _IDENTITY.fullmatch(piece))
    if len(pieces) > 1:
        yield pieces[-1]


def _thing(thing: Fields) -> list[str]:
    return _values(thing, _NAMED)


def _data(data: object) -> Iterator[str]:
    """Yield the addresses and names in a resource's data, which is an object or JSON in a string;
    its users, too."""
    if isinstance(data, str):
        data = parse(data.encode("utf-8", "replace")) if data.startswith("{") else None
    for name, value in _leaves(data):
        if _ADDRESS.fullmatch(value) or _NAME.fullmatch(value) or _PERSONS.search(name):
            yield value


def _leaves(root: object) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, object]] = [("", root)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.items())
        elif isinstance(value, list):
            pending.extend((name, item) for item in value)
        elif isinstance(value, str) and len(value) <= 255:  # the longest name of a host
            yield name, value


_HOLDERS: Mapping[str, Callable[[Fields], Iterable[str]]] = MappingProxyType(
    {
        "device": machine_of, "host": machine_of, "infected_device": machine_of,
        "resources": _resource, "resource": _resource,
        "user": _person, "users": _person, "assignee": _person, "owner": _person,
        "actor": _actor, "process": _process, "file": _file, "email": recipients,
        "container": _thing, "database": _thing, "databucket": _thing, "job": _thing,
    }
)  # fmt: skip
"""Where the victim's side stands in a finding and in an evidence, and what is said of it there."""
