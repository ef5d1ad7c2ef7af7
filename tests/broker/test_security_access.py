"""What a member, or who has its password, can do at a provisioned cluster: its own, no more."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError

from relay.broker import Runtime
from relay.kafka.admin import administering
from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.events import MembersUnread
from relay.kafka.readers import watch
from tests.broker.attempts import (
    DENIED,
    Attempt,
    group,
    make,
    options,
    read,
    transact,
    tried,
    write,
)
from tests.broker.guarded import guarded_in
from tests.broker.guarded_deployment import Deployment
from tests.broker.toy import until

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def deployment(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A provisioned deployment of `m`, `m2` and `fr`, with something in some topics."""
    with guarded_in(tmp_path_factory.mktemp("guarded"), runtime) as guarded:
        made = Deployment(tmp_path_factory.mktemp("deployment"), guarded)
        done = made.provision("--yes")
        assert done.exit_code == 0, done.output
        # A topic whose name may be known is refused when something of it is fetched.
        for topic in ("detections.m", "alerts.fr"):
            assert tried(guarded.admin, write(topic)) is None
        yield made


def denied(deployment: Deployment, who: str, attempt: Attempt) -> Exception | None:
    """Why an attempt is not allowed, which the broker's log says of this principal as well, and
    nothing of its password."""
    password = deployment.password(who)
    with deployment.guarded.heard(f"Principal = User:{who} is Denied operation", password):
        error = tried(deployment.client(who), attempt)
    assert password not in repr(error)
    return error


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(write("detections.m"), id="write its detections"),
        pytest.param(read("alerts.m"), id="read its alerts"),
        pytest.param(read("rejected.m"), id="read what was rejected"),
        pytest.param(group("m.siem", "alerts.m"), id="read in a group of its own"),
    ],
)
def test_a_member_may(deployment: Deployment, attempt: Attempt) -> None:
    """What a member is there for is allowed."""
    assert tried(deployment.client("m"), attempt) is None


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(read("alerts.fr"), id="read another's alerts"),
        pytest.param(read("rejected.fr"), id="read another's rejections"),
        pytest.param(read("detections.fr"), id="read another's detections"),
        pytest.param(read("detections.m"), id="read detections at all"),
        pytest.param(write("detections.fr"), id="report in another's name"),
        pytest.param(write("alerts.fr"), id="warn another"),
        pytest.param(write("alerts.m"), id="warn itself"),
        pytest.param(write("rejected.m"), id="reject"),
        pytest.param(read("relay.sightings"), id="read the lanes"),
        pytest.param(write("relay.sightings"), id="write to the lanes"),
        pytest.param(write("relay.state"), id="write the state"),
        pytest.param(group("fr.siem", "alerts.m"), id="use another's group"),
        pytest.param(group("relay.ingest", "alerts.m"), id="use the relay's group"),
        pytest.param(group("m", "alerts.m"), id="use a group without its prefix"),
        pytest.param(group("mx", "alerts.m"), id="use a group that begins as it does"),
        pytest.param(transact("relay.correlate.0", "detections.m"), id="fence a lane"),
        pytest.param(transact("m.tx", "detections.m"), id="leave a transaction open"),
        pytest.param(make("detections.new"), id="make a topic"),
        # m is how m2 begins: nothing of m's may reach there, nor the other way round.
        pytest.param(read("alerts.m2"), id="read alerts of a longer name"),
        pytest.param(write("detections.m2"), id="report as a longer name"),
        pytest.param(group("m2.siem", "alerts.m"), id="use a group of a longer name"),
    ],
)
def test_a_member_may_not(deployment: Deployment, attempt: Attempt) -> None:
    """Whatever is another's, the relay's or nobody's is refused by the broker, by its name."""
    error = denied(deployment, "m", attempt)

    assert isinstance(error, DENIED), error


def test_the_longer_name_does_not_reach_the_shorter(deployment: Deployment) -> None:
    """m2 has nothing of m's either."""
    attempts = [read("alerts.m"), write("detections.m"), group("m.siem", "alerts.m2")]

    assert all(isinstance(denied(deployment, "m2", attempt), DENIED) for attempt in attempts)


def test_a_member_does_not_learn_who_the_others_are(deployment: Deployment) -> None:
    """The broker lists a member's own topics, and says of others' what it says of none."""

    async def listed(settings: KafkaSettings) -> set[str]:
        admin = AIOKafkaAdminClient(**options(settings))
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    client = deployment.client("m")
    there, nowhere = tried(client, read("alerts.fr")), tried(client, read("alerts.nobody"))

    assert asyncio.run(listed(client)) == {"detections.m", "alerts.m", "rejected.m"}
    assert type(there) is type(nowhere) is TopicAuthorizationFailedError


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(read("alerts.fr"), id="read alerts"),
        pytest.param(write("detections.fr"), id="report"),
        pytest.param(group("fr.siem", "detections.fr"), id="use a member's group"),
        pytest.param(transact("another.correlate.0", "alerts.fr"), id="be another relay"),
        pytest.param(make("detections.new"), id="make a topic"),
    ],
)
def test_the_relay_may_not(deployment: Deployment, attempt: Attempt) -> None:
    """The relay has what it needs: it does not read what it told, report, or make topics."""
    assert isinstance(denied(deployment, "relay", attempt), DENIED)


