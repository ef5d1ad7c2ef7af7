"""Whatever is traced, and whatever a member writes as its trace, nothing that is told changes."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.model.outcome import Outcome, TracedRecord, TracedSighting
from relay.model.plan import Plan
from relay.model.records import Outgoing, Position, Record
from relay.model.trace import HEADER, Trace, parsed
from relay.pipeline.correlate import control, correlate
from relay.pipeline.ingest import ingest
from relay.pipeline.topics import ALERTS, SIGHTINGS
from relay.state import MemoryStore, View
from relay.wire.internal import Tick
from tests.strategies import World, worlds

some = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

TRACES = st.builds(
    Trace,
    st.sampled_from([f"{number:032x}" for number in range(1, 4)]),
    st.sampled_from(["", f"{7:016x}"]),
    st.booleans(),
)


def read(out: Outgoing, offset: int) -> Record:
    """What ingest writes for a lane, as the lane reads it."""
    trace = parsed(dict(out.headers).get(HEADER))
    place = Position(SIGHTINGS, out.partition or 0, offset)
    return Record(place, out.at, out.key, out.value, trace)


def without(outcomes: tuple[Outcome, ...]) -> list[Outcome]:
    """Outcomes, those of traces left out."""
    return [each for each in outcomes if not isinstance(each, TracedRecord | TracedSighting)]


def run(world: World, traces: list[Trace | None]) -> tuple[list[Plan], list[Plan], MemoryStore]:
    """What ingest and one lane come to, each record with a trace or without."""
    store, taken, decided = MemoryStore(), list[Plan](), list[Plan]()
    for number, record in enumerate(world.records):
        traced = replace(record, trace=traces[number % len(traces)])
        plan = ingest([traced], world.rules)
        sightings = [out for out in plan.outgoing if out.topics == (SIGHTINGS,)]
        lane = [control(Tick(tick=True), record.at, 0), *sightings]
        done = correlate([read(out, n) for n, out in enumerate(lane)], View(store), world.rules)
        store.apply(done.changes, None)
        taken.append(plan)
        decided.append(done)
    return taken, decided, store


@some
@given(worlds(), st.lists(st.none() | TRACES, min_size=1, max_size=5))
def test_a_trace_decides_nothing(world: World, traces: list[Trace | None]) -> None:
    """Alerts with their headers, rejections, state, and what is counted: all as without."""
    plain, traced = run(world, [None]), run(world, traces)

    for one, other in zip(plain[0], traced[0], strict=True):
        bare = [replace(out, headers=()) for out in one.outgoing]
        assert [replace(out, headers=()) for out in other.outgoing] == bare
        assert without(other.outcomes) == list(one.outcomes)
    assert [plan.outgoing for plan in traced[1]] == [plan.outgoing for plan in plain[1]]
    assert [without(plan.outcomes) for plan in traced[1]] == [
        list(plan.outcomes) for plan in plain[1]
    ]
    assert traced[2].entries() == plain[2].entries()


@some
@given(worlds(), TRACES)
def test_a_trace_goes_to_the_lanes_and_no_further(world: World, trace: Trace) -> None:
    """Sightings carry it; no record of a member does, and what follows a sighting is its own."""
    taken, decided, _ = run(world, [trace])
    planted = trace.trace.encode()

    for plan in taken:
        for out in plan.outgoing:
            carried = [name for name, content in out.headers if planted in content]
            assert carried == ([HEADER] if out.topics == (SIGHTINGS,) else [])
            assert planted not in out.value
    for plan in decided:
        assert all(topic.startswith(ALERTS) for out in plan.outgoing for topic in out.topics)
        written = [content for out in plan.outgoing for _, content in out.headers]
        kept = [change.value or b"" for change in plan.changes]
        assert not any(planted in content for content in (*written, *kept))
