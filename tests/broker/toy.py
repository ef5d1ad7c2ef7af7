"""Stages that a test can predict: keys are counted, and every count is told to every member."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from relay.kafka.config import IngestSettings, KafkaSettings, LaneSettings, Topics
from relay.kafka.correlate import CorrelateWorker
from relay.kafka.events import Event, LaneReady
from relay.kafka.ingest import IngestKit, IngestWorker
from relay.kafka.kit import CanaryKit, LaneKit
from relay.kafka.topics import ALERTS
from relay.model.alert import Why
from relay.model.outcome import Outcome, Sent
from relay.model.plan import Plan
from relay.model.records import Outgoing, Read, Record
from relay.state import View

TICK = b"tick"
ASIDE = b"aside:"
BACK = b"back:"
SHUNNED = b"x"
COUNT = b"c"

T = TypeVar("T")
P = ParamSpec("P")


def on_a_loop(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run an asynchronous test."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@dataclass
class Toy:
    """A deployment of toy stages on topics of its own."""

    bootstrap: str
    prefix: str
    members: tuple[str, ...] = ("ee", "fr")
    lanes: int = 1
    settings: LaneSettings = field(default_factory=LaneSettings)
    padding: int = 0
    canary: CanaryKit | None = None
    observe: Callable[[Outcome | Event], None] | None = None
    seen: list[Outcome | Event] = field(default_factory=list)
    decided: list[tuple[int, int]] = field(default_factory=list)
    read: list[bytes] = field(default_factory=list)

    @property
    def controls(self) -> list[bytes]:
        """The decisions about members that the lanes have read."""
        return [value for value in self.read if value.startswith((ASIDE, BACK))]

    @property
    def topics(self) -> Topics:
        """Names that no other test has."""
        p = self.prefix
        return Topics(
            f"{p}sightings", f"{p}state", f"{p}detections.", f"{p}alerts.", f"{p}rejected."
        )

    @property
    def kafka(self) -> KafkaSettings:
        """Settings with this deployment's prefix."""
        return KafkaSettings((self.bootstrap,), app=f"{self.prefix}app")

    def kit(self) -> LaneKit:
        """What the correlate worker takes."""
        alerts = tuple(self.topics.alerts + member for member in self.members)
        return LaneKit(
            self.kafka,
            self.settings,
            self.topics,
            alerts,
            self.correlate,
            self.aside,
            lambda key, _: 10 if key.startswith(COUNT) else None,
            self.note,
            self.asides,
            self.canary,
        )

    def asides(self, view: View) -> list[str]:
        """The members the lane has set aside."""
        return [key.decode()[1:] for key, _ in view.scan(SHUNNED, SHUNNED + b"\xff", 99)]

    def note(self, event: Outcome | Event) -> None:
        """Keep what was observed, and pass it on."""
        self.seen.append(event)
        if self.observe is not None:
            self.observe(event)

    def correlate(self, records: Sequence[Record], view: View) -> Plan:
        """Count keys; tell each count to every member that is not aside."""
        out: list[Outgoing] = []
        outcomes: list[Outcome] = []
        for record in records:
            self.decided.append((record.position.partition, record.position.offset))
            value = record.value or b""
            self.read.append(value)
            if value.startswith(ASIDE):
                view.put(SHUNNED + value.removeprefix(ASIDE), b"1")
            elif value.startswith(BACK):
                view.delete(SHUNNED + value.removeprefix(BACK))
            elif value != TICK and record.key is not None:
                out.append(self._count(record, view))
                outcomes.append(Sent(self.members, "toy", Why.OPENED, record.at))
        return Plan(tuple(out), view.changes(), tuple(outcomes))

    def _count(self, record: Record, view: View) -> Outgoing:
        key = COUNT + (record.key or b"")
        stored = view.get(key)
        count = int(stored.value) + 1 if stored else 1
        view.put(key, b"%d" % count, deadline=10)
        told = tuple(
            self.topics.alerts + member
            for member in self.members
            if view.get(SHUNNED + member.encode()) is None
        )
        value = b"%s:%d" % (record.key, count) + bytes(self.padding)
        return Outgoing(told, record.at, record.key, value)

    def aside(self, member: str, aside: bool) -> Outgoing:
        """Make the control record."""
        value = (ASIDE if aside else BACK) + member.encode()
        return Outgoing((self.topics.sightings,), 0, None, value, partition=0)

    def tick(self) -> Outgoing:
        """Make a tick."""
        return Outgoing((self.topics.sightings,), 0, None, TICK, partition=0)

    def ingest(self, records: Sequence[Read]) -> Plan:
        """Send each record on to the lane of its key; reject those without a key."""
        out: list[Outgoing] = []
        for record in records:
            assert isinstance(record, Record)
            if record.key is None:
                member = record.position.topic.removeprefix(self.topics.detections)
                topic = self.topics.rejected + member
                out.append(Outgoing((topic,), record.at, None, record.value or b"", partition=0))
            else:
                lane = record.key[0] % self.lanes
                out.append(
                    Outgoing(
                        (self.topics.sightings,),
                        record.at,
                        record.key,
                        record.value or b"",
                        partition=lane,
                    )
                )
        return Plan(tuple(out), (), ())

    def ingest_kit(self, settings: IngestSettings | None = None) -> IngestKit:
        """What the ingest worker takes."""
        chosen = replace(settings or IngestSettings(), lanes=self.lanes)
        sources = tuple(self.topics.detections + member for member in self.members)
        return IngestKit(
            self.kafka, chosen, self.topics, sources, self.ingest, self.tick, self.note
        )

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of a kind, in order."""
        return [event for event in self.seen if isinstance(event, kind)]

    async def provision(self, *, alerts: Sequence[str] | None = None, **configs: str) -> None:
        """Make the topics; `configs` are for the members' alerts, beside what they always have."""
        stamped = {"message.timestamp.type": "LogAppendTime"}
        wanted = [
            NewTopic(self.topics.sightings, self.lanes, 1, topic_configs=stamped),
            NewTopic(self.topics.state, self.lanes, 1, topic_configs={"cleanup.policy": "compact"}),
        ]
        wanted += [
            NewTopic(
                self.topics.alerts + member, self.lanes, 1, topic_configs={**ALERTS, **configs}
            )
            for member in (self.members if alerts is None else alerts)
        ]
        await self.create(wanted)

    async def create(self, wanted: Sequence[NewTopic]) -> None:
        """Make topics and wait until the broker has them."""
        async with admin(self.bootstrap) as client:
            await client.create_topics(list(wanted))
            names = {topic.name for topic in wanted}
            for _ in range(400):
                if names <= set(await client.list_topics()):
                    return
                await asyncio.sleep(0.05)
            raise TimeoutError

    async def delete(self, *topics: str) -> None:
        """Delete topics."""
        async with admin(self.bootstrap) as client:
            await client.delete_topics(list(topics))

    async def feed(
        self, *keys: bytes, lane: int = 0, topic: str | None = None, value: bytes = b"seen"
    ) -> None:
        """Write sightings of `keys`, or detections when a topic is given."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True)
        await producer.start()
        try:
            futures = [
                await producer.send(topic or self.topics.sightings, value, key, partition=lane)
                for key in keys
            ]
            await asyncio.gather(*futures)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def correlating(self, state: Path) -> AsyncIterator[CorrelateWorker]:
        """Run a correlate worker."""
        worker = CorrelateWorker(self.kit(), state)
        async with running(worker):
            yield worker

    @asynccontextmanager
    async def ingesting(
        self, settings: IngestSettings | None = None
    ) -> AsyncIterator[IngestWorker]:
        """Run an ingest worker."""
        worker = IngestWorker(self.ingest_kit(settings))
        async with running(worker):
            yield worker

    async def ready(self, times: int = 1) -> None:
        """Wait until lanes were ready so many times."""
        await until(lambda: len(self.of(LaneReady)) >= times)

    async def told(self, member: str, count: int, seconds: float = 30) -> list[bytes]:
        """Read `count` alerts of a member as it may read them, or as many as there are in time."""
        return await read(self.bootstrap, self.topics.alerts + member, count, seconds)


@asynccontextmanager
async def running(worker: CorrelateWorker | IngestWorker) -> AsyncIterator[None]:
    """Run a worker until the block ends, then stop it in order."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait({task}, timeout=30)
            task.cancel()


@asynccontextmanager
async def admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition; fail when it does not come."""
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def read(
    bootstrap: str, topic: str, count: int, seconds: float, isolation: str = "read_committed"
) -> list[bytes]:
    """Read `count` values from all partitions of a topic, or as many as there are in time."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        partitions = await consumer._client._wait_on_metadata(topic)
        consumer.assign([TopicPartition(topic, number) for number in partitions])
        values: list[bytes] = []
        end = time.monotonic() + seconds
        while len(values) < count and time.monotonic() < end:
            got = await consumer.getmany(timeout_ms=100)
            values += [record.value for records in got.values() for record in records]
        return values
    finally:
        await consumer.stop()
