"""Whose the values of an event are: what is an indicator, what is the victim's, what is neither.

`to_ids` says what its author holds for an indicator, if the author uses it at all: many events
carry it nowhere, others for addresses and not for files, and object templates set it for some
relations only. So it decides among attributes of one sort: hosts, pages, files, … outside of
objects, and one relation of one template. A sort in which nothing is flagged is told by its
category instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay.formats.bystanders import answers, fronts, reports, serves
from relay.formats.misp.attributes import Attribute
from relay.formats.misp.kinds import (
    ADDRESSED,
    ASIDE,
    ATTACKS,
    IN_OBJECTS,
    OF_A_MESSAGE,
    PIECES,
    REPORTS,
    SORTS,
    TARGETS,
    TRAFFIC,
    UNFLAGGED,
)
from relay.formats.misp.objects import COARSE, HIT, VICTIMS, reads, trusted

_URLS = frozenset(("url", "uri"))
_NAMES = frozenset(("domain", "hostname", "domain|ip", "hostname|port"))

_Sort = tuple[str, str]
_ANY: _Sort = ("", "")  # the sort of what has none


@dataclass(frozen=True, slots=True)
class Sides:
    """The attributes that are indicators, and the values of the victim's side."""

    indicators: tuple[Attribute, ...]
    hidden: tuple[str, ...]


def sides(attributes: Sequence[Attribute], *, relayed: bool) -> Sides:
    """Sort the attributes of one event. `relayed`: the relay wrote it, and flagged or not, all that
    it names are indicators."""
    written = _by_malware(attributes)
    hidden: list[str] = []
    ours: list[Attribute] = []
    for each in attributes:
        if _of_victim(each, written):
            hidden.extend(_values(each))
        elif not each.gone and _readable(each):
            ours.append(each)
    if not relayed:
        used = _used(attributes)
        ours = [each for each in ours if _indicates(each, used)]
    return Sides(tuple(ours), tuple(hidden))


def _values(each: Attribute) -> Iterable[str]:
    """Yield what of a victim's attribute is hidden: not the bare numbers of ports."""
    yield each.value
    if "|" in each.type:
        yield from (part for part in each.value.split("|") if not part.strip().isdigit())


def _used(attributes: Iterable[Attribute]) -> set[_Sort]:
    """Return the sorts whose flag the author uses."""
    used = {_sort(each) for each in attributes if each.flagged and not each.gone}
    if any(not template for template, _ in used):
        used.add(_ANY)
    return used


def _sort(each: Attribute) -> _Sort:
    if each.template:
        return each.template, each.relation
    return "", SORTS.get(each.type, "")


def _of_victim(each: Attribute, written: bool) -> bool:
    if each.category == TARGETS or each.type.startswith("target-"):
        return True
    if each.said is not None and each.said.victim:
        return True
    if each.template in VICTIMS:
        return each.relation not in COARSE
    if each.relation in HIT.get(each.template, ()):
        return True
    by_malware = written and not each.template and each.category == TRAFFIC
    return each.type in ADDRESSED and not by_malware


def _by_malware(attributes: Iterable[Attribute]) -> bool:
    """Return whether nothing in the event is of a message that somebody received: then whom mail
    goes to is whom the malware writes to."""
    return not any(
        each.type in OF_A_MESSAGE
        or each.template == "email"
        or (each.type == "email-src" and each.category != TRAFFIC)
        for each in attributes
    )


def _readable(each: Attribute) -> bool:
    """Return whether an attribute can hold an indicator at all, by where it stands."""
    if each.category in ASIDE or (each.said is not None and each.said.innocent):
        return False
    if each.template and not reads(each.template, each.relation):
        return False
    return each.type in PIECES or (each.template, each.relation) in IN_OBJECTS


def _indicates(each: Attribute, used: set[_Sort]) -> bool:
    if each.type in _URLS and (each.category == REPORTS or reports(each.value)):
        return False
    if each.flagged or each.type in UNFLAGGED:
        return True
    if _sort(each) in used or not _of_an_attack(each):
        return False
    if each.template and not trusted(each.template):
        return False
    if each.type in _URLS:
        return not (answers(each.value) or fronts(each.value))
    if each.served and SORTS.get(each.type) == "host":
        return False
    return each.type not in _NAMES or not serves(each.value.partition("|")[0])


def _of_an_attack(each: Attribute) -> bool:
    """Return whether the category, or what an object holds, is of what the attacker used."""
    if (each.template, each.relation) in IN_OBJECTS:
        return True
    return not each.category or each.category in ATTACKS
