"""A relay process with a fault built in: `python -m tests.broker.victim ORDERS.json`.

The stages are the real ones. What happens is written to standard output, an event a line, and at
the wanted step the process kills, stops or blocks itself: no outside signal is as punctual.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import orjson
from pydantic import TypeAdapter

from relay.app.running import STAGES, Parts, assemble, run
from relay.kafka.correlate import CorrelateWorker
from relay.kafka.events import Event, Lag, Polled, Stepped
from relay.model.member import Member
from relay.model.outcome import Outcome
from relay.model.policy import WINDOWS_MS
from relay.settings import Settings
from relay.settings.relay import CorrelateSettings, HttpSettings, KafkaSettings, LogSettings
from relay.telemetry import configure

SECRET: Final = b"a secret of the tests only"


@dataclass(frozen=True, slots=True)
class Fault:
    """At the `nth` time that any lane has done `step` (1 is the first): what the process does."""

    step: str
    nth: int
    does: Literal["kill", "stop", "block"]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Orders:
    """How a process runs. `kafka` and `lane` are what differs from the shell's own defaults.

    `canary_ms` is how often a lane gives a sign of life, and `wanting` who may read it.
    """

    bootstrap: str
    app: str
    members: tuple[str, ...]
    lanes: int
    state: Path
    stages: tuple[str, ...] = STAGES
    kafka: Mapping[str, int] = field(default_factory=dict)
    lane: Mapping[str, int] = field(default_factory=dict)
    canary_ms: int | None = None
    wanting: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


ORDERS: Final[TypeAdapter[Orders]] = TypeAdapter(Orders)


def members_of(orders: Orders) -> tuple[Member, ...]:
    """Return the register: national hubs that differ in nothing but their names."""
    return tuple(
        Member(m, m.upper(), m.upper()[:2], "national-hub", canary=m in orders.wanting)
        for m in orders.members
    )


def settings_of(orders: Orders) -> Settings:
    """Return the settings. Addresses have a short window, so that timers fire during a test."""
    return Settings(
        relay="relay",
        members=Path(),
        lanes=orders.lanes,
        secret=SECRET,
        allow_documentation_addresses=False,
        windows=WINDOWS_MS | {"ipv4": 4_000},
        state_dir=orders.state,
        kafka=KafkaSettings(bootstrap=orders.bootstrap, app=orders.app),
        http=HttpSettings(port=0),
        log=LogSettings(),
        correlate=CorrelateSettings(),
    )


class Witness:
    """Writes events down, and commits the faults when their time has come."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults
        self._steps: Counter[str] = Counter()

    def observe(self, event: Outcome | Event) -> None:
        """Write an event down. What is told each second is of no interest here."""
        if isinstance(event, (Lag, Polled)):
            return
        said = {"event": type(event).__name__, **asdict(event), "clock": time.time()}
        os.write(1, orjson.dumps(said, default=str) + b"\n")
        if isinstance(event, Stepped):
            self._steps[event.step] += 1
            for fault in self._faults:
                if (fault.step, fault.nth) == (event.step, self._steps[event.step]):
                    _commit(fault)


def _commit(fault: Fault) -> None:
    match fault.does:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "block":
            time.sleep(fault.seconds)


def put_together(orders: Orders, witness: Witness) -> Parts:
    """Return the relay as `relay run` puts it together, less patient where `orders` say so."""
    parts = assemble(settings_of(orders), members_of(orders), orders.stages, witness.observe)
    for worker in parts.workers.values():
        kafka = replace(worker._kit.kafka, **dict(orders.kafka))  # type: ignore[arg-type]
        if isinstance(worker, CorrelateWorker):
            lane = replace(worker._kit.settings, **dict(orders.lane))
            canary = worker._kit.canary
            if canary is not None and orders.canary_ms is not None:
                canary = replace(canary, every_ms=orders.canary_ms)
            worker._kit = replace(worker._kit, kafka=kafka, settings=lane, canary=canary)
        else:
            worker._kit = replace(worker._kit, kafka=kafka)
    return parts


if __name__ == "__main__":
    given = ORDERS.validate_json(Path(sys.argv[1]).read_bytes())
    relay = put_together(given, Witness(given.faults))
    configure("info", "json", sys.stderr, relay.metrics.logged)
    asyncio.run(run(relay))
