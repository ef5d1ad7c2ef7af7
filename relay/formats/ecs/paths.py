"""Fields of an ECS document by their path: nested, dotted or mixed, single or in a list."""

from collections.abc import Iterator, Mapping
from itertools import islice

MOST_VALUES = 500
"""Values of one field that are read: real documents hold fewer, hostile ones must not cost more."""

_DEEPEST = 10
"""Levels below which no field of ECS stands."""

# Parts that are large and never read.
_UNREAD = frozenset(("Ext", "Endpoint", "geo", "os"))


class Document(dict[str, object]):
    """The fields of a document or of a part of it, each under its whole path, however its keys are
    split. Of two fields with one path the first stays."""

    __slots__ = ()

    def __init__(self, parts: Mapping[str, object]) -> None:
        super().__init__()
        if self._add(parts, "", _DEEPEST):
            self.clear()
            self._add(_unfolded(parts, _DEEPEST), "", _DEEPEST)

    def _add(self, parts: Mapping[str, object], start: str, levels: int) -> bool:
        """Add the parts below `start`, and return whether some key of theirs is dotted."""
        dotted = False
        for key, item in parts.items():
            if item is None or key in _UNREAD:
                continue
            path = start + key
            self[path] = item
            if "." in key:
                dotted = True
            if isinstance(item, dict) and levels:
                dotted = self._add(item, f"{path}.", levels - 1) or dotted
        return dotted


def _unfolded(parts: Mapping[str, object], levels: int) -> dict[str, object]:
    """Return the parts with all their dotted keys as objects."""
    whole: dict[str, object] = {}
    for key, inner in parts.items():
        item: object = inner
        if isinstance(inner, dict):
            item = _unfolded(inner, levels - 1) if levels else dict(inner)
        for name in reversed(key.split(".", _DEEPEST)[1:]):
            item = {name: item}
        _put(whole, key.partition(".")[0], item)
    return whole


def _put(into: dict[str, object], name: str, item: object) -> None:
    there = into.get(name)
    if isinstance(there, dict) and isinstance(item, dict):
        for key, inner in item.items():
            _put(there, key, inner)
    elif there is None:
        into[name] = item


def every(document: Document, path: str) -> tuple[str, ...]:
    """Return the texts of a field that is one or a list of them, without outer blanks."""
    found = document.get(path)
    if isinstance(found, str):
        return (found.strip(),)
    if not isinstance(found, list):
        return ()
    return tuple(item.strip() for item in islice(found, MOST_VALUES) if isinstance(item, str))


def first(document: Document, path: str) -> str:
    """Return the first text of a field; empty if there is none."""
    found = document.get(path)
    if isinstance(found, str):
        return found.strip()
    return next(iter(every(document, path)), "") if isinstance(found, list) else ""


def either(document: Document, *paths: str) -> str:
    """Return the first text of the first field that has one; empty if none has."""
    for path in paths:
        text = first(document, path)
        if text:
            return text
    return ""


def number(document: Document, path: str) -> int | None:
    """Return a number from 0 to 10^15 as an integer, also one in a text or a list, or None."""
    found = document.get(path)
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
    found = document.get(path)
    if isinstance(found, dict):
        return (Document(found),)
    return tuple(_items(found)) if isinstance(found, list) else ()


def _items(found: list[object]) -> Iterator[Document]:
    for item in islice(found, MOST_VALUES):
        if isinstance(item, dict):
            yield Document(item)


def has(document: Document, path: str) -> bool:
    """Return whether there is something under `path`."""
    return path in document
