from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Source
from tests.properties.test_suricata import JSON, check

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
ATTACKER = "198.51.100.7"
PLANTED = (
    "10.66.77.88", "203.0.113.66", "planted-user", "planted-host", "victim.org", "planted-secret",
)  # fmt: skip

LEVELS = st.one_of(st.integers(0, 16), st.sampled_from(("7", "10", "high", None)))
GROUPS = st.lists(
    st.sampled_from((
        "authentication_failed", "attack", "ids", "malware", "virus", "web", "sca", "office365",
        "syscheck", "\n   recon", "authentication_success", "c2", "spam", "x",
    )),
    max_size=4,
)  # fmt: skip
DESCRIPTIONS = st.sampled_from((
    "Login of planted-user failed", "Malware on planted-host blocked", "Botnet call of 10.66.77.88",
    "Attack: /home/planted-user/x", "Attack from planted-host.victim.org", "Known malware found",
    "Botnet C-and-C called by 203.0.113.66", "Attack with planted-secret", "x", "",
))  # fmt: skip
USERS: dict[str, Any] = {
    "srcuser": "planted-user", "dstuser": "planted-user", "user": "planted-user", "hostname":
    "planted-host.victim.org", "system_name": "planted-host", "devname": "planted-host",
    "extra_data": "planted-secret", "command": "cat planted-secret", "page": "planted-secret",
    "win": {"system": {"computer": "planted-host.victim.org", "message": "planted-secret"},
            "eventdata": {"targetUserName": "planted-user", "workstationName": "planted-host",
                          "image": "C:\\Users\\planted-user\\x.exe", "subjectUserName":
                          "planted-user", "commandLine": "planted-secret"}},
}  # fmt: skip
CALLS = st.sampled_from((
    {"url": "http://planted-host.victim.org/x"}, {"url": "/x?user=planted-user"}, {},
    {"url": "http://c2.evil.com/planted-user"}, {"url": "http://c2.evil.com/?h=10.66.77.88"},
    {"qname": "planted-host.victim.org"}, {"qname": "10.66.77.88.evil.com"},
))  # fmt: skip
ENDS = st.sampled_from((
    {"srcip": ATTACKER, "dstip": "203.0.113.66"}, {"srcip": "10.66.77.88", "dstip": ATTACKER},
    {"src_ip": ATTACKER}, {"srcip": "203.0.113.66", "dstip": ATTACKER}, {"srcip": "203.0.113.66"},
))  # fmt: skip
SERVICES = st.sampled_from((
    {}, {},
    {"virustotal": {"malicious": "1", "source": {"md5": "0f" * 16, "file": "planted-user.exe"}}},
    {"abuseipdb": {"abuse_confidence_score": "100", "source": {"srcip": ATTACKER}}},
    {"misp": {"type": "url", "value": "http://planted-host.victim.org/x"}},
))  # fmt: skip
EVE: dict[str, Any] = {
    "event_type": "alert", "src_ip": "10.66.77.88", "dest_ip": ATTACKER, "proto": "TCP",
    "http": {"hostname": "planted-host", "url": "/x?u=planted-user", "http_method": "GET"},
    "alert": {"signature_id": "1", "signature": "LOCAL beacon of planted-host",
              "category": "Malware Command and Control Activity Detected"},
}  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from((
            "rule", "agent", "manager", "data", "timestamp", "@timestamp", "syscheck", "id",
            "_source", "all_fields", "parameters", "hits", "wazuh", "location", "predecoder",
        )),
        st.one_of(JSON, st.just({"level": 10}), st.just("2026-11-20T12:00:00.000+0000")),
    )
)  # fmt: skip
def test_any_shape_of_an_alert_has_an_outcome(event: dict[str, Any]) -> None:
    """Fields of any type in any place give a valid detection, or a reason why not."""
    check(adapt("wazuh", orjson.dumps(event), SOURCE))


@given(
    st.dictionaries(
        st.sampled_from((
            "srcip", "dstip", "win", "aws", "office365", "virustotal", "abuseipdb", "misp", "url",
            "misp_response", "indicators", "threat", "malwarebazaar", "alert", "event_type",
        )),
        JSON,
    ),
    LEVELS,
)  # fmt: skip
def test_any_data_has_an_outcome(data: dict[str, Any], level: Any) -> None:
    """What a decoder extracted may be of any shape."""
    event = {
        "timestamp": "2026-11-20T12:00:00.000+0000",
        "rule": {"level": level, "groups": ["attack", "malware"], "info": ["CVE-2014-6271x", 1]},
        "data": data,
    }

    check(adapt("wazuh", orjson.dumps(event), SOURCE))


@given(LEVELS, GROUPS, DESCRIPTIONS, CALLS, ENDS, SERVICES, st.booleans(), st.booleans())
def test_a_planted_victim_never_comes_out(
    level: Any, groups: list[str], description: str, call: dict[str, Any], ends: dict[str, Any],
    service: dict[str, Any], eve: bool, wrapped: bool,
) -> None:  # fmt: skip
    """Addresses, names, users and secrets of the victim's side are in no detection, whatever the
    rule and wherever they were planted."""
    planted = {
        "timestamp": "2026-11-20T12:00:00.000+0000",
        "rule": {"level": level, "groups": groups, "description": description, "id": "100001"},
        "agent": {"id": "001", "name": "planted-host", "ip": "203.0.113.66",
                  "labels": {"customer": "planted-secret"}},
        "manager": {"name": "planted-host-manager"},
        "cluster": {"name": "planted-host-cluster", "node": "planted-host-1"},
        "predecoder": {"hostname": "planted-host.victim.org", "program_name": "sshd"},
        "location": "(planted-host) 10.66.77.88->/home/planted-user/x.log",
        "full_log": "planted-secret", "previous_output": "planted-secret",
        "syscheck": {"path": "/home/planted-user/x", "uname_after": "planted-user",
                     "sha256_after": "2d" * 32},
        "data": {**USERS, **call, **ends, **service, **(EVE if eve else {})},
    }  # fmt: skip
    event = {"parameters": {"alert": planted}} if wrapped else planted

    outcome = adapt("wazuh", orjson.dumps(event), SOURCE)

    check(outcome)
    if isinstance(outcome, Converted):
        told = orjson.dumps(outcome.detections).decode()
        assert [value for value in PLANTED if value in told] == []
