"""How far members have read, from what their groups commit, on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from relay.broker import Cluster
from relay.kafka.correlate import CorrelateWorker
from relay.kafka.events import CanaryReturned, MembersUnread, ReadersUnknown
from relay.kafka.kit import CanaryKit
from relay.kafka.readers import watch
from relay.model.records import Outgoing
from tests.broker.toy import TICK, Toy, on_a_loop, until

pytestmark = pytest.mark.broker

LOOK_S = 0.1


@asynccontextmanager
async def watched(toy: Toy, worker: CorrelateWorker) -> AsyncIterator[None]:
    """Look ten times a second, until the block ends."""
    task = asyncio.create_task(watch(toy.kafka, toy.topics, worker.told, toy.note, LOOK_S))
    try:
        yield
    finally:
        task.cancel()


def waited(toy: Toy) -> dict[str, float]:
    """What the last look found."""
    looks = toy.of(MembersUnread)
    return looks[-1].seconds if looks else {}


async def commit(toy: Toy, member: str, offset: int, name: str = "siem") -> None:
    """Commit as a member's reader does that commits behind the last alert it was given."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=toy.bootstrap, group_id=f"{member}.{name}", enable_auto_commit=False
    )
    await consumer.start()
    try:
        place = TopicPartition(toy.topics.alerts + member, 0)
        consumer.assign([place])
        await consumer.commit({place: offset})
    finally:
        await consumer.stop()


async def looks(toy: Toy, count: int = 3) -> None:
    """Wait for so many more looks."""
    before = len(toy.of(MembersUnread))
    await until(lambda: len(toy.of(MembersUnread)) >= before + count)


@on_a_loop
async def test_markers_and_aborted_records_are_nothing_to_read(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A reader that has committed behind the last alert has read all, whatever follows in the log;
    one that has not is waited for until it moves on; who has no group is not spoken of."""
    reading, silent = f"ee-{prefix[:-1]}", f"fr-{prefix[:-1]}"
    toy = Toy(kafka.bootstrap, prefix, (reading, silent))
    toy.canary = CanaryKit(100, frozenset(), lambda _, at: Outgoing((), at, b"canary", b"alive"))
    await toy.provision()
    async with toy.correlating(tmp_path) as worker, watched(toy, worker):
        await toy.ready()
        await looks(toy)
        unknown = waited(toy)
        await toy.feed(b"a")
        await toy.told(reading, 1)
        await commit(toy, reading, 1)
        await until(lambda: reading in waited(toy))
        while len(toy.of(CanaryReturned)) < 5:
            await toy.feed(b"tick", value=TICK)  # nobody is told of it
            await asyncio.sleep(0.05)
        await looks(toy)
        all_read = waited(toy)
        await toy.feed(b"b")
        await until(lambda: waited(toy)[reading] > 1)
        left = worker.told()
        [end] = [end for place, end in left.items() if place.topic.endswith(reading)]
        await commit(toy, reading, end)
        await until(lambda: waited(toy)[reading] == 0)

    assert unknown == {}
    assert all_read == {reading: 0}
    assert end > 10
    assert toy.of(ReadersUnknown) == []


@on_a_loop
async def test_a_member_is_known_by_all_its_groups_and_no_other(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A group of its that reads is enough; a member whose name begins the same is another."""
    one = f"m-{prefix[:-1]}"
    other = f"{one}2"
    toy = Toy(kafka.bootstrap, prefix, (one, other))
    await toy.provision()
    async with toy.correlating(tmp_path) as worker, watched(toy, worker):
        await toy.ready()
        await toy.feed(b"a", b"b")
        await toy.told(one, 2)
        await commit(toy, one, 0, "old")
        await commit(toy, one, 9, "siem")
        await commit(toy, other, 0)
        await until(lambda: waited(toy).get(other, 0) > 1)
        found = waited(toy)

    assert found[one] == 0
    assert waited(toy).keys() == {one, other}
