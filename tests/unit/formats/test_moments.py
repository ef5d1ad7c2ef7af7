import pytest

from relay.formats.moments import day, epoch, moment, rfc3339

AT = "2026-11-20T12:00:00.000Z"
WRITTEN = (
    ("RFC 3339", "2026-11-20T12:00:00Z", AT),
    ("offset", "2026-11-20T14:00:00+02:00", AT),
    ("offset without its colon", "2026-11-20T06:00:00-0600", AT),
    ("day of another year", "2027-01-01T01:00:00+02:00", "2026-12-31T23:00:00.000Z"),
    ("blank for the T", "2026-11-20 12:00:00Z", AT),
    ("UTC in letters", "2026-11-20 12:00:00 UTC", AT),
    ("lower case", "2026-11-20T12:00:00z", AT),
    ("microseconds", "2026-11-20T12:00:00.550680Z", "2026-11-20T12:00:00.550Z"),
    ("seven digits", "2026-11-20T12:00:00.5506809+00:00", "2026-11-20T12:00:00.550Z"),
    ("one digit, a comma", "2026-11-20T12:00:00,5Z", "2026-11-20T12:00:00.500Z"),
    ("month without its zero", "2026-1-2T12:00:00Z", "2026-01-02T12:00:00.000Z"),
)  # fmt: skip
NO_TIMES = (
    "2026-11-20T12:00:00", "2026-11-20", "12:00:00Z", "26-11-20T12:00:00Z", "2026-13-01T12:00:00Z",
    "2026-11-20T25:00:00Z", "2026-02-30T12:00:00Z", "2026-11-20T12:00:00+99:00",
    "2026-11-20 12:00:00.617719+02:00 UTC", "31st December 2020 12:00", "2026-11-20T12:00:00CEST",
    "1869-11-20T12:00:00Z", "2126-11-20T12:00:00Z", " 2026-11-20T12:00:00Z", "", None,
    1_763_640_000, "2026-11-20T12:00:00Z\n", "\uff12026-11-20T12:00:00Z", "0001-01-01T00:00:00Z",
)  # fmt: skip
NUMBERS = (
    ("seconds", 1_795_176_000, AT),
    ("seconds as text", "1795176000", AT),
    ("seconds with a fraction", 1_795_176_000.25, "2026-11-20T12:00:00.250Z"),
    ("milliseconds", 1_795_176_000_000, AT),
    ("microseconds", 1_795_176_000_000_000, AT),
    ("nanoseconds", 1_795_176_000_000_000_000, AT),
    ("first of seconds", 100_000_000, "1973-03-03T09:46:40.000Z"),
)  # fmt: skip
NO_NUMBERS = (
    0, -1, 1, 99_999_999, True, None, "", "x", "-1795176000", "1795176000 ", [1_795_176_000],
    float("nan"), float("inf"), 10**30, "9" * 400,
    134_399_592_000_000_000,  # 100 ns since 1601, of a day in 2026
    20_261_120_120_000,  # a date in digits
    5_000_000_000_000,  # ms of the year 2128
)  # fmt: skip


@pytest.mark.parametrize(("name", "written", "at"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_a_time_is_read_as_formats_write_it(name: str, written: str, at: str) -> None:
    """RFC 3339 and what comes near it is one moment in UTC, cut to milliseconds."""
    found = moment(written)

    assert found is not None, name
    assert rfc3339(found) == at


@pytest.mark.parametrize("written", NO_TIMES)
def test_what_leaves_something_to_guess_is_no_time(written: object) -> None:
    """Without an offset, a century or a month, or out of all bounds, a text is no time."""
    assert moment(written) is None


def test_an_offset_may_be_named_elsewhere() -> None:
    """A record may name its zone once for all of its times; a time's own offset comes first."""
    assert moment("2026-11-20T14:00:00", "+02:00") == moment("2026-11-20T12:00:00Z")
    assert moment("2026-11-20T12:00:00Z", "+02:00") == moment("2026-11-20T12:00:00Z")


@pytest.mark.parametrize(("name", "number", "at"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_a_number_tells_its_scale(name: str, number: object, at: str) -> None:
    """Seconds to nanoseconds since 1970 are told apart by their size."""
    found = epoch(number)

    assert found is not None, name
    assert rfc3339(found) == at


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_number_of_another_scale_is_no_time(number: object) -> None:
    """Ticks of Windows, dates in digits and numbers of no likely year are no times."""
    assert epoch(number) is None


def test_a_day_begins_at_midnight_in_utc() -> None:
    """A date alone is the start of its day."""
    begin = day("2026-11-20")

    assert begin is not None
    assert rfc3339(begin) == "2026-11-20T00:00:00.000Z"
    assert day("20.11.2026") is day(None) is None
