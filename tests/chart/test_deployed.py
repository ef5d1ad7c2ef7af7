"""What the chart would start, started here: on a secured broker, with what its volumes hold."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from relay.broker import free_ports, prepare
from tests.broker.guarded import Guarded, guarded_in
from tests.chart.mounted import here, lay_out, pod_of
from tests.chart.rendering import CHART, Object, of_kind, program, render

pytestmark = pytest.mark.broker

VALUES: Final = CHART / "ci/provision-values.yaml"
PRINCIPALS: Final = ("relay", "ee", "fr")
START_S: Final = 60.0
LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the chart and a directory that stands for its volumes."""

    spec: Object
    place: Path

    @property
    def command(self) -> list[str]:
        """What its container starts: the image's entry point is `relay`."""
        words = self.spec["containers"][0]["args"]
        return [sys.executable, "-m", "relay", *(here(word, self.place) for word in words)]

    def done(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command, cwd=self.place, capture_output=True, text=True, timeout=120, check=False
        )


@dataclass(frozen=True, slots=True)
class Deployed:
    """A release at a secured broker, provisioned by its own Job."""

    objects: list[Object]
    guarded: Guarded
    place: Path
    port: int

    def pod(self, kind: str, password: bytes, **held: bytes) -> Pod:
        """The pod of a kind, with somebody's password."""
        (made,) = of_kind(self.objects, kind)
        place = self.place / f"{kind}.{password.hex()[:8]}"
        place.mkdir(exist_ok=True)
        secrets = {"password": password, "ca.crt": self.guarded.authority.path.read_bytes()}
        lay_out(self.objects, pod_of(made), place, secrets | held)
        return Pod(pod_of(made), place)

    def job(self) -> Pod:
        """The Job's pod: the administrator's password, and one for each principal."""
        passwords = {f"passwords/{who}.password": password_of(who) for who in PRINCIPALS}
        return self.pod("Job", self.guarded.password.encode(), **passwords)

    def answers(self, page: str) -> int:
        """The status of a page, 0 where nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", page)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def password_of(who: str) -> bytes:
    """Somebody's password, as it stands in a Secret."""
    return f"{who} has a password of its own".encode()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A release, rendered for a secured broker that is there, and its Job run."""
    program("helm")
    (port,) = free_ports(1)
    with guarded_in(tmp_path_factory.mktemp("guarded"), prepare()) as guarded:
        words = (
            f"config.kafka.bootstrap={guarded.cluster.bootstrap}",
            "config.kafka.replication_factor=1",
            f"config.http.port={port}",
            "listen=127.0.0.1",
        )
        objects = render(VALUES, *(word for each in words for word in ("--set", each)))
        made = Deployed(objects, guarded, tmp_path_factory.mktemp("pods"), port)
        ran = made.job().done()
        assert ran.returncode == 0, ran.stderr
        assert "create" in ran.stdout
        yield made


@contextmanager
def started(pod: Pod) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to end, at the latest, at the end."""
    with (pod.place / "log").open("wb") as log:
        process = subprocess.Popen(pod.command, cwd=pod.place, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_the_job_finds_its_own_work_done(deployed: Deployed) -> None:
    """An upgrade without a change makes none: topics, rules, quotas and users are there."""
    again = deployed.job().done()

    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "8 topics, all as they should be\n"


def test_the_check_asks_the_brokers_as_the_relay(deployed: Deployed) -> None:
    """`helm test` succeeds with the relay's own password, and not with another's."""
    sound = deployed.pod("Pod", password_of("relay")).done()
    wrong = deployed.pod("Pod", password_of("ee")).done()

    assert sound.returncode == 0, sound.stderr
    assert "8 topics at" in sound.stdout
    assert (wrong.returncode, wrong.stdout.count("topics")) == (5, 0)
    assert password_of("ee").decode() not in wrong.stderr


def test_a_process_lives_is_ready_and_ends_in_its_time(deployed: Deployed) -> None:
    """The probes' pages answer on the container's port, and SIGTERM ends it with 0."""
    pod = deployed.pod("StatefulSet", password_of("relay"))
    container = pod.spec["containers"][0]
    pages = [container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")]

    with started(pod) as process:
        deadline = time.monotonic() + START_S
        while [deployed.answers(page) for page in pages] != [200, 200]:
            assert process.poll() is None, (pod.place / "log").read_text()
            assert time.monotonic() < deadline, (pod.place / "log").read_text()
            time.sleep(LOOK_S)
        os.kill(process.pid, signal.SIGTERM)

        assert process.wait(pod.spec["terminationGracePeriodSeconds"]) == 0
    assert list((pod.place / "state").rglob("CURRENT"))
