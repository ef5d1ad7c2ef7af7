from dataclasses import replace
from typing import Any

import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of, values
from tests.unit.formats.stix_objects import (
    a_bundle,
    a_sighting,
    a_thing,
    an_id,
    an_indicator,
    an_object,
    observed,
    tied,
)  # fmt: skip

ADDRESS = "[ipv4-addr:value = '198.51.100.7']"
SHA256 = "ab" * 32
MD5 = "cd" * 16
SHA1 = "ef" * 20

C2 = a_thing("ipv4-addr", "c2", value="198.51.100.7")
HOST = a_thing("ipv4-addr", "host", value="203.0.113.9")
MALWARE = an_object("malware", name="Dropper X", is_family=True)


def pairs(*objects: dict[str, Any]) -> list[tuple[str, str]]:
    """The observables of a bundle of some objects."""
    return values("stix", a_bundle(*objects))


def nothing(*objects: dict[str, Any]) -> bool:
    """Whether a bundle of some objects is skipped."""
    return isinstance(outcome_of("stix", a_bundle(*objects)), Skipped)


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


def test_of_several_versions_the_latest_counts() -> None:
    """The value of an older version is gone, in whatever order they come."""
    old = an_indicator("[domain-name:value = 'old.example']")
    new = an_indicator(ADDRESS, modified="2026-11-05T00:00:00.000Z")

    assert pairs(old, new) == pairs(new, old) == [("ipv4", "198.51.100.7")]


def test_what_is_revoked_is_not_shared() -> None:
    """Neither by the indicator itself, nor by the objects that said the same."""
    revoked = an_indicator(ADDRESS, modified="2026-11-05T00:00:00.000Z", revoked=True)
    other = an_indicator("[domain-name:value = 'c2.example']", "two")

    assert nothing(an_indicator(ADDRESS), revoked)
    assert pairs(an_indicator(ADDRESS), revoked, other) == [("domain", "c2.example")]
    assert nothing(revoked, C2, observed(C2))
    assert nothing(revoked, C2, tied(revoked, "based-on", C2))
    assert nothing(an_indicator(ADDRESS) | {"revoked": True})


def test_a_revoked_infrastructure_claims_nothing() -> None:
    """A relationship to what is taken back is taken back."""
    server = an_object("infrastructure", revoked=True)

    assert nothing(C2, server, tied(server, "consists-of", C2))


def test_one_value_is_one_observable() -> None:
    """The same as indicator, as object and in observed data comes out once, at the best time."""
    indicator = an_indicator(ADDRESS)
    data = observed(C2)

    (found,) = detections("stix", a_bundle(indicator, C2, data, tied(indicator, "based-on", data)))
    assert [o.value for o in found.observables] == ["198.51.100.7"]
    assert (found.detected_at, found.first_seen, found.count) == (
        "2026-11-03T11:00:00.000Z", "2026-11-03T10:00:00.000Z", 7,
    )  # fmt: skip
    (loose,) = detections("stix", a_bundle(indicator, C2, data))
    assert [o.value for o in loose.observables] == ["198.51.100.7"]
    assert loose.detected_at == "2026-11-03T11:00:00.000Z"
    assert loose.observables[0].side == "attacker"


