"""Titles of alerts: generated, never a member's own words; values are defanged for human eyes."""

from collections.abc import Sequence

from relay.core.tell import Telling
from relay.model.alert import SourceLine
from relay.model.detection import Observable, Severity
from relay.model.window import State

VALUE = 72
"""Characters of a value in a title; the whole value is in the alert's key."""

COUNTRIES = 6
"""Countries in a title; all of them are in the alert's sources."""

_HEADS = {
    State.EARLY_WARNING: "Early warning",
    State.CROSS_BORDER: "Cross-border",
    State.WIDESPREAD: "Widespread",
    State.CLOSED: "Closed",
}


def title(key: Observable, telling: Telling, sources: Sequence[SourceLine]) -> str:
    """Return a sentence of at most 200 characters: what, how bad, seen by how many, where.

    `sources` is what may be said of the contributors; who withholds its country is counted.
    """
    head = _HEADS.get(telling.state, "Alert")
    level, claimed = _name(telling.view.severity), _name(telling.view.claimed)
    if telling.view.claimed > telling.view.severity:
        level = f"{level} (claimed {claimed})"
    votes = telling.view.votes
    seen = f"seen by {votes} member" + ("" if votes == 1 else "s")
    named = _named(sources)
    where = f" ({', '.join(named)})" if named else ""
    return f"{head}: {key.type} {defanged(key)}, {level}, {seen}{where}"


def _name(level: int) -> str:
    return Severity(level).name.lower()


def _named(sources: Sequence[SourceLine]) -> list[str]:
    own = ["you"] if any(line.own for line in sources) else []
    others = [line for line in sources if not line.own]
    countries = sorted({line.country for line in others if line.country and not line.follow_up})
    follow_ups = sum(line.follow_up for line in others)
    withheld = sum(line.country is None and not line.follow_up for line in others)
    return [
        *own,
        *countries[:COUNTRIES],
        *(["…"] if len(countries) > COUNTRIES else []),
        *([f"{withheld} withheld"] if withheld else []),
        *([f"{follow_ups} following up"] if follow_ups else []),
    ]


def defanged(key: Observable) -> str:
    """Return the value as it may stand in text without becoming a link, cut to VALUE characters."""
    value = key.value.replace("http", "hxxp", 1) if key.type == "url" else key.value
    if key.type in {"ipv4", "ipv6", "cidr", "domain", "url", "email", "onion"}:
        value = value.replace(".", "[.]").replace("@", "[@]")
        if key.type == "ipv6":
            value = value.replace(":", "[:]", 1)
    return value if len(value) <= VALUE else value[: VALUE - 1] + "…"
