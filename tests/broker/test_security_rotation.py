"""What a relay logs in with is replaced while members report: nothing is lost or restarted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import orjson
import pytest
from aiokafka.errors import SaslAuthenticationFailed

from relay.broker import Runtime, free_ports
from relay.kafka.config import KafkaSettings
from relay.kafka.errors import Environment
from relay.kafka.login import refusal
from relay.kafka.publisher import publishing
from relay.kafka.reader import reading
from relay.model.records import Outgoing
from relay.settings.secret_file import replace_secret
from tests.broker.guarded import guarded_in
from tests.broker.guarded_deployment import Deployment
from tests.broker.world import until

pytestmark = pytest.mark.broker

SHORT: Final = timedelta(seconds=20)
"""The life of a certificate or token that is replaced before its end."""

SESSION_S: Final = 7
"""After so long the broker ends a session, unless the client logs in again."""

BATCH: Final = 3


@pytest.fixture(scope="module")
def deployment(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A provisioned deployment on a cluster whose sessions end after some seconds, as they do
    after some hours on others."""
    home = tmp_path_factory.mktemp("guarded")
    with guarded_in(home, runtime, connections_max_reauth_ms=str(SESSION_S * 1_000)) as guarded:
        made = Deployment(tmp_path_factory.mktemp("deployment"), guarded)
        done = made.provision("--yes")
        assert done.exit_code == 0, done.output
        yield made


@dataclass
class Reporter:
    """A member that reports addresses, one after another, until it is told to stop."""

    client: KafkaSettings
    first: int
    kept: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Report while the block lasts."""
        thread = threading.Thread(target=lambda: asyncio.run(self._report()))
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    async def _report(self) -> None:
        while not self._stop.is_set():
            start = self.first + len(self.kept)
            values = [f"45.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(start, start + BATCH)]
            records = [detection("m", value) for value in values]
            if await self._sent(records):
                self.kept += values

    async def _sent(self, records: list[Outgoing]) -> bool:
        """Whether a batch is known to be kept; the same detections may be sent again."""
        try:
            async with asyncio.timeout(10), publishing(self.client) as publisher:
                await publisher.send("detections.m", records)
        except Environment:
            return False
        return True


def detection(member: str, value: str) -> Outgoing:
    """A detection grave enough to warn the others at once."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "schema": "detection.v1", "id": str(uuid4()), "member": member, "detected_at": now,
        "published_at": now, "title": "t", "classification": "intrusion-attempts:exploit",
        "severity": "high", "confidence": 80, "sharing": {"tlp": "green"},
        "observables": [{"type": "ipv4", "value": value, "side": "attacker"}],
    }  # fmt: skip
    return Outgoing((), 0, None, orjson.dumps(body), ())


def warned(client: KafkaSettings, member: str) -> Counter[str]:
    """How often a member was told of each address."""

    async def read() -> Counter[str]:
        async with reading(client, [f"alerts.{member}"]) as reader:
            alerts = [orjson.loads(record.value or b"{}") for record in await reader.to_end()]
        return Counter(alert["key"]["value"] for alert in alerts)

    return asyncio.run(read())


