import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from relay.broker import Cluster
from relay.kafka.config import IngestSettings
from relay.kafka.events import Assigned, Lag, LaneStands, Stage
from tests.broker.toy import Toy, on_a_loop, read, until

pytestmark = pytest.mark.broker

QUIET = IngestSettings(tick_ms=3_600_000)


async def reported(toy: Toy, name: str, *, kept: bool) -> None:
    """Write two detections of a member that uses transactions, and end the transaction."""
    producer = AIOKafkaProducer(bootstrap_servers=toy.bootstrap, transactional_id=name)
    await producer.start()
    try:
        await producer.begin_transaction()
        for _ in range(2):
            await producer.send_and_wait(toy.topics.detections + "ee", b"x", b"k", partition=0)
        await (producer.commit_transaction() if kept else producer.abort_transaction())
    finally:
        await producer.stop()


@on_a_loop
async def test_a_member_that_uses_transactions_is_not_behind_for_ever(
    kafka: Cluster, prefix: str
) -> None:
    """Markers and aborted records at the end of a topic are nothing that is left to decide."""
    toy = Toy(kafka.bootstrap, prefix, members=("ee",))
    await toy.provision()
    await toy.create([NewTopic(toy.topics.detections + "ee", 1, 1)])
    async with toy.ingesting(QUIET):
        await reported(toy, f"{prefix}kept", kept=True)
        values = await read(toy.bootstrap, toy.topics.sightings, 2, 30)
        await reported(toy, f"{prefix}aborted", kept=False)
        seen = len(toy.of(Lag))
        await until(lambda: [lag.records for lag in toy.of(Lag)[seen:]][-2:] == [0, 0])

    assert len(values) == 2
    assert toy.of(Lag)[-1].seconds == 0


@on_a_loop
async def test_what_the_group_gives_and_takes_is_told(kafka: Cluster, prefix: str) -> None:
    """A stage tells how much is its own when the group has decided, and that it has left."""
    toy = Toy(kafka.bootstrap, prefix, members=("ee",))
    await toy.provision()
    await toy.create([NewTopic(toy.topics.detections + "ee", 3, 1)])
    async with toy.ingesting(QUIET):
        await until(lambda: any(given.partitions for given in toy.of(Assigned)))

    told = [given.partitions for given in toy.of(Assigned) if given.stage is Stage.INGEST]
    assert 3 in told
    assert told[-1] is None
    assert not toy.of(LaneStands)
