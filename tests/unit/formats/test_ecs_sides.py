from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from relay.formats.outcome import NOTHING_SHAREABLE
from tests.unit.formats.ecs_documents import (
    AT,
    ATTACKER,
    INSIDE,
    MD5,
    OTHER,
    PROGRAM,
    SHA1,
    SHA256,
    alert,
    document,
    finding,
    indicator,
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


def test_a_name_on_a_list_of_botnets_is_shared_though_a_proxy_was_called() -> None:
    """The filter of an ASA tells the name; the address may be the proxy's."""
    event = document("event", "network", event={"code": "338002"}, cisco={"asa": {}},
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


FILE = {"name": "a.dll", "path": "C:\\Temp\\a.dll", "hash": {"sha256": SHA256, "md5": MD5}}


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (alert("malware", "file", file=FILE, process={**PROGRAM, "hash": {"sha1": SHA1}}),
         [("sha256", SHA256), ("md5", MD5)]),
        (alert("process", process=PROGRAM), [("sha256", SHA256)]),
        (alert("malware", "library", dll={"name": "b.dll", "hash": {"sha256": SHA256}}),
         [("sha256", SHA256)]),
        (alert("malware", file={"path": "C:\\Windows\\System32\\odd.exe",
                                "hash": {"sha256": SHA256}}), [("sha256", SHA256)]),
        ({"@timestamp": AT, "event": {"severity": 21},
          "crowdstrike": {"DetectName": "x", "FileName": "a.exe", "SHA256String": SHA256}},
         [("sha256", SHA256)]),
    ],
)  # fmt: skip
def test_the_file_that_an_alert_is_about_is_shared(
    event: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """The file, or failing one the library or the process."""
    assert values("ecs", event) == found


@pytest.mark.parametrize(
    "event",
    [
        alert("process", process={**PROGRAM, "executable": "C:\\Windows\\System32\\odd.exe"}),
        alert("process", process={**PROGRAM, "executable": "/usr/bin/odd"}),
        alert("process", process={**PROGRAM, "code_signature": {"trusted": True}}),
        alert("process", process={**PROGRAM, "code_signature": {"subject_name": "Microsoft x"}}),
        alert("malware", process={**PROGRAM, "name": "PowerShell.EXE"}),
        alert("malware", file={"name": "cmd.exe", "hash": {"sha256": SHA256}}),
        alert("malware", file={"hash": {"sha256": SHA256}}, process={"name": "explorer.exe"}),
        alert("malware", dll=[{"hash": {"sha256": SHA256}}]),
        alert("malware", process={"parent": {"hash": {"sha256": SHA256}}}),
        alert("malware", process={"Ext": {"code_signature": [{"thumbprint_sha256": SHA256}]}}),
        alert("malware", related={"hash": [SHA256], "ip": [ATTACKER]}),
        alert("malware", file={"hash": {"sha1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}}),
        alert("malware", file={"hash": {"sha1": "0" * 40, "sha256": "string"}}),
        alert("file", file={"name": "cmd.exe", "hash": {"sha256": SHA256}}, process=PROGRAM),
        finding("high", "file", event={"created": AT}, file=FILE),
    ],
)  # fmt: skip
def test_files_of_everybody_and_of_the_sensor_are_not_shared(event: dict[str, Any]) -> None:
    """Programs of the system and of trusted makers, parents, loaded libraries, signers, bags of
    related values, and placeholders: their digests are those of innocents."""
    assert outcome_of("ecs", event) == NOTHING_SHAREABLE


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (indicator("ipv4-addr", ip=ATTACKER), BLAMED),
        (indicator("ipv6-addr", ip=["2001:DB8:0:0::1"]), [("ipv6", "2001:db8::1")]),
        (indicator("ipv4-addr", ip="198.51.0.0/16"), [("cidr", "198.51.0.0/16")]),
        (indicator("domain-name", url={"domain": "a.example"}, ip=ATTACKER),
         [("domain", "a.example"), ("ipv4", ATTACKER)]),
        (indicator("url", url={"full": "http://a.example/x", "domain": "a.example"}, ip=ATTACKER),
         [("url", "http://a.example/x")]),
        (indicator("url", url={"full": f"http://{ATTACKER}:81/x", "domain": ATTACKER}, ip=ATTACKER),
         [("url", f"http://{ATTACKER}:81/x"), ("ipv4", ATTACKER)]),
        (indicator("file", file={"hash": {"sha1": SHA1, "sha256": SHA256, "ssdeep": "x"}}),
         [("sha256", SHA256), ("sha1", SHA1)]),
        (indicator("email-addr", email={"address": "A@b.example"}), [("email", "a@b.example")]),
        (indicator("mutex", name="Global\\m"), [("mutex", "Global\\m")]),
        (indicator("windows-registry-key", registry={"key": "HKLM\\x"}), [("regkey", "HKLM\\x")]),
        (document("alert", "file", threat={"indicator": [{"ip": ATTACKER}]}), BLAMED),
    ],
)  # fmt: skip
def test_an_indicator_is_what_it_points_at(
    event: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """A URL is not the name that serves it; an address beside a name is where the name led."""
    assert values("ecs", event) == found


def test_a_match_with_an_indicator_is_the_attackers() -> None:
    """Indicator match rules say what of the event stood on a list, and which list."""
    matches = [
        {
            "indicator": {"type": "url", "url": {"full": "http://a.example/x"}},
            "matched": {"atomic": "http://a.example/x", "field": "url.full"},
        },
        {"matched": {"atomic": SHA256, "field": "file.hash.sha256"}},
        {"matched": {"atomic": "b.example", "field": "dns.question.name"}},
        {"matched": {"atomic": "anna", "field": "user.id"}},
    ]
    event = signal(**{"threat.enrichments": matches}, **traffic("10.0.0.1", "10.0.0.2"))

    assert values("ecs", event) == [
        ("url", "http://a.example/x"),
        ("sha256", SHA256),
        ("domain", "b.example"),
    ]


def test_the_matches_of_wazuh_5_are_read() -> None:
    """Wazuh 5 keeps them in its own part."""
    event = finding("high", "malware", event={"created": AT, "kind": "alert"})
    event["wazuh"]["threat"] = {"enrichments": {"indicator": {"file": {"hash": {"md5": MD5}}}}}

    assert values("ecs", event) == [("md5", MD5)]


MAIL: dict[str, Any] = {
    "email": {
        "from": {"address": ["<crook@a.example>"]},
        "to": {"address": ["anna@member.example"]},
        "attachments": [{"file": {"hash": {"sha256": SHA256}}}],
    },
    "source": {"ip": ATTACKER},
    "url": {"full": "https://phish.example/x"},
}


def test_of_a_message_the_sender_is_shared() -> None:
    """Sending server, sender, links and attachments of what was found to be an attack."""
    assert values("ecs", alert("email", **MAIL)) == [
        ("ipv4", ATTACKER),
        ("email", "crook@a.example"),
        ("url", "https://phish.example/x"),
        ("sha256", SHA256),
    ]


def test_a_forged_sender_of_the_members_own_domain_is_not_shared() -> None:
    """Who writes as a colleague is not the colleague."""
    forged = {**MAIL["email"], "from": {"address": "boss@member.example"}}
    found = values("ecs", alert("email", **{**MAIL, "email": forged}))

    assert "email" not in {kind for kind, _ in found}


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


def test_evidence_of_defender_counts_by_its_verdict() -> None:
    """Of what Defender XDR lists only what it found malicious or suspicious is shared."""
    evidence = [
        {"verdict": "malicious", "ip_address": ATTACKER},
        {"verdict": "suspicious", "image_file": {"name": "x.exe", "sha256": SHA256}},
        {"verdict": "suspicious", "image_file": {"name": "powershell.exe", "sha1": SHA1}},
        {"verdict": "unknown", "ip_address": OTHER, "device_dns_name": "planted-host"},
    ]
    event = alert("process", m365_defender={"alert": {"evidence": evidence}}, process=PROGRAM)

    assert values("ecs", event) == [("ipv4", ATTACKER), ("sha256", SHA256)]
