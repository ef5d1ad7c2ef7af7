"""The judge: what members can read, against the decisions run in memory over the same log.

Whatever was killed, stopped or cut before, three things must hold, byte for byte:
  - each `alerts.<member>` partition holds what correlate makes of its lane's log, and nothing else
    but signs of life, if the member wants those;
  - each lane's log, without what its marks drop, holds each sighting of the members' topics once;
  - each `relay.state` partition folds to the state in memory, and so does the relay's own restore.
"""

import asyncio
import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

from relay.core.correlate import Rules
from relay.kafka.changelog import INCARNATION, Restorer
from relay.kafka.clients import Fetched
from relay.kafka.correlate import CorrelateWorker
from relay.kafka.internals import screen_fetches
from relay.kafka.sieve import opened, sift
from relay.model.detection import Sighting
from relay.model.records import Outgoing, Read, Record
from relay.pipeline.correlate import correlate
from relay.pipeline.ingest import ingest
from relay.pipeline.topics import ALERTS, DETECTIONS, SIGHTINGS, STATE
from relay.state import MemoryStore, RocksDisk, Stored, View
from relay.wire import canary
from relay.wire.internal import decode_lane_record
from tests.broker.proxy import PATIENCE_S
from tests.broker.victim import Orders, Witness, put_together

BATCH: Final = 97
"""Records decided at a time: another number than any lane's, since it must make no difference."""

COMMITTED: Final = "read_committed"

Headers: TypeAlias = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A record without its place: what is compared. `at` in ms; control records have none."""

    at: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


Lines: TypeAlias = dict[str, list[Line]]


@dataclass(slots=True)
class Verdict:
    """What was found. `differences` is empty when all holds; the counts say that it was no dud."""

    differences: list[str] = field(default_factory=list)
    sightings: int = 0
    repeated: int = 0
    alerts: int = 0

    def compare(self, what: str, found: Sequence[object], wanted: Sequence[object]) -> None:
        """Note where two sequences part."""
        if found == wanted:
            return
        pairs = zip(found, wanted, strict=False)
        place = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(found), len(wanted)))
        self.differences.append(
            f"{what}: {len(found)} found, {len(wanted)} wanted; at {place}: "
            f"{found[place : place + 1]} instead of {wanted[place : place + 1]}"
        )


NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


def judge(orders: Orders, mirrored: Mapping[str, int] = NOTHING) -> Verdict:
    """Judge what is committed now. The relay must not be running.

    `mirrored`: how many lines of `topic:partition` are of another relay; they come first.
    """
    return asyncio.run(_judge(orders, mirrored))


async def _judge(orders: Orders, mirrored: Mapping[str, int]) -> Verdict:
    verdict, bootstrap = Verdict(), orders.bootstrap
    rules = put_together(orders, Witness(())).rules
    sources = [TopicPartition(DETECTIONS + member, 0) for member in orders.members]
    lanes = [TopicPartition(SIGHTINGS, lane) for lane in range(orders.lanes)]
    detections = await read(bootstrap, sources, f"{orders.app}.ingest")
    sent = ingest([record for log in detections.values() for record in log], rules).outgoing
    logs = {
        lane: [record for record in log if isinstance(record, Record)]
        for lane, log in (await read(bootstrap, lanes, f"{orders.app}.correlate")).items()
    }
    told = await _lines(bootstrap, [ALERTS + m for m in orders.members], orders.lanes)
    changelog = await _lines(bootstrap, [STATE], orders.lanes)
    for lane in range(orders.lanes):
        log = logs[TopicPartition(SIGHTINGS, lane)]
        _judge_log(verdict, lane, log, sent)
        store = MemoryStore()
        decided = _decide(log, rules, store)
        for member in orders.members:
            place = f"{ALERTS}{member}:{lane}"
            found = [
                line
                for line in told[place][mirrored.get(place, 0) :]
                if member not in orders.wanting or line.key != canary.KEY
            ]
            verdict.alerts += len(found)
            verdict.compare(place, found, decided[ALERTS + member])
        in_memory = sorted((k, s.value) for k, s in store.entries().items())
        folded = {line.key or b"": line.value for line in changelog[f"{STATE}:{lane}"]}
        folded.pop(INCARNATION, None)
        kept = sorted((k, v) for k, v in folded.items() if v is not None)
        verdict.compare(f"{STATE}:{lane}", kept, in_memory)
        restored = await _restored(orders, lane)
        wanted = sorted(store.entries().items(), key=itemgetter(0))
        verdict.compare(f"restored {lane}", restored, wanted)
    return verdict


def _decide(log: Sequence[Record], rules: Rules, store: MemoryStore) -> dict[str, list[Line]]:
    decided: dict[str, list[Line]] = defaultdict(list)
    for start in range(0, len(log), BATCH):
        plan = correlate(log[start : start + BATCH], View(store), rules)
        store.apply(plan.changes, None)
        for out in plan.outgoing:
            for topic in out.topics:
                decided[topic].append(Line(out.at, out.key, out.value, out.headers))
    return decided


def _judge_log(
    verdict: Verdict, lane: int, log: Sequence[Record], sent: Iterable[Outgoing]
) -> None:
    """Drop what is at or below its source's mark, by a rule written anew, and compare the rest."""
    marks: dict[tuple[str, int], tuple[int, int]] = {}
    passed: dict[tuple[str, int], list[bytes | None]] = defaultdict(list)
    for record in log:
        said = decode_lane_record(record.value)
        if not isinstance(said, Sighting):
            continue
        verdict.sightings += 1
        source = said.source.topic, said.source.partition
        at = said.source.offset, said.source.index
        if at <= marks.get(source, (-1, -1)):
            verdict.repeated += 1
            continue
        marks[source] = at
        passed[source].append(record.value)
    wanted: dict[tuple[str, int], list[bytes]] = defaultdict(list)
    for out in sent:
        said = decode_lane_record(out.value)
        if isinstance(said, Sighting) and out.partition == lane:
            wanted[said.source.topic, said.source.partition].append(out.value)
    for source in sorted(passed.keys() | wanted.keys()):
        verdict.compare(f"sightings of {source} in lane {lane}", passed[source], wanted[source])


