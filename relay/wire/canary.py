"""`canary.v1`: a sign of life in a member's alerts topic, which is no alert.

Open, as alerts are: readers ignore what they do not know.
"""

from typing import Annotated, Literal

import orjson
from pydantic import Field

from relay.wire.fields import WHOLE, MemberName, Open, Timestamp, timestamp

SCHEMA = "canary.v1"

KEY = b"canary"
"""Its Kafka key: no alert's, which are UUIDs; and a compacted topic keeps one a partition."""


class CanaryV1(Open):
    """The lane can write to the topic. It says nothing of any detection."""

    schema_: Annotated[Literal["canary.v1"], Field(alias="schema")]
    relay: MemberName
    lane: Annotated[int, Field(ge=0), WHOLE]
    at: Timestamp
    every_s: Annotated[int, Field(ge=1), WHOLE]


def canary_id(lane: int, at: int) -> str:
    """Return what consumers drop repeats by: the lane and the append time (ms) that was due."""
    return f"canary.{lane}.{timestamp(at)}"


def encode(relay: str, lane: int, at: int, every_s: int) -> bytes:
    """Return the message of one canary."""
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "relay": relay,
            "lane": lane,
            "at": timestamp(at),
            "every_s": every_s,
        }
    )
