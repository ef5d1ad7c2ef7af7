"""Rules, quotas and users as they should be, and what must be done to have them so. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.rules import Rule, member_rules, principal_of, relay_rules
from relay.kafka.topics import Topic
from relay.model.member import Member
from relay.settings.access import Access

Quota = Mapping[str, float]
"""Values by Kafka's keys: bytes a second, and percent of a thread."""

UNBOUNDED: Final = 1e12
"""More than a broker can do. Kafka has no quota for one and none for another by default, so the
relay is told its own: a default that somebody sets for all others never holds it back."""

SEEING: Final = frozenset({"all", "alter", "describe"})
"""Operations on the cluster that let somebody see all rules."""

FLOOR: Final = {
    "producer_byte_rate": 1024.0,
    "consumer_byte_rate": 1024.0,
    "request_percentage": 1.0,
}
"""The least that a member can be given. It holds for whoever has left: a certificate or a token may
let them in for a while yet, and brokers work for those whom they refuse."""


ABOVE: Final = "to the brokers it is above all rules: no member and no relay may be that"
TAKEN: Final = (
    "has a user with another password and no rule of ours: if it is not somebody else's, remove it"
)
SECOND: Final = "has a password for SCRAM-SHA-256 as well, which was not made here"


class Login(StrEnum):
    """What is known of a SCRAM user whose password we have."""

    ABSENT = "absent"
    STALE = "stale"
    """It exists, and the password is another."""
    SOUND = "sound"
    """It exists, and the password is ours or cannot be compared."""
    ABOVE = "above"
    """It exists, the password is ours, and no rule holds for it: a super user of the brokers."""


@dataclass(frozen=True, slots=True)
class Should:
    """What a deployment needs. `gone` are members that are disabled: nothing is theirs."""

    rules: frozenset[Rule]
    quotas: Mapping[str, Quota]
    users: frozenset[str]
    gone: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()

    @property
    def principals(self) -> frozenset[str]:
        """All that may do anything."""
        return frozenset(self.quotas)


@dataclass(frozen=True, slots=True)
class Actual:
    """What the brokers say: of quotas those of users, and those of a user and a client id (None:
    of all its other ones), which win; of users, how their passwords are."""

    rules: frozenset[Rule] = frozenset()
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    client_quotas: Mapping[tuple[str, str | None], Quota] = field(default_factory=dict)
    users: Mapping[str, Login] = field(default_factory=dict)
    seconds: frozenset[str] = frozenset()
    """Users with a password for SCRAM-SHA-256, which is never made here."""


class Do(StrEnum):
    """What is done."""

    REMOVE_USER = "remove-user"
    REVOKE = "revoke"
    MAKE_USER = "make-user"
    SET_USER = "set-user"
    SET_QUOTA = "set-quota"
    GRANT = "grant"
    FOREIGN = "foreign"
    """Nothing: what somebody unknown has reaches what is ours. A person must decide."""
    CONFLICT = "conflict"
    """Nothing, and nothing else either: somebody else may have the name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do about a principal."""

    do: Do
    principal: str
    says: str
    rule: Rule | None = None
    quota: tuple[tuple[str, float], ...] = ()


def wanted(
    members: Sequence[Member],
    topics: Sequence[Topic],
    access: Access,
    kafka: KafkaSettings,
    names: Topics | None = None,
) -> Should:
    """Return what a deployment with `members` and `topics` needs."""
    named = names or Topics()
    enabled = [member for member in members if member.enabled]
    principals = frozenset(map(principal_of, enabled)) | {access.principal}
    theirs = (rule for member in enabled for rule in member_rules(member, named))
    own = relay_rules(access.principal, kafka, topics, named)
    return Should(
        rules=frozenset((*theirs, *own)),
        quotas={who: _quota(access, who) for who in principals},
        users=principals if access.passwords is not None else frozenset(),
        gone=frozenset(map(principal_of, members)) - principals,
        operators=access.operators,
    )


def clashes(members: Sequence[Member], access: Access, kafka: KafkaSettings) -> Iterator[str]:
    """Yield why members cannot be kept apart from the relay or from an operator."""
    for member in members:
        who = principal_of(member)
        if who == access.principal:
            yield f"{member.id}: to the brokers it would be the relay itself: {who}"
        if who in access.operators:
            yield f"{member.id}: to the brokers it would be an operator: {who}"
        if member.id == kafka.app:
            yield f"{member.id}: its consumer groups would be the relay's: that is kafka.app"


