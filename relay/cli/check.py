"""`relay check`: is what was written a relay that can run? All that is wrong, at once."""

import time
from typing import Annotated

import typer

from relay.app.running import kafka_settings
from relay.cli.canaries import silence, unheard
from relay.cli.codes import FAILURE, SETTINGS, fail
from relay.cli.kafka import broker_errors
from relay.cli.lapsing import lapsing
from relay.cli.options import SettingsFile, register_of, settings_of
from relay.cli.preflight import differing
from relay.kafka.config import KafkaSettings
from relay.kafka.events import Purpose
from relay.kafka.security import unusable
from relay.kafka.validity import ends
from relay.model.policy import Policy
from relay.settings import SettingsError, policy
from relay.settings.security import Security
from relay.telemetry import unusable as untraceable


def command(
    settings: SettingsFile = None,
    connect: Annotated[bool, typer.Option("--connect", help="Ask the brokers, too.")] = False,
) -> None:
    """Check settings and register without a broker; with --connect, the topics as well.

    Example: relay check --settings relay.yaml --connect
    """
    chosen = settings_of(settings)
    members = register_of(chosen.members)
    try:
        decides = policy(chosen, members)
    except SettingsError as error:
        fail(SETTINGS, str(error))
    wrong = (*unusable(chosen.security), *untraceable(chosen.traces.endpoint))
    if wrong:
        fail(SETTINGS, "\n".join(wrong))
    _certificates(chosen.security)
    enabled = sum(member.enabled for member in members)
    silent = silence(unheard(chosen.canary.every_s, members))
    if silent is not None:
        typer.echo(silent, err=True)
    typer.echo(f"settings and register are sound: {len(members)} members, {enabled} enabled")
    if connect:
        _ask(kafka_settings(chosen), decides)
        if chosen.access.manage:
            typer.echo("not asked, who may do what there: `relay provision --check` does")


def _certificates(security: Security) -> None:
    """Say what ends soon; a certificate of our own that has ended is no use."""
    now = time.time()
    for purpose, at in ends(security):
        says = lapsing(purpose, at, now)
        if says is not None and purpose is Purpose.CLIENT and at <= now:
            fail(SETTINGS, says)
        if says is not None:
            typer.echo(says, err=True)


def _ask(kafka: KafkaSettings, chosen: Policy) -> None:
    with broker_errors(kafka, "topics"):
        topics, changes = differing(kafka, chosen)
    for change in changes:
        typer.echo(f"{change.kind.value:<10} {change.topic.name}: {change.says}", err=True)
    if changes:
        fail(FAILURE, f"{len(changes)} of {topics} topics differ: see `relay provision`")
    typer.echo(f"{topics} topics at {', '.join(kafka.bootstrap)} are as they should be")
