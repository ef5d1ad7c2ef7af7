"""One way to read fields that Microsoft writes in four: `SystemAlertId`, `systemAlertId`,
`system_alert_id`, `SystemAlertId [UTC]`; and objects that stand as JSON within a string."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from relay.formats.outcome import Refused
from relay.formats.parsing import parse

Fields = Mapping[str, object]

_ENCODED = ("{", "[")


def folded(fields: Fields) -> dict[str, object]:
    """Return the fields by their names without case, underscores and the mark of a time zone."""
    return dict(zip(map(_name, fields), fields.values(), strict=True))


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    return name.lower().replace("_", "").removesuffix(" [utc]")


def decoded(value: object) -> object:
    """Return what a field holds: itself, or the JSON that its string is; None if it is broken."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith(_ENCODED):
        return None
    parsed = parse(value.encode("utf-8", "ignore"))
    return None if isinstance(parsed, Refused) else parsed


def objects(value: object) -> Iterator[Fields]:
    """Yield the objects of a field that is one, a list of some, or a string that holds either."""
    found = decoded(value)
    for each in found if isinstance(found, list) else (found,):
        if isinstance(each, dict):
            yield each


def words(value: object) -> Iterator[str]:
    """Yield the strings of a field that is one, a list of some, or a string that holds a list."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        yield value
        return
    found = decoded(value)
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, str))


def first(fields: Fields, names: tuple[str, ...]) -> str:
    """Return the first of some fields that is a string with something in it; else empty."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and (text := value.strip()):
            return text
    return ""
