from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from relay.formats.outcome import NOTHING_SHAREABLE
from tests.unit.formats.ecs_documents import (
    AT,
    ATTACKER,
    INSIDE,
    OTHER,
    SHA1,
    SHA256,
    alert,
    document,
    finding,
    signal,
    traffic,
)
from tests.unit.formats.kit import SOURCE, outcome_of, values

BLAMED = [("ipv4", ATTACKER)]


@pytest.mark.parametrize(
    "event",
    [
        alert("network", **traffic(ATTACKER, INSIDE)),
        alert("network", **traffic(INSIDE, ATTACKER)),
        alert("network", **traffic(ATTACKER, OTHER), network={"direction": "inbound"}),
        alert("network", **traffic(OTHER, ATTACKER), network={"direction": "outbound"}),
        alert("network", **traffic(ATTACKER, OTHER), host={"ip": [OTHER]}),
        alert("network", **traffic(OTHER, ATTACKER), host={"ip": [OTHER]}),
        alert("network", **traffic(ATTACKER, OTHER),
              fortinet={"firewall": {"srcintfrole": "wan"}}),
        alert("web", **traffic(ATTACKER, OTHER)),
        alert("authentication", **traffic(ATTACKER, OTHER)),
        alert("intrusion_detection", event={"dataset": "snort.log"},
              rule={"category": "Attempted Administrator Privilege Gain"},
              **traffic(ATTACKER, OTHER)),
        alert("intrusion_detection", event={"dataset": "zeek.notice"},
              rule={"name": "Scan::Port_Scan"}, **traffic(ATTACKER, OTHER)),
        document("event", sophos={"xg": {"log_type": "WAF"}}, **traffic(ATTACKER, OTHER)),
        signal(source={"ip": ATTACKER}),
        {**alert("network", **traffic(OTHER, ATTACKER)), "threat": {"indicator": {"ip": ATTACKER}}},
        {**signal(**traffic(ATTACKER, OTHER)),
         "threat.enrichments": [{"matched": {"field": "source.ip", "atomic": ATTACKER}}]},
        alert("intrusion_detection", event={"dataset": "cisco_ftd.log"},
              cisco={"ftd": {"security": {
                  "classification": "Malware Command and Control Activity Detected"}}},
              **traffic(ATTACKER, INSIDE, 80, 47_000)),
        alert("malware", event={"dataset": "sentinel_one.unified_alert"},
              source={"ip": ATTACKER}),
        alert("network", "intrusion_detection", file={"hash": {"sha256": SHA256}},
              **traffic(ATTACKER, INSIDE)),
        document("event", "network", event={"code": "733102"}, cisco={"asa": {}},
                 source={"ip": ATTACKER}),
        finding("low", "web", event={"created": AT}, source={"ip": ATTACKER}),
        finding("low", "authentication", event={"created": AT, "outcome": "failure"},
                source={"ip": ATTACKER}, user={"name": "anna"}),
        {**finding("low", event={"created": AT, "provider": "guardduty"}),
         "source": {"ip": [ATTACKER]}, "user": {"name": ["anna"]}},
    ],
)  # fmt: skip
def test_the_end_that_attacks_is_shared(event: dict[str, Any]) -> None:
    """By the rule, the category, the direction, or as the only end that is not the member's."""
    assert values("ecs", event) == BLAMED


@pytest.mark.parametrize(
    "event",
    [
        alert("network", **traffic(ATTACKER, OTHER)),
        alert("network", **traffic(INSIDE, "192.168.1.1")),
        alert("authentication", **traffic(INSIDE, ATTACKER)),
        alert("network", **traffic(ATTACKER, INSIDE), host={"ip": [ATTACKER]}),
        alert("malware", event={"dataset": "crowdstrike.falcon"}, source={"ip": ATTACKER}),
        alert("process", source={"ip": ATTACKER}, process={"executable": "C:\\x\\y.exe"}),
        alert("network", event={"dataset": "snort.log"}, rule={"category": "Misc activity"},
              **traffic(INSIDE, ATTACKER)),
        finding("high", "authentication", "session", event={"created": AT, "outcome": "success"},
                source={"ip": ATTACKER}, user={"name": "anna"}),
        finding("critical", "configuration", event={"created": AT}, source={"ip": ATTACKER}),
        finding("critical", "web", event={"created": AT}, source={"ip": ATTACKER},
                user={"email": "anna@member.example"}),
        finding("medium", "network", event={"created": AT}, source={"ip": ATTACKER},
                client={"user": {"email": "anna@member.example"}}),
        finding("high", "network", event={"created": AT}, **traffic(INSIDE, ATTACKER)),
        alert("network", source={"address": f"host-{ATTACKER}"}),
        alert("network", network={"direction": "outbound"}, source={"ip": ATTACKER}),
        alert("network", process={"entity_id": "p"}, **traffic(ATTACKER, OTHER)),
        alert("network", event={"action": "web_filter"}, **traffic(INSIDE, ATTACKER)),
    ],
)  # fmt: skip
def test_nobody_is_blamed_where_nothing_tells(event: dict[str, Any]) -> None:
    """Between two public ends, inside, where the member's machine called, where an account of the
    member's acted, and of agents whose source is the machine itself: nothing is shared."""
    assert outcome_of("ecs", event) == NOTHING_SHAREABLE


