"""Where the events are in what MISP writes: files, answers of its API, messages of its queues."""

from collections.abc import Iterable, Mapping

from relay.formats.fields import part, parts, text
from relay.formats.outcome import Refused, Skipped
from relay.formats.recognise import seems

Fields = Mapping[str, object]

_OTHER_RECORDS = frozenset((
    "Feed", "Galaxy", "GalaxyCluster", "Log", "Noticelist", "ObjectTemplate", "Organisation",
    "Server", "ShadowAttribute", "SharingGroup", "Sighting", "Tag", "Taxonomy", "User",
    "Warninglist",
))  # fmt: skip
_NO_EVENT = Skipped("a record of MISP that is no event")
_GONE = Skipped("a notice that something was deleted")
_NO_ATTRIBUTES = Skipped("an event without attributes")


def events(record: Fields) -> tuple[Fields, ...] | Skipped | Refused:
    """Return the events of a record that have attributes: at least one.

    Read are `{"Event"}`, `{"response"}` with events or with attributes in it, a bare event, and an
    attribute beside its event, as MISP's queues send it.
    """
    if record.get("action") == "delete":
        return _GONE
    found = list(_within(record))
    if not found:
        return _none(record)
    full = tuple(event for event in found if event.get("Attribute") or event.get("Object"))
    return full or _NO_ATTRIBUTES


def _within(record: Fields) -> Iterable[Fields]:
    if "response" in record:
        for item in parts(record, "response"):
            yield from _single(item)
    else:
        yield from _single(record)


def _single(record: Fields) -> Iterable[Fields]:
    if "Event" in record:
        for event in parts(record, "Event"):
            beside = "Attribute" in record
            yield {**event, "Attribute": record["Attribute"]} if beside else event
    elif _is_event(record):
        yield record
    else:
        yield from _by_event(parts(record, "Attribute"))


def _is_event(record: Fields) -> bool:
    return "Object" in record or (
        isinstance(record.get("info"), str)
        and any(name in record for name in ("date", "Orgc", "orgc_id", "Attribute"))
    )


def _by_event(attributes: Iterable[Fields]) -> Iterable[Fields]:
    """Yield the events that found attributes name; those that name none stay together."""
    found: dict[str, list[Fields]] = {}
    about: dict[str, Fields] = {}
    for attribute in attributes:
        event = part(attribute, "Event")
        name = text(event, "uuid") or text(event, "id")
        found.setdefault(name, []).append(attribute)
        about.setdefault(name, event)
    for name, some in found.items():
        yield {**about[name], "Attribute": some}


def _none(record: Fields) -> Skipped | Refused:
    if "response" in record or not _OTHER_RECORDS.isdisjoint(record):
        return _NO_EVENT
    first = next(iter(record.values()), None)
    if isinstance(first, dict) and "Orgc" in first and "info" in first:
        return Skipped("the manifest of a feed")
    return Refused("other-format", f"the record holds no MISP event; {seems(record, 'misp')}")
