"""Hand-written ECS documents, as their products fill the fields; all values are for
documentation."""

from typing import Any

ATTACKER, OTHER, INSIDE = "198.51.100.7", "203.0.113.9", "10.1.2.3"
SHA256, SHA1, MD5 = "ab" * 32, "cd" * 20, "ef" * 16
AT = "2026-11-20T12:00:00.500Z"


def document(kind: str, *categories: str, **parts: Any) -> dict[str, Any]:
    """A document of `event.kind` and `event.category`; `event` is added to, the rest replaces."""
    event = {"kind": kind, "category": list(categories), **parts.pop("event", {})}
    return {"@timestamp": AT, "ecs": {"version": "8.17.0"}, "event": event, **parts}


def traffic(source: str, destination: str, *ports: int) -> dict[str, Any]:
    """The two ends of a connection, and their ports."""
    opened, called = ports or (40_000, 443)
    return {
        "source": {"ip": source, "port": opened},
        "destination": {"ip": destination, "port": called},
    }


def alert(*categories: str, **parts: Any) -> dict[str, Any]:
    """A product's own alert."""
    return document("alert", *categories, **parts)


def indicator(kind: str, **pointing: Any) -> dict[str, Any]:
    """A document of a threat feed."""
    return document("enrichment", "threat", threat={"indicator": {"type": kind, **pointing}})


def signal(**parts: Any) -> dict[str, Any]:
    """An alert of Kibana's detection engine, its own part in dotted keys, as they are stored."""
    return {
        "@timestamp": "2026-11-20T13:00:00.000Z",
        "kibana.alert.original_time": AT,
        "kibana.alert.uuid": "f00d",
        "kibana.alert.severity": "high",
        "kibana.alert.rule.name": "Shells from nowhere",
        "kibana.alert.rule.rule_id": "rule-1",
        "kibana.alert.rule.producer": "siem",
        "kibana.alert.rule.threat": [
            {
                "framework": "MITRE ATT&CK",
                "technique": [{"id": "T1059", "subtechnique": [{"id": "T1059.001"}]}],
            }
        ],
        "event": {"kind": "signal", "category": ["network"]},
        **parts,
    }


def finding(level: str, *categories: str, **parts: Any) -> dict[str, Any]:
    """A finding of Wazuh 5, stamped when it was indexed."""
    return {
        "@timestamp": "2027-01-01T00:00:00Z",
        "event": {"kind": "event", "category": list(categories), **parts.pop("event", {})},
        "wazuh": {
            "rule": {"id": "net-1", "level": level, "title": "Something unusual",
                     "mitre": {"technique": {"id": ["T1110"]}}},
            "agent": {"name": "planted-agent", "host": {"ip": [INSIDE]}},
        },
        **parts,
    }  # fmt: skip


PROGRAM = {
    "name": "update.exe",
    "executable": "C:\\Users\\anna\\update.exe",
    "entity_id": "p1",
    "hash": {"sha256": SHA256},
}
