from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.wire.detection import DetectionV1

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
AT = "2026-11-20T12:00:00Z"
ATTACKER, HOME = "198.51.100.7", "203.0.113.66"
PLANTED = (
    HOME, "10.66.77.88", "planted-host", "planted-user", "victim.org", "planted-agent",
    "planted-secret", "02-66-77-88-99-aa",
)  # fmt: skip

PATHS = (
    "@timestamp", "event", "event.kind", "event.category", "event.severity", "event.dataset",
    "event.start", "event.end", "event.id", "event.timezone", "source", "source.ip", "destination",
    "destination.port", "client", "url", "url.full", "url.domain", "dns", "dns.question.name",
    "file", "file.hash", "file.hash.sha256", "process", "dll", "threat", "threat.indicator",
    "threat.enrichments", "threat.technique.id", "rule", "rule.category", "rule.level", "host",
    "user", "email", "email.attachments", "tags", "related", "observer", "kibana", "kibana.alert",
    "kibana.alert.rule.threat", "signal", "wazuh", "wazuh.rule", "suricata", "suricata.eve",
    "sophos", "crowdstrike", "m365_defender.alert.evidence", "labels", "labels.relay_alert_id",
    "relay", "relay.observables", "_source", "fields", "_id",
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from((ATTACKER, "alert", "enrichment", "malware", AT, "ab" * 32, "a.example",
                     "http://a.example/x", "ipv4-addr", "\0",
                     "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab")),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(("ip", "hash", "indicator", "matched", "type", "url", "name", "a.b",
                             "indicator.ip", "alert", "rule", "x.", ".", "")),
            inner, max_size=4,
        ),
    ),
    max_leaves=8,
)  # fmt: skip
KINDS: tuple[dict[str, Any], ...] = (
    {"event": {"kind": "alert", "category": ["malware", "file"], "dataset": "endpoint.alerts"}},
    {"event": {"kind": "alert", "category": ["process"], "dataset": "crowdstrike.alert"}},
    {"event": {"kind": "alert", "category": ["network"]}, "network": {"direction": "inbound"}},
    {"event": {"kind": "alert", "category": ["network"]}, "network": {"direction": "outbound"}},
    {"event": {"kind": "alert", "category": ["web"]}},
    {"event": {"kind": "alert", "category": ["authentication"], "outcome": "failure"}},
    {"event": {"kind": "alert", "category": ["email"]}, "email": {}},
    {"event": {"kind": "alert", "dataset": "suricata.eve"},
     "rule": {"category": "Malware Command and Control Activity Detected"}},
    {"event": {"kind": "alert", "dataset": "suricata.eve"},
     "rule": {"category": "Attempted Administrator Privilege Gain"}},
    {"event": {"kind": "event"}, "sophos": {"xg": {"log_type": "ATP"}}},
    {"event": {"kind": "event"}, "sophos": {"xg": {"log_type": "WAF"}}},
    {"event": {"kind": "signal"}, "kibana.alert.uuid": "u",
     "kibana.alert.rule.name": "planted-host was hit"},
    {"event": {"kind": "event", "category": ["authentication"], "outcome": "failure",
               "created": AT},
     "wazuh": {"rule": {"level": "high", "title": "planted-user failed"}}},
    {"event": {"kind": "event", "created": AT, "provider": "guardduty"},
     "wazuh": {"rule": {"level": "high"}}},
    {"event": {"kind": "enrichment"}, "threat": {"indicator": {"type": "ipv4-addr",
                                                               "ip": ATTACKER}}},
)  # fmt: skip


