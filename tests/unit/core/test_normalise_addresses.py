from typing import NamedTuple

import pytest

from relay.core.normalise import Canonical, Invalid, Trim, Withheld, canonical


class Row(NamedTuple):
    """One address as reported, and the type and value it must become."""

    name: str
    type: str
    value: str
    becomes: tuple[str, str]


SOUND = (
    Row("plain", "ipv4", "198.41.0.4", ("ipv4", "198.41.0.4")),
    Row("blanks", "ipv4", " 198.41.0.4\n", ("ipv4", "198.41.0.4")),
    Row("brackets", "ipv4", "198[.]41[.]0[.]4", ("ipv4", "198.41.0.4")),
    Row("one bracket", "ipv4", "198.41.0[.]4", ("ipv4", "198.41.0.4")),
    Row("parentheses", "ipv4", "198(.)41.0.4", ("ipv4", "198.41.0.4")),
    Row("braces", "ipv4", "198{.}41.0.4", ("ipv4", "198.41.0.4")),
    Row("words", "ipv4", "198[dot]41(DOT)0 dot 4", ("ipv4", "198.41.0.4")),
    Row("commas", "ipv4", "198[,]41[,]0[,]4", ("ipv4", "198.41.0.4")),
    Row("backslashes", "ipv4", r"198\.41\.0\.4", ("ipv4", "198.41.0.4")),
    Row("zero-width", "ipv4", "198.\u200b41.0.4\ufeff", ("ipv4", "198.41.0.4")),
    Row("beside private", "ipv4", "172.32.0.1", ("ipv4", "172.32.0.1")),
    Row("beside shared", "ipv4", "100.128.0.1", ("ipv4", "100.128.0.1")),
    Row("v6 plain", "ipv6", "2620:fe::fe", ("ipv6", "2620:fe::fe")),
    Row("v6 written out", "ipv6", "2620:00FE:0:0:0:0:0:00FE", ("ipv6", "2620:fe::fe")),
    Row("v6 first longest run", "ipv6", "2620:0:0:1:0:0:0:1", ("ipv6", "2620:0:0:1::1")),
    Row("v6 run of two, tie", "ipv6", "2620:0:0:1:0:0:1:1", ("ipv6", "2620::1:0:0:1:1")),
    Row("v6 single group stays", "ipv6", "2620:1:0:1:1:1:1:1", ("ipv6", "2620:1:0:1:1:1:1:1")),
    Row("v6 defanged", "ipv6", "2620[:]fe[:][:]fe", ("ipv6", "2620:fe::fe")),
    Row("mapped", "ipv6", "::ffff:198.41.0.4", ("ipv4", "198.41.0.4")),
    Row("mapped, written out", "ipv6", "0:0:0:0:0:ffff:198.41.0.4", ("ipv4", "198.41.0.4")),
    Row("mapped in hexadecimal", "ipv6", "::FFFF:C629:4", ("ipv4", "198.41.0.4")),
    Row("NAT64 of a public address", "ipv6", "64:ff9b::198.41.0.4", ("ipv6", "64:ff9b::c629:4")),
    Row("6to4 of a public address", "ipv6", "2002:c629:4::1", ("ipv6", "2002:c629:4::1")),
    Row("Teredo of public addresses", "ipv6", "2001:0:c629:4::39d6:fffb",
        ("ipv6", "2001:0:c629:4::39d6:fffb")),
    Row("network", "cidr", "198.41.0.0/24", ("cidr", "198.41.0.0/24")),
    Row("network defanged", "cidr", "198[.]41[.]0[.]0/24", ("cidr", "198.41.0.0/24")),
    Row("network of one", "cidr", "198.41.0.4/32", ("ipv4", "198.41.0.4")),
    Row("network v6 of one", "cidr", "2620:FE::FE/128", ("ipv6", "2620:fe::fe")),
    Row("network mapped of one", "cidr", "::ffff:198.41.0.4/128", ("ipv4", "198.41.0.4")),
    Row("smallest network", "cidr", "198.41.0.4/31", ("cidr", "198.41.0.4/31")),
    Row("widest network", "cidr", "198.41.0.0/16", ("cidr", "198.41.0.0/16")),
    Row("network v6", "cidr", "2620:FE:0::/48", ("cidr", "2620:fe::/48")),
    Row("widest network v6", "cidr", "2620:fe::/32", ("cidr", "2620:fe::/32")),
    Row("network mapped", "cidr", "::ffff:198.41.0.0/120", ("cidr", "198.41.0.0/24")),
)  # fmt: skip

