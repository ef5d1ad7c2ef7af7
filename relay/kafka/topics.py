"""The topics of a deployment as they should be, and what must be done to have them so. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relay.kafka.config import Topics

DAY_MS: Final = 86_400_000

DELETE_7_DAYS: Final = {"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS)}
APPEND_TIME: Final = {"message.timestamp.type": "LogAppendTime"}

ALERTS: Final = {"cleanup.policy": "compact,delete", "retention.ms": str(30 * DAY_MS)}
"""The last revision of each alert stays readable for a month."""

STATE: Final = {
    "cleanup.policy": "compact",
    # Compaction soon and in small pieces: a cold restore reads what it has left.
    "min.cleanable.dirty.ratio": "0.2",
    "segment.ms": str(30 * 60_000),
    "segment.bytes": str(128 * 1024 * 1024),
    # As old as a local checkpoint may be: an older one could miss a deletion.
    "delete.retention.ms": str(DAY_MS),
    # A window of forty members that fill their bounds; see relay.core.join.
    "max.message.bytes": str(16 * 1024 * 1024),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its partitions, and the settings that it overrides."""

    name: str
    partitions: int
    config: Mapping[str, str]


class Kind(StrEnum):
    """What is to be done about a topic."""

    CREATE = "create"
    CONFIGURE = "configure"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do. `topic` is as it will be; `says` is for the operator.

    A conflict cannot be mended without losing what is in the topic: a person must decide.
    """

    kind: Kind
    topic: Topic
    says: str


def wanted(members: Iterable[str], lanes: int, topics: Topics | None = None) -> tuple[Topic, ...]:
    """Return the topics of a deployment with `members` and `lanes`."""
    names = topics or Topics()
    own = (
        Topic(names.sightings, lanes, DELETE_7_DAYS | APPEND_TIME),
        Topic(names.state, lanes, STATE),
    )
    theirs = (
        topic
        for member in members
        for topic in (
            Topic(names.detections + member, 1, DELETE_7_DAYS | APPEND_TIME),
            Topic(names.rejected + member, 1, DELETE_7_DAYS),
            Topic(names.alerts + member, lanes, ALERTS),
        )
    )
    return (*own, *theirs)


def plan(
    should: Sequence[Topic], actual: Mapping[str, Topic], names: Topics | None = None
) -> tuple[Change, ...]:
    """Return what must be done; empty if all is as it should be.

    A member's detections may have more partitions than they are made with.
    """
    named = names or Topics()
    return tuple(
        change
        for topic in should
        if (change := _change(topic, actual.get(topic.name), named)) is not None
    )


def _change(topic: Topic, actual: Topic | None, names: Topics) -> Change | None:
    if actual is None:
        settings = ", ".join(f"{name}={value}" for name, value in topic.config.items())
        return Change(Kind.CREATE, topic, f"partitions={topic.partitions}, {settings}")
    many = topic.name.startswith(names.detections) and actual.partitions >= topic.partitions
    if actual.partitions != topic.partitions and not many:
        counts = f"has {actual.partitions} partitions, must have {topic.partitions}"
        return Change(Kind.CONFLICT, topic, f"{counts}: {_reason(topic, names)}")
    drift = {k: v for k, v in topic.config.items() if actual.config.get(k) != v}
    if not drift:
        return None
    says = ", ".join(f"{k}: {actual.config.get(k, 'default')} -> {v}" for k, v in drift.items())
    merged = Topic(topic.name, actual.partitions, {**actual.config, **topic.config})
    return Change(Kind.CONFIGURE, merged, says)


def _reason(topic: Topic, names: Topics) -> str:
    """Say why a topic's number of partitions is what it is."""
    if topic.name.startswith(names.rejected):
        return "a member's rejections are written to one partition, in order"
    return "one for each lane, and the number of lanes is fixed for a deployment's life"
