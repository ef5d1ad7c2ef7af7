"""One alert as all of Microsoft's forms tell it, and what comes of it."""

import re
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import NamedTuple

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.microsoft.entities import gather
from relay.formats.microsoft.folding import Fields, first, folded, objects, words
from relay.formats.microsoft.gathering import Gathering
from relay.formats.microsoft.victims import hide
from relay.formats.microsoft.words import CATEGORIES, CONFIDENCES, INWARD, NO_ATTACK, SEVERITIES
from relay.formats.moments import moment
from relay.formats.outcome import Outcome, Refused, Skipped, Source
from relay.formats.tactics import classed, folded_word, technique_ids
from relay.model.vocabulary import Classification, Format

Names = tuple[str, ...]

_NO_FIELDS: Fields = MappingProxyType({})

_BEGAN = (
    "starttime", "starttimeutc", "firstactivitydatetime", "firstactivity", "firsteventtime",
    "firstactivitytimeutc", "firstactivitytime", "eventdatetime", "timestamp",
)  # fmt: skip
_ENDED = (
    "endtime", "endtimeutc", "lastactivitydatetime", "lastactivity", "lasteventtime",
    "lastactivitytimeutc", "lastactivitytime",
)  # fmt: skip
_STATED = ("starttime", "starttimeutc", "endtime", "endtimeutc")
_UNSET = ("0001-", "1/1/0001", "01/01/0001", "01.01.0001")
_NO_TIME = Refused("no-time", "the alert has no time that is a date with a clock")
_CREATED = (
    "timegenerated", "timegeneratedutc", "createddatetime", "alertcreationtime", "creationtime",
    "createdtimeutc", "createdtime", "processingendtime", "processingendtimeutc", "time",
)  # fmt: skip
_TITLES = (
    "alertname", "alertdisplayname", "displayname", "title", "incidentname", "friendlyname",
)  # fmt: skip
_IDS = ("systemalertid", "provideralertid", "alertid", "id", "vendororiginalid", "name")
_TENANTS = ("tenantid", "aadtenantid", "azuretenantid", "workspacesubscriptionid", "workspaceid")
_VICTIMS = ("compromisedentity", "computerdnsname", "machineid", "devicename")
_VERDICTS = ("classification", "determination", "status", "feedback")
_SEVERITIES = ("alertseverity", "severity")
_CATEGORIES = ("category", "categories", "threattype", "tactics", "intent")
_TECHNIQUES = ("techniques", "subtechniques", "mitretechniques", "attacktechniques")
_MALWARE = ("threatfamilyname", "threatfamily", "threatdisplayname", "threatname")
_PRODUCTS = ("productname", "servicesource", "detectionsource", "providername")

_PARTED = re.compile(r"[,;]\s*")
_LONGEST_NUMBER = 24  # characters: a float has fewer
_LONGEST_TYPE = 400
_OWN_RULE = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}[-_]", re.IGNORECASE)
_OWN_PROVIDERS = ("ASI ", "CustomAlertRule")
_FALLBACKS = {"sentinel": "Alert of Microsoft Sentinel", "defender": "Alert of Microsoft Defender"}


class Report(NamedTuple):
    """An alert: its fields by folded names, and its entities.

    `about` holds for all of the incident the alert is of. `reads` reads fields of a form of its
    own. `part` tells apart records that are parts of one alert.
    """

    format: Format
    fields: Fields
    entities: Iterable[Fields] = ()
    about: Fields = _NO_FIELDS
    reads: Callable[[Fields, Gathering], None] | None = None
    part: tuple[str, ...] = ()


def told(report: Report, source: Source) -> Outcome:
    """Return what comes of an alert."""
    fields = report.fields
    if any(folded_word(word) in NO_ATTACK for word in _said(report, _VERDICTS)):
        return Skipped("classified as no attack")
    if any(folded_word(word) in INWARD for word in _said(report, _PRODUCTS)):
        return Skipped("a breach of the member's own policy")
    began, ended = _time(fields, _BEGAN), _time(fields, _ENDED)
    detected = ended or began or _time(fields, _CREATED)
    if detected is None or (not (ended or began) and _unread(fields)):
        return _NO_TIME
    gathering = _gathered(report)
    techniques = technique_ids(_words(fields, _TECHNIQUES))
    title = next(_said(report, _TITLES), "")
    draft = Draft(
        sensor=_sensor(report, title),
        id=_id(report, title, detected),
        detected_at=detected,
        title=title,
        fallback=_FALLBACKS[report.format],
        classification=_classification(fields, techniques, gathering.mail),
        severity=SEVERITIES.get(folded_word(next(_said(report, _SEVERITIES), ""))),
        confidence=_confidence(fields),
        techniques=techniques,
        malware=[*gathering.malware, *_words(fields, _MALWARE)],
        first_seen=began,
        last_seen=ended,
        labels=tuple(_labels(report)),
    )
    return finished(draft, gathering.harvest(source), source)


