"""What the demo plays on: a broker, the topics of six members, and a relay that can be killed."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from relay.app.running import kafka_settings
from relay.broker import Cluster, Runtime, Spec, free_ports, status_of
from relay.cli.broker import start_ready
from relay.cli.demo.locks import PASSWORDS, Locks
from relay.cli.demo.story import IDS, MEMBERS, RELAY
from relay.cli.provision import provisioned
from relay.kafka.config import KafkaSettings
from relay.kafka.security import client_of
from relay.settings import Settings, load_register, load_settings
from relay.settings.secret_file import replace_secret

READY_S = 60.0
"""A relay starts in two seconds; a machine with other work to do may need its time."""

STOP_S = 20.0
PID = "relay.pid"
MARKER = "relay-demo"
"""A file that says that a directory is the demo's own, to be emptied by the next."""


class StageError(Exception):
    """The stage could not be set; says why."""


class Stage:
    """A directory with a broker and a relay in it."""

    def __init__(self, data: Path, runtime: Runtime, *, secure: bool = False) -> None:
        _emptied(data)
        self.data = data
        self.locks = _fitted(data) if secure else None
        spec = Spec(secured=self.locks.secured if self.locks else None)
        self.cluster = Cluster(data / "kafka", spec, runtime)
        self._relay: subprocess.Popen[bytes] | None = None
        self.http = free_ports(1)[0]

    @property
    def pid(self) -> int | None:
        """The relay's process."""
        return self._relay.pid if self._relay is not None else None

    def kafka_of(self, who: str) -> KafkaSettings:
        """Return how a member, or the relay, reaches the broker."""
        return kafka_settings(load_settings(self.settings_of(who), {}))

    def settings_of(self, who: str) -> Path:
        """Return where the settings of a member, or the relay, are."""
        return self.data / f"{'relay' if who == RELAY else f'member-{who}'}.yaml"

    def set_up(self) -> Settings:
        """Start the broker, write settings and register, make the topics.

        Raises BrokerError, KafkaError.
        """
        client = {} if self.locks is None else client_of(self.locks.admin)
        start_ready(self.cluster, client)
        (self.data / "members.yaml").write_text(MEMBERS, encoding="utf-8")
        replace_secret(self.data / "key-secret", secrets.token_hex(16).encode())
        body: dict[str, object] = {
            "relay": "demo",
            "members": "members.yaml",
            "key_secret_file": "key-secret",
            "allow_documentation_addresses": True,
            "state_dir": "state",
            "http": {"port": self.http},
            "log": {"format": "json"},
        }
        if self.locks is not None:
            body["access"] = {"manage": True, "passwords_dir": PASSWORDS}
        self._write(RELAY, body)
        for member in IDS:
            self._write(member, {})
        as_admin = {} if self.locks is None else self.locks.environ
        settings = load_settings(self.settings_of(RELAY), as_admin)
        provisioned(settings, load_register(settings.members))
        return load_settings(self.settings_of(RELAY), {})

    def _write(self, who: str, body: dict[str, object]) -> None:
        kafka: dict[str, object] = {"bootstrap": self.cluster.bootstrap}
        if self.locks is not None:
            kafka["security"] = self.locks.keys(who)
        text = json.dumps({**body, "kafka": kafka}, indent=2)
        self.settings_of(who).write_text(text, encoding="utf-8")

    def start_relay(self) -> None:
        """Start a relay process and wait until it is ready. Raises StageError if it ends."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("RELAY_")}
        with (self.data / "relay.log").open("ab") as log:
            self._relay = subprocess.Popen(
                [sys.executable, "-m", "relay", "run", "--settings", self.data / "relay.yaml"],
                stdout=log,
                stderr=log,
                env=clean,
                start_new_session=True,
            )
        (self.data / PID).write_text(str(self._relay.pid), encoding="utf-8")
        deadline = time.monotonic() + READY_S
        while not self._ready():
            if self._relay.poll() is not None or time.monotonic() > deadline:
                raise StageError(f"the relay did not get ready: see {self.data / 'relay.log'}")
            time.sleep(0.1)

    def kill_relay(self) -> None:
        """Kill -9."""
        if self._relay is not None:
            os.kill(self._relay.pid, signal.SIGKILL)
            self._relay.wait()

    def close(self) -> None:
        """Stop what was started."""
        if self._relay is not None and self._relay.poll() is None:
            self._relay.terminate()
            try:
                self._relay.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill_relay()
        self.cluster.stop()

    def _ready(self) -> bool:
        # Not urllib: it would ask a proxy for this machine's own address.
        connection = HTTPConnection("127.0.0.1", self.http, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (HTTPException, OSError):
            return False
        finally:
            connection.close()


def _fitted(data: Path) -> Locks:
    # Certificates need an extra, which only a Kafka of one's own does.
    from relay.cli.demo.fitting import fitted  # noqa: PLC0415

    return fitted(data)


def _relay_of(data: Path) -> str:
    note = data / PID
    return note.read_text(encoding="utf-8") if note.exists() else "(its relay)"


def _emptied(data: Path) -> None:
    """Make `data` an empty directory. Raises StageError if it holds what is not the demo's."""
    if data.exists() and any(data.iterdir()) and not (data / MARKER).exists():
        raise StageError(f"{data} is not empty and not of an earlier demo")
    if status_of(data / "kafka").state in {"running", "partial"}:
        raise StageError(
            f"an earlier demo still runs in {data}. To end it:\n"
            f"  kill {_relay_of(data)}; relay broker down --data {data / 'kafka'}"
        )
    if data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True)
    (data / MARKER).touch()
