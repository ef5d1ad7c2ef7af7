from dataclasses import replace
from typing import Any

import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of, values
from tests.unit.formats.stix_objects import (
    ADDRESS,
    C2,
    MALWARE,
    MD5,
    SHA1,
    SHA256,
    a_bundle,
    an_id,
    an_indicator,
    an_object,
    nothing,
    observed,
    pairs,
)


def test_an_indicator_becomes_a_detection() -> None:
    """All that an indicator says of an attacker is there, and what STIX lacks is flagged."""
    (found,) = detections("stix", a_bundle(an_indicator(ADDRESS, confidence=85)))

    assert [(o.type, o.value, o.side) for o in found.observables] == [
        ("ipv4", "198.51.100.7", "attacker")
    ]
    assert found.detected_at == "2026-11-02T09:00:00.123Z"
    assert (found.first_seen, found.last_seen, found.count) == (None, None, 1)
    assert (found.title, found.confidence, found.severity) == ("Indicator one", 85, "medium")
    assert (found.flags, found.first_hand, found.sharing.tlp) == (
        ["severity_assumed"], True, "green",
    )  # fmt: skip
    assert found.sensor is not None
    assert (found.sensor.format, found.sensor.rule_id) == ("stix", an_id("indicator"))


@pytest.mark.parametrize(
    "event",
    [
        a_bundle(an_indicator(ADDRESS)),
        a_bundle(an_indicator(ADDRESS)) | {"spec_version": "2.1"},
        [an_indicator(ADDRESS)],
        an_indicator(ADDRESS),
        {"objects": [an_indicator(ADDRESS)], "more": False},
        {"objects": [an_indicator(ADDRESS)], "manifest": [{"id": an_id("indicator")}]},
        {"title": "x", "collections": [{"id": "x", "objects": [an_indicator(ADDRESS)]}]},
        {"/discovery": {}, "root": {"collections": [{"objects": [an_indicator(ADDRESS)]}]}},
        a_bundle(an_indicator(ADDRESS), {"type": "malware", "id": an_id("malware")}),
        a_bundle({k: v for k, v in an_indicator(ADDRESS).items() if k != "spec_version"}),
    ],
)
def test_objects_are_found_in_every_container(event: Any) -> None:
    """Bundles, arrays, single objects, TAXII envelopes, collections and a server's whole store;
    objects without a version count if another has one, or if only 2.1 has such objects."""
    assert values("stix", event) == [("ipv4", "198.51.100.7")]


OLD_INDICATOR = {
    "type": "indicator", "id": an_id("indicator"), "created": "2017-01-01T00:00:00.000Z",
    "labels": ["malicious-activity"], "pattern": ADDRESS, "valid_from": "2017-01-01T00:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    "event",
    [
        a_bundle(an_indicator(ADDRESS)) | {"spec_version": "2.0"},
        a_bundle(OLD_INDICATOR),
        OLD_INDICATOR,
        [OLD_INDICATOR],
        a_bundle({**OLD_INDICATOR, "spec_version": "2.0"}),
        a_bundle({
            "type": "observed-data", "id": an_id("observed-data"), "number_observed": 1,
            "objects": {"0": {"type": "ipv4-addr", "value": "198.51.100.7"}},
        }),
        {"type": "malware", "id": an_id("malware"), "labels": ["trojan"], "name": "x"},
    ],
)  # fmt: skip
def test_stix_20_is_refused_by_its_name(event: Any) -> None:
    """Version 2.0 means other things by the same words: it is not read as 2.1."""
    outcome = outcome_of("stix", event)

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("other-format", "$.spec_version")
    assert "STIX 2.0" in outcome.detail


def test_objects_of_20_among_those_of_21_are_left_out() -> None:
    """A TAXII collection may hold both: each is taken for what it says it is."""
    old = {**OLD_INDICATOR, "id": an_id("indicator", "old"), "spec_version": "2.0"}
    old["pattern"] = "[domain-name:value = 'old.example']"

    assert pairs(old, an_indicator(ADDRESS)) == [("ipv4", "198.51.100.7")]


