"""The private parts of aiokafka 0.14 that the shell cannot do without, all in one place.

aiokafka's own stop() waits for what can no longer happen (a flush to a broker that is gone), and it
has no way to ask whether its background tasks still live.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from operator import attrgetter
from typing import Any, Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection, CloseReason, OAuthAuthenticator
from aiokafka.consumer.group_coordinator import NoGroupCoordinator
from aiokafka.errors import ProducerClosed
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.fetch import FetchRequest

from relay.kafka.clients import Cluster, Consumer, Partition, Producer

T = TypeVar("T")

Fetches = list[tuple[str, list[tuple[Any, ...]]]]
"""A fetch, by topic and partition. Asked: number, offset, size. Answered: number, error, ends of
the log, and at last batches."""

Screen = Callable[[bytes, int], bytes]

PATIENCE_S: Final = 1.0
"""How long a client that is thrown away may take to end in order."""

STEPS: Final = 5
"""Steps of closing a client that may each suppress a cancellation: three, and two to spare."""

SENDER: Final = attrgetter("_sender._sender_task")
ACCUMULATOR: Final = attrgetter("_message_accumulator")
BATCHES: Final = attrgetter("_batches")
DRAINED: Final = attrgetter("_drain_waiter")
TRANSACTIONS: Final = attrgetter("_txn_manager")
ENDING: Final = attrgetter("_transaction_waiter")
CLOSED: Final = attrgetter("_on_connection_closed")
METADATA: Final = attrgetter("_md_update_fut")
FETCHER: Final = attrgetter("_fetcher")
FETCHING: Final = attrgetter("_fetch_task")
COORDINATOR: Final = attrgetter("_coordinator")
COORDINATING: Final = attrgetter("_coordination_task")
HEARTBEAT: Final = attrgetter("_heartbeat_task")
RESETTING: Final = attrgetter("_reset_committed_task")
NETWORK: Final = attrgetter("_client")
TRACKED: Final = attrgetter("_topics")
SENDING: Final = attrgetter("_send_request")
ASSIGNMENT: Final = attrgetter("_subscription.subscription.assignment")
PROVIDER: Final = attrgetter("_sasl_oauth_token_provider")


def kept(awaitable: Awaitable[T]) -> "asyncio.Future[T]":
    """As a future whose error nobody has to fetch: after a first one the rest is of no interest."""
    future = asyncio.ensure_future(awaitable)
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


async def spoken(admin: AIOKafkaAdminClient) -> dict[int, int]:
    """Return the highest version of each request, by its number, that a broker understands."""
    answer = await SENDING(admin)(ApiVersionRequest())
    return {key: most for key, _, most in answer.api_versions}


def sender_is_dead(producer: Producer) -> bool:
    """Whether the task that sends has ended: the producer will never send again."""
    task: asyncio.Task[None] | None = SENDER(producer)
    return task is None or task.done()


def reader_is_dead(consumer: Consumer) -> bool:
    """Whether the task that fetches, or the one that keeps the group, has ended."""
    fetcher, coordinator = FETCHER(consumer), COORDINATOR(consumer)
    tasks = [] if fetcher is None else [FETCHING(fetcher)]
    tasks += _keeping(coordinator)[:1]
    return any(task.done() for task in tasks)


def position_now(consumer: Consumer, partition: Partition) -> int | None:
    """Return the next offset that an assigned partition would be read at, without waiting for it.

    Unlike the offset of the last record it is beyond the markers of transactions.
    """
    state = ASSIGNMENT(consumer).state_value(partition)
    return state.position if state.has_valid_position else None


def unseen_topics(
    consumer: Consumer, topics: Collection[str]
) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return those of `topics` that the brokers last said are not there, and those they hide.

    None while they are asked: an answer about other topics says nothing of these.
    """
    client = NETWORK(consumer)
    if METADATA(client) is not None or not TRACKED(client).issuperset(topics):
        return None
    cluster: Cluster = client.cluster
    unseen = frozenset(topic for topic in topics if cluster.partitions_for_topic(topic) is None)
    return unseen - cluster.unauthorized_topics, unseen & cluster.unauthorized_topics


def registering(producer: Producer) -> "asyncio.Future[None]":
    """Return what fails when the broker refuses a partition of the transaction just begun.

    aiokafka tells it to who commits offsets, and to who commits; it ends with the transaction.
    """
    ending: asyncio.Future[None] = ENDING(TRANSACTIONS(producer))
    return ending


def count_breaks(producer: Producer) -> Callable[[], int]:
    """Return a function that tells how many connections of `producer` have failed.

    Call it before the producer is started. A connection that was idle and is closed does not count.
    """
    client = producer.client
    told = CLOSED(client)
    broken = 0

    def closed(connection: object, reason: CloseReason) -> None:
        nonlocal broken
        broken += reason is not CloseReason.IDLE_DROP
        told(connection, reason)

    object.__setattr__(client, "_on_connection_closed", closed)
    return lambda: broken


