"""Members that emit another format, and members that read another, by the register."""

import json
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from relay.core.correlate import Rules
from relay.model.detection import Sighting
from relay.model.member import Emits
from relay.model.outcome import Accepted, Outcome, Rejected, Sent, Skipped
from relay.model.records import Outgoing, Position, Record
from relay.pipeline.correlate import correlate
from relay.pipeline.foreign import MOST_BYTES, MOST_DETECTIONS
from relay.pipeline.ingest import ingest
from relay.pipeline.told import Told
from relay.state import MemoryStore, View
from relay.wire.fields import timestamp
from relay.wire.internal import decode_lane_record
from tests.builders import START, a_detection, a_member, a_record, some_rules, some_wants, told
from tests.unit.formats.eve_events import INSIDE, OUTSIDE, PUBLIC, SCAN, event

EVE = Emits("suricata", "green")
NOW = timestamp(START)


def rules(emits: Emits = EVE, *others: Any) -> Rules:
    """Rules of a member that emits Suricata's events, and of others."""
    return some_rules(a_member("pl", emits=emits), "fr", *others)


def sighting(out: Outgoing) -> Sighting:
    """What a record for the lanes says."""
    said = decode_lane_record(out.value)
    assert isinstance(said, Sighting)
    return said


def an_event(**more: Any) -> dict[str, Any]:
    """A scan from outside, seen at START."""
    return {**event(OUTSIDE, INSIDE, SCAN), "timestamp": NOW, **more}


def outcomes(value: Mapping[str, Any] | bytes | None, emits: Emits = EVE) -> list[Outcome]:
    """What one record of the member comes to."""
    return list(ingest([a_record(value)], rules(emits)).outcomes)


def refusal(value: Mapping[str, Any] | bytes | None, emits: Emits = EVE) -> tuple[str, str, str]:
    """(verdict, reason, path) of the only thing that one record comes to."""
    (outcome,) = outcomes(value, emits)
    assert isinstance(outcome, Rejected)
    return outcome.verdict, outcome.reason, outcome.path


def test_an_alert_of_a_sensor_is_taken_as_a_detection() -> None:
    """A member whose sensor writes to its topic needs no converter of its own."""
    plan = ingest([a_record(an_event())], rules())

    (out,) = plan.outgoing
    assert plan.outcomes == (Accepted("pl", 1),)
    assert sighting(out).entry.observables[0].value == OUTSIDE


def test_what_is_no_detection_is_counted_and_nothing_more() -> None:
    """Most of what a sensor writes is no alert: the member is not told of each."""
    plan = ingest([a_record({**an_event(), "event_type": "flow"})], rules())

    assert plan.outgoing == ()
    assert plan.outcomes == (Skipped("pl"),)


@pytest.mark.parametrize(
    ("value", "emits", "expected"),
    [
        (b"{", EVE, ("refused", "not-json", "$")),
        (None, EVE, ("refused", "not-json", "$")),
        (b" " * (MOST_BYTES + 1), EVE, ("refused", "too-large", "$")),
        (b"[]", EVE, ("refused", "other-format", "$")),
        ({"class_uid": 2004}, EVE, ("refused", "other-format", "$")),
        (an_event(timestamp=NOW.removesuffix("Z")), EVE, ("refused", "no-time", "$.timestamp")),
        (an_event(), Emits("suricata"), ("refused", "unlabelled", "$")),
        (an_event(), Emits("suricata", "red"), ("refused", "not-supported", "$.sharing.tlp")),
        (an_event(timestamp="2024-03-02T08:00:00Z"), EVE, ("refused", "too-old", "$.detected_at")),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(
    value: Mapping[str, Any] | bytes | None, emits: Emits, expected: tuple[str, str, str]
) -> None:
    """A refusal names a reason of the closed list and the place in what the member wrote."""
    assert refusal(value, emits) == expected


def test_a_native_message_is_taken_whatever_the_sensors_write() -> None:
    """One topic carries all that a member says: its analysts' own detections, too."""
    assert outcomes(a_detection()) == [Accepted("pl", 1)]


def test_a_record_in_a_format_nobody_named_is_refused_by_its_name() -> None:
    """A member that was registered as native is told what its records look like, and what to do."""
    plan = ingest([a_record(an_event())], rules(Emits()))

    (outcome,) = plan.outcomes
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.path) == ("unknown-schema", "$.schema")
    assert "Suricata" in outcome.detail
    assert "emits" in outcome.detail


def test_what_is_the_members_own_does_not_come_out() -> None:
    """The register's networks of a member hold at the relay as `--own-network` does at its edge."""
    attack = an_event(dest_ip=PUBLIC)
    own = Emits("suricata", "green", networks=(ip_network(f"{OUTSIDE}/32"),))

    assert outcomes(attack) == [Accepted("pl", 1)]
    assert outcomes(attack, own) == [Skipped("pl")]


def an_indicator(number: int) -> dict[str, Any]:
    """A STIX indicator of a domain of its own."""
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        "created": NOW, "modified": NOW,
        "pattern": f"[domain-name:value = 'host{number}.bad.example']", "pattern_type": "stix",
        "valid_from": NOW,
    }  # fmt: skip