@pytest.mark.parametrize(
    ("event", "seems"),
    [
        ({"Event": {"info": "x", "Attribute": []}}, "MISP"),
        ({"event_type": "alert", "src_ip": "198.51.100.7", "flow_id": 1}, "Suricata"),
        ({"objects": [{"class_uid": 2004}]}, "no format known"),
        ({"objects": "x"}, "no format known"),
        ({"type": "alert", "id": 7}, "no format known"),
    ],
)
def test_another_format_is_named(event: Any, seems: str) -> None:
    """What is no STIX is refused with what it looks like."""
    outcome = outcome_of("stix", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"
    assert seems in outcome.detail


MEANT = [
    ("[ipv4-addr:value = '198.51.100.7']", [("ipv4", "198.51.100.7")]),
    ("[ipv6-addr:value = '2001:DB8::7']", [("ipv6", "2001:db8::7")]),
    ("[ipv4-addr:value = '198.51.100.0/24']", [("cidr", "198.51.100.0/24")]),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", [("cidr", "198.51.100.0/24")]),
    ("[ipv4-addr:value = '10.0.0.7' OR ipv4-addr:value = '198.51.100.7']",
     [("ipv4", "198.51.100.7")]),
    ("[domain-name:value = 'C2.example']", [("domain", "c2.example")]),
    ("[domain-name:value = 'c2.example' AND domain-name:resolves_to_refs[*].value = "
     "'198.51.100.7']", [("domain", "c2.example"), ("ipv4", "198.51.100.7")]),
    ("[url:value IN ('http://c2.example/a', 'http://c2.example/b')]",
     [("url", "http://c2.example/a"), ("url", "http://c2.example/b")]),
    ("[email-addr:value = 'x@evil.example' AND email-addr:display_name = 'X Y']",
     [("email", "x@evil.example")]),
    ("[email-message:from_ref.value = 'x@evil.example' AND email-message:subject = 'Hello']",
     [("email", "x@evil.example")]),
    ("[email-message:additional_header_fields.'Reply-To' = 'x@evil.example']",
     [("email", "x@evil.example")]),
    ("[email-message:sender_ref.value = 'x@evil.example']", [("email", "x@evil.example")]),
    (f"[file:hashes.'SHA-256' = '{SHA256}' AND file:hashes.md5 = '{MD5}' AND file:name = 'x.exe']",
     [("sha256", SHA256), ("md5", MD5)]),
    (f"[artifact:hashes.'SHA-1' = '{SHA1}' AND artifact:payload_bin = 'QUJD']", [("sha1", SHA1)]),
    (f"[process:image_ref.hashes.MD5 = '{MD5}' AND process:command_line = 'x']", [("md5", MD5)]),
    (f"[file:hashes.'SHA-512' = '{'ab' * 64}']", [("sha512", "ab" * 64)]),
    (f"[x509-certificate:hashes.'SHA-1' = '{SHA1}']", [("cert-sha1", SHA1)]),
    (f"[x509-certificate:hashes.'SHA-256' = '{SHA256}' AND x509-certificate:issuer = 'CN=X']",
     [("cert-sha256", SHA256)]),
    ("[autonomous-system:number = 64496]", [("asn", "AS64496")]),
    ("[autonomous-system:number = 'AS64496']", [("asn", "AS64496")]),
    ("[mutex:name = 'Global\\\\x']", [("mutex", "Global\\x")]),
    ("[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\X' AND "
     "windows-registry-key:values[0].data = 'secret']",
     [("regkey", "HKEY_LOCAL_MACHINE\\Software\\X")]),
    ("[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
     [("ipv4", "198.51.100.7")]),
    ("[network-traffic:src_ref.value = '198.51.100.7' AND network-traffic:dst_port = 22]",
     [("ipv4", "198.51.100.7")]),
    ("[network-traffic:dst_ref.value = 'c2.example']", [("domain", "c2.example")]),
    ("[network-traffic:src_ref.value = '10.0.0.7' AND network-traffic:dst_ref.value = "
     "'198.51.100.7']", [("ipv4", "198.51.100.7")]),
    ("[network-traffic:src_ref.value = '198.51.100.7' OR network-traffic:dst_ref.value = "
     "'198.51.100.7']", [("ipv4", "198.51.100.7")]),
    ("[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'bot/1']",
     [("user-agent", "bot/1")]),
    ("[domain-name:value = 'c2.example'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.7']",
     [("domain", "c2.example"), ("ipv4", "198.51.100.7")]),
    ("[url:value = 'c2.example/a/b']", [("url", "http://c2.example/a/b")]),
    ("[url:value = 'c2.example']", [("domain", "c2.example")]),
    (f"[app:cert.sha256='{SHA256}']", [("cert-sha256", SHA256)]),
    ("[user-agent:string = 'bot/1']", [("user-agent", "bot/1")]),
    ("[x-opencti-hostname:value = 'c2.example']", [("domain", "c2.example")]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "expected"), MEANT)
def test_a_pattern_names_the_attackers_values(
    pattern: str, expected: list[tuple[str, str]]
) -> None:
    """Every property that can be an observable is one; what stands beside it in AND is not."""
    assert pairs(an_indicator(pattern)) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "[user-account:user_id = 'x' AND user-account:credential = 'Password1']",
        "[file:name = 'x.exe']",
        "[email-message:to_refs[*].value = 'x@victim.example']",
        "[network-traffic:dst_port = 443]",
        "[domain-name:value MATCHES '.*[.]example']",
        "[domain-name:value != 'c2.example']",
        "[mac-addr:value = '00:00:5e:00:53:01']",
        "[process:command_line = 'x']",
        "[x509-certificate:serial_number = '01']",
        f"[file:extensions.'windows-pebinary-ext'.imphash = '{MD5}']",
        f"[file:hashes.SSDEEP = '{MD5}']",
        "[network-traffic:src_ref.value = '203.0.113.9' AND network-traffic:dst_ref.value = "
        "'198.51.100.7']",
        "[network-traffic:src_ref.value = '203.0.113.9' AND (network-traffic:dst_ref.value = "
        "'198.51.100.7' OR network-traffic:dst_port = 80)]",
    ],
)
def test_what_is_not_the_attackers_for_certain_is_not_taken(pattern: str) -> None:
    """Accounts, names of files, recipients, ports, negations; and of two public ends neither:
    one is the victim, and the pattern does not say which."""
    assert nothing(an_indicator(pattern))


