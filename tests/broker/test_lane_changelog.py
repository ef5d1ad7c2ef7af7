import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete

from relay.broker import Cluster
from relay.kafka import changelog
from relay.kafka.changelog import INCARNATION, Restored, Restorer
from relay.kafka.clients import Consumer
from relay.kafka.events import CheckpointDiscarded
from relay.kafka.internals import discard_consumer
from relay.model.plan import Change
from relay.state import Discard, RocksDisk, Stored
from tests.broker.toy import COUNT, Toy, admin, on_a_loop, read

pytestmark = pytest.mark.broker

BEGUN = (INCARNATION, b"i" * 16)
A, B = COUNT + b"a", COUNT + b"b"


def now() -> int:
    """The wall clock of these tests; the changelog's own is the broker's."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def writer(toy: Toy) -> AsyncIterator[AIOKafkaProducer]:
    """The lane's producer."""
    producer = AIOKafkaProducer(
        bootstrap_servers=toy.bootstrap, transactional_id=toy.kafka.transactional_id(0)
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(
    producer: AIOKafkaProducer, toy: Toy, *entries: tuple[bytes, bytes | None], abort: bool = False
) -> None:
    """Write entries to the changelog in one transaction."""
    await producer.begin_transaction()
    for key, value in entries:
        await producer.send_and_wait(toy.topics.state, value, key, partition=0)
    await (producer.abort_transaction() if abort else producer.commit_transaction())


async def restored(toy: Toy, directory: Path) -> tuple[dict[bytes, Stored], Restored]:
    """Restore lane 0 in bounded time and close it again."""
    disk = RocksDisk(directory, now)
    async with asyncio.timeout(15):
        result = await Restorer(toy.kit(), disk).restore(0)
    entries = result.store.entries()
    result.store.close()
    disk.close()
    return entries, result


@on_a_loop
async def test_trap_12_an_empty_changelog_is_restored(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """Nothing was ever written: the lane is new and has no incarnation yet."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    entries, result = await restored(toy, tmp_path)

    assert entries == {}
    assert not result.adopted


@on_a_loop
async def test_trap_12_a_changelog_that_ends_in_a_marker_is_restored(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """The last offset is a commit marker, which no reader is given."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with writer(toy) as producer:
        await write(producer, toy, BEGUN, (A, b"1"), (B, b"1"))
        await write(producer, toy, (A, b"2"), (B, None))
    entries, result = await restored(toy, tmp_path)

    assert entries == {A: Stored(b"2", 10)}
    assert result.adopted


@on_a_loop
async def test_trap_12_a_changelog_that_ends_in_an_aborted_transaction_is_restored(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """What was aborted is not state, even if it is all there is."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with writer(toy) as producer:
        await write(producer, toy, (INCARNATION, b"x" * 16), (A, b"9"), abort=True)
        nothing, first = await restored(toy, tmp_path / "1")
        await write(producer, toy, BEGUN, (A, b"1"))
        await write(producer, toy, (A, b"9"), (B, b"9"), abort=True)
    entries, result = await restored(toy, tmp_path / "2")

    assert (nothing, first.adopted) == ({}, False)
    assert (entries, result.adopted) == ({A: Stored(b"1", 10)}, True)


@on_a_loop
async def test_trap_12_a_changelog_whose_tail_was_compacted_away_is_restored(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """Offsets below the end that no longer exist are not waited for."""
    toy = Toy(kafka.bootstrap, prefix)
    configs = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.0",
        "delete.retention.ms": "0",
        "max.compaction.lag.ms": "100",
    }
    await toy.create([NewTopic(toy.topics.state, 1, 1, topic_configs=configs)])
    async with writer(toy) as producer:
        await write(producer, toy, BEGUN, (A, b"1"))
        for count in range(20):
            await asyncio.sleep(0.11)  # each in a segment of its own
            await write(producer, toy, (B, b"%d" % count))
        await asyncio.sleep(0.11)
        await write(producer, toy, (B, None))
    left = 20
    for _ in range(60):
        left = len(await read(toy.bootstrap, toy.topics.state, 99, 0.3))
        if left <= 4:
            break
    entries, _ = await restored(toy, tmp_path)

    assert left <= 4
    assert entries == {A: Stored(b"1", 10)}


@on_a_loop
async def test_a_restore_goes_on_from_the_checkpoint(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """Only what was written since is read again."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with writer(toy) as producer:
        await write(producer, toy, BEGUN, (A, b"1"))
        await restored(toy, tmp_path)
        await write(producer, toy, (B, b"1"))
    entries, result = await restored(toy, tmp_path)

    assert entries == {A: Stored(b"1", 10), B: Stored(b"1", 10)}
    assert result.records == 1
    assert not toy.of(CheckpointDiscarded)


@on_a_loop
async def test_a_restore_that_is_cancelled_at_its_end_leaves_no_store_open(
    kafka: Cluster, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane given up while the restore's consumer ends can be opened again by the same process."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    ending = asyncio.Event()

    async def slowly(consumer: Consumer) -> None:
        await discard_consumer(consumer)
        ending.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(changelog, "discard_consumer", slowly)
    disk = RocksDisk(tmp_path, now)
    restoring = asyncio.create_task(Restorer(toy.kit(), disk).restore(0))
    await ending.wait()
    restoring.cancel()
    await asyncio.wait({restoring})
    again, discarded = disk.open(0)
    again.close()
    disk.close()

    assert restoring.cancelled()
    assert discarded is None


@pytest.mark.parametrize("reason", [Discard.INCARNATION, Discard.AHEAD, Discard.BEHIND])
@on_a_loop
async def test_trap_13_a_checkpoint_that_does_not_match_is_discarded(
    kafka: Cluster, prefix: str, tmp_path: Path, reason: Discard
) -> None:
    """A changelog that was made anew or cut, or that is shorter, is read from its start."""
    toy = Toy(kafka.bootstrap, prefix)
    # Only a log that may also be deleted from lets its first records be deleted by hand.
    both = {"cleanup.policy": "compact,delete", "retention.ms": "-1"}
    await toy.create([NewTopic(toy.topics.state, 1, 1, topic_configs=both)])
    async with writer(toy) as producer:
        await write(producer, toy, BEGUN, (A, b"1"))
        await restored(toy, tmp_path)
        if reason is Discard.INCARNATION:
            await anew(toy)
            await write(producer, toy, (INCARNATION, b"j" * 16), (A, b"3"), (B, b"3"))
        elif reason is Discard.BEHIND:
            await write(producer, toy, BEGUN, (A, b"3"))
            await write(producer, toy, BEGUN, (A, b"3"))
            await cut(toy, before=6)
        else:
            run_ahead(tmp_path)
    entries, _ = await restored(toy, tmp_path)

    assert [event.reason for event in toy.of(CheckpointDiscarded)] == [reason]
    assert entries[A].value == (b"1" if reason is Discard.AHEAD else b"3")


async def anew(toy: Toy) -> None:
    """Delete the changelog and make it again."""
    await toy.delete(toy.topics.state)
    for _ in range(100):
        async with admin(toy.bootstrap) as client:
            if toy.topics.state not in await client.list_topics():
                break
        await asyncio.sleep(0.05)
    await toy.create(
        [NewTopic(toy.topics.state, 1, 1, topic_configs={"cleanup.policy": "compact"})]
    )


async def cut(toy: Toy, before: int) -> None:
    """Delete the changelog's first records."""
    async with admin(toy.bootstrap) as client:
        partition = TopicPartition(toy.topics.state, 0)
        await client.delete_records({partition: RecordsToDelete(before_offset=before)})


def run_ahead(directory: Path) -> None:
    """Give the checkpoint an offset that the changelog has never had."""
    disk = RocksDisk(directory, now)
    store, _ = disk.open(0)
    store.apply([Change(A, b"7")], offset=1_000_000)
    store.close()
    disk.close()
