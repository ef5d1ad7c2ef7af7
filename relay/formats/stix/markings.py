"""Data markings: TLP labels of both versions, by id, by definition and by their names; and PAP."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from relay.formats.fields import part, parts, text, texts
from relay.formats.labels import ORDER, tlp
from relay.formats.stix.objects import CYBER, Object, Record, extension
from relay.wire.detection import Pap

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""How TLP 2.0 is said in STIX 2.1 (OASIS common objects)."""

TLP_MARKINGS: Mapping[str, str] = MappingProxyType(
    {
        "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
)
"""The ids of the labels of TLP 2.0, fixed by OASIS."""

_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        **{name: label for label, name in TLP_MARKINGS.items()},
        # TLP 1: section 7.2.1.4 of the specification.
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
        # OpenCTI's own.
        "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37": "amber+strict",
    }
)
"""Ids that mean a label even where the definition does not travel with the record."""

NONE = ""
UNKNOWN = "?"
_LEVELS = MappingProxyType({label: at for at, label in enumerate((NONE, *ORDER, UNKNOWN))})
"""A label, none at all, or a word that is no label and could mean the strictest."""

_PAPS: tuple[Pap, ...] = ("clear", "green", "amber", "red")
_PAP_WORDS: dict[str, Pap] = {"white": "clear", **{label: label for label in _PAPS}}

# Fields without which nothing is told: their granular markings are the object's. So are all of a
# cyber-observable object, which is little more than its value.
_CORE = frozenset(("pattern", "id", "type"))
_MARKED = frozenset(("object_marking_refs", "granular_markings", "labels"))


class Markings:
    """The labels of a record's objects: of each the strictest that it bears."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._known = dict(_KNOWN)
        self._paps: dict[str, Pap] = {}
        self._own: dict[str, str] = {}
        for name, one in record.of("marking-definition"):
            if label := _defined(one):
                self._known.setdefault(name, label)
            for word in _names(one):
                if pap := _pap(word):
                    self._paps[name] = pap

    def of(self, name: str) -> str:
        """Return the label of an object: its own, else that of the report that lists it."""
        own = self.own(name)
        if own or name not in self._record.containers:
            return own
        return self.own(self._record.containers[name])

    def own(self, name: str) -> str:
        """Return the label that an object bears itself."""
        known = self._own.get(name)
        if known is None:
            one = self._record.get(name)
            bare = _MARKED.isdisjoint(one)
            known = self._own[name] = NONE if bare else strictest(self._borne(one))
        return known

    def pap(self, one: Object) -> Pap | None:
        """Return the strictest PAP label of an object, by markings and by its tags."""
        refs = texts(one, "object_marking_refs")
        found = {self._paps[ref] for ref in refs if ref in self._paps}
        found.update(label for tag in texts(one, "labels") if (label := _pap(tag)))
        return max(found, key=_PAPS.index, default=None)

    def readable(self, one: Object, label: str) -> Object:
        """Return an object without the fields that are marked more strictly than `label`."""
        stricter = {
            field
            for marked, field in self._granular(one)
            if field not in _CORE and above(marked, label)
        }
        if not stricter:
            return one
        return {name: each for name, each in one.items() if name not in stricter}

    def _borne(self, one: Object) -> Iterator[str]:
        known = self._known
        yield from (known[ref] for ref in texts(one, "object_marking_refs") if ref in known)
        whole = text(one, "type") in CYBER
        yield from (label for label, field in self._granular(one) if whole or field in _CORE)
        yield from (_spelt(tag) for tag in texts(one, "labels") if tag.lower().startswith("tlp:"))

    def _granular(self, one: Object) -> Iterator[tuple[str, str]]:
        for marking in parts(one, "granular_markings"):
            label = self._known.get(text(marking, "marking_ref"))
            if label is not None:
                for selector in texts(marking, "selectors"):
                    yield label, selector.partition(".")[0]


def strictest(labels: Iterable[str]) -> str:
    """Return the strictest of some labels, `NONE` if there is none."""
    return max(labels, key=_LEVELS.__getitem__, default=NONE)


def above(label: str, other: str) -> bool:
    """Return whether a label is stricter than another."""
    return _LEVELS[label] > _LEVELS[other]


def _defined(one: Object) -> str:
    """Return the label that a marking definition stands for, `NONE` if it is none of TLP."""
    said = text(extension(one, TLP_EXTENSION), "tlp_2_0")
    if not said and text(one, "definition_type").lower() == "tlp":
        defined = part(one, "definition")
        said = text(defined, "tlp") or text(defined, "TLP") or text(one, "name")
    if not said:
        said = next((name for name in _names(one) if name.lower().startswith("tlp:")), "")
    return _spelt(said) if said else NONE


def _names(one: Object) -> tuple[str, ...]:
    statement = text(part(one, "definition"), "statement")
    return (text(one, "name"), statement, text(one, "x_opencti_definition"))


def _spelt(written: str) -> str:
    return tlp(written) or UNKNOWN


def _pap(written: str) -> Pap | None:
    word = written.lower().removeprefix("pap:")
    return _PAP_WORDS.get(word) if len(word) < len(written) else None
