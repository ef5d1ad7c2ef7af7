"""The relay's own messages, read as a member's edge would check them: detections and alerts."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from relay.core.normalise import Canonical, canonical
from relay.core.screen import VICTIM, screen
from relay.formats.labels import strictest
from relay.formats.outcome import Converted, Refused, Source
from relay.formats.recognise import NAMES, recognise
from relay.model.alert import Alert
from relay.model.detection import Observable, Reported
from relay.model.outcome import Reason
from relay.wire import alert
from relay.wire.decode import Fault, detection_in, json_path
from relay.wire.detection import DetectionV1

_NOTHING_LEFT = Refused(
    Reason.NOTHING_LEFT, "no observable is left that may be shared", "$.observables"
)


def read(body: dict[str, Any], source: Source) -> Alert | Converted | Refused:
    """Return the alert that a message is, or the detection, checked and minimised. Total."""
    if body.get("schema") == alert.SCHEMA:
        return _alert(body)
    detection = detection_in(body, source.member)
    if isinstance(detection, Fault):
        return Refused(detection.reason, hinted(detection, body).detail, detection.path)
    kept = observables(detection, source)
    return kept if isinstance(kept, Refused) else Converted((_minimised(detection, source),))


def hinted(fault: Fault, value: object) -> Fault:
    """Return why a value is no native message; of another format's record, which one it is."""
    form = recognise(value) if fault.reason is Reason.UNKNOWN_SCHEMA else None
    if form is None or form == "native":
        return fault
    hint = f"{fault.detail}; it looks like {NAMES[form]}, which `emits` in the register can allow"
    return replace(fault, detail=hint)


def observables(detection: DetectionV1, source: Source) -> tuple[Observable, ...] | Refused:
    """Return what of a detection's observables may leave its member, canonical; at least one."""
    reported = [Reported(o.type, o.value, o.side, o.role) for o in detection.observables]
    screened = screen(reported, allow_documentation=source.allow_documentation)
    if screened.fatal is not None:
        return Refused(screened.fatal.reason, screened.fatal.detail, screened.fatal.path)
    return screened.observables or _NOTHING_LEFT


def _alert(body: dict[str, Any]) -> Alert | Refused:
    try:
        return alert.decode(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return Refused("invalid", first["msg"][:300], json_path(first["loc"]))


def _minimised(detection: DetectionV1, source: Source) -> dict[str, object]:
    body = detection.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if source.tlp is not None:
        body["sharing"]["tlp"] = strictest((detection.sharing.tlp, source.tlp))
    kept: dict[tuple[str, str], object] = {}
    for observable in detection.observables:
        verdict = canonical(
            observable.type, observable.value, allow_documentation=source.allow_documentation
        )
        if observable.side != VICTIM and isinstance(verdict, Canonical):
            marks = observable.model_dump(mode="json", exclude_unset=True)
            named = {"type": verdict.type, "value": verdict.value}
            kept.setdefault((verdict.type, verdict.value), {**marks, **named})
    body["observables"] = list(kept.values())
    return body
