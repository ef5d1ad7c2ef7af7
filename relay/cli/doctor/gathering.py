"""Where the doctor looks. What cannot be asked is left out, and the rest is asked all the same."""

import asyncio
import ipaddress
import os
import platform
import shutil
import stat
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from relay import __version__
from relay.app.running import kafka_settings
from relay.cli.canaries import unheard
from relay.cli.doctor.gathered import Disk, Gathered, Roll, Secret, Versions, roll_of
from relay.cli.kafka import distrusted
from relay.cli.preflight import claimed
from relay.kafka.config import KafkaSettings, Topics
from relay.kafka.errors import DENIED, Environment
from relay.kafka.events import Why
from relay.kafka.login import refusal
from relay.kafka.survey import Cluster, Inquiry, Unanswered, ask
from relay.kafka.topics import plan, wanted
from relay.kafka.validity import ends
from relay.pipeline.lane import deployment
from relay.settings import Settings, SettingsError, load_register, load_settings, policy
from relay.settings.loading import secret_file
from relay.settings.shown import places, shown_settings
from relay.state.survey import survey
from relay.telemetry import unusable
from relay.telemetry.scrape import pages

LIBRARIES: Final = (
    "ada-url", "aiokafka", "cramjam", "idna", "jiter", "kafka-python", "orjson",
    "prometheus-client", "pydantic", "pyyaml", "rich", "rocksdict", "structlog", "typer",
)  # fmt: skip
"""What the relay rests on; a test compares them with its requirements."""

FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def gather(
    path: Path | None, environ: Mapping[str, str], relay: tuple[str, int] | None
) -> Gathered:
    """Look everywhere. `relay` is where pages are served, if not where the settings say."""
    begun = Gathered(_now(), _versions(), shown_settings(path, environ), roll_of(()))
    try:
        settings = load_settings(path, environ)
    except SettingsError as error:
        wrong = begun.settings.wrong or places(error, "settings")
        return replace(begun, settings=replace(begun.settings, wrong=wrong))
    roll, silent = _roll(settings)
    known = replace(
        begun,
        roll=roll,
        unheard=silent,
        secret=_secret(settings, path, environ),
        ends={purpose.value: at for purpose, at in ends(settings.security)},
        disk=_disk(settings.state_dir),
        untraceable=any(unusable(settings.traces.endpoint)),
    )
    return _served(_asked(known, settings), settings, relay)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _versions() -> Versions:
    found = {name: _version(name) for name in LIBRARIES}
    return Versions(__version__, platform.python_version(), platform.system(), found)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "missing"


def _roll(settings: Settings) -> tuple[Roll, tuple[str, ...]]:
    """Return the register, and who of it wants canaries and gets none."""
    try:
        members = load_register(settings.members)
    except SettingsError as error:
        return replace(roll_of(()), wrong=places(error, "register")), ()
    return roll_of(members), unheard(settings.canary.every_s, members)


def _secret(settings: Settings, path: Path | None, environ: Mapping[str, str]) -> Secret:
    """Return whether there is a secret, and which files with a secret are open to others."""
    file, security = secret_file(path, environ), settings.security
    files = {
        "key_file": security.key,
        "password_file": security.password,
        "token_file": security.token,
    }
    open_keys = tuple(key for key, each in files.items() if _is_open(each))
    given = settings.secret is not None
    return Secret(given=given, open_to_others=given and _is_open(file), open_keys=open_keys)


def _is_open(file: Path | None) -> bool:
    return file is not None and file.is_file() and is_open(file.stat(), os.geteuid())


def is_open(file: os.stat_result, user: int) -> bool:
    """Return whether others than `user` may read a file, or write it.

    Who is not the owner reads it by its group, as a pod does its mounted Secrets: that is no other.
    """
    own = 0 if file.st_uid == user else stat.S_IRGRP
    return bool(file.st_mode & FOR_OTHERS & ~own)


def _disk(place: Path) -> Disk:
    """Look at the state directory, or at the nearest directory there is above it."""
    exists = place.is_dir()
    near = next((each for each in (place, *place.absolute().parents) if each.is_dir()), Path("/"))
    usage, files = shutil.disk_usage(near), os.statvfs(near)
    disk = Disk(exists, os.access(near, os.W_OK), usage.total, usage.free, files.f_favail, ())
    try:
        return replace(disk, checkpoints=survey(place))
    except OSError:
        return replace(disk, unreadable=True)


def _asked(known: Gathered, settings: Settings) -> Gathered:
    """Ask the cluster; without a register it is not known for what."""
    if known.roll.wrong:
        return known
    kafka, names = kafka_settings(settings), Topics()
    should = wanted(known.roll.members, settings.lanes)
    sources = tuple(names.detections + member for member in known.roll.members)
    inquiry = Inquiry(
        kafka, tuple(t.name for t in should), sources, names.sightings, names.state, settings.lanes
    )
    known, cluster = refused(known, asyncio.run(ask(inquiry)), kafka)
    if isinstance(cluster.topics, Unanswered):
        return replace(known, now=_now(), cluster=cluster)
    changes = plan(should, cluster.topics)
    foreign = _is_foreign(cluster, settings)
    return replace(known, now=_now(), cluster=cluster, differing=changes, foreign=foreign)


def refused(known: Gathered, cluster: Cluster, kafka: KafkaSettings) -> tuple[Gathered, Cluster]:
    """Return both with the reason for which brokers that are there let us not in, if it is that."""
    said = cluster.brokers
    if not isinstance(said, Unanswered) or said.why is not Why.CONNECTION:
        return known, cluster
    error = asyncio.run(refusal(kafka))
    if error is None:
        return known, cluster
    says = distrusted(error, kafka)
    if says is None and not isinstance(error, DENIED):
        return known, cluster
    forbidden = Unanswered(Why.FORBIDDEN, type(error).__name__)
    return replace(known, distrusted=says), Cluster(*[forbidden] * 8)


def _is_foreign(cluster: Cluster, settings: Settings) -> bool:
    """Whether the state there is belongs to another deployment; False if nobody can say."""
    if isinstance(cluster.topics, Unanswered) or Topics().state not in cluster.topics:
        return False
    try:
        ours = deployment(policy(settings, load_register(settings.members)))
        theirs = asyncio.run(claimed(kafka_settings(settings)))
    except (SettingsError, *Environment):
        return False
    return theirs is not None and theirs != ours


def _served(known: Gathered, settings: Settings, relay: tuple[str, int] | None) -> Gathered:
    host, port = relay or (settings.http.host, settings.http.port)
    if port == 0:  # whichever was free when it started
        return known
    host = _reachable(host)
    topics = wanted(known.roll.members, settings.lanes)
    words = {*known.roll.members, *(topic.name for topic in topics)}
    return replace(known, address=f"{host}:{port}", pages=pages(host, port, words))


def _reachable(host: str) -> str:
    """Return where to ask what listens on `host`: nobody can dial all addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    loopback = "127.0.0.1" if address.version == 4 else "::1"
    return loopback if address.is_unspecified else host
