"""The topics as an AsyncAPI 3 document: who writes and reads what, and how each topic is kept.

AsyncAPI has no word for access rules: they stand under `x-kafka-acl`, one list an operation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "str | int | float | list[Json] | dict[str, Json] | None"

DRAFT_07 = "application/schema+json;version=draft-07"
"""What every AsyncAPI tool must read; the schemas keep to what it shares with 2020-12."""

DAY_MS = 86_400_000
LANES = 4
"""The default number of lanes; a deployment's own is in its settings."""

MEMBER = "{member}"
APP = "relay"
"""The default prefix of the relay's groups and transactional ids."""

UUID: dict[str, Json] = {"type": "string", "format": "uuid"}
KEY_DIGEST: dict[str, Json] = {
    "type": "string",
    "format": "binary",
    "minLength": 16,
    "maxLength": 16,
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of topic. `also` are messages in it beside the one it is for."""

    name: str
    address: str
    description: str
    message: "Message"
    partitions: int
    settings: Mapping[str, Json]
    also: "tuple[Message, ...]" = ()

    @property
    def messages(self) -> "tuple[Message, ...]":
        """Every message that may stand in it."""
        return (self.message, *self.also)


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message. `headers` names the CloudEvents type, None where there are none."""

    name: str
    headers: str | None
    key: Json


@dataclass(frozen=True, slots=True)
class Operation:
    """What one role does on one topic. `message` None: with whatever stands in it."""

    name: str
    action: str
    topic: str
    role: str
    summary: str
    message: str | None = None


def _const(value: str) -> dict[str, Json]:
    return {"type": "string", "const": value}


def _deleted(days: int, policy: tuple[str, ...] = ("delete",)) -> dict[str, Json]:
    return {"cleanup.policy": [*policy], "retention.ms": days * DAY_MS}


STAMPED: dict[str, Json] = {"message.timestamp.type": "LogAppendTime"}

COMPACTED: dict[str, Json] = {
    "cleanup.policy": ["compact"],
    "delete.retention.ms": DAY_MS,
    "max.message.bytes": 16 * 1024 * 1024,
    "min.cleanable.dirty.ratio": 0.2,
    "segment.bytes": 128 * 1024 * 1024,
    "segment.ms": 30 * 60_000,
}
"""Why each is as it is, stands where the topics are made; a test holds both together."""

TOPICS = (
    Topic(
        "detections",
        f"detections.{MEMBER}",
        "What one member reports. The topic decides whose it is, never the message.",
        Message(
            "detection.v1", "detection", {"description": "free; the relay does not look at it"}
        ),
        1,
        _deleted(7) | STAMPED,
    ),
    Topic(
        "rejected",
        f"rejected.{MEMBER}",
        "What of a member's records was refused or trimmed, and why. May repeat after a crash, "
        "with the same id.",
        Message(
            "rejection.v1",
            "rejection",
            {"description": "id of the detection, null where it has none", **UUID},
        ),
        1,
        _deleted(7),
    ),
    Topic(
        "alerts",
        f"alerts.{MEMBER}",
        "What one member is told. Read with isolation.level=read_committed; drop repeats by "
        "(id, episode, revision). As many partitions as lanes; lane i writes partition i. A member "
        "that asks for it finds signs of life between its alerts.",
        Message("alert.v1", "alert", {"description": "id of the alert", **UUID}),
        LANES,
        _deleted(30, ("compact", "delete")),
        (Message("canary.v1", "canary", {"description": "no alert's", **_const("canary")}),),
    ),
    Topic(
        "sightings",
        "relay.sightings",
        "Internal: each detection once for each of its keys, clock ticks, members set aside. "
        "As many partitions as lanes.",
        Message(
            "sighting.v1",
            None,
            {"description": "digest of the key; null for a tick", **KEY_DIGEST},
        ),
        LANES,
        _deleted(7) | STAMPED,
    ),
    Topic(
        "state",
        "relay.state",
        "Internal: the changelog of each lane's windows, clock and marks. As many partitions as "
        "lanes.",
        Message(
            "window.v1",
            None,
            {"description": "w and the digest of a window's key; m and a name for a lane's own"},
        ),
        LANES,
        COMPACTED,
    ),
)

OPERATIONS = (
    Operation("report", "send", "detections", "member", "report a detection"),
    Operation("learnOfRejections", "receive", "rejected", "member", "learn what was not taken"),
    Operation("beWarned", "receive", "alerts", "member", "be warned"),
    Operation("ingest", "receive", "detections", "relay", "take what members report"),
    Operation("reject", "send", "rejected", "relay", "tell a member what was not taken"),
    Operation("spread", "send", "sightings", "relay", "send each key to its lane"),
    Operation("correlate", "receive", "sightings", "relay", "correlate, in a transaction a lane"),
    Operation("keep", "send", "state", "relay", "keep a lane's state, in that transaction"),
    Operation("restore", "receive", "state", "relay", "restore a lane's state"),
    Operation("warn", "send", "alerts", "relay", "warn members, in that transaction", "alert.v1"),
    Operation(
        "showLife",
        "send",
        "alerts",
        "relay",
        "write a sign of life, in a transaction of its own: committed for members that want it, "
        "aborted for all others",
        "canary.v1",
    ),
)

TRANSACTIONAL = frozenset({"keep", "warn", "showLife"})

FORMS = {
    "ce_id": "unique per source; drop repeats by it",
    "ce_source": "urn:shield:member:<id> or urn:shield:relay:<id>",
    "ce_time": "RFC 3339",
    "ce_tlp": "label of the message",
    "ce_expirytime": "until when an alert holds",
    "traceparent": "W3C trace context; an alert's is derived from ce_id, a detection's stays here",
}
"""Headers of an event; which of them one has, `HEADERS` says."""

HEADERS = {
    "detection": ("ce_id", "ce_source", "ce_time", "ce_tlp", "traceparent"),
    "rejection": ("ce_id", "ce_source", "ce_time"),
    "alert": ("ce_id", "ce_source", "ce_time", "ce_tlp", "ce_expirytime", "traceparent"),
    "canary": ("ce_id", "ce_source", "ce_time"),
}


def document() -> dict[str, Json]:
    """Return the document. It refers to the schemas as files beside it."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:shield:relay",
        "info": {
            "title": "Relay of detections between SOCs",
            "version": "1",
            "description": "Topics, messages and rights. Settings are the defaults of a "
            "deployment; internal topics are shown for operators and are no contract.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {operation.name: _operation(operation) for operation in OPERATIONS},
        "components": {
            "messages": {
                message.name: _message(message) for topic in TOPICS for message in topic.messages
            },
            "parameters": {"member": {"description": "id of a member, as in the register"}},
        },
    }


def _channel(topic: Topic) -> dict[str, Json]:
    channel: dict[str, Json] = {
        "address": topic.address,
        "description": topic.description,
        "messages": {
            message.name: _ref(f"#/components/messages/{message.name}")
            for message in topic.messages
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": dict(topic.settings),
                "bindingVersion": "0.5.0",
            }
        },
    }
    if MEMBER in topic.address:
        channel["parameters"] = {"member": _ref("#/components/parameters/member")}
    return channel


def _message(message: Message) -> dict[str, Json]:
    described: dict[str, Json] = {
        "name": message.name,
        "contentType": "application/json",
        "payload": {"schemaFormat": DRAFT_07, "schema": _ref(f"{message.name}.json")},
        "bindings": {"kafka": {"key": message.key, "bindingVersion": "0.5.0"}},
    }
    if message.headers is not None:
        described["headers"] = headers(message.headers)
    return described


def headers(event: str) -> dict[str, Json]:
    """Return the schema of an event's headers: CloudEvents 1.0 in Kafka's binary mode.

    A member's may be missing: they are hints, the body decides.
    """
    fixed: dict[str, Json] = {
        "content-type": _const("application/json"),
        "ce_specversion": _const("1.0"),
        "ce_type": _const(f"eu.shield.{event}.v1"),
        "ce_dataschema": _const(f"urn:shield:schema:{event}.v1"),
    }
    free: dict[str, Json] = {
        name: {"type": "string", "description": FORMS[name]} for name in HEADERS[event]
    }
    required: list[Json] = [] if event == "detection" else [*sorted(fixed | free)]
    return {"type": "object", "properties": fixed | free, "required": required}


def _operation(operation: Operation) -> dict[str, Json]:
    topic = next(topic for topic in TOPICS if topic.name == operation.topic)
    names = [message.name for message in topic.messages]
    if operation.message is not None:
        names = [operation.message]
    return {
        "action": operation.action,
        "summary": f"{operation.role}: {operation.summary}",
        "channel": _ref(f"#/channels/{topic.name}"),
        "messages": [_ref(f"#/channels/{topic.name}/messages/{name}") for name in names],
        "x-role": operation.role,
        "x-kafka-acl": [*_rules(operation, topic)],
    }


def _rules(operation: Operation, topic: Topic) -> Iterable[Json]:
    """Yield what a broker must allow for an operation. Write and Read imply Describe."""
    member = operation.role == "member"
    principal = f"User:{MEMBER}" if member else f"User:{APP}"
    own = member or MEMBER not in topic.address
    name = topic.address if own else topic.address.removesuffix(MEMBER)
    verb = "Write" if operation.action == "send" else "Read"
    yield _rule(principal, verb, "topic", (name, "literal" if own else "prefixed"))
    if operation.action == "receive":
        group = f"{MEMBER}." if member else f"{APP}."
        yield _rule(principal, "Read", "group", (group, "prefixed"))
    if operation.name in TRANSACTIONAL:
        yield _rule(principal, "Write", "transactionalId", (f"{APP}.", "prefixed"))


def _rule(principal: str, operation: str, resource: str, pattern: tuple[str, str]) -> Json:
    return {
        "principal": principal,
        "operation": operation,
        "resource": resource,
        "name": pattern[0],
        "pattern": pattern[1],
    }


def _ref(target: str) -> dict[str, Json]:
    return {"$ref": target}
