"""A deployment of its own for one test: topics made anew, members that report, and the judge."""

import asyncio
import contextlib
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final, TypeAlias, TypeVar

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from relay.kafka.topics import ALERTS as CONFIG
from relay.pipeline.topics import ALERTS, DETECTIONS, REJECTED, SIGHTINGS, STATE
from tests.broker.judge import NOTHING, Verdict, judge
from tests.broker.proxy import PATIENCE_S
from tests.broker.victim import Orders
from tests.broker.workers import Workers

MEMBERS: Final = ("ee", "fi", "lv")
LOOK_S: Final = 0.05
"""Between two looks at what the broker says."""

# A second is the least the broker grants; the heartbeat leaves room for three to go astray.
IMPATIENT: Final = {
    "session_timeout_ms": 1_200,
    "heartbeat_ms": 250,
    "rebalance_timeout_ms": 3_000,
    "request_timeout_ms": 2_000,
}

T = TypeVar("T")

Message: TypeAlias = tuple[str, bytes]
"""A topic, and what a member writes to it."""


def address(number: int) -> dict[str, str]:
    """An observable with a window of seconds in the tests."""
    return {"type": "ipv4", "value": f"45.9.20.{number}", "side": "attacker"}


def name(number: int) -> dict[str, str]:
    """An observable with a window of days."""
    return {"type": "domain", "value": f"c2-{number}.attackers.net", "side": "attacker"}


@dataclass(slots=True)
class World:
    """One deployment. What it asks of the broker goes past any proxy."""

    bootstrap: str
    workers: Workers
    reported: int = 0
    random: Random = field(default_factory=lambda: Random(1))
    observable: Callable[[int], dict[str, str]] = address

    def report(self, count: int, values: int = 50) -> None:
        """Let the members report `count` detections, on `values` addresses between them.

        Returns when the broker has them.
        """
        self.send(self.messages(count, values))

    def messages(self, count: int, values: int = 50) -> list[Message]:
        """Return `count` detections that nobody has sent yet."""
        return [self._detection(values) for _ in range(count)]

    def send(self, messages: Sequence[Message]) -> None:
        """Write messages for the members; return when the broker has them."""
        _run(_produce(self.bootstrap, messages))

    def report_until(self, condition: Callable[[], bool]) -> None:
        """Let the members report, some detections at a time, until `condition` is true."""
        until(condition, lambda: self.report(4))

    def settle(self) -> None:
        """Wait until all that was reported has been decided and committed."""
        orders = self.workers.orders
        sources = [TopicPartition(DETECTIONS + member, 0) for member in orders.members]
        lanes = [TopicPartition(SIGHTINGS, lane) for lane in range(orders.lanes)]
        _run(_reached(self.bootstrap, f"{orders.app}.ingest", sources))
        _run(_reached(self.bootstrap, f"{orders.app}.correlate", lanes))

    def committed(self, lane: int) -> int:
        """Return how far correlate has committed a lane's log."""
        place = TopicPartition(SIGHTINGS, lane)
        group = f"{self.workers.orders.app}.correlate"
        return _run(_committed(self.bootstrap, group, [place]))[place]

    def has_open_transaction(self, lane: int) -> bool:
        """Whether a transaction on a lane's changelog is neither committed nor aborted."""
        place = TopicPartition(STATE, lane)
        stable = _run(_ends(self.bootstrap, [place], "read_committed"))
        return stable != _run(_ends(self.bootstrap, [place]))

    def judge(self, mirrored: Mapping[str, int] = NOTHING) -> Verdict:
        """Judge what is committed, when the relay has ended.

        `mirrored`: how many lines another relay has told, by `topic:partition`; they come first.
        """
        return judge(replace(self.workers.orders, bootstrap=self.bootstrap), mirrored)

    def _detection(self, values: int) -> Message:
        member = MEMBERS[self.reported % len(MEMBERS)]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.reported += 1
        numbers = self.random.sample(range(1, values + 1), self.random.randint(1, 2))
        detection = {
            "schema": "detection.v1",
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.reported))),
            "member": member,
            "detected_at": now,
            "published_at": now,
            "title": "command and control",
            "classification": "malicious-code:c2-server",
            "severity": self.random.choice(["low", "medium", "high", "critical"]),
            "confidence": self.random.randint(1, 100),
            "observables": [self.observable(number) for number in numbers],
            "sharing": {"tlp": "green"},
        }
        return DETECTIONS + member, orjson.dumps(detection)


@contextlib.contextmanager
def opened(bootstrap: str, home: Path, lanes: int = 2, app: str = "") -> Iterator[World]:
    """Hold a fresh deployment; whatever processes were started in it are ended at last.

    `app`: the name of its groups, if that must not be one that nobody else has.
    """
    _run(_made_anew(bootstrap, lanes))
    orders = Orders(
        bootstrap=bootstrap,
        app=app or f"t{secrets.token_hex(4)}",
        members=MEMBERS,
        lanes=lanes,
        state=home / "state",
        kafka=IMPATIENT,
    )
    with Workers(orders, home).cleaned_up() as workers:
        yield World(bootstrap, workers)


def until(
    condition: Callable[[], bool],
    meanwhile: Callable[[], None] = lambda: None,
    within_s: float = PATIENCE_S,
) -> None:
    """Look until `condition` is true, doing something between two looks. Raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        meanwhile()
        time.sleep(LOOK_S)


def _run(work: Coroutine[None, None, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await work

    return asyncio.run(bounded())


async def _made_anew(bootstrap: str, lanes: int) -> None:
    """Delete the deployment's topics and make them again, empty."""
    stamped = {"message.timestamp.type": "LogAppendTime"}
    topics = [NewTopic(SIGHTINGS, lanes, 1, topic_configs=stamped)]
    topics.append(NewTopic(STATE, lanes, 1, topic_configs={"cleanup.policy": "compact"}))
    for member in MEMBERS:
        topics.append(NewTopic(DETECTIONS + member, 1, 1, topic_configs=stamped))
        topics.append(NewTopic(ALERTS + member, lanes, 1, topic_configs=dict(CONFIG)))
        topics.append(NewTopic(REJECTED + member, 1, 1))
    names = {topic.name for topic in topics}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        old = names & set(await admin.list_topics())
        if old:
            await admin.delete_topics(sorted(old))
        created = await admin.create_topics(topics)
        assert not any(code for _, code, _ in created.topic_errors), created
    finally:
        await admin.close()


async def _produce(bootstrap: str, messages: Sequence[Message]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await asyncio.gather(*[await producer.send(topic, value) for topic, value in messages])
    finally:
        await producer.stop()


async def _reached(bootstrap: str, group: str, partitions: Sequence[TopicPartition]) -> None:
    """Wait until a group has committed all that is in `partitions` now."""
    ends = await _ends(bootstrap, partitions)
    while True:
        committed = await _committed(bootstrap, group, partitions)
        if all(committed[partition] >= ends[partition] for partition in partitions):
            return
        await asyncio.sleep(LOOK_S)


async def _committed(
    bootstrap: str, group: str, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    async with _consumer(bootstrap, group_id=group) as consumer:
        return {partition: await consumer.committed(partition) or 0 for partition in partitions}


async def _ends(
    bootstrap: str, partitions: Sequence[TopicPartition], isolation: str = "read_uncommitted"
) -> dict[TopicPartition, int]:
    async with _consumer(bootstrap, isolation_level=isolation) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends


@contextlib.asynccontextmanager
async def _consumer(bootstrap: str, **options: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, **options)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
