"""`detection.v1`: what a member sends. Closed, strict, every part bounded."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from relay.model import vocabulary
from relay.model.vocabulary import Tlp as Tlp
from relay.wire.fields import (
    WHOLE,
    Closed,
    Country,
    MemberName,
    Omissible,
    Percent,
    Recipient,
    Technique,
    Timestamp,
    Uuid,
)

SCHEMA = "detection.v1"
MAX_BYTES = 65_536
"""A message: what every CloudEvents intermediary must pass on."""

DEPTH = 8
"""Nesting of a message: five more than a detection needs without `ext`."""

EXT_DEPTH = DEPTH - 1
"""Nesting of `ext`, itself included: the message around it is the first level."""

Severity = Literal["info", "low", "medium", "high", "critical"]
Pap = Literal["clear", "green", "amber", "red"]
Count = Annotated[int, Field(ge=1, le=999_999_999), WHOLE]

_LINE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x09\x0b-\x1f\x7f]*$"
Line16 = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=_LINE)]
Line32 = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=_LINE)]
Line64 = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_LINE)]
Line100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
Line128 = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_LINE)]
Line200 = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Line2048 = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=_LINE)]
Filename = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]
Prose500 = Annotated[str, StringConstraints(max_length=500, pattern=_PROSE)]
Prose4000 = Annotated[str, StringConstraints(max_length=4000, pattern=_PROSE)]


class ObservableV1(Closed):
    """A typed value and whose it is. `victim` values are cut before anything is shared."""

    type: vocabulary.ObservableType
    value: Line2048
    side: vocabulary.Side
    role: Omissible[vocabulary.Role] = None
    group: Omissible[Annotated[int, Field(ge=0, le=99), WHOLE]] = None
    first_seen: Omissible[Timestamp] = None
    last_seen: Omissible[Timestamp] = None
    count: Omissible[Count] = None
    confidence: Omissible[Percent] = None
    port: Omissible[Annotated[int, Field(ge=0, le=65_535), WHOLE]] = None
    protocol: Omissible[Line16] = None
    actionable: bool = True
    filename: Omissible[Filename] = None


class TechniqueV1(Closed):
    """An ATT&CK technique."""

    id: Technique
    attack_version: Omissible[Annotated[str, StringConstraints(min_length=1, max_length=8)]] = None


class VictimV1(Closed):
    """Who is hit, without names; shown only where two members say the same."""

    sectors: Annotated[list[vocabulary.Sector], Field(max_length=8)] = Field(default_factory=list)
    countries: Annotated[list[Country], Field(max_length=30)] = Field(default_factory=list)
    entity_class: Omissible[Literal["essential", "important", "other", "unknown"]] = None
    entities: Omissible[Literal["1", "2-5", "6-20", "21-100", "100+"]] = None


class SensorV1(Closed):
    """What detected it; never shown to others."""

    vendor: Omissible[Line64] = None
    product: Omissible[Line64] = None
    version: Omissible[Line32] = None
    rule_id: Omissible[Line128] = None
    rule_name: Omissible[Line200] = None
    rule_version: Omissible[Line32] = None
    format: Omissible[vocabulary.Format] = None


class SharingV1(Closed):
    """Who may see it and what they may do with it."""

    tlp: Tlp
    pap: Pap = "amber"
    recipients: Omissible[Annotated[list[Recipient], Field(max_length=64)]] = None
    exclude: Annotated[list[Recipient], Field(max_length=64)] = Field(default_factory=list)
    attribution: Literal["may", "must", "must-not"] = "may"
    third_country: bool = False
    retention_days: Annotated[int, Field(ge=1, le=365), WHOLE] = 30
    handling: Omissible[Prose500] = None


class IncidentV1(Closed):
    """How the detection relates to an incident under NIS2."""

    large_scale: Omissible[Literal["none", "potential", "ongoing"]] = None
    cross_border: Omissible[bool] = None
    nis2_stage: Omissible[
        Literal["none", "early-warning", "notification", "intermediate", "final"]
    ] = None
    reference: Omissible[Line64] = None


class ReferenceV1(Closed):
    """A public source."""

    source: Omissible[Line64] = None
    id: Omissible[Line128] = None
    url: Omissible[Line2048] = None


class ActionV1(Closed):
    """A mitigation the member recommends."""

    type: Literal["block", "hunt", "patch", "monitor", "notify", "report"]
    text: Omissible[Prose500] = None


class WithdrawalV1(Closed):
    """Why a detection is taken back."""

    reason: Literal["false-positive", "duplicate", "expired", "legal", "error"]
    note: Omissible[Prose500] = None


def _shallow(extensions: dict[str, object]) -> dict[str, object]:
    if _deep(extensions, EXT_DEPTH):
        raise PydanticCustomError("depth", f"a message is nested at most {DEPTH} deep")
    return extensions


def _deep(value: object, left: int) -> bool:
    """Return whether `value` nests deeper than `left` levels, without recursing further."""
    if isinstance(value, dict):
        children: Iterable[object] = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return False
    return left == 0 or any(_deep(child, left - 1) for child in children)


ExtensionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[a-z0-9-]{1,32}$")]

Extensions = Annotated[
    dict[ExtensionName, object],
    Field(max_length=16, description="a member's own; never correlated, never forwarded"),
    AfterValidator(_shallow),
]


class DetectionV1(Closed):
    """What a member has seen. `id` names it, a higher `revision` replaces a lower."""

    schema_: Annotated[Literal["detection.v1"], Field(alias="schema")]
    id: Uuid
    revision: Annotated[int, Field(ge=1, le=1000), WHOLE] = 1
    action: Literal["create", "update", "withdraw"] = "create"
    withdrawal: Omissible[WithdrawalV1] = None
    member: MemberName
    detected_at: Timestamp
    published_at: Timestamp
    first_seen: Omissible[Timestamp] = None
    last_seen: Omissible[Timestamp] = None
    count: Count = 1
    title: Line200
    description: Omissible[Prose4000] = None
    lang: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}$")
    ] = "en"
    classification: vocabulary.Classification
    severity: Severity
    confidence: Percent
    techniques: Annotated[list[TechniqueV1], Field(max_length=32)] = Field(default_factory=list)
    malware: Annotated[list[Line100], Field(max_length=16)] = Field(default_factory=list)
    threat_actor: Annotated[list[Line100], Field(max_length=16)] = Field(default_factory=list)
    campaign: Annotated[list[Line100], Field(max_length=16)] = Field(default_factory=list)
    observables: Annotated[list[ObservableV1], Field(max_length=100)]
    victim: Omissible[VictimV1] = None
    sensor: Omissible[SensorV1] = None
    sharing: SharingV1
    incident: Omissible[IncidentV1] = None
    references: Annotated[list[ReferenceV1], Field(max_length=20)] = Field(default_factory=list)
    local_ref: Omissible[Line128] = None
    exercise: Omissible[Line64] = None
    first_hand: bool = True
    origin: Omissible[Line64] = None
    derived_from: Annotated[list[Uuid], Field(max_length=16)] = Field(default_factory=list)
    actions: Annotated[list[ActionV1], Field(max_length=20)] = Field(default_factory=list)
    flags: Annotated[
        list[Literal["confidence_assumed", "severity_assumed"]], Field(max_length=2)
    ] = Field(default_factory=list)
    ext: Extensions = Field(default_factory=dict)
