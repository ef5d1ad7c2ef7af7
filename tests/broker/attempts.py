"""What somebody may try at a secured cluster, and how it is told whether they were let."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)

from relay.kafka.config import KafkaSettings
from relay.kafka.reader import reading

Attempt: TypeAlias = Callable[[KafkaSettings], Awaitable[object]]

PATIENCE_S: Final = 20.0
GOODBYE_S: Final = 0.1
"""Over TLS a connection that is closed takes some turns of the loop to end."""

DENIED: Final = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)


def options(settings: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of aiokafka's clients."""
    return {"bootstrap_servers": list(settings.bootstrap), **settings.client}


@asynccontextmanager
async def producing(settings: KafkaSettings, **more: Any) -> AsyncIterator[AIOKafkaProducer]:
    """Hold a producer open; how it ends is of no interest."""
    producer = AIOKafkaProducer(**options(settings), **more)
    try:
        await producer.start()
        yield producer
    finally:
        with suppress(KafkaError):
            await producer.stop()


@asynccontextmanager
async def consuming(
    settings: KafkaSettings, *topics: str, **more: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """Hold a consumer open."""
    consumer = AIOKafkaConsumer(*topics, **options(settings), **more)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def write(topic: str) -> Attempt:
    """Write a record to a topic."""

    async def attempt(settings: KafkaSettings) -> object:
        async with producing(settings, enable_idempotence=True) as producer:
            return await producer.send_and_wait(topic, b"{}", key=b"k")

    return attempt


def read(topic: str) -> Attempt:
    """Read a topic outside of any group, to its end."""

    async def attempt(settings: KafkaSettings) -> object:
        async with reading(settings, [topic]) as reader:
            return await reader.to_end()

    return attempt


def fetch(topic: str) -> Attempt:
    """Ask for records of a topic, which may have none: to know its end takes fewer rights."""

    async def attempt(settings: KafkaSettings) -> object:
        async with consuming(settings, auto_offset_reset="earliest") as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            return await consumer.getmany(timeout_ms=2_000)

    return attempt


def group(name: str, topic: str) -> Attempt:
    """Read a topic in a consumer group."""

    async def attempt(settings: KafkaSettings) -> object:
        async with consuming(settings, topic, group_id=name) as consumer:
            return await consumer.getmany(timeout_ms=500)

    return attempt


def transact(name: str, topic: str) -> Attempt:
    """Write in a transaction of this name."""

    async def attempt(settings: KafkaSettings) -> object:
        async with producing(settings, transactional_id=name) as producer, producer.transaction():
            return await producer.send_and_wait(topic, b"{}", key=b"k")

    return attempt


def make(topic: str) -> Attempt:
    """Make a topic."""

    async def attempt(settings: KafkaSettings) -> object:
        admin = AIOKafkaAdminClient(**options(settings))
        await admin.start()
        try:
            answer = await admin.create_topics([NewTopic(topic, 1, 1)])
        finally:
            await admin.close()
        for _, code, message in answer.topic_errors:
            if code:
                raise for_code(code)(message)
        return answer

    return attempt


def tried(settings: KafkaSettings, attempt: Attempt) -> Exception | None:
    """Why an attempt is not allowed; None: it is."""

    async def bounded() -> object:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await attempt(settings)
        finally:
            await asyncio.sleep(GOODBYE_S)

    found: list[Exception] = []
    try:
        asyncio.run(bounded())
    except DENIED as error:
        found.append(error)
    return found[0] if found else None
