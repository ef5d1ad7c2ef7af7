"""What happened in the shell, as values: the source of its metrics and log lines."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from relay.model.detection import MemberId
from relay.model.outcome import Outcome


class Stage(StrEnum):
    """Which half of the relay speaks."""

    INGEST = "ingest"
    CORRELATE = "correlate"


class Step(StrEnum):
    """The steps of a lane's transaction, announced when each is done."""

    DECIDED = "decided"
    BEGUN = "begun"
    ENQUEUED = "enqueued"
    SETTLED = "settled"
    COMMITTED = "committed"
    MERGED = "merged"


class Purpose(StrEnum):
    """What a certificate is for. The broker's is the one it showed last."""

    CLIENT = "client"
    AUTHORITY = "authority"
    BROKER = "broker"


class Why(StrEnum):
    """Why something failed: the closed set for labels."""

    FENCED = "fenced"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    MISSING = "missing-topic"
    FORBIDDEN = "forbidden-topic"
    OVERSIZED = "oversized"
    STORE = "store"
    DEAD_CLIENT = "dead-client"
    KAFKA = "kafka"


@dataclass(frozen=True, slots=True)
class Stepped:
    """A transaction reached `step`."""

    lane: int
    step: Step


@dataclass(frozen=True, slots=True)
class TransactionCommitted:
    """`records` sightings were decided and `written` records became readable in `seconds`."""

    lane: int
    records: int
    written: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TransactionAborted:
    """A lane dropped its producer and its overlay and opens again. `detail` is for the log."""

    lane: int
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """Another process has taken the lane over."""

    lane: int


@dataclass(frozen=True, slots=True)
class LaneReady:
    """A lane was taken over: `restored` changelog records read, `seconds` since it was assigned."""

    lane: int
    restored: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LaneClosed:
    """A lane was given up."""

    lane: int


@dataclass(frozen=True, slots=True)
class CheckpointDiscarded:
    """A lane's directory did not match its changelog, which is read from its start."""

    lane: int
    reason: str


@dataclass(frozen=True, slots=True)
class RecordsLost:
    """Retention removed records before they were read: `until` - `since` of them. An alarm."""

    topic: str
    partition: int
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class MemberAside:
    """A lane set a member's alerts topic aside (`aside`) or takes it back."""

    lane: int
    member: MemberId
    aside: bool
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class BatchLimited:
    """The broker refused a batch as too large: smaller ones are sent to `topic` from now on."""

    lane: int
    topic: str
    limit: int


@dataclass(frozen=True, slots=True)
class ReadableLatency:
    """An alert became readable `seconds` after its detection was appended (two clocks)."""

    lane: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CanariesBegun:
    """A lane writes signs of life from `at` (s) on to the topics of `members`."""

    lane: int
    members: tuple[MemberId, ...]
    at: float


@dataclass(frozen=True, slots=True)
class CanaryReturned:
    """A sign of life in the topics of `members` ended at `at` (s), `seconds` after it was due."""

    lane: int
    members: tuple[MemberId, ...]
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class CanaryLost:
    """The topics of `members` did not take a sign of life. `detail` is for the log."""

    lane: int
    members: tuple[MemberId, ...]
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CertificateEnds:
    """The first certificate of a purpose to end does so at `at` (Unix time in s)."""

    purpose: Purpose
    at: float


@dataclass(frozen=True, slots=True)
class MembersUnread:
    """For so many seconds members have left alerts unread, those with a consumer group."""

    seconds: dict[MemberId, float]


@dataclass(frozen=True, slots=True)
class ReadersUnknown:
    """The brokers did not say how far members have read. `detail` is for the log."""

    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Lag:
    """`records` of a partition were not yet decided, the first of them `seconds` old at most."""

    stage: Stage
    topic: str
    partition: int
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LaneStands:
    """A lane has decided all that was appended until `at` (ms) and keeps `size` bytes on disk."""

    lane: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """The group gave this process `partitions` of a stage's. None: it is deciding, or we left."""

    stage: Stage
    partitions: int | None


@dataclass(frozen=True, slots=True)
class Polled:
    """A stage's last poll returned at `at` (Unix time in s)."""

    stage: Stage
    at: float


@dataclass(frozen=True, slots=True)
class ProducerReplaced:
    """A send failed for good: what was not acknowledged is sent again by a new producer."""

    stage: Stage
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class ClientRecycled:
    """A consumer was thrown away and is made anew."""

    stage: Stage
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """`records` rejections could not be written to `topic` and were given up."""

    topic: str
    why: Why
    records: int


@dataclass(frozen=True, slots=True)
class BatchDropped:
    """A rebalance overtook a batch of `records`: its next owner reads them again."""

    records: int


@dataclass(frozen=True, slots=True)
class SourceForbidden:
    """A member's inbound topic may not be read; it is tried again from time to time."""

    topic: str


@dataclass(frozen=True, slots=True)
class SourceMissing:
    """A member's inbound topic is no longer there (`missing`), or is there again."""

    topic: str
    missing: bool


Event = (
    Stepped
    | TransactionCommitted
    | TransactionAborted
    | Fenced
    | LaneReady
    | LaneClosed
    | CheckpointDiscarded
    | RecordsLost
    | MemberAside
    | BatchLimited
    | ReadableLatency
    | CanariesBegun
    | CanaryReturned
    | CanaryLost
    | CertificateEnds
    | MembersUnread
    | ReadersUnknown
    | Lag
    | LaneStands
    | Assigned
    | Polled
    | ProducerReplaced
    | ClientRecycled
    | Undeliverable
    | BatchDropped
    | SourceForbidden
    | SourceMissing
)

Observe = Callable[[Outcome | Event], None]
