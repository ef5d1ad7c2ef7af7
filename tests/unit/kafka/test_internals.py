import asyncio

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


def test_a_consumer_whose_end_is_cancelled_cancels_nobody_else() -> None:
    """A stop that ends as cancelled, as some do when connections break, is no reason to end too."""

    async def stop() -> None:
        raise asyncio.CancelledError

    async def discard() -> str:
        consumer = clients.reading(NOWHERE)
        end = consumer.stop
        object.__setattr__(consumer, "stop", stop)
        await internals.discard_consumer(consumer)
        await end()
        return "goes on"

    assert asyncio.run(discard()) == "goes on"


def test_batches_are_encoded_by_the_compiled_extension() -> None:
    """The pure Python fall-back is many times slower and would pass unnoticed."""
    assert DefaultRecordBatchBuilder is default_records.DefaultRecordBatchBuilder


def test_two_groups_of_a_process_do_not_share_what_they_own() -> None:
    """Aiokafka remembers an assignment on the assignor's class."""
    one, two = clients.sticky(), clients.sticky()
    one.member_assignment = ["a"]

    assert two.member_assignment is None
