"""From one record in any format to what `relay convert` says of it: one JSON object a line."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from relay.formats import adapters, native
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.parsing import parse
from relay.formats.recognise import recognise
from relay.formats.renderers import RENDERERS
from relay.formats.single import alert_of
from relay.formats.wrapping import unwrapped
from relay.model.alert import Alert
from relay.model.vocabulary import AlertFormat, Format, Loss
from relay.wire.decode import Fault, detection_in

Line = dict[str, object]
"""`detection` or `alert`, each in the format asked for; `skipped`; or `rejected`."""

_UNKNOWN = Refused("other-format", "the record looks like none of the formats known here")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a record, or of one detection in it; and what the format asked for lost."""

    line: Line
    lost: tuple[tuple[Loss, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """How records are converted: `form` None recognises each; `to` is the format that comes out.

    `relay` is the id of the relay that renderings name.
    """

    form: Format | None
    to: AlertFormat
    relay: str

    def told(self, record: bytes | Refused, source: Source) -> Iterator[Told]:
        """Yield what comes of one record, at least one line. Total: nothing is raised.

        A format that was recognised stands in the line as `format`.
        """
        value = record if isinstance(record, Refused) else parse(record)
        if isinstance(value, Refused):
            yield _rejected(value)
            return
        for each in unwrapped(value):
            yield from self._each(each, source)

    def _each(self, value: object, source: Source) -> Iterator[Told]:
        form = self.form or recognise(value)
        outcome = _UNKNOWN if form is None else _read(form, value, source)
        for told in self._told(outcome, source):
            known = self.form is not None or form is None
            yield told if known else replace(told, line={"format": form, **told.line})

    def _told(self, outcome: Alert | Outcome, source: Source) -> Iterator[Told]:
        match outcome:
            case Alert():
                yield self._rendered("alert", outcome)
            case Converted(detections):
                yield from (self._detection(body, source) for body in detections)
            case Skipped(reason):
                yield Told({"skipped": reason})
            case Refused():
                yield _rejected(outcome)

    def _detection(self, body: dict[str, object], source: Source) -> Told:
        detection = detection_in(body, source.member)
        if isinstance(detection, Fault):
            return _rejected(Refused(detection.reason, detection.detail, detection.path))
        if self.to == "native":
            return Told({"detection": body})
        kept = native.observables(detection, source)
        if isinstance(kept, Refused):
            return _rejected(kept)
        return self._rendered("detection", alert_of(detection, kept))

    def _rendered(self, what: str, alert: Alert) -> Told:
        rendered = RENDERERS[self.to](alert, self.relay)
        return Told({what: orjson.Fragment(rendered.body)}, rendered.lost)


def _read(form: Format, value: object, source: Source) -> Alert | Outcome:
    if form != "native":
        return adapters.read(form, value, source)
    if not isinstance(value, dict):
        return Refused("other-format", "the record is no JSON object")
    return native.read(value, source)


def _rejected(refused: Refused) -> Told:
    why = {"reason": str(refused.reason), "detail": refused.detail, "path": refused.path}
    return Told({"rejected": why})
