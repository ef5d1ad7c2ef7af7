"""Field types that the published messages share: every string and list has a bound."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 24 * 60 * 60 * 1000
_DAYS_KEPT = 1024  # of which the date is remembered: most times of a run are of a few days


class Closed(BaseModel):
    """A message part that admits only what it names; no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Open(BaseModel):
    """A message part whose readers ignore what they do not know."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class _NeverNull:
    """Validates `T | None` as `T`: None is what an absent field reads as, never a value."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        nullable = handler(source)
        if nullable["type"] != "nullable":
            raise TypeError(f"{source} is not optional")
        inner: CoreSchema = nullable["schema"]
        return inner


Omissible = Annotated[T | None, _NeverNull()]
"""A field that may be left out, and then is None; null is refused, as the schema says."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""An integer as JSON Schema has it: `1.0` is one, `true` and `"1"` are not."""


def millis(timestamp: str) -> int:
    """Return ms since the epoch of a valid `Timestamp`; what is finer is cut."""
    moment = datetime.fromisoformat(timestamp) - EPOCH
    return (moment.days * 86_400 + moment.seconds) * 1000 + moment.microseconds // 1000


def timestamp(ms: int) -> str:
    """Return ms since the epoch as RFC 3339 in UTC with three decimals."""
    days, rest = divmod(ms, _DAY_MS)
    minutes, left = divmod(rest, 60_000)
    hour, minute = divmod(minutes, 60)
    return f"{_date(days)}T{hour:02d}:{minute:02d}:{left // 1000:02d}.{left % 1000:03d}Z"


@lru_cache(_DAYS_KEPT)
def _date(days: int) -> str:
    return (EPOCH + timedelta(days)).date().isoformat()


_LEAP = r"(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)"
_DATE = (
    r"(?:[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|{_LEAP}-02-29)"
)
"""The Gregorian calendar from 1000 to 2999, so that the schema alone refuses 30 February.

Here and elsewhere `[0-9]`, never `\\d`: what that matches differs between dialects.
"""

Timestamp = Annotated[
    str,
    StringConstraints(
        pattern=rf"^{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?Z$"
    ),
    Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 in UTC, ending in Z"),
]

Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]

MEMBER = r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"

MemberName = Annotated[str, StringConstraints(pattern=f"^{MEMBER}$")]

Recipient = Annotated[
    str,
    StringConstraints(pattern=f"^(?:group:)?{MEMBER}$"),
    Field(description="a member id, or `group:` and the name of a group"),
]

Technique = Annotated[str, StringConstraints(pattern=r"^T[0-9]{4}(?:\.[0-9]{3})?$")]

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]

Percent = Annotated[int, Field(ge=0, le=100), WHOLE]