TIMES = [
    ({}, [], "2026-11-02T09:00:00.123Z"),
    ({"valid_from": None}, [], "2026-11-01T08:00:00.000Z"),
    ({"valid_from": None, "created": None}, [], "2026-11-01T08:00:00.000Z"),
    ({}, [{}], "2026-11-04T13:00:00.000Z"),
    ({}, [{"last_seen": None}], "2026-11-04T12:00:00.000Z"),
    ({}, [{"last_seen": None, "first_seen": None}], "2026-11-01T08:00:00.000Z"),
    ({}, [{}, {"last_seen": "2026-11-04T14:00:00Z"}], "2026-11-04T14:00:00.000Z"),
    ({}, [{"count": 0}], "2026-11-02T09:00:00.123Z"),
    ({}, [{"x_opencti_negative": True}], "2026-11-02T09:00:00.123Z"),
    ({}, [{"revoked": True}], "2026-11-02T09:00:00.123Z"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sightings", "expected"), TIMES)
def test_the_time_is_that_of_the_event(
    fields: dict[str, Any], sightings: list[dict[str, Any]], expected: str
) -> None:
    """A sighting's last time, else since when the indicator is valid, else when it was made; a
    sighting that says "not seen" is none."""
    indicator = an_indicator(ADDRESS, **fields)
    seen = [a_sighting(indicator, f"s{n}", **each) for n, each in enumerate(sightings)]

    (found,) = detections("stix", a_bundle(indicator, *seen))
    assert found.detected_at == expected


def test_sightings_of_one_indicator_add_up() -> None:
    """The span reaches from the first to the last, and the counts are summed."""
    indicator = an_indicator(ADDRESS)
    earlier = {"first_seen": "2026-11-03T00:00:00Z", "last_seen": "2026-11-03T01:00:00Z"}

    (found,) = detections(
        "stix",
        a_bundle(indicator, a_sighting(indicator), a_sighting(indicator, "two", **earlier)),
    )
    assert (found.first_seen, found.last_seen, found.count) == (
        "2026-11-03T00:00:00.000Z", "2026-11-04T13:00:00.000Z", 6,
    )  # fmt: skip


def test_without_any_time_it_is_refused() -> None:
    """An event of an unknown time cannot be correlated."""
    outcome = outcome_of(
        "stix", an_indicator(ADDRESS, valid_from="today", created=None, modified=None)
    )

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


def test_indicators_of_one_kind_are_one_detection() -> None:
    """What has the same time, label, severity and confidence is told together; the rest apart."""
    first = an_indicator(ADDRESS, "one")
    second = an_indicator("[domain-name:value = 'c2.example']", "two")
    later = an_indicator(f"[file:hashes.MD5 = '{MD5}']", "three", valid_from="2026-11-09T00:00:00Z")
    surer = an_indicator(f"[file:hashes.'SHA-1' = '{SHA1}']", "four", confidence=90)

    found = detections("stix", a_bundle(first, second, later, surer))
    assert [[o.value for o in each.observables] for each in found] == [
        ["198.51.100.7", "c2.example"], [MD5], [SHA1],
    ]  # fmt: skip
    assert [each.title for each in found] == [
        "Indicator one (and 1 more)", "Indicator three", "Indicator four",
    ]  # fmt: skip
    assert len({each.id for each in found}) == 3


def test_what_one_tool_stamped_a_moment_apart_is_one_detection() -> None:
    """Times of publishing count by the second, and the last is told; what was seen, exactly."""
    first = an_indicator(ADDRESS, valid_from="2026-11-02T09:00:00.100Z")
    second = an_indicator(
        "[domain-name:value = 'c2.example']", "two", valid_from="2026-11-02T09:00:00.900Z"
    )
    seen = [a_sighting(first, "one"), a_sighting(second, "two", last_seen="2026-11-04T13:00:00.5Z")]

    (found,) = detections("stix", a_bundle(first, second))
    assert found.detected_at == "2026-11-02T09:00:00.900Z"
    assert len(detections("stix", a_bundle(first, second, *seen))) == 2


def test_a_large_bundle_loses_nothing() -> None:
    """More indicators than a detection holds become several detections."""
    many = [an_indicator(f"[domain-name:value = 'd{n}.example']", str(n)) for n in range(250)]

    found = detections("stix", a_bundle(*many))
    assert [len(each.observables) for each in found] == [100, 100, 50]


def test_a_repeat_keeps_its_id_and_a_new_version_has_another() -> None:
    """The id is that of what is claimed, not of the bundle it came in."""
    indicator = an_indicator(ADDRESS)
    (first,) = detections("stix", a_bundle(indicator))
    (again,) = detections("stix", [indicator])
    (newer,) = detections("stix", indicator | {"modified": "2026-11-05T00:00:00.000Z"})

    assert first.id == again.id
    assert newer.id != first.id


def test_the_objects_of_infrastructure_and_malware_are_the_attackers() -> None:
    """By the relationships that bind them, with the malware's name and at the best time."""
    server = an_object("infrastructure", infrastructure_types=["command-and-control"])
    sample = a_thing("file", hashes={"SHA-256": SHA256, "MD5": MD5})
    spoken = a_thing("domain-name", value="c2.example")
    malware = MALWARE | {"sample_refs": [sample["id"]]}
    ties = [
        tied(server, "consists-of", C2, created="2026-11-06T00:00:00Z"),
        tied(malware, "communicates-with", spoken, start_time="2026-11-07T00:00:00Z"),
        tied(malware, "uses", server),
    ]

    found = detections("stix", a_bundle(C2, server, sample, spoken, malware, *ties))
    told = {o.value: (each.detected_at[:10], each.malware, o.side, o.role)
            for each in found for o in each.observables}  # fmt: skip
    assert told == {
        "198.51.100.7": ("2026-11-06", ["Dropper X"], "infrastructure", "c2"),
        "c2.example": ("2026-11-07", ["Dropper X"], "attacker", None),
        SHA256: ("2026-11-01", ["Dropper X"], "attacker", "payload"),
        MD5: ("2026-11-01", ["Dropper X"], "attacker", "payload"),
    }


@pytest.mark.parametrize("kind", ["targets", "impersonates", "mitigates", "located-at", "x"])
def test_other_relationships_bind_nothing_to_the_attacker(kind: str) -> None:
    """Whom malware hits, whom it poses as, and what nobody knows, is not the attacker's."""
    assert nothing(MALWARE, C2, tied(MALWARE, kind, C2))


def test_the_infrastructure_that_is_targeted_is_the_victims() -> None:
    """Its addresses come out nowhere, not even where another object has them."""
    server = an_object("infrastructure")
    ties = [tied(MALWARE, "targets", server), tied(server, "consists-of", C2)]

    assert nothing(MALWARE, server, C2, *ties)
    assert nothing(MALWARE, server, C2, *ties, an_indicator(ADDRESS))
    assert nothing(MALWARE, server, C2, ties[0], tied(server, "communicates-with", C2))


def test_objects_on_their_own_are_no_detection() -> None:
    """Nothing says whose they are, nor when."""
    assert nothing(C2, a_thing("file", hashes={"MD5": MD5}))
    assert nothing(C2, an_object("report", object_refs=[C2["id"]]))


def test_observed_data_is_of_an_unknown_side() -> None:
    """What was merely observed may be anybody's; a sighting of malware makes it the attacker's."""
    (found,) = detections("stix", a_bundle(C2, observed(C2)))
    (sighted,) = detections(
        "stix",
        a_bundle(
            C2, observed(C2), MALWARE, a_sighting(MALWARE, observed_data_refs=[observed(C2)["id"]])
        ),
    )

    assert [(o.value, o.side) for o in found.observables] == [("198.51.100.7", "unknown")]
    assert [(o.value, o.side) for o in sighted.observables] == [("198.51.100.7", "attacker")]
    assert (sighted.malware, sighted.detected_at) == (["Dropper X"], "2026-11-04T13:00:00.000Z")


def test_what_an_indicator_was_seen_in_is_not_shared() -> None:
    """The evidence of a sighting holds the victim's side: the indicator says what was bad."""
    indicator = an_indicator(ADDRESS)
    data = observed(HOST, C2)
    sighting = a_sighting(indicator, observed_data_refs=[data["id"]])

    assert pairs(indicator, HOST, C2, data, sighting) == [("ipv4", "198.51.100.7")]


def test_what_a_revoked_indicator_was_seen_in_is_not_shared_either() -> None:
    """It was a mistake: the evidence is of nothing."""
    indicator = an_indicator("[file:name MATCHES '^x']", revoked=True)
    data = observed(C2)

    assert nothing(indicator, C2, data, a_sighting(indicator, observed_data_refs=[data["id"]]))


def test_an_object_may_be_sighted_itself() -> None:
    """OpenCTI does so: the sighting says that it is the attacker's, and when."""
    other = {"first_seen": "2026-11-03T00:00:00Z", "last_seen": "2026-11-03T01:00:00Z"}
    (found,) = detections("stix", a_bundle(C2, a_sighting(C2), a_sighting(C2, "two", **other)))

    assert [(o.value, o.side) for o in found.observables] == [("198.51.100.7", "attacker")]
    assert (found.first_seen, found.detected_at, found.count) == (
        "2026-11-03T00:00:00.000Z",
        "2026-11-04T13:00:00.000Z",
        6,
    )
    assert nothing(C2, a_sighting(C2, count=0))


def test_raw_events_of_ones_own_logs_are_no_detection() -> None:
    """A search over a SIEM returns observed data of events: nobody called them an attack."""
    event = a_thing("x-oca-event")

    assert nothing(event, C2, observed(event, C2))


def test_of_a_message_only_the_sender_and_what_it_carried_is_taken() -> None:
    """Recipients never come out, wherever else they stand."""
    sender = a_thing("email-addr", "from", value="x@evil.example")
    to = a_thing("email-addr", "to", value="jane@victim.example")
    attached = a_thing("file", hashes={"SHA-256": SHA256})
    message = a_thing(
        "email-message", from_ref=sender["id"], to_refs=[to["id"]], cc_refs=[to["id"]],
        body_multipart=[{"body_raw_ref": attached["id"]}], subject="Hello Jane",
    )  # fmt: skip
    things = [message, sender, to, attached]
    told = an_indicator("[url:value = 'http://c2.example/jane@victim.example']")

    assert pairs(*things, observed(*things)) == [("email", "x@evil.example"), ("sha256", SHA256)]
    assert pairs(*things, observed(*things), told) == [
        ("email", "x@evil.example"), ("sha256", SHA256),
    ]  # fmt: skip


def test_of_a_connection_between_two_public_ends_neither_is_taken() -> None:
    """One of them is the victim; if only one could be shared, it is the other's."""
    inside = a_thing("ipv4-addr", "inside", value="10.0.0.7")
    unclear = a_thing("network-traffic", src_ref=HOST["id"], dst_ref=C2["id"])
    outward = a_thing("network-traffic", src_ref=inside["id"], dst_ref=C2["id"])

    assert nothing(HOST, C2, unclear, observed(unclear, HOST, C2))
    assert pairs(inside, C2, outward, observed(outward, inside, C2)) == [("ipv4", "198.51.100.7")]
    assert pairs(HOST, C2, unclear, observed(unclear, HOST, C2), an_indicator(ADDRESS)) == [
        ("ipv4", "198.51.100.7")
    ]


def test_a_process_called_out() -> None:
    """The image is what ran, the other end of its connection is whom it called."""
    image = a_thing("file", hashes={"SHA-256": SHA256})
    call = a_thing("network-traffic", src_ref=HOST["id"], dst_ref=C2["id"])
    process = a_thing("process", image_ref=image["id"], opened_connection_refs=[call["id"]],
                      command_line="x --password y")  # fmt: skip
    things = [image, call, process, HOST, C2]

    assert pairs(*things, observed(*things)) == [("sha256", SHA256), ("ipv4", "198.51.100.7")]


def test_accounts_are_the_victims_unless_bound_to_the_attacker() -> None:
    """A login that was observed is nowhere in what comes out; the attacker's own hides nothing."""
    account = a_thing("user-account", account_login="jdoe", user_id="1001")
    told = an_indicator("[url:value = 'http://c2.example/jdoe']")
    actor = an_object("threat-actor", name="Actor")

    assert nothing(account, told)
    assert pairs(account, an_indicator("[url:value = 'http://c2.example/1001']")) == [
        ("url", "http://c2.example/1001")
    ]
    assert pairs(account, actor, tied(actor, "uses", account), told) == [
        ("url", "http://c2.example/jdoe")
    ]


def test_the_contact_of_an_organisation_is_nobodys_indicator() -> None:
    """Whoever reports or was hit is reached there: it never comes out."""
    bank = an_object("identity", name="Bank", contact_information="soc@bank.example")

    assert nothing(bank, an_indicator("[email-addr:value = 'soc@bank.example']"))


def test_objects_held_by_observed_data_are_read() -> None:
    """The dictionary of STIX 2.0 is deprecated in 2.1, not gone."""
    held = {
        "0": {"type": "domain-name", "value": "c2.example", "resolves_to_refs": ["1"]},
        "1": {"type": "ipv4-addr", "value": "198.51.100.7"},
        "2": {"type": "email-message", "from_ref": "3", "to_refs": ["4"]},
        "3": {"type": "email-addr", "value": "x@evil.example"},
        "4": {"type": "email-addr", "value": "jane@victim.example"},
        "5": {"type": "network-traffic", "src_ref": "6", "dst_ref": "7"},
        "6": {"type": "ipv4-addr", "value": "203.0.113.9"},
        "7": {"type": "ipv4-addr", "value": "203.0.113.10"},
    }
    found = pairs(observed(objects=held, object_refs=None))

    assert sorted(found) == [
        ("domain", "c2.example"), ("email", "x@evil.example"), ("ipv4", "198.51.100.7"),
    ]  # fmt: skip


def test_a_sighted_vulnerability_is_an_observable() -> None:
    """Named beside malware it is context; seen used, it is what was seen."""
    hole = an_object("vulnerability", name="CVE-2026-1234")

    assert pairs(hole, a_sighting(hole)) == [("cve", "CVE-2026-1234")]
    assert nothing(hole, MALWARE, tied(MALWARE, "exploits", hole))


def test_techniques_and_malware_come_through_relationships() -> None:
    """Of what an indicator indicates; ids of other lists than ATT&CK are left out."""
    known = [{"source_name": "mitre-attack", "external_id": "T1071.001"},
             {"source_name": "tickets", "external_id": "T1234"}]  # fmt: skip
    technique = an_object("attack-pattern", external_references=known, name="Web")
    indicator = an_indicator(ADDRESS)
    ties = [tied(indicator, "indicates", technique), tied(indicator, "indicates", MALWARE)]

    (found,) = detections("stix", a_bundle(indicator, technique, MALWARE, *ties))
    assert [each.id for each in found.techniques] == ["T1071.001"]
    assert found.malware == ["Dropper X"]


CLASSES = [
    ({"labels": ['rsit:fraud="phishing"']}, "fraud:phishing"),
    ({"labels": ["rsit:fraud:phishing"]}, "fraud:phishing"),
    ({"labels": ["phishing"]}, "fraud:phishing"),
    ({"indicator_types": ["compromised"]}, "intrusions:system-compromise"),
    ({"indicator_types": ["malicious-activity"]}, "other:undetermined"),
    ({"kill_chain_phases": [{"kill_chain_name": "x", "phase_name": "command-and-control"}]},
     "malicious-code:c2-server"),
    ({"labels": 7, "kill_chain_phases": "x", "indicator_types": {}}, "other:undetermined"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), CLASSES)
def test_labels_types_and_phases_class(fields: dict[str, Any], expected: str) -> None:
    """The first that says something; a tag of the taxonomy itself before all."""
    (found,) = detections("stix", an_indicator(ADDRESS, **fields))

    assert found.classification == expected


def test_a_label_says_severity_and_pap() -> None:
    """STIX has neither: the tags that the relay and MISP write are read back."""
    (found,) = detections("stix", an_indicator(ADDRESS, labels=["severity:high", "PAP:RED"]))

    assert (found.severity, found.sharing.pap) == ("high", "red")
    assert found.flags == ["confidence_assumed"]


def test_who_is_named_in_the_record_is_not_named_in_the_title() -> None:
    """Neither who reported nor who was hit; a sector is nobody."""
    bank = an_object("identity", identity_class="organization", name="Example Bank")
    sector = an_object("identity", "two", identity_class="class", name="Phishing")
    told = an_indicator(ADDRESS, name="Phishing of example bank clients")
    malware = MALWARE | {"name": "Example Bank Stealer"}
    tie = tied(told, "indicates", malware)

    (found,) = detections("stix", a_bundle(bank, sector, told, malware, tie))
    (free,) = detections("stix", a_bundle(sector, told))
    assert found.title == "Indicators in STIX"
    assert found.malware == []
    assert found.sensor is not None
    assert found.sensor.rule_name is None
    assert free.title == "Phishing of example bank clients"


def test_without_any_name_malware_names_the_detection() -> None:
    """A title says more than that there are indicators, where the record says more."""
    bare = an_indicator(ADDRESS, name="")

    (found,) = detections("stix", a_bundle(bare, MALWARE, tied(bare, "indicates", MALWARE)))
    assert found.title == "Indicators of Dropper X"


def test_an_indicator_without_a_name_bears_that_of_its_report() -> None:
    """Unless the indicator has a label of its own: the report's name may be under another."""
    bare = an_indicator(ADDRESS, name="")
    report = an_object("report", object_refs=[bare["id"]], name="Wave of November")
    marked = bare | {"labels": ["tlp:green"]}

    assert detections("stix", a_bundle(bare, report))[0].title == "Wave of November"
    assert detections("stix", a_bundle(marked, report))[0].title == "Indicators in STIX"


def test_what_the_relay_told_is_no_sighting_of_ones_own() -> None:
    """An object that refers to an alert of the relay is a follow-up, whoever sends it."""
    alert = "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"
    refs = [{"source_name": "relay-alert", "external_id": alert}]

    (told,) = detections("stix", an_indicator(ADDRESS, external_references=refs))
    assert (told.first_hand, told.derived_from) == (False, [alert])
    for other in ({"external_id": alert}, {"source_name": "relay-alert", "external_id": "7"}):
        (own,) = detections("stix", an_indicator(ADDRESS, external_references=[other]))
        assert own.first_hand


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
