"""What in an ECS document is of the victim's side: hosts, users, agents, recipients, devices."""

from collections.abc import Iterator
from itertools import chain

from relay.formats.ecs.paths import Document, every, objects

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
    "crowdstrike.event.ComputerName", "crowdstrike.event.LocalIP", "crowdstrike.event.UserName",
    "crowdstrike.event.MachineDomain", "crowdstrike.LocalIP", "crowdstrike.aip",
    "sentinel_one.alert.agent.computer_name", "sentinel_one.threat.agent.network_interface.inet",
    "sophos.xg.device_name", "sophos.xg.user_name", "sophos.xg.server",
    "rsa.network.alias_host", "rsa.email.email_dst",
)  # fmt: skip

_EVIDENCE = (
    "device_dns_name", "ip_interfaces", "user_account.account_name", "user_account.domain_name",
    "user_account.user_principal_name", "recipient_email_address", "primary_address",
)  # fmt: skip
_PLACES = tuple((place, _HOST) for place in _HOSTS) + tuple((place, _USER) for place in _USERS)

_ANYWHERE = frozenset(f"{place}.{name}" for place, names in _PLACES for name in names) | {*_OTHERS}
_OF_SENDERS = frozenset(f"{place}.{name}" for place in _SENDERS for name in _USER)


def victims(document: Document, *, mail: bool) -> Iterator[str]:
    """Yield the values of the victim's side, in no order. In mail the user of the source is the
    sender."""
    for path in _ANYWHERE.intersection(document):
        if not (mail and path in _OF_SENDERS):
            yield from every(document, path)
    for place, names in _PLACES:
        if isinstance(document.get(place), list) and not (mail and place in _SENDERS):
            for part in objects(document, place):
                yield from chain.from_iterable(every(part, name) for name in names)
    for piece in objects(document, "m365_defender.alert.evidence"):
        yield from chain.from_iterable(every(piece, path) for path in _EVIDENCE)
