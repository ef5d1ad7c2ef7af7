"""How severe and how sure a finding is: the enumerations of OCSF, and their captions."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.formats.fields import number, text
from relay.wire.detection import Severity

Fields = Mapping[str, object]

SEVERITIES: Mapping[int, Severity] = MappingProxyType(
    {1: "info", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "critical"}
)
"""`severity_id`; 0 is Unknown, not the lowest, and 99 whatever the caption says. 6 is Fatal."""

_RISKS: Mapping[int, Severity] = MappingProxyType(
    {0: "info", 1: "low", 2: "medium", 3: "high", 4: "critical"}
)
_CAPTIONS: Mapping[str, Severity] = MappingProxyType(
    {
        "informational": "info",
        "info": "info",
        "low": "low",
        "medium": "medium",
        "moderate": "medium",
        "high": "high",
        "critical": "critical",
        "fatal": "critical",
    }
)

CONFIDENCES: Mapping[int, range] = MappingProxyType(
    {1: range(30), 2: range(30, 70), 3: range(70, 101)}
)
"""`confidence_id` Low, Medium and High as percent: the scale that STIX 2.1 gives these words."""

_MIDDLE: Mapping[int, int] = MappingProxyType({1: 15, 2: 50, 3: 85})
_NAMED: Mapping[str, int] = MappingProxyType({"low": 1, "medium": 2, "high": 3})


HARMLESS = frozenset((1, 3, 5, 6))
"""`verdict_id` of findings and evidences: false positive, disregard, benign, test."""


def severity(event: Fields) -> Severity | None:
    """Return the severity; where there is none the risk; None if there is neither."""
    rated = SEVERITIES.get(number(event, "severity_id") or 0)
    captioned = _CAPTIONS.get(text(event, "severity").lower())
    risk = _CAPTIONS.get(text(event, "risk_level").lower())
    at_risk = number(event, "risk_level_id")
    return rated or captioned or risk or (None if at_risk is None else _RISKS.get(at_risk))


def confidence(event: Fields) -> int | None:
    """Return the confidence in percent, or None.

    The score's scale is the vendor's own, that of the id is fixed: the score counts where it lies
    in the id's range, and alone only if there is no id.
    """
    score = number(event, "confidence_score")
    if score is None:
        score = number(event, "confidence")  # OCSF before 1.0
    band = number(event, "confidence_id")
    if not band:
        band = _NAMED.get(text(event, "confidence").lower())
    if band is None or band not in CONFIDENCES:
        return score if score is not None and score in range(101) else None
    return score if score in CONFIDENCES[band] else _MIDDLE[band]
