"""`alert.v1`: what a recipient reads. Open: readers ignore what they do not know."""

from typing import Annotated, Literal

import orjson
from pydantic import Field, StringConstraints

from relay import __version__
from relay.model.alert import Alert, SeenObservable, SourceLine, Why
from relay.model.detection import Observable
from relay.model.identity import RULE, RULE_NAME
from relay.wire.detection import Pap, Severity, Tlp
from relay.wire.fields import (
    WHOLE,
    Country,
    MemberName,
    Omissible,
    Open,
    Percent,
    Technique,
    Timestamp,
    Uuid,
    millis,
    timestamp,
)

SCHEMA = "alert.v1"
RULE_VERSION = "1"

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:_+-]{0,63}$")]
"""An open vocabulary: the known values stand in the description, others may come."""

Number = Annotated[int, Field(ge=0), WHOLE]


class KeyV1(Open):
    """What the alert is about: one observable, canonical."""

    type: Word
    value: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class SeenV1(KeyV1):
    """An observable that was named with it; `correlated` marks the key itself."""

    role: Omissible[Word] = None
    correlated: bool
    detections: Number
    members: Number


class SourceV1(Open):
    """A contributor, as far as it lets itself be shown; `withheld` otherwise."""

    member: Annotated[MemberName | Literal["withheld"], Field()]
    country: Omissible[Country] = None
    own: Omissible[bool] = None
    follow_up: Omissible[bool] = None
    detections: Number
    first_seen: Timestamp
    last_seen: Timestamp


class SourcesV1(Open):
    """Who reported it: `members` counts independent votes, the recipient's own included."""

    members: Number
    countries: Annotated[list[Country], Field(max_length=256)]
    list: Annotated[list[SourceV1], Field(max_length=40)]


class SeenTechniqueV1(Open):
    """An ATT&CK technique and how many detections named it."""

    id: Technique
    count: Number


class PeriodV1(Open):
    """First and last event time."""

    start: Timestamp
    end: Timestamp


class RuleV1(Open):
    """The rule that made the alert."""

    id: Word
    version: Annotated[str, StringConstraints(max_length=32)]
    name: Annotated[str, StringConstraints(max_length=128)]


class LabelV1(Open):
    """The strictest label and permitted action of all that is shown."""

    tlp: Tlp
    pap: Pap


class VictimsV1(Open):
    """Sectors and countries of victims that at least two members named."""

    sectors: Annotated[list[Word], Field(max_length=64)]
    countries: Annotated[list[Country], Field(max_length=256)]


class RelayV1(Open):
    """The relay that says so."""

    id: Annotated[str, StringConstraints(max_length=64)]
    version: Annotated[str, StringConstraints(max_length=32)]


class AlertV1(Open):
    """One revision of an alert: a complete snapshot. Drop repeats by (id, episode, revision)."""

    schema_: Annotated[Literal["alert.v1"], Field(alias="schema")]
    id: Uuid
    episode: Timestamp
    revision: Annotated[int, Field(ge=1), WHOLE]
    action: Literal["create", "update", "close"]
    state: Annotated[Word, Field(description="early-warning, cross-border, widespread, closed")]
    reason: Annotated[
        Word,
        Field(
            description="opened, state-rise, new-member, severity-rise, changed, closed, "
            "refresh, caught-up"
        ),
    ]
    kind: Annotated[Word, Field(description="shared-observable")]
    rule: RuleV1
    key: KeyV1
    title: Annotated[str, StringConstraints(max_length=200)]
    lang: Annotated[str, StringConstraints(max_length=35)]
    severity: Severity
    claimed_severity: Severity
    confidence: Percent
    created_at: Timestamp
    updated_at: Timestamp
    expires_at: Timestamp
    window: PeriodV1
    classifications: Annotated[list[Word], Field(max_length=16)]
    techniques: Annotated[list[SeenTechniqueV1], Field(max_length=64)]
    observables: Annotated[list[SeenV1], Field(max_length=200)]
    sources: SourcesV1
    victim: Omissible[VictimsV1] = None
    sharing: LabelV1
    disputed: Annotated[int, Field(ge=0, description="false-positive marks of others"), WHOLE]
    related_alerts: Annotated[list[Uuid], Field(max_length=50)]
    flags: Annotated[list[Word], Field(max_length=8)]
    truncated: bool
    relay: RelayV1


