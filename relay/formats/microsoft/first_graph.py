"""Alerts of the first security API of the Graph (`/security/alerts`): states instead of
evidence."""

from collections.abc import Iterator

from relay.formats.microsoft.files import of_the_system
from relay.formats.microsoft.folding import Fields, first, folded, objects
from relay.formats.microsoft.gathering import Gathering
from relay.formats.microsoft.report import Report

MARKS = frozenset(("hoststates", "userstates", "networkconnections", "filestates"))
"""Fields that only this form has."""

_HOSTS = ("fqdn", "netbiosname", "privateipaddress", "publicipaddress")
_USERS = (
    "accountname", "userprincipalname", "domainname", "onpremisessecurityidentifier", "aaduserid",
    "logonid",
)  # fmt: skip
_LOCAL = ("localdnsname", "natsourceaddress")


def alert(fields: Fields) -> Report:
    """Return an alert."""
    vendor = next(_states(fields, "vendorinformation"), {})
    named = {
        "productname": first(vendor, ("subprovider", "provider")),
        "vendorname": first(vendor, ("vendor",)),
    }
    return Report("defender", {**fields, **named}, reads=_read)


def _states(fields: Fields, name: str) -> Iterator[Fields]:
    return (folded(each) for each in objects(fields.get(name)))


def _read(fields: Fields, gathering: Gathering) -> None:
    for host in _states(fields, "hoststates"):
        gathering.hide(first(host, (name,)) for name in _HOSTS)
    for user in _states(fields, "userstates"):
        gathering.hide(first(user, (name,)) for name in _USERS)
        gathering.hide_mailbox(first(user, ("userprincipalname",)))
        gathering.take("address", first(user, ("logonip",)), role="source")
    for connection in _states(fields, "networkconnections"):
        _connection(connection, gathering)
    for file in _states(fields, "filestates"):
        if not of_the_system(file):
            hashes = _states(file, "filehash")
            gathering.hashes(first(each, ("hashvalue",)) for each in hashes)
    for malware in _states(fields, "malwarestates"):
        gathering.malware += [first(malware, ("family",)), first(malware, ("name",))]
    for message in _states(fields, "messagesecuritystates"):
        gathering.mail = True
        gathering.hide_mailbox(first(message, ("emailrecipient",)))
        gathering.take("address", first(message, ("connectingip",)), role="sender")


def _connection(connection: Fields, gathering: Gathering) -> None:
    """Outwards the destination is the attacker's, inwards the source; untold, the one of both
    that is not the member's."""
    gathering.hide(first(connection, (name,)) for name in _LOCAL)
    source = first(connection, ("sourceaddress",))
    destination = first(connection, ("destinationaddress",))
    direction = first(connection, ("direction",)).lower()
    if direction == "inbound":
        gathering.hide((destination,))
        gathering.take("address", source, role="source")
        return
    if direction == "outbound":
        gathering.hide((source,))
        gathering.take("address", destination)
    else:
        gathering.connection((source, destination))
    gathering.take("domain", first(connection, ("destinationdomain",)))
    if link := first(connection, ("destinationurl",)):
        gathering.url(link)
