"""OCSF in: whatever a finding holds, and wherever the victim stands in it."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.ocsf.indicators import TYPE_IDS
from relay.formats.outcome import Converted, Refused, Skipped, Source
from relay.model.vocabulary import OBSERVABLE_TYPES
from relay.wire.detection import DetectionV1

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
ATTACKER = "198.51.100.7"
PUBLIC = "203.0.113.77"  # of the victim, and it has no mark of that but the field it stands in
PLANTED = (
    PUBLIC, "10.66.77.88", "planted-host", "planted-user", "planted-secret", "victim.org",
    "111122223333", "i-0badc0ffee",
)  # fmt: skip
HASH = "9f2c4e1ab06d7758c3e9d1f4a2b85c6e7d0f3a1928b4c5d6e7f8091a2b3c4d5e"

TITLES = st.sampled_from((
    "Something was found", "C2 beacon", "Port scan", "SQL injection", "Phishing", "DDoS",
    f"Login to {PUBLIC}", "planted-user on planted-host was hit", "i-0badc0ffee was probed",
))  # fmt: skip
CLASSES = st.sampled_from((2001, 2004))
DIRECTIONS = st.sampled_from((None, 0, 1, 2, 3, 4, 99, "Inbound", "outbound", "-"))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False),
    st.text(max_size=12).filter(lambda text: text.isascii() or text.isprintable()),
    st.sampled_from((ATTACKER, PUBLIC, HASH, "c2.evil.example", "http://c2.evil.example/x", 4, 99)),
)  # fmt: skip
FIELDS = (
    "class_uid", "type_uid", "time", "time_dt", "metadata", "finding_info", "finding", "evidences",
    "observables", "osint", "malware", "vulnerabilities", "resources", "device", "actor", "user",
    "cloud", "status_id", "verdict_id", "severity_id", "severity", "confidence_id", "data",
    "compliance", "src_endpoint", "dst_endpoint", "detail", "analytic", "count", "email", "process",
)  # fmt: skip
INNER = (
    "src_endpoint", "dst_endpoint", "ip", "hostname", "port", "url", "url_string", "file", "hashes",
    "value", "algorithm", "algorithm_id", "name", "type_id", "type", "uid", "query", "tls", "sni",
    "connection_info", "direction_id", "process", "actor", "email", "from", "to", "labels", "tlp",
    "findings", "title", "types", "attacks", "technique", "first_seen_time", "last_seen_time",
    "related_events", "observables", "cve", "files", "data", "reputation", "score_id", "product",
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(INNER), inner, max_size=4)
    ),
    max_leaves=12,
)


def finding(**more: Any) -> dict[str, Any]:
    """A finding with one attacker."""
    return {
        "class_uid": 2004,
        "time": 1_795_000_000_000,
        "severity_id": 4,
        "metadata": {"product": {"name": "Guard", "vendor_name": "Example"}},
        "finding_info": {"uid": "f", "title": "x"},
        "evidences": [{"src_endpoint": {"ip": ATTACKER}}],
        **more,
    }


def check(outcome: object) -> None:
    """An outcome is one of three, and what is converted is valid and canonical."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if isinstance(outcome, Converted):
        for detection in outcome.detections:
            for found in DetectionV1.model_validate(detection).observables:
                again = canonical(found.type, found.value, allow_documentation=True)
                assert again == Canonical(found.type, found.value)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8))
def test_any_shape_of_a_finding_has_an_outcome(more: dict[str, Any]) -> None:
    """Fields of any type in any place give a valid detection, or a reason why not."""
    check(adapt("ocsf", orjson.dumps(finding(**more)), SOURCE))


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4), JSON)
def test_any_shape_of_its_parts_has_an_outcome(
    evidences: list[Any], observables: list[Any], info: Any
) -> None:
    """The lists that are read most may hold anything."""
    event = finding(evidences=evidences, observables=observables, finding_info=info)

    check(adapt("ocsf", orjson.dumps(event), SOURCE))


def machine() -> dict[str, Any]:
    """A machine of the victim, told in every field there is for it."""
    return {
        "ip": PUBLIC, "ip_addresses": [PUBLIC], "hostname": "planted-host", "name": "planted-host",
        "domain": "victim.org", "uid": "i-0badc0ffee", "instance_uid": "i-0badc0ffee",
        "network_interfaces": [{"ip": PUBLIC, "hostname": "planted-host"}],
        "owner": {"name": "planted-user", "email_addr": "planted-user@victim.org"},
        "desc": "planted-secret",
    }  # fmt: skip


def person() -> dict[str, Any]:
    """A user of the victim."""
    return {
        "name": "planted-user", "email_addr": "planted-user@victim.org", "uid": "planted-user",
        "full_name": "planted-user", "account": {"uid": "111122223333", "name": "planted-secret"},
    }  # fmt: skip


