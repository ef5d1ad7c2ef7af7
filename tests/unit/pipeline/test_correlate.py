"""Correlate: a lane's records, its marks, its clock, and who is set aside."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from relay.core.correlate import Rules
from relay.core.keys import digest
from relay.model.detection import Observable, Sighting
from relay.model.outcome import (
    Aside,
    Joined,
    Outcome,
    Recreated,
    Repeated,
    Sent,
    TracedSighting,
    Unreadable,
    Warned,
)
from relay.model.plan import Plan
from relay.model.records import Outgoing, Position, Record
from relay.model.trace import derived
from relay.model.window import FORMAT, Window
from relay.pipeline.correlate import CATCH_UP_WINDOWS, control, correlate
from relay.state import MemoryStore, View
from relay.wire import internal
from relay.wire.internal import LaneRecord, SetAside, Tick
from tests.builders import (
    DAY,
    IP,
    MINUTE,
    SECOND,
    SECRET,
    START,
    a_sighting,
    an_id,
    some_rules,
)

RULES = some_rules("aa", "bb", "cc")


class LaneOf:
    """One lane in memory: give it records, read what it writes."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.store = MemoryStore()
        self.outcomes: list[Outcome] = []

    def take(self, *records: Record) -> list[tuple[str, int, str, int]]:
        """(recipient, at - START, reason, revision) of what one batch writes."""
        plan = self.plan(records)
        return [
            (topic.removeprefix("alerts."), out.at - START, body["reason"], body["revision"])
            for out in plan.outgoing
            for body in [json.loads(out.value)]
            for topic in out.topics
        ]

    def plan(self, records: Sequence[Record]) -> Plan:
        """The plan of one batch, committed."""
        plan = correlate(records, View(self.store), self.rules)
        self.store.apply(plan.changes, None)
        self.outcomes.extend(plan.outcomes)
        return plan

    def happened(self, kind: type[Outcome]) -> int:
        """How often something of this kind came out."""
        return sum(isinstance(outcome, kind) for outcome in self.outcomes)


def a_lane_record(said: LaneRecord | bytes | None, at: int, key: bytes | None = None) -> Record:
    """A record of the internal topic, appended `at` ms after START."""
    value = internal.encode(said) if isinstance(said, Sighting | Tick | SetAside) else said
    return Record(Position("relay.sightings", 0, 0), START + at, key, value)


def seen(by: str, at: int = 0, **said: Any) -> Record:
    """A sighting by a member; its source offset is its time unless given."""
    where = {"offset": at, **said}
    said_id = {"id": an_id(at + 1), **where}
    sighting = a_sighting(by, START + at, **said_id)
    key = digest(SECRET, sighting.entry.observables[sighting.key])
    return a_lane_record(sighting, at, key)


def tick(at: int) -> Record:
    """A tick at START + at."""
    return a_lane_record(Tick(tick=True), at)


def aside(member: str, at: int, *, out: bool) -> Record:
    """A member is set aside (`out`) or taken back."""
    return a_lane_record(SetAside(member, out), at)


def test_a_sighting_at_its_mark_is_dropped() -> None:
    """The same place in the same source is a repeat, in a batch and after it."""
    lane = LaneOf()
    lane.take(seen("aa"), seen("aa"))

    assert lane.take(seen("aa")) == []
    assert (lane.happened(Joined), lane.happened(Repeated)) == (1, 2)


def test_a_sighting_below_its_mark_is_dropped() -> None:
    """What an earlier session sent again is passed over, by offset and by index."""
    lane = LaneOf()
    lane.take(seen("aa", offset=5, index=1))
    for place in ({"offset": 4, "index": 9}, {"offset": 5, "index": 0}, {"offset": 5, "index": 1}):
        lane.take(seen("aa", **place))

    assert lane.happened(Repeated) == 3


def test_a_later_index_of_the_same_record_is_new() -> None:
    """The sightings of one record pass one after the other."""
    lane = LaneOf()
    lane.take(seen("aa", offset=5, index=0), seen("aa", offset=5, index=1))

    assert (lane.happened(Joined), lane.happened(Repeated)) == (2, 0)


def test_marks_are_kept_for_each_source_partition() -> None:
    """One member's place says nothing of another's."""
    lane = LaneOf()
    lane.take(seen("aa", offset=9), seen("bb", offset=0))

    assert (lane.happened(Joined), lane.happened(Repeated)) == (2, 0)


def test_a_topic_that_began_anew_is_taken_from_its_beginning() -> None:
    """An offset below the mark, appended after all seen, resets the mark; then order holds."""
    lane = LaneOf()
    lane.take(seen("aa", 0, offset=100), seen("aa", 1, offset=0), seen("aa", 2, offset=1))
    lane.take(seen("aa", 2, offset=1))

    assert lane.happened(Recreated) == 1
    assert (lane.happened(Joined), lane.happened(Repeated)) == (3, 1)


