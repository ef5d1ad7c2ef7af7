"""A running relay: its stages, its pages, its signals, and the order in which all of it ends."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from relay import __version__
from relay.app.observing import Observer
from relay.core.correlate import Rules
from relay.core.register import Register
from relay.kafka import readers, validity
from relay.kafka.config import IngestSettings, KafkaSettings, LaneSettings, Topics
from relay.kafka.correlate import CorrelateWorker
from relay.kafka.correlate import Health as WorkerHealth
from relay.kafka.events import Event
from relay.kafka.ingest import IngestKit, IngestWorker
from relay.kafka.kit import CanaryKit, LaneKit
from relay.kafka.security import client_of
from relay.model.detection import MemberId
from relay.model.member import Member
from relay.model.outcome import Outcome
from relay.model.plan import Plan
from relay.model.records import Outgoing, Read, Record
from relay.pipeline import correlate, ingest
from relay.pipeline.correlate import control
from relay.settings import Settings, fingerprint, policy
from relay.state import View
from relay.telemetry import (
    Exporting,
    Health,
    Journal,
    Metrics,
    Pages,
    Sampler,
    Tracer,
    serve,
    time_loop,
)
from relay.wire import canary
from relay.wire.envelope import canary_headers
from relay.wire.internal import ASIDE, SetAside, Tick, deadline_of, decode_aside

STAGES = ("ingest", "correlate")

STUCK_S = 60.0
"""A stage that has not polled for this long will not: its own watchdog acts after a third."""

YOUNG = 20_000
"""Objects made before a collection looks for cycles. A slice of records makes some thousands,
hardly any in cycles: at Python's 700 the collector takes a twentieth of the decisions' time."""

IDLE_S = 5.0
"""A stage that has not polled for this long is not fetching: it is not ready."""


Beside = Callable[[], Coroutine[None, None, None]]
"""A task without an end of its own."""


class AddressError(Exception):
    """The address for metrics and health cannot be listened on; says which and why."""


class StageEndedError(Exception):
    """A stage ended that nobody told to: a process that does half of its work must not go on."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A relay that is put together and not yet started.

    `beside` run as long as the workers.
    """

    settings: Settings
    rules: Rules
    metrics: Metrics
    workers: dict[str, "IngestWorker | CorrelateWorker"]
    exporting: Exporting
    beside: "tuple[Beside, ...]" = ()


def kafka_settings(settings: Settings) -> KafkaSettings:
    """Return what the shell is told about the brokers."""
    client = client_of(settings.security)
    return KafkaSettings(settings.kafka.brokers, app=settings.kafka.app, client=client)


def assemble(
    settings: Settings,
    members: tuple[Member, ...],
    stages: tuple[str, ...] = STAGES,
    also: Callable[[Outcome | Event], None] = lambda _: None,
) -> Parts:
    """Put a relay together; `also` hears of everything that is observed.

    Raises SettingsError where settings and register do not make a relay, ExtraMissingError.
    """
    chosen = policy(settings, members)
    rules = Rules(chosen, Register(chosen.members))
    metrics = Metrics((member.id for member in members), __version__)
    metrics.steered(settings.lanes, fingerprint(chosen), settings.canary.every_s)
    exporting = Exporting(settings.traces.endpoint, settings.relay, __version__, metrics)
    journal = Journal(metrics.held_back)
    observer = Observer(metrics, journal, Tracer(journal, exporting.put))

    def observe(said: Outcome | Event) -> None:
        observer(said)
        also(said)

    kafka, topics = kafka_settings(settings), Topics()
    workers: dict[str, IngestWorker | CorrelateWorker] = {}
    if "ingest" in stages:
        sources = tuple(topics.detections + member.id for member in members)
        workers["ingest"] = IngestWorker(
            IngestKit(
                kafka,
                IngestSettings(lanes=settings.lanes),
                topics,
                sources,
                _ingesting(rules, Sampler(settings.traces.ratio, metrics.trace_limited)),
                partial(control, Tick(tick=True), 0, 0),
                observe,
            )
        )
    if "correlate" in stages:
        workers["correlate"] = _correlator(settings, kafka, rules, observe)
    beside: list[Beside] = [
        partial(time_loop, metrics.loop_delay),
        partial(validity.watch, settings.security, kafka.client, observe),
    ]
    correlating = workers.get("correlate")
    if isinstance(correlating, CorrelateWorker):
        beside.append(partial(readers.watch, kafka, topics, correlating.told, observe))
    return Parts(settings, rules, metrics, workers, exporting, tuple(beside))


def _ingesting(rules: Rules, sampler: Sampler) -> Callable[[Sequence[Read]], Plan]:
    return lambda records: ingest(sampler.choose(records), rules)


def _correlator(
    settings: Settings,
    kafka: KafkaSettings,
    rules: Rules,
    observe: Callable[[Outcome | Event], None],
) -> CorrelateWorker:
    topics = Topics()

    def decide(records: Sequence[Record], view: View) -> Plan:
        return correlate(records, view, rules)

    lane = LaneSettings(
        cut_ms=settings.correlate.cut_ms, max_records=settings.correlate.max_records
    )
    alerts = tuple(topics.alerts + m.id for m in rules.register.members if m.enabled)
    kit = LaneKit(
        kafka,
        lane,
        topics,
        alerts,
        decide,
        _aside,
        deadline_of,
        observe,
        _asides,
        _canaries(settings, rules.register.members, topics),
    )
    return CorrelateWorker(kit, settings.state_dir)


def _canaries(settings: Settings, members: Sequence[Member], topics: Topics) -> CanaryKit | None:
    every = settings.canary.every_s
    wanting = frozenset(topics.alerts + member.id for member in members if member.canary)

    def make(lane: int, at: int) -> Outgoing:
        value = canary.encode(settings.relay, lane, at, every)
        headers = canary_headers(canary.canary_id(lane, at), at, settings.relay)
        return Outgoing((), at, canary.KEY, value, headers)

    return CanaryKit(every * 1_000, wanting, make) if every else None


def _asides(view: View) -> tuple[MemberId, ...]:
    stored = view.get(ASIDE)
    return decode_aside(stored.value).aside if stored is not None else ()


def _aside(member: MemberId, aside: bool) -> Outgoing:
    return control(SetAside(member, aside), 0, 0)


async def run(parts: Parts, started: Callable[[int], None] = lambda _: None) -> None:
    """Run until SIGTERM or SIGINT: not ready, fetch no more, finish what is in hand, leave.

    `started` hears the port of the pages. Raises AddressError if they cannot be served there,
    StageEndedError, and what no new client can mend.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    http = parts.settings.http
    pages = Pages(parts.metrics, partial(live, parts), partial(ready, parts, stop))
    gc.collect()
    gc.freeze()  # what is made by now stays: collecting it again would be pauses for nothing
    gc.set_threshold(YOUNG)
    async with (
        _served(http.host, http.port, pages) as port,
        _exported(parts.exporting),
        asyncio.TaskGroup() as tasks,
    ):
        started(port)
        others = [tasks.create_task(other()) for other in parts.beside]
        working = [tasks.create_task(worker.run(stop)) for worker in parts.workers.values()]
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set() and any(map(_ended, working)):
            raise StageEndedError
        await asyncio.wait(working)
        for other in others:
            other.cancel()


