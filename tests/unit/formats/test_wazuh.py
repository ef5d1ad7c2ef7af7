from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import SOURCE, detections, outcome_of, values

OUTSIDE, INSIDE, PUBLIC = "198.51.100.7", "10.1.2.3", "203.0.113.10"
MD5, SHA1, SHA256 = "0f" * 16, "1e" * 20, "2d" * 32


def alert(
    data: dict[str, Any] | None = None, rule: dict[str, Any] | None = None, **more: Any
) -> Any:
    """An alert of level 10 for logins that failed, on an agent inside."""
    failed = {
        "level": 10,
        "description": "sshd: brute force trying to get access to the system.",
        "id": "5712",
        "groups": ["syslog", "sshd", "authentication_failures"],
        "mitre": {"id": ["T1110"], "tactic": ["Credential Access"]},
    }
    return {
        "timestamp": "2026-11-20T12:00:00.816+0000",
        "rule": {**failed, **(rule or {})},
        "agent": {"id": "007", "name": "web-3", "ip": INSIDE},
        "manager": {"name": "soc-manager"},
        "id": "1795176000.4711",
        "decoder": {"name": "sshd"},
        "location": "/var/log/auth.log",
        "data": {"srcip": OUTSIDE, "srcport": "40000"} if data is None else data,
        **more,
    }


def told(data: dict[str, Any], rule: dict[str, Any] | None = None, **more: Any) -> Any:
    """The observables of an alert, empty if it is skipped."""
    event = alert(data, rule, **more)
    outcome = outcome_of("wazuh", event)
    return [] if isinstance(outcome, Skipped) else values("wazuh", event)


def test_fields_of_a_detection() -> None:
    """An alert becomes a detection field by field."""
    (found,) = detections("wazuh", alert())

    assert found.detected_at == "2026-11-20T12:00:00.816Z"
    assert (found.title, found.classification) == (
        "sshd: brute force trying to get access to the system.",
        "intrusion-attempts:brute-force",
    )
    assert (found.severity, found.confidence, found.flags) == ("high", 50, ["confidence_assumed"])
    assert [t.id for t in found.techniques] == ["T1110"]
    assert found.sensor is not None
    assert (found.sensor.format, found.sensor.rule_id) == ("wazuh", "5712")
    assert [(o.type, o.value, o.side, o.role) for o in found.observables] == [
        ("ipv4", OUTSIDE, "attacker", "source")
    ]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"version": 1, "command": "add", "parameters": {"alert": inner}},
        lambda inner: {"severity": 3, "title": "x", "id": "x", "all_fields": inner},
        lambda inner: {"_index": "wazuh-alerts-4.x-2026.11.20", "_id": "a", "_source": inner},
        lambda inner: {"_source": {"parameters": {"alert": inner}}},
        lambda inner: {"hits": {"total": {"value": 1}, "hits": [{"_id": "a", "_source": inner}]}},
    ],
)
def test_a_wrapped_alert_is_the_same_alert(wrap: Any) -> None:
    """Active responses, chats and the indexer wrap an alert; it keeps its id and its severity."""
    assert detections("wazuh", wrap(alert())) == detections("wazuh", alert())


def test_an_id_is_of_its_manager() -> None:
    """Two managers number their alerts alike; without an id the event itself names the alert."""
    here, there = alert(), alert(manager={"name": "other-manager"})
    bare = {key: value for key, value in alert().items() if key != "id"}
    later = {**bare, "timestamp": "2026-11-20T12:00:01.816+0000"}
    ids = [detections("wazuh", event)[0].id for event in (here, there, bare, later)]

    assert len(set(ids)) == 4
    assert detections("wazuh", bare)[0].id == ids[2]


@pytest.mark.parametrize(
    ("times", "detected_at"),
    [
        ({"timestamp": "2026-11-20T05:12:39.783+1100"}, "2026-11-19T18:12:39.783Z"),
        ({"timestamp": "2026-11-20T12:00:00.816+0000", "@timestamp": "2026-11-21T00:00:00.000Z"},
         "2026-11-20T12:00:00.816Z"),
        ({"timestamp": None, "@timestamp": "2026-11-20T12:00:00.816Z"}, "2026-11-20T12:00:00.816Z"),
    ],
)  # fmt: skip
def test_the_time_is_the_alerts(times: dict[str, Any], detected_at: str) -> None:
    """Wazuh's own time counts, with its offset; the indexer's only where it is the only one."""
    windows = {"win": {"system": {"systemTime": "2026-11-20T13:00:00.1234567Z"},
                       "eventdata": {"ipAddress": OUTSIDE}}}  # fmt: skip

    assert detections("wazuh", alert(windows, **times))[0].detected_at == detected_at


