"""The observables of an alert: what its attacker sent, served or was reached by, and the file that
it is about. `related.*` is never read: it holds everything, the member's own first."""

import re

from relay.formats.ecs.indicators import HASHES, digests
from relay.formats.ecs.kinds import Kind, categories, dataset
from relay.formats.ecs.paths import Document, either, every, first, has, objects, texts
from relay.formats.ecs.sides import Scene
from relay.formats.harvest import Harvest
from relay.formats.suricata.categories import Blame
from relay.formats.suricata.sides import End, Endpoint

# Where systems keep their own programs: attackers run them, and so does everybody.
_OF_THE_SYSTEM = re.compile(
    r"^(?:[a-z]:|/c:|\\device\\harddiskvolume[0-9]+|%systemroot%|\\systemroot)?[\\/]windows[\\/]"
    r"(?!temp[\\/]|tasks[\\/])"
    r"|^/(?:usr/)?s?bin/|^/usr/(?:lib|libexec)/|^/lib(?:64)?/|^/system/",
    re.IGNORECASE,
)
_TOOLS = frozenset((
    "bash", "bitsadmin", "certutil", "chrome", "cmd", "conhost", "cscript", "curl", "dash",
    "dllhost", "excel", "explorer", "firefox", "git", "java", "lsass", "msbuild", "msedge",
    "mshta", "msiexec", "net", "node", "outlook", "perl", "powerpnt", "powershell", "pwsh",
    "python", "python3", "reg", "regsvr32", "rundll32", "schtasks", "services", "sh", "sshd",
    "sudo", "svchost", "taskhostw", "userinit", "wget", "winlogon", "winword", "wmic", "wmiprvse",
    "wscript", "zsh",
))  # fmt: skip
"""Programs by which attackers live off the land: their digests are those of everybody's copy."""
_TRUSTED = ("microsoft", "apple")
_OF_FILES = frozenset(
    ("malware", "intrusion_detection", "threat", "file", "process", "library", "driver", "host")
)
_WORKBENCH = "trend_micro_vision_one.alert.indicators"
_EVIDENCE = "m365_defender.alert.evidence"
_SENDERS = ("email.from.address", "email.sender.address", "source.user.email")
_RECIPIENTS = ("email.to.address", "email.cc.address", "destination.user.email")
_CALLED_NAMES = ("destination.domain", "server.domain", "url.domain", "tls.client.server_name")
_PROTOCOL = re.compile(r"[a-z0-9-]{1,16}")
_DNS_PORT = 53
_WEB_PORT = 80


def gather(document: Document, kind: Kind, scene: Scene, harvest: Harvest) -> None:
    """Add the observables of an alert, addresses first."""
    if scene.attacker is End.CLIENT:
        _client(document, scene, harvest)
    elif scene.attacker is End.SERVER:
        _server(document, scene, harvest)
    elif scene.inside:
        _through_a_proxy(document, scene, harvest)
    if scene.mail:
        _message(document, harvest)
    if has(document, _EVIDENCE):
        _evidence(document, harvest)
    elif has(document, _WORKBENCH):
        _workbench(document, harvest)
    elif not _sent_by_victim(document, scene):
        _files(document, kind, harvest)


def _client(document: Document, scene: Scene, harvest: Harvest) -> None:
    role = scene.meaning.role if scene.meaning.blame is not Blame.CALLED else None
    nobody = scene.meaning.blame is Blame.NOBODY
    side = "unknown" if nobody else "attacker"
    _address(document, scene.flow.client, harvest, side=side, role=role or "source")
    harvest.add("ja3", first(document, "tls.client.ja3"))


def _server(document: Document, scene: Scene, harvest: Harvest) -> None:
    """A resolver is asked by everybody; what attacks is the name that it was asked for."""
    server = scene.flow.server
    asked = has(document, "dns.question") and server.port is None
    if not asked and server.port != _DNS_PORT:
        role = scene.meaning.role if scene.meaning.blame is Blame.CALLED else None
        _address(document, server, harvest, side="infrastructure", role=role, port=server.port)
        for kind in ("sha256", "sha1"):
            harvest.add(f"cert-{kind}", first(document, f"tls.server.hash.{kind}"))
        _names(document, harvest, server)
    _questions(document, harvest)


def _through_a_proxy(document: Document, scene: Scene, harvest: Harvest) -> None:
    """A resolver or a proxy stood between, or only a name is told."""
    if scene.meaning.blame is Blame.CALLED:
        _names(document, harvest, None)
    if scene.meaning.blame in (Blame.CALLED, Blame.FOREIGN) or dataset(document) == "aws.guardduty":
        _questions(document, harvest)


def _address(document: Document, end: Endpoint, harvest: Harvest, **marks: object) -> None:
    if end.shareable is not None:
        spoken = first(document, "network.transport").lower()
        protocol = spoken if _PROTOCOL.fullmatch(spoken) else None
        side = str(marks.pop("side"))
        harvest.address(end.shareable.value, side, protocol=protocol, **marks)


def _questions(document: Document, harvest: Harvest) -> None:
    for name in every(document, "dns.question.name"):
        harvest.host(name, "infrastructure")


