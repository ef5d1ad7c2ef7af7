from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from relay.formats.outcome import Converted, Source
from tests.unit.formats.kit import (
    SOURCE,
    outcome_of,
    values,
)
from tests.unit.formats.misp_events import (
    CONTEXT,
    DOMAIN,
    SHA256,
    attribute,
    event,
    found,
    tags,
    thing,
)

FROM = attribute("email-src", "bad@evil.example", object_relation="from")


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
    for front in (f"http://{host}", f"hxxps://{host}:443/", host):
        assert found(attribute("url", front, to_ids=False), CONTEXT) == ["198.51.100.9"]
    page = "https://raw.githubusercontent.com/x/y/a.tmp"
    assert found(attribute("url", page, to_ids=False)) == [page]


def test_an_unflagged_address_of_a_service_is_no_indicator() -> None:
    """Where a service is reached is as little the attacker's as its name, in whatever form."""
    name = attribute("domain", "api.telegram.org", to_ids=False, object_relation="domain")
    other = attribute("domain", "evil.example", to_ids=False, object_relation="domain")
    address = {**CONTEXT, "object_relation": "ip"}
    leads = {"relationship_type": "resolved-to", "referenced_uuid": "a"}
    target = thing("domain-ip", address, uuid="a")

    assert found(attribute("domain|ip", "t.me|198.51.100.9", to_ids=False)) == []
    assert found(attribute("hostname|port", "smtp-mail.outlook.com|587", to_ids=False)) == []
    assert found(attribute("domain|ip", "t.me|198.51.100.9")) == ["t.me", "198.51.100.9"]
    assert found(thing("domain-ip", name, address)) == []
    assert found(thing("domain-ip", name, {**address, "to_ids": True})) == ["198.51.100.9"]
    assert found(thing("domain-ip", name, other, address)) == ["evil.example", "198.51.100.9"]
    assert found(thing("domain-ip", name, ObjectReference=[leads]), target) == []


def test_an_address_that_an_attackers_name_resolved_to_is_his() -> None:
    """That a service's name led there, too, does not make it the service's; nor does being merely
    mentioned beside one."""
    name = attribute("domain", "api.telegram.org", to_ids=False, object_relation="domain")
    other = attribute("domain", "evil.example", to_ids=False, object_relation="domain")
    leads = {"relationship_type": "resolved-to", "referenced_uuid": "a"}
    target = thing("domain-ip", {**CONTEXT, "object_relation": "ip"}, uuid="a")
    service = thing("domain-ip", name, ObjectReference=[leads])
    his = thing("domain-ip", other, ObjectReference=[leads])
    beside = thing(
        "domain-ip", name, ObjectReference=[{**leads, "relationship_type": "related-to"}]
    )

    assert found(service, his, target) == ["evil.example", "198.51.100.9"]
    assert found(beside, target) == ["198.51.100.9"]


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


def test_the_members_own_never_comes_out() -> None:
    """Its networks and domains are known to the adapter, whatever the flag."""
    source: Source = replace(
        SOURCE, own_networks=(ip_network("203.0.113.0/24"),), own_domains=("own.example",)
    )
    record = event(DOMAIN, attribute("ip-src", "203.0.113.9"), attribute("domain", "a.own.example"))

    assert values("misp", record, source) == [("domain", "evil.example")]
