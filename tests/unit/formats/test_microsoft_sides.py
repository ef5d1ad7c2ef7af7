from typing import Any

import orjson
import pytest

from relay.formats.outcome import Converted, Skipped
from tests.unit.formats.kit import detections, outcome_of, values
from tests.unit.formats.microsoft_alerts import (
    ACCOUNT,
    DEVICE,
    HOST,
    IP,
    OUTSIDE,
    SHA256,
    URL,
    VICTIM,
    evidence,
    file,
    graph,
    row,
    streamed,
)

LINK = ("url", "http://bad.attacker.example/a.php")
ADDRESS = ("ipv4", OUTSIDE)


def test_entities_that_are_cut_off_are_none() -> None:
    """A column that was cut is no JSON: the alert has no entities then, and nothing is guessed."""
    assert isinstance(outcome_of("sentinel", row(Entities='[{"$id":"4","Add')), Skipped)


def test_victims_of_an_alert_never_come_out() -> None:
    """Hosts, accounts, their addresses and domains, and what names them elsewhere, stay inside."""
    links = [
        {"Url": f"http://bad.attacker.example/?x={word}", "Type": "url"}
        for word in ("ws-0117", "a.novak", "corp.ministry.example", VICTIM)
    ]
    event = row(
        HOST, ACCOUNT, IP, {"Address": VICTIM, "Type": "ip"}, *links,
        AlertName="Connection of ws-0117",
    )  # fmt: skip
    (found,) = detections("sentinel", event)

    assert [(o.type, o.value) for o in found.observables] == [ADDRESS]
    assert found.title == "Alert of Microsoft Sentinel"
    assert found.sensor is not None
    assert found.sensor.rule_name is None


def test_an_address_with_a_scope_is_inside() -> None:
    """AddressScope says that an address means something only within the member's network."""
    scoped = {"Address": "198.51.100.8", "AddressScope": "vnet-1", "Type": "ip"}

    assert values("sentinel", row(scoped, IP)) == [ADDRESS]


def test_a_compromised_entity_that_is_an_address_is_the_victims() -> None:
    """CompromisedEntity may be any name of the victim, also several of them."""
    event = row(IP, URL, CompromisedEntity=f"ws-0117, {OUTSIDE}")

    assert values("sentinel", event) == [LINK]


def test_references_are_resolved() -> None:
    """An entity is written out where it is met first, be it within another."""
    hashed = {"$id": "8", "Algorithm": "SHA256", "Value": SHA256, "Type": "filehash"}
    image = {"$id": "7", "Name": "a.exe", "FileHashes": [hashed], "Type": "file"}
    process = {"$id": "6", "ImageFile": image, "Host": {"$ref": "2"}, "Type": "process"}

    assert values("sentinel", row(HOST, process, {"$ref": "7"})) == [("sha256", SHA256)]
    assert isinstance(outcome_of("sentinel", row(HOST, process)), Skipped)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ({"Type": "dns", "DomainName": "c2.attacker.example"}, ("domain", "c2.attacker.example")),
        ({"Type": "filehash", "Algorithm": "SHA256", "Value": SHA256}, ("sha256", SHA256)),
        ({"Type": "file", "Name": "a.exe", "FileHashes": [{"Value": SHA256}]}, ("sha256", SHA256)),
        ({"Type": "url", "Url": "hxxp://bad[.]attacker[.]example/a.php"}, LINK),
        ({"Type": "url", "Url": "bad.attacker.example/a.php"}, LINK),
        ({"Type": "url", "Url": "bad.attacker.example"}, ("domain", "bad.attacker.example")),
        ({"Type": "url", "Url": "uri=http://bad.attacker.example/a.php"}, LINK),
        (
            {"Type": "url", "Url": "https://eur01.safelinks.protection.outlook.com/?url=http%3A%2F"
             "%2Fbad.attacker.example%2Fa.php&data=05%7C01%7Ca.novak%40ministry.example%7C"},
            LINK,
        ),
        ({"kind": "Ip", "properties": {"address": OUTSIDE}}, ADDRESS),
        (
            {"Type": "network-connection", "SourceAddress": {"Address": "10.0.0.1"},
             "DestinationAddress": {"Address": OUTSIDE}},
            ADDRESS,
        ),
    ],
)  # fmt: skip
def test_what_is_of_the_attacker(entity: dict[str, Any], expected: tuple[str, str]) -> None:
    """Addresses, links, names and digests without a role are the attacker's."""
    assert values("sentinel", row(HOST, entity)) == [expected]


