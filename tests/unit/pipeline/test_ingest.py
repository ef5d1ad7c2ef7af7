"""Ingest: what becomes of one record, whatever its bytes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.correlate import Rules
from relay.core.keys import digest, lane_of
from relay.core.register import Register
from relay.model.detection import Observable, Sighting
from relay.model.member import Member
from relay.model.outcome import Accepted, Reason, Rejected, TracedRecord
from relay.model.records import Outgoing, Position, Record
from relay.model.trace import HEADER, derived
from relay.pipeline.ingest import ingest
from relay.wire.internal import decode_lane_record
from tests.builders import (
    DAY,
    DOMAIN,
    IP,
    MINUTE,
    SECRET,
    SHA256,
    START,
    a_detection,
    a_member,
    a_record,
    an_id,
    some_rules,
)

RULES = some_rules("pl", "fr", a_member("xx", enabled=False))
STRICT = some_rules("pl", "fr", allow_documentation=False)


def taken(value: Any, rules: Rules = RULES, **where: Any) -> tuple[list[Outgoing], list[Outgoing]]:
    """(sightings, rejections) that one record comes to."""
    plan = ingest([a_record(value, **where)], rules)
    sightings = [out for out in plan.outgoing if out.topics == ("relay.sightings",)]
    return sightings, [out for out in plan.outgoing if out not in sightings]


def refusal(value: Any, rules: Rules = RULES, **where: Any) -> tuple[str, str, str]:
    """(outcome, reason, path) of the one rejection."""
    (out,) = taken(value, rules, **where)[1]
    body = json.loads(out.value)
    return body["outcome"], body["reason"], body["path"]


def sighting(out: Outgoing) -> Sighting:
    """What a record for the lanes says."""
    said = decode_lane_record(out.value)
    assert isinstance(said, Sighting)
    return said


def shared(**sharing: Any) -> dict[str, Any]:
    """A detection shared like this."""
    return a_detection(sharing={"tlp": "green", **sharing})


def with_observables(*observables: Any, **changes: Any) -> dict[str, Any]:
    """A detection of these observables."""
    return a_detection(observables=list(observables), **changes)


NAME = ("domain", "evil.bad-host.org")
VICTIM = {"type": "ipv4", "value": "198.41.0.9", "side": "victim"}

REFUSED: list[tuple[str, Any, str, str]] = [
    ("no value", None, "not-json", "$"),
    ("no JSON", b"{", "not-json", "$"),
    ("no object", b"[]", "not-json", "$"),
    ("twice the same field", b'{"schema":"detection.v1","schema":"detection.v1"}', "not-json", "$"),
    ("too large", b" " * 65_537, "too-large", "$"),
    ("no schema", {}, "unknown-schema", "$.schema"),
    ("another schema", a_detection(schema="detection.v2"), "unknown-schema", "$.schema"),
    ("feedback", {"schema": "feedback.v1"}, "not-supported", "$.schema"),
    ("another member", a_detection("fr"), "wrong-member", "$.member"),
    ("a withdrawal", a_detection(action="withdraw"), "not-supported", "$.action"),
    ("no id", a_detection(id=None), "invalid", "$.id"),
    ("an unknown field", a_detection(colour="red"), "invalid", "$.colour"),
    ("no label", a_detection(sharing=None), "unlabelled", "$.sharing"),
    ("an empty label", a_detection(sharing={}), "unlabelled", "$.sharing.tlp"),
    ("an unknown label", shared(tlp="white"), "unlabelled", "$.sharing.tlp"),
    ("amber", shared(tlp="amber"), "not-supported", "$.sharing.tlp"),
    ("amber+strict", shared(tlp="amber+strict"), "not-supported", "$.sharing.tlp"),
    ("red", shared(tlp="red", recipients=["fr"]), "not-supported", "$.sharing.tlp"),
    ("a group", shared(recipients=["fr", "group:x"]), "not-supported", "$.sharing.recipients[1]"),
    ("a group excluded", shared(exclude=["group:x"]), "not-supported", "$.sharing.exclude[0]"),
    ("an exercise", a_detection(exercise="autumn"), "not-supported", "$.exercise"),
    ("nothing observed", with_observables(), "not-supported", "$.observables"),
    ("too old", a_detection(at=START - 30 * DAY - 1), "too-old", "$.detected_at"),
    (
        "times crossed",
        a_detection(first_seen="2026-01-02T00:00:00Z", last_seen="2026-01-01T00:00:00Z"),
        "invalid",
        "$.last_seen",
    ),
    (
        "no value of its type",
        with_observables((IP.type, IP.value), ("md5", "xyz")),
        "invalid-observable",
        "$.observables[1].value",
    ),
    ("only the victim's", with_observables(VICTIM), "nothing-left", "$.observables"),
    ("only context", with_observables(("user-agent", "curl")), "nothing-left", "$.observables"),
    ("only private", with_observables(("ipv4", "10.0.0.1")), "nothing-left", "$.observables"),
]


@pytest.mark.parametrize(
    ("value", "reason", "path"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_refused_is_refused_with_reason_and_place(
    value: Any, reason: str, path: str
) -> None:
    """One rejection with the first error, and nothing goes to the lanes."""
    sightings, rejected = taken(value)

    assert (sightings, len(rejected)) == ([], 1)
    assert refusal(value) == ("refused", reason, path)
    assert rejected[0].topics == ("rejected.pl",)


def test_a_disabled_member_is_told_so() -> None:
    """What a disabled member sends is refused, whatever it is."""
    assert refusal(a_detection("xx"), by="xx") == ("refused", "member-disabled", "$")


def test_every_reason_has_its_case() -> None:
    """No reason of the closed list goes without a test here."""
    shown = {reason for _, _, reason, _ in REFUSED}
    elsewhere = {
        "member-disabled", "internal", "victim-side", "special-address", "personal-parameter",
        "other-format", "no-time",
    }  # fmt: skip

    assert shown | elsewhere == {reason.value for reason in Reason}


TRIMMED = [
    ("victim", with_observables((IP.type, IP.value), VICTIM), "victim-side", "[1].side"),
    ("address", with_observables(("ipv4", "10.1.1.1"), NAME),
     "special-address", "[0].value"),
    ("parameter", with_observables(("url", "http://bad-host.org/?email=a@b.org")),
     "personal-parameter", "[0].value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "reason", "place"), [c[1:] for c in TRIMMED], ids=[c[0] for c in TRIMMED]
)
def test_what_is_trimmed_goes_on_without_it(value: Any, reason: str, place: str) -> None:
    """The sender is told once, and the rest is taken."""
    sightings, _ = taken(value)

    assert len(sightings) == 1
    assert refusal(value) == ("trimmed", reason, f"$.observables{place}")


def test_several_cuts_are_one_rejection() -> None:
    """One rejection a record and outcome: the first cut, and how many more."""
    value = with_observables(VICTIM, ("ipv4", "10.0.0.1"), (IP.type, IP.value))
    (out,) = taken(value)[1]
    body = json.loads(out.value)

    assert (body["reason"], body["path"]) == ("victim-side", "$.observables[0].side")
    assert body["detail"].endswith("; 1 more were cut")


def test_a_rejection_is_the_same_whenever_it_is_repeated() -> None:
    """Same record, same bytes and id; another offset or outcome, another id."""
    value = with_observables((IP.type, IP.value), VICTIM)
    first, again = taken(value)[1], taken(value)[1]
    other, refused = taken(value, offset=1)[1], taken(with_observables(VICTIM))[1]
    ids = {json.loads(out.value)["id"] for (out,) in (first, other, refused)}

    assert first == again
    assert len(ids) == 3


def test_a_rejection_says_where_and_when() -> None:
    """Place of the record, append time, and the detection's id as the Kafka key."""
    (out,) = taken(shared(tlp="red"), at=START + 5, offset=7)[1]
    body = json.loads(out.value)

    assert body["source"] == {"topic": "detections.pl", "partition": 0, "offset": 7}
    assert (body["at"], out.at, out.partition) == ("2026-05-28T20:26:40.005Z", START + 5, 0)
    assert (out.key, body["detection_id"]) == (an_id(1).encode(), an_id(1))


