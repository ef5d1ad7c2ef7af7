"""From what happened to what operators see: every outcome and event has its metric and its line."""

from typing import assert_never

from relay.kafka.events import (
    Assigned,
    BatchDropped,
    BatchLimited,
    CanariesBegun,
    CanaryLost,
    CanaryReturned,
    CertificateEnds,
    CheckpointDiscarded,
    ClientRecycled,
    Event,
    Fenced,
    Lag,
    LaneClosed,
    LaneReady,
    LaneStands,
    MemberAside,
    MembersUnread,
    Polled,
    ProducerReplaced,
    ReadableLatency,
    ReadersUnknown,
    RecordsLost,
    SourceForbidden,
    SourceMissing,
    Stepped,
    TransactionAborted,
    TransactionCommitted,
    Undeliverable,
)
from relay.model.outcome import (
    Accepted,
    Joined,
    Outcome,
    Repeated,
    Sent,
    Skipped,
    TracedRecord,
    TracedSighting,
    Warned,
)
from relay.pipeline.topics import DETECTIONS
from relay.telemetry import Journal, Metrics, Tracer

Counted = Joined | Accepted | Skipped | Sent | Warned | Repeated
"""Outcomes that the journal passes over; nineteen of twenty things that happen are of these."""

Loss = RecordsLost | Undeliverable | BatchDropped | BatchLimited
Access = SourceForbidden | SourceMissing
Swap = ProducerReplaced | ClientRecycled
Transaction = TransactionCommitted | TransactionAborted | ReadableLatency | Stepped
Standing = Lag | LaneStands | Assigned | Polled | MembersUnread | ReadersUnknown
Life = CanariesBegun | CanaryReturned | CanaryLost | CertificateEnds
Fields = dict[str, str | int | float | bool | None]
Possession = LaneReady | LaneClosed | Fenced | CheckpointDiscarded | MemberAside


