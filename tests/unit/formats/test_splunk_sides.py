from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import SOURCE, detections, outcome_of, values
from tests.unit.formats.splunk_notables import (
    ELSEWHERE,
    INSIDE,
    OUTSIDE,
    SHA256,
    notable,
)

ADDRESS = ("ipv4", OUTSIDE)
NOTHING = Skipped("no shareable observable")


@pytest.mark.parametrize(
    ("rule", "fields", "expected"),
    [
        ("Access - Excessive Failed Logins", {"src": OUTSIDE, "dest": ELSEWHERE}, [ADDRESS]),
        ("Network - Port Scan Detected", {"src": OUTSIDE, "dest": [ELSEWHERE, INSIDE]}, [ADDRESS]),
        ("Web - SQL Injection Attempt", {"src_ip": OUTSIDE, "dest": ELSEWHERE,
         "url": "http://www.ministry.example/?id=1", "url_domain": "www.ministry.example"},
         [ADDRESS]),
        ("Network - C2 Beaconing", {"src": ELSEWHERE, "dest": OUTSIDE}, [ADDRESS]),
        ("Network - C2 Beaconing", {"src": INSIDE, "dest": "c2.attacker.example"},
         [("domain", "c2.attacker.example")]),
        ("Network - DNS Tunneling", {"src": INSIDE, "dest": OUTSIDE, "query": "x.attacker.example"},
         [("domain", "x.attacker.example")]),
        ("Network - Suspicious Outbound Traffic", {"src": ELSEWHERE, "dest": OUTSIDE}, [ADDRESS]),
        ("Endpoint - Recurring Malware Infection", {"dest": "ws-0042", "file_hash": SHA256},
         [("sha256", SHA256)]),
        ("Web - Malware Download", {"src": INSIDE, "dest": OUTSIDE,
         "url": "http://attacker.example/a"}, [ADDRESS, ("url", "http://attacker.example/a")]),
        ("Some Rule", {"src": OUTSIDE, "dest": INSIDE}, [ADDRESS]),
        ("Risky Sign-in", {"src": OUTSIDE, "dest": ELSEWHERE}, [ADDRESS]),
        ("Some Rule", {"src": INSIDE, "dest": OUTSIDE}, [ADDRESS]),
        ("Some Rule", {"src": OUTSIDE, "dest": ELSEWHERE, "security_domain": "access"}, [ADDRESS]),
        ("Some Rule", {"src": OUTSIDE, "dest": ELSEWHERE, "security_domain": "network",
         "annotations.mitre_attack": "T1071\nT1573"}, [("ipv4", ELSEWHERE)]),
        ("Some Rule", {"src": "", "file_hash": [f"SHA256={SHA256.upper()},MD5={'b' * 32}"]},
         [("sha256", SHA256), ("md5", "b" * 32)]),
    ],
)  # fmt: skip
def test_whom_a_rule_blames(
    rule: str, fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Who tries is the source, whom the member's machine called the destination; else the one
    that is not the member's."""
    assert values("splunk", notable(rule, **{"security_domain": "network", **fields})) == expected


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("Some Rule", {"src": OUTSIDE, "dest": ELSEWHERE}),
        ("Network - Port Scan Detected", {"src": INSIDE, "dest": OUTSIDE}),
        ("Network - SYN Flood", {"src": OUTSIDE, "dest": INSIDE}),
        ("Network - C2 Beaconing", {"dest": "srv.ministry.example"}),
        (
            "Network - C2 Beaconing",
            {"src": INSIDE, "dest": "srv.ministry.example", "dest_asset_id": "1"},
        ),
        (
            "Endpoint - C2 Beaconing",
            {"src": "ws-0043", "dest": "ws-0042.ministry.example", "security_domain": "endpoint"},
        ),
        ("Some Rule", {"src": OUTSIDE, "src_owner": "netops", "dest": INSIDE}),
        ("Some Rule", {"src": OUTSIDE, "dest": INSIDE, "dvc": OUTSIDE}),
        ("Endpoint - Malware", {"dest": "ws-0042", "process_hash": f"SHA256={SHA256}"}),
    ],
)
def test_what_blames_nobody(rule: str, fields: dict[str, Any]) -> None:
    """Two public ends, the member's own attack, forged senders, known assets, sensors."""
    event = notable(rule, **{"security_domain": "network", **fields})

    assert outcome_of("splunk", event) == NOTHING


