"""OCSF findings: one event to detections. What is mapped: docs/formats/ocsf.md."""

from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import UUID, number, part, parts, text, texts
from relay.formats.harvest import Harvest
from relay.formats.labels import pap
from relay.formats.ocsf.gathered import gathered
from relay.formats.ocsf.mark import ALERT_LABEL, TLP_LABEL
from relay.formats.ocsf.meaning import meaning, techniques
from relay.formats.ocsf.ratings import HARMLESS, confidence, severity
from relay.formats.ocsf.times import Times, times
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems

Fields = Mapping[str, object]

_SECURITY, _DETECTION = 2001, 2004
_FINDINGS = frozenset((_SECURITY, _DETECTION, 99_602_001))  # the last: SentinelOne's own
_CLASS_NAMES: Mapping[str, int] = MappingProxyType(
    {
        "detection finding": _DETECTION,
        "detection findings": _DETECTION,  # Okta
        "security finding": _SECURITY,
    }
)
_LARGEST_CLASS = 9999  # extensions put a number of their own before

_SUPPRESSED, _DELETED = 3, 6  # `status_id` of findings, `state_id` before OCSF 1.1
_DISMISSED = frozenset(("suppressed", "deleted", "false positive", "benign"))
_CHECK = "software and configuration checks"  # the types of Amazon, before OCSF had classes for it
_MOST_LABELS = 1000
_LONGEST_UID = 2048


def read(event: Fields, source: Source) -> Outcome:
    """Convert one OCSF event, or the findings that Security Hub delivers together. Total."""
    delivered = parts(part(event, "detail"), "findings") or parts(event, "Findings")
    if not delivered:
        return _event(event, source)
    outcomes = [_event(finding, source) for finding in delivered]
    found = chain.from_iterable(
        outcome.detections for outcome in outcomes if isinstance(outcome, Converted)
    )
    return Converted(converted) if (converted := tuple(found)) else outcomes[0]


def _event(event: Fields, source: Source) -> Outcome:
    class_uid = _class(event)
    if class_uid is None:
        if "AwsAccountId" in event and "ProductArn" in event:
            return Refused("other-format", "an Amazon finding in ASFF is no OCSF", "$.class_uid")
        return Refused(
            "other-format", f"the record has no class_uid; {seems(event, 'ocsf')}", "$.class_uid"
        )
    if class_uid not in _FINDINGS:
        return Skipped(f"class {class_uid if class_uid <= _LARGEST_CLASS else 'of an extension'}")
    info = part(event, "finding_info") or part(event, "finding")
    alert = _alert(event)
    if not alert and (why := _dismissed(event, info)):
        return Skipped(why)
    when = times(event, info)
    if when is None:
        return Refused("no-time", "the time is missing, no date, or has no offset", "$.time")
    return _finding(event, info, when, alert, source)


def _class(event: Fields) -> int | None:
    class_uid = number(event, "class_uid")
    if class_uid is None and (type_uid := number(event, "type_uid")) is not None:
        class_uid = type_uid // 100
    return class_uid or _CLASS_NAMES.get(text(event, "class_name").lower())


def _dismissed(event: Fields, info: Fields) -> str:
    """Return why a finding is none: somebody judged it harmless, or it only checks settings."""
    status = number(event, "status_id") or number(event, "state_id")
    said = text(event, "status").lower() or text(event, "state").lower()
    if said in _DISMISSED or (not said and status in (_SUPPRESSED, _DELETED)):
        return "dismissed finding"
    verdict = text(event, "verdict").lower()
    if number(event, "verdict_id") in HARMLESS or verdict in _DISMISSED:
        return "harmless finding"
    types = texts(info, "types")
    if part(event, "compliance") or (types and types[0].lower().startswith(_CHECK)):
        return "check of settings"
    return ""


def _finding(
    event: Fields, info: Fields, when: Times, alert: tuple[str, ...], source: Source
) -> Outcome:
    meant = meaning(event, info)
    harvest = gathered(event, info, meant, source)
    product = part(part(event, "metadata"), "product")
    rule = _rule(event, info)
    draft = Draft(
        sensor=Sensor(
            "ocsf",
            vendor=text(product, "vendor_name"),
            product=text(product, "name"),
            version=text(product, "version"),
            rule_id=text(rule, "uid"),
            rule_name=text(rule, "name"),
        ),
        id=_id(event, info, when, harvest),
        # What the relay told counts until it was last seen, whenever the relay told it.
        detected_at=when.last if alert and when.last is not None else when.at,
        title=_title(event, info, harvest),
        fallback="OCSF detection finding",
        classification=meant.classification,
        severity=severity(event),
        confidence=confidence(event),
        techniques=techniques(event, info),
        malware=(text(malware, "name").strip("'\"") for malware in parts(event, "malware")),
        first_seen=when.first,
        last_seen=when.last,
        count=number(event, "count"),
        labels=tuple(_tlp_labels(event, info)),
        pap=pap(texts(part(event, "metadata"), "labels")[:_MOST_LABELS]),
        derived_from=alert,
    )
    return finished(draft, harvest, source)


def _id(event: Fields, info: Fields, when: Times, harvest: Harvest) -> tuple[object, ...]:
    """An update of a finding keeps its `uid` and tells of another time: a detection of its own."""
    uid = text(info, "uid")[:_LONGEST_UID]
    event_uid = text(part(event, "metadata"), "uid")[:_LONGEST_UID]
    if uid or event_uid:
        return (uid, event_uid, when.at)
    return ("", when.at, *(str(one["value"]) for one in harvest.found))


def _title(event: Fields, info: Fields, harvest: Harvest) -> str:
    """Return the title, else the type; both may name the machine that was hit."""
    written = (text(info, "title"), *texts(info, "types")[:1], text(event, "message"))
    return next((words for words in written if words and not harvest.betrays(words)), "")


def _rule(event: Fields, info: Fields) -> Fields:
    """Return what detected it: of an engine (`CRE` of QRadar) the rule that it applied."""
    analytic = part(info, "analytic") or part(event, "analytic")
    related = (
        *parts(analytic, "related_analytics"),
        *parts(analytic, "relatedAnalytics"),
        *parts(info, "related_analytics"),
    )
    return analytic if text(analytic, "uid") or not related else related[0]


def _tlp_labels(event: Fields, info: Fields) -> Iterator[str]:
    for written in texts(part(event, "metadata"), "labels")[:_MOST_LABELS]:
        if written.lower().startswith(TLP_LABEL):
            yield written
    for tag in parts(info, "tags")[:_MOST_LABELS]:
        if text(tag, "name").lower() == "tlp":
            yield from (*texts(tag, "value"), *texts(tag, "values"))
    yield from {text(one, "tlp") for one in parts(event, "osint")} - {""}


def _alert(event: Fields) -> tuple[str, ...]:
    """Return the id of the relay's alert that the event tells, if it does."""
    for label in texts(part(event, "metadata"), "labels")[:_MOST_LABELS]:
        name = label.removeprefix(ALERT_LABEL)
        if name != label and UUID.fullmatch(name):
            return (name,)
    return ()
