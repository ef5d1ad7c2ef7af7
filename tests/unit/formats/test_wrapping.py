"""Answers that hold many records, and records that only look like one."""

from typing import Any

import orjson
import pytest

from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Skipped
from relay.formats.wrapping import unwrapped
from tests.unit.formats.eve_events import INSIDE, OUTSIDE, SCAN, event
from tests.unit.formats.kit import SOURCE

SCANNED = event(OUTSIDE, INSIDE, SCAN)
FLOW = {**SCANNED, "event_type": "flow"}


@pytest.mark.parametrize(
    "wrapper",
    [
        {"took": 3, "hits": {"total": 2, "hits": [{"a": 1}, {"a": 2}]}},
        {"expected": [{"a": 1}, {"a": 2}]},
        {"@odata.context": "x", "value": [{"a": 1}, {"a": 2}]},
        {"records": [{"a": 1}, {"a": 2}]},
        {"response": [{"a": 1}, {"a": 2}]},
        {"preview": False, "results": [{"a": 1}, {"a": 2}]},
    ],
)
def test_an_answer_is_the_records_in_it(wrapper: dict[str, Any]) -> None:
    """What a search or an export answers with is read record by record."""
    assert list(unwrapped(wrapper)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "value",
    [
        [], {}, None, "x", {"value": "x"}, {"value": []}, {"events": [1]}, {"hits": {"hits": 3}},
        {"value": [{"a": 1}], **{f"field{n}": n for n in range(9)}},
        [{"value": [{"a": 1}]}],
    ],
)  # fmt: skip
def test_anything_else_is_itself(value: object) -> None:
    """A record with a list of such a name among its fields stays one record."""
    assert list(unwrapped(value)) == [value]


def test_what_of_an_answer_is_converted_comes_out() -> None:
    """What is no detection beside what is one is passed over; alone, its reason is told."""
    both = adapt("suricata", orjson.dumps({"value": [FLOW, SCANNED, SCANNED]}), SOURCE)
    none = adapt("suricata", orjson.dumps({"value": [FLOW, FLOW]}), SOURCE)

    assert isinstance(both, Converted)
    assert len(both.detections) == 2
    assert none == Skipped("event_type flow")
