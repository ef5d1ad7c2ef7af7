"""From what an adapter has understood of a record to `detection.v1`: the part all formats share."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha1
from unicodedata import normalize
from uuid import UUID

from relay.formats.harvest import Harvest
from relay.formats.labels import label
from relay.formats.moments import rfc3339
from relay.formats.outcome import NOTHING_SHAREABLE, Converted, Outcome, Refused, Source
from relay.model.vocabulary import Classification, Format
from relay.wire.detection import Pap, Severity

NAMESPACE = UUID("0b6a9c1e-5d0f-5c1b-8f67-3a9c2d41e7b5")
"""Namespace of the ids of converted records; fixed for ever, so that a repeat keeps its id."""

MOST_OBSERVABLES = 100
"""Observables of one `detection.v1`; a record with more becomes several."""

MOST_BYTES = 48 * 1024
"""Bytes of a detection's observables, so that the message stays below 64 KiB."""

LONGEST_TITLE = 200
MOST_TECHNIQUES = 32
MOST_NAMES = 16
LONGEST_NAME = 100
ASSUMED_CONFIDENCE = 50
_READ = 2 * LONGEST_TITLE  # of a title: room for what is cut from it

_TECHNIQUE = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\U000e0000-\U000e007f]+"
)


@dataclass(frozen=True, slots=True)
class Sensor:
    """What detected it. `rule_name` is left out where it names somebody of the victim's side."""

    format: Format
    vendor: str = ""
    product: str = ""
    version: str = ""
    rule_id: str = ""
    rule_name: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record as an adapter has understood it. Times in ms since the epoch.

    `id` names the record at its source, for good: of it and the member the detection's id is made.
    `title` may be anything that the record says; where it betrays the victim, `fallback` stands.
    `severity` None: the record has none, `medium` is assumed and flagged; `confidence` None: 50.
    `labels` are the TLP labels the record carries, as written. `recipients` narrows who may see
    it; empty is nobody. `attribution` is `may`, `must` or `must-not`. `pap` None: the record has
    no PAP label, and the schema's default holds. `derived_from` are the ids of the relay's alerts
    that the record tells again: it is then no sighting of the member's own.
    """

    sensor: Sensor
    id: tuple[object, ...]
    detected_at: int
    title: str
    fallback: str
    classification: Classification = "other:undetermined"
    severity: Severity | None = None
    confidence: int | None = None
    techniques: Iterable[str] = ()
    malware: Iterable[str] = ()
    first_seen: int | None = None
    last_seen: int | None = None
    count: int | None = None
    labels: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    attribution: str | None = None
    pap: Pap | None = None
    derived_from: tuple[str, ...] = ()


def finished(draft: Draft, harvest: Harvest, source: Source) -> Outcome:
    """Return the detections of a draft: one, or several if it has more observables than one holds.

    Skipped if nothing may be shared, refused if there is no label to share it under.
    """
    observables = harvest.found
    if not observables:
        return NOTHING_SHAREABLE
    tlp = label(draft.labels, source)
    if isinstance(tlp, Refused):
        return tlp
    shared = {**_described(draft, harvest, source), "sharing": _sharing(draft, tlp)}
    detections = [
        {**shared, "id": _id(draft, source, part), "observables": some}
        for part, some in enumerate(_parted(observables))
    ]
    return Converted(tuple(detections))


def line(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a text on one line: NFC, without what cannot be seen or reorders what is read."""
    if text.isascii() and text.isprintable():
        return text.strip()[:longest].strip()
    tidy = normalize("NFC", _UNSEEN.sub(" ", text[: 2 * longest])).strip()[:longest].strip()
    return tidy.encode("utf-8", "ignore").decode() if not tidy.isascii() else tidy


def techniques(written: Iterable[str]) -> list[dict[str, str]]:
    """Return the ATT&CK techniques among some words, without repeats; `_` may stand for the dot."""
    ids = dict.fromkeys([word.strip().upper().replace("_", ".") for word in written])
    return [{"id": name} for name in ids if _TECHNIQUE.fullmatch(name)][:MOST_TECHNIQUES]


def _described(draft: Draft, harvest: Harvest, source: Source) -> dict[str, object]:
    written = draft.title.strip()
    title = line(written)
    body: dict[str, object] = {
        "schema": "detection.v1",
        "id": "",
        "member": source.member,
        "detected_at": rfc3339(draft.detected_at),
        "published_at": rfc3339(source.published_at),
        "title": draft.fallback if not title or harvest.betrays(written[:_READ]) else title,
        "classification": draft.classification,
        "severity": draft.severity or "medium",
        "confidence": ASSUMED_CONFIDENCE if draft.confidence is None else draft.confidence,
        "observables": (),
        "sensor": _sensor(draft.sensor, harvest),
    }
    if assumed := _assumed(draft):
        body["flags"] = assumed
    if known := techniques(draft.techniques):
        body["techniques"] = known
    if named := _names(draft.malware, harvest):
        body["malware"] = named
    if draft.derived_from:
        body.update(first_hand=False, derived_from=list(draft.derived_from[:MOST_NAMES]))
    body.update(_activity(draft))
    return body


def _assumed(draft: Draft) -> list[str]:
    flags = ["confidence_assumed"] if draft.confidence is None else []
    return flags if draft.severity is not None else [*flags, "severity_assumed"]


def _activity(draft: Draft) -> Iterator[tuple[str, object]]:
    first, last = draft.first_seen, draft.last_seen
    if first is not None and last is not None and first > last:
        first, last = last, first
    if first is not None:
        yield "first_seen", rfc3339(first)
    if last is not None:
        yield "last_seen", rfc3339(last)
    if draft.count is not None and 0 < draft.count < 10**9:
        yield "count", draft.count


def _names(written: Iterable[str], harvest: Harvest) -> list[str]:
    lines = dict.fromkeys([line(name, LONGEST_NAME) for name in written])
    return [name for name in lines if name and not harvest.betrays(name)][:MOST_NAMES]


_SENSOR_BOUNDS = (
    ("vendor", 64), ("product", 64), ("version", 32), ("rule_id", 128), ("rule_name", 200),
)  # fmt: skip


def _sensor(sensor: Sensor, harvest: Harvest) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, longest in _SENSOR_BOUNDS:
        text = line(getattr(sensor, name), longest)
        if text and not harvest.betrays(text):
            kept[name] = text
    kept["format"] = sensor.format
    return kept


def _sharing(draft: Draft, tlp: str) -> dict[str, object]:
    sharing: dict[str, object] = {"tlp": tlp}
    if draft.recipients is not None:
        sharing["recipients"] = list(draft.recipients)
    if draft.attribution is not None:
        sharing["attribution"] = draft.attribution
    if draft.pap is not None:
        sharing["pap"] = draft.pap
    return sharing


def _id(draft: Draft, source: Source, part: int) -> str:
    named = (source.member, draft.sensor.format, *draft.id, *((part,) if part else ()))
    return _uuid5(repr(named).encode())


def _uuid5(name: bytes) -> str:
    """Return a name's UUID of version 5 in the namespace; that of `uuid` takes three times as
    long."""
    digits = sha1(NAMESPACE.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _parted(observables: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    some: list[dict[str, object]] = []
    size = 0
    for observable in observables:
        weight = 160 + 2 * len(str(observable["value"]).encode("utf-8", "replace"))
        if some and (len(some) == MOST_OBSERVABLES or size + weight > MOST_BYTES):
            yield some
            some, size = [], 0
        some.append(observable)
        size += weight
    yield some
