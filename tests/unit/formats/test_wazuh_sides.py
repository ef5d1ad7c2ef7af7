from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import SOURCE, detections, outcome_of, values
from tests.unit.formats.wazuh_events import INSIDE, MD5, OUTSIDE, PUBLIC, SHA1, SHA256, alert, told


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
        ({"local_ip": PUBLIC, "foreign_ip": OUTSIDE, "foreign_port": "4444"},
         {"level": 12, "groups": ["linux", " webshell"],
          "description": "Script attempting network connection"}, [OUTSIDE]),
        ({"local_ip": PUBLIC, "foreign_ip": OUTSIDE}, {"level": 12, "description": "New service"},
         []),
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


@pytest.mark.parametrize("key", ["dstuser", "x" * 100 + "_dstuser"])
def test_what_a_key_names_as_the_members_is_not_shared(key: str) -> None:
    """Whatever a decoder calls a user, a name that holds it is no attacker's."""
    data = {"dstip": OUTSIDE, "qname": "m-tamm.evil.example", key: "m-tamm"}
    rule = {"description": "C2 beacon", "groups": ["c2"]}

    assert told(data, rule) == [("ipv4", OUTSIDE)]
