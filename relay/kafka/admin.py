"""Seeing the topics that there are, and making them as they should be."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from relay.kafka.config import KafkaSettings
from relay.kafka.topics import Change, Kind, Topic

OVERRIDDEN: Final = 1
"""Kafka's source of a setting that was made on the topic itself."""

KNOWN_S: Final = 15.0
"""How long after their creation all brokers may take to know of topics."""


async def describe(settings: KafkaSettings, names: Iterable[str]) -> dict[str, Topic]:
    """Return those of `names` that exist, with their partitions and overridden settings.

    Raises KafkaError: no broker, or not allowed.
    """
    async with administering(settings) as admin:
        return await _described(admin, sorted(names))


async def apply(settings: KafkaSettings, changes: Sequence[Change], copies: int | None) -> None:
    """Make and configure topics, and wait until they are known; conflicts are left alone.

    `copies` None: as many as the cluster makes by default. Raises KafkaError at the first refusal.
    """
    created = [change.topic for change in changes if change.kind is Kind.CREATE]
    async with administering(settings) as admin:
        if created:
            made = await admin.create_topics([_new(topic, copies) for topic in created])
            _refused((code, message) for _, code, message in made.topic_errors)
        for change in changes:
            if change.kind is Kind.CONFIGURE:
                await _configure(admin, change.topic)
        async with asyncio.timeout(KNOWN_S):
            await _until_known(admin, [topic.name for topic in created])


async def _until_known(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Look again and again: a broker tells nobody when it knows."""
    while True:
        if len(await _described(admin, names)) == len(names):
            return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def administering(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Hold an admin client open. Raises KafkaError: no broker, or not allowed."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=list(settings.bootstrap),
        client_id=settings.app,
        request_timeout_ms=3 * settings.request_timeout_ms,
        **settings.client,
    )
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _new(topic: Topic, copies: int | None) -> NewTopic:
    # aiokafka lets the cluster's default (-1) through only next to an assignment, be it empty.
    if copies is None:
        return NewTopic(topic.name, topic.partitions, -1, {}, dict(topic.config))
    return NewTopic(topic.name, topic.partitions, copies, topic_configs=dict(topic.config))


async def existing(admin: AIOKafkaAdminClient, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return Kafka's description of those of `names` that exist.

    All topics are asked for: one that is asked for by name is made, where brokers do so by default.
    """
    wanted = set(names)
    found: list[dict[str, Any]] = await admin.describe_topics()
    return [each for each in found if each["topic"] in wanted and not each["error_code"]]


async def _described(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, Topic]:
    found = await existing(admin, names)
    counts = {each["topic"]: len(each["partitions"]) for each in found}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in counts]
    answers = await admin.describe_configs(resources) if resources else []
    topics: dict[str, Topic] = {}
    for answer in answers:
        _refused((code, message) for code, message, *_ in answer.resources)
        for _, _, _, name, entries in answer.resources:
            own = {entry[0]: entry[1] for entry in entries if entry[3] == OVERRIDDEN}
            topics[name] = Topic(name, counts[name], own)
    return topics


async def _configure(admin: AIOKafkaAdminClient, topic: Topic) -> None:
    """Set all overrides of a topic: the request replaces the whole set, so it has the old too."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=dict(topic.config))
    for answer in await admin.alter_configs([resource]):
        _refused((code, message) for code, message, *_ in answer.resources)


def _refused(answers: Iterable[tuple[int, str]]) -> None:
    """Raise for the first answer that is a refusal."""
    for code, message in answers:
        if code:
            raise for_code(code)(message)
