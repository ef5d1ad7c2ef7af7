"""A mirror between two secured sites: what its principals need, and that they get no more."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from relay.broker import Runtime
from relay.kafka.access_admin import _admin, _grant
from relay.kafka.config import KafkaSettings
from relay.kafka.reader import reading
from relay.kafka.rules import Rule
from relay.model.records import Record
from relay.settings.secret_file import replace_secret
from tests.broker.attempts import (
    Attempt,
    fetch,
    group,
    make,
    options,
    read,
    transact,
    tried,
    write,
)
from tests.broker.guarded import Guarded, guarded_in
from tests.broker.guarded_deployment import HUBS, Deployment
from tests.broker.mirror import SETTINGS, Mirror, mirroring
from tests.broker.second_site import SLOW_S
from tests.broker.world import until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

WHO: Final = "mirror"
PASSWORD: Final = "a password of the mirror alone"


def rules(resource: str, name: str, *operations: str, prefixed: bool = True) -> list[Rule]:
    """Rules of the mirror; those of the page are these, a row a call."""
    return [Rule(WHO, resource, name, operation, prefixed) for operation in operations]


def readers(*operations: str) -> list[Rule]:
    """Rules on the groups of each member."""
    return [rule for member in HUBS for rule in rules("group", f"{member}.", *operations)]


SOURCE: Final = [
    *rules("topic", "alerts.", "read", "describe_configs"),
    *rules("topic", "detections.", "read", "describe_configs"),
    *readers("describe"),
]

TARGET: Final = [
    *rules("topic", "alerts.", "create", "read", "write", "describe_configs", "alter_configs"),
    *rules("topic", "detections.", "create", "write", "describe_configs", "alter_configs"),
    *rules("topic", "mm2-", "create", "read", "write", "describe_configs"),
    *rules("topic", "a.", "create", "read", "write", "describe_configs"),
    *rules("group", "a-mm2", "read", prefixed=False),
    *readers("read"),
    *rules("transactional_id", "a-mm2-", "write"),
    *rules("transactional_id", "connect-cluster-a-mm2", "write", prefixed=False),
]

PLACE: Final = TopicPartition("alerts.fr", 0)


@dataclass(frozen=True, slots=True)
class Sites:
    """Two secured clusters, a deployment on the first, and a mirror between them."""

    a: Deployment
    b: Deployment
    mirror: Mirror


def plainly(topic: str) -> Attempt:
    """Write a record to a topic as simple producers do: what is refused is the topic itself."""

    async def attempt(settings: KafkaSettings) -> object:
        async with AIOKafkaProducer(**options(settings)) as producer:
            return await producer.send_and_wait(topic, b"{}", key=b"k")

    return attempt


def known(guarded: Guarded, granted: Sequence[Rule]) -> None:
    """Make the mirror known to a cluster."""
    with _admin(guarded.admin) as admin:
        mechanism = ScramMechanism.SCRAM_SHA_512
        change = UserScramCredentialUpsertion(WHO, mechanism, PASSWORD, 8_192)
        admin.alter_user_scram_credentials([change])
        _grant(admin, granted)


def secured(home: Path, sites: dict[str, Guarded]) -> Path:
    """The settings that are shipped, with the lines for secured brokers, and where things are."""
    text = SETTINGS.read_text().replace("\n#", "\n")
    lines = [line for line in text.splitlines() if " = " in line and not line.startswith(" ")]
    text = "\n".join(lines)
    for name, guarded in sites.items():
        secret = home / f"mirror-{name}.properties"
        replace_secret(secret, f"password={PASSWORD}".encode())
        text = text.replace(f"/run/secrets/mirror-{name}.properties", str(secret))
        text = text.replace(f"/run/secrets/ca-{name}.pem", str(guarded.authority.path))
    path = home / "mirror.properties"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def sites(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """They run, and the mirror has something to do."""
    home = tmp_path_factory.mktemp("sites")
    with ExitStack() as stack:
        a = stack.enter_context(guarded_in(home / "a", runtime))
        b = stack.enter_context(guarded_in(home / "b", runtime))
        made = [deployed(home / f"deployment-{name}", at) for name, at in (("a", a), ("b", b))]
        for topic in ("detections.m", "alerts.fr"):
            assert tried(a.admin, write(topic)) is None
        asyncio.run(commit(a.admin))
        known(a, SOURCE)
        known(b, TARGET)
        addresses = (a.cluster.bootstrap, b.cluster.bootstrap)
        settings = secured(home, {"a": a, "b": b})
        running = mirroring(runtime, home / "mirror", addresses, settings)
        mirror = stack.enter_context(running)
        yield Sites(made[0], made[1], mirror)


def deployed(place: Path, guarded: Guarded) -> Deployment:
    """Provision a deployment, as it is done at either site before there is a mirror."""
    place.mkdir()
    made = Deployment(place, guarded)
    done = made.provision("--yes")
    assert done.exit_code == 0, done.output
    return made


async def records(settings: KafkaSettings, topic: str) -> list[Record]:
    """All that a topic has."""
    async with reading(settings, [topic]) as reader:
        return await reader.to_end()


async def commit(settings: KafkaSettings) -> None:
    """Commit what a member's reader has read."""
    async with AIOKafkaConsumer(**options(settings), group_id="fr.siem") as consumer:
        consumer.assign([PLACE])
        await consumer.commit({PLACE: 1})


