"""What a member does: read its alerts, committed ones only, in order of each partition."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiokafka.errors import TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from relay.kafka import clients
from relay.kafka.clients import Consumer, Partition, partition_of, record_of
from relay.kafka.config import KafkaSettings
from relay.kafka.internals import NETWORK, discard_consumer
from relay.model.records import Record

POLL_MS = 200


class Reader:
    """Reads topics outside of any group: it commits nothing and disturbs nobody."""

    def __init__(self, consumer: Consumer, partitions: Sequence[Partition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def follow(self) -> AsyncIterator[list[Record]]:
        """Yield what is there, and then what comes, for ever; an empty list when nothing does."""
        while True:
            yield await self.poll()

    async def to_end(self, most: int | None = None) -> list[Record]:
        """Return all records up to the ends that the partitions have now, or about `most` of them.

        The end is reached by position: the last offset may be a marker that is never delivered.
        """
        ends = await self._consumer.end_offsets(self._partitions)
        found: list[Record] = []
        while not await self._reached(ends) and (most is None or len(found) < most):
            found += await self.poll()
        return [r for r in found if r.position.offset < ends[_partition(r)]]

    async def _reached(self, ends: dict[Partition, int]) -> bool:
        positions = [await self._consumer.position(partition) for partition in ends]
        return all(at >= end for at, end in zip(positions, ends.values(), strict=True))

    async def poll(self) -> list[Record]:
        """Return what is there, or comes within a moment."""
        fetched = await self._consumer.getmany(timeout_ms=POLL_MS)
        return [record_of(found) for records in fetched.values() for found in records]


@asynccontextmanager
async def reading(
    settings: KafkaSettings, topics: Iterable[str], *, from_end: bool = False
) -> AsyncIterator[Reader]:
    """Hold a `Reader` of all partitions of `topics` open, from their starts or their ends.

    Raises KafkaError: no broker, no such topic, or not allowed.
    """
    consumer = clients.reading(settings)
    try:
        await consumer.start()
        partitions = [
            partition_of(topic, number)
            for topic in topics
            for number in sorted(await _partitions(consumer, topic))
        ]
        consumer.assign(partitions)
        for partition, offset in (await _begin(consumer, partitions, from_end)).items():
            consumer.seek(partition, offset)
        yield Reader(consumer, partitions)
    finally:
        await discard_consumer(consumer)


async def _partitions(consumer: Consumer, topic: str) -> set[int]:
    client = NETWORK(consumer)
    await client.set_topics({topic})
    found: set[int] | None = client.cluster.partitions_for_topic(topic)
    if topic in client.cluster.unauthorized_topics:
        raise TopicAuthorizationFailedError(topic)
    if not found:
        raise UnknownTopicOrPartitionError(topic)
    return found


def _partition(record: Record) -> Partition:
    return partition_of(record.position.topic, record.position.partition)


async def _begin(
    consumer: Consumer, partitions: Sequence[Partition], from_end: bool
) -> dict[Partition, int]:
    ask = consumer.end_offsets if from_end else consumer.beginning_offsets
    return await ask(partitions)
