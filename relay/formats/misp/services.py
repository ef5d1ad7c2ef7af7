"""Objects that only tell where a service that everybody uses is reached: its name and addresses.

Attackers keep files there, and events note what the name resolved to. The addresses are the
service's as the name is, unless the author flags them.
"""

from collections.abc import Mapping, Sequence

from relay.formats.bystanders import serves
from relay.formats.fields import parts, text

_NAMES = frozenset(("domain", "hostname"))
_RESOLVED = frozenset(("resolved-to", "resolves-to"))


def of_services(things: Sequence[Mapping[str, object]]) -> frozenset[int]:
    """Return the places of such objects: those whose names are all of services, and those that the
    names of such objects, and of no others, resolved to."""
    named = {at for at, thing in enumerate(things) if _of_service(thing)}
    if not named:
        return frozenset()
    ours: set[str] = set()
    others: set[str] = set()
    for at, thing in enumerate(things):
        (ours if at in named else others).update(_resolved(thing))
    theirs = ours - others
    return frozenset(named | {at for at, one in enumerate(things) if text(one, "uuid") in theirs})


def _of_service(thing: Mapping[str, object]) -> bool:
    names = [
        text(each, "value") for each in parts(thing, "Attribute") if text(each, "type") in _NAMES
    ]
    return bool(names) and all(map(serves, names))


def _resolved(thing: Mapping[str, object]) -> set[str]:
    return {
        text(reference, "referenced_uuid")
        for reference in parts(thing, "ObjectReference")
        if text(reference, "relationship_type") in _RESOLVED
    } - {""}
