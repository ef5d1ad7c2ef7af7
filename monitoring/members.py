"""What each member sends, what becomes of it, and what it is told."""

from typing import Final

from monitoring.curves import gauge, rates
from monitoring.panels import Dashboard, panel

MEMBERS: Final = Dashboard(
    "relay-members",
    "Relay: members",
    "What each member sends, what becomes of it, and what it is told.",
    (
        rates("Detections taken", "Per member.", "relay_detections_accepted_total", "member"),
        rates(
            "Refused, by member and reason",
            "The sender is told on rejected.<member>. A step up is a connector that changed.",
            "relay_detections_rejected_total",
            "member, reason",
            '{outcome="refused"}',
        ),
        rates(
            "Trimmed, by member and reason",
            "Taken without what must not leave the member.",
            "relay_detections_rejected_total",
            "member, reason",
            '{outcome="trimmed"}',
        ),
        rates(
            "No detection",
            "Sound records in a member's own format that have nothing to share.",
            "relay_records_skipped_total",
            "member",
        ),
        gauge(
            "Age of the oldest unread record",
            "A member that floods waits for itself: only its own curve rises.",
            "s",
            'max by (topic) (relay_lag_seconds{stage="ingest"})',
            "{{topic}}",
        ),
        gauge(
            "Records unread",
            "Per member's topic.",
            "none",
            'sum by (topic) (relay_lag_records{stage="ingest"})',
            "{{topic}}",
        ),
        rates("Alerts told", "Per recipient.", "relay_alerts_sent_total", "member"),
        panel(
            "Set aside",
            "Lanes that cannot write to a member's alerts topic now, and decisions to set aside.",
            "none",
            ("max by (member) (relay_member_aside_lanes)", "{{member}}, lanes"),
            ("sum by (member) (increase(relay_members_set_aside_total[1h]))", "{{member}}, 1 h"),
        ),
        gauge(
            "Alerts left unread",
            "Since a member's consumer groups last moved on or had nothing to read; an hour is "
            "RelayMemberNotReading. Who keeps its offsets elsewhere is not seen.",
            "s",
            "max by (member) (relay_member_unread_seconds)",
            "{{member}}",
        ),
        panel(
            "Reached by a canary",
            "Since the lane that waits longest had its canary in the member's topic. Much more "
            "than the interval: RelayCanaryLost is near.",
            "s",
            (
                "time() - min by (member) (relay_canary_last_success_timestamp_seconds)",
                "{{member}}",
            ),
            ("max(relay_canary_interval_seconds)", "interval"),
        ),
        panel(
            "Round trip of canaries, an hour",
            "From a tick's append to the canary's end in the member's topic; half are quicker.",
            "s",
            (
                "histogram_quantile(0.5, sum by (le, member) "
                "(increase(relay_canary_round_trip_seconds_bucket[1h])))",
                "{{member}}",
            ),
        ),
        gauge(
            "Canaries lost, an hour",
            "That the member's topic did not take; a take-over may cost one.",
            "none",
            "sum by (member) (increase(relay_canary_failures_total[1h]))",
            "{{member}}",
        ),
        panel(
            "How long warned before hit, 30 days",
            "The median, per member.",
            "s",
            (
                "histogram_quantile(0.5, sum by (le, member) "
                "(increase(relay_warning_lead_seconds_bucket[30d])))",
                "{{member}}",
            ),
        ),
        gauge(
            "Told too late, a day",
            "Members told of a key only after their own detection of it.",
            "none",
            "sum by (member) (increase(relay_warnings_late_total[1d]))",
            "{{member}}",
        ),
        gauge(
            "Topics that may not be read, an hour",
            "Refusals by the broker; anything but 0 is RelaySourceForbidden.",
            "none",
            "sum by (member) (increase(relay_sources_forbidden_total[1h]))",
            "{{member}}",
        ),
        panel(
            "Rejections not delivered, topics anew, an hour",
            "Anything but 0 wants looking at.",
            "none",
            ("sum by (why) (increase(relay_rejections_undeliverable_total[1h]))", "{{why}}"),
            ("sum(increase(relay_topics_recreated_total[1h]))", "begun anew"),
        ),
    ),
)
