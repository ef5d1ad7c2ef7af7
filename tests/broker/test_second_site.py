"""What `docs/operations.md` says of a second site, found in the story of a loss."""

from collections.abc import Iterator
from typing import NamedTuple

import orjson
import pytest

from relay.broker import Runtime
from relay.kafka.clients import Fetched
from relay.pipeline.topics import ALERTS, DETECTIONS
from tests.broker.conftest import ClusterIn
from tests.broker.second_site import FAT, LOST, OWN, SECRETLY, Log, Story, told
from tests.broker.world import MEMBERS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


class Told(NamedTuple):
    """An alert, as far as it matters here: id, episode, type of its key."""

    id: str
    episode: str
    of: str


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


def alerts(log: Log) -> list[Told]:
    """The alerts in a log."""
    found = [r for place, found in log.items() if place.topic.startswith(ALERTS) for r in found]
    bodies = [orjson.loads(record.value or b"") for record in found]
    return [Told(body["id"], body["episode"], body["key"]["type"]) for body in bodies]


def ids(log: Log, of: str = "") -> set[str]:
    """The ids of alerts on keys of a type, or of all."""
    return {told.id for told in alerts(log) if of in {"", told.of}}


def test_the_mirror_has_what_readers_saw_and_nothing_else(story: Story) -> None:
    """Record for record, once, in order, with its own time; nothing that was aborted; the fat one.

    The mirror says itself how far that is, and is right: all that is beyond it was lost.
    """
    for place, came in story.came.items():
        sent = [r for r in story.first[place] if r.offset <= story.reached[place]]
        assert content(came) == content(sent), place
    fat = [r for found in story.came.values() for r in found if len(r.value or b"") == FAT]

    assert story.aborted > 0
    assert len(fat) == 1
    assert len(story.lost()) == LOST


def test_provision_finds_its_topics_mirrored(story: Story) -> None:
    """There is nothing in conflict: missing are the relay's own and rejections, and append time."""
    created = {row["topic"] for row in story.plan if row["do"] == "create"}
    changed = {row["topic"]: row["what"] for row in story.plan if row["do"] != "create"}

    assert created == {"relay.sightings", "relay.state", *map("rejected.{}".format, MEMBERS)}
    assert changed == dict.fromkeys(
        map(f"{DETECTIONS}{{}}".format, MEMBERS),
        "message.timestamp.type: default -> LogAppendTime",
    )


def test_what_is_open_is_told_once_more_as_a_new_episode(story: Story) -> None:
    """The same ids, later episodes; what had closed is history, and of that nobody hears again."""
    before, after = alerts(story.came), alerts(story.told(story.taken))

    assert ids(story.told(story.taken)) >= ids(story.came, "domain") != set()
    assert ids(story.told(story.taken)).isdisjoint(ids(story.came, "ipv4"))
    assert ids(story.came, "ipv4") != set()
    assert min(told.episode for told in after) > max(told.episode for told in before)


def test_what_is_told_follows_from_what_was_mirrored(story: Story) -> None:
    """Byte for byte: the log at the second site, decided in memory, from an empty state."""
    taken, whole = story.verdicts

    assert taken.differences == []
    assert whole.differences == []
    assert 0 < taken.alerts < whole.alerts


def test_nobody_is_told_what_was_not_for_it(story: Story) -> None:
    """What one member alone may know, that one is told at both sites, and no other."""
    knowing = [
        place.topic
        for place, found in story.whole.items()
        for record in found
        if SECRETLY.encode() in (record.value or b"")
    ]

    assert knowing == [ALERTS + "fi"] * 2


def test_a_reader_goes_on_where_it_was(story: Story) -> None:
    """A reader that had kept up is given nothing twice at the second site, and misses nothing."""
    for place in OWN:
        read, left = content(story.read[place]), content(story.left[place])
        assert [*read, *left] == content(story.taken[place])


def test_what_is_sent_again_changes_nothing_and_what_was_lost_is_told(story: Story) -> None:
    """Members may send all they have once more: what was mirrored is a repeat, the rest is new."""
    taken, again = ({p: content(f) for p, f in log.items()} for log in (story.taken, story.again))

    assert again == taken
    assert ids(story.told(story.whole)) >= ids(story.first, "domain")
    assert len(alerts(story.whole)) > len(alerts(story.again))


def test_rejections_are_told_again(story: Story) -> None:
    """They are not mirrored: a relay that reads the records again refuses them again."""
    second, first = (
        [(p.topic, orjson.loads(r.value or b"")["reason"]) for p, f in log.items() for r in f]
        for log in story.rejected
    )

    assert second == first == [("rejected.ee", "unknown-schema"), ("rejected.lv", "too-large")]
