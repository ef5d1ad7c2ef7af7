"""The observables a finding lists: the name of each is a path that tells whose it is.

`observables` repeats what stands elsewhere in the finding: what stands there is judged there. Many
products list what has no place elsewhere, under names of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from relay.formats.fields import number, part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.ocsf.evidence import add_name, called_for, certificate
from relay.formats.ocsf.mailboxes import bare
from relay.formats.ocsf.meaning import Meaning
from relay.formats.ocsf.naming import (
    BYSTANDERS,
    DOMAINS,
    NO_DIGESTS,
    PERSONS,
    Whose,
    kind_of,
    whose_of,
    words_of,
)

Fields = Mapping[str, object]

MOST = 2000
"""Observables of one finding that are looked at."""


_SAFE = range(1, 5)  # `reputation.score_id` from Very Safe to Leans Safe
_MOST_HOLDERS = 1000  # as many evidences are read


@dataclass(slots=True)
class Listed:
    """What a finding lists, sorted. `ends` is an evidence made of its sources and destinations."""

    victims: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    attackers: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Addresses whose names do not tell a side."""

    @property
    def ends(self) -> Fields:
        """The addresses and names that are called source or destination, as an evidence."""
        ends: dict[str, object] = {}
        if self.sources:
            ends["src_endpoint"] = {"ip": self.sources}
        if self.called or self.names:
            ends["dst_endpoint"] = {"ip": self.called, "hostname": self.names}
        return ends


_OWNED = frozenset(("host", "domain", "address", "email"))
"""Kinds that are a victim's if their names say so."""


class _Places:
    """What stands in a finding, two steps deep: whether the path of an observable leads to it."""

    def __init__(self, event: Fields, evidences: Iterable[Fields]) -> None:
        self._event = event
        self._evidences = frozenset(name for evidence in evidences for name in evidence)
        self._inner: dict[str, frozenset[str]] = {}

    def lead(self, path: str) -> bool:
        """Return whether `evidences[].src_endpoint.ip`, or `src_endpoint.ip`, leads somewhere."""
        first, _, rest = path.partition(".")
        first, second = first.partition("[")[0], rest.partition(".")[0].partition("[")[0]
        if first in self._evidences:
            return True
        return bool(self._event.get(first)) and (not second or second in self._within(first))

    def _within(self, first: str) -> frozenset[str]:
        if first not in self._inner:
            holders = parts(self._event, first)[:_MOST_HOLDERS]
            self._inner[first] = frozenset(name for holder in holders for name in holder)
        return self._inner[first]


def listed(event: Fields, evidences: Iterable[Fields]) -> Listed:
    """Return the observables that stand nowhere else in a finding, and all victims among them."""
    found, places = Listed(), _Places(event, evidences)
    for observable in islice(_observables(event), MOST):
        value = text(observable, "value")
        if value:
            _sort(observable, value, places, found)
    return found


def add_listed(found: Listed, meaning: Meaning, harvest: Harvest) -> None:
    """Add what is the attacker's among what is listed; the ends are judged as an evidence is."""
    role = called_for(meaning)
    for kind, value, words in found.attackers:
        if kind == "digest":
            _digest(value, words, harvest)
        elif kind == "email":
            harvest.add("email", bare(value), role="sender")
        elif kind == "cve":
            harvest.add("cve", value, "unknown", role="exploit-target")
        elif kind == "url":
            harvest.add("url", value, "infrastructure", role=role)
        elif kind == "host":
            add_name(value, harvest, role)
        else:
            harvest.address(value, role=role)


def _observables(event: Fields) -> Iterator[Fields]:
    """Those of the finding, and of the events it was made of (OCSF 1.1)."""
    info = part(event, "finding_info")
    for holder in (event, *parts(info, "related_events")):
        yield from parts(holder, "observables")


def _sort(observable: Fields, value: str, places: _Places, found: Listed) -> None:
    name = text(observable, "name")[:256]
    words = words_of(name)
    kind, whose = kind_of(observable, name), whose_of(words)
    if _of_a_victim(kind, whose, words):
        found.victims.append(value)
    elif kind is None or whose is Whose.VICTIM or _safe(observable) or places.lead(name):
        return
    elif kind == "address":
        _sort_address(value, whose, found, words)
    elif kind in ("host", "domain"):
        _sort_host(value, whose, found, asked=kind == "domain" or not words.isdisjoint(DOMAINS))
    elif kind != "email" or whose in (Whose.ATTACKER, Whose.SOURCE):
        found.attackers.append((kind, value, words))
    else:
        found.victims.append(value)


def _sort_address(value: str, whose: Whose, found: Listed, words: frozenset[str]) -> None:
    if whose is Whose.SOURCE:
        found.sources.append(value)
    elif whose is Whose.DESTINATION:
        found.called.append(value)
    elif whose is Whose.ATTACKER:
        found.attackers.append(("address", value, words))
    elif words.isdisjoint(BYSTANDERS):
        found.others.append(value)


def _sort_host(value: str, whose: Whose, found: Listed, *, asked: bool) -> None:
    """A name that is not called one that was asked for is mostly the machine's own."""
    if whose is Whose.DESTINATION:
        found.names.append(value)
    elif whose is Whose.ATTACKER or (whose is Whose.NOBODY and asked):
        found.attackers.append(("host", value, frozenset()))
    else:
        found.victims.append(value)


def _safe(observable: Fields) -> bool:
    return number(part(observable, "reputation"), "score_id") in _SAFE


def _of_a_victim(kind: str | None, whose: Whose, words: frozenset[str]) -> bool:
    if kind is None:
        return not words.isdisjoint(PERSONS) and "type" not in words
    return kind == "victim" or (whose is Whose.VICTIM and kind in _OWNED)


def _digest(value: str, words: frozenset[str], harvest: Harvest) -> None:
    for kind in ("ja3", "ja3s", "ja4"):
        if kind in words:
            harvest.add(kind, value, "infrastructure" if kind == "ja3s" else "attacker")
    if "certificate" in words or "cert" in words:
        certificate(value, harvest)
    elif words.isdisjoint(NO_DIGESTS):
        harvest.digest(value, role="payload")
