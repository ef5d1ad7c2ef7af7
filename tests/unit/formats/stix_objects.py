"""STIX objects for the tests: what each kind must have, with fields of the test's over it."""

from typing import Any
from uuid import UUID, uuid5

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import outcome_of, values

_IDS = UUID("d3b0a8f2-5a8e-5d0f-8f1e-7c9a2b6d4e10")
CREATED = "2026-11-01T08:00:00.000Z"
VALID = "2026-11-02T09:00:00.123456Z"

Object = dict[str, Any]


def an_id(kind: str, which: str = "one") -> str:
    """The id of an object of the tests."""
    return f"{kind}--{uuid5(_IDS, f'{kind} {which}')}"


def an_object(kind: str, which: str = "one", /, **fields: Any) -> Object:
    """A domain or relationship object."""
    return {
        "type": kind, "spec_version": "2.1", "id": an_id(kind, which),
        "created": CREATED, "modified": CREATED, **fields,
    }  # fmt: skip


def an_indicator(pattern: str, which: str = "one", /, **fields: Any) -> Object:
    """An indicator, valid from `VALID`."""
    said = {"pattern": pattern, "pattern_type": "stix", "valid_from": VALID}
    return an_object("indicator", which, **{"name": f"Indicator {which}", **said, **fields})


def a_thing(kind: str, which: str = "one", /, **fields: Any) -> Object:
    """A cyber-observable object: it has no times."""
    return {"type": kind, "spec_version": "2.1", "id": an_id(kind, which), **fields}


def observed(*things: Object, **fields: Any) -> Object:
    """Observed data of some cyber-observable objects."""
    return an_object("observed-data", **{
        "first_observed": "2026-11-03T10:00:00Z", "last_observed": "2026-11-03T11:00:00Z",
        "number_observed": 7, "object_refs": [thing["id"] for thing in things], **fields,
    })  # fmt: skip


def a_sighting(of: Object, which: str = "one", /, **fields: Any) -> Object:
    """A sighting of something."""
    return an_object("sighting", which, **{
        "sighting_of_ref": of["id"], "first_seen": "2026-11-04T12:00:00Z",
        "last_seen": "2026-11-04T13:00:00Z", "count": 3, **fields,
    })  # fmt: skip


def tied(source: Object, kind: str, target: Object, **fields: Any) -> Object:
    """A relationship."""
    ends = {"source_ref": source["id"], "target_ref": target["id"]}
    which = f"{source['id']} {kind} {target['id']}"
    return an_object("relationship", which, relationship_type=kind, **ends, **fields)


def a_bundle(*objects: Object) -> Object:
    """A bundle."""
    return {"type": "bundle", "id": an_id("bundle"), "objects": list(objects)}


ADDRESS = "[ipv4-addr:value = '198.51.100.7']"
SHA256 = "ab" * 32
MD5 = "cd" * 16
SHA1 = "ef" * 20
C2 = a_thing("ipv4-addr", "c2", value="198.51.100.7")
HOST = a_thing("ipv4-addr", "host", value="203.0.113.9")
MALWARE = an_object("malware", name="Dropper X", is_family=True)


def pairs(*objects: Object) -> list[tuple[str, str]]:
    """The observables of a bundle of some objects."""
    return values("stix", a_bundle(*objects))


def nothing(*objects: Object) -> bool:
    """Whether a bundle of some objects is skipped."""
    return isinstance(outcome_of("stix", a_bundle(*objects)), Skipped)
