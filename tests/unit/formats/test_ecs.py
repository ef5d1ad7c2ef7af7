from typing import Any

import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.ecs_documents import (
    AT,
    ATTACKER,
    INSIDE,
    MD5,
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
from tests.unit.formats.kit import detections, outcome_of, values

MALWARE = alert("malware", "file", file={"name": "x.exe", "hash": {"sha256": SHA256}})


def test_fields_of_a_detection() -> None:
    """A signal of the detection engine becomes a detection of its source event, field by field."""
    (found,) = detections("ecs", signal(**traffic(INSIDE, ATTACKER)))

    assert found.model_dump(mode="json", by_alias=True, exclude_unset=True) == {
        "schema": "detection.v1",
        "id": "c787672e-859e-57e4-94a0-7e5b8c18f280",
        "member": "ee",
        "detected_at": AT,
        "published_at": "2027-01-15T08:00:00.000Z",
        "title": "Shells from nowhere",
        "classification": "intrusion-attempts:ids-alert",
        "severity": "high",
        "confidence": 50,
        "observables": [
            {
                "type": "ipv4",
                "value": ATTACKER,
                "side": "infrastructure",
                "port": 443,
            }
        ],
        "sensor": {"rule_id": "rule-1", "rule_name": "Shells from nowhere", "format": "ecs"},
        "sharing": {"tlp": "green"},
        "flags": ["confidence_assumed"],
        "techniques": [{"id": "T1059"}, {"id": "T1059.001"}],
    }


@pytest.mark.parametrize(
    "written",
    [
        {"event": {"kind": "alert", "category": "malware"}, "file": {"hash": {"sha256": SHA256}}},
        {"event.kind": "alert", "event.category": ["malware"], "file.hash.sha256": SHA256},
        {"event": {"kind": ["alert"]}, "event.category": "malware",
         "file.hash": {"sha256": SHA256}},
        {"event.kind": "alert", "event": {"category": ["malware"]},
         "file": {"hash.sha256": [SHA256]}},
    ],
)  # fmt: skip
def test_keys_may_be_nested_dotted_or_mixed(written: dict[str, Any]) -> None:
    """However the index split the keys, and whether it made lists of values, the fields are
    read."""
    assert values("ecs", {"@timestamp": AT, **written}) == [("sha256", SHA256)]


@pytest.mark.parametrize("inner", ["_source", "fields"])
def test_the_wrapping_of_the_index_is_taken_off(inner: str) -> None:
    """A document comes with its index and id around it; the id names it where it has none."""
    fields = {"@timestamp": [AT], "event.kind": ["alert"], "event.category": ["malware"],
              "file.hash.sha256": [SHA256]}  # fmt: skip
    first, again, other = (
        detections("ecs", {"_index": "logs", "_id": name, inner: {**fields, "x": n}})[0].id
        for n, name in enumerate(["a", "a", "b"])
    )

    assert first == again != other


@pytest.mark.parametrize(
    ("parts", "at"),
    [
        ({"@timestamp": "2026-11-20T12:00:00.5775771Z"}, "2026-11-20T12:00:00.577Z"),
        ({"@timestamp": "2026-11-20T12:00:00.000-0500"}, "2026-11-20T17:00:00.000Z"),
        ({"@timestamp": 1_795_000_000_000}, "2026-11-18T11:06:40.000Z"),
        ({"\\@timestamp": "2026-11-20T14:00:00", "event": {"timezone": "CEST"}},
         "2026-11-20T12:00:00.000Z"),
        ({"/@timestamp": "2026-1-2T03:04:05.000Z"}, "2026-01-02T03:04:05.000Z"),
        ({"@timestamp": "2026-11-20T12:00:00", "event": {"timezone": "+02:00"}},
         "2026-11-20T10:00:00.000Z"),
        ({"suricata": {"timestamp": "2026-11-20T12:00:00.1+0100"}}, "2026-11-20T11:00:00.100Z"),
        ({"event": {"created": "2026-11-20T12:00:00Z"}}, "2026-11-20T12:00:00.000Z"),
        ({"@timestamp": AT, "event": {"end": "2026-11-19T12:00:00Z"}}, "2026-11-19T12:00:00.000Z"),
    ],
)  # fmt: skip
def test_the_time_is_that_of_the_event(parts: dict[str, Any], at: str) -> None:
    """Whatever the stamp is called and in whatever zone; an activity ended before its report."""
    event = {"kind": "alert", "category": ["malware"], **parts.pop("event", {})}
    (found,) = detections("ecs", {"event": event, "file": {"hash": {"sha256": SHA256}}, **parts})

    assert found.detected_at == at


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"@timestamp": "2026-11-20T12:00:00"},
        {"@timestamp": "2026-11-20T12:00:00", "event": {"timezone": "IST"}},
        {"@timestamp": "20/11/2026 12:00"},
    ],
)
def test_a_time_that_could_be_another_is_none(parts: dict[str, Any]) -> None:
    """Without an offset, or with a zone that several countries call so, it is refused."""
    event = {"kind": "alert", "category": ["malware"], **parts.pop("event", {})}
    outcome = outcome_of("ecs", {"event": event, "file": {"hash": {"sha256": SHA256}}, **parts})

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


