"""The objects of a record, each in its newest version, and which version of STIX they are of."""

from collections.abc import Iterable, Mapping, Sequence

from relay.formats.fields import part, parts, text, texts
from relay.formats.moments import moment
from relay.formats.outcome import Refused
from relay.formats.recognise import seems

Object = Mapping[str, object]

NEW_IN_21 = frozenset((
    "extension-definition", "grouping", "incident", "infrastructure", "language-content",
    "location", "malware-analysis", "note", "opinion",
))  # fmt: skip
CYBER = frozenset((
    "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message",
    "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process",
    "software", "url", "user-account", "windows-registry-key", "x509-certificate",
    "cryptocurrency-wallet", "hostname", "user-agent", "x-opencti-cryptocurrency-wallet",
    "x-opencti-hostname", "x-opencti-user-agent",
))  # fmt: skip
"""Types of cyber-observable objects. STIX 2.0 has none at the top level."""

_OLD = Refused(
    "other-format", "the record is STIX 2.0: only STIX 2.1 is read", "$.spec_version"
)  # fmt: skip


def objects_of(event: Object) -> list[Object] | Refused:
    """Return the objects of a bundle, a TAXII envelope, a collection, all collections of a
    server's store, or the one object that the record is."""
    found: list[Object] = [one for one in _listed(event) if isinstance(one, dict)]
    if not any(_is_stix(one) for one in found) and text(event, "type") != "bundle":
        return Refused("other-format", f"the record is no STIX 2.1; {seems(event, 'stix')}")
    if text(event, "spec_version") == "2.0" or not _is_21(found):
        return _OLD
    return [one for one in found if one.get("spec_version") != "2.0"]


def _listed(event: Object) -> Iterable[object]:
    if isinstance(listed := event.get("objects"), list):
        return listed
    if isinstance(event.get("type"), str):
        return (event,) if event["type"] != "bundle" else ()
    roots = (event, *(root for root in event.values() if isinstance(root, dict)))
    collections = [one for root in roots for one in parts(root, "collections")]
    return [each for one in collections for each in parts(one, "objects")]


def _is_stix(one: Object) -> bool:
    kind = one.get("type")
    return isinstance(kind, str) and text(one, "id").startswith(f"{kind}--")


def _is_21(objects: list[Object]) -> bool:
    """Return whether the objects are of 2.1: one says so, or, where none says anything, one is as
    only 2.1 has it and none as only 2.0 does."""
    said = {text(one, "spec_version") for one in objects}
    if "2.1" in said or not objects:
        return True
    if "2.0" in said or any(_only_20(one) for one in objects):
        return False
    return any(_only_21(one) for one in objects)


def _only_21(one: Object) -> bool:
    kind = text(one, "type")
    return (
        kind in CYBER
        or kind in NEW_IN_21
        or any(name in one for name in ("pattern_type", "indicator_types", "is_family"))
        or (kind == "observed-data" and "object_refs" in one)
    )


def _only_20(one: Object) -> bool:
    if one.get("type") == "indicator":
        return "pattern_type" not in one and "indicator_types" not in one
    return one.get("type") == "observed-data" and "objects" in one and "object_refs" not in one


class Record:
    """The objects of one record by their ids, in the order of the record.

    Of several versions the one with the latest `modified` counts; a revoked one is as if it were
    not there, but for `revoked`. `ties` has by each object's id its relationships, in both
    directions: the type, the relationship and the other end's id; `containers` the id of
    the first report or grouping that lists it.
    """

    def __init__(self, objects: Iterable[Object]) -> None:
        newest: dict[str, Object] = {}
        for place, one in enumerate(objects):
            name = text(one, "id") or f"#{place}"
            if name not in newest or _version(one) >= _version(newest[name]):
                newest[name] = one
        self.revoked = [one for one in newest.values() if one.get("revoked") is True]
        self._live = {name: one for name, one in newest.items() if one.get("revoked") is not True}
        self._typed: dict[str, list[tuple[str, Object]]] = {}
        for name, one in self._live.items():
            self._typed.setdefault(text(one, "type"), []).append((name, one))
        self.ties = self._tied()
        self.containers = {
            name: container
            for container, one in reversed((*self.of("report"), *self.of("grouping")))
            for name in texts(one, "object_refs")
        }

    def get(self, name: str) -> Object:
        """Return an object, empty if the record lacks it."""
        return self._live.get(name, {})

    def of(self, kind: str) -> Sequence[tuple[str, Object]]:
        """Return the objects of a type with their ids."""
        return self._typed.get(kind, ())

    def _tied(self) -> dict[str, list[tuple[str, Object, str]]]:
        found: dict[str, list[tuple[str, Object, str]]] = {}
        for _, one in self.of("relationship"):
            kind = text(one, "relationship_type")
            source, target = text(one, "source_ref"), text(one, "target_ref")
            found.setdefault(source, []).append((kind, one, target))
            found.setdefault(target, []).append((kind, one, source))
        return found


def _version(one: Object) -> tuple[int, str]:
    at = moment(one.get("modified"))
    return (-1 if at is None else at, text(one, "modified"))


def extension(one: Object, name: str) -> Object:
    """Return one of an object's extensions, empty if it has none of that name."""
    return part(part(one, "extensions"), name)
