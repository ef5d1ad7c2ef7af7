import io

import orjson

from relay.app.observing import Observer
from relay.kafka.events import (
    Assigned,
    CanariesBegun,
    CanaryLost,
    CanaryReturned,
    Lag,
    LaneStands,
    MembersUnread,
    Polled,
    ReadersUnknown,
    SourceForbidden,
    SourceMissing,
    Stage,
    Why,
)
from relay.telemetry import Journal, Metrics, Tracer, configure


def test_what_stands_has_its_metric() -> None:
    """Lag, a lane's clock and size, what the group gave, a refusal: each has its own."""
    metrics = Metrics(("ee",), "1")
    observer = Observer(metrics, Journal(), Tracer(Journal()))

    observer(Lag(Stage.INGEST, "detections.ee", 0, 3, 1.5))
    observer(LaneStands(2, 1_700_000_000_500, 4096))
    observer(Assigned(Stage.CORRELATE, 4))
    observer(SourceForbidden("detections.ee"))
    observer(Polled(Stage.INGEST, 1_700_000_000.25))

    value = metrics.registry.get_sample_value
    place = {"stage": "ingest", "topic": "detections.ee", "partition": "0"}
    assert value("relay_lag_records", place) == 3
    assert value("relay_lag_seconds", place) == 1.5
    assert value("relay_lane_clock_timestamp_seconds", {"lane": "2"}) == 1_700_000_000.5
    assert value("relay_state_bytes", {"lane": "2"}) == 4096
    assert value("relay_partitions_assigned", {"stage": "correlate"}) == 4
    assert value("relay_sources_forbidden_total", {"member": "ee"}) == 1
    polled = "relay_stage_last_poll_timestamp_seconds"
    assert value(polled, {"stage": "ingest"}) == 1_700_000_000.25
    assert value(polled, {"stage": "correlate"}) is None


def test_a_missing_source_is_told_until_it_is_there_again() -> None:
    """Who has its topic is told as 0 from the start, who has not as 1 while it has not."""
    metrics = Metrics(("ee", "fr"), "1")
    observer = Observer(metrics, Journal(), Tracer(Journal()))

    def missing() -> list[float | None]:
        value = metrics.registry.get_sample_value
        return [value("relay_source_missing", {"member": member}) for member in ("ee", "fr")]

    before = missing()
    observer(SourceMissing("detections.fr", missing=True))
    gone = missing()
    observer(SourceMissing("detections.fr", missing=False))

    assert before == [0, 0]
    assert gone == [0, 1]
    assert missing() == [0, 0]


def test_what_is_left_unread_is_told_of_those_alone_who_have_a_group() -> None:
    """Each look replaces the last; a look that failed changes nothing."""
    metrics = Metrics(("ee", "fr"), "1")
    observer = Observer(metrics, Journal(), Tracer(Journal()))

    observer(MembersUnread({"ee": 0, "fr": 120}))
    observer(MembersUnread({"fr": 180}))
    observer(ReadersUnknown(Why.TIMEOUT, "TimeoutError()"))

    value = metrics.registry.get_sample_value
    assert value("relay_member_unread_seconds", {"member": "fr"}) == 180
    assert value("relay_member_unread_seconds", {"member": "ee"}) is None


def test_signs_of_life_have_theirs() -> None:
    """Each is measured by member; one that is lost is counted, and logged with its reason."""
    metrics = Metrics(("ee", "fr"), "1")
    stream = io.StringIO()
    configure("info", "json", stream)
    observer = Observer(metrics, Journal(), Tracer(Journal()))

    observer(CanariesBegun(0, ("ee", "fr"), 100.0))
    observer(CanaryReturned(0, ("ee",), 160.0, 0.5))
    observer(CanaryLost(0, ("fr",), Why.MISSING))

    value, reached = (
        metrics.registry.get_sample_value,
        "relay_canary_last_success_timestamp_seconds",
    )
    assert value(reached, {"member": "ee"}) == 160
    assert value(reached, {"member": "fr"}) == 100
    assert value("relay_canary_round_trip_seconds_count", {"member": "ee"}) == 1
    assert value("relay_canary_failures_total", {"member": "fr"}) == 1
    line = orjson.loads(stream.getvalue())
    assert (line["msg"], line["member"], line["why"]) == ("canary lost", "fr", "missing-topic")
    assert value("relay_transactions_total", {"result": "committed"}) == 0
