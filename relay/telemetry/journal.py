"""What is worth a line, from closed fields only: no value of an observable ever reaches a log.

An outcome is told by its name, ids, place and reason. Its path and its detail quote what a member
wrote, and are for that member alone.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

import structlog

from relay.model.outcome import (
    Accepted,
    Aside,
    Joined,
    Outcome,
    Reason,
    Recreated,
    Rejected,
    Repeated,
    Sent,
    Skipped,
    TracedRecord,
    TracedSighting,
    Unreadable,
    Warned,
)
from relay.model.records import Position
from relay.telemetry.lines import LEVELS, Level

Field = str | int | float | bool | None

PERIOD_S: Final = 10.0
BURST: Final = 5
"""Lines of one kind in a period: enough to see a pattern, too few to fill a disk."""

MAX_KINDS: Final = 1024
"""Kinds of line remembered: some forty members and fifteen reasons, and as many again."""

MAX_TEXT: Final = 300
"""Characters of a field; a sentence, not a payload."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class _Spell:
    """A period of lines of one kind: when it began, how many were written and held back."""

    began: float
    written: int = 0
    held: int = 0


class Journal:
    """Writes lines, at most five of a kind in ten seconds; the next says how many were held back.

    `held_back` hears of each of those. `clock` gives seconds and never goes back.
    """

    def __init__(
        self,
        held_back: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = structlog.get_logger()
        self._held_back = held_back
        self._clock = clock
        self._spells: dict[tuple[str, str], _Spell] = {}

    def record(self, outcome: Outcome) -> None:
        """Tell what an operator should see of the decision path; the rest is in the metrics."""
        match outcome:
            case Rejected():
                self._rejected(outcome)
            case Aside(member, aside):
                event = "member set aside" if aside else "member taken back"
                self.tell(event, member, {"member": member})
            case Recreated(topic, partition):
                place: dict[str, Field] = {"topic": topic, "partition": partition}
                self.tell("topic recreated", topic, place)
            case Unreadable(position):
                self.tell("record unreadable", position.topic, _place(position))
            case Accepted() | Skipped() | Joined() | Repeated() | Sent() | Warned():
                pass
            case TracedRecord() | TracedSighting():
                pass  # the tracer's to tell
            case _:
                assert_never(outcome)

    def tell(self, event: str, kind: str = "", fields: Mapping[str, Field] | None = None) -> None:
        """Write one line, unless too many of this event and `kind` were written just now.

        `event` is one of LINES, which has its level; `fields` hold ids, places, numbers and
        reasons.
        """
        spell = self._spell((event, kind))
        if spell.written >= BURST:
            spell.held += 1
            self._held_back()
            return
        held = {"held_back": spell.held} if spell.held else {}
        spell.written, spell.held = spell.written + 1, 0
        told = {name: _short(value) for name, value in (fields or {}).items()}
        self._log.log(_NUMBERS[LEVELS[event]], event, **told, **held)

    def _spell(self, kind: tuple[str, str]) -> _Spell:
        now = self._clock()
        spell = self._spells.pop(kind, None) or _Spell(now)
        if now - spell.began >= PERIOD_S:
            spell.began, spell.written = now, 0
        if len(self._spells) >= MAX_KINDS:
            del self._spells[next(iter(self._spells))]
        self._spells[kind] = spell
        return spell

    def _rejected(self, outcome: Rejected) -> None:
        named = outcome.detection is not None and _UUID.fullmatch(outcome.detection)
        fields: dict[str, Field] = {
            "member": outcome.member,
            "outcome": outcome.verdict.value,
            "reason": outcome.reason.value,
            **_place(outcome.position),
            **({"detection": outcome.detection} if named else {}),
        }
        event = "record met a fault" if outcome.reason is Reason.INTERNAL else "record rejected"
        self.tell(event, f"{outcome.member} {outcome.verdict} {outcome.reason}", fields)


_NUMBERS: Final[Mapping[Level, int]] = {"info": 20, "warning": 30, "error": 40, "critical": 50}


def _place(position: Position) -> dict[str, Field]:
    return {
        "topic": position.topic,
        "partition": position.partition,
        "offset": position.offset,
    }


def _short(value: Field) -> Field:
    return value[:MAX_TEXT] if isinstance(value, str) else value
