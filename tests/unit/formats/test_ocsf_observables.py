"""OCSF in: what the attacker's end is, serves and leaves behind."""

from typing import Any

import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import detections, outcome_of, values
from tests.unit.formats.ocsf_events import ATTACKER, INSIDE, MD5, OTHER, SHA256, finding, titled


def test_all_that_the_called_end_is_and_serves_is_found() -> None:
    """Address and port, name, URL, what TLS shows of it, and the malware's own fingerprint."""
    event = titled(
        "C2 beacon",
        src_endpoint={"ip": INSIDE, "hostname": "ws-17.victim.example"},
        dst_endpoint={"ip": ATTACKER, "port": 8443, "hostname": "a.c2.example"},
        connection_info={"direction_id": 2, "protocol_name": "TCP"},
        url={"url_string": "https://b.c2.example:8443/x", "hostname": "b.c2.example"},
        tls={
            "sni": "d.c2.example",
            "ja3_hash": {"value": MD5},
            "ja3s_hash": {"value": MD5[::-1]},
            "certificate": {"fingerprints": [{"value": SHA256}]},
        },
        query={"hostname": "q.c2.example"},
    )

    found = detections("ocsf", event)[0].observables

    assert {(o.type, o.value) for o in found} == {
        ("ipv4", ATTACKER), ("domain", "a.c2.example"), ("domain", "b.c2.example"),
        ("domain", "d.c2.example"), ("domain", "q.c2.example"),
        ("url", "https://b.c2.example:8443/x"), ("ja3", MD5), ("ja3s", MD5[::-1]),
        ("cert-sha256", SHA256),
    }  # fmt: skip
    address = found[0]
    assert (address.side, address.role, address.port, address.protocol) == (
        "infrastructure", "c2", 8443, "tcp",
    )  # fmt: skip


@pytest.mark.parametrize(("type_id", "found"), [(1, True), (None, True), (2, False), (4, False)])
def test_of_the_fingerprints_of_ja4_only_that_of_the_client_counts(
    type_id: int | None, found: bool
) -> None:
    """The others are no JA4."""
    print_ = {"type_id": type_id, "value": "t13d1516h2_8daaf6152771_02713d6af862"}
    event = finding(
        evidences=[{"src_endpoint": {"ip": ATTACKER}, "ja4_fingerprint_list": [print_]}]
    )

    assert (("ja4", print_["value"]) in values("ocsf", event)) is found


def test_what_the_member_serves_is_not_the_attackers() -> None:
    """Of an attack from outside the URL and the certificate are the victim's."""
    event = titled(
        "SQL injection",
        src_endpoint={"ip": ATTACKER},
        dst_endpoint={"ip": INSIDE, "hostname": "www.victim.example"},
        url={"url_string": "https://www.victim.example/?id=1", "hostname": "www.victim.example"},
        http_request={"url": {"url_string": "https://shop.victim.example/"}},
        tls={"sni": "www.victim.example", "ja3_hash": {"value": MD5}},
    )

    assert values("ocsf", event) == [("ipv4", ATTACKER), ("ja3", MD5)]


@pytest.mark.parametrize("direction_id", [1, 3])
def test_what_is_served_to_the_inside_is_the_members(direction_id: int) -> None:
    """Also behind a balancer, where the source is inside, too."""
    evidence = {
        "src_endpoint": {"ip": INSIDE},
        "connection_info": {"direction_id": direction_id},
        "url": {"url_string": "https://www.victim.example/?id=1"},
        "query": {"hostname": "www.victim.example"},
        "tls": {"sni": "www.victim.example"},
    }

    assert outcome_of("ocsf", titled("x", **evidence)) == Skipped("no shareable observable")


def test_a_url_in_pieces_is_put_together() -> None:
    """Without `url_string`."""
    url = {"scheme": "https", "hostname": "c2.example", "path": "/a", "query_string": "b=c"}

    found = values("ocsf", finding(evidences=[{"url": url}]))

    assert found == [("url", "https://c2.example/a?b=c"), ("domain", "c2.example")]


def test_the_name_of_a_service_that_everybody_uses_is_no_indicator() -> None:
    """The URL at it is."""
    url = {
        "url_string": "https://raw.githubusercontent.com/a/b",
        "hostname": "githubusercontent.com",
    }
    event = finding(evidences=[{"url": url, "query": {"hostname": "github.com"}}])

    assert values("ocsf", event) == [("url", "https://raw.githubusercontent.com/a/b")]