@pytest.mark.parametrize("kind", ["yara", "sigma", "snort", "pcre", "suricata"])
def test_patterns_of_other_languages_are_not_mined(kind: str) -> None:
    """A rule in another language may hold anything: it is no list of indicators."""
    assert nothing(an_indicator(ADDRESS, pattern_type=kind))


def test_a_benign_indicator_is_no_detection() -> None:
    """What is published so that it is not taken for an attack is not shared as one."""
    assert nothing(an_indicator(ADDRESS, indicator_types=["benign"]))


def test_a_broken_pattern_is_refused_unless_others_are_sound() -> None:
    """One bad indicator does not keep the rest of a bundle back."""
    broken = an_indicator("[ipv4-addr:value = '198.51.100.9", "two")
    outcome = outcome_of("stix", a_bundle(broken))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "invalid"
    assert "198.51.100.9" not in outcome.detail
    assert pairs(broken, an_indicator(ADDRESS)) == [("ipv4", "198.51.100.7")]


@pytest.mark.parametrize(
    "event",
    [
        a_bundle(),
        {"type": "bundle", "id": an_id("bundle")},
        a_bundle(MALWARE),
        MALWARE,
        a_bundle(an_object("identity", name="x"), an_object("tool", name="y")),
        a_bundle(an_object("report", object_refs=[an_id("indicator")])),
        a_bundle(observed(C2)),
        a_bundle(an_object("sighting", sighting_of_ref=an_id("indicator"))),
    ],
)
def test_knowledge_without_an_observable_is_skipped(event: Any) -> None:
    """Malware, tools, people and what is not in the record are no detections."""
    assert isinstance(outcome_of("stix", event), Skipped)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (an_indicator("[ipv4-addr:value != '198.51.100.7']"), "no shareable observable"),
        (an_indicator(ADDRESS, indicator_types=["benign"]), "no shareable observable"),
        (a_bundle(observed(C2)), "no shareable observable"),
        (a_bundle(MALWARE), "no indicator and no observable"),
    ],
)
def test_what_names_nothing_is_told_from_what_is_no_indicator(event: Any, reason: str) -> None:
    """The reason says whether the record has an indicator or observed data at all."""
    assert outcome_of("stix", event) == Skipped(reason)


def test_the_members_own_never_comes_out() -> None:
    """What lies in its networks or domains is left out; the rest of the bundle is shared."""
    source = replace(SOURCE, own_domains=("victim.example",))
    own = an_indicator("[domain-name:value = 'www.victim.example']", "two")

    found = values("stix", a_bundle(own, an_indicator(ADDRESS)), source)
    assert found == [("ipv4", "198.51.100.7")]


def test_without_a_label_it_is_refused() -> None:
    """Neither the record nor the member said how far it may go."""
    outcome = outcome_of("stix", an_indicator(ADDRESS), UNLABELLED)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"
