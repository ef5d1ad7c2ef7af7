"""Brokers that are away for so long that the relay throws its clients away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from relay.broker import Spec
from tests.broker.conftest import ClusterIn, probe
from tests.broker.workers import Said, is_ready
from tests.broker.world import opened

pytestmark = pytest.mark.broker


def gives_up(stage: str) -> Callable[[Said], bool]:
    """Return whether an event says that a stage could not reach a broker any more."""
    return lambda said: said["event"] == "ClientRecycled" and said["stage"] == stage


def test_both_stages_go_on_after_a_long_outage(cluster_in: ClusterIn, tmp_path: Path) -> None:
    """A relay outlives an outage in which it gave its clients up; nothing is lost or doubled.

    It is as patient as in earnest: less patient clients end in another order.
    """
    with (
        cluster_in(tmp_path / "kafka", Spec()) as cluster,
        opened(cluster.bootstrap, tmp_path) as world,
    ):
        worker = world.workers.start(kafka={})
        worker.wait(is_ready(0))
        worker.wait(is_ready(1))
        world.report(60)
        world.settle()
        cluster.stop()
        worker.wait(gives_up("ingest"))
        worker.wait(gives_up("correlate"))
        cluster.start()
        cluster.wait_ready(probe)
        world.report(60)
        world.settle()
        world.workers.stop()
        verdict = world.judge()

    assert verdict.differences == []
    assert verdict.alerts > 0
