"""What a cluster says of a deployment: brokers, topics, groups, clocks. It changes nothing.

Each question is asked by itself, so that one that is refused leaves the others. No record's key or
value is looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code

from relay.kafka import clients
from relay.kafka.admin import administering, describe, existing
from relay.kafka.clients import Consumer, Partition, partition_of
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import DENIED, Environment, classify
from relay.kafka.events import Why
from relay.kafka.internals import discard_consumer, spoken
from relay.kafka.topics import Topic

QUESTION_S: Final = 20.0
"""For one question: a cluster in working order takes a tenth of a second."""

LOOK_MS: Final = 2_000
"""To be given the last record of each lane; the same."""

TRANSACTION: Final = 1
"""Kafka's kind of coordinator that keeps transactional ids."""

SPOKEN: Final = {
    0: "produce", 1: "fetch", 2: "list-offsets", 3: "metadata", 9: "offset-fetch", 11: "join-group",
    22: "init-producer-id", 24: "add-partitions-to-txn", 26: "end-txn", 28: "txn-offset-commit",
}  # fmt: skip
"""The requests whose highest version is told: together they give a broker's age away."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that got no answer: why, and the error's type. Its text may quote anything."""

    why: Why
    error: str


@dataclass(frozen=True, slots=True)
class Brokers:
    """The cluster itself. `speaks` has the highest version of each request of `SPOKEN`."""

    cluster: str
    nodes: tuple[int, ...]
    controller: int
    speaks: dict[str, int]


@dataclass(frozen=True, slots=True)
class Copies:
    """One partition's copies: `leader` None: it has none; `in_step` of `wanted` are in sync."""

    topic: str
    partition: int
    leader: int | None
    wanted: int
    in_step: int


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: its state in Kafka's words, and how many processes are in it."""

    name: str
    state: str
    members: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a group is in one partition. `committed` None: it never committed there."""

    group: str
    topic: str
    partition: int
    start: int
    committed: int | None
    end: int

    @property
    def lag(self) -> int:
        """Records not yet decided."""
        return max(0, self.end - max(self.start, self.committed or 0))


@dataclass(frozen=True, slots=True)
class Open:
    """A lane of the changelog: records at its end that belong to a transaction not yet ended."""

    lane: int
    records: int


Brokerage: TypeAlias = Brokers | Unanswered


@dataclass(frozen=True, slots=True)
class Cluster:
    """All that was asked. `newest` has the newest append time in ms of lanes that have records;
    `coordinators` the broker that keeps each transactional id."""

    brokers: Brokerage
    topics: dict[str, Topic] | Unanswered
    copies: tuple[Copies, ...] | Unanswered
    groups: tuple[Group, ...] | Unanswered
    progress: tuple[Progress, ...] | Unanswered
    open: tuple[Open, ...] | Unanswered
    newest: dict[int, int] | Unanswered
    coordinators: dict[str, int] | Unanswered


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked about: all topics there should be, and those each stage reads or writes."""

    kafka: KafkaSettings
    wanted: tuple[str, ...]
    sources: tuple[str, ...]
    sightings: str
    state: str
    lanes: int


async def ask(inquiry: Inquiry) -> Cluster:
    """Ask everything; only what comes from outside is taken for an answer that is missing."""
    brokers = await _answer(lambda: _brokers(inquiry.kafka))
    if isinstance(brokers, Unanswered):
        return Cluster(*[brokers] * 8)
    copies = await _answer(lambda: _copies(inquiry))
    known = [] if isinstance(copies, Unanswered) else copies
    sources = _partitions(known, inquiry.sources)
    sightings = _partitions(known, [inquiry.sightings])
    reading = {inquiry.kafka.ingest_group: sources, inquiry.kafka.correlate_group: sightings}
    return Cluster(
        brokers,
        await _answer(lambda: describe(inquiry.kafka, inquiry.wanted)),
        copies,
        await _answer(lambda: _groups(inquiry.kafka)),
        await _answer(lambda: _progress(inquiry.kafka, reading)),
        await _answer(lambda: _open(inquiry.kafka, _partitions(known, [inquiry.state]))),
        await _answer(lambda: _newest(inquiry.kafka, sightings)),
        await _answer(lambda: _coordinators(inquiry)),
    )


async def _answer(question: Callable[[], Awaitable[T]]) -> T | Unanswered:
    try:
        async with asyncio.timeout(QUESTION_S):
            return await question()
    except DENIED as error:
        return Unanswered(Why.FORBIDDEN, type(error).__name__)
    except Environment as error:
        return Unanswered(classify(error)[1], type(error).__name__)


