"""Who may do what at the brokers. Pure: a deployment's rules follow from its members and topics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.topics import Topic
from relay.model.member import Member

Resource = Literal["topic", "group", "transactional_id", "cluster"]

CLUSTER: Final = "kafka-cluster"
"""Kafka's name for the cluster as a resource."""

ANYTHING: Final = "*"
ANYWHERE: Final = "*"


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One of Kafka's access rules (ACLs); words are Kafka's own, in lower case.

    `prefixed`: it holds for every name that begins with `name`. `allow` False: it forbids.
    """

    principal: str
    resource: str
    name: str
    operation: str
    prefixed: bool = False
    allow: bool = True
    host: str = ANYWHERE

    def __str__(self) -> str:
        may = "may" if self.allow else "may not"
        names = f"{self.name}…" if self.prefixed else self.name
        place = "" if self.host == ANYWHERE else f" from {self.host}"
        return f"{may} {self.operation} {self.resource} {names}{place}"

    def overlaps(self, other: "Rule") -> bool:
        """Whether both speak of some resource, be it one that does not exist yet."""
        if self.resource != other.resource:
            return False
        if ANYTHING in {self.name, other.name} or self.name == other.name:
            return True
        return (self.prefixed and other.name.startswith(self.name)) or (
            other.prefixed and self.name.startswith(other.name)
        )


def principal_of(member: Member) -> str:
    """Return who the brokers take a member for."""
    return member.principal or member.id


def groups_of(member: str) -> str:
    """Return what the names of a member's consumer groups begin with.

    No id of a member holds a dot, so no member's groups begin as another's do: `m.` and `m2.`.
    """
    return f"{member}."


def member_rules(member: Member, topics: Topics) -> Iterator[Rule]:
    """Yield what a member may do: write its detections, read what is for it, in its own groups.

    Each implies to describe the same. No transactions: one left open would hold back readers.
    """
    who = principal_of(member)
    yield Rule(who, "topic", topics.detections + member.id, "write")
    yield Rule(who, "topic", topics.alerts + member.id, "read")
    yield Rule(who, "topic", topics.rejected + member.id, "read")
    yield Rule(who, "group", groups_of(member.id), "read", prefixed=True)


def relay_rules(
    principal: str, settings: KafkaSettings, should: Sequence[Topic], topics: Topics
) -> Iterator[Rule]:
    """Yield what the relay may do with the topics of its deployment, and in whose name."""
    for topic in should:
        yield Rule(principal, "topic", topic.name, "describe_configs")
        for operation in _operations(topic.name, topics):
            yield Rule(principal, "topic", topic.name, operation)
    for group in (settings.ingest_group, settings.correlate_group):
        yield Rule(principal, "group", group, "read")
    for member in filter(None, (topics.member(topic.name) for topic in should)):
        # How far its readers are; not what they read.
        yield Rule(principal, "group", groups_of(member), "describe", prefixed=True)
    for prefix in settings.transactional_prefixes:
        yield Rule(principal, "transactional_id", prefix, "write", prefixed=True)
    yield Rule(principal, "cluster", CLUSTER, "idempotent_write")


def _operations(name: str, topics: Topics) -> tuple[str, ...]:
    if name.startswith(topics.detections):
        return ("read",)
    if name.startswith((topics.alerts, topics.rejected)):
        return ("write",)
    return ("read", "write")
