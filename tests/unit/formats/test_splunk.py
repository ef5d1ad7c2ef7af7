from typing import Any

import orjson
import pytest

from relay.formats.outcome import Refused, Skipped
from tests.unit.formats.kit import UNLABELLED, detections, outcome_of, values
from tests.unit.formats.splunk_notables import (
    ELSEWHERE,
    INSIDE,
    OUTSIDE,
    SHA256,
    notable,
    stash,
)

ADDRESS = ("ipv4", OUTSIDE)


def test_fields_of_a_notable() -> None:
    """A notable becomes a detection field by field; the urgency is the severity."""
    event = notable(
        src=OUTSIDE, dest=INSIDE, user="m.tamm",
        annotations='{"mitre_attack":["T1110.001"],"confidence":70,"cis20":["CIS 3"]}',
        firstTime="1795168800", lastTime="1795172400.5"
    )  # fmt: skip
    (found,) = detections("splunk", event)

    assert found.detected_at == "2026-11-20T10:05:00.500Z"
    assert (found.first_seen, found.last_seen) == (
        "2026-11-20T10:00:00.000Z", "2026-11-20T11:00:00.500Z",
    )  # fmt: skip
    assert (found.severity, found.confidence, found.flags) == ("high", 70, [])
    assert [technique.id for technique in found.techniques] == ["T1110.001"]
    assert found.classification == "intrusion-attempts:brute-force"
    assert found.count == 1
    assert found.title == "Brute Force Access Behavior"
    assert found.sensor is not None
    assert found.sensor.format == "splunk"
    assert found.sensor.rule_id == "Access - Brute Force Access Behavior - Rule"


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda event: {"result": event},
        lambda event: {"preview": False, "offset": 0, "result": event},
        lambda event: {"results": [event], "fields": [{"name": "src"}]},
        lambda event: {"sid": "1", "app": "SA", "search_name": "x", "result": event},
        lambda event: {"time": 1_795_172_400.5, "event": event, "sourcetype": "stash"},
        lambda event: {
            f"IDS_Attacks.{name}" if name == "src" else name: v for name, v in event.items()
        },
    ],
)
def test_every_wrapping_is_opened(wrapped: Any) -> None:
    """Answers of the search API, alert actions, the collector, fields of a data model."""
    event = notable(src=OUTSIDE)

    assert detections("splunk", wrapped(event)) == detections("splunk", event)


def test_a_collected_event_takes_the_time_beside_it() -> None:
    """The event collector carries the time beside the event."""
    event = notable(src=OUTSIDE)
    del event["_time"]
    (found,) = detections("splunk", {"time": 1_795_172_400.25, "event": event})

    assert found.detected_at == "2026-11-20T11:00:00.250Z"


@pytest.mark.parametrize(
    "start",
    ["1795172700", "1795172700.000", "11/20/2026 10:05:00 +0000", "2026-11-20 10:05:00 +0000"],
)
def test_the_text_of_the_index_is_read(start: str) -> None:
    """Taken from the index, the fields stand in the text: names, and values in quotation marks."""
    text = (
        f'{start}, search_name="Access - Excessive Failed Logins - Rule", src="{OUTSIDE}", '
        'rule_name="Say \\"failed\\" logins", orig_time="1795168800", '
        'orig_raw="a \\"src=\\" b, src=\\"192.0.2.1\\"", user="m.tamm", '
        'severity="low", count=5, annotations.mitre_attack.mitre_technique_id="T1110", '
        'annotations.mitre_attack.mitre_technique_id="T1078"'
    )
    (found,) = detections("splunk", stash(text))

    assert [(o.type, o.value) for o in found.observables] == [ADDRESS]
    assert found.detected_at == "2026-11-20T10:00:00.000Z"
    assert [technique.id for technique in found.techniques] == ["T1110", "T1078"]
    assert (found.severity, found.title) == ("low", 'Say "failed" logins')


def test_a_collected_text_is_read() -> None:
    """The collector may carry the text alone."""
    text = f'1795172700, search_name="Port Scan", src="{OUTSIDE}"'

    assert values("splunk", {"time": "1795172700", "event": text}) == [ADDRESS]


@pytest.mark.parametrize(
    ("written", "detected"),
    [
        ({"_time": "2026-11-20T11:05:00.500+01:00"}, "2026-11-20T10:05:00.500Z"),
        ({"_time": 1_795_172_700}, "2026-11-20T11:05:00.000Z"),
        ({"_time": "1795172700.123456"}, "2026-11-20T11:05:00.123Z"),
        ({"orig_time": "1795168800"}, "2026-11-20T10:00:00.000Z"),
        ({"orig_time": ["1795168800", "1795168900"]}, "2026-11-20T10:00:00.000Z"),
        ({"orig_time": "unknown"}, "2026-11-20T10:05:00.500Z"),
        ({"info_min_time": "1.0", "info_search_time": "1795179999"}, "2026-11-20T10:05:00.500Z"),
    ],
)
def test_the_time_is_that_of_the_event(written: dict[str, Any], detected: str) -> None:
    """When it happened comes before when the search found it; the span searched is neither."""
    (found,) = detections("splunk", notable(src=OUTSIDE, **written))

    assert found.detected_at == detected


