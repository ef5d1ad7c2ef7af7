"""Harvest: what of a record's observables may come out."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.harvest import FEW_HIDDEN, Harvest
from tests.unit.formats.kit import SOURCE

MANY = [f"unrelated-{n}.inside.example" for n in range(FEW_HIDDEN + 1)]


def values(harvest: Harvest) -> list[tuple[object, object]]:
    """What was gathered, as (type, value)."""
    return [(found["type"], found["value"]) for found in harvest.found]


def test_values_are_canonical_and_none_comes_twice() -> None:
    """The first of equal values stays, with its marks; marks that say nothing are left out."""
    harvest = Harvest(SOURCE)

    harvest.add("domain", "EVIL.example.", role="c2", port=None)
    harvest.host("evil[.]example", "unknown")

    assert harvest.found == [
        {"type": "domain", "value": "evil.example", "side": "attacker", "role": "c2"}
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("198.51.100.7", [("ipv4", "198.51.100.7")]),
        ("2001:DB8::1", [("ipv6", "2001:db8::1")]),
        ("198.51.100.0/24", [("cidr", "198.51.100.0/24")]),
        ("10.1.2.3", []),
        ("host.name", [("domain", "host.name")]),
        ("WHAT-IS-THIS-A-HOSTNAME-192.168.2.244", []),
        ("", []),
    ],
)
def test_a_host_is_a_name_or_an_address(
    written: str, expected: list[tuple[object, object]]
) -> None:
    """Formats put addresses where names belong; what is private or neither is not taken."""
    harvest = Harvest(SOURCE)

    assert harvest.host(written) is bool(expected)
    assert values(harvest) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://www.google.com/?hl=en#q=drop", []),
        ("https://mega.nz/#!vault!key", []),
        ("https://onedrive.live.com/?authkey=abc", []),
        ("https://mega.nz/file/vault#key", [("url", "https://mega.nz/file/vault")]),
        (
            "https://onedrive.live.com/?cid=1&authkey=abc",
            [("url", "https://onedrive.live.com/?cid=1")],
        ),
        ("https://mega.nz/", [("url", "https://mega.nz/")]),
        ("https://evil.example/#/login", [("url", "https://evil.example/")]),
    ],
)
def test_no_front_page_of_everybodys_is_left_of_a_url(
    written: str, expected: list[tuple[object, object]]
) -> None:
    """What told the attacker's page is cut from the URL: what remains there accuses a service."""
    harvest = Harvest(SOURCE)

    assert harvest.add("url", written) is bool(expected)
    assert values(harvest) == expected


@pytest.mark.parametrize(
    ("written", "kind"),
    [("a" * 32, "md5"), ("SHA-256: " + "B" * 64, "sha256"), ("c" * 40, "sha1"), ("d" * 33, None)],
)
def test_a_digest_is_told_by_its_length(written: str, kind: str | None) -> None:
    """What has no digest's length is none, whatever field it stands in."""
    harvest = Harvest(SOURCE)
    harvest.digest(written)

    assert [kind for kind, _ in values(harvest)] == ([kind] if kind else [])


@pytest.mark.parametrize("others", [[], MANY])
@pytest.mark.parametrize(
    ("hidden", "kind", "written"),
    [
        ("mail.ministry.example", "domain", "MAIL.ministry.example"),
        ("mail.ministry.example", "url", "http://evil.example/?x=mail.ministry.example&y"),
        ("m.tamm", "url", "http://evil.example/m.tamm/cv"),
        ("m.tamm", "url", "http://evil.example/%6d%2Etamm/cv"),
        ("m.tamm", "url", "http://evil.example/%256d%252Etamm/cv"),
        ("ws-0042", "domain", "ws-0042.evil.example"),
        ("m.tamm@ministry.example", "email", "M.Tamm@Ministry.example"),
        ("2001:0DB8:0::5", "ipv6", "2001:db8::5"),
        ("HTTP://Portal.ministry.example:80/x", "url", "http://portal.ministry.example/x"),
        ("hxxp//portal.ministry.example/x", "url", "http://portal.ministry.example/x"),
        ("198.51.100.9", "ipv4", "198.51.100.9"),
        ("198.51.100.9", "url", "http://evil.example/198.51.100.9"),
    ],
)
def test_what_names_the_victim_does_not_come_out(
    hidden: str, kind: str, written: str, others: list[str]
) -> None:
    """Neither the value itself in any spelling, nor what holds it as a word, escaped or not."""
    before, after = Harvest(SOURCE, [*others, hidden]), Harvest(SOURCE)

    assert not before.add(kind, written)
    after.add(kind, written)
    after.hide([*others, hidden])
    assert after.found == []


@pytest.mark.parametrize("others", [[], MANY])
@pytest.mark.parametrize(
    ("hidden", "written"),
    [
        ("admin", "http://evil.example/wp-admin/x"),  # an account that everybody has
        ("www", "http://www.evil.example/"),
        ("a", "http://evil.example/a"),  # too short to be anybody's
        ("tam", "http://evil.example/tamm"),  # within a longer word
    ],
)
def test_what_only_looks_like_the_victim_comes_out(
    hidden: str, written: str, others: list[str]
) -> None:
    """A word that everybody has, or that is part of another, hides no attacker."""
    harvest = Harvest(SOURCE, [*others, hidden])

    assert harvest.add("url", written)


@given(
    hidden=st.lists(st.text("ab.-1", min_size=3, max_size=9), min_size=1, max_size=5),
    text=st.text("ab.-1/", max_size=30),
)
def test_many_hidden_values_are_found_as_few_are(hidden: list[str], text: str) -> None:
    """Whether values are looked for one by one or looked up makes no difference."""
    few, many = Harvest(SOURCE, hidden), Harvest(SOURCE, [*hidden, *MANY])

    assert few.betrays(text) == many.betrays(text)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("ipv4", "198.51.100.77"), ("ipv4", "203.0.113.1"), ("cidr", "198.51.100.0/25"),
        ("url", "http://198.51.100.77/x"), ("domain", "vpn.soc.example"), ("domain", "soc.example"),
        ("url", "https://vpn.soc.example/login"), ("email", "duty@soc.example"),
        ("url", "http://evil.example/?victim=vpn.soc.example"),
    ],
)  # fmt: skip
def test_what_is_the_members_own_does_not_come_out(kind: str, written: str) -> None:
    """Its networks and domains never come out, in whatever type they stand."""
    networks = (ip_network("198.51.100.0/24"), ip_network("203.0.113.1/32"))
    own = replace(SOURCE, own_networks=networks, own_domains=("soc.example",))

    assert Harvest(SOURCE).add(kind, written)
    assert not Harvest(own).add(kind, written)


def test_a_name_that_only_ends_alike_is_not_the_members() -> None:
    """`notsoc.example` is not below `soc.example`."""
    own = replace(SOURCE, own_domains=("soc.example",))

    assert Harvest(own).add("domain", "notsoc.example")
