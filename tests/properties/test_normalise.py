import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from relay.core.normalise import (
    CONTEXT_TYPES,
    KEY_TYPES,
    Canonical,
    Invalid,
    Withheld,
    canonical,
)

TYPES = sorted(KEY_TYPES | CONTEXT_TYPES)
# Pieces that the rules look at: what is glued from them comes close to being a value.
PIECES = st.sampled_from((
    "http://", "hxxp://", "https[:]//", "meow", "://", "evil", "com", ".", "[.]", "(dot)", " dot ",
    "\\.", "[", "]", "(", ")", "{.}", "{", "}", ":", "[:]", "/", "//", "?", "&", "=", "#", "@",
    "[at]", "%40", "%25", "%", "eyJ", "user", "198.41.0.4", "10.0.0.1", "2620:fe::fe", "::ffff:",
    "/24", "xn--", "onion", "b" * 56, "example", "local", "\u3002", "\u2603", "\u00df", "\u200b",
    "\u202e", "\U000e0041", "\ud800", "\x00", "\n", "e\u0301", "\u212a", "\u0130", "AS", "0",
    "CVE-2021-44228", "a" * 32,
))  # fmt: skip
GLUED = st.lists(PIECES, max_size=12).map("".join)
VALUES = st.one_of(
    GLUED,
    st.text(max_size=80),
    st.from_regex(r"[a-zA-Z0-9._\-\[\]@:/%?&=]{0,60}", fullmatch=True),
    st.text(alphabet=st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=5),
)
CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)

