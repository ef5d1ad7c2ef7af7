"""What a member does: write its detections, in order, each once, and know that they arrived."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

from aiokafka.errors import TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from relay.kafka import clients
from relay.kafka.batches import Packer
from relay.kafka.clients import Producer
from relay.kafka.config import KafkaSettings
from relay.kafka.internals import discard_producer
from relay.kafka.writer import send
from relay.model.records import Outgoing

BATCH_BYTES = 512 * 1024
"""Eight of the largest messages: below every broker's default bound of one batch."""


class Publisher:
    """Writes records to topics; returns only when the broker has them."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._turn = count()

    async def find(self, topic: str) -> None:
        """Raise, before a record comes, if there is no such topic or nothing may be said of it:
        UnknownTopicOrPartitionError, TopicAuthorizationFailedError."""
        await self._partition(topic)

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Write `records` to `topic`, to one partition, in order, and wait until they are kept.

        Raises KafkaError: then nothing is known of these records.
        """
        partition = await self._partition(topic)
        packer = Packer(self._producer.create_batch)
        for record in records:
            packer.outgoing(replace(record, topics=(topic,)), partition)
        await send(self._producer, packer)

    async def _partition(self, topic: str) -> int:
        cluster = self._producer.client.cluster
        if not cluster.partitions_for_topic(topic):
            await self._producer.client.set_topics({topic})
        known = cluster.partitions_for_topic(topic)
        if topic in cluster.unauthorized_topics:
            raise TopicAuthorizationFailedError(topic)
        if not known:
            raise UnknownTopicOrPartitionError(topic)
        return next(self._turn) % len(known)


@asynccontextmanager
async def publishing(settings: KafkaSettings) -> AsyncIterator[Publisher]:
    """Hold a `Publisher` open. Raises KafkaConnectionError when no broker answers."""
    producer = clients.ordered(replace(settings, retry_backoff_ms=100), BATCH_BYTES)
    try:
        await producer.start()
        yield Publisher(producer)
    finally:
        await discard_producer(producer)
