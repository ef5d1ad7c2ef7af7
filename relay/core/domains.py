"""Domain and onion names: lower-case A-labels without a trailing dot, and which may leave."""

import re

import ada_url
import idna

from relay.core.refang import refang_name
from relay.core.verdict import Canonical, Invalid, Trim, Verdict, Withheld

LONGEST = 253  # RFC 1035: 255 octets on the wire

# Underscores are real in names, in hosts of malware too; hence wider than the host rule.
_NAME = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+"
    r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})"
)
# Version 3 is 56 characters; version 2 (16) is dead but still found in reports.
_ONION = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z2-7]{16}(?:[a-z2-7]{40})?")
_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")

# RFC 6761, RFC 6762 (with appendix G) and RFC 8375, what ICANN gives to nobody because companies
# and homes use it (corp, home, internal, mail), and the name of no network at all.
_SPECIAL = frozenset((
    "local", "localhost", "internal", "lan", "home", "corp", "intranet", "private", "mail",
    "localdomain", "arpa", "test", "example", "invalid",
))  # fmt: skip
_SPECIAL_DOCUMENTED = _SPECIAL - {"example"}

_NO_DOMAIN = Invalid("the value is no domain name of two or more labels, each of 1 to 63 letters")
_NO_ONION = Invalid("the value is no onion name: 16 or 56 base32 characters before .onion")
_LOCAL = Withheld(
    Trim.SPECIAL_ADDRESS, "the domain name is local or for documentation (special-use last label)"
)


def domain(value: str, allow_documentation: bool) -> Verdict:
    """Normalise a domain name; a name under `.onion` becomes `onion`. Addresses are invalid."""
    name: str | None = value.lower() if value.isascii() else ""
    if not name or _NAME.fullmatch(name) is None:
        name = _tidied(value)
        if name is None:
            return _NO_DOMAIN
    last = name.rpartition(".")[2]
    if last == "onion":
        return _onion(name)
    if last in (_SPECIAL_DOCUMENTED if allow_documentation else _SPECIAL):
        return _LOCAL
    if last == name:
        return _NO_DOMAIN
    return Canonical("domain", name)


def onion(value: str, allow_documentation: bool) -> Verdict:
    """Normalise a name of a hidden service, version 2 or 3; anything else is invalid."""
    verdict = domain(value, allow_documentation)
    return verdict if isinstance(verdict, Canonical) and verdict.type == "onion" else _NO_ONION


def _tidied(value: str) -> str | None:
    name = _ascii(refang_name(value).translate(_STOPS).removesuffix("."))
    if name is None or not (_NAME.fullmatch(name) or name in _SPECIAL):
        return None
    return name


def _ascii(value: str) -> str | None:
    # The bound comes first: encoding costs more than it should on a long value.
    if len(value) > LONGEST:
        return None
    if value.isascii():
        return value.lower()
    # idna is strict (IDNA 2008) and refuses names that exist: emoji, underscores. ada is lax;
    # what it lets through is held against the pattern.
    try:
        return idna.encode(value, uts46=True).decode().lower()
    except UnicodeError:
        pass
    try:
        return ada_url.idna.encode(value).decode().lower()
    except ValueError:
        return None


def _onion(name: str) -> Verdict:
    if _ONION.fullmatch(name.removesuffix(".onion")) is None:
        return _NO_ONION
    return Canonical("onion", name)
