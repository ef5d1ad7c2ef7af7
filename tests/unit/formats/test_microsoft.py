from typing import Any

import orjson
import pytest

from relay.formats.outcome import Converted, Refused, Skipped
from relay.model.vocabulary import Format
from tests.unit.formats.kit import UNLABELLED, detections, outcome_of, values
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


def test_fields_of_a_row_of_sentinel() -> None:
    """A row of SecurityAlert becomes a detection field by field."""
    (found,) = detections("sentinel", row(ConfidenceScore=0.72))

    assert found.detected_at == "2026-11-20T10:01:00.000Z"
    assert (found.first_seen, found.last_seen) == (
        "2026-11-20T10:00:00.765Z", "2026-11-20T10:01:00.000Z",
    )  # fmt: skip
    assert (found.severity, found.confidence, found.flags) == ("high", 72, [])
    assert found.classification == "malicious-code:c2-server"
    assert found.title == "Connection to a command server"
    assert [technique.id for technique in found.techniques] == ["T1071"]
    assert [(o.type, o.value, o.side) for o in found.observables] == [
        (*ADDRESS, "attacker"), (*LINK, "attacker"),
    ]  # fmt: skip
    assert found.sensor is not None
    assert (found.sensor.format, found.sensor.vendor) == ("sentinel", "Microsoft")
    assert (found.sensor.product, found.sensor.rule_id) == ("Azure Sentinel", None)


def test_fields_of_an_alert_of_the_graph() -> None:
    """An alert of alerts_v2 becomes a detection field by field; its rule is Microsoft's."""
    piece = evidence("file", fileDetails=file(), verdict="malicious")
    (found,) = detections("defender", graph(DEVICE, piece, threatFamilyName="Qakbot"))

    assert found.detected_at == "2026-11-20T10:01:00.000Z"
    assert (found.severity, found.classification) == ("medium", "malicious-code:infected-system")
    assert found.malware == ["Qakbot"]
    assert found.flags == ["confidence_assumed"]
    assert [(o.type, o.value, o.role) for o in found.observables] == [("sha256", SHA256, "payload")]
    assert found.sensor is not None
    assert found.sensor.format == "defender"
    assert found.sensor.rule_id == "0d1c0000-0000-4000-8000-0000000000dd"


@pytest.mark.parametrize("form", ["defender", "sentinel"])
def test_either_name_reads_both(form: Format) -> None:
    """The name given does not decide the form: the shape found does."""
    sentinel = detections(form, row())[0].sensor
    defender = detections(form, graph(evidence("ip", ipAddress=OUTSIDE)))[0].sensor

    assert sentinel is not None
    assert defender is not None
    assert (sentinel.format, defender.format) == ("sentinel", "defender")


@pytest.mark.parametrize(
    ("changes", "detected"),
    [
        ({}, "2026-11-20T10:01:00.000Z"),
        ({"EndTime": None}, "2026-11-20T10:00:00.765Z"),
        ({"StartTime": None, "EndTime": ""}, "2026-11-20T10:05:00.123Z"),
        ({"EndTime": "0001-01-01T00:00:00"}, "2026-11-20T10:00:00.765Z"),
        ({"EndTime": "2026-11-20 11:00:00.765432100"}, "2026-11-20T11:00:00.765Z"),
        ({"EndTime": "2026-11-20T13:00:00+02:00"}, "2026-11-20T11:00:00.000Z"),
    ],
)
def test_the_time_is_when_it_happened(changes: dict[str, Any], detected: str) -> None:
    """The last activity counts, before its begin and the report's creation: an alert that goes on
    is fresh. A time without an offset is in UTC, as all of Microsoft's."""
    (found,) = detections("sentinel", row(**changes))

    assert found.detected_at == detected


