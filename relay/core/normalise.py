"""One observable, one form: what two members report of the same thing must be the same key.

The rules of each type stand in the sibling modules; this one names them and keeps them total.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType

from relay.core import addresses, bitcoin, digests, domains, identifiers, urls
from relay.core.verdict import Canonical as Canonical
from relay.core.verdict import Invalid as Invalid
from relay.core.verdict import Trim as Trim
from relay.core.verdict import Verdict as Verdict
from relay.core.verdict import Withheld as Withheld
from relay.model import vocabulary

KEY_TYPES: frozenset[str] = frozenset(vocabulary.KEY_TYPES)
"""Types on which detections correlate."""
CONTEXT_TYPES: frozenset[str] = frozenset(vocabulary.CONTEXT_TYPES)
"""Types that are shown and carry no key."""

# Twice the longest canonical value: room for defanging and escapes, a bound for the cost.
LONGEST_RAW = 4096

# A member's own hosts and its attackers come again and again, and several times in one record.
_KEPT = 2048

_PLACED: Mapping[str, Callable[[str, bool], Verdict]] = MappingProxyType(
    {
        "ipv4": addresses.ipv4,
        "ipv6": addresses.ipv6,
        "cidr": addresses.cidr,
        "domain": domains.domain,
        "onion": domains.onion,
        "url": urls.url,
        "email": identifiers.email,
    }
)
_PLAIN: Mapping[str, Callable[[str], Verdict]] = MappingProxyType(
    {
        **{
            kind: partial(digests.digest, kind)
            for kind in (
                "md5", "sha1", "sha256", "sha512", "cert-sha1", "cert-sha256",
                "ja3", "ja3s", "hassh", "jarm",
            )
        },
        **{kind: partial(identifiers.text, kind) for kind in ("mutex", "regkey", "user-agent")},
        "ja4": digests.ja4,
        "cve": identifiers.cve,
        "asn": identifiers.asn,
        "btc": bitcoin.btc,
    }
)  # fmt: skip

_NO_TYPE = Invalid("the type is not one of the types of observables")
_LONG = Invalid(f"the value is longer than {LONGEST_RAW} characters")
_NO_TEXT = Invalid("the value holds half of a surrogate pair: it is no Unicode text")


def canonical(type_: str, value: str, *, allow_documentation: bool = False) -> Verdict:
    """Return the canonical form of an observable, or why there is none, or why it must not leave.

    Total: any strings are legal. Idempotent in type and value: the canonical form of a canonical
    form is itself. The type can change: a mapped IPv6 address becomes `ipv4`, a network of one
    address that address, a domain name under `.onion` becomes `onion`. `allow_documentation` lets
    documentation addresses (RFC 5737, RFC 3849, RFC 9637) and names under `.example` pass, for
    demonstrations and tests.
    """
    if len(value) > LONGEST_RAW:
        return _LONG
    return _verdict(type_, value, allow_documentation)


@lru_cache(_KEPT)
def _verdict(type_: str, value: str, allow_documentation: bool) -> Verdict:
    if not value.isascii() and _halved(value):
        return _NO_TEXT
    plain = _PLAIN.get(type_)
    if plain is not None:
        return plain(value)
    placed = _PLACED.get(type_)
    return _NO_TYPE if placed is None else placed(value, allow_documentation)


def _halved(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False