async def _brokers(kafka: KafkaSettings) -> Brokers:
    async with administering(kafka) as admin:
        said: dict[str, Any] = await admin.describe_cluster()
        versions = await spoken(admin)
    nodes = tuple(sorted(each["node_id"] for each in said["brokers"]))
    speaks = {name: versions[key] for key, name in SPOKEN.items() if key in versions}
    return Brokers(str(said.get("cluster_id", "")), nodes, int(said["controller_id"]), speaks)


async def _copies(inquiry: Inquiry) -> tuple[Copies, ...]:
    async with administering(inquiry.kafka) as admin:
        found = await existing(admin, inquiry.wanted)
    return tuple(
        Copies(
            topic["topic"],
            each["partition"],
            each["leader"] if each["leader"] >= 0 else None,
            len(each["replicas"]),
            len(each["isr"]),
        )
        for topic in sorted(found, key=lambda topic: str(topic["topic"]))
        for each in sorted(topic["partitions"], key=lambda each: int(each["partition"]))
    )


def _partitions(copies: Sequence[Copies], topics: Iterable[str]) -> list[Partition]:
    """Return the partitions of `topics` that can be asked about."""
    named = set(topics)
    led = (each for each in copies if each.topic in named and each.leader is not None)
    return [partition_of(each.topic, each.partition) for each in led]


async def _groups(kafka: KafkaSettings) -> tuple[Group, ...]:
    async with administering(kafka) as admin:
        # One by one: aiokafka 0.14 misreads an answer about two.
        answers = [
            answer
            for name in (kafka.ingest_group, kafka.correlate_group)
            for answer in await admin.describe_consumer_groups([name])
        ]
    rows = [row for answer in answers for row in answer.groups]
    for code, *_ in rows:
        if code:
            raise for_code(code)
    return tuple(Group(str(row[1]), str(row[2]), len(row[5])) for row in rows)


async def _progress(
    kafka: KafkaSettings, reading: dict[str, list[Partition]]
) -> tuple[Progress, ...]:
    found: list[Progress] = []
    if not any(reading.values()):
        return ()
    async with administering(kafka) as admin, _looking(clients.reading(kafka)) as consumer:
        for group, partitions in reading.items():
            committed = await _committed(admin, group)
            starts = await consumer.beginning_offsets(partitions) if partitions else {}
            ends = await _stable(consumer, partitions)
            found += [
                Progress(group, p.topic, p.partition, starts[p], committed.get(p), ends[p])
                for p in partitions
            ]
    return tuple(found)


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[Partition, int]:
    answer = await admin.list_consumer_group_offsets(group)
    return {place: said.offset for place, said in answer.items() if said.offset >= 0}


async def _stable(consumer: Consumer, partitions: list[Partition]) -> dict[Partition, int]:
    return await consumer.end_offsets(partitions) if partitions else {}


async def _open(kafka: KafkaSettings, changelog: list[Partition]) -> tuple[Open, ...]:
    if not changelog:
        return ()
    async with _looking(clients.reading(kafka)) as committed:
        stable = await _stable(committed, changelog)
    async with _looking(clients.watching(kafka)) as all_:
        ends = await _stable(all_, changelog)
    return tuple(Open(p.partition, max(0, ends[p] - stable[p])) for p in changelog)


async def _newest(kafka: KafkaSettings, lanes: list[Partition]) -> dict[int, int]:
    """Return when the broker appended the last record of each lane, by its own clock."""
    if not lanes:
        return {}
    async with _looking(clients.reading(kafka)) as consumer:
        starts = await consumer.beginning_offsets(lanes)
        ends = await _stable(consumer, lanes)
        filled = [lane for lane in lanes if ends[lane] > starts[lane]]
        if not filled:
            return {}
        consumer.assign(filled)
        for lane in filled:
            consumer.seek(lane, ends[lane] - 1)
        return await _last(consumer, filled)


async def _last(consumer: Consumer, lanes: list[Partition]) -> dict[int, int]:
    newest: dict[int, int] = {}
    try:
        async with asyncio.timeout(LOOK_MS / 1_000):
            while len(newest) < len(lanes):
                fetched = await consumer.getmany(timeout_ms=LOOK_MS)
                newest |= {p.partition: rows[-1].timestamp for p, rows in fetched.items() if rows}
    except TimeoutError:
        pass  # the last may be a stranger's marker, which nobody is given: what is known is told
    return newest


async def _coordinators(inquiry: Inquiry) -> dict[str, int]:
    names = [inquiry.kafka.transactional_id(lane) for lane in range(inquiry.lanes)]
    async with administering(inquiry.kafka) as admin:
        return {name: int(await admin.find_coordinator(name, TRANSACTION)) for name in names}


@asynccontextmanager
async def _looking(consumer: Consumer) -> AsyncIterator[Consumer]:
    try:
        await consumer.start()
        yield consumer
    finally:
        await discard_consumer(consumer)
