"""When something was seen: sightings and observed data, over what an object says of itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from relay.formats.fields import number, text, texts
from relay.formats.moments import moment
from relay.formats.stix.objects import Object, Record, extension

_OPENCTI = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"


class Ground(IntEnum):
    """What a time rests on, the weakest first."""

    STATED = 0
    """The object was created then."""
    VALID = 1
    """The indicator is meant to be used since."""
    OBSERVED = 2
    SIGHTED = 3


@dataclass(frozen=True, slots=True)
class When:
    """The time of an event, and the span and the number of what was seen, where that is known."""

    at: int
    ground: Ground
    first: int | None = None
    count: int | None = None

    def joined(self, other: "When") -> "When":
        """Return two times on the same ground as one: the latest, the earliest first and the sum
        of the counts."""
        firsts = [first for first in (self.first, other.first) if first is not None]
        counts = [count for count in (self.count, other.count) if count is not None]
        return When(
            max(self.at, other.at),
            self.ground,
            min(firsts, default=None),
            sum(counts) if counts else None,
        )


@dataclass(slots=True)
class Sighted:
    """What a record's sightings say of one object: when, of what things they are, their ids."""

    when: When | None = None
    things: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


def sighted(record: Record) -> dict[str, Sighted]:
    """Return what was sighted, by the ids of the objects and of their observed data. A sighting
    of none (`count` 0, OpenCTI's `negative`) says that it was not there."""
    found: dict[str, Sighted] = {}
    for name, one in record.of("sighting"):
        when = _sighting(one)
        if when is None or _negative(one):
            continue
        thing = text(one, "sighting_of_ref")
        for seen in {thing, *texts(one, "observed_data_refs")}:
            known = found.setdefault(seen, Sighted())
            known.when = when if known.when is None else known.when.joined(when)
            known.things.append(thing)
            known.ids.append(name)
    return found


def observed(one: Object) -> When | None:
    """Return when an observed-data was observed."""
    return _span(one, ("first_observed", "last_observed"), "number_observed", Ground.OBSERVED)


def lasting(one: Object, *spans: tuple[str, str]) -> When | None:
    """Return the time of the first of some pairs of fields that tells one, else of the object's
    creation."""
    for names in spans:
        if when := _span(one, names, "", Ground.OBSERVED):
            return when
    return stated(one)


def valid(indicator: Object) -> When | None:
    """Return since when an indicator is valid, else when it was created."""
    at = moment(indicator.get("valid_from"))
    return stated(indicator) if at is None else When(at, Ground.VALID)


def stated(one: Object) -> When | None:
    """Return when an object was created."""
    at = moment(one.get("created"))
    at = moment(one.get("modified")) if at is None else at
    return None if at is None else When(at, Ground.STATED)


def best(whens: Iterable[When | None]) -> When | None:
    """Return the time that rests on the best ground; of equals the first."""
    known = [when for when in whens if when is not None]
    return max(known, key=lambda when: when.ground, default=None)


def _negative(one: Object) -> bool:
    said = (one, extension(one, _OPENCTI))
    return one.get("count") == 0 or any(
        each.get(name) is True for each in said for name in ("x_opencti_negative", "negative")
    )


def _sighting(one: Object) -> When | None:
    seen = _span(one, ("first_seen", "last_seen"), "count", Ground.SIGHTED)
    if seen is not None:
        return seen
    created = stated(one)
    return None if created is None else When(created.at, Ground.SIGHTED, None, number(one, "count"))


def _span(one: Object, names: tuple[str, str], count: str, ground: Ground) -> When | None:
    first, last = (moment(one.get(name)) for name in names)
    at = first if last is None else last
    return None if at is None else When(at, ground, first, number(one, count) if count else None)
