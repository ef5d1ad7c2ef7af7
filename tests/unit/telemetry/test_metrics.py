import pytest
from prometheus_client.parser import text_string_to_metric_families

from relay.model.alert import Why
from relay.model.outcome import (
    Accepted,
    Aside,
    Joined,
    Outcome,
    Reason,
    Recreated,
    Rejected,
    Repeated,
    Sent,
    Unreadable,
    Verdict,
    Warned,
)
from relay.model.records import Position
from relay.telemetry import Metrics
from relay.telemetry.definitions import DEFINITIONS, STATES
from relay.telemetry.metrics import STALE_S

PLACE = Position("detections.ee", 0, 7)
HOUR_MS = 3_600_000


def metrics() -> Metrics:
    """The metrics of a process with two members."""
    return Metrics(("ee", "fr"), "1.2.3")


def value(found: Metrics, name: str, **labels: str) -> float | None:
    """The value of one sample."""
    return found.registry.get_sample_value(name, labels)


def changed(outcome: Outcome) -> dict[str, float]:
    """The samples of the relay that are not zero after one outcome, timings and infos left out."""
    found = metrics()
    found.observe(outcome)
    return {
        sample.name + "".join(f" {each}" for each in sample.labels.values()): sample.value
        for family in found.registry.collect()
        for sample in family.samples
        if sample.name.startswith("relay_") and not sample.name.endswith(("_info", "_bucket"))
        if sample.value
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (
            Accepted("ee", 3),
            {"relay_detections_accepted_total ee": 1, "relay_sightings_produced_total ee": 3},
        ),
        (
            Rejected("ee", PLACE, 0, Verdict.REFUSED, Reason.NOT_JSON, "$", "bad"),
            {"relay_detections_rejected_total ee refused not-json": 1},
        ),
        (
            Rejected("gone", PLACE, 0, Verdict.TRIMMED, Reason.VICTIM_SIDE, "$", "bad"),
            {"relay_detections_rejected_total other trimmed victim-side": 1},
        ),
        (Joined("fr", 5), {"relay_sightings_joined_total fr": 1}),
        (Repeated("fr"), {"relay_sightings_repeated_total fr": 1}),
        (
            Sent(("ee", "fr"), "cross-border", Why.STATE_RISE, None),
            {
                "relay_revisions_total state-rise": 1,
                "relay_alerts_sent_total ee cross-border": 1,
                "relay_alerts_sent_total fr cross-border": 1,
            },
        ),
        (
            Warned("ee", 2 * HOUR_MS),
            {
                "relay_warning_lead_seconds_count ee": 1,
                "relay_warning_lead_seconds_sum ee": 7200,
            },
        ),
        (Warned("ee", -1), {"relay_warnings_late_total ee": 1}),
        (Aside("ee", aside=True), {"relay_members_set_aside_total ee": 1}),
        (Aside("ee", aside=False), {}),
        (Recreated("detections.ee", 0), {"relay_topics_recreated_total": 1}),
        (Unreadable(PLACE), {"relay_records_unreadable_total": 1}),
    ],
)
def test_each_outcome_counts_once(outcome: Outcome, expected: dict[str, float]) -> None:
    """An outcome moves the metrics that are its, and no other."""
    assert changed(outcome) == expected


def test_everything_that_can_be_counted_is_there_at_zero() -> None:
    """The first rejection of a kind is seen by `rate()`, since its series was there before."""
    found = metrics()

    rejected = [
        value(found, "relay_detections_rejected_total", member=m, outcome=o, reason=r)
        for m in ("ee", "fr", "other")
        for o in Verdict
        for r in Reason
    ]
    sent = [
        value(found, "relay_alerts_sent_total", member=m, state=s)
        for m in ("ee", "fr")
        for s in STATES
    ]

    assert {*rejected, *sent} == {0.0}
    assert value(found, "relay_warning_lead_seconds_count", member="ee") == 0


