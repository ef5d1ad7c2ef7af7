"""Wazuh alerts, written for the tests."""

from typing import Any

from relay.formats.outcome import Skipped
from tests.unit.formats.kit import outcome_of, values

OUTSIDE, INSIDE, PUBLIC = "198.51.100.7", "10.1.2.3", "203.0.113.10"
MD5, SHA1, SHA256 = "0f" * 16, "1e" * 20, "2d" * 32


def alert(
    data: dict[str, Any] | None = None, rule: dict[str, Any] | None = None, **more: Any
) -> Any:
    """An alert of level 10 for logins that failed, on an agent inside."""
    failed = {
        "level": 10,
        "description": "sshd: brute force trying to get access to the system.",
        "id": "5712",
        "groups": ["syslog", "sshd", "authentication_failures"],
        "mitre": {"id": ["T1110"], "tactic": ["Credential Access"]},
    }
    return {
        "timestamp": "2026-11-20T12:00:00.816+0000",
        "rule": {**failed, **(rule or {})},
        "agent": {"id": "007", "name": "web-3", "ip": INSIDE},
        "manager": {"name": "soc-manager"},
        "id": "1795176000.4711",
        "decoder": {"name": "sshd"},
        "location": "/var/log/auth.log",
        "data": {"srcip": OUTSIDE, "srcport": "40000"} if data is None else data,
        **more,
    }


def told(data: dict[str, Any], rule: dict[str, Any] | None = None, **more: Any) -> Any:
    """The observables of an alert, empty if it is skipped."""
    event = alert(data, rule, **more)
    outcome = outcome_of("wazuh", event)
    return [] if isinstance(outcome, Skipped) else values("wazuh", event)
