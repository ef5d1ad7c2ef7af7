"""Wazuh 4: one alert of `alerts.json` to detections. What is mapped: docs/formats/wazuh.md."""

from collections.abc import Iterable, Mapping

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.ecs.read import read as ecs
from relay.formats.fields import part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.microsoft.read import read as microsoft
from relay.formats.moments import moment, rfc3339
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.formats.suricata.read import alert as suricata
from relay.formats.wazuh import guardduty
from relay.formats.wazuh.observables import gather
from relay.formats.wazuh.paths import MOST_LEAVES, TRAILS, Fields, leaves, quotes, sensors, victims
from relay.formats.wazuh.rules import Rule, rule_of
from relay.formats.wazuh.verdicts import Verdict, asked, verdict

_WRAPPERS = (("parameters", "alert"), ("all_fields",), ("_source",))
"""Around an alert: of active responses, of messages to chats and Shuffle, of the indexer."""

_DEEPEST = 3
_NO_TIME = Refused(
    "no-time", "the time is missing, no date, or has no offset from UTC", "$.timestamp"
)


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one alert, also as active responses, chats and the indexer wrap it; or the alerts
    that a search of the indexer found. Total."""
    hits = parts(part(event, "hits"), "hits")
    return _hits(hits, source) if hits else _one(event, source)


def _hits(hits: Iterable[Fields], source: Source) -> Outcome:
    outcomes = [_one(hit, source) for hit in hits]
    found = [each for one in outcomes if isinstance(one, Converted) for each in one.detections]
    return Converted(tuple(found)) if found else outcomes[0]


def _one(event: Fields, source: Source) -> Outcome:
    alert = _unwrapped(event)
    if isinstance(alert.get("wazuh"), dict):
        return ecs(alert, source)
    if not _is_alert(alert):
        if "command" in event and part(event, "origin"):
            return Skipped("an active response without its alert")
        return Refused("other-format", f"the record is no alert of Wazuh; {seems(event, 'wazuh')}")
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
    service, graph = asked(data), part(data, "ms-graph")
    if "evidence" in graph:
        return microsoft(graph, source)
    if not service:
        if reason := _no_attack(alert, rule):
            return Skipped(reason)
        if _tells_of_suricata(data):
            # Suricata's own time may have no offset, or be of traffic that was played again.
            return suricata({**data, "timestamp": rfc3339(at)}, source, sensors(alert))
    told = leaves(alert)
    harvest = Harvest(source, (*sensors(alert), *victims(data, told)))
    said = verdict(data, harvest) if service else None
    if said is None:
        gather(alert, rule, harvest)
    elif not said.condemned:
        return Skipped("the service that was asked found nothing malicious")
    return finished(_draft(alert, at, rule, _words(rule, told, harvest), said), harvest, source)


def _words(rule: Rule, told: list[tuple[str, str]], harvest: Harvest) -> str:
    """Return the rule's words, empty if they tell of the victim's side."""
    shared = frozenset(str(observable["value"]) for observable in harvest.found)
    unseen = len(told) >= MOST_LEAVES
    return "" if unseen or quotes(rule.description, told, shared) else rule.description


def _draft(alert: Fields, at: int, rule: Rule, words: str, said: Verdict | None) -> Draft:
    data = part(alert, "data")
    first, last = guardduty.seen(part(data, "aws"))
    return Draft(
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


def _no_attack(alert: Fields, rule: Rule) -> str:
    """Return why an alert is no detection; empty if it is one."""
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
