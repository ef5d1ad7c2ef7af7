from typing import Any

import orjson
import pytest

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import UNLABELLED, detections, outcome_of, values
from tests.unit.formats.microsoft_alerts import (
    OUTSIDE,
    SHA256,
    VICTIM,
    row,
    streamed,
)

LINK = ("url", "http://bad.attacker.example/a.php")
ADDRESS = ("ipv4", OUTSIDE)


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
