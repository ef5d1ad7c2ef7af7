"""From bytes to a `DetectionV1`, or to the first reason why not. Any bytes are legal input."""

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import jiter
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from relay.model.outcome import Reason
from relay.wire.detection import (
    MAX_BYTES,
    SCHEMA,
    DetectionV1,
    ObservableV1,
    SensorV1,
    SharingV1,
    VictimV1,
)

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

FIELDS = tuple(
    sorted(
        {
            field.alias or name
            for part in (DetectionV1, ObservableV1, SharingV1, VictimV1, SensorV1)
            for name, field in part.model_fields.items()
        }
    )
)
"""Names of fields, for who has mistyped one."""

_TIME = "must be a time in UTC like 2026-11-23T09:30:00Z"
FORMS = {
    **dict.fromkeys(("detected_at", "published_at", "first_seen", "last_seen"), _TIME),
    "id": "must be a lower-case UUID, or in `techniques` an id like T1059.001",
    "member": "must be a member's id: a-z, 0-9 and inner hyphens, at most 32",
}
"""What is asked for where the schema's pattern would not be read."""

FEEDBACK = "feedback.v1"

KEY_OF = "[key]"
"""How pydantic says that a name itself is wrong, not what it names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why bytes are no detection that can be taken: reason, JSON path, and a sentence.

    `detection` is the id that the message claims, where it has a sound one.
    """

    reason: Reason
    path: str
    detail: str
    detection: str | None = None


def decode(value: bytes | None, member: str) -> DetectionV1 | Fault:
    """Return the detection in `value`, which was read from the topic of `member`."""
    if value is None:
        return Fault(Reason.NOT_JSON, "$", "the record has no value")
    if len(value) > MAX_BYTES:
        return Fault(Reason.TOO_LARGE, "$", f"{len(value)} bytes, the most is {MAX_BYTES}")
    try:
        body = jiter.from_json(value, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        return Fault(Reason.NOT_JSON, "$", f"not JSON: {str(error)[:200]}")
    if not isinstance(body, dict):
        return Fault(Reason.NOT_JSON, "$", "not a JSON object")
    return detection_in(body, member)


def detection_in(body: dict[str, Any], member: str) -> DetectionV1 | Fault:
    """Return the detection that a JSON object is; see `decode`."""
    early = _foreign(body, member)
    if early is not None:
        return replace(early, detection=_claimed_id(body))
    try:
        return DetectionV1.model_validate(body)
    except ValidationError as error:
        return _fault(error.errors(include_url=False)[0], _claimed_id(body))


def _foreign(body: dict[str, Any], member: str) -> Fault | None:
    """Return why a body is not for this decoder, before its fields are looked at."""
    schema = body.get("schema")
    if schema == FEEDBACK:
        return Fault(Reason.NOT_SUPPORTED, "$.schema", "feedback is not supported yet")
    if schema != SCHEMA:
        return Fault(Reason.UNKNOWN_SCHEMA, "$.schema", f"schema must be {SCHEMA!r}")
    named = body.get("member")
    if isinstance(named, str) and named != member:
        detail = f"the topic belongs to {member!r}, the message names another member"
        return Fault(Reason.WRONG_MEMBER, "$.member", detail)
    if body.get("action") == "withdraw":
        return Fault(Reason.NOT_SUPPORTED, "$.action", "withdrawal is not supported yet")
    return None


def _claimed_id(body: dict[str, Any]) -> str | None:
    claimed = body.get("id")
    return claimed if isinstance(claimed, str) and _UUID.match(claimed) else None


def _fault(error: ErrorDetails, claimed: str | None) -> Fault:
    path = json_path(error["loc"])
    labelled = path not in {"$.sharing", "$.sharing.tlp"}
    reason = Reason.INVALID if labelled else Reason.UNLABELLED
    return Fault(reason, path, _sentence(error), claimed)


def _sentence(error: ErrorDetails) -> str:
    """Return what is wrong in words for whoever wrote it, without the value."""
    kind, last = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        near = get_close_matches(last, FIELDS, 1)
        return "there is no such field" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind == "missing":
        return "is required"
    if kind == "string_pattern_mismatch":
        return FORMS.get(last, "is not written in the form that the schema asks for")
    return error["msg"][:300]


def json_path(loc: tuple[int | str, ...]) -> str:
    """Return pydantic's place of an error as a JSONPath (RFC 9535), at most 512 characters."""
    return ("$" + "".join(_step(step) for step in loc if step != KEY_OF))[:512]


def _step(step: int | str) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.match(step) else f"[{_quoted(step)}]"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
