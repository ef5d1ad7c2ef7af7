"""The observables of a notable, and what of it is the victim's."""

import re

from relay.formats.fields import number
from relay.formats.harvest import Harvest
from relay.formats.outcome import Source
from relay.formats.splunk.meaning import Blame, Meaning
from relay.formats.splunk.notable import Notable

_OWN = (
    "user", "src_user", "dest_user", "user_id", "user_name", "user_email", "src_user_id",
    "src_user_name", "target_user", "account", "account_name", "acct", "vendor_account",
    "UserName", "ComputerName", "identity", "asset", "recipient", "recipients", "orig_recipient",
    "host", "dvc", "dvc_ip", "dvc_host", "dvc_name", "orig_host", "hostname", "host_name",
    "computer_name", "splunk_server", "orig_splunk_server", "owner", "owner_realname", "reviewer",
    "risk_object", "normalized_risk_object", "all_risk_objects", "entity", "normalized_entity",
    "src_mac", "dest_mac", "process_user", "parent_process_user", "aws_account_id", "tenant_id",
)  # fmt: skip
_ENDS = {
    end: (
        end, f"{end}_ip", f"{end}_host", f"{end}_name", f"{end}_nt_host", f"{end}_dns",
        f"{end}_translated_ip", f"{end}_ip_address", f"orig_{end}",
    )
    for end in ("src", "dest")
}  # fmt: skip
_ADDRESSES = {
    "src": ("src", "src_ip", "src_ip_address"),
    "dest": ("dest", "dest_ip", "dest_ip_address", "dest_host"),
}
# What the lookup of assets adds only to what it knows: the end is the member's.
_KNOWN = ("asset_id", "asset", "owner", "bunit", "nt_host", "is_expected")

_NAMES = ("query", "domain", "url_domain", "dest_domain")
_HASHES = (
    "file_hash", "file_hash_sha256", "file_hash_sha1", "file_hash_md5", "sha256", "sha1", "md5",
    "hash",
)  # fmt: skip
_SENDERS = ("sender", "src_user", "from")

_DIGEST = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})", re.IGNORECASE)
_OF_TLS = re.compile(r"ssl|tls|cert")
# Fields whose values are everybody's, or a victim's.
_INWARD = re.compile(r"^(?:dest_)?user|recipient|process|service|registry|file_name")
_LAST_PORT = 65_535
_CERTIFICATES = {40: "cert-sha1", 64: "cert-sha256"}
# Of a threat object only those of these types are somebody's: a name of a process is everybody's.
_SHAREABLE = re.compile(
    r"ip|address|domain|host|fqdn|dns|url|uri|hash|md5|sha|mail|sender|query", re.I
)
_UNSHAREABLE = re.compile(
    r"subject|command|process|file_?(?:name|path)|user|registry|service", re.I
)
_FILE = re.compile(
    r"\.(?:exe|dll|sys|bat|cmd|ps1|vbs|jse?|hta|lnk|scr|msi|docx?|docm|xlsx?|xlsm|pdf|zip|rar|7z"
    r"|iso|jar|sh|py|php|tmp|dat|bin)$",
    re.IGNORECASE,
)


def observables(notable: Notable, meaning: Meaning, source: Source) -> Harvest:
    """Return what may be shared of a notable.

    A value that met a list of threats, and an object of threat, is the attacker's by the notable's
    own word; of both ends only the one that the rule blames.
    """
    matched = notable.all("threat_match_value")
    objects = _threat_objects(notable)
    senders = _foreign_senders(notable) if meaning.classification == "fraud:phishing" else []
    own = [name for name in notable.all(*_OWN) if name not in {*matched, *senders}]
    told = matched or _of_risk(notable)
    blamed = "" if told else _blamed(notable, meaning.blame, Harvest(source, own))
    harvest = Harvest(source, own)
    ends = [name for end in _ENDS if end != blamed for name in _ENDS[end]]
    attacking = {*matched, *senders, *objects}
    harvest.hide(value for value in notable.all(*ends) if value not in attacking)
    for value in (*matched, *objects):
        _typed(harvest, value, notable.text("threat_match_field"))
    if blamed:
        _end(harvest, notable, meaning, blamed)
    if meaning.blame is not Blame.SOURCE and not matched:
        _served(harvest, notable)
    _payloads(harvest, notable)
    for sender in senders:
        harvest.add("email", sender, role="sender")
    return harvest


