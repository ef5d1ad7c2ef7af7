"""The observables of one evidence: what the attacker's end is, what it serves and leaves behind.

Never read: `data`, `raw_data`, command lines, paths, answers of resolvers, user agents, responses.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Literal

from relay.formats.bystanders import serves
from relay.formats.fields import number, part, parts, text, texts
from relay.formats.harvest import Harvest
from relay.formats.ocsf.mailboxes import house, recipients, senders
from relay.formats.ocsf.meaning import Intent, Meaning
from relay.formats.ocsf.sides import End, Judged
from relay.model.vocabulary import Role

Fields = Mapping[str, object]

_SERVED = frozenset(("url", "http_request", "query", "tls"))
_FILES = frozenset(("file", "process", "actor", "script"))
_MOST = 200  # items of one list within an evidence
_LAST_PORT = 65_535
_PROTOCOL = re.compile(r"[a-z0-9-]{1,16}")

_DIGESTS = frozenset(("md5", "sha1", "sha256", "sha512"))
_DIGEST_IDS = frozenset((1, 2, 3, 4))
"""`algorithm_id` of MD5, SHA-1, SHA-256 and SHA-512; fuzzy and import hashes are something else."""
_BETWEEN = str.maketrans("", "", " -_")

_SYSTEM = frozenset((
    "explorer.exe", "svchost.exe", "powershell.exe", "pwsh.exe", "cmd.exe", "conhost.exe",
    "rundll32.exe", "regsvr32.exe", "mshta.exe", "wscript.exe", "cscript.exe", "msiexec.exe",
    "services.exe", "lsass.exe", "userinit.exe", "winlogon.exe", "taskhostw.exe", "wmiprvse.exe",
    "wmic.exe", "certutil.exe", "bitsadmin.exe", "schtasks.exe", "net.exe", "net1.exe",
    "outlook.exe", "winword.exe", "excel.exe", "chrome.exe", "msedge.exe", "firefox.exe",
    "python.exe", "java.exe", "sh", "bash", "dash", "zsh", "busybox", "curl", "wget", "systemd",
    "sshd", "perl", "python", "python3", "java", "node", "nginx", "apache2", "httpd", "runc",
    "containerd-shim", "sudo",
))  # fmt: skip
"""Programs that everybody has: what an attacker starts with them is his, they are not."""
_AT_HOME = re.compile(r"[a-z]:[\\/](?:windows|program files)|/(?:usr/)?(?:local/)?(?:s?bin|lib)/")


def gather(judged: Judged, meaning: Meaning, harvest: Harvest) -> None:
    """Add what an evidence holds of the attacker's."""
    evidence = judged.evidence
    role: Role | None = meaning.role
    if judged.attacker is End.SOURCE:
        _end(judged.source, evidence, harvest, side="attacker", role=_begins(role))
        _fingerprints(evidence, harvest)
    elif judged.attacker is End.DESTINATION:
        _end(judged.destination, evidence, harvest, side="infrastructure", role=called_for(meaning))
        for name in texts(judged.destination, "hostname"):
            add_name(name, harvest, called_for(meaning))
        if meaning.intent is Intent.CALLED:
            _fingerprints(evidence, harvest)
    if judged.serves and not _SERVED.isdisjoint(evidence):
        _served(evidence, called_for(meaning), harvest)
    if not _FILES.isdisjoint(evidence):
        _files(evidence, harvest)
    for mail in islice(parts(evidence, "email"), _MOST):
        _mail(mail, harvest)


def _begins(role: Role | None) -> Role:
    return role if role == "scanner" else "source"


def called_for(meaning: Meaning) -> Role | None:
    """Return what the end that is called, and what it serves, was used for."""
    return meaning.role if meaning.intent is not Intent.ATTEMPT else None


def _end(
    endpoint: Fields,
    evidence: Fields,
    harvest: Harvest,
    *,
    side: Literal["attacker", "infrastructure"],
    role: Role | None,
) -> None:
    protocol = text(part(evidence, "connection_info"), "protocol_name").lower()
    port = number(endpoint, "port") if side == "infrastructure" else None
    for written in texts(endpoint, "ip")[:_MOST]:
        harvest.address(
            written.strip(),
            side,
            role=role,
            port=port if port and port <= _LAST_PORT else None,
            protocol=protocol if _PROTOCOL.fullmatch(protocol) else None,
        )


