"""What the demo's members got, and whether it is what deciding the log again comes to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from relay.cli.demo.story import ATTACK, IDS, RELAY
from relay.core.correlate import Rules
from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.reader import reading
from relay.model.records import Record
from relay.pipeline.replay import replay
from relay.pipeline.topics import ALERTS, DETECTIONS
from relay.state import MemoryStore
from relay.wire.fields import millis


@dataclass(frozen=True, slots=True)
class Row:
    """One member's story. Times in ms; `warned` is before `hit` where both are."""

    member: str
    alerts: int
    warned: int | None
    hit: int | None
    by: str

    @property
    def lead(self) -> float | None:
        """Seconds from warning to hit; None unless both were."""
        if self.warned is None or self.hit is None:
            return None
        return (self.hit - self.warned) / 1000


@dataclass(frozen=True, slots=True)
class Account:
    """All that was told: rows by member, and how it compares with the log decided again."""

    rows: tuple[Row, ...]
    told: int
    lost: int
    doubled: int


async def account(kafka_of: Callable[[str], KafkaSettings], rules: Rules) -> Account:
    """Read everything there is to read and settle the account; each reads what it may.

    `kafka_of` says how a member, or the relay, reaches the brokers.
    """
    told: list[Record] = []
    async with reading(kafka_of(RELAY), (Topics().sightings,)) as reader:
        log = await reader.to_end()
    async with reading(kafka_of(RELAY), [DETECTIONS + member for member in IDS]) as reader:
        published = await reader.to_end()
    for member in IDS:
        async with reading(kafka_of(member), (ALERTS + member,)) as reader:
            told += await reader.to_end()
    should = _decided_again(log, rules)
    have = Counter((r.position.topic, r.key, r.value) for r in told)
    rows = tuple(_row(member, told, published) for member in IDS)
    return Account(rows, len(told), (should - have).total(), (have - should).total())


def _decided_again(
    log: Sequence[Record], rules: Rules
) -> Counter[tuple[str, bytes | None, bytes | None]]:
    lanes: dict[int, list[Record]] = defaultdict(list)
    for record in log:
        lanes[record.position.partition].append(record)
    return Counter(
        (told.topic, told.key, told.value)
        for records in lanes.values()
        for told in replay(records, rules, MemoryStore())
    )


def _row(member: str, told: Sequence[Record], published: Sequence[Record]) -> Row:
    own = [orjson.loads(r.value or b"{}") for r in told if r.position.topic == ALERTS + member]
    hits = [r for r in published if r.position.topic == DETECTIONS + member and _is_hit(r)]
    hit = min((r.at for r in hits), default=None)
    before = [a for a in own if hit is None or millis(a["episode"]) < hit]
    first = min(before, key=lambda alert: millis(alert["episode"]), default=None)
    by = ", ".join(first["sources"]["countries"]) or "withheld" if first else ""
    return Row(member, len(own), millis(first["episode"]) if first else None, hit, by)


def _is_hit(record: Record) -> bool:
    """Whether a record is a detection of the story's attack, not one of the false starts."""
    return any(value.encode() in (record.value or b"") for _, value in ATTACK)