def test_the_members_own_networks_are_no_attackers() -> None:
    """Between two public ends the member's own network tells which is foreign."""
    own = replace(SOURCE, own_networks=(ip_network(f"{ELSEWHERE}/32"),))
    event = notable("Some Rule", security_domain="network", src=ELSEWHERE, dest=OUTSIDE)

    assert values("splunk", event, own) == [ADDRESS]


def test_a_called_server_carries_its_port() -> None:
    """The port and the use of a command server are told."""
    event = notable("Network - C2 Beaconing", src=INSIDE, dest=OUTSIDE, dest_port="4444")
    (found,) = detections("splunk", event)[0].observables

    assert (found.port, found.role, found.side) == (4444, "c2", "attacker")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"threat_match_field": "dest", "threat_match_value": OUTSIDE, "dest": OUTSIDE,
          "src": ELSEWHERE}, [ADDRESS]),
        ({"threat_match_field": "src", "threat_match_value": OUTSIDE, "src": OUTSIDE,
          "dest": ELSEWHERE}, [ADDRESS]),
        ({"threat_match_field": "query", "threat_match_value": "c2.attacker.example"},
         [("domain", "c2.attacker.example")]),
        ({"threat_match_field": "url", "threat_match_value": "http://attacker.example/a"},
         [("url", "http://attacker.example/a")]),
        ({"threat_match_field": "url", "threat_match_value": "attacker.example/a"},
         [("url", "http://attacker.example/a")]),
        ({"threat_match_field": "file_hash", "threat_match_value": SHA256}, [("sha256", SHA256)]),
        ({"threat_match_field": "ssl_hash", "threat_match_value": "a" * 39 + "b"},
         [("cert-sha1", "a" * 39 + "b")]),
        ({"threat_match_field": "src_user", "threat_match_value": "x@attacker.example"},
         [("email", "x@attacker.example")]),
        ({"threat_match_field": "query", "threat_match_value": ["a.attacker.example", OUTSIDE]},
         [("domain", "a.attacker.example"), ADDRESS]),
    ],
)  # fmt: skip
def test_what_met_a_list_of_threats(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """The value that met a list is the attacker's; the other end is the victim."""
    event = notable("Threat - Threat Activity Detected", security_domain="threat", **fields)

    assert values("splunk", event) == expected


@pytest.mark.parametrize("field", ["user", "process", "service", "registry_path", "file_name"])
def test_a_name_that_met_a_list_is_not_shared(field: str) -> None:
    """Accounts are victims', names of processes and files everybody's."""
    event = notable(
        "Threat", threat_match_field=field, threat_match_value="m.tamm@attacker.example"
    )

    assert outcome_of("splunk", event) == NOTHING


RISK = {
    "risk_object": "ws-0042", "risk_object_type": "system", "risk_score": "120",
    "risk_event_count": 7, "security_domain": "threat",
}  # fmt: skip


@pytest.mark.parametrize(
    ("objects", "types", "expected"),
    [
        (OUTSIDE, "ip", [ADDRESS]),
        ([OUTSIDE, "c2.attacker.example"], ["domain", "ip"],
         [ADDRESS, ("domain", "c2.attacker.example")]),
        (f"{OUTSIDE}\nhttp://attacker.example/a\n{SHA256}", "file_hash\nip\nurl",
         [ADDRESS, ("url", "http://attacker.example/a"), ("sha256", SHA256)]),
        ([OUTSIDE, "powershell.exe", "cmd /c whoami"], ["command_line", "ip", "process_name"],
         [ADDRESS]),
        ([OUTSIDE], None, [ADDRESS]),
        (["x@attacker.example"], ["email"], [("email", "x@attacker.example")]),
    ],
)  # fmt: skip
def test_objects_of_threat(objects: object, types: object, expected: list[tuple[str, str]]) -> None:
    """Objects and types are lists, each in an order of its own: the value tells what it is."""
    event = notable(
        "Risk - Threshold Exceeded", threat_object=objects, threat_object_type=types, **RISK
    )

    assert values("splunk", event) == expected


@pytest.mark.parametrize("kind", ["process_name", "command_line", "user", "file_name"])
def test_objects_that_are_nobodys(kind: str) -> None:
    """Names of processes and files are everybody's, accounts are victims."""
    event = notable("Risk", threat_object="c2.attacker.example", threat_object_type=kind, **RISK)

    assert outcome_of("splunk", event) == NOTHING


def test_an_object_at_risk_is_a_victim() -> None:
    """Also where it stands elsewhere in the notable."""
    event = notable(
        "Risk - Threshold Exceeded for ws-0042", **{**RISK, "risk_object": ["ws-0042", ELSEWHERE]},
        threat_object=[OUTSIDE, ELSEWHERE, "http://attacker.example/ws-0042"],
        threat_object_type=["ip", "url"],
    )  # fmt: skip
    (found,) = detections("splunk", event)

    assert [(o.type, o.value) for o in found.observables] == [ADDRESS]
    assert found.count == 7
    assert found.title == "Notable of Splunk Enterprise Security"


def test_a_mail_tells_its_sender() -> None:
    """The sender of a phishing mail is the attacker's, unless it is of the recipient's domain."""
    event = notable(
        "Threat - Phishing Email", src_user="x@attacker.example", recipient="m@ministry.example",
        sender="director@ministry.example", url="http://attacker.example/a",
    )  # fmt: skip

    assert values("splunk", event) == [
        ("url", "http://attacker.example/a"), ("email", "x@attacker.example"),
    ]  # fmt: skip


def test_the_parts_of_an_account_are_hidden() -> None:
    """The domain of an account names the member, that of everybody's mail provider does not."""
    links = [f"http://attacker.example/?x={word}" for word in ("MINISTRY", "m.tamm", "ok")]
    event = notable(
        "Endpoint - Malware", user="MINISTRY\\m.tamm", url=links, dest="w", security_domain="",
    )  # fmt: skip
    mailed = notable("Endpoint - Malware", user="m.tamm@ministry.example",
                     url=["http://attacker.example/?x=ministry.example", links[2]])  # fmt: skip
    private = notable("Endpoint - Malware", user="m.tamm@gmail.com",
                      url="http://attacker.example/?x=gmail.com")  # fmt: skip

    assert values("splunk", event) == [("url", links[2])]
    assert values("splunk", mailed) == [("url", links[2])]
    assert values("splunk", private) == [("url", "http://attacker.example/?x=gmail.com")]


@pytest.mark.parametrize(
    ("domain", "shared"), [("network", True), ("threat", True), ("endpoint", False)]
)
def test_the_domain_of_an_endpoint_is_an_accounts(domain: str, shared: bool) -> None:
    """What `domain` means depends on what the rule watches."""
    event = notable("Some Rule", security_domain=domain, domain="c2.attacker.example")

    assert (outcome_of("splunk", event) != NOTHING) is shared


def test_what_stands_beside_a_match_is_context() -> None:
    """Of a notable of threat or of risk only what it condemns is shared."""
    beside = {"url": "http://elsewhere.example/a", "file_hash": SHA256, "query": "x.example"}
    matched = notable(threat_match_field="dest", threat_match_value=OUTSIDE, **beside)
    at_risk = notable("Risk", threat_object=OUTSIDE, src=ELSEWHERE, **beside, **RISK)

    assert values("splunk", matched) == [ADDRESS]
    assert values("splunk", at_risk) == [ADDRESS]


def test_the_end_that_does_not_attack_is_hidden() -> None:
    """Its names and addresses are held against all that comes out."""
    links = [f"http://attacker.example/?x={word}" for word in ("srv-9", "192.0.2.9", "ok")]
    event = notable(
        "Network - C2 Beaconing from srv-9", security_domain="network", src="srv-9",
        src_translated_ip="192.0.2.9", dest=OUTSIDE, url=links,
    )  # fmt: skip
    (found,) = detections("splunk", event)

    assert [(o.type, o.value) for o in found.observables] == [ADDRESS, ("url", links[2])]
    assert found.title == "Notable of Splunk Enterprise Security"


def test_a_sender_at_everybodys_provider_is_told() -> None:
    """Victim and attacker may have their mailboxes at the same provider."""
    event = notable("Phishing", sender="X <x@gmail.com>", recipient="m.tamm@gmail.com")

    assert values("splunk", event) == [("email", "x@gmail.com")]


def test_however_many_of_the_victims_side_are_named_all_are_hidden() -> None:
    """The last of very many names is kept back as the first is."""
    fields = ("user", "src_user", "dest_user", "host", "dvc", "dest_nt_host")
    named = {each: [f"{each}-{n}" for n in range(499)] for each in fields}
    links = [f"http://bad.example/{names[-1]}" for names in named.values()]
    objects = {"threat_object": links, "threat_object_type": ["url"] * len(links)}
    other = {"threat_object": [ADDRESS[1]], "threat_object_type": ["ip"]}

    assert len(values("splunk", notable("Threat", **objects))) == len(fields)
    assert outcome_of("splunk", notable("Threat", **objects, **named)) == NOTHING
    assert values("splunk", notable("Threat", **other, **named)) == [ADDRESS]
