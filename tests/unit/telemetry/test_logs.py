import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiokafka.errors import KafkaConnectionError

from relay.telemetry import configure
from relay.telemetry.logs import Sparse


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave `logging` as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def only(stream: io.StringIO) -> dict[str, Any]:
    """The one line that was written."""
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_of_ours_is_one_json_object() -> None:
    """Time in UTC, level, message and fields; a line break in a field is no new line."""
    stream = io.StringIO()
    configure("info", "json", stream)

    structlog.get_logger().info("lane ready", lane=3, detail="a\nb")

    found = only(stream)
    assert found.pop("ts").endswith("Z")
    assert found == {"level": "info", "msg": "lane ready", "lane": 3, "detail": "a\nb"}


def test_a_line_of_a_library_is_one_too() -> None:
    """What aiokafka says through `logging` looks like what we say."""
    stream = io.StringIO()
    configure("info", "json", stream)

    logging.getLogger("aiokafka.consumer").error("Heartbeat failed for %s", "group")

    found = only(stream)
    assert found.pop("ts").endswith("Z")
    assert found == {
        "level": "error",
        "msg": "Heartbeat failed for group",
        "logger": "aiokafka.consumer",
    }


def test_libraries_are_not_heard_below_info() -> None:
    """At debug a client shows the bytes that it sends."""
    stream = io.StringIO()
    configure("debug", "json", stream)

    logging.getLogger("aiokafka.conn").debug("Sending %s", "evil.example")
    structlog.get_logger().debug("lane ready")

    assert only(stream)["msg"] == "lane ready"


def test_lines_below_the_level_are_not_written() -> None:
    """The level holds for us and for libraries."""
    stream = io.StringIO()
    configure("error", "json", stream)

    structlog.get_logger().warning("a")
    logging.getLogger("aiokafka").warning("b")

    assert stream.getvalue() == ""


def test_a_library_says_one_thing_three_times_in_ten_seconds() -> None:
    """A missing topic is met a hundred times a second: the line is of use a few times."""
    now, held = [0.0], list[None]()
    sparse = Sparse(lambda: now[0], lambda: held.append(None))
    line = logging.LogRecord("aiokafka.cluster", 40, "", 0, "Topic %s not found", ("a",), None)

    first = [sparse.filter(line) for _ in range(5)]
    now[0] = 10.0
    later = sparse.filter(line)

    assert first == [True, True, True, False, False]
    assert later
    assert len(held) == 2


def thrown(error: Exception) -> None:
    """Raise what is given, from here."""
    raise error


def raised(error: Exception) -> dict[str, Any]:
    """What is logged of an exception, by `logging` and by structlog alike."""
    ours, theirs = io.StringIO(), io.StringIO()
    try:
        thrown(error)
    except type(error) as caught:
        configure("info", "json", theirs)
        logging.getLogger("aiokafka").exception("failed")
        configure("info", "json", ours)
        structlog.get_logger().error("failed", exc_info=True)
        structlog.get_logger().error("failed", exc_info=caught)
    lines = [*theirs.getvalue().splitlines(), *ours.getvalue().splitlines()]
    first, *others = [json.loads(line)["exception"] for line in lines]
    assert others == [first, first]
    found: dict[str, Any] = first[0]
    return found


def test_an_exception_is_shown_without_its_message_and_variables() -> None:
    """A message may quote a member; type and way tell where to look."""
    found = raised(ValueError("evil.example"))

    assert found["type"] == "builtins.ValueError"
    assert found["frames"][-1].endswith(" thrown")
    assert set(found) == {"type", "frames"}


@pytest.mark.parametrize("error", [KafkaConnectionError("no broker"), OSError(28, "disk full")])
def test_brokers_and_the_system_may_say_what_is_wrong(error: Exception) -> None:
    """They know no message, and what they say is what an operator needs."""
    assert raised(error)["message"] == str(error)


def test_causes_are_shown_and_bounded() -> None:
    """Of a chain of exceptions the first five are shown, also of one that goes in a circle."""
    stream = io.StringIO()
    configure("info", "json", stream)
    first, second = ValueError("evil.example"), KeyError("evil.example")
    first.__context__, second.__context__ = second, first

    structlog.get_logger().error("failed", exc_info=first)

    kinds = [each["type"] for each in only(stream)["exception"]]
    assert kinds == ["builtins.ValueError", "builtins.KeyError"] * 2 + ["builtins.ValueError"]
    assert "evil" not in stream.getvalue()


def test_what_failed_in_a_group_is_shown() -> None:
    """A stage that ends ends as a group of exceptions: the first of them is what is looked for."""
    stream = io.StringIO()
    configure("info", "json", stream)
    inner = ExceptionGroup("evil.example", [ValueError("evil.example"), KeyError("evil.example")])

    structlog.get_logger().error("failed", exc_info=ExceptionGroup("evil.example", [inner]))

    kinds = [each["type"].rpartition(".")[2] for each in only(stream)["exception"]]
    assert kinds == ["ExceptionGroup", "ExceptionGroup", "ValueError", "KeyError"]
    assert "evil" not in stream.getvalue()


def test_the_exporter_of_traces_is_not_heard() -> None:
    """It says each batch that is not taken, and headers it cannot read with what is in them."""
    stream = io.StringIO()
    configure("debug", "json", stream)

    logging.getLogger("opentelemetry.util.re").critical("Header format invalid: %s", "planted")

    assert stream.getvalue() == ""


def test_asyncio_does_not_quote_a_failed_task() -> None:
    """The loop shows a failed task's exception with its message, from the second line on."""
    stream = io.StringIO()
    configure("info", "json", stream)

    logging.getLogger("asyncio").error(
        "Task exception was never retrieved\nfuture: <Task exception=ValueError('evil.example')>"
    )

    assert only(stream)["msg"] == "Task exception was never retrieved"


def test_text_that_is_no_unicode_does_not_lose_the_line() -> None:
    """Half a surrogate pair, as in the name of a file, is escaped."""
    stream = io.StringIO()
    configure("info", "json", stream)

    structlog.get_logger().info("checkpoint discarded", reason="\udc80")

    assert only(stream)["reason"] == "\udc80"


def test_every_line_is_counted_by_its_level() -> None:
    """An alarm on errors logged needs their number, whoever logged them."""
    stream, levels = io.StringIO(), list[str]()
    configure("info", "json", stream, levels.append)

    structlog.get_logger().warning("a")
    structlog.get_logger().debug("b")
    logging.getLogger("aiokafka").error("c")

    assert levels == ["warning", "error"]


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", Terminal(), False),
        ("auto", io.StringIO(), True),
        ("console", io.StringIO(), False),
        ("json", Terminal(), True),
    ],
)
def test_a_person_gets_text_and_a_program_json(
    form: Any, stream: io.StringIO, is_json: bool
) -> None:
    """On a terminal lines are for a person, unless told otherwise."""
    configure("info", form, stream)

    structlog.get_logger().info("lane ready", lane=3)
    logging.getLogger("aiokafka").error("said")

    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("{") == is_json for line in lines)
    assert "lane ready" in lines[0]
    assert "said" in lines[1]
