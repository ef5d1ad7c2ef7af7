"""How commands reach a broker, and what they say when they cannot."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from relay.app.running import kafka_settings
from relay.cli.codes import FAILURE, FORBIDDEN, SETTINGS, UNREACHABLE, fail
from relay.cli.lapsing import NAMES, lapsing
from relay.cli.options import settings_of
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import CLOSED, DENIED, LOGIN, Environment, classify, leaves
from relay.kafka.events import Purpose, Why
from relay.kafka.login import refusal
from relay.kafka.security import SecretFileError, Tls
from relay.kafka.validity import ends

Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", help="host:port,… of brokers; else RELAY_KAFKA__BOOTSTRAP."),
]
Member = Annotated[str, typer.Option("--member", "-m", help="The member's id.")]

_CODES = {Why.FORBIDDEN: FORBIDDEN, Why.CONNECTION: UNREACHABLE, Why.TIMEOUT: UNREACHABLE}


def connection(bootstrap: str | None, settings: Path | None = None) -> KafkaSettings:
    """Return how to reach the brokers: as said, else by settings and environment, else on this
    machine."""
    kafka = kafka_settings(settings_of(settings))
    if bootstrap is None:
        return kafka
    return replace(kafka, bootstrap=tuple(part.strip() for part in bootstrap.split(",")))


@contextmanager
def broker_errors(settings: KafkaSettings, topic: str) -> Iterator[None]:
    """Turn what goes wrong with a broker into a sentence and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise  # a reader of what we write went away, as `head` does: no broker is at fault
    except Environment as error:
        _report(error, settings, topic)
    except ExceptionGroup as group:
        first = leaves(group)[0]
        if not isinstance(first, Environment):
            raise
        _report(first, settings, topic)


def _report(error: BaseException, settings: KafkaSettings, topic: str) -> NoReturn:
    _, why = classify(error)
    if why is Why.MISSING:
        missing = error.args[0] if error.args else topic
        fail(FAILURE, f"{missing}: there is no such topic; `relay provision` makes it")
    if why is Why.CONNECTION:
        error = asyncio.run(refusal(settings)) or error
    if isinstance(error, SecretFileError):
        fail(SETTINGS, str(error.strerror))
    where = ", ".join(settings.bootstrap)
    if (reason := distrusted(error, settings)) is not None:
        fail(FORBIDDEN, f"{where}: closed during the handshake: {reason}")
    if isinstance(error, DENIED):
        said = "login" if isinstance(error, LOGIN) else "access"
        fail(FORBIDDEN, f"{where}: {said} denied: {type(error).__name__}: {error}")
    fail(_CODES.get(why, FAILURE), f"{where}: {why}: {type(error).__name__}: {error}")


def distrusted(error: BaseException, settings: KafkaSettings) -> str | None:
    """Return what may be wrong with our certificate if a broker that it was shown to went away:
    brokers say no more than that (TLS 1.3), or that it was bad (TLS 1.2)."""
    tls = settings.client.get("ssl_context")
    closed = isinstance(error, (*CLOSED, ssl.SSLError))
    if not isinstance(tls, Tls) or tls.security.cert is None or not closed:
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        return None  # it was we who went away
    now = time.time()
    for purpose, at in ends(tls.security):
        if purpose is Purpose.CLIENT and at <= now:
            return lapsing(purpose, at, now)
    return f"{NAMES[Purpose.CLIENT]} may be of an authority that they do not trust, or begin later"
