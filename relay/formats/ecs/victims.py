"""What in an ECS document is of the victim's side: hosts, users, agents, recipients, devices."""

from collections.abc import Iterator
from itertools import chain

from relay.formats.ecs.paths import Document, every, objects, value

_HOST = ("ip", "name", "hostname", "domain", "mac", "geo.name")
_HOSTS = ("host", "agent", "observer", "device", "orchestrator.resource", "wazuh.agent",
          "wazuh.agent.host", "cloud.instance", "winlog")  # fmt: skip
_USER = ("name", "full_name", "email", "domain")
_USERS = (
    "user", "user.target", "user.effective", "user.changes", "destination.user", "server.user",
    "client.user", "process.user", "process.parent.user", "source.user", "file.owner",
)  # fmt: skip
_SENDERS = frozenset(("source.user", "client.user"))
"""Users that are the attacker's where the attacker is their end, in mail."""

_OTHERS = (
    "email.to.address", "email.cc.address", "email.bcc.address", "winlog.computer_name",
    "winlog.event_data.TargetUserName", "winlog.event_data.SubjectUserName",
    "winlog.event_data.WorkstationName", "organization.name", "url.username",
    "crowdstrike.alert.device.external_ip", "crowdstrike.alert.device.local_ip",
    "crowdstrike.alert.device.hostname", "crowdstrike.alert.user_name",
    "sentinel_one.alert.agent.computer_name", "sentinel_one.threat.agent.network_interface.inet",
    "sophos.xg.device_name", "sophos.xg.user_name", "sophos.xg.server",
    "m365_defender.alert.evidence.user_account.user_principal_name",
    "rsa.network.alias_host", "rsa.email.email_dst",
)  # fmt: skip

_PARTS = tuple(
    (place, tuple(f"{place}.{name}" for name in names))
    for places, names in ((_HOSTS, _HOST), (_USERS, _USER))
    for place in places
)


def victims(document: Document, *, mail: bool) -> Iterator[str]:
    """Yield the values of the victim's side. In mail the user of the source is the sender."""
    for place, paths in _PARTS:
        if not (mail and place in _SENDERS) and _there(document, place):
            yield from chain.from_iterable(every(document, path) for path in paths)
    yield from chain.from_iterable(every(document, path) for path in _OTHERS)
    for interface in objects(document, "crowdstrike.alert.devices"):
        yield from every(interface, "hostname")


def _there(document: Document, place: str) -> bool:
    """Most documents have few of the parts: one look spares the look at each of their fields."""
    head = place.partition(".")[0]
    if value(document, place) is not None:
        return True
    return head not in document and any(key.startswith(f"{place}.") for key in document)
