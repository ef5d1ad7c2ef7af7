"""Answers of searches and exports that hold many records in one object."""

from collections.abc import Iterator, Sequence

from relay.formats.fields import part

_LISTS = ("response", "results", "expected", "events", "value", "records", "Records")
"""Names of the list: of MISP, of Splunk, of Elastic's pipeline tests, of exports, of Microsoft
Graph, of event hubs."""

_MOST_FIELDS = 6
"""A wrapper holds its list and a few words on it (a context, a link to the next page)."""


def unwrapped(value: object) -> Sequence[object]:
    """Return the records in a wrapper (`{"hits": {"hits": […]}}`, `{"value": […]}`), or the value
    itself, alone. One level only: a record's own lists stay its own."""
    if not isinstance(value, dict) or len(value) > _MOST_FIELDS:
        return (value,)
    return next(_found(value), None) or (value,)


def _found(value: dict[str, object]) -> Iterator[Sequence[object]]:
    for held in (part(value, "hits").get("hits"), *map(value.get, _LISTS)):
        if isinstance(held, list) and held and all(isinstance(each, dict) for each in held):
            yield held