def _ended(task: "asyncio.Task[None]") -> bool:
    """Whether a stage has ended without an error, which would be told by the group of tasks."""
    return task.done() and (task.cancelled() or task.exception() is None)


@asynccontextmanager
async def _served(host: str, port: int, pages: Pages) -> AsyncIterator[int]:
    async with AsyncExitStack() as stack:
        try:
            served = await stack.enter_async_context(serve(host, port, pages))
        except OSError as error:
            raise AddressError(f"{host}:{port}: {error.strerror or error}") from error
        yield served


@asynccontextmanager
async def _exported(exporting: Exporting) -> AsyncIterator[None]:
    with exporting.running():
        yield


def live(parts: Parts) -> Health:
    """Return whether each stage's loop still turns. An outage of the brokers does not stop it."""
    idle = {name: worker.health().idle for name, worker in parts.workers.items()}
    checks = {f"{name}_idle_seconds": round(seconds, 3) for name, seconds in idle.items()}
    return Health(all(seconds < STUCK_S for seconds in idle.values()), checks)


def ready(parts: Parts, stop: asyncio.Event) -> Health:
    """Return whether what this process owns is restored and fetching; a spare owns nothing."""
    health = {name: worker.health() for name, worker in parts.workers.items()}
    checks: dict[str, bool | int | float | str] = {"draining": stop.is_set()}
    for name, now in health.items():
        checks[f"{name}_owned"] = now.owned
        checks[f"{name}_ready"] = now.ready
        checks[f"{name}_idle_seconds"] = round(now.idle, 3)
    return Health(not stop.is_set() and all(map(_fetching, health.values())), checks)


def _fetching(now: WorkerHealth) -> bool:
    return now.joined and now.ready == now.owned and now.idle < IDLE_S