@pytest.mark.parametrize(
    ("level", "severity"),
    [(3, "info"), ("5", "low"), (6, "low"), (7, "medium"), (10, "high"), (12, "high"),
     (15, "critical"), (16, "critical"), (None, "medium"), ("high", "medium")],
)  # fmt: skip
def test_a_level_is_a_severity(level: Any, severity: str) -> None:
    """Levels rise to 15; one that is missing or of another scale is assumed, and flagged."""
    (found,) = detections("wazuh", alert(rule={"level": level, "groups": ["attack"]}))

    assert found.severity == severity
    assert ("severity_assumed" in found.flags) is (level in (None, "high"))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"level": 2}, "rule level 2"),
        ({"level": 3, "groups": ["syslog"], "description": "New dpkg"}, "rule level 3"),
        ({"level": 7, "groups": ["sca"]}, "compliance of the member's own machines"),
        ({"level": 13, "groups": ["vulnerability-detector"]},
         "vulnerability of the member's own machines"),
        ({"level": 5, "groups": ["syslog", "\n      authentication_success"],
          "description": "Login"}, "a successful login"),
        ({"level": 7, "groups": ["fortigate"], "description": "Configuration changed."},
         "the rule tells of no attack"),
    ],
)  # fmt: skip
def test_what_is_no_attack_is_skipped(rule: dict[str, Any], reason: str) -> None:
    """Levels, groups and the rule's words tell an attack from what machines log all day."""
    assert outcome_of("wazuh", alert(rule=rule)) == Skipped(reason)


@pytest.mark.parametrize(
    "rule",
    [
        {"level": 3, "groups": ["ids"], "description": "x"},
        {"level": 5, "groups": ["local"], "description": "Attempt to log in: login failed"},
        {"level": 8, "groups": "attack", "description": "x"},
        {"level": 10, "groups": ["local"], "description": "x"},
        {"level": 14, "groups": ["authentication_success"], "description": "Login from a bad one"},
        {},
    ],
)
def test_an_attack_from_outside_is_shared(rule: dict[str, Any]) -> None:
    """A group, a word or a high level make the source an attacker."""
    assert told({"srcip": OUTSIDE, "dstip": PUBLIC}, rule) == [("ipv4", OUTSIDE)]


MALWARE = {"level": 12, "groups": ["fortigate"], "description": "Malware traffic blocked"}
BOTNET = {"level": 12, "groups": ["fortigate"], "description": "Botnet C-and-C blocked"}
PROBE = {"action": {"portProbeAction": {"portProbeDetails": [
    {"remoteIpDetails": {"ipAddressV4": OUTSIDE}}]}}, "resourceRole": "TARGET"}  # fmt: skip