class Observer:
    """Tells metrics, journal and tracer of outcomes and events."""

    def __init__(self, metrics: Metrics, journal: Journal, tracer: Tracer) -> None:
        self._metrics = metrics
        self._journal = journal
        self._tracer = tracer

    def __call__(self, said: Outcome | Event) -> None:
        """Take note of one thing that happened."""
        if isinstance(said, Counted):
            self._metrics.observe(said)
            if isinstance(said, Sent):
                self._tracer.told(said)
            return
        if isinstance(said, TracedRecord):
            self._tracer.record(said)
        elif isinstance(said, TracedSighting):
            self._tracer.sighting(said)
        else:
            self._other(said)

    def _other(self, said: Outcome | Event) -> None:
        match said:
            case Lag() | LaneStands() | Assigned() | Polled() | MembersUnread() | ReadersUnknown():
                self._standing(said)
            case TransactionCommitted() | TransactionAborted() | ReadableLatency() | Stepped():
                self._transaction(said)
            case LaneReady() | LaneClosed() | Fenced() | CheckpointDiscarded() | MemberAside():
                self._possession(said)
            case ProducerReplaced() | ClientRecycled():
                self._swap(said)
            case RecordsLost() | Undeliverable() | BatchDropped() | BatchLimited():
                self._loss(said)
            case SourceForbidden() | SourceMissing():
                self._access(said)
            case CanariesBegun() | CanaryReturned() | CanaryLost() | CertificateEnds():
                self._life(said)
            case _:
                self._metrics.observe(said)
                self._journal.record(said)

    def _standing(self, said: Standing) -> None:
        match said:
            case Lag(stage, topic, partition, records, seconds):
                self._metrics.lag(stage.value, topic, partition, (records, seconds))
            case LaneStands(lane, at, size):
                self._metrics.lane_stands(lane, at / 1_000, size)
            case Assigned(stage, partitions):
                self._metrics.assigned(stage.value, partitions)
            case Polled(stage, at):
                self._metrics.polled(stage.value, at)
            case MembersUnread(waited):
                self._metrics.members_unread(waited)
            case ReadersUnknown(why, detail):
                fields: Fields = {"why": why.value, "detail": detail}
                self._journal.tell("readers not known", why.value, fields)
            case _:
                assert_never(said)

    def _transaction(self, said: Transaction) -> None:
        match said:
            case TransactionCommitted(lane, records, written, seconds):
                self._metrics.committed(written, seconds)
                self._tracer.committed(lane, records, written, seconds)
            case ReadableLatency(_, seconds):
                self._metrics.readable(seconds)
            case TransactionAborted(lane, why, detail):
                self._metrics.aborted(why.value)
                fields: Fields = {"lane": lane, "why": why.value, "detail": detail}
                self._journal.tell("transaction aborted", why.value, fields)
            case Stepped():
                pass
            case _:
                assert_never(said)

    def _possession(self, said: Possession) -> None:
        match said:
            case LaneReady(lane, restored, seconds):
                self._metrics.lane_ready(lane, restored, seconds)
                fields: Fields = {"lane": lane, "restored": restored, "seconds": round(seconds, 3)}
                self._journal.tell("lane ready", str(lane), fields)
            case LaneClosed(lane):
                self._metrics.lane_closed(lane)
                self._journal.tell("lane closed", str(lane), {"lane": lane})
            case Fenced(lane):
                self._metrics.lane_fenced()
                self._journal.tell("lane fenced", str(lane), {"lane": lane})
            case CheckpointDiscarded(lane, reason):
                self._metrics.checkpoint_discarded()
                self._journal.tell(
                    "checkpoint discarded", str(lane), {"lane": lane, "reason": reason}
                )
            case MemberAside():
                self._member_aside(said)
            case _:
                assert_never(said)

    def _life(self, said: Life) -> None:
        canaries = self._metrics.canaries
        match said:
            case CanariesBegun(lane, members, at):
                canaries.begun(lane, members, at)
            case CanaryReturned(lane, members, at, seconds):
                canaries.returned(lane, members, at, seconds)
            case CertificateEnds(purpose, at):
                self._metrics.certificate_ends(purpose.value, at)
            case CanaryLost(lane, members, why, detail):
                canaries.lost(members)
                for member in members:
                    fields: Fields = {"lane": lane, "member": member, "why": why.value}
                    fields["detail"] = detail
                    self._journal.tell("canary lost", why.value, fields)
            case _:
                assert_never(said)

    def _member_aside(self, said: MemberAside) -> None:
        self._metrics.member_aside(said.lane, said.member, aside=said.aside)
        event = "alerts topic set aside" if said.aside else "alerts topic taken back"
        why = said.why.value if said.why is not None else None
        fields: Fields = {"lane": said.lane, "member": said.member, "why": why}
        self._journal.tell(event, said.member, fields)

    def _swap(self, said: Swap) -> None:
        stage, why = said.stage.value, said.why.value
        fields = {"stage": stage, "why": why, "detail": said.detail}
        if isinstance(said, ProducerReplaced):
            self._metrics.producer_replaced(stage, why)
            self._journal.tell("producer replaced", f"{stage} {why}", fields)
        else:
            self._metrics.consumer_replaced(stage, why)
            self._journal.tell("consumer replaced", f"{stage} {why}", fields)

    def _loss(self, said: Loss) -> None:
        match said:
            case RecordsLost(topic, partition, since, until):
                self._metrics.records_lost(until - since)
                fields: Fields = {
                    "topic": topic,
                    "partition": partition,
                    "since": since,
                    "until": until,
                }
                self._journal.tell("records lost to retention", topic, fields)
            case Undeliverable(topic, why, records):
                self._metrics.undeliverable(why.value, records)
                lost: Fields = {"topic": topic, "why": why.value, "records": records}
                self._journal.tell("rejections undeliverable", topic, lost)
            case BatchDropped(records):
                self._metrics.batch_dropped(records)
            case BatchLimited(lane, topic, limit):
                self._metrics.batch_limited()
                batch: Fields = {"lane": lane, "topic": topic, "limit": limit}
                self._journal.tell("batches of a topic limited", topic, batch)
            case _:
                assert_never(said)

    def _access(self, said: Access) -> None:
        member = said.topic.removeprefix(DETECTIONS)
        if isinstance(said, SourceForbidden):
            self._metrics.source_forbidden(member)
            event = "source may not be read"
        else:
            self._metrics.source_missing(member, missing=said.missing)
            event = "source missing" if said.missing else "source there again"
        self._journal.tell(event, said.topic, {"topic": said.topic})
