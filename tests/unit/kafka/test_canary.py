import pytest

from relay.kafka.canary import is_due


@pytest.mark.parametrize(
    ("before", "at", "now", "due"),
    [
        (59_999, 60_000, 60_010, True),
        (60_000, 119_999, 120_000, False),
        (60_000, 240_000, 240_010, True),
        (59_999, 60_000, 120_000, True),
        (59_999, 60_000, 120_001, False),
        (60_000, 60_000, 60_000, False),
    ],
)
def test_one_is_due_when_the_clock_passes_a_multiple(
    before: int, at: int, now: int, *, due: bool
) -> None:
    """Once for each multiple, or for several that are passed at once; never for a lane behind."""
    assert is_due(before, at, 60_000, now) is due
