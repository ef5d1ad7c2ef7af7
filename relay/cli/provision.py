"""`relay provision`: topics, rules, quotas and users of a deployment, made and kept as they should
be."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Final

import orjson
import typer

from relay.app.running import kafka_settings
from relay.cli.codes import FAILURE, FORBIDDEN, SETTINGS, fail
from relay.cli.kafka import broker_errors
from relay.cli.options import Json, SettingsFile, register_of, settings_of
from relay.kafka import access, access_admin, admin
from relay.kafka.access import Do, Should, Step
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import UNPRIVILEGED
from relay.kafka.topics import Change, Kind, Topic, plan, wanted
from relay.model.member import Member
from relay.settings import Settings

UNNAMED: Final = (
    "access.operators: must name who provisions, as the brokers do: a certificate or token does "
    "not say it here, and no member may have that name"
)


BLOCKED: Final = (
    "nothing was changed, nor is anything else mended before each is settled: for a topic see "
    'docs/operations.md, "Partitions in conflict"; for a principal its line says why'
)


NEEDED: Final = (
    "to see and change access takes an administrator of the brokers: run it with the "
    "kafka.security of one, see docs/security.md, step 3"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs: of the topics, and of who may do what with them. `all` counts the topics."""

    all: int
    topics: tuple[Change, ...]
    access: tuple[Step, ...]

    @property
    def work(self) -> int:
        """How many things can be done about it."""
        return len(self.topics) + len(self.access) - self.foreign

    @property
    def conflicts(self) -> int:
        """How many stand in the way of all."""
        topics = sum(change.kind is Kind.CONFLICT for change in self.topics)
        return topics + sum(step.do is Do.CONFLICT for step in self.access)

    @property
    def foreign(self) -> int:
        """How many a person must decide."""
        return sum(step.do is Do.FOREIGN for step in self.access)


def command(
    settings: SettingsFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; else only the plan.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 if anything is shown, or left by --yes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what is missing or differs in a deployment's topics and access; with --yes, mend it.

    May be repeated at will. What would lose data is refused: the number of partitions is fixed.
    With `access.manage` in the settings: each member's rules, quota and SCRAM user, and the
    relay's; what a member that left had is taken away. Needs an administrator of the brokers.

    Example: relay provision --settings relay.yaml --yes
    """
    chosen = settings_of(settings)
    members = register_of(chosen.members)
    kafka = kafka_settings(chosen)
    topics = wanted((member.id for member in members), chosen.lanes)
    should = _access(chosen, members, topics, kafka)
    with broker_errors(kafka, "topics"), _administrator(kafka):
        found = _planned(chosen, kafka, topics, should)
        _show(found, as_json=as_json)
        if found.conflicts:
            fail(FAILURE, f"in conflict: {found.conflicts}; {BLOCKED}")
        if found.work and yes:
            try:
                provision(chosen, kafka, found, should)
            except access_admin.AboveRulesError as error:
                fail(SETTINGS, str(error))
            typer.echo(f"{found.work} changes made", err=True)
    if found.work and not yes:
        typer.echo("nothing was changed: --yes does it", err=True)
    if should is not None and should.users and chosen.security.protocol != "sasl_ssl":
        typer.echo("passwords were not compared: that needs protocol sasl_ssl", err=True)
    left = found.foreign if yes else found.foreign + found.work
    if check and left:
        fail(FAILURE, f"differing: {left}, for a person to decide: {found.foreign}")


@contextmanager
def _administrator(kafka: KafkaSettings) -> Iterator[None]:
    """Say what is needed to whoever is not allowed; a broker's own words are of its insides."""
    try:
        yield
    except UNPRIVILEGED:
        fail(FORBIDDEN, f"{', '.join(kafka.bootstrap)}: access denied: {NEEDED}")


def provisioned(settings: Settings, members: Sequence[Member]) -> None:
    """Make a deployment all that it should be. Raises KafkaError, OSError."""
    kafka = kafka_settings(settings)
    topics = wanted((member.id for member in members), settings.lanes)
    should = _access(settings, members, topics, kafka)
    provision(settings, kafka, _planned(settings, kafka, topics, should), should)


def provision(settings: Settings, kafka: KafkaSettings, found: Plan, should: Should | None) -> None:
    """Do what was planned, topics first. Raises KafkaError, OSError."""
    if found.topics:
        asyncio.run(admin.apply(kafka, found.topics, settings.kafka.replication_factor))
    if should is not None and not access.mended(found.access):
        access_admin.perform(kafka, settings.access.passwords, should, found.access)


def _access(
    settings: Settings, members: Sequence[Member], topics: Sequence[Topic], kafka: KafkaSettings
) -> Should | None:
    """Return what access should be like, None if that is not ours to manage."""
    if not settings.access.manage:
        return None
    # Who provisions is an operator: nothing is reported of its rules, and no member may be it.
    name, secured = settings.security.username, settings.security.protocol != "plaintext"
    login = {name} - {"", settings.access.principal}
    if secured and not name and not settings.access.operators:
        fail(SETTINGS, UNNAMED)
    chosen = replace(settings.access, operators=settings.access.operators | login)
    clashing = tuple(access.clashes(members, chosen, kafka))
    if clashing:
        fail(SETTINGS, "\n".join(clashing))
    return access.wanted(members, topics, chosen, kafka)


def _planned(
    settings: Settings, kafka: KafkaSettings, topics: Sequence[Topic], should: Should | None
) -> Plan:
    actual = asyncio.run(admin.describe(kafka, (topic.name for topic in topics)))
    steps: tuple[Step, ...] = ()
    if should is not None:
        there = access_admin.observe(kafka, settings.access.passwords, should)
        steps = access.plan(should, there)
    return Plan(len(topics), plan(topics, actual), steps)


def _show(found: Plan, *, as_json: bool) -> None:
    if as_json:
        rows = [{"do": c.kind.value, "topic": c.topic.name, "what": c.says} for c in found.topics]
        rows += [{"do": s.do.value, "principal": s.principal, "what": s.says} for s in found.access]
        typer.echo(orjson.dumps({"topics": found.all, "changes": rows}).decode())
        return
    for change in found.topics:
        typer.echo(f"{change.kind.value:<10} {change.topic.name}: {change.says}")
    for step in found.access:
        typer.echo(f"{step.do.value:<11} {step.principal}: {step.says}")
    if not found.topics and not found.access:
        typer.echo(f"{found.all} topics, all as they should be")
