"""The ingest stage of one process: its share of the members' topics, by consumer group.

At least once, without transactions: what is written twice after a failure carries its source offset
and is dropped by the lane that has had it. Offsets are committed behind what is acknowledged.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    RebalanceInProgressError,
    TopicAuthorizationFailedError,
)

from relay.kafka.clients import Consumer, Fetched, Partition, grouped, partition_of
from relay.kafka.config import IngestSettings, KafkaSettings, Topics
from relay.kafka.correlate import Health
from relay.kafka.courtesy import Courtesy
from relay.kafka.errors import Environment, Treatment, classify, leaves
from relay.kafka.events import (
    Assigned,
    BatchDropped,
    ClientRecycled,
    Lag,
    Observe,
    Polled,
    SourceForbidden,
    SourceMissing,
    Stage,
)
from relay.kafka.internals import discard_consumer, position_now, screen_fetches, unseen_topics
from relay.kafka.progress import Progress
from relay.kafka.sieve import opened, sift
from relay.kafka.watch import Patience, watch
from relay.kafka.writer import Writer
from relay.model.plan import Plan
from relay.model.records import Outgoing, Read

LOOK_S = 1.0
"""How often the watchdog looks and lag is told."""


@dataclass(frozen=True, slots=True)
class IngestKit:
    """The settings and callables of the ingest stage. `sources` are the members' topics."""

    kafka: KafkaSettings
    settings: IngestSettings
    topics: Topics
    sources: tuple[str, ...]
    ingest: Callable[[Sequence[Read]], Plan]
    tick: Callable[[], Outgoing]
    observe: Observe


