"""What looks wrong in what the brokers say."""

from collections.abc import Iterator, Sequence
from typing import Final

from relay.cli.doctor.finding import Finding, note, wrong
from relay.cli.doctor.gathered import Gathered
from relay.kafka.config import Topics
from relay.kafka.events import Why
from relay.kafka.survey import Cluster, Progress, Unanswered
from relay.kafka.topics import Change, Kind

MUCH: Final = 10_000
"""Records of one partition: some seconds of work, more than any pause between two polls leaves."""

SKEW_MS: Final = 5_000
"""Clocks that are kept by NTP differ by a hundredth of this."""

COPIES: Final = 3
"""With fewer, acknowledged records can be lost with one machine; see docs/guarantees.md."""

CONFLICT: Final = 'see docs/operations.md, "Partitions in conflict"'
"""What to do about a number of partitions that nobody but a person may change."""


def of_cluster(known: Gathered) -> Iterator[Finding]:
    """Yield what looks wrong; one finding if nothing could be asked at all."""
    cluster = known.cluster
    if cluster is None:
        return
    if isinstance(cluster.brokers, Unanswered):
        yield _unreachable(cluster.brokers, known.distrusted)
        return
    yield from _of_questions(cluster)
    yield from _of_topics(known.differing)
    if known.foreign:
        says = "relay.state was made with another key_secret_file or number of lanes"
        yield wrong("topics", says, "bring back what it was made with: both are fixed for life")
    yield from _of_copies(cluster)
    yield from _of_groups(cluster)
    yield from _of_clock(cluster, known.now)


def _unreachable(said: Unanswered, distrusted: str | None) -> Finding:
    if distrusted is not None:
        do = "show a certificate that the brokers take; `relay check --connect` asks again"
        return wrong("broker", f"closed during the handshake: {distrusted}", do)
    if said.why is Why.FORBIDDEN:
        return wrong("broker", f"it does not allow us in: {said.error}", "look at the credentials")
    do = "see that kafka.bootstrap names the brokers and that they run"
    return wrong("broker", f"none answers: {said.why}, {said.error}", do)


def unanswered(cluster: Cluster) -> dict[str, Unanswered]:
    """Return the questions that got no answer, by the part of the document."""
    asked = {
        "broker": cluster.brokers,
        "topics": cluster.topics,
        "copies": cluster.copies,
        "groups": cluster.groups,
        "progress": cluster.progress,
        "open_transactions": cluster.open,
        "clock": cluster.newest,
        "transactional_ids": cluster.coordinators,
    }
    return {name: said for name, said in asked.items() if isinstance(said, Unanswered)}


def _of_questions(cluster: Cluster) -> Iterator[Finding]:
    for name, said in unanswered(cluster).items():
        does = "allow this principal to describe it" if said.why is Why.FORBIDDEN else "ask again"
        yield note(name, f"no answer: {said.why}, {said.error}", does)


def _of_topics(differing: Sequence[Change]) -> Iterator[Finding]:
    for kind, says, do in (
        (Kind.CREATE, "are missing", "`relay provision --yes` makes them"),
        (Kind.CONFIGURE, "have other settings", "`relay provision` shows them, --yes mends them"),
        (Kind.CONFLICT, "have another number of partitions", CONFLICT),
    ):
        names = [change.topic.name for change in differing if change.kind is kind]
        if names:
            yield wrong("topics", f"{len(names)} {says}: {_some(names)}", do)


def _of_copies(cluster: Cluster) -> Iterator[Finding]:
    if isinstance(cluster.copies, Unanswered):
        return
    places = {f"{each.topic}/{each.partition}": each for each in cluster.copies}
    headless = [name for name, each in places.items() if each.leader is None]
    behind = [name for name, each in places.items() if each.in_step < each.wanted]
    few = [name for name, each in places.items() if each.wanted < COPIES]
    if headless:
        says = f"{len(headless)} partitions have no leader: {_some(headless)}"
        yield wrong("copies", says, "bring their brokers back")
    if behind:
        says = f"{len(behind)} partitions have copies that are behind: {_some(behind)}"
        yield wrong("copies", says, "look at the brokers: one is down or slow")
    if few:
        says = f"{len(few)} partitions have fewer than {COPIES} copies"
        yield note("copies", says, "for anything but trying out, see docs/guarantees.md")


def _of_groups(cluster: Cluster) -> Iterator[Finding]:
    progress = () if isinstance(cluster.progress, Unanswered) else cluster.progress
    lost = [each for each in progress if each.committed is not None and each.committed < each.start]
    ahead = [each for each in progress if (each.committed or 0) > each.end]
    late = [each for each in progress if each.lag > MUCH]
    if lost:
        says = f"retention took records that were not read: {_where(lost)}"
        yield wrong("progress", says, "see relay_records_lost_total; run more processes")
    if ahead:
        says = f"committed offsets are beyond the end: {_where(ahead)}"
        yield wrong(
            "progress", says, 'a topic was made anew: docs/operations.md, "A topic is lost"'
        )
    if late:
        yield wrong("progress", f"behind: {_where(late)}", "run more processes, or wait")
    yield from _of_passed_over(progress)
    for group in () if isinstance(cluster.groups, Unanswered) else cluster.groups:
        waiting = sum(each.lag for each in progress if each.group == group.name)
        if group.members == 0 and waiting:
            says = f"nobody is in {group.name}, and {waiting} records wait"
            yield wrong("groups", says, "start `relay run`")


def _of_passed_over(progress: Sequence[Progress]) -> Iterator[Finding]:
    """Ingest's offsets came without its lanes, as a mirror of groups or a deletion leaves them."""
    names = Topics()
    lanes = [each for each in progress if each.topic == names.sightings]
    read = [each for each in progress if each.topic.startswith(names.detections)]
    passed = [each for each in read if each.committed is not None and each.committed > each.start]
    if lanes and passed and not any(each.end for each in lanes):
        says = f"{_some([each.topic for each in passed])} were read, and no lane has had a record"
        do = "let relay.ingest read them again: see relay.sightings in docs/operations.md"
        yield wrong("progress", says, do)


def _of_clock(cluster: Cluster, now: int) -> Iterator[Finding]:
    if isinstance(cluster.newest, Unanswered) or not cluster.newest:
        return
    ahead = max(cluster.newest.values()) - now
    if ahead > SKEW_MS:
        says = f"the brokers' clock is {ahead / 1_000:.1f} s ahead of this machine's"
        yield wrong("clock", says, "keep both by NTP")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _where(found: Sequence[Progress]) -> str:
    return _some([f"{each.topic}/{each.partition} ({each.lag} records)" for each in found])
