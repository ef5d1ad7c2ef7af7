"""The observables of a Suricata alert: only what the attacker's end said or served.

Never read: payloads, packets, bodies, cookies, users, file names, answers of resolvers, user
agents. Mail recipients, the sensor's name and whatever the victim's end said are read to be hidden.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.core.normalise import Canonical, canonical
from relay.formats.fields import number, part, parts, text, texts
from relay.formats.harvest import Harvest
from relay.formats.suricata.categories import Blame, Meaning
from relay.formats.suricata.sides import End, Endpoint, Flow
from relay.model.vocabulary import Role, Side

_PROTOCOL = re.compile(r"[a-z0-9-]{1,16}")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[^\s:/?#@\[\]]{1,255})(?::([0-9]{1,5}))?")
_ABSOLUTE = re.compile(rf"https?://{_HOST.pattern}(?=[/?]|$)", re.IGNORECASE)
_UPLOADS = frozenset({"POST", "PUT"})
_HTTP_PORT = 80
_DNS_PORT = 53
_DIGESTS = ("sha256", "sha1", "md5")
_MOST = 1000  # of questions, and of files: more than ten detections hold is a flood
_MAIL = ("malicious-code", "fraud")  # classes in which the sender of a mail is part of the attack

Event = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scene:
    """An alert as far as sides go. `attacker` None: neither end may be blamed and shared."""

    event: Event
    flow: Flow
    meaning: Meaning
    attacker: End | None
    certain: bool

    @property
    def inside(self) -> bool:
        """Whether both ends are the member's or unknown: only names can point outwards."""
        return self.flow.client.shareable is None and self.flow.server.shareable is None

    @property
    def infrastructure(self) -> Role | None:
        """What the server is used for, if it attacks."""
        return self.meaning.role if self.meaning.blame is Blame.CALLED else None


def hidden(scene: Scene) -> Iterator[str]:
    """Yield the values of the victim's side."""
    event = scene.event
    for end in End:
        if end is not scene.attacker:
            yield scene.flow.end(end).written
    yield text(event, "host")
    if scene.attacker is End.CLIENT:
        yield from _names_of_the_called(event)
    elif "smtp" in event or "email" in event:
        yield from _senders(event)
    for layer, field in (("smtp", "rcpt_to"), ("email", "to"), ("email", "cc")):
        for recipient in texts(part(event, layer), field):
            yield from (_mailbox(recipient), recipient.rpartition("@")[2].rstrip("> "))


def gather(scene: Scene, harvest: Harvest) -> None:
    """Gather the alert's observables, addresses first."""
    if scene.attacker is End.CLIENT:
        _client(scene, harvest)
    elif scene.attacker is End.SERVER:
        _server(scene, harvest)
    elif scene.inside:
        _through_a_proxy(scene, harvest)


def _client(scene: Scene, harvest: Harvest) -> None:
    blame = scene.meaning.blame
    side: Side = "unknown" if blame is Blame.NOBODY and not scene.certain else "attacker"
    role = scene.meaning.role if blame is not Blame.CALLED else None
    _address(scene, harvest, scene.flow.client, side, role=role or "source")
    _fingerprints(scene, harvest, side)
    if scene.meaning.classification.startswith(_MAIL):
        for sender in _senders(scene.event):
            harvest.add("email", sender, role="sender")
    _files(scene, harvest)


def _server(scene: Scene, harvest: Harvest) -> None:
    """A resolver is asked by everybody; what attacks is the name that it was asked for."""
    server = scene.flow.server
    if not _asks_a_resolver(scene):
        role, port = scene.infrastructure, server.port or None
        _address(scene, harvest, server, "infrastructure", role=role, port=port)
        fingerprint = text(part(scene.event, "tls"), "fingerprint")
        harvest.add("cert-sha1", fingerprint, "infrastructure", role=role)
        _fingerprint(scene, harvest, "ja3s", "infrastructure")
        _names(scene, harvest)
    _questions(scene, harvest)
    if scene.meaning.blame is Blame.CALLED:
        _fingerprints(scene, harvest, "attacker")
    _files(scene, harvest)


def _through_a_proxy(scene: Scene, harvest: Harvest) -> None:
    """A resolver or a proxy stood between: the other end is inside, what was asked for is not."""
    if scene.meaning.blame is Blame.CALLED:
        _questions(scene, harvest)
        _names(scene, harvest)
        _files(scene, harvest)
    elif scene.meaning.blame is Blame.FOREIGN and not scene.certain:
        _questions(scene, harvest)


