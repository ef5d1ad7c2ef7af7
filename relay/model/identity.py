"""What ids are derived from: fixed for ever, else they would change on replay."""

from uuid import UUID

NAMESPACE = UUID("6f1d3c0a-2a51-5d0b-9c53-1f6b1a6e7d10")
"""Namespace of every uuid5 that the relay derives."""

RULE = "shared-observable"
"""The one rule there is: what several members saw."""

RULE_NAME = "Observable seen by several members"
"""How the rule is called in alerts, in every format and revision the same."""
