"""One thing that looks wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How much it weighs."""

    WRONG = "wrong"
    """Members may miss something, now or soon."""
    NOTE = "note"
    """To know, when something else is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What looks wrong, where (a part of the document), and what to do about it."""

    weight: Weight
    where: str
    says: str
    do: str


def wrong(where: str, says: str, do: str) -> Finding:
    """Return what needs doing."""
    return Finding(Weight.WRONG, where, says, do)


def note(where: str, says: str, do: str) -> Finding:
    """Return what is good to know."""
    return Finding(Weight.NOTE, where, says, do)