def check(outcome: Outcome) -> None:
    """An outcome is one of three, and what is converted is valid and canonical."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if not isinstance(outcome, Converted):
        return
    for detection in outcome.detections:
        for found in DetectionV1.model_validate(detection).observables:
            again = canonical(found.type, found.value, allow_documentation=True)
            assert again == Canonical(found.type, found.value)


def unfolded(parts: dict[str, Any], path: str = "") -> dict[str, Any]:
    """The same document with all keys dotted."""
    flat: dict[str, Any] = {}
    for name, part in parts.items():
        whole = f"{path}.{name}" if path else name
        flat |= unfolded(part, whole) if isinstance(part, dict) and part else {whole: part}
    return flat


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(PATHS), JSON, max_size=8))
def test_any_shape_of_a_document_has_an_outcome(base: dict[str, Any], more: dict[str, Any]) -> None:
    """Fields of any type in any place give a valid detection, or a reason why not."""
    check(adapt("ecs", orjson.dumps({"@timestamp": AT, **base, **more}), SOURCE))


def planted(base: dict[str, Any], ends: list[str], title: str) -> dict[str, Any]:
    """A document with the victim's values in all fields of the victim's side."""
    user = {"name": "planted-user", "email": "planted-user@victim.org", "domain": "planted-host",
            "full_name": "planted-user"}  # fmt: skip
    host = {"name": "planted-host", "hostname": "planted-host.victim.org", "ip": [HOME],
            "mac": ["02-66-77-88-99-aa"], "domain": "planted-host"}  # fmt: skip
    source, destination = ({"ip": end, "address": end, "user": user} for end in ends)
    own = source if ends[0] != ATTACKER else destination
    own |= {"domain": "planted-host.victim.org", "nat": {"ip": "10.66.77.88"},
            "mac": "02-66-77-88-99-aa"}  # fmt: skip
    parts: dict[str, Any] = {
        "@timestamp": AT, "message": "planted-secret", "host": host, "user": user,
        "agent": {"name": "planted-agent"}, "observer": {"name": "planted-agent", "ip": [HOME]},
        "source": {**source, "port": 40_000}, "destination": {**destination, "port": 443},
        "related": {"ip": [HOME], "user": ["planted-user"], "hosts": ["planted-host"]},
        "process": {"command_line": "planted-secret", "user": user, "args": ["planted-secret"],
                    "executable": "C:\\Users\\planted-user\\a.exe", "hash": {"md5": "ab" * 16}},
        "file": {"path": "C:\\Users\\planted-user\\a.exe", "owner": "planted-user",
                 "hash": {"sha256": "ab" * 32}},
        "url": {"full": f"http://a.example/x?u=planted-user&h={HOME}", "domain": "a.example",
                "username": "planted-user"},
        "dns": {"question": {"name": "planted-host.a.example"},
                "answers": [{"data": HOME}], "resolved_ip": [HOME]},
        "winlog": {"computer_name": "planted-host.victim.org"},
        "device": {"name": "planted-host"}, "organization": {"name": "planted-host"},
        "threat": {"software": {"name": "planted-user"}},
        "wazuh": {"agent": {"name": "planted-agent", "host": {"ip": [HOME]}}},
        "tags": ["planted-secret"], "labels": {"x": "planted-secret"},
        "http": {"request": {"body": {"content": "planted-secret"}}},
    }  # fmt: skip
    parts["email"] = {"to": {"address": ["planted-user@victim.org"]}, "subject": "planted-secret",
                      "from": {"address": ["planted-user@victim.org"]}}  # fmt: skip
    for name, part in base.items():
        merged = isinstance(part, dict) and isinstance(parts.get(name), dict)
        parts[name] = {**parts[name], **part} if merged else part
    parts["rule"] = {"name": title, **base.get("rule", {})}
    if "email" not in base:
        del parts["email"]
    return parts


@given(
    base=st.sampled_from(KINDS),
    ends=st.permutations([ATTACKER, HOME]),
    title=st.sampled_from(("x", "planted-host failed", f"hit on {HOME}", "x planted-user y")),
    dotted=st.booleans(),
)
def test_a_planted_victim_never_comes_out(
    base: dict[str, Any], ends: list[str], title: str, *, dotted: bool
) -> None:
    """Hosts, users, agents, recipients and their addresses are in no detection, whatever kind of
    document, direction and spelling of keys they were planted in."""
    event = planted(base, ends, title)

    outcome = adapt("ecs", orjson.dumps(unfolded(event) if dotted else event), SOURCE)

    check(outcome)
    if isinstance(outcome, Converted):
        told = orjson.dumps(outcome.detections).decode()
        assert [word for word in PLANTED if word in told] == []


@given(base=st.sampled_from(KINDS), ends=st.permutations([ATTACKER, HOME]))
def test_dotted_keys_say_what_nested_ones_say(base: dict[str, Any], ends: list[str]) -> None:
    """The spelling of keys changes nothing of what comes of a document."""
    event = planted(base, ends, "x")

    nested, dotted = (adapt("ecs", orjson.dumps(form), SOURCE) for form in (event, unfolded(event)))

    assert nested == dotted