async def read(
    bootstrap: str, partitions: Sequence[TopicPartition], group: str
) -> dict[TopicPartition, list[Read]]:
    """Return what `group` has committed that it read of `partitions`, in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group)
    await consumer.start()
    try:
        ends = {partition: await consumer.committed(partition) or 0 for partition in partitions}
    finally:
        await consumer.stop()
    # As the relay reads: also what somebody's transaction had and did not commit.
    fetched = await fetch(bootstrap, ends, "read_uncommitted", screened=True)
    return {partition: list(map(opened, records)) for partition, records in fetched.items()}


async def _lines(
    bootstrap: str, topics: Sequence[str], partitions: int, isolation: str = COMMITTED
) -> Lines:
    """Return all that a reader sees, of committed records unless said, by `topic:partition`."""
    wanted = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
    fetched = await fetch(bootstrap, dict.fromkeys(wanted), isolation)
    return {
        f"{partition.topic}:{partition.partition}": [
            Line(f.timestamp, f.key, f.value, tuple(f.headers)) for f in records
        ]
        for partition, records in fetched.items()
    }


async def fetch(
    bootstrap: str,
    ends: dict[TopicPartition, int | None],
    isolation: str = COMMITTED,
    *,
    screened: bool = False,
) -> dict[TopicPartition, list[Fetched]]:
    """Read partitions up to the given offsets, or to their last stable ones.

    `screened`: as the relay reads members' topics, which may hold what no client can decode.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=10,
    )
    if screened:
        screen_fetches(consumer, sift)
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            consumer.assign(list(ends))
            stable = await consumer.end_offsets(list(ends))
            known = {p: stable[p] if end is None else end for p, end in ends.items()}
            return await _drained(consumer, known)
    finally:
        await consumer.stop()


async def _drained(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> dict[TopicPartition, list[Fetched]]:
    """Read until each position, not each record, has come to its end: markers may be the last."""
    found: dict[TopicPartition, list[Fetched]] = {partition: [] for partition in ends}
    left = ends
    while left:
        for partition, records in (await consumer.getmany(timeout_ms=50)).items():
            found[partition] += [record for record in records if record.offset < ends[partition]]
        left = {p: end for p, end in left.items() if await consumer.position(p) < end}
    return found


async def _restored(orders: Orders, lane: int) -> list[tuple[bytes, Stored]]:
    """Return what the relay's own restore makes of the changelog, on an empty disk."""
    worker = put_together(orders, Witness(())).workers["correlate"]
    assert isinstance(worker, CorrelateWorker)
    with tempfile.TemporaryDirectory() as home:
        disk = RocksDisk(Path(home), lambda: time.time_ns() // 1_000_000)
        try:
            restored = await Restorer(worker._kit, disk).restore(lane)
            with contextlib.closing(restored.store) as store:
                return sorted(store.entries().items(), key=itemgetter(0))
        finally:
            disk.close()
