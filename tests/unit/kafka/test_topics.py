from dataclasses import replace

import pytest

from relay.kafka.topics import Kind, Topic, plan, wanted

SHOULD = wanted(("ee", "pl"), 8)
ACTUAL = {topic.name: topic for topic in SHOULD}


def having(name: str, partitions: int) -> dict[str, Topic]:
    """A cluster that is as it should be, but for the partitions of one topic."""
    return {**ACTUAL, name: replace(ACTUAL[name], partitions=partitions)}


def test_a_cluster_that_is_as_it_should_be_needs_nothing() -> None:
    """What was made is not found wanting."""
    assert plan(SHOULD, ACTUAL) == ()


@pytest.mark.parametrize("name", ["relay.sightings", "relay.state", "alerts.pl"])
def test_a_topic_of_the_lanes_has_a_partition_for_each(name: str) -> None:
    """Another number is a conflict, and the lanes are the reason."""
    (change,) = plan(SHOULD, having(name, 3))

    assert (change.kind, change.topic.name) == (Kind.CONFLICT, name)
    assert change.says == (
        "has 3 partitions, must have 8: "
        "one for each lane, and the number of lanes is fixed for a deployment's life"
    )


def test_rejections_have_one_partition_for_a_reason_of_their_own() -> None:
    """The lanes have nothing to do with them."""
    (change,) = plan(SHOULD, having("rejected.pl", 3))

    assert (change.kind, change.topic.name) == (Kind.CONFLICT, "rejected.pl")
    assert change.says == (
        "has 3 partitions, must have 1: "
        "a member's rejections are written to one partition, in order"
    )


def test_detections_may_have_more_partitions() -> None:
    """How many is the member's to choose."""
    assert plan(SHOULD, having("detections.pl", 3)) == ()


def test_a_conflict_hides_nothing_else() -> None:
    """What is missing beside it stands in the same plan."""
    actual = having("rejected.pl", 3)
    del actual["alerts.ee"]

    assert [(change.kind, change.topic.name) for change in plan(SHOULD, actual)] == [
        (Kind.CREATE, "alerts.ee"),
        (Kind.CONFLICT, "rejected.pl"),
    ]
