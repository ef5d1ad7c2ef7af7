"""The observables of a notable, and what of it is the victim's."""

import re

from relay.formats.fields import number
from relay.formats.harvest import Harvest
from relay.formats.outcome import Source
from relay.formats.splunk.meaning import Blame, Meaning
from relay.formats.splunk.notable import Notable
from relay.formats.splunk.victims import ENDS, end, known, own

_ADDRESSES = {
    "src": ("src", "src_ip", "src_ip_address"),
    "dest": ("dest", "dest_ip", "dest_ip_address", "dest_host"),
}
_ASKED = ("query", "url_domain")
_DOMAINS = ("domain", "dest_domain")
_INNER = ("access", "endpoint", "identity", "audit")
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
    senders = _senders(notable) if meaning.classification == "fraud:phishing" else []
    harvest = Harvest(source, own(notable, {*matched, *senders}))
    told = bool(matched) or _of_risk(notable)
    blamed = "" if told else _blamed(notable, meaning.blame, harvest.afresh())
    attacking = {*matched, *senders, *objects}
    ends = [name for which in ENDS if which != blamed for name in end(notable, which)]
    harvest.hide(name for name in ends if name not in attacking)
    for value in (*matched, *objects):
        _typed(harvest, value, notable.text("threat_match_field"))
    if blamed:
        _blame(harvest, notable, meaning, blamed)
    if not told:
        _beside(harvest, notable, meaning)
    for sender in senders:
        harvest.add("email", sender.rpartition("<")[2].rstrip("> "), role="sender")
    return harvest


def _of_risk(notable: Notable) -> bool:
    """A notable of risk gathers many events: its ends are of all of them."""
    named = notable.text("search_name", "source").startswith("Risk - ")
    return named or "risk_event_count" in notable


def _blamed(notable: Notable, blame: Blame, trial: Harvest) -> str:
    """Return the end that attacks and may be shared: `src`, `dest` or empty."""
    foreign = [which for which in ENDS if _foreign(notable, which, trial)]
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
    return "dest" if not foreign and blame is Blame.DESTINATION and _by_proxy(notable) else ""


def _by_proxy(notable: Notable) -> bool:
    """Whether the destination may be a server that a proxy reports by its name."""
    return "src" in notable and not known(notable, "dest") and _outward(notable)


def _outward(notable: Notable) -> bool:
    """Whether the rule watches what leaves: names of sign-ins and endpoints are the member's."""
    return notable.text("security_domain").lower() not in _INNER


def _foreign(notable: Notable, which: str, trial: Harvest) -> bool:
    """Whether an end is an address that is not the member's."""
    addresses = notable.all(*_ADDRESSES[which])
    return not known(notable, which) and any(map(trial.address, addresses))


def _blame(harvest: Harvest, notable: Notable, meaning: Meaning, which: str) -> None:
    role = meaning.role
    if which == "src":
        for value in notable.all(*_ADDRESSES["src"]):
            harvest.address(value, role=role)
        return
    port = number({"port": notable.raw("dest_port")}, "port")
    called = port if port and port <= _LAST_PORT else None
    for value in notable.all(*_ADDRESSES["dest"]):
        harvest.host(value, role=role, port=called)


def _beside(harvest: Harvest, notable: Notable, meaning: Meaning) -> None:
    """Add what was sent; and what something of the member's asked for, unless the source attacks:
    then it asked for something of the member's."""
    for written in notable.all(*_HASHES):
        for value in written.split(","):
            harvest.digest(value, role="payload")
    if meaning.blame is Blame.SOURCE:
        return
    for link in notable.all("url"):
        harvest.add("url", link)
    for name in notable.all(*_ASKED, *(_DOMAINS if _outward(notable) else ())):
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


def _senders(notable: Notable) -> list[str]:
    """Return the senders of a mail; one of a recipient's domain is hidden with that domain."""
    received = "recipient" in notable or "recipients" in notable or "orig_recipient" in notable
    return [name for name in notable.all(*_SENDERS) if "@" in name] if received else []
