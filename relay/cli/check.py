"""`relay check`: is what was written a relay that can run? All that is wrong, at once."""

from typing import Annotated

import typer

from relay.app.running import kafka_settings
from relay.cli.codes import FAILURE, SETTINGS, fail
from relay.cli.kafka import broker_errors
from relay.cli.options import SettingsFile, register_of, settings_of
from relay.cli.preflight import differing
from relay.kafka.config import KafkaSettings
from relay.kafka.security import unusable
from relay.model.policy import Policy
from relay.settings import SettingsError, policy
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
    enabled = sum(member.enabled for member in members)
    typer.echo(f"settings and register are sound: {len(members)} members, {enabled} enabled")
    if connect:
        _ask(kafka_settings(chosen), decides)


def _ask(kafka: KafkaSettings, chosen: Policy) -> None:
    with broker_errors(kafka, "topics"):
        topics, changes = differing(kafka, chosen)
    for change in changes:
        typer.echo(f"{change.kind.value:<10} {change.topic.name}: {change.says}", err=True)
    if changes:
        fail(FAILURE, f"{len(changes)} of {topics} topics differ: see `relay provision`")
    typer.echo(f"{topics} topics at {', '.join(kafka.bootstrap)} are as they should be")
