"""Suricata EVE: one line of `eve.json` to detections. What is mapped: docs/formats/suricata.md."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from unicodedata import normalize
from uuid import UUID, uuid5

from relay.formats.fields import number, part, text, texts
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.formats.suricata.categories import Blame, meaning
from relay.formats.suricata.observables import Scene, betrays, observables
from relay.formats.suricata.sides import attacker, flow_of, told

NAMESPACE = UUID("0b6a9c1e-5d0f-5c1b-8f67-3a9c2d41e7b5")
"""Namespace of the ids of converted alerts; fixed for ever, so that a repeat keeps its id."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# An offset is required: without one the hour is anybody's guess. The year has its century.
_TIME = re.compile(
    r"((?:19[7-9]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:?[0-9]{2})"
)
_EVENT_TYPE = re.compile(r"[a-z0-9_-]{1,32}")
_TECHNIQUE = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_LONGEST_LINE = 200  # of a title and of a rule's name in `detection.v1`
_MOST_TECHNIQUES = 32
_CONFIDENCE = 50  # EVE carries none

_SEVERITIES = {1: "high", 2: "medium", 3: "low"}  # Suricata's priority 1 is the worst
_RATED = {"Critical": "critical", "Major": "high", "Minor": "low", "Informational": "info"}


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one EVE record. Total."""
    kind = event.get("event_type")
    if not isinstance(kind, str):
        return Refused("other-format", f"the record has no event_type; {seems(event)}")
    if kind != "alert":
        named = kind if _EVENT_TYPE.fullmatch(kind) else "unknown"
        return Skipped(f"event_type {named}")
    return _alert(event, source)


def _alert(event: Mapping[str, object], source: Source) -> Outcome:
    alert = part(event, "alert")
    signature_id = number(alert, "signature_id")
    if signature_id is None:
        return Refused("invalid", "an alert needs a rule", "$.alert.signature_id")
    detected = _time(text(event, "timestamp"))
    if detected is None:
        detail = "the time is missing, no date, or has no offset from UTC"
        return Refused("no-time", detail, "$.timestamp")
    scene = _scene(event, source)
    shared = observables(scene)
    if not shared:
        return Skipped("no shareable observable")
    severity, assumed = _severity(alert, scene)
    name = _rule_name(scene)
    detection: dict[str, object] = {
        "schema": "detection.v1",
        "id": _id(event, source),
        "member": source.member,
        "detected_at": detected,
        "published_at": _written(source.published_at),
        "title": name or f"Suricata rule {_rule_id(alert)}",
        "classification": scene.meaning.classification,
        "severity": severity,
        "confidence": _CONFIDENCE,
        "flags": ["confidence_assumed", *(["severity_assumed"] if assumed else [])],
        "observables": shared,
        "sensor": {
            "vendor": "OISF",
            "product": "Suricata",
            "rule_id": _rule_id(alert),
            **({"rule_name": name} if name else {}),
            "format": "suricata",
        },
        "sharing": {"tlp": source.tlp},
    }
    techniques = _techniques(alert)
    if techniques:
        detection["techniques"] = techniques
    return Converted((detection,))


def _scene(event: Mapping[str, object], source: Source) -> Scene:
    alert = part(event, "alert")
    flow = flow_of(event, source)
    meant = meaning(text(alert, "category"), text(alert, "signature"))
    return Scene(event, source, flow, meant, attacker(event, flow, meant), told(event))


def _time(written: str) -> str | None:
    found = _TIME.fullmatch(written)
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    except ValueError:
        return None
    milliseconds = int((fraction or "0").ljust(3, "0")[:3])
    at = (moment - _EPOCH) // _MILLISECOND + milliseconds
    return _written(at) if at >= 0 else None


def _written(at: int) -> str:
    moment = _EPOCH + at * _MILLISECOND
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def _id(event: Mapping[str, object], source: Source) -> str:
    alert = part(event, "alert")
    named = (
        source.member,
        number(event, "flow_id"),
        number(alert, "gid"),
        number(alert, "signature_id"),
        number(alert, "rev"),
        text(event, "timestamp"),
        text(event, "src_ip"),
        text(event, "dest_ip"),
        number(event, "src_port"),
        number(event, "dest_port"),
    )
    return str(uuid5(NAMESPACE, repr(named)))


def _rule_id(alert: Mapping[str, object]) -> str:
    gid, rev = number(alert, "gid"), number(alert, "rev")
    generator = 1 if gid is None else gid  # 1 is the rule engine itself, the default of a rule
    return f"{generator}:{number(alert, 'signature_id')}:{rev or 0}"


def _rule_name(scene: Scene) -> str:
    """Return the rule's name on one line; empty if a local rule names somebody's inside."""
    written = text(part(scene.event, "alert"), "signature")
    name = normalize("NFC", _UNSEEN.sub(" ", written[:_LONGEST_LINE])).strip()[:_LONGEST_LINE]
    return "" if betrays(scene, written) else name.strip()


def _severity(alert: Mapping[str, object], scene: Scene) -> tuple[str, bool]:
    """Return the severity and whether it was assumed. A breach of policy is never severe,
    whatever its priority: Suricata ranks a forbidden chat with a root shell."""
    if scene.meaning.blame is Blame.NOBODY and not scene.certain:
        return "info", False
    rated = texts(part(alert, "metadata"), "signature_severity")
    if rated and rated[0] in _RATED:
        return _RATED[rated[0]], False
    priority = number(alert, "severity")
    if not priority:
        return "medium", True
    return _SEVERITIES.get(priority, "info"), False


def _techniques(alert: Mapping[str, object]) -> list[dict[str, str]]:
    """Return ATT&CK techniques; rule metadata may write an underscore for the dot."""
    written = texts(part(alert, "metadata"), "mitre_technique_id")
    ids = dict.fromkeys(name.strip().upper().replace("_", ".") for name in written)
    known = [name for name in ids if _TECHNIQUE.fullmatch(name)]
    return [{"id": name} for name in known[:_MOST_TECHNIQUES]]
