"""members.yaml: who belongs to a deployment, and what each wants to hear."""

from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from relay.core.register import ADMITTED
from relay.formats.adapters import UNLABELLED
from relay.model.detection import Severity
from relay.model.member import Emits, Gate, Member, Wants
from relay.model.vocabulary import (
    FAMILIES,
    AlertFormat,
    Attribution,
    Family,
    Format,
    Kind,
    ObservableType,
    Sector,
    Tlp,
)
from relay.settings.catalogue import Strict
from relay.settings.scalars import (
    AllOrList,
    Country,
    Distinct,
    Domain,
    Identifier,
    Network,
    Principal,
    Share,
    Text,
    wrong,
)

MAX_MEMBERS = 256
"""A revision goes to all others in one transaction, a partition each. The Union's states, hubs,
agencies and partners are some sixty; four times that leaves room and stays one short batch."""

MAX_GROUPS = 64
"""Sharing circles one member may be in; more than anybody could oversee."""

MAX_OWN = 256
"""Networks, and domains, of one member: each is held against every address, or name, it sends."""

SeverityName = Literal["info", "low", "medium", "high", "critical"]

WantedType = Literal[ObservableType, Family]


def _first_version(number: int) -> int:
    if number != 1:
        raise wrong("must be 1, the only version there is")
    return number


def _kept_back(forward: bool) -> bool:
    if forward:
        raise wrong("must be false: forwarding a member's own text is not built yet")
    return forward


class GateEntry(Strict):
    """What one detection of this member must reach to warn the others on its own: either."""

    severity: SeverityName = Field(default="high", description="claimed severity that suffices")
    confidence: Share = Field(
        default=0.5, validate_default=True, description="confidence times trust that suffices"
    )


class WantsEntry(Strict):
    """What a member wants to hear of what it may hear."""

    min_severity: SeverityName = Field(default="info", description="lowest severity to be told of")
    types: Annotated[
        Annotated[list[WantedType], Field(min_length=1), Distinct] | None, AllOrList
    ] = Field(
        default="all",
        validate_default=True,
        description="types or families of observables to hear of",
    )
    sectors: Annotated[Annotated[list[Sector], Field(min_length=1), Distinct] | None, AllOrList] = (
        Field(default="all", validate_default=True, description="victims' sectors to be told of")
    )
    exercises: bool = Field(default=False, description="whether exercises are wanted too")
    format: AlertFormat = Field(default="native", description="format of the alerts")
    canary: bool = Field(
        default=False, description="whether signs of life stand between its alerts"
    )


def _built(tlp: str | None) -> str | None:
    if tlp is not None and tlp not in ADMITTED:
        raise wrong(f"must be {' or '.join(ADMITTED)}: stricter labels are not built yet")
    return tlp


class EmitsEntry(Strict):
    """What a member's records are, where it does not convert them itself with `relay emit`."""

    format: Format = Field(default="native", description="format of the member's records")
    tlp: Annotated[Tlp | None, AfterValidator(_built)] = Field(
        default=None, description="label of records that carry none; none: those are refused"
    )
    networks: Annotated[list[Network], Field(max_length=MAX_OWN), Distinct] = Field(
        default_factory=list, description="the member's public networks: nothing in them comes out"
    )
    domains: Annotated[list[Domain], Field(max_length=MAX_OWN), Distinct] = Field(
        default_factory=list,
        description="the member's domains: nothing in them or below comes out",
    )

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        if self.format in UNLABELLED and self.tlp is None:
            raise wrong(f"needs a tlp: {self.format} carries no label, and none is ever assumed")
        if self.format == "native" and self.tlp is not None:
            raise wrong("needs no tlp: each native detection carries its own label")
        return self


class MemberEntry(Strict):
    """One member of the register."""

    id: Identifier = Field(description="names the member's topics; never given to another")
    name: Text = Field(description="as people know it")
    country: Country = Field(description="ISO 3166 alpha-2 code, or EU for a body of the Union")
    kind: Kind = Field(description="with a detection's label it decides what the member may see")
    enabled: bool = Field(default=True, description="whether it may report and is told anything")
    trust: Share = Field(
        default=0.8,
        validate_default=True,
        description="weight of its confidence, at most six decimals",
    )
    attribution: Attribution = Field(
        default="country", description="how others see it as a source: by name, by country, or not"
    )
    groups: Annotated[list[Identifier], Field(max_length=MAX_GROUPS), Distinct] = Field(
        default_factory=list, description="sharing circles it is in"
    )
    sectors: Annotated[list[Sector], Distinct] = Field(
        default_factory=list, description="sectors it watches over"
    )
    gate: GateEntry = Field(default_factory=GateEntry)
    wants: WantsEntry = Field(default_factory=WantsEntry)
    emits: EmitsEntry = Field(default_factory=EmitsEntry)
    principal: Principal | None = Field(
        default=None, description="who the brokers take it for, without `User:`; none: its id"
    )
    forward_text: Annotated[bool, AfterValidator(_kept_back)] = Field(
        default=False, description="whether its own text goes to others; not built yet"
    )
    red_contact: Text | None = Field(
        default=None, description="who there may read TLP:RED; none: it gets none"
    )
    third_country_basis: Text | None = Field(
        default=None,
        description="legal basis for personal data, for a member of kind third-country",
    )


class RegisterFile(Strict):
    """members.yaml as it is written."""

    version: Annotated[
        int, AfterValidator(_first_version), WithJsonSchema({"type": "integer", "const": 1})
    ] = Field(description="version of this file's form")
    members: list[MemberEntry] = Field(min_length=1, max_length=MAX_MEMBERS)


def members(file: RegisterFile) -> tuple[Member, ...]:
    """The register as the decisions know it, by id, so that the order in the file says nothing."""
    return tuple(sorted(map(_member, file.members), key=lambda member: member.id))


def _member(entry: MemberEntry) -> Member:
    return Member(
        id=entry.id,
        name=entry.name,
        country=entry.country,
        kind=entry.kind,
        enabled=entry.enabled,
        trust=entry.trust,
        attribution=entry.attribution,
        groups=tuple(sorted(entry.groups)),
        sectors=tuple(sorted(entry.sectors)),
        gate=Gate(Severity[entry.gate.severity.upper()], entry.gate.confidence),
        wants=_wants(entry.wants),
        emits=_emits(entry.emits),
        principal=entry.principal or "",
        canary=entry.wants.canary,
    )


def _wants(entry: WantsEntry) -> Wants:
    return Wants(
        min_severity=Severity[entry.min_severity.upper()],
        types=None if entry.types is None else frozenset(_expanded(entry.types)),
        sectors=None if entry.sectors is None else frozenset(entry.sectors),
        exercises=entry.exercises,
        format=entry.format,
    )


def _emits(entry: EmitsEntry) -> Emits:
    networks = tuple(map(ip_network, entry.networks))
    return Emits(entry.format, entry.tlp, networks, tuple(entry.domains))


def _expanded(words: list[WantedType]) -> list[str]:
    return [each for word in words for each in FAMILIES.get(word, (word,))]
