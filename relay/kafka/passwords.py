"""Passwords of SCRAM users: a file each, and whether the brokers know them."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from aiokafka.errors import ClusterAuthorizationFailedError

from relay.kafka.access import Login
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import LOGIN
from relay.kafka.login import refusal, rules_of_the_cluster
from relay.kafka.security import MECHANISMS, PROTOCOLS, Password, secret_of
from relay.settings.secret_file import replace_secret

AT_ONCE: Final = 8
"""Logins tried at a time: each costs a broker milliseconds, a refused one a tenth of a second."""

RANDOM_BYTES: Final = 32
"""Of a password that is made: past guessing, whatever the number of iterations."""


def file_of(directory: Path, principal: str) -> Path:
    """Return where a user's password is."""
    return directory / f"{principal}.password"


def taken_or_made(directory: Path, principal: str) -> bytes:
    """Return a user's password; if there is no file, make both. Raises OSError."""
    path = file_of(directory, principal)
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_secret(path, f"{secrets.token_urlsafe(RANDOM_BYTES)}\n".encode())
    return secret_of(path, "password_file")


async def logins(
    settings: KafkaSettings, directory: Path, users: Iterable[str]
) -> Mapping[str, Login]:
    """Return what is known of users that exist: one whose password the brokers refuse is stale,
    and one that they tell rules of the cluster is above all rules, if it has none that allows it.

    Logging in is the only way to compare: brokers do not tell what they keep. Left out are users
    without a file, and all if the brokers are not reached by SASL_SSL. Raises KafkaError, OSError.
    """
    if settings.client.get("security_protocol") != PROTOCOLS["sasl_ssl"]:
        return {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def compared(name: str, path: Path) -> tuple[str, Login]:
        async with turns:
            return name, await _login(settings, path, name)

    comparable = _with_files(directory, users)
    found = await asyncio.gather(*(compared(name, path) for name, path in comparable.items()))
    return dict(found)


def _with_files(directory: Path, users: Iterable[str]) -> dict[str, Path]:
    files = {name: file_of(directory, name) for name in sorted(users)}
    return {name: path for name, path in files.items() if path.exists()}


async def _login(settings: KafkaSettings, path: Path, name: str) -> Login:
    scram = {
        "sasl_mechanism": MECHANISMS["scram-sha-512"],
        "sasl_plain_username": name,
        "sasl_plain_password": Password(path),
    }
    made = replace(settings, client={**settings.client, **scram})
    error = await refusal(made, rules_of_the_cluster)
    if error is None:
        return Login.ABOVE
    if isinstance(error, ClusterAuthorizationFailedError):
        return Login.SOUND
    if isinstance(error, LOGIN):
        return Login.STALE
    raise error
