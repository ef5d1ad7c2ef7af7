"""Alerts as Microsoft's products tell them, written by hand with documentation values."""

from typing import Any

import orjson

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SHA1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
OUTSIDE, VICTIM = "198.51.100.7", "203.0.113.80"
GRAPH = "#microsoft.graph.security."

HOST = {
    "$id": "2", "HostName": "ws-0117", "DnsDomain": "corp.ministry.example", "Type": "host",
    "IpInterfaces": [{"$id": "20", "Address": VICTIM, "Type": "ip"}],
}  # fmt: skip
ACCOUNT = {
    "$id": "3", "Name": "a.novak", "NTDomain": "MINISTRY", "UPNSuffix": "ministry.example",
    "Host": {"$ref": "2"}, "Type": "account",
}  # fmt: skip
IP = {"$id": "4", "Address": OUTSIDE, "Type": "ip"}
URL = {"$id": "5", "Url": "http://bad.attacker.example/a.php", "Type": "url"}


def row(*entities: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A row of the table SecurityAlert."""
    return {
        "TimeGenerated": "2026-11-20T10:05:00.1234567Z",
        "StartTime": "2026-11-20T10:00:00.7654321Z",
        "EndTime": "2026-11-20T10:01:00.0000001Z",
        "SystemAlertId": "0d1c0000-0000-4000-8000-000000000001",
        "AlertName": "Connection to a command server",
        "AlertSeverity": "High",
        "AlertType": "0d1c0000-0000-4000-8000-00000000000a_0d1c0000-0000-4000-8000-00000000000b",
        "ProviderName": "ASI Scheduled Alerts",
        "ProductName": "Azure Sentinel",
        "VendorName": "Microsoft",
        "Tactics": "CommandAndControl",
        "Techniques": '["T1071"]',
        "Status": "New",
        "CompromisedEntity": "ws-0117",
        "TenantId": "0d1c0000-0000-4000-8000-00000000000c",
        "Entities": orjson.dumps(list(entities) or [HOST, ACCOUNT, IP, URL]).decode(),
        **columns,
    }


def evidence(kind: str, **fields: Any) -> dict[str, Any]:
    """A piece of evidence of the Graph."""
    return {
        "@odata.type": f"{GRAPH}{kind}Evidence",
        "verdict": "unknown",
        "roles": [],
        "remediationStatus": "none",
        **fields,
    }


DEVICE = evidence(
    "device", deviceDnsName="ws-0117.corp.ministry.example", ipInterfaces=[VICTIM],
    loggedOnUsers=[{"accountName": "a.novak", "domainName": "MINISTRY"}], roles=["compromised"],
)  # fmt: skip


def graph(*pieces: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An alert of the Graph's `alerts_v2`."""
    return {
        "@odata.type": f"{GRAPH}alert",
        "id": "da000000000000000001_1",
        "providerAlertId": "da000000000000000001_1",
        "status": "new",
        "severity": "medium",
        "classification": "unknown",
        "determination": "unknown",
        "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "antivirus",
        "detectorId": "0d1c0000-0000-4000-8000-0000000000dd",
        "tenantId": "0d1c0000-0000-4000-8000-00000000000c",
        "title": "Suspicious execution",
        "category": "Malware",
        "alertWebUrl": "https://security.microsoft.com/alerts/da1",
        "mitreTechniques": ["T1204.002"],
        "createdDateTime": "2026-11-20T10:05:00.1234567Z",
        "firstActivityDateTime": "2026-11-20T10:00:00.7654321Z",
        "lastActivityDateTime": "2026-11-20T10:01:00Z",
        "evidence": list(pieces),
        **fields,
    }


def file(**details: Any) -> dict[str, Any]:
    """Details of a file, of no folder and no publisher that say something."""
    return {
        "sha256": SHA256, "fileName": "a.exe", "filePath": "C:\\Users\\a.novak\\Downloads",
        **details,
    }  # fmt: skip


def streamed(**columns: Any) -> dict[str, Any]:
    """A row of AlertEvidence as Defender streams it."""
    return {
        "time": "2026-11-20T10:07:00.0000000Z",
        "tenantId": "0d1c0000-0000-4000-8000-00000000000c",
        "operationName": "Publish",
        "category": "AdvancedHunting-AlertEvidence",
        "properties": {
            "Timestamp": "2026-11-20T10:00:00.7654321Z",
            "AlertId": "da000000000000000001_1",
            "Title": "Suspicious execution",
            "Severity": "High",
            "Categories": '["Malware"]',
            "AttackTechniques": '["Malicious File (T1204.002)"]',
            "EntityType": "Ip",
            "EvidenceRole": "Related",
            "ServiceSource": "Microsoft Defender for Endpoint",
            "RemoteIP": OUTSIDE,
            "LocalIP": VICTIM,
            "AccountName": "a.novak",
            "DeviceName": "ws-0117.corp.ministry.example",
            "AdditionalFields": "",
            **columns,
        },
    }
