"""Which ECS documents are detections. `event.kind` alone does not tell: products file alerts as
events, and enrich with what is no indicator."""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from relay.formats.ecs.paths import Document, either, first, has, objects, words
from relay.formats.fields import UUID


class Kind(Enum):
    """What kind of detection a document is."""

    SIGNAL = auto()
    """An alert of Kibana's detection engine: a copy of the source document and the rule's part."""
    FINDING = auto()
    """A finding of Wazuh 5: a copy of the event and the rule's part."""
    ALERT = auto()
    """A product's own alert."""
    INDICATOR = auto()
    """An indicator of a threat feed."""


THREATS = frozenset(("malware", "intrusion_detection", "threat"))
"""Values of `event.category` that say that something attacks."""

_NO_DETECTIONS = frozenset(("metric", "state", "asset", "pipeline_error"))
# What Kibana also calls alerts: of the health of services, not of their safety.
_OBSERVING = frozenset(("apm", "infrastructure", "logs", "monitoring", "slo", "stackAlerts",
                        "uptime", "observability", "ml"))  # fmt: skip

_ALERTING = frozenset((
    "abnormal_security.threat", "aws.guardduty", "carbon_black_cloud.alert",
    "checkpoint_harmony_endpoint.antimalware", "checkpoint_harmony_endpoint.threatemulation",
    "crowdstrike.alert", "crowdstrike.summary", "google_workspace.alert", "m365_defender.alert",
    "microsoft_defender_cloud.event", "microsoft_defender_endpoint.log", "netskope.alerts",
    "proofpoint_tap.clicks_blocked", "proofpoint_tap.clicks_permitted",
    "proofpoint_tap.message_blocked", "sentinel_one.alert", "sentinel_one.threat",
    "sophos_central.alert", "trellix_epo_cloud.event", "trend_micro_vision_one.alert",
    "trend_micro_vision_one.detection",
))  # fmt: skip
"""Data sets of alerts, whatever their documents say of their kind."""

_QUIET = frozenset((
    "darktrace.system_status_alert", "github.code_scanning", "github.dependabot",
    "github.secret_scanning", "tenable_sc.vulnerability", "wazuh.sca", "wazuh.vd",
))  # fmt: skip
"""Data sets of alerts about the member's own defects."""

# The kinds of log in which a firewall files what it took for an attack.
_FIREWALLS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType({
    "sophos.xg.log_type": MappingProxyType({
        "ATP": frozenset(), "IDP": frozenset(), "WAF": frozenset(),
        "Anti-Virus": frozenset(("virus",)), "Sandbox": frozenset(("denied",)),
        "Anti-Spam": frozenset(("spam", "probable spam", "virus", "dlp")),
    }),
    "fortinet.firewall.type": MappingProxyType({
        "utm": frozenset(("virus", "ips", "anomaly", "waf", "botnet")),
        "ips": frozenset(), "virus": frozenset(), "anomaly": frozenset(),
    }),
})  # fmt: skip
# Messages of an ASA: traffic with what is on a black or grey list of botnets, and hosts shunned for
# scanning.
_MESSAGES = frozenset((
    "338001", "338002", "338003", "338004", "338005", "338006", "338007", "338008",
    "338201", "338202", "338203", "338204", "733102",
))  # fmt: skip
_RETRACTED = (
    ("misp.attribute.to_ids", False), ("misp.attribute.deleted", True),
    ("opencti.indicator.revoked", True), ("ti_crowdstrike.ioc.deleted", True),
    ("ti_crowdstrike.ioc.expired", True),
)  # fmt: skip
_POINTING = ("type", "name", "ip", "url", "file", "email", "registry")
_SUBTYPES = ("sophos.xg.log_subtype", "fortinet.firewall.subtype")


def kind(document: Document) -> Kind | str:
    """Return what kind of detection a document is, or why it is none."""
    if alert_id(document):
        return Kind.INDICATOR
    if has(document, "kibana.alert") or has(document, "signal.rule"):
        return _signal(document)
    if dataset(document) in _QUIET or _own_defect(document):
        return "a defect of the member's own, no detection"
    if has(document, "wazuh.rule"):
        return Kind.FINDING
    return _by_kind(document, first(document, "event.kind").lower())


