"""Signs of life in members' alerts topics, on a real broker."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from relay.broker import Cluster, Spec
from relay.kafka.canary import Canary
from relay.kafka.config import LaneSettings
from relay.kafka.events import (
    CanariesBegun,
    CanaryLost,
    CanaryReturned,
    MemberAside,
    TransactionAborted,
    Why,
)
from relay.kafka.internals import discard_producer
from relay.kafka.kit import CanaryKit
from relay.kafka.topics import ALERTS as CONFIG
from relay.model.records import Outgoing
from relay.wire import canary
from tests.broker.conftest import ClusterIn
from tests.broker.toy import Toy, on_a_loop, read, until
from tests.broker.world import World, opened

pytestmark = pytest.mark.broker

EVERY_MS = 100
QUICK = LaneSettings(glance_ms=200)
MARK = b"sign of life"


def a_toy(bootstrap: str, prefix: str, members: Sequence[str] = ("ee", "fr")) -> Toy:
    """A toy whose lanes give signs of life ten times a second; `ee` may read them."""
    toy = Toy(bootstrap, prefix, tuple(members), settings=QUICK)
    wanting = frozenset({toy.topics.alerts + "ee"})

    def make(lane: int, at: int) -> Outgoing:
        return Outgoing((), at, canary.KEY, b"%s %d %d" % (MARK, lane, at) + bytes(400))

    toy.canary = CanaryKit(EVERY_MS, wanting, make)
    return toy


async def ticked(toy: Toy, condition: Callable[[], bool]) -> None:
    """Feed the lane until a condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            await toy.feed(b"a")
            await asyncio.sleep(EVERY_MS / 1_000)


def reached(toy: Toy, member: str) -> int:
    """How often a member's topic took a sign of life."""
    return sum(member in event.members for event in toy.of(CanaryReturned))


def marks(values: Sequence[bytes]) -> list[bytes]:
    """The signs of life among what was read."""
    return [value for value in values if value.startswith(MARK)]


