"""Spans on their way out: a bounded queue, and a thread that empties it. Nobody waits for it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from relay.telemetry.traces import Span

MAX_QUEUED: Final = 4096
"""Spans that wait: some seconds of the most that members may ask for, and a few MB."""

MAX_BATCH: Final = 512
"""Spans in one request: OpenTelemetry's own default, some 200 kB."""

PERIOD_S: Final = 1.0
"""How often the queue is looked at."""

RETREAT_S: Final = (2.0, 60.0)
"""How long a collector that did not answer is left alone: at first, and at most."""

FLUSH_S: Final = 3.0
"""What the end of the relay waits for the rest to go out."""

Send = Callable[[Sequence[Span]], bool]


class Pump:
    """Sends spans by `send`, which may wait and says whether they were taken.

    `sent`, `dropped` and `refused` hear how many were taken, found the queue full, or were not
    taken by the collector, which loses them: a trace is no evidence.
    """

    def __init__(
        self,
        send: Send,
        sent: Callable[[int], None],
        dropped: Callable[[int], None],
        refused: Callable[[int], None],
        period: float = PERIOD_S,
    ) -> None:
        self._send = send
        self._sent = sent
        self._dropped = dropped
        self._refused = refused
        self._period = period
        self._retreat = 0.0
        self._queue: deque[Span] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, span: Span) -> None:
        """Take a span, or count it as dropped. Called by one thread; never waits."""
        if len(self._queue) >= MAX_QUEUED:
            self._dropped(1)
        else:
            self._queue.append(span)

    def close(self, within: float = FLUSH_S) -> None:
        """Send what is left, for `within` seconds; what is left then is counted as dropped."""
        self._ending.set()
        self._thread.join(within)
        left = len(self._queue)
        self._queue.clear()
        if left:
            self._dropped(left)

    def _run(self) -> None:
        while not self._ending.wait(self._retreat or self._period):
            self._empty()
        self._empty()

    def _empty(self) -> None:
        """Send what is there now, until a batch is not taken."""
        for _ in range(1 + len(self._queue) // MAX_BATCH):
            batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
            if batch and not self._passes(batch):
                return

    def _passes(self, batch: Sequence[Span]) -> bool:
        taken = self._send(batch)
        if taken:
            self._sent(len(batch))
            if self._retreat:
                structlog.get_logger().info("traces sent again")
            self._retreat = 0.0
            return True
        self._refused(len(batch))
        if not self._retreat:
            structlog.get_logger().warning("traces not sent", spans=len(batch))
        self._retreat = min(max(RETREAT_S[0], 2 * self._retreat), RETREAT_S[1])
        return False
