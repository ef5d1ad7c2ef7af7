"""The observables of a Suricata alert: only what the attacker's end said or served.

Never read: payloads, packets, bodies, cookies, users, mail, file names, answers of resolvers,
user agents. Each value that comes out is canonical and publishable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from relay.core.normalise import Canonical, canonical
from relay.formats.fields import part, parts, text
from relay.formats.outcome import Source
from relay.formats.suricata.categories import Blame, Meaning
from relay.formats.suricata.sides import End, Endpoint, Flow

_PROTOCOL = re.compile(r"[a-z0-9-]{1,16}")
_UPLOADS = frozenset({"POST", "PUT"})
_HTTP_PORT = 80
_DNS_PORT = 53
_DIGESTS = ("sha256", "sha1", "md5")
# What looks like a private or loopback address in a text: somebody's inside.
_INSIDE = re.compile(
    r"(?<![0-9.])(?:(?:10|127)\.[0-9]{1,3}|192\.168|169\.254|172\.(?:1[6-9]|2[0-9]|3[01]))"
    r"\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """An alert as far as sides go. `attacker` None: neither end may be blamed and shared."""

    event: Mapping[str, object]
    source: Source
    flow: Flow
    meaning: Meaning
    attacker: End | None
    certain: bool

    @property
    def inside(self) -> bool:
        """Whether both ends are the member's or unknown: only names can point outwards."""
        return self.flow.client.shareable is None and self.flow.server.shareable is None


Found = dict[str, object]


def observables(scene: Scene) -> list[Found]:
    """Return the alert's observables, without repeats, addresses first."""
    found: dict[tuple[object, object], Found] = {}
    for observable in _all(scene):
        found.setdefault((observable["type"], observable["value"]), observable)
    return list(found.values())


def betrays(scene: Scene, written: str) -> bool:
    """Return whether a text holds an address or a name of the member's side, or of a victim."""
    seen = (written, unquote(written), unquote(unquote(written)))
    hidden = [scene.flow.end(end).written for end in End if end is not scene.attacker]
    words = [word for word in (*hidden, *scene.source.own_domains) if word]
    return any(
        _INSIDE.search(form) is not None or any(word.lower() in form.lower() for word in words)
        for form in seen
    )


def _all(scene: Scene) -> Iterator[Found]:
    if scene.attacker is End.CLIENT:
        yield from _client(scene)
        yield from _files(scene)
    elif scene.attacker is End.SERVER:
        yield from _server(scene)
        yield from _files(scene)
    elif scene.inside:
        yield from _through_a_proxy(scene)


def _client(scene: Scene) -> Iterator[Found]:
    side = "unknown" if scene.meaning.blame is Blame.NOBODY and not scene.certain else "attacker"
    role = scene.meaning.role if scene.meaning.blame is not Blame.CALLED else None
    yield from _address(scene, scene.flow.client, {"side": side, "role": role or "source"})
    yield from _fingerprints(scene, side)


def _server(scene: Scene) -> Iterator[Found]:
    """A resolver is asked by everybody; what attacks is the name that it was asked for."""
    if not _asks_a_resolver(scene):
        used = {"port": scene.flow.server.port} if scene.flow.server.port else {}
        yield from _address(scene, scene.flow.server, {**_infrastructure(scene), **used})
        yield from _certificate(scene)
        yield from _names(scene)
    yield from _questions(scene)
    if scene.meaning.blame is Blame.CALLED:
        yield from _fingerprints(scene, "attacker")


def _through_a_proxy(scene: Scene) -> Iterator[Found]:
    """A resolver or a proxy stood between: the other end is inside, what was asked for is not."""
    if scene.meaning.blame is Blame.CALLED:
        yield from _questions(scene)
        yield from _names(scene)
        yield from _files(scene)
    elif scene.meaning.blame is Blame.FOREIGN and not scene.certain:
        yield from _questions(scene)


def _address(scene: Scene, endpoint: Endpoint, marks: Mapping[str, object]) -> Iterator[Found]:
    if endpoint.shareable is None:
        return
    protocol = text(scene.event, "proto").lower()
    spoken = {"protocol": protocol} if _PROTOCOL.fullmatch(protocol) else {}
    yield {
        "type": endpoint.shareable.type,
        "value": endpoint.shareable.value,
        **marks,
        **spoken,
    }


