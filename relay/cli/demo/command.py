"""The demo from curtain to curtain."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relay.broker import BrokerError
from relay.cli.broker import default_data, prepared
from relay.cli.codes import FAILURE, fail
from relay.cli.demo.stage import Stage, StageError
from relay.cli.demo.story import ACTS, IDS, Act, detection
from relay.cli.demo.tally import Account, account
from relay.cli.kafka import broker_errors
from relay.core.correlate import Rules
from relay.core.register import Register
from relay.kafka.config import KafkaSettings
from relay.kafka.publisher import publishing
from relay.kafka.reader import Reader, reading
from relay.model.records import Outgoing, Record
from relay.pipeline.topics import ALERTS, DETECTIONS, REJECTED
from relay.settings import load_register, policy
from relay.wire.envelope import detection_headers
from relay.wire.fields import timestamp

QUIET_S = 1.5
"""After this long without a record an act is over: ten times what an alert takes at most."""

PATIENCE_S = 60.0
"""For an act's first record; after a kill the lanes move on when the session has timed out."""

say = Console(highlight=False, soft_wrap=True)


def command(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave broker and relay running, to try things.")
    ] = False,
    secure: Annotated[
        bool, typer.Option("--secure", help="Everybody logs in, and may do no more than its own.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Directory; else `demo` in the user's state directory.")
    ] = None,
) -> None:
    """Play an attack on six SOCs, on a real broker: who is warned, when, how long before it is hit.

    In the middle the relay is killed. Ends by itself, with exit code 0 if nothing was lost or
    told twice. The first time, Kafka is fetched and checked; later it needs no network.
    """
    began = time.monotonic()
    place = data or default_data().parent / "demo"
    try:
        stage = Stage(place.absolute(), prepared(), secure=secure)
    except (BrokerError, StageError, OSError) as error:
        fail(FAILURE, f"relay demo: {error}")
    done = False
    try:
        with broker_errors(KafkaSettings(("the demo's broker",)), "topics"):
            settled = _play(stage)
        done = True
    except (BrokerError, StageError, OSError) as error:
        fail(FAILURE, f"relay demo: {error}")
    finally:
        if not (keep and done):
            stage.close()
    _conclude(settled, time.monotonic() - began)
    if keep:
        _hints(stage)
    if settled.lost or settled.doubled:
        raise typer.Exit(FAILURE)


def _play(stage: Stage) -> Account:
    kafka = "a Kafka that lets in only whom it knows" if stage.locks else "Kafka"
    say.print(f"Starting {kafka}, provisioning six SOCs, starting the relay …", style="dim")
    settings = stage.set_up()
    chosen = policy(settings, load_register(settings.members))
    rules = Rules(chosen, Register(chosen.members))
    stage.start_relay()
    asyncio.run(_acts(stage))
    return asyncio.run(account(stage.kafka_of, rules))


async def _acts(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(_own_topics(stage, member)) for member in IDS]
        for number, act in enumerate(ACTS, 1):
            say.print(f"\n{number}. {act.says}", style="bold")
            if act.kill:
                stage.kill_relay()
            await _publish(stage, act, number)
            if act.revive:
                say.print("   The relay is started again.", style="dim")
                await asyncio.to_thread(stage.start_relay)
            _show(await _until_quiet(readers))


def _own_topics(stage: Stage, member: str) -> AbstractAsyncContextManager[Reader]:
    return reading(stage.kafka_of(member), (ALERTS + member, REJECTED + member))


async def _publish(stage: Stage, act: Act, number: int) -> None:
    at = time.time_ns() // 1_000_000
    body = orjson.dumps(detection(act, number, timestamp(at)))
    headers = detection_headers(act.member, f"demo-{number}", timestamp(at), "green")
    outgoing = Outgoing((), at, None, act.raw or body, headers)
    async with publishing(stage.kafka_of(act.member)) as publisher:
        await publisher.send(DETECTIONS + act.member, [outgoing])


async def _until_quiet(readers: Sequence[Reader]) -> list[Record]:
    found: list[Record] = []
    last = time.monotonic()
    while time.monotonic() - last <= (QUIET_S if found else PATIENCE_S):
        polled = await asyncio.gather(*(reader.poll() for reader in readers))
        came = [record for records in polled for record in records]
        found += came
        last = time.monotonic() if came else last
    return found


def _show(records: Iterable[Record]) -> None:
    told: dict[tuple[int, str], list[str]] = defaultdict(list)
    for record in records:
        topic, body = record.position.topic, orjson.loads(record.value or b"{}")
        member = topic.split(".", 1)[1]
        if topic.startswith(REJECTED):
            what = f"{body['outcome']}: {body['reason']} at {body['path']} ({body['detail']})"
            say.print(Text(f"   {member} alone is told: {what}", "yellow"))
        else:
            told[(record.at, body["title"])].append(member)
    for (_, title), members in sorted(told.items()):
        say.print(Text(f"   {title}", "red"), Text(f"-> {', '.join(sorted(members))}"))


def _conclude(settled: Account, seconds: float) -> None:
    table = Table(title="Who was warned, and how long before it was hit", title_justify="left")
    for column in ("SOC", "warned", "by", "hit", "lead time", "alerts"):
        table.add_column(column)
    for row in settled.rows:
        warned = timestamp(row.warned)[11:23] if row.warned is not None else "nobody knew"
        hit = timestamp(row.hit)[11:23] if row.hit is not None else "not so far"
        lead = f"{row.lead:.1f} s" if row.lead is not None else ""
        table.add_row(row.member, warned, row.by, hit, lead, str(row.alerts))
    say.print()
    say.print(table)
    say.print(
        f"{settled.told} alerts told, {settled.lost} lost, {settled.doubled} told twice: compared "
        f"byte for byte with the log decided again in memory. {seconds:.0f} s in all."
    )


def _hints(stage: Stage) -> None:
    settings = stage.data / "relay.yaml"
    hub, pl = (f"--settings {stage.settings_of(member)}" for member in ("nordic-hub", "pl"))
    say.print(
        f"\nBroker and relay are left running in {stage.data}. Try:\n"
        f"  relay follow -m nordic-hub --from-beginning {hub}\n"
        f"  relay emit -m pl -f suricata --tlp green --replay {pl} < eve.json\n"
        f"  relay check --settings {settings} --connect\n"
        f"  curl http://127.0.0.1:{stage.http}/metrics\n"
        f"To end it: kill {stage.pid}; relay broker down --data {stage.data / 'kafka'}"
    )