def _address(
    scene: Scene, harvest: Harvest, endpoint: Endpoint, side: Side, **marks: object
) -> None:
    if endpoint.shareable is None:
        return
    protocol = text(scene.event, "proto").lower()
    spoken = protocol if _PROTOCOL.fullmatch(protocol) else None
    kind, value = endpoint.shareable.type, endpoint.shareable.value
    harvest.add(kind, value, side, **marks, protocol=spoken)


def _asks_a_resolver(scene: Scene) -> bool:
    event = scene.event
    return (
        "dns" in event or text(event, "app_proto") == "dns" or scene.flow.server.port == _DNS_PORT
    )


def _questions(scene: Scene, harvest: Harvest) -> None:
    """The names asked for: `dns.rrname`; `dns.query[]` and `dns.answer` of versions 4 to 7;
    `dns.queries[]` since version 8."""
    dns = part(scene.event, "dns")
    asked = (one for name in ("query", "queries", "answer") for one in parts(dns, name)[:_MOST])
    for question in (dns, *asked):
        _name(scene, harvest, text(question, "rrname"))


def _name(scene: Scene, harvest: Harvest, written: str) -> None:
    harvest.add("domain", written, "infrastructure", role=scene.infrastructure)


def _names(scene: Scene, harvest: Harvest) -> None:
    for layer in ("tls", "quic"):
        _name(scene, harvest, text(part(scene.event, layer), "sni"))
    http = part(scene.event, "http")
    host, port = _site(http)
    if not _of_the_server(scene, host):
        return
    _name(scene, harvest, host)
    path = text(http, "url")
    if _ABSOLUTE.match(path):
        url = path
    elif path.startswith("/"):
        url = f"http://{host}{_port(scene, port)}{path}"
    else:
        return
    harvest.add("url", url, "infrastructure", role=scene.infrastructure)


def _site(http: Event) -> tuple[str, str]:
    """Return host and port that were asked for. A proxy is asked for a whole URL: it holds."""
    found = _ABSOLUTE.match(text(http, "url")) or _HOST.fullmatch(text(http, "hostname"))
    if found is None:
        return "", ""
    stated = found[2] or number(http, "http_port")
    return found[1], f":{stated}" if stated else ""


def _port(scene: Scene, stated: str) -> str:
    called = scene.flow.server
    if called.shareable is None:
        return stated
    return f":{called.port}" if called.port not in (None, _HTTP_PORT) else ""


def _of_the_server(scene: Scene, host: str) -> bool:
    """A name, or the very address that was called: another one may be anybody's."""
    called = scene.flow.server.shareable
    bare = host.strip("[]")
    address = canonical("ipv6" if ":" in bare else "ipv4", bare, allow_documentation=True)
    return not isinstance(address, Canonical) or address == called


def _fingerprints(scene: Scene, harvest: Harvest, side: Side) -> None:
    _fingerprint(scene, harvest, "ja3", side)
    _fingerprint(scene, harvest, "ja4", side)


def _fingerprint(scene: Scene, harvest: Harvest, kind: str, side: Side) -> None:
    """`tls.ja3.hash` and `tls.ja4`; QUIC carries the same under its own name."""
    for layer in (part(scene.event, "tls"), part(scene.event, "quic")):
        harvest.add(kind, text(layer, kind) or text(part(layer, kind), "hash"), side)


def _files(scene: Scene, harvest: Harvest) -> None:
    """Files that the attacker sent; one that the victim sent is the victim's."""
    if _sent_by_victim(scene):
        return
    for file in (*parts(scene.event, "fileinfo"), *parts(scene.event, "files"))[:_MOST]:
        for kind in _DIGESTS:
            harvest.add(kind, text(file, kind), role="payload")


def _sent_by_victim(scene: Scene) -> bool:
    method = text(part(scene.event, "http"), "http_method").upper()
    direction = text(scene.event, "direction")
    if method:
        sender = End.CLIENT if method in _UPLOADS else End.SERVER
    elif direction:
        sender = End.SERVER if direction == "to_client" else End.CLIENT
    else:
        return False
    return sender is not (scene.attacker or End.SERVER)


def _names_of_the_called(event: Event) -> Iterator[str]:
    """Names by which the victim was called; a bare word may be anything that a scanner sends."""
    for layer in ("tls", "quic"):
        yield text(part(event, layer), "sni")
    host, _ = _site(part(event, "http"))
    if "." in host or ":" in host:
        yield host.strip("[]")


def _senders(event: Event) -> Iterator[str]:
    yield _mailbox(text(part(event, "smtp"), "mail_from"))
    yield _mailbox(text(part(event, "email"), "from"))


def _mailbox(written: str) -> str:
    """Return the address of `Name <address>`, or the text as it is."""
    return written.rpartition("<")[2].partition(">")[0].strip()
