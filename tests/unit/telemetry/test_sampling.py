"""Which records are traced."""

from collections.abc import Sequence
from dataclasses import replace

from relay.model.member import TRUST_UNIT
from relay.model.records import Position, Record, Unread
from relay.model.trace import Trace, derived
from relay.telemetry import Sampler
from relay.telemetry.sampling import MAX_MEMBERS, PER_SECOND
from tests.unit.telemetry.test_journal import Watch

ASKED = derived("asked")
NOT_ASKED = derived("not asked", sampled=False)


def record(offset: int = 0, trace: Trace | None = None, by: str = "ee") -> Record:
    """A record of a member."""
    return Record(Position(f"detections.{by}", 0, offset), 0, None, b"{}", trace)


def chosen(sampler: Sampler, records: Sequence[Record]) -> list[Trace | None]:
    """The traces that records go on with."""
    return [each.trace for each in sampler.choose(records)]


def test_who_asks_is_traced_and_nobody_else() -> None:
    """With no share of the rest, the sampled flag decides; what is not traced carries nothing."""
    sampler = Sampler(0)

    assert chosen(sampler, [record(), record(1, ASKED), record(2, NOT_ASKED)]) == [
        None, ASKED, None
    ]  # fmt: skip


def test_nothing_else_of_a_record_is_touched() -> None:
    """A record goes on as it came, but for its trace."""
    records = [record(0), record(1, NOT_ASKED), record(2, ASKED)]

    for share in (0, TRUST_UNIT):
        went = Sampler(share, clock=Watch().read).choose(records)
        assert [isinstance(each, Record) and replace(each, trace=None) for each in went] == [
            replace(each, trace=None) for each in records
        ]


def test_a_share_is_the_same_in_every_process() -> None:
    """About a tenth of ten thousand, the same ones each time, whoever comes with a trace or not."""
    records = [record(n, derived(str(n), sampled=False) if n % 2 else None) for n in range(10_000)]
    watch = Watch()

    def taken() -> set[int]:
        sampler, found = Sampler(100_000, clock=watch.read), set()
        for each in records:
            watch.now += 1.0
            found |= {r.position.offset for r in sampler.choose([each]) if r.trace is not None}
        return found

    first = taken()
    assert 850 < len(first) < 1150
    assert 0.4 < sum(n % 2 for n in first) / len(first) < 0.6
    assert taken() == first


def test_a_trace_that_begins_here_has_no_parent() -> None:
    """A record without a context begins a trace; one with a context goes on in its own."""
    begun, own = chosen(Sampler(TRUST_UNIT), [record(7), record(8, NOT_ASKED)])

    assert begun == replace(derived("detections.ee:0:7"), span="", sampled=False)
    assert own == NOT_ASKED


def test_who_asks_too_often_is_limited_and_counted() -> None:
    """A member gets so many traces a second, whatever it asks for; another is not held by that."""
    watch, limited = Watch(), list[str]()
    sampler = Sampler(0, limited.append, watch.read)
    flood = [record(n, ASKED) for n in range(3 * PER_SECOND)]

    first = chosen(sampler, [*flood, record(trace=ASKED, by="fr")])
    watch.now = 1.0
    later = chosen(sampler, flood)

    assert first == [ASKED] * PER_SECOND + [None] * 2 * PER_SECOND + [ASKED]
    assert later == first[:-1]
    assert limited == ["ee"] * 4 * PER_SECOND


def test_the_memory_of_members_is_bounded() -> None:
    """However many topics there are, only so many seconds are remembered."""
    sampler = Sampler(0, clock=Watch().read)

    sampler.choose([record(trace=ASKED, by=f"m{n}") for n in range(3 * MAX_MEMBERS)])

    assert len(sampler._seconds) <= MAX_MEMBERS


def test_what_was_not_read_is_not_traced() -> None:
    """Records that no decoder was given have no trace, and are of no share."""
    unread = Unread(Position("detections.ee", 0, 7), 0, 5, None)

    assert list(Sampler(TRUST_UNIT).choose([unread])) == [unread]
