"""Every metric there is: its name, its labels, its meaning. docs/metrics.md is checked against it.

Names have one prefix and base units. Labels come from closed sets, so nothing a member sends can
make a series.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relay.model.alert import Why
from relay.model.outcome import Reason, Verdict
from relay.model.vocabulary import ALERT_FORMATS, LOSSES
from relay.model.window import State


class Kind(StrEnum):
    """What may be done with a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric. A counter's `name` is without the `_total` it is exposed with.

    `told`: a gauge whose series are there only while there is something to tell.
    """

    kind: Kind
    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    told: bool = False

    @property
    def unit(self) -> str:
        """The base unit that its name ends with; none for what is counted one by one."""
        last = self.name.rpartition("_")[2]
        return last if last in UNITS else ""


UNITS: Final = ("seconds", "bytes", "records")

STATES: Final = tuple(
    state.name.lower().replace("_", "-") for state in State if state is not State.TRACKED
)
"""The states an alert is told in; a tracked view is silent."""

SETS: Final[dict[str, tuple[str, ...]]] = {
    "outcome": tuple(Verdict),
    "reason": tuple(Reason),
    "state": STATES,
    "cause": tuple(Why),
    "format": ALERT_FORMATS,
    "part": LOSSES,
    "stage": ("ingest", "correlate"),
    "result": ("committed", "aborted"),
    "why": (
        "fenced", "timeout", "connection", "missing-topic", "forbidden-topic", "oversized",
        "store", "dead-client", "kafka",
    ),
    "purpose": ("client", "authority", "broker"),
    "level": ("debug", "info", "warning", "error", "critical"),
}  # fmt: skip
"""The values of each label; those of `member` are the ids of the register."""

# Of a goal of a tenth of a second, and up to what somebody would call an outage.
LATENCY: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# A transaction is cut at 25 ms and fails at ten seconds.
COMMIT: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# A warm take-over is to take less than ten seconds; a cold restore may take minutes.
RESTORE: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
# The loop should not be held for 50 ms; a second of it loses heartbeats.
DELAY: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
# From what a night watch can still use to the longest window: minutes, hours, days.
LEAD: Final = (
    *(60 * minutes for minutes in (1, 5, 15)),
    *(3_600 * hours for hours in (1, 3, 6, 12)),
    *(86_400 * days for days in (1, 2, 3, 7, 14, 30)),
)

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
_M = ("member",)
_S = ("stage",)
_D = ("digest",)

DEFINITIONS: Final = (
    Definition(_C, "relay_detections_accepted", "detections taken from a member", _M),
    Definition(
        _C,
        "relay_detections_rejected",
        "records of a member that were refused, or trimmed and taken",
        ("member", "outcome", "reason"),
    ),
    Definition(
        _C, "relay_records_skipped", "records in a member's format that are no detection", _M
    ),
    Definition(_C, "relay_sightings_produced", "sightings made of a member's detections", _M),
    Definition(_C, "relay_sightings_joined", "sightings that entered their window", _M),
    Definition(_C, "relay_sightings_repeated", "sightings dropped as seen before", _M),
    Definition(
        _C, "relay_alerts_sent", "revisions of alerts told to a member", ("member", "state")
    ),
    Definition(_C, "relay_revisions", "revisions, each told to all who see the same", ("cause",)),
    Definition(
        _C,
        "relay_alert_parts_lost",
        "parts of revisions for which a recipient's format has no place",
        ("format", "part"),
    ),
    Definition(
        _H,
        "relay_warning_lead_seconds",
        "from a member's being told of a key to its own detection of it",
        _M,
        LEAD,
    ),
    Definition(
        _C, "relay_warnings_late", "members told of a key only after their own detection", _M
    ),
    Definition(_C, "relay_topics_recreated", "inbound partitions found to have begun anew"),
    Definition(_C, "relay_records_unreadable", "internal records that could not be read"),
    Definition(_C, "relay_members_set_aside", "decisions to set a member's alerts topic aside", _M),
    Definition(
        _G, "relay_member_aside_lanes", "lanes of this process that have a member set aside", _M
    ),
    Definition(
        _G,
        "relay_member_unread_seconds",
        "for how long a member has left alerts of this process's lanes unread",
        _M,
        told=True,
    ),
    Definition(
        _H,
        "relay_append_to_readable_seconds",
        "from a detection's append to its alert's being readable, by two clocks",
        buckets=LATENCY,
    ),
    Definition(
        _H,
        "relay_canary_round_trip_seconds",
        "from a tick's append to the end of the canary in a member's topic, by two clocks",
        _M,
        LATENCY,
    ),
    Definition(
        _G,
        "relay_canary_last_success_timestamp_seconds",
        "when the last of this process's lanes had its canary in a member's topic",
        _M,
        told=True,
    ),
    Definition(_C, "relay_canary_failures", "canaries that a member's topic did not take", _M),
    Definition(_G, "relay_canary_interval_seconds", "time between canaries; 0: there are none"),
    Definition(_C, "relay_transactions", "transactions of lanes by their end", ("result",)),
    Definition(_C, "relay_transactions_aborted", "aborted transactions by cause", ("why",)),
    Definition(
        _H,
        "relay_transaction_seconds",
        "from a committed transaction's begin to its end",
        buckets=COMMIT,
    ),
    Definition(_C, "relay_records_written", "records made readable by committed transactions"),
    Definition(_G, "relay_lanes", "lanes of the whole deployment, as its settings say"),
    Definition(_G, "relay_lanes_ready", "lanes of this process that are restored and fetching"),
    Definition(
        _G,
        "relay_lane_clock_timestamp_seconds",
        "append time up to which a lane of this process has decided",
        ("lane",),
    ),
    Definition(_G, "relay_state_bytes", "what the state of a lane takes on disk", ("lane",)),
    Definition(_C, "relay_lanes_fenced", "lanes that another process took over"),
    Definition(
        _H,
        "relay_lane_restore_seconds",
        "from the begin of a lane's opening to its being ready",
        buckets=RESTORE,
    ),
    Definition(_C, "relay_records_restored", "changelog records read to restore lanes"),
    Definition(_C, "relay_checkpoints_discarded", "local stores that did not match the changelog"),
    Definition(
        _G,
        "relay_lag_records",
        "records of an assigned partition not yet decided",
        ("stage", "topic", "partition"),
    ),
    Definition(
        _G,
        "relay_lag_seconds",
        "age of the oldest record of an assigned partition not yet decided",
        ("stage", "topic", "partition"),
    ),
    Definition(_G, "relay_partitions_assigned", "partitions that the group gave this process", _S),
    Definition(_C, "relay_rebalances", "times that the group gave out its partitions anew", _S),
    Definition(
        _H,
        "relay_rebalance_seconds",
        "from the group's taking this process's partitions to its giving them out",
        _S,
        RESTORE,
    ),
    Definition(
        _G,
        "relay_stage_last_poll_timestamp_seconds",
        "when a stage of this process last came back from a poll",
        _S,
        told=True,
    ),
    Definition(
        _C, "relay_sources_forbidden", "refusals by the broker to let a member's topic be read", _M
    ),
    Definition(_G, "relay_source_missing", "1 while a member's inbound topic is not there", _M),
    Definition(_C, "relay_records_lost", "records that retention removed before they were read"),
    Definition(
        _C, "relay_producers_replaced", "producers given up after a failure", ("stage", "why")
    ),
    Definition(
        _C, "relay_consumers_replaced", "consumers given up after a failure", ("stage", "why")
    ),
    Definition(
        _C, "relay_rejections_undeliverable", "rejections that could not be written", ("why",)
    ),
    Definition(
        _C, "relay_records_dropped", "records of batches that a rebalance overtook; read again"
    ),
    Definition(_C, "relay_batches_limited", "batches the broker found too large"),
    Definition(
        _G,
        "relay_certificate_expiry_timestamp_seconds",
        "when the first certificate of a purpose to end does so",
        ("purpose",),
        told=True,
    ),
    Definition(_G, "relay_build_info", "always 1", ("version", "python")),
    Definition(
        _G, "relay_policy_info", "always 1; equal where register and settings decide alike", _D
    ),
    Definition(_G, "relay_ready", "1 while /readyz says ready"),
    Definition(
        _H,
        "relay_event_loop_delay_seconds",
        "how late the event loop woke up a task",
        buckets=DELAY,
    ),
    Definition(_C, "relay_log_lines", "lines logged", ("level",)),
    Definition(_C, "relay_log_lines_held_back", "lines not logged because they repeat"),
    Definition(_C, "relay_traces_limited", "records not traced: too many of a member ask", _M),
    Definition(_C, "relay_spans_sent", "spans that the collector took"),
    Definition(_C, "relay_spans_dropped", "spans dropped since the queue was full"),
    Definition(_C, "relay_spans_refused", "spans that the collector did not take"),
)