def test_two_processes_in_one_do_not_share_metrics() -> None:
    """The registry is made at start, not at import, so that a test can run two relays."""
    one, other = metrics(), metrics()

    one.observe(Joined("ee", 0))

    assert value(one, "relay_sightings_joined_total", member="ee") == 1
    assert value(other, "relay_sightings_joined_total", member="ee") == 0


def test_transactions_are_counted_by_their_end() -> None:
    """A committed one is timed and its records counted, an aborted one has its cause."""
    found = metrics()

    found.committed(written=39, seconds=0.02)
    found.aborted("fenced")
    found.aborted("the broker said: no")

    assert value(found, "relay_transactions_total", result="committed") == 1
    assert value(found, "relay_transactions_total", result="aborted") == 2
    assert value(found, "relay_transactions_aborted_total", why="fenced") == 1
    assert value(found, "relay_transactions_aborted_total", why="other") == 1
    assert value(found, "relay_records_written_total") == 39
    assert value(found, "relay_transaction_seconds_bucket", le="0.025") == 1


def test_a_lane_that_is_closed_is_neither_ready_nor_has_members_aside() -> None:
    """What belongs to a lane goes with it; its next owner tells it anew."""
    found = metrics()
    found.lane_ready(0, restored=12, seconds=0.4)
    found.lane_ready(1, restored=0, seconds=0.1)
    found.member_aside(0, "fr", aside=True)
    found.member_aside(1, "fr", aside=True)
    before = value(found, "relay_member_aside_lanes", member="fr")

    found.lane_closed(0)
    found.lane_closed(0)

    assert (before, value(found, "relay_member_aside_lanes", member="fr")) == (2, 1)
    assert value(found, "relay_lanes_ready") == 1
    assert value(found, "relay_records_restored_total") == 12


def test_a_lag_that_is_no_longer_told_is_forgotten() -> None:
    """A partition that is another process's now has no lag here, not a stale one."""
    now = [0.0]
    found = Metrics(("ee",), "1", clock=lambda: now[0])
    found.lag("ingest", "detections.ee", 0, (5, 2.5))
    now[0] = STALE_S
    found.lag("ingest", "detections.ee", 1, (6, 0.5))
    found.forget()
    labels = {"stage": "ingest", "topic": "detections.ee"}
    before = value(found, "relay_lag_records", **labels, partition="0")

    now[0] += 0.1
    found.forget()

    assert before == 5
    assert value(found, "relay_lag_records", **labels, partition="0") is None
    assert value(found, "relay_lag_seconds", **labels, partition="0") is None
    assert value(found, "relay_lag_seconds", **labels, partition="1") == 0.5
    assert value(found, "relay_lag_records", **labels, partition="1") == 6


def test_a_lane_that_is_closed_has_no_clock_here() -> None:
    """Its next owner tells of it; a clock left behind would look like a lane that stands still."""
    found = metrics()
    found.lane_stands(0, 1_700_000_000.5, 4096)
    found.lane_stands(1, 1_700_000_001.5, 0)
    before = value(found, "relay_state_bytes", lane="0")

    found.lane_closed(0)
    found.lane_closed(2)

    assert before == 4096
    assert value(found, "relay_state_bytes", lane="0") is None
    assert value(found, "relay_lane_clock_timestamp_seconds", lane="0") is None
    assert value(found, "relay_lane_clock_timestamp_seconds", lane="1") == 1_700_000_001.5


def test_a_group_that_decides_gives_nothing_meanwhile() -> None:
    """Each gift is counted, even of nothing; while the group is deciding nothing is ours."""
    found = metrics()

    found.assigned("ingest", 6)
    found.assigned("ingest", None)
    during = value(found, "relay_partitions_assigned", stage="ingest")
    found.assigned("ingest", 0)
    found.assigned("ingest", 3)

    assert during == 0
    assert value(found, "relay_partitions_assigned", stage="ingest") == 3
    assert value(found, "relay_rebalances_total", stage="ingest") == 3
    assert value(found, "relay_rebalances_total", stage="correlate") == 0


