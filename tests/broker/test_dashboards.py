import asyncio
import math
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from monitoring.dashboards import DASHBOARDS
from monitoring.panels import Query
from monitoring.prometheus import UnavailableError
from monitoring.queries import closed
from monitoring.rehearsal import Rehearsal, rehearsing
from relay.broker import Runtime
from relay.cli.demo.story import IDS, RELAY
from relay.kafka.admin import administering, apply, describe
from relay.kafka.config import KafkaSettings
from relay.kafka.security import client_of
from relay.kafka.topics import plan, wanted
from relay.settings.relay import RelayFile
from tests.broker.world import until

pytestmark = pytest.mark.broker

PATIENCE_S: Final = 90.0
QUIET: Final = {
    "RelayWatchdog", "RelayLatencyBudgetBurnsFast", "RelayLatencyBudgetBurnsSlowly"
}  # fmt: skip
"""What may fire while all is well: how fast it goes says how busy the machine is."""


@pytest.fixture(scope="module")
def rehearsal(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A relay under the demo's load, and a Prometheus that scrapes it."""
    try:
        with rehearsing(tmp_path_factory.mktemp("rehearsal"), runtime) as found:
            yield found
    except UnavailableError as error:
        pytest.skip(f"Prometheus: {error}")


def queries() -> dict[str, Query]:
    """Every query of every panel, by where it stands."""
    return {
        f"{board.uid}, {panel.title}, {query.legend}": query
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
    }


def complaint(rehearsal: Rehearsal, query: Query) -> str:
    """What is wrong with the answer to a query now; nothing is well."""
    answer = rehearsal.prometheus.ask(closed(query.expr, "1m"))
    if not any(math.isfinite(value) for series in answer for _, value in series.points):
        return "no number"
    wanted = set(re.findall(r"{{(\w+)}}", query.legend))
    if not any(wanted <= set(series.labels) for series in answer):
        return f"no series with the labels {sorted(wanted)}"
    return ""


def test_every_panel_has_data_under_the_load_of_the_demo(rehearsal: Rehearsal) -> None:
    """A real Prometheus that scrapes a real relay answers each query with numbers to be drawn."""
    waiting = queries()
    deadline = time.monotonic() + PATIENCE_S
    found: dict[str, str] = {}

    while waiting and time.monotonic() < deadline:
        rehearsal.go_on()
        found = {place: complaint(rehearsal, query) for place, query in waiting.items()}
        waiting = {place: query for place, query in waiting.items() if found[place]}

    assert {place: found[place] for place in waiting} == {}


def pending(rehearsal: Rehearsal) -> set[str]:
    """The alerts whose condition holds now; most want it to hold for some minutes."""
    return {series.labels["alertname"] for series in rehearsal.prometheus.ask("ALERTS")}


def test_a_relay_that_is_killed_is_noticed_and_so_is_its_return(rehearsal: Rehearsal) -> None:
    """RelayDown stands from the first scrape that fails, and goes when a relay is ready again."""
    rehearsal.stage.kill_relay()
    try:
        until(lambda: "RelayDown" in pending(rehearsal))
    finally:
        rehearsal.stage.start_relay()

    until(lambda: not pending(rehearsal) & {"RelayDown", "RelayLanesUnowned"})


def test_a_member_whose_topic_is_deleted_is_noticed(rehearsal: Rehearsal) -> None:
    """RelayMemberSetAside stands while alerts cannot be written, and goes when they can again."""
    kafka = as_administrator(rehearsal)
    asyncio.run(without("alerts.es", kafka))
    try:
        until(lambda: "RelayMemberSetAside" in pending(rehearsal), rehearsal.go_on)
    finally:
        asyncio.run(provisioned(kafka))

    until(lambda: "RelayMemberSetAside" not in pending(rehearsal), rehearsal.go_on)


def as_administrator(rehearsal: Rehearsal) -> KafkaSettings:
    """Who may delete and make topics there."""
    assert rehearsal.stage.locks is not None
    client = client_of(rehearsal.stage.locks.admin)
    return replace(rehearsal.stage.kafka_of(RELAY), client=client)


async def without(topic: str, kafka: KafkaSettings) -> None:
    """Delete a topic."""
    async with administering(kafka) as admin:
        await admin.delete_topics([topic])


async def provisioned(kafka: KafkaSettings) -> None:
    """Make the demo's topics that are missing."""
    should = wanted(IDS, RelayFile().lanes)
    actual = await describe(kafka, (topic.name for topic in should))
    await apply(kafka, plan(should, actual), None)


def test_a_relay_that_is_well_wakes_nobody(rehearsal: Rehearsal) -> None:
    """Under the demo's load no alert fires that tells of a fault."""
    rehearsal.go_on()

    answer = rehearsal.prometheus.ask('ALERTS{alertstate="firing"}')
    assert {series.labels["alertname"] for series in answer} - QUIET == set()
