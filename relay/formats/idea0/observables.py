"""The observables of an IDEA0 message: what its parties, attachments and references name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, summarize_address_range
from itertools import islice
from urllib.parse import urlsplit

from relay.formats.fields import number, parts, text, texts
from relay.formats.harvest import Harvest
from relay.formats.idea0.sides import Fields, Parties, Party
from relay.formats.outcome import Source

_ADDRESSES = ("IP4", "IP6", "IP")  # the last is no key of the standard, but in use
# What names somebody in a source or target, in the standard and in vendors' own keys.
_NAMES: tuple[str, ...] = (
    *_ADDRESSES, "Hostname", "URL", "Email", "MAC", "PTR", "Account", "LocalIP4", "LocalIP6",
    "LocalHostname", "SIPFrom", "SIPTo",
)  # fmt: skip
# Those of them that are of somebody's inside even where the rest is the attacker's.
_INNER: tuple[str, ...] = ("Account", "LocalIP4", "LocalIP6", "LocalHostname")
_RANGES = frozenset((*_ADDRESSES, "LocalIP4", "LocalIP6"))
_ENDS = re.compile(r"[-/]")  # a range or a network may be named by its ends elsewhere

_DIGESTS = {
    "md5": "md5", "sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256",
    "sha512": "sha512", "sha-512": "sha512",
}  # fmt: skip
_EVIL_FILES = frozenset((
    "malware", "malwareconf", "exploit", "shellcode", "phishing", "virus", "trojan", "dropper",
))  # fmt: skip
_MOST_GROUPS = 100  # as `detection.v1` numbers them
_PORTS = 65_536
_MOST_NETWORKS = 16  # of a range; what needs more says little of each
_WIDEST = {4: 1 << 16, 6: 1 << 96}  # addresses in the widest network that is told

# Lists of URLs leave out the scheme, and sometimes all but the host.
_BARE = re.compile(r"(?P<host>[^\s/:@?#]+)(?::[0-9]{1,5})?(?P<path>[/?]\S*)?")
# The standard's own form is `urn:cve:CVE-...`; Mentat and Warden write `cve:CVE-...`, too.
_CVE = re.compile(r"(?:urn:)?(?:cve:)?(CVE-[0-9]{4}-[0-9]{4,19})", re.IGNORECASE)
_MALWARE = re.compile(r"(?:malware|urn:clamav):(.{1,100}?)-*")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a message names that may be shared: its observables, and names of malware."""

    harvest: Harvest
    malware: tuple[str, ...]


def gathered(event: Fields, parties: Parties, source: Source) -> Gathered:
    """Return what a message names, none of it of the hidden parties."""
    harvest = Harvest(source, _hidden(event, parties))
    for party in parties.shared:
        _addresses(harvest, party)
        _system(harvest, party)
        _names(harvest, party)
    files = tuple(_files(event, parties))
    for at, file in enumerate(files):
        for written in texts(file, "Hash"):
            _digest(harvest, written, at if at < _MOST_GROUPS else None)
    speaking = (event, *(party.fields for party in parties.shared), *files)
    references = [reference for fields in speaking for reference in texts(fields, "Ref")]
    for found in filter(None, map(_CVE.fullmatch, references)):
        harvest.add("cve", found[1], "unknown", role="exploit-target")
    names = filter(None, map(_MALWARE.fullmatch, references))
    return Gathered(harvest, tuple(name[1] for name in names))


def _addresses(harvest: Harvest, party: Party) -> None:
    port = _port(party)
    names = (name for name in _ADDRESSES if name in party.fields)
    for written in (address for name in names for address in texts(party.fields, name)):
        for network in _networks(written):
            harvest.address(network, party.side, role=party.role, port=port)


def _system(harvest: Harvest, party: Party) -> None:
    """Gather AS numbers, if they are all that is said: of an address they are but a property."""
    said = party.fields.get("ASN")
    if said is None or any(name in party.fields for name in _NAMES):
        return
    for each in said if isinstance(said, list) else (said,):
        written = number({"ASN": each}, "ASN")
        harvest.add("asn", "" if written is None else str(written), party.side, role=party.role)


def _names(harvest: Harvest, party: Party) -> None:
    fields, side, role = party.fields, party.side, party.role
    for written in texts(fields, "Hostname"):
        harvest.host(written, side, role=role)
    for written in texts(fields, "URL"):
        bare = _BARE.fullmatch(written.strip())
        if bare is None:
            harvest.add("url", written, side, role=role)
        elif bare["path"]:
            harvest.add("url", f"http://{bare[0]}", side, role=role)
        else:
            harvest.host(bare["host"], side, role=role)
    if any(word.lower().startswith("sip") for word in texts(fields, "Proto")):
        return  # a telephone's account looks like a mailbox
    for written in texts(fields, "Email"):
        harvest.add("email", written, side, role=role)


def _networks(written: str) -> Sequence[str]:
    """Return the networks that a range is made of exactly; anything else as it is. A range wider
    than a network may be is left out whole: its crumbs would tell something else."""
    first, dash, last = written.partition("-")
    if not dash:
        return (written,)
    try:
        ends = ip_address(first.strip()), ip_address(last.strip())
        networks = list(islice(summarize_address_range(*ends), _MOST_NETWORKS + 1))
    except (ValueError, TypeError):
        return (written,)
    narrow = int(ends[1]) - int(ends[0]) < _WIDEST[ends[0].version]
    return tuple(map(str, networks)) if narrow and len(networks) <= _MOST_NETWORKS else ()


def _port(party: Party) -> int | None:
    """Return the one port of a server; a client's says nothing."""
    ports = party.fields.get("Port")
    if party.side != "infrastructure" or (isinstance(ports, list) and len(ports) != 1):
        return None
    only = ports[0] if isinstance(ports, list) else ports
    port = number({"Port": only}, "Port")
    return port if port is not None and 0 < port < _PORTS else None


def _digest(harvest: Harvest, written: str, group: int | None) -> None:
    """Gather a hash: `sha1:` and the like before it, which must agree with its length."""
    stated, colon, digits = written.partition(":")
    if not colon:
        harvest.digest(written, role="payload", group=group)
    elif kind := _DIGESTS.get(stated.strip().lower()):
        harvest.add(kind, digits, role="payload", group=group)


def _files(event: Fields, parties: Parties) -> Iterator[Fields]:
    """Return the attachments that are the attacker's files: by their type, or, without one, unless
    they belong to a hidden party. Logs and samples of traffic are the member's."""
    of_others = {hand for fields in parties.hidden for hand in texts(fields, "AttachHand")}
    return (file for file in parts(event, "Attach") if _evil(file, of_others))


def _evil(file: Fields, of_others: set[str]) -> bool:
    kinds = {word.strip().lower() for word in texts(file, "Type")}
    return not kinds.isdisjoint(_EVIL_FILES) if kinds else text(file, "Handle") not in of_others


def _hidden(event: Fields, parties: Parties) -> Iterator[str]:
    """Yield what names the victim's side and the detectors, in each form it could come out in."""
    for fields in parties.hidden:
        yield from _named(fields, _NAMES)
    for party in parties.shared:
        yield from _named(party.fields, _INNER)
    # Dotted names say whose the detector is; others (`undefined`, `haddrscan`) are just words.
    yield from (name for node in parts(event, "Node") if "." in (name := text(node, "Name")))


def _named(fields: Fields, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if key not in fields:
            continue
        for value in texts(fields, key):
            yield value
            if key == "URL":
                yield _host(value)
            elif key in _RANGES and _ENDS.search(value):
                yield from _ENDS.split(value, 2)[:2]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
