import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from relay.app.observing import Observer
from relay.broker import Cluster
from relay.kafka.config import IngestSettings
from relay.kafka.events import ProducerReplaced, SourceMissing, Stage, Undeliverable, Why
from relay.kafka.internals import SENDER
from relay.kafka.writer import Writer
from relay.model.records import Outgoing
from relay.pipeline.topics import DETECTIONS
from relay.telemetry import Journal, Metrics, Tracer, configure
from tests.broker.toy import TICK, Toy, admin, on_a_loop, read, until

pytestmark = pytest.mark.broker

QUIET = IngestSettings(tick_ms=3_600_000)


async def sources(toy: Toy, partitions: int = 1) -> None:
    """Make the members' inbound topics."""
    await toy.create(
        [NewTopic(toy.topics.detections + member, partitions, 1) for member in toy.members]
    )


async def detect(
    toy: Toy, member: str, values: Sequence[bytes], key: bytes | None = b"k", partition: int = 0
) -> None:
    """Write detections."""
    producer = AIOKafkaProducer(bootstrap_servers=toy.bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        topic = toy.topics.detections + member
        for value in values:
            await producer.send(topic, value, key, partition=partition)
    finally:
        await producer.stop()


async def passed(toy: Toy, count: int, seconds: float = 30) -> list[bytes]:
    """Read what came to the lanes, ticks left out."""
    values = await read(toy.bootstrap, toy.topics.sightings, count, seconds)
    return [value for value in values if value != TICK]


@on_a_loop
async def test_records_of_a_source_keep_their_order(kafka: Cluster, prefix: str) -> None:
    """What one source partition holds comes to a lane in the same order, once, over a restart."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await sources(toy)
    wanted = [b"%05d" % n for n in range(1_500)]
    await detect(toy, "ee", wanted[:1_000])
    async with toy.ingesting(QUIET):
        await passed(toy, 1_000)
    async with toy.ingesting(QUIET):
        await detect(toy, "ee", wanted[1_000:])
        values = await passed(toy, 1_501, 3)

    assert values == wanted
    assert not toy.of(ProducerReplaced)


@on_a_loop
async def test_nothing_is_lost_when_sources_move(kafka: Cluster, prefix: str) -> None:
    """Over two rebalances under load each record comes at least once, in order of first coming."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await sources(toy, partitions=4)
    wanted = [b"%d:%05d" % (part, n) for part in range(4) for n in range(900)]
    async with toy.ingesting(QUIET):
        await detect_all(toy, range(300))
        async with toy.ingesting(QUIET):
            await detect_all(toy, range(300, 600))
        await detect_all(toy, range(600, 900))
        values = await passed(toy, 100_000, 8)
    first = list(dict.fromkeys(values))

    assert sorted(first) == sorted(wanted)
    for part in range(4):
        own = [value for value in first if value.startswith(b"%d:" % part)]
        assert own == sorted(own)


async def detect_all(toy: Toy, numbers: range) -> None:
    """Write to all four partitions of a member."""
    for part in range(4):
        await detect(toy, "ee", [b"%d:%05d" % (part, n) for n in numbers], partition=part)


@on_a_loop
async def test_a_rejection_that_cannot_be_written_stops_nobody(kafka: Cluster, prefix: str) -> None:
    """A missing rejected topic is counted and passed over; the other member gets its own."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await sources(toy)
    await toy.create([NewTopic(toy.topics.rejected + "ee", 1, 1)])
    async with toy.ingesting(QUIET):
        await detect(toy, "fr", [b"no key"] * 3, key=None)
        await detect(toy, "ee", [b"no key"] * 2, key=None)
        await detect(toy, "fr", [b"good"])
        values = await passed(toy, 1)
        told = await read(toy.bootstrap, toy.topics.rejected + "ee", 2, 10)
        await until(lambda: sum(event.records for event in toy.of(Undeliverable)) == 3)

    assert values == [b"good"]
    assert told == [b"no key"] * 2
    assert {event.topic for event in toy.of(Undeliverable)} == {toy.topics.rejected + "fr"}
    assert {event.why for event in toy.of(Undeliverable)} == {Why.MISSING}


@on_a_loop
async def test_a_rejected_topic_is_tried_again_later(kafka: Cluster, prefix: str) -> None:
    """A rejected topic that appears is written to when its time of being left alone is over."""
    toy = Toy(kafka.bootstrap, prefix, members=("fr",))
    await toy.provision()
    await sources(toy)
    async with toy.ingesting(IngestSettings(shun_ms=0)):
        await detect(toy, "fr", [b"lost"], key=None)
        await until(lambda: bool(toy.of(Undeliverable)))
        await toy.create([NewTopic(toy.topics.rejected + "fr", 1, 1)])
        await detect(toy, "fr", [b"told"], key=None)
        told = await read(toy.bootstrap, toy.topics.rejected + "fr", 1, 10)

    assert told == [b"told"]


@on_a_loop
async def test_every_idle_lane_gets_ticks(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """The clock of a lane to which nothing is written moves all the same."""
    toy = Toy(kafka.bootstrap, prefix, lanes=2)
    await toy.provision()
    await sources(toy)
    async with toy.correlating(tmp_path), toy.ingesting(IngestSettings(tick_ms=100)):
        await until(lambda: {lane for lane, _ in toy.decided} == {0, 1})

    assert set(toy.read) == {TICK}


@on_a_loop
async def test_trap_16_an_open_transaction_of_a_member_stalls_nobody(
    kafka: Cluster, prefix: str
) -> None:
    """A member that leaves a transaction open on its topic holds up neither itself nor others."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await sources(toy)
    member = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{prefix}member")
    await member.start()
    await member.begin_transaction()
    await member.send_and_wait(toy.topics.detections + "ee", b"open", b"k")
    async with toy.ingesting(QUIET):
        await detect(toy, "ee", [b"after"])
        await detect(toy, "fr", [b"other"])
        values = await passed(toy, 3)
    await member.abort_transaction()
    await member.stop()

    assert sorted(values) == [b"after", b"open", b"other"]


@on_a_loop
async def test_a_failed_send_is_sent_again_by_a_new_producer(kafka: Cluster, prefix: str) -> None:
    """A batch the lanes' topic refuses stays in hand, in order, until it is taken."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    await sources(toy)
    await limit(toy, "200")
    async with toy.ingesting(QUIET):
        await detect(toy, "ee", [b"a", b"b" * 500, b"c"])
        await until(lambda: len(toy.of(ProducerReplaced)) >= 2)
        await limit(toy, "1000000")
        values = await passed(toy, 3)

    assert values == [b"a", b"b" * 500, b"c"]
    assert {event.why for event in toy.of(ProducerReplaced)} == {Why.OVERSIZED}


async def limit(toy: Toy, size: str) -> None:
    """Set the largest batch that the lanes' topic takes."""
    configs = {"max.message.bytes": size, "message.timestamp.type": "LogAppendTime"}
    topic = ConfigResource(ConfigResourceType.TOPIC, toy.topics.sightings, configs)
    async with admin(toy.bootstrap) as client:
        await client.alter_configs([topic])


@on_a_loop
async def test_a_writer_whose_sender_died_makes_a_new_session(kafka: Cluster, prefix: str) -> None:
    """A dead sender is found before anything is given to it."""
    toy = Toy(kafka.bootstrap, prefix)
    await toy.provision()
    writer = Writer(toy.kafka, 1_000, Stage.INGEST, toy.note)
    record = Outgoing((toy.topics.sightings,), 0, b"k", b"v", partition=0)
    first = await writer.attempt([record])
    SENDER(writer._producer).cancel()
    await until(lambda: SENDER(writer._producer).done())
    attempts = [await writer.attempt([record]), await writer.attempt([record])]
    await writer.close()

    assert first
    assert attempts == [False, True]
    assert [event.why for event in toy.of(ProducerReplaced)] == [Why.DEAD_CLIENT]


@on_a_loop
async def test_a_source_that_is_missing_stalls_no_other(kafka: Cluster, prefix: str) -> None:
    """The sources that are there are read at once, the missing one when it appears."""
    toy = Toy(kafka.bootstrap, prefix)
    toy.members = ("ee",)
    await toy.provision()
    await sources(toy)
    toy.members = ("ee", "fr")
    async with toy.ingesting(QUIET):
        await detect(toy, "ee", [b"first"])
        first = await passed(toy, 1, 10)
        toy.members = ("fr",)
        await sources(toy)
        await detect(toy, "fr", [b"later"])
        both = await passed(toy, 2, 60)

    assert first == [b"first"]
    assert both == [b"first", b"later"]


@on_a_loop
async def test_a_source_that_goes_under_a_running_worker_is_told_once_each_way(
    kafka: Cluster, prefix: str
) -> None:
    """Metric and line come when a member's topic is deleted, and go when it is made again."""
    members = ("ee", "fr")
    toy = Toy(kafka.bootstrap, prefix, members=members)
    await toy.provision()
    await sources(toy)
    topic = toy.topics.detections + "fr"
    async with toy.ingesting(QUIET):
        await detect(toy, "fr", [b"before"])
        await passed(toy, 1)
        await asyncio.sleep(3)
        whole = toy.of(SourceMissing)
        await toy.delete(topic)
        await until(lambda: bool(toy.of(SourceMissing)))
        await detect(toy, "ee", [b"meanwhile"])
        await passed(toy, 2)
        await asyncio.sleep(3)
        gone = toy.of(SourceMissing)
        toy.members = ("fr",)
        await sources(toy)
        await until(lambda: len(toy.of(SourceMissing)) > 1, 60)
        await detect(toy, "fr", [b"after"])
        values = await passed(toy, 3, 60)

    assert whole == []
    assert gone == [SourceMissing(topic, missing=True)]
    assert toy.of(SourceMissing) == [*gone, SourceMissing(topic, missing=False)]
    assert values == [b"before", b"meanwhile", b"after"]
    assert told(members, toy.of(SourceMissing)[:1]) == ([0, 1], ["source missing"])
    lines = ["source missing", "source there again"]
    assert told(members, toy.of(SourceMissing)) == ([0, 0], lines)


def told(
    members: tuple[str, ...], events: Sequence[SourceMissing]
) -> tuple[list[float | None], list[str]]:
    """What the metric and the log say after events."""
    stream = io.StringIO()
    configure("debug", "json", stream)
    metrics, journal = Metrics(members, "1"), Journal()
    observer = Observer(metrics, journal, Tracer(journal))
    for event in events:
        observer(replace(event, topic=DETECTIONS + event.topic[-2:]))
    value = metrics.registry.get_sample_value
    return (
        [value("relay_source_missing", {"member": member}) for member in members],
        [json.loads(line)["msg"] for line in stream.getvalue().splitlines()],
    )
