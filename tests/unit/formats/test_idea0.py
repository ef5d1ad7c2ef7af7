from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from relay.formats.outcome import NOTHING_SHAREABLE, Refused, Skipped
from tests.unit.formats.idea0_events import (
    ATTACKER,
    BOT,
    CC,
    IP,
    PLAIN_BOT,
    Event,
    an_event,
)
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of, values

T = {
    "EventTime": "2026-05-10T21:28:20Z",
    "WinStartTime": "2026-05-10T21:25:00Z",
    "WinEndTime": "2026-05-10T21:30:00Z",
    "CeaseTime": "2026-05-10 21:29:27.550680+02:00",
    "DetectTime": "2026-11-20T12:00:00Z",
}
TIMES = (
    ("event over detection", ("EventTime", "DetectTime"), "2026-05-10T21:28:20.000Z", None),
    ("event over window", tuple(T), "2026-05-10T21:28:20.000Z", "2026-05-10T19:29:27.550Z"),
    ("window over detection", ("WinStartTime", "WinEndTime", "DetectTime"),
     "2026-05-10T21:25:00.000Z", "2026-05-10T21:30:00.000Z"),
    ("end alone, a blank for the T, an offset", ("CeaseTime",),
     "2026-05-10T19:29:27.550Z", "2026-05-10T19:29:27.550Z"),
    ("detection alone", ("DetectTime",), "2026-11-20T12:00:00.000Z", None),
)  # fmt: skip


@pytest.mark.parametrize(("name", "keys", "at", "last"), TIMES, ids=[row[0] for row in TIMES])
def test_the_time_is_that_of_the_event(
    name: str, keys: tuple[str, ...], at: str, last: str | None
) -> None:
    """The event's own time counts before its window, and that before the time of detection."""
    event = an_event()
    del event["DetectTime"]
    (detection,) = detections("idea0", {**event, **{key: T[key] for key in keys}})

    assert (detection.detected_at, detection.last_seen) == (at, max(at, last) if last else last), (
        name
    )


def test_a_clock_that_was_not_set_is_no_time() -> None:
    """The start of 1970 is nobody's event: the next time of the message counts."""
    (detection,) = detections("idea0", an_event(EventTime="1970-01-01T00:00:00Z"))

    assert (detection.detected_at, detection.first_seen) == ("2026-11-20T12:00:00.000Z", None)


def test_a_detection_within_its_window_is_the_better_time() -> None:
    """A honeypot that reports by the window still dates the message exactly."""
    within = {"DetectTime": "2026-05-10T21:27:01Z"}
    window = {key: T[key] for key in ("WinStartTime", "WinEndTime")}
    (detection,) = detections("idea0", an_event(**window, **within))

    assert detection.detected_at == "2026-05-10T21:27:01.000Z"
    assert detection.first_seen == "2026-05-10T21:25:00.000Z"


@pytest.mark.parametrize("time", ["2026-11-20T12:00:00", "yesterday", "", 1_763_640_000, None, []])
def test_without_a_sound_time_a_message_is_refused(time: object) -> None:
    """A time without an offset, a number or a word is no time of IDEA0."""
    outcome = outcome_of("idea0", an_event(DetectTime=time))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("no-time", "$.DetectTime")


@pytest.mark.parametrize(
    "categories", [["Test"], ["Fraud.Phishing", "Test"], ["TestMESSAGE_ID"], "test"]
)
def test_a_test_message_tells_of_nothing(categories: object) -> None:
    """Whatever else it says, a message of the category Test is skipped."""
    outcome = outcome_of("idea0", {**an_event(), "Category": categories})

    assert outcome == Skipped("a test message")


CLASSES: tuple[tuple[object, str, str | None], ...] = (
    (["Availibility.DDoS"], "availability:ddos", "medium"),
    (["recon.scanning"], "information-gathering:scanner", "low"),
    (["Recon.Scanning", "Attempt.Exploit"], "intrusion-attempts:ids-alert", "medium"),
    (["Attempt.Exploit", "Malware"], "intrusion-attempts:ids-alert", "high"),
    (["Attempt.Whatever"], "intrusion-attempts:ids-alert", "medium"),
    ("Abusive.Spam", "abusive-content:spam", "low"),
    (["Anomaly.Traffic"], "other:undetermined", None),
    ([], "other:undetermined", None),
    (None, "other:undetermined", None),
    ([7, {}], "other:undetermined", None),
)


@pytest.mark.parametrize(("categories", "classification", "severity"), CLASSES)
def test_categories_give_classification_and_severity(
    categories: object, classification: str, severity: str | None
) -> None:
    """Of several categories the gravest classifies; where none tells how bad, that is flagged."""
    (detection,) = detections("idea0", {**an_event(), "Category": categories})

    assert detection.classification == classification
    assert detection.severity == severity or (severity, detection.severity) == (None, "medium")
    assert ("severity_assumed" in detection.flags) == (severity is None)


def test_a_control_server_is_not_an_infection() -> None:
    """A message about a bot that shares only whom it called is about a control server."""
    (detection,) = detections("idea0", an_event("Intrusion.Botnet", Source=[PLAIN_BOT, CC]))

    assert detection.classification == "malicious-code:c2-server"


CONFIDENCES = (
    (1, 100), (0.29, 29), ("0.9", 90), (0, 0), (95, None), (-1, None), (True, None), ("x", None),
)  # fmt: skip


