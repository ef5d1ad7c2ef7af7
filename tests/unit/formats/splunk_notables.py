"""Notables of Splunk Enterprise Security, written by hand with documentation values."""

from typing import Any

OUTSIDE, ELSEWHERE, INSIDE = "198.51.100.7", "198.51.100.99", "10.1.2.3"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def notable(rule: str = "Access - Brute Force Access Behavior - Rule", **fields: Any) -> Any:
    """A notable as a search of the index returns it."""
    return {
        "event_id": "1A2B@@notable@@0001",
        "_time": "2026-11-20T11:05:00.500+01:00",
        "search_name": rule,
        "rule_name": rule.removeprefix("Access - ").removesuffix(" - Rule"),
        "security_domain": "access",
        "severity": "medium",
        "urgency": "high",
        "status": "1",
        "status_label": "New",
        "disposition": "disposition:6",
        "host": "search-1",
        "orig_sid": "scheduler__admin__T1",
        "index": "notable",
        "sourcetype": "stash",
        **fields,
    }


def stash(text: str, **fields: Any) -> Any:
    """A notable as the index holds it: most fields stand in its text."""
    return {
        "_raw": text,
        "_time": "2026-11-20T11:05:00.500+01:00",
        "index": "notable",
        "sourcetype": "stash",
        "source": "Access - Excessive Failed Logins - Rule",
        "host": "search-1",
        "_cd": "70:1",
        "_bkt": "notable~70",
        **fields,
    }
