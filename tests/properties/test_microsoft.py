"""Defender and Sentinel: what names the victim is in no detection, whatever the form."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.adapters import adapt
from relay.formats.microsoft.read import read
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.wire.detection import DetectionV1
from tests.unit.formats.microsoft_alerts import OUTSIDE, SHA256, evidence, graph, row, streamed

SOURCE = Source("ee", "amber", 1_800_000_000_000, allow_documentation=True)

PLANTED = (
    "planted-user", "planted-host", "planted.example", "planted-secret", "203.0.113.66",
    "2001:db8:66::66", "s-1-5-21-6666", "66666666-6666", "planted_domain",
)  # fmt: skip
VICTIM_ADDRESS = st.sampled_from(("203.0.113.66", "2001:db8:66::66"))
LINK = st.sampled_from((
    "http://attacker.example/?u=planted-user", "http://planted-host.attacker.example/",
    "http://www.planted.example/x", "https://attacker.example/planted-user@planted.example",
    "http://203.0.113.66/x", "http://attacker.example/%70lanted-host", "http://planted-host/",
    "attacker.example/planted.example", "http://attacker.example/ok",
))  # fmt: skip
ROLES = st.lists(
    st.sampled_from(("attacker", "commandAndControl", "source", "created", "unknown", "loaded")),
    max_size=2,
)
VERDICT = st.sampled_from(("malicious", "suspicious", "unknown", None))
TITLE = st.sampled_from(
    ("Alert on planted-host", "planted-user signed in", "From 203.0.113.66", "Alert")
)

ACCOUNT = {
    "$id": "3", "Name": "planted-user", "NTDomain": "PLANTED_DOMAIN", "Type": "account",
    "UPNSuffix": "planted.example", "Sid": "S-1-5-21-6666", "DisplayName": "planted-user",
    "AadUserId": "66666666-6666", "UserPrincipalName": "planted-user@planted.example",
}  # fmt: skip


def host(address: str) -> dict[str, Any]:
    """A host of the victim's, as an entity."""
    return {
        "$id": "2", "HostName": "planted-host", "DnsDomain": "planted.example",
        "NetBiosName": "planted-host", "LastIpAddress": address, "Type": "host",
        "IpInterfaces": [{"$id": "22", "Address": "203.0.113.66"}],
    }  # fmt: skip


