"""What becomes of sightings, and the lanes that decide."""

from typing import Final

from monitoring.curves import gauge, quantiles, rate, rates
from monitoring.panels import Dashboard, panel

CORRELATION: Final = Dashboard(
    "relay-correlation",
    "Relay: correlation",
    "What becomes of sightings, and the lanes that decide.",
    (
        panel(
            "Sightings",
            "Made by ingest, joined to their window by the lanes, dropped as seen before. Made "
            "and joined run together.",
            "cps",
            (rate("relay_sightings_produced_total"), "made"),
            (rate("relay_sightings_joined_total"), "joined"),
            (rate("relay_sightings_repeated_total"), "seen before"),
        ),
        rates(
            "Revisions, by cause",
            "One revision is told to all who see the same.",
            "relay_revisions_total",
            "cause",
        ),
        rates(
            "Parts left out for a format",
            "For what a recipient's format has no place.",
            "relay_alert_parts_lost_total",
            "format, part",
        ),
        gauge(
            "How far each lane's clock is behind",
            "A lane stands still, or is slow, where it rises.",
            "s",
            "time() - max by (lane) (relay_lane_clock_timestamp_seconds)",
            "lane {{lane}}",
        ),
        gauge(
            "Sightings not decided",
            "Per lane.",
            "none",
            'sum by (partition) (relay_lag_records{stage="correlate"})',
            "lane {{partition}}",
        ),
        gauge(
            "State on disk",
            "Per lane; it follows the number of live keys.",
            "bytes",
            "sum by (lane) (relay_state_bytes)",
            "lane {{lane}}",
        ),
        quantiles(
            "Duration of a transaction",
            "From begin to end of those that were committed; a cut is 25 ms.",
            "relay_transaction_seconds",
            0.5,
            0.99,
        ),
        panel(
            "Transactions",
            "By their end, and the records they made readable.",
            "cps",
            (rate("relay_transactions_total", "result"), "{{result}}"),
            (rate("relay_records_written_total"), "records"),
        ),
        rates(
            "Aborted, by cause",
            "Nothing is lost by it; alerts are late.",
            "relay_transactions_aborted_total",
            "why",
        ),
        gauge(
            "Lanes ready",
            "Per process.",
            "none",
            "sum by (instance) (relay_lanes_ready)",
            "{{instance}}",
        ),
        panel(
            "Longest take-overs since each process started",
            "From a lane's assignment to its being ready. Less than 10 s with a local store.",
            "s",
            (
                "histogram_quantile(1, sum by (instance, le) (relay_lane_restore_seconds_bucket))",
                "{{instance}}",
            ),
        ),
        panel(
            "Restores, an hour",
            "Changelog records read, local stores that were of no use, lanes taken by another.",
            "none",
            ("sum(increase(relay_records_restored_total[1h]))", "records read"),
            ("sum(increase(relay_checkpoints_discarded_total[1h]))", "stores discarded"),
            ("sum(increase(relay_lanes_fenced_total[1h]))", "fenced"),
        ),
    ),
)