SPECIAL = (
    ("this network", "ipv4", "0.0.0.1"),
    ("private 10", "ipv4", "10.47.3.1"),
    ("private 172.16", "ipv4", "172.31.255.255"),
    ("private 192.168", "ipv4", "192.168.1.129"),
    ("private, defanged", "ipv4", "10[.]0[.]0[.]1"),
    ("shared by customers", "ipv4", "100.64.0.1"),
    ("loopback", "ipv4", "127.0.0.1"),
    ("link-local", "ipv4", "169.254.169.254"),
    ("protocol assignments", "ipv4", "192.0.0.1"),
    ("benchmarks", "ipv4", "198.19.255.255"),
    ("multicast, which is_global calls global", "ipv4", "224.0.0.1"),
    ("reserved", "ipv4", "240.0.0.1"),
    ("broadcast", "ipv4", "255.255.255.255"),
    ("unspecified v6", "ipv6", "::"),
    ("loopback v6", "ipv6", "::1"),
    ("link-local v6", "ipv6", "fe80:0:0:0:a00:27ff:fee3:816e"),
    ("unique local", "ipv6", "fd12:3456::1"),
    ("site-local, which is_global calls global", "ipv6", "fec0::1"),
    ("multicast v6, which is_global calls global", "ipv6", "ff02::1"),
    ("compatible, which is_global calls global", "ipv6", "::198.41.0.4"),
    ("mapped private", "ipv6", "::ffff:10.0.0.1"),
    ("NAT64 of a private address", "ipv6", "64:ff9b::a00:1"),
    ("NAT64 for local use", "ipv6", "64:ff9b:1::c629:4"),
    ("6to4 of a private address", "ipv6", "2002:a00:1::"),
    ("Teredo of a private client", "ipv6", "2001:0:c629:4::f5ff:fffe"),
    ("Teredo of a private server", "ipv6", "2001:0:a00:1::39d6:fffb"),
    ("discard", "ipv6", "100::1"),
    ("benchmarks v6", "ipv6", "2001:2::1"),
    ("overlay ids", "ipv6", "2001:20::1"),
    ("never handed out", "ipv6", "4000::1"),
    ("private network", "cidr", "10.1.0.0/16"),
    ("network around a special one", "cidr", "192.0.0.0/16"),
    ("benchmark network", "cidr", "198.18.0.0/16"),
    ("local network v6", "cidr", "fd00::/32"),
    ("network of 6to4", "cidr", "2002:c629::/32"),
    ("network mapped private", "cidr", "::ffff:10.1.0.0/112"),
    ("network of one private", "cidr", "10.0.0.1/32"),
    ("network v6 of one local", "cidr", "fe80::1/128"),
    ("network v6 of one that holds a private one", "cidr", "2002:a00:1::/128"),
)  # fmt: skip

