"""What a record claims to be the attacker's, object by object.

Indicators claim what their patterns name. A cyber-observable object is the attacker's by what
points at it: observed data, a malware's sample, a relationship to the attacker's side.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from relay.formats.fields import number, text, texts
from relay.formats.stix.identifying import alert_id, classification, severity, techniques
from relay.formats.stix.markings import Markings, above, strictest
from relay.formats.stix.meanings import ATTACKERS, TIES
from relay.formats.stix.objects import CYBER, Object, Record
from relay.formats.stix.observed import embedded_facts, parts_of_others
from relay.formats.stix.pattern import Fact, Facts, parse
from relay.formats.stix.sightings import (
    Sighted,
    When,
    best,
    lasting,
    observed,
    sighted,
    stated,
    valid,
)  # fmt: skip
from relay.formats.stix.victims import targeted
from relay.formats.tactics import classed, worded
from relay.model.vocabulary import Classification, Side
from relay.wire.detection import Pap, Severity

_MOST_NAMES = 16
_CERTAIN = 100
_RAW = "x-oca-event--"  # an event of one's own logs, as a search returns it: no detection
_NOBODY = Sighted()
_NAMING = frozenset(("indicator", "vulnerability"))  # what may refer to techniques itself


class Told(NamedTuple):
    """What an object says of what it claims, as far as a label lets it be told; `alert` is the id
    of the relay's alert that it tells again."""

    title: str
    confidence: int | None
    severity: Severity | None
    classification: Classification | None
    pap: Pap | None
    alert: str


class Claim(NamedTuple):
    """What one object claims under a label. `said` are facts of its own; `things` the ids of the
    objects whose facts it claims; `names` those of malware and techniques, each with its kind."""

    id: tuple[str, str]
    label: str
    when: When | None
    side: Side
    said: tuple[Facts, ...]
    things: tuple[str, ...]
    told: Told
    names: tuple[tuple[str, str], ...]


class _Basis(NamedTuple):
    """The ids of what a claim is made of: the object that claims, the one that describes it,
    further ones that it draws on, and those whose malware and techniques go with it."""

    name: str
    described: str
    drawn: Iterable[str] = ()
    about: Iterable[str] = ()


