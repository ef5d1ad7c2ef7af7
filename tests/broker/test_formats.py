"""Members with formats of their own on a real broker: what they write as it is, what they read."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from relay.broker import Spec
from tests.broker.conftest import ClusterIn
from tests.broker.test_command_line import Deployment, about, until

pytestmark = pytest.mark.broker

MEMBERS = """\
version: 1
members:
  - {id: ee, name: CERT-EE, country: EE, kind: national-hub, emits: {format: wazuh, tlp: green}}
  - {id: fr, name: CERT-FR, country: FR, kind: national-hub, wants: {format: stix}}
  - {id: de, name: BSI, country: DE, kind: national-hub}
"""
ATTACKER = "203.0.113.21"
SKIPPED = 'relay_records_skipped_total{member="ee"} 1.0'
RULE = {
    "level": 10, "id": "5712", "description": "sshd: brute force trying to get access",
    "groups": ["sshd", "authentication_failures"], "mitre": {"id": ["T1110"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def deployment(
    cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A provisioned deployment whose members have formats of their own."""
    place = tmp_path_factory.mktemp("formats")
    with cluster_in(place / "kafka", Spec()) as cluster:
        made = Deployment(place, cluster.bootstrap)
        (place / "members.yaml").write_text(MEMBERS)
        done = made.relay("provision", "--settings", "relay.yaml", "--yes")
        assert done.returncode == 0, done.stderr
        yield made


def an_alert(**more: Any) -> dict[str, Any]:
    """An alert of Wazuh, of just now."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {
        "timestamp": at, "rule": RULE, "id": "1.1", "manager": {"name": "siem"},
        "agent": {"id": "003", "name": "gateway-1", "ip": "10.1.2.9"},
        "decoder": {"name": "sshd"}, "data": {"srcip": ATTACKER, "srcuser": "oper"},
        "location": "/var/log/auth.log", **more,
    }  # fmt: skip


def write(deployment: Deployment, *values: object) -> None:
    """Write values to Estonia's topic as a SIEM does: no key, no headers, no converter."""

    async def send() -> None:
        bootstrap = deployment.environ["RELAY_KAFKA__BOOTSTRAP"]
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
            for value in values:
                await producer.send_and_wait("detections.ee", json.dumps(value).encode())

    asyncio.run(send())


def read(deployment: Deployment, topic: str) -> list[tuple[dict[str, bytes], Any]]:
    """(headers, value) of each committed record of a topic of two partitions."""

    async def all_there_is() -> list[tuple[dict[str, bytes], Any]]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=deployment.environ["RELAY_KAFKA__BOOTSTRAP"],
            isolation_level="read_committed", auto_offset_reset="earliest",
        )  # fmt: skip
        async with consumer:
            places = [TopicPartition(topic, partition) for partition in (0, 1)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            batches = await consumer.getmany(*places, timeout_ms=2_000)
        return [
            (dict(record.headers), orjson.loads(record.value))
            for batch in batches.values()
            for record in batch
        ]

    return asyncio.run(all_there_is())


def test_a_siem_that_runs_nothing_warns_the_others_in_their_formats(
    deployment: Deployment,
) -> None:
    """Wazuh's alert goes in as it is; France reads a STIX bundle, Germany the native alert."""
    with deployment.running():
        write(deployment, an_alert(), an_alert(rule={**RULE, "level": 3, "groups": ["syslog"]}))
        until(lambda: len(about(deployment.followed("de"), ATTACKER)) > 0)
        until(lambda: SKIPPED in deployment.page("/metrics")[1])

    (alert,) = about(deployment.followed("de"), ATTACKER)
    ((headers, bundle),) = (
        (headers, body)
        for headers, body in read(deployment, "alerts.fr")
        if headers["ce_id"].startswith(str(alert["id"]).encode())
    )
    assert headers["ce_type"] == b"eu.shield.alert.stix"
    assert headers["content-type"] == b"application/stix+json;version=2.1"
    assert ATTACKER in json.dumps([o for o in bundle["objects"] if o["type"] == "indicator"])
    assert b"gateway-1" not in orjson.dumps(bundle)
    assert b"10.1.2.9" not in orjson.dumps(alert)


def test_follow_shows_an_alert_in_the_format_its_member_reads(deployment: Deployment) -> None:
    """An analyst sees what it is about, whatever the form in which the SIEM loads it."""
    with deployment.running():
        write(deployment, an_alert(id="1.2", data={"srcip": "203.0.113.22"}))
        until(lambda: "203[.]0[.]113[.]22" in followed(deployment, "fr"))

    assert "STIX" in followed(deployment, "fr")


def followed(deployment: Deployment, member: str) -> str:
    """What `relay follow` prints for eyes."""
    return deployment.relay("follow", "-m", member, "--until-end").stdout


def test_what_a_siem_writes_in_another_format_comes_back(deployment: Deployment) -> None:
    """A connector that was pointed at the wrong topic is told what its records look like."""
    with deployment.running():
        write(deployment, {"class_uid": 2004, "metadata": {}})
        until(lambda: any(r.get("reason") == "other-format" for r in deployment.followed("ee")))

    told = [r for r in deployment.followed("ee") if r.get("reason") == "other-format"]
    assert "OCSF" in str(told[0]["detail"])
