"""One lane: taken over in a fixed order, then gather, decide, do, until it fails or is given up."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relay.kafka.aside import Bystanders
from relay.kafka.batches import Packer
from relay.kafka.canary import Canary
from relay.kafka.changelog import INCARNATION, INCARNATION_BYTES, Restored, Restorer
from relay.kafka.clients import Consumer, Fetched, Partition, Producer, partition_of, transactional
from relay.kafka.errors import (
    DeadClientError,
    Environment,
    Refusal,
    SpentEpochError,
    TopicsRefusedError,
    Treatment,
    classify,
)
from relay.kafka.events import (
    BatchLimited,
    Fenced,
    LaneClosed,
    LaneReady,
    ProducerReplaced,
    ReadableLatency,
    RecordsLost,
    Stage,
    Step,
    Stepped,
    TransactionAborted,
    TransactionCommitted,
    Why,
)
from relay.kafka.inbox import Inbox
from relay.kafka.internals import count_breaks, discard_producer
from relay.kafka.kit import LaneKit
from relay.kafka.progress import Progress
from relay.kafka.transaction import Offsets, is_there, transact
from relay.kafka.writer import Writer
from relay.model.outcome import Outcome, Sent
from relay.model.plan import Change, Plan
from relay.model.records import Record
from relay.state import RocksStore, View


@dataclass(slots=True)
class _Tenure:
    """What is had from one take-over to the next. `breaks` counts the connections that failed."""

    producer: Producer
    store: RocksStore
    adopted: bool
    breaks: Callable[[], int]


class Lane:
    """One partition of the sightings with its state, its producer and its transaction.

    `run` is its only task that drives the producer; `offer` is called by the only task that polls.
    """

    def __init__(
        self, number: int, kit: LaneKit, consumer: Consumer, restorer: Restorer, writer: Writer
    ) -> None:
        self.number = number
        self.ready = False
        self._kit = kit
        self._consumer = consumer
        self._restorer = restorer
        self.partition = partition_of(kit.topics.sightings, number)
        self._inbox = Inbox(kit.settings)
        self._bystanders = Bystanders(number, kit, writer)
        self._canary = (
            None
            if kit.canary is None
            else Canary(number, kit, kit.canary, lambda: self._bystanders.topics)
        )
        self._limits: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._failures = 0
        self._opened = time.monotonic()
        self._store: RocksStore | None = None
        self.progress = Progress(0)
        self._since = 0

    def clock(self) -> int:
        """Return the append time (ms) up to which all is decided; at first, that of take-over."""
        return self.progress.at or self._since

    def size(self) -> int:
        """Return the bytes that the lane's state takes on disk, 0 while it is not ready."""
        return self._store.size() if self.ready and self._store is not None else 0

    def told(self) -> dict[Partition, int]:
        """Return where the last alert ends that was told here, by partition; 0: none was.

        What a former owner told is not known; the ends of logs are no help, since markers and what
        was aborted stand behind the last alert.
        """
        topics = self._kit.alerts
        return {partition_of(topic, self.number): self._told.get(topic, 0) for topic in topics}

    def offer(self, fetched: Sequence[Fetched]) -> None:
        """Take what was read, unless the lane is not ready: then it will be read again."""
        if not self.ready or not fetched:
            return
        self.progress.at = self.progress.at or fetched[0].timestamp
        if self._inbox.add(fetched):
            self._consumer.pause(self.partition)

    def close(self) -> None:
        """Begin no more transactions; `run` returns when the running one has ended."""
        self._inbox.close()

    def lost(self) -> None:
        """Open anew: what was to be read next is no longer in the log."""
        self._inbox.fail()

    async def run(self) -> None:
        """Own the lane until it is closed. Raises only what no new attempt can mend."""
        async with asyncio.TaskGroup() as group:
            bystanding = group.create_task(self._bystanders.run())
            if self._canary is not None:
                group.create_task(self._canary.run())
            try:
                while not self._inbox.closed:
                    await self._own()
                    await self._inbox.pause(self._backoff())
            finally:
                bystanding.cancel()
                if self._canary is not None:
                    self._canary.close()
                self._kit.observe(LaneClosed(self.number))

    async def _own(self) -> None:
        """Take the lane over and work until something fails: whatever it was, nothing is kept."""
        self._opened, settings = time.monotonic(), self._kit.settings
        name = self._kit.kafka.transactional_id(self.number)
        producer = transactional(
            self._kit.kafka, name, settings.transaction_timeout_ms, settings.batch_bytes
        )
        breaks = count_breaks(producer)
        store: RocksStore | None = None
        try:
            committed = await self._fence(producer)
            restored = await self._restorer.restore(self.number)
            self._store = store = restored.store
            await self._begin(committed, restored)
            await self._work(_Tenure(producer, store, restored.adopted, breaks))
        except Environment as error:
            self._note(error)
        finally:
            self.ready = False
            self._hold()
            # First, since what awaits may be cancelled: the next tenure could not open it.
            if store is not None:
                store.close()
            await discard_producer(producer)

    async def _fence(self, producer: Producer) -> int | None:
        """Fence the former owner, which ends its transaction; only then is the offset final."""
        async with asyncio.timeout(self._kit.settings.take_over_ms / 1_000):
            await producer.start()
            await producer.client.set_topics([*self._kit.alerts, self._kit.topics.state])
            return await self._consumer.committed(self.partition)

    async def _begin(self, committed: int | None, restored: Restored) -> None:
        for member in self._kit.asides(View(restored.store)):
            self._bystanders.remember(member)
        offset = await self._first(committed)
        if self.partition not in self._consumer.assignment():
            raise DeadClientError("the lane was given to another while it was taken over")
        self._inbox.begin(offset)
        self.progress, self._since = Progress(offset), time.time_ns() // 1_000_000
        self._consumer.seek(self.partition, offset)
        self._consumer.resume(self.partition)
        self.ready = True
        seconds = time.monotonic() - self._opened
        self._kit.observe(LaneReady(self.number, restored.records, seconds))

    async def _first(self, committed: int | None) -> int:
        """Return the committed offset, or the start of the log if that offset is not in it.

        What retention has taken is lost whatever is done; a lane that stood still would lose more.
        """
        start = (await self._consumer.beginning_offsets([self.partition]))[self.partition]
        end = (await self._consumer.end_offsets([self.partition]))[self.partition]
        if committed is None or start <= committed <= end:
            return start if committed is None else committed
        topic = self._kit.topics.sightings
        self._kit.observe(RecordsLost(topic, self.number, min(committed, start), start))
        return start

    async def _work(self, tenure: "_Tenure") -> None:
        while self.ready and (records := await self._inbox.cut()):
            plan = await self._decide(records, View(tenure.store))
            self._step(Step.DECIDED)
            await self._leave_out_missing(tenure.producer, plan)
            await self._do(tenure, plan, records)
            if self._inbox.is_low():
                self._consumer.resume(self.partition)

    async def _decide(self, records: Sequence[Record], view: View) -> Plan:
        """Decide slice by slice, so that heartbeats and the other lanes have their turn."""
        size = self._kit.settings.slice
        plans: list[Plan] = []
        for start in range(0, len(records), size):
            if plans:
                await asyncio.sleep(0)
            plans.append(self._kit.correlate(records[start : start + size], view))
        outgoing = tuple(written for plan in plans for written in plan.outgoing)
        outcomes = tuple(outcome for plan in plans for outcome in plan.outcomes)
        return Plan(outgoing, plans[-1].changes, outcomes)

    async def _do(self, tenure: "_Tenure", plan: Plan, records: Sequence[Record]) -> None:
        """Commit the plan, and only then let the store have it."""
        begun = b"" if tenure.adopted else os.urandom(INCARNATION_BYTES)
        packer = self._packed(tenure, plan, records[-1].at, begun)
        offset = records[-1].position.offset + 1
        offsets = Offsets(self.partition, offset, self._kit.kafka.correlate_group)
        breaks, began = tenure.breaks(), time.monotonic()
        waves = packer.waves()
        sent = await transact(tenure.producer, waves, offsets, self._kit.settings, self._step)
        seconds = time.monotonic() - began
        if begun:
            tenure.store.adopt(begun)
            tenure.adopted = True
        state = [(p, w) for p, w in sent if p.topic == self._kit.topics.state]
        reached = max((w.offset + p.batch.record_count() for p, w in state), default=None)
        tenure.store.apply(plan.changes, reached)
        self._told |= {p.topic: w.offset + p.batch.record_count() for p, w in sent}
        self._step(Step.MERGED)
        self._inbox.committed(seconds)
        if self._canary is not None:
            self._canary.passed(self.progress.at, records[-1].at)
        self.progress.reach(offset, records[-1].at)
        self._failures = 0
        committed = TransactionCommitted(self.number, len(records), packer.records, seconds)
        self._tell(committed, plan.outcomes)
        if tenure.breaks() != breaks:
            # aiokafka sends again what a broken connection has carried. Were the first copy to
            # arrive late, it would end or change a later transaction; a new epoch refuses it.
            raise SpentEpochError("a connection broke during the transaction")

    def _packed(self, tenure: "_Tenure", plan: Plan, at: int, begun: bytes) -> Packer:
        packer = Packer(tenure.producer.create_batch, self._limits)
        state = self._kit.topics.state
        if begun:
            packer.changes(state, self.number, at, [Change(INCARNATION, begun)])
        packer.changes(state, self.number, at, plan.changes)
        for outgoing in plan.outgoing:
            packer.outgoing(outgoing, self.number, self._bystanders.topics)
        return packer

    def _tell(self, committed: TransactionCommitted, outcomes: Sequence[Outcome]) -> None:
        self._kit.observe(committed)
        now = time.time_ns() / 1_000_000
        for outcome in outcomes:
            self._kit.observe(outcome)
            if isinstance(outcome, Sent) and outcome.source_at is not None:
                late = max(0.0, now - outcome.source_at) / 1_000
                self._kit.observe(ReadableLatency(self.number, late))

    async def _leave_out_missing(self, producer: Producer, plan: Plan) -> None:
        """Set aside members whose topic is not there, before it can spoil the transaction."""
        topics = {topic for outgoing in plan.outgoing for topic in outgoing.topics}
        topics -= self._bystanders.topics
        cluster = producer.client.cluster
        if all(is_there(cluster, topic, self.number) for topic in topics):
            return
        async with asyncio.timeout(self._kit.kafka.request_timeout_ms / 1_000):
            await producer.client.set_topics(
                topics.union(self._kit.alerts, [self._kit.topics.state])
            )
            await producer.client.force_metadata_update()
        for topic in sorted(topics):
            if not is_there(cluster, topic, self.number):
                hidden = topic in cluster.unauthorized_topics
                self._shun(topic, Refusal(Why.FORBIDDEN if hidden else Why.MISSING))

    def _note(self, error: BaseException) -> None:
        treatment, why = classify(error)
        if treatment is Treatment.FATAL:
            raise error
        self._failures += 1
        if isinstance(error, TopicsRefusedError):
            for topic, refusal in sorted(error.topics.items(), key=lambda item: item[0]):
                self._avoid(topic, refusal)
                why = refusal.why
        if why is Why.STORE:
            self._restorer.distrust(self.number)
        if why is Why.FENCED:
            self._kit.observe(Fenced(self.number))
        if isinstance(error, SpentEpochError):
            self._kit.observe(ProducerReplaced(Stage.CORRELATE, why, repr(error)))
        else:
            self._kit.observe(TransactionAborted(self.number, why, repr(error)))

    def _avoid(self, topic: str, refusal: Refusal) -> None:
        """Send smaller batches to a topic that refused a large one; else leave it out."""
        if refusal.why is Why.OVERSIZED and refusal.records > 1:
            self._limits[topic] = refusal.size // 2
            self._kit.observe(BatchLimited(self.number, topic, refusal.size // 2))
            return
        self._shun(topic, refusal)

    def _shun(self, topic: str, refusal: Refusal) -> None:
        self._told.pop(topic, None)  # it may come back as another topic, with other offsets
        self._bystanders.shun(topic, refusal.why, refusal.largest)

    def _hold(self) -> None:
        self._inbox.drop()
        if self.partition in self._consumer.assignment():
            self._consumer.pause(self.partition)

    def _backoff(self) -> float:
        """Seconds until the lane is opened again: at once after a first failure."""
        if self._failures < 2:
            return 0.0
        settings = self._kit.settings
        doubled = settings.backoff_ms << min(self._failures - 2, 10)
        return min(doubled, settings.backoff_most_ms) / 1_000

    def _step(self, step: Step) -> None:
        self._kit.observe(Stepped(self.number, step))