def _served(evidence: Fields, role: Role | None, harvest: Harvest) -> None:
    requested = part(part(evidence, "http_request"), "url")
    for url in (*parts(evidence, "url")[:_MOST], requested):
        if url:
            add_url(url, harvest, role)
    add_name(text(part(evidence, "query"), "hostname"), harvest, role)
    tls = part(evidence, "tls")
    add_name(text(tls, "sni"), harvest, role)
    for print_ in parts(part(tls, "certificate"), "fingerprints")[:_MOST]:
        certificate(text(print_, "value"), harvest)
    harvest.add("ja3s", text(part(tls, "ja3s_hash"), "value"), "infrastructure")


def add_url(url: Fields, harvest: Harvest, role: Role | None = None) -> None:
    """Add a URL, put together if it is told in pieces, and the name in it."""
    host = text(url, "hostname") or text(url, "domain")
    written = text(url, "url_string") or text(url, "text")  # `text` before OCSF 1.0
    if not written and host and text(url, "path").startswith("/"):
        query = text(url, "query_string")
        path = f"{text(url, 'path')}{'?' if query else ''}{query}"
        written = f"{text(url, 'scheme') or 'http'}://{host}{path}"
    harvest.add("url", written, "infrastructure", role=role)
    add_name(host, harvest, role)


def add_name(name: str, harvest: Harvest, role: Role | None) -> None:
    """Add a name that was asked for, unless it is of a service that everybody uses."""
    if name and not serves(name):
        harvest.host(name.rstrip("."), "infrastructure", role=role)


def certificate(written: str, harvest: Harvest) -> None:
    """Add a certificate's digest; its length tells its kind."""
    bare = written.replace(":", "")
    kind = {40: "cert-sha1", 64: "cert-sha256"}.get(len(bare))
    if kind is not None:
        harvest.add(kind, bare, "infrastructure")


def _fingerprints(evidence: Fields, harvest: Harvest) -> None:
    """Those of the attacker's software, or of the malware that called out."""
    if "tls" in evidence:
        harvest.add("ja3", text(part(part(evidence, "tls"), "ja3_hash"), "value"))
    for print_ in parts(evidence, "ja4_fingerprint_list")[:_MOST]:
        if number(print_, "type_id") in (None, 1):  # 1: of the client; the others are no JA4
            harvest.add("ja4", text(print_, "value"))


def _files(evidence: Fields, harvest: Harvest) -> None:
    """The file, else the process; the process that acted only if it is all there is: it is mostly
    a shell or a browser that was told to."""
    process, actor = part(evidence, "process"), part(part(evidence, "actor"), "process")
    found = [
        digests(file, harvest) for file in (*parts(evidence, "file")[:_MOST], part(process, "file"))
    ]
    if not any(found):
        digests(part(actor, "file"), harvest)
    add_digests(parts(part(evidence, "script"), "hashes"), harvest)


def digests(file: Fields, harvest: Harvest) -> bool:
    """Add the digests of a file that was seen, unless everybody has it; return whether it has any.

    They were called `fingerprints` before OCSF 1.0.
    """
    hashes = parts(file, "hashes") or parts(file, "fingerprints")
    if not hashes:
        return False
    if not _everybody_has(file):
        add_digests(hashes, harvest)
    return True


def add_digests(hashes: tuple[Fields, ...], harvest: Harvest) -> None:
    """Add digests of a file, of those kinds that name it and nothing else."""
    for found in hashes[:_MOST]:
        kind = number(found, "algorithm_id")
        named = text(found, "algorithm").lower().translate(_BETWEEN)
        if kind in _DIGEST_IDS if kind else (not named or named in _DIGESTS):
            harvest.digest(text(found, "value"), role="payload")


def _everybody_has(file: Fields) -> bool:
    path = text(file, "path").lower()
    name = (text(file, "name") or re.split(r"[\\/]", path)[-1]).lower()
    return name in _SYSTEM and (not path or _AT_HOME.match(path) is not None)


def _mail(mail: Fields, harvest: Harvest) -> None:
    houses = set(map(house, recipients(mail)))
    for sender in senders(mail):
        # A sender of the recipient's own house is forged, or the house's own.
        if house(sender) not in houses:
            harvest.add("email", sender, role="sender")
    for address in texts(mail, "x_originating_ip")[:_MOST]:
        harvest.address(address, role="sender")
    for url in parts(mail, "urls")[:_MOST]:
        add_url(url, harvest, "phishing")
    for file in parts(mail, "files")[:_MOST]:
        digests(file, harvest)
