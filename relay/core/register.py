"""The register compiled for set arithmetic: a set of members is a bit mask, in order of id."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from relay.core.score import Ballot
from relay.model.detection import Audience, MemberId
from relay.model.member import Member, Wants
from relay.model.vocabulary import AlertFormat

_OPEN_LABEL = frozenset(
    {"national-hub", "cross-border-hub", "eu-agency", "private", "observer"},
)
ADMITTED: dict[str, frozenset[str]] = {"clear": _OPEN_LABEL, "green": _OPEN_LABEL}
"""Label -> kinds of member it admits. A label or kind that is not here admits nobody."""

PERCENT = 100
"""Confidence is in percent where the gate's is in parts per million."""

AUDIENCES = 4096
"""How many audiences are remembered: a deployment has few, a hostile member can invent many."""


class Register:
    """Who is who, who wants what, and who may see what. Immutable once built."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(sorted(members, key=lambda member: member.id))
        self.position = {member.id: i for i, member in enumerate(self.members)}
        self.enabled = sum(1 << i for i, member in enumerate(self.members) if member.enabled)
        self.wants = self._classes()
        self.bit = {member.id: 1 << i for i, member in enumerate(self.members)}
        self.mask = lru_cache(AUDIENCES)(self._mask)
        self.ids = lru_cache(AUDIENCES)(self._ids)
        self.admitted = lru_cache(AUDIENCES)(self._admitted)
        self.seeing = lru_cache(AUDIENCES)(self._seeing)
        self.by_format = lru_cache(AUDIENCES)(self._by_format)

    @property
    def widespread(self) -> int:
        """Votes that make a view widespread: max(5, 10 % of the enabled members, rounded up)."""
        return max(5, -(-self.enabled.bit_count() // 10))

    def get(self, member: MemberId) -> Member | None:
        """Return the member, or None if it is not in the register or not enabled."""
        at = self.position.get(member)
        return self.members[at] if at is not None and self.enabled >> at & 1 else None

    def trust(self, member: MemberId) -> int:
        """Return the trust of a member of the register in parts per million."""
        return self.members[self.position[member]].trust

    def country(self, member: MemberId) -> str:
        """Return the country of a member of the register."""
        return self.members[self.position[member]].country

    def attribution(self, member: MemberId) -> str:
        """Return how a member of the register is shown as a source."""
        return self.members[self.position[member]].attribution

    def wants_of(self, member: MemberId) -> Wants:
        """Return what a member of the register wants."""
        return self.members[self.position[member]].wants

    def warns(self, ballot: Ballot) -> bool:
        """Return whether one vote passes its member's gate: severity, or trusted confidence."""
        gate = self.members[self.position[ballot.member]].gate
        return (
            ballot.severity >= gate.severity
            or ballot.trust * ballot.confidence >= gate.confidence * PERCENT
        )

    def _classes(self) -> tuple[tuple[int, Wants], ...]:
        classes: dict[Wants, int] = {}
        for i, member in enumerate(self.members):
            if self.enabled >> i & 1:
                classes[member.wants] = classes.get(member.wants, 0) | 1 << i
        return tuple((mask, wants) for wants, mask in classes.items())

    def _mask(self, ids: tuple[MemberId, ...]) -> int:
        return _union(1 << self.position[i] for i in ids if i in self.position)

    def _ids(self, mask: int) -> tuple[MemberId, ...]:
        return tuple(member.id for i, member in enumerate(self.members) if mask >> i & 1)

    def _admitted(self, audience: Audience) -> int:
        kinds = ADMITTED.get(audience.tlp, frozenset())
        admitted = _union(1 << i for i, member in enumerate(self.members) if member.kind in kinds)
        if audience.recipients is not None:
            admitted &= self.mask(audience.recipients)
        return admitted & self.enabled & ~self.mask(audience.exclude)

    def _seeing(self, member: MemberId, audience: Audience) -> int:
        """Return who sees what `member` said to `audience`: itself, too."""
        return self.admitted(audience) | self.bit.get(member, 0)

    def _by_format(
        self, recipients: tuple[MemberId, ...]
    ) -> tuple[tuple[AlertFormat, tuple[MemberId, ...]], ...]:
        """Split members by the format they want, in the order of their first."""
        parted: dict[AlertFormat, list[MemberId]] = {}
        for recipient in recipients:
            parted.setdefault(self.wants_of(recipient).format, []).append(recipient)
        return tuple((form, tuple(some)) for form, some in parted.items())


def _union(masks: Iterable[int]) -> int:
    total = 0
    for mask in masks:
        total |= mask
    return total
