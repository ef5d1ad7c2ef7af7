"""Cyber-observable objects as facts: an object says what a pattern that matches it would say."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from relay.formats.fields import number, texts
from relay.formats.stix.meanings import NAMED_HASHES
from relay.formats.stix.objects import CYBER, Object, Record
from relay.formats.stix.pattern import Fact, Facts

_PATHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "artifact": ("hashes",),
        "autonomous-system": ("number",),
        "domain-name": ("value", "resolves_to_refs.value"),
        "email-message": (
            "from_ref.value", "sender_ref.value", "to_refs.value", "cc_refs.value",
            "bcc_refs.value", "body_multipart.body_raw_ref.hashes",
        ),
        "file": ("hashes", "content_ref.hashes", "contains_refs.hashes"),
        "mutex": ("name",),
        "network-traffic": ("src_ref.value", "dst_ref.value"),
        "process": (
            "image_ref.hashes", "opened_connection_refs.dst_ref.value",
            "opened_connection_refs.src_ref.value", "creator_user_ref.account_login",
            "creator_user_ref.user_id",
        ),
        "user-account": ("account_login", "user_id"),
        "windows-registry-key": ("key",),
        "x509-certificate": ("hashes",),
        "cryptocurrency-wallet": ("value", "address"),
    }
)  # fmt: skip
_ONLY_VALUE = ("value",)
_MOST_HASHES = 16

# What refers to a part of itself: the part is read through it, in the role that it has there.
_WHOLES = ("domain-name", "email-message", "file", "ipv4-addr", "ipv6-addr", "network-traffic",
           "process")  # fmt: skip


def facts(one: Object, record: Record) -> Facts:
    """Return what an object says, with the objects it refers to."""
    kind = one.get("type")
    if not isinstance(kind, str) or kind not in CYBER:
        return ()
    return tuple(
        Fact(f"{kind}:{path}{rest}", value)
        for path in _PATHS.get(kind, _ONLY_VALUE)
        for rest, value in _followed(one, path.split("."), record)
    )


def parts_of_others(record: Record) -> frozenset[str]:
    """Return the ids of the objects that others refer to as a part of themselves."""
    return frozenset(
        name
        for kind in _WHOLES
        for _, one in record.of(kind)
        for field in one
        if field.endswith(("_ref", "_refs"))
        for name in texts(one, field)
    )


def embedded_facts(observed: Object) -> tuple[Facts, ...]:
    """Return what the objects say that an observed-data holds itself: deprecated, but of 2.1."""
    held = observed.get("objects")
    if not isinstance(held, dict):
        return ()
    record = Record({**each, "id": name} for name, each in held.items() if isinstance(each, dict))
    inner = parts_of_others(record)
    return tuple(
        facts(one, record)
        for kind in sorted(CYBER)
        for name, one in record.of(kind)
        if name not in inner
    )


def _followed(one: Object, steps: list[str], record: Record) -> Iterator[tuple[str, str]]:
    """Yield the values at the end of a path, with the name of the hash where it ends in one."""
    step, *further = steps
    if not further:
        yield from _named_hashes(one) if step == "hashes" else _value(one, step)
        return
    for part in _parts(one, step, record):
        yield from _followed(part, further, record)


def _parts(one: Object, step: str, record: Record) -> Iterable[Object]:
    if step.endswith(("_ref", "_refs")):
        return (record.get(name) for name in texts(one, step))
    value = one.get(step)
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _value(one: Object, step: str) -> Iterator[tuple[str, str]]:
    value = one.get(step)
    if isinstance(value, str):
        yield "", value
    elif (whole := number(one, step)) is not None:
        yield "", str(whole)


def _named_hashes(one: Object) -> Iterator[tuple[str, str]]:
    hashes = one.get("hashes")
    if isinstance(hashes, dict):
        for name, value in islice(hashes.items(), _MOST_HASHES):
            if name.lower() in NAMED_HASHES and isinstance(value, str):
                yield f".{name.lower()}", value
