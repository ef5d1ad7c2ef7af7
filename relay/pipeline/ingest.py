"""Stage one: a member's records become sightings or rejections. Stateless, one at a time."""

from collections.abc import Iterator, Sequence

from relay.core.correlate import Rules
from relay.core.keys import digest, lane_of
from relay.core.register import ADMITTED
from relay.core.screen import Cut, Screened, screen
from relay.model.detection import Audience, Entry, Reported, Severity, Sighting, Source
from relay.model.member import Member
from relay.model.outcome import (
    Accepted,
    Outcome,
    Reason,
    Rejected,
    Skipped,
    TracedRecord,
    Verdict,
)
from relay.model.plan import Plan
from relay.model.policy import DAY_MS, Policy
from relay.model.records import Outgoing, Read, Record, Unread
from relay.model.trace import HEADER, Trace
from relay.pipeline.foreign import detections, native
from relay.pipeline.topics import REJECTED, SIGHTINGS, member_of
from relay.wire import internal, rejection
from relay.wire.decode import Fault
from relay.wire.detection import DetectionV1
from relay.wire.envelope import rejection_headers
from relay.wire.fields import millis

FUTURE_MS = 300_000
"""A clock this far ahead of the broker's is believed; beyond, the event time is clamped."""

OLDEST_MS = 30 * DAY_MS
"""A detection older than the longest default window could not count anywhere."""

CLOCK_FUTURE = "clock_future"
SEVERITIES = {level.name.lower(): int(level) for level in Severity}


Result = Rejected | Skipped | list[Sighting]
"""What comes of a record: the sightings of one of its detections, or why there are none."""


def ingest(records: Sequence[Read], rules: Rules) -> Plan:
    """Return what `records` of members' topics come to: sightings for the lanes, rejections.

    Total: any bytes give a plan. What one record does never depends on another.
    """
    outgoing: list[Outgoing] = []
    outcomes: list[Outcome] = []
    for record in records:
        results = _guarded(record, rules)
        here = None if record.trace is None else _here(record, record.trace)
        for result in results:
            if isinstance(result, list):
                outgoing.extend(_sightings(result, rules.policy, here))
                outcomes.append(Accepted(result[0].member, len(result)))
                continue
            outcomes.append(result)
            if isinstance(result, Rejected):
                outgoing.append(_rejection(result, rules.policy))
        if here is not None:
            outcomes.append(_traced(record, here, results))
    return Plan(tuple(outgoing), (), tuple(outcomes))


def _here(record: Read, parent: Trace) -> Trace:
    at = record.position
    return parent.child("ingest", at.topic, at.partition, at.offset)


def _traced(record: Read, here: Trace, results: Sequence[Result]) -> TracedRecord:
    taken = [result for result in results if isinstance(result, list)]
    return TracedRecord(
        member=member_of(record.position.topic),
        position=record.position,
        at=record.at,
        parent=record.trace or here,
        here=here,
        detections=len(taken),
        sightings=sum(map(len, taken)),
        reasons=tuple(result.reason for result in results if isinstance(result, Rejected)),
    )


def _guarded(record: Read, rules: Rules) -> list[Result]:
    """Admit one record. The bulkhead: a bug that one record meets must not stop the rest."""
    if isinstance(record, Unread):
        return [_unread(record)]
    try:
        return list(_admit(record, rules))
    except Exception as bug:  # noqa: BLE001 - see above; the rejection raises an alarm
        member = member_of(record.position.topic)
        detail = f"a fault of the relay ({type(bug).__name__}); its operators are told"
        return [_refused(record, member, Fault(Reason.INTERNAL, "$", detail))]


def _admit(record: Record, rules: Rules) -> Iterator[Result]:
    id_ = member_of(record.position.topic)
    member = rules.register.get(id_)
    if member is None:
        detail = "the member is not enabled in the register"
        yield _refused(record, id_, Fault(Reason.MEMBER_DISABLED, "$", detail))
    elif member.emits.format == "native":
        yield from _detection(record, id_, native(record, id_), rules.policy, 0)
    else:
        yield from _foreign(record, member, rules.policy)


def _unread(unread: Unread) -> Rejected:
    """Refuse what no decoder was given, once for all of its records."""
    at = unread.position
    several = f"the records at offsets {unread.first} to {at.offset}, sent as one batch,"
    what = "the record" if unread.first == at.offset else several
    fault = Fault(Reason.INVALID, "$", f"{what} cannot be decoded")
    if unread.most is not None:
        detail = f"{what} cannot be unpacked into {unread.most} bytes"
        fault = Fault(Reason.TOO_LARGE, "$", detail)
    return _refused(unread, member_of(at.topic), fault)


def _foreign(record: Record, member: Member, policy: Policy) -> Iterator[Result]:
    """Admit a record that may hold several detections: one rejection of each outcome at most."""
    found = detections(record, member, policy)
    if isinstance(found, Skipped):
        yield found
        return
    told: set[Verdict] = set()
    index = 0
    for detection in found:
        for result in _detection(record, member.id, detection, policy, index):
            if not isinstance(result, Rejected):
                index += len(result)
                yield result
            elif result.verdict not in told:
                told.add(result.verdict)
                yield result


def _detection(
    record: Record, member: str, detection: DetectionV1 | Fault, policy: Policy, index: int
) -> Iterator[Rejected | list[Sighting]]:
    """Admit one detection; `index` is that of its first sighting within the record."""
    if isinstance(detection, Fault):
        yield _refused(record, member, detection)
        return
    fault = _unsupported(detection) or _untimely(detection, record.at)
    if fault is not None:
        yield _refused(record, member, fault, detection.id)
        return
    yield from _screened(record, detection, policy, index)


