"""MISP events, written for the tests."""

from typing import Any

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import outcome_of, values

UUID = "6b1f3c2e-0a4d-4e5f-8a7b-9c0d1e2f3a4b"
SHA256 = "0123456789abcdef" * 4
AT = 1_795_176_600
"""2026-11-20T12:10:00Z, the time of the last edit."""


def attribute(kind: str, value: str, category: str = "", **more: Any) -> dict[str, Any]:
    """An attribute, flagged unless told otherwise."""
    return {
        "type": kind,
        "category": category or "Network activity",
        "to_ids": True,
        "distribution": "5",
        "timestamp": str(AT),
        "deleted": False,
        "value": value,
        **more,
    }


def thing(name: str, *attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object of a template."""
    return {"name": name, "distribution": "5", "Attribute": list(attributes), **more}


def tags(*names: str) -> list[dict[str, Any]]:
    """Tags as an event or an attribute carries them."""
    return [{"name": name} for name in names]


def event(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event of some attributes and objects, as MISP's API returns one."""
    return {
        "Event": {
            "uuid": UUID,
            "info": "Loader",
            "date": "2026-11-20",
            "timestamp": str(AT),
            "publish_timestamp": "0",
            "published": False,
            "analysis": "2",
            "threat_level_id": "2",
            "distribution": "3",
            "Orgc": {"name": "SOC", "uuid": "11111111-2222-4333-8444-555555555555"},
            "Attribute": [part for part in parts if "Attribute" not in part],
            "Object": [part for part in parts if "Attribute" in part],
            **more,
        }
    }


DOMAIN = attribute("domain", "evil.example")
CONTEXT = attribute("ip-dst", "198.51.100.9", to_ids=False)
"""An address that its author does not hold for an indicator."""


def found(*parts: dict[str, Any], **more: Any) -> list[str]:
    """The values that come of some attributes and objects; empty if nothing does."""
    outcome = outcome_of("misp", event(*parts, **more))
    if isinstance(outcome, Skipped):
        return []
    return [value for _, value in values("misp", event(*parts, **more))]