@contextmanager
def relay(
    deployment: Deployment, bootstrap: str, security: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a relay that logs in so, ready when the block begins; SIGTERM at its end."""
    http = free_ports(1)[0]
    body = json.loads((deployment.place / "relay.yaml").read_text())
    ca = str(deployment.guarded.authority.path)
    body["kafka"] = {"bootstrap": bootstrap, "security": {"ca_file": ca, **security}}
    body |= {"http": {"port": http}, "state_dir": "state"}
    path = deployment.place / "run.yaml"
    path.write_text(json.dumps(body))
    log = deployment.place / "relay.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "relay", "run", "--settings", path],
            env=os.environ, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or is_ready(http))
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def is_ready(port: int) -> bool:
    """Whether a relay says that it is."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as page:
            return bool(page.status == HTTPStatus.OK)
    except (URLError, OSError):
        return False


def rotate(deployment: Deployment, reporter: Reporter, process: "subprocess.Popen[bytes]") -> None:
    """Let every connection be made anew, and some reports come through over the new ones."""
    deployment.guarded.cluster.restart(1)
    before = len(reporter.kept)
    until(lambda: len(reporter.kept) >= before + 5 * BATCH)
    last = reporter.kept[before]
    until(lambda: warned(deployment.client("fr"), "fr")[last] > 0)
    assert process.poll() is None


def judged(deployment: Deployment, reporter: Reporter) -> None:
    """Each of the others was told of each address once, and the member itself of none."""
    told = {who: warned(deployment.client(who), who) for who in ("m", "m2", "fr")}
    once = Counter(reporter.kept)
    mine = {who: Counter({v: n for v, n in told[who].items() if v in once}) for who in told}

    assert mine["m2"] == once
    assert mine["fr"] == once
    assert not mine["m"]


def settle(deployment: Deployment, reporter: Reporter) -> None:
    """Wait until the others have been told of all that was reported."""
    clients = {who: deployment.client(who) for who in ("m2", "fr")}
    until(
        lambda: all(
            set(reporter.kept) <= set(warned(client, who)) for who, client in clients.items()
        )
    )


def test_a_password_is_changed_while_traffic_flows(deployment: Deployment) -> None:
    """File and cluster have another password: sessions go on, and new ones are let in."""
    reporter = Reporter(deployment.client("m"), 1_000)
    old = deployment.client("relay")
    password = deployment.place / "passwords" / "relay.password"
    security = {"protocol": "sasl_ssl", "username": "relay", "password_file": str(password)}
    bootstrap = deployment.guarded.cluster.bootstrap
    with relay(deployment, bootstrap, security) as process, reporter.running():
        until(lambda: len(reporter.kept) >= BATCH)
        replace_secret(password, b"the-new-password-of-the-relay")
        changed = deployment.provision("--yes")
        rotate(deployment, reporter, process)
        refused = asyncio.run(refusal(old))
        reporter._stop.set()
        settle(deployment, reporter)

    assert changed.exit_code == 0
    assert isinstance(refused, SaslAuthenticationFailed)
    judged(deployment, reporter)
    assert "the-new-password" not in (deployment.place / "relay.log").read_text()


def test_a_certificate_is_rotated_while_traffic_flows(deployment: Deployment) -> None:
    """A certificate is replaced before it expires; when it has, the new one is in use."""
    reporter = Reporter(deployment.client("m"), 100_000)
    authority = deployment.guarded.authority
    made = authority.issue("relay", deployment.place, SHORT)
    over = time.time() + SHORT.total_seconds()
    security = {"protocol": "ssl", "cert_file": str(made.cert), "key_file": str(made.key)}
    bootstrap = deployment.guarded.cluster.tls
    with relay(deployment, bootstrap, security) as process, reporter.running():
        until(lambda: len(reporter.kept) >= BATCH)
        authority.issue("relay", deployment.place)
        until(lambda: time.time() > over)
        rotate(deployment, reporter, process)
        reporter._stop.set()
        settle(deployment, reporter)

    judged(deployment, reporter)


def test_a_token_is_renewed_while_traffic_flows(deployment: Deployment) -> None:
    """A token that its issuer replaces is used from the next session on."""
    reporter = Reporter(deployment.client("m"), 200_000)
    token, signer = deployment.place / "token", deployment.guarded.signer
    token.write_text(signer.token("relay", int(SHORT.total_seconds())))
    over = time.time() + SHORT.total_seconds()
    security = {"protocol": "sasl_ssl", "mechanism": "oauthbearer", "token_file": str(token)}
    bootstrap = deployment.guarded.cluster.bootstrap
    with relay(deployment, bootstrap, security) as process, reporter.running():
        until(lambda: len(reporter.kept) >= BATCH)
        token.write_text(signer.token("relay"))
        until(lambda: time.time() > over)
        rotate(deployment, reporter, process)
        reporter._stop.set()
        settle(deployment, reporter)

    judged(deployment, reporter)
    assert signer.token("relay").split(".")[0] not in (deployment.place / "relay.log").read_text()


def session(deployment: Deployment, who: str, kind: str, *words: str) -> "subprocess.Popen[bytes]":
    """Start a command of a member that logs in by password or token; what it says is in files."""
    guarded, place = deployment.guarded, deployment.place
    token = place / f"{who}.token"
    token.write_text(guarded.signer.token(who))
    login = {
        "password": {"username": who, "password_file": f"passwords/{who}.password"},
        "token": {"mechanism": "oauthbearer", "token_file": str(token)},
    }[kind]
    security = {"protocol": "sasl_ssl", "ca_file": str(guarded.authority.path), **login}
    path = place / f"{who}-by-{kind}.yaml"
    body = {"kafka": {"bootstrap": guarded.cluster.bootstrap, "security": security}}
    path.write_text(json.dumps(body))
    command = [sys.executable, "-m", "relay", *words, "-m", who, "--settings", str(path)]
    with path.with_suffix(".out").open("wb") as out, path.with_suffix(".err").open("wb") as err:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err)


async def stored(client: KafkaSettings, topic: str) -> Counter[str]:
    """How often each id is in a topic."""
    async with reading(client, [topic]) as reader:
        return Counter(orjson.loads(each.value or b"{}")["id"] for each in await reader.to_end())


@pytest.mark.parametrize("kind", ["password", "token"])
def test_commands_outlive_their_sessions(deployment: Deployment, kind: str) -> None:
    """Over more than two lives of a session `emit` loses nothing of a slow pipe and sends nothing
    twice, and `follow` shows each alert once."""
    admin = deployment.guarded.admin
    follow = session(deployment, "fr", kind, "follow", "--json", "--from-beginning")
    emit = session(deployment, "m", kind, "emit")
    assert emit.stdin is not None
    sent, told = [], []
    over = time.monotonic() + 2.3 * SESSION_S
    while time.monotonic() < over:
        record = detection("m", "45.9.9.9")
        name = str(uuid4())
        alert = {"id": name, "schema": "alert.v1", "key": {"value": "of no report"}}
        emit.stdin.write((record.value or b"") + b"\n")
        emit.stdin.flush()
        asyncio.run(published(admin, "alerts.fr", orjson.dumps(alert)))
        sent.append(orjson.loads(record.value or b"{}")["id"])
        told.append(name)
        time.sleep(1)
    emit.communicate(timeout=30)
    shown = deployment.place / f"fr-by-{kind}.out"
    until(lambda: told[-1] in shown.read_text() or follow.poll() is not None)
    follow.send_signal(signal.SIGINT)
    follow.communicate(timeout=30)

    kept = asyncio.run(stored(admin, "detections.m"))
    seen = Counter(orjson.loads(line).get("id") for line in shown.read_text().splitlines())
    assert emit.returncode == 0, (deployment.place / f"m-by-{kind}.err").read_text()
    assert {each: kept[each] for each in sent} == dict.fromkeys(sent, 1)
    assert {each: seen[each] for each in told} == dict.fromkeys(told, 1)


async def published(client: KafkaSettings, topic: str, value: bytes) -> None:
    """Write one record."""
    async with publishing(client) as publisher:
        await publisher.send(topic, [Outgoing((), 0, b"k", value, ())])
