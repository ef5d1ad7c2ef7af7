"""Techniques and tactics of ATT&CK that a document names, by its product or by the rule."""

from collections.abc import Iterator
from itertools import chain

from relay.formats.ecs.paths import Document, below, first, objects, texts

_TECHNIQUES = (
    "threat.technique.id", "threat.technique.subtechnique.id", "wazuh.rule.mitre.technique.id",
    "wazuh.rule.mitre.subtechnique.id", "suricata.eve.alert.metadata.mitre_technique_id",
    "suricata.alert.metadata.mitre_technique_id", "suricata.alert.metadata.mitre_attack",
    "m365_defender.alert.mitre_techniques",
)  # fmt: skip
_THREATS = ("kibana.alert.rule.threat", "signal.rule.threat", "threat")


def techniques(document: Document) -> Iterator[str]:
    """Yield the ids of techniques and their parts."""
    yield from texts(document, _TECHNIQUES)
    for technique in chain.from_iterable(below(document, at, "technique") for at in _THREATS):
        yield first(technique, "id")
        yield from (first(narrower, "id") for narrower in objects(technique, "subtechnique"))


def tactics(document: Document) -> Iterator[str]:
    """Yield the names of tactics."""
    for tactic in chain.from_iterable(below(document, at, "tactic") for at in _THREATS):
        yield first(tactic, "name")
