"""From the bytes of one record to JSON values."""

import jiter

from relay.formats.outcome import Refused

_NOT_JSON = Refused("not-json", "the record is no JSON, names a key twice, or nests too deep")


def parse(record: bytes) -> object:
    """Return the JSON value of a record, or why it is refused.

    Total. NaN, infinities, duplicate keys and lone surrogates are no JSON (RFC 8259, RFC 7493);
    jiter bounds the nesting.
    """
    try:
        value: object = jiter.from_json(record, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError:
        return _NOT_JSON
    return value
