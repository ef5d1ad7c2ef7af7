"""Patterns of STIX 2.1 (section 9 of the specification): what they say must be equal.

A pattern is read whole, or not at all. Only equality names a value: what a regular expression, a
range or a negation matches is anybody's guess. `ISSUBSET` of an address names a network.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Fact(NamedTuple):
    """That a property has a value. `path` is in lower case, without quotes and indices:
    `file:hashes.sha-256`, `domain-name:resolves_to_refs.value`."""

    path: str
    value: str


Facts = tuple[Fact, ...]
"""What holds together: comparisons joined with AND, or the parts of an object."""

MOST_NESTED = 32
"""Parentheses within one another."""

_QUOTED = r"'[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\""  # double quotes: met in feeds
_STEP = rf"(?:[A-Za-z0-9_-]+|{_QUOTED})"
_TOKEN = re.compile(
    r"(?:\s++|/\*.*?\*/|//[^\n]*+)*+"
    rf"(?:(?P<path>[A-Za-z][A-Za-z0-9-]*:{_STEP}(?:\.{_STEP}|\[(?:\*|[0-9]+)\])*)"
    rf"|(?P<value>[thb]?(?:{_QUOTED})|[+-]?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<sign>[][()]|==?|!=|<>|[<>]=?|,)|(?P<end>\Z))",
    re.DOTALL,
)
_UNWRITTEN = re.compile(r"\[(?:\*|[0-9]+)\]|['\"]")
_ESCAPED = re.compile(r"\\([\\'\"])")
_COMPARING = frozenset((
    "=", "==", "!=", "<>", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET",
))  # fmt: skip
_NAMING = frozenset(("=", "==", "IN", "ISSUBSET"))
_NETWORKS = (":value", "_ref.value", "_refs.value")
# Number of words and values of each qualifier, without its first word.
_QUALIFIERS = {"WITHIN": 2, "REPEATS": 2, "START": 3}

_Token = tuple[str, str]
_END: _Token = ("end", "")


class _MalformedError(Exception):
    """The text is no pattern."""


def parse(pattern: str) -> tuple[Facts, ...] | None:
    """Return what the observations of a pattern say, each alternative on its own; None if the
    text is no pattern. Total; the time is linear in the text's length."""
    try:
        return tuple(_Reader(pattern).observations())
    except _MalformedError:
        return None


def _tokens(pattern: str) -> Iterator[_Token]:
    at = 0
    kind = ""
    while kind != "end":
        found = _TOKEN.match(pattern, at)
        if found is None:
            raise _MalformedError
        at = found.end()
        kind = found.lastgroup or ""
        written = found[kind]
        yield kind, written.upper() if kind == "word" else written


class _Reader:
    """One pattern on its way from tokens to facts, with one token of foresight."""

    def __init__(self, pattern: str) -> None:
        self._tokens = _tokens(pattern)
        self._next = next(self._tokens)

    def observations(self) -> Iterator[Facts]:
        """Yield the alternatives of all observations, however they are joined and qualified."""
        open_ = 0
        while True:
            while self._took("("):
                open_ += 1
            self._must("[")
            yield from self._alternatives(0)
            self._must("]")
            self._qualified()
            while open_ and self._took(")"):
                open_ -= 1
                self._qualified()
            if not (self._took("AND") or self._took("OR") or self._took("FOLLOWEDBY")):
                break
        if open_ or self._next != _END:
            raise _MalformedError

    def _alternatives(self, depth: int) -> list[Facts]:
        found = self._conjunction(depth)
        while self._took("OR"):
            found.extend(self._conjunction(depth))
        return found

    def _conjunction(self, depth: int) -> list[Facts]:
        """What AND joins is one, even if it has alternatives inside."""
        found = self._term(depth)
        joined = False
        while self._took("AND"):
            found.extend(self._term(depth))
            joined = True
        return [tuple(fact for facts in found for fact in facts)] if joined else found

    def _term(self, depth: int) -> list[Facts]:
        if self._took("("):
            if depth == MOST_NESTED:
                raise _MalformedError
            found = self._alternatives(depth + 1)
            self._must(")")
            return found
        if self._took("EXISTS"):
            self._take("path")
            return []
        return self._comparison()

    def _comparison(self) -> list[Facts]:
        negated = self._took("NOT")
        path = _UNWRITTEN.sub("", self._take("path")).lower()
        negated = self._took("NOT") or negated
        operator = self._next[1]
        if operator not in _COMPARING:
            raise _MalformedError
        self._advance()
        values = self._set() if operator == "IN" else [self._value()]
        if negated or operator not in _NAMING:
            return []
        if operator == "ISSUBSET" and not path.endswith(_NETWORKS):
            return []
        return [(Fact(path, value),) for value in values]

    def _set(self) -> list[str]:
        self._must("(")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self._must(")")
        return values

    def _value(self) -> str:
        if self._next[0] == "word" and self._next[1] in ("TRUE", "FALSE"):
            return self._take("word")
        return _bare(self._take("value"))

    def _qualified(self) -> None:
        while self._next[1] in _QUALIFIERS:
            for _ in range(1 + _QUALIFIERS[self._next[1]]):
                if self._next[0] not in ("word", "value"):
                    raise _MalformedError
                self._advance()

    def _took(self, token: str) -> bool:
        """Pass over a sign or a word, if it comes next."""
        if self._next[1] != token or self._next[0] == "value":
            return False
        self._advance()
        return True

    def _must(self, token: str) -> None:
        if not self._took(token):
            raise _MalformedError

    def _take(self, kind: str) -> str:
        found, written = self._next
        if found != kind:
            raise _MalformedError
        self._advance()
        return written

    def _advance(self) -> None:
        self._next = next(self._tokens, _END)


def _bare(written: str) -> str:
    """Return a value without its quotes. A backslash before another sign is one: feeds forget to
    write the two of a registry key."""
    if written[-1] not in "'\"":
        return written
    inner = written[written.index(written[-1]) + 1 : -1]
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner
