"""When a finding's event was: `time` is of the finding, the activity it tells of may be earlier."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from relay.formats.moments import epoch, moment

Fields = Mapping[str, object]


class Times(NamedTuple):
    """When the event was, and the activity from first to last as far as it is known; in ms."""

    at: int
    first: int | None
    last: int | None


def times(event: Fields, info: Fields) -> Times | None:
    """Return the times of a finding, None if it has none.

    `time` is "the event occurrence time, or the finding creation time" (OCSF 1.0 to 1.8): held
    within the activity that the finding tells of, it is the time of the event either way.
    """
    first = _first(((info, "first_seen_time"), (event, "start_time")))
    last = _first(((info, "last_seen_time"), (event, "end_time")))
    if first is not None and last is not None and first > last:
        first, last = last, first
    at = _first(((event, "time"), (_metadata(event), "original_time")))
    if at is None:
        at = last or first or _first(((info, "created_time"),))
        return None if at is None else Times(at, first, last)
    if last is not None and at > last:
        at = last
    elif first is not None and at < first:
        at = first
    return Times(at, first, last)


def _first(places: Iterable[tuple[Fields, str]]) -> int | None:
    for fields, name in places:
        at = _at(fields, name)
        if at is not None:
            return at
    return None


def _at(fields: Fields, name: str) -> int | None:
    """Return a time: a number of seconds to nanoseconds, a text, or the `_dt` beside it."""
    for written in (fields.get(name), fields.get(f"{name}_dt")):
        if written is None:
            continue
        at = epoch(written) if not isinstance(written, str) else moment(written) or epoch(written)
        if at is not None:
            return at
    return None


def _metadata(event: Fields) -> Fields:
    metadata = event.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