class Claims:
    """All claims of a record. `unread` counts the patterns that are none."""

    def __init__(self, record: Record) -> None:
        self.targets = targeted(record)
        self.unread = 0
        self._record = record
        self._markings = Markings(record)
        self._sighted = sighted(record)
        self._inner = parts_of_others(record)
        self._revoked = frozenset(text(one, "id") for one in record.revoked)
        self._settled = set(self._revoked)
        self._based: set[str] = set()
        self._names: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self._told: dict[tuple[str, str], Told] = {}

    def all(self) -> list[Claim]:
        """Return the claims, indicators first: they say most."""
        readers = {
            "indicator": self._indicator,
            "observed-data": self._observed,
            "sighting": self._seen,
            "vulnerability": self._vulnerability,
            "malware": self._samples,
            "relationship": self._tied,
        }
        return [
            claim
            for kind, reader in readers.items()
            for name, one in self._record.of(kind)
            for claim in reader(name, one)
        ]

    def _indicator(self, name: str, one: Object) -> Iterator[Claim]:
        if "benign" in texts(one, "indicator_types"):
            return
        said = self._pattern(one)
        if said:
            self._settled.add(name)
        ties = self._record.ties.get(name, ())
        others = [other for kind, _, other in ties if kind in TIES]
        bases = [other for other in others if other not in self._based and self._is_base(other)]
        self._based.update(bases)
        things = [other for other in others if _is_cyber(other)]
        for base in bases:
            things.extend(self._roots(self._record.get(base)))
        seen = self._sighted.get(name, _NOBODY)
        whens = [observed(self._record.get(base)) for base in bases]
        basis = _Basis(name, name, (*seen.ids, *bases), (name,))
        yield self._claim(basis, best((seen.when, *whens, valid(one))), said, tuple(things))

    def _is_base(self, name: str) -> bool:
        return self._record.get(name).get("type") == "observed-data"

    def _pattern(self, one: Object) -> tuple[Facts, ...]:
        if text(one, "pattern_type") not in ("stix", ""):
            return ()
        said = parse(text(one, "pattern"))
        if said is None:
            self.unread += 1
        return said or ()

    def _observed(self, name: str, one: Object) -> Iterator[Claim]:
        """What an indicator rests on is the indicator's; what it was seen in is the victim's, too:
        there the indicator itself says what was the attacker's, or that nothing was."""
        seen = self._sighted.get(name, _NOBODY)
        refs = self._roots(one)
        if name in self._based or not self._settled.isdisjoint(seen.things):
            return
        if any(ref.startswith(_RAW) for ref in refs):
            return
        when = best((seen.when, observed(one), stated(one)))
        basis = _Basis(name, name, seen.ids, (name, *seen.things))
        side: Side = "attacker" if seen.things else "unknown"
        yield self._claim(basis, when, embedded_facts(one), refs, side)

    def _roots(self, observed_data: Object) -> tuple[str, ...]:
        refs = texts(observed_data, "object_refs")
        return tuple(ref for ref in refs if ref not in self._inner)

    def _seen(self, name: str, one: Object) -> Iterator[Claim]:
        """A cyber-observable object may be sighted itself: OpenCTI does so."""
        thing = text(one, "sighting_of_ref")
        seen = self._sighted.get(thing, _NOBODY)
        if _is_cyber(thing) and seen.ids[:1] == [name]:
            yield self._claim(_Basis(name, name, seen.ids, (thing,)), seen.when, (), (thing,))

    def _vulnerability(self, name: str, one: Object) -> Iterator[Claim]:
        seen = self._sighted.get(name, _NOBODY)
        if seen.things or alert_id(one):
            when = best((seen.when, stated(one)))
            basis = _Basis(name, name, seen.ids, (name,))
            yield self._claim(basis, when, ((Fact("vulnerability:name", text(one, "name")),),))

    def _samples(self, name: str, one: Object) -> Iterator[Claim]:
        if samples := texts(one, "sample_refs"):
            when = lasting(one, ("first_seen", "last_seen"))
            yield self._claim(_Basis(name, name, (), (name,)), when, (), samples)

    def _tied(self, name: str, one: Object) -> Iterator[Claim]:
        """A relationship between the attacker's side and a cyber-observable object."""
        if text(one, "relationship_type") not in TIES:
            return
        owner, thing = text(one, "source_ref"), text(one, "target_ref")
        if _is_cyber(owner):
            owner, thing = thing, owner
        kind = owner.partition("--")[0]
        if not _is_cyber(thing) or kind not in ATTACKERS or kind == "indicator":
            return
        if owner in self.targets or owner in self._revoked:
            return
        holder = self._record.get(owner)
        spans = lasting(one, ("start_time", "stop_time"))
        lives = lasting(holder, ("first_seen", "last_seen")) if kind == "infrastructure" else None
        basis = _Basis(name, owner, (owner,), (owner,))
        side: Side = "infrastructure" if kind == "infrastructure" else "attacker"
        yield self._claim(basis, best((spans, lives)), (), (thing,), side)

    def _claim(
        self,
        basis: _Basis,
        when: When | None,
        said: tuple[Facts, ...],
        things: tuple[str, ...] = (),
        side: Side = "attacker",
    ) -> Claim:
        markings = self._markings
        drawn = (markings.of(name) for name in (basis.name, *basis.drawn))
        label = strictest((*drawn, *(markings.own(thing) for thing in things)))
        names = tuple(self._named(basis.about, label))
        return Claim(
            id=(basis.name, text(self._record.get(basis.name), "modified")),
            label=label,
            when=when,
            side=side,
            said=said,
            things=things,
            told=_classed(self._telling_of(basis.described, label), names),
            names=names,
        )

    def _telling_of(self, name: str, label: str) -> Told:
        if (name, label) not in self._told:
            one = self._markings.readable(self._record.get(name), label)
            confidence = number(one, "confidence")
            self._told[name, label] = Told(
                title=text(one, "name") or self._title(name),
                confidence=confidence if confidence is None or confidence <= _CERTAIN else None,
                severity=severity(one),
                classification=classification(one),
                pap=self._markings.pap(one),
                alert=alert_id(one),
            )
        return self._told[name, label]

    def _title(self, name: str) -> str:
        """An object without a name may bear that of the report whose label it bears, too."""
        container = self._record.containers.get(name, "")
        inherits = not self._markings.own(name)
        return text(self._record.get(container), "name") if inherits else ""

    def _named(self, about: Iterable[str], label: str) -> Iterator[tuple[str, str]]:
        """Names of malware and techniques that go with some objects, if no label forbids it."""
        for one in dict.fromkeys(about):
            if one not in self._names:
                self._names[one] = tuple(islice(self._naming(one), _MOST_NAMES))
            for kind, word, marked in self._names[one]:
                if not above(marked, label):
                    yield kind, word

    def _naming(self, name: str) -> Iterator[tuple[str, str, str]]:
        ties = self._record.ties.get(name, ())
        ends = ((end, text(tie, "id")) for kind, tie, end in ties if kind in TIES)
        for other, tie in ((name, ""), *ends):
            one = self._record.get(other)
            kind = text(one, "type")
            if kind in _NAMING:
                kind = "attack-pattern"
            if kind in ("malware", "attack-pattern"):
                label = strictest((self._markings.own(other), self._markings.own(tie)))
                words = (text(one, "name"),) if kind == "malware" else techniques(one)
                yield from ((kind, word, label) for word in words)


def _classed(told: Told, names: Iterable[tuple[str, str]]) -> Told:
    """Return what is told with a class: without one of its own, by technique, else by its title."""
    if told.classification is not None:
        return told
    found = classed((word for kind, word in names if kind == "attack-pattern"), ())
    return told._replace(classification=found or worded(told.title))


def _is_cyber(name: str) -> bool:
    return name.partition("--")[0] in CYBER