@pytest.mark.parametrize("written", [None, "11/20/2026, 10:00:00 AM", 1_795_176_000, "yesterday"])
def test_a_time_that_must_be_guessed_is_refused(written: object) -> None:
    """A day of two orders and a bare number are no times."""
    event = row(StartTime=written, EndTime=None, TimeGenerated=written)

    outcome = outcome_of("sentinel", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


@pytest.mark.parametrize(
    ("word", "severity", "flags"),
    [
        ("Informational", "info", []),
        ("Low", "low", []),
        ("HIGH", "high", []),
        ("unknown", "medium", ["severity_assumed"]),
        ("unSpecified", "medium", ["severity_assumed"]),
        (None, "medium", ["severity_assumed"]),
        (3, "medium", ["severity_assumed"]),
    ],
)
def test_severity_is_a_word(word: object, severity: str, flags: list[str]) -> None:
    """Words of all products map to bands; what is none is assumed and flagged."""
    (found,) = detections("sentinel", row(AlertSeverity=word, ConfidenceScore="0.5"))

    assert (found.severity, found.flags) == (severity, flags)


@pytest.mark.parametrize(
    ("fields", "confidence"),
    [
        ({"ConfidenceScore": 0.5}, 50),
        ({"ConfidenceScore": "0.85"}, 85),
        ({"ConfidenceScore": "NaN", "ConfidenceLevel": "High"}, 80),
        ({"ConfidenceScore": "inf", "ConfidenceLevel": "Low"}, 30),
        ({"ConfidenceScore": 7, "confidence": 90}, 90),
    ],
)
def test_confidence_is_a_share_a_percent_or_a_word(fields: dict[str, Any], confidence: int) -> None:
    """A score of 0 to 1 is a share; out of its range it is none."""
    (found,) = detections("sentinel", row(**fields))

    assert found.confidence == confidence


@pytest.mark.parametrize(
    "changes",
    [
        {"Entities": [HOST, ACCOUNT, IP, URL]},
        {"Techniques": ["T1071"]},
        {"Techniques": "T1071", "Tactics": '["CommandAndControl"]'},
        {"StartTime": None, "StartTimeUtc": "2026-11-20T10:00:00.7654321Z"},
    ],
)
def test_lists_come_as_lists_or_as_json_in_a_string(changes: dict[str, Any]) -> None:
    """Entities, tactics and techniques are told as lists, as JSON, or parted by commas."""
    assert detections("sentinel", row(**changes)) == detections("sentinel", row())


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
    ("event", "expected"),
    [
        (streamed(), [ADDRESS]),
        (streamed(EntityType="Url", RemoteUrl=LINK[1]), [LINK]),
        (streamed(EntityType="File", SHA256=SHA256, FolderPath="C:\\Temp"), [("sha256", SHA256)]),
        (
            streamed(EntityType="MailMessage", AdditionalFields=orjson.dumps(
                {"Sender": "x@attacker.example", "Recipient": "a@ministry.example"}).decode()),
            [("email", "x@attacker.example")],
        ),
    ],
)  # fmt: skip
def test_a_streamed_row_is_a_detection(
    event: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each piece of evidence comes as a row of its own; its kind says which columns count."""
    assert values("defender", event) == expected
    assert values("defender", event["properties"]) == expected
    assert values("defender", {"records": [event]}) == expected


@pytest.mark.parametrize(
    "event",
    [
        streamed(EvidenceRole="Impacted"),
        streamed(EntityType="Mailbox", SHA256=SHA256),
        streamed(AdditionalFields='{"LastVerdict":"Clean"}'),
        {**streamed(), "category": "AdvancedHunting-AlertInfo"},
        {**streamed(), "category": "AdvancedHunting-DeviceProcessEvents"},
    ],
)
def test_rows_that_blame_nobody(event: dict[str, Any]) -> None:
    """Impacted evidence, harmless evidence, alerts without evidence, events of devices."""
    assert isinstance(outcome_of("defender", event), Skipped)


def test_pieces_of_one_alert_have_ids_of_their_own() -> None:
    """Rows of one alert are detections of their own, and a repeat keeps its id."""
    first, again = detections("defender", streamed()), detections("defender", streamed())
    other = detections("defender", streamed(RemoteIP="198.51.100.9"))

    assert first == again
    assert first[0].id != other[0].id


def test_an_alert_of_the_endpoint_api() -> None:
    """Defender for Endpoint tells flat evidence, and names the machine beside it."""
    event = {
        "id": "da1_1", "incidentId": 12, "severity": "Low", "status": "New", "category": "Malware",
        "title": "Malware was detected", "alertCreationTime": "2026-11-20T10:05:00.12Z",
        "firstEventTime": "2026-11-20T10:00:00.765Z", "lastEventTime": "2026-11-20T10:01:00Z",
        "machineId": "c5a9", "computerDnsName": "ws-0117.corp.ministry.example",
        "relatedUser": {"userName": "a.novak", "domainName": "MINISTRY"},
        "evidence": [
            {"entityType": "File", "sha256": SHA256, "filePath": "C:\\Temp", "fileName": "x"},
            {"entityType": "Process", "sha1": "b" * 40, "filePath": "C:\\Temp"},
            {"entityType": "Ip", "ipAddress": OUTSIDE},
            {"entityType": "Url", "url": "http://attacker.example/ws-0117"},
            {"entityType": "User", "accountName": "a.novak", "ipAddress": "198.51.100.9"},
        ],
    }  # fmt: skip

    assert values("defender", event) == [("sha256", SHA256), ADDRESS]
    assert values("defender", {"value": [event]}) == [("sha256", SHA256), ADDRESS]
    assert detections("defender", event)[0].detected_at == "2026-11-20T10:01:00.000Z"


def test_an_incident_of_defender_is_its_alerts() -> None:
    """Each alert of an incident is a detection; what the incident was found to be holds for all."""
    alert = {
        "alertId": "da1", "incidentId": 9, "title": "Malware", "category": "Malware",
        "severity": "High", "creationTime": "2026-11-20T10:05:00Z",
        "firstActivity": "2026-11-20T10:00:00Z", "classification": None,
        "devices": [{"deviceDnsName": "ws-0117"}],
        "entities": [
            {"entityType": "Ip", "ipAddress": OUTSIDE, "verdict": "Suspicious"},
            {"entityType": "Url", "url": "http://attacker.example/ws-0117"},
        ],
    }  # fmt: skip
    incident = {"incidentId": 9, "incidentName": "One", "alerts": [alert, {**alert, "alertId": 2}]}

    assert values("defender", incident) == [ADDRESS, ADDRESS]
    assert values("defender", {"value": [incident]}) == [ADDRESS, ADDRESS]
    closed = outcome_of("defender", {**incident, "classification": "FalsePositive"})
    assert closed == Skipped("classified as no attack")


def test_an_alert_of_the_first_graph() -> None:
    """States instead of evidence: hosts and users are victims, connections go either way."""
    event: dict[str, Any] = {
        "id": "1", "title": "Sign-in", "category": "AnonymousLogin", "severity": "medium",
        "eventDateTime": "2026-11-20T10:00:00.1Z", "createdDateTime": "2026-11-20T10:05:00Z",
        "confidence": 70, "vendorInformation": {"provider": "IPC", "vendor": "Microsoft"},
        "hostStates": [{"fqdn": "ws-0117.ministry.example", "publicIpAddress": VICTIM}],
        "userStates": [{"userPrincipalName": "a.novak@ministry.example", "logonIp": OUTSIDE}],
        "networkConnections": [
            {"direction": "outbound", "sourceAddress": "198.51.100.77",
             "destinationAddress": "198.51.100.9", "destinationDomain": "c2.attacker.example",
             "destinationUrl": "http://attacker.example/?ip=198.51.100.77"},
            {"direction": "inbound", "sourceAddress": "198.51.100.10",
             "destinationAddress": "198.51.100.78"},
            {"sourceAddress": "198.51.100.11", "destinationAddress": VICTIM},
        ],
        "fileStates": [{"path": "C:\\Temp", "fileHash": {"hashType": "sha256",
                                                        "hashValue": SHA256}}],
        "malwareStates": [{"family": "Qakbot", "name": "Qakbot.A"}],
    }  # fmt: skip
    (found,) = detections("defender", event)

    assert [o.value for o in found.observables] == [
        OUTSIDE, "198.51.100.9", "c2.attacker.example", "198.51.100.10", SHA256, "198.51.100.11",
    ]  # fmt: skip
    assert (found.confidence, found.malware) == (70, ["Qakbot", "Qakbot.A"])


RELATED = [
    {"kind": "Host", "properties": {"hostName": "ws-0117"}},
    {"kind": "Ip", "properties": {"address": OUTSIDE}},
    {"kind": "Url", "properties": {"url": "http://attacker.example/ws-0117"}},
]
INCIDENT = {
    "type": "Microsoft.SecurityInsights/Incidents",
    "name": "0d1c",
    "properties": {
        "title": "Incident", "severity": "High", "incidentNumber": 7,
        "labels": [{"labelName": "TLP:AMBER"}, {"labelName": "urgent"}],
        "createdTimeUtc": "2026-11-20T10:05:00Z",
        "alerts": [{"properties": {
            "systemAlertId": "a1", "alertDisplayName": "Alert", "tactics": ["CommandAndControl"],
            "startTimeUtc": "2026-11-20T10:00:00Z", "additionalData": {},
        }}],
        "relatedEntities": RELATED,
    },
}  # fmt: skip


@pytest.mark.parametrize("event", [INCIDENT, {"object": INCIDENT}, {"value": [INCIDENT]}])
def test_an_incident_of_sentinel_tells_its_entities(event: dict[str, Any]) -> None:
    """A playbook gets entities beside the alerts; the label of the incident holds for it."""
    (found,) = detections("sentinel", event, UNLABELLED)

    assert [o.value for o in found.observables] == [OUTSIDE]
    assert found.detected_at == "2026-11-20T10:00:00.000Z"
    assert found.classification == "malicious-code:c2-server"
    assert found.sharing.tlp == "amber"


def test_an_incident_without_alerts_is_skipped() -> None:
    """An incident alone names nobody."""
    bare = {**INCIDENT, "properties": {"title": "x", "incidentNumber": 7}}

    assert outcome_of("sentinel", bare) == Skipped("an incident without its alerts")


def test_an_alert_of_defender_for_cloud() -> None:
    """A resource of Azure tells the fields of SecurityAlert in camel case."""
    event = {
        "id": "/subscriptions/0/alerts/1", "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "systemAlertId": "25", "alertDisplayName": "Brute force", "severity": "Medium",
            "alertType": "VM_LoginBruteForce", "intent": "PreAttack", "vendorName": "Microsoft",
            "startTimeUtc": "2026-11-20T10:00:00Z", "compromisedEntity": "vm-7",
            "entities": [
                {"url": "http://attacker.example/vm-8", "type": "url"},
                {"$id": "eu_1", "hostName": "vm-7", "azureID": "/subscriptions/0/vm-7",
                 "type": "host"},
                {"$id": "eu_2", "address": OUTSIDE, "type": "ip"},
            ],
            "extendedProperties": {"attacker source IP": "IP Address: 198.51.100.9",
                                   "Compromised Host": "vm-8"},
        },
    }  # fmt: skip
    (found,) = detections("defender", event)

    assert [o.value for o in found.observables] == ["198.51.100.9", OUTSIDE]
    assert found.sensor is not None
    assert (found.sensor.format, found.sensor.rule_id) == ("defender", "VM_LoginBruteForce")


def test_rows_of_the_query_api() -> None:
    """The query API tells tables: names of columns once, then rows."""
    columns = row()
    table = {
        "name": "PrimaryResult",
        "columns": [{"name": name, "type": "string"} for name in columns],
        "rows": [list(columns.values())],
    }

    assert detections("sentinel", {"tables": [table]}) == detections("sentinel", columns)


@pytest.mark.parametrize(
    "changes",
    [
        {"classification": "falsePositive"},
        {"classification": "FalsePositive"},
        {"classification": "informationalExpectedActivity"},
        {"classification": "truePositive", "determination": "securityTesting"},
        {"status": "Dismissed"},
    ],
)
def test_what_a_person_called_no_attack_is_skipped(changes: dict[str, Any]) -> None:
    """A false alarm, an expected activity or a test warns nobody."""
    event = graph(evidence("ip", ipAddress=OUTSIDE), **changes)

    assert outcome_of("defender", event) == Skipped("classified as no attack")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"value": [{"x": 1}]},
        {"event_type": "alert", "src_ip": OUTSIDE},
        {"rule": {"level": 5}, "agent": {}},
        {"@timestamp": "2026-11-20T10:00:00Z", "event": {"kind": "alert"}},
        {"properties": {"x": 1}, "type": "Microsoft.Compute/virtualMachines"},
    ],
)
def test_another_format_is_refused(event: dict[str, Any]) -> None:
    """A record of no form of Microsoft's is refused."""
    outcome = outcome_of("sentinel", event)

    assert isinstance(outcome, Refused)
    assert outcome.reason == "other-format"


def test_an_empty_answer_is_skipped() -> None:
    """An answer of the API with an empty list is sound, and holds nothing."""
    assert outcome_of("defender", {"value": []}) == Skipped("an answer without records")
    mixed = {"value": [graph(evidence("ip", ipAddress=OUTSIDE)), {"x": 1}]}
    assert values("defender", mixed) == [ADDRESS]


def test_an_incident_of_the_graph_alone_is_skipped() -> None:
    """The Graph lists incidents without their alerts unless asked to expand them."""
    incident = {
        "id": "7", "displayName": "Incident", "severity": "medium", "status": "active",
        "incidentWebUrl": "https://security.microsoft.com/incidents/7",
        "createdDateTime": "2026-11-20T10:05:00Z",
    }  # fmt: skip

    assert outcome_of("defender", incident) == Skipped("an incident without its alerts")
    expanded = {**incident, "alerts": [graph(evidence("ip", ipAddress=OUTSIDE))]}
    assert values("defender", expanded) == [ADDRESS]


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
