"""From facts to observables: what each means, and which end of a connection is shared."""

from collections.abc import Iterable

from relay.formats.bystanders import answers, fronts, reports, serves
from relay.formats.harvest import Harvest
from relay.formats.stix.claims import Claim
from relay.formats.stix.meanings import MEANINGS, ROLES, End, Meaning
from relay.formats.stix.objects import Record
from relay.formats.stix.observed import facts
from relay.formats.stix.pattern import Facts
from relay.model.vocabulary import Role, Side

_PLACES = frozenset(("host", "address", "url"))


class Gathering:
    """The facts of a record's claims on their way to harvests. What was told under a label is not
    told again under the same: one value is one observable, however often the record says it.

    `named` is what indicators say: the attacker's, even where it was merely observed.
    """

    def __init__(self, record: Record, named: Iterable[Facts], withdrawn: Iterable[Facts]) -> None:
        self._record = record
        self._told: set[tuple[str, str]] = set()
        self._named = _values(named)
        self._withdrawn = _values(withdrawn)

    def gather(self, claim: Claim, harvest: Harvest) -> bool:
        """Gather what a claim says, and the objects it points at; return whether there was anything
        to share."""
        told = [self._gather(each, claim, harvest) for each in claim.said]
        for thing in claim.things:
            if self._untold(claim.label, thing):
                each = facts(self._record.get(thing), self._record)
                kept = tuple(fact for fact in each if fact.value.lower() not in self._withdrawn)
                told.append(self._gather(kept, claim, harvest))
        return any(told)

    def _gather(self, each: Facts, claim: Claim, harvest: Harvest) -> bool:
        meant = [(MEANINGS[fact.path], fact.value) for fact in each if fact.path in MEANINGS]
        blamed = _blamed(meant, harvest)
        told = [
            _add(meaning, value, self._marks(meaning, value, claim), harvest)
            for meaning, value in meant
            if meaning.side != "victim"
            and (meaning.end is None or meaning.end in blamed)
            and self._untold(claim.label, f"{meaning.kind}:{value.lower()}")
        ]
        return any(told)

    def _marks(self, meaning: Meaning, value: str, claim: Claim) -> tuple[Side, Role | None]:
        role, classed = meaning.role, claim.told.classification
        if role is None and meaning.kind in _PLACES and classed:
            role = ROLES.get(classed)
        known = claim.side == "unknown" and value.lower() in self._named
        return ("attacker" if known else claim.side), role

    def _untold(self, label: str, name: str) -> bool:
        if (label, name) in self._told:
            return False
        self._told.add((label, name))
        return True


def _blamed(meant: list[tuple[Meaning, str]], harvest: Harvest) -> set[End]:
    """Return the ends of a connection on the attacker's side: if both could be shared, one is the
    victim's, and nobody says which."""
    ends = {meaning.end for meaning, _ in meant if meaning.end is not None}
    if len(ends) > 1:
        probe = harvest.afresh()
        ends = {meaning.end for meaning, value in meant if meaning.end and probe.host(value)}
    return ends if len(ends) == 1 else set()


def _add(meaning: Meaning, value: str, marks: tuple[Side, Role | None], harvest: Harvest) -> bool:
    kind, (side, role) = meaning.kind, marks
    if kind == "url" and "://" not in value:
        kind, value = ("url", f"http://{value}") if "/" in value else ("host", value)
    if side == "unknown" and _everybodys(kind, value):
        return False
    if kind == "host":
        return harvest.host(value, side, role=role)
    if kind == "address":
        return harvest.address(value, side, role=role)
    return harvest.add(kind, value, side, role=role)


def _everybodys(kind: str, value: str) -> bool:
    """Return whether what was merely observed is a bystander: the name of a service that everybody
    uses, a page that tells one's own address, a report."""
    if kind == "url":
        return reports(value) or answers(value) or fronts(value)
    return kind == "host" and serves(value)


def _values(said: Iterable[Facts]) -> set[str]:
    return {fact.value.lower() for each in said for fact in each}