def a_bundle(count: int) -> dict[str, Any]:
    """A bundle of so many indicators."""
    return {
        "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000",
        "objects": [an_indicator(number) for number in range(count)],
    }  # fmt: skip


def test_the_sightings_of_one_record_are_counted_on() -> None:
    """Several detections of one record share its offset: their sightings rise by index."""
    plan = ingest([a_record(a_bundle(250))], rules(Emits("stix", "green")))

    assert [outcome.sightings for outcome in plan.outcomes if isinstance(outcome, Accepted)] == [
        100, 100, 50,
    ]  # fmt: skip
    assert [sighting(out).source.index for out in plan.outgoing] == list(range(250))


def test_a_record_of_too_many_detections_is_refused_whole() -> None:
    """Each sighting carries its detection: what one record may become is bounded."""
    value = a_bundle(100 * MOST_DETECTIONS + 1)

    assert refusal(value, Emits("stix", "green")) == ("refused", "too-large", "$")


def test_one_rejection_tells_of_all_detections_of_a_record() -> None:
    """A rejection's id is made of the record's place: there is one of each outcome."""
    value = {**a_bundle(150)}
    for indicator in value["objects"]:
        indicator["valid_from"] = "2020-03-02T08:00:00Z"
        indicator["created"] = indicator["modified"] = "2020-03-02T08:00:00Z"

    plan = ingest([a_record(value)], rules(Emits("stix", "green")))

    (out,) = plan.outgoing
    assert json.loads(out.value)["reason"] == "too-old"


def lines(*records: Record, by: Rules) -> list[Told]:
    """The alerts that members would read."""
    return [line for line in told(records, by) if line.topic.startswith("alerts.")]


def test_each_recipient_reads_the_format_it_wants() -> None:
    """One view is told to all who see it, rendered once for each format among them."""
    deployment = some_rules(
        "pl", "aa", "bb", a_member("cc", wants=some_wants(format="stix")),
        a_member("dd", wants=some_wants(format="misp")),
    )  # fmt: skip

    out = lines(a_record(a_detection()), by=deployment)
    read = {line.topic: orjson.loads(line.value) for line in out}

    assert read["alerts.aa"] == read["alerts.bb"]
    assert read["alerts.aa"]["schema"] == "alert.v1"
    assert read["alerts.cc"]["type"] == "bundle"
    assert "Event" in read["alerts.dd"]


def test_all_formats_of_an_alert_have_its_key() -> None:
    """A topic that compacts keeps the newest revision of each alert, whatever its format."""
    deployment = some_rules("pl", "aa", a_member("cc", wants=some_wants(format="ocsf")))

    both = lines(a_record(a_detection()), by=deployment)

    assert len({line.key for line in both}) == 1
    assert len(both) == 2


def test_what_a_format_has_no_place_for_is_counted() -> None:
    """A recipient of another format misses some of an alert; the operator sees how much."""
    deployment = some_rules("pl", a_member("cc", wants=some_wants(format="stix")))
    ja3 = ("ja3", "e7d705a3286e19ea42f587b344ee6865")
    body = a_detection(observables=[("ipv4", "198.51.100.7"), ja3])
    said = ingest([a_record(body)], deployment)

    place = Position("relay.sightings", 0, 0)
    sighted = [Record(place, START, out.key, out.value) for out in said.outgoing]

    plan = correlate(sighted, View(MemoryStore()), deployment)

    (sent,) = [outcome for outcome in plan.outcomes if isinstance(outcome, Sent)]
    assert (sent.format, sent.recipients) == ("stix", ("cc",))
    assert dict(sent.lost)["observables"] == 1
