from typing import Any

import pytest

from relay.formats.misp.marks import attribute_uuid
from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import (
    an_alert_of,
    bodies,
    detections,
    outcome_of,
    rendered,
    values,
)
from tests.unit.formats.misp_events import (
    AT,
    CONTEXT,
    DOMAIN,
    SHA256,
    UUID,
    attribute,
    event,
    tags,
    thing,
)

NOTHING = Skipped("no shareable observable")
NO_EVENT = Skipped("a record of MISP that is no event")
ALERT = "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"


WRITTEN = event(
    attribute("ip-dst|port", "198.51.100.7|4444", first_seen="2026-11-19T08:00:00.250000+01:00"),
    attribute("filename|sha256", f"a.exe|{SHA256}", "Payload delivery"),
    Tag=tags(
        "tlp:amber",
        "PAP:RED",
        'rsit:malicious-code="c2-server"',
        'misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"',
        'misp-galaxy:malpedia="Loader"',
        'misp:confidence-level="usually-confident"',
    ),
)
DETECTION = {
    "schema": "detection.v1",
    "id": "2097324f-2eea-5b98-b5f9-934e9b6eaef7",
    "member": "ee",
    "detected_at": "2026-11-20T12:10:00.000Z",
    "published_at": "2027-01-15T08:00:00.000Z",
    "title": "Loader",
    "classification": "malicious-code:c2-server",
    "severity": "medium",
    "confidence": 75,
    "observables": [
        {
            "type": "ipv4",
            "value": "198.51.100.7",
            "side": "infrastructure",
            "first_seen": "2026-11-19T07:00:00.250Z",
            "port": 4444,
        },
        {"type": "sha256", "value": SHA256, "side": "attacker", "role": "payload"},
    ],
    "sensor": {"vendor": "MISP", "product": "MISP", "rule_id": UUID, "format": "misp"},
    "techniques": [{"id": "T1071.001"}],
    "malware": ["Loader"],
    "first_seen": "2026-11-19T07:00:00.250Z",
    "sharing": {"tlp": "amber", "pap": "red"},
}
"""What comes of `WRITTEN`."""


def test_fields_of_a_detection() -> None:
    """An event becomes a detection field by field."""
    (detection,) = bodies("misp", WRITTEN)

    assert detection == DETECTION


@pytest.mark.parametrize(
    "wrapped",
    [
        event(DOMAIN),
        event(DOMAIN)["Event"],
        {"response": [event(DOMAIN)]},
        {"response": event(DOMAIN)},
        {"response": [event(DOMAIN)["Event"]]},
        {"Event": [event(DOMAIN)["Event"]]},
        {"Event": {**event()["Event"], "Object": []}, "Attribute": DOMAIN, "action": "add"},
        {"response": {"Attribute": [{**DOMAIN, "Event": {"uuid": UUID, "info": "Loader"}}]}},
        {"Attribute": [DOMAIN]},
        {"Object": [thing("domain-ip", {**DOMAIN, "object_relation": "domain"})]},
    ],
)  # fmt: skip
def test_an_event_is_found_in_every_wrapping(wrapped: dict[str, Any]) -> None:
    """Files, answers of the API and messages of the queues wrap events, or attributes, each in its
    own way."""
    assert values("misp", wrapped) == [("domain", "evil.example")]


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        ({"response": []}, NO_EVENT),
        ({"response": [{"SharingGroup": {"name": "x"}}]}, NO_EVENT),
        ({"Feed": {"name": "x"}}, NO_EVENT),
        ({UUID: {"info": "x", "Orgc": {"name": "y"}}}, Skipped("the manifest of a feed")),
        ({"response": [{"info": "x", "Orgc": {}}]}, Skipped("an event without attributes")),
        (event(), Skipped("an event without attributes")),
        (event(DOMAIN, Tag=tags("exercise:generic")), Skipped("an event of an exercise")),
        ({**event(DOMAIN), "action": "delete"}, Skipped("a notice that something was deleted")),
        (event(attribute("text", "198.51.100.7")), NOTHING),
    ],
)  # fmt: skip
def test_what_is_no_event_is_skipped(record: dict[str, Any], outcome: Skipped) -> None:
    """A record of MISP that tells of no attack is skipped for a reason."""
    assert outcome_of("misp", record) == outcome


