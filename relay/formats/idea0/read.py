"""IDEA0: one message of Warden, Mentat or NEMEA to detections. What is mapped:
docs/formats/idea0.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import number, parts, text, texts
from relay.formats.harvest import Harvest
from relay.formats.idea0.categories import Blame, Meaning, is_test, meaning, names
from relay.formats.idea0.mark import TECHNIQUE, Mark, mark_of
from relay.formats.idea0.observables import Gathered, gathered
from relay.formats.idea0.sides import Parties, relayed, told_apart
from relay.formats.moments import moment
from relay.formats.outcome import NOTHING_SHAREABLE, Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.model.vocabulary import Classification, Role

Fields = Mapping[str, object]

_NO_TIME = Refused("no-time", "no time of the message has a date and an offset", "$.DetectTime")
_TEST = Skipped("a test message")
_DECIMAL = re.compile(r"[01](?:\.[0-9]{1,17})?")
_LABEL = "TLP"  # in any case, as all keys of newer versions
_MOST_IN_ID = 20  # observables that name a message without an id of its own

_CALLED: Mapping[Role | None, Classification] = {
    "c2": "malicious-code:c2-server",
    "distribution": "malicious-code:malware-distribution",
}
"""What an infection is about where the machine it talks to may be shared and itself may not."""


@dataclass(frozen=True, slots=True)
class _Times:
    """When it happened: the event itself, then the window it was seen in, then its detection."""

    at: int
    first: int | None
    last: int | None


def read(event: Fields, source: Source) -> Outcome:
    """Convert one IDEA0 message. Total."""
    if not _is_idea0(event):
        return Refused(
            "other-format", f"the Format is not IDEA0; {seems(event, 'idea0')}", "$.Format"
        )
    categories = names(texts(event, "Category"))
    if is_test(categories):
        return _TEST
    times = _times(event)
    if times is None:
        return _NO_TIME
    meant, mark = meaning(categories), mark_of(event)
    parties = relayed(event) if mark is not None else told_apart(event, meant)
    if mark is None and meant.blame is Blame.VULNERABLE and not parties.shared:
        return NOTHING_SHAREABLE
    found = gathered(event, parties, source)
    draft = _draft(event, found, _specific(meant, parties), times)
    if mark is not None:
        draft = _told_again(draft, mark, times)
    return finished(draft, found.harvest, source)


def _is_idea0(event: Fields) -> bool:
    form = event.get("Format")
    if form is None:
        return "DetectTime" in event and "Category" in event
    return isinstance(form, str) and form.strip().upper() == "IDEA0"


def _times(event: Fields) -> _Times | None:
    written = ("EventTime", "WinStartTime", "CeaseTime", "WinEndTime", "DetectTime")
    # The very start of 1970 is a clock that was not set.
    began, opened, ceased, closed, detected = (
        moment(text(event, name)) or None for name in written
    )
    # A detector that reports by the window may still date its message exactly, within it.
    order = (began, _within(opened, detected, closed), opened, ceased, closed, detected)
    at = next((each for each in order if each is not None), None)
    if at is None:
        return None
    return _Times(at, opened if began is None else began, closed if ceased is None else ceased)


def _within(first: int | None, at: int | None, last: int | None) -> int | None:
    if first is None or at is None or last is None:
        return None
    return at if first <= at <= last else None


def _draft(event: Fields, found: Gathered, meant: Meaning, times: _Times) -> Draft:
    description = text(event, "Description")
    return Draft(
        sensor=_sensor(event),
        id=_id(event, found.harvest),
        detected_at=times.at,
        # An address with `@` in a text is somebody's account, and whose cannot be told.
        title="" if "@" in description else description,
        fallback=f"IDEA0: {meant.classification}",
        classification=meant.classification,
        severity=meant.severity,
        confidence=_confidence(event.get("Confidence")),
        techniques=_techniques(event),
        malware=found.malware,
        first_seen=times.first,
        last_seen=times.last,
        count=number(event, "ConnCount") or number(event, "FlowCount"),
        labels=_labels(event),
    )


def _told_again(draft: Draft, mark: Mark, times: _Times) -> Draft:
    """Return the draft of an alert of the relay's own: dated by its end, as alerts are."""
    return replace(
        draft,
        detected_at=draft.detected_at if times.last is None else times.last,
        classification=mark.classification or draft.classification,
        severity=mark.severity or draft.severity,
        pap=mark.pap,
        derived_from=(mark.alert,),
    )


def _specific(meant: Meaning, parties: Parties) -> Meaning:
    if meant.blame is not Blame.INFECTED:
        return meant
    roles = (party.role for party in parties.shared)
    called = next((_CALLED[role] for role in roles if role in _CALLED), None)
    return replace(meant, classification=called) if called else meant


def _sensor(event: Fields) -> Sensor:
    """Return the detector: the last node, the first is whoever passed the message on."""
    nodes = parts(event, "Node")
    software = texts(nodes[-1], "SW") if nodes else ()
    vendor = software[0] if len(software) > 1 else ""
    return Sensor("idea0", vendor=vendor, product=software[-1] if software else "")


def _id(event: Fields, harvest: Harvest) -> tuple[object, ...]:
    named = text(event, "ID")
    if named:
        return (named,)
    seen = [(each["type"], each["value"]) for each in harvest.found[:_MOST_IN_ID]]
    return (text(event, "DetectTime"), text(event, "EventTime"), *seen)


def _confidence(said: object) -> int | None:
    """Return a share from 0 to 1, also written as text, in percent."""
    if isinstance(said, str) and _DECIMAL.fullmatch(said.strip()):
        said = float(said)
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= 1:
        return None
    return round(said * 100)


def _techniques(event: Fields) -> Iterator[str]:
    for reference in texts(event, "Ref"):
        if reference.lower().startswith(TECHNIQUE):
            yield reference[len(TECHNIQUE) :]


def _labels(event: Fields) -> tuple[str, ...]:
    """Return the labels of the key `TLP`; one that is there and is no text is no known label."""
    return tuple(
        label
        for key, said in event.items()
        if len(key) == len(_LABEL) and key.upper() == _LABEL and said is not None
        for label in (texts(event, key) or ("",))
    )
