from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from relay.formats.outcome import NOTHING_SHAREABLE, Refused, Skipped
from tests.unit.formats.kit import SOURCE, UNLABELLED, detections, outcome_of, values

ATTACKER, BOT, VICTIM = "203.0.113.7", "198.51.100.5", "192.0.2.80"
IP, BOT_IP = ("ipv4", ATTACKER), ("ipv4", BOT)
MD5 = "0123456789abcdef0123456789abcdef"
SHA1, SHA256 = f"{MD5}01234567", MD5 * 2
FOUND, HIDDEN = [IP], None

Event = dict[str, Any]


def an_event(*categories: str, **fields: Any) -> Event:
    """A message of some categories about one source, with fields of the message over it."""
    return {
        "Format": "IDEA0",
        "ID": "0a1b2c3d-0000-4000-8000-000000000001",
        "DetectTime": "2026-11-20T12:00:00Z",
        "Category": list(categories) or ["Recon.Scanning"],
        "Source": [{"IP4": [ATTACKER]}],
        **fields,
    }


def of_source(*categories: str, **fields: Any) -> Event:
    """A message whose source has some fields besides its address."""
    return an_event(*categories, Source=[{"IP4": [ATTACKER], **fields}])


def found(event: Event) -> list[tuple[str, str]] | None:
    """The observables of a message, None if it holds nothing that may be shared."""
    return None if outcome_of("idea0", event) == NOTHING_SHAREABLE else values("idea0", event)


UNTAGGED = (
    ("Recon.Scanning", FOUND),
    ("Attempt.Login", FOUND),
    ("Attempt.Exploit", FOUND),
    ("Attempt.NewSignature", FOUND),
    ("Availability.DoS", FOUND),
    ("Availability.DDoS", FOUND),
    ("Abusive.Spam", FOUND),
    ("Fraud.Phishing", FOUND),
    ("Suspicious.Booter", FOUND),
    ("Anomaly.Traffic", FOUND),
    ("Other", FOUND),
    ("Something.New", FOUND),
    ("Spam", FOUND),
    ("Vulnerable.Config", HIDDEN),
    ("Vulnerable.Open", HIDDEN),
    ("Vulnerable", HIDDEN),
    ("Malware", HIDDEN),
    ("Malware.Ransomware", HIDDEN),
    ("Intrusion.Botnet", HIDDEN),
    ("Suspicious.Miner", HIDDEN),
    ("Intrusion.AdminCompromise", HIDDEN),
    ("Information.UnauthorizedAccess", HIDDEN),
)


@pytest.mark.parametrize(("category", "expected"), UNTAGGED, ids=[row[0] for row in UNTAGGED])
def test_a_source_without_tags_is_what_the_category_says(
    category: str, expected: list[tuple[str, str]] | None
) -> None:
    """Who attacks is shared; an infected or vulnerable machine, or who may be one, is a victim."""
    assert found(an_event(category)) == expected


TAGGED = (
    ("command and control", of_source("Intrusion.Botnet", Type=["Botnet", "CC"]), FOUND),
    ("the bot", of_source("Intrusion.Botnet", Type=["Botnet"]), HIDDEN),
    ("tag as a scalar", of_source("Intrusion.Botnet", Type="CC"), FOUND),
    ("tag in another case", of_source("Intrusion.Botnet", Type=["cc"]), FOUND),
    ("malware's site", of_source("Malware", Type=["Malware"]), FOUND),
    ("malware's configuration", of_source("Malware", Type=["MalwareConf"]), FOUND),
    ("a bot by its tag", of_source("Anomaly.Traffic", Type=["Botnet"]), HIDDEN),
    ("a bot that scans", of_source("Recon.Scanning", "Intrusion.Botnet", Type=["Botnet"]), FOUND),
    ("a proxy left open", of_source("Vulnerable.Config", Type=["Proxy"]), HIDDEN),
    ("bounced mail", of_source("Abusive.Spam", Type=["Backscatter"]), HIDDEN),
    ("a reflector", of_source("Availability.DDoS", Type=["Backscatter"]), FOUND),
    ("found in a sandbox", of_source("Anomaly.Traffic", Type=["OriginSandbox"]), HIDDEN),
    ("forged", of_source("Availability.DoS", Spoofed=True), HIDDEN),
    ("masked", of_source("Recon.Scanning", Anonymised=True), HIDDEN),
    ("rough", of_source("Recon.Scanning", Imprecise=True), HIDDEN),
    ("not forged", of_source("Recon.Scanning", Spoofed=False), FOUND),
    ("masked, said in text", of_source("Recon.Scanning", Anonymised="true"), HIDDEN),
    ("a forged control server", of_source("Intrusion.Botnet", Type=["CC"], Spoofed=True), HIDDEN),
)  # fmt: skip