def screen_fetches(consumer: Consumer, screen: Screen) -> None:
    """Let `consumer` see of what it fetches only what `screen` makes of each partition's batches.

    Call it before the consumer is started. `screen` is given the batches and the offset that they
    were fetched at; it runs in a thread: it must be pure and total.
    """
    client = NETWORK(consumer)
    sending = client.send

    async def send(node: object, request: object, **more: object) -> object:
        answer = await sending(node, request, **more)
        if isinstance(request, FetchRequest):
            answer.topics = await _screened(answer.topics, request.topics, screen)
        return answer

    client.send = send


async def _screened(topics: Fetches, asked: Fetches, screen: Screen) -> Fetches:
    offsets = {(topic, number): at for topic, parts in asked for number, at, *_ in parts}

    def screened() -> Fetches:
        return [
            (
                topic,
                [
                    (number, *rest, screen(batches or b"", offsets[topic, number]))
                    for number, *rest, batches in partitions
                ],
            )
            for topic, partitions in topics
        ]

    is_empty = not any(batches for _, partitions in topics for *_, batches in partitions)
    return topics if is_empty else await asyncio.to_thread(screened)


class Bearer(OAuthAuthenticator):  # type: ignore[misc]  # aiokafka declares no types
    """Says a token as RFC 7628 has it: a refusal is answered, so that it comes as an error.

    aiokafka takes what a broker says of a token for its consent, whatever it is, and then reads
    its own next answers wrongly.
    """

    async def step(self, payload: bytes | None) -> tuple[bytes, bool] | None:
        """Return what to send next, or None when it is over."""
        if payload:
            return b"\x01", True
        said: tuple[bytes, bool] | None = await super().step(payload)
        return said


def heed_refused_tokens() -> None:
    """Let all of aiokafka's connections log in by `Bearer`. May be called again."""
    AIOKafkaConnection.authenticator_oauth = lambda connection: Bearer(
        sasl_oauth_token_provider=PROVIDER(connection)
    )


async def discard_producer(producer: Producer) -> None:
    """End a producer in bounded time, sent or not. What is not acknowledged is not awaited."""
    object.__setattr__(producer, "_closed", True)
    sender: asyncio.Task[None] | None = SENDER(producer)
    tasks = [] if sender is None else [sender]
    await _cancel(tasks)  # waits for what is in flight
    await _disconnect(producer.client)  # fails it
    await _cancel(tasks)  # and this ends a search for a coordinator, which has no end of its own
    await _disconnect(producer.client)
    _fail_rest(producer)


def _fail_rest(producer: Producer) -> None:
    """End the futures that are left, and fetch their errors, which nobody waits for any more."""
    accumulator, transactions = ACCUMULATOR(producer), TRANSACTIONS(producer)
    accumulator.fail_all(ProducerClosed())
    futures = [DRAINED(batch) for batches in BATCHES(accumulator).values() for batch in batches]
    futures += [] if transactions is None else [ENDING(transactions)]
    for future in futures:
        if future is not None and future.done() and not future.cancelled():
            future.exception()


async def discard_consumer(consumer: Consumer) -> None:
    """End a consumer in bounded time, in order if the broker answers."""
    if not await _in_time(consumer.stop()):
        await _force(consumer)


async def _force(consumer: Consumer) -> None:
    fetcher, coordinator = FETCHER(consumer), COORDINATOR(consumer)
    tasks = [] if fetcher is None else [FETCHING(fetcher)]
    tasks += _keeping(coordinator)
    tasks = [task for task in tasks if task is not None]
    await _cancel(tasks)
    await _disconnect(NETWORK(consumer))
    await _cancel(tasks)


def _keeping(coordinator: object | None) -> list["asyncio.Task[None]"]:
    """Return the tasks of what keeps a consumer's group, or stands there where it has none."""
    if coordinator is None:
        return []
    if isinstance(coordinator, NoGroupCoordinator):
        return [RESETTING(coordinator)]
    return [COORDINATING(coordinator), HEARTBEAT(coordinator)]


async def _cancel(tasks: Iterable["asyncio.Task[None]"]) -> None:
    left = {task for task in tasks if not task.done()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=PATIENCE_S / 2)


async def _disconnect(client: object) -> None:
    await _in_time(attrgetter("close")(client)())
    # Requests that were cut off wait for this before they give up.
    metadata: asyncio.Future[bool] | None = METADATA(client)
    if metadata is not None and not metadata.done():
        metadata.set_result(False)


async def _in_time(closing: Awaitable[None]) -> bool:
    """Return whether `closing` ended within `PATIENCE_S`; what it raises is of no interest.

    It has a task of its own: aiokafka cancels tasks and waits for them, and lets out what that
    raises, which would end whoever waits here as if it had been cancelled itself.
    If not it is cancelled, again and again: each of aiokafka's steps of closing may suppress that,
    and the next would wait for what can no longer happen.
    """
    task = kept(closing)
    try:
        await asyncio.wait({task}, timeout=PATIENCE_S)
        in_time = task.done()
        for _ in range(STEPS):
            task.cancel()
            await asyncio.wait({task}, timeout=PATIENCE_S / 10)
        return in_time
    finally:
        task.cancel()
