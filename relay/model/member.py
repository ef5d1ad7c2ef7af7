"""The members of a deployment and what each wants."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from relay.model.detection import MemberId, Severity
from relay.model.vocabulary import AlertFormat, Format

TRUST_UNIT = 1_000_000
"""Trust and gate confidence are whole parts per million, so that scores are exact integers."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What one vote of this member must reach to be an early warning.

    `confidence` is confidence x trust in parts per million.
    """

    severity: Severity = Severity.HIGH
    confidence: int = 500_000


@dataclass(frozen=True, slots=True)
class Wants:
    """What a member wants to hear of what it may hear; None means all."""

    min_severity: Severity = Severity.INFO
    types: frozenset[str] | None = None
    sectors: frozenset[str] | None = None
    exercises: bool = False
    format: AlertFormat = "native"


@dataclass(frozen=True, slots=True)
class Emits:
    """What a member's records are, and what a foreign format cannot say of them.

    `tlp` is the label of what carries none (None: it is refused). `networks` and `domains` are the
    member's own public ones: nothing in them comes out of a foreign record.
    """

    format: Format = "native"
    tlp: str | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the register. `trust` is in parts per million.

    `principal` is who the brokers take it for; "" is its id. `canary`: it wants to read signs of
    life, which is no matter of `wants`, since those decide who shares a view.
    """

    id: MemberId
    name: str
    country: str
    kind: str
    enabled: bool = True
    trust: int = 800_000
    attribution: str = "country"
    groups: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)
    wants: Wants = field(default_factory=Wants)
    emits: Emits = field(default_factory=Emits)
    principal: str = ""
    canary: bool = False
