"""Wazuh 4: one alert of `alerts.json` to detections. What is mapped: docs/formats/wazuh.md."""

from collections.abc import Mapping

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.ecs.read import read as ecs
from relay.formats.fields import part, text
from relay.formats.harvest import Harvest
from relay.formats.moments import moment
from relay.formats.outcome import Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.formats.suricata.read import alert as suricata
from relay.formats.wazuh import guardduty
from relay.formats.wazuh.observables import gather
from relay.formats.wazuh.paths import TRAILS, Fields, leaves, quotes, sensors, victims
from relay.formats.wazuh.rules import Rule, rule_of
from relay.formats.wazuh.verdicts import Verdict, verdict

_WRAPPERS = (("parameters", "alert"), ("all_fields",), ("_source",))
"""Around an alert: of active responses, of messages to chats and Shuffle, of the indexer."""

_DEEPEST = 3
_NO_TIME = Refused(
    "no-time", "the time is missing, no date, or has no offset from UTC", "$.timestamp"
)


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one alert, also as active responses, chats and the indexer wrap it. Total."""
    alert = _unwrapped(event)
    if isinstance(alert.get("wazuh"), dict):
        return ecs(alert, source)
    if not _is_alert(alert):
        if "command" in event and part(event, "origin"):
            return Skipped("an active response without its alert")
        return Refused("other-format", f"the record is no alert of Wazuh; {seems(event)}")
    at = moment(alert.get("timestamp")) or moment(alert.get("@timestamp"))
    return _NO_TIME if at is None else _alert(alert, source, at)


def _unwrapped(event: Fields) -> Fields:
    for _ in range(_DEEPEST):
        inner = next((found for path in _WRAPPERS if (found := _at(event, path))), None)
        if inner is None:
            break
        event = inner
    return event


def _at(fields: Fields, path: tuple[str, ...]) -> Fields:
    for name in path:
        fields = part(fields, name)
    return fields


def _is_alert(alert: Fields) -> bool:
    if "level" in part(alert, "rule"):
        return True
    owned = part(alert, "manager") or part(alert, "agent")
    return bool(owned) and any(name in alert for name in ("rule", "decoder", "data", "full_log"))


def _alert(alert: Fields, source: Source, at: int) -> Outcome:
    rule, data = rule_of(alert), part(alert, "data")
    told = leaves(alert)
    harvest = Harvest(source, (*sensors(alert), *victims(data, told)))
    said = verdict(data, harvest)
    reason = _no_detection(alert, rule, said)
    if reason:
        return Skipped(reason)
    if said is None and _tells_of_suricata(data):
        # The times of both differ by what the way took; the alert's has an offset for certain.
        return suricata({**data, "timestamp": _written(alert)}, source, sensors(alert))
    if said is None:
        gather(alert, rule, harvest)
    shared = frozenset(str(observable["value"]) for observable in harvest.found)
    words = "" if quotes(rule.description, told, shared) else rule.description
    first, last = guardduty.seen(part(data, "aws"))
    draft = Draft(
        sensor=Sensor("wazuh", "Wazuh", "Wazuh", rule_id=rule.id, rule_name=words),
        id=_id(alert, rule, at),
        detected_at=at,
        title=words,
        fallback=f"Wazuh rule {rule.id}" if rule.id else "Wazuh event",
        classification=rule.classification,
        severity=rule.severity,
        confidence=said.confidence if said else None,
        techniques=rule.techniques,
        malware=(*(said.malware if said else ()), *_threat(data)),
        first_seen=first,
        last_seen=last,
    )
    return finished(draft, harvest, source)


def _no_detection(alert: Fields, rule: Rule, said: Verdict | None) -> str:
    """Return why an alert is no detection; empty if it is one."""
    if said is not None:
        return "" if said.condemned else "the service that was asked found nothing malicious"
    if not part(alert, "rule"):
        return "an archived event: no rule fired"
    data = part(alert, "data")
    if guardduty.is_finding(part(data, "aws")):
        return ""
    if not rule.hostile and any(trail in data for trail in TRAILS):
        return "a cloud's audit trail that tells of no attack"
    return rule.no_attack


def _tells_of_suricata(data: Fields) -> bool:
    return data.get("event_type") == "alert" and "signature_id" in part(data, "alert")


def _written(alert: Fields) -> str:
    return text(alert, "timestamp") or text(alert, "@timestamp")


def _id(alert: Fields, rule: Rule, at: int) -> tuple[object, ...]:
    """An alert's own id is unique on its manager."""
    named = text(alert, "id")
    manager = text(part(alert, "manager"), "name")
    if named:
        return manager, named
    agent, data = part(alert, "agent"), part(alert, "data")
    return manager, text(agent, "id"), rule.id, at, text(data, "srcip"), text(data, "srcport")


def _threat(data: Fields) -> tuple[str, ...]:
    """The name that Windows Defender gave."""
    name = text(part(part(data, "win"), "eventdata"), "threat Name")
    return (name,) if name else ()
