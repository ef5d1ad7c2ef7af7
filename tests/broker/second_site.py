"""The loss of a site, from the first record there to the last one at the site that takes over.

Two clusters, and `examples/mirror.properties` between them. The first site dies while its relay is
deciding: the mirror is behind by then, and dies as well.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from relay.broker import Cluster, Runtime, Spec
from relay.cli.main import app
from relay.kafka.clients import Fetched
from relay.pipeline.topics import ALERTS, DETECTIONS, REJECTED
from tests.broker.conftest import ClusterIn, probe
from tests.broker.judge import COMMITTED, Verdict, fetch
from tests.broker.mirror import Mirror, mirrored, mirroring
from tests.broker.victim import SECRET, Fault
from tests.broker.workers import Workers, is_ready
from tests.broker.world import MEMBERS, World, _committed, _run, name, opened, until

LANES: Final = 2
APP: Final = "relay"
"""The mirror's settings have the relay's groups by this name."""

READER: Final = "ee.siem"
SLOW_S: Final = 240.0
"""For the mirror: its start alone takes ten seconds of an idle machine."""

LOST: Final = 40
"""Detections that members report after the mirror fell behind."""

SECRETLY: Final = "for-fi-alone.attackers.net"
FAT: Final = 3 << 20
"""Bytes of a record that is small while it is compressed; three times what a producer takes."""

Log: TypeAlias = dict[TopicPartition, list[Fetched]]


def places(prefix: str, partitions: int) -> list[TopicPartition]:
    """The partitions of all members' topics of a kind."""
    return [TopicPartition(prefix + m, number) for m in MEMBERS for number in range(partitions)]


OWN: Final = [place for place in places(ALERTS, LANES) if place.topic == ALERTS + "ee"]
"""What the reader reads."""

MIRRORED: Final = [*places(DETECTIONS, 1), *places(ALERTS, LANES)]


@dataclass(slots=True)
class Story:
    """The two sites, and what was found on the way.

    reached: the last offset of each partition that the mirror says is at the second site.
    came: what was at the second site before its relay started; its plan is that of `provision`.
    first: all that the first site had, when its cluster came back.
    taken, again, whole: what members could read at the second site when its relay had decided what
        was mirrored; when they had sent that once more; when they had sent the rest.
    read, left: what a member's reader had read at the first site, and what it was given at the
        second.
    """

    a: Cluster
    here: World
    there: World
    mirror: Mirror
    home: Path
    aborted: int = 0
    reached: dict[TopicPartition, int] = field(default_factory=dict)
    plan: list[dict[str, str]] = field(default_factory=list)
    came: Log = field(default_factory=dict)
    first: Log = field(default_factory=dict)
    taken: Log = field(default_factory=dict)
    again: Log = field(default_factory=dict)
    whole: Log = field(default_factory=dict)
    read: Log = field(default_factory=dict)
    left: Log = field(default_factory=dict)
    rejected: list[Log] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def log(self, world: World, of: list[TopicPartition], isolation: str = COMMITTED) -> Log:
        """Return what is in partitions, as a reader of committed records sees it unless said."""
        return _run(fetch(world.bootstrap, dict.fromkeys(of), isolation))

    def told(self, log: Log) -> Log:
        """Return what the relay at the second site has told of what members could read."""
        return {place: found[len(self.came[place]) :] for place, found in log.items()}

    def lost(self) -> list[Fetched]:
        """Return the detections that were not mirrored."""
        found = [record for place in places(DETECTIONS, 1) for record in self.first[place]]
        return [r for r in found if r.offset > self.reached[TopicPartition(r.topic, r.partition)]]

    def judge(self) -> None:
        """Compare what the relay at the second site has told with what it had to."""
        self.there.workers.stop()
        lines = {f"{p.topic}:{p.partition}": len(found) for p, found in self.came.items()}
        self.verdicts.append(self.there.judge(lines))


@contextmanager
def told(cluster_in: ClusterIn, runtime: Runtime, home: Path) -> Iterator[Story]:
    """Let it happen, and tell it."""
    with (
        cluster_in(home / "cluster-a", Spec()) as a,
        cluster_in(home / "cluster-b", Spec()) as b,
        opened(a.bootstrap, home, LANES, APP) as here,
    ):
        settings(home)
        provision(home, a.bootstrap, "--yes")
        begin(here)
        (home / "b").mkdir()
        orders = replace(here.workers.orders, bootstrap=b.bootstrap, state=home / "b" / "state")
        with Workers(orders, home / "b").cleaned_up() as workers:
            there = World(b.bootstrap, workers, reported=1_000_000, observable=name)
            with mirroring(runtime, home / "mirror", (a.bootstrap, b.bootstrap)) as mirror:
                story = Story(a, here, there, mirror, home)
                run_mirror(story)
                lose(story)
            take_over(story)
            come_back(story)
            yield story


def begin(here: World) -> None:
    """A relay dies in a transaction, its heir goes on; some of what members report is odd."""
    dies = here.workers.start(faults=(Fault("settled", nth=4, does="kill"),))
    here.report_until(dies.has_ended)
    dies.wait_killed()
    start(here)
    here.report(30)
    here.observable = name
    here.report(30)
    [topic, body] = next(m for m in here.messages(len(MEMBERS)) if m[0].endswith(".ee"))
    secret: dict[str, object] = orjson.loads(body) | {"severity": "critical"}
    secret["observables"] = [{"type": "domain", "value": SECRETLY, "side": "attacker"}]
    secret["sharing"] = {"tlp": "green", "recipients": ["fi"]}
    here.send([(topic, orjson.dumps(secret)), (DETECTIONS + "ee", b"{}")])
    asyncio.run(pack(here.bootstrap))
    here.report(6)
    here.settle()
    read_on(here)


