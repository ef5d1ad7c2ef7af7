"""Which format a record is of, by the fields that only that format has."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from relay.formats.fields import part, parts
from relay.model.vocabulary import Format

NAMES: Mapping[Format, str] = MappingProxyType(
    {
        "native": "a native message (detection.v1, alert.v1)",
        "suricata": "Suricata EVE",
        "ecs": "Elastic (ECS)",
        "wazuh": "Wazuh",
        "misp": "MISP",
        "ocsf": "OCSF",
        "defender": "Microsoft Defender",
        "sentinel": "Microsoft Sentinel",
        "idea0": "IDEA0",
        "stix": "STIX",
        "splunk": "a Splunk notable",
    }
)
"""How each format is called in a sentence."""

Fields = Mapping[str, object]

_STIX_OBJECTS = (
    "indicator--", "sighting--", "observed-data--", "identity--", "marking-definition--",
    "relationship--", "malware--", "attack-pattern--", "report--", "threat-actor--", "campaign--",
    "course-of-action--", "grouping--", "incident--", "infrastructure--", "intrusion-set--",
    "location--", "malware-analysis--", "note--", "opinion--", "tool--", "vulnerability--",
    "bundle--", "language-content--", "extension-definition--",
    "ipv4-addr--", "ipv6-addr--", "domain-name--", "url--", "file--", "email-addr--",
    "x509-certificate--", "autonomous-system--", "email-message--", "network-traffic--",
    "directory--", "artifact--", "mutex--", "process--", "software--", "user-account--",
    "windows-registry-key--", "mac-addr--",
)  # fmt: skip


def _native(fields: Fields) -> bool:
    return fields.get("schema") in ("detection.v1", "alert.v1", "feedback.v1")


def _suricata(fields: Fields) -> bool:
    """The network firewall of AWS wraps its events."""
    wrapped = part(fields, "event")
    if "event_type" in wrapped and "event_type" not in fields:
        fields = wrapped
    return isinstance(fields.get("event_type"), str) and (
        "flow_id" in fields or "src_ip" in fields or "timestamp" in fields
    )


def _misp(fields: Fields) -> bool:
    event = fields.get("Event")
    if isinstance(event, dict) or "Attribute" in fields:
        return True
    return "response" in fields or ("Orgc" in fields and "info" in fields)


def _stix(fields: Fields) -> bool:
    if fields.get("type") == "bundle" or (
        isinstance(fields.get("objects"), list) and "spec_version" in fields
    ):
        return True
    identity = fields.get("id")
    if isinstance(identity, str) and identity.startswith(_STIX_OBJECTS):
        return True
    objects = fields.get("objects")
    first = objects[0] if isinstance(objects, list) and objects else None
    return isinstance(first, dict) and _stix(first)


def _ocsf(fields: Fields) -> bool:
    """Security Hub delivers its findings wrapped."""
    delivered = parts(part(fields, "detail"), "findings") or parts(fields, "Findings")
    found = delivered[0] if delivered else fields
    return "class_uid" in found or ("category_uid" in found and "type_uid" in found)


def _idea0(fields: Fields) -> bool:
    return fields.get("Format") == "IDEA0" or ("DetectTime" in fields and "Category" in fields)


def _sentinel(fields: Fields) -> bool:
    if "SystemAlertId" in fields or ("AlertSeverity" in fields and "AlertName" in fields):
        return True
    resource = part(fields, "object") or fields  # a playbook is given an incident in `object`
    properties = part(resource, "properties")
    return "systemAlertId" in properties or "incidentNumber" in properties


def _defender(fields: Fields) -> bool:
    evidence = fields.get("evidence")
    if isinstance(evidence, list) and ("severity" in fields or "serviceSource" in fields):
        return True
    category = fields.get("category")
    if isinstance(category, str) and category.startswith("AdvancedHunting-"):
        return True
    marks = ("providerAlertId", "alertCreationTime", "hostStates", "incidentWebUrl", "incidentName")
    return any(mark in fields for mark in marks) or (
        "detectorId" in fields and "createdDateTime" in fields
    )


def _wazuh(fields: Fields) -> bool:
    """Wazuh 4 wraps its alerts for responses, chat and the indexer; Wazuh 5 is ECS with a part of
    its own."""
    inner = (
        part(part(fields, "parameters"), "alert")
        or part(fields, "all_fields")
        or part(fields, "_source")
    )
    for record in (fields, inner):
        rule = part(record, "rule")
        if "level" in rule or "wazuh" in record:
            return True
        if "manager" in record and ("decoder" in record or "agent" in record):
            return True
    return False


def _splunk(fields: Fields) -> bool:
    results = parts(fields, "results")
    result = part(fields, "result") or part(fields, "event") or (results[0] if results else fields)
    marks = (
        "search_name", "orig_sid", "risk_object", "threat_object", "orig_rid", "threat_match_value",
    )  # fmt: skip
    if any(mark in result for mark in marks) or ("_time" in result and "rule_name" in result):
        return True
    raw = result.get("_raw")
    return isinstance(raw, str) and ', search_name="' in raw[:80]


def _ecs(fields: Fields) -> bool:
    inner = part(fields, "_source") or fields
    marks = ("@timestamp", "\\@timestamp", "/@timestamp", "ecs", "ecs.version", "kibana.alert.uuid")
    return any(mark in inner for mark in marks)


_TESTS: tuple[tuple[Format, Callable[[Fields], bool]], ...] = (
    ("native", _native),
    ("ocsf", _ocsf),
    ("idea0", _idea0),
    ("stix", _stix),
    ("misp", _misp),
    ("sentinel", _sentinel),
    ("defender", _defender),
    ("wazuh", _wazuh),
    ("splunk", _splunk),
    ("suricata", _suricata),
    ("ecs", _ecs),
)
"""In this order: Wazuh and Splunk carry records of others inside, ECS has the fewest marks."""


def recognise(value: object) -> Format | None:
    """Return the format that a JSON value looks like, None if it is like none.

    Of a list, that of its first element.
    """
    if isinstance(value, list):
        return recognise(value[0]) if value and isinstance(value[0], dict) else None
    if not isinstance(value, dict):
        return None
    return next((name for name, looks in _TESTS if looks(value)), None)


def seems(value: object, *refusing: Format) -> str:
    """Return, for a refusal, what a value looks like to others than the format that refuses it."""
    fields = value[0] if isinstance(value, list) and value else value
    if isinstance(fields, dict):
        for name, looks in _TESTS:
            if name not in refusing and looks(fields):
                return f"it looks like {NAMES[name]}"
    return "it looks like no format known here"