def test_a_finding_of_wazuh_5_has_the_time_of_its_event() -> None:
    """A finding is stamped when it is indexed; when it happened stands elsewhere."""
    times = {"start": "2025-03-01T10:00:00Z", "end": "2025-03-02T10:00:00Z", "created": AT}
    event = {**times, "provider": "guardduty"}
    (found,) = detections("ecs", finding("low", event=event, source={"ip": ATTACKER}))

    assert found.detected_at == "2025-03-02T10:00:00.000Z"
    assert (found.first_seen, found.last_seen) == (
        "2025-03-01T10:00:00.000Z",
        "2025-03-02T10:00:00.000Z",
    )


@pytest.mark.parametrize(
    "found",
    [
        {"sentinel_one": {"threat": {"file": {"identified_at": "2026-11-19T08:00:00Z"}}}},
        {"trend_micro_vision_one": {"alert": {"created_date": "2026-11-19T08:00:00Z"}}},
    ],
)
def test_an_alert_that_is_stamped_with_its_last_change_has_the_time_it_was_found(
    found: dict[str, Any],
) -> None:
    """Some products stamp an alert when an analyst last touched it, and say when it was found."""
    (detection,) = detections("ecs", alert("malware", file={"hash": {"sha256": SHA256}}, **found))

    assert detection.detected_at == "2026-11-19T08:00:00.000Z"


def test_an_indicator_that_was_stamped_when_fetched_has_the_time_it_was_seen() -> None:
    """A feed's document that is stamped with its fetch says when the indicator was last seen."""
    fetched = indicator("ipv4-addr", ip=ATTACKER, first_seen="2026-05-01T00:00:00Z")
    fetched["event"]["created"] = AT
    (found,) = detections("ecs", fetched)

    assert found.detected_at == "2026-05-01T00:00:00.000Z"
    assert detections("ecs", {**fetched, "event": {"kind": "enrichment"}})[0].detected_at == AT


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (document("event", "web", source={"ip": ATTACKER}), "an event, no alert"),
        (document("event", "authentication", "threat", source={"ip": ATTACKER}),
         "an event, no alert"),
        (document("metric", "host"), "event.kind metric"),
        (document("state", "host"), "event.kind state"),
        (document("enrichment", "threat"), "an enrichment without an indicator"),
        (document("event", "intrusion_detection", event={"dataset": "endpoint.events.api"},
                  **traffic(INSIDE, ATTACKER)), "an event, no alert"),
        (alert("vulnerability"), "a defect of the member's own, no detection"),
        (finding("high", "configuration", event={"dataset": "wazuh.sca"}),
         "a defect of the member's own, no detection"),
        (signal(**{"kibana.alert.rule.producer": "slo"}), "an alert of observability"),
        ({"@timestamp": AT, "message": "boot"}, "an event, no alert"),
        (document("event", "malware", "intrusion_detection",
                  sophos={"xg": {"log_type": "Anti-Spam", "log_subtype": "Allowed"}},
                  source={"ip": ATTACKER}), "an event, no alert"),
        ({**indicator("domain-name", url={"domain": "chat.example"}),
          "misp": {"attribute": {"to_ids": False}}},
         "an indicator that its source does not mean for detection"),
    ],
)  # fmt: skip
def test_what_is_no_detection_is_skipped(event: dict[str, Any], reason: str) -> None:
    """Logs, telemetry, posture, health and what a feed only mentions yield nothing."""
    assert outcome_of("ecs", event) == Skipped(reason)


@pytest.mark.parametrize(
    "event",
    [
        document("event", "malware", event={"dataset": "sentinel_one.alert"},
                 process={**PROGRAM}),
        document("event", "intrusion_detection", **traffic(ATTACKER, INSIDE)),
        document("event", sophos={"xg": {"log_type": "ATP", "log_subtype": "Drop"}},
                 **traffic(INSIDE, ATTACKER)),
        {"@timestamp": AT, "threat": {"indicator": {"type": "ipv4-addr", "ip": ATTACKER}}},
        document("event", "network",
                 threat={"enrichments": [{"indicator": {"ip": ATTACKER}}]}),
        {"@timestamp": AT, "event": {"category": ["threat"]},
         "threat": {"indicator": {"description": "an exploit", "last_seen": AT}},
         **traffic(ATTACKER, INSIDE, 80, 40_000)},
    ],
)  # fmt: skip
def test_an_alert_that_says_it_is_an_event_is_a_detection(event: dict[str, Any]) -> None:
    """Products file alerts as events; category, data set, log or a match tell them."""
    assert values("ecs", event)