def start(world: World) -> None:
    """Start a relay, and wait until it has both lanes."""
    worker = world.workers.start()
    for lane in range(LANES):
        worker.wait(is_ready(lane))


async def pack(bootstrap: str) -> None:
    """Send what is small on the way and large when unpacked."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, compression_type="gzip", max_request_size=2 * FAT
    )
    await producer.start()
    try:
        await producer.send_and_wait(DETECTIONS + "lv", bytes(FAT))
    finally:
        await producer.stop()


def run_mirror(story: Story) -> None:
    """Mirror what there is, and go on under traffic, of which a reader reads the first part."""
    here = story.here
    until(lambda: is_whole(story), within_s=SLOW_S)
    here.report(60)
    here.settle()
    until(lambda: is_whole(story), within_s=SLOW_S)
    story.read = read_on(here)
    until(lambda: is_passed_on(story), within_s=SLOW_S)
    here.report(30)
    here.settle()
    until(lambda: is_whole(story), within_s=SLOW_S)


def is_whole(story: Story) -> bool:
    """Whether all that members could read at the first site is at the second."""
    story.mirror.check()
    reached = mirrored(story.there.bootstrap)
    logs = story.log(story.here, MIRRORED)
    return all(reached.get(p, -1) >= found[-1].offset for p, found in logs.items() if found)


def is_passed_on(story: Story) -> bool:
    """Whether the second site knows that the reader has read all it has of its alerts."""
    offsets = _run(_committed(story.there.bootstrap, READER, OWN))
    logs = story.log(story.there, OWN)
    return all(offsets[place] > found[-1].offset for place, found in logs.items())


def read_on(here: World) -> Log:
    """Let a member's reader read all there is for it; it commits that it has."""
    found = _run(fetch(here.bootstrap, dict.fromkeys(OWN)))
    ends = {place: records[-1].offset + 1 for place, records in found.items()}
    asyncio.run(commit(here.bootstrap, ends))
    return found


async def commit(bootstrap: str, ends: dict[TopicPartition, int]) -> None:
    """Commit what a member's reader has read."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=READER)
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.commit(ends)
    finally:
        await consumer.stop()


def lose(story: Story) -> None:
    """The mirror falls behind; then nothing of the first site is left, and the mirror dies."""
    every = story.log(story.here, places(ALERTS, LANES), "read_uncommitted")
    found = story.log(story.here, places(ALERTS, LANES))
    story.aborted = sum(map(len, every.values())) - sum(map(len, found.values()))
    story.mirror.pause()
    story.here.report(LOST)
    for worker in story.here.workers.running():
        worker.kill()
    story.a.kill(1)
    story.mirror.kill()
    story.reached = mirrored(story.there.bootstrap)


def take_over(story: Story) -> None:
    """Provision the second site, start its relay, and let members and reader go on there."""
    there = story.there
    story.plan = json.loads(provision(story.home, there.bootstrap, "--json").stdout)["changes"]
    provision(story.home, there.bootstrap, "--yes")
    story.came = story.log(there, MIRRORED)
    start(there)
    there.report(6)
    there.settle()
    story.taken = story.log(there, places(ALERTS, LANES))
    story.rejected.append(story.log(there, places(REJECTED, 1)))
    offsets = _run(_committed(there.bootstrap, READER, OWN))
    story.left = {
        place: [record for record in story.taken[place] if record.offset >= offsets[place]]
        for place in OWN
    }


def settings(home: Path) -> None:
    """Write what is the same at both sites: secret, register and number of lanes."""
    (home / "key-secret").write_bytes(SECRET)
    hub = {"name": "a hub", "country": "EU", "kind": "national-hub"}
    members = [{"id": member, **hub} for member in MEMBERS]
    (home / "members.yaml").write_text(json.dumps({"version": 1, "members": members}))
    body = {"lanes": LANES, "key_secret_file": "key-secret"}
    (home / "relay.yaml").write_text(json.dumps(body))


def provision(home: Path, bootstrap: str, word: str) -> Result:
    """Run the command at one of the sites."""
    words = ["provision", "--settings", str(home / "relay.yaml"), word]
    done = CliRunner().invoke(app, words, env={"RELAY_KAFKA__BOOTSTRAP": bootstrap})
    assert done.exit_code == 0, done.output
    return done


def come_back(story: Story) -> None:
    """The first site's cluster comes back, and members send all of it to the second once more."""
    story.judge()
    story.a.restart(1)
    story.a.wait_ready(probe)
    story.first = story.log(story.here, MIRRORED)
    story.rejected.append(story.log(story.here, places(REJECTED, 1)))
    lost = {(record.topic, record.offset) for record in story.lost()}
    sound = [
        record
        for place in places(DETECTIONS, 1)
        for record in story.first[place]
        if (record.value or b"").startswith(b'{"schema"')
    ]
    kept = [r for r in sound if (r.topic, r.offset) not in lost]
    gone = [r for r in sound if (r.topic, r.offset) in lost]
    start(story.there)
    story.again = resent(story, kept)
    story.whole = resent(story, gone)
    story.judge()


def resent(story: Story, records: list[Fetched]) -> Log:
    """Let members send something once more, and return what can be read when it is decided."""
    story.there.send([(record.topic, record.value or b"") for record in records])
    story.there.settle()
    return story.log(story.there, places(ALERTS, LANES))
