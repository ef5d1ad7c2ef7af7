"""What `docs/operations.md` says of a second site, found in the story of a loss."""

from collections.abc import Iterator

import orjson
import pytest

from relay.broker import Runtime
from relay.pipeline.topics import ALERTS, DETECTIONS
from tests.broker.conftest import ClusterIn
from tests.broker.judge import Fetched
from tests.broker.second_site import FAT, SECRETLY, Log, Story, places, told

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def story(
    cluster_in: ClusterIn, runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """It happens once, and each test looks at a part of it."""
    with told(cluster_in, runtime, tmp_path_factory.mktemp("sites")) as story:
        yield story


def content(records: list[Fetched]) -> list[tuple[object, ...]]:
    """What must not change on the way: all but the offset."""
    return [(r.timestamp, r.key, r.value, tuple(r.headers)) for r in records]


def alerts(log: Log) -> list[dict[str, str]]:
    """The alerts in a log."""
    return [orjson.loads(record.value or b"") for found in log.values() for record in found]


def test_what_was_mirrored_is_what_committed_readers_saw(story: Story) -> None:
    """Record for record, once, in order, with its own time; nothing that was aborted; the fat one.

    The mirror says itself how far that is, and is right: what is beyond it was lost.
    """
    for place, came in story.came.items():
        sent = [r for r in story.first[place] if r.offset <= story.reached[place]]
        assert content(came) == content(sent), place
    fat = [r for found in story.came.values() for r in found if len(r.value or b"") == FAT]

    assert story.aborted > 0
    assert len(fat) == 1
    assert len(story.lost()) == 40
