import pytest

from tests.unit.formats.idea0_events import (
    ATTACKER,
    IP,
    MD5,
    SHA1,
    SHA256,
    URL,
    VICTIM,
    Event,
    an_event,
    found,
    of_source,
)
from tests.unit.formats.kit import detections, values

WRITTEN = (
    ("scalar", {"IP4": ATTACKER}, [IP]),
    ("key of no standard", {"IP": [ATTACKER]}, [IP]),
    ("in the other key", {"IP4": ["2001:db8::7"]}, [("ipv6", "2001:db8::7")]),
    ("IPv6 in capitals", {"IP6": ["2001:DB8::BB2B:F258"]}, [("ipv6", "2001:db8::bb2b:f258")]),
    ("network", {"IP4": ["203.0.113.0/25"]}, [("cidr", "203.0.113.0/25")]),
    ("network of IPv6", {"IP6": ["2001:DB8::42:0/112"]}, [("cidr", "2001:db8::42:0/112")]),
    ("network of one", {"IP4": [f"{ATTACKER}/32"]}, [IP]),
    ("too wide", {"IP4": ["0.0.0.0/0", "192.0.0.0/8"]}, None),
    ("range that is a network", {"IP4": ["203.0.113.64 - 203.0.113.127"]},
     [("cidr", "203.0.113.64/26")]),
    ("range of one", {"IP4": [f"{ATTACKER}-{ATTACKER}"]}, [IP]),
    ("range of two networks", {"IP4": ["203.0.113.2-203.0.113.5"]},
     [("cidr", "203.0.113.2/31"), ("cidr", "203.0.113.4/31")]),
    ("range of neighbours", {"IP4": ["203.0.113.7-203.0.113.8"]},
     [IP, ("ipv4", "203.0.113.8")]),
    ("range of too many networks", {"IP4": ["203.0.112.1-203.0.127.254"]}, None),
    ("range wider than a network", {"IP4": ["45.0.0.0-45.2.0.0"]}, None),
    ("range wider than a network of IPv6", {"IP6": ["2001:db8::-2001:db9::1"]}, None),
    ("range of both kinds", {"IP4": ["203.0.113.2-2001:db8::1"]}, None),
    ("range backwards", {"IP4": ["203.0.113.5-203.0.113.2"]}, None),
    ("range without ends", {"IP4": ["-"]}, None),
    ("private", {"IP4": ["10.0.2.15"]}, None),
    ("host name", {"Hostname": ["C2.Example."]}, [("domain", "c2.example")]),
    ("address as a host name", {"Hostname": [ATTACKER]}, [IP]),
    ("address that is a URL's", {"URL": [f"http://{ATTACKER}/x"]}, [("url", f"http://{ATTACKER}/x")]),
    ("URL without its scheme", {"URL": ["c2.example:8080/x"]}, [("url", "http://c2.example:8080/x")]),
    ("URL of a host alone", {"URL": ["c2.example:80"]}, [("domain", "c2.example")]),
    ("URL, defanged", {"URL": ["hxxp[:]//c2[.]example/"]}, [("url", "http://c2.example/")]),
    ("mail", {"Email": ["<Spam@Evil.Example>"]}, [("email", "spam@evil.example")]),
    ("account of a telephone", {"Email": ["841111000@192.0.2.5:5060"]}, None),
    ("account of a telephone by name", {"Email": ["1@sip.example"], "Proto": ["SIP"]}, None),
    ("AS of nothing else", {"ASN": [64_496]}, [("asn", "AS64496")]),
    ("AS of an address", {"IP4": [ATTACKER], "ASN": [64_496]}, [IP]),
    ("AS that is none", {"ASN": [0, 2**32, "x", None]}, None),
    ("repeats", {"IP4": [ATTACKER, ATTACKER]}, [IP]),
    ("reverse name, of the provider", {"IP4": [ATTACKER], "PTR": ["host7.isp.example"]}, [IP]),
    ("NUL", {"Hostname": ["c2.example\x00"]}, None),
)  # fmt: skip