CALL = {"action": {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": OUTSIDE}}},
        "resourceRole": "ACTOR"}  # fmt: skip
ASKED = {"action": {"dnsRequestAction": {"domain": "c2.evil.example"}}, "resourceRole": "ACTOR"}
OWN_MACHINE = {"instanceDetails": {"networkInterfaces": {"publicIp": PUBLIC}}}
LOGIN = {"groups": ["authentication_failed"], "level": 5}


@pytest.mark.parametrize(
    ("data", "rule", "shared"),
    [
        ({"src_ip": OUTSIDE}, {}, [OUTSIDE]),
        ({"win": {"eventdata": {"ipAddress": f"::ffff:{OUTSIDE}"}}}, LOGIN, [OUTSIDE]),
        ({"office365": {"ClientIP": f"{OUTSIDE}:2048"}}, LOGIN, [OUTSIDE]),
        ({"office365": {"ClientIP": "[2001:db8::7]:443"}}, LOGIN, ["2001:db8::7"]),
        ({"office365": {"ClientIP": OUTSIDE}}, {"level": 12, "description": "x", "groups": []}, []),
        ({"aws": {"sourceIPAddress": OUTSIDE}}, LOGIN, [OUTSIDE]),
        ({"gcp": {"jsonPayload": {"sourceIP": OUTSIDE}}},
         {"level": 12, "groups": ["gcp"], "description": "name server"}, []),
        ({"srcip": INSIDE, "dstip": OUTSIDE}, MALWARE, [OUTSIDE]),
        ({"srcip": INSIDE, "dstip": OUTSIDE}, {}, []),
        ({"srcip": PUBLIC, "dstip": OUTSIDE}, BOTNET, []),
        ({"srcip": OUTSIDE, "dstip": INSIDE}, BOTNET, [OUTSIDE]),
        ({"srcip": INSIDE, "dstip": OUTSIDE, "hostname": "bad.evil.example",
          "url": "http://bad.evil.example/x.exe"}, MALWARE,
         [OUTSIDE, "http://bad.evil.example/x.exe"]),
        ({"srcip": INSIDE, "dstip": OUTSIDE, "srcuser": "jane.doe",
          "url": "http://bad.evil.example/jane.doe"}, MALWARE, [OUTSIDE]),
        ({"url": "/login?user=jane"}, MALWARE, []),
        ({"office365": {"RecordType": "8", "P2Sender": "bad@evil.example", "ClientIP": OUTSIDE}},
         LOGIN, [OUTSIDE]),
        ({"qname": "c2.evil.example", "srcip": INSIDE}, BOTNET, ["c2.evil.example"]),
        ({"aws": {"source": "guardduty", "type": "Recon:EC2/PortProbe", "service": PROBE,
                  "resource": OWN_MACHINE}}, {"level": 3, "groups": ["amazon"], "description": "x"},
         [OUTSIDE]),
        ({"aws": {"type": "Backdoor:EC2/C&CActivity.B", "service": CALL}}, {"level": 3}, [OUTSIDE]),
        ({"aws": {"type": "UnauthorizedAccess:EC2/SSHBruteForce", "service": CALL}}, {}, []),
        ({"aws": {"type": "Trojan:EC2/DNSDataExfiltration", "service": ASKED}}, {},
         ["c2.evil.example"]),
        ({"office365": {"RecordType": "28", "P2Sender": "bad@evil.example",
                        "Recipients": ["jane@member.example"], "SenderIp": OUTSIDE,
                        "AttachmentData": [{"SHA256": SHA256}]}},
         {"level": 12, "groups": ["office365"], "description": "Phishing and malware events"},
         [OUTSIDE, "bad@evil.example", SHA256]),
        ({"srcip": "192.0.2.999"}, {}, []),
        ({"srcip": [OUTSIDE, PUBLIC]}, {}, [OUTSIDE, PUBLIC]),
    ],
)  # fmt: skip
def test_who_attacks(data: dict[str, Any], rule: dict[str, Any], shared: list[str]) -> None:
    """The source attacks, and what was called where nothing came from outside."""
    assert [value for _, value in told(data, rule)] == shared


@pytest.mark.parametrize(
    ("data", "shared"),
    [
        ({"virustotal": {"found": "1", "malicious": "1", "positives": "64", "total": "68",
                         "permalink": f"https://vt.example/{SHA256}",
                         "source": {"md5": MD5, "sha1": SHA1, "file": "/home/jane/x"}}},
         [MD5, SHA1]),
        ({"virustotal": {"found": "1", "malicious": "0", "positives": "0",
                         "source": {"md5": MD5}}}, []),
        ({"virustotal_ip": {"verdict": "malicious", "source": {"ip": OUTSIDE}}}, [OUTSIDE]),
        ({"virustotal_ip": {"verdict": "unknown", "source": {"ip": OUTSIDE}}}, []),
        ({"abuseipdb": {"abuse_confidence_score": "100", "source": {"srcip": OUTSIDE}}}, [OUTSIDE]),
        ({"abuseipdb": {"abuse_confidence_score": "100", "source": {"ip": OUTSIDE}}}, [OUTSIDE]),
        ({"abuseipdb": {"abuse_confidence_score": "3", "source": {"srcip": OUTSIDE}}}, []),
        ({"misp": {"type": "domain|ip", "value": f"c2.evil.example|{OUTSIDE}"}},
         ["c2.evil.example", OUTSIDE]),
        ({"misp": {"type": "filename|sha256", "value": f"x.exe|{SHA256}"}}, [SHA256]),
        ({"misp": {"error": "not reachable"}}, []),
        ({"misp_response": {"ip_dst": {"value": OUTSIDE}, "md5": {}}}, [OUTSIDE]),
        ({"indicators": {"domain": {"value": "c2.evil.example", "malicious": "true"},
                         "src_ip": {"value": OUTSIDE, "malicious": "false"}}}, ["c2.evil.example"]),
        ({"threat": {"indicator": {"type": "ipv4-addr", "ip": OUTSIDE, "confidence": "High"}}},
         [OUTSIDE]),
        ({"threat": {"indicator": {"type": "ipv4-addr", "ip": OUTSIDE, "confidence": "None"}}}, []),
        ({"malwarebazaar": {"found": "1", "sha256": SHA256, "signature": "Emotet"}}, [SHA256]),
        ({"malwarebazaar": {"found": "0"}}, []),
    ],
)  # fmt: skip
def test_what_a_service_condemns(data: dict[str, Any], shared: list[str]) -> None:
    """Of what was asked, only what the service finds malicious is shared; links to it never."""
    assert [value for _, value in told(data, {"level": 12, "groups": ["local"]})] == shared


def test_a_services_certainty_is_the_confidence() -> None:
    """Engines that agree, or the score of abuse, become the detection's confidence."""
    engines = {"virustotal": {"positives": "51", "total": "68", "source": {"md5": MD5}}}
    bazaar = {"malwarebazaar": {"found": "1", "md5": MD5, "signature": "Emotet"}}

    assert detections("wazuh", alert(engines))[0].confidence == 75
    assert list(detections("wazuh", alert(bazaar))[0].malware) == ["Emotet"]


def test_an_archived_event_counts_only_with_a_verdict() -> None:
    """Events that no rule met are no detections, unless a service condemned what they tell of."""
    archived = {key: value for key, value in alert().items() if key != "rule"}
    condemned = {"abuseipdb": {"abuse_confidence_score": "90", "source": {"srcip": OUTSIDE}}}

    assert outcome_of("wazuh", archived) == Skipped("an archived event: no rule fired")
    assert values("wazuh", {**archived, "data": condemned}) == [("ipv4", OUTSIDE)]


HASHES = {"md5_after": MD5, "sha1_after": SHA1, "sha256_after": SHA256}
SYSMON = {"win": {"eventdata": {
    "hashes": f"SHA1={SHA1},MD5={MD5},SHA256={SHA256},IMPHASH={'a' * 32}"}}}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "shared"),
    [
        ({"level": 14, "groups": ["malware"], "description": "File with known hash"}, True),
        ({"level": 12, "groups": ["syscheck"], "description": "Known malware added"}, True),
        ({"level": 12, "groups": ["syscheck"], "description": "Suspicious file added"}, False),
        ({"level": 7, "groups": ["syscheck"], "description": "Integrity checksum changed"}, False),
    ],
)
def test_a_changed_file_is_not_a_bad_file(rule: dict[str, Any], shared: bool) -> None:
    """Digests of files and processes are shared only where the rule says that the file is bad."""
    watched = told({}, rule, syscheck={"path": "/home/jane/x", **HASHES})
    ran = told(SYSMON, rule)

    assert [value for _, value in watched] == ([MD5, SHA1, SHA256] if shared else [])
    assert sorted(value for _, value in ran) == (sorted((MD5, SHA1, SHA256)) if shared else [])


