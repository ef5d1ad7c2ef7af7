"""aiokafka's clients, made one way, with the types that it does not declare itself."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any, Protocol, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from relay.kafka.config import KafkaSettings
from relay.model.records import Position, Record
from relay.model.trace import HEADER, Trace, parsed

MAX_HEADERS = 32
"""Headers of a record that are looked through for its trace: thrice what the relay's own have."""


class Partition(Protocol):
    """aiokafka's TopicPartition."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def partition(self) -> int:
        """Its number."""


class Fetched(Protocol):
    """aiokafka's ConsumerRecord, as far as it is used."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Written(Protocol):
    """aiokafka's RecordMetadata: `offset` is that of a batch's first record."""

    offset: int


class Batch(Protocol):
    """aiokafka's BatchBuilder."""

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> object | None:
        """Add a record; None when it does not fit."""

    def close(self) -> None:
        """Let nobody add to it."""

    def size(self) -> int:
        """Bytes so far."""

    def record_count(self) -> int:
        """Records so far."""


class Cluster(Protocol):
    """aiokafka's view of the cluster's metadata."""

    unauthorized_topics: set[str]

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Partitions of a known topic, None of an unknown one."""


class Client(Protocol):
    """aiokafka's network client."""

    cluster: Cluster

    def set_topics(self, topics: Collection[str]) -> Awaitable[bool]:
        """Say whose metadata to keep fresh."""

    def force_metadata_update(self) -> Awaitable[bool]:
        """Refresh the metadata now."""

    async def close(self) -> None:
        """Close all connections."""


class Producer(Protocol):
    """AIOKafkaProducer, as far as it is used."""

    client: Client

    async def start(self) -> None:
        """Connect; a transactional one fences its predecessor."""

    async def begin_transaction(self) -> None:
        """Begin."""

    def create_batch(self) -> Batch:
        """Return an empty batch."""

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> Awaitable[Written]:
        """Enqueue a batch; the result is for its acknowledgement."""

    async def send_offsets_to_transaction(
        self, offsets: Mapping[Partition, int], group_id: str
    ) -> None:
        """Commit offsets with the transaction."""

    async def commit_transaction(self) -> None:
        """Commit, even if a batch has failed: check each first."""

    async def abort_transaction(self) -> None:
        """Abort."""


class Consumer(Protocol):
    """AIOKafkaConsumer, as far as it is used."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Leave the group, disconnect."""

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read these partitions, without a group."""

    def subscribe(self, topics: Sequence[str], *, listener: object) -> None:
        """Share these topics with the group."""

    def assignment(self) -> set[Partition]:
        """What is to be read now."""

    async def getmany(self, *, timeout_ms: int) -> dict[Partition, list[Fetched]]:
        """Return what is there. Waits without bound while the group is rebalanced."""

    async def committed(self, partition: Partition) -> int | None:
        """Ask the broker for the group's offset."""

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commit offsets."""

    async def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Ask for the first offsets."""

    async def end_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Ask for the ends: the last stable offsets when reading committed records only."""

    async def position(self, partition: Partition) -> int:
        """Return the next offset to be read."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from here."""

    def pause(self, *partitions: Partition) -> None:
        """Fetch nothing."""

    def resume(self, *partitions: Partition) -> None:
        """Fetch again."""

    def highwater(self, partition: Partition) -> int | None:
        """Return the end as of the last fetch."""

    def last_stable_offset(self, partition: Partition) -> int | None:
        """Return the last stable offset as of the last fetch."""

    def last_poll_timestamp(self, partition: Partition) -> int | None:
        """Return the wall clock in ms of the last fetch."""


def partition_of(topic: str, partition: int) -> Partition:
    """Return the value aiokafka knows a partition by."""
    return cast("Partition", TopicPartition(topic, partition))


