"""What all lanes of a process share: settings, the stage that decides, and who is told."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from relay.kafka.config import KafkaSettings, LaneSettings, Topics
from relay.kafka.events import Observe
from relay.model.detection import MemberId
from relay.model.plan import Plan
from relay.model.records import Outgoing, Record
from relay.state import View

Correlate = Callable[[Sequence[Record], View], Plan]
"""Decides on records of one lane. It may be called again with the same view: the plan's outgoing
and outcomes are those of the call, its changes those of the view."""

Aside = Callable[[MemberId, bool], Outgoing]
"""Makes the record that tells a lane that a member is set aside (True) or taken back."""

DeadlineOf = Callable[[bytes, bytes], int | None]
"""The lane time in ms at which a changelog entry (key, value) is due."""

Asides = Callable[[View], Collection[MemberId]]
"""The members that the lane's state says are set aside: they are to be tried after a take-over."""


@dataclass(frozen=True, slots=True)
class CanaryKit:
    """Signs of life: one for every `every_ms` of a lane's clock.

    `make` makes that of a lane and time (ms), for no topic yet. In the topics of `wanting` it is to
    be read; in the others it is never committed.
    """

    every_ms: int
    wanting: frozenset[str]
    make: Callable[[int, int], Outgoing]


def nobody(_: View) -> Collection[MemberId]:
    """Return that no member is set aside."""
    return ()


@dataclass(frozen=True, slots=True)
class LaneKit:
    """The settings and callables of every lane. `alerts` are all topics a lane may write to."""

    kafka: KafkaSettings
    settings: LaneSettings
    topics: Topics
    alerts: tuple[str, ...]
    correlate: Correlate
    aside: Aside
    deadline_of: DeadlineOf
    observe: Observe
    asides: Asides = nobody
    canary: CanaryKit | None = None