def test_without_a_sound_id_a_rejection_has_no_key() -> None:
    """Nothing of a broken message is taken for an id."""
    (out,) = taken({"schema": "detection.v1", "id": "no uuid", "member": "pl"})[1]

    assert out.key is None
    assert "detection_id" not in json.loads(out.value)


@pytest.mark.parametrize(("age", "sightings"), [(30 * DAY, 1), (30 * DAY + 1, 0)])
def test_thirty_days_to_the_millisecond(age: int, sightings: int) -> None:
    """Exactly 30 days old at its append is taken."""
    assert len(taken(a_detection(at=START - age))[0]) == sightings


@pytest.mark.parametrize(
    ("ahead", "event", "flags"),
    [
        (5 * MINUTE, 5 * MINUTE, ()),
        (5 * MINUTE + 1, 5 * MINUTE, ("clock_future",)),
        (DAY, 5 * MINUTE, ("clock_future",)),
    ],
)
def test_a_clock_ahead_is_believed_for_five_minutes(
    ahead: int, event: int, flags: tuple[str, ...]
) -> None:
    """Beyond five minutes after its append the event time is clamped, and flagged."""
    entry = sighting(taken(a_detection(at=START + ahead))[0][0]).entry

    assert (entry.event - START, entry.flags) == (event, flags)