@pytest.mark.parametrize(
    "event",
    [
        {"timestamp": "x", "rule": {"level": 5}, "agent": {"id": "1"}, "@timestamp": AT},
        {"class_uid": 2004},
        {"time": 1_790_000_000, "event": {"signature": "x"}},
        {"a": 1},
        {},
    ],
)
def test_other_formats_are_refused(event: dict[str, Any]) -> None:
    """A document without a field of ECS is none; one of Wazuh 4 in an index is of another."""
    outcome = outcome_of("ecs", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"


def test_wazuh_4_is_named() -> None:
    """Who sends alerts of Wazuh 4 as ECS is told which format to give."""
    event = {"@timestamp": AT, "rule": {"level": 5, "id": "5710"}, "agent": {"id": "001"},
             "manager": {"name": "m"}}  # fmt: skip
    outcome = outcome_of("ecs", event)

    assert isinstance(outcome, Refused)
    assert "Wazuh" in outcome.detail


def test_techniques_come_from_all_places() -> None:
    """Techniques and subtechniques, single or in lists; what is none of ATT&CK is left out."""
    event = {**MALWARE, "threat": {"technique": {"id": ["T1059", "CST0001"],
                                                 "subtechnique": {"id": "T1059.001"}}}}  # fmt: skip
    (found,) = detections("ecs", event)

    assert [technique.id for technique in found.techniques] == ["T1059", "T1059.001"]


@pytest.mark.parametrize(
    ("event", "classification"),
    [
        (MALWARE, "malicious-code:infected-system"),
        (indicator("file", file={"hash": {"md5": MD5}}), "malicious-code:malware-distribution"),
        ({**indicator("url", url={"full": "http://a.example/x"}),
          "anomali": {"threatstream": {"itype": "phish_url"}}}, "fraud:phishing"),
        ({**indicator("ipv4-addr", ip=ATTACKER),
          "abusech": {"threatfox": {"threat_type": "botnet_cc"}}}, "malicious-code:c2-server"),
        (indicator("ipv4-addr", ip=ATTACKER), "other:undetermined"),
        (alert("authentication", source={"ip": ATTACKER}), "intrusion-attempts:brute-force"),
        (alert("web", **traffic(ATTACKER, INSIDE)), "intrusion-attempts:exploit"),
        (document("event", sophos={"xg": {"log_type": "ATP"}}, **traffic(INSIDE, ATTACKER)),
         "malicious-code:c2-server"),
        (alert("intrusion_detection", event={"dataset": "suricata.eve"},
               rule={"category": "Detection of a Network Scan", "name": "ET SCAN x"},
               **traffic(ATTACKER, INSIDE)), "information-gathering:scanner"),
        (alert("email", email={"from": {"address": "a@b.example"}}), "fraud:phishing"),
    ],
)  # fmt: skip
def test_classes_by_category_log_and_feed(event: dict[str, Any], classification: str) -> None:
    """The class follows what the document says of itself; nothing is guessed."""
    assert detections("ecs", event)[0].classification == classification


def test_the_same_document_keeps_its_id() -> None:
    """A repeat has the id it had; what is about another thing has another, also without an id."""
    other = {**MALWARE, "file": {"hash": {"sha1": SHA1}}}
    ids = [detections("ecs", event)[0].id for event in (MALWARE, dict(MALWARE), other)]

    assert ids[0] == ids[1] != ids[2]


def test_malware_is_named() -> None:
    """Names of malware come from the fields that hold nothing else."""
    event = {**MALWARE, "threat": {"software": {"name": "AgentTest", "alias": ["Other"]}}}

    assert detections("ecs", event)[0].malware == ["AgentTest", "Other"]


@pytest.mark.parametrize("place", ["host", "user", "file.owner", "process.parent.user"])
def test_victims_in_a_list_are_victims(place: str) -> None:
    """A document may hold several hosts or users: none of their names comes out."""
    event = {**MALWARE, place: [{"name": "ws-0042"}], "rule": {"name": "ws-0042 was hit"}}

    assert detections("ecs", event)[0].title != "ws-0042 was hit"


def test_the_sender_of_a_mail_is_no_victim() -> None:
    """In mail the user of the source is who sent it; anywhere else it is a user of the member."""
    sender = {"user": {"email": "billing@evil.example"}}
    sent = alert("email", email={"to": {"address": ["anna@member.example"]}}, source=sender)

    assert values("ecs", sent) == [("email", "billing@evil.example")]


def test_a_key_of_many_dots_is_read_in_time() -> None:
    """A key may be split into more parts than any field has."""
    event = {**MALWARE, ".".join(["a"] * 50_000): 1}

    assert values("ecs", event) == values("ecs", MALWARE)
