"""What of a fetched record goes on as a value."""

from collections.abc import Sequence

import pytest

from relay.kafka.clients import MAX_HEADERS, record_of
from relay.model.trace import HEADER, derived
from tests.unit.kafka.test_inbox import Given

OURS, OTHER = derived("ours").header(), derived("other").header()


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ((), None),
        ([("ce_id", b"1"), (HEADER, OURS)], OURS),
        ([(HEADER, OURS), (HEADER, OTHER)], OURS),
        ([(HEADER, b"sound it is not"), (HEADER, OTHER)], None),
        ([("Traceparent", OURS), ("tracestate", OURS), ("baggage", OURS)], None),
        ([("x", b"")] * (MAX_HEADERS - 1) + [(HEADER, OURS)], OURS),
        ([("x", b"")] * MAX_HEADERS + [(HEADER, OURS)], None),
    ],
)
def test_of_all_headers_one_trace_is_taken(
    headers: Sequence[tuple[str, bytes]], taken: bytes | None
) -> None:
    """The first of its name among a bounded number, if it is sound; no other header goes on."""
    found = record_of(Given(7, headers=headers)).trace

    assert (found and found.header()) == taken
