"""Indicators as ECS writes them (`threat.indicator`, `threat.enrichments[].indicator`), and what of
them may be shared."""

from collections.abc import Iterator
from hashlib import md5, sha1, sha256, sha512
from itertools import chain

from relay.formats.ecs.paths import Document, either, every, first, objects
from relay.formats.harvest import Harvest
from relay.model.vocabulary import Role

_MATCHES = ("threat.enrichments", "wazuh.threat.enrichments")

HASHES = ("sha256", "sha1", "md5", "sha512")
"""Digests under `hash`, each of the type of its name."""


PLACEHOLDERS = frozenset(
    make(word.encode(), usedforsecurity=False).hexdigest()
    for word in ("hello", "Hello World", "Hello World\n", "hello world", "string", "test")
    for make in (md5, sha1, sha256, sha512)
)
"""Digests of the words that examples and forms are filled with: they name no file."""


def indicators(document: Document) -> tuple[Document, ...]:
    """Return the indicators of a document: its own, and those that it was matched with."""
    matched = (objects(match, "indicator") for match in matches(document))
    return tuple(chain(objects(document, "threat.indicator"), *matched))


def matches(document: Document) -> Iterator[Document]:
    """Yield what the document was matched with, and by which of its fields."""
    return chain.from_iterable(objects(document, place) for place in _MATCHES)


def gather(indicator: Document, harvest: Harvest, role: Role | None = None) -> None:
    """Add what an indicator points at, used for `role`. A URL is neither the name nor the address
    that serves it: they serve others, too. The address beside a name is the one the feed saw it
    lead to."""
    kind = first(indicator, "type").lower()
    url = either(indicator, "url.full", "url.original")
    located = kind != "domain-name" and "://" in url
    if located:
        harvest.add("url", url, "infrastructure", role=role)
    for name in every(indicator, "url.domain"):
        if located:
            harvest.address(name, "infrastructure", role=role)
        else:
            harvest.host(name, "infrastructure", role=role)
    if not located:
        for address in every(indicator, "ip"):
            harvest.address(address, "infrastructure", role=role)
    _plain(indicator, harvest, kind)


def _plain(indicator: Document, harvest: Harvest, kind: str) -> None:
    digests(indicator, "file.hash", harvest)
    for address in every(indicator, "email.address"):
        harvest.add("email", address, role="sender")
    if kind == "mutex":
        harvest.add("mutex", first(indicator, "name"))
    for key in every(indicator, "registry.key"):
        harvest.add("regkey", key)
    if kind == "autonomous-system":
        harvest.add("asn", first(indicator, "name"))


def gather_match(match: Document, harvest: Harvest, role: Role | None = None) -> None:
    """Add the value of the event that an indicator met, used for `role`."""
    written, field = first(match, "matched.atomic"), first(match, "matched.field")
    if field.startswith("url.") and "://" in written:
        harvest.add("url", written, "infrastructure", role=role)
    elif ".hash." in field:
        harvest.add(field.rpartition(".")[2], written, role="payload")
    elif field.endswith((".ip", ".address", ".domain", ".name", ".server_name")):
        harvest.host(written, "infrastructure", role=role)


def digests(document: Document, path: str, harvest: Harvest) -> bool:
    """Add the digests of one file below a path, and return whether there was one."""
    if path and path not in document:
        return False
    added = [
        harvest.add(name, written, role="payload")
        for name in HASHES
        for written in every(document, f"{path}.{name}" if path else name)
        if written.lower() not in PLACEHOLDERS
    ]
    return any(added)
