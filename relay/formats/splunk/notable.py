"""A notable as Splunk hands it out: its fields, whatever they are wrapped in.

Splunk has one kind of value, text; of several it makes a list or lines. What a search of a data
model found keeps the model's name before its field's (`IDS_Attacks.src`). Taken straight from the
index, most fields stand only in `_raw`, in the form in which Splunk itself writes notables there.
"""

import re
from collections.abc import Iterator, Mapping

from relay.formats.fields import part, parts

Fields = Mapping[str, object]

MOST_VALUES = 500
"""Values read of one field; a search lists 100 unless told otherwise."""

_LONGEST_RAW = 256 * 1024
_STASH = re.compile(r"(?:[0-9]{9,10}(?:\.[0-9]+)?|[0-9/-]{8,10} [0-9:.]{8,15} [+-][0-9]{4})(?=, )")
_PAIR = re.compile(
    r',?\s*([A-Za-z_][\w.:{}-]{0,127})=(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ANNOTATIONS = "annotations."
# Fields of an envelope that say something of what is in it, by their names there.
_BESIDE = {
    "search_name": "search_name",
    "time": "_time",
    "index": "index",
    "source": "source",
    "sourcetype": "sourcetype",
}


class Notable:
    """The fields of one notable."""

    def __init__(self, fields: Fields) -> None:
        self._fields = {**_stashed(fields.get("_raw")), **fields}
        self._annotations: list[str] = []
        for name in [name for name in self._fields if "." in name]:
            bare = name.rpartition(".")[2]
            if name.startswith(_ANNOTATIONS):
                self._annotations.append(name)
            elif bare not in self._fields:
                self._fields[bare] = self._fields[name]

    def __contains__(self, name: str) -> bool:
        return name in self._fields and self._fields[name] not in (None, "", [])

    def raw(self, name: str) -> object:
        """Return a field as it stands; of a list its first element."""
        value = self._fields.get(name)
        return (value[0] if value else None) if isinstance(value, list) else value

    def all(self, *names: str) -> list[str]:
        """Return the values of some fields, without blanks around them, none twice."""
        found: dict[str, None] = {}
        for value in filter(None, map(self._fields.get, names)):
            if isinstance(value, str) and "\n" not in value:
                found[value.strip()] = None
            else:
                found.update(dict.fromkeys(_several(value)))
        found.pop("", None)
        return list(found)

    def text(self, *names: str) -> str:
        """Return the first value of the first of some fields that has one; else empty."""
        for name in names:
            if name in self._fields and (values := self.all(name)):
                return values[0]
        return ""

    def annotations(self) -> Iterator[tuple[str, object]]:
        """Yield the fields that annotate the rule, by their names without `annotations.`."""
        for name in self._annotations:
            yield name.removeprefix(_ANNOTATIONS), self._fields[name]


def _several(value: object) -> Iterator[str]:
    """Yield the lines of a text, or of the texts in a list."""
    for each in value[:MOST_VALUES] if isinstance(value, list) else (value,):
        if isinstance(each, str):
            yield from map(str.strip, each.split("\n", MOST_VALUES)[:MOST_VALUES])


def unwrapped(record: Fields) -> tuple[Fields, ...]:
    """Return the notables of an answer of the search API, of an alert action, or of the collector;
    a record that is none of these is one itself."""
    if "results" in record:
        return parts(record, "results")
    event = record.get("event")
    inner = part(record, "result") or part(record, "event") or part(record, "fields")
    if not inner and not isinstance(event, str):
        return (record,)
    if isinstance(event, str):
        inner = {"_raw": event, **inner}
    around = {_BESIDE[name]: record[name] for name in _BESIDE.keys() & record.keys()}
    return ({**around, **inner},)


def _stashed(raw: object) -> dict[str, object]:
    """Return the fields in the text of a notable: a time, then names and quoted values."""
    start = _STASH.match(raw) if isinstance(raw, str) and len(raw) <= _LONGEST_RAW else None
    if start is None or not isinstance(raw, str):
        return {}
    found: dict[str, object] = {"orig_stash": "1"}
    at = start.end()
    while (pair := _PAIR.match(raw, at)) is not None:
        name, quoted, bare = pair.groups()
        value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else bare
        earlier = found.get(name)
        if isinstance(earlier, list):
            earlier.append(value)
        else:
            found[name] = value if earlier is None else [earlier, value]
        at = pair.end()
    return found
