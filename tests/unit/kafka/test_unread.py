from collections.abc import Mapping

from relay.kafka.clients import partition_of
from relay.kafka.unread import Marks, marked, unread

ONE, TWO = partition_of("alerts.fr", 0), partition_of("alerts.fr", 1)
ENDS = {ONE: 10, TWO: 0}


def waiting(*looks: tuple[float, Mapping[str, int], int]) -> dict[str, float]:
    """For how long members wait after looks: when, each group's offset, the last alert's end."""
    marks: Marks = {}
    now = 0.0
    for now, offsets, end in looks:
        committed = {group: {ONE: offset} for group, offset in offsets.items()}
        marks = marked(marks, now, committed, {ONE: end})
    return unread(marks, now)


def test_who_has_read_the_last_alert_waits_for_nothing() -> None:
    """However long ago it was, and however far the log has grown since without an alert."""
    assert waiting((0, {"fr.siem": 10}, 10), (9_000, {"fr.siem": 10}, 10)) == {"fr": 0}
    assert waiting((0, {"fr.siem": 12}, 10), (9_000, {"fr.siem": 12}, 10)) == {"fr": 0}


def test_who_stands_still_before_an_alert_waits_since_it_was_last_well() -> None:
    """Not since the last alert that it read, which may be weeks ago."""
    well = [(60.0 * minute, {"fr.siem": 10}, 10) for minute in range(100)]
    late = [(6_000.0 + 60 * minute, {"fr.siem": 10}, 11) for minute in range(3)]

    assert waiting(*well, *late) == {"fr": 180}


def test_who_moves_on_is_reading() -> None:
    """It may be behind: that it is at work is what counts."""
    looks = [(60.0 * minute, {"fr.siem": minute}, 1_000) for minute in range(50)]

    assert waiting(*looks) == {"fr": 0}


def test_at_the_first_look_nobody_is_accused() -> None:
    """Nothing is known of before."""
    assert waiting((500, {"fr.siem": 0}, 10)) == {"fr": 0}


def test_a_group_that_nobody_uses_any_more_is_no_reader() -> None:
    """One that reads is enough; and of another member's nothing is said."""
    looks = [(60.0 * n, {"fr.old": 0, "fr.siem": 10, "fr2.siem": 0}, 10) for n in range(3)]

    assert waiting(*looks) == {"fr": 0, "fr2": 120}


def test_one_partition_that_is_left_is_enough() -> None:
    """The others go on, and its alerts are not read."""
    marks: Marks = {}
    for now in (0.0, 60.0, 120.0):
        marks = marked(marks, now, {"fr.siem": {ONE: 3, TWO: int(now)}}, {ONE: 10, TWO: 500})

    assert unread(marks, 120.0) == {"fr": 120}


def test_a_group_that_commits_nothing_any_more_is_forgotten() -> None:
    """As when its offsets have expired: there is nothing to tell."""
    marks = marked({}, 0.0, {"fr.siem": {ONE: 3}}, ENDS)

    assert unread(marked(marks, 60.0, {}, ENDS), 60.0) == {}
