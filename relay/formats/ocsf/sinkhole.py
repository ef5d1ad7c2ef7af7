"""Findings of a sinkhole (SecurityScorecard): the name that was asked for may stand in `data` only.

`data` is JSON in a string: what the sinkhole's web server logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.formats.fields import part, text
from relay.formats.parsing import parse

Fields = Mapping[str, object]

_VENDOR = "SecurityScorecard"


@dataclass(frozen=True, slots=True)
class Sinkhole:
    """The malware's host, and the infected machine that called it; empty if not told."""

    host: str = ""
    infected: str = ""


_NOTHING = Sinkhole()


def sinkhole(event: Fields) -> Sinkhole:
    """Return what `data` tells; empty unless the finding is of a sinkhole."""
    data = event.get("data")
    if not isinstance(data, str):
        return _NOTHING
    vendor = text(part(part(event, "metadata"), "product"), "vendor_name")
    if vendor != _VENDOR:
        return _NOTHING
    logged = parse(data.encode("utf-8", "replace"))
    if not isinstance(logged, dict):
        return _NOTHING
    return Sinkhole(text(logged, "enc_host"), text(logged, "remote_addr"))
