"""IP addresses and networks: one form each, and which of them may leave a member.

Canonical forms: dotted quad; RFC 5952. A mapped address (`::ffff:0:0/96`) is the IPv4 address it
stands for. Publishable is what is globally reachable by the special-purpose registries of
RFC 6890 and after, and no multicast, reserved or translation address with a special one inside.
"""

import re
from bisect import bisect_right
from ipaddress import AddressValueError, IPv4Network, IPv6Address, IPv6Network

from relay.core.refang import refang_name
from relay.core.verdict import Canonical, Invalid, Trim, Verdict, Withheld

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_QUAD = re.compile(rf"({_OCTET})\.({_OCTET})\.({_OCTET})\.({_OCTET})")
_LONGEST_V6 = 45  # eight groups of which two are written as a dotted quad
_FEWEST_COLONS = 6  # between seven groups, the last a dotted quad, if no groups are left out
_PREFIX = re.compile(r"(?:0|[1-9][0-9]{0,2})")
SHORTEST_V4 = 16  # a wider network tells nothing of who attacked, and to block it cuts off many
SHORTEST_V6 = 32  # what a registry gives to one provider

_SPECIAL_V4 = (
    ("0.0.0.0/8", "the address is of this network (0.0.0.0/8)"),
    ("10.0.0.0/8", "the address is private (10.0.0.0/8)"),
    ("100.64.0.0/10", "the address is shared by a provider's customers (100.64.0.0/10)"),
    ("127.0.0.0/8", "the address is loopback (127.0.0.0/8)"),
    ("169.254.0.0/16", "the address is link-local (169.254.0.0/16)"),
    ("172.16.0.0/12", "the address is private (172.16.0.0/12)"),
    ("192.0.0.0/24", "the address is for protocol assignments (192.0.0.0/24)"),
    ("192.0.2.0/24", "the address is for documentation (192.0.2.0/24)"),
    ("192.168.0.0/16", "the address is private (192.168.0.0/16)"),
    ("198.18.0.0/15", "the address is for benchmarks (198.18.0.0/15)"),
    ("198.51.100.0/24", "the address is for documentation (198.51.100.0/24)"),
    ("203.0.113.0/24", "the address is for documentation (203.0.113.0/24)"),
    ("224.0.0.0/4", "the address is multicast (224.0.0.0/4)"),
    ("240.0.0.0/4", "the address is reserved (240.0.0.0/4)"),
)
_DOCUMENTATION_V4 = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}


def _withheld(detail: str) -> Withheld:
    return Withheld(Trim.SPECIAL_ADDRESS, detail)


def _table(documentation: bool) -> tuple[list[int], list[int], list[Withheld]]:
    rows = [
        (IPv4Network(network), detail)
        for network, detail in _SPECIAL_V4
        if not (documentation and network in _DOCUMENTATION_V4)
    ]
    return (
        [int(network.network_address) for network, _ in rows],
        [int(network.broadcast_address) for network, _ in rows],
        [_withheld(detail) for _, detail in rows],
    )


_V4 = {allowed: _table(allowed) for allowed in (False, True)}


def _span(network: str) -> tuple[int, int]:
    parsed = IPv6Network(network)
    return int(parsed.network_address), int(parsed.broadcast_address)


# Only 2000::/3 is handed out to the world; the ranges below lie in it and are special all the same.
_UNICAST_V6 = _span("2000::/3")
_PROTOCOL_V6 = _span("2001::/23")
_DOCUMENTATION_V6 = (_span("2001:db8::/32"), _span("3fff::/20"))  # RFC 3849, RFC 9637
_TEREDO = _span("2001::/32")
_SIX_TO_FOUR = _span("2002::/16")
_NAT64 = _span("64:ff9b::/96")
_MAPPED_PREFIX = 96

_NO_V4 = Invalid("the value is no IPv4 address in four decimal parts without leading zeros")
_NO_V6 = Invalid("the value is no IPv6 address, or it has a zone, a port or brackets")
_NO_CIDR = Invalid("the value is no network: address, slash, prefix length, and no host bits set")
_WIDE = Invalid(f"the network is wider than /{SHORTEST_V4} (IPv4) or /{SHORTEST_V6} (IPv6)")
_OUTSIDE_V6 = _withheld("the address is outside 2000::/3: local, multicast or reserved")
_PROTOCOL = _withheld("the address is for protocol assignments (2001::/23)")
_DOCUMENTATION = _withheld("the address is for documentation (2001:db8::/32 or 3fff::/20)")
_EMBEDDED = _withheld("the address holds a special IPv4 address (NAT64, 6to4 or Teredo)")
_TRANSLATED = _withheld("the network is of a translation prefix (NAT64, 6to4 or Teredo)")


