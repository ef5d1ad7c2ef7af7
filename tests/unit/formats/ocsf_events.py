"""Findings of OCSF, written for the tests."""

from typing import Any

ATTACKER, OTHER = "198.51.100.7", "203.0.113.9"
INSIDE = "10.20.30.40"
SHA256 = "9f2c4e1ab06d7758c3e9d1f4a2b85c6e7d0f3a1928b4c5d6e7f8091a2b3c4d5e"
MD5 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
AT = 1_795_000_000_123
WHEN = "2026-11-18T11:06:40.123Z"


def finding(**more: Any) -> dict[str, Any]:
    """A Detection Finding with one attacker from outside."""
    return {
        "class_uid": 2004,
        "category_uid": 2,
        "type_uid": 200401,
        "activity_id": 1,
        "severity_id": 4,
        "time": AT,
        "metadata": {"version": "1.5.0", "product": {"name": "Guard", "vendor_name": "Example"}},
        "finding_info": {"uid": "f-1", "title": "Something was found"},
        "evidences": [{"src_endpoint": {"ip": ATTACKER}}],
        **more,
    }


def titled(title: str, **evidence: Any) -> dict[str, Any]:
    """A finding of a kind that its title tells, with one evidence."""
    return finding(finding_info={"uid": "f-1", "title": title}, evidences=[evidence])


def listing(*observables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A finding that says all in its observables."""
    return finding(evidences=[], observables=list(observables), **more)


def named(name: str, type_id: int, value: str, caption: str = "") -> dict[str, Any]:
    """A listed observable."""
    return {"name": name, "type_id": type_id, "type": caption, "value": value}
