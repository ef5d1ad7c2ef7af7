"""What labels, types and references on an object say: class, severity, techniques, the relay."""

import re

from relay.formats.fields import parts, text, texts
from relay.formats.stix.meanings import CLASSED
from relay.formats.stix.objects import Object
from relay.model.vocabulary import Classification
from relay.wire.detection import Severity

ALERT_REFERENCE = "relay-alert"
"""Source name of the external reference to the relay's alert that an object is of."""

TECHNIQUE_REFERENCE = "mitre-attack"
"""Source name of an external reference to a technique of ATT&CK, by its id."""

SEVERITY_TAG = "severity:"
"""STIX has no severity: a label says it, as the relay's own bundles do."""

_SEVERITIES: dict[str, Severity] = {
    word: word for word in ("info", "low", "medium", "high", "critical")
}
_CLASSING = ("labels", "indicator_types", "infrastructure_types")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MOST_READ = 64


def alert_id(one: Object) -> str:
    """Return the id of the relay's alert that an object tells again, empty if it is of another."""
    for reference in parts(one, "external_references")[:_MOST_READ]:
        name = text(reference, "external_id").lower()
        if text(reference, "source_name") == ALERT_REFERENCE and _UUID.fullmatch(name):
            return name
    return ""


def techniques(one: Object) -> tuple[str, ...]:
    """Return the ids by which an attack pattern is known in ATT&CK, or that an indicator names."""
    return tuple(
        text(reference, "external_id")
        for reference in parts(one, "external_references")[:_MOST_READ]
        if text(reference, "source_name").startswith("mitre")
    )


def severity(one: Object) -> Severity | None:
    """Return the severity that a label says, or None."""
    for tag in texts(one, "labels")[:_MOST_READ]:
        if tag.startswith(SEVERITY_TAG):
            return _SEVERITIES.get(tag.removeprefix(SEVERITY_TAG))
    return None


def classification(one: Object) -> Classification | None:
    """Return how labels, types and kill chain phases class an object, the first that does."""
    for field in _CLASSING:
        for word in texts(one, field)[:_MOST_READ]:
            if found := CLASSED.get(_tag(word)):
                return found
    for phase in parts(one, "kill_chain_phases")[:_MOST_READ]:
        if found := CLASSED.get(text(phase, "phase_name").lower()):
            return found
    return None


def _tag(word: str) -> str:
    """Return a tag of a taxonomy (`rsit:malicious-code="c2-server"`) as `CLASSED` has it."""
    return word.lower().replace('="', ":").rstrip('"')