def ipv4(value: str, allow_documentation: bool) -> Verdict:
    """Normalise an IPv4 address. Short, octal, hexadecimal and integer forms are invalid."""
    found = _QUAD.fullmatch(value)
    if found is None:
        value = refang_name(value)
        found = _QUAD.fullmatch(value)
        if found is None:
            return _NO_V4
    first, second, third, fourth = map(int, found.groups())
    number = first << 24 | second << 16 | third << 8 | fourth
    return _special_v4(number, number, allow_documentation) or Canonical("ipv4", value)


def ipv6(value: str, allow_documentation: bool) -> Verdict:
    """Normalise an IPv6 address; a mapped one becomes `ipv4`."""
    address = _parse_v6(refang_name(value))
    if address is None:
        return _NO_V6
    if address.ipv4_mapped is not None:
        return ipv4(str(address.ipv4_mapped), allow_documentation)
    return _special_v6(int(address), allow_documentation) or Canonical("ipv6", str(address))


def cidr(value: str, allow_documentation: bool) -> Verdict:
    """Normalise a network; a mapped one becomes IPv4, one of a single address that address.

    One special address in it withholds it.
    """
    head, slash, prefix = refang_name(value).partition("/")
    if not slash or _PREFIX.fullmatch(prefix) is None:
        return _NO_CIDR
    network = _parse_network(head, int(prefix))
    if network is None:
        return _NO_CIDR
    old = isinstance(network, IPv4Network)
    if network.prefixlen == network.max_prefixlen:
        return (ipv4 if old else ipv6)(str(network.network_address), allow_documentation)
    if network.prefixlen < (SHORTEST_V4 if old else SHORTEST_V6):
        return _WIDE
    first, last = int(network.network_address), int(network.broadcast_address)
    special = (_special_v4 if old else _special_network_v6)(first, last, allow_documentation)
    return special or Canonical("cidr", str(network))


def _parse_v6(value: str) -> IPv6Address | None:
    if "%" in value or len(value) > _LONGEST_V6:
        return None
    if "::" not in value and value.count(":") < _FEWEST_COLONS:
        return None  # a MAC address, a host with its port: an exception takes longer
    try:
        return IPv6Address(value)
    except AddressValueError:
        return None


def _parse_network(head: str, prefix: int) -> IPv4Network | IPv6Network | None:
    try:
        if _QUAD.fullmatch(head) is not None:
            return IPv4Network((head, prefix))
        address = _parse_v6(head)
        if address is None:
            return None
        if address.ipv4_mapped is not None and prefix >= _MAPPED_PREFIX:
            return IPv4Network((int(address.ipv4_mapped), prefix - _MAPPED_PREFIX))
        return IPv6Network((address, prefix))
    except ValueError:  # host bits set, or a prefix longer than the address
        return None


def _special_v4(first: int, last: int, documentation: bool) -> Withheld | None:
    starts, ends, reasons = _V4[documentation]
    row = bisect_right(starts, last) - 1
    if row >= 0 and ends[row] >= first:
        return reasons[row]
    return None


def _special_v6(number: int, documentation: bool) -> Withheld | None:
    if _within(number, _NAT64):
        return _embedded(documentation, number)
    if _within(number, _SIX_TO_FOUR):
        return _embedded(documentation, number >> 80)
    if _within(number, _TEREDO):
        # RFC 4380: the server's address, then flags, port and the client's address inverted.
        return _embedded(documentation, number >> 64, ~number)
    return _special_unicast(number, number, documentation)


def _embedded(documentation: bool, *numbers: int) -> Withheld | None:
    for number in numbers:
        quad = number & 0xFFFF_FFFF
        if _special_v4(quad, quad, documentation) is not None:
            return _EMBEDDED
    return None


def _special_network_v6(first: int, last: int, documentation: bool) -> Withheld | None:
    if any(_overlap(first, last, span) for span in (_NAT64, _SIX_TO_FOUR, _TEREDO)):
        return _TRANSLATED
    return _special_unicast(first, last, documentation)


def _special_unicast(first: int, last: int, documentation: bool) -> Withheld | None:
    if not (_within(first, _UNICAST_V6) and _within(last, _UNICAST_V6)):
        return _OUTSIDE_V6
    if _overlap(first, last, _PROTOCOL_V6):
        return _PROTOCOL
    if not documentation and any(_overlap(first, last, span) for span in _DOCUMENTATION_V6):
        return _DOCUMENTATION
    return None


def _within(number: int, span: tuple[int, int]) -> bool:
    return span[0] <= number <= span[1]


def _overlap(first: int, last: int, span: tuple[int, int]) -> bool:
    return first <= span[1] and span[0] <= last
