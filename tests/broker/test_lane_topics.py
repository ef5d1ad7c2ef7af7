import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import CreateAclsRequest

from relay.broker import Cluster, Runtime, Spec
from relay.kafka.config import LaneSettings
from relay.kafka.events import (
    CanaryLost,
    CanaryReturned,
    MemberAside,
    SourceForbidden,
    SourceMissing,
    TransactionAborted,
    TransactionCommitted,
    Why,
)
from relay.kafka.kit import CanaryKit
from relay.kafka.topics import ALERTS
from relay.model.records import Outgoing
from tests.broker.conftest import probe
from tests.broker.toy import ASIDE, BACK, Toy, admin, on_a_loop, read, until

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def guarded(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker that asks who may do what; what is not mentioned is allowed to all."""
    rules = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }
    cluster = Cluster(tmp_path_factory.mktemp("guarded"), Spec(overrides=rules), runtime)
    try:
        cluster.start()
        cluster.wait_ready(probe)
        yield cluster
    finally:
        cluster.stop()


QUICK = LaneSettings(probe_ms=300, glance_ms=200)


def longest_gap(at: list[float]) -> float:
    """The longest time between two commits."""
    return max((later - earlier for earlier, later in pairwise(at)), default=0.0)


class Load:
    """Sightings, one every ten milliseconds, until the block ends."""

    def __init__(self, toy: Toy) -> None:
        self._toy = toy
        self._stop = asyncio.Event()
        self.fed = 0

    async def __aenter__(self) -> "Load":
        """Begin."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, when what was begun is written."""
        self._stop.set()
        await self._task

    async def _run(self) -> None:
        while not self._stop.is_set():
            await self._toy.feed(b"k%d" % self.fed)
            self.fed += 1


@on_a_loop
async def test_trap_7_a_deleted_topic_does_not_stall_the_others(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A topic deleted under load is left out within seconds, and the others hear all, once."""
    toy = Toy(kafka.bootstrap, prefix, settings=QUICK)
    commits: list[float] = []
    toy.observe = lambda event: (
        commits.append(asyncio.get_running_loop().time())
        if isinstance(event, TransactionCommitted)
        else None
    )
    await toy.provision()
    async with toy.correlating(tmp_path):
        await toy.ready()
        async with Load(toy) as load:
            await toy.told("ee", 5)
            await toy.delete(toy.topics.alerts + "fr")
            await until(lambda: bool(toy.of(MemberAside)))
            at = load.fed
            await toy.told("ee", at + 5)
        told = await toy.told("ee", load.fed)
        await until(lambda: ASIDE + b"fr" in toy.controls)

    assert sorted(told) == sorted(b"k%d:1" % n for n in range(load.fed))
    assert [(e.member, e.aside, e.why) for e in toy.of(MemberAside)] == [("fr", True, Why.MISSING)]
    assert longest_gap(commits) < 10


@on_a_loop
async def test_trap_7_a_new_topic_is_taken_back(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A member whose topic appears is taken back, and the lane reads both decisions."""
    toy = Toy(kafka.bootstrap, prefix, settings=QUICK)
    await toy.provision(alerts=["ee"])
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await until(lambda: ASIDE + b"fr" in toy.controls)
        await toy.create([NewTopic(toy.topics.alerts + "fr", 1, 1, topic_configs=dict(ALERTS))])
        await until(lambda: BACK + b"fr" in toy.controls)
        await toy.feed(b"a")
        told = await toy.told("fr", 1)

    assert told == [b"a:2"]
    assert [event.aside for event in toy.of(MemberAside)] == [True, False]
    assert not toy.of(TransactionAborted)


@on_a_loop
async def test_a_topic_that_takes_records_again_is_taken_back(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """It is tried with a record of the size that was refused, which no member can read."""
    toy = Toy(kafka.bootstrap, prefix, settings=QUICK, padding=500)
    await toy.provision(**{"max.message.bytes": "300"})
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a")
        await until(lambda: len(toy.of(MemberAside)) == 2)
        async with admin(kafka.bootstrap) as client:
            for member in toy.members:
                topic = toy.topics.alerts + member
                await client.alter_configs(
                    [ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "9999"})]
                )
        await until(lambda: BACK + b"ee" in toy.controls and BACK + b"fr" in toy.controls)
        await toy.feed(b"a")
        told = await toy.told("ee", 9, 2)

    assert [value[:3] for value in told] == [b"a:2"]


@pytest.mark.parametrize("visible", [True, False])
@on_a_loop
async def test_trap_7_a_forbidden_topic_does_not_stall_the_others(
    guarded: Cluster, prefix: str, tmp_path: Path, visible: bool
) -> None:
    """A topic the relay may not write to is left out, whether it may know of it or not."""
    toy = Toy(guarded.bootstrap, prefix, settings=QUICK)
    await toy.provision()
    await forbid(guarded.bootstrap, toy.topics.alerts + "fr", visible=visible)
    async with toy.correlating(tmp_path):
        await toy.ready()
        await toy.feed(b"a", b"b")
        told = await toy.told("ee", 2)
        await until(lambda: ASIDE + b"fr" in toy.controls)

    assert told == [b"a:1", b"b:1"]
    assert [event.why for event in toy.of(MemberAside)] == [Why.FORBIDDEN]
    assert len(toy.of(TransactionAborted)) == int(visible)


@pytest.mark.parametrize("visible", [True, False])
@on_a_loop
async def test_a_sign_of_life_that_is_forbidden_stops_no_other(
    guarded: Cluster, prefix: str, tmp_path: Path, visible: bool
) -> None:
    """The others' come as before; the lane's own work is not touched by it in any way."""
    toy = Toy(guarded.bootstrap, prefix, settings=QUICK)
    toy.canary = CanaryKit(100, frozenset(), lambda _, at: Outgoing((), at, b"canary", b"alive"))
    await toy.provision()
    await forbid(guarded.bootstrap, toy.topics.alerts + "fr", visible=visible)
    async with toy.correlating(tmp_path):
        toy.members = ("ee",)  # the lane itself has nothing to say to the other
        await toy.ready()
        while len(toy.of(CanaryReturned)) < 3:
            await toy.feed(b"a")
            await asyncio.sleep(0.1)

    assert {event.members for event in toy.of(CanaryReturned)} == {("ee",)}
    assert {(e.members, e.why) for e in toy.of(CanaryLost)} == {(("fr",), Why.FORBIDDEN)}
    assert (toy.of(MemberAside), toy.of(TransactionAborted)) == ([], [])


async def forbid(bootstrap: str, topic: str, *, visible: bool) -> None:
    """Allow nobody to write to a topic; let all see it if it is to be visible."""
    topics, literal, describe, describe_configs, allowed = 2, 3, 8, 10, 3
    operation = describe if visible else describe_configs
    request = CreateAclsRequest(topics, topic, literal, "User:*", "*", operation, allowed)
    async with admin(bootstrap) as client:
        response = await client._send_request(request)

    assert [code for code, _ in response.creation_responses] == [0]


@on_a_loop
async def test_a_member_that_was_aside_before_a_restart_is_taken_back(
    kafka: Cluster, prefix: str, tmp_path: Path
) -> None:
    """A lane that is taken over tries the members that its state says are set aside."""
    toy = Toy(kafka.bootstrap, prefix, settings=QUICK)
    await toy.provision(alerts=["ee"])
    async with toy.correlating(tmp_path / "one"):
        await toy.ready()
        await toy.feed(b"a")
        await until(lambda: ASIDE + b"fr" in toy.controls)
    await toy.create([NewTopic(toy.topics.alerts + "fr", 1, 1, topic_configs=dict(ALERTS))])
    async with toy.correlating(tmp_path / "two"):
        await until(lambda: BACK + b"fr" in toy.controls)
        await toy.feed(b"a")
        told = await toy.told("fr", 1)

    assert told == [b"a:2"]


@on_a_loop
async def test_a_source_that_may_not_be_read_stalls_no_other(guarded: Cluster, prefix: str) -> None:
    """Ingest leaves a forbidden source alone and reads the rest."""
    toy = Toy(guarded.bootstrap, prefix)
    await toy.provision()
    await toy.create([NewTopic(toy.topics.detections + m, 1, 1) for m in toy.members])
    await toy.feed(b"to ee", topic=toy.topics.detections + "ee")
    await toy.feed(b"to fr", topic=toy.topics.detections + "fr")
    await forbid(guarded.bootstrap, toy.topics.detections + "fr", visible=True)
    async with toy.ingesting():
        values = await read(guarded.bootstrap, toy.topics.sightings, 1, 20)
        await until(lambda: bool(toy.of(SourceForbidden)))

    assert values[0] == b"seen"
    assert {event.topic for event in toy.of(SourceForbidden)} == {toy.topics.detections + "fr"}


@on_a_loop
async def test_a_source_that_may_not_be_seen_is_not_missing(guarded: Cluster, prefix: str) -> None:
    """Of a topic that is hidden it is told that it may not be read, and that once for a while."""
    toy = Toy(guarded.bootstrap, prefix, members=("ee", "fr", "pl"))
    await toy.provision()
    await toy.create([NewTopic(toy.topics.detections + m, 1, 1) for m in ("ee", "fr")])
    await forbid(guarded.bootstrap, toy.topics.detections + "fr", visible=False)
    async with toy.ingesting():
        await until(lambda: bool(toy.of(SourceMissing)))
        await asyncio.sleep(3)

    assert toy.of(SourceMissing) == [SourceMissing(toy.topics.detections + "pl", missing=True)]
    assert toy.of(SourceForbidden) == [SourceForbidden(toy.topics.detections + "fr")]