@pytest.mark.parametrize(
    "entity",
    [
        {"Type": "network-connection", "SourceAddress": {"Address": OUTSIDE},
         "DestinationAddress": {"Address": "198.51.100.9"}},
        {"Type": "url", "Url": "http://intranet/x"},
        {"Type": "process", "ImageFile": {"FileHashes": [{"Value": SHA256}]}},
        {"Type": "registry-key", "Key": "Software\\Evil"},
        {"Type": "file", "Directory": "C:\\Windows\\System32", "FileHashes": [{"Value": SHA256}]},
        {"Type": "mailbox", "MailboxPrimaryAddress": "someone@attacker.example"},
        {"Type": "something new", "Address": OUTSIDE},
        {"Address": OUTSIDE},
    ],
)  # fmt: skip
def test_what_blames_nobody(entity: dict[str, Any]) -> None:
    """Two public ends, inner names, processes, the system's own files and unknown kinds."""
    assert isinstance(outcome_of("sentinel", row(HOST, entity)), Skipped)


@pytest.mark.parametrize(
    ("fields", "side"),
    [
        ({}, "attacker"),
        ({"roles": ["attacker"]}, "attacker"),
        ({"roles": ["commandAndControl"]}, "attacker"),
        ({"roles": ["created"]}, "attacker"),
        ({"roles": ["suspicious"], "verdict": "suspicious"}, "attacker"),
        ({"roles": ["source"]}, "unknown"),
        ({"roles": ["destination"], "verdict": "malicious"}, "attacker"),
        ({"roles": ["contextual"]}, None),
        ({"roles": ["attacked"]}, None),
        ({"roles": ["compromised", "source"], "verdict": "malicious"}, None),
        ({"roles": ["scanned"]}, None),
        ({"roles": ["policyViolator"]}, None),
        ({"verdict": "noThreatsFound"}, None),
        ({"verdict": "noThreatsFound", "roles": ["attacker"]}, None),
    ],
)
def test_roles_and_verdicts_tell_the_side(fields: dict[str, Any], side: str | None) -> None:
    """The alert's own words decide; who is a victim by one of them is never an attacker."""
    event = graph(evidence("ip", ipAddress=OUTSIDE, **fields), evidence("url", url=LINK[1]))
    (found,) = detections("defender", event)

    sides = {o.value: o.side for o in found.observables}
    assert sides.get(OUTSIDE) == side
    assert sides[LINK[1]] == "attacker"


def test_the_role_of_a_command_server_is_told() -> None:
    """What an address was used for is known where its role says it."""
    (found,) = detections(
        "defender", graph(evidence("ip", ipAddress=OUTSIDE, roles=["commandAndControl"]))
    )

    assert found.observables[0].role == "c2"