def _of_risk(notable: Notable) -> bool:
    """A notable of risk gathers many events: its ends are of all of them."""
    return "risk_event_count" in notable or notable.text("search_name", "source").startswith("Risk")


def _blamed(notable: Notable, blame: Blame, trial: Harvest) -> str:
    """Return the end that attacks and may be shared: `src`, `dest` or empty."""
    foreign = [end for end in _ADDRESSES if _foreign(notable, end, trial)]
    if blame is Blame.NOBODY:
        return ""
    if blame is Blame.SOURCE:
        return "src" if "src" in foreign else ""
    if blame is Blame.DESTINATION and "query" in notable:
        return ""  # the destination is the resolver: what attacks is the name asked for
    if blame is Blame.DESTINATION and "dest" in foreign:
        return "dest"
    if len(foreign) == 1:
        return foreign[0]
    # A proxy or a resolver reports the server by its name.
    named = blame is Blame.DESTINATION and "src" in notable and not _known(notable, "dest")
    return "dest" if named and not foreign else ""


def _foreign(notable: Notable, end: str, trial: Harvest) -> bool:
    """Whether an end is an address that is not the member's."""
    addresses = notable.all(*_ADDRESSES[end])
    return not _known(notable, end) and any(map(trial.address, addresses))


def _known(notable: Notable, end: str) -> bool:
    return any(f"{end}_{mark}" in notable for mark in _KNOWN)


def _end(harvest: Harvest, notable: Notable, meaning: Meaning, end: str) -> None:
    role = meaning.role
    if end == "src":
        for value in notable.all(*_ADDRESSES["src"]):
            harvest.address(value, role=role)
        return
    port = number({"port": notable.raw("dest_port")}, "port")
    called = port if port and port <= _LAST_PORT else None
    for value in notable.all(*_ADDRESSES["dest"]):
        harvest.host(value, role=role, port=called)


def _payloads(harvest: Harvest, notable: Notable) -> None:
    for written in notable.all(*_HASHES):
        for value in written.split(","):
            harvest.digest(value, role="payload")


def _served(harvest: Harvest, notable: Notable) -> None:
    """Names and links that something of the member's asked for."""
    for link in notable.all("url"):
        harvest.add("url", link)
    for name in notable.all(*_NAMES):
        harvest.host(name)


def _threat_objects(notable: Notable) -> list[str]:
    """Return the objects of threat, unless none of them is of a type that can be shared.

    The lists of objects and of types are each sorted by itself: which of them is of which type
    its look has to say.
    """
    types = notable.all("threat_object_type")
    return notable.all("threat_object") if not types or any(map(_is_shareable, types)) else []


def _is_shareable(name: str) -> bool:
    return _SHAREABLE.search(name) is not None and _UNSHAREABLE.search(name) is None


def _typed(harvest: Harvest, value: str, field: str) -> None:
    """Add a value as what it looks like; `field` is the name of the field it met a list in."""
    if _DIGEST.fullmatch(value):
        certificate = _CERTIFICATES.get(len(value)) if _OF_TLS.search(field) else None
        if certificate:
            harvest.add(certificate, value)
        else:
            harvest.digest(value)
    elif _INWARD.search(field):
        return
    elif "://" in value:
        harvest.add("url", value)
    elif "@" in value:
        harvest.add("email", value, role="sender")
    elif not harvest.address(value) and not _FILE.search(value):
        kind, written = ("url", f"http://{value}") if "/" in value else ("domain", value)
        harvest.add(kind, written)


def _foreign_senders(notable: Notable) -> list[str]:
    """Return the senders of a mail that are of no recipient's domain."""
    recipients = notable.all("recipient", "recipients", "orig_recipient")
    homes = {value.rpartition("@")[2].lower() for value in recipients}
    senders = notable.all(*_SENDERS) if recipients else []
    return [
        each for each in senders if "@" in each and each.rpartition("@")[2].lower() not in homes
    ]
