"""IDEA0 messages for the tests: a sound one, and fields over it."""

from typing import Any

from relay.formats.outcome import NOTHING_SHAREABLE
from tests.unit.formats.kit import outcome_of, values

ATTACKER, BOT, VICTIM = "203.0.113.7", "198.51.100.5", "192.0.2.80"
IP = ("ipv4", ATTACKER)
URL = "http://c2.example/x"
CC = {"IP4": [ATTACKER], "Type": ["Botnet", "CC"]}
PLAIN_BOT = {"IP4": [BOT]}
MD5 = "0123456789abcdef0123456789abcdef"
SHA1, SHA256 = f"{MD5}01234567", MD5 * 2
FOUND, HIDDEN = [IP], None
"""Only the source's address is shared; nothing is."""

Event = dict[str, Any]


def an_event(*categories: str, **fields: Any) -> Event:
    """A message of some categories about one source, with fields of the message over it."""
    return {
        "Format": "IDEA0",
        "ID": "0a1b2c3d-0000-4000-8000-000000000001",
        "DetectTime": "2026-11-20T12:00:00Z",
        "Category": list(categories) or ["Recon.Scanning"],
        "Source": [{"IP4": [ATTACKER]}],
        **fields,
    }


def of_source(*categories: str, **fields: Any) -> Event:
    """A message whose source has some fields besides its address."""
    return an_event(*categories, Source=[{"IP4": [ATTACKER], **fields}])


def found(event: Event) -> list[tuple[str, str]] | None:
    """The observables of a message, None if it holds nothing that may be shared."""
    return None if outcome_of("idea0", event) == NOTHING_SHAREABLE else values("idea0", event)