@pytest.mark.parametrize(
    ("kind", "details", "verdict", "shared"),
    [
        ("file", {}, "unknown", True),
        ("file", {}, "malicious", True),
        ("file", {}, "noThreatsFound", False),
        ("file", {"filePublisher": "Microsoft Corporation"}, "suspicious", False),
        ("file", {"filePublisher": "Microsoft Corporation"}, "malicious", False),
        ("file", {"filePath": "C:\\Windows\\System32"}, "suspicious", False),
        ("file", {"filePath": "C:\\Windows\\System32"}, "malicious", True),
        ("file", {"filePath": "C:\\Windows\\Temp"}, "unknown", True),
        ("file", {"filePath": "/usr/sbin"}, "unknown", False),
        ("process", {}, "unknown", False),
        ("process", {}, "suspicious", True),
        ("process", {"filePath": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0"}, "malicious",
         False),
    ],
)  # fmt: skip
def test_files_of_the_system_are_not_shared(
    kind: str, details: dict[str, Any], verdict: str, shared: bool
) -> None:
    """Shells and services are everybody's: a digest counts where the file itself was found out."""
    name = "fileDetails" if kind == "file" else "imageFile"
    parent = {"parentProcessImageFile": {"sha256": "e" * 64}} if kind == "process" else {}
    piece = evidence(kind, verdict=verdict, **{name: file(**details)}, **parent)

    outcome = outcome_of("defender", graph(DEVICE, piece))

    assert isinstance(outcome, Skipped) is not shared
    if shared:
        assert values("defender", graph(DEVICE, piece)) == [("sha256", SHA256)]


def test_a_mail_tells_its_sender_and_links() -> None:
    """The sender and its server are the attacker's, the recipient and the subject are not."""
    mail = evidence(
        "analyzedMessage",
        recipientEmailAddress="a.novak@ministry.example",
        p1Sender={"emailAddress": "bounce@attacker.example"},
        p2Sender={"emailAddress": "director@ministry.example", "displayName": "Director"},
        senderIp=OUTSIDE,
        urls=[LINK[1], "http://attacker.example/?to=a.novak@ministry.example"],
        subject="secret subject",
    )
    (found,) = detections(
        "defender", graph(mail, category="InitialAccess", mitreTechniques=[], title="Mail")
    )

    assert [(o.type, o.value, o.role) for o in found.observables] == [
        ("email", "bounce@attacker.example", "sender"),
        (*ADDRESS, "sender"),
        (*LINK, "phishing"),
        ("url", "http://attacker.example/", "phishing"),
    ]
    assert found.classification == "fraud:phishing"


def test_a_mail_of_the_members_own_blames_nobody() -> None:
    """What goes out or stays within has a sender of the member's."""
    mail = {
        "Type": "mailMessage", "Recipient": "x@partner.example", "AntispamDirection": "Outbound",
        "P1Sender": "a.novak@ministry.example", "SenderIP": OUTSIDE,
    }  # fmt: skip

    assert isinstance(outcome_of("sentinel", row(mail)), Skipped)


@pytest.mark.parametrize(
    "service", ["microsoftDataLossPrevention", "microsoftInsiderRiskManagement"]
)
def test_breaches_of_the_members_own_policy_are_skipped(service: str) -> None:
    """Products that watch the member's own people name nobody else."""
    event = graph(evidence("url", url=LINK[1]), serviceSource=service)

    assert outcome_of("defender", event) == Skipped("a breach of the member's own policy")


def test_the_members_own_cloud_names_it() -> None:
    """The name of a SharePoint is its tenant's: the member's own is not shared, another's is."""
    event = graph(
        evidence("user", userAccount={"userPrincipalName": "a.novak@ministry.example"}),
        evidence("url", url="https://ministry-my.sharepoint.com/personal/a/x.exe"),
        evidence("url", url="https://ministry.sharepoint.com/x.exe"),
        evidence("url", url="https://elsewhere-my.sharepoint.com/x.exe"),
    )  # fmt: skip

    assert values("defender", event) == [("url", "https://elsewhere-my.sharepoint.com/x.exe")]


def test_everybodys_mail_provider_names_nobody() -> None:
    """A mailbox at a provider hides itself, not the provider."""
    mailbox = {"Type": "mailbox", "MailboxPrimaryAddress": "a.novak@gmail.com"}
    link = {"Type": "url", "Url": "http://attacker.example/?site=gmail.com"}

    assert values("sentinel", row(mailbox, link)) == [
        ("url", "http://attacker.example/?site=gmail.com")
    ]


def test_a_row_without_entities_is_still_one_of_sentinel() -> None:
    """An alert that names nobody is skipped, not refused."""
    bare = {"AlertName": "x", "AlertSeverity": "Low", "TimeGenerated": "2026-11-20T10:00:00Z"}

    assert outcome_of("sentinel", bare) == Skipped("no shareable observable")


def test_very_many_entities_are_read_up_to_a_bound() -> None:
    """A record of megabytes costs time in proportion, and its victims stay hidden."""
    addresses = [
        {"Type": "ip", "Address": f"198.51.100.{n % 256}", "$id": str(n)} for n in range(50_000)
    ]
    outcome = outcome_of("sentinel", row(HOST, *addresses, Entities=[HOST, *addresses]))

    assert isinstance(outcome, Converted)
    assert len(outcome.detections) == 3


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"AlertType": "VM_Brute", "ProviderName": "Defender"}, "VM_Brute"),
        ({"AlertType": "my rule", "ProviderName": "ASI NRT Alerts"}, None),
        ({"AlertType": "my rule", "ProviderName": "CustomAlertRule"}, None),
        ({"AlertType": "0d1c0000-0000-4000-8000-0000000000aa", "ProviderName": "MCAS"}, None),
        ({"AlertType": "x_0d1c0000-0000-4000", "ProviderName": "Defender"}, None),
    ],
)
def test_a_rule_of_the_customers_own_has_no_id(fields: dict[str, Any], rule: str | None) -> None:
    """The type of such an alert holds ids of the workspace; Microsoft's own types are names."""
    sensor = detections("sentinel", row(**fields))[0].sensor

    assert sensor is not None
    assert sensor.rule_id == rule