async def committed(settings: KafkaSettings) -> int | None:
    """Where the reader would go on."""
    async with AIOKafkaConsumer(**options(settings), group_id="fr.siem") as consumer:
        offset: int | None = await consumer.committed(PLACE)
        return offset


def test_it_mirrors_with_the_rules_of_the_page(sites: Sites) -> None:
    """Records and a reader's offset come through, and nothing was refused.

    Its password is in no topic: the mirror's own settings, kept at the target, name the file.
    """
    until(lambda: asyncio.run(committed(sites.b.guarded.admin)) == 1, sites.mirror.check, SLOW_S)
    log = (sites.mirror.home / "server.log").read_text()
    came = [
        asyncio.run(records(sites.b.guarded.admin, topic))
        for topic in ("detections.m", "alerts.fr")
    ]
    kept = asyncio.run(records(sites.b.guarded.admin, "mm2-configs.a.internal"))

    assert [len(each) for each in came] == [1, 1]
    assert "AuthorizationException" not in log
    assert any(b"${file:" in (record.value or b"") for record in kept)
    assert not any(PASSWORD.encode() in (record.value or b"") for record in kept)
    assert PASSWORD not in log


@pytest.mark.parametrize(
    "attempt",
    [
        plainly("detections.m"),
        plainly("alerts.fr"),
        read("relay.state"),
        read("relay.sightings"),
        read("rejected.m"),
        group("relay.ingest", "detections.m"),
        group("m.siem", "alerts.m"),
        make("mm2-offset-syncs.b.internal"),
    ],
    ids=["report", "warn", "state", "lanes", "rejections", "relay", "reader", "make"],
)
def test_it_only_reads_at_the_source(sites: Sites, attempt: Attempt) -> None:
    """Who has its password at the first site sees all that is mirrored, and changes nothing."""
    assert tried(sites.a.guarded.scram(WHO, PASSWORD), attempt) is not None


@pytest.mark.parametrize(
    "attempt",
    [
        fetch("detections.m"),
        write("relay.state"),
        write("relay.sightings"),
        write("rejected.m"),
        group("relay.ingest", "alerts.m"),
        transact("relay.correlate.0", "alerts.m"),
    ],
    ids=["detections", "state", "lanes", "rejections", "relay", "fence"],
)
def test_it_is_no_relay_at_the_target(sites: Sites, attempt: Attempt) -> None:
    """There it writes what it mirrors: alerts and detections, but nothing of the relay's own."""
    assert tried(sites.b.guarded.scram(WHO, PASSWORD), attempt) is not None


def test_it_is_known_to_provision(sites: Sites) -> None:
    """As an operator of the settings it is reported at neither site; as nobody it is, at both."""
    strangers = [
        {who for do, who, _ in made.plan() if do == "foreign"} for made in (sites.a, sites.b)
    ]
    for made in (sites.a, sites.b):
        made.settings(operators=[WHO])
    known = [made.plan() for made in (sites.a, sites.b)]

    assert strangers == [{WHO}, {WHO}]
    assert known == [[], []]
