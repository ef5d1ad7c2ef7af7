from relay.app.observing import Observer
from relay.kafka.events import Assigned, Lag, LaneStands, SourceForbidden, Stage
from relay.telemetry import Journal, Metrics, Tracer


def test_what_stands_has_its_metric() -> None:
    """Lag, a lane's clock and size, what the group gave, a refusal: each has its own."""
    metrics = Metrics(("ee",), "1")
    observer = Observer(metrics, Journal(), Tracer(Journal()))

    observer(Lag(Stage.INGEST, "detections.ee", 0, 3, 1.5))
    observer(LaneStands(2, 1_700_000_000_500, 4096))
    observer(Assigned(Stage.CORRELATE, 4))
    observer(SourceForbidden("detections.ee"))

    value = metrics.registry.get_sample_value
    place = {"stage": "ingest", "topic": "detections.ee", "partition": "0"}
    assert value("relay_lag_records", place) == 3
    assert value("relay_lag_seconds", place) == 1.5
    assert value("relay_lane_clock_timestamp_seconds", {"lane": "2"}) == 1_700_000_000.5
    assert value("relay_state_bytes", {"lane": "2"}) == 4096
    assert value("relay_partitions_assigned", {"stage": "correlate"}) == 4
    assert value("relay_sources_forbidden_total", {"member": "ee"}) == 1