@pytest.mark.parametrize(("name", "event", "expected"), TAGGED, ids=[row[0] for row in TAGGED])
def test_tags_and_flags_of_a_source_come_first(
    name: str, event: Event, expected: list[tuple[str, str]] | None
) -> None:
    """What a source's own tags and flags say holds against what its category would."""
    assert found(event) == expected, name


CC = {"IP4": [ATTACKER], "Type": ["Botnet", "CC"]}
PLAIN_BOT = {"IP4": [BOT]}
LISTED = {"Node": [{"Name": "undefined", "Type": ["Flow", "Blacklist"], "SW": ["Nemea", "x"]}]}
HONEYPOT = {"Node": [{"Name": "org.example.pot", "Type": ["Honeypot"], "SW": ["Kippo"]}]}
POOL = {"IP4": [ATTACKER], "Type": "MiningPool"}
URL = "http://c2.example/x"

SIDES = (
    ("control server after the bot", an_event("Intrusion.Botnet", Source=[PLAIN_BOT, CC]), FOUND),
    ("control server first", an_event("Intrusion.Botnet", Source=[CC, PLAIN_BOT]), FOUND),
    ("control server as a target",
     an_event("Intrusion.Botnet", Source=[PLAIN_BOT], Target=[CC]), FOUND),
    ("who visited a phishing site", an_event("Fraud.Phishing", Source=[
        {"IP4": [ATTACKER], "Type": ["Phishing"]}, PLAIN_BOT]), FOUND),
    ("an attacker and what it fetched", an_event("Attempt.Exploit", Source=[
        {"IP4": [ATTACKER]}, {"URL": [URL], "Type": ["Malware"]}]), [IP, ("url", URL)]),
    ("a listed address and who spoke with it",
     an_event("Abusive.Spam", **LISTED, Source=[{"IP4": [ATTACKER]}, PLAIN_BOT]), FOUND),
    ("a listed address, of malware",
     an_event("Malware.Ransomware", **LISTED), FOUND),
    ("a listed address, tagged, after who spoke with it",
     an_event("Abusive.Spam", **LISTED, Source=[
        PLAIN_BOT, {"IP4": [ATTACKER], "Type": ["OriginBlacklist"]}]), FOUND),
    ("who offers malware at a URL",
     of_source("Malware", URL=[URL]), [IP, ("url", URL)]),
    ("what comes to a honeypot, infected or not", an_event("Malware", **HONEYPOT), FOUND),
    ("what gets into a honeypot", an_event("Intrusion.UserCompromise", **HONEYPOT), FOUND),
    ("a honeypot by the old name of its tags", an_event(
        "Malware", Node=[{"Name": "x", "Tags": ["Honeypot"]}]), FOUND),
    ("who broke into a target",
     an_event("Intrusion.AdminCompromise", Target=[{"IP4": [VICTIM]}]), FOUND),
    ("a pool that a miner called",
     an_event("Suspicious.Miner", Source=[PLAIN_BOT], Target=[{"IP4": [ATTACKER]}]), FOUND),
    ("a pool by its tag",
     an_event("Suspicious.Miner", Source=[{**PLAIN_BOT, "Type": "Miner"}], Target=[POOL]), FOUND),
    ("a miner as the target of a tagged pool",
     an_event("Suspicious.Miner", Source=[POOL], Target=[PLAIN_BOT]), FOUND),
    ("a target without tags",
     an_event("Intrusion.Botnet", Source=[PLAIN_BOT], Target=[{"IP4": [VICTIM]}]), HIDDEN),
    ("no source", {**an_event(Target=[{"IP4": [VICTIM]}]), "Source": []}, HIDDEN),
    ("a source that is a target, too", an_event(Target=[{"IP4": [ATTACKER]}]), HIDDEN),
    ("a target that is masked",
     an_event(Target=[{"IP4": [BOT], "Anonymised": True, "Type": ["CC"]}]), FOUND),
    ("a honeypot's own holes", an_event("Vulnerable.Open", **HONEYPOT), HIDDEN),
    ("a pool on a list",
     an_event("Suspicious.Miner", **LISTED, Source=[PLAIN_BOT], Target=[{"IP4": [ATTACKER]}]),
     FOUND),
)  # fmt: skip