def encode(alert: Alert, relay: str) -> bytes:
    """Return the message of `alert`: equal bytes for equal alerts."""
    body: dict[str, object] = {
        "schema": SCHEMA,
        "id": alert.id,
        "episode": timestamp(alert.episode),
        "revision": alert.revision,
        "action": alert.action,
        "state": alert.state,
        "reason": alert.reason.value,
        "kind": RULE,
        "rule": {"id": RULE, "version": RULE_VERSION, "name": RULE_NAME},
        "key": {"type": alert.key.type, "value": alert.key.value},
        "title": alert.title,
        "lang": "en",
        "severity": alert.severity,
        "claimed_severity": alert.claimed_severity,
        "confidence": alert.confidence,
        "created_at": timestamp(alert.episode),
        "updated_at": timestamp(alert.updated),
        "expires_at": timestamp(alert.expires),
        "window": {"start": timestamp(alert.start), "end": timestamp(alert.end)},
        "classifications": alert.classifications,
        "techniques": [{"id": name, "count": count} for name, count in alert.techniques],
        "observables": [shown(seen) for seen in alert.observables],
        "sources": {
            "members": alert.votes,
            "countries": alert.countries,
            "list": [_source(line) for line in alert.sources],
        },
        "sharing": {"tlp": alert.tlp, "pap": alert.pap},
        "disputed": 0,
        "related_alerts": alert.related,
        "flags": alert.flags,
        "truncated": alert.truncated,
        "relay": {"id": relay, "version": __version__},
    }
    if alert.victim_sectors or alert.victim_countries:
        body["victim"] = {"sectors": alert.victim_sectors, "countries": alert.victim_countries}
    return orjson.dumps(body)


def shown(seen: SeenObservable) -> dict[str, object]:
    """Return an observable as the message tells it; formats with room for it tell it likewise."""
    observable = seen.observable
    role = {} if observable.role is None else {"role": observable.role}
    return {
        "type": observable.type,
        "value": observable.value,
        **role,
        "correlated": seen.correlated,
        "detections": seen.detections,
        "members": seen.members,
    }


def _source(line: SourceLine) -> dict[str, object]:
    body: dict[str, object] = {"member": line.member or "withheld"}
    if line.country is not None:
        body["country"] = line.country
    if line.own:
        body["own"] = True
    if line.follow_up:
        body["follow_up"] = True
    body["detections"] = line.detections
    body["first_seen"] = timestamp(line.first_seen)
    body["last_seen"] = timestamp(line.last_seen)
    return body


def decode(body: object) -> Alert:
    """Return the alert that a parsed `alert.v1` tells: what `encode` wrote, read again.

    Raises pydantic's ValidationError if it is none.
    """
    read = AlertV1.model_validate(body)
    victim = read.victim
    return Alert(
        id=read.id,
        key=_key(read),
        episode=millis(read.episode),
        revision=read.revision,
        action=read.action,
        state=read.state,
        reason=Why(read.reason) if read.reason in set(Why) else Why.CHANGED,
        updated=millis(read.updated_at),
        expires=millis(read.expires_at),
        severity=read.severity,
        claimed_severity=read.claimed_severity,
        confidence=read.confidence,
        title=read.title,
        start=millis(read.window.start),
        end=millis(read.window.end),
        votes=read.sources.members,
        countries=tuple(read.sources.countries),
        sources=tuple(map(_line, read.sources.list)),
        classifications=tuple(read.classifications),
        techniques=tuple((technique.id, technique.count) for technique in read.techniques),
        observables=tuple(map(_observable, read.observables)),
        victim_sectors=tuple(victim.sectors) if victim else (),
        victim_countries=tuple(victim.countries) if victim else (),
        tlp=read.sharing.tlp,
        pap=read.sharing.pap,
        related=tuple(read.related_alerts),
        flags=tuple(read.flags),
        truncated=read.truncated,
    )


def _key(read: AlertV1) -> Observable:
    role = next((seen.role for seen in read.observables if seen.correlated), None)
    return Observable(read.key.type, read.key.value, role)


def _observable(seen: SeenV1) -> SeenObservable:
    named = Observable(seen.type, seen.value, seen.role)
    return SeenObservable(named, seen.correlated, seen.detections, seen.members)


def _line(source: SourceV1) -> SourceLine:
    return SourceLine(
        member=None if source.member == "withheld" else source.member,
        country=source.country,
        own=bool(source.own),
        follow_up=bool(source.follow_up),
        detections=source.detections,
        first_seen=millis(source.first_seen),
        last_seen=millis(source.last_seen),
    )
