"""Fields of an ECS document by their path: nested, dotted or mixed, single or in a list."""

from collections.abc import Mapping
from itertools import islice

Document = Mapping[str, object]

MOST_VALUES = 500
"""Values of one field that are read: real documents hold fewer, hostile ones must not cost more."""


def value(document: Document, path: str) -> object:
    """Return what stands under `path`, however its keys are split, or None."""
    found = document.get(path)
    if found is not None:
        return found
    cut = path.find(".")
    while cut >= 0:
        inner = document.get(path[:cut])
        if isinstance(inner, dict):
            found = value(inner, path[cut + 1 :])
            if found is not None:
                return found
        cut = path.find(".", cut + 1)
    return None


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
    return next(iter(every(document, path)), "")


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
    if not isinstance(found, list):
        return ()
    return tuple(item for item in islice(found, MOST_VALUES) if isinstance(item, dict))


def has(document: Document, path: str) -> bool:
    """Return whether there is something under `path`, or under a dotted key that goes on there."""
    if value(document, path) is not None:
        return True
    start = f"{path}."
    return any(key.startswith(start) for key in document)
