"""STIX bundles before the tools of OASIS: stix2, stix2-validator, stix2-patterns."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.formats.rendering import MOST_BYTES
from relay.formats.stix.render import render
from relay.model.alert import Alert, SourceLine
from relay.model.vocabulary import CLASSIFICATIONS, OBSERVABLE_TYPES
from tests.official.tools import Pattern, ValidationOptions, stix2, validate_string
from tests.unit.formats.kit import an_alert_of
from tests.unit.wire.values import a_full_alert, a_source

HEX = "0123456789abcdef"
TEXT = st.text("abc XYZ019\\'\"{}[]()=:/.-_%é", min_size=1, max_size=30)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "ipv4": st.integers(1, 254).map("198.51.100.{}".format),
    "ipv6": st.integers(1, 99).map("2001:db8::{}".format),
    "cidr": st.sampled_from(("198.51.100.0/25", "2001:db8:7::/48")),
    "domain": st.sampled_from(("c2.example", "xn--bcher-kva.example")),
    "url": TEXT.map("http://c2.example/{}".format),
    "email": st.just("o'neil@evil.example"),
    "onion": st.just("b" * 56 + ".onion"),
    "md5": st.text(HEX, min_size=32, max_size=32),
    "sha1": st.text(HEX, min_size=40, max_size=40),
    "sha256": st.text(HEX, min_size=64, max_size=64),
    "sha512": st.text(HEX, min_size=128, max_size=128),
    "cve": st.integers(1000, 99999).map("CVE-2026-{}".format),
    "asn": st.integers(1, 2**32 - 2).map("AS{}".format),
    "cert-sha1": st.text(HEX, min_size=40, max_size=40),
    "cert-sha256": st.text(HEX, min_size=64, max_size=64),
    "mutex": TEXT,
    "regkey": TEXT.map("HKLM\\{}".format),
    "user-agent": TEXT,
}
LACKING = {
    "btc", "ja3", "ja3s", "ja4", "jarm", "hassh", "asn", "mutex", "regkey", "user-agent",
}  # fmt: skip
STATES = ("early-warning", "cross-border", "widespread", "closed", "withdrawn", "reported")


def official(body: bytes) -> list[Any]:
    """Hold a bundle against all three tools; return its objects as `stix2` reads them.

    Check 103 wants random ids: the relay derives its ids, so that a replay writes the same bytes
    (the specification asks for randomness only where nothing else makes an id unique).
    """
    options = ValidationOptions(strict=True, version="2.1", disabled=["103"])
    result = validate_string(body.decode(), options)
    assert result.is_valid, [str(error) for error in result.errors]
    bundle = stix2.parse(body, allow_custom=False)
    return list(bundle.objects)


def of_type(objects: list[Any], kind: str) -> list[Any]:
    """The objects of a type."""
    return [one for one in objects if one["type"] == kind]


@st.composite
def sources(draw: st.DrawFn) -> SourceLine:
    """Sources shown by name, by country, or not at all."""
    member, country = draw(
        st.sampled_from((("ee", "EE"), ("fi", "FI"), (None, "LV"), (None, None)))
    )
    return replace(a_source(), member=member, country=country, detections=draw(st.integers(1, 9)))


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Alerts of any observables that STIX can say, labels, states, times and sources."""
    kinds = draw(st.lists(st.sampled_from(OBSERVABLE_TYPES), min_size=1, max_size=6))
    shown = {(kind, draw(VALUES.get(kind, st.just("x")))): None for kind in kinds}
    start = draw(st.integers(1_700_000_000_000, 1_770_000_000_000))
    end = start + draw(st.sampled_from((0, 1, 10**7)))
    return an_alert_of(
        *shown,
        start=start,
        end=end,
        episode=end + draw(st.sampled_from((-(10**6), 0, 10**6))),
        updated=end + draw(st.sampled_from((0, 10**7))),
        expires=end + draw(st.sampled_from((0, 10**9))),
        tlp=draw(st.sampled_from(("clear", "green", "amber", "amber+strict", "red"))),
        severity=draw(st.sampled_from(("info", "low", "medium", "high", "critical"))),
        confidence=draw(st.integers(0, 100)),
        state=draw(st.sampled_from(STATES)),
        title=draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)),
        classifications=tuple(draw(st.lists(st.sampled_from(CLASSIFICATIONS), max_size=3))),
        techniques=draw(st.sampled_from(((), (("T1071.001", 1), ("T1110", 2))))),
        sources=tuple(draw(st.lists(sources(), max_size=4))),
    )


@settings(max_examples=40, deadline=None)
@given(alerts())
def test_the_official_tools_accept_every_bundle(alert: Alert) -> None:
    """Whatever is alerted: the parser takes it without custom content, the validator finds no
    fault in strict mode, and each pattern is one of STIX 2.1."""
    objects = official(render(alert, "relay-test").body)

    for indicator in of_type(objects, "indicator"):
        assert Pattern(indicator["pattern"]).inspect().comparisons
    known = [each for each in alert.observables if each.observable.type not in LACKING]
    stands = of_type(objects, "indicator") + of_type(objects, "vulnerability")
    assert len(stands) == len(known)


def test_the_official_tools_do_find_faults() -> None:
    """The check is one: a bundle with a wrong field of each kind is refused."""
    bundle = orjson.loads(render(an_alert_of(("ipv4", "198.51.100.7")), "relay-test").body)
    at = next(n for n, one in enumerate(bundle["objects"]) if one["type"] == "indicator")
    faults: list[dict[str, Any]] = [
        {"pattern": "[ipv4-addr:value]"},
        {"valid_until": bundle["objects"][at]["valid_from"]},
        {"confidence": 101},
        {"indicator_types": ["bad"]},
        {"created": "yesterday"},
        {"x_own": 1},
    ]

    for fault in faults:
        bundle["objects"][at].update(fault)
        with pytest.raises((AssertionError, stix2.exceptions.STIXError, ValueError)):
            official(orjson.dumps(bundle))


def test_the_largest_alert_is_sound() -> None:
    """An alert with every list at its bound makes one message, and what does not fit is counted."""
    shown = [("cert-sha256", f"{n:064x}") for n in range(200)]
    full = a_full_alert("ab" * 32)
    alert = replace(
        full,
        observables=an_alert_of(*shown).observables,
        techniques=tuple((f"T{1000 + n}.001", 1) for n in range(64)),
        sources=tuple(replace(full.sources[0], member=f"m{n}") for n in range(40)),
    )

    rendered = render(alert, "r" * 64)
    lost = dict(rendered.lost)
    written = of_type(official(rendered.body), "indicator")
    assert len(rendered.body) <= MOST_BYTES
    assert len(written) + lost["size"] == len(shown)
    assert "techniques" not in lost
    assert lost["victim"] == len(alert.victim_sectors) + len(alert.victim_countries)
    assert lost["related"] == len(alert.related)


def test_a_value_comes_out_of_the_pattern_as_it_went_in() -> None:
    """Quotes and backslashes are escaped as the official grammar reads them."""
    value = "http://evil.example/it's \\'quoted\\'"

    (indicator,) = of_type(
        official(render(an_alert_of(("url", value)), "relay-test").body), "indicator"
    )
    (((_, _, literal),),) = Pattern(indicator["pattern"]).inspect().comparisons.values()
    assert literal[1:-1].replace("\\'", "'").replace("\\\\", "\\") == value
