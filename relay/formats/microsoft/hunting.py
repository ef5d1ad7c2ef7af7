"""Rows of advanced hunting, as Defender streams them: AlertInfo, and one AlertEvidence for each
piece of evidence. Rows of other tables are no alerts."""

from collections.abc import Mapping

from relay.formats.microsoft.folding import Fields, decoded, first, folded
from relay.formats.microsoft.gathering import Gathering
from relay.formats.microsoft.report import Report
from relay.formats.microsoft.victims import hide
from relay.formats.outcome import Skipped

PREFIX = "advancedhunting-"
NO_ALERT = Skipped("a row of advanced hunting that is no evidence of an alert")

_EVIDENCE = "advancedhunting-alertevidence"
_KEYS = ("sha1", "sha256", "remoteip", "remoteurl", "networkmessageid", "mergebykey")


def row(record: Fields) -> Report | Skipped:
    """Return the evidence that a streamed row is."""
    properties = record.get("properties")
    category = first(record, ("category",)).lower()
    if category != _EVIDENCE or not isinstance(properties, dict):
        return NO_ALERT
    return evidence(folded(properties))


def evidence(fields: Fields) -> Report:
    """Return a row of AlertEvidence as a report: the alert, with this one piece."""
    additional = decoded(fields.get("additionalfields"))
    more = folded(additional) if isinstance(additional, dict) else {}
    columns = {name: value for name, value in fields.items() if value not in (None, "")}
    piece = {**more, **columns}
    kind = first(fields, ("entitytype",))
    return Report(
        "defender",
        {**columns, "id": first(fields, ("alertid",))},
        entities=(piece,),
        reads=_hide_columns,
        part=(kind, *(first(piece, (name,)) for name in _KEYS)),
    )


def _hide_columns(fields: Mapping[str, object], gathering: Gathering) -> None:
    """The account and the device of a row are the victim's, whatever the row is about."""
    hide(fields, gathering)
