"""Fields of an ECS document by their path: nested, dotted or mixed, single or in a list."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

Document = Mapping[str, object]

MOST_VALUES = 500
"""Values of one field that are read: real documents hold fewer, hostile ones must not cost more."""

_DEEPEST = 8
"""Levels below which no field of ECS stands: what is deeper is left as it is."""


def unfolded(document: Document) -> Document:
    """Return a document with all its dotted keys as objects; itself if it has none."""
    return _unfolded(document, _DEEPEST) if _dotted(document, _DEEPEST) else document


def _dotted(document: Document, levels: int) -> bool:
    for key, inner in document.items():
        if "." in key or (levels and isinstance(inner, dict) and _dotted(inner, levels - 1)):
            return True
    return False


def _unfolded(document: Document, levels: int) -> dict[str, object]:
    whole: dict[str, object] = {}
    for key, inner in document.items():
        item = _unfolded(inner, levels - 1) if levels and isinstance(inner, dict) else inner
        *heads, last = key.split(".", _DEEPEST)
        into = whole
        for head in heads:
            below = into.setdefault(head, {})
            if not isinstance(below, dict):
                break
            into = below
        else:
            _put(into, last, item)
    return whole


def _put(into: dict[str, object], name: str, item: object) -> None:
    there = into.get(name)
    if isinstance(there, dict) and isinstance(item, dict):
        for key, inner in item.items():
            _put(there, key, inner)
    elif there is None:
        into[name] = item


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def value(document: Document, path: str) -> object:
    """Return what stands under `path`, or None. Paths are those of our tables, none of a record."""
    found: object = document
    for name in _names(path):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def every(document: Document, path: str) -> tuple[str, ...]:
    """Return the texts of a field that is one or a list of them, without outer blanks."""
    found = value(document, path)
    if isinstance(found, str):
        return (found.strip(),)
    if not isinstance(found, list):
        return ()
    return tuple(item.strip() for item in islice(found, MOST_VALUES) if isinstance(item, str))


def first(document: Document, path: str) -> str:
    """Return the first text of a field; empty if there is none."""
    found = value(document, path)
    if isinstance(found, str):
        return found.strip()
    return next(iter(every(document, path)), "") if isinstance(found, list) else ""


def either(document: Document, *paths: str) -> str:
    """Return the first text of the first field that has one; empty if none has."""
    return next((text for path in paths if (text := first(document, path))), "")


def number(document: Document, path: str) -> int | None:
    """Return a number from 0 to 10^15 as an integer, also one in a text or a list, or None."""
    found = value(document, path)
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        return int(found)
    if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= 10**15:
        return int(found)
    return None


def named(document: Document, path: str) -> str:
    """Return an identifier, which may be written as a number; empty if there is none."""
    whole = number(document, path)
    return first(document, path) or ("" if whole is None else str(whole))


def objects(document: Document, path: str) -> tuple[Document, ...]:
    """Return the objects of a field that is one or a list of them."""
    found = value(document, path)
    if isinstance(found, dict):
        return (found,)
    return tuple(_items(found)) if isinstance(found, list) else ()


def _items(found: list[object]) -> Iterator[Document]:
    for item in islice(found, MOST_VALUES):
        if isinstance(item, dict):
            yield unfolded(item)


def has(document: Document, path: str) -> bool:
    """Return whether there is something under `path`."""
    return value(document, path) is not None
