import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from relay.app.observing import Observer
from relay.kafka.events import (
    BatchLimited,
    CanaryLost,
    CheckpointDiscarded,
    ClientRecycled,
    Event,
    Fenced,
    LaneClosed,
    LaneReady,
    MemberAside,
    ProducerReplaced,
    ReadersUnknown,
    RecordsLost,
    SourceForbidden,
    SourceMissing,
    Stage,
    TransactionAborted,
    Undeliverable,
    Why,
)
from relay.model import alert
from relay.model.detection import Source
from relay.model.outcome import (
    Aside,
    Outcome,
    Reason,
    Recreated,
    Rejected,
    Sent,
    TracedRecord,
    TracedSighting,
    Unreadable,
    Verdict,
)
from relay.model.records import Position
from relay.model.trace import derived
from relay.telemetry import Journal, Metrics, Tracer, configure
from relay.telemetry.lines import LEVELS, LINES, Line

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/logs.md").read_text()
SPEAKING: Final = [
    *sorted((ROOT / "relay/telemetry").glob("*.py")),
    *sorted((ROOT / "relay/app").glob("*.py")),
    *sorted((ROOT / "relay/kafka").glob("*.py")),
    ROOT / "relay/cli/run.py",
]
OF_THE_PROCESS: Final = {
    "starting", "serving", "stopped", "topics missing", "ended by a fault", "traces not sent",
    "traces sent again", "certificates cannot be read, the last ones stay in use",
}  # fmt: skip
"""Lines that no outcome or event makes; the tests of what says them look at them."""

PLACE: Final = Position("detections.ee", 0, 7)
TRACE: Final = derived("a trace")


def rejected(reason: Reason) -> Rejected:
    """A refusal of a record that has an id."""
    id_ = "0190163d-8694-7d4c-8b1f-5a5b1f4f3a52"
    return Rejected("ee", PLACE, 0, Verdict.REFUSED, reason, "$", "why", id_)


HAPPENED: Final[tuple[Outcome | Event, ...]] = (
    rejected(Reason.INVALID),
    rejected(Reason.INTERNAL),
    Aside("ee", aside=True),
    Aside("ee", aside=False),
    Recreated("detections.ee", 0),
    Unreadable(PLACE),
    TransactionAborted(0, Why.TIMEOUT, "TimeoutError()"),
    LaneReady(0, 3, 0.5),
    LaneClosed(0),
    Fenced(0),
    CheckpointDiscarded(0, "format"),
    MemberAside(0, "ee", aside=True, why=Why.MISSING),
    MemberAside(0, "ee", aside=False),
    ProducerReplaced(Stage.INGEST, Why.TIMEOUT, "TimeoutError()"),
    ClientRecycled(Stage.INGEST, Why.TIMEOUT, "TimeoutError()"),
    RecordsLost("detections.ee", 0, 3, 9),
    Undeliverable("rejected.ee", Why.TIMEOUT, 4),
    SourceForbidden("detections.ee"),
    SourceMissing("detections.ee", missing=True),
    SourceMissing("detections.ee", missing=False),
    BatchLimited(0, "alerts.ee", 1000),
    CanaryLost(0, ("ee",), Why.MISSING),
    ReadersUnknown(Why.TIMEOUT, "TimeoutError()"),
    TracedRecord("ee", PLACE, 0, TRACE, TRACE, 1, 1, ()),
    TracedSighting(
        "ee", Source("detections.ee", 0, 7, 0, 0), PLACE, 10**15, TRACE, TRACE, "an alert"
    ),
    Sent(("fr",), "early-warning", alert.Why.OPENED, 0, "native", (), "an alert", "its name"),
)


def row(line: Line) -> str:
    """The page's row for one line."""
    fields = ", ".join(f"`{field}`" for field in line.fields)
    return f"| `{line.event}` | {line.level} | {fields} | {line.means} | {line.do} |"


def written() -> list[dict[str, Any]]:
    """What is logged when everything happens once."""
    stream = io.StringIO()
    configure("debug", "json", stream)
    journal = Journal()
    observer = Observer(Metrics(("ee",), "1"), journal, Tracer(journal))
    for each in HAPPENED:
        observer(each)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def said() -> Iterator[tuple[str, str]]:
    """Each message that the code logs by itself, and the method that it calls for it."""
    methods = {"tell", *LEVELS.values(), "debug", "exception"}
    calls = (node for path in SPEAKING for node in ast.walk(ast.parse(path.read_text())))
    for node in calls:
        match node:
            case ast.Call(ast.Attribute(attr=name), [ast.Constant(words), *_]) if name in methods:
                yield str(words).removesuffix(": %s"), name


def test_the_page_has_a_row_for_every_line_and_no_other() -> None:
    """Line, level, fields, meaning and what to do on the page are those of the code."""
    expected = [row(line) for line in LINES]
    section = PAGE.split("## Every line\n")[1].split("\n## ")[0]

    found = [line for line in section.splitlines() if line.startswith("| `")]

    assert found == expected, "\n".join(expected)


def test_every_line_of_the_code_is_in_the_table_with_its_level() -> None:
    """Nothing is logged that the page does not have; a line that is nowhere said is not in it."""
    found = list(said())

    assert {words for words, _ in found} - set(LEVELS) == set()
    assert {
        (words, level) for words, level in found if level not in {"tell", LEVELS[words]}
    } == set()
    sources = "".join(path.read_text() for path in SPEAKING if path.stem != "lines")
    assert [event for event in LEVELS if f'"{event}' not in sources] == []


def test_what_happens_is_told_as_the_table_has_it() -> None:
    """Each outcome and event that makes a line makes one of the table, of its level and fields."""
    lines = written()
    table = {line.event: line for line in LINES}

    assert {line["msg"] for line in lines} == set(LEVELS) - OF_THE_PROCESS
    for line in lines:
        known = table[line["msg"]]
        assert line["level"] == known.level
        assert set(line) == {"ts", "level", "msg", *known.fields}


def test_the_page_leads_on_to_pages_that_there_are() -> None:
    """A line that names a page of the runbooks names one that exists."""
    named = set(re.findall(r"\bRelay[A-Z][A-Za-z]+", PAGE))

    assert {name for name in named if not (ROOT / f"docs/runbooks/{name}.md").exists()} == set()


def test_few_lines_call_a_person() -> None:
    """What wakes somebody up is rare, and the page of the line says what to do about it."""
    calling = [line for line in LINES if line.level in {"error", "critical"}]

    assert len(calling) <= len(LINES) // 4
    assert [line.event for line in calling if line.do == "nothing"] == []
