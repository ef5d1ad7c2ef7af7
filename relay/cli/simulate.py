"""`relay simulate`: a dry run of the very same decisions, without a broker."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from relay.cli.codes import USAGE, fail
from relay.cli.options import register_of, settings_of
from relay.core.correlate import Rules
from relay.core.register import Register
from relay.model.records import Position, Record
from relay.pipeline.simulate import simulate
from relay.pipeline.told import Told
from relay.pipeline.topics import DETECTIONS
from relay.settings import policy
from relay.wire.fields import EPOCH, timestamp

NOWHERE = Path("/nonexistent")
"""A dry run depends on what it is given alone, not on where it is run."""

SECRET = b"relay simulate: no secret"
"""Ids of a dry run are the same everywhere; they are not those of a deployment."""

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII
)


class LineError(ValueError):
    """A line of the input that cannot be used; says which and why."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")


def command(
    members: Annotated[Path, typer.Option("--members", help="members.yaml")],
    settings: Annotated[
        Path | None, typer.Option("--settings", help="relay.yaml; else the defaults.")
    ] = None,
) -> None:
    """Read a log on stdin, write what each member would be told.

    One JSON object a line in: {"at": time of append, "topic": "detections.ee", "value": object,
    or a string for raw bytes}. One a line out: {"at", "topic", "key", "value"}.

    Example: relay simulate --members members.yaml < log.ndjson
    """
    chosen = policy(settings_of(settings, here=NOWHERE), register_of(members), SECRET)
    rules = Rules(chosen, Register(chosen.members))
    topics = frozenset(DETECTIONS + member.id for member in chosen.members)
    out = sys.stdout.buffer
    try:
        for told in simulate(read(sys.stdin.buffer, topics), rules):
            out.write(_line(told))
    except LineError as error:
        out.flush()
        fail(USAGE, str(error))
    out.flush()


def read(lines: Iterable[bytes], topics: frozenset[str]) -> Iterator[Record]:
    """Yield the records of a log; a topic's offsets count from 0.

    Raises LineError at the first line that is malformed, of an unknown topic, or goes back in time.
    """
    offsets: dict[str, int] = {}
    latest: int | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        at, topic, value = _parsed(line, number)
        if topic not in topics:
            raise LineError(number, f"no member has the topic {topic[:300]!r}")
        if latest is not None and at < latest:
            raise LineError(number, f"`at` goes back: {timestamp(at)} after {timestamp(latest)}")
        latest = at
        offset = offsets.get(topic, 0)
        offsets[topic] = offset + 1
        yield Record(Position(topic, 0, offset), at, None, value)


def _parsed(line: bytes, number: int) -> tuple[int, str, bytes]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineError(number, f"not JSON: {error}") from error
    if not isinstance(body, dict) or set(body) != {"at", "topic", "value"}:
        raise LineError(number, "must be an object with exactly `at`, `topic` and `value`")
    if not isinstance(body["topic"], str):
        raise LineError(number, "`topic` must be a string")
    return _millis(body["at"], number), body["topic"], _bytes(body["value"], number)


def _millis(at: object, number: int) -> int:
    if not isinstance(at, str) or not _RFC_3339.match(at):
        raise LineError(number, "`at` must be an RFC 3339 time with its offset")
    try:
        moment = datetime.fromisoformat(at.upper()) - EPOCH
    except (ValueError, OverflowError) as error:
        raise LineError(number, f"`at`: {error}") from error
    return (moment.days * 86_400 + moment.seconds) * 1000 + moment.microseconds // 1000


def _bytes(value: object, number: int) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")
    raise LineError(number, "`value` must be an object, or a string for raw bytes")


def _line(told: Told) -> bytes:
    return orjson.dumps(
        {
            "at": timestamp(told.at),
            "topic": told.topic,
            "key": told.key.decode() if told.key is not None else None,
            "value": orjson.Fragment(told.value),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )
