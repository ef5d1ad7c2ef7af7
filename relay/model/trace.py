"""W3C trace context as values: read from a header, or derived, never drawn by lot.

A member's own context goes as far as the lanes. What a member is told carries the context of the
alert, which anybody can derive from its name and which says nothing of what led to it.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

HEADER: Final = "traceparent"
"""Kafka's header of that name, as W3C's in HTTP. `tracestate` and `baggage` are never looked at."""

_FORM: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED: Final = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace. `trace` has 32 hexadecimal digits, `span` 16, or none where it begins.

    `sampled`: whoever made it asks for it to be kept; what is derived under it says the same.
    """

    trace: str
    span: str
    sampled: bool = True

    def child(self, *names: str | int) -> "Trace":
        """Return what comes under this, in the same trace: the same for the same names."""
        seed = "|".join((self.trace, self.span, *map(str, names)))
        return Trace(self.trace, blake2b(seed.encode(), digest_size=8).hexdigest(), self.sampled)

    def header(self) -> bytes:
        """Return the header's content."""
        return f"00-{self.trace}-{self.span}-0{int(self.sampled)}".encode("ascii")


def derived(name: str, *, sampled: bool = True) -> Trace:
    """Return the context that a name alone gives: a trace of its own."""
    seed = blake2b(name.encode(), digest_size=24).hexdigest()
    return Trace(seed[:32], seed[32:], sampled)


def parsed(content: object) -> Trace | None:
    """Return the context that a header holds, None if it is not of version 00 or not sound."""
    found = _FORM.fullmatch(content) if isinstance(content, bytes) else None
    if found is None:
        return None
    trace, span, flags = (part.decode("ascii") for part in found.groups())
    if not trace.strip("0") or not span.strip("0"):
        return None
    return Trace(trace, span, bool(int(flags, 16) & _SAMPLED))