@on_a_loop
async def test_only_who_wants_one_can_read_it(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """It is in every member's topic, and committed in those alone that are to see it."""
    toy = a_toy(kafka.bootstrap, prefix)
    await toy.provision()
    async with toy.correlating(tmp_path):
        await ticked(toy, lambda: reached(toy, "ee") > 2 and reached(toy, "fr") > 2)
    fr = toy.topics.alerts + "fr"

    assert len(marks(await toy.told("ee", 10_000, 2))) == reached(toy, "ee")
    assert marks(await toy.told("fr", 10_000, 2)) == []
    hidden = await read(kafka.bootstrap, fr, 10_000, 2, "read_uncommitted")
    assert len(marks(hidden)) == reached(toy, "fr")
    assert toy.of(CanaryLost) == []
    assert toy.of(CanariesBegun)[0].members == ("ee", "fr")
    assert all(0 <= event.seconds < 5 for event in toy.of(CanaryReturned))


@on_a_loop
async def test_a_deleted_topic_is_lost_alone(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """The others' go on; nobody is set aside for it, and no transaction of the lane is aborted."""
    toy = a_toy(kafka.bootstrap, prefix, ("ee", "fi", "fr"))
    await toy.provision()
    async with toy.correlating(tmp_path):
        await ticked(toy, lambda: reached(toy, "fr") > 0)
        toy.members = ("ee", "fi")  # the lane itself has nothing to say to it
        await toy.delete(toy.topics.alerts + "fr")
        await ticked(toy, lambda: bool(toy.of(CanaryLost)))
        before = {member: reached(toy, member) for member in ("ee", "fi", "fr")}
        await ticked(
            toy, lambda: all(reached(toy, member) > before[member] + 3 for member in ("ee", "fi"))
        )

    assert reached(toy, "fr") == before["fr"]
    assert {(event.members, event.why) for event in toy.of(CanaryLost)} == {(("fr",), Why.MISSING)}
    assert (toy.of(MemberAside), toy.of(TransactionAborted)) == ([], [])


@on_a_loop
async def test_a_topic_that_takes_no_such_record_is_lost_alone(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """One refusal spoils the transaction: the others are reached in a second one."""
    toy = a_toy(kafka.bootstrap, prefix, ("ee", "fi"))
    await toy.provision(alerts=["fi"])
    small = {**CONFIG, "max.message.bytes": "300"}
    await toy.create([NewTopic(toy.topics.alerts + "ee", 1, 1, topic_configs=small)])
    async with toy.correlating(tmp_path):
        toy.members = ("fi",)  # the lane itself has nothing to say to it
        await ticked(toy, lambda: reached(toy, "fi") > 2)

    assert {(event.members, event.why) for event in toy.of(CanaryLost)} == {
        (("ee",), Why.OVERSIZED)
    }
    assert (reached(toy, "ee"), toy.of(MemberAside), toy.of(TransactionAborted)) == (0, [], [])


@on_a_loop
async def test_who_is_set_aside_is_left_alone(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """Its own alert tells of it; a canary that is lost each time would tell nothing more."""
    toy = a_toy(kafka.bootstrap, prefix)
    await toy.provision(alerts=["ee"])
    async with toy.correlating(tmp_path):
        await ticked(toy, lambda: bool(toy.of(MemberAside)))
        await ticked(toy, lambda: reached(toy, "ee") > 1)
        before = len(toy.of(CanaryLost))
        at = reached(toy, "ee")
        await ticked(toy, lambda: reached(toy, "ee") > at + 3)

    assert len(toy.of(CanaryLost)) == before


@pytest.fixture
def brittle(cluster_in: ClusterIn, tmp_path: Path) -> Iterator[Cluster]:
    """A broker that a test may freeze."""
    with cluster_in(tmp_path / "kafka", Spec()) as cluster:
        yield cluster


@on_a_loop
async def test_a_broker_that_does_not_answer_costs_one_and_no_more(
    brittle: Cluster, prefix: str
) -> None:
    """It is given up in time, all members are told of as lost, and the next one comes when due."""
    toy = a_toy(brittle.bootstrap, prefix)
    await toy.provision()
    assert toy.canary is not None
    canaries = Canary(0, toy.kit(), toy.canary, frozenset)
    writing = asyncio.create_task(canaries.run())
    canaries.passed(0, time.time_ns() // 1_000_000)
    await until(lambda: reached(toy, "fr") == 1)
    brittle.pause(1)
    try:
        began = time.monotonic()
        canaries.passed(0, time.time_ns() // 1_000_000)
        await until(lambda: bool(toy.of(CanaryLost)))
        lasted = time.monotonic() - began
    finally:
        brittle.resume(1)
    await asyncio.sleep(QUICK.canary_ms / 1_000)  # the new producer's own start has this bound, too
    canaries.passed(0, time.time_ns() // 1_000_000)
    await until(lambda: reached(toy, "fr") == 2)
    canaries.close()
    await writing

    assert [(e.members, e.why) for e in toy.of(CanaryLost)] == [(("ee", "fr"), Why.TIMEOUT)]
    assert lasted < 1.5 * QUICK.canary_ms / 1_000


@on_a_loop
async def test_what_a_dead_process_left_open_is_ended(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A lane that is taken over ends its predecessor's, long before the broker would."""
    toy = a_toy(kafka.bootstrap, prefix)
    await toy.provision()
    left = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap,
        transactional_id=toy.kafka.canary_id(0),
        transaction_timeout_ms=600_000,
    )
    await left.start()
    try:
        await left.begin_transaction()
        await left.send_and_wait(toy.topics.alerts + "fr", MARK, canary.KEY, partition=0)
        async with toy.correlating(tmp_path):
            await until(lambda: bool(toy.of(CanariesBegun)))
            await toy.feed(b"a")
            told = await toy.told("fr", 1, 10)
    finally:
        await discard_producer(left)

    assert told == [b"a:1"]


@on_a_loop
async def test_without_it_nothing_is_written(kafka: Cluster, prefix: str, tmp_path: Path) -> None:
    """Off is off: not even an aborted record."""
    toy = a_toy(kafka.bootstrap, prefix)
    toy.canary = None
    await toy.provision()
    async with toy.correlating(tmp_path):
        await toy.ready()
        for _ in range(10):
            await toy.feed(b"a")
            await asyncio.sleep(EVERY_MS / 1_000)
    values = await read(kafka.bootstrap, toy.topics.alerts + "fr", 10_000, 2, "read_uncommitted")

    assert len(values) == 10
    assert marks(values) == []


@pytest.fixture
def world(kafka: Cluster, tmp_path: Path) -> Iterator[World]:
    """A fresh deployment on the session's broker, whose lanes give signs of life all the time."""
    with opened(kafka.bootstrap, tmp_path) as world:
        orders = world.workers.orders
        world.workers.orders = replace(orders, canary_ms=EVERY_MS, wanting=("lv",))
        yield world


def test_alerts_are_the_same_with_it_and_without(world: World) -> None:
    """Beside real traffic and a killed process, all is as the log says, byte for byte."""
    first = world.workers.start()
    world.report_until(lambda: first.has_said(lambda said: said["event"] == "CanaryReturned"))
    first.kill()
    second = world.workers.start()
    world.report_until(lambda: second.has_said(lambda said: said["event"] == "CanaryReturned"))
    world.report(200)
    world.settle()
    world.workers.stop()
    verdict = world.judge()

    assert verdict.differences == []
    assert verdict.alerts > 0