def test_an_old_record_that_comes_late_is_no_new_topic() -> None:
    """Below the mark and not newer than what was seen is a repeat."""
    lane = LaneOf()
    lane.take(seen("aa", 5, offset=100))
    lane.take(replace(seen("aa", 5, offset=3), at=START + 9))

    assert (lane.happened(Recreated), lane.happened(Repeated)) == (0, 1)


def test_a_broker_clock_that_steps_back_makes_no_new_topic() -> None:
    """Newer means newer than all that was seen of the partition, not than the last."""
    lane = LaneOf()
    lane.take(seen("aa", 10, offset=5), seen("aa", 8, offset=6), seen("aa", 9, offset=3))

    assert (lane.happened(Recreated), lane.happened(Repeated)) == (0, 1)


def test_timers_fire_at_their_deadline_whenever_the_record_comes() -> None:
    """After an outage what was due is stamped as if it had fired in time, before the record."""
    lane = LaneOf()
    lane.take(seen("aa"))
    late = lane.take(seen("bb", 3 * DAY))

    assert late == [
        ("bb", DAY, "closed", 2),
        ("cc", DAY, "closed", 2),
        ("aa", 3 * DAY, "opened", 1),
        ("cc", 3 * DAY, "opened", 1),
    ]


@pytest.mark.parametrize(("at", "closed"), [(DAY - 1, False), (DAY, True)])
def test_a_tick_moves_the_clock_and_fires_what_is_due(at: int, *, closed: bool) -> None:
    """A deadline equal to the tick's time is due."""
    lane = LaneOf()
    lane.take(seen("aa"))

    assert bool(lane.take(tick(at))) is closed


