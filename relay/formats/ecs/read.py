"""Elastic: a document of the Elastic Common Schema to detections. What is mapped:
docs/formats/ecs.md."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from relay.formats.draft import Draft, Sensor, finished
from relay.formats.ecs import indicators, subjects
from relay.formats.ecs.attack import techniques
from relay.formats.ecs.classes import classification, role_of
from relay.formats.ecs.kinds import Kind, alert_id, dataset, kind, named_dataset
from relay.formats.ecs.paths import (
    Document,
    either,
    every,
    first,
    named,
    number,
    objects,
    texts,
)
from relay.formats.ecs.severities import confidence, severity
from relay.formats.ecs.sides import Known, Scene, mail, scene
from relay.formats.ecs.times import Times, times
from relay.formats.ecs.victims import victims
from relay.formats.harvest import Harvest
from relay.formats.labels import pap
from relay.formats.outcome import Outcome, Refused, Skipped, Source
from relay.formats.recognise import seems
from relay.formats.suricata.categories import Blame
from relay.model.vocabulary import Classification

_MARKS = (
    "@timestamp", "\\@timestamp", "/@timestamp", "ecs.version", "data_stream.dataset", "event.kind",
    "event.category", "event.dataset", "event.module", "kibana.alert", "wazuh",
)  # fmt: skip
_TLP_TAG = re.compile(r"tlp:", re.IGNORECASE)
_PLACEHOLDERS = frozenset(("string", "-", "n/a"))

_RULE_NAMES = ("kibana.alert.rule.name", "signal.rule.name", "wazuh.rule.title", "rule.name",
               "cisco.ftd.security.message", "crowdstrike.alert.name",
               "crowdstrike.DetectName", "m365_defender.alert.title",
               "sentinel_one.unified_alert.name", "trend_micro_vision_one.alert.model")  # fmt: skip
_RULE_IDS = ("kibana.alert.rule.rule_id", "signal.rule.rule_id", "wazuh.rule.id", "rule.id")
_MALWARE = (
    "threat.software.name", "threat.software.alias", "sophos.xg.threatname", "sophos.xg.virus",
    "fortinet.firewall.virus", "cisco.ftd.security.threat_name",
)  # fmt: skip

# Vendor and product of data sets whose documents do not name them.
_MAKERS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "aws.guardduty": ("Amazon Web Services", "GuardDuty"),
    "carbon_black_cloud": ("VMware", "Carbon Black Cloud"),
    "cisco_secure_endpoint": ("Cisco", "Secure Endpoint"),
    "crowdstrike": ("CrowdStrike", "Falcon"),
    "endpoint": ("Elastic", "Defend"),
    "m365_defender": ("Microsoft", "365 Defender"),
    "microsoft_defender_endpoint": ("Microsoft", "Defender for Endpoint"),
    "sentinel_one": ("SentinelOne", "Singularity"),
    "snort": ("Cisco", "Snort"),
    "suricata": ("OISF", "Suricata"),
    "wazuh": ("Wazuh", "Wazuh"),
})  # fmt: skip


_NOUN = MappingProxyType({
    Kind.SIGNAL: "alert", Kind.FINDING: "finding", Kind.ALERT: "alert", Kind.INDICATOR: "indicator",
})  # fmt: skip


def read(event: Mapping[str, object], source: Source) -> Outcome:
    """Convert one document, also one in the wrapping of the index. Total."""
    document = _unwrapped(event)
    if "rule.level" in document and "wazuh" not in document:
        detail = f"the record has a rule's level and no field of ECS; {seems(event, 'ecs')}"
        return Refused("other-format", detail, "$.rule.level")
    if document.keys().isdisjoint(_MARKS):
        return Refused("other-format", f"the record has no field of ECS; {seems(event, 'ecs')}")
    document["event.dataset"] = named_dataset(document)
    of = kind(document)
    if isinstance(of, str):
        return Skipped(of)
    when = times(document, of)
    if when is None:
        return Refused("no-time", "no time of the event with an offset from UTC", "$['@timestamp']")
    return _detected(document, of, when, source)


def _unwrapped(event: Mapping[str, object]) -> Document:
    inner = event.get("_source")
    if not isinstance(inner, dict) and "_index" in event:
        inner = event.get("fields")
    if not isinstance(inner, dict):
        return Document(event)
    return Document({**inner, "_id": event.get("_id")})


def _detected(document: Document, of: Kind, when: Times, source: Source) -> Outcome:
    pointed = indicators.indicators(document)
    matches = tuple(indicators.matches(document))
    ours = bool(alert_id(document))
    message = mail(document)
    hidden = [] if ours else [w for w in victims(document, mail=message) if w]
    seen = scene(document, of, source, _known(pointed, matches, hidden, mail=message))
    harvest = Harvest(source, chain(hidden, _other_end(document, seen)))
    classed = classification(document, of, seen)
    role = None if ours else role_of(classed, seen)
    for indicator in pointed:
        indicators.gather(indicator, harvest, role)
    for match in matches:
        indicators.gather_match(match, harvest, role)
    _told_by_the_relay(document, harvest)
    if of is not Kind.INDICATOR:
        subjects.gather(document, of, seen, harvest)
    return finished(_draft(document, of, when, seen, pointed, classed), harvest, source)


def _known(
    pointed: tuple[Document, ...], matches: tuple[Document, ...], hidden: list[str], *, mail: bool
) -> Known:
    listed = {address.lower() for each in pointed for address in every(each, "ip")}
    listed |= {first(match, "matched.atomic").lower() for match in matches}
    return Known(frozenset([word.lower() for word in hidden]), frozenset(listed), mail)


def _other_end(document: Document, seen: Scene) -> Iterator[str]:
    """Yield what the ends that do not attack are called; a name that was called is not theirs."""
    called = {*every(document, "url.domain"), *every(document, "tls.client.server_name")}
    if seen.meaning.blame is Blame.CALLED:
        called |= {*every(document, "destination.domain")}
    attacking = None if seen.attacker is None else seen.flow.end(seen.attacker).written
    for side in ("source", "client", "destination", "server"):
        if side not in document:
            continue
        if attacking is not None and first(document, f"{side}.ip") == attacking:
            continue
        for name in ("ip", "address", "domain", "nat.ip", "mac"):
            yield from (word for word in every(document, f"{side}.{name}") if word not in called)


def _told_by_the_relay(document: Document, harvest: Harvest) -> None:
    if alert_id(document):
        for told in (*objects(document, "relay.key"), *objects(document, "relay.observables")):
            harvest.add(first(told, "type"), first(told, "value"), "unknown")


def _draft(
    document: Document,
    of: Kind,
    when: Times,
    seen: Scene,
    pointed: tuple[Document, ...],
    classed: Classification,
) -> Draft:
    sensor = _sensor(document, of)
    alert = alert_id(document)
    return Draft(
        sensor=sensor,
        id=_id(document, when, pointed),
        detected_at=when.at,
        title=first(document, "message") if alert else sensor.rule_name,
        fallback=" ".join(word for word in (sensor.product or "Elastic", _NOUN[of]) if word),
        classification=classed,
        severity="info" if seen.meaning.blame is Blame.NOBODY else severity(document),
        confidence=confidence(document),
        techniques=techniques(document),
        malware=texts(document, _MALWARE),
        first_seen=when.first_seen,
        last_seen=when.last_seen,
        count=number(document, "kibana.alert.suppression.docs_count"),
        labels=tuple(_labels(document, pointed)),
        pap=pap(every(document, "tags")),
        derived_from=(alert,) if alert else (),
    )


def _sensor(document: Document, of: Kind) -> Sensor:
    name = dataset(document)
    makers = (_MAKERS.get(part) for part in (name, name.partition(".")[0]))
    vendor, product = next((maker for maker in makers if maker), ("", name.partition(".")[0]))
    if of is Kind.FINDING:
        vendor, product = _MAKERS["wazuh"]
    rule = next((text for path in _RULE_IDS if (text := named(document, path))), "")
    return Sensor(
        "ecs",
        vendor=first(document, "observer.vendor") or vendor,
        product=first(document, "observer.product") or product,
        version=either(document, "observer.version", "agent.version"),
        rule_id="" if rule in _PLACEHOLDERS else rule,
        rule_name=_rule_name(document),
    )


def _rule_name(document: Document) -> str:
    name = either(document, *_RULE_NAMES)
    return "" if name in _PLACEHOLDERS else name


def _labels(document: Document, pointed: tuple[Document, ...]) -> Iterator[str]:
    for indicator in pointed:
        yield from (label for label in every(indicator, "marking.tlp") if label)
    yield from (tag for tag in every(document, "tags") if _TLP_TAG.match(tag))


def _id(document: Document, when: Times, pointed: tuple[Document, ...]) -> tuple[object, ...]:
    """Return what names a document for good: the id its maker gave, else what it is about."""
    given = either(document, "kibana.alert.uuid", "event.id", "_id")
    if given:
        return (dataset(document), given)
    about = (
        either(document, *_RULE_NAMES), named(document, "rule.id"), first(document, "source.ip"),
        named(document, "source.port"), first(document, "destination.ip"),
        named(document, "destination.port"), either(document, "url.full", "url.original"),
        first(document, "dns.question.name"), subjects.subject(document),
        first(document, "process.entity_id"), *_indicated(pointed),
    )  # fmt: skip
    return (dataset(document), when.at, *about)


def _indicated(pointed: tuple[Document, ...]) -> Iterator[str]:
    for indicator in pointed:
        for path in ("ip", "url.full", "url.domain", "email.address", "file.hash.sha256",
                     "file.hash.sha1", "file.hash.md5", "name"):  # fmt: skip
            yield first(indicator, path)