def _names(document: Document, harvest: Harvest, server: Endpoint | None) -> None:
    for name in texts(document, _CALLED_NAMES):
        harvest.add("domain", name, "infrastructure")
    bare = first(document, "url.original")
    if "/" in bare and ":" not in bare:
        harvest.add("domain", bare.partition("/")[0], "infrastructure")
    for url in _urls(document, server):
        harvest.add("url", url, "infrastructure")


def _urls(document: Document, server: Endpoint | None) -> tuple[str, ...]:
    """Return the URLs that were called, as written, or put together of their parts."""
    for path in ("url.full", "url.original"):
        whole = tuple(written for written in every(document, path) if "://" in written)
        if whole:
            return whole
    host, path = first(document, "url.domain"), either(document, "url.original", "url.path")
    if not path.startswith("/"):
        return (f"http://{path}",) if not host and "/" in path else ()
    scheme = first(document, "url.scheme").lower() or "http"
    port = server.port if server is not None else None
    shown = f":{port}" if scheme == "http" and port not in (None, _WEB_PORT) else ""
    return (f"{scheme}://{host}{shown}{path}",) if host else ()


def _message(document: Document, harvest: Harvest) -> None:
    """A sender under the recipient's own domain is a forgery of the member, or the member."""
    homes = {_home(to) for to in texts(document, _RECIPIENTS)}
    for address in texts(document, _SENDERS):
        if _home(address) not in homes:
            harvest.add("email", address.strip("<>"), role="sender")
    if has(document, "email"):
        for url in _urls(document, None):
            harvest.add("url", url, "infrastructure", role="phishing")
    for attachment in objects(document, "email.attachments"):
        digests(attachment, "file.hash", harvest)


def _home(address: str) -> str:
    return address.strip("<>").rpartition("@")[2].lower()


def _files(document: Document, kind: Kind, harvest: Harvest) -> None:
    """The file that an alert is about; failing that, the process, unless it is one that everybody
    runs. Libraries, parents, signers and the product's own files are not read."""
    found = categories(document)
    if found.isdisjoint(_OF_FILES) and dataset(document) != "crowdstrike.summary":
        return
    malicious = "malware" in found and first(document, "event.code") != "behavior"
    if kind is Kind.FINDING and not malicious and dataset(document) != "aws.guardduty":
        return
    if has(document, "crowdstrike") and not _common(document, "crowdstrike", malicious=False):
        for name in ("SHA256", "MD5"):
            written = first(document, f"crowdstrike.{name}String")
            harvest.add(name.lower(), written, role="payload")
    about = ["file"] if not _common(document, "file", malicious=malicious) else []
    if not found.isdisjoint(("library", "driver")):
        about.append("dll")
    if found != {"file"} and not _common(document, "process", malicious=False):
        about.append("process")
    any(digests(document, f"{what}.hash", harvest) for what in about)


def _evidence(document: Document, harvest: Harvest) -> None:
    """Add what Defender XDR lists with a verdict; the lists of ECS fields mix it with the rest."""
    for piece in objects(document, _EVIDENCE):
        if first(piece, "verdict") not in ("malicious", "suspicious"):
            continue
        harvest.address(first(piece, "ip_address"))
        harvest.add("url", first(piece, "url"), "infrastructure")
        for file in (*objects(piece, "image_file"), *objects(piece, "file_details")):
            if not _everybodys(first(file, "name")):
                digests(file, "", harvest)


def _workbench(document: Document, harvest: Harvest) -> None:
    """Add the names and URLs that Vision One highlights; addresses and files are of either side."""
    for piece in objects(document, _WORKBENCH):
        kind = first(piece, "type").lower()
        if kind in ("url", "domain"):
            harvest.add(kind, first(piece, "value"), "infrastructure")


def _sent_by_victim(document: Document, scene: Scene) -> bool:
    """Return whether a file in the traffic is what an attacked server answered with."""
    traffic = "network" in categories(document)
    return traffic and scene.attacker is End.CLIENT and not scene.mail


def _common(document: Document, what: str, *, malicious: bool) -> bool:
    """Return whether a file or process is one that everybody runs; of one that was found to be
    malicious, neither its place nor its signer speaks for it."""
    if what == "file" and not either(document, "file.name", "file.path"):
        what = "process"  # the image of the process, of which the file's fields tell no more
    if what not in document:
        return False
    if _everybodys(either(document, f"{what}.name", f"{what}.FileName")):
        return True
    if malicious:
        return False
    for path in (f"{what}.executable", f"{what}.path", f"{what}.FilePath"):
        if _OF_THE_SYSTEM.search(first(document, path)):
            return True
    signer = either(
        document, f"{what}.code_signature.subject_name", f"{what}.code_signature.signing_id"
    )
    if document.get(f"{what}.code_signature.trusted") is True:
        return True
    return signer.lower().startswith(_TRUSTED)


def _everybodys(name: str) -> bool:
    return name.lower().removesuffix(".exe") in _TOOLS


def subject(document: Document) -> str:
    """Return the digest that names the file of an alert, whether it is shared or not."""
    paths = (f"{what}.hash.{name}" for what in ("file", "process") for name in HASHES)
    return either(document, *paths)
