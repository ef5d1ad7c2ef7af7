"""What the shell can be told about Kafka. Every default says why it is what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from relay.pipeline import topics


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach the brokers and how patient to be with them. Times in ms.

    `client` holds security: keyword arguments that every aiokafka client takes.
    """

    bootstrap: tuple[str, ...]
    app: str = "relay"
    """Prefix of group and transactional ids."""
    client: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    request_timeout_ms: int = 5_000
    """A broker that does not answer in this time has failed; half the transaction time-out."""
    retry_backoff_ms: int = 5
    """aiokafka waits this long on each transient transaction error; its 100 is the p99."""
    metadata_age_ms: int = 30_000
    """How late a new or deleted member topic is noticed when no error tells earlier."""
    session_timeout_ms: int = 6_000
    """The broker's lowest default: a dead process's lanes move after this."""
    heartbeat_ms: int = 1_000
    """Six may be missed; the loop is never blocked for one."""
    rebalance_timeout_ms: int = 15_000
    """Closing all lanes takes at most a third of it."""
    fetch_wait_ms: int = 15
    """What a partition that missed a fetch waits for the next; also how often an idle lane asks."""
    fetch_least_bytes: int = 16 * 1024
    """What a fetch waits for, within its wait: each names forty topics, and costs as much empty as
    full. Measured: a tenth less CPU at 1,000 a second, the same latency."""
    fetch_bytes: int = 256 * 1024
    """Of one partition in one fetch: bounds a flooding member's share of a round."""
    poll_ms: int = 200
    """How long an idle poll lasts, so that stopping and time-outs are seen."""
    stuck_ms: int = 20_000
    """No fetch or no poll for this long: the client is thrown away. Beyond any sound rebalance."""

    @property
    def correlate_group(self) -> str:
        """The consumer group of the correlate stage; its offsets are in the transactions."""
        return f"{self.app}.correlate"

    @property
    def ingest_group(self) -> str:
        """The consumer group of the ingest stage."""
        return f"{self.app}.ingest"

    def transactional_id(self, lane: int) -> str:
        """Return the id that fences whoever had the lane before."""
        return f"{self.app}.correlate.{lane}"

    def probe_id(self, lane: int) -> str:
        """Return the id under which a lane tries the topics it has set aside."""
        return f"{self.app}.probe.{lane}"

    def canary_id(self, lane: int) -> str:
        """Return the id under which a lane writes signs of life."""
        return f"{self.app}.canary.{lane}"

    @property
    def transactional_prefixes(self) -> tuple[str, ...]:
        """What all of those begin with, and no other deployment's: an app's name holds no dot."""
        return f"{self.app}.correlate.", f"{self.app}.probe.", f"{self.app}.canary."


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of the relay's topics and the prefixes of the members'."""

    sightings: str = topics.SIGHTINGS
    state: str = topics.STATE
    detections: str = topics.DETECTIONS
    alerts: str = topics.ALERTS
    rejected: str = topics.REJECTED

    def member(self, topic: str) -> str | None:
        """Return the member whose alerts topic this is, or None."""
        return topic.removeprefix(self.alerts) if topic.startswith(self.alerts) else None


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How a lane works. Times in ms, sizes in bytes."""

    cut_ms: int = 25
    """At most one transaction in this time: each writes a marker to every partition it touched."""
    cut_most_ms: int = 100
    """What the cut may grow to while commits are slow."""
    max_records: int = 1_000
    """Of one transaction: what a lane reads in a third of a second at 3,000 a second."""
    slice: int = 250
    """Records decided before other tasks have their turn: some ten ms of Python."""
    inbox_records: int = 4_000
    """Read but not yet decided; above it the partition is paused. Four full transactions."""
    batch_bytes: int = 256 * 1024
    """Of one batch to one partition. 100 partitions of it stay below a broker's request bound."""
    transaction_timeout_ms: int = 10_000
    """How long a lane that vanished holds back its readers; twice the request time-out."""
    commit_ms: int = 8_000
    """After this a transaction has failed; below the broker's time-out, so it is we who decide."""
    glance_ms: int = 500
    """A transaction open for longer looks whether one of its topics has been deleted."""
    take_over_ms: int = 20_000
    """For fencing and for reading the committed offset: outlasts a dead owner's transaction."""
    stall_ms: int = 20_000
    """A restore that gets nothing for this long is begun anew."""
    changelog_keeps_ms: int = 24 * 3_600_000
    """`delete.retention.ms` of the changelog: an older checkpoint may have missed a deletion."""
    probe_ms: int = 10_000
    """How often a member that was set aside is tried."""
    canary_ms: int = 2_000
    """For all signs of life of one time: what one that hangs may hold back a topic's readers."""
    backoff_ms: int = 100
    """Before the second attempt to open a lane; doubles up to backoff_most_ms."""
    backoff_most_ms: int = 2_000


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How ingest works. Times in ms."""

    lanes: int = 4
    slice: int = 200
    """Records decided and sent at a time: bounds how long the loop is held and a batch grows."""
    batch_bytes: int = 256 * 1024
    commit_ms: int = 250
    """At most one offset commit in this time, of forty topics each; what is read again after a
    crash is dropped by marks."""
    tick_ms: int = 1_000
    """An idle lane's clock is never further behind than this."""
    courtesy_ms: int = 1_000
    """How long a batch waits for its rejections to be written before they are given up."""
    shun_ms: int = 30_000
    """How long a rejected topic that failed is left alone."""
    backoff_ms: int = 100
    """Before a failed batch is sent again by a new producer; doubles up to backoff_most_ms."""
    backoff_most_ms: int = 2_000