class IngestWorker:
    """Gather, decide, do, for the topics the group gives it; takes part until told to stop."""

    def __init__(self, kit: IngestKit) -> None:
        self._kit = kit
        self._patience = Patience(kit.kafka.stuck_ms / 1_000)
        self._generation = 0
        self._acknowledged: dict[Partition, int] = {}
        self._progress: dict[Partition, Progress] = {}
        self._in_hand = False
        self._forbidden: dict[str, float] = {}
        self._missing: frozenset[str] = frozenset()
        self._news = asyncio.Event()
        self._written_at = dict.fromkeys(range(kit.settings.lanes), 0.0)
        self._assigned: Collection[Partition] = ()
        self._joined = False

    def health(self) -> Health:
        """Return how the worker is now; what it owns is always ready."""
        owned = len(self._assigned)
        return Health(self._joined, owned, owned, self._patience.idle())

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is in hand is finished and committed.

        Raises what no new client can mend, and bugs. Outages it outlives.
        """
        kit = self._kit
        writer = Writer(kit.kafka, kit.settings.batch_bytes, Stage.INGEST, kit.observe)
        courtesy = Courtesy(kit.kafka, kit.settings, kit.observe)
        try:
            while not stop.is_set():
                await self._take_part(stop, writer, courtesy)
        finally:
            await writer.close()
            await courtesy.close()

    async def _take_part(self, stop: asyncio.Event, writer: Writer, courtesy: Courtesy) -> None:
        kafka = self._kit.kafka
        consumer = grouped(kafka, kafka.ingest_group, reset="earliest")
        screen_fetches(consumer, sift)
        self._patience.renew()
        try:
            async with asyncio.TaskGroup() as tasks:
                await consumer.start()
                # Not before: a start waits for all its topics, a subscription for those there are.
                consumer.subscribe(self._kit.sources, listener=_Assignments(self))
                others = [
                    tasks.create_task(self._commit(consumer)),
                    tasks.create_task(self._tick(writer)),
                    tasks.create_task(self._watch(consumer)),
                ]
                polling = tasks.create_task(self._work(consumer, writer, courtesy, stop))
                stopping = tasks.create_task(stop.wait())
                await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
                # A poll may wait for a rebalance without bound; a batch in hand has a bound.
                await asyncio.wait({polling}, timeout=kafka.request_timeout_ms / 1_000)
                for task in (polling, *others):
                    task.cancel()
            await self._commit_now(consumer)
        except* Environment as errors:
            await self._note(errors)
        finally:
            self.given(None)
            await discard_consumer(consumer)

    def given(self, partitions: Collection[Partition] | None) -> None:
        """Begin a new generation: what was read before it is neither sent on nor committed.

        None: the group has not said yet what is ours.
        """
        self._generation += 1
        self._joined = partitions is not None
        self._assigned = partitions or ()
        self._forbidden.clear()
        self._acknowledged.clear()
        self._progress.clear()
        owned = len(partitions) if partitions is not None else None
        self._kit.observe(Assigned(Stage.INGEST, owned))

    async def _note(self, errors: ExceptionGroup) -> None:
        for error in leaves(errors):
            treatment, why = classify(error)
            if treatment is Treatment.FATAL:
                raise error
            self._kit.observe(ClientRecycled(Stage.INGEST, why, repr(error)))
        await asyncio.sleep(self._kit.settings.backoff_ms / 1_000)

    async def _work(
        self, consumer: Consumer, writer: Writer, courtesy: Courtesy, stop: asyncio.Event
    ) -> None:
        """Gather, decide, do. The smallest partitions first: who floods waits for itself."""
        while not stop.is_set():
            self._in_hand = False
            fetched = await self._poll(consumer)
            self._patience.renew()
            self._take(fetched)
            generation = self._generation
            for batch in self._batches(fetched):
                if generation != self._generation:
                    self._kit.observe(BatchDropped(len(batch)))
                elif await self._pass_on(batch, generation, writer, courtesy):
                    self._acknowledge(batch)

    def _take(self, fetched: Mapping[Partition, Sequence[Fetched]]) -> None:
        self._in_hand = True
        for partition, rows in fetched.items():
            if rows and partition not in self._progress:
                self._progress[partition] = Progress(rows[0].offset, rows[0].timestamp)

    def _batches(self, fetched: Mapping[Partition, Sequence[Fetched]]) -> list[Sequence[Fetched]]:
        """Cut a round into batches, in order within each partition.

        The smallest partitions come first, so that a member that floods waits for itself.
        """
        rows = [found for part in sorted(fetched.values(), key=len) for found in part]
        size = self._kit.settings.slice
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    async def _poll(self, consumer: Consumer) -> dict[Partition, list[Fetched]]:
        """Fetch; a topic that may not be read is left alone for a while, and the others go on."""
        try:
            return await consumer.getmany(timeout_ms=self._kit.kafka.poll_ms)
        except TopicAuthorizationFailedError as error:
            topic = str(error.args[0])
            consumer.pause(*(p for p in consumer.assignment() if p.topic == topic))
            self._forbid(topic)
            return {}

    def _forbid(self, topic: str) -> None:
        self._forbidden[topic] = time.monotonic()
        self._kit.observe(SourceForbidden(topic))

    def _forgive(self, consumer: Consumer) -> None:
        """Try again the topics that could not be read some time ago."""
        old = time.monotonic() - self._kit.settings.shun_ms / 1_000
        for topic in [topic for topic, since in self._forbidden.items() if since < old]:
            del self._forbidden[topic]
            consumer.resume(*(p for p in consumer.assignment() if p.topic == topic))

    async def _pass_on(
        self, fetched: Sequence[Fetched], generation: int, writer: Writer, courtesy: Courtesy
    ) -> bool:
        """Send what is decided on until it is written; False if a rebalance was quicker.

        The batch is kept in hand over failures: nothing after it was sent, so that sending it
        again by a new session is the same as reading it again.
        """
        plan = self._kit.ingest([opened(found) for found in fetched])
        sightings = self._kit.topics.sightings
        ordered = [out for out in plan.outgoing if out.topics == (sightings,)]
        attempts = 0
        while ordered and not await writer.attempt(ordered):
            await asyncio.sleep(self._backoff(attempts))
            attempts += 1
            if generation != self._generation:
                return False
        self._note_lanes(ordered)
        await courtesy.write([out for out in plan.outgoing if out.topics != (sightings,)])
        for outcome in plan.outcomes:
            self._kit.observe(outcome)
        return generation == self._generation

    def _note_lanes(self, written: Sequence[Outgoing]) -> None:
        now = time.monotonic()
        for outgoing in written:
            if outgoing.partition is not None:
                self._written_at[outgoing.partition] = now

    def _acknowledge(self, batch: Sequence[Fetched]) -> None:
        last = {partition_of(found.topic, found.partition): found for found in batch}
        for partition, found in last.items():
            self._acknowledged[partition] = found.offset + 1
            self._progress[partition].reach(found.offset + 1, found.timestamp)
        self._news.set()

    def _backoff(self, attempts: int) -> float:
        settings = self._kit.settings
        return min(settings.backoff_ms << min(attempts, 10), settings.backoff_most_ms) / 1_000

    async def _commit(self, consumer: Consumer) -> None:
        """Commit what is acknowledged, one request at a time, beside the loop."""
        while True:
            await self._news.wait()
            await self._commit_now(consumer)
            await asyncio.sleep(self._kit.settings.commit_ms / 1_000)

    async def _commit_now(self, consumer: Consumer) -> None:
        """Commit; a rebalance that comes between leaves it to the next owner to read again."""
        self._news.clear()
        offsets = dict(self._acknowledged)
        if not offsets:
            return
        try:
            async with asyncio.timeout(self._kit.kafka.request_timeout_ms / 1_000):
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError, RebalanceInProgressError):
            return
        for partition, offset in offsets.items():
            if self._acknowledged.get(partition) == offset:
                del self._acknowledged[partition]

    async def _tick(self, writer: Writer) -> None:
        """Move the clock of each lane to which nothing was written for a while."""
        seconds = self._kit.settings.tick_ms / 1_000
        while True:
            await asyncio.sleep(seconds)
            old = time.monotonic() - seconds
            for lane in [lane for lane, at in self._written_at.items() if at < old]:
                await writer.attempt([replace(self._kit.tick(), partition=lane)])

    def _readable(self) -> list[Partition]:
        return [partition for partition in self._assigned if partition.topic not in self._forbidden]

    async def _watch(self, consumer: Consumer) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._kit.observe(Polled(Stage.INGEST, time.time() - self._patience.idle()))
            self._forgive(consumer)
            self._look_for_sources(consumer)
            watch(consumer, self._readable(), self._patience)
            for partition, progress in self._progress.items():
                self._tell_lag(consumer, partition, progress)

    def _look_for_sources(self, consumer: Consumer) -> None:
        """Tell of each source that went missing or came back, and of those we may not see."""
        # Before the group has given, the metadata may be of another time, or of no topic at all.
        unseen = unseen_topics(consumer, self._kit.sources) if self._joined else None
        if unseen is None:
            return
        missing, hidden = unseen
        # The group gives nobody what is hidden, so that no poll is refused.
        for topic in sorted(hidden - self._forbidden.keys()):
            self._forbid(topic)
        for topic in sorted(missing ^ self._missing):
            self._kit.observe(SourceMissing(topic, missing=topic in missing))
        self._missing = missing

    def _tell_lag(self, consumer: Consumer, partition: Partition, progress: Progress) -> None:
        end, position = consumer.highwater(partition), position_now(consumer, partition)
        if position is not None and not self._in_hand:
            progress.skip(position)
        if end is not None:
            lag = progress.lag(end, time.time_ns() // 1_000_000)
            self._kit.observe(Lag(Stage.INGEST, partition.topic, partition.partition, *lag))


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka declares no types
    def __init__(self, worker: IngestWorker) -> None:
        self._worker = worker

    def on_partitions_revoked(self, _revoked: Collection[Partition]) -> None:
        """What is in hand belongs to the next owner."""
        self._worker.given(None)

    def on_partitions_assigned(self, assigned: Collection[Partition]) -> None:
        """Reading begins at the committed offsets."""
        self._worker.given(tuple(assigned))
