from relay.telemetry import Metrics

REACHED = "relay_canary_last_success_timestamp_seconds"


def of(metrics: Metrics, member: str) -> float | None:
    """When a member's topic was last reached, as a scraper sees it."""
    return metrics.registry.get_sample_value(REACHED, {"member": member})


def test_a_lane_that_does_not_get_through_is_not_hidden_by_its_neighbour() -> None:
    """The lane that has waited longest speaks for the process; it waits from its beginning."""
    metrics = Metrics(("ee", "fr"), "1")
    before = of(metrics, "ee")

    metrics.canaries.begun(0, ("ee", "fr"), 100.0)
    metrics.canaries.begun(1, ("ee",), 110.0)
    metrics.canaries.returned(0, ("ee", "fr"), 160.0, 0.25)

    assert before is None
    assert (of(metrics, "ee"), of(metrics, "fr")) == (110.0, 160.0)


def test_what_another_process_owns_is_told_there() -> None:
    """A lane that is given up leaves nothing that stands still."""
    metrics = Metrics(("ee",), "1")
    metrics.canaries.begun(0, ("ee",), 100.0)
    metrics.canaries.begun(1, ("ee",), 110.0)

    metrics.lane_closed(0)
    one = of(metrics, "ee")
    metrics.lane_closed(1)

    assert (one, of(metrics, "ee")) == (110.0, None)


def test_trips_and_failures_are_counted_by_member() -> None:
    """A canary that is lost moves no time; one that returns is measured once for each topic."""
    metrics = Metrics(("ee", "fr"), "1")
    metrics.canaries.begun(0, ("ee", "fr"), 100.0)

    metrics.canaries.returned(0, ("ee",), 160.0, 0.25)
    metrics.canaries.lost(("fr",))

    value = metrics.registry.get_sample_value
    assert value("relay_canary_round_trip_seconds_sum", {"member": "ee"}) == 0.25
    assert value("relay_canary_failures_total", {"member": "fr"}) == 1
    assert value("relay_canary_failures_total", {"member": "ee"}) == 0
    assert of(metrics, "fr") == 100.0
