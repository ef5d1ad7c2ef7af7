from typing import Any

import pytest

from relay.formats.outcome import NOTHING_SHAREABLE
from tests.unit.formats.ecs_documents import (
    AT,
    ATTACKER,
    MD5,
    OTHER,
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
from tests.unit.formats.kit import outcome_of, values

BLAMED = [("ipv4", ATTACKER)]

FILE = {"name": "a.dll", "path": "C:\\Temp\\a.dll", "hash": {"sha256": SHA256, "md5": MD5}}


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (alert("malware", "file", file=FILE, process={**PROGRAM, "hash": {"sha1": SHA1}}),
         [("sha256", SHA256), ("md5", MD5)]),
        (alert("process", process=PROGRAM), [("sha256", SHA256)]),
        (alert("malware", "library", dll={"name": "b.dll", "hash": {"sha256": SHA256}}),
         [("sha256", SHA256)]),
        (alert("malware", file={"path": "C:\\Windows\\System32\\odd.exe",
                                "hash": {"sha256": SHA256}}), [("sha256", SHA256)]),
        ({"@timestamp": AT, "event": {"severity": 21},
          "crowdstrike": {"DetectName": "x", "FileName": "a.exe", "SHA256String": SHA256}},
         [("sha256", SHA256)]),
    ],
)  # fmt: skip
def test_the_file_that_an_alert_is_about_is_shared(
    event: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """The file, or failing one the library or the process."""
    assert values("ecs", event) == found


@pytest.mark.parametrize(
    "event",
    [
        alert("process", process={**PROGRAM, "executable": "C:\\Windows\\System32\\odd.exe"}),
        alert("process", process={**PROGRAM, "executable": "/usr/bin/odd"}),
        alert("process", process={**PROGRAM, "code_signature": {"trusted": True}}),
        alert("process", process={**PROGRAM, "code_signature": {"subject_name": "Microsoft x"}}),
        alert("malware", process={**PROGRAM, "name": "PowerShell.EXE"}),
        alert("malware", file={"name": "cmd.exe", "hash": {"sha256": SHA256}}),
        alert("malware", file={"hash": {"sha256": SHA256}}, process={"name": "explorer.exe"}),
        alert("malware", dll=[{"hash": {"sha256": SHA256}}]),
        alert("malware", process={"parent": {"hash": {"sha256": SHA256}}}),
        alert("malware", process={"Ext": {"code_signature": [{"thumbprint_sha256": SHA256}]}}),
        alert("malware", related={"hash": [SHA256], "ip": [ATTACKER]}),
        alert("malware", file={"hash": {"sha1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}}),
        alert("malware", file={"hash": {"sha1": "0" * 40, "sha256": "string"}}),
        alert("file", file={"name": "cmd.exe", "hash": {"sha256": SHA256}}, process=PROGRAM),
        finding("high", "file", event={"created": AT}, file=FILE),
    ],
)  # fmt: skip
def test_files_of_everybody_and_of_the_sensor_are_not_shared(event: dict[str, Any]) -> None:
    """Programs of the system and of trusted makers, parents, loaded libraries, signers, bags of
    related values, and placeholders: their digests are those of innocents."""
    assert outcome_of("ecs", event) == NOTHING_SHAREABLE


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (indicator("ipv4-addr", ip=ATTACKER), BLAMED),
        (indicator("ipv6-addr", ip=["2001:DB8:0:0::1"]), [("ipv6", "2001:db8::1")]),
        (indicator("ipv4-addr", ip="198.51.0.0/16"), [("cidr", "198.51.0.0/16")]),
        (indicator("domain-name", url={"domain": "a.example"}, ip=ATTACKER),
         [("domain", "a.example"), ("ipv4", ATTACKER)]),
        (indicator("url", url={"full": "http://a.example/x", "domain": "a.example"}, ip=ATTACKER),
         [("url", "http://a.example/x")]),
        (indicator("url", url={"full": f"http://{ATTACKER}:81/x", "domain": ATTACKER}, ip=ATTACKER),
         [("url", f"http://{ATTACKER}:81/x"), ("ipv4", ATTACKER)]),
        (indicator("file", file={"hash": {"sha1": SHA1, "sha256": SHA256, "ssdeep": "x"}}),
         [("sha256", SHA256), ("sha1", SHA1)]),
        (indicator("email-addr", email={"address": "A@b.example"}), [("email", "a@b.example")]),
        (indicator("mutex", name="Global\\m"), [("mutex", "Global\\m")]),
        (indicator("windows-registry-key", registry={"key": "HKLM\\x"}), [("regkey", "HKLM\\x")]),
        (document("alert", "file", threat={"indicator": [{"ip": ATTACKER}]}), BLAMED),
    ],
)  # fmt: skip
def test_an_indicator_is_what_it_points_at(
    event: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """A URL is not the name that serves it; an address beside a name is where the name led."""
    assert values("ecs", event) == found


def test_a_match_with_an_indicator_is_the_attackers() -> None:
    """Indicator match rules say what of the event stood on a list, and which list."""
    matches = [
        {
            "indicator": {"type": "url", "url": {"full": "http://a.example/x"}},
            "matched": {"atomic": "http://a.example/x", "field": "url.full"},
        },
        {"matched": {"atomic": SHA256, "field": "file.hash.sha256"}},
        {"matched": {"atomic": "b.example", "field": "dns.question.name"}},
        {"matched": {"atomic": "anna", "field": "user.id"}},
    ]
    event = signal(**{"threat.enrichments": matches}, **traffic("10.0.0.1", "10.0.0.2"))

    assert values("ecs", event) == [
        ("url", "http://a.example/x"),
        ("sha256", SHA256),
        ("domain", "b.example"),
    ]


def test_the_matches_of_wazuh_5_are_read() -> None:
    """Wazuh 5 keeps them in its own part."""
    event = finding("high", "malware", event={"created": AT, "kind": "alert"})
    event["wazuh"]["threat"] = {"enrichments": {"indicator": {"file": {"hash": {"md5": MD5}}}}}

    assert values("ecs", event) == [("md5", MD5)]


MAIL: dict[str, Any] = {
    "email": {
        "from": {"address": ["<crook@a.example>"]},
        "to": {"address": ["anna@member.example"]},
        "attachments": [{"file": {"hash": {"sha256": SHA256}}}],
    },
    "source": {"ip": ATTACKER},
    "url": {"full": "https://phish.example/x"},
}


def test_of_a_message_the_sender_is_shared() -> None:
    """Sending server, sender, links and attachments of what was found to be an attack."""
    assert values("ecs", alert("email", **MAIL)) == [
        ("ipv4", ATTACKER),
        ("email", "crook@a.example"),
        ("url", "https://phish.example/x"),
        ("sha256", SHA256),
    ]


def test_a_forged_sender_of_the_members_own_domain_is_not_shared() -> None:
    """Who writes as a colleague is not the colleague."""
    forged = {**MAIL["email"], "from": {"address": "boss@member.example"}}
    found = values("ecs", alert("email", **{**MAIL, "email": forged}))

    assert "email" not in {kind for kind, _ in found}


def test_what_vision_one_highlights_is_read() -> None:
    """Names and URLs; the link to its own console is none of them."""
    pieces = [{"type": "url", "value": "http://a.example/x"}, {"type": "ip", "value": OTHER}]
    event = alert("email", trend_micro_vision_one={"alert": {"indicators": pieces}},
                  url={"original": "https://console.example/w"})  # fmt: skip

    assert values("ecs", event) == [("url", "http://a.example/x")]


def test_evidence_of_defender_counts_by_its_verdict() -> None:
    """Of what Defender XDR lists only what it found malicious or suspicious is shared."""
    evidence = [
        {"verdict": "malicious", "ip_address": ATTACKER},
        {"verdict": "suspicious", "image_file": {"name": "x.exe", "sha256": SHA256}},
        {"verdict": "suspicious", "image_file": {"name": "powershell.exe", "sha1": SHA1}},
        {"verdict": "unknown", "ip_address": OTHER, "device_dns_name": "planted-host"},
    ]
    event = alert("process", m365_defender={"alert": {"evidence": evidence}}, process=PROGRAM)

    assert values("ecs", event) == [("ipv4", ATTACKER), ("sha256", SHA256)]
