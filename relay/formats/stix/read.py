"""STIX 2.1: one record to detections. What is mapped: docs/formats/stix.md.

A detection has one time, one label, one severity and one confidence; a record is as many.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import text
from relay.formats.harvest import Harvest
from relay.formats.outcome import (
    NOTHING_SHAREABLE,
    Converted,
    Outcome,
    Refused,
    Skipped,
    Source,
)  # fmt: skip
from relay.formats.stix.claims import Claim, Claims
from relay.formats.stix.gathering import Gathering
from relay.formats.stix.objects import Record, objects_of
from relay.formats.stix.pattern import Facts, parse
from relay.formats.stix.sightings import Ground, When
from relay.formats.stix.victims import Organisations, hidden

_EMPTY = Skipped("no indicator and no observable")
_REVOKED = Skipped("all that it claims is revoked")
_UNTIMED = Refused("no-time", "nothing in the record tells when it happened", "$.objects")
_UNREAD = Refused("invalid", "the pattern of an indicator cannot be read", "$.objects")
_FALLBACK = "Indicators in STIX"

_CLAIMING = frozenset(("indicator", "observed-data", "vulnerability"))
_NAMING = ("indicator", "observed-data")
_LONGEST = 170

_Timed = tuple[When, Claim]


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert a bundle, an envelope or a single object. Total: nothing is raised."""
    objects = objects_of(event)
    if isinstance(objects, Refused):
        return objects
    record = Record(objects)
    claims = Claims(record)
    found = [claim for claim in claims.all() if claim.said or claim.things]
    timed = _timed(found)
    if timed:
        said = (each for claim in found for each in claim.said)
        return _converted(record, timed, hidden(record, said, claims.targets), source)
    if claims.unread:
        return _UNREAD
    if found:
        return _UNTIMED
    if any(text(one, "type") in _CLAIMING for one in record.revoked):
        return _REVOKED
    named_nothing = any(record.of(kind) for kind in _NAMING)
    return NOTHING_SHAREABLE if named_nothing else _EMPTY


def _timed(found: list[Claim]) -> list[_Timed]:
    """Return the claims that have a time, the best grounded first. All objects of one alert of the
    relay share the alert's sighting."""
    timed = [(claim.when, claim) for claim in found if claim.when is not None]
    timed.sort(key=lambda each: -each[0].ground)
    alerts: dict[str, When] = {}
    for when, claim in timed:
        if claim.told.alert:
            alerts.setdefault(claim.told.alert, when)
    return [(alerts.get(claim.told.alert, when), claim) for when, claim in timed]


def _converted(
    record: Record, timed: list[_Timed], hiding: Iterable[str], source: Source
) -> Outcome:
    empty = Harvest(source, hiding)
    named = (each for _, claim in timed if claim.side == "attacker" for each in claim.said)
    gathering = Gathering(record, named, _withdrawn(record))
    groups: dict[tuple[object, ...], tuple[list[_Timed], Harvest]] = {}
    for when, claim in timed:
        told = claim.told
        sure = None if told.alert else told.confidence  # an alert is one, its key the surest
        key = (_moment(when), claim.label, told.pap, told.severity, sure, told.alert)
        members, harvest = groups.setdefault(key, ([], empty.afresh()))
        if gathering.gather(claim, harvest):
            members.append((when, claim))
    organisations = Organisations(record)
    return _joined(
        finished(_draft(members, organisations), harvest, source)
        for members, harvest in groups.values()
        if members
    )


def _moment(when: When) -> tuple[bool, int]:
    """Return what times of one event share: what was seen, its time; what was merely published,
    the second, since tools stamp the objects of one bundle a few milliseconds apart."""
    seen = when.ground >= Ground.OBSERVED
    return seen, when.at if seen else when.at // 1000


def _joined(each: Iterable[Outcome]) -> Outcome:
    """Return all detections; if there are none, why the first has none."""
    outcomes = list(each)
    detections = [each for one in outcomes if isinstance(one, Converted) for each in one.detections]
    if detections:
        return Converted(tuple(detections))
    return next(iter(outcomes), NOTHING_SHAREABLE)


def _withdrawn(record: Record) -> Iterator[Facts]:
    for one in record.revoked:
        if text(one, "type") == "indicator":
            yield from parse(text(one, "pattern")) or ()


def _draft(members: list[_Timed], organisations: Organisations) -> Draft:
    """Return the draft of what has one time, label, severity and confidence; at least one."""
    (when, first), *others = members
    claims = [claim for _, claim in members]
    told = first.told
    at = max(each.at for each, _ in members)
    names = list(dict.fromkeys(name for claim in claims for name in claim.names))
    malware = [word for kind, word in names if kind == "malware" and not organisations.in_(word)]
    named = "" if organisations.in_(told.title) else told.title
    title = named[:_LONGEST] or (f"Indicators of {malware[0]}" if malware else _FALLBACK)
    several = f" (and {len(others)} more)" if named and others and not told.alert else ""
    classes = (claim.told.classification for claim in claims)
    firsts = [each.first for each, _ in members if each.first is not None]
    return Draft(
        sensor=Sensor("stix", rule_id=first.id[0], rule_name=named),
        id=(at, _digest(claim.id for claim in claims)),
        detected_at=at,
        title=f"{title}{several}",
        fallback=_FALLBACK,
        classification=next(filter(None, classes), "other:undetermined"),
        severity=told.severity,
        confidence=told.confidence,
        techniques=[word for kind, word in names if kind == "attack-pattern"],
        malware=malware,
        first_seen=min(firsts, default=None),
        last_seen=at if firsts else None,
        count=None if others else when.count,
        labels=(first.label,) if first.label else (),
        pap=told.pap,
        derived_from=(told.alert,) if told.alert else (),
    )


def _digest(ids: Iterable[tuple[str, str]]) -> str:
    """Return a short name for many ids: it is part of the id of each of many detections."""
    return blake2b(repr(sorted(ids)).encode("utf-8", "replace"), digest_size=16).hexdigest()