def _infrastructure(scene: Scene) -> Found:
    role = scene.meaning.role if scene.meaning.blame is Blame.CALLED else None
    return {"side": "infrastructure", "role": role} if role else {"side": "infrastructure"}


def _asks_a_resolver(scene: Scene) -> bool:
    return (
        "dns" in scene.event
        or text(scene.event, "app_proto") == "dns"
        or scene.flow.server.port == _DNS_PORT
    )


def _questions(scene: Scene) -> Iterator[Found]:
    """The names asked for: `dns.rrname`, `dns.query[]` (before Suricata 5), `dns.queries[]` (8)."""
    dns = part(scene.event, "dns")
    for question in (dns, *parts(dns, "query"), *parts(dns, "queries")):
        yield from _name(scene, text(question, "rrname"))


def _names(scene: Scene) -> Iterator[Found]:
    yield from _name(scene, text(part(scene.event, "tls"), "sni"))
    http = part(scene.event, "http")
    host = _host(text(http, "hostname"))
    yield from _name(scene, host)
    yield from _url(scene, host, text(http, "url"))


def _name(scene: Scene, written: str) -> Iterator[Found]:
    verdict = _canonical(scene, "domain", written)
    if verdict is None or _own_name(verdict.value, scene.source):
        return
    if not betrays(scene, verdict.value):
        yield {"type": verdict.type, "value": verdict.value, **_infrastructure(scene)}


def _host(written: str) -> str:
    head, colon, port = written.rpartition(":")
    return head if colon and port.isdigit() and ":" not in head else written


def _url(scene: Scene, host: str, path: str) -> Iterator[Found]:
    if not _host_of_the_server(scene, host) or not path.startswith("/"):
        return
    port = scene.flow.server.port
    direct = scene.flow.server.shareable is not None and port not in (None, _HTTP_PORT)
    verdict = _canonical(scene, "url", f"http://{host}{f':{port}' if direct else ''}{path}")
    if verdict is not None and not betrays(scene, verdict.value):
        yield {"type": "url", "value": verdict.value, **_infrastructure(scene)}


def _host_of_the_server(scene: Scene, host: str) -> bool:
    """A name that is not the member's, or the very address that was called."""
    name = _canonical(scene, "domain", host)
    if name is not None:
        return not _own_name(name.value, scene.source)
    address = _canonical(scene, "ipv4", host)
    return address is not None and address == scene.flow.server.shareable


def _own_name(name: str, source: Source) -> bool:
    return any(name == own or name.endswith(f".{own}") for own in source.own_domains)


def _certificate(scene: Scene) -> Iterator[Found]:
    verdict = _canonical(scene, "cert-sha1", text(part(scene.event, "tls"), "fingerprint"))
    if verdict is not None:
        yield {"type": "cert-sha1", "value": verdict.value, **_infrastructure(scene)}
    yield from _fingerprint(scene, "ja3s", "infrastructure")


def _fingerprints(scene: Scene, side: str) -> Iterator[Found]:
    yield from _fingerprint(scene, "ja3", side)
    yield from _fingerprint(scene, "ja4", side)


def _fingerprint(scene: Scene, kind: str, side: str) -> Iterator[Found]:
    """`tls.ja3.hash` and `tls.ja4`; QUIC carries the same under its own name."""
    for layer in (part(scene.event, "tls"), part(scene.event, "quic")):
        written = text(layer, kind) or text(part(layer, kind), "hash")
        verdict = _canonical(scene, kind, written)
        if verdict is not None:
            yield {"type": kind, "value": verdict.value, "side": side}


def _files(scene: Scene) -> Iterator[Found]:
    """Files that the attacker sent; one that the victim sent is the victim's."""
    if _sent_by_victim(scene):
        return
    for file in (*parts(scene.event, "fileinfo"), *parts(scene.event, "files")):
        for kind in _DIGESTS:
            verdict = _canonical(scene, kind, text(file, kind))
            if verdict is not None:
                marks = {"side": "attacker", "role": "payload"}
                yield {"type": kind, "value": verdict.value, **marks}


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


def _canonical(scene: Scene, kind: str, written: str) -> Canonical | None:
    if not written:
        return None
    allowed = scene.source.allow_documentation
    verdict = canonical(kind, written, allow_documentation=allowed)
    return verdict if isinstance(verdict, Canonical) else None