def _id(report: Report, title: str, detected: int) -> tuple[object, ...]:
    named = first(report.fields, _IDS)
    return (named or (first(report.about, _IDS), title, detected), *report.part)


def _said(report: Report, names: Names) -> Iterator[str]:
    """Yield what the alert says in some fields, then what its incident says."""
    for fields in (report.fields, report.about) if report.about else (report.fields,):
        for name in names:
            value = fields.get(name)
            if isinstance(value, str) and (text := value.strip()):
                yield text


def _words(fields: Fields, names: Names) -> list[str]:
    return [word for name in names if name in fields for word in words(fields[name]) if word]


def _time(fields: Fields, names: Names) -> int | None:
    """Return the first time that is one. Microsoft's are always in UTC, also where none is
    written with an offset, as in the tables of Log Analytics."""
    for name in names:
        if name in fields and (at := moment(fields[name], "Z")) is not None:
            return at
    return None


def _unread(fields: Fields) -> bool:
    """Return whether the alert says when it was in a way that cannot be read: when it was created
    does not stand for it then. The year 1 is how .NET writes that nothing is known."""
    written = [fields.get(name) for name in _STATED]
    said = [each.strip() for each in written if isinstance(each, str)]
    return any(each and not each.startswith(_UNSET) for each in said)


def _gathered(report: Report) -> Gathering:
    gathering = Gathering()
    gathering.hide(_said(report, _TENANTS))
    for written in _said(report, _VICTIMS):
        for name in _PARTED.split(written):
            (gathering.hide_mailbox if "@" in name else gathering.hide_host)(name)
    for name in ("devices", "relateduser"):
        for each in objects(report.fields.get(name)):
            hide(folded(each), gathering)
    if report.reads is not None:
        report.reads(report.fields, gathering)
    gather(report.entities, gathering)
    return gathering


def _sensor(report: Report, title: str) -> Sensor:
    return Sensor(
        report.format,
        vendor=first(report.fields, ("vendorname",)) or "Microsoft",
        product=next(_said(report, _PRODUCTS), ""),
        rule_id=first(report.fields, ("detectorid",)) or _alert_type(report.fields),
        rule_name=title,
    )


def _alert_type(fields: Fields) -> str:
    """Return the type of an alert; a rule of the customer's own has ids of its workspace for it."""
    own = first(fields, ("providername",)).startswith(_OWN_PROVIDERS)
    written = first(fields, ("alerttype",))
    return "" if own or _OWN_RULE.search(written[:_LONGEST_TYPE]) else written


def _classification(fields: Fields, techniques: list[str], mail: bool) -> Classification:
    named = [part for word in _words(fields, _CATEGORIES) for part in _PARTED.split(word[:1000])]
    special = next(
        (CATEGORIES[word] for word in map(folded_word, named) if word in CATEGORIES), None
    )
    if special is not None:
        return special
    phishing: Classification | None = "fraud:phishing" if mail else None
    return classed(techniques, ()) or phishing or classed((), named) or "other:undetermined"


def _confidence(fields: Fields) -> int | None:
    """Return the confidence as a percent; Sentinel's score is of 0 to 1."""
    score = _real(fields.get("confidencescore"))
    if score is not None and 0 <= score <= 1:
        return round(100 * score)
    percent = fields.get("confidence")
    if isinstance(percent, int) and not isinstance(percent, bool) and 0 <= percent <= 100:
        return percent
    return CONFIDENCES.get(folded_word(first(fields, ("confidencelevel",))))


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _labels(report: Report) -> Iterator[str]:
    for fields in (report.fields, report.about):
        tags = list(_words(fields, ("tags", "systemtags")))
        tags += [first(folded(each), ("labelname",)) for each in objects(fields.get("labels"))]
        yield from (tag for tag in tags if tag.strip().lower().startswith("tlp"))
