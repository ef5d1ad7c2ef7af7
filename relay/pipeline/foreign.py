"""Records of a member that emits another format: its adapter runs here, at the relay."""

from collections.abc import Sequence

from relay.formats.adapters import outcomes
from relay.formats.native import hinted
from relay.formats.outcome import Converted, Refused, Source
from relay.formats.outcome import Skipped as NoDetection
from relay.formats.parsing import parse
from relay.model.member import Member
from relay.model.outcome import Reason, Skipped
from relay.model.policy import Policy
from relay.model.records import Record
from relay.wire.decode import Fault, decode, detection_in
from relay.wire.detection import SCHEMA, DetectionV1

MOST_BYTES = 1024 * 1024
"""A record in a foreign format: what a topic of Kafka takes where nobody set it."""

MOST_DETECTIONS = 10
"""Detections of one record, a thousand observables: each of their sightings carries its whole
detection, so that more would make a hundred MB of one record. `relay emit` has no such bound."""

NATIVE = (SCHEMA, "feedback.v1")
"""What a member may say natively, whatever its sensors write: one topic carries all it says."""

_LONG = Fault(Reason.TOO_LARGE, "$", f"the record is longer than {MOST_BYTES} bytes")
_MANY = Fault(
    Reason.TOO_LARGE, "$",
    f"the record makes more than {MOST_DETECTIONS} detections; `relay emit` splits it",
)  # fmt: skip


def detections(
    record: Record, member: Member, policy: Policy
) -> Skipped | Sequence[DetectionV1 | Fault]:
    """Return the detections in a record, or that there are none. Total."""
    if record.value is None:
        return [decode(None, member.id)]
    if len(record.value) > MOST_BYTES:
        return [_LONG]
    value = parse(record.value)
    if isinstance(value, Refused):
        return [_fault(value)]
    if isinstance(value, dict) and value.get("schema") in NATIVE:
        return [decode(record.value, member.id)]
    return _adapted(value, member, _source(record, member, policy))


def native(record: Record, member: str) -> DetectionV1 | Fault:
    """Return the native detection in a record; of one in another format, which one it looks like.
    Total."""
    found = decode(record.value, member)
    if isinstance(found, Fault) and found.reason is Reason.UNKNOWN_SCHEMA:
        return hinted(found, parse(record.value or b""))
    return found


def _adapted(
    value: object, member: Member, source: Source
) -> Skipped | Sequence[DetectionV1 | Fault]:
    found: list[DetectionV1 | Fault] = []
    for outcome in outcomes(member.emits.format, value, source):
        match outcome:
            case Refused():
                found.append(_fault(outcome))
            case Converted(bodies):
                found.extend(detection_in(body, member.id) for body in bodies)
            case NoDetection():
                pass
        if len(found) > MOST_DETECTIONS:
            return [_MANY]
    return found or Skipped(member.id)


def _fault(refused: Refused) -> Fault:
    return Fault(Reason(refused.reason), refused.path, refused.detail)


def _source(record: Record, member: Member, policy: Policy) -> Source:
    emits = member.emits
    return Source(
        member=member.id,
        tlp=emits.tlp,
        published_at=record.at,
        own_networks=emits.networks,
        own_domains=emits.domains,
        allow_documentation=policy.allow_documentation,
    )
