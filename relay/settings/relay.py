"""relay.yaml: how one deployment runs. Every key may also come from the environment."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from relay.model.vocabulary import Family, KeyType
from relay.settings.access import AccessSettings
from relay.settings.catalogue import Strict
from relay.settings.scalars import (
    Brokers,
    Duration,
    Endpoint,
    Identifier,
    PathText,
    Share,
    Text,
    wrong,
)
from relay.settings.security import SecuritySettings

WindowType = Literal[KeyType, Family]


class KafkaSettings(Strict):
    """The brokers, and what the relay asks of them."""

    bootstrap: Brokers = Field(
        default="127.0.0.1:9092",
        description="brokers to begin with, host:port, separated by commas",
    )
    app: Identifier = Field(
        default="relay",
        description="prefix of consumer groups and transactional ids; fixed for life",
    )
    # Kafka's own recommendation is 3; nobody runs more than 9, and each more slows every write.
    replication_factor: int | None = Field(
        default=None,
        ge=1,
        le=9,
        description="copies of each topic `relay provision` makes; none: as the cluster does",
    )
    security: SecuritySettings = Field(default_factory=SecuritySettings)

    @property
    def brokers(self) -> tuple[str, ...]:
        """The addresses of `bootstrap`, one by one."""
        return tuple(self.bootstrap.split(","))


class HttpSettings(Strict):
    """Where /metrics, /livez and /readyz are served; without TLS or login, so loopback first."""

    host: Text = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=9464, ge=0, le=65535, description="port; 0 takes a free one")


class LogSettings(Strict):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="lowest level that is written"
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, else one JSON object a line"
    )


class TracesSettings(Strict):
    """Where spans of single detections and alerts are sent, and of how many."""

    endpoint: Endpoint | None = Field(
        default=None,
        description="URL of a collector of OTLP over HTTP; needs the extra otel; none: no spans",
    )
    ratio: Share = Field(
        default=0,
        description="share of detections traced beside those whose sender asks for it",
    )


class CorrelateSettings(Strict):
    """When a lane commits: at the first of both bounds."""

    # The cut grows to a tenth of a second by itself while commits are slow: no sense in more.
    cut_ms: int = Field(
        default=25, ge=1, le=100, description="ms from a transaction's first record to its commit"
    )
    # One record may tell 255 others: ten thousand of them would not commit in ten seconds.
    max_records: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        description="records after which a transaction commits at once",
    )


CANARY_LEAST_S = 10
"""More often, a canary's two transactions would be a burden that nobody has use for."""


def _sparing(seconds: int) -> int:
    if 0 < seconds < CANARY_LEAST_S:
        raise wrong(f"must be at least {CANARY_LEAST_S}, or 0 for none")
    return seconds


class CanarySettings(Strict):
    """The sign of life that each lane gives in each member's alerts topic."""

    # Longer than an hour, and what it proves is too old to act on.
    every_s: Annotated[int, AfterValidator(_sparing)] = Field(
        default=60,
        ge=0,
        le=3600,
        description="s between two, at least 10; 0: none are written",
        json_schema_extra={"anyOf": [{"const": 0}, {"minimum": CANARY_LEAST_S}]},
    )


class RelayFile(Strict):
    """relay.yaml as it is written."""

    relay: Identifier = Field(
        default="relay", description="id of this relay, in every alert's source"
    )
    members: PathText = Field(default="members.yaml", description="file with the register")
    # Each lane is a producer, a transaction every cut and a store; 64 fill many machines.
    lanes: int = Field(
        default=4, ge=1, le=64, description="partitions of the internal topics; fixed for life"
    )
    key_secret_file: PathText | None = Field(
        default=None,
        description="file with 16 to 64 bytes that key the hash of observables; fixed for life",
    )
    allow_documentation_addresses: bool = Field(
        default=False, description="take example addresses for real ones, as a demo does"
    )
    windows: dict[WindowType, Duration] = Field(
        default_factory=dict,
        description="how long a sighting counts, by type or family; a type wins over its family",
    )
    state_dir: PathText = Field(
        default="state", description="directory of the lanes' stores; a cache, safe to delete"
    )
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    traces: TracesSettings = Field(default_factory=TracesSettings)
    correlate: CorrelateSettings = Field(default_factory=CorrelateSettings)
    canary: CanarySettings = Field(default_factory=CanarySettings)
