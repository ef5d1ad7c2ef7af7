"""Suricata events, written for the tests."""

from typing import Any

import orjson

from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Skipped, Source
from relay.wire.detection import DetectionV1

SOURCE = Source("ee", "green", 1_800_000_000_000, allow_documentation=True)
INSIDE, OUTSIDE, PUBLIC = "10.1.2.3", "198.51.100.7", "203.0.113.10"
SHA256 = "0123456789abcdef" * 4

SCAN = {"signature": "ET SCAN Probe", "category": "Detection of a Network Scan"}
C2 = {"signature": "ET MALWARE Beacon", "category": "Malware Command and Control Activity Detected"}
TROJAN = {"signature": "ET TROJAN Thing", "category": "A Network Trojan was detected"}
EXPLOIT = {"signature": "ET EXPLOIT Thing", "category": "Attempted Administrator Privilege Gain"}
POLICY = {"signature": "SURICATA HTTP odd", "category": "Generic Protocol Command Decode"}
SHELL = {
    "signature": "GPL ATTACK_RESPONSE id check returned root",
    "category": "Successful Administrator Privilege Gain",
}
FLOOD = {"signature": "ET DOS Monlist", "category": "Attempted Denial of Service"}


def event(
    client: str, server: str, rule: dict[str, Any], *, answer: bool = False, **more: Any
) -> dict[str, Any]:
    """An alert on the flow from `client` to `server`; `answer`: the server's packet fired."""
    ends = ((client, 40_000), (server, more.pop("port", 443)))
    (src, src_port), (dest, dest_port) = reversed(ends) if answer else ends
    return {
        "timestamp": "2026-11-20T12:00:00.123456+0100",
        "flow_id": 1,
        "event_type": "alert",
        "src_ip": src,
        "src_port": src_port,
        "dest_ip": dest,
        "dest_port": dest_port,
        "proto": "TCP",
        "direction": "to_client" if answer else "to_server",
        "alert": {"gid": 1, "signature_id": 2_000_001, "rev": 3, "severity": 1, **rule},
        **more,
    }


def converted(fields: dict[str, Any], source: Source = SOURCE) -> dict[str, Any]:
    """The one detection of an event, valid under the published schema."""
    outcome = adapt("suricata", orjson.dumps(fields), source)
    assert isinstance(outcome, Converted), outcome
    (detection,) = outcome.detections
    DetectionV1.model_validate(detection)
    return detection


def values(fields: dict[str, Any], source: Source = SOURCE) -> list[tuple[str, str]]:
    """Side and value of each observable; empty if the event is skipped."""
    if isinstance(adapt("suricata", orjson.dumps(fields), source), Skipped):
        return []
    return [(found["side"], found["value"]) for found in converted(fields, source)["observables"]]