def test_a_document_that_says_a_thing_twice_is_read_once() -> None:
    """Of a nested and a dotted field the first stays: no second value slips in beside it."""
    event = {"@timestamp": AT, "event.kind": "alert", "source": {"ip": ATTACKER},
             "source.ip": OTHER, "destination.ip": INSIDE}  # fmt: skip

    assert values("ecs", event) == BLAMED


def test_the_members_own_networks_are_not_shared() -> None:
    """Of two public ends the one that is the member's cannot be the attacker."""
    own = replace(SOURCE, own_networks=(ip_network("203.0.113.0/24"),))

    assert values("ecs", alert("network", **traffic(ATTACKER, OTHER)), own) == BLAMED
    assert values("ecs", alert("network", **traffic(OTHER, ATTACKER)), own) == BLAMED


def test_a_called_server_is_shared_with_its_names() -> None:
    """Address, names, URL and certificate of a server that malware called."""
    event = alert(
        "malware", observer={"type": "firewall"}, url={"domain": "c2.example", "path": "/a"},
        tls={"client": {"server_name": "cdn.example"}, "server": {"hash": {"sha1": SHA1}}},
        **traffic(INSIDE, ATTACKER, 40_000, 8080),
    )  # fmt: skip

    assert values("ecs", event) == [
        ("ipv4", ATTACKER),
        ("cert-sha1", SHA1),
        ("domain", "c2.example"),
        ("domain", "cdn.example"),
        ("url", "http://c2.example:8080/a"),
    ]


def test_the_site_of_an_attacked_server_is_not_shared() -> None:
    """What an attacker asked the member's server for names the member."""
    event = alert(
        "web", url={"full": "https://www.member.example/login", "domain": "www.member.example"},
        **traffic(ATTACKER, INSIDE),
    )  # fmt: skip

    assert values("ecs", event) == BLAMED


def test_a_resolver_is_nobodys_attacker() -> None:
    """Of a question the name is shared, not the server that was asked."""
    event = alert(
        "network",
        dns={"question": {"name": "bad.example"}},
        **traffic(INSIDE, ATTACKER, 40_000, 53),
    )

    assert values("ecs", event) == [("domain", "bad.example")]


@pytest.mark.parametrize("code", ["338002", "338204"])
def test_a_name_on_a_list_of_botnets_is_shared_though_a_proxy_was_called(code: str) -> None:
    """The filter of an ASA tells the name, from its black or its grey list; the address may be the
    proxy's."""
    event = document("event", "network", event={"code": code}, cisco={"asa": {}},
                     **traffic(INSIDE, "192.168.1.1"))  # fmt: skip
    event["destination"]["domain"] = "bad.example"

    assert values("ecs", event) == [("domain", "bad.example")]


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ({"full": "http://a.example/x%40y", "path": "/x@y"}, "http://a.example/x%40y"),
        ({"original": "https://a.example/x"}, "https://a.example/x"),
        ({"domain": "a.example", "original": "/x?q=1"}, "http://a.example/x?q=1"),
        ({"domain": "a.example", "path": "/x", "scheme": "HTTPS"}, "https://a.example/x"),
        ({"original": "a.example/x"}, "http://a.example/x"),
    ],
)
def test_a_url_is_whole_or_put_together(url: dict[str, str], whole: str) -> None:
    """`url.full` is byte for byte what was called; without it the parts make a URL."""
    event = alert(
        "malware", observer={"type": "proxy"}, url=url, **traffic(INSIDE, ATTACKER, 40_000, 80)
    )

    assert ("url", whole) in values("ecs", event)


def test_suricata_in_ecs_is_weighed_as_suricata() -> None:
    """The rule's own word, the ports and the category decide as in EVE."""
    said: dict[str, Any] = {"alert": {"metadata": {"hostile": ["src_ip"]}}}
    event = alert(
        "network",
        "intrusion_detection",
        rule={"category": "Potentially Bad Traffic", "name": "GPL ATTACK_RESPONSE root"},
        suricata=said,
        url={"domain": "a.example", "original": "/x"},
        **traffic(ATTACKER, INSIDE, 80, 47_000),
    )
    event["destination"]["domain"] = "a.example"

    assert values("ecs", event) == [
        ("ipv4", ATTACKER),
        ("domain", "a.example"),
        ("url", "http://a.example/x"),
    ]