def test_a_sighting_for_each_key_and_none_for_context() -> None:
    """Each carries the whole detection, its key, its place, and goes to its key's lane."""
    kinds = [("user-agent", "curl"), (IP.type, IP.value), (SHA256.type, SHA256.value)]
    outs, _ = taken(with_observables(*kinds), offset=3)
    said = [sighting(out) for out in outs]

    assert [(s.source.index, s.key) for s in said] == [(0, 1), (1, 2)]
    assert all(len(s.entry.observables) == 3 for s in said)
    assert all(s.source.offset == 3 for s in said)
    assert [out.key for out in outs] == [digest(SECRET, o) for o in (IP, SHA256)]
    assert [out.partition for out in outs] == [lane_of(out.key or b"", 4) for out in outs]


def test_names_are_sorted_so_that_equal_audiences_are_equal() -> None:
    """Order and repeats of recipients say nothing."""
    outs = [
        taken(shared(recipients=r, exclude=["b", "a", "b"]))[0]
        for r in (["y", "x"], ["x", "y", "x"])
    ]
    one, other = (sighting(out[0]).audience for out in outs)

    assert one == other
    assert (one.recipients, one.exclude) == (("x", "y"), ("a", "b"))


def test_no_recipients_is_not_an_empty_list_of_them() -> None:
    """Absent means all whom the label admits, empty means nobody."""
    absent = sighting(taken(shared())[0][0]).audience.recipients
    empty = sighting(taken(shared(recipients=[]))[0][0]).audience.recipients

    assert (absent, empty) == (None, ())


@pytest.mark.parametrize(
    ("said", "votes"),
    [
        ({}, True),
        ({"first_hand": False}, False),
        ({"derived_from": []}, True),
        ({"derived_from": ["11111111-1111-5111-8111-111111111111"]}, False),
    ],
)
def test_only_what_is_seen_with_own_eyes_votes(said: dict[str, Any], *, votes: bool) -> None:
    """Neither hearsay nor what was derived from an alert is first-hand."""
    assert sighting(taken(a_detection(**said))[0][0]).entry.first_hand is votes