def test_the_relay_may_look_how_far_a_member_has_read(deployment: Deployment) -> None:
    """It sees the offsets of members' groups, and no group of anybody else."""
    place = TopicPartition("alerts.m", 0)
    told: list[MembersUnread] = []

    async def committed(settings: KafkaSettings, name: str) -> None:
        consumer = AIOKafkaConsumer(**options(settings), group_id=name)
        try:
            await consumer.start()
            consumer.assign([place])
            await consumer.commit({place: 0})
        finally:
            await consumer.stop()

    def heard(said: object) -> None:
        assert isinstance(said, MembersUnread)
        told.append(said)

    async def looked(settings: KafkaSettings) -> list[str]:
        watching = asyncio.create_task(
            watch(settings, Topics(), lambda: {place: 1}, heard, every_s=0.1)
        )
        try:
            await until(lambda: len(told) > 1)
        finally:
            watching.cancel()
        async with administering(settings) as admin:
            return [name for name, *_ in await admin.list_consumer_groups()]

    asyncio.run(committed(deployment.client("m"), "m.siem"))
    asyncio.run(committed(deployment.guarded.admin, "somebody.else"))
    seen = asyncio.run(looked(deployment.client("relay")))

    assert "m.siem" in seen
    assert "somebody.else" not in seen
    assert told[-1].seconds["m"] > 0


def test_the_relay_may_write_canaries_in_its_own_name(deployment: Deployment) -> None:
    """It has the ids that its lanes' canaries have."""
    relay = deployment.client("relay")

    assert tried(relay, transact("relay.canary.0", "alerts.fr")) is None


@pytest.mark.parametrize("words", [("follow", "-m", "fr", "--until-end"), ("emit", "-m", "fr")])
def test_the_command_line_says_what_is_not_allowed(
    deployment: Deployment, words: tuple[str, ...]
) -> None:
    """A member that asks for another's topic gets code 5 and a sentence without its password."""
    password = deployment.password("m")
    with deployment.guarded.heard("Principal = User:m is Denied operation", password):
        told = deployment.command("m", *words)

    assert told.exit_code == 5, told.output
    assert "access denied" in told.stderr
    assert ".fr" in told.stderr
    assert deployment.password("m") not in told.output


def test_the_doctor_says_what_a_member_is_not_allowed(deployment: Deployment) -> None:
    """To ask again would not help: who asks lacks a right."""
    told = deployment.command("m", "doctor")
    notes = [line for line in told.stderr.splitlines() if "no answer" in line]

    assert len(notes) > 1, told.stderr
    assert all("forbidden" in line for line in notes)
    assert "ask again" not in told.stderr
    assert "allow this principal to describe it" in told.stderr


def test_the_relays_own_rules_are_enough_to_check(deployment: Deployment) -> None:
    """What the relay may do lets it see that its topics are as they should be, and not more."""
    mine, anothers = (deployment.command(who, "check", "--connect") for who in ("relay", "m"))

    assert mine.exit_code == 0, mine.output
    assert anothers.exit_code == 5, anothers.output


def test_a_certificate_or_a_token_of_a_member_is_bound_as_its_password_is(
    deployment: Deployment,
) -> None:
    """However a member logs in, it is the same principal, with the same rules."""
    guarded, token = deployment.guarded, deployment.guarded.signer.token("m")

    for client in (guarded.certified("m"), guarded.bearer(token)):
        assert tried(client, write("detections.m")) is None
        with guarded.heard("Principal = User:m is Denied operation", token):
            assert isinstance(tried(client, read("alerts.fr")), DENIED)


def test_rules_that_are_taken_away_end_a_session_that_is_open(deployment: Deployment) -> None:
    """A member that leaves is cut off at once, not when it next logs in."""

    async def cut_off(settings: KafkaSettings) -> None:
        async with AIOKafkaProducer(**options(settings)) as producer:
            await producer.send_and_wait("detections.m2", b"{}")
            await asyncio.to_thread(deployment.provision, "--yes")
            await producer.send_and_wait("detections.m2", b"{}")

    deployment.members("m", "fr", disabled="m2")
    error = tried(replace(deployment.client("m2")), cut_off)
    deployment.members("m", "m2", "fr")
    deployment.provision("--yes")

    assert isinstance(error, TopicAuthorizationFailedError)
