"""OCSF in: the victim's side, in whatever field it stands."""

from dataclasses import replace
from typing import Any

import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import SOURCE, detections, outcome_of, values
from tests.unit.formats.ocsf_events import AT, ATTACKER, INSIDE, OTHER, finding, named, titled

SINKHOLED = {
    "class_uid": 2001,
    "time": AT,
    "metadata": {"product": {"vendor_name": "SecurityScorecard"}},
    "finding": {"uid": "1", "title": f"Infection found on {OTHER}", "types": ["malware_infection"]},
    "observables": [
        named("infected_device.ip", 2, OTHER),
        {"name": "infected_device.malware_hostname", "type_id": 1, "value": None},
    ],
}


def test_the_name_a_sinkhole_was_asked_for_may_stand_in_its_log_only() -> None:
    """JSON in a string; the machine that asked is the victim, and the title names it."""
    data = f'{{"enc_host": "c2.example", "remote_addr": "{OTHER}", "enc_request": "GET /"}}'

    found = detections("ocsf", {**SINKHOLED, "data": data})

    assert [(o.value, o.role) for o in found[0].observables] == [("c2.example", "c2")]
    assert found[0].title == "malware_infection"


def test_the_machine_in_the_log_of_a_sinkhole_is_hidden() -> None:
    """It may stand nowhere else but in the title."""
    data = f'{{"enc_host": "c2.example", "remote_addr": "{OTHER}"}}'

    found = detections("ocsf", {**SINKHOLED, "observables": [], "data": data})

    assert found[0].title == "malware_infection"


def test_a_listed_victim_is_in_no_title() -> None:
    """It may be told in the observables only."""
    event = finding(
        observables=[named("device.ip", 2, OTHER)],
        finding_info={"uid": "f", "title": f"Connection from {OTHER}"},
    )

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


