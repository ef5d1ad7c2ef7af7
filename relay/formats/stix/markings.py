"""Data markings: TLP labels of both versions, by id, by definition and by their names."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from relay.formats.fields import part, parts, text, texts
from relay.formats.labels import ORDER, strictest, tlp
from relay.formats.stix.objects import Object, Record, extension

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

Labels = frozenset[str]
"""Labels as written; those of TLP 2.0 are in their own spelling."""

_CORE = frozenset(("pattern", "value", "hashes", "id", "type"))
"""Fields without which nothing is told: their granular markings are the object's."""


class Markings:
    """The labels of a record's objects."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._known = dict(_KNOWN)
        for name, one in record.of("marking-definition"):
            if name not in self._known and (label := _defined(one)):
                self._known[name] = label

    def of(self, name: str, one: Object) -> Labels:
        """Return the labels of an object: its own, else those of the report that lists it."""
        own = self.own(one)
        if own or name not in self._record.containers:
            return own
        return self.own(self._record.containers[name])

    def own(self, one: Object) -> Labels:
        """Return the labels that an object bears itself."""
        if not one.keys() & {"object_marking_refs", "granular_markings", "labels"}:
            return frozenset()
        whole = {
            self._known[ref] for ref in texts(one, "object_marking_refs") if ref in self._known
        }
        core = {label for label, field in self._granular(one) if field in _CORE}
        tags = {_spelt(tag) for tag in texts(one, "labels") if tag.lower().startswith("tlp:")}
        return frozenset(whole | core | tags)

    def readable(self, one: Object, labels: Labels) -> Object:
        """Return an object without the fields that are marked more strictly than `labels`."""
        stricter = {
            field
            for label, field in self._granular(one)
            if field not in _CORE and above(label, labels)
        }
        return {name: each for name, each in one.items() if name not in stricter}

    def _granular(self, one: Object) -> Iterator[tuple[str, str]]:
        for marking in parts(one, "granular_markings"):
            label = self._known.get(text(marking, "marking_ref"))
            if label is not None:
                for selector in texts(marking, "selectors"):
                    yield label, selector.partition(".")[0]


def above(label: str, labels: Labels) -> bool:
    """Return whether a label is stricter than all of some; what is no label is the strictest."""
    known = [one for one in labels if one in ORDER]
    if label not in ORDER:
        return True
    return not known or ORDER.index(label) > ORDER.index(strictest(known))


def _defined(one: Object) -> str:
    """Return the label that a marking definition stands for, empty if it is none of TLP."""
    said = text(extension(one, TLP_EXTENSION), "tlp_2_0")
    if not said and text(one, "definition_type").lower() == "tlp":
        said = text(part(one, "definition"), "tlp") or text(one, "name")
    if said:
        return _spelt(said)
    named = (
        text(one, "name"),
        text(part(one, "definition"), "statement"),
        text(one, "x_opencti_definition"),
    )
    return next((_spelt(name) for name in named if name.lower().startswith("tlp:")), "")


def _spelt(written: str) -> str:
    return tlp(written) or written
