"""A member that writes what is meant to end or stall who reads it: it stops nobody but itself."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
import pytest

from relay.broker import Cluster
from relay.kafka.sieve import MOST
from relay.pipeline.topics import DETECTIONS, REJECTED
from tests.broker.judge import _lines
from tests.broker.workers import is_event
from tests.broker.world import World, opened
from tests.crafted import FAULTY, MEBIBYTE, PACKED, batch_of, bomb, send

pytestmark = pytest.mark.broker

HOSTILE: Final = "ee"
SOUND: Final = 300
ROOM: Final = 256 * MEBIBYTE
"""Of one process: 75 MiB with nothing to do, a hundred with a bomb, 480 and more unsifted."""


@pytest.fixture
def world(kafka: Cluster, tmp_path: Path) -> Iterator[World]:
    """A fresh deployment on the session's broker."""
    with opened(kafka.bootstrap, tmp_path) as world:
        yield world


def write(world: World, made: bytes) -> None:
    """Let the hostile member write a batch."""
    asyncio.run(send(world.bootstrap, DETECTIONS + HOSTILE, made))


def rejections(world: World) -> list[dict[str, object]]:
    """What the hostile member was told, each once."""
    topic = REJECTED + HOSTILE
    told = asyncio.run(_lines(world.bootstrap, [topic], 1))[f"{topic}:0"]
    return [orjson.loads(value) for value in dict.fromkeys(line.value or b"" for line in told)]


@pytest.mark.parametrize("codec", PACKED)
def test_a_bomb_is_refused_and_stops_nobody(world: World, codec: str) -> None:
    """What is huge unpacked is one rejection, the same after a crash; all others are heard."""
    world.report(SOUND)
    write(world, bomb(codec))
    world.report(SOUND)
    first = world.workers.start()
    first.wait(is_event("Rejected"))
    peak = first.peak()
    first.kill()
    second = world.workers.start()
    world.report(SOUND)
    world.settle()
    peak = max(peak, second.peak())
    world.workers.stop()
    third = world.workers.start()
    world.report(SOUND)
    world.settle()
    world.workers.stop()
    verdict = world.judge()
    [told] = rejections(world)

    assert verdict.differences == []
    assert verdict.alerts > 0
    assert len(world.workers.heard("Accepted")) >= world.reported
    assert peak < ROOM
    assert not third.heard("Rejected")
    assert (told["outcome"], told["reason"]) == ("refused", "too-large")
    assert told["detail"] == f"the record cannot be unpacked into {MOST} bytes"
    assert told["source"] == {"topic": "detections.ee", "partition": 0, "offset": SOUND // 3}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_no_client_can_decode_stops_nobody(world: World, fault: str) -> None:
    """A batch that brokers take and no decoder does is one rejection, and all else goes on."""
    world.report(SOUND)
    write(world, FAULTY[fault]())
    worker = world.workers.start()
    world.report(SOUND)
    world.settle()
    peak = worker.peak()
    world.workers.stop()
    verdict = world.judge()
    [told] = rejections(world)

    assert verdict.differences == []
    assert len(worker.heard("Accepted")) == 2 * SOUND
    assert not worker.heard("ClientRecycled")
    assert peak < ROOM
    assert told["outcome"] == "refused"
    assert "cannot be" in str(told["detail"])


@pytest.mark.parametrize("codec", ["none", *PACKED])
def test_a_large_batch_of_detections_is_taken(world: World, codec: str) -> None:
    """Two thousand detections in one batch are as many detections, however they are packed."""
    values = [value for topic, value in world.messages(6_000) if topic == DETECTIONS + HOSTILE]
    write(world, batch_of(codec, values))
    worker = world.workers.start()
    world.settle()
    world.workers.stop()

    assert len(values) == 2_000
    assert len(worker.heard("Accepted")) == 2_000
    assert not worker.heard("Rejected")
    assert world.judge().differences == []