@given(st.binary(max_size=400))
def test_any_bytes_are_a_rejection_or_a_detection(value: bytes) -> None:
    """Ingest is total: one outcome for one record, never an exception, never a fault of its own."""
    plan = ingest([a_record(value)], RULES)

    assert len(plan.outcomes) == 1
    assert not any(isinstance(o, Rejected) and o.reason is Reason.INTERNAL for o in plan.outcomes)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3)
)


@given(st.sampled_from(sorted(a_detection())), JSON)
def test_a_detection_with_any_field_wrong_is_told_where(field: str, value: object) -> None:
    """A near miss is refused at a place, or is sound; no field can raise."""
    body = json.dumps({**a_detection(), field: value}).encode()
    plan = ingest([a_record(body)], RULES)

    assert all(
        o.path.startswith("$") and o.reason is not Reason.INTERNAL
        for o in plan.outcomes
        if isinstance(o, Rejected)
    )


class Faulty(Register):
    """A register with a bug that one member's records meet."""

    def get(self, member: str) -> Member | None:
        """Return the member, unless it is the one."""
        if member == "fr":
            raise ZeroDivisionError("198.41.0.4")
        return super().get(member)


def test_a_bug_that_one_record_meets_does_not_stop_the_rest() -> None:
    """The bulkhead: that record is refused as a fault of the relay, its neighbours go on."""
    rules = replace(RULES, register=Faulty(RULES.policy.members))
    records = [
        Record(
            Position(f"detections.{by}", 0, 0), START, None, json.dumps(a_detection(by)).encode()
        )
        for by in ("pl", "fr", "pl")
    ]
    plan = ingest(records, rules)
    middle = plan.outcomes[1]

    assert [type(outcome) for outcome in plan.outcomes] == [Accepted, Rejected, Accepted]
    assert isinstance(middle, Rejected)
    assert (middle.reason, middle.path) == (Reason.INTERNAL, "$")
    assert "198.41" not in middle.detail


def test_documentation_addresses_are_special_unless_allowed() -> None:
    """An address of the examples is cut in a deployment."""
    value = with_observables(("ipv4", "192.0.2.7"), NAME)

    assert refusal(value, STRICT) == ("trimmed", "special-address", "$.observables[0].value")
    assert taken(value)[1] == []


def test_observables_come_out_canonical() -> None:
    """What correlates is the one form of a value, whatever was sent."""
    out = taken(with_observables(("domain", "EVIL[.]example[.]ORG")))[0][0]

    assert sighting(out).entry.observables == (Observable(DOMAIN.type, DOMAIN.value),)


def test_a_traced_record_hands_its_trace_to_its_sightings_alone() -> None:
    """Each sighting carries the span of its ingestion; what came of it is told in counts."""
    trace = derived("of the sender")
    body = with_observables(NAME, ("ipv4", "198.41.0.4"), ("ipv4", "10.0.0.7"))
    record = replace(a_record(body, offset=5), trace=trace)

    plan = ingest([record, a_record(body, offset=6)], RULES)

    traced = [out for out in plan.outgoing if out.headers and out.topics == ("relay.sightings",)]
    (told,) = [each for each in plan.outcomes if isinstance(each, TracedRecord)]
    assert [out.headers for out in traced] == [((HEADER, told.here.header()),)] * 2
    assert (told.parent, told.here.trace, told.member) == (trace, trace.trace, "pl")
    assert (told.position, told.at) == (record.position, record.at)
    assert (told.detections, told.sightings, told.reasons) == (1, 2, (Reason.SPECIAL_ADDRESS,))


def test_a_traced_record_that_is_refused_is_told_of_with_its_reason() -> None:
    """Nothing goes to the lanes, and whoever asked for the trace finds why."""
    plan = ingest([replace(a_record(b"{"), trace=derived("x"))], RULES)

    (told,) = [each for each in plan.outcomes if isinstance(each, TracedRecord)]
    assert (told.detections, told.sightings, told.reasons) == (0, 0, (Reason.NOT_JSON,))
