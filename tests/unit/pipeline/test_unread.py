import json

import pytest

from relay.model.outcome import Accepted
from relay.model.records import Position, Unread
from relay.pipeline.ingest import ingest
from tests.builders import START, a_detection, a_record, some_rules

RULES = some_rules("pl", "fr", "de")


@pytest.mark.parametrize(
    ("first", "most", "reason", "detail"),
    [
        (7, 99, "too-large", "the record cannot be unpacked into 99 bytes"),
        (7, None, "invalid", "the record cannot be decoded"),
        (
            5,
            None,
            "invalid",
            "the records at offsets 5 to 7, sent as one batch, cannot be decoded",
        ),
    ],
)
def test_what_was_not_read_is_refused_once(
    first: int, most: int | None, reason: str, detail: str
) -> None:
    """Records that no decoder was given are one rejection, at the last of them; others go on."""
    place = Position("detections.pl", 0, 7)
    plan = ingest([Unread(place, START, first, most), a_record(a_detection())], RULES)
    again = ingest([Unread(place, START, first, most)], RULES)
    told = [out for out in plan.outgoing if out.topics == ("rejected.pl",)]
    body = json.loads(told[0].value)

    assert tuple(told) == again.outgoing
    assert (body["outcome"], body["reason"], body["path"]) == ("refused", reason, "$")
    assert body["detail"] == detail
    assert body["source"] == {"topic": "detections.pl", "partition": 0, "offset": 7}
    assert any(isinstance(outcome, Accepted) for outcome in plan.outcomes)