@pytest.mark.parametrize(("name", "event", "expected"), SIDES, ids=[row[0] for row in SIDES])
def test_both_ends_are_told_apart(
    name: str, event: Event, expected: list[tuple[str, str]] | None
) -> None:
    """Both ends of a talk may be sources: only the attacker's is shared, in either order."""
    assert found(event) == expected, name


def test_whose_an_observable_is_and_what_for_is_said() -> None:
    """A control server is infrastructure with its one port; a scanner is an attacker whose own
    port says nothing; of an anomaly nobody knows."""
    server = detections("idea0", of_source("Intrusion.Botnet", Type=["CC"], Port=["443"]))[0]
    scanner = detections("idea0", of_source("Recon.Scanning", Port=[40_000]))[0]
    anomaly = detections("idea0", of_source("Anomaly.Behaviour"))[0]
    reflector = detections("idea0", of_source("Availability.DDoS", Proto=["udp", "dns"]))[0]

    said = [
        (o.side, o.role, o.port)
        for each in (server, scanner, anomaly, reflector)
        for o in each.observables
    ]
    assert said == [
        ("infrastructure", "c2", 443),
        ("attacker", "scanner", None),
        ("unknown", None, None),
        ("infrastructure", "other", None),
    ]


@pytest.mark.parametrize("port", [[0], [80, 443], "x", [70_000], None, [None], True])
def test_what_is_no_single_port_is_left_out(port: object) -> None:
    """Port 0, several ports and what is no port are no port of the server."""
    event = of_source("Intrusion.Botnet", Type=["CC"], Port=port)

    assert detections("idea0", event)[0].observables[0].port is None


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
    ("range that is none", {"IP4": ["203.0.113.2-203.0.113.5"]}, None),
    ("range of both kinds", {"IP4": ["203.0.113.2-2001:db8::1"]}, None),
    ("range backwards", {"IP4": ["203.0.113.5-203.0.113.2"]}, None),
    ("range without ends", {"IP4": ["-"]}, None),
    ("private", {"IP4": ["10.0.2.15"]}, None),
    ("host name", {"Hostname": ["C2.Example."]}, [("domain", "c2.example")]),
    ("address as a host name", {"Hostname": [ATTACKER]}, [IP]),
    ("address that is a URL's", {"URL": [f"http://{ATTACKER}/x"]}, [("url", f"http://{ATTACKER}/x")]),
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


def test_a_crowded_message_still_gives_its_addresses() -> None:
    """Beyond some thousand victims names are not held against each of them: they are left out."""
    targets = [f"192.0.2.{at % 256}-10.{at // 256}.0.1" for at in range(3000)]
    source = {"IP4": [ATTACKER], "Hostname": ["c2.example"]}
    event = an_event(Source=[source], Target=[{"IP4": targets}])

    assert values("idea0", event) == [IP]
