import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from relay.kafka.clients import Fetched
from relay.kafka.config import LaneSettings
from relay.kafka.errors import DeadClientError
from relay.kafka.inbox import Inbox


@dataclass
class Given:
    """A record as aiokafka gives it."""

    offset: int
    topic: str = "t"
    partition: int = 0
    timestamp: int = 1
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: Sequence[tuple[str, bytes]] = ()


def given(offsets: Sequence[int]) -> list[Fetched]:
    """Records of these offsets."""
    return [Given(offset) for offset in offsets]


def cut(inbox: Inbox) -> list[int]:
    """The offsets of the next cut, which must come soon."""

    async def one() -> list[int]:
        async with asyncio.timeout(5):
            return [record.position.offset for record in await inbox.cut()]

    return asyncio.run(one())


def test_what_is_below_the_expected_offset_is_dropped() -> None:
    """A fetch from before a seek adds nothing twice."""
    inbox = Inbox(LaneSettings())
    inbox.begin(5)
    inbox.add(given(range(3, 8)))
    inbox.add(given(range(6, 10)))

    assert cut(inbox) == [5, 6, 7, 8, 9]


def test_a_cut_takes_at_most_a_transaction() -> None:
    """The rest stays for the next cut."""
    inbox = Inbox(LaneSettings(max_records=2))
    inbox.begin(0)
    inbox.add(given(range(3)))

    assert cut(inbox) == [0, 1]
    assert cut(inbox) == [2]


def test_two_cuts_keep_their_distance_unless_full() -> None:
    """A lone record waits after a cut, a full transaction does not."""
    settings = LaneSettings(cut_ms=80, cut_most_ms=80, max_records=3)

    async def timed(more: int) -> float:
        inbox = Inbox(settings)
        inbox.begin(0)
        inbox.add(given([0]))
        await inbox.cut()
        inbox.add(given(range(1, 1 + more)))
        started = asyncio.get_running_loop().time()
        await inbox.cut()
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(timed(1)) >= 0.07
    assert asyncio.run(timed(3)) < 0.07


def test_the_distance_follows_the_commits_within_bounds() -> None:
    """Slow commits spread the cuts, to a bound; fast ones bring them back."""
    inbox = Inbox(LaneSettings(cut_ms=10, cut_most_ms=50))
    for _ in range(100):
        inbox.committed(3.0)
    slow = inbox._spacing
    for _ in range(100):
        inbox.committed(0.001)

    assert slow == pytest.approx(0.05)
    assert inbox._spacing == pytest.approx(0.01)


def test_a_full_inbox_asks_once_for_a_pause_and_once_for_more() -> None:
    """Pausing and resuming alternate, so that neither is lost nor repeated."""
    inbox = Inbox(LaneSettings(inbox_records=4, max_records=2))
    inbox.begin(0)
    asked = [inbox.add(given([n])) for n in range(6)]
    low = []
    while inbox._records:
        cut(inbox)
        low.append(inbox.is_low())

    assert asked == [False, False, False, True, False, False]
    assert low == [False, True, False]


def test_a_closed_inbox_gives_nothing_more() -> None:
    """Closing ends a cut that waits, and every later one."""
    inbox = Inbox(LaneSettings())
    inbox.begin(0)
    inbox.add(given([0]))
    inbox.close()

    assert cut(inbox) == []
    assert cut(inbox) == []


def test_a_gap_ends_the_lane() -> None:
    """What cannot be read any more must not be passed over in silence."""
    inbox = Inbox(LaneSettings())
    inbox.begin(0)
    inbox.fail()

    with pytest.raises(DeadClientError):
        cut(inbox)
    inbox.begin(7)
    inbox.add(given([7]))
    assert cut(inbox) == [7]
