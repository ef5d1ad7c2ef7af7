import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed
from typer.testing import CliRunner

from relay.broker import Runtime
from relay.broker.certificates import LIFE, Authority
from relay.broker.secured import NODE
from relay.cli.main import app
from relay.kafka.admin import administering
from relay.kafka.config import KafkaSettings
from relay.kafka.login import refusal
from relay.kafka.probe import round_trip
from relay.kafka.publisher import publishing
from relay.kafka.security import Tls
from relay.kafka.validity import valid_until
from relay.settings.security import Security
from tests.broker.guarded import ADMIN, Guarded, Signer, guarded_in

pytestmark = pytest.mark.broker

EXPIRED: Final = timedelta(hours=-1)
TURNED_AWAY: Final = "Failed authentication"
"""What a broker logs of whoever it does not let in, with the address and why."""


@pytest.fixture(scope="module")
def guarded(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A secured cluster in which only its administrator may do anything."""
    with guarded_in(tmp_path_factory.mktemp("guarded"), runtime) as made:
        yield made


def refused(settings: KafkaSettings) -> Exception | None:
    """Why a client is not let in."""
    return asyncio.run(refusal(settings))


def test_who_is_known_is_let_in(guarded: Guarded) -> None:
    """A password, a certificate and a token each make a client the one it says it is."""
    clients = [
        guarded.admin,
        guarded.certified(ADMIN),
        guarded.bearer(guarded.signer.token(ADMIN)),
    ]

    for client in clients:
        asyncio.run(round_trip(",".join(client.bootstrap), 20.0, client.client))


def test_when_a_brokers_certificate_ends_is_known_from_its_connections(guarded: Guarded) -> None:
    """What it shows is what its file holds."""
    kafka = guarded.admin
    tls = kafka.client["ssl_context"]
    assert isinstance(tls, Tls)
    [shown] = valid_until((guarded.home / f"{NODE}.crt").read_bytes())

    async def met() -> list[float]:
        async with administering(kafka):
            return list(tls.peers_end())

    assert asyncio.run(met()) == [shown]


def test_a_wrong_password_or_an_unknown_name_is_refused(guarded: Guarded) -> None:
    """Who does not know the password is not let in, and neither is who has no name there."""
    with guarded.heard(TURNED_AWAY, "not-the-password", guarded.password):
        wrong = refused(guarded.scram(ADMIN, "not-the-password"))
    with guarded.heard(TURNED_AWAY, "not-the-password", guarded.password):
        nobody = refused(guarded.scram("nobody", guarded.password))

    assert isinstance(wrong, SaslAuthenticationFailed)
    assert isinstance(nobody, SaslAuthenticationFailed)
    assert "not-the-password" not in repr(wrong)


def test_a_client_that_says_nothing_is_refused(guarded: Guarded) -> None:
    """Without TLS there is no answer, and with TLS alone nothing is answered but versions."""
    silent = {"security_protocol": "SSL", "ssl_context": Tls(Security(ca=guarded.authority.path))}
    places = (guarded.cluster.bootstrap, guarded.cluster.tls)

    for place in places:
        for client in ({}, silent):
            settings = KafkaSettings((place,), client=client, request_timeout_ms=2_000)
            with pytest.raises(KafkaConnectionError):
                asyncio.run(published(settings))


async def published(settings: KafkaSettings) -> None:
    """Begin to publish, as far as asking where."""
    async with publishing(settings):
        pass


def bad_tokens(guarded: Guarded) -> dict[str, str]:
    """Tokens that count nowhere, each of its own kind."""
    signer, stranger = guarded.signer, Signer(guarded.home / "stranger.json")
    return {
        "expired": signer.token(ADMIN, -60),
        "for another service": signer.token(ADMIN, audience="another"),
        "signed by a stranger": stranger.token(ADMIN),
        "of a key that is not known": signer.token(ADMIN, kid="unknown"),
        "no token": "hunter2-hunter2",
        "no token with dots": "hunter2.hunter2.hunter2",
    }


@pytest.mark.parametrize(
    "kind",
    [
        "expired",
        "for another service",
        "signed by a stranger",
        "of a key that is not known",
        "no token",
        "no token with dots",
    ],
)
def test_a_token_that_does_not_count_is_refused_and_logged_nowhere(
    guarded: Guarded, kind: str
) -> None:
    """A token counts until it expires, for the cluster and by a key that it knows; the broker logs
    that somebody was turned away, and not what they showed."""
    token = bad_tokens(guarded)[kind]

    with guarded.heard(TURNED_AWAY, token, token.rpartition(".")[2]):
        error = refused(guarded.bearer(token))

    assert isinstance(error, SaslAuthenticationFailed)
    assert token not in repr(error)


def test_a_certificate_that_has_expired_or_is_of_another_authority_is_refused(
    guarded: Guarded,
) -> None:
    """A client's certificate counts until it expires, and only if its signer is trusted."""
    other = Authority(guarded.home / "other.crt", "other")

    for client in (guarded.certified(ADMIN, life=EXPIRED), guarded.certified(ADMIN, by=other)):
        with guarded.heard(TURNED_AWAY):
            assert refused(client) is not None
    assert refused(guarded.certified(ADMIN)) is None


def test_a_broker_that_somebody_else_signed_for_is_not_trusted(guarded: Guarded) -> None:
    """With the wrong authority the client goes away before it says a word of itself."""
    other = Authority(guarded.home / "imposter.crt", "imposter")
    mine = guarded.security(ADMIN, guarded.password)
    security = type(mine)(
        mine.protocol, mine.mechanism, mine.username, ca=other.path, password=mine.password
    )

    error = refused(guarded.settings(security))

    assert error is not None
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)