def record_of(fetched: Fetched) -> Record:
    """Return what was fetched as a value of the model."""
    position = Position(fetched.topic, fetched.partition, fetched.offset)
    trace = _trace(fetched.headers) if fetched.headers else None
    return Record(position, fetched.timestamp, fetched.key, fetched.value, trace)


def _trace(headers: Sequence[tuple[str, bytes]]) -> Trace | None:
    """Return the first trace context among the headers, if it is sound."""
    for name, content in headers[:MAX_HEADERS]:
        if name == HEADER:
            return parsed(content)
    return None


def transactional(
    settings: KafkaSettings, transactional_id: str, timeout_ms: int, batch_bytes: int
) -> Producer:
    """Return a producer that is not started; its start fences the id's former user."""
    return _producer(
        settings,
        transactional_id=transactional_id,
        transaction_timeout_ms=timeout_ms,
        max_batch_size=batch_bytes,
    )


def ordered(settings: KafkaSettings, batch_bytes: int) -> Producer:
    """Return a producer of one session: what it sends to a partition stays in order, once each.

    It is started, and of no use after a send has failed.
    """
    return _producer(settings, enable_idempotence=True, max_batch_size=batch_bytes)


def courteous(settings: KafkaSettings, batch_bytes: int) -> Producer:
    """Return a producer that outlives failed sends; it may repeat records."""
    return _producer(settings, acks="all", max_batch_size=batch_bytes)


def _producer(settings: KafkaSettings, **more: object) -> Producer:
    made = AIOKafkaProducer(
        bootstrap_servers=list(settings.bootstrap),
        client_id=settings.app,
        request_timeout_ms=settings.request_timeout_ms,
        retry_backoff_ms=settings.retry_backoff_ms,
        metadata_max_age_ms=settings.metadata_age_ms,
        linger_ms=0,
        **more,
        **settings.client,
    )
    return cast("Producer", made)


def grouped(settings: KafkaSettings, group: str, reset: str) -> Consumer:
    """Return a member of `group` that reads all records and commits nothing by itself.

    Read uncommitted: an open transaction of a foreign writer must not stall the relay. The relay's
    own writes to what it reads in groups are not transactional.
    """
    made = AIOKafkaConsumer(
        group_id=group,
        auto_offset_reset=reset,
        fetch_min_bytes=settings.fetch_least_bytes,
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=settings.heartbeat_ms,
        rebalance_timeout_ms=settings.rebalance_timeout_ms,
        partition_assignment_strategy=(sticky(),),
        **_reading(settings, "read_uncommitted"),
    )
    return cast("Consumer", made)


def sticky() -> Any:
    """Return an assignor that leaves lanes where their state is.

    aiokafka keeps what a member had on the assignor's class: shared by two groups of a process, one
    would claim the other's partitions. So each consumer gets a class of its own.
    """
    return type("Sticky", (StickyPartitionAssignor,), {"member_assignment": None})


def reading(settings: KafkaSettings) -> Consumer:
    """Return a consumer outside of any group that reads committed records only."""
    made = AIOKafkaConsumer(auto_offset_reset="earliest", **_reading(settings, "read_committed"))
    return cast("Consumer", made)


def watching(settings: KafkaSettings) -> Consumer:
    """Return a consumer outside of any group that sees the ends of logs as they are written."""
    return cast("Consumer", AIOKafkaConsumer(**_reading(settings, "read_uncommitted")))


def _reading(settings: KafkaSettings, isolation: str) -> dict[str, object]:
    return {
        "bootstrap_servers": list(settings.bootstrap),
        "client_id": settings.app,
        "enable_auto_commit": False,
        "isolation_level": isolation,
        "fetch_max_wait_ms": settings.fetch_wait_ms,
        "max_partition_fetch_bytes": settings.fetch_bytes,
        "request_timeout_ms": settings.request_timeout_ms,
        # A failed fetch is tried again after this; aiokafka's 100 would be no better.
        "retry_backoff_ms": 50,
        "metadata_max_age_ms": settings.metadata_age_ms,
        **settings.client,
    }
