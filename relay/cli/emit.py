"""`relay emit`: a member's detections from standard input to its topic."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

import orjson
import typer

from relay.cli.ahead import Input, InputBrokenError, ReadAhead
from relay.cli.brief import printable
from relay.cli.codes import FAILURE, USAGE, fail
from relay.cli.conversion import Conversion, Tally, edge_rules
from relay.cli.formats import (
    Documentation,
    Domains,
    Label,
    Networks,
    Tlp,
    format_in,
    member_of,
    source_of,
)
from relay.cli.kafka import Bootstrap, Member, broker_errors, connection
from relay.cli.options import Json, SettingsFile
from relay.core.register import ADMITTED
from relay.formats.adapters import UNLABELLED
from relay.formats.outcome import Source
from relay.kafka.config import KafkaSettings
from relay.kafka.publisher import publishing
from relay.model.records import Outgoing
from relay.model.vocabulary import Format
from relay.pipeline.topics import DETECTIONS

BATCH = 500
"""Detections written at a time: some 500 kB at most of honest size, and a pipe is never held."""

AHEAD = 4 * BATCH
"""Detections read ahead of the broker: bounds the memory of a large file."""

ENDED = 128
"""What a shell adds to the number of the signal that ended a command."""

LATE_S = 10
"""A broker that keeps nothing for this long is said to be silent: two of its request time-outs."""

Write = Callable[[Sequence[Outgoing]], Awaitable[None]]


Replay = Annotated[
    bool, typer.Option("--replay", help="Play an old capture as if it happened now.")
]
Traced = Annotated[
    bool, typer.Option("--trace", help="Ask the relay to trace each, and say its trace's id.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Write the detections to stdout, not to Kafka.")
]


def command(
    member: Member,
    form: Annotated[str, typer.Option("--format", "-f", help="Format of the records.")] = "native",
    tlp: Label = None,
    allow_documentation: Documentation = False,
    own_network: Networks = None,
    own_domain: Domains = None,
    replay: Replay = False,
    trace: Traced = False,
    dry_run: DryRun = False,
    bootstrap: Bootstrap = None,
    settings: SettingsFile = None,
    as_json: Json = False,
) -> None:
    """Publish detections read from stdin: NDJSON, arrays, objects one after another; plain or gz.

    Each is checked as the relay will check it. A record that is no detection is skipped and
    counted; one that the relay would refuse is told on stderr, is not sent, and the exit code is
    1. Ctrl-C and SIGTERM end it at once, with the counts and exit code 130 or 143.

    Example: relay emit -m ee -f suricata --tlp green < eve.json
    """
    chosen = format_in(form)
    _check_label(chosen, tlp)
    made = source_of(
        member_of(member), tlp, own_network, own_domain, allow_documentation=allow_documentation
    )

    def source() -> Source:
        return made(now())

    rules = edge_rules(member, allow_documentation=allow_documentation)
    flow = Conversion(chosen, member, rules, source, now, replay, trace)
    tally = Tally(_tell)
    kafka = None if dry_run else connection(bootstrap, settings)
    ended = _emitted(kafka, flow, tally, as_json=as_json)
    _summary(tally, DETECTIONS + member, as_json=as_json, sent=not dry_run)
    if ended or tally.refused:
        raise typer.Exit(ENDED + ended if ended else FAILURE)


def _check_label(form: Format, tlp: Tlp | None) -> None:
    if tlp is not None and tlp.value not in ADMITTED:
        fail(USAGE, f"--tlp {tlp.value}: only {' and '.join(ADMITTED)} are built yet")
    if tlp is None and form in UNLABELLED:
        fail(USAGE, f"--tlp is required: {form} carries no label, and none is ever assumed")
    if tlp is not None and form == "native":
        fail(USAGE, f"--tlp is not for {form}: each detection carries its own label")


def _tell(sentence: str) -> None:
    typer.echo(printable(sentence), err=True)


def now() -> int:
    """Return the wall clock in ms."""
    return time.time_ns() // 1_000_000


def _emitted(kafka: KafkaSettings | None, flow: Conversion, tally: Tally, *, as_json: bool) -> int:
    """Send all there is, or until a signal, whose number is returned; 0 at the end of input."""
    topic = DETECTIONS + flow.member
    try:
        if kafka is None:
            return asyncio.run(_until_told(_pump(_written(), flow, tally)))
        with broker_errors(kafka, topic):
            return asyncio.run(_until_told(_pump(_published(kafka, topic), flow, tally)))
    except InputBrokenError as error:
        fail(USAGE, f"standard input: {error}")
    except typer.Exit:
        if tally.read:
            _summary(tally, topic, as_json=as_json, sent=True)
        raise


async def _until_told(work: Coroutine[None, None, None]) -> int:
    """Do `work`; SIGINT and SIGTERM cancel it. Return the signal that did, or 0."""
    told: list[int] = []
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def end(number: int) -> None:
        # Only once: a second Ctrl-C must not cut short how the first one is tidied up.
        if not told:
            told.append(number)
            task.cancel()
            # What a client that is thrown away in mid-send still says is no news: it is counted.
            loop.set_exception_handler(lambda _loop, _context: None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    try:
        await task
    except asyncio.CancelledError:
        if not told:
            raise
    return told[0] if told else 0


async def _pump(sink: AbstractAsyncContextManager[Write], flow: Conversion, tally: Tally) -> None:
    async with sink as write:
        with _stdin() as stdin, ReadAhead(flow.run(stdin, tally), stdin.end, BATCH, AHEAD) as ahead:
            async for batch in ahead.batches():
                await write(batch)
                tally.sent += len(batch)


def _stdin() -> Input:
    if sys.__stdin__ is None:
        raise InputBrokenError("it is closed")
    try:
        return Input(sys.__stdin__.fileno())
    except OSError as error:
        raise InputBrokenError(error.strerror) from error


@asynccontextmanager
async def _published(kafka: KafkaSettings, topic: str) -> AsyncIterator[Write]:
    async with publishing(kafka) as publisher:
        await publisher.find(topic)

        async def write(batch: Sequence[Outgoing]) -> None:
            # A batch is sent until it is kept: a sensor's log must outlive a broker's restart.
            sentence = f"{', '.join(kafka.bootstrap)}: no answer; it is tried again until Ctrl-C"
            late = asyncio.get_running_loop().call_later(LATE_S, _tell, sentence)
            try:
                await publisher.send(topic, batch)
            finally:
                late.cancel()

        yield write


@asynccontextmanager
async def _written() -> AsyncIterator[Write]:
    async def write(batch: Sequence[Outgoing]) -> None:
        sys.stdout.buffer.write(b"".join(outgoing.value + b"\n" for outgoing in batch))
        sys.stdout.buffer.flush()

    yield write


def _summary(tally: Tally, topic: str, *, as_json: bool, sent: bool) -> None:
    if as_json:
        counts = {"read": tally.read, "detections": tally.sent, "refused": tally.refused}
        more = {"trimmed": tally.trimmed, "unsent": tally.detections - tally.sent}
        body = {**counts, **more, "skipped": dict(tally.skipped), "topic": topic}
        typer.echo(orjson.dumps(body).decode(), err=not sent)
        return
    skipped = sum(tally.skipped.values())
    why = ", ".join(f"{reason}: {count}" for reason, count in tally.skipped.most_common())
    parts = [
        f"{tally.sent} detections {f'sent to {topic}' if sent else 'converted'}",
        f"{skipped} skipped{f' ({why})' if why else ''}",
        f"{tally.refused} refused",
    ]
    if tally.trimmed:
        parts.append(f"{tally.trimmed} trimmed")
    if tally.detections > tally.sent:
        parts.append(f"{tally.detections - tally.sent} read but not known to be sent")
    typer.echo(f"{tally.read} records: {', '.join(parts)}", err=True)