@pytest.mark.parametrize(
    ("evidence", "found"),
    [
        ({"file": {"hashes": [{"algorithm_id": 3, "value": SHA256}]}}, [("sha256", SHA256)]),
        ({"file": {"fingerprints": [{"algorithm": "MD5", "value": MD5}]}}, [("md5", MD5)]),
        ({"file": {"hashes": [{"algorithm_id": 5, "value": SHA256}]}}, []),
        ({"file": {"hashes": [{"algorithm_id": 99, "algorithm": "imphash", "value": MD5}]}}, []),
        ({"file": {"hashes": [{"algorithm": "Imphash", "value": MD5}]}}, []),
        ({"process": {"file": {"hashes": [{"value": SHA256}]}}}, [("sha256", SHA256)]),
        ({"actor": {"process": {"file": {"hashes": [{"value": SHA256}]}}}}, [("sha256", SHA256)]),
        (
            {"actor": {"process": {"file": {"hashes": [{"value": SHA256}]}}},
             "file": {"hashes": [{"value": MD5}]}},
            [("md5", MD5)],
        ),
        ({"process": {"file": {"name": "powershell.exe", "hashes": [{"value": MD5}]}}}, []),
        (
            {"process": {"file": {"path": "C:\\Windows\\System32\\cmd.exe",
                                  "hashes": [{"value": MD5}]}}},
            [],
        ),
        (
            {"file": {"name": "svchost.exe", "path": "C:\\Users\\Public\\svchost.exe",
                      "hashes": [{"value": MD5}]}},
            [("md5", MD5)],
        ),
        ({"process": {"parent_process": {"file": {"hashes": [{"value": MD5}]}}}}, []),
        ({"script": {"hashes": [{"value": SHA256}]}}, [("sha256", SHA256)]),
    ],
)  # fmt: skip
def test_files_are_known_by_their_digests(
    evidence: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """Not by fuzzy ones, not those of programs that everybody has, not those of who was told to."""
    with_address = finding(evidences=[evidence, {"src_endpoint": {"ip": ATTACKER}}])

    assert values("ocsf", with_address) == [*found, ("ipv4", ATTACKER)]


def test_of_a_mail_the_sender_counts_and_what_it_brings() -> None:
    """Recipients are victims; a sender of their own house is forged."""
    mail = {
        "from": "Bank <pay@phish.example>",
        "reply_to": "director@victim.example",
        "to": ["Anna <anna@victim.example>"],
        "x_originating_ip": [ATTACKER],
        "urls": [{"url_string": "http://login.phish.example/"}],
        "files": [{"hashes": [{"algorithm_id": 3, "value": SHA256}]}],
    }

    found = values("ocsf", finding(evidences=[{"email": mail}]))

    assert found == [
        ("email", "pay@phish.example"), ("ipv4", ATTACKER),
        ("url", "http://login.phish.example/"), ("sha256", SHA256),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("indicator", "found"),
    [
        ({"type_id": 1, "value": ATTACKER}, [("ipv4", ATTACKER)]),
        ({"type_id": 2, "value": "c2.example"}, [("domain", "c2.example")]),
        ({"type_id": 4, "value": SHA256}, [("sha256", SHA256)]),
        ({"type_id": 5, "value": "http://c2.example/"}, [("url", "http://c2.example/")]),
        ({"type_id": 7, "value": SHA256}, [("cert-sha256", SHA256)]),
        ({"type_id": 9, "value": "a@c2.example"}, [("email", "a@c2.example")]),
        ({"type_id": 10, "value": "CVE-2026-12345"}, [("cve", "CVE-2026-12345")]),
        ({"type_id": 99, "type": "jarm", "value": "ab" * 31}, [("jarm", "ab" * 31)]),
        ({"type_id": 99, "type": "mood", "value": "c2.example"}, []),
        ({"type_id": 1, "value": OTHER, "reputation": {"score_id": 2}}, []),
    ],
)
def test_indicators_that_were_met_are_the_attackers(
    indicator: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """The profile `osint`; what is known as safe is no indicator."""
    event = finding(osint=[indicator, {"type_id": 5, "value": "http://always.example/"}])

    assert set(values("ocsf", event)) == {
        ("ipv4", ATTACKER), ("url", "http://always.example/"), *found,
    }  # fmt: skip


def test_vulnerabilities_and_malware_add_what_they_name() -> None:
    """`cvss` is an object in old versions, a list in new ones: it is not read."""
    event = finding(
        evidences=[{"dst_endpoint": {"ip": ATTACKER}}],
        vulnerabilities=[
            {"cve": {"uid": "CVE-2026-12345", "cvss": {"base_score": 4.7}}},
            {"cve": {"uid": "CVE-2026-23456", "cvss": [{"base_score": 4.7}]}},
        ],
        malware=[{
            "name": "X", "cves": [{"uid": "CVE-2026-34567"}],
            "files": [{"hashes": [{"algorithm_id": 3, "value": SHA256}]}],
        }],
    )  # fmt: skip

    assert values("ocsf", event) == [
        ("ipv4", ATTACKER), ("cve", "CVE-2026-12345"), ("cve", "CVE-2026-23456"),
        ("cve", "CVE-2026-34567"), ("sha256", SHA256),
    ]  # fmt: skip
