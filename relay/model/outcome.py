"""What happened, as values: the source of every metric and log line of the decision path."""

from dataclasses import dataclass
from enum import StrEnum

from relay.model.alert import Why
from relay.model.detection import MemberId, Source
from relay.model.records import Position
from relay.model.trace import Trace


class Verdict(StrEnum):
    """What became of a record that was not taken as it is."""

    REFUSED = "refused"
    TRIMMED = "trimmed"


class Reason(StrEnum):
    """Why a record was refused or trimmed: the closed set, published in `schemas/`."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    OTHER_FORMAT = "other-format"
    NO_TIME = "no-time"
    UNKNOWN_SCHEMA = "unknown-schema"
    WRONG_MEMBER = "wrong-member"
    MEMBER_DISABLED = "member-disabled"
    UNLABELLED = "unlabelled"
    INVALID = "invalid"
    NOT_SUPPORTED = "not-supported"
    TOO_OLD = "too-old"
    INVALID_OBSERVABLE = "invalid-observable"
    NOTHING_LEFT = "nothing-left"
    INTERNAL = "internal"
    VICTIM_SIDE = "victim-side"
    SPECIAL_ADDRESS = "special-address"
    PERSONAL_PARAMETER = "personal-parameter"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A detection was taken; `sightings` keys of it go to the lanes."""

    member: MemberId
    sightings: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sound record in the member's own format that is no detection, or has nothing to share."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record was refused or trimmed. `detail` is for its sender, never for a label."""

    member: MemberId
    position: Position
    at: int
    verdict: Verdict
    reason: Reason
    path: str
    detail: str
    detection: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A sighting entered its window. `source_at` is its detection's append time in ms."""

    member: MemberId
    source_at: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """A sighting at or below its source's mark was dropped."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class Recreated:
    """A source topic began anew: its mark was reset."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Sent:
    """One revision was told to `recipients`. `source_at` is the append time in ms of the detection
    that caused it, None where a timer did. `lost` counts by part what their `format` has no place
    for. `alert` is its id, `name` the revision's own (`ce_id`)."""

    recipients: tuple[MemberId, ...]
    state: str
    reason: Why
    source_at: int | None
    format: str = "native"
    lost: tuple[tuple[str, int], ...] = ()
    alert: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """A member reported a key it had been told of `lead` ms before its detection (may be < 0)."""

    member: MemberId
    lead: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A member's alerts topic was set aside (`aside`) or taken back."""

    member: MemberId
    aside: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record of the internal topic could not be read: a foreign writer or another version."""

    position: Position


@dataclass(frozen=True, slots=True)
class TracedRecord:
    """What came of a member's record that is traced. Its sightings carry `here` to the lanes.

    `reasons` are those of its rejections. `at` is its append time in ms.
    """

    member: MemberId
    position: Position
    at: int
    parent: Trace
    here: Trace
    detections: int
    sightings: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class TracedSighting:
    """A sighting of a traced record entered its window; what it made the relay tell comes next.

    `position` and `at` are those of the sighting in its lane, `alert` is the id of the alert that
    its key has, told or not.
    """

    member: MemberId
    source: Source
    position: Position
    at: int
    parent: Trace
    here: Trace
    alert: str


Outcome = (
    Accepted
    | Skipped
    | Rejected
    | Joined
    | Repeated
    | Recreated
    | Sent
    | Warned
    | Aside
    | Unreadable
    | TracedRecord
    | TracedSighting
)
