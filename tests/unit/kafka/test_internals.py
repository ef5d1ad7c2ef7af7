import asyncio
import contextlib
from collections.abc import Callable, Coroutine

import pytest
from aiokafka.consumer.group_coordinator import NoGroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.producer.message_accumulator import DefaultRecordBatchBuilder, MessageBatch
from aiokafka.record._crecords import default_records

from relay.kafka import clients, internals
from relay.kafka.config import KafkaSettings

NOWHERE = KafkaSettings(("127.0.0.1:1",), request_timeout_ms=200)


def test_the_private_parts_are_there() -> None:
    """Aiokafka still has every private attribute the shell relies on."""

    async def look() -> None:
        producer = clients.transactional(NOWHERE, "id", 1_000, 1_000)
        consumer = clients.grouped(NOWHERE, "group", "none")
        for part in (internals.SENDER, internals.TRANSACTIONS):
            part(producer)
        internals.ENDING(internals.TRANSACTIONS(producer))
        assert internals.BATCHES(internals.ACCUMULATOR(producer)) == {}
        for part in (internals.FETCHER, internals.COORDINATOR, internals.NETWORK):
            part(consumer)
        internals.METADATA(internals.NETWORK(consumer))
        internals.screen_fetches(consumer, lambda batches, _: batches)
        batch = MessageBatch(None, None, 1, 0)
        assert not internals.DRAINED(batch).done()
        await internals.discard_producer(producer)
        await internals.discard_consumer(consumer)

    asyncio.run(look())


def test_a_client_that_was_never_started_is_dead_and_can_be_discarded() -> None:
    """Discarding is bounded and quiet whatever state a client is in."""

    async def discard() -> tuple[bool, bool]:
        producer = clients.ordered(NOWHERE, 1_000)
        consumer = clients.reading(NOWHERE)
        states = internals.sender_is_dead(producer), internals.reader_is_dead(consumer)
        async with asyncio.timeout(5):
            await internals.discard_producer(producer)
            await internals.discard_consumer(consumer)
        return states

    assert asyncio.run(discard()) == (True, False)


async def stubborn() -> None:
    """Close as aiokafka does: a cancellation is suppressed, and the next step waits on."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def cancelled() -> None:
    """Close as aiokafka does: a task of its own is cancelled, and its end is what is raised."""
    heartbeat = asyncio.ensure_future(asyncio.Event().wait())
    heartbeat.cancel()
    await heartbeat


@pytest.mark.parametrize("closing", [stubborn, cancelled])
def test_a_client_that_is_thrown_away_cannot_hold_or_end_its_owner(
    closing: Callable[[], Coroutine[None, None, None]],
) -> None:
    """Discarding is bounded, and aiokafka's cancelling itself does not cancel who discards."""

    async def discard() -> tuple[bool, bool]:
        consumer = clients.reading(NOWHERE)
        object.__setattr__(consumer, "stop", closing)
        owner = asyncio.ensure_future(internals.discard_consumer(consumer))
        await asyncio.wait({owner}, timeout=9)
        object.__delattr__(consumer, "stop")
        await internals.discard_consumer(consumer)
        return owner.done(), owner.cancelled()

    assert asyncio.run(discard()) == (True, False)


def test_batches_are_encoded_by_the_compiled_extension() -> None:
    """The pure Python fall-back is many times slower and would pass unnoticed."""
    assert DefaultRecordBatchBuilder is default_records.DefaultRecordBatchBuilder


def test_two_groups_of_a_process_do_not_share_what_they_own() -> None:
    """Aiokafka remembers an assignment on the assignor's class."""
    one, two = clients.sticky(), clients.sticky()
    one.member_assignment = ["a"]

    assert two.member_assignment is None


def test_a_reader_without_a_group_that_does_not_stop_is_ended() -> None:
    """It has another coordinator than one with a group has, whose task is to end as well."""

    async def discard() -> tuple[bool, bool]:
        consumer = clients.reading(NOWHERE)
        coordinator = NoGroupCoordinator(internals.NETWORK(consumer), SubscriptionState())
        object.__setattr__(consumer, "_coordinator", coordinator)
        object.__setattr__(consumer, "stop", stubborn)
        lives = not internals.reader_is_dead(consumer)
        await internals.discard_consumer(consumer)
        ended = internals.reader_is_dead(consumer)
        object.__delattr__(consumer, "stop")
        await internals.discard_consumer(consumer)
        return lives, ended

    assert asyncio.run(discard()) == (True, True)
