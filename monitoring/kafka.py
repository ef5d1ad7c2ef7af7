"""The clients of the brokers, and the processes themselves."""

from typing import Final

from monitoring.curves import gauge, quantiles, rate, rates
from monitoring.panels import Dashboard, panel
from monitoring.queries import INTERVAL

KAFKA: Final = Dashboard(
    "relay-kafka",
    "Relay: Kafka and process",
    "The clients of the brokers, and the processes themselves.",
    (
        gauge(
            "Partitions assigned",
            "By the consumer group of each stage; 0 while it is deciding.",
            "none",
            "sum by (instance, stage) (relay_partitions_assigned)",
            "{{instance}} {{stage}}",
        ),
        gauge(
            "Rebalances, an hour",
            "Each stops all processes of the stage for a moment. An update of n pods makes some n.",
            "none",
            "max by (stage) (increase(relay_rebalances_total[1h]))",
            "{{stage}}",
        ),
        gauge(
            "How long rebalances last",
            "From taking to giving, on average since the process began; the stage stands then.",
            "s",
            "sum by (instance, stage) (relay_rebalance_seconds_sum) "
            "/ sum by (instance, stage) (relay_rebalance_seconds_count)",
            "{{instance}} {{stage}}",
        ),
        gauge(
            "Since the last poll",
            "Each stage polls all the time; five seconds without make a process unready.",
            "s",
            "time() - min by (instance, stage) (relay_stage_last_poll_timestamp_seconds)",
            "{{instance}} {{stage}}",
        ),
        panel(
            "Clients given up, an hour",
            "After a failure; a new one takes its place.",
            "none",
            (
                "topk(5, sum by (stage, why) (increase(relay_consumers_replaced_total[1h])))",
                "{{stage}} consumer {{why}}",
            ),
            (
                "topk(5, sum by (stage, why) (increase(relay_producers_replaced_total[1h])))",
                "{{stage}} producer {{why}}",
            ),
        ),
        panel(
            "Lost or unreadable, an hour",
            "Anything but 0 is an alarm.",
            "none",
            ("sum(increase(relay_records_lost_total[1h]))", "lost to retention"),
            ("sum(increase(relay_records_unreadable_total[1h]))", "unreadable"),
        ),
        panel(
            "Read again, or sent smaller, an hour",
            "Records of batches that a rebalance overtook, and batches the broker found too large.",
            "none",
            ("sum(increase(relay_records_dropped_total[1h]))", "read again"),
            ("sum(increase(relay_batches_limited_total[1h]))", "too large"),
        ),
        quantiles(
            "Delay of the event loop",
            "How late a task is woken; at a second heartbeats are missed.",
            "relay_event_loop_delay_seconds",
            0.5,
            0.99,
        ),
        panel(
            "Memory",
            "It does not grow with the number of keys; 400 MB should do.",
            "bytes",
            (
                "process_resident_memory_bytes and on (job, instance) relay_build_info",
                "{{instance}}",
            ),
        ),
        panel(
            "CPU",
            "Cores in use. One process uses one for decisions and some for the clients.",
            "none",
            (
                f"rate(process_cpu_seconds_total[{INTERVAL}]) "
                "and on (job, instance) relay_build_info",
                "{{instance}}",
            ),
        ),
        panel(
            "Age of the processes",
            "A curve that falls to 0 is a restart.",
            "s",
            (
                "time() - (process_start_time_seconds and on (job, instance) relay_build_info)",
                "{{instance}}",
            ),
        ),
        gauge(
            "Certificates end in",
            "The relay's own, the authorities it believes, and what the brokers showed last. Below "
            "14 days: RelayCertificateExpiresSoon. Nothing without TLS.",
            "s",
            "min by (purpose) (relay_certificate_expiry_timestamp_seconds) - time()",
            "{{purpose}}",
        ),
        rates("Lines logged", "By level; an error is an alarm.", "relay_log_lines_total", "level"),
        panel(
            "Lines held back",
            "Not logged because they repeat.",
            "cps",
            (rate("relay_log_lines_held_back_total"), "held back"),
        ),
        panel(
            "Spans of traces",
            "What the collector lacks: dropped by us, refused by it, or one too many of a member.",
            "cps",
            (rate("relay_spans_sent_total"), "sent"),
            (rate("relay_spans_dropped_total"), "dropped"),
            (rate("relay_spans_refused_total"), "refused"),
            (rate("relay_traces_limited_total"), "records limited"),
        ),
        panel(
            "Versions and policies at work",
            "More than one of either, but for an update's minutes, is an alarm.",
            "none",
            ("count by (version, python) (relay_build_info)", "relay {{version}}, {{python}}"),
            ("count by (digest) (relay_policy_info)", "policy {{digest}}"),
        ),
    ),
)
