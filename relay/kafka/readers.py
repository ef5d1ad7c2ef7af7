"""Looking, once a minute, how far members have read their alerts. It changes nothing."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from relay.kafka.admin import administering
from relay.kafka.clients import Partition
from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.errors import Environment, classify
from relay.kafka.events import MembersUnread, Observe, ReadersUnknown
from relay.kafka.rules import groups_of
from relay.kafka.unread import Committed, Marks, marked, unread
from relay.model.detection import MemberId

LOOK_S: Final = 60.0
IDLE_S: Final = 1.0

ANSWER_S: Final = 20.0
"""For all answers of one look: a cluster in working order takes a tenth of a second."""

MOST_GROUPS: Final = 16
"""Of one member, by name: what a member makes is not to make work without bound."""


async def watch(
    kafka: KafkaSettings,
    topics: Topics,
    told: Callable[[], Mapping[Partition, int]],
    observe: Observe,
    every_s: float = LOOK_S,
) -> None:
    """Tell again and again for how long members have left alerts unread, until cancelled.

    `told` says where the last alert of each partition ends that this process writes.
    """
    marks: Marks = {}
    while True:
        ends = told()
        try:
            async with asyncio.timeout(ANSWER_S):
                committed = await _committed(kafka, topics, ends) if ends else {}
        except Environment as error:
            observe(ReadersUnknown(classify(error)[1], repr(error)))
        else:
            now = time.monotonic()
            marks = marked(marks, now, committed, ends)
            observe(MembersUnread(unread(marks, now)))
        # Without a lane there is nothing to ask; the first look is not to wait for a minute.
        await asyncio.sleep(every_s if ends else min(every_s, IDLE_S))


async def _committed(
    kafka: KafkaSettings, topics: Topics, ends: Mapping[Partition, int]
) -> Committed:
    """Return what the groups of each member have committed in its partitions of `ends`."""
    places: defaultdict[MemberId, list[Partition]] = defaultdict(list)
    for place in ends:
        member = topics.member(place.topic)
        if member is not None:
            places[member].append(place)
    found: dict[str, dict[Partition, int]] = {}
    async with administering(kafka) as admin:
        names = sorted(str(name) for name, *_ in await admin.list_consumer_groups())
        for member, partitions in places.items():
            theirs = (name for name in names if name.startswith(groups_of(member)))
            for name in islice(theirs, MOST_GROUPS):
                found[name] = await _offsets(admin, name, partitions)
    return found


async def _offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: list[Partition]
) -> dict[Partition, int]:
    """Return where a group stands, without the partitions that it has never committed in."""
    answer = await admin.list_consumer_group_offsets(group, partitions=partitions)
    return {place: said.offset for place, said in answer.items() if said.offset >= 0}