def _screened(
    record: Record, detection: DetectionV1, policy: Policy, first: int
) -> Iterator[Rejected | list[Sighting]]:
    reported = [Reported(o.type, o.value, o.side, o.role) for o in detection.observables]
    screened = screen(reported, allow_documentation=policy.allow_documentation)
    keyed = [i for i, o in enumerate(screened.observables) if o.type in policy.windows]
    if screened.fatal is not None or not keyed:
        cut = screened.fatal or _nothing_left(screened)
        fault = Fault(cut.reason, cut.path, cut.detail)
        yield _refused(record, detection.member, fault, detection.id)
        return
    if screened.cuts:
        yield _trimmed(record, detection, screened.cuts)
    entry = _entry(detection, record, screened)
    at = record.position
    yield [
        Sighting(
            Source(at.topic, at.partition, at.offset, index, record.at),
            detection.member,
            _audience(detection),
            key,
            entry,
        )
        for index, key in enumerate(keyed, first)
    ]


def _unsupported(detection: DetectionV1) -> Fault | None:
    """Return what of a sound detection is not built yet: refused, never ignored."""
    sharing = detection.sharing
    groups = [
        f"$.sharing.{name}[{i}]"
        for name, members in (("recipients", sharing.recipients), ("exclude", sharing.exclude))
        for i, member in enumerate(members or ())
        if member.startswith("group:")
    ]
    if sharing.tlp not in ADMITTED:
        return _not_supported("$.sharing.tlp", f"the label {sharing.tlp}")
    if groups:
        return _not_supported(groups[0], "naming a group")
    if detection.exercise is not None:
        return _not_supported("$.exercise", "an exercise")
    if not detection.observables:
        return _not_supported("$.observables", "a detection without observables")
    return None


def _not_supported(path: str, what: str) -> Fault:
    return Fault(Reason.NOT_SUPPORTED, path, f"{what} is not supported yet")


def _untimely(detection: DetectionV1, at: int) -> Fault | None:
    if millis(detection.detected_at) < at - OLDEST_MS:
        return Fault(Reason.TOO_OLD, "$.detected_at", "detected more than 30 days ago")
    first, last = detection.first_seen, detection.last_seen
    if first is not None and last is not None and millis(first) > millis(last):
        return Fault(Reason.INVALID, "$.last_seen", "last_seen is before first_seen")
    return None


def _nothing_left(screened: Screened) -> Cut:
    cut = screened.cuts[0].detail if screened.cuts else "none has a type that carries a key"
    detail = f"no observable is left that could be correlated: {cut}"
    return Cut(Reason.NOTHING_LEFT, "$.observables", detail)


def _entry(detection: DetectionV1, record: Record, screened: Screened) -> Entry:
    event = millis(detection.detected_at)
    latest = record.at + FUTURE_MS
    victim = detection.victim
    flags = [*detection.flags, *([CLOCK_FUTURE] if event > latest else [])]
    return Entry(
        id=detection.id,
        revision=detection.revision,
        event=min(event, latest),
        severity=SEVERITIES[detection.severity],
        confidence=detection.confidence,
        classification=detection.classification,
        observables=screened.observables,
        techniques=tuple(sorted({technique.id for technique in detection.techniques})),
        origin=detection.origin,
        first_hand=detection.first_hand and not detection.derived_from,
        attribution=detection.sharing.attribution,
        pap=detection.sharing.pap,
        sectors=tuple(sorted(set(victim.sectors))) if victim else (),
        countries=tuple(sorted(set(victim.countries))) if victim else (),
        flags=tuple(sorted(flags)),
    )


def _audience(detection: DetectionV1) -> Audience:
    sharing = detection.sharing
    named = sharing.recipients
    return Audience(
        sharing.tlp,
        None if named is None else tuple(sorted(set(named))),
        tuple(sorted(set(sharing.exclude))),
        sharing.third_country,
    )


def _sightings(
    sightings: list[Sighting], policy: Policy, trace: Trace | None
) -> Iterator[Outgoing]:
    encoded = internal.encode_sightings(sightings)
    headers = () if trace is None else ((HEADER, trace.header()),)
    for sighting, value in zip(sightings, encoded, strict=True):
        key = digest(policy.secret, sighting.entry.observables[sighting.key])
        yield Outgoing(
            (SIGHTINGS,),
            sighting.source.at,
            key,
            value,
            headers,
            partition=lane_of(key, policy.lanes),
        )


def _refused(record: Read, member: str, fault: Fault, detection: str | None = None) -> Rejected:
    return Rejected(
        member, record.position, record.at, Verdict.REFUSED,
        fault.reason, fault.path, fault.detail, detection or fault.detection,
    )  # fmt: skip


def _trimmed(record: Record, detection: DetectionV1, cuts: Sequence[Cut]) -> Rejected:
    first = cuts[0]
    more = f"; {len(cuts) - 1} more were cut" if len(cuts) > 1 else ""
    return Rejected(
        detection.member, record.position, record.at, Verdict.TRIMMED,
        first.reason, first.path, first.detail + more, detection.id,
    )  # fmt: skip


def _rejection(rejected: Rejected, policy: Policy) -> Outgoing:
    return Outgoing(
        (REJECTED + rejected.member,),
        rejected.at,
        rejected.detection.encode() if rejected.detection is not None else None,
        rejection.encode(rejected),
        rejection_headers(rejected, rejection.rejection_id(rejected), policy.relay),
        partition=0,
    )