def plan(should: Should, actual: Actual) -> tuple[Step, ...]:
    """Return what must be done, in order; empty if all is as it should be.

    Who has left loses user and pace before the rules, by which the next plan would know of it.
    """
    left = (should.gone | _departed(should, actual)) - should.principals - should.operators
    ours = should.principals | left
    return (
        *_removed_users(left, should, actual),
        *_quotas(dict.fromkeys(left, FLOOR), actual),
        *_revoked(ours, should, actual),
        *_set_users(should, actual),
        *_quotas(should.quotas, actual),
        *(Step(Do.GRANT, r.principal, str(r), r) for r in sorted(should.rules - actual.rules)),
        *_foreign(ours, should, actual),
        *_beaten(ours, actual),
        *(Step(Do.FOREIGN, who, SECOND) for who in sorted(should.users & actual.seconds)),
    )


def told_rules(rules: frozenset[Rule]) -> frozenset[str]:
    """Return whom a rule allows to see all rules; `ANYTHING` is everybody."""
    return frozenset(
        rule.principal
        for rule in rules
        if rule.allow and rule.resource == "cluster" and rule.operation in SEEING
    )


def mended(steps: Sequence[Step]) -> bool:
    """Whether nothing is left to do but what a person must decide."""
    return all(step.do is Do.FOREIGN for step in steps)


def _quota(access: Access, who: str) -> Quota:
    mine = who == access.principal
    return {
        "producer_byte_rate": UNBOUNDED if mine else float(access.produce_bytes),
        "consumer_byte_rate": UNBOUNDED if mine else float(access.fetch_bytes),
        "request_percentage": UNBOUNDED if mine else float(access.request_percent),
    }


def _departed(should: Should, actual: Actual) -> frozenset[str]:
    """Who has what nobody but a member or a relay is given."""
    return frozenset(rule.principal for rule in actual.rules - should.rules if _was_ours(rule))


def _was_ours(rule: Rule) -> bool:
    """Whether it lets somebody write to one topic of detections, or to the state, by name."""
    topics = Topics()
    named = rule.name == topics.state or rule.name.startswith(topics.detections)
    by_name = named and rule.allow and not rule.prefixed
    return by_name and (rule.resource, rule.operation) == ("topic", "write")


def _settled(who: str, should: Should, actual: Actual) -> bool:
    """Whether somebody has what only a provisioning gives: their name is not somebody else's."""
    return any(
        rule.principal == who and (rule in should.rules or _was_ours(rule)) for rule in actual.rules
    )


def _removed_users(left: frozenset[str], should: Should, actual: Actual) -> Iterator[Step]:
    for who in sorted(left & set(actual.users)):
        if actual.users[who] is Login.ABOVE:
            yield Step(Do.CONFLICT, who, ABOVE)
        elif _settled(who, should, actual):
            yield Step(Do.REMOVE_USER, who, "is no member any more: its password is of no use")
        else:
            yield Step(Do.FOREIGN, who, "has a user, and nothing else that a member had")


def _set_users(should: Should, actual: Actual) -> Iterator[Step]:
    for who in sorted(should.users):
        match actual.users.get(who, Login.ABSENT):
            case Login.ABSENT:
                yield Step(Do.MAKE_USER, who, "is made, with the password of its file")
            case Login.STALE if _settled(who, should, actual):
                yield Step(Do.SET_USER, who, "gets the password that is in its file now")
            case Login.STALE:
                yield Step(Do.CONFLICT, who, TAKEN)
            case Login.ABOVE:
                yield Step(Do.CONFLICT, who, ABOVE)
            case Login.SOUND:
                pass


def _quotas(wanted: Mapping[str, Quota], actual: Actual) -> Iterator[Step]:
    for who, should in sorted(wanted.items()):
        have = actual.quotas.get(who, {})
        differing = tuple((k, v) for k, v in sorted(should.items()) if have.get(k) != v)
        if differing:
            says = ", ".join(f"{k}: {_number(have.get(k))} -> {_number(v)}" for k, v in differing)
            yield Step(Do.SET_QUOTA, who, says, quota=differing)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.0f}"


def _revoked(ours: frozenset[str], should: Should, actual: Actual) -> Iterator[Step]:
    for rule in sorted(actual.rules - should.rules):
        if rule.allow and rule.principal in ours:
            yield Step(Do.REVOKE, rule.principal, str(rule), rule)


def _foreign(ours: frozenset[str], should: Should, actual: Actual) -> Iterator[Step]:
    """Yield the rules of others that reach what is ours, and all that forbid us something."""
    for rule in sorted(actual.rules - should.rules):
        known = rule.allow and rule.principal in ours
        if known or rule.principal in should.operators:
            continue
        if any(map(rule.overlaps, should.rules)):
            yield Step(Do.FOREIGN, rule.principal, str(rule), rule)


def _beaten(ours: frozenset[str], actual: Actual) -> Iterator[Step]:
    """Yield the quotas that win over the ones that are set here."""
    for (who, client), quota in actual.client_quotas.items():
        if who in ours:
            named = "any client id" if client is None else f"client id {client}"
            values = ", ".join(f"{k}: {_number(v)}" for k, v in sorted(quota.items()))
            says = f"with {named} it has a quota that wins over its own: {values}"
            yield Step(Do.FOREIGN, who, says)