@pytest.mark.parametrize(("name", "source", "expected"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_values_are_read_as_they_come(
    name: str, source: Event, expected: list[tuple[str, str]] | None
) -> None:
    """Lists may be scalars, addresses ranges; what is not exact, special or none is not read."""
    assert found(an_event("Attempt.Login", Source=[source])) == expected, name


FILES: tuple[tuple[str, Event, list[tuple[str, str]]], ...] = (
    ("malware", {"Type": ["Malware"], "Hash": [f"sha1:{SHA1}"]}, [("sha1", SHA1)]),
    ("shell code", {"Type": ["ShellCode"], "Hash": [f"md5:{MD5}"]}, [("md5", MD5)]),
    ("without type", {"Hash": [f"sha256:{SHA256.upper()}"]}, [("sha256", SHA256)]),
    ("without algorithm", {"Hash": SHA256}, [("sha256", SHA256)]),
    ("both", {"Hash": [f"MD5:{MD5}", f"sha-1:{SHA1}"]}, [("md5", MD5), ("sha1", SHA1)]),
    ("algorithm that does not agree", {"Hash": [f"sha1:{MD5}"]}, []),
    ("algorithm nobody knows", {"Hash": [f"crypt:{MD5}"]}, []),
    ("cut short", {"Type": ["Malware"], "Hash": ["sha1:0c4a38c3569f0cc632e74f4c"]}, []),
    ("the original log", {"Type": ["OrigData"], "Hash": [f"md5:{MD5}"]}, []),
    ("a victim's", {"Handle": "att2", "Hash": [f"md5:{MD5}"]}, []),
    ("malware on a victim",
     {"Handle": "att2", "Type": ["Malware"], "Hash": [f"md5:{MD5}"]}, [("md5", MD5)]),
)  # fmt: skip


@pytest.mark.parametrize(("name", "file", "expected"), FILES, ids=[row[0] for row in FILES])
def test_hashes_of_the_attackers_files_are_shared(
    name: str, file: Event, expected: list[tuple[str, str]]
) -> None:
    """A file's hashes count if the file is the attacker's and they agree with their algorithm."""
    target = {"IP4": [VICTIM], "AttachHand": ["att2"]}
    event = an_event("Attempt.Exploit", Attach=[file], Target=[target])

    assert values("idea0", event) == [IP, *expected], name


def test_hashes_of_one_file_are_one_group() -> None:
    """Hashes of one attachment share a group, those of another have their own."""
    files = [{"Hash": [f"md5:{MD5}", f"sha1:{SHA1}"]}, {"Hash": [f"sha256:{SHA256}"]}]
    observables = detections("idea0", an_event(Attach=files))[0].observables

    assert [o.group for o in observables] == [None, 0, 0, 1]


def test_references_name_holes_and_malware() -> None:
    """CVE ids in either spelling, ATT&CK techniques and names of malware come from references;
    a link to a report is none of them."""
    event = an_event(
        "Attempt.Exploit",
        Ref=["urn:cve:CVE-2021-44228", "cve:cve-2014-6271", "https://report.example/CVE-2019-0708",
             "urn:mitre:attack:T1190", "malware:emotet-"],
        Attach=[{"Ref": ["urn:clamav:Win.Trojan.Banker-14334", "Trojan-Spy:W32/FinSpy.A"]}],
    )  # fmt: skip

    (detection,) = detections("idea0", event)

    cves = [o.value for o in detection.observables if o.type == "cve"]
    assert cves == ["CVE-2021-44228", "CVE-2014-6271"]
    assert [technique.id for technique in detection.techniques] == ["T1190"]
    assert detection.malware == ["emotet", "Win.Trojan.Banker-14334"]


def test_a_hole_of_the_members_own_is_not_shared() -> None:
    """Of a vulnerable machine nothing is shared, not even what it is vulnerable to."""
    assert found(an_event("Vulnerable.Open", Ref=["urn:cve:CVE-2021-44228"])) is None


TITLES = (
    ("Horizontal port scan", "Horizontal port scan"),
    (f"{VICTIM} was asked too much", "IDEA0: information-gathering:scanner"),
    ("10.0.2.15 called 203.0.113.7", "IDEA0: information-gathering:scanner"),
    ("Login attempts, account 6796@sip.example", "IDEA0: information-gathering:scanner"),
    ("seen by cz.example.sensor", "IDEA0: information-gathering:scanner"),
    ("scan of 192.0.2.64", "IDEA0: information-gathering:scanner"),
    (None, "IDEA0: information-gathering:scanner"),
)


@pytest.mark.parametrize(("description", "title"), TITLES)
def test_a_description_that_names_the_victim_is_no_title(
    description: str | None, title: str
) -> None:
    """A title names no target, no inner address, no account and no detector."""
    target = {"IP4": [VICTIM, "192.0.2.64/26"]}
    node = {"Name": "cz.example.sensor"}
    event = an_event(Description=description, Target=[target], Node=[node])

    assert detections("idea0", event)[0].title == title


def test_a_victim_within_an_attackers_url_keeps_it_back() -> None:
    """A URL that names the target's host, or that of the target's URL, is not shared."""
    target = {"URL": ["https://shop.example/login"], "Hostname": ["mail-01.example"]}
    urls = ["http://c2.example/?to=shop.example", "http://c2.example/mail-01.example/", URL]
    event = an_event("Attempt.Exploit", Source=[{"URL": urls}], Target=[target])

    assert values("idea0", event) == [("url", URL)]


def test_the_inside_of_an_attackers_network_is_somebodys() -> None:
    """Inner names and accounts of a source are of its infected owner, and keep a URL back."""
    urls = ["http://c2.example/?h=inner-host", URL]
    event = of_source("Attempt.Exploit", URL=urls, LocalHostname=["inner-host"])

    assert values("idea0", event) == [IP, ("url", URL)]


def test_parts_of_a_hidden_name_are_not_hidden() -> None:
    """A hyphen in a host name is no range: what stands around it is no victim."""
    target = {"Hostname": ["web-c2.example"]}
    event = an_event("Attempt.Exploit", Source=[{"Hostname": ["c2.example"]}], Target=[target])

    assert values("idea0", event) == [("domain", "c2.example")]