def test_timers_fire_in_order_of_deadline_then_key() -> None:
    """Two keys due at one instant fire in order of their keys, a later deadline after both."""
    lane = LaneOf()
    addresses = [Observable("ipv4", f"198.41.0.{i}") for i in range(5)]
    for place, address in enumerate(addresses):
        lane.take(seen("aa", place // 4, observables=(address,), offset=place, id=an_id(place)))
    out = lane.plan([tick(2 * DAY)]).outgoing
    order = [(o.at, json.loads(o.value)["key"]["value"]) for o in out]
    keys = {a.value: digest(SECRET, a) for a in addresses}

    assert [at - START for at, _ in order] == [DAY] * 4 + [DAY + 1]
    assert order == sorted(order, key=lambda each: (each[0], keys[each[1]]))


def test_the_clock_never_goes_back() -> None:
    """A record appended before lane time is decided at lane time."""
    lane = LaneOf()
    lane.take(tick(MINUTE))

    assert [t[1] for t in lane.take(replace(seen("aa"), at=START))] == [MINUTE, MINUTE]


def test_the_clock_is_kept_between_batches() -> None:
    """Lane time is state: the next batch goes on from it."""
    lane = LaneOf()
    lane.take(seen("aa"))
    lane.take(tick(DAY))

    assert lane.take(tick(DAY - 1)) == []
    assert [t[1] for t in lane.take(replace(seen("bb", DAY + 1), at=START))] == [DAY, DAY]


@pytest.mark.parametrize(
    "record",
    [
        a_lane_record(None, 0),
        a_lane_record(b"", 0),
        a_lane_record(b"not json", 0),
        a_lane_record(b'{"tock":true}', 0),
        a_lane_record(a_sighting("aa"), 0, None),
        a_lane_record(a_sighting("aa"), 0, b"short"),
    ],
)
def test_a_record_that_cannot_be_read_is_counted_and_passed(record: Record) -> None:
    """A foreign writer or another version does not stop the lane."""
    lane = LaneOf()
    out = lane.take(record, seen("aa"))

    assert lane.happened(Unreadable) == 1
    assert len(out) == 2


def test_unreadable_state_stops_the_lane() -> None:
    """A window of another version is never misread."""
    lane = LaneOf()
    lane.take(seen("aa"))
    ((key, stored),) = [e for e in lane.store.entries().items() if e[0].startswith(b"w")]
    window = replace(internal.decode_window(stored.value), format=FORMAT + 1)
    view = View(lane.store)
    view.put(key, internal.encode(window), window.deadline)

    with pytest.raises(ValueError, match="format"):
        correlate([tick(DAY)], view, RULES)


def test_who_is_set_aside_gets_nothing_until_it_is_taken_back() -> None:
    """The others' revisions go on; the member is caught up on the next second."""
    lane = LaneOf()
    lane.take(seen("aa"), aside("cc", 1, out=True))

    assert lane.take(seen("bb", 2)) == [("aa", 2, "opened", 1), ("bb", 2, "state-rise", 2)]
    assert lane.take(aside("cc", 3, out=False)) == []
    assert lane.take(tick(4)) == []
    assert lane.take(tick(SECOND)) == [("cc", SECOND, "caught-up", 2)]
    assert lane.take(tick(2 * SECOND)) == []
    assert lane.happened(Aside) == 2


def test_who_is_set_aside_again_is_not_caught_up() -> None:
    """Taken back and set aside within a second: nothing is written to it."""
    lane = LaneOf()
    lane.take(seen("aa"), aside("cc", 1, out=True), aside("cc", 2, out=False))
    lane.take(aside("cc", 3, out=True))

    assert lane.take(tick(SECOND)) == []


def test_catching_up_goes_on_page_by_page() -> None:
    """A second of lane time re-tells a bounded number of keys, and the rest follow."""
    lane = LaneOf()
    count = CATCH_UP_WINDOWS + 3
    records = [
        seen("aa", observables=(Observable("ipv4", f"20.0.{i // 250}.{i % 250}"),), offset=i)
        for i in range(count)
    ]
    lane.plan(records)
    lane.take(aside("cc", 1, out=True), aside("cc", 2, out=False))
    pages = [len(lane.take(tick(n * SECOND))) for n in (1, 2, 3)]

    assert pages == [CATCH_UP_WINDOWS, 3, 0]


def test_a_window_that_is_forgotten_leaves_no_state() -> None:
    """After two window lengths nothing of a key is left but the lane's own entries."""
    lane = LaneOf()
    lane.take(seen("aa"))
    lane.take(tick(2 * DAY))

    assert [key for key in lane.store.entries() if key.startswith(b"w")] == []


def test_what_was_sent_is_counted_by_state_and_reason() -> None:
    """One outcome for each record written, with the append time of what caused it."""
    lane = LaneOf()
    lane.take(seen("aa"), tick(DAY))
    sent = [outcome for outcome in lane.outcomes if isinstance(outcome, Sent)]

    assert [(s.recipients, s.reason.value, s.source_at) for s in sent] == [
        (("bb", "cc"), "opened", START),
        (("bb", "cc"), "closed", None),
    ]


def test_warning_lead_time_is_counted_once() -> None:
    """A member that reports what it was told of: its event less the time it was told."""
    lane = LaneOf()
    lane.take(seen("aa"), seen("bb", 7), seen("bb", 9), seen("aa", 11))
    lead = [(o.member, o.lead) for o in lane.outcomes if isinstance(o, Warned)]

    assert lead == [("bb", 7)]


def test_recipients_with_one_alert_share_one_record() -> None:
    """One encoding for all: the record names the topics it goes to."""
    (out,) = LaneOf().plan([seen("aa")]).outgoing
    headers = dict(out.headers)
    body = json.loads(out.value)

    assert out.topics == ("alerts.bb", "alerts.cc")
    assert (out.key, out.partition) == (body["id"].encode(), None)
    assert headers["ce_id"].decode() == f"{body['id']}.{body['episode']}.{body['revision']}"


def test_control_records_go_to_their_lane() -> None:
    """A tick is a record of one partition of the internal topic."""
    out = control(Tick(tick=True), START, 3)

    assert out == Outgoing(("relay.sightings",), START, None, b'{"tick":true}', partition=3)


def test_a_new_key_starts_with_an_empty_window() -> None:
    """Roles are no part of a key: the window's own carries none."""
    lane = LaneOf()
    lane.take(seen("aa", observables=(Observable(IP.type, IP.value, "c2"),)))
    (value,) = [e.value for k, e in lane.store.entries().items() if k.startswith(b"w")]
    window = internal.decode_window(value)

    assert isinstance(window, Window)
    assert window.key == IP


def test_a_traced_sighting_is_told_of_before_what_it_makes_the_relay_tell() -> None:
    """Once, with the alert that its key has and its own span; a repeat of it not again."""
    lane, trace = LaneOf(), derived("ingest").child("x")
    traced = replace(seen("aa"), trace=trace)

    lane.take(traced, traced, seen("bb", 1))

    kinds = [type(o) for o in lane.outcomes if isinstance(o, TracedSighting | Sent)]
    (told,) = [o for o in lane.outcomes if isinstance(o, TracedSighting)]
    sent = [o for o in lane.outcomes if isinstance(o, Sent)]
    assert kinds[0] is TracedSighting
    assert (told.member, told.source.topic, told.at) == ("aa", "detections.aa", START)
    assert (told.parent, told.here.trace) == (trace, trace.trace)
    assert {o.alert for o in sent} == {told.alert}
    assert len({o.name for o in sent}) > 1


def test_two_sightings_of_one_record_have_two_spans() -> None:
    """The sightings of a record carry one context; each span in a lane is its own."""
    lane, trace = LaneOf(), derived("ingest")
    lane.take(*(replace(seen("aa", index=n), trace=trace) for n in range(2)))

    spans = [o.here.span for o in lane.outcomes if isinstance(o, TracedSighting)]
    assert len(set(spans)) == 2
