"""Metrics of one process: counted from outcomes and from what the shell says."""

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from relay.model.detection import MemberId
from relay.model.outcome import (
    Accepted,
    Aside,
    Joined,
    Outcome,
    Recreated,
    Rejected,
    Repeated,
    Sent,
    Skipped,
    TracedRecord,
    TracedSighting,
    Unreadable,
    Warned,
)
from relay.telemetry.canaries import Canaries
from relay.telemetry.definitions import DEFINITIONS, SETS, Definition, Kind
from relay.telemetry.family import Family

STALE_S: Final = 30.0
"""After this a lag that was not told again is nobody's; the shell tells of each every second."""

LAG: Final = ("relay_lag_records", "relay_lag_seconds")
"""What is told of each partition that this process reads."""

STANDING: Final = ("relay_lane_clock_timestamp_seconds", "relay_state_bytes")
"""What is told of each lane of this process, and of no other."""


class Metrics:
    """The metrics of a process that serves `members`, in a registry of its own.

    Make one when the process starts. A label's value outside its set counts as `other`, so that
    neither a message nor a new kind of failure can make a series or stop the relay. `clock` gives
    seconds and never goes back.
    """

    def __init__(
        self,
        members: Iterable[MemberId],
        version: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # A creation time per child doubles the series and says when the process started.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry: Final = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._sets = {**SETS, "member": tuple(members)}
        self._counters: dict[str, Family[Counter]] = {}
        self._gauges: dict[str, Family[Gauge]] = {}
        self._histograms: dict[str, Family[Histogram]] = {}
        self._open: dict[str, Gauge] = {}
        for definition in DEFINITIONS:
            self._define(definition)
        self.canaries: Final = Canaries(
            self._histograms["relay_canary_round_trip_seconds"],
            self._open["relay_canary_last_success_timestamp_seconds"],
            self._counters["relay_canary_failures"],
        )
        self._open["relay_build_info"].labels(version, platform.python_version()).set(1)
        self._clock = clock
        self._told: dict[tuple[str, str, str], float] = {}
        self._ready: set[int] = set()
        self._standing: set[int] = set()
        self._aside: dict[MemberId, set[int]] = {}
        self._readers: set[MemberId] = set()
        self._deciding: dict[str, float] = {}

    def _define(self, made: Definition) -> None:
        name, meaning, labels, unit = made.name, made.meaning, made.labels, made.unit
        sets = [self._sets[label] for label in labels if label in self._sets]
        if made.kind is Kind.COUNTER:
            counter = Counter(name, meaning, labels, registry=self.registry)
            self._counters[name] = Family(counter, sets)
        elif made.kind is Kind.HISTOGRAM:
            histogram = Histogram(
                name, meaning, labels, unit=unit, buckets=made.buckets, registry=self.registry
            )
            self._histograms[name] = Family(histogram, sets)
        else:
            gauge = Gauge(name, meaning, labels, unit=unit, registry=self.registry)
            if made.told or len(sets) < len(labels):
                self._open[name] = gauge
            else:
                self._gauges[name] = Family(gauge, sets)

    def steered(self, lanes: int, digest: str, canary: int) -> None:
        """The lanes there are, the digest of register and settings, seconds between canaries."""
        self._gauges["relay_canary_interval_seconds"].child().set(canary)
        self._gauges["relay_lanes"].child().set(lanes)
        self._open["relay_policy_info"].labels(digest).set(1)

    def observe(self, outcome: Outcome) -> None:
        """Count one outcome of the decision path."""
        match outcome:
            case Accepted() | Rejected() | Skipped():
                self._taken(outcome)
            case Joined() | Repeated() | Recreated() | Unreadable():
                self._read(outcome)
            case Sent():
                self._sent(outcome)
            case Warned(member, lead):
                self._warned(member, lead)
            case Aside(member, aside):
                self._count("relay_members_set_aside", member, by=int(aside))
            case TracedRecord() | TracedSighting():
                pass
            case _:
                assert_never(outcome)

    def _taken(self, outcome: Accepted | Rejected | Skipped) -> None:
        match outcome:
            case Accepted(member, sightings):
                self._count("relay_detections_accepted", member)
                self._count("relay_sightings_produced", member, by=sightings)
            case Rejected():
                labels = (outcome.member, outcome.verdict, outcome.reason)
                self._count("relay_detections_rejected", *labels)
            case Skipped(member):
                self._count("relay_records_skipped", member)
            case _:
                assert_never(outcome)

    def _read(self, outcome: Joined | Repeated | Recreated | Unreadable) -> None:
        match outcome:
            case Joined(member):
                self._count("relay_sightings_joined", member)
            case Repeated(member):
                self._count("relay_sightings_repeated", member)
            case Recreated():
                self._count("relay_topics_recreated")
            case Unreadable():
                self._count("relay_records_unreadable")
            case _:
                assert_never(outcome)

    def _sent(self, sent: Sent) -> None:
        self._count("relay_revisions", sent.reason)
        for member in sent.recipients:
            self._count("relay_alerts_sent", member, sent.state)
        for part, count in sent.lost:
            self._count("relay_alert_parts_lost", sent.format, part, by=count)

    def _warned(self, member: MemberId, lead: int) -> None:
        if lead < 0:
            self._count("relay_warnings_late", member)
        else:
            self._histograms["relay_warning_lead_seconds"].child(member).observe(lead / 1000)

    def committed(self, written: int, seconds: float) -> None:
        """A lane's transaction made `written` records readable, `seconds` after its begin."""
        self._count("relay_transactions", "committed")
        self._count("relay_records_written", by=written)
        self._histograms["relay_transaction_seconds"].child().observe(seconds)

    def aborted(self, why: str) -> None:
        """A lane's transaction failed."""
        self._count("relay_transactions", "aborted")
        self._count("relay_transactions_aborted", why)

    def readable(self, seconds: float) -> None:
        """An alert became readable `seconds` after its detection was appended.

        The two times are of two clocks: less than nothing counts as nothing.
        """
        self._histograms["relay_append_to_readable_seconds"].child().observe(max(seconds, 0))

    def lane_ready(self, lane: int, restored: int, seconds: float) -> None:
        """A lane was taken over, with `restored` changelog records, in `seconds`."""
        self._ready.add(lane)
        self._gauges["relay_lanes_ready"].child().set(len(self._ready))
        self._histograms["relay_lane_restore_seconds"].child().observe(seconds)
        self._count("relay_records_restored", by=restored)

    def lane_closed(self, lane: int) -> None:
        """A lane is no longer worked on here, whatever the reason."""
        self._ready.discard(lane)
        self.canaries.ended(lane)
        if lane in self._standing:
            self._standing.discard(lane)
            for name in STANDING:
                self._open[name].remove(str(lane))
        self._gauges["relay_lanes_ready"].child().set(len(self._ready))
        for member in self._aside:
            self.member_aside(lane, member, aside=False)

    def lane_stands(self, lane: int, at: float, size: int) -> None:
        """A lane has decided what was appended until `at` (s); its state takes `size` bytes."""
        self._standing.add(lane)
        for name, value in zip(STANDING, (at, size), strict=True):
            self._open[name].labels(str(lane)).set(value)

    def lane_fenced(self) -> None:
        """Another process took a lane over."""
        self._count("relay_lanes_fenced")

    def member_aside(self, lane: int, member: MemberId, *, aside: bool) -> None:
        """A lane set a member's alerts topic aside, or took it back."""
        lanes = self._aside.setdefault(member, set())
        if aside:
            lanes.add(lane)
        else:
            lanes.discard(lane)
        self._gauges["relay_member_aside_lanes"].child(member).set(len(lanes))

    def checkpoint_discarded(self) -> None:
        """A lane's local store did not match its changelog."""
        self._count("relay_checkpoints_discarded")

    def lag(self, stage: str, topic: str, partition: int, left: tuple[int, float]) -> None:
        """So many records of a partition are left, the oldest of so many seconds.

        Topics are those of the register.
        """
        labels = (stage, topic, str(partition))
        self._told[labels] = self._clock()
        for name, value in zip(LAG, left, strict=True):
            self._open[name].labels(*labels).set(value)

    def assigned(self, stage: str, partitions: int | None) -> None:
        """The group gave `partitions` of a stage's; None while it is deciding, or if we left it."""
        self._gauges["relay_partitions_assigned"].child(stage).set(partitions or 0)
        if partitions is None:
            self._deciding.setdefault(stage, self._clock())
            return
        self._count("relay_rebalances", stage)
        began = self._deciding.pop(stage, None)
        if began is not None:
            lasted = self._clock() - began
            self._histograms["relay_rebalance_seconds"].child(stage).observe(lasted)

    def polled(self, stage: str, at: float) -> None:
        """A stage's last poll returned at `at` (Unix time in s)."""
        self._open["relay_stage_last_poll_timestamp_seconds"].labels(stage).set(at)

    def source_forbidden(self, member: MemberId) -> None:
        """The broker refuses to let a member's inbound topic be read."""
        self._count("relay_sources_forbidden", member)

    def source_missing(self, member: MemberId, *, missing: bool) -> None:
        """A member's inbound topic is not there, or is there again."""
        self._gauges["relay_source_missing"].child(member).set(missing)

    def forget(self) -> None:
        """Drop the lag of partitions that are no longer told of: they are another process's."""
        limit = self._clock() - STALE_S
        for labels in [labels for labels, at in self._told.items() if at < limit]:
            del self._told[labels]
            for name in LAG:
                self._open[name].remove(*labels)

    def records_lost(self, records: int) -> None:
        """Retention removed records before they were read."""
        self._count("relay_records_lost", by=records)

    def producer_replaced(self, stage: str, why: str) -> None:
        """A producer was given up."""
        self._count("relay_producers_replaced", stage, why)

    def consumer_replaced(self, stage: str, why: str) -> None:
        """A consumer was given up."""
        self._count("relay_consumers_replaced", stage, why)

    def undeliverable(self, why: str, records: int) -> None:
        """Rejections could not be written and were given up."""
        self._count("relay_rejections_undeliverable", why, by=records)

    def batch_dropped(self, records: int) -> None:
        """A rebalance overtook a batch."""
        self._count("relay_records_dropped", by=records)

    def batch_limited(self) -> None:
        """The broker refused a batch as too large."""
        self._count("relay_batches_limited")

    def members_unread(self, seconds: Mapping[MemberId, float]) -> None:
        """For so many seconds these members, and no others, have left alerts unread."""
        gauge = self._open["relay_member_unread_seconds"]
        for member in self._readers - seconds.keys():
            gauge.remove(member)
        self._readers = set(seconds)
        for member, waited in seconds.items():
            gauge.labels(member).set(waited)

    def certificate_ends(self, purpose: str, at: float) -> None:
        """The first certificate of a purpose ends at `at` (Unix time in s)."""
        self._open["relay_certificate_expiry_timestamp_seconds"].labels(purpose).set(at)

    def loop_delay(self, seconds: float) -> None:
        """The event loop woke a task up `seconds` late."""
        self._histograms["relay_event_loop_delay_seconds"].child().observe(seconds)

    def logged(self, level: str) -> None:
        """A line was logged."""
        self._count("relay_log_lines", level)

    def held_back(self) -> None:
        """A line was not logged because it repeats others."""
        self._count("relay_log_lines_held_back")

    def trace_limited(self, member: MemberId) -> None:
        """A record of a member was not traced, since too many of its are."""
        self._count("relay_traces_limited", member)

    def spans_sent(self, spans: int) -> None:
        """The collector took `spans`."""
        self._count("relay_spans_sent", by=spans)

    def spans_dropped(self, spans: int) -> None:
        """The queue was full."""
        self._count("relay_spans_dropped", by=spans)

    def spans_refused(self, spans: int) -> None:
        """The collector did not take `spans`."""
        self._count("relay_spans_refused", by=spans)

    def ready(self, ready: bool) -> None:
        """What /readyz would say now."""
        self._gauges["relay_ready"].child().set(ready)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type, as an `Accept` header asks, else as plain text.

        Takes tens of ms with many members; it may run in another thread, beside the loop.
        """
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a version in the header that is no version
            encode, content_type = choose_encoder("")
        return encode(self.registry), content_type

    def _count(self, name: str, *labels: str, by: int = 1) -> None:
        self._counters[name].child(*labels).inc(by)
