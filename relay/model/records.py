"""Kafka's records without Kafka: what comes in, what goes out, as plain values."""

from dataclasses import dataclass
from typing import ClassVar

from relay.model.trace import Trace


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log. `offset` is the broker's offset, >= 0."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read. `at` is the broker's append time in ms since the epoch.

    `trace` is for telemetry alone: no decision looks at it.
    """

    position: Position
    at: int
    key: bytes | None
    value: bytes | None
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Records that were not read: those from offset `first` to that of `position`.

    `at` is the broker's time of them in ms. `most` is the number of bytes that they would have had
    to fit into; None: they are no records. Their headers were not read either: there is no trace.
    """

    trace: ClassVar[None] = None

    position: Position
    at: int
    first: int
    most: int | None


Read = Record | Unread
"""What comes of reading a member's topic."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to write, to each of `topics`; all of them get the same bytes.

    `partition` None is the lane's own partition.
    `at` is the time of the decision (lane time, or append time of the refused record) in ms.
    """

    topics: tuple[str, ...]
    at: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