def test_a_hole_is_read_out_of_what_is_glued_to_it() -> None:
    """Wazuh writes a rule's parts of information without a blank between them."""
    rule = {"groups": ["attack"], "info": "CVE-2014-6271https://cve.example/name=CVE-2014-6271"}

    assert told({"srcip": OUTSIDE}, rule) == [("ipv4", OUTSIDE), ("cve", "CVE-2014-6271")]


def test_suricata_inside_is_read_as_suricata() -> None:
    """An alert of Suricata that Wazuh forwards is told as from Suricata itself, at Wazuh's time."""
    eve = {
        "timestamp": "2011-01-01T00:00:00", "event_type": "alert", "src_ip": INSIDE,
        "src_port": "40000", "dest_ip": OUTSIDE, "dest_port": "443", "proto": "TCP",
        "alert": {"signature_id": "2000001", "gid": "1", "rev": "3", "severity": "1",
                  "signature": "ET MALWARE Beacon of web-3",
                  "category": "Malware Command and Control Activity Detected"},
        "tls": {"sni": "c2.evil.example"},
    }  # fmt: skip
    event = alert(eve, {"level": 3, "groups": ["ids", "suricata"], "description": "Suricata: x"})
    (found,) = detections("wazuh", event)

    assert [(o.value, o.role) for o in found.observables] == [
        (OUTSIDE, "c2"),
        ("c2.evil.example", "c2"),
    ]
    assert found.sensor is not None
    assert (found.sensor.format, found.title) == ("suricata", "Suricata rule 1:2000001:3")
    assert found.detected_at == "2026-11-20T12:00:00.816Z"


