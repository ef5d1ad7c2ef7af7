"""Microsoft Defender and Sentinel: one record to detections. What is mapped:
docs/formats/microsoft.md."""

from collections.abc import Mapping

from relay.formats.microsoft.forms import OURS, alerts
from relay.formats.microsoft.report import Report, told
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems

_NONE = Skipped("an answer without records")


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one record: an alert, an incident with its alerts, or an answer with several. Total.

    Of several, those that can be shared come out; where none can, the first reason is told.
    """
    found = alerts(event)
    if found is None:
        return Refused("other-format", f"no alert of Defender or Sentinel; {seems(event, *OURS)}")
    outcomes = [told(each, source) if isinstance(each, Report) else each for each in found]
    shared = [one for each in outcomes if isinstance(each, Converted) for one in each.detections]
    if shared:
        return Converted(tuple(shared))
    refused = (each for each in outcomes if isinstance(each, Refused))
    return next(refused, None) or next(iter(outcomes), _NONE)