DOCUMENTATION = tuple(map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
# Two anycast addresses in it are reachable, and newer versions of `ipaddress` say so; older do not.
ASSIGNMENTS = IPv4Network("192.0.0.0/24")


@given(st.sampled_from(TYPES), VALUES, st.booleans())
@example("url", "http://evil.com/([.])", False)  # noqa: FBT003
@example("email", "a{{.}}b@evil.com", False)  # noqa: FBT003
def test_any_text_has_a_verdict_and_the_form_is_final(kind: str, value: str, allow: bool) -> None:
    """Normalising is total, and normalising again changes neither type nor value."""
    verdict = canonical(kind, value, allow_documentation=allow)

    assert isinstance(verdict, Canonical | Withheld | Invalid)
    if isinstance(verdict, Canonical):
        again = canonical(verdict.type, verdict.value, allow_documentation=allow)
        assert again == Canonical(verdict.type, verdict.value)


@given(st.sampled_from(TYPES), VALUES)
def test_a_canonical_value_can_be_shown_and_sent(kind: str, value: str) -> None:
    """What comes out is bounded text without control, zero-width or bidirectional characters."""
    verdict = canonical(kind, value)

    if isinstance(verdict, Canonical):
        assert 0 < len(verdict.value) <= 2048
        assert CONTROL.search(verdict.value) is None
        assert verdict.value == verdict.value.strip()


DOTS = st.sampled_from((
    ".", "[.]", "(.)", "{.}", "[dot]", "(DOT)", "{dot}", " dot ", "\\.", "[,]", " [.] ", "[punto]",
    " punkt ", "\u200b.", ".\ufeff", "\u3002",
))  # fmt: skip
SCHEMES = st.sampled_from(
    ("http://", "hxxp://", "hXXp://", "http[:]//", "http[://]", "meow://", "HTTP://")
)
ATS = st.sampled_from(("@", "[@]", "(@)", "{@}", "[at]", "(AT)", " [at] "))


@given(st.lists(DOTS, min_size=3, max_size=3), SCHEMES, ATS)
def test_a_defanged_value_is_the_value(dots: list[str], scheme: str, at: str) -> None:
    """However its dots, its scheme and its at are made harmless, a value comes out as it was."""
    address = "198{}41{}0{}4".format(*dots)
    name = "a{}b-c{}evil{}com".format(*dots)

    if "\u3002" not in dots:  # a full stop of another script is one in names, not in addresses
        assert canonical("ipv4", address) == Canonical("ipv4", "198.41.0.4")
    assert canonical("domain", name) == Canonical("domain", "a.b-c.evil.com")
    assert canonical("email", f"x{at}{name}") == Canonical("email", "x@a.b-c.evil.com")
    assert canonical("url", f"{scheme}{name}/p.q") == Canonical("url", "http://a.b-c.evil.com/p.q")


@given(VALUES)
def test_a_type_nobody_knows_is_invalid(value: str) -> None:
    """The type is text of a stranger, too."""
    assume(value not in TYPES)

    assert isinstance(canonical(value, value), Invalid)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_ipv4_agrees_with_the_standard_library(number: int, allow: bool) -> None:
    """An IPv4 address passes if and only if `ipaddress` calls it global and not multicast."""
    address = IPv4Address(number)
    sound = address.is_global and not (address.is_multicast or address.is_reserved)
    if any(address in network for network in DOCUMENTATION):
        sound = allow
    if address in ASSIGNMENTS:
        sound = False

    verdict = canonical("ipv4", str(address), allow_documentation=allow)

    assert isinstance(verdict, Canonical) == sound
    assert verdict == Canonical("ipv4", str(address)) or isinstance(verdict, Withheld)


@given(
    st.one_of(
        st.sampled_from((10, 100, 127, 169, 172, 192, 198, 203, 223, 224)),
        st.integers(0, 255),
    ),
    st.integers(0, 2**24 - 1),
)
def test_ipv4_agrees_where_it_is_special(first: int, rest: int) -> None:
    """The same, drawn from the first octets that hold special ranges."""
    address = IPv4Address(first << 24 | rest)
    sound = address.is_global and not (address.is_multicast or address.is_reserved)

    passes = isinstance(canonical("ipv4", str(address)), Canonical)

    assert passes == (sound and address not in ASSIGNMENTS)


@given(
    st.one_of(
        st.integers(0, 2**128 - 1),
        st.integers(0x2000 << 112, (0x4000 << 112) - 1),
        st.integers(0x2001 << 112, (0x2003 << 112) - 1),
        st.integers(0, 2**33 - 1),
        st.integers(0x64FF9B << 96, (0x64FF9B << 96) + 2**33),
    )
)
def test_ipv6_lets_nothing_out_that_the_standard_library_holds(number: int) -> None:
    """An address that passes is global and unicast, or holds a public IPv4 address; spelling:
    whatever form the address is written in, it comes out in the form of RFC 5952."""
    address = IPv6Address(number)
    short = canonical("ipv6", str(address))

    assert canonical("ipv6", address.exploded.upper()) == short
    if not isinstance(short, Canonical):
        assert isinstance(short, Withheld)
        return
    if address.ipv4_mapped is not None:
        assert short == canonical("ipv4", str(address.ipv4_mapped))
        return
    assert short.value == str(address)
    inner = [address.sixtofour] if address.sixtofour else list(address.teredo or ())
    if number >> 32 == 0x64FF9B << 64:
        inner = [IPv4Address(number & 0xFFFF_FFFF)]
    for quad in inner:
        assert isinstance(canonical("ipv4", str(quad)), Canonical)
    assert inner or (address.is_global and not address.is_multicast and not address.is_site_local)


@given(st.integers(0, 2**32 - 1), st.integers(16, 32))
def test_a_network_passes_only_if_all_of_it_may(number: int, prefix: int) -> None:
    """First and last address of a network that passes are themselves publishable."""
    network = IPv4Network((number & ~((1 << (32 - prefix)) - 1), prefix))
    verdict = canonical("cidr", str(network))

    if isinstance(verdict, Canonical):
        alone = prefix == 32
        assert verdict.value == str(network[0] if alone else network)
        assert verdict.type == ("ipv4" if alone else "cidr")
        for address in (network[0], network[-1]):
            assert isinstance(canonical("ipv4", str(address)), Canonical)


@given(
    GLUED,
    st.sampled_from(("user", "E-Mail", "api_key", "%74oken", "a[pwd]")),
    st.text("abc123", max_size=8),
)
def test_a_personal_parameter_never_comes_out(around: str, name: str, secret: str) -> None:
    """Whatever stands around it, a planted personal parameter is not in the canonical URL."""
    planted = f"{name}=planted{secret}"

    verdict = canonical("url", f"http://evil.com/{around}?a=1&{planted}&b={around}")

    assert not isinstance(verdict, Canonical) or "planted" not in verdict.value


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "piece", ["a", "\u00e9", "[.]", "\\.", "(dot) ", "@", "%25", "{", "http://["]
)
def test_a_very_long_value_is_invalid(kind: str, piece: str) -> None:
    """A value of 100,000 characters and more is refused, whatever it is made of."""
    assert isinstance(canonical(kind, piece * 100_000), Invalid)
