"""Notables of Splunk: what names the victim is in no detection, whatever the rule."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.splunk.read import read
from relay.wire.detection import DetectionV1
from tests.unit.formats.splunk_notables import OUTSIDE, SHA256, notable, stash

SOURCE = Source("ee", "amber", 1_800_000_000_000, allow_documentation=True)

PLANTED = ("planted-user", "planted-host", "planted.example", "203.0.113.66", "planted-secret")
RULES = st.sampled_from((
    "Access - Brute Force", "Network - Port Scan", "Network - C2 Beacon", "Web - SQL Injection",
    "Endpoint - Malware", "Threat - Phishing Email", "Network - SYN Flood", "Some Rule",
    "Network - DNS Tunneling", "Outbound Traffic", "Access - planted-host by planted-user",
    "Risk - Threshold Exceeded for planted-host", "Data Exfiltration",
))  # fmt: skip
LINK = st.sampled_from((
    "http://attacker.example/?u=planted-user", "http://planted-host.attacker.example/",
    "https://attacker.example/planted-user@planted.example", "http://203.0.113.66/x",
    "http://attacker.example/%70lanted-host", "http://attacker.example/ok",
))  # fmt: skip
VICTIM = st.sampled_from(("planted-host", "203.0.113.66", "planted-host.planted.example"))
OWN = {
    name: value
    for value, names in {
        "planted-user": ("user", "user_name", "dest_user", "process_user", "account", "acct"),
        "planted-host": (
            "host", "dvc", "orig_host", "dest_nt_host", "hostname",
            "splunk_server", "computer_name", "risk_object", "normalized_risk_object",
        ),
        "203.0.113.66": ("dvc_ip", "src_nt_host"),
        "planted-user@planted.example": ("recipient", "owner", "user_email", "identity"),
        "planted-secret": (
            "process", "command_line", "rule_description", "orig_raw", "drilldown_search", "body",
            "file_path", "comment", "savedsearch_description", "risk_message",
        ),
    }.items()
    for name in names
}  # fmt: skip


def check(outcome: Outcome) -> None:
    """What is converted is sound, and nothing planted is in it."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if isinstance(outcome, Converted):
        for detection in outcome.detections:
            DetectionV1.model_validate(detection)
        told = orjson.dumps(outcome.detections).decode().lower()
        assert [planted for planted in PLANTED if planted in told] == []


@given(
    rule=RULES,
    victim=VICTIM,
    link=LINK,
    inward=st.booleans(),
    matched=st.booleans(),
    objects=st.booleans(),
    domain=st.sampled_from(("access", "endpoint", "network", "threat", "")),
)
def test_a_planted_victim_never_comes_out(
    rule: str, victim: str, link: str, inward: bool, matched: bool, objects: bool, domain: str
) -> None:  # fmt: skip
    """Users, hosts and the end that is not blamed are told nowhere, whatever the rule says."""
    source, target = (OUTSIDE, victim) if inward else (victim, OUTSIDE)
    ends = {"src": source, "src_ip": source, "dest": target, "dest_ip": target}
    known = {"dest_asset_id": "1"} if inward else {"src_asset_id": "1"}
    event = notable(
        rule, **OWN, **ends, **known, security_domain=domain, url=link,
        src_user="planted-user@planted.example", query=f"{victim}.attacker.example",
        file_hash=SHA256, signature="Trojan of planted-host", rule_title="planted-user",
        **({"threat_match_field": "dest", "threat_match_value": OUTSIDE} if matched else {}),
        **({"threat_object": [OUTSIDE, "planted-host", link]} if objects else {}),
    )  # fmt: skip

    check(adapt("splunk", orjson.dumps(event), SOURCE))
    text = ", ".join(f'{name}="{value}"' for name, value in event.items() if name[0] != "_")
    check(adapt("splunk", orjson.dumps(stash(f"1795172700, {text}")), SOURCE))


NUMBERS = st.sampled_from((10**400, -1, True, 0.5, float("inf")))
ANY = st.recursive(
    st.none() | NUMBERS | st.text(max_size=6) | st.sampled_from(("{", "[]", OUTSIDE, "\0", "\n")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("mitre_attack", "confidence", "x")), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from((
    "_time", "orig_time", "src", "dest", "dest_port", "threat_object", "threat_object_type", "tag",
    "threat_match_value", "threat_match_field", "annotations", "annotations.mitre_attack", "url",
    "risk_event_count", "result", "results", "event", "fields", "_raw", "file_hash", "recipient",
    "event_id", "search_name", "rule_name", "disposition", "tlp", ".", "a.src",
))  # fmt: skip


@given(st.dictionaries(NAMES, ANY, max_size=6))
def test_any_shape_of_a_notable_has_an_outcome(changes: dict[str, Any]) -> None:
    """Fields of any type in any place give a sound detection, or a reason why not."""
    check(read({**notable(src=OUTSIDE), **changes}, SOURCE))


@given(st.text(alphabet='ab=", \\\n1.', max_size=40))
def test_any_text_of_the_index_has_an_outcome(text: str) -> None:
    """A text that is cut or garbled is read as far as it goes."""
    check(read(stash(f'1795172700, search_name="x", src="{OUTSIDE}", {text}'), SOURCE))
