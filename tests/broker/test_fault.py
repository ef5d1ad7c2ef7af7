"""A relay that meets what it must not run on."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from relay.broker import Spec
from relay.wire.internal import CLOCK
from tests.broker.conftest import ClusterIn
from tests.broker.test_command_line import Deployment

pytestmark = pytest.mark.broker

PLANTED = "planted-5a1e"


async def _spoil(bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for lane in range(2):
            value = f'"{PLANTED}"'.encode()
            await producer.send_and_wait("relay.state", value, key=CLOCK, partition=lane)


def test_a_state_that_cannot_be_read_ends_it_without_quoting_it(
    cluster_in: ClusterIn, tmp_path: Path
) -> None:
    """The process ends with 1 and one critical line; neither output shows what was in the state."""
    with cluster_in(tmp_path / "kafka", Spec()) as cluster:
        deployment = Deployment(tmp_path, cluster.bootstrap)
        assert deployment.relay("provision", "--settings", "relay.yaml", "--yes").returncode == 0
        asyncio.run(_spoil(cluster.bootstrap))

        ran = deployment.relay("run", "--settings", "relay.yaml")

    last = json.loads(ran.stdout.splitlines()[-1])
    assert ran.returncode == 1
    assert (last["level"], last["msg"]) == ("critical", "ended by a fault")
    assert len(last["exception"]) > 1
    assert PLANTED not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
