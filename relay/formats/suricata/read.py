"""Suricata EVE: one line of `eve.json` to detections. What is mapped: docs/formats/suricata.md."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.fields import number, part, text, texts
from relay.formats.harvest import Harvest
from relay.formats.moments import moment
from relay.formats.outcome import Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.formats.suricata.categories import Blame, meaning
from relay.formats.suricata.observables import Scene, gather, hidden
from relay.formats.suricata.sides import attacker, flow_of, told
from relay.wire.detection import Severity

_EVENT_TYPE = re.compile(r"[a-z0-9_-]{1,32}")

_SEVERITIES: Mapping[int, Severity] = MappingProxyType({1: "high", 2: "medium", 3: "low"})
"""Suricata's priority 1 is the worst; below the third all is information."""
_RATED: Mapping[str, Severity] = MappingProxyType(
    {"Critical": "critical", "Major": "high", "Minor": "low", "Informational": "info"}
)


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one EVE record, also as the firewall of AWS wraps it. Total."""
    if "event_type" not in event and "event_type" in part(event, "event"):
        event = part(event, "event")
    kind = event.get("event_type")
    if not isinstance(kind, str):
        return Refused("other-format", f"the record has no event_type; {seems(event, 'suricata')}")
    # A packet that a rule dropped is told with the rule: the same alert, should it be told twice.
    if kind == "alert" or (kind == "drop" and part(event, "alert")):
        return alert(event, source)
    named = kind if _EVENT_TYPE.fullmatch(kind) else "unknown"
    return Skipped(f"event_type {named}")


def alert(event: Mapping[str, object], source: Source, kept: Iterable[str] = ()) -> Outcome:
    """Convert an alert. `kept` are values of the victim's side that another record told with it."""
    fired = part(event, "alert")
    if number(fired, "signature_id") is None:
        return Refused("invalid", "an alert needs a rule", "$.alert.signature_id")
    detected_at = moment(event.get("timestamp"))
    if detected_at is None:
        detail = "the time is missing, no date, or has no offset from UTC"
        return Refused("no-time", detail, "$.timestamp")
    scene = _scene(event, source)
    harvest = Harvest(source, (*hidden(scene), *kept))
    gather(scene, harvest)
    signature, rule = text(fired, "signature"), _rule_id(fired)
    draft = Draft(
        sensor=Sensor("suricata", "OISF", "Suricata", rule_id=rule, rule_name=signature),
        id=_id(event, fired),
        detected_at=detected_at,
        title=signature,
        fallback=f"Suricata rule {rule}",
        classification=scene.meaning.classification,
        severity=_severity(fired, scene),
        techniques=texts(part(fired, "metadata"), "mitre_technique_id"),
    )
    return finished(draft, harvest, source)


def _scene(event: Mapping[str, object], source: Source) -> Scene:
    fired = part(event, "alert")
    flow = flow_of(event, source)
    meant = meaning(text(fired, "category"), text(fired, "signature"))
    return Scene(event, flow, meant, attacker(event, flow, meant), told(event))


def _id(event: Mapping[str, object], fired: Mapping[str, object]) -> tuple[object, ...]:
    return (
        number(event, "flow_id"),
        number(fired, "gid"),
        number(fired, "signature_id"),
        number(fired, "rev"),
        text(event, "timestamp"),
        text(event, "src_ip"),
        text(event, "dest_ip"),
        number(event, "src_port"),
        number(event, "dest_port"),
    )


def _rule_id(fired: Mapping[str, object]) -> str:
    gid, rev = number(fired, "gid"), number(fired, "rev")
    generator = 1 if gid is None else gid  # 1 is the rule engine itself, the default of a rule
    return f"{generator}:{number(fired, 'signature_id')}:{rev or 0}"


def _severity(fired: Mapping[str, object], scene: Scene) -> Severity | None:
    """Return the severity, None if there is none. A breach of policy is never severe, whatever its
    priority: Suricata ranks a forbidden chat with a root shell."""
    if scene.meaning.blame is Blame.NOBODY and not scene.certain:
        return "info"
    rated = texts(part(fired, "metadata"), "signature_severity")
    if rated and rated[0] in _RATED:
        return _RATED[rated[0]]
    priority = number(fired, "severity")
    return _SEVERITIES.get(priority, "info") if priority else None