def _by_kind(document: Document, named: str) -> Kind | str:
    if named in _NO_DETECTIONS:
        return f"event.kind {named}"
    if named == "signal":
        return Kind.SIGNAL
    if dataset(document) in _ALERTING:
        return Kind.ALERT
    if named in ("enrichment", "event", "") and _points(document):
        return _indicator(document)
    if named == "enrichment":
        return "an enrichment without an indicator"
    return Kind.ALERT if named == "alert" or _alerts(document) else "an event, no alert"


def dataset(document: Document) -> str:
    """Return the name of the data set, which tells product and scales; see `named_dataset`."""
    return first(document, "event.dataset")


def named_dataset(document: Document) -> str:
    """Return the data set that a document names, or that its product's part tells: documents are
    also forwarded before their data set is named."""
    said = either(document, "event.dataset", "data_stream.dataset")
    if said:
        return said
    if first(document, "event.provider").lower() == "guardduty":
        return "aws.guardduty"
    return next((name for mark, name in _MARKS if has(document, mark)), "")


_MARKS = (
    ("sentinel_one.alert", "sentinel_one.alert"), ("sentinel_one.threat", "sentinel_one.threat"),
    ("crowdstrike.alert", "crowdstrike.alert"), ("crowdstrike.DetectName", "crowdstrike.summary"),
    ("crowdstrike.event", "crowdstrike.falcon"),
    ("aws.guardduty", "aws.guardduty"),
    ("anomali.threatstream", "ti_anomali.threatstream"), ("suricata", "suricata.eve"),
    ("sophos.xg", "sophos.xg"), ("cisco.asa", "cisco_asa.log"), ("cisco.ftd", "cisco_ftd.log"),
    ("snort", "snort.log"), ("panw.panos", "panw.panos"),
    ("m365_defender.alert", "m365_defender.alert"),
    ("microsoft.defender_endpoint", "microsoft_defender_endpoint.log"),
)  # fmt: skip


def categories(document: Document) -> frozenset[str]:
    """Return the values of `event.category`."""
    return words(document, "event.category")


def alert_id(document: Document) -> str:
    """Return the id of the relay's alert that a document of our own renderer tells, or nothing."""
    written = first(document, "labels.relay_alert_id").lower()
    return written if UUID.fullmatch(written) else ""


def _signal(document: Document) -> Kind | str:
    producer = either(document, "kibana.alert.rule.producer", "kibana.alert.rule.consumer")
    return "an alert of observability" if producer in _OBSERVING else Kind.SIGNAL


def _points(document: Document) -> bool:
    """Return whether an indicator names something. Some products describe with it in words what a
    rule of theirs met: that is an alert."""
    told = objects(document, "threat.indicator")
    return any(name in each for each in told for name in _POINTING)


def _indicator(document: Document) -> Kind | str:
    if any(document.get(path) is said for path, said in _RETRACTED):
        return "an indicator that its source does not mean for detection"
    return Kind.INDICATOR


def _own_defect(document: Document) -> bool:
    found = categories(document)
    return "vulnerability" in found and found.isdisjoint(("malware", "intrusion_detection"))


def _alerts(document: Document) -> bool:
    """Return whether an event is an alert by its data set, its log, or what it was matched with."""
    for path, logs in _FIREWALLS.items():
        written = first(document, path)
        if written in logs:
            subtype = next((s for p in _SUBTYPES if (s := first(document, p).lower())), "")
            return not logs[written] or subtype in logs[written]
        if written:
            return False
    if first(document, "event.code") in _MESSAGES and has(document, "cisco"):
        return True
    return has(document, "threat.enrichments") or _threatens(document)


def _threatens(document: Document) -> bool:
    """An allowed connection of which a firewall says `intrusion_detection` is traffic; so is a
    login of which an identity provider says `threat`, and all that an agent merely records."""
    found = categories(document)
    if "authentication" in found or ".events." in dataset(document):
        return False
    return not found.isdisjoint(THREATS)