INVALID = (
    ("zone", "ipv6", "fe80::1%eth0"),
    ("zone on a public address", "ipv6", "2620:fe::fe%1"),
    ("brackets", "ipv6", "[2620:fe::fe]"),
    ("port v6", "ipv6", "[2620:fe::fe]:443"),
    ("leading zero", "ipv4", "010.1.1.1"),
    ("leading zero inside", "ipv4", "198.041.0.4"),
    ("three parts", "ipv4", "198.41.4"),
    ("an integer", "ipv4", "2130706433"),
    ("hexadecimal", "ipv4", "0x7f.0.0.1"),
    ("port", "ipv4", "198.41.0.4:80"),
    ("prefix", "ipv4", "198.41.0.4/32"),
    ("range", "ipv4", "198.41.0.2-198.41.0.5"),
    ("octet too large", "ipv4", "198.41.0.256"),
    ("five parts", "ipv4", "198.41.0.4.1"),
    ("digits of another script", "ipv4", "\u0661.1.1.1"),
    ("full-width digits", "ipv4", "\uff11.1.1.1"),
    ("words", "ipv4", "WHAT-IS-THIS-A-HOSTNAME-198.41.0.4"),
    ("trailing newline inside", "ipv4", "198.41.0.4\n1"),
    ("v4 stated as v6", "ipv6", "198.41.0.4"),
    ("v6 stated as v4", "ipv4", "2620:fe::fe"),
    ("mapped stated as v4", "ipv4", "::ffff:198.41.0.4"),
    ("host bits", "cidr", "198.41.0.4/24"),
    ("host bits v6", "cidr", "2620:fe::1/48"),
    ("too wide", "cidr", "198.0.0.0/15"),
    ("all of it", "cidr", "0.0.0.0/0"),
    ("too wide v6", "cidr", "2620::/31"),
    ("no prefix", "cidr", "198.41.0.0"),
    ("net mask", "cidr", "198.41.0.0/255.255.255.0"),
    ("prefix with a leading zero", "cidr", "198.41.0.0/024"),
    ("prefix too long", "cidr", "198.41.0.0/33"),
    ("signed prefix", "cidr", "198.41.0.0/+24"),
)  # fmt: skip

DOCUMENTED = (
    ("TEST-NET-1", "ipv4", "192.0.2.1"),
    ("TEST-NET-2", "ipv4", "198.51.100.7"),
    ("TEST-NET-3", "ipv4", "203.0.113.255"),
    ("v6", "ipv6", "2001:db8::1"),
    ("v6 of 2024", "ipv6", "3fff::1"),
    ("6to4", "ipv6", "2002:c000:201::1"),
    ("network", "cidr", "198.51.100.0/24"),
    ("network v6", "cidr", "2001:db8::/32"),
)


@pytest.mark.parametrize("row", SOUND, ids=lambda row: row.name)
def test_an_address_has_one_form(row: Row) -> None:
    """A publishable address or network comes out in its one form, IPv6 as RFC 5952 writes it."""
    assert canonical(row.type, row.value) == Canonical(*row.becomes)


@pytest.mark.parametrize(("name", "kind", "value"), SPECIAL, ids=[row[0] for row in SPECIAL])
def test_a_special_address_is_withheld(name: str, kind: str, value: str) -> None:
    """Private, local, multicast, reserved and translated special addresses never leave."""
    for allow in (False, True):
        verdict = canonical(kind, value, allow_documentation=allow)

        assert isinstance(verdict, Withheld), name
        assert verdict.reason is Trim.SPECIAL_ADDRESS


@pytest.mark.parametrize(("name", "kind", "value"), INVALID, ids=[row[0] for row in INVALID])
def test_what_only_looks_like_an_address_is_invalid(name: str, kind: str, value: str) -> None:
    """Zones, ports, short forms, leading zeros and wide networks are refused, not guessed at."""
    assert isinstance(canonical(kind, value), Invalid), name


@pytest.mark.parametrize(("name", "kind", "value"), DOCUMENTED, ids=[row[0] for row in DOCUMENTED])
def test_documentation_addresses_pass_only_when_allowed(name: str, kind: str, value: str) -> None:
    """Documentation addresses are special, unless a demonstration says otherwise."""
    assert isinstance(canonical(kind, value), Withheld), name
    assert canonical(kind, value, allow_documentation=True) == Canonical(kind, value)
