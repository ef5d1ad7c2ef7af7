"""OCSF in: who attacks, by the ends of a connection and by the names of what is listed."""

from typing import Any

import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import outcome_of, values
from tests.unit.formats.ocsf_events import (
    ATTACKER,
    INSIDE,
    MD5,
    OTHER,
    SHA256,
    finding,
    listing,
    named,
    titled,
)


@pytest.mark.parametrize(
    ("title", "evidence", "found"),
    [
        # One end alone: who calls is the attacker, unless it is an infected machine that calls out.
        ("x", {"src_endpoint": {"ip": ATTACKER}}, [ATTACKER]),
        ("C2 beacon", {"src_endpoint": {"ip": ATTACKER}}, []),
        ("C2 beacon", {"src_endpoint": {"ip": ATTACKER}, "api": {"operation": "X"}}, [ATTACKER]),
        ("x", {"dst_endpoint": {"ip": ATTACKER}}, [ATTACKER]),
        ("port scan", {"dst_endpoint": {"ip": ATTACKER}}, []),
        # One end is inside.
        ("x", {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": INSIDE}}, [ATTACKER]),
        ("x", {"src_endpoint": {"ip": INSIDE}, "dst_endpoint": {"ip": ATTACKER}}, [ATTACKER]),
        ("SQL injection", {"src_endpoint": {"ip": INSIDE}, "dst_endpoint": {"ip": ATTACKER}}, []),
        ("C2 beacon", {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": INSIDE}},
         [ATTACKER]),
        # Both are public: the direction tells, or the kind of attack, or nobody.
        ("x", {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": OTHER}}, []),
        ("x", {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": OTHER},
               "connection_info": {"direction_id": 1}}, [ATTACKER]),
        ("x", {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER},
               "connection_info": {"direction_id": 2}}, [ATTACKER]),
        ("x", {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER},
               "connection_info": {"direction": "Outbound"}}, [ATTACKER]),
        ("x", {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER},
               "connection_info": {"direction_id": 3}}, []),
        ("port scan", {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER},
                       "connection_info": {"direction_id": 2}}, []),
        ("port scan", {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": OTHER}},
         [ATTACKER]),
        ("C2 beacon", {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"ip": ATTACKER}},
         [ATTACKER]),
        (
            "x",
            {"src_endpoint": {"ip": ATTACKER}, "connection_info": {"direction_id": 3}},
            [],
        ),
        # What only the owner of a machine knows of it makes it the member's.
        ("x", {"src_endpoint": {"ip": ATTACKER},
               "dst_endpoint": {"ip": OTHER, "instance_uid": "i-0a1b2c3d"}}, [ATTACKER]),
        ("x", {"src_endpoint": {"ip": OTHER, "vpc_uid": "vpc-1"},
               "dst_endpoint": {"ip": ATTACKER}}, [ATTACKER]),
        # Beside an attacker's address a mere name is that of the machine attacked.
        (
            "x",
            {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"hostname": "www.victim.example"}},
            [ATTACKER],
        ),
        (
            "C2 beacon",
            {"src_endpoint": {"ip": OTHER}, "dst_endpoint": {"hostname": "c2.example"}},
            ["c2.example"],
        ),
        # A resolver only answers for others.
        ("x", {"src_endpoint": {"ip": INSIDE}, "dst_endpoint": {"ip": OTHER, "port": 53},
               "query": {"hostname": "c2.example."}}, ["c2.example"]),
        ("x", {"src_endpoint": {"ip": OTHER}, "query": {"hostname": "c2.example"}},
         ["c2.example"]),
        # Private, or evidence that somebody found harmless.
        ("x", {"src_endpoint": {"ip": INSIDE}}, []),
        ("x", {"src_endpoint": {"ip": ATTACKER}, "verdict_id": 5}, []),
    ],
)  # fmt: skip
def test_who_attacks(title: str, evidence: dict[str, Any], found: list[str]) -> None:
    """Neither an innocent nor a victim is shared as an attacker."""
    outcome = outcome_of("ocsf", titled(title, **evidence))

    if found:
        shared = values("ocsf", titled(title, **evidence))
        assert [value for _, value in shared] == found
    else:
        assert outcome == Skipped("no shareable observable")


def test_the_ends_may_stand_in_the_finding_itself() -> None:
    """Home-made findings have no evidences."""
    event = finding(evidences=None, src_endpoint={"ip": ATTACKER}, dst_endpoint={"ip": INSIDE})

    assert values("ocsf", event) == [("ipv4", ATTACKER)]