@pytest.mark.parametrize("record", [{}, {"Event": "x"}, {"event_type": "alert", "flow_id": 1}])
def test_a_record_of_another_format_is_refused(record: dict[str, Any]) -> None:
    """What holds no event of MISP is refused, and it is said what it looks like."""
    outcome = outcome_of("misp", record)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("ip-src", "198.51.100.7", [("ipv4", "198.51.100.7")]),
        ("ip-dst", "198.51.100.0/24", [("cidr", "198.51.100.0/24")]),
        ("ip-dst", "2001:DB8::1", [("ipv6", "2001:db8::1")]),
        ("ip-src|port", "198.51.100.7|22", [("ipv4", "198.51.100.7")]),
        ("ip-dst", "198.51.100.7:443", [("ipv4", "198.51.100.7")]),
        ("hostname", "A.Evil.example.", [("domain", "a.evil.example")]),
        ("hostname|port", "a.evil.example|443", [("domain", "a.evil.example")]),
        ("domain|ip", "evil.example|198.51.100.7",
         [("domain", "evil.example"), ("ipv4", "198.51.100.7")]),
        ("domain", f"{'a' * 56}.onion", [("onion", f"{'a' * 56}.onion")]),
        ("onion-address", f"{'a' * 56}.onion", [("onion", f"{'a' * 56}.onion")]),
        ("url", "hxxp://evil[.]example/a|b", [("url", "http://evil.example/a|b")]),
        ("uri", "https://evil.example/a", [("url", "https://evil.example/a")]),
        ("url", "evil.example", [("domain", "evil.example")]),
        ("url", "evil.example/gate.php", [("url", "http://evil.example/gate.php")]),
        ("url", "tcp://198.51.100.7:8080", [("ipv4", "198.51.100.7")]),
        ("url", "smb://198.51.100.7/share/a.exe", []),
        ("url", "loader.exe", []),
        ("uri", "/gate.php?id=", []),
        ("email-src", "Bad@evil.example", [("email", "bad@evil.example")]),
        ("email-reply-to", "bad@evil.example", [("email", "bad@evil.example")]),
        ("md5", "0123456789ABCDEF" * 2, [("md5", "0123456789abcdef" * 2)]),
        ("sha512", SHA256 * 2, [("sha512", SHA256 * 2)]),
        ("filename|md5", "a|b.exe|" + "0123456789abcdef" * 2, []),
        ("malware-sample", "a.exe|" + "0123456789abcdef" * 2, [("md5", "0123456789abcdef" * 2)]),
        ("sha256", "0123456789abcdef" * 2, []),
        ("text", "0123456789abcdef" * 2, []),
        ("imphash", "0123456789abcdef" * 2, []),
        ("sha224", "0123456789abcdef" * 2, []),
        ("x509-fingerprint-sha1", "AB:" * 19 + "AB", [("cert-sha1", "ab" * 20)]),
        ("x509-fingerprint-sha256", SHA256, [("cert-sha256", SHA256)]),
        ("ja3-fingerprint-md5", "ab" * 16, [("ja3", "ab" * 16)]),
        ("jarm-fingerprint", "ab" * 31, [("jarm", "ab" * 31)]),
        ("hassh-md5", "ab" * 16, [("hassh", "ab" * 16)]),
        ("AS", "64500", [("asn", "AS64500")]),
        ("AS", "0", []),
        ("user-agent", "agent 1", [("user-agent", "agent 1")]),
        ("mutex", "Global\\a|b", [("mutex", "Global\\a|b")]),
        ("regkey", "HKLM\\Run", [("regkey", "HKLM\\Run")]),
        ("regkey|value", "HKLM\\Run | C:\\a|b", [("regkey", "HKLM\\Run")]),
        ("vulnerability", "cve-2026-12345", [("cve", "CVE-2026-12345")]),
        ("btc", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
         [("btc", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")]),
        ("link", "https://evil.example/a", []),
        ("whois-registrant-email", "bad@evil.example", []),
        ("ip-dst", "10.1.2.3", []),
        ("ip-dst", "evil.example", []),
        ("no-such-type", "198.51.100.7", []),
    ],
)  # fmt: skip
def test_types_of_attributes(kind: str, value: str, expected: list[tuple[str, str]]) -> None:
    """Each type is read as what it holds; a composite one is split at its first bar."""
    outcome = outcome_of("misp", event(attribute(kind, value)))

    assert (values("misp", event(attribute(kind, value))) if expected else []) == expected
    assert expected or outcome == NOTHING


@pytest.mark.parametrize(
    ("value", "port"), [("443", 443), (" 443", 443), ("65536", None), ("x", None), ("-1", None)]
)
def test_ports(value: str, port: int | None) -> None:
    """A port that is none is left out; the address stands."""
    for kind, told in (
        ("ip-dst|port", f"198.51.100.7|{value}"),
        ("hostname|port", f"a.example|{value}"),
    ):
        (detection,) = detections("misp", event(attribute(kind, told)))

        assert [o.port for o in detection.observables] == [port]


@pytest.mark.parametrize(
    ("times", "detected"),
    [
        ({}, "2026-11-20T12:10:00.000Z"),
        ({"timestamp": AT}, "2026-11-20T12:10:00.000Z"),
        ({"timestamp": "1795262400"}, "2026-11-20T00:00:00.000Z"),
        ({"date": "2019-03-04"}, "2019-03-04T00:00:00.000Z"),
        ({"timestamp": "0"}, "2026-11-20T00:00:00.000Z"),
        ({"timestamp": None, "publish_timestamp": "1795262400"}, "2026-11-20T00:00:00.000Z"),
        ({"date": ""}, "2026-11-20T12:10:00.000Z"),
        ({"date": "20/11/2026"}, "2026-11-20T12:10:00.000Z"),
        ({"date": None, "timestamp": None}, "2026-11-20T12:10:00.000Z"),
    ],
)
def test_the_time_is_that_of_the_event(times: dict[str, Any], detected: str) -> None:
    """The date is the day of the event; the last edit is its time only if it was on that day."""
    (detection,) = bodies("misp", event(DOMAIN, **times))

    assert detection["detected_at"] == detected


def test_an_event_without_any_time_is_refused() -> None:
    """Nothing is made up."""
    outcome = outcome_of("misp", event({**DOMAIN, "timestamp": ""}, date="", timestamp="0"))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("no-time", "$.Event.date")


def test_first_and_last_seen_are_those_of_the_indicators() -> None:
    """What was seen spans all attributes that come out; an object's times hold for its own."""
    seen = thing(
        "domain-ip",
        attribute("ip-dst", "198.51.100.7", object_relation="ip"),
        first_seen="2026-11-01T00:00:00.000000+00:00",
        last_seen="2026-11-02T00:00:00+00:00",
    )
    late = {**DOMAIN, "last_seen": "2026-11-09T12:00:00.000000+02:00"}
    context = {**CONTEXT, "first_seen": "2011-01-01T00:00:00+00:00"}

    (detection,) = detections("misp", event(seen, late, context))

    assert (detection.first_seen, detection.last_seen) == (
        "2026-11-01T00:00:00.000Z",
        "2026-11-09T10:00:00.000Z",
    )
    assert detection.detected_at == "2026-11-20T12:10:00.000Z"


def test_a_repeat_keeps_its_id_and_an_edit_does_not() -> None:
    """What was edited is told anew: an id and revision have one content."""
    first = detections("misp", event(DOMAIN))
    edited = detections("misp", event(DOMAIN, CONTEXT, timestamp=str(AT + 1)))
    nameless = {"info": "x", "date": "2026-11-20"}

    assert first[0].id == detections("misp", event(DOMAIN))[0].id
    assert first[0].id != edited[0].id
    assert (
        detections("misp", {**nameless, "Attribute": [DOMAIN]})[0].id
        != detections("misp", {**nameless, "Attribute": [attribute("md5", "ab" * 16)]})[0].id
    )


def test_several_events_of_a_record_are_several_detections() -> None:
    """What cannot be used among them does not hold up the rest."""
    other = event(attribute("md5", "ab" * 16), uuid=ALERT, distribution="0")
    without_time = event(DOMAIN | {"timestamp": None}, date=None, timestamp=None)

    both = detections("misp", {"response": [without_time, event(DOMAIN), event(), other]})

    assert [[o.value for o in d.observables] for d in both] == [["evil.example"], ["ab" * 16]]


def test_of_several_events_a_refusal_is_told_before_a_reason_to_skip() -> None:
    """Something is wrong with the one, nothing with the others."""
    without_time = event(DOMAIN | {"timestamp": None}, date=None, timestamp=None)

    outcome = outcome_of("misp", {"response": [event(attribute("text", "x")), without_time]})

    assert isinstance(outcome, Refused)


def test_found_attributes_are_told_by_event() -> None:
    """A search returns attributes of several events; each keeps its own."""
    one = {**DOMAIN, "Event": {"uuid": UUID, "info": "One", "distribution": "3"}}
    two = {**DOMAIN, "value": "b.example", "Event": {"id": "7", "info": "Two", "distribution": "0"}}

    both = detections(
        "misp", {"response": {"Attribute": [one, two, {**one, "value": "c.example"}]}}
    )

    assert [(d.title, [o.value for o in d.observables], d.sharing.recipients) for d in both] == [
        ("One", ["evil.example", "c.example"], None),
        ("Two", ["b.example"], []),
    ]


def test_an_event_with_many_attributes_becomes_several_detections() -> None:
    """A detection holds a hundred observables."""
    many = [attribute("ip-dst", f"198.51.100.{n}") for n in range(250)]

    parts = detections("misp", event(*many))

    assert [len(part.observables) for part in parts] == [100, 100, 50]
    assert len({part.id for part in parts}) == 3


def test_what_the_relay_wrote_is_no_sighting_of_ones_own() -> None:
    """The mark makes it a follow-up, and its unflagged attributes count as they were told."""
    (detection,) = detections(
        "misp", event(DOMAIN, CONTEXT, Tag=tags(f'relay:alert-id="{ALERT}"', 'relay:alert-id="x"'))
    )

    assert (detection.derived_from, detection.first_hand) == ([ALERT], False)
    assert [o.value for o in detection.observables] == ["evil.example", "198.51.100.9"]


def test_the_relays_events_are_known_without_their_tags() -> None:
    """An instance may drop tags it does not know, and name another author; uuids stay."""
    written = rendered("misp", an_alert_of(("ipv4", "198.51.100.7"), ("sha256", SHA256)))["Event"]
    stripped = {**written, "Tag": [], "Orgc": {"name": "SOC"}}
    local = {**stripped, "Tag": [{"name": f'relay:alert-id="{written["uuid"]}"', "local": True}]}
    copied = {**stripped, "uuid": UUID}

    assert detections("misp", stripped)[0].derived_from == [written["uuid"]]
    assert detections("misp", local)[0].derived_from == [written["uuid"]]
    assert detections("misp", copied)[0].derived_from == []


def test_a_mark_on_what_is_no_alerts_id_is_none() -> None:
    """An event with a uuid that is none can be of nobody's alert."""
    mark = attribute_uuid("odd", "host", "evil.example")
    (detection,) = detections("misp", event({**DOMAIN, "uuid": mark}, uuid="odd"))

    assert detection.derived_from == []
