import pytest

from tests.unit.formats.idea0_events import (
    ATTACKER,
    BOT,
    CC,
    FOUND,
    HIDDEN,
    IP,
    PLAIN_BOT,
    URL,
    VICTIM,
    Event,
    an_event,
    found,
    of_source,
)
from tests.unit.formats.kit import detections

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


LISTED = {"Node": [{"Name": "undefined", "Type": ["Flow", "Blacklist"], "SW": ["Nemea", "x"]}]}
HONEYPOT = {"Node": [{"Name": "org.example.pot", "Type": ["Honeypot"], "SW": ["Kippo"]}]}
POOL = {"IP4": [ATTACKER], "Type": "MiningPool"}

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