def test_a_secured_cluster_is_said_to_serve_and_hears_of_no_failed_login(
    guarded: Guarded,
) -> None:
    """`relay broker status` has no login: it looks whether TLS is spoken, and asks no more."""
    before = len(guarded.journal)

    told = CliRunner().invoke(app, ["broker", "status", "--data", str(guarded.cluster.data)])
    with guarded.heard(TURNED_AWAY):
        refused(guarded.scram("nobody", guarded.password))

    assert told.exit_code == 0, told.output
    assert "running, serving by TLS (more takes a login)" in told.stdout
    assert guarded.journal[before:].count(TURNED_AWAY) == 1


def command(
    home: Path, security: dict[str, str], bootstrap: str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the relay with these settings."""
    path = home / "client.yaml"
    path.write_text(json.dumps({"kafka": {"bootstrap": bootstrap, "security": security}}))
    return subprocess.run(
        [sys.executable, "-m", "relay", *words, "--settings", str(path)],
        env=os.environ, capture_output=True, text=True, timeout=60, check=False, cwd=home,
    )  # fmt: skip


@pytest.mark.parametrize(
    "login",
    [
        {"username": ADMIN, "password_file": "secret"},
        {"mechanism": "oauthbearer", "token_file": "secret"},
    ],
    ids=["password", "token"],
)
def test_the_command_line_says_that_it_was_not_let_in_and_no_secret(
    guarded: Guarded, tmp_path: Path, login: dict[str, str]
) -> None:
    """Exit code 5 and a sentence, without the secret, for who is refused at the door."""
    (tmp_path / "secret").write_text("hunter2-hunter2\n")
    security = {"protocol": "sasl_ssl", "ca_file": str(guarded.authority.path), **login}
    words = ("follow", "-m", "ee", "--until-end")

    with guarded.heard(TURNED_AWAY, "hunter2-hunter2"):
        told = command(tmp_path, security, guarded.cluster.bootstrap, *words)

    assert told.returncode == 5, told.stderr
    assert "login denied" in told.stderr
    assert "hunter2" not in told.stderr + told.stdout


@pytest.mark.parametrize(
    ("expired", "says"),
    [(True, "has expired: 2"), (False, "may be of an authority that they do not trust")],
    ids=["expired", "of another authority"],
)
def test_the_command_line_says_that_a_certificate_may_be_why(
    guarded: Guarded, tmp_path: Path, expired: bool, says: str
) -> None:
    """Brokers only close the connection; it is no fault of the network all the same: code 5."""
    by = guarded.authority if expired else Authority(guarded.home / "another.crt", "another")
    made = by.issue("ee", tmp_path, EXPIRED if expired else LIFE)
    security = {"protocol": "ssl", "ca_file": str(guarded.authority.path)}
    security |= {"cert_file": str(made.cert), "key_file": str(made.key)}

    with guarded.heard(TURNED_AWAY):
        told = command(tmp_path, security, guarded.cluster.tls, "follow", "-m", "ee", "--until-end")

    assert told.returncode == 5, told.stderr
    assert "closed during the handshake: the certificate of kafka.security.cert_file" in told.stderr
    assert says in told.stderr


@pytest.mark.parametrize("expired", [True, False], ids=["expired", "of another authority"])
def test_the_doctor_says_that_a_certificate_may_be_why(
    guarded: Guarded, tmp_path: Path, expired: bool
) -> None:
    """As `relay check --connect` does: code 5, and not that no broker answers."""
    by = guarded.authority if expired else Authority(guarded.home / "fourth.crt", "fourth")
    made = by.issue("ee", tmp_path, EXPIRED if expired else LIFE)
    security = {"protocol": "ssl", "ca_file": str(guarded.authority.path)}
    security |= {"cert_file": str(made.cert), "key_file": str(made.key)}
    (tmp_path / "members.yaml").write_text(
        "version: 1\nmembers:\n- {id: ee, name: E, country: EE, kind: national-hub}\n"
    )

    with guarded.heard(TURNED_AWAY):
        told = command(tmp_path, security, guarded.cluster.tls, "doctor")

    assert told.returncode == 5, told.stderr
    assert "broker: closed during the handshake: the certificate of kafka.sec" in told.stderr
    assert "none answers" not in told.stderr


def test_a_broker_that_is_not_there_is_no_fault_of_a_certificate(
    guarded: Guarded, tmp_path: Path
) -> None:
    """Where nothing listens it is code 4, whatever would be shown."""
    made = guarded.authority.issue("ee", tmp_path)
    security = {"protocol": "ssl", "cert_file": str(made.cert), "key_file": str(made.key)}

    told = command(tmp_path, security, "127.0.0.1:1", "follow", "-m", "ee", "--until-end")

    assert told.returncode == 4, told.stderr
    assert "certificate" not in told.stderr


def test_a_secret_that_cannot_be_read_is_not_named(guarded: Guarded, tmp_path: Path) -> None:
    """Whoever writes the password in the place of its file does not find it in a message."""
    security = {
        "protocol": "sasl_ssl",
        "ca_file": str(guarded.authority.path),
        "username": ADMIN,
        "password_file": "hunter2-hunter2",
    }

    told = command(
        tmp_path, security, guarded.cluster.bootstrap, "follow", "-m", "ee", "--until-end"
    )

    assert told.returncode == 3
    assert "kafka.security.password_file: No such file" in told.stderr
    assert "hunter2" not in told.stderr + told.stdout
