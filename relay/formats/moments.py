"""Times as foreign formats write them, to ms since the epoch and to RFC 3339.

Nothing is guessed: a clock without an offset, a two-digit year or a number that could be of two
scales is no time.
"""

import re
from datetime import UTC, datetime, timedelta

from relay.wire.fields import timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = 4_102_444_800_000  # 2100-01-01: what comes after is a wrong scale, not a time

# The offset may lack its colon, months and days a leading zero, and a blank may stand for the T.
_WRITTEN = re.compile(
    r"((?:19[7-9]|20[0-9])[0-9])-([0-9]{1,2})-([0-9]{1,2})[T ]"
    r"([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))? ?(Z|z|[+-][0-9]{2}:?[0-9]{2}| ?UTC)?"
)
_NUMBER = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
# Seconds, ms and us since the epoch do not overlap between 1973 and 2100, nor do ns from 2001 on:
# before that they would be taken for the 100 ns since 1601 in which Windows counts.
_SCALES = ((100_000_000, 1000, 1), (100_000_000_000, 1, 1), (10**14, 1, 1000), (10**18, 1, 10**6))


def moment(written: object, zone: str = "") -> int | None:
    """Return the ms since the epoch of a time in RFC 3339 or near it, or None.

    `zone` (`Z` or `+hh:mm`) is the offset that the record names elsewhere; without any the hour
    is anybody's guess and the text is no time.
    """
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return None
    year, month, day, clock, fraction, offset = found.groups()
    offset = (offset or zone).strip().upper().replace("UTC", "Z")
    if not offset:
        return None
    try:
        whole = datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{clock}{offset}")
    except ValueError:
        return None
    at = (whole - _EPOCH) // _MILLISECOND + int((fraction or "0").ljust(3, "0")[:3])
    return at if 0 <= at < _LAST else None


def epoch(value: object) -> int | None:
    """Return the ms since the epoch of a number of seconds, ms, us or ns, also as text, or None."""
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            return None
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _SCALES[0][0] <= value < 10**20:
        return None
    _, factor, divisor = next(scale for scale in reversed(_SCALES) if value >= scale[0])
    at = int(value * factor) // divisor
    return at if at < _LAST else None


def day(written: object) -> int | None:
    """Return the ms since the epoch of the start of a day (`2026-11-26`, in UTC), or None."""
    return moment(f"{written}T00:00:00Z") if isinstance(written, str) else None


rfc3339 = timestamp
"""Return ms since the epoch in UTC with three decimals: the one spelling of all messages."""