@pytest.mark.parametrize(("said", "percent"), CONFIDENCES)
def test_confidence_is_a_share(said: object, percent: int | None) -> None:
    """Confidence from 0 to 1 becomes percent; anything else is none, and that is flagged."""
    (detection,) = detections("idea0", an_event(Confidence=said))

    assert detection.confidence == (50 if percent is None else percent)
    assert ("confidence_assumed" in detection.flags) == (percent is None)


LABELS: tuple[tuple[Event, str], ...] = (
    ({"TLP": "AMBER"}, "amber"),
    ({"TLP": "Green"}, "green"),
    ({"tlp": "red"}, "red"),
    ({"Tlp": ["TLP:AMBER+STRICT"]}, "amber+strict"),
    ({"TLP": "CLEAR"}, "green"),
    ({"TLP": None}, "green"),
    ({}, "green"),
)


@pytest.mark.parametrize(("fields", "tlp"), LABELS)
def test_the_stricter_label_holds(fields: Event, tlp: str) -> None:
    """A message's own label, however written, holds with the one given for it."""
    (detection,) = detections("idea0", an_event(**fields))

    assert detection.sharing.tlp == tlp


@pytest.mark.parametrize("fields", [{}, {"TLP": "PURPLE"}, {"TLP": 3}, {"TLP": []}])
def test_without_a_known_label_a_message_is_refused(fields: Event) -> None:
    """Neither a label given nor one of its own, or one that nobody knows: refused."""
    outcome = outcome_of("idea0", an_event(**fields), UNLABELLED)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "unlabelled"


OTHERS: tuple[Event, ...] = (
    {"Format": "IDEA1", "DetectTime": "2026-11-20T12:00:00Z", "Category": []},
    {"Format": 0},
    {"event_type": "alert", "src_ip": ATTACKER},
    {"classification.type": "scanner", "source.ip": ATTACKER},
    {},
)


@pytest.mark.parametrize("event", OTHERS)
def test_another_format_is_refused(event: Event) -> None:
    """What does not say IDEA0, nor has its two keys that nothing else has, is refused."""
    outcome = outcome_of("idea0", event)

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.path) == ("other-format", "$.Format")
    assert "looks like IDEA0" not in outcome.detail


def test_a_message_without_its_format_is_read() -> None:
    """Databases drop the Format: time of detection and category tell a message as well."""
    event = an_event()
    del event["Format"]

    assert values("idea0", event) == [IP]


def test_the_detector_is_the_last_node() -> None:
    """The first nodes passed the message on; vendor and product are the last one's software."""
    relay = {"Name": "cz.example.filer", "Type": ["Relay"], "SW": ["filer"]}
    detector = {"Name": "hoststats", "SW": ["Nemea", "HostStatsNemea"]}
    (detection,) = detections("idea0", an_event(Node=[relay, detector], ConnCount=243))

    assert detection.sensor is not None
    assert (detection.sensor.vendor, detection.sensor.product) == ("Nemea", "HostStatsNemea")
    assert (detection.sensor.format, detection.count) == ("idea0", 243)


def test_the_members_own_network_never_comes_out() -> None:
    """A source of the member's own is not shared, whatever the category says."""
    source = replace(SOURCE, own_networks=(IPv4Network("203.0.113.0/24"),))

    assert outcome_of("idea0", an_event(), source) == NOTHING_SHAREABLE


def test_a_message_keeps_its_id() -> None:
    """The same message is the same detection; without an id its times and values name it."""
    event = an_event()
    nameless = {key: said for key, said in event.items() if key != "ID"}
    ids = [detections("idea0", each)[0].id for each in (event, event, nameless, nameless)]
    other = detections("idea0", {**event, "ID": "x"})[0].id

    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert other not in ids


def test_an_alert_of_the_relays_own_is_no_sighting() -> None:
    """A message that bears the relay's mark names the alert it tells again, and all its sources
    are the attacker's; a mark without an alert's id is none."""
    alert = "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"
    sources = [{"IP4": [ATTACKER], "Type": ["CC"]}, {"IP4": [BOT]}]
    event = an_event("Intrusion.Botnet", Source=sources, FlowCount=7)
    own = detections("idea0", {**event, "_relay": {"Alert": alert}})[0]
    other = detections("idea0", {**event, "_relay": {"Alert": "x"}})[0]

    assert (own.first_hand, own.derived_from) == (False, [alert])
    assert [(o.value, o.side) for o in own.observables] == [
        (ATTACKER, "infrastructure"),
        (BOT, "attacker"),
    ]
    assert (other.first_hand, other.derived_from, other.count) == (True, [], 7)
    assert [o.value for o in other.observables] == [ATTACKER]


def test_an_alert_on_a_hole_comes_back() -> None:
    """A hole that the relay itself warns of is no hole of the member's."""
    mark = {"Alert": "5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab", "Severity": "critical"}
    event = an_event("Vulnerable.Config", Source=[], Ref=["urn:cve:CVE-2021-44228"], _relay=mark)

    (detection,) = detections("idea0", event)

    assert [o.value for o in detection.observables] == ["CVE-2021-44228"]
    assert detection.severity == "critical"


def test_many_victims_are_all_held_back() -> None:
    """However many a message names, none of them comes out, and the attacker's names do."""
    hosts = [f"host{at}.example" for at in range(3000)]
    source = {
        "IP4": [ATTACKER],
        "Hostname": ["c2.example", "host2999.example"],
        "URL": ["http://c2.example/host2999.example", "http://c2.example/x"],
    }
    event = an_event(Source=[source], Target=[{"Hostname": hosts}])

    assert values("idea0", event) == [
        IP,
        ("domain", "c2.example"),
        ("url", "http://c2.example/x"),
    ]
