"""The relay's own key in the IDEA0 messages that it writes: what the standard has no key for.

Vendors' keys begin with an underscore; whoever does not know them ignores them. By this one the
adapter knows an alert of the relay that comes back, and what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.formats.fields import UUID, part, text, texts
from relay.formats.idea0.categories import SEVERITIES
from relay.model.vocabulary import CLASSIFICATIONS, Classification
from relay.wire.detection import Pap, Severity

KEY = "_relay"

TECHNIQUE = "urn:mitre:attack:"
"""What stands before an ATT&CK technique among the references: a namespace of ours."""

_PAPS: tuple[Pap, ...] = ("clear", "green", "amber", "red")


@dataclass(frozen=True, slots=True)
class Mark:
    """What is read back of the key; None where it says nothing that is known."""

    alert: str
    severity: Severity | None
    classification: Classification | None
    pap: Pap | None


def mark_of(event: Mapping[str, object]) -> Mark | None:
    """Return the mark of the relay that a message bears, or None."""
    fields = part(event, KEY)
    alert = text(fields, "Alert")
    if UUID.fullmatch(alert) is None:
        return None
    said = texts(fields, "Classification")[:1]
    return Mark(
        alert=alert,
        severity=next((word for word in SEVERITIES if word == text(fields, "Severity")), None),
        classification=next((word for word in CLASSIFICATIONS if said == (word,)), None),
        pap=next((word for word in _PAPS if word == text(fields, "PAP")), None),
    )