def test_the_full_name_of_a_device_hides_its_parts() -> None:
    """Of a full name the host and the domain are hidden, too."""
    device = evidence("device", deviceDnsName="ws-0117.corp.ministry.example")
    words = ("ws-0117", "corp.ministry.example", "ws-0117.corp.ministry.example", "other")
    links = [evidence("url", url=f"http://attacker.example/?x={word}") for word in words]

    assert values("defender", graph(device, *links)) == [
        ("url", "http://attacker.example/?x=other")
    ]


def test_columns_of_a_streamed_row_are_hidden_and_win() -> None:
    """The account of a row is hidden whatever it is about; its columns come before the rest."""
    named = streamed(EntityType="Url", RemoteUrl="http://attacker.example/?u=a.novak")
    link = {"Url": "http://elsewhere.example/", "EvidenceRole": "Impacted"}
    both = streamed(EntityType="Ip", AdditionalFields=orjson.dumps(link).decode())

    assert isinstance(outcome_of("defender", named), Skipped)
    assert values("defender", both) == [ADDRESS]


def test_a_sender_at_everybodys_provider_is_told() -> None:
    """Victim and attacker may have their mailboxes at the same provider."""
    mail = {"Type": "mailMessage", "Recipient": "a.novak@gmail.com", "Sender": "X <x@gmail.com>"}

    assert values("sentinel", row(mail)) == [("email", "x@gmail.com")]


def test_interfaces_by_reference_are_the_hosts() -> None:
    """A host may refer to addresses that stand among the entities as well."""
    own = {"$id": "9", "Address": "198.51.100.80", "Type": "ip"}
    host = {"$id": "2", "HostName": "ws-0117", "IpInterfaces": [{"$ref": "9"}], "Type": "host"}

    assert values("sentinel", row(own, host, IP)) == [ADDRESS]


def test_references_without_end_cost_no_time() -> None:
    """Hundreds of thousands of references to one large entity are resolved once."""
    large = {"$id": "2", "Type": "host", **{f"Name{n}": "x" for n in range(50_000)}}
    users = [{"$ref": "2"}] * 100
    accounts = [{"Type": "account", "LoggedOnUsers": users, "Host": users} for _ in range(2_000)]

    assert values("sentinel", row(Entities=[large, *accounts, IP])) == [ADDRESS]


def test_a_message_of_teams_tells_its_sender() -> None:
    """Links of a chat are evidence themselves; who got it is a victim."""
    chat = evidence(
        "teamsMessage", senderFromAddress="x@attacker.example", isExternal=True,
        recipients=["a.novak@ministry.example"], urls=[evidence("url", url=LINK[1])],
    )  # fmt: skip

    assert values("defender", graph(chat)) == [("email", "x@attacker.example"), LINK]


def test_addresses_of_devices_of_every_kind_are_hidden() -> None:
    """Things and interfaces carry addresses as evidence within them."""
    thing = evidence("ioTDevice", deviceName="cam-7", ipAddress=evidence("ip", ipAddress=VICTIM))
    events = [evidence("ip", ipAddress=VICTIM), evidence("ip", ipAddress=OUTSIDE)]

    assert values("defender", graph(thing, *events)) == [ADDRESS]