def test_who_cannot_be_blamed_is_in_no_title() -> None:
    """Neither of two public ends, where nothing tells which of them attacks."""
    both = {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": "203.0.113.10"}}
    event = finding(
        evidences=[both, {"src_endpoint": {"ip": ATTACKER}}],
        finding_info={"uid": "f", "title": f"{OTHER} met 203.0.113.10"},
    )

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


@pytest.mark.parametrize("data", ["", "{", "[]", '"c2.example"', None, {"enc_host": "c2.example"}])
def test_a_log_that_is_no_json_is_not_read(data: object) -> None:
    """Nothing is mined from text."""
    assert outcome_of("ocsf", {**SINKHOLED, "data": data}) == Skipped("no shareable observable")


def test_other_products_data_is_not_read() -> None:
    """Only what is known to be the log of a sinkhole is."""
    event = finding(evidences=[], data='{"enc_host": "c2.example"}')

    assert outcome_of("ocsf", event) == Skipped("no shareable observable")


@pytest.mark.parametrize(
    "holder",
    [
        {"user": {"name": "j.tamm"}},
        {"users": [{"name": "j.tamm"}]},
        {"actor": {"user": {"email_addr": "j.tamm"}}},
        {"actor": {"process": {"user": {"name": "j.tamm"}}}},
        {"actor": {"session": {"uid": "j.tamm"}}},
        {"process": {"user": {"uid": "j.tamm"}}},
        {"process": {"parent_process": {"user": {"uid": "j.tamm"}}}},
        {"file": {"owner": {"name": "j.tamm"}}},
        {"device": {"owner": {"account": {"name": "j.tamm"}}}},
        {"device": {"network_interfaces": [{"hostname": "j.tamm"}]}},
        {"resources": [{"data": {"UserName": "j.tamm"}}]},
        {"resources": [{"owner": {"name": "j.tamm"}}]},
        {"container": {"name": "j.tamm"}},
        {"assignee": {"name": "j.tamm"}},
        {"email": {"to": ["J <j.tamm>"]}},
        {"metadata": {"tenant_uid": "j.tamm"}},
        {"cloud": {"account": {"name": "j.tamm"}}},
        {"cloud": {"account_uid": "j.tamm"}},
        {"device": {"domain": "j.tamm"}},
        {"observables": [named("actor.name", 99, "j.tamm", "Other")]},
    ],
)
def test_whatever_names_the_victim_is_in_no_title(holder: dict[str, Any]) -> None:
    """Whoever it is, and wherever it stands."""
    event = finding(**holder, finding_info={"uid": "f", "title": "Login of j.tamm failed"})

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


def test_a_title_that_names_the_victim_is_replaced() -> None:
    """By the type, or by words of the relay's."""
    info = {"uid": "f", "title": "Login to ws-17 failed", "types": ["UnauthorizedAccess"]}
    event = finding(device={"hostname": "ws-17"}, finding_info=info)
    bare = finding(device={"hostname": "ws-17"}, finding_info={"title": "On ws-17"})

    assert detections("ocsf", event)[0].title == "UnauthorizedAccess"
    assert detections("ocsf", bare)[0].title == "OCSF detection finding"


def test_a_title_that_names_the_site_that_was_attacked_is_replaced() -> None:
    """Of an attack from outside the URL is the victim's."""
    url = {"url_string": "https://www.victim.example/", "hostname": "www.victim.example"}
    event = finding(
        evidences=[{"src_endpoint": {"ip": ATTACKER}, "url": url}],
        finding_info={"uid": "f", "title": "Requests to www.victim.example"},
    )

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


@pytest.mark.parametrize("outward", [False, True])
def test_a_title_that_names_the_end_that_was_hit_is_replaced(outward: bool) -> None:
    """Which of them that is depends on the direction."""
    victim, attacker = {"ip": INSIDE, "name": "till-17"}, {"ip": ATTACKER}
    source, destination = (victim, attacker) if outward else (attacker, victim)
    event = finding(
        evidences=[{"src_endpoint": source, "dst_endpoint": destination}],
        finding_info={"uid": "f", "title": "A connection of till-17"},
    )

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


@pytest.mark.parametrize(
    "uid",
    [
        "arn:aws:ec2:eu-central-1:111122223333:instance/i-0a1b2c3d4e",
        "AWS::IAM::AccessKey:i-0a1b2c3d4e",
    ],
)
def test_an_id_within_a_composed_id_is_the_victims_too(uid: str) -> None:
    """Titles name `i-…` without the rest of its name."""
    info = {"uid": "f", "title": "Instance i-0a1b2c3d4e was probed"}
    event = finding(resources=[{"uid": uid}], finding_info=info)

    assert detections("ocsf", event)[0].title == "OCSF detection finding"


def test_the_account_within_the_findings_own_id_is_hidden() -> None:
    """It stands in names of resources, which stand in titles."""
    info = {
        "uid": "arn:aws:guardduty:us-east-2:111122223333:detector/1/finding/2",
        "title": "Trail arn:aws:cloudtrail:us-east-2:111122223333:trail/main was disabled",
    }

    assert detections("ocsf", finding(finding_info=info))[0].title == "OCSF detection finding"


def test_addresses_in_a_resources_data_are_the_victims() -> None:
    """Public ones of the instance that was hit: an object, or JSON in a string."""
    data = f'{{"AwsEc2Instance": {{"IpV4Addresses": ["{OTHER}", "10.1.2.3"], "VpcId": "vpc-1"}}}}'
    evidence = {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER}}

    for held in (data, {"PublicIp": OTHER}):
        event = finding(resources=[{"data": held}], evidences=[evidence])
        assert values("ocsf", event) == [("ipv4", ATTACKER)]


def test_every_one_of_very_many_victims_is_hidden() -> None:
    """However many machines a finding names."""
    resources = [
        {"ip": f"203.0.113.{number % 256}", "uid": f"r-{number}"} for number in range(9000)
    ]
    evidence = {"dst_endpoint": {"ip": OTHER, "hostname": "r-8999.example"}}
    event = finding(resources=resources, evidences=[evidence, {"src_endpoint": {"ip": ATTACKER}}])

    assert values("ocsf", event) == [("ipv4", ATTACKER)]


def test_the_members_own_names_never_come_out() -> None:
    """The member names its domains and networks to the adapter."""
    source = replace(SOURCE, own_domains=("victim.example",))
    event = titled("C2 beacon", dst_endpoint={"hostname": "www.victim.example"})

    assert outcome_of("ocsf", event, source) == Skipped("no shareable observable")
