"""Processes that are replaced one after the other, as a new version of the relay is brought in."""

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from relay.broker import Cluster
from tests.broker.proxy import PATIENCE_S
from tests.broker.workers import Worker, is_event, is_ready
from tests.broker.world import IMPATIENT, World, opened, until

pytestmark = pytest.mark.broker

LANES = 2

# Whoever waits for such a session to end, or for it to join again, waits longer than a test does.
ATTACHED = IMPATIENT | {"session_timeout_ms": 120_000, "rebalance_timeout_ms": 120_000}


@pytest.fixture
def world(kafka: Cluster, tmp_path: Path) -> Iterator[World]:
    """A fresh deployment on the session's broker."""
    with opened(kafka.bootstrap, tmp_path, LANES) as world:
        yield world


@contextlib.contextmanager
def reporting(world: World) -> Iterator[None]:
    """Let the members report all the time, until the block ends."""
    ended = threading.Event()

    def report() -> None:
        while not ended.is_set():
            world.report(4)

    members = threading.Thread(target=report, daemon=True)
    members.start()
    try:
        yield
    finally:
        ended.set()
        members.join(PATIENCE_S)


def owns_a_lane(worker: Worker) -> bool:
    """Whether the process has taken a lane over, and decides on what members report."""
    ready = any(worker.has_said(is_ready(lane)) for lane in range(LANES))
    return ready and worker.has_said(is_event("Joined"))


def test_two_processes_are_replaced_while_members_report(world: World) -> None:
    """A relay of two processes is replaced under traffic: nothing is lost, nothing is told twice.

    Each is asked to end with SIGTERM, ends in order, and its successor works before the next.
    """
    old = [world.workers.start(), world.workers.start()]
    new: list[Worker] = []
    with reporting(world):
        until(lambda: all(map(owns_a_lane, old)))
        for worker in old:
            worker.stop()
            successor = world.workers.start()
            until(partial(owns_a_lane, successor))
            new.append(successor)
    world.settle()
    world.workers.stop()
    verdict = world.judge()

    assert verdict.differences == []
    assert verdict.alerts > 0
    assert len(new) == len(old)


def test_a_process_that_ends_in_order_hands_its_lanes_over_at_once(world: World) -> None:
    """It leaves its groups, so that its heir waits for no session's time-out; nothing is lost."""
    leaves = world.workers.start(kafka=ATTACHED)
    for lane in range(LANES):
        leaves.wait(is_ready(lane))
    world.report(60)
    leaves.stop()
    heir = world.workers.start(kafka=ATTACHED)
    for lane in range(LANES):
        heir.wait(is_ready(lane))
    world.report(60)
    world.settle()
    world.workers.stop()
    verdict = world.judge()

    assert verdict.differences == []
    assert verdict.alerts > 0
