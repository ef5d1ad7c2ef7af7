"""One detection on its own, as an alert would show it: for rendering what a member itself sends."""

from collections.abc import Sequence

from relay.core.keys import rank
from relay.model.alert import Alert, SeenObservable, SourceLine, Why
from relay.model.detection import Observable
from relay.model.policy import WINDOWS_MS
from relay.wire.detection import DetectionV1
from relay.wire.fields import millis

REPORTED = "reported"
"""The state of what nobody has correlated."""


def alert_of(detection: DetectionV1, observables: Sequence[Observable]) -> Alert:
    """Return a detection as an alert of one source, on the most specific of its `observables`.

    They are what minimisation left of the detection's, at least one. The alert's id is the
    detection's; it expires when the window of its key would.
    """
    key = min(observables, key=rank)
    at = millis(detection.detected_at)
    start = millis(detection.first_seen) if detection.first_seen else at
    return Alert(
        id=detection.id,
        key=key,
        episode=at,
        revision=detection.revision,
        action="create" if detection.revision == 1 else "update",
        state=REPORTED,
        reason=Why.OPENED,
        updated=millis(detection.published_at),
        expires=at + WINDOWS_MS.get(key.type, min(WINDOWS_MS.values())),
        severity=detection.severity,
        claimed_severity=detection.severity,
        confidence=detection.confidence,
        title=detection.title,
        start=min(start, at),
        end=at,
        votes=1,
        countries=(),
        sources=(_line(detection.member, min(start, at), at),),
        classifications=(detection.classification,),
        techniques=tuple((technique.id, 1) for technique in detection.techniques),
        observables=tuple(
            SeenObservable(observable, observable == key, 1, 1) for observable in observables
        ),
        victim_sectors=(),
        victim_countries=(),
        tlp=detection.sharing.tlp,
        pap=detection.sharing.pap,
        related=(),
        flags=tuple(detection.flags),
        truncated=False,
    )


def _line(member: str, first: int, last: int) -> SourceLine:
    return SourceLine(
        member=member,
        country=None,
        own=False,
        follow_up=False,
        detections=1,
        first_seen=first,
        last_seen=last,
    )
