from typing import Any

import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import detections, outcome_of
from tests.unit.formats.wazuh_events import OUTSIDE, alert


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
    ("description", "quoted"),
    [
        (f"sshd: login failed from malicious {OUTSIDE}", True),
        ("sshd: login of jane.doe failed", False),
        ("sshd: login on web-3 failed", False),
        ("sshd: /home/data/x.php attacked", False),
        ("sshd: attack: GET x-secret", False),
        ("sshd: an attack, 4711 times", True),
        ("sshd: an attack on a service", True),
    ],
)
def test_a_rules_words_are_shared_if_they_tell_of_nobody(description: str, quoted: bool) -> None:
    """Rules are templates: what they were filled with stays, unless it is shared anyway."""
    data = {"srcip": OUTSIDE, "dstuser": "jane.doe", "page": "/home/data/x.php",
            "extra_data": "GET x-secret", "srcport": "4711", "kind": "service"}  # fmt: skip
    (found,) = detections("wazuh", alert(data, {"description": description}))

    assert found.title == (description if quoted else "Wazuh rule 5712")


def test_wazuh_5_is_read_as_ecs() -> None:
    """A document of Wazuh 5 has a part of its own in ECS, also as the indexer wraps it."""
    document = {"@timestamp": "2026-11-20T12:00:00.000Z", "wazuh": {"rule": {"level": "high"}},
                "event": {"kind": "alert", "severity": 5, "dataset": "guardduty"},
                "source": {"ip": OUTSIDE}}  # fmt: skip

    assert outcome_of("wazuh", document) == outcome_of("ecs", document)
    assert outcome_of("wazuh", {"_source": document}) == outcome_of("ecs", document)


def test_names_that_say_nothing_do_not_hide() -> None:
    """A manager is often called after the product, and an agent's address may be `any`."""
    event = alert(
        rule={"description": "Attack on any Wazuh agent"},
        agent={"name": "web-3", "ip": "any"},
        manager={"name": "wazuh"},
        location="(web-3) any->/var/log/auth.log",
    )
    (found,) = detections("wazuh", event)

    assert found.title == "Attack on any Wazuh agent"
    assert found.sensor is not None
    assert found.sensor.product == "Wazuh"


def test_the_rule_of_a_flood_is_not_quoted() -> None:
    """Of an event with more values than are looked at nobody knows whom its rule names."""
    data = {"srcip": OUTSIDE, "users": ["user-1"], "kinds": ["x"] * 2000}
    (found,) = detections("wazuh", alert(data, {"description": "Attack on user-1"}))

    assert found.title == "Wazuh rule 5712"


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
