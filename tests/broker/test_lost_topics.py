"""What a deployment can do when a topic of its own, or its state directory, is gone or old."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from relay.broker import Cluster
from relay.pipeline.topics import ALERTS, SIGHTINGS, STATE
from tests.broker.judge import Line, _lines
from tests.broker.toy import admin
from tests.broker.workers import is_event, is_ready
from tests.broker.world import MEMBERS, World, opened, until

pytestmark = pytest.mark.broker

LANES = 2


@pytest.fixture
def world(kafka: Cluster, tmp_path: Path) -> Iterator[World]:
    """A fresh deployment on the session's broker."""
    with opened(kafka.bootstrap, tmp_path, LANES) as world:
        yield world


def worked(world: World, reports: int = 60) -> None:
    """Run one process over some reports, to the end of what they come to, and stop it."""
    worker = world.workers.start()
    worker.wait(is_ready(0))
    worker.wait(is_ready(1))
    world.report(reports)
    world.settle()
    world.workers.stop()


def test_an_old_copy_of_the_state_directory_is_brought_up_to_date(world: World) -> None:
    """A state directory restored from a copy, or gone, makes no difference to what is told."""
    state = world.workers.orders.state
    worked(world)
    shutil.copytree(state, state.with_name("copy"))
    worked(world)
    shutil.rmtree(state)
    state.with_name("copy").rename(state)
    worked(world)
    shutil.rmtree(state)
    worked(world)
    verdict = world.judge()

    assert verdict.differences == []
    assert verdict.alerts > 0


def told(world: World) -> dict[str, list[Line]]:
    """What the members can read."""
    topics = [ALERTS + member for member in MEMBERS]
    return asyncio.run(_lines(world.bootstrap, topics, LANES))


async def empty(bootstrap: str, group: str) -> None:
    """Make the changelog anew, empty, and let the group begin at the start of the lanes' logs."""
    async with admin(bootstrap) as client:
        await client.delete_topics([STATE])
        compact = {"cleanup.policy": "compact"}
        made = await client.create_topics([NewTopic(STATE, LANES, 1, topic_configs=compact)])
        assert not any(code for _, code, _ in made.topic_errors), made
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group)
    await consumer.start()
    try:
        lanes = [TopicPartition(SIGHTINGS, lane) for lane in range(LANES)]
        consumer.assign(lanes)
        await consumer.commit(dict.fromkeys(lanes, 0))
    finally:
        await consumer.stop()


def distinct(lines: Sequence[Line]) -> list[Line]:
    """The lines in order, each where it came first."""
    return list(dict.fromkeys(lines))


def test_a_lost_changelog_is_made_again_from_the_lanes_logs(world: World) -> None:
    """Decided again from the start, the same alerts are written again, byte for byte.

    Whoever drops repeats by id, episode and revision, as a reader must, is told nothing new.
    """
    worked(world)
    before = told(world)
    asyncio.run(empty(world.bootstrap, f"{world.workers.orders.app}.correlate"))
    again = world.workers.start()
    again.wait(is_event("CheckpointDiscarded"), LANES)
    until(lambda: all(world.committed(lane) > 0 for lane in range(LANES)))
    world.settle()
    world.workers.stop()
    after = told(world)

    assert sum(map(len, before.values())) > 0
    for place, lines in before.items():
        assert after[place][: 2 * len(lines)] == [*lines, *lines]
        assert distinct(after[place])[: len(lines)] == lines
