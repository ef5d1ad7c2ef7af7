"""What comes of one foreign record: detections, nothing for a reason, or a refusal."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from relay.model.outcome import Reason

RefusalReason = Literal[
    "not-json",
    "other-format",
    "invalid",
    "no-time",
    "unlabelled",
    "too-large",
    "broken-compression",
]
"""Why an adapter refuses; all but the last, which only a stream can have, are reasons of a
rejection, too."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose record it is, and what the record itself cannot say.

    `tlp` is a label of TLP 2.0: what carries no label of its own is shared under it, and what
    carries a wider one, too; None: what carries none is refused. `published_at` is ms since the
    epoch. `own_networks` and `own_domains` (lower-case A-labels; names below them count) are the
    member's public ones: no value in them ever comes out. `allow_documentation` lets
    documentation addresses pass.
    """

    member: str
    tlp: str | None
    published_at: int
    own_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    own_domains: tuple[str, ...] = ()
    allow_documentation: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """The record's detections, as JSON-ready objects of `detection.v1`; at least one."""

    detections: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sound record that is no detection, or holds nothing that may be shared."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be used: reason, a sentence without its values, and where (JSONPath)."""

    reason: RefusalReason | Reason
    detail: str
    path: str = "$"


Outcome = Converted | Skipped | Refused

NOTHING_SHAREABLE = Skipped("no shareable observable")
"""All there was is special, the member's own, or a victim's; or nobody can be blamed."""
