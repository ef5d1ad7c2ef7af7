"""The signs of life of one process, as metrics."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from relay.model.detection import MemberId
from relay.telemetry.family import Family


class Canaries:
    """When each member's topic was last reached, by the lane that has waited longest for it.

    So a lane that cannot write to its partition is not hidden by its neighbours. A lane counts from
    when it begins: one that never gets through is lost as well.
    """

    def __init__(
        self, trips: Family[Histogram], successes: Gauge, failures: Family[Counter]
    ) -> None:
        self._trips = trips
        self._successes = successes
        self._failures = failures
        self._reached: dict[MemberId, dict[int, float]] = {}

    def begun(self, lane: int, members: Iterable[MemberId], at: float) -> None:
        """A lane writes to `members` from `at` (s) on."""
        for member in members:
            self._reached.setdefault(member, {})[lane] = at
            self._tell(member)

    def returned(self, lane: int, members: Iterable[MemberId], at: float, seconds: float) -> None:
        """A lane reached `members` at `at` (s), `seconds` after it was due."""
        for member in members:
            self._trips.child(member).observe(seconds)
            self._reached.setdefault(member, {})[lane] = at
            self._tell(member)

    def lost(self, members: Iterable[MemberId]) -> None:
        """A lane did not reach `members`."""
        for member in members:
            self._failures.child(member).inc()

    def ended(self, lane: int) -> None:
        """A lane is another process's now."""
        for member in [m for m, lanes in self._reached.items() if lane in lanes]:
            del self._reached[member][lane]
            self._tell(member)

    def _tell(self, member: MemberId) -> None:
        lanes = self._reached[member]
        if lanes:
            self._successes.labels(member).set(min(lanes.values()))
        else:
            del self._reached[member]
            self._successes.remove(member)