@pytest.mark.parametrize(
    ("observables", "found"),
    [
        ([named("infected_device.malware_hostname", 1, "c2.example")], ["c2.example"]),
        ([named("infected_device.ip", 2, OTHER)], []),
        ([named("source_address", 2, ATTACKER), named("local_destination_address", 2, OTHER)],
         [ATTACKER]),
        ([named("src_endpoint.ip", 2, INSIDE), named("dst_endpoint.ip", 2, ATTACKER)],
         [ATTACKER]),
        ([named("src_endpoint.ip", 2, OTHER), named("dst_endpoint.ip", 2, ATTACKER)], []),
        ([named("sourceAddress", 2, ATTACKER)], [ATTACKER]),
        ([named("dst_endpoint.hostname", 1, "c2.example")], ["c2.example"]),
        ([named("hostname", 1, "srv.victim.example")], []),
        ([named("device.hostname", 1, "srv.victim.example")], []),
        ([named("domain", 1, "c2.example")], ["c2.example"]),
        ([{"type": "Domain", "value": "c2.example"}], ["c2.example"]),
        ([{"type": "Hostname", "value": "srv.victim.example"}], []),
        ([named("device.domain", 99, "victim.example", "Domain")], []),
        ([named("query.hostname", 1, "c2.example.")], ["c2.example"]),
        ([named("ip", 2, ATTACKER)], [ATTACKER]),
        ([named("ip", 2, OTHER), named("src.ip", 2, ATTACKER)], [ATTACKER]),
        ([named("src.ip", 99, ATTACKER, "Other")], [ATTACKER]),
        ([named("remote_host", 2, ATTACKER)], [ATTACKER]),
        ([named("dns_resolver.address", 2, OTHER)], []),
        ([named("url.url_string", 6, "http://c2.example/x")], ["http://c2.example/x"]),
        ([named("dst_endpoint.url", 5, "http://c2.example/x", "URL")], ["http://c2.example/x"]),
        ([named("file.hashes.value", 8, SHA256)], [SHA256]),
        ([named("file.sha256", -1, SHA256, "SHA256")], [SHA256]),
        ([named("file.imphash", 8, MD5)], []),
        ([named("parent_process.file.hash", 8, MD5)], []),
        ([named("tls.ja3_hash.value", 8, MD5)], [MD5]),
        ([named("tls.certificate.fingerprints.value", 8, SHA256)], [SHA256]),
        ([named("email.from", 5, "Bank <pay@phish.example>")], ["pay@phish.example"]),
        ([named("email.to", 5, "anna@victim.example")], []),
        ([named("vulnerability", 18, "CVE-2026-12345")], ["CVE-2026-12345"]),
        ([named("cve", 99, "CVE-2026-12345", "CVE")], ["CVE-2026-12345"]),
        ([named("category", -1, "c2.example", "Category of infection")], []),
        ([{**named("domain", 1, "cdn.example"), "reputation": {"score_id": 1}}], []),
        ([{**named("ip", 2, ATTACKER), "type_id": None, "typeId": 2}], [ATTACKER]),
    ],
)  # fmt: skip
def test_a_listed_observable_is_whose_its_name_says(
    observables: list[dict[str, Any]], found: list[str]
) -> None:
    """Paths of the schema, and the words that products write in their place."""
    outcome = outcome_of("ocsf", listing(*observables))

    if found:
        assert [value for _, value in values("ocsf", listing(*observables))] == found
    else:
        assert outcome == Skipped("no shareable observable")


def test_what_is_listed_was_judged_where_it_stands() -> None:
    """`observables` repeats the evidences, without their direction."""
    evidence = {
        "src_endpoint": {"ip": OTHER},
        "dst_endpoint": {"ip": ATTACKER},
        "connection_info": {"direction_id": 2},
    }
    repeated = [
        named("evidences[].src_endpoint.ip", 2, OTHER),
        named("evidences[0].dst_endpoint.ip", 2, ATTACKER),
        named("src_endpoint.ip", 2, OTHER),
    ]

    found = values("ocsf", finding(evidences=[evidence], observables=repeated))

    assert found == [("ipv4", ATTACKER)]


def test_an_observable_without_a_value_is_none() -> None:
    """`value: null` stands beside others that have one."""
    empty = {"name": "query.hostname", "type_id": 1, "value": None}

    assert values("ocsf", listing(empty, named("src.ip", 2, ATTACKER))) == [("ipv4", ATTACKER)]


def test_events_that_belong_to_a_finding_list_observables_too() -> None:
    """`related_events[].observables`, since OCSF 1.1."""
    related = [{"uid": "e", "observables": [named("src_endpoint.ip", 2, ATTACKER)]}]
    event = finding(evidences=[], finding_info={"uid": "f", "related_events": related})

    assert values("ocsf", event) == [("ipv4", ATTACKER)]


def test_events_told_within_a_finding_are_its_evidences() -> None:
    """SentinelOne tells them whole, and lists their observables by their own paths."""
    event = {
        "device": {"hostname": "ws-17.victim.example", "ip": OTHER},
        "src_endpoint": {"ip": OTHER},
        "dst_endpoint": {"ip": ATTACKER},
        "file": {"hashes": [{"algorithm_id": 3, "value": SHA256}]},
        "observables": [
            {**named("device.hostname", 1, "ws-17.victim.example"), "typeName": "Hostname"},
            named("src_endpoint.ip", 2, OTHER),
        ],
    }
    told = finding(evidences=[], finding_info={"uid": "f", "related_events": [event]})

    assert values("ocsf", told) == [("ipv4", ATTACKER), ("sha256", SHA256)]


def test_an_innocent_of_one_connection_may_attack_in_another() -> None:
    """Ends that nobody can be blamed for are held back, not those of an attack beside it."""
    both = {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": OTHER}}
    clear = {"src_endpoint": {"ip": ATTACKER}, "dst_endpoint": {"ip": INSIDE}}

    assert values("ocsf", finding(evidences=[both, clear])) == [("ipv4", ATTACKER)]
