"""How the relay knows its own events again, after a way through any number of instances.

An instance may drop tags that it does not know, and put another organisation in the place of the
author. What it keeps are uuids: those of the relay's attributes follow from event and value.
"""

from collections.abc import Iterable
from uuid import uuid5

from relay.formats.fields import UUID
from relay.formats.misp.attributes import Attribute
from relay.formats.misp.kinds import PIECES
from relay.model.identity import NAMESPACE

_VERSION = slice(14, 15)  # of a uuid in text: 5 is one that follows from something


def attribute_uuid(event: str, kind: str, value: str) -> str:
    """Return the uuid of what holds a value in the relay's event. Of a plain attribute, `kind` is
    that of its `Piece`: whether an address came or answered may change with a revision."""
    return str(uuid5(NAMESPACE, f"{event} {kind} {value}"))


def ours(event: str, attributes: Iterable[Attribute]) -> bool:
    """Return whether the relay wrote an attribute of the event with this uuid."""
    if UUID.fullmatch(event) is None:
        return False
    return any(_ours(event, each) for each in attributes if each.uuid[_VERSION] == "5")


def _ours(event: str, each: Attribute) -> bool:
    piece = PIECES.get(each.type, (None,))[0]
    return piece is not None and each.uuid == attribute_uuid(event, piece.kind, each.value)
