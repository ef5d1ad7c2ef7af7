"""How severe and how sure: ECS fixes no scale, each data set has its own. A scale that is not known
is not read."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.formats.ecs.kinds import dataset
from relay.formats.ecs.paths import Document, either, number
from relay.wire.detection import Severity

_WORDS: Mapping[str, Severity] = MappingProxyType({
    "unknown": "info", "info": "info", "informational": "info", "information": "info",
    "notice": "info", "low": "low", "minor": "low", "warning": "medium", "medium": "medium",
    "moderate": "medium", "high": "high", "major": "high", "severe": "high",
    "very-high": "critical", "critical": "critical", "fatal": "critical",
})  # fmt: skip
_UNSAID = frozenset(("unknown",))

# The product's own word stands before any number.
_SAID = (
    "kibana.alert.severity", "signal.rule.severity", "kibana.alert.rule.severity",
    "crowdstrike.alert.severity_name", "crowdstrike.event.SeverityName", "crowdstrike.SeverityName",
    "ti_crowdstrike.ioc.severity", "sentinel_one.alert.rule.severity",
    "sentinel_one.unified_alert.severity",
    "m365_defender.alert.severity", "m365_defender.alerts.severity",
    "microsoft.defender_endpoint.severity", "trend_micro_vision_one.alert.severity",
    "anomali.threatstream.severity", "sophos_central.alert.severity",
    "google_workspace.alert.metadata.severity", "panw_cortex.xdr.severity",
)  # fmt: skip

Scale = tuple[tuple[int, Severity], ...]
"""The highest number of each level, rising; above the last it is critical."""

_ELASTIC: Scale = ((20, "info"), (46, "low"), (72, "medium"), (98, "high"))
_OF_TEN: Scale = ((0, "info"), (3, "low"), (6, "medium"), (8, "high"))
_OF_HUNDRED: Scale = ((0, "info"), (39, "low"), (69, "medium"), (89, "high"))
_GUARDDUTY: Scale = ((0, "info"), (3, "low"), (6, "medium"), (8, "high"))
_MICROSOFT: Scale = ((1, "info"), (2, "low"), (3, "medium"), (4, "high"))
_CISCO_AMP: Scale = ((0, "info"), (1, "low"), (2, "medium"), (3, "high"))

Worst = tuple[Severity, ...]
"""Levels by number where the lowest is the worst; below the last it is info."""

_SYSLOG: Worst = ("critical", "critical", "critical", "high", "medium", "low", "info")
_SNORT: Worst = ("info", "high", "medium", "low")
_PANW: Worst = ("info", "critical", "high", "medium", "low")

_RISING: Mapping[str, Scale] = MappingProxyType({
    "aws.guardduty": _GUARDDUTY,
    "carbon_black_cloud.alert": _OF_TEN,
    "cisco_secure_endpoint.event": _CISCO_AMP,
    "crowdstrike.alert": _ELASTIC,
    "crowdstrike.falcon": _ELASTIC,
    "crowdstrike.fdr": _ELASTIC,
    "endpoint.alerts": _ELASTIC,
    "m365_defender.alert": _ELASTIC,
    "m365_defender.log": _MICROSOFT,
    "microsoft.defender_atp": _MICROSOFT,
    "microsoft_defender_endpoint.log": _MICROSOFT,
    "sentinel_one.alert": _ELASTIC,
    "ti_anomali.threatstream": ((0, "info"), (4, "low"), (6, "medium"), (8, "high")),
    "ti_cybersixgill.threat": _OF_HUNDRED,
    "ti_relay.alert": _ELASTIC,
    "trend_micro_vision_one.detection": _OF_HUNDRED,
})  # fmt: skip
_FALLING: Mapping[str, Worst] = MappingProxyType({
    "cisco.asa": _SYSLOG,
    "cisco.ftd": _SYSLOG,
    "cisco_asa.log": _SYSLOG,
    "cisco_ftd.log": _SYSLOG,
    "panw.panos": _PANW,
    "snort.log": _SNORT,
    "sophos.xg": _SYSLOG,
    "suricata.eve": _SNORT,
})  # fmt: skip

# Ranks of rules, which stand before the level of the message that carries them.
_RANKS = (("suricata.alert.severity", "suricata.eve"), ("cisco.ftd.security.priority", "snort.log"))

# The scale of STIX 2.1, appendix A, "None / Low / Med / High"; None there is "not sure at all",
# here what feeds write that do not say it.
_SURE: Mapping[str, int] = MappingProxyType({"low": 15, "medium": 50, "high": 85})
_PERCENT = (
    "relay.confidence", "anomali.threatstream.confidence", "abusech.threatfox.confidence_level",
    "crowdstrike.alert.confidence",
)  # fmt: skip
_PERCENT_MOST = 100


def severity(document: Document) -> Severity | None:
    """Return how severe a document says it is, or None if it does not, or on no known scale."""
    word = either(document, *_SAID).lower()
    if word in _WORDS and word not in _UNSAID:
        return _WORDS[word]
    for path, name in _RANKS:
        rank = number(document, path)
        if rank is not None:
            return _numbered(name, rank)
    level = number(document, "event.severity")
    counted = None if level is None else _numbered(dataset(document), level)
    if counted is not None:
        return counted
    return _WORDS.get(either(document, "wazuh.rule.level").lower())


def _numbered(name: str, level: int) -> Severity | None:
    name = name.replace("ti_anomali_logsdb", "ti_anomali")
    if name in _RISING:
        return next((word for most, word in _RISING[name] if level <= most), "critical")
    if name in _FALLING:
        worst = _FALLING[name]
        return worst[level] if level < len(worst) else "info"
    return None


def confidence(document: Document) -> int | None:
    """Return how sure a document says it is, in percent, or None if it does not."""
    for path in _PERCENT:
        percent = number(document, path)
        if percent is not None:
            return percent if percent <= _PERCENT_MOST else None
    word = either(
        document, "threat.indicator.confidence", "threat.enrichments.indicator.confidence",
        "wazuh.threat.enrichments.indicator.confidence",
    )  # fmt: skip
    return _SURE.get(word.lower())
