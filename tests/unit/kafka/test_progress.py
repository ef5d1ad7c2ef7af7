from relay.kafka.progress import Progress

NOON = 1_700_000_000_000


def test_nothing_left_is_no_lag() -> None:
    """Reading that has reached the end is neither behind nor late, however old the last record."""
    progress = Progress(7, NOON)

    assert progress.lag(7, NOON + 86_400_000) == (0, 0.0)


def test_a_backlog_is_as_old_as_the_last_record_decided() -> None:
    """Of a backlog the next record is no older than the one before it."""
    progress = Progress(0, NOON)

    progress.reach(5, NOON + 2_000)

    assert progress.lag(9, NOON + 10_000) == (4, 8.0)


def test_what_comes_after_a_quiet_day_is_young() -> None:
    """A record is younger than the last look at which there was none."""
    progress = Progress(5, NOON)
    progress.lag(5, NOON + 86_400_000)

    assert progress.lag(6, NOON + 86_401_000) == (1, 1.0)


def test_of_what_was_never_seen_no_age_is_made_up() -> None:
    """Records are counted before the first is read; their age is not known."""
    assert Progress(3).lag(5, NOON) == (2, 0.0)


def test_markers_are_not_records() -> None:
    """A member that writes in transactions leaves markers, which nobody has to decide on."""
    progress = Progress(0, NOON)
    progress.reach(5, NOON)

    progress.skip(6)
    progress.skip(4)

    assert progress.lag(6, NOON + 60_000) == (0, 0.0)
