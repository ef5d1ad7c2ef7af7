"""From a stream of records in some format to detections ready to publish; counts what is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import orjson

from relay.core.correlate import Rules
from relay.core.register import Register
from relay.formats.adapters import WHOLE, outcomes
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.formats.parsing import parse
from relay.formats.reading import records
from relay.model.member import Member
from relay.model.outcome import Reason, Rejected, Verdict
from relay.model.policy import Policy
from relay.model.records import Outgoing, Position, Record
from relay.model.trace import Trace, derived
from relay.model.vocabulary import Format
from relay.pipeline.ingest import ingest
from relay.pipeline.topics import DETECTIONS
from relay.wire.decode import Fault, decode
from relay.wire.detection import DetectionV1
from relay.wire.envelope import detection_headers
from relay.wire.fields import timestamp

SHOWN = 20
"""Refusals, and trims, that are told one by one; of the rest the count, each time it doubles."""

REPLAY = "--replay plays an old capture as if it happened now"


@dataclass(slots=True)
class Tally:
    """What came of the records so far; `tell` hears at once what is refused or trimmed."""

    tell: Callable[[str], None]
    read: int = 0
    detections: int = 0
    sent: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    trimmed: int = 0

    def refuse(self, why: str) -> None:
        """Count what cannot be used."""
        self.refused += 1
        self._say(self.refused, why, "refused")

    def trim(self, why: str) -> None:
        """Count a detection of which the relay will use a part."""
        self.trimmed += 1
        self._say(self.trimmed, f"trimmed: {why}", "trimmed")

    def _say(self, count: int, why: str, verdict: str) -> None:
        times, rest = divmod(count, SHOWN)
        if count <= SHOWN:
            self.tell(f"record {self.read}: {why}")
        elif rest == 0 and times.bit_count() == 1:
            self.tell(f"record {self.read}: {count} {verdict} so far")


def edge_rules(member: str, *, allow_documentation: bool) -> Rules:
    """Return rules that ingest the records of one member, of whom nothing else is known.

    Ingest looks at no more of a member than its being enabled, and the keys go nowhere.
    """
    known = (Member(member, member, "EU", "national-hub"),)
    policy = Policy(known, b"the member's edge", allow_documentation=allow_documentation)
    return Rules(policy, Register(known))


@dataclass(frozen=True, slots=True)
class Conversion:
    """How records become detections: `source` says whose they are; `clock` gives ms now.

    `rules` are those by which the relay will ingest them: what it would refuse does not come out.
    `replay`: an old capture is played as if it happened now; ids stay those of the capture.
    `traced`: each asks the relay to trace it, by a context that its own id gives.
    """

    format: Format
    member: str
    rules: Rules
    source: Callable[[], Source]
    clock: Callable[[], int]
    replay: bool = False
    traced: bool = False

    def run(self, stream: BinaryIO, tally: Tally) -> Iterator[Outgoing]:
        """Yield each detection as it is to be written; keep count in `tally`."""
        for record in records(stream, whole=self.format in WHOLE):
            tally.read += 1
            if isinstance(record, Refused):
                tally.refuse(f"{record.reason}: {record.detail}")
                continue
            for found in self._bodies(record, tally):
                body = self._as_of_now(found) if self.replay else found
                checked = decode(body, self.member)
                if isinstance(checked, Fault):
                    tally.refuse(f"{checked.reason.value} at {checked.path}: {checked.detail}")
                elif self._passes(body, tally):
                    tally.detections += 1
                    yield self._outgoing(body, checked, self._trace(checked, tally))

    def _bodies(self, record: bytes, tally: Tally) -> Iterator[bytes]:
        if self.format == "native":
            yield record
            return
        value = parse(record)
        found = (
            [value] if isinstance(value, Refused) else outcomes(self.format, value, self.source())
        )
        for outcome in found:
            match outcome:
                case Converted(detections):
                    yield from map(orjson.dumps, detections)
                case Skipped(reason):
                    tally.skipped[reason] += 1
                case Refused(reason, detail, path):
                    tally.refuse(f"{reason} at {path}: {detail}")

    def _outcomes(self, record: bytes) -> list[Outcome]:
        value = parse(record)
        if isinstance(value, Refused):
            return [value]
        return outcomes(self.format, value, self.source())

    def _as_of_now(self, body: bytes) -> bytes:
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body  # said to be no JSON where it is checked
        if isinstance(fields, dict):
            fields["detected_at"] = timestamp(self.clock())
        return orjson.dumps(fields)

    def _passes(self, body: bytes, tally: Tally) -> bool:
        """Return whether the relay will take a detection; tell what it will say of it."""
        place = Position(DETECTIONS + self.member, 0, 0)
        plan = ingest([Record(place, self.clock(), None, body)], self.rules)
        taken = True
        for outcome in plan.outcomes:
            if not isinstance(outcome, Rejected):
                continue
            hint = f"; {REPLAY}" if outcome.reason is Reason.TOO_OLD else ""
            why = f"{outcome.reason.value} at {outcome.path}: {outcome.detail}{hint}"
            if outcome.verdict is Verdict.REFUSED:
                taken = False
                tally.refuse(why)
            else:
                tally.trim(why)
        return taken

    def _trace(self, detection: DetectionV1, tally: Tally) -> Trace | None:
        if not self.traced:
            return None
        name = f"{detection.id}.{detection.revision}"
        trace = derived(f"{self.member}.{name}")
        tally.tell(f"record {tally.read}: detection {name} has trace {trace.trace}")
        return trace

    def _outgoing(self, body: bytes, detection: DetectionV1, trace: Trace | None) -> Outgoing:
        name = f"{detection.id}.{detection.revision}"
        headers = detection_headers(
            self.member, name, detection.published_at, detection.sharing.tlp, trace
        )
        return Outgoing((), self.clock(), detection.id.encode(), body, headers)
