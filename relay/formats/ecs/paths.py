"""Fields of an ECS document by their path: nested, dotted or mixed, single or in a list."""

from collections.abc import Iterable, Iterator, Mapping

MOST_VALUES = 500
"""Values of one field that are read: real documents hold fewer, hostile ones must not cost more."""

_DEEPEST = 10
"""Levels below which no field of ECS stands."""

# Parts that are large, and whose names are in no path that is read.
_UNREAD = frozenset((
    "Endpoint", "Ext", "ancestors", "as", "build", "elastic", "elastic_agent", "elf",
    "entry_leader", "execution", "geo", "group_leader", "input", "io", "original_event", "os",
    "parameters", "pe", "related", "session_leader", "thread", "token", "user_agent",
))  # fmt: skip


class Document(dict[str, object]):
    """The fields of a document or of a part of it, each under its whole path, however its keys are
    split. Of two fields with one path the first stays; objects with one path are one object."""

    __slots__ = ("opened", "sets")

    def __init__(self, parts: Mapping[str, object]) -> None:
        super().__init__()
        self.opened: dict[str, tuple[Document, ...]] = {}
        self.sets: dict[str, frozenset[str]] = {}
        if "." in "".join(parts) or self._add(parts, "", _DEEPEST):
            self.clear()
            self._join(parts, "", {}, _DEEPEST)

    def _add(self, parts: Mapping[str, object], start: str, levels: int) -> bool:
        """Add the parts below `start`, and return whether some key of theirs is dotted."""
        for key, item in parts.items():
            if item is None or key in _UNREAD:
                continue
            if "." in key:
                return True
            path = start + key
            self[path] = item
            if isinstance(item, dict) and levels and self._add(item, f"{path}.", levels - 1):
                return True
        return False

    def _join(
        self, parts: Mapping[str, object], start: str, into: dict[str, object], levels: int
    ) -> None:
        """Add the parts below `start`, where the object `into` stands, and to that object."""
        for key, item in parts.items():
            owner, name = self._owner(start, key) if "." in key else (into, key)
            if owner is None or item is None or name in _UNREAD:
                continue
            path = start + key
            there = self.get(path)
            if there is None:
                there = {} if isinstance(item, dict) else item
                owner[name] = self[path] = there
            if levels and isinstance(item, dict) and isinstance(there, dict):
                self._join(item, f"{path}.", there, levels - 1)

    def _owner(self, start: str, key: str) -> tuple[dict[str, object] | None, str]:
        """Return the object that a dotted key is a field of, and the field's own name."""
        names = key.split(".", _DEEPEST)
        name = names.pop()
        return self._object(start + ".".join(names)), name

    def _object(self, path: str) -> dict[str, object] | None:
        """Return the object at a path, a new one if there is nothing, None if something else is."""
        there = self.get(path)
        if there is not None:
            return there if isinstance(there, dict) else None
        above, dot, name = path.rpartition(".")
        owner = self._object(above) if dot else {}
        if owner is None or name in _UNREAD:
            return None
        made: dict[str, object] = {}
        owner[name] = self[path] = made
        return made


def every(document: Document, path: str) -> tuple[str, ...]:
    """Return the texts of a field that is one or a list of them, without outer blanks."""
    found = document.get(path)
    if found is None:
        return ()
    if isinstance(found, str):
        return (found.strip(),)
    if not isinstance(found, list):
        return ()
    return tuple([item.strip() for item in found[:MOST_VALUES] if isinstance(item, str)])


def texts(document: Document, paths: Iterable[str]) -> list[str]:
    """Return the texts of some fields; most documents have few of them."""
    return [text for path in paths if path in document for text in every(document, path)]


def words(document: Document, path: str) -> frozenset[str]:
    """Return the texts of a field as a set, made once."""
    found = document.sets.get(path)
    if found is None:
        found = document.sets[path] = frozenset(every(document, path))
    return found


def first(document: Document, path: str) -> str:
    """Return the first text of a field; empty if there is none."""
    found = document.get(path)
    if found is None:
        return ""
    if isinstance(found, str):
        return found.strip()
    return next(iter(every(document, path)), "")


def either(document: Document, *paths: str) -> str:
    """Return the first text of the first field that has one; empty if none has."""
    for path in paths:
        if path in document and (text := first(document, path)):
            return text
    return ""


def number(document: Document, path: str) -> int | None:
    """Return a number from 0 to 10^15 as an integer, also one in a text or a list, or None."""
    found = document.get(path)
    if found is None:
        return None
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
    """Return the objects of a field that is one or a list of them, made once."""
    found = document.get(path)
    if found is None:
        return ()
    if path not in document.opened:
        some = found[:MOST_VALUES] if isinstance(found, list) else [found]
        document.opened[path] = tuple([Document(item) for item in some if isinstance(item, dict)])
    return document.opened[path]


def below(document: Document, path: str, name: str) -> Iterator[Document]:
    """Yield the objects of the field `name` of an object, or of each of a list of them."""
    if isinstance(document.get(path), list):
        for item in objects(document, path):
            yield from objects(item, name)
    else:
        yield from objects(document, f"{path}.{name}")


def has(document: Document, path: str) -> bool:
    """Return whether there is something under `path`."""
    return path in document
