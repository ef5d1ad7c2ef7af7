"""How soon a broker makes somebody wait."""

import asyncio
from typing import Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.metadata import MetadataRequest
from kafka import KafkaProducer

from relay.kafka.config import KafkaSettings
from tests.broker.attempts import GOODBYE_S

WAIT: Final = "throttle-time-max"
"""What kafka-python calls the longest time, in ms, for which a broker has made it wait."""

BATCH_BYTES: Final = 32 * 1024
"""Of a flood's records: half of what a member's topic takes."""


def throttled_after(client: KafkaSettings, topic: str, batches: int) -> int | None:
    """After how many batches of 32 KiB the broker told a writer to wait; None: after none."""
    options = {"bootstrap_servers": list(client.bootstrap), **client.client}
    producer = KafkaProducer(**options, batch_size=BATCH_BYTES * 2)
    try:
        for number in range(1, batches + 1):
            producer.send(topic, bytes(BATCH_BYTES)).get(30)
            groups = producer.metrics().values()
            if any(value > 0 for group in groups for key, value in group.items() if WAIT in key):
                return number
    finally:
        producer.close(0)
    return None


def metadata_until_throttled(client: KafkaSettings, most: int) -> int | None:
    """After how many requests of its alerts' metadata a broker makes somebody wait; None: never."""

    async def ask() -> int | None:
        host, _, port = client.bootstrap[0].partition(":")
        connection = AIOKafkaConnection(host, int(port), **client.client)
        await connection.connect()
        try:
            for number in range(1, most + 1):
                answer = await connection.send(MetadataRequest(["alerts.m2"]))
                if answer.throttle_time_ms:
                    return number
        finally:
            await connection.close()
            await asyncio.sleep(GOODBYE_S)
        return None

    return asyncio.run(ask())
