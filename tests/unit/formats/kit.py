"""What the tests of all formats share: converting a record, and alerts to render."""

from dataclasses import replace
from typing import Any

import orjson

from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Outcome, Source
from relay.formats.renderers import RENDERERS
from relay.model.alert import Alert, SeenObservable
from relay.model.detection import Observable
from relay.model.vocabulary import AlertFormat, Format
from relay.wire.detection import DetectionV1
from tests.unit.wire.values import an_alert

SOURCE = Source("ee", "green", 1_800_000_000_000, allow_documentation=True)
"""Documentation addresses and names under `.example` pass: the tests' examples are made of them."""

UNLABELLED = replace(SOURCE, tlp=None)


def outcome_of(form: Format, event: object, source: Source = SOURCE) -> Outcome:
    """What comes of one record, given as JSON-ready value."""
    return adapt(form, orjson.dumps(event), source)


def bodies(form: Format, event: object, source: Source = SOURCE) -> list[dict[str, object]]:
    """The detections of one record as they are written; there must be some."""
    outcome = outcome_of(form, event, source)
    assert isinstance(outcome, Converted), outcome
    return list(outcome.detections)


def detections(form: Format, event: object, source: Source = SOURCE) -> list[DetectionV1]:
    """The detections of one record, each checked against the schema; there must be some."""
    return [DetectionV1.model_validate(each) for each in bodies(form, event, source)]


def values(form: Format, event: object, source: Source = SOURCE) -> list[tuple[str, str]]:
    """The observables of one record as (type, value), in order."""
    found = detections(form, event, source)
    return [(o.type, o.value) for each in found for o in each.observables]


def rendered(form: AlertFormat, alert: Alert) -> Any:
    """An alert in a format, parsed."""
    return orjson.loads(RENDERERS[form](alert, "relay-test").body)


def an_alert_of(*observables: tuple[str, str], **changes: Any) -> Alert:
    """An alert on the first of some observables, which shows them all."""
    seen = [Observable(kind, value) for kind, value in observables]
    shown = (SeenObservable(o, correlated=o == seen[0], detections=1, members=1) for o in seen)
    return replace(an_alert(), **{"key": seen[0], "observables": tuple(shown), **changes})


def told(alert: Alert) -> list[tuple[str, str]]:
    """The observables of an alert as (type, value)."""
    return [(seen.observable.type, seen.observable.value) for seen in alert.observables]