def check(outcome: Outcome) -> None:
    """What is converted is sound, and nothing planted is in it."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if isinstance(outcome, Converted):
        for detection in outcome.detections:
            DetectionV1.model_validate(detection)
        told = orjson.dumps(outcome.detections).decode().lower()
        assert [planted for planted in PLANTED if planted in told] == []


@given(VICTIM_ADDRESS, LINK, TITLE, st.booleans())
def test_victims_of_entities_never_come_out(
    address: str, link: str, title: str, embedded: bool
) -> None:
    """A row of Sentinel names its victims in many columns: none of them is told."""
    entities = [
        host(address),
        ACCOUNT,
        {"Type": "ip", "Address": OUTSIDE},
        {"Type": "ip", "Address": address},
        {"Type": "url", "Url": link},
        {"Type": "dns", "DomainName": "planted-host.planted.example", "HostIpAddress": address},
        {"Type": "process", "CommandLine": "planted-secret", "Account": {"$ref": "3"}},
        {"Type": "file", "Name": "planted-user.doc", "Directory": "C:\\Users\\planted-user",
         "FileHashes": [{"Algorithm": "SHA256", "Value": SHA256}], "Host": {"$ref": "2"}},
        {"Type": "mailbox", "MailboxPrimaryAddress": "planted-user@planted.example"},
        {"Type": "mailMessage", "Recipient": "planted-user@planted.example", "Urls": [link],
         "Sender": "planted-user@planted.example", "Subject": "planted-secret"},
        {"Type": "azure-resource", "ResourceId": "/subscriptions/66666666-6666/vms/planted-host"},
        {"Type": "network-connection", "SourceAddress": {"Address": OUTSIDE},
         "DestinationAddress": {"Address": address}},
        {"Type": "registry-key", "Key": "planted-secret", "Hive": "HKEY_USERS"},
        {"Type": "malware", "Name": "Trojan:planted-host"},
    ]  # fmt: skip
    event = row(
        *entities,
        AlertName=title, Description="planted-secret", CompromisedEntity="planted-host",
        AlertLink="https://portal.azure.com/66666666-6666", SystemAlertId="66666666-6666",
        TenantId="66666666-6666", WorkspaceSubscriptionId="66666666-6666",
        AlertType="66666666-6666-4666-8666-666666666666_x", RemediationSteps="planted-secret",
        ExtendedProperties=orjson.dumps({
            "Compromised Host": "planted-host", "User Name": "planted-user", "Query":
            "planted-secret", "Attacker source IP": f"IP Address: {OUTSIDE}",
        }).decode(),
    )  # fmt: skip
    if not embedded:
        event["Entities"] = entities

    check(adapt("sentinel", orjson.dumps(event), SOURCE))


@given(VICTIM_ADDRESS, LINK, TITLE, ROLES, VERDICT)
def test_victims_of_evidence_never_come_out(
    address: str, link: str, title: str, roles: list[str], verdict: str | None
) -> None:
    """Devices, users and mailboxes of an alert of the Graph are told nowhere, whatever the roles
    and verdicts of the rest."""
    marks = {"roles": roles, "verdict": verdict}
    event = graph(
        evidence(
            "device", deviceDnsName="planted-host.planted.example", lastIpAddress=address,
            ipInterfaces=["203.0.113.66"], mdeDeviceId="66666666-6666",
            loggedOnUsers=[{"accountName": "planted-user", "domainName": "PLANTED_DOMAIN"}],
        ),
        evidence("user", userAccount={
            "accountName": "planted-user", "userSid": "S-1-5-21-6666",
            "userPrincipalName": "planted-user@planted.example",
        }),
        evidence("mailbox", primaryAddress="planted-user@planted.example"),
        evidence("ip", ipAddress=address, roles=["attacked"]),
        evidence("ip", ipAddress=OUTSIDE, **marks),
        evidence("url", url=link, **marks),
        evidence("analyzedMessage", recipientEmailAddress="planted-user@planted.example",
                 p1Sender={"emailAddress": "planted-user@planted.example"}, urls=[link],
                 subject="planted-secret", **marks),
        evidence("process", processCommandLine="planted-secret", userAccount={
            "accountName": "planted-user"}, imageFile={
            "sha256": SHA256, "filePath": "C:\\Users\\planted-user"}, **marks),
        evidence("registryValue", registryValue="planted-secret", **marks),
        title=title, description="planted-secret", tenantId="66666666-6666",
        alertWebUrl="https://security.microsoft.com/?tid=66666666-6666",
        threatDisplayName="planted-host", recommendedActions="planted-secret",
        comments=[{"comment": "planted-secret"}], assignedTo="planted-user",
    )  # fmt: skip

    check(adapt("defender", orjson.dumps(event), SOURCE))
    check(adapt("defender", orjson.dumps({"incidentId": 1, "alerts": [event]}), SOURCE))


@given(
    VICTIM_ADDRESS,
    LINK,
    st.sampled_from(("Ip", "Url", "File", "Process", "User", "Machine", "Mailbox", "MailMessage")),
    st.sampled_from(("Related", "Impacted", "")),
)
def test_victims_of_streamed_rows_never_come_out(
    address: str, link: str, kind: str, role: str
) -> None:
    """The account, the device and the local address of a row are the victim's, whatever it is
    about."""
    event = streamed(
        EntityType=kind, EvidenceRole=role, LocalIP=address, RemoteIP=OUTSIDE, RemoteUrl=link,
        SHA256=SHA256, AccountName="planted-user", AccountDomain="PLANTED_DOMAIN",
        AccountSid="S-1-5-21-6666", AccountUpn="planted-user@planted.example",
        DeviceName="planted-host.planted.example", DeviceId="66666666-6666",
        ProcessCommandLine="planted-secret", EmailSubject="planted-secret",
        FolderPath="C:\\Users\\planted-user", Title="planted-host called planted-user",
        AdditionalFields=orjson.dumps({
            "Recipient": "planted-user@planted.example", "Urls": [link],
            "Sender": "planted-user@planted.example", "CommandLine": "planted-secret",
            "Account": ACCOUNT, "Host": host(address), "Subject": "planted-secret",
        }).decode(),
    )  # fmt: skip

    check(adapt("defender", orjson.dumps(event), SOURCE))


NUMBERS = st.sampled_from((10**400, -1, True, 0.5, float("inf")))
ANY = st.recursive(
    st.none() | NUMBERS | st.text(max_size=6) | st.sampled_from(("[{", "{}", OUTSIDE, "\0")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("$ref", "$id", "Type", "properties", "Address", "sha256", "x")),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
NAMES = st.sampled_from((
    "Entities", "evidence", "alerts", "properties", "category", "object", "tables", "value",
    "relatedEntities", "ExtendedProperties", "ConfidenceScore", "confidence", "Tactics", "tags",
    "Techniques", "hostStates", "networkConnections", "devices", "labels", "StartTime", "type",
    "AlertId", "EvidenceRole", "AdditionalFields", "classification", "CompromisedEntity",
))  # fmt: skip


@given(st.sampled_from((row, graph, streamed)), st.dictionaries(NAMES, ANY, max_size=5))
def test_any_shape_of_an_alert_has_an_outcome(form: Any, changes: dict[str, Any]) -> None:
    """Fields of any type in any place give a sound detection, or a reason why not."""
    check(read({**form(), **changes}, SOURCE))
