"""How lines are written: JSON, one object a line, or for a person on a terminal.

No exception is shown with its message or its variables, since both may quote what a member sent;
its type and the way it took are. Only the client of the brokers and the operating system, which
know no message, may say what they have to say.
"""

import json
import logging
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "console"]

PERIOD_S: Final = 10.0
BURST: Final = 3
"""Lines of one template in a period: the rest would say the same."""

MAX_TEMPLATE: Final = 100
MAX_TEMPLATES: Final = 1_000
"""Different templates in a period: a library has some hundreds."""

MAX_FRAMES: Final = 20
"""Of an exception, the innermost; what is further out is the event loop."""

MAX_CAUSES: Final = 5
"""Exceptions behind an exception that are shown too."""


def configure(
    level: Level,
    form: Format,
    stream: TextIO,
    count: Callable[[str], None] = lambda _: None,
    held_back: Callable[[], None] = lambda: None,
) -> None:
    """Send the lines of structlog and of `logging` to `stream`; `count` hears each one's level.

    `held_back` hears of each line of a library that is not written because it repeats.
    Libraries are heard from `info` on, whatever `level`: at `debug` they show what they carry.
    """
    terminal = form == "console" or (form == "auto" and stream.isatty())
    render = _console(stream) if terminal else _json
    shared = _shared(count)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *_last(terminal), render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _first_line, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_last(terminal),
                render,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.INFO), force=True)
    # Its warnings are retries that the shell counts: a transaction begun while the last one's
    # markers are written shows as NotEnoughReplicas. Its errors come a hundred a second.
    logging.getLogger("aiokafka").setLevel(max(threshold, logging.ERROR))
    # A line for each batch that a collector does not take, and headers it cannot read, which hold a
    # password: the pump tells of the first.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    handler.addFilter(Sparse(held_back=held_back))


class Sparse(logging.Filter):
    """Lets a library say one thing a few times in a period; `clock` gives seconds.

    `held_back` hears of each line that is not let through.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        held_back: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._held_back = held_back
        self._said: dict[tuple[str, str], int] = {}
        self._began = clock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is to be written: at most BURST of one template in PERIOD_S."""
        if self._clock() - self._began >= PERIOD_S:
            self._began = self._clock()
            self._said.clear()
        template = (record.name, str(record.msg)[:MAX_TEMPLATE])
        self._said[template] = self._said.get(template, 0) + 1
        passes = self._said[template] <= BURST and len(self._said) <= MAX_TEMPLATES
        if not passes:
            self._held_back()
        return passes


def _shared(count: Callable[[str], None]) -> list[Processor]:
    def counted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        count(event["level"])
        return event

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts")
    return [structlog.processors.add_log_level, counted, stamp, _exception]


def _last(terminal: bool) -> list[Processor]:
    return [] if terminal else [structlog.processors.EventRenamer("msg")]


def _console(stream: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="ts")


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    try:
        return orjson.dumps(event, default=str).decode()
    except orjson.JSONEncodeError:
        # Half a surrogate pair, from the name of a file: orjson is right and the line is needed.
        return json.dumps(event, default=str)


def _first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of asyncio, which shows a failed task, with its exception's message, from line two on."""
    if event["logger"] == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if isinstance(found, tuple):
        found = found[1]
    elif found is True:
        found = sys.exception()
    if isinstance(found, BaseException):
        event["exception"] = [_told(each) for each in _chain(found)]
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exceptions of a group, and those behind an exception: what failed first is among them."""
    waiting = deque([error])
    told = 0
    while waiting and told < MAX_CAUSES:
        found = waiting.popleft()
        if found is None:
            continue
        told += 1
        yield found
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(found.exceptions[:MAX_CAUSES])
        waiting.append(found.__cause__ or found.__context__)


def _told(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    told: dict[str, object] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, OSError) or type(error).__module__.startswith("aiokafka."):
        told["message"] = str(error)
    return told
