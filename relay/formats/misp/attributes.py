"""The attributes of an event, those in objects too, each with what its surroundings say of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from relay.core.normalise import LONGEST_RAW
from relay.formats.fields import number, parts, text
from relay.formats.misp.kinds import NOT_FLAGGED, PIECES
from relay.formats.misp.services import of_services
from relay.formats.misp.tags import Said, said
from relay.formats.moments import moment

# distribution: to communities, near to far; 5 is that of the event
_TOLD_ON = ("5", "1", "2", "3", 5, 1, 2, 3)
_SEEN, _FALSE_POSITIVE, _CONFIRMED = 0, 1, 3  # types of sighting; 2 is an expiry
_YES = (True, 1, "1", "true", "True")

_FLAGGED = frozenset(PIECES) - NOT_FLAGGED

Fields = Mapping[str, object]


class Attribute(NamedTuple):
    """One attribute. `template` and `relation` are of its object, empty outside of one.

    `flagged` is `to_ids`; where that is missing, what MISP would set. `confined`: its distribution
    is narrower than the event's, and bars everybody. `gone`: it is deleted, refuted, or a proposal
    by somebody else; it may still name a victim. `served`: its object only tells where a service
    that everybody uses is reached. Times in ms, but `edited` as it is written.
    """

    uuid: str
    type: str
    category: str
    value: str
    flagged: bool
    template: str
    relation: str
    confined: bool
    gone: bool
    served: bool
    said: Said | None
    edited: object
    first_seen: int | None
    last_seen: int | None


def attributes(event: Fields) -> list[Attribute]:
    """Return the attributes of an event, those of its objects and those proposed for it."""
    found = list(_read(parts(event, "Attribute"), _OUTSIDE))
    things = parts(event, "Object")
    services = of_services(things)
    for at, thing in enumerate(things):
        found.extend(_read(parts(thing, "Attribute"), _around(thing, served=at in services)))
    found.extend(_read(parts(event, "ShadowAttribute"), _PROPOSED))
    return found


def confined(fields: Fields) -> bool:
    """Return whether a `distribution` bars everybody else: 0 (the own organisation), 4 (a sharing
    group, whose members the relay cannot know), or a level that is none."""
    level = fields.get("distribution")
    return level is not None and level not in _TOLD_ON


class _Around(NamedTuple):
    """What an object says of the attributes in it."""

    template: str
    confined: bool
    gone: bool
    served: bool
    first_seen: int | None
    last_seen: int | None


_OUTSIDE = _Around("", confined=False, gone=False, served=False, first_seen=None, last_seen=None)
_PROPOSED = _OUTSIDE._replace(gone=True)


def _around(thing: Fields, *, served: bool) -> _Around:
    return _Around(
        template=text(thing, "name"),
        confined=confined(thing),
        gone=_deleted(thing),
        served=served,
        first_seen=moment(thing.get("first_seen")),
        last_seen=moment(thing.get("last_seen")),
    )


def _read(listed: Iterable[Fields], around: _Around) -> Iterator[Attribute]:
    for fields in listed:
        value = text(fields, "value")
        if not 0 < len(value) <= LONGEST_RAW:
            continue
        kind = text(fields, "type")
        yield Attribute(
            uuid=text(fields, "uuid"),
            type=kind,
            category=text(fields, "category"),
            value=value,
            flagged=fields["to_ids"] in _YES if "to_ids" in fields else kind in _FLAGGED,
            template=around.template,
            relation=text(fields, "object_relation"),
            confined=around.confined or confined(fields),
            gone=around.gone or _deleted(fields) or _refuted(fields),
            served=around.served,
            said=said(fields) if fields.get("Tag") else None,
            edited=fields.get("timestamp"),
            first_seen=moment(fields.get("first_seen")) or around.first_seen,
            last_seen=moment(fields.get("last_seen")) or around.last_seen,
        )


def _deleted(fields: Fields) -> bool:
    return fields.get("deleted") in _YES


def _refuted(fields: Fields) -> bool:
    """More who looked call it a false positive than have seen it."""
    if not fields.get("Sighting"):
        return False
    kinds = [number(sighting, "type") for sighting in parts(fields, "Sighting")]
    wrong = kinds.count(_FALSE_POSITIVE)
    return wrong > kinds.count(_SEEN) + kinds.count(_CONFIRMED)
