"""The objects of a record, each in its newest version, and which version of STIX they are of."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice

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
        return Refused("other-format", f"the record is no STIX 2.1; {seems(event)}")
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
    said = {one.get("spec_version") for one in islice(objects, 10_000)}
    if "2.1" in said or not objects:
        return True
    if "2.0" in said or any(_only_20(one) for one in objects):
        return False
    return any(_only_21(one) for one in objects)


def _only_21(one: Object) -> bool:
    return (
        one.get("type") in CYBER
        or one.get("type") in NEW_IN_21
        or any(name in one for name in ("pattern_type", "indicator_types", "is_family"))
        or (one.get("type") == "observed-data" and "object_refs" in one)
    )


def _only_20(one: Object) -> bool:
    if one.get("type") == "indicator":
        return "pattern_type" not in one and "indicator_types" not in one
    return one.get("type") == "observed-data" and "objects" in one and "object_refs" not in one


class Record:
    """The objects of one record by their ids, in the order of the record.

    Of several versions the one with the latest `modified` counts; a revoked one is as if it were
    not there, but for `revoked`.
    """

    def __init__(self, objects: Iterable[Object]) -> None:
        newest: dict[str, Object] = {}
        for place, one in enumerate(objects):
            name = text(one, "id") or f"#{place}"
            known = newest.get(name)
            if known is None or _version(one) >= _version(known):
                newest[name] = one
        self.revoked = [one for one in newest.values() if one.get("revoked") is True]
        self._live = {name: one for name, one in newest.items() if one.get("revoked") is not True}

    def get(self, name: str) -> Object:
        """Return an object, empty if the record lacks it."""
        return self._live.get(name, {})

    def of(self, *kinds: str) -> Iterator[tuple[str, Object]]:
        """Yield the objects of some types with their ids."""
        for kind in kinds:
            yield from self._typed.get(kind, ())

    @cached_property
    def _typed(self) -> dict[str, list[tuple[str, Object]]]:
        found: dict[str, list[tuple[str, Object]]] = {}
        for name, one in self._live.items():
            found.setdefault(text(one, "type"), []).append((name, one))
        return found

    @cached_property
    def ties(self) -> dict[str, list[tuple[str, Object, str]]]:
        """By each object's id its relationships, in both directions: the type, the relationship
        and the other end's id."""
        found: dict[str, list[tuple[str, Object, str]]] = {}
        for _, one in self.of("relationship"):
            kind = text(one, "relationship_type")
            source, target = text(one, "source_ref"), text(one, "target_ref")
            found.setdefault(source, []).append((kind, one, target))
            found.setdefault(target, []).append((kind, one, source))
        return found

    @cached_property
    def containers(self) -> dict[str, Object]:
        """By each object's id the first report or grouping that lists it."""
        found: dict[str, Object] = {}
        for _, one in self.of("report", "grouping"):
            for name in texts(one, "object_refs"):
                found.setdefault(name, one)
        return found


def _version(one: Object) -> tuple[int, str]:
    at = moment(one.get("modified"))
    return (-1 if at is None else at, text(one, "modified"))


def extension(one: Object, name: str) -> Object:
    """Return one of an object's extensions, empty if it has none of that name."""
    return part(part(one, "extensions"), name)