def test_a_rebalance_lasts_from_taking_to_giving() -> None:
    """However often the group is heard to be deciding; what was given is not taken yet."""
    now = [100.0]
    found = Metrics(("ee",), "1", lambda: now[0])

    found.assigned("ingest", 6)
    for at, given in ((200.0, None), (201.0, None), (203.5, 3)):
        now[0] = at
        found.assigned("ingest", given)

    assert value(found, "relay_rebalance_seconds_count", stage="ingest") == 1
    assert value(found, "relay_rebalance_seconds_sum", stage="ingest") == 3.5
    assert value(found, "relay_rebalance_seconds_count", stage="correlate") == 0


def test_what_decides_is_told() -> None:
    """The number of lanes and the digest can be compared between processes."""
    found = metrics()

    found.steered(4, "00ff", 60)

    assert value(found, "relay_lanes") == 4
    assert value(found, "relay_policy_info", digest="00ff") == 1


def test_what_the_shell_tells_is_counted() -> None:
    """Each failure of the shell moves a metric of its own, by as many as it tells."""
    found = metrics()

    found.lane_fenced()
    found.checkpoint_discarded()
    found.records_lost(7)
    found.producer_replaced("ingest", "timeout")
    found.consumer_replaced("correlate", "kafka")
    found.undeliverable("missing-topic", 3)
    found.batch_dropped(11)
    found.batch_limited()
    found.source_forbidden("fr")
    found.loop_delay(0.002)
    found.logged("error")
    found.held_back()

    assert value(found, "relay_lanes_fenced_total") == 1
    assert value(found, "relay_checkpoints_discarded_total") == 1
    assert value(found, "relay_records_lost_total") == 7
    assert value(found, "relay_producers_replaced_total", stage="ingest", why="timeout") == 1
    assert value(found, "relay_consumers_replaced_total", stage="correlate", why="kafka") == 1
    assert value(found, "relay_rejections_undeliverable_total", why="missing-topic") == 3
    assert value(found, "relay_records_dropped_total") == 11
    assert value(found, "relay_batches_limited_total") == 1
    assert value(found, "relay_sources_forbidden_total", member="fr") == 1
    assert value(found, "relay_event_loop_delay_seconds_bucket", le="0.005") == 1
    assert value(found, "relay_log_lines_total", level="error") == 1
    assert value(found, "relay_log_lines_held_back_total") == 1


def test_clocks_that_disagree_do_not_make_a_negative_latency() -> None:
    """A reader's clock before the broker's counts as no time at all."""
    found = metrics()

    found.readable(-0.5)

    assert value(found, "relay_append_to_readable_seconds_sum") == 0
    assert value(found, "relay_append_to_readable_seconds_bucket", le="0.005") == 1


@pytest.mark.parametrize(
    "accept", ["", "text/plain", "*/*", "application/openmetrics-text; version=nonsense", "\x00é"]
)
def test_any_accept_header_gets_an_exposition(accept: str) -> None:
    """A header that makes no sense is answered in plain text."""
    body, content_type = metrics().render(accept)

    names = {family.name for family in text_string_to_metric_families(body.decode())}
    assert content_type.startswith("text/plain")
    assert {"relay_build_info", "relay_detections_accepted", "process_resident_memory_bytes"} <= (
        names
    )


def test_openmetrics_says_the_units() -> None:
    """A name that ends with a base unit is of that unit, for a reader that is no person."""
    body, _ = metrics().render("application/openmetrics-text; version=1.0.0")

    units = {line for line in body.decode().splitlines() if line.startswith("# UNIT relay_")}
    assert "# UNIT relay_state_bytes bytes" in units
    assert "# UNIT relay_lag_records records" in units
    assert len(units) == sum(1 for each in DEFINITIONS if each.unit and each.kind != "counter")
