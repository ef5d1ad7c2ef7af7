"""The doctor beside a relay that runs, on a broker that answers."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from relay.broker import Spec
from relay.kafka.config import KafkaSettings
from relay.kafka.survey import Cluster, Inquiry, ask
from tests.broker.conftest import ClusterIn
from tests.broker.test_command_line import Deployment, about, detection, until
from tests.broker.toy import admin

pytestmark = pytest.mark.broker

PLANTED = "planted-5a1e"
VALUE = "203.0.113.123"


@pytest.fixture(scope="module")
def deployment(
    cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A provisioned deployment with texts in its register and secret that nobody may see."""
    place = tmp_path_factory.mktemp("deployment")
    with cluster_in(place / "kafka", Spec()) as cluster:
        made = Deployment(place, cluster.bootstrap)
        register = (place / "members.yaml").read_text()
        (place / "members.yaml").write_text(re.sub("name: [^,]*", f"name: {PLANTED}", register))
        (place / "key-secret").write_text(f"{PLANTED} is the secret here")
        (place / "key-secret").chmod(0o600)
        assert made.relay("provision", "--settings", "relay.yaml", "--yes").returncode == 0
        # Nobody coordinates groups on a cluster that never had one.
        with made.running():
            until(lambda: "relay_lanes_ready 2.0" in made.page("/metrics")[1])
        yield made


async def write(bootstrap: str, value: bytes) -> None:
    """Write a record past the relay's own command, which would refuse it."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait("detections.ee", value)


def test_a_running_relay_is_told_of_and_nothing_of_what_it_carries(deployment: Deployment) -> None:
    """Topics and state are full of values and texts; the doctor tells of all parts, and of none."""
    told = detection("ee", VALUE).replace('"title": "t"', f'"title": "{PLANTED}"')
    refused = detection("ee", VALUE).replace("green", PLANTED)
    with deployment.running():
        deployment.relay("emit", "-m", "ee", "--allow-documentation", given=f"{told}\n")
        asyncio.run(write(deployment.environ["RELAY_KAFKA__BOOTSTRAP"], refused.encode()))
        until(lambda: len(about(deployment.followed("fr"), VALUE)) > 0)
        until(lambda: len(deployment.followed("ee")) > 0)
        looked = deployment.relay("doctor", "--settings", "relay.yaml")
    found = json.loads(looked.stdout)
    cluster = found["cluster"]

    assert looked.returncode == 0, looked.stderr
    assert found["not_asked"] == {}
    assert {each["weight"] for each in found["findings"]} == {"note"}
    assert [each["members"] for each in cluster["groups"]] == [1, 1]
    assert {each["topic"] for each in cluster["topics"]} >= {"relay.state", "alerts.fr"}
    assert cluster["differing"] == []
    assert sorted(cluster["newest_append"]) == ["0", "1"]
    assert [each["ours"] for each in found["disk"]["checkpoints"]] == [True, True]
    assert found["relay"]["readyz"]["checks"]["correlate_ready"] == 2
    assert "relay_alerts_sent_total" in {each["name"] for each in found["relay"]["metrics"]}
    for planted in (PLANTED, VALUE):
        assert planted not in looked.stdout + looked.stderr


def test_a_relay_that_is_down_is_found(deployment: Deployment) -> None:
    """With the relay ended, the brokers are asked all the same, and the code is 1."""
    looked = deployment.relay("doctor", "--settings", "relay.yaml")
    found = json.loads(looked.stdout)

    assert looked.returncode == 1
    assert "no relay answers" in looked.stderr
    assert [each["members"] for each in found["cluster"]["groups"]] == [0, 0]


async def topics_after_asking(bootstrap: str) -> tuple[Cluster, list[str]]:
    """Ask about topics that are not there, twice; what was said last, and the topics there are."""
    kafka = KafkaSettings((bootstrap,))
    inquiry = Inquiry(
        kafka, ("relay.state",), ("detections.ee",), "relay.sightings", "relay.state", 1
    )
    await ask(inquiry)
    said = await ask(inquiry)
    async with admin(bootstrap) as client:
        return said, await client.list_topics()


def test_asking_makes_no_topic(cluster_in: ClusterIn, tmp_path: Path) -> None:
    """Where brokers make topics that are asked for by name, the plan and the doctor make none."""
    generous = Spec(overrides={"auto.create.topics.enable": "true"})
    with cluster_in(tmp_path / "kafka", generous) as cluster:
        said, topics = asyncio.run(topics_after_asking(cluster.bootstrap))

    assert said.topics == {}
    assert said.copies == ()
    assert {"relay.state", "relay.sightings", "detections.ee"} & set(topics) == set()