@pytest.mark.parametrize("written", [None, "", "2026-11-20T11:05:00", "11/20/2026", 12, []])
def test_a_time_that_must_be_guessed_is_refused(written: object) -> None:
    """Without an offset the hour is anybody's guess."""
    outcome = outcome_of("splunk", notable(src=OUTSIDE, _time=written))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


@pytest.mark.parametrize(
    ("fields", "severity", "flags"),
    [
        ({"urgency": "critical", "severity": "low"}, "critical", []),
        ({"urgency": "unknown", "severity": "low"}, "low", []),
        ({"urgency": "informational"}, "info", []),
        ({"urgency": "unknown", "severity": "unknown"}, "medium", ["severity_assumed"]),
        ({"urgency": 5, "severity": None}, "medium", ["severity_assumed"]),
    ],
)
def test_urgency_comes_before_severity(
    fields: dict[str, Any], severity: str, flags: list[str]
) -> None:
    """The urgency weighs the severity by what was hit; where it is unknown the severity stands."""
    event = notable(src=OUTSIDE, annotations={"confidence": 60}, **fields)
    (found,) = detections("splunk", event)

    assert (found.severity, found.flags) == (severity, flags)


@pytest.mark.parametrize(
    "annotation",
    [
        {"annotations": {"mitre_attack": ["T1071"]}},
        {"annotations": '{"mitre_attack":["T1071"]}'},
        {"annotations": {"mitre_attack": {"mitre_technique_id": ["T1071"]}}},
        {"annotations.mitre_attack": "T1071"},
        {"annotations.mitre_attack": ["T1071", "TA0011", "Command and Control"]},
        {"annotations.mitre_attack": "t1071, TA0011, bogus"},
        {"annotations.mitre_attack.mitre_technique_id": ["T1071"]},
        {"mitre_technique_id": "T1071"},
        {"mitre_technique": "Application Layer Protocol (T1071)"},
    ],
)
def test_techniques_in_all_their_places(annotation: dict[str, Any]) -> None:
    """Annotations come as fields, as an object, or as JSON within a string."""
    (found,) = detections("splunk", notable(src=OUTSIDE, **annotation))

    assert [technique.id for technique in found.techniques] == ["T1071"]


def test_the_signature_of_a_malware_rule_names_it() -> None:
    """The signature of other rules is a sentence."""
    told = notable("Endpoint - Malware", signature="Trojan.Gen.2", dest="w", file_hash=SHA256)
    other = notable(src=OUTSIDE, signature="Failed login", malware_family="Mirai")

    assert detections("splunk", told)[0].malware == ["Trojan.Gen.2"]
    assert detections("splunk", other)[0].malware == ["Mirai"]


@pytest.mark.parametrize(
    "fields",
    [
        {"disposition": "disposition:3"},
        {"disposition": "disposition:2"},
        {"disposition": "false_positive"},
        {"disposition_label": "False Positive - Inaccurate Data"},
        {"disposition_label": "Benign Positive - Suspicious But Expected"},
        {"status_label": "Closed - False Positive"},
    ],
)
def test_what_a_person_called_no_attack_is_skipped(fields: dict[str, Any]) -> None:
    """A false alarm warns nobody."""
    assert outcome_of("splunk", notable(src=OUTSIDE, **fields)) == Skipped("closed as no attack")


def test_a_label_of_the_notable_holds() -> None:
    """A field or a tag may carry the label of the Traffic Light Protocol."""
    tagged = notable(src=OUTSIDE, tag=["attack", "TLP:AMBER"])

    assert detections("splunk", tagged, UNLABELLED)[0].sharing.tlp == "amber"
    assert detections("splunk", notable(src=OUTSIDE, tlp="red"))[0].sharing.tlp == "red"
    assert isinstance(outcome_of("splunk", notable(src=OUTSIDE), UNLABELLED), Refused)


def test_the_same_notable_keeps_its_id() -> None:
    """A repeat has the id it had; without an id of its own its place in the index names it."""
    first = detections("splunk", notable(src=OUTSIDE))[0].id
    bare = [
        detections("splunk", stash(f'1795172700, search_name="Scan", src="{src}"', _cd=cd))[0].id
        for src, cd in ((OUTSIDE, "70:1"), (OUTSIDE, "70:2"), (ELSEWHERE, "70:1"))
    ]

    assert first == detections("splunk", notable(src=OUTSIDE, urgency="low"))[0].id
    assert len({first, *bare}) == 4


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"_time": "1795172700", "_raw": "x", "sourcetype": "syslog"},
         Skipped("an event that is no notable")),
        ({"results": []}, Skipped("an answer without results")),
    ],
)  # fmt: skip
def test_what_is_no_notable_is_skipped(event: dict[str, Any], expected: Skipped) -> None:
    """A sound record of Splunk that is no notable yields nothing."""
    assert outcome_of("splunk", event) == expected


@pytest.mark.parametrize(
    "event", [{}, {"rule": {"level": 5}}, {"event_type": "alert"}, {"results": [{"x": 1}]}]
)
def test_another_format_is_refused(event: dict[str, Any]) -> None:
    """What has no field of a notable is refused."""
    outcome = outcome_of("splunk", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"


def test_some_of_several_can_be_shared() -> None:
    """Of an answer those come out that can be shared."""
    listed = [notable(src=INSIDE), {"x": 1}, notable(src=OUTSIDE)]

    assert values("splunk", {"results": listed}) == [ADDRESS]
    assert orjson.loads(orjson.dumps(listed))[2]["src"] == OUTSIDE
