"""`relay follow`: a member's alerts, live, for eyes or for a program."""

import asyncio
import contextlib
import sys
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.text import Text

from relay.cli.brief import brief, brief_canary, brief_foreign, brief_rejection
from relay.cli.kafka import Bootstrap, Member, broker_errors, connection
from relay.cli.options import SettingsFile
from relay.formats.adapters import read
from relay.formats.outcome import Converted, Source
from relay.formats.recognise import recognise
from relay.kafka.config import KafkaSettings
from relay.kafka.reader import reading
from relay.model.records import Record
from relay.pipeline.topics import ALERTS, REJECTED
from relay.wire import canary
from relay.wire.alert import SCHEMA

REMEMBERED = 100_000
"""Revisions remembered to drop repeats: a few MB, and more than a member gets in three days."""


class Repeats:
    """Remembers what was shown, by (id, episode, revision): a reader's part of exactly once."""

    def __init__(self) -> None:
        self._shown: OrderedDict[Hashable, None] = OrderedDict()

    def is_new(self, alert: Mapping[str, object], value: bytes) -> bool:
        """Return whether this revision has not been seen before, and remember it.

        In another format than the native one, equal bytes are a repeat.
        """
        name: Hashable = (alert.get("id"), alert.get("episode"), alert.get("revision"))
        if alert.get("schema") != SCHEMA:
            name = blake2b(value, digest_size=16).digest()
        if name in self._shown:
            return False
        self._shown[name] = None
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        return True


def command(
    member: Member,
    as_json: Annotated[bool, typer.Option("--json", help="One alert a line, as it came.")] = False,
    beginning: Annotated[
        bool, typer.Option("--from-beginning", help="All that is kept, not only what comes.")
    ] = False,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="All that is kept up to now; do not wait for more.")
    ] = False,
    canaries: Annotated[
        bool, typer.Option("--canaries", help="Show signs of life, too, if the member gets any.")
    ] = False,
    bootstrap: Bootstrap = None,
    settings: SettingsFile = None,
) -> None:
    """Show a member's alerts as they come, and what the relay rejected of it, until Ctrl-C.

    Reads committed records only, outside of any group, and drops repeats. Times are UTC.
    Signs of life (`canary.v1`) are left out unless they are asked for.

    Example: relay follow -m fr --from-beginning
    """
    kafka = connection(bootstrap, settings)
    display = Display(as_json=as_json, canaries=canaries)
    with broker_errors(kafka, ALERTS + member), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_follow(kafka, member, display, beginning or until_end, until_end))


class Display:
    """Writes alerts and rejections to standard output."""

    def __init__(self, *, as_json: bool, canaries: bool = False) -> None:
        self._json = as_json
        self._canaries = canaries
        self._repeats = Repeats()
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, records: Iterable[Record]) -> None:
        """Show records in order of time, repeats and what is no JSON object left out.

        Partitions come one after another; a reader wants what happened in order.
        """
        for record in sorted(records, key=attrgetter("at")):
            self._show(record.position.topic, record.value)

    def _show(self, topic: str, value: bytes | None) -> None:
        try:
            body = orjson.loads(value or b"null")
        except orjson.JSONDecodeError:
            return
        if not isinstance(body, dict):
            return
        rejected = topic.startswith(REJECTED)
        if body.get("schema") == canary.SCHEMA and not self._canaries:
            return
        if not rejected and not self._repeats.is_new(body, value or b""):
            return
        if self._json:
            sys.stdout.buffer.write(orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE))
            sys.stdout.buffer.flush()
            return
        for line in brief_rejection(body) if rejected else _brief(body):
            self._console.print(line)


def _brief(body: dict[str, object]) -> Iterable[Text]:
    """Return the lines of an alert in whatever format the member reads, or of a sign of life."""
    if body.get("schema") == canary.SCHEMA:
        return brief_canary(body)
    form = recognise(body)
    if form is None or form == "native":
        return brief(body) if body.get("schema") == SCHEMA else ()
    # Whatever label it has, who may read the topic may see it here.
    outcome = read(form, body, Source("", "clear", 0, allow_documentation=True))
    return brief_foreign(form, outcome.detections if isinstance(outcome, Converted) else ())


async def _follow(
    kafka: KafkaSettings, member: str, display: Display, beginning: bool, until_end: bool
) -> None:
    topics = (ALERTS + member, REJECTED + member)
    async with reading(kafka, topics, from_end=not beginning) as reader:
        if until_end:
            display.show(await reader.to_end())
            return
        async for records in reader.follow():
            display.show(records)
