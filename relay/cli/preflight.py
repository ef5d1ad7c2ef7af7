"""What must hold before a relay joins its peers: its topics exist, and the state is its own."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from relay.cli.codes import FAILURE, SETTINGS, fail
from relay.kafka.admin import describe
from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.reader import reading
from relay.kafka.topics import Change, Kind, plan, wanted
from relay.model.policy import Policy
from relay.pipeline.lane import MISMATCH, deployment
from relay.wire.internal import DEPLOYMENT, Deployment, decode_deployment

BEGINNING = 1000
"""Records of the changelog that are looked at: its first transactions, whatever was compacted."""


def differing(kafka: KafkaSettings, chosen: Policy) -> tuple[int, Sequence[Change]]:
    """Return how many topics there should be, and what is not as it should be.

    Ends with code 3 if the state was made with another secret or number of lanes.
    Raises KafkaError.
    """
    should = wanted((member.id for member in chosen.members), chosen.lanes)
    actual = asyncio.run(describe(kafka, (topic.name for topic in should)))
    if Topics().state in actual:
        whose = asyncio.run(claimed(kafka))
        if whose is not None and whose != deployment(chosen):
            fail(SETTINGS, MISMATCH)
    return len(should), plan(should, actual)


def ready_to_run(kafka: KafkaSettings, chosen: Policy) -> tuple[str, ...]:
    """Return the members' topics that are missing; end with a sentence if the relay's own are.

    Raises KafkaError.
    """
    _, changes = differing(kafka, chosen)
    missing = [change.topic.name for change in changes if change.kind is Kind.CREATE]
    wrong = [change for change in changes if change.kind is Kind.CONFLICT]
    if wrong:
        fail(FAILURE, f"{wrong[0].topic.name}: {wrong[0].says}")
    if {Topics().sightings, Topics().state} & set(missing):
        fail(FAILURE, f"{len(missing)} topics are missing: `relay provision --yes` makes them")
    return tuple(missing)


def writable(place: Path) -> None:
    """End with code 3 if the state directory cannot be written to."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(SETTINGS, f"state_dir: {place}: {error.strerror or error}")
    if not os.access(place, os.W_OK):
        fail(SETTINGS, f"state_dir: {place}: cannot be written to")


async def claimed(kafka: KafkaSettings) -> Deployment | None:
    """Return whose state there is: a lane's first transaction wrote it, and nothing since has."""
    async with reading(kafka, (Topics().state,)) as reader:
        for record in await reader.to_end(BEGINNING):
            if record.key == DEPLOYMENT and record.value is not None:
                return decode_deployment(record.value)
    return None
