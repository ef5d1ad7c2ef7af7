"""The first page: are members warned, and in time?"""

from typing import Final

from monitoring.curves import gauge, quantiles, rate, rates
from monitoring.panels import Dashboard, panel, stat

READABLE: Final = "relay_append_to_readable_seconds"

OVERVIEW: Final = Dashboard(
    "relay-overview",
    "Relay: overview",
    "Are members warned, and in time?",
    (
        stat("Processes ready", "Of those that run. None: RelayDown.", "none", "sum(relay_ready)"),
        stat(
            "Lanes not ready",
            "Of all lanes of the deployment. Anything but 0 for longer than a take-over, some "
            "seconds, is RelayLanesUnowned.",
            "none",
            "max(relay_lanes) - sum(relay_lanes_ready)",
        ),
        stat(
            "Budget left of 30 days",
            "Of the 0.1 % of alerts that may take more than a second. Below 0: the promise is "
            "broken.",
            "percentunit",
            f'1 - (1 - sum(increase({READABLE}_bucket{{le="1.0"}}[30d])) '
            f"/ sum(increase({READABLE}_count[30d]))) / 0.001",
        ),
        quantiles(
            "From a detection's append to its alert",
            "To the moment the alert is readable, by the broker's clock and the relay's. The goal "
            "is a p99 of 100 ms at 1,000 detections a second.",
            READABLE,
            0.5,
            0.99,
            0.999,
        ),
        panel(
            "Alerts that took more than a second",
            "The share in three windows; 0.001 uses up the budget exactly.",
            "percentunit",
            ("relay:alerts_late:ratio_rate5m", "5 m"),
            ("relay:alerts_late:ratio_rate1h", "1 h"),
            ("relay:alerts_late:ratio_rate6h", "6 h"),
        ),
        gauge(
            "How far the lanes' clocks are behind",
            "Each lane gets a tick a second through the broker: more than a few seconds is a "
            "fault, though nobody may have reported anything.",
            "s",
            "time() - max by (lane) (relay_lane_clock_timestamp_seconds)",
            "lane {{lane}}",
        ),
        panel(
            "Records of members",
            "Taken, refused, trimmed and taken, or no detection.",
            "cps",
            (rate("relay_detections_accepted_total"), "taken"),
            (rate("relay_detections_rejected_total", "outcome"), "{{outcome}}"),
            (rate("relay_records_skipped_total"), "no detection"),
        ),
        rates(
            "Alerts told, by state",
            "Each recipient counts. Early warnings come from one member, the others from more.",
            "relay_alerts_sent_total",
            "state",
        ),
        gauge(
            "Age of the oldest unread record",
            "The oldest partition of each stage; 0 while everything is read.",
            "s",
            "max by (stage) (relay_lag_seconds)",
            "{{stage}}",
        ),
        panel(
            "How long warned before they were hit, 30 days",
            "The number that says whether the relay is worth having: of keys a member had been "
            "told of, the time until its own detection.",
            "s",
            (
                "histogram_quantile(0.5, sum by (le) "
                "(increase(relay_warning_lead_seconds_bucket[30d])))",
                "half of them longer than",
            ),
        ),
        stat(
            "Members without alerts",
            "Whose alerts topic some lane has set aside. Anything but 0 for ten minutes is "
            "RelayMemberSetAside.",
            "none",
            "count(max by (member) (relay_member_aside_lanes) > 0) or vector(0)",
        ),
        gauge(
            "What fires",
            "RelayWatchdog always does.",
            "none",
            'count by (alertname) (ALERTS{alertname=~"Relay.+", alertstate="firing"})',
            "{{alertname}}",
        ),
    ),
)
