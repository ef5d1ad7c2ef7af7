import io
import json
from typing import Any

import pytest

from relay.model.alert import Why
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
    Unreadable,
    Verdict,
    Warned,
)
from relay.model.records import Position
from relay.telemetry import Journal, configure
from relay.telemetry.journal import BURST, MAX_KINDS

PLACE = Position("detections.ee", 0, 7)
ID = "0190163d-8694-7d4c-8b1f-5a5b1f4f3a52"


class Watch:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        """The time in seconds."""
        return self.now


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was logged, without the time."""
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    for line in found:
        del line["ts"]
    return found


@pytest.fixture
def stream() -> io.StringIO:
    """Where lines of every level go as JSON."""
    made = io.StringIO()
    configure("debug", "json", made)
    return made


def rejected(**changes: Any) -> Rejected:
    """A refused record whose path and detail quote what the member wrote."""
    fields: dict[str, Any] = {
        "member": "ee",
        "position": PLACE,
        "at": 0,
        "verdict": Verdict.REFUSED,
        "reason": Reason.INVALID,
        "path": "$['evil.example']",
        "detail": "evil.example is no domain",
        "detection": ID,
    }
    return Rejected(**fields | changes)


def test_a_rejection_is_told_by_ids_and_place_only(stream: io.StringIO) -> None:
    """Path and detail quote the member: they go to it, and never to a log."""
    Journal().record(rejected())

    assert lines(stream) == [
        {
            "msg": "record rejected",
            "level": "info",
            "member": "ee",
            "outcome": "refused",
            "reason": "invalid",
            "topic": "detections.ee",
            "partition": 0,
            "offset": 7,
            "detection": ID,
        }
    ]


@pytest.mark.parametrize("name", ["evil.example", ID.upper(), f"{ID}\n", "", None])
def test_an_id_that_is_none_is_not_logged(stream: io.StringIO, name: str | None) -> None:
    """The id of a refused record may be anything; only a UUID is taken for one."""
    Journal().record(rejected(detection=name))

    assert "detection" not in lines(stream)[0]


@pytest.mark.parametrize(
    ("outcome", "level", "message"),
    [
        (rejected(reason=Reason.INTERNAL), "error", "record met a fault"),
        (Aside("fr", aside=True), "warning", "member set aside"),
        (Aside("fr", aside=False), "warning", "member taken back"),
        (Recreated("detections.ee", 1), "warning", "topic recreated"),
        (Unreadable(PLACE), "error", "record unreadable"),
    ],
)
def test_what_an_operator_must_see_has_its_level(
    stream: io.StringIO, outcome: Outcome, level: str, message: str
) -> None:
    """A bug and a foreign writer are errors, what heals by itself a warning."""
    Journal().record(outcome)

    (line,) = lines(stream)
    assert (line["level"], line["msg"]) == (level, message)


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted("ee", 1),
        Joined("ee", 0),
        Repeated("ee"),
        Sent(("ee",), "early-warning", Why.OPENED, 0),
        Warned("ee", 5),
    ],
)
def test_the_daily_work_is_not_logged(stream: io.StringIO, outcome: Outcome) -> None:
    """What happens a thousand times a second is a metric and no line."""
    Journal().record(outcome)

    assert lines(stream) == []


def test_a_flood_of_one_kind_is_held_back_and_counted(stream: io.StringIO) -> None:
    """Five lines of a kind in ten seconds are written; the first after them says what was not."""
    watch, held = Watch(), [0]
    journal = Journal(held_back=lambda: held.__setitem__(0, held[0] + 1), clock=watch.read)

    for _ in range(100):
        journal.record(rejected())
    journal.record(rejected(member="fr"))
    watch.now = 10.0
    journal.record(rejected())

    found = lines(stream)
    assert [line["member"] for line in found] == ["ee"] * BURST + ["fr", "ee"]
    assert found[-1]["held_back"] == held[0] == 100 - BURST
    assert not any("held_back" in line for line in found[:-1])


def test_the_memory_of_kinds_is_bounded(stream: io.StringIO) -> None:
    """However many kinds of line there are, only so many are remembered."""
    journal = Journal(clock=Watch().read)

    for number in range(3 * MAX_KINDS):
        journal.tell("lane ready", str(number), {"lane": number})

    assert len(journal._spells) <= MAX_KINDS
    assert len(lines(stream)) == 3 * MAX_KINDS


def test_a_field_is_cut_to_a_sentence(stream: io.StringIO) -> None:
    """An error text of a broker does not fill a disk."""
    Journal().tell("producer replaced", fields={"detail": "x" * 5000, "lane": 3})

    (line,) = lines(stream)
    assert (len(line["detail"]), line["lane"]) == (300, 3)
