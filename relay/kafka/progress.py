"""How far the reading of a partition has come, and how old what is left of it is."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """One partition. Times are wall clock in ms, the broker's and ours taken for one.

    `next` is the first offset that is not decided. `at` is the append time of the record before it
    (of itself, while that is the first one seen); 0: nothing was seen so far.
    """

    next: int
    at: int = 0
    level: int = 0
    """When there was last nothing to read: what is there now is younger."""

    def reach(self, offset: int, at: int) -> None:
        """All below `offset` is decided, the last of it appended `at`."""
        self.next, self.at = offset, at

    def skip(self, offset: int) -> None:
        """Below `offset` nothing is left: markers of transactions, aborted records."""
        self.next = max(self.next, offset)

    def lag(self, end: int, now: int) -> tuple[int, float]:
        """Return how many records there are below `end`, and the age of the first in seconds.

        The age is the longest that it may have: a second too much at most, since that often
        somebody looks.
        """
        if end <= self.next:
            self.level = now
            return 0, 0.0
        since = max(self.at, self.level)
        return end - self.next, max(0, now - since) / 1_000 if since else 0.0