def crowded(title: str, evidence: dict[str, Any]) -> dict[str, Any]:
    """A finding in which all that can be the victim's is, besides one evidence."""
    arn = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0badc0ffee"
    mail = {
        "from": "planted-user@victim.org", "to": ["planted-user@victim.org"],
        "cc": "planted-user@victim.org", "subject": "planted-secret",
        "urls": [{"url_string": "http://c2.evil.example/?u=planted-user"}],
    }  # fmt: skip
    return finding(
        finding_info={"uid": arn, "title": title, "desc": "planted-secret",
                      "types": [title], "src_url": f"https://{PUBLIC}/planted-secret",
                      "analytic": {"uid": "r", "name": title, "desc": "planted-secret"}},
        message=f"{title} planted-secret", raw_data="planted-secret", data="planted-secret",
        status_detail="planted-secret", comment="planted-secret", unmapped={"x": "planted-secret"},
        metadata={"product": {"name": "Guard"}, "tenant_uid": "planted-secret"},
        cloud={"account": {"uid": "111122223333", "name": "planted-secret"}},
        device=machine(), user=person(), assignee=person(),
        actor={"user": person(), "session": {"uid": "planted-secret"},
               "process": {"cmd_line": "planted-secret", "name": "planted-secret",
                           "user": person(), "file": {"path": "/home/planted-user/x"}}},
        resources=[{**machine(), "uid": arn, "owner": person(),
                    "data": f'{{"PublicIp": "{PUBLIC}", "UserName": "planted-user"}}',
                    "details": {"IpV4Addresses": [PUBLIC], "PrincipalName": "planted-user"}}],
        evidences=[
            evidence, {"user": person(), "device": machine(), "data": "planted-secret"},
            {"email": mail}, {"process": {"cmd_line": "planted-secret", "name": "planted-host"}},
            {"file": {"name": "planted-secret", "path": "C:\\Users\\planted-user\\x.exe",
                      "hashes": [{"value": HASH}], "owner": person()}},
        ],
        malware=[{"name": "planted-host", "path": "/home/planted-user/x"}],
        enrichments=[{"name": "device.ip", "value": PUBLIC, "data": {"x": "planted-secret"}}],
        observables=[
            {"name": "device.ip", "type_id": 2, "value": PUBLIC},
            {"name": "hostname", "type_id": 1, "value": "planted-host.victim.org"},
            {"name": "actor.user.name", "type_id": 4, "value": "planted-user"},
            {"name": "process.cmd_line", "type_id": 13, "value": "planted-secret"},
            {"name": "resources[].uid", "type_id": 10, "value": arn},
            {"name": "remarks", "type_id": 99, "type": "Other", "value": "planted-secret"},
            {"name": "email.to", "type_id": 5, "value": "planted-user@victim.org"},
        ],
    )  # fmt: skip


@given(
    title=TITLES,
    direction=DIRECTIONS,
    outward=st.booleans(),
    victim=st.sampled_from((PUBLIC, "10.66.77.88")),
    url=st.sampled_from((
        "https://planted-host.victim.org/x", f"http://{PUBLIC}/x",
        "http://c2.evil.example/planted-user", "http://c2.evil.example/x?token=planted-secret",
        "http://c2.evil.example/?next=http://10.66.77.88/",
    )),
    asked=st.sampled_from((
        "", "c2.evil.example", "planted-host.c2.evil.example", "www.victim.org",
    )),
)  # fmt: skip
def test_a_planted_victim_never_comes_out(
    title: str, direction: Any, outward: bool, victim: str, url: str, asked: str
) -> None:
    """Machines, users, accounts and secrets of the victim's side are in no detection, whatever the
    direction, the kind of attack, and the field they stand in."""
    ends = [{**machine(), "ip": victim}, {"ip": ATTACKER, "port": 443}]
    source, destination = ends if outward else reversed(ends)
    key = "direction" if isinstance(direction, str) else "direction_id"
    evidence = {
        "src_endpoint": source, "dst_endpoint": destination, "connection_info": {key: direction},
        "url": {"url_string": url, "hostname": asked}, "query": {"hostname": asked},
        "tls": {"sni": asked}, "http_request": {"user_agent": "planted-user"},
    }  # fmt: skip

    outcome = adapt("ocsf", orjson.dumps(crowded(title, evidence)), SOURCE)

    check(outcome)
    assert isinstance(outcome, Converted)
    told = orjson.dumps(outcome.detections).decode()
    assert [planted for planted in PLANTED if planted in told] == []


@given(
    names=st.sampled_from((
        ("source_address", "local_destination_address"), ("remote_ip", "infected_device.ip"),
        ("src_endpoint.ip", "device.ip"), ("dst.ip", "computer.ipAddress"),
        ("attacker.ip", "victim.ip"), ("threat.indicator.ip", "targets[].ip"),
    )),
    kind=st.sampled_from((2, "2", 99, None)),
)  # fmt: skip
def test_a_listed_victim_never_comes_out(names: tuple[str, str], kind: object) -> None:
    """The name of an observable tells whose it is, in the words of any product."""
    listed = [
        {"name": name, "type_id": kind, "type": "IP Address", "value": value}
        for name, value in zip(names, (ATTACKER, PUBLIC), strict=True)
    ]

    outcome = adapt("ocsf", orjson.dumps(finding(evidences=[], observables=listed)), SOURCE)

    assert isinstance(outcome, Converted)
    told = [found.value for found in DetectionV1.model_validate(outcome.detections[0]).observables]
    assert told == [ATTACKER]


def test_each_type_of_observable_has_a_number_or_its_own_name() -> None:
    """A new type is rendered as Other until OCSF has a number for it."""
    assert set(TYPE_IDS) <= set(OBSERVABLE_TYPES)
