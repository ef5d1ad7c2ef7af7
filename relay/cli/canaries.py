"""What is said of members that wait for signs of life that nobody writes. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from relay.model.member import Member

SHOWN: Final = 8
"""Ids in a sentence."""


def unheard(every_s: int, members: Iterable[Member]) -> tuple[str, ...]:
    """Return the enabled members that want canaries, if there is one each `every_s` s: 0, none."""
    if every_s:
        return ()
    return tuple(member.id for member in members if member.enabled and member.canary)


def silence(members: Sequence[str]) -> str | None:
    """Return a sentence on `members`, who want canaries and get none; None if there are none."""
    if not members:
        return None
    named = ", ".join(members[:SHOWN]) + (", …" if len(members) > SHOWN else "")
    return f"canary.every_s is 0: {len(members)} members with wants.canary get no canary ({named})"
