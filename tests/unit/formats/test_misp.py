from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from relay.formats.misp.marks import attribute_uuid
from relay.formats.outcome import Converted, Refused, Skipped, Source
from tests.unit.formats.kit import (
    SOURCE,
    UNLABELLED,
    an_alert_of,
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
FROM = attribute("email-src", "bad@evil.example", object_relation="from")
ALERT = "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"


def found(*parts: dict[str, Any], **more: Any) -> list[str]:
    """The values that come of some attributes and objects; empty if nothing does."""
    outcome = outcome_of("misp", event(*parts, **more))
    if isinstance(outcome, Skipped):
        return []
    return [value for _, value in values("misp", event(*parts, **more))]


def test_fields_of_a_detection() -> None:
    """An event becomes a detection field by field."""
    written = event(
        attribute(
            "ip-dst|port", "198.51.100.7|4444", first_seen="2026-11-19T08:00:00.250000+01:00"
        ),
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

    (detection,) = outcome_of("misp", written).detections  # type: ignore[union-attr]

    assert detection == {
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


def test_a_flag_counts_where_its_author_uses_it() -> None:
    """Beside flagged attributes, an unflagged one is context: a service that was abused, say."""
    assert found(DOMAIN, CONTEXT) == ["evil.example"]
    assert found({**DOMAIN, "to_ids": "1"}, {**CONTEXT, "to_ids": "0"}) == ["evil.example"]
    assert found({**DOMAIN, "deleted": True}, CONTEXT) == ["198.51.100.9"]
    assert found(DOMAIN, attribute("user-agent", "a b", to_ids=False)) == ["evil.example"]
    assert found(DOMAIN, attribute("regkey", "HKLM\\Run", to_ids=False)) == ["evil.example"]


@pytest.mark.parametrize(
    ("kind", "value", "category"),
    [
        ("md5", "ab" * 16, "Artifacts dropped"),
        ("filename|sha256", f"a.exe|{SHA256}", "Payload delivery"),
        ("email-src", "bad@evil.example", "Payload delivery"),
        ("url", "http://evil.example/a", "Network activity"),
        ("mutex", "Global\\a", "Artifacts dropped"),
        ("jarm-fingerprint", "ab" * 31, "Network activity"),
    ],
)
def test_a_sort_in_which_nothing_is_flagged_is_told_by_its_category(
    kind: str, value: str, category: str
) -> None:
    """Authors who flag hosts alone do not mean that their samples are harmless."""
    assert len(found(DOMAIN, attribute(kind, value, category, to_ids=False))) == 2


def test_a_flag_that_is_missing_is_misps_default() -> None:
    """Scripts leave it out, and MISP sets it for most types."""
    bare = {name: value for name, value in CONTEXT.items() if name != "to_ids"}

    assert found(DOMAIN, bare) == ["evil.example", "198.51.100.9"]
    assert found(DOMAIN, {**bare, "type": "AS", "value": "64500"}) == ["evil.example"]


def test_what_tells_the_own_address_is_no_indicator() -> None:
    """Malware asks it, and so does everybody."""
    page = attribute("url", "http://ip-api.com/json", to_ids=False)

    assert found(attribute("md5", "ab" * 16, "Payload delivery"), page) == ["ab" * 16]


@pytest.mark.parametrize(
    "name", ['false-positive:confirmed="true"', 'ioc:artifact-state="not-malicious"', "victim"]
)
def test_verdicts_on_an_attribute(name: str) -> None:
    """Who tags a value as harmless or as the victim's means it, flag or not."""
    assert found(DOMAIN, {**CONTEXT, "to_ids": True, "Tag": tags(name)}) == ["evil.example"]


@pytest.mark.parametrize("flag", [False, "0", 0, None])
def test_where_nothing_is_flagged_the_category_tells(flag: object) -> None:
    """Many events use no flag at all: what the attacker brought or used is an indicator then."""
    unflagged: dict[str, Any] = {"to_ids": flag}

    assert found({**CONTEXT, **unflagged}) == ["198.51.100.9"]
    assert found(attribute("md5", "ab" * 16, "Artifacts dropped", **unflagged)) == ["ab" * 16]
    for category in ("External analysis", "Other", "Attribution", "Internal reference"):
        assert found(attribute("ip-dst", "198.51.100.9", category, **unflagged)) == []


def test_each_relation_of_a_template_is_flagged_for_itself() -> None:
    """Templates flag some relations only: that files are flagged says nothing of addresses."""
    file = attribute("md5", "ab" * 16, "Payload delivery", object_relation="md5")
    address = attribute("ip-dst", "198.51.100.9", to_ids=False, object_relation="ip")
    other = attribute("ip-dst", "198.51.100.8", object_relation="ip")

    assert found(thing("file", file), thing("domain-ip", address)) == ["ab" * 16, "198.51.100.9"]
    assert found(thing("domain-ip", address), thing("domain-ip", other)) == ["198.51.100.8"]
    assert found(DOMAIN, thing("domain-ip", address)) == ["evil.example", "198.51.100.9"]


def test_what_no_sensor_looks_for_needs_no_flag() -> None:
    """Holes and wallets are rarely flagged, and yet part of the story."""
    hole = attribute("vulnerability", "CVE-2026-12345", "External analysis", to_ids=False)
    wallet = attribute("btc", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "Financial fraud", to_ids=False)

    assert found(DOMAIN, hole, wallet)[1:] == [hole["value"], wallet["value"]]


@pytest.mark.parametrize("host", ["api.telegram.org", "update.microsoft.com", "www.virustotal.com"])
def test_an_unflagged_name_of_a_service_is_no_indicator(host: str) -> None:
    """What everybody uses is the attacker's only if the author says so; its pages are another
    matter."""
    assert found(attribute("hostname", host, to_ids=False), CONTEXT) == ["198.51.100.9"]
    assert found(attribute("hostname", "api.telegram.org")) == ["api.telegram.org"]
    page = "https://raw.githubusercontent.com/x/y/a.tmp"
    assert found(attribute("url", page, to_ids=False)) == [page]


def test_reports_are_no_indicators() -> None:
    """A link to a report is no weapon, whatever its type, category and flag."""
    report = "https://www.welivesecurity.com/2026/11/20/loader/"

    assert found(attribute("url", report)) == []
    assert found(attribute("url", report.replace(".", "[.]"))) == []
    assert found(attribute("url", "https://blog.example/", "External analysis")) == []
    assert found(attribute("link", f"https://reports.example/{SHA256}")) == []


@pytest.mark.parametrize(
    "kept_out",
    [
        {**CONTEXT, "to_ids": True, "deleted": True},
        {**CONTEXT, "to_ids": True, "deleted": "1"},
        {**CONTEXT, "to_ids": True, "Sighting": [{"type": "1"}, {"type": "1"}, {"type": "0"}]},
        {**CONTEXT, "to_ids": True, "category": "Internal reference"},
        {**CONTEXT, "to_ids": True, "category": "Person"},
        {**CONTEXT, "to_ids": True, "value": ["198.51.100.9"]},
        thing("domain-ip", {**CONTEXT, "to_ids": True, "object_relation": "ip"}, deleted=True),
        thing("pe-section", attribute("md5", "ab" * 16, object_relation="md5")),
        thing("network-connection", {**CONTEXT, "to_ids": True, "object_relation": "ip-src"}),
        thing("network-connection", {**CONTEXT, "object_relation": "ip-dst"}),
        thing("our-own-template", {**CONTEXT, "to_ids": True, "object_relation": "client-ip"}),
        thing("our-own-template", {**CONTEXT, "object_relation": "c2"}),
        thing("typosquatting-finder", {**CONTEXT, "to_ids": True, "object_relation": "x"}),
        thing("passive-dns", {**CONTEXT, "to_ids": True, "object_relation": "rdata"}),
        thing("twitter-post", {**CONTEXT, "to_ids": True, "object_relation": "url"}),
        thing("x509", {**CONTEXT, "to_ids": True, "object_relation": "ip"}),
    ],
)
def test_what_is_kept_out(kept_out: dict[str, Any]) -> None:
    """Deleted, refuted and internal values, parts of files, and ends of traffic that could be
    anybody's."""
    assert found(DOMAIN, kept_out) == ["evil.example"]


def test_proposals_are_not_the_authors_word() -> None:
    """A proposal is what somebody else would like the event to say."""
    assert found(DOMAIN, ShadowAttribute=[{**CONTEXT, "to_ids": True}]) == ["evil.example"]
    assert found(DOMAIN, ShadowAttribute=[attribute("target-user", "evil")]) == []
    assert found({**DOMAIN, "ShadowAttribute": [{**CONTEXT, "to_ids": True}]}) == ["evil.example"]


def test_sightings_that_outnumber_the_doubts_keep_an_attribute() -> None:
    """One who calls it a false positive does not outweigh two who have seen it."""
    sightings = [{"type": "0"}, {"type": 3}, {"type": "1"}, {"type": "2"}, "odd"]

    assert found({**DOMAIN, "Sighting": sightings}) == ["evil.example"]
    assert found({**DOMAIN, "Sighting": [{"type": "0"}, {"type": "1"}]}) == ["evil.example"]


def test_a_custom_template_is_read_where_it_is_flagged() -> None:
    """What nobody here knows counts only by its author's flag."""
    flagged = {**CONTEXT, "to_ids": True, "object_relation": "c2"}

    assert found(thing("our-own-template", flagged)) == ["198.51.100.9"]


def test_fingerprints_that_only_objects_tell() -> None:
    """JA3S and JA4 have templates but no types; texts are never flagged, and of no category."""
    ja4 = "t13d1516h2_8daaf6152771_b0da82dd1658"
    server = attribute("ja3-fingerprint-md5", "ab" * 16, object_relation="ja3s-fingerprint-md5")
    client = attribute("text", ja4, "Other", object_relation="ja4-fingerprint", to_ids=False)
    name = attribute("text", "Global\\a", "Other", object_relation="name", to_ids=False)

    assert values(
        "misp", event(thing("ja3s", server), thing("ja4-plus", client), thing("mutex", name))
    ) == [("ja3s", "ab" * 16), ("ja4", ja4), ("mutex", "Global\\a")]


@pytest.mark.parametrize(
    "victim",
    [
        attribute("target-machine", "ws-0042", "Targeting data"),
        attribute("target-email", "planted@evil.example", "Payload delivery"),
        attribute("ip-dst", "203.0.113.10", "Targeting data"),
        attribute("ip-dst|port", "203.0.113.10|443", "Targeting data"),
        attribute("target-machine", "ws-0042", "Targeting data", deleted=True),
        thing("victim", attribute("domain", "planted.example", object_relation="domain")),
        thing("corporate-asset", attribute("text", "ws-0042", object_relation="asset-id")),
        thing("email", attribute("email-dst", "planted@a.example", object_relation="to")),
        thing("ddos", attribute("ip-dst", "203.0.113.10", object_relation="ip-dst")),
        attribute("email-dst", "planted@a.example", "Payload delivery"),
        thing("our-own-template", attribute("email-dst", "planted@a.example", object_relation="x")),
        attribute("hostname", "ws-0042.example", Tag=tags("Victim")),
    ],
)
def test_the_victims_values_come_out_nowhere(victim: dict[str, Any]) -> None:
    """Neither as observables, nor within others, nor in the title."""
    written = victim.get("value") or victim["Attribute"][0]["value"]
    value = written.partition("|")[0]
    told = event(
        victim,
        DOMAIN,
        attribute("domain", f"{value.replace('@', '.')}.evil.example"),
        attribute("url", f"http://evil.example/{value}/x"),
        attribute("ip-dst", "203.0.113.10"),
        attribute("mutex", f"m-{value}"),
        info=f"Seen at {value}",
        Tag=tags(f'misp-galaxy:tool="{value}"'),
    )

    outcome = outcome_of("misp", told)

    assert isinstance(outcome, Converted)
    assert value not in orjson.dumps(outcome.detections).decode()
    assert outcome.detections[0]["title"] == "MISP event"


def test_a_victims_port_hides_nothing() -> None:
    """Of an address with its port, the address is hidden: the number is anybody's."""
    victim = attribute("ip-dst|port", "203.0.113.10|8443", "Targeting data")
    page = attribute("url", "http://evil.example:8443/a")

    assert found(victim, page) == ["http://evil.example:8443/a"]


def test_coarse_words_about_a_victim_hide_nothing() -> None:
    """A sector or a country is shared by many: what contains such a word is not the victim's."""
    victim = thing("victim", attribute("text", "energy", "Other", object_relation="sectors"))

    assert found(victim, attribute("domain", "energy.evil.example")) == ["energy.evil.example"]


@pytest.mark.parametrize(
    ("others", "shared"),
    [
        ((), True),
        ((attribute("email-src", "bad@evil.example"),), True),
        ((attribute("email-src", "bad@evil.example", "Payload delivery"),), False),
        ((attribute("email-subject", "Invoice", "Payload delivery"),), False),
        ((thing("email", FROM),), False),
    ],
)  # fmt: skip
def test_whom_mail_goes_to(others: tuple[dict[str, Any], ...], shared: bool) -> None:
    """Malware writes to its master; but where a message is described, who got it is a victim."""
    written = attribute("email-dst", "drop@evil.example")

    assert ("drop@evil.example" in found(DOMAIN, written, *others)) is shared


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
    (detection,) = outcome_of("misp", event(DOMAIN, **times)).detections  # type: ignore[union-attr]

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


@pytest.mark.parametrize(
    ("names", "tlp"),
    [
        ((), "green"),
        (("tlp:white",), "green"),
        (("TLP:AMBER+STRICT",), "amber+strict"),
        (("tlp:green", "tlp:red"), "red"),
        (("tlp:ex:chr", "tlp:clear"), "green"),
        (("tlp", "green", "type:OSINT"), "green"),
    ],
)
def test_labels_of_an_event(names: tuple[str, ...], tlp: str) -> None:
    """The strictest of the event's labels and the one given for it."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.sharing.tlp == tlp
    assert detection.sharing.attribution == ("must-not" if "tlp:ex:chr" in names else "may")


def test_no_label_is_too_far_behind() -> None:
    """However many tags go before it, a label holds."""
    many = tags(*(f'misp-galaxy:tool="tool {n}"' for n in range(5000)), "tlp:red")
    (detection,) = detections("misp", event(DOMAIN, Tag=many))

    assert detection.sharing.tlp == "red"


def test_older_exports_wrap_tags_once_more() -> None:
    """The link to a tag holds the tag; a label there counts like any."""
    linked: dict[str, Any] = {"EventTag": [{"Tag": tags("tlp:red")[0]}]}
    (detection,) = detections("misp", event(DOMAIN, **linked))

    assert detection.sharing.tlp == "red"


@pytest.mark.parametrize("name", ["tlp:unclear", "tlp:purple", "tlp:"])
def test_a_label_that_is_none_is_refused(name: str) -> None:
    """It could mean a stricter one."""
    outcome = outcome_of("misp", event(DOMAIN, Tag=tags(name, "tlp:green")))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_an_event_without_a_label_needs_one_given() -> None:
    """Nothing is shared under a label that nobody gave."""
    outcome = outcome_of("misp", event(DOMAIN), UNLABELLED)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


def test_a_stricter_attribute_is_told_apart() -> None:
    """It goes out under its own label and leaves the others theirs; a wider one changes nothing."""
    strict = {**attribute("ip-dst", "198.51.100.7"), "Tag": tags("tlp:red")}
    wide = {**attribute("ip-dst", "198.51.100.8"), "Tag": tags("tlp:clear")}
    odd = {**attribute("ip-dst", "198.51.100.6"), "Tag": tags("tlp:purple")}

    both = detections("misp", event(DOMAIN, strict, wide, odd, Tag=tags("tlp:amber")))

    assert [(d.sharing.tlp, [o.value for o in d.observables]) for d in both] == [
        ("amber", ["evil.example", "198.51.100.8"]),
        ("red", ["198.51.100.7"]),
    ]
    assert both[0].id != both[1].id


@pytest.mark.parametrize(
    ("level", "barred"),
    [("0", True), ("4", True), (0, True), ("7", True), ("1", False), ("2", False), (3, False),
     ("5", False), (None, False)],
)  # fmt: skip
def test_an_event_for_the_own_organisation_is_told_to_nobody(level: object, barred: bool) -> None:
    """So is one for a sharing group, whose members the relay cannot know: it is counted with the
    member's own, and shared with no one."""
    (detection,) = detections("misp", event(DOMAIN, distribution=level))

    assert detection.sharing.recipients == ([] if barred else None)


def test_a_confined_attribute_is_told_apart() -> None:
    """An attribute or an object for the own organisation is told to nobody, the rest as before."""
    own = {**attribute("ip-dst", "198.51.100.7"), "distribution": "0"}
    group = thing(
        "domain-ip",
        attribute("ip-dst", "198.51.100.8", object_relation="ip"),
        distribution="4",
    )

    both = detections("misp", event(DOMAIN, own, group))

    assert [(d.sharing.recipients, [o.value for o in d.observables]) for d in both] == [
        (None, ["evil.example"]),
        ([], ["198.51.100.7", "198.51.100.8"]),
    ]


def test_local_tags_restrict_and_tell_nothing() -> None:
    """They are the instance's own: a local label still holds, a local finding stays at home."""
    local = [
        {"name": name, "local": True}
        for name in (
            "tlp:red", "PAP:RED", 'misp-galaxy:mitre-attack-pattern="x - T1059"',
            'misp-galaxy:tool="x"', 'rsit:fraud="phishing"',
        )
    ]  # fmt: skip

    (detection,) = detections("misp", event(DOMAIN, Tag=local))

    assert (detection.sharing.tlp, detection.sharing.pap) == ("red", "red")
    assert (detection.techniques, detection.malware) == ([], [])
    assert detection.classification == "other:undetermined"


@pytest.mark.parametrize(
    ("names", "pap"),
    [(("PAP:WHITE",), "clear"), (("PAP:GREEN", "PAP:AMBER"), "amber"), (("PAP:odd",), "red")],
)
def test_labels_of_permitted_actions(names: tuple[str, ...], pap: str) -> None:
    """The strictest holds; a word that is none counts as the strictest of all."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.sharing.pap == pap


@pytest.mark.parametrize(
    ("level", "severity", "assumed"),
    [("1", "high", False), (2, "medium", False), ("3", "low", False), ("4", "medium", True),
     ("", "medium", True), (None, "medium", True)],
)  # fmt: skip
def test_threat_levels_are_inverted(level: object, severity: str, assumed: bool) -> None:
    """1 is the worst and 4 says nothing."""
    (detection,) = detections("misp", event(DOMAIN, threat_level_id=level))

    assert detection.severity == severity
    assert ("severity_assumed" in detection.flags) is assumed


@pytest.mark.parametrize(
    ("names", "confidence"),
    [
        (('misp:confidence-level="completely-confident"',), 100),
        (('misp:confidence-level="confidence-cannot-be-evaluated"',), 50),
        (('admiralty-scale:source-reliability="b"',), 75),
        (('admiralty-scale:source-reliability="a"',
          'admiralty-scale:information-credibility="4"'), 25),
        (('estimative-language:likelihood-probability="very-likely"',), 80),
        (('estimative-language:confidence-in-analytic-judgment="moderate"',), 55),
        (('admiralty-scale:source-reliability="f"',), 50),
    ],
)  # fmt: skip
def test_confidence_by_taxonomies(names: tuple[str, ...], confidence: int) -> None:
    """By the numbers that the taxonomies give to their words; what is said of the content goes
    before what is said of the source."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(*names)))

    assert detection.confidence == confidence


@pytest.mark.parametrize(
    ("name", "classification"),
    [
        ('rsit:fraud="phishing"', "fraud:phishing"),
        ('ecsirt:malicious-code="ransomware"', "malicious-code:malware-distribution"),
        ('ecsirt:information-content-security="Unauthorised-information-access"',
         "information-content-security:unauthorised-information-access"),
        ('circl:incident-classification="scan"', "information-gathering:scanner"),
        ('circl:topic="finance"', "other:undetermined"),
        ('rsit:fraud="unheard-of"', "other:undetermined"),
    ],
)  # fmt: skip
def test_classification_by_taxonomies(name: str, classification: str) -> None:
    """RSIT as it is, its forerunner and CIRCL's by a table."""
    (detection,) = detections("misp", event(DOMAIN, Tag=tags(name)))

    assert detection.classification == classification


def test_techniques_and_malware_by_galaxies() -> None:
    """Of the event and of what comes out; mitigations end in the same ids and are none."""
    galaxies = tags(
        'misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"',
        'misp-galaxy:mitre-enterprise-attack-attack-pattern="PowerShell - T1086"',
        'misp-galaxy:mitre-attack-pattern="PowerShell"',
        'misp-galaxy:mitre-course-of-action="Something Mitigation - T1009"',
        'misp-galaxy:mitre-malware="JHUHUGIT - S0044"',
        'misp-galaxy:threat-actor="Somebody"',
    )
    own = {**DOMAIN, "Tag": tags('misp-galaxy:mitre-attack-pattern="x - T1059"')}
    context = {**CONTEXT, "Tag": tags('misp-galaxy:mitre-attack-pattern="x - T1003"')}

    (detection,) = detections("misp", event(own, context, Tag=galaxies))

    assert [technique.id for technique in detection.techniques] == ["T1071.001", "T1086", "T1059"]
    assert detection.malware == ["JHUHUGIT"]


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


def test_the_members_own_never_comes_out() -> None:
    """Its networks and domains are known to the adapter, whatever the flag."""
    source: Source = replace(
        SOURCE, own_networks=(ip_network("203.0.113.0/24"),), own_domains=("own.example",)
    )
    record = event(DOMAIN, attribute("ip-src", "203.0.113.9"), attribute("domain", "a.own.example"))

    assert values("misp", record, source) == [("domain", "evil.example")]
