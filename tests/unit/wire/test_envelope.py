import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from relay.model.outcome import Reason, Rejected, Verdict
from relay.model.records import Position
from relay.model.trace import derived
from relay.wire import envelope
from relay.wire.asyncapi import headers as described
from relay.wire.canary import canary_id
from relay.wire.envelope import Headers, traceparent
from relay.wire.rejection import rejection_id
from tests.unit.wire.values import an_alert

REJECTED: Final = Rejected(
    "ee", Position("detections.ee", 0, 7), 0, Verdict.REFUSED, Reason.INVALID, "$", "why"
)
EVENTS: Final[dict[str, Headers]] = {
    "alert": envelope.alert_headers(an_alert(), "hub"),
    "rejection": envelope.rejection_headers(REJECTED, rejection_id(REJECTED), "hub"),
    "canary": envelope.canary_headers(canary_id(2, 0), 0, "hub"),
    "detection": envelope.detection_headers(
        "ee", "1.1", "2026-03-02T08:00:00Z", "green", derived("1.1")
    ),
}


def read(event: str) -> dict[str, str]:
    """The headers of an event, as a reader has them."""
    return {name: value.decode() for name, value in EVENTS[event]}


@pytest.mark.parametrize("event", EVENTS)
def test_headers_are_a_cloud_event_in_binary_mode(event: str) -> None:
    """Required attributes are there, once; names are at most 20 lower-case letters and digits."""
    found = read(event)
    attributes = [name.removeprefix("ce_") for name in found if name.startswith("ce_")]

    assert len(found) == len(EVENTS[event])
    assert {"id", "source", "specversion", "type"} <= set(attributes)
    assert [name for name in attributes if not re.fullmatch("[a-z][a-z0-9]{0,19}", name)] == []
    assert (found["ce_specversion"], found["content-type"]) == ("1.0", "application/json")


@pytest.mark.parametrize("event", EVENTS)
def test_headers_are_those_of_the_published_document(event: str) -> None:
    """The AsyncAPI document describes each header of an event, and no header that it lacks."""
    schema = described(event)
    properties = schema["properties"]
    assert isinstance(properties, dict)

    assert set(properties) == set(read(event))
    assert list(Draft202012Validator(schema).iter_errors(read(event))) == []


def test_an_alert_is_named_by_what_its_readers_drop_repeats_by() -> None:
    """`ce_id` of an alert is id, episode and revision."""
    alert = an_alert(episode=1_772_439_249_250, revision=3)
    found = dict(envelope.alert_headers(alert, "hub"))

    assert found["ce_id"].decode() == f"{alert.id}.2026-03-02T08:14:09.250Z.3"
    assert found["ce_source"] == b"urn:shield:relay:hub"


@given(st.text(max_size=40).filter(lambda name: name.isprintable()), st.text(max_size=5))
def test_a_trace_is_derived_and_well_formed(name: str, other: str) -> None:
    """`traceparent` is W3C's form, the same for the same name and another for another."""
    found = traceparent(name)

    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01", found)
    assert found == traceparent(name)
    assert (found == traceparent(other)) == (name == other)
