"""`relay run`: the relay itself, until it is told to stop."""

import asyncio
import sys
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated

import structlog
import typer

from relay.app.running import STAGES, AddressError, Parts, assemble, kafka_settings, run
from relay.cli.codes import FAILURE, SETTINGS, fail
from relay.cli.kafka import broker_errors
from relay.cli.options import SettingsFile, register_of, settings_of
from relay.cli.preflight import ready_to_run, writable
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import leaves
from relay.pipeline.lane import MISMATCH, DeploymentError
from relay.settings import SettingsError
from relay.telemetry import ExtraMissingError, configure


class Stage(StrEnum):
    """What a process does of the relay."""

    BOTH = "both"
    INGEST = "ingest"
    CORRELATE = "correlate"


def command(
    settings: SettingsFile = None,
    stage: Annotated[Stage, typer.Option(help="Which half; start more processes to share.")] = (
        Stage.BOTH
    ),
) -> None:
    """Relay detections until SIGTERM or Ctrl-C; what is in hand is finished first.

    Processes with the same settings share members' topics and lanes. Logs go to standard output.

    Example: relay run --settings relay.yaml
    """
    chosen = settings_of(settings)
    members = register_of(chosen.members)
    stages = STAGES if stage is Stage.BOTH else (stage.value,)
    try:
        parts = assemble(chosen, members, stages)
    except (SettingsError, ExtraMissingError) as error:
        fail(SETTINGS, str(error))
    writable(chosen.state_dir)
    metrics = parts.metrics
    configure(chosen.log.level, chosen.log.format, sys.stdout, metrics.logged, metrics.held_back)
    log = structlog.get_logger()
    log.info("starting", stages=list(stages), members=len(members), lanes=chosen.lanes)
    with _FaultsTold():
        _run(parts, kafka_settings(chosen))
    log.info("stopped")


def _run(parts: Parts, kafka: KafkaSettings) -> None:
    log = structlog.get_logger()
    try:
        with broker_errors(kafka, "relay.sightings"):
            missing = ready_to_run(kafka, parts.rules.policy)
            if missing:
                log.warning("topics missing", topics=len(missing), first=missing[0])
            asyncio.run(run(parts, lambda port: log.info("serving", port=port)))
    except AddressError as error:
        fail(FAILURE, str(error))
    except ExceptionGroup as group:
        if not any(isinstance(error, DeploymentError) for error in leaves(group)):
            raise
        fail(SETTINGS, MISMATCH)


class _FaultsTold(AbstractContextManager[None]):
    """Ends the command with a line where a fault would end it with a traceback, which quotes."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, typer.Exit):
            structlog.get_logger().critical("ended by a fault", exc_info=error)
            raise typer.Exit(FAILURE) from None
