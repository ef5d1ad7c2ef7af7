"""access: what `relay provision` makes besides topics, so that a broker keeps members apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from relay.settings.catalogue import Strict
from relay.settings.scalars import Distinct, PathText, Principal

MAX_OPERATORS = 32
"""Administrators, auditors, mirrors: more would be a group, which Kafka does not have."""


class AccessSettings(Strict):
    """The keys of access."""

    manage: bool = Field(
        default=False, description="whether `relay provision` makes rules, quotas and users"
    )
    principal: Principal = Field(
        default="relay", description="who the brokers take the relay for, without `User:`"
    )
    operators: Annotated[list[Principal], Field(max_length=MAX_OPERATORS), Distinct] = Field(
        default_factory=list,
        description="others whose own rules are known and not reported, and whom no member may be; "
        "all super users of the brokers belong here",
    )
    passwords_dir: PathText | None = Field(
        default=None,
        description="directory with `<principal>.password` of SCRAM users; none: none are made",
    )
    # A thousand detections of honest size a second; twice what ingest takes from one member.
    produce_bytes: int = Field(
        default=1 << 20,
        ge=1024,
        le=1 << 40,
        description="bytes a second that a member may write to a broker",
    )
    # A member that was away reads a day's alerts in minutes.
    fetch_bytes: int = Field(
        default=8 << 20,
        ge=1024,
        le=1 << 40,
        description="bytes a second that a member may read from a broker",
    )
    # Brokers have some eleven threads: a member takes at most one of them.
    request_percent: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="share of one thread of a broker that a member's requests may take, in percent",
    )


@dataclass(frozen=True, slots=True)
class Access:
    """access, compiled."""

    manage: bool = False
    principal: str = "relay"
    operators: frozenset[str] = frozenset()
    passwords: Path | None = None
    produce_bytes: int = 1 << 20
    fetch_bytes: int = 8 << 20
    request_percent: int = 100


def compiled(settings: AccessSettings, passwords: Path | None) -> Access:
    """The section with its directory resolved."""
    return Access(
        manage=settings.manage,
        principal=settings.principal,
        operators=frozenset(settings.operators),
        passwords=passwords,
        produce_bytes=settings.produce_bytes,
        fetch_bytes=settings.fetch_bytes,
        request_percent=settings.request_percent,
    )
