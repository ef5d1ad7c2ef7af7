"""What names somebody or something of the victim's side: accounts, hosts, mailboxes, resources."""

from collections.abc import Iterator

from relay.formats.microsoft.folding import Fields, first
from relay.formats.microsoft.gathering import Gathering

ADDRESSES = ("address", "ipaddress", "remoteip")
_NAMES = frozenset((
    "name", "hostname", "netbiosname", "devicename", "devicednsname", "computerdnsname", "fqdn",
    "accountname", "displayname", "aaduserid", "azureaduserid", "sid", "usersid", "accountsid",
    "objectguid", "puid", "accountobjectid", "ntdomain", "accountdomain", "useraccountname",
    "deviceid", "mdedeviceid", "azureaddeviceid", "aaddeviceid", "resourcename", "macaddress",
    "friendlyname", "username", "dnsname", "vmname", "resourceid", "azureresourceid", "azureid",
    "lastipaddress", "lastexternalipaddress", "localip", "publicipaddress", "privateipaddress",
    "hostipaddress", "logonip", "sourceaddress", "mdatpdeviceid", "machineid",
))  # fmt: skip
_DOMAINS = frozenset(("dnsdomain", "upnsuffix", "domainname"))
_MAILBOXES = frozenset((
    "userprincipalname", "accountupn", "upn", "primaryaddress", "mailboxprimaryaddress", "mail",
))  # fmt: skip
_RESOURCES = ("resourceid", "azureresourceid", "azureid")


def hide(fields: Fields, gathering: Gathering) -> None:
    """Gather what names somebody or something of the victim's side: an account, a host, a
    mailbox, a resource."""
    for name, value in fields.items():
        if not isinstance(value, str) or not value:
            continue
        if name in _NAMES:
            gathering.hide((value,))
        elif name in _MAILBOXES:
            gathering.hide_mailbox(value)
        elif name in _DOMAINS:
            gathering.hide_domain(value)
    if resource := first(fields, _RESOURCES):
        gathering.hide((resource.rpartition("/")[2],))


def strings(fields: Fields, names: tuple[str, ...]) -> Iterator[str]:
    """Yield those of some fields that are strings."""
    return (value for name in names if isinstance(value := fields.get(name), str))