@pytest.mark.parametrize(
    "changes",
    [
        {"agent": {"name": "x", "ip": OUTSIDE}},
        {"data": {"srcip": OUTSIDE, "dstip": OUTSIDE}},
        {"location": f"(web-3) {OUTSIDE}->/var/log/auth.log"},
    ],
)
def test_a_machine_of_the_member_is_no_attacker(changes: dict[str, Any]) -> None:
    """The agent's address is the member's, also where it stands as the source."""
    assert outcome_of("wazuh", alert(**changes)) == Skipped("no shareable observable")


def test_own_networks_stay_inside() -> None:
    """What the member names as its own is never shared."""
    own = replace(SOURCE, own_networks=(ip_network("198.51.100.0/24"),))

    assert outcome_of("wazuh", alert(), own) == Skipped("no shareable observable")


@pytest.mark.parametrize(
    ("description", "quoted"),
    [
        (f"sshd: login failed from malicious {OUTSIDE}", True),
        ("sshd: login of jane.doe failed", False),
        ("sshd: login on web-3 failed", False),
        ("sshd: /home/data/x.php attacked", False),
        ("sshd: attack: GET x-secret", False),
        ("sshd: an attack, 22 times", True),
        ("sshd: an attack on a service", True),
    ],
)
def test_a_rules_words_are_shared_if_they_tell_of_nobody(description: str, quoted: bool) -> None:
    """Rules are templates: what they were filled with stays, unless it is shared anyway."""
    data = {"srcip": OUTSIDE, "dstuser": "jane.doe", "page": "/home/data/x.php",
            "extra_data": "GET x-secret", "srcport": "22", "kind": "service"}  # fmt: skip
    (found,) = detections("wazuh", alert(data, {"description": description}))

    assert found.title == (description if quoted else "Wazuh rule 5712")


def test_the_rule_of_a_flood_is_not_quoted() -> None:
    """Of an event with more values than are looked at nobody knows whom its rule names."""
    data = {"srcip": OUTSIDE, "kinds": ["x"] * 2000, "users": ["user-1"]}
    (found,) = detections("wazuh", alert(data, {"description": "Attack on user-1"}))

    assert found.title == "Wazuh rule 5712"


def test_defender_inside_is_read_as_defender() -> None:
    """An alert that Wazuh fetched from Microsoft Graph is told as from there, whatever its rule."""
    graph = {
        "resource": "security", "relationship": "alerts_v2", "id": "da1", "severity": "high",
        "title": "Login from a bad address", "serviceSource": "azureAdIdentityProtection",
        "createdDateTime": "2026-11-20T12:00:00Z", "status": "new",
        "evidence": [{"@odata.type": "#microsoft.graph.security.ipEvidence", "verdict":
                      "malicious", "roles": ["attacker"], "ipAddress": OUTSIDE}],
    }  # fmt: skip
    rule = {"level": 12, "groups": ["ms-graph"], "description": "MS Graph message"}

    assert values("wazuh", alert({"ms-graph": graph}, rule)) == [("ipv4", OUTSIDE)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"command": "check_keys", "origin": {"name": "node01"}, "parameters": {"keys": ["x"]}},
         "an active response without its alert"),
        ({"hits": {"hits": [{"_source": alert(rule={"level": 1})}]}}, "rule level 1"),
    ],
)  # fmt: skip
def test_what_holds_no_alert_is_skipped(event: Any, reason: str) -> None:
    """Steps of an active response and searches that found nothing are counted, not refused."""
    assert outcome_of("wazuh", event) == Skipped(reason)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "other-format"),
        ({"event_type": "alert", "src_ip": OUTSIDE}, "other-format"),
        ({"rule": {"name": "x"}, "@timestamp": "2026-11-20T12:00:00Z"}, "other-format"),
        ({"class_uid": 2004}, "other-format"),
        (alert(timestamp="2017 Jan 05 14:11:21"), "no-time"),
        (alert(timestamp="2026-11-20T12:00:00"), "no-time"),
    ],
)  # fmt: skip
def test_what_is_no_alert_is_refused(event: Any, reason: str) -> None:
    """Records of others and times without an offset are refused with a reason."""
    outcome = outcome_of("wazuh", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
