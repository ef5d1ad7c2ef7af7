"""The correlate stage of one process: its share of the lanes, by consumer group."""

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from relay.kafka.changelog import Restorer
from relay.kafka.clients import Consumer, Partition, grouped
from relay.kafka.errors import Environment, Treatment, classify, leaves
from relay.kafka.events import Assigned, ClientRecycled, Lag, LaneStands, Polled, Stage
from relay.kafka.internals import discard_consumer
from relay.kafka.kit import LaneKit
from relay.kafka.lane import Lane
from relay.kafka.watch import Patience, watch
from relay.kafka.writer import Writer
from relay.state import RocksDisk

LOOK_S = 1.0
"""How often the watchdog looks and lag is told."""


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness is made of. `joined`: the group has said what is ours, be it nothing.

    `idle` is the seconds since the last poll returned.
    """

    joined: bool
    owned: int
    ready: int
    idle: float


class CorrelateWorker:
    """Owns the lanes that the group gives it; takes part until told to stop."""

    def __init__(self, kit: LaneKit, state: Path) -> None:
        self._kit = kit
        self._state = state
        self.joined = False
        self._lanes: dict[Partition, Lane] = {}
        self._tasks: dict[Partition, set[asyncio.Task[None]]] = {}
        self._office: tuple[Restorer, Writer] | None = None
        self._patience = Patience(kit.kafka.stuck_ms / 1_000)

    def health(self) -> Health:
        """Return how the worker is now."""
        lanes = self._lanes.values()
        ready = sum(lane.ready for lane in lanes)
        return Health(self.joined, len(lanes), ready, self._patience.idle())

    def told(self) -> dict[Partition, int]:
        """Return where the last alert of each partition of our lanes ends, as far as we told it."""
        ready = (lane for lane in self._lanes.values() if lane.ready)
        return {place: end for lane in ready for place, end in lane.told().items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then end the running transactions and leave the group.

        Raises what no new client can mend, and bugs. Outages it outlives.
        """
        kafka, settings = self._kit.kafka, self._kit.settings
        disk = RocksDisk(self._state, lambda: time.time_ns() // 1_000_000)
        writer = Writer(kafka, settings.batch_bytes, Stage.CORRELATE, self._kit.observe)
        restorer = Restorer(self._kit, disk)
        try:
            while not stop.is_set():
                self._office = restorer, writer
                await self._take_part(stop)
        finally:
            await writer.close()
            disk.close()

    async def _take_part(self, stop: asyncio.Event) -> None:
        kafka = self._kit.kafka
        consumer = grouped(kafka, kafka.correlate_group, reset="none")
        self._patience.renew()
        try:
            async with asyncio.TaskGroup() as tasks:
                listener = _Assignments(self, consumer, tasks)
                consumer.subscribe([self._kit.topics.sightings], listener=listener)
                await consumer.start()
                polling = tasks.create_task(self._poll(consumer))
                watching = tasks.create_task(self._watch(consumer))
                try:
                    await stop.wait()
                finally:
                    self._office = None  # a rebalance that comes now gives nothing
                await self.give_up()
                polling.cancel()
                watching.cancel()
        except* Environment as errors:
            await self._note(errors)
        finally:
            self.joined = False
            self.assigned(None)
            self._lanes.clear()
            self._tasks.clear()
            await discard_consumer(consumer)

    async def _note(self, errors: ExceptionGroup) -> None:
        for error in leaves(errors):
            treatment, why = classify(error)
            if treatment is Treatment.FATAL:
                raise error
            self._kit.observe(ClientRecycled(Stage.CORRELATE, why, repr(error)))
        await asyncio.sleep(self._kit.settings.backoff_ms / 1_000)

    async def _poll(self, consumer: Consumer) -> None:
        """The only caller of getmany, which waits without bound while the group is rebalanced."""
        while True:
            try:
                fetched = await consumer.getmany(timeout_ms=self._kit.kafka.poll_ms)
            except NoOffsetForPartitionError:
                continue  # a lane that is not ready has no position; it will seek
            except OffsetOutOfRangeError as error:
                for lane in self._of(error.args[0]):
                    lane.lost()
                continue
            self._patience.renew()
            for lane in self._of(fetched):
                lane.offer(fetched[lane.partition])

    def _of(self, partitions: Iterable[Partition]) -> list[Lane]:
        return [lane for p in partitions if (lane := self._lanes.get(p)) is not None]

    async def _watch(self, consumer: Consumer) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._kit.observe(Polled(Stage.CORRELATE, time.time() - self._patience.idle()))
            reading = [p for p, lane in self._lanes.items() if lane.ready]
            watch(consumer, reading, self._patience)
            for partition in reading:
                self._tell(self._lanes[partition], consumer.highwater(partition))

    def _tell(self, lane: Lane, end: int | None) -> None:
        observe, place = self._kit.observe, lane.partition
        if end is not None:
            lag = lane.progress.lag(end, time.time_ns() // 1_000_000)
            observe(Lag(Stage.CORRELATE, place.topic, place.partition, *lag))
        observe(LaneStands(lane.number, lane.clock(), lane.size()))

    def own(self, partition: Partition, consumer: Consumer, tasks: asyncio.TaskGroup) -> None:
        """Work on a lane from when its former tasks here have ended: they may hold its store."""
        if self._office is None:
            return
        lane = Lane(partition.partition, self._kit, consumer, *self._office)
        former = {task for task in self._tasks.get(partition, ()) if not task.done()}
        self._lanes[partition] = lane
        self._tasks[partition] = {*former, tasks.create_task(_after(former, lane))}

    def assigned(self, lanes: int | None) -> None:
        """Tell how many lanes the group gave; None while it is deciding."""
        self._kit.observe(Assigned(Stage.CORRELATE, lanes))

    async def give_up(self) -> None:
        """Let the running transactions end, for a third of the rebalance time-out; then cut."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()
        working = (task for tasks in self._tasks.values() for task in tasks)
        running = {task for task in working if not task.done()}
        if running:
            bound = self._kit.kafka.rebalance_timeout_ms / 3_000
            _, late = await asyncio.wait(running, timeout=bound)
            for task in late:
                task.cancel()


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka declares no types
    """What the group gives and takes. Nothing here waits for the task that polls."""

    def __init__(
        self, worker: CorrelateWorker, consumer: Consumer, tasks: asyncio.TaskGroup
    ) -> None:
        self._worker = worker
        self._consumer = consumer
        self._tasks = tasks

    async def on_partitions_revoked(self, _revoked: Collection[Partition]) -> None:
        """End all lanes: aiokafka's rebalances take everything away before they give."""
        self._worker.joined = False
        self._worker.assigned(None)
        await self._worker.give_up()

    def on_partitions_assigned(self, assigned: Collection[Partition]) -> None:
        """Take the lanes over, each in its own task: errors raised here would be swallowed."""
        self._consumer.pause(*assigned)
        for partition in assigned:
            self._worker.own(partition, self._consumer, self._tasks)
        self._worker.joined = True
        self._worker.assigned(len(assigned))


async def _after(former: "Collection[asyncio.Task[None]]", lane: Lane) -> None:
    if former:
        await asyncio.wait(former)
    await lane.run()
