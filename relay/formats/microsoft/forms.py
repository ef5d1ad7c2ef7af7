"""The forms in which Microsoft's products tell alerts, taken apart by fields that only one has."""

from collections.abc import Callable, Iterator, Sequence

from relay.formats.microsoft import first_graph, hunting, sentinel
from relay.formats.microsoft.folding import Fields, first, folded, objects
from relay.formats.microsoft.report import Report
from relay.formats.outcome import Refused, Skipped
from relay.formats.recognise import seems
from relay.model.vocabulary import Format

Told = Report | Skipped | Refused

_ENVELOPES = ("value", "records", "results")
OURS: tuple[Format, ...] = ("defender", "sentinel")
"""The formats of Microsoft, which one reader reads."""

_EMPTY = Skipped("an answer without records")


def alerts(record: Fields) -> Iterator[Told] | None:
    """Return what a record tells, or None if it is of no form of Microsoft's.

    Envelopes are opened: the lists of the APIs and of Event Hubs, the tables of Log Analytics.
    """
    fields = folded(record)
    for looks, form in _FORMS:
        if looks(fields):
            return form(fields)
    return _enveloped(fields)


def _enveloped(fields: Fields) -> Iterator[Told] | None:
    for name in _ENVELOPES:
        held = fields.get(name)
        if isinstance(held, list):
            if not held and len(fields) <= len(_ENVELOPES):
                return iter((_EMPTY,))
            inner = [each for each in held if isinstance(each, dict)]
            return _each(inner) if inner and alerts(inner[0]) is not None else None
    return None


def _each(records: Sequence[Fields]) -> Iterator[Told]:
    for record in records:
        found = alerts(record)
        if found is None:
            yield Refused("other-format", f"no alert of Microsoft's; {seems(record, *OURS)}")
        else:
            yield from found


def _is_row(fields: Fields) -> bool:
    return first(fields, ("category",)).lower().startswith(hunting.PREFIX)


def _is_evidence(fields: Fields) -> bool:
    return "alertid" in fields and "evidencerole" in fields


def _is_playbook(fields: Fields) -> bool:
    given = folded(_object(fields))
    return "properties" in given and _is_incident(given)


def _is_graph(fields: Fields) -> bool:
    if isinstance(fields.get("evidence"), list | dict) and (
        "severity" in fields or "servicesource" in fields or "title" in fields
    ):
        return True
    return ("provideralertid" in fields and "systemalertid" not in fields) or (
        "alertcreationtime" in fields or {"servicesource", "title"} <= fields.keys()
    )


def _is_graph_incident(fields: Fields) -> bool:
    if "incidentname" in fields or {"incidentweburl", "displayname"} <= fields.keys():
        return True
    return "incidentid" in fields and isinstance(fields.get("alerts"), list | dict)


def _is_first_graph(fields: Fields) -> bool:
    return "eventdatetime" in fields and bool(first_graph.MARKS & fields.keys())


def _is_incident(fields: Fields) -> bool:
    return first(fields, ("type",)).lower().endswith("/incidents") or "incidentnumber" in fields


def _is_sentinel(fields: Fields) -> bool:
    named = bool({"alertname", "alertdisplayname"} & fields.keys())
    return "systemalertid" in fields or (
        named and bool({"entities", "alertseverity"} & fields.keys())
    )


def _is_table(fields: Fields) -> bool:
    return any("columns" in each and "rows" in each for each in objects(fields.get("tables")))


def _graph(fields: Fields) -> Iterator[Told]:
    yield _evidenced(fields, {})


def _evidenced(fields: Fields, about: Fields) -> Report:
    listed = fields.get("evidence") or fields.get("entities")
    return Report("defender", fields, entities=objects(listed), about=about)


def _graph_incident(fields: Fields) -> Iterator[Told]:
    found = False
    for each in objects(fields.get("alerts")):
        found = True
        yield _evidenced(folded(each), fields)
    if not found:
        yield sentinel.NO_ALERTS


def _object(fields: Fields) -> Fields:
    return next(objects(fields.get("object")), {})


def _resource(fields: Fields) -> Iterator[Told]:
    found = sentinel.resource(fields)
    if found is not None:
        yield found


def _rows(fields: Fields) -> Iterator[Told]:
    for table in objects(fields.get("tables")):
        names = [first(folded(each), ("name",)) for each in objects(table.get("columns"))]
        rows = table.get("rows")
        cells = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
        yield from _each([dict(zip(names, row, strict=False)) for row in cells])


_FORMS: tuple[tuple[Callable[[Fields], bool], Callable[[Fields], Iterator[Told]]], ...] = (
    (_is_row, lambda fields: iter((hunting.row(fields),))),
    (_is_evidence, lambda fields: iter((hunting.evidence(fields),))),
    (_is_first_graph, lambda fields: iter((first_graph.alert(fields),))),
    (_is_graph, _graph),
    (_is_graph_incident, _graph_incident),
    (_is_playbook, lambda fields: sentinel.incident(folded(_object(fields)))),
    (_is_incident, sentinel.incident),
    (lambda fields: sentinel.resource(fields) is not None, _resource),
    (_is_sentinel, lambda fields: iter((sentinel.alert(fields),))),
    (_is_table, _rows),
)
"""In this order: what is more particular stands first."""
