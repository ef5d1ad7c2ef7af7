"""The demo's story, played again and again on a real relay that a real Prometheus watches.

The broker is secured, so that certificates are shown, too.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

import orjson

from monitoring.prometheus import Prometheus, running
from relay.broker import Runtime
from relay.cli.demo.stage import Stage
from relay.cli.demo.story import ACTS, Act, detection
from relay.kafka.clients import grouped, partition_of
from relay.kafka.publisher import publishing
from relay.model.records import Outgoing
from relay.pipeline.topics import ALERTS, DETECTIONS
from relay.settings.relay import RelayFile
from relay.wire.envelope import detection_headers
from relay.wire.fields import timestamp

RULES: Final = Path(__file__).parents[1] / "helm/relay/files/rules"
READER: Final = "fr"
"""The member that reads its alerts in a consumer group."""

ADDRESSES: Final = 254
"""Of the documentation network that the story plays in."""


def story() -> Iterator[Act]:
    """Yield the demo's acts without end, each time of another attack."""
    for number in count(1):
        for act in ACTS:
            told = tuple((kind, _another(kind, number)) for kind, _ in act.observables)
            yield replace(act, observables=told)


def _another(kind: str, number: int) -> str:
    match kind:
        case "ipv4":
            return f"203.0.113.{number % ADDRESSES + 1}"
        case "domain":
            return f"login-portal-{number}.example"
        case _:
            return sha256(str(number).encode()).hexdigest()


@dataclass(slots=True)
class Rehearsal:
    """A relay on its stage, and who watches it. `began` is Unix time in seconds."""

    stage: Stage
    prometheus: Prometheus
    began: float = field(default_factory=time.time)
    _acts: Iterator[Act] = field(default_factory=story)
    _number: int = 0

    def go_on(self) -> None:
        """Play the next act; killing and reviving the relay is left to whoever wants it."""
        act = next(self._acts)
        self._number += 1
        asyncio.run(self._publish(act))

    def read(self) -> None:
        """Let one member's SIEM commit that it has read all there is."""
        asyncio.run(self._read())

    async def _read(self) -> None:
        consumer = grouped(self.stage.kafka_of(READER), f"{READER}.siem", "earliest")
        await consumer.start()
        try:
            lanes = range(RelayFile().lanes)
            consumer.assign([partition_of(ALERTS + READER, lane) for lane in lanes])
            await consumer.commit(await consumer.end_offsets([*consumer.assignment()]))
        finally:
            await consumer.stop()

    async def _publish(self, act: Act) -> None:
        at = time.time_ns() // 1_000_000
        body = act.raw or orjson.dumps(detection(act, self._number, timestamp(at)))
        name = f"rehearsal-{self._number}"
        headers = detection_headers(act.member, name, timestamp(at), "green")
        async with publishing(self.stage.kafka_of(act.member)) as publisher:
            await publisher.send(DETECTIONS + act.member, [Outgoing((), at, None, body, headers)])


@contextmanager
def rehearsing(home: Path, runtime: Runtime) -> Iterator[Rehearsal]:
    """Have broker, relay and Prometheus in `home` until the block ends.

    Raises UnavailableError where there is no Prometheus, and what a Stage raises.
    """
    stage = Stage((home / "stage").absolute(), runtime, secure=True)
    target = f"127.0.0.1:{stage.http}"
    with running(home / "prometheus", target, sorted(RULES.glob("*.yaml"))) as prometheus:
        try:
            stage.set_up()
            stage.start_relay()
            rehearsal = Rehearsal(stage, prometheus)
            rehearsal.read()
            yield rehearsal
        finally:
            stage.close()
