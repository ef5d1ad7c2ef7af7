"""Reading fields of foreign JSON: types drift between versions, and nothing may raise."""

import re
from collections.abc import Mapping

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A lower-case UUID of any version, as the relay writes the ids of its alerts."""

_LARGEST = 2**53 - 1  # RFC 8259: beyond, numbers are not the same to all readers


def text(fields: Mapping[str, object], name: str) -> str:
    """Return a string field without outer blanks; empty if it is missing or of another type."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return the strings of a field that is a string, or a list with strings in it."""
    value = fields.get(name)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def number(fields: Mapping[str, object], name: str) -> int | None:
    """Return an integer from 0 to 2^53-1, also one that is written as a string."""
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    return None


def part(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return an object field; empty if it is missing or of another type."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def parts(fields: Mapping[str, object], name: str) -> tuple[Mapping[str, object], ...]:
    """Return the objects of a field that is an object, or a list with objects in it."""
    value = fields.get(name)
    if isinstance(value, dict):
        return (value,)
    return (
        tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
    )
