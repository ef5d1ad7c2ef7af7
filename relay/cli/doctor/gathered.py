"""What the doctor knows: values only. Each part is None where it was not asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.kafka.survey import Cluster
from relay.kafka.topics import Change
from relay.model.member import Member
from relay.settings.shown import ShownSettings, Wrong
from relay.state.survey import Checkpoint
from relay.telemetry.scrape import Pages


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs here."""

    relay: str
    python: str
    system: str
    libraries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """The file of the key secret, without a byte of it: whether others than its owner may read.

    `open_keys` are the keys of kafka.security whose file others may read.
    """

    given: bool
    open_to_others: bool = False
    open_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roll:
    """The register: ids and counts."""

    members: tuple[str, ...]
    enabled: tuple[str, ...]
    kinds: Mapping[str, int]
    emits: Mapping[str, int]
    wants: Mapping[str, int]
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """The state directory and the file system it is on; bytes and i-nodes."""

    exists: bool
    writable: bool
    total: int
    free: int
    inodes_free: int
    checkpoints: tuple[Checkpoint, ...]
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """All of it. `now` is the wall clock here in ms, `differing` what provision would do.

    `ends` has the Unix time in s at which the first certificate of each purpose ends.
    `foreign` True: the state in the cluster was made with another secret or number of lanes.
    `untraceable` True: a collector is named, and what speaks to one is not installed.
    `distrusted`: what may be wrong with our certificate, at which the brokers close the connection.
    `unheard` are the members that want canaries where none are written.
    """

    now: int
    versions: Versions
    settings: ShownSettings
    roll: Roll
    secret: Secret | None = None
    ends: Mapping[str, float] = field(default_factory=dict)
    disk: Disk | None = None
    cluster: Cluster | None = None
    differing: tuple[Change, ...] = ()
    foreign: bool = False
    untraceable: bool = False
    distrusted: str | None = None
    unheard: tuple[str, ...] = ()
    address: str | None = None
    pages: Pages | None = None


def roll_of(members: tuple[Member, ...]) -> Roll:
    """Return ids and counts of a register."""
    return Roll(
        tuple(member.id for member in members),
        tuple(member.id for member in members if member.enabled),
        Counter(member.kind for member in members),
        Counter(member.emits.format for member in members),
        Counter(member.wants.format for member in members),
    )
