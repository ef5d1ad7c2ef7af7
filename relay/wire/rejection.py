"""`rejection.v1`: what a member is told of a record that was refused or trimmed. Open, as alerts
are: readers ignore what they do not know."""

from typing import Annotated, Literal, get_args
from uuid import uuid5

import orjson
from pydantic import Field, StringConstraints

from relay.model.identity import NAMESPACE
from relay.model.outcome import Reason, Rejected
from relay.wire.fields import WHOLE, MemberName, Omissible, Open, Timestamp, Uuid, timestamp

SCHEMA = "rejection.v1"

ReasonName = Literal[
    "too-large", "not-json", "other-format", "no-time", "unknown-schema", "wrong-member",
    "member-disabled", "unlabelled", "invalid", "not-supported", "too-old", "invalid-observable",
    "nothing-left", "internal", "victim-side", "special-address", "personal-parameter",
]  # fmt: skip

if set(get_args(ReasonName)) != {reason.value for reason in Reason}:
    raise TypeError("the published reasons are not those of relay.model.outcome")


class PlaceV1(Open):
    """The record that was rejected: its place in the member's own topic."""

    topic: Annotated[str, StringConstraints(max_length=249)]
    partition: Annotated[int, Field(ge=0), WHOLE]
    offset: Annotated[int, Field(ge=0), WHOLE]


class RejectionV1(Open):
    """`refused`: nothing of the record was used. `trimmed`: the rest of it was."""

    schema_: Annotated[Literal["rejection.v1"], Field(alias="schema")]
    id: Annotated[Uuid, Field(description="the same when repeated after a crash")]
    member: MemberName
    outcome: Literal["refused", "trimmed"]
    reason: ReasonName
    path: Annotated[str, StringConstraints(max_length=512), Field(description="JSONPath")]
    detail: Annotated[str, StringConstraints(max_length=500)]
    detection_id: Omissible[Uuid] = None
    source: PlaceV1
    at: Annotated[Timestamp, Field(description="when the record was appended")]


def rejection_id(rejected: Rejected) -> str:
    """Return the id of a rejection: uuid5 of topic, partition, offset and outcome."""
    at = rejected.position
    return str(uuid5(NAMESPACE, f"{at.topic}:{at.partition}:{at.offset}:{rejected.verdict.value}"))


def encode(rejected: Rejected) -> bytes:
    """Return the message of one rejection."""
    at = rejected.position
    body: dict[str, object] = {
        "schema": SCHEMA,
        "id": rejection_id(rejected),
        "member": rejected.member,
        "outcome": rejected.verdict.value,
        "reason": rejected.reason.value,
        "path": rejected.path[:512],
        "detail": rejected.detail[:500],
    }
    if rejected.detection is not None:
        body["detection_id"] = rejected.detection
    body["source"] = {"topic": at.topic, "partition": at.partition, "offset": at.offset}
    body["at"] = timestamp(rejected.at)
    return orjson.dumps(body)
