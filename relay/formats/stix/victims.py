"""Whom a record names that is no attacker: recipients, accounts, targets, organisations."""

import re
from collections.abc import Iterable, Iterator

from relay.formats.fields import text
from relay.formats.stix.meanings import ATTACKERS, MEANINGS, TIES
from relay.formats.stix.objects import Record
from relay.formats.stix.observed import facts
from relay.formats.stix.pattern import Facts

_WORD = re.compile(r"\w+")
_MOST_WORDS = 6
_SHORTEST = 3


def targeted(record: Record) -> frozenset[str]:
    """Return the ids of what the record says is targeted."""
    return frozenset(
        text(one, "target_ref")
        for _, one in record.of("relationship")
        if text(one, "relationship_type") == "targets"
    )


def hidden(record: Record, said: Iterable[Facts], targets: frozenset[str]) -> Iterator[str]:
    """Yield the values of the victim's side, as written."""
    for each in said:
        yield from _of_victims(each)
    for _, one in (*record.of("email-message"), *record.of("process")):
        yield from _of_victims(facts(one, record))
    for name, one in record.of("user-account"):
        if not _attackers(name, record):
            yield from _of_victims(facts(one, record))
    for name in targets:
        consists = [end for kind, _, end in record.ties.get(name, ()) if kind == "consists-of"]
        for part in (name, *consists):
            yield from (fact.value for fact in facts(record.get(part), record))
    for _, one in record.of("identity"):
        yield text(one, "contact_information")


class Organisations:
    """The names of the people and organisations of a record: who reports, who was hit."""

    def __init__(self, record: Record) -> None:
        self._names = {
            words
            for _, one in record.of("identity")
            if text(one, "identity_class") != "class"
            and len(words := " ".join(_words(text(one, "name"))[:_MOST_WORDS])) >= _SHORTEST
        }

    def in_(self, written: str) -> bool:
        """Return whether a text names one of them."""
        if not self._names:
            return False
        words = _words(written)
        return any(
            " ".join(words[start : start + length]) in self._names
            for start in range(len(words))
            for length in range(1, _MOST_WORDS + 1)
        )


def _of_victims(each: Facts) -> Iterator[str]:
    for fact in each:
        meaning = MEANINGS.get(fact.path)
        if meaning is not None and meaning.side == "victim" and not fact.value.isdigit():
            yield fact.value


def _attackers(name: str, record: Record) -> bool:
    return any(
        kind in TIES and other.partition("--")[0] in ATTACKERS
        for kind, _, other in record.ties.get(name, ())
    )


def _words(written: str) -> list[str]:
    return _WORD.findall(written[:400].lower())
