"""MISP core format: events to detections. What is mapped: docs/formats/misp.md."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import number, text
from relay.formats.harvest import Harvest
from relay.formats.labels import ORDER, tlp
from relay.formats.misp.attributes import Attribute, attributes, confined
from relay.formats.misp.events import events
from relay.formats.misp.marks import ours
from relay.formats.misp.observables import gather
from relay.formats.misp.sides import sides
from relay.formats.misp.tags import Said, said, strictest_pap
from relay.formats.moments import day, epoch
from relay.formats.outcome import NOTHING_SHAREABLE, Converted, Outcome, Refused, Skipped, Source
from relay.formats.tactics import classed, worded
from relay.model.vocabulary import Classification
from relay.wire.detection import Severity

Fields = Mapping[str, object]

_LEVELS: Mapping[int | None, Severity] = {1: "high", 2: "medium", 3: "low"}  # 4 is undefined
_NAMED = 100  # values that stand for an event without an id
_DAY = 86_400_000

_NO_TIME = Refused(
    "no-time", "the event has neither a date nor the time of an edit", "$.Event.date"
)
_EXERCISE = Skipped("an event of an exercise")

_Audience = tuple[bool, str]
"""Whether nobody may be told, and a label beside those of the event, if any. Few can differ."""


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one record of MISP; it may hold several events. Total."""
    found = events(event)
    if not isinstance(found, tuple):
        return found
    return _joined([outcome for each in found for outcome in _converted(each, source)])


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Return all detections; where there are none, a refusal before a reason to skip."""
    detections = [
        detection
        for outcome in outcomes
        if isinstance(outcome, Converted)
        for detection in outcome.detections
    ]
    if detections:
        return Converted(tuple(detections))
    return next((each for each in outcomes if isinstance(each, Refused)), outcomes[0])


def _converted(event: Fields, source: Source) -> Iterator[Outcome]:
    heard = said(event)
    if heard.exercise:
        yield _EXERCISE
        return
    listed = attributes(event)
    if not heard.alerts and ours(text(event, "uuid"), listed):
        heard.alerts.append(text(event, "uuid"))
    sorted_out = sides(listed, relayed=bool(heard.alerts))
    if not sorted_out.indicators:
        yield NOTHING_SHAREABLE
        return
    at = _time(event, sorted_out.indicators, relayed=bool(heard.alerts))
    if at is None:
        yield _NO_TIME
        return
    for audience, some in _audiences(event, heard, sorted_out.indicators, source).items():
        harvest = Harvest(source, sorted_out.hidden)
        for each in some:
            gather(each, harvest)
        yield finished(_draft(event, heard, some, audience, at), harvest, source)


def _audiences(
    event: Fields, heard: Said, indicators: Iterable[Attribute], source: Source
) -> dict[_Audience, list[Attribute]]:
    """Return the attributes by who may see them: a stricter one must not narrow the others, nor
    be widened by them."""
    known = [tlp(word) for word in (*heard.labels, source.tlp or "")]
    widest = max((ORDER.index(word) for word in known if word is not None), default=-1)
    barred = confined(event)
    found: dict[_Audience, list[Attribute]] = {}
    for each in indicators:
        label = _stricter(each.said.labels, widest) if each.said is not None else ""
        found.setdefault((barred or each.confined, label), []).append(each)
    return found


def _stricter(words: Iterable[str], than: int) -> str:
    """Return the strictest label among `words` if it is stricter than a place in ORDER, `unclear`
    if one is no label, else nothing."""
    labels = [tlp(word) for word in words]
    if None in labels:
        return "unclear"
    strictest = max((ORDER.index(word) for word in labels if word is not None), default=-1)
    return ORDER[strictest] if strictest > than else ""


def _draft(
    event: Fields, heard: Said, some: Sequence[Attribute], audience: _Audience, at: int
) -> Draft:
    barred, label = audience
    own = [each.said for each in some if each.said is not None]
    techniques = [name for each in (heard, *own) for name in each.techniques]
    narrowed = audience if label or barred != confined(event) else ()
    return Draft(
        sensor=Sensor("misp", vendor="MISP", product="MISP", rule_id=text(event, "uuid")),
        id=(*_identity(event, some), *narrowed),
        detected_at=at,
        title=text(event, "info"),
        fallback="MISP event",
        classification=_class(event, heard, techniques),
        severity=heard.severity or _LEVELS.get(number(event, "threat_level_id")),
        confidence=heard.confidence,
        techniques=techniques,
        malware=[name for each in (heard, *own) for name in each.malware],
        first_seen=min((each.first_seen for each in some if each.first_seen), default=None),
        last_seen=max((each.last_seen for each in some if each.last_seen), default=None),
        labels=(*heard.labels, *([label] if label else ())),
        recipients=() if barred else None,
        attribution="must-not" if any(each.anonymous for each in (heard, *own)) else None,
        pap=strictest_pap(each.pap for each in (heard, *own)),
        derived_from=tuple(heard.alerts),
    )


def _class(event: Fields, heard: Said, techniques: Sequence[str]) -> Classification:
    """Return what a tag says; else a technique, else a word of the title."""
    named = next(iter(heard.classifications), None) or classed(techniques, ())
    return named or worded(text(event, "info")) or "other:undetermined"


def _identity(event: Fields, some: Sequence[Attribute]) -> tuple[object, ...]:
    """Return what names an event and its edition: an edited one is told anew, a repeat is not."""
    uuid = text(event, "uuid")
    if uuid:
        return uuid, number(event, "timestamp")
    values = tuple(each.value for each in some[:_NAMED])
    return text(event, "info"), text(event, "date"), number(event, "timestamp"), values


def _time(event: Fields, indicators: Iterable[Attribute], *, relayed: bool) -> int | None:
    """Return when the event was, in ms: its `date`, and within that day the time of its edit.

    The edit alone tells when somebody last wrote, which can be years later. The relay's own
    alerts say exactly when their last sighting was.
    """
    seen = [each.last_seen for each in indicators if each.last_seen] if relayed else ()
    if seen:
        return max(seen)
    edited = epoch(event.get("timestamp"))
    begun = day(text(event, "date"))
    if begun is None:
        edits = (epoch(each.edited) for each in indicators)
        return edited or max((edit for edit in edits if edit), default=None)
    if edited is not None and begun <= edited < begun + _DAY:
        return edited
    return begun
