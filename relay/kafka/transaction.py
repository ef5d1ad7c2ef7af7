"""One transaction of a lane: enqueue, see every part of it accepted, and only then commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relay.kafka.batches import Parcel
from relay.kafka.clients import Cluster, Partition, Producer, Written
from relay.kafka.config import LaneSettings
from relay.kafka.errors import (
    DeadClientError,
    Refusal,
    TopicsRefusedError,
    Treatment,
    classify,
)
from relay.kafka.events import Step, Why
from relay.kafka.internals import kept, registering, sender_is_dead


@dataclass(frozen=True, slots=True)
class Offsets:
    """The input offset (exclusive) that the transaction commits for a group."""

    partition: Partition
    offset: int
    group: str


async def transact(
    producer: Producer,
    waves: Sequence[Sequence[Parcel]],
    offsets: Offsets,
    settings: LaneSettings,
    announce: Callable[[Step], None],
) -> list[tuple[Parcel, Written]]:
    """Write `waves` and commit `offsets`, all or nothing; return where each batch was written.

    Raises TopicsRefusedError if it was for certain topics, else another error of `Environment`.
    After any error the outcome is unknown and the producer of no further use.
    """
    if sender_is_dead(producer):
        raise DeadClientError("the sender has ended")
    async with asyncio.timeout(settings.commit_ms / 1_000):
        await producer.begin_transaction()
        announce(Step.BEGUN)
        sent, committing = await _enqueue(producer, waves, offsets)
        announce(Step.ENQUEUED)
        try:
            await _settle(producer, sent, committing, settings.glance_ms / 1_000)
        finally:
            committing.cancel()
        announce(Step.SETTLED)
        await producer.commit_transaction()
        announce(Step.COMMITTED)
    return [(parcel, future.result()) for parcel, future in sent]


async def rehearse(
    producer: Producer, parcels: Sequence[Parcel], glance: float, *, commit: bool
) -> None:
    """Write `parcels`, one a partition, in a transaction that touches nothing else.

    When every one is accepted it is committed, or else aborted: then no reader of committed records
    ever sees them. The caller bounds the time. Raises as `transact` does, and with the same
    consequence.
    """
    if sender_is_dead(producer):
        raise DeadClientError("the sender has ended")
    await producer.begin_transaction()
    refused = registering(producer)
    sent = [(parcel, await _send(producer, parcel)) for parcel in parcels]
    accepted = kept(asyncio.gather(*(future for _, future in sent)))
    watched: set[asyncio.Future[None] | asyncio.Future[list[Written]]] = {refused, accepted}
    while not accepted.done():
        done, _ = await asyncio.wait(watched, timeout=glance, return_when=asyncio.FIRST_COMPLETED)
        if refused.done():
            _refuse(sent, refused)
        if not done:
            await producer.client.force_metadata_update()
            _refuse_missing(producer.client.cluster, sent)
    if accepted.exception():
        _refuse(sent, refused)
    await (producer.commit_transaction() if commit else producer.abort_transaction())


Sent = list[tuple[Parcel, "asyncio.Future[Written]"]]


async def _enqueue(
    producer: Producer, waves: Sequence[Sequence[Parcel]], offsets: Offsets
) -> tuple[Sent, "asyncio.Future[None]"]:
    """Hand everything to the sender.

    Between the batches of the first wave nothing waits, so that all partitions are registered with
    the transaction in one request. The offsets follow it.
    """
    sent: Sent = []
    for wave in waves[:1]:
        sent += [(parcel, await _send(producer, parcel)) for parcel in wave]
    written = {offsets.partition: offsets.offset}
    committing = kept(producer.send_offsets_to_transaction(written, offsets.group))
    try:
        for wave in waves[1:]:
            sent += [(parcel, await _send(producer, parcel)) for parcel in wave]
    except BaseException:
        committing.cancel()
        raise
    return sent, committing


async def _send(producer: Producer, parcel: Parcel) -> "asyncio.Future[Written]":
    return kept(await producer.send_batch(parcel.batch, parcel.topic, partition=parcel.partition))


async def _settle(
    producer: Producer, sent: Sent, committing: "asyncio.Future[None]", glance: float
) -> None:
    """Wait until every batch and the offsets are accepted; raise for the first that is not.

    aiokafka asks again for ever to add a topic that has been deleted, so a transaction that takes
    long looks at the metadata.
    """
    waiting: set[asyncio.Future[Written] | asyncio.Future[None]] = {f for _, f in sent}
    waiting.add(committing)
    while waiting:
        done, waiting = await asyncio.wait(
            waiting, timeout=glance, return_when=asyncio.FIRST_EXCEPTION
        )
        if any(future.exception() for future in done):
            _refuse(sent, committing)
        if not done:
            await producer.client.force_metadata_update()
            _refuse_missing(producer.client.cluster, sent)


def _refuse(sent: Sent, committing: "asyncio.Future[None]") -> None:
    """Raise for what has failed: naming the topics if it was theirs."""
    failed = [(parcel, error) for parcel, future in sent if (error := _error(future))]
    refused = {parcel.topic: _refusal(parcel, error) for parcel, error in failed if _its_own(error)}
    unregistered = _error(committing)
    if unregistered is not None:
        refused = _named(unregistered) | refused
    if refused:
        raise TopicsRefusedError(refused)
    raise unregistered or failed[0][1]


def _error(future: "asyncio.Future[Written] | asyncio.Future[None]") -> BaseException | None:
    return future.exception() if future.done() and not future.cancelled() else None


def _its_own(error: BaseException) -> bool:
    return classify(error)[0] is Treatment.TOPIC


def _refusal(parcel: Parcel, error: BaseException) -> Refusal:
    batch = parcel.batch
    return Refusal(classify(error)[1], batch.record_count(), batch.size(), parcel.largest)


def _named(error: BaseException) -> dict[str, Refusal]:
    """Return the topics that an error about registering partitions names."""
    names = error.args[0] if _its_own(error) and error.args else ()
    refusal = Refusal(classify(error)[1])
    return dict.fromkeys(names, refusal) if isinstance(names, set) else {}


def _refuse_missing(cluster: Cluster, sent: Sent) -> None:
    missing = {p.topic for p, _ in sent if not is_there(cluster, p.topic, p.partition)}
    if missing:
        raise TopicsRefusedError(dict.fromkeys(missing, Refusal(Why.MISSING)))


def is_there(cluster: Cluster, topic: str, partition: int) -> bool:
    """Whether the topic partition is in the cached metadata."""
    return partition in (cluster.partitions_for_topic(topic) or ())
