"""What of a notable names the victim's side: its users, its machines, and the end that does not
attack."""

from collections.abc import Collection, Iterator

from relay.formats.everybody import EVERYBODY, PROVIDERS
from relay.formats.splunk.notable import Notable

ENDS = ("src", "dest")
"""Both ends of what a notable is about."""

_ACCOUNTS = (
    "user", "src_user", "dest_user", "user_id", "user_name", "user_email", "src_user_id",
    "src_user_name", "target_user", "account", "account_name", "acct", "vendor_account",
    "UserName", "identity", "recipient", "recipients", "orig_recipient", "owner",
    "owner_realname", "reviewer", "process_user", "parent_process_user",
)  # fmt: skip
_MACHINES = (
    "host", "dvc", "dvc_ip", "dvc_host", "dvc_name", "orig_host", "hostname", "host_name",
    "ComputerName", "computer_name", "asset", "splunk_server", "orig_splunk_server", "src_mac",
    "dest_mac", "risk_object", "normalized_risk_object", "all_risk_objects", "entity",
    "normalized_entity", "aws_account_id", "tenant_id",
)  # fmt: skip
_NAMED = ("", "_ip", "_host", "_name", "_nt_host", "_dns", "_translated_ip", "_ip_address")
_END_FIELDS = {end: (*(f"{end}{part}" for part in _NAMED), f"orig_{end}") for end in ENDS}
# What the lookup of assets adds only to what it knows: the end is the member's.
_MARKS = ("asset_id", "asset", "owner", "bunit", "nt_host", "is_expected")
_KNOWN = {end: tuple(f"{end}_{mark}" for mark in _MARKS) for end in ENDS}


def own(notable: Notable, attacking: Collection[str]) -> list[str]:
    """Return the accounts and machines of the victim's side; `attacking` are not."""
    accounts = [name for name in notable.all(*_ACCOUNTS) if name not in attacking]
    machines = [name for name in notable.all(*_MACHINES) if name not in attacking]
    return [*machines, *accounts, *(part for name in accounts for part in _parts(name))]


def end(notable: Notable, which: str) -> list[str]:
    """Return what an end, `src` or `dest`, is called, and its addresses."""
    return notable.all(*_END_FIELDS[which])


def known(notable: Notable, which: str) -> bool:
    """Return whether the lookup of assets knows an end."""
    return any(name in notable for name in _KNOWN[which])


def _parts(account: str) -> Iterator[str]:
    """Yield the domain and the user of a Windows account, and the domain of a mailbox, where they
    name somebody."""
    domain, backslash, name = account.partition("\\")
    if backslash:
        yield from (part for part in (domain, name) if part.lower() not in EVERYBODY)
    mailbox = account.rpartition("@")
    if mailbox[0] and mailbox[2].lower() not in PROVIDERS:
        yield mailbox[2]
