"""What names somebody or something of the victim's side: accounts, hosts, mailboxes, resources."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from relay.formats.microsoft.folding import Fields, folded, objects, words
from relay.formats.microsoft.gathering import Gathering

ADDRESSES = ("address", "ipaddress", "remoteip")
"""Fields of an address, in the entities of all products."""

_NAMES = (
    "name", "accountname", "displayname", "aaduserid", "azureaduserid", "sid", "usersid",
    "accountsid", "objectguid", "puid", "accountobjectid", "ntdomain", "accountdomain",
    "useraccountname", "deviceid", "mdedeviceid", "azureaddeviceid", "aaddeviceid", "resourcename",
    "macaddress", "friendlyname", "username", "vmname", "mdatpdeviceid", "machineid",
    "lastipaddress", "lastexternalipaddress", "localip", "publicipaddress", "privateipaddress",
    "hostipaddress", "logonip", "sourceaddress",
)  # fmt: skip
_HOSTS = (
    "hostname",
    "netbiosname",
    "devicename",
    "devicednsname",
    "computerdnsname",
    "fqdn",
    "dnsname",
)
_MAILBOXES = (
    "userprincipalname",
    "accountupn",
    "upn",
    "primaryaddress",
    "mailboxprimaryaddress",
    "mail",
)

_WAYS: Mapping[str, Callable[[Gathering, str], None]] = MappingProxyType(
    {
        **dict.fromkeys(_NAMES, Gathering.hide_name),
        **dict.fromkeys(_HOSTS, Gathering.hide_host),
        **dict.fromkeys(_MAILBOXES, Gathering.hide_mailbox),
        **dict.fromkeys(("dnsdomain", "upnsuffix", "domainname"), Gathering.hide_domain),
        **dict.fromkeys(("resourceid", "azureresourceid", "azureid"), Gathering.hide_resource),
    }
)


def hide(fields: Fields, gathering: Gathering) -> None:
    """Gather what an entity of the victim's side is called, and the addresses it has."""
    for name, value in fields.items():
        way = _WAYS.get(name)
        if way is not None and isinstance(value, str):
            way(gathering, value)
    if "ipinterfaces" in fields:
        gathering.hide(words(fields["ipinterfaces"]))
        for each in objects(fields["ipinterfaces"]):
            gathering.hide(strings(folded(each), ADDRESSES))


def strings(fields: Fields, names: tuple[str, ...]) -> Iterator[str]:
    """Yield those of some fields that are strings."""
    return (value for name in names if isinstance(value := fields.get(name), str))
