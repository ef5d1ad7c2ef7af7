import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import RecordsToDelete
from aiokafka.conn import CloseReason

from relay.broker import Cluster
from relay.kafka.clients import Producer, grouped, partition_of, transactional
from relay.kafka.config import LaneSettings
from relay.kafka.events import (
    Fenced,
    LaneClosed,
    LaneReady,
    ProducerReplaced,
    RecordsLost,
    Step,
    Stepped,
    TransactionAborted,
    TransactionCommitted,
    Why,
)
from relay.kafka.lane import Lane
from tests.broker.toy import Toy, admin, on_a_loop, until

pytestmark = pytest.mark.broker


@on_a_loop
async def test_trap_4_records_before_ready_are_not_processed(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """What is delivered while a lane is taken over is dropped, and read again once it is ready."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await toy.feed(b"a", b"b")
    decided_before: list[int] = []
    toy.observe = lambda event: (
        decided_before.append(len(toy.decided)) if isinstance(event, LaneReady) else None
    )
    async with toy.correlating(tmp_path) as worker:
        await until(lambda: bool(worker._lanes))
        opening: Lane = next(iter(worker._lanes.values()))
        early = SimpleNamespace(
            topic=toy.topics.sightings, partition=0, offset=0, timestamp=1, key=b"no", value=b"seen"
        )
        was_ready = opening.ready
        opening.offer([early])
        told = await toy.told("ee", 3, 3)

    assert not was_ready
    assert decided_before == [0]
    assert told == [b"a:1", b"b:1"]


class Slow(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka declares no types
    """Holds up every rebalance until it is told to let go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Wait, once something was owned."""
        if revoked:
            self.asked.set()
            await self.let_go.wait()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Take what comes."""


@on_a_loop
async def test_trap_5_a_rebalance_that_blocks_polling_stops_no_timers(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """While a poll waits for a slow member, the lanes end what they have and health is told."""
    toy = Toy(kafka.bootstrap, prefix, lanes=2, settings=LaneSettings(cut_ms=300, cut_most_ms=300))
    await toy.provision()
    slow = Slow()
    other, third = (grouped(toy.kafka, toy.kafka.correlate_group, "earliest") for _ in range(2))
    async with toy.correlating(tmp_path) as worker:
        await toy.ready(2)
        other.subscribe([toy.topics.sightings], listener=slow)
        await other.start()
        await until(lambda: len(other.assignment()) == 1)
        await toy.ready(3)
        mine = next(iter(worker._lanes.values())).number
        await toy.feed(b"a", lane=mine)
        await toy.feed(b"b", lane=mine)  # waits for the cut
        third.subscribe([toy.topics.sightings], listener=None)
        joining = asyncio.create_task(third.start())
        await slow.asked.wait()
        await until(lambda: len(toy.of(LaneClosed)) == 3)
        await until(lambda: worker.health().idle > 1)
        committed = sum(event.records for event in toy.of(TransactionCommitted))
        owned = worker.health().owned
        slow.let_go.set()
        await joining
        await asyncio.gather(other.stop(), third.stop())
        await until(lambda: worker.health().ready == 2)
        told = await toy.told("ee", 2)

    assert committed >= 1
    assert owned == 0
    assert sorted(told) == [b"a:1", b"b:1"]
    assert not toy.of(TransactionAborted)


async def fence(toy: Toy) -> None:
    """Take the id of the first lane, as whoever takes the lane over does."""
    usurper = AIOKafkaProducer(
        bootstrap_servers=toy.kafka.bootstrap, transactional_id=toy.kafka.transactional_id(0)
    )
    await usurper.start()
    await usurper.stop()


@on_a_loop
async def test_a_lane_that_is_fenced_opens_again(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """Whoever takes the lane's id ends its transactions; a lane that is still owned comes back."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await toy.told("ee", 1)
        await fence(toy)
        await toy.feed(b"a")
        told = await toy.told("ee", 3, 3)

    assert told == [b"a:1", b"a:2"]
    assert toy.of(Fenced) == [Fenced(0)]
    assert len(toy.of(LaneReady)) == 2


@on_a_loop
async def test_a_lane_that_opens_again_says_how_long_that_took(
    kafka: Cluster, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hours in which a lane worked before its transaction was aborted are no restore."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    worked = 0.0

    def work(event: object) -> None:
        nonlocal worked
        if isinstance(event, TransactionCommitted):
            worked += 10_000.0

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + worked, time_ns=time.time_ns)
    monkeypatch.setattr("relay.kafka.lane.time", clock)
    toy.observe = work
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await toy.told("ee", 1)
        await fence(toy)
        await toy.feed(b"a")
        await toy.ready(2)
    first, second = toy.of(LaneReady)[:2]

    assert toy.of(TransactionAborted)
    assert worked >= 10_000
    assert 0 < first.seconds < 1_000
    assert 0 < second.seconds < 1_000


@on_a_loop
async def test_two_workers_share_the_lanes(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """Lanes move to a second process and back, and every sighting is counted once."""
    toy = Toy(kafka.bootstrap, prefix, lanes=2)
    await toy.provision()
    async with toy.correlating(tmp_path) as first:
        await toy.ready(2)
        await toy.feed(*[b"a"] * 5, lane=0)
        await toy.feed(*[b"b"] * 5, lane=1)
        async with toy.correlating(tmp_path) as second:
            await until(lambda: first.health().ready == 1 and second.health().ready == 1)
            await toy.feed(*[b"a"] * 5, lane=0)
            await toy.feed(*[b"b"] * 5, lane=1)
            await toy.told("ee", 20)
        await until(lambda: first.health().ready == 2)
        await toy.feed(b"a", lane=0)
        await toy.feed(b"b", lane=1)
        told = await toy.told("ee", 23, 5)

    assert sorted(told) == sorted(b"%c:%d" % (key, n) for key in b"ab" for n in range(1, 12))


@on_a_loop
async def test_what_retention_took_is_told_and_passed_over(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A lane whose committed offset is before the log's start begins at the start, loudly."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await toy.told("ee", 1)
    await toy.feed(b"b", b"c")
    gone = {TopicPartition(toy.topics.sightings, 0): RecordsToDelete(before_offset=2)}
    async with admin(kafka.bootstrap) as client:
        await client.delete_records(gone)
    async with toy.correlating(tmp_path):
        told = await toy.told("ee", 2)

    assert told == [b"a:1", b"c:1"]
    assert toy.of(RecordsLost) == [RecordsLost(toy.topics.sightings, 0, 1, 2)]


@on_a_loop
async def test_an_offset_beyond_the_log_begins_at_its_start(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A committed offset of a log that is gone is told, and the new log is read from its start."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await toy.feed(b"a")
    former = grouped(toy.kafka, toy.kafka.correlate_group, "earliest")
    partition = partition_of(toy.topics.sightings, 0)
    former.assign([partition])
    await former.start()
    await former.commit({partition: 1_000})
    await former.stop()
    async with toy.correlating(tmp_path):
        told = await toy.told("ee", 1)

    assert told == [b"a:1"]
    assert toy.of(RecordsLost)


@on_a_loop
async def test_a_broken_connection_costs_the_lane_its_producer(
    kafka: Cluster, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies of requests that a broken connection carried meet a new epoch."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    producers: list[Producer] = []

    def catching(*of: object) -> Producer:
        producers.append(transactional(*of))  # type: ignore[arg-type]
        return producers[-1]

    monkeypatch.setattr("relay.kafka.lane.transactional", catching)

    def cut(event: object) -> None:
        if event == Stepped(0, Step.ENQUEUED) and not toy.of(TransactionCommitted):
            for connection in producers[-1].client._conns.values():  # type: ignore[attr-defined]
                connection.close(reason=CloseReason.CONNECTION_BROKEN)

    toy.observe = cut
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await toy.ready(2)
        await toy.feed(b"a")
        told = await toy.told("ee", 3, 3)

    assert told == [b"a:1", b"a:2"]
    assert [event.why for event in toy.of(ProducerReplaced)] == [Why.CONNECTION]
    assert not toy.of(TransactionAborted)
