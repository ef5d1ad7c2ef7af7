"""The kinds of value settings are made of: each checks itself and says a sentence when it is wrong.

A sentence ends where what was found is appended: "must be between 0 and 1" + ", got 1.4".
"""

import re
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from relay.model.member import TRUST_UNIT
from relay.model.vocabulary import COUNTRIES, UNION

MEMBER_ID: Final = r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$"
_PRINCIPAL: Final = r"[A-Za-z0-9][A-Za-z0-9 ._@=,+-]{0,199}"
_DURATION: Final = r"^[1-9][0-9]{0,8}[smhd]$"
_NAME: Final = r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}"
_HOST: Final = r"[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]"
_PORT: Final = (
    r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)
_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

MINUTE_MS: Final = 60_000
LONGEST_MS: Final = 90 * 86_400_000
"""Past a quarter, what an address or a hash said about an attack no longer says it."""

# What a schema can say of it. Without the lengths of hosts: to Go, as in helm, a count of counts
# above 1,000 is none.
_WITHIN: Final = (
    r"^(?:[1-9][0-9]{1,6}s|[1-9][0-9]{0,5}m|[1-9][0-9]{0,3}h|(?:[1-9]|[1-8][0-9]|90)d)$"
)
_ANY_ADDRESS: Final = rf"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]):{_PORT}"
_ADDRESSES: Final = rf"^{_ANY_ADDRESS}(?:,{_ANY_ADDRESS}){{0,15}}$"

# What the Union writes, and what ISO 3166 says instead.
_MISNAMED: Final = {"EL": "GR", "UK": "GB"}


def wrong(sentence: str) -> PydanticCustomError:
    """What a check raises, so that the sentence reaches the operator as it is."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence})


def _identifier(text: str) -> str:
    if not re.fullmatch(MEMBER_ID, text):
        raise wrong("must be 1 to 32 lower-case letters, digits and inner hyphens")
    return text


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise wrong("must be printable text")
    return text


def _country(text: str) -> str:
    code = text.upper()
    if code in _MISNAMED:
        raise wrong(f"must be a code of ISO 3166 (that is {_MISNAMED[code]})")
    if code != UNION and code not in COUNTRIES:
        raise wrong("must be a two-letter code of ISO 3166, or EU")
    return code


def _share(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong("must be a number between 0 and 1")
    number = Decimal(str(value))
    if not 0 <= number <= 1:
        raise wrong("must be between 0 and 1")
    parts = number * TRUST_UNIT
    if parts != parts.to_integral_value():
        raise wrong("must have at most six decimals")
    return int(parts)


def _duration(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(_DURATION, value):
        raise wrong("must be a whole number and s, m, h or d, like 72h")
    length = int(value[:-1]) * _UNITS_MS[value[-1]]
    if not MINUTE_MS <= length <= LONGEST_MS:
        raise wrong("must be between 1m and 90d")
    return length


def _all_or_list(value: object) -> object:
    if value == "all":
        return None
    if not isinstance(value, list):
        raise wrong("must be `all` or a list")
    return value


def _distinct(values: list[str]) -> list[str]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise wrong(f"lists {', '.join(repeated)} more than once")
    return values


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise wrong("must be a network like 192.0.2.0/24, with no host bits set") from None


def _domain(text: str) -> str:
    name = text.lower().removesuffix(".")
    if not re.fullmatch(_NAME, name):
        raise wrong("must be a domain name in ASCII (xn-- for others), like soc.example.eu")
    return name


def _brokers(text: str) -> str:
    hosts = text.split(",")
    if len(hosts) > 16 or not all(map(_is_address, hosts)):
        raise wrong("must be host:port, or several separated by commas, at most 16")
    return text


def _endpoint(text: str) -> str:
    """A collector's URL; neither a password nor a query in it, which would be shown."""
    found = re.fullmatch(rf"https?://(?:{_HOST})(?::{_PORT})?(/[A-Za-z0-9._~/-]*)?", text)
    if found is None:
        raise wrong("must be http:// or https://, a host, and at most a port and a path")
    return text if found[1] not in {None, "/"} else f"{text.rstrip('/')}/v1/traces"


def _principal(text: str) -> str:
    if not re.fullmatch(_PRINCIPAL, text) or text == "ANONYMOUS":
        raise wrong("must be 1 to 200 letters, digits, spaces and ._@=,+- as the brokers have it")
    return text


def _is_address(text: str) -> bool:
    return re.fullmatch(rf"(?:{_HOST}):{_PORT}", text) is not None


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": MEMBER_ID}),
]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
"""A line of text; 200 characters fit any name or address of a body."""

PathText = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_printable)]
"""The name of a file; 4,096 is Linux's PATH_MAX."""

Country = Annotated[
    str,
    AfterValidator(_country),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}$"}),
]
Share = Annotated[
    int,
    BeforeValidator(_share),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
"""A share between 0 and 1, as exact parts per million."""

Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": _WITHIN}),
]
"""A length of time between a minute and 90 days, in ms."""

Network = Annotated[str, Field(max_length=49), AfterValidator(_network)]
"""An IP network, as a string in its canonical form; 49 characters is the longest of IPv6."""

Domain = Annotated[str, Field(max_length=254), AfterValidator(_domain)]
"""A domain name in lower case and A-labels, without a trailing dot."""

Principal = Annotated[str, Field(max_length=200), AfterValidator(_principal)]
"""A name at the brokers, without `User:`: a plain one, or what is in a certificate. It can name a
file, and it is neither everybody (`*`) nor who did not log in (ANONYMOUS)."""

Brokers = Annotated[
    str,
    Field(max_length=4096),
    AfterValidator(_brokers),
    WithJsonSchema({"type": "string", "maxLength": 4096, "pattern": _ADDRESSES}),
]

Endpoint = Annotated[str, Field(max_length=512), AfterValidator(_endpoint)]
"""Where OTLP is spoken over HTTP; without a path, the one that collectors have for traces."""

Distinct = AfterValidator(_distinct)
"""Of a list of words: none twice."""

AllOrList = BeforeValidator(_all_or_list)
"""`all` becomes None; a list stays what it is."""
