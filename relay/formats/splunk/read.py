"""Notables of Splunk Enterprise Security: one record to detections. What is mapped:
docs/formats/splunk.md."""

from collections.abc import Iterator, Mapping

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import number
from relay.formats.moments import epoch, moment
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.parsing import parse
from relay.formats.recognise import seems
from relay.formats.splunk.meaning import Meaning, meaning
from relay.formats.splunk.notable import MOST_VALUES, Fields, Notable, unwrapped
from relay.formats.splunk.observables import observables
from relay.formats.tactics import technique_ids
from relay.wire.detection import Severity

_MARKS = (
    "search_name", "rule_name", "rule_title", "orig_sid", "orig_rid", "risk_object",
    "threat_object", "threat_match_value", "notable_type", "finding_id", "finding_title",
    "orig_stash",
)  # fmt: skip
"""Fields by which a record is a notable; any event of Splunk may have the others."""

_SEVERITIES: Mapping[str, Severity] = {
    "informational": "info",
    "info": "info",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
_NO_ATTACK = ("disposition:2", "disposition:3", "disposition:4")
_NO_ATTACK_LABELS = ("false positive", "benign positive", "false_positive", "benign_positive")
_FALLBACK = "Notable of Splunk Enterprise Security"
_PERCENT = 100
_EMPTY = Skipped("an answer without results")


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one record: a notable, or an answer with several. Total.

    Of several, those that can be shared come out; where none can, the first reason is told.
    """
    outcomes = [_notable(fields, source) for fields in unwrapped(event)]
    shared = [one for each in outcomes if isinstance(each, Converted) for one in each.detections]
    if shared:
        return Converted(tuple(shared))
    refused = (each for each in outcomes if isinstance(each, Refused))
    return next(refused, None) or next(iter(outcomes), _EMPTY)


def _notable(fields: Fields, source: Source) -> Outcome:
    notable = Notable(fields)
    if not any(mark in notable for mark in _MARKS):
        return _none(fields, notable)
    if _no_attack(notable):
        return Skipped("closed as no attack")
    detected = _time(notable, "orig_time", "_time", "finding_time", "time")
    if detected is None:
        detail = "a notable needs a time with its offset from UTC, or seconds since the epoch"
        return Refused("no-time", detail, "$._time")
    annotated = list(_annotated(notable))
    techniques = technique_ids(word for _, word in annotated)
    tactics = [word for name, word in annotated if "tactic" in name]
    rule = notable.text("rule_name", "search_name", "source", "rule_title", "finding_title")
    said = " ".join((rule, *notable.all("search_name", "rule_title", "signature", "category")))
    meant = meaning(said, notable.text("security_domain"), techniques, tactics)
    draft = Draft(
        sensor=_sensor(notable, rule),
        id=_id(notable, rule, detected),
        detected_at=detected,
        title=rule,
        fallback=_FALLBACK,
        classification=meant.classification,
        severity=_severity(notable),
        confidence=_confidence(notable),
        techniques=techniques,
        malware=_malware(notable, meant),
        first_seen=_time(notable, "firstTime", "first_time"),
        last_seen=_time(notable, "lastTime", "last_time"),
        count=number({"count": notable.raw("risk_event_count")}, "count"),
        labels=tuple(_labels(notable)),
    )
    return finished(draft, observables(notable, meant, source), source)


def _none(fields: Fields, notable: Notable) -> Outcome:
    if "_time" in notable and ("_raw" in fields or "sourcetype" in fields):
        return Skipped("an event that is no notable")
    return Refused("other-format", f"the record is no notable; {seems(fields, 'splunk')}")


def _no_attack(notable: Notable) -> bool:
    if notable.text("disposition").lower() in _NO_ATTACK:
        return True
    labels = notable.all("disposition", "disposition_label", "status_label")
    return any(mark in label.lower() for label in labels for mark in _NO_ATTACK_LABELS)


def _time(notable: Notable, *names: str) -> int | None:
    for name in names:
        written = notable.raw(name)
        at = epoch(written)
        if at is None:
            at = moment(written)
        if at is not None:
            return at
    return None


def _annotated(notable: Notable) -> Iterator[tuple[str, str]]:
    """Yield what annotates the rule of ATT&CK, by the names of the fields.

    It stands in fields of its own, in one object, or in JSON within a string.
    """
    for name in ("mitre_technique_id", "mitre_technique", "mitre_attack", "mitre_tactic"):
        yield from ((name, word) for word in notable.all(name))
    for name, value in notable.annotations():
        if name.startswith("mitre"):
            yield from ((name, word) for word in _words(value))
    whole = notable.raw("annotations")
    if isinstance(whole, str) and whole.lstrip().startswith("{"):
        whole = parse(whole.encode("utf-8", "ignore"))
    if isinstance(whole, dict):
        for name, value in whole.items():
            if name.startswith("mitre"):
                yield from ((name, word) for word in _words(value))


def _words(value: object) -> Iterator[str]:
    """Yield the strings of a value, also of lists and objects one level below it."""
    inner = list(value.values()) if isinstance(value, dict) else [value]
    for each in inner:
        for word in each[:MOST_VALUES] if isinstance(each, list) else (each,):
            if isinstance(word, str):
                yield word


def _severity(notable: Notable) -> Severity | None:
    """Return the urgency, which weighs the rule's severity by what was hit; else that severity."""
    written = (notable.text("urgency").lower(), notable.text("severity").lower())
    return next((_SEVERITIES[word] for word in written if word in _SEVERITIES), None)


def _confidence(notable: Notable) -> int | None:
    whole = notable.raw("annotations")
    parsed = parse(whole.encode("utf-8", "ignore")) if isinstance(whole, str) else whole
    said = dict(notable.annotations()).get("confidence")
    if isinstance(parsed, dict):
        said = parsed.get("confidence", said)
    percent = number({"said": said}, "said")
    return percent if percent is not None and percent <= _PERCENT else None


def _sensor(notable: Notable, rule: str) -> Sensor:
    search = notable.text("search_name")
    return Sensor("splunk", "Splunk", "Enterprise Security", rule_id=search, rule_name=rule)


def _id(notable: Notable, rule: str, detected: int) -> tuple[object, ...]:
    named = notable.text("event_id", "finding_id", "source_event_id")
    if named:
        return (named,)
    places = tuple(notable.text(name) for name in ("orig_sid", "sid", "orig_rid", "_bkt", "_cd"))
    ends = tuple(notable.text(name) for name in ("src", "dest", "risk_object", "threat_object"))
    return (*places, *ends, rule, detected)


def _malware(notable: Notable, meant: Meaning) -> list[str]:
    """Return the names of malware: those in a field of their own, and the signature of a rule
    that tells malware."""
    names = notable.all("malware_family", "malware_name")
    told = meant.classification == "malicious-code:infected-system"
    return [*names, *(notable.all("signature") if told else ())]


def _labels(notable: Notable) -> Iterator[str]:
    yield from notable.all("tlp")
    yield from (tag for tag in notable.all("tag") if tag.lower().startswith("tlp"))
