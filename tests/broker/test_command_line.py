import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from relay.broker import Spec, free_ports, stop_in
from tests.broker.conftest import ClusterIn

pytestmark = pytest.mark.broker

MEMBERS = """\
version: 1
members:
  - {id: ee, name: CERT-EE, country: EE, kind: national-hub}
  - {id: fr, name: CERT-FR, country: FR, kind: national-hub}
  - {id: de, name: BSI, country: DE, kind: national-hub}
  - {id: us, name: Elsewhere, country: US, kind: third-country}
"""

EVE = [
    {
        "timestamp": "2019-03-01T10:00:00.000000+0100",
        "flow_id": 1,
        "event_type": "alert",
        "src_ip": "203.0.113.9",
        "src_port": 4444,
        "dest_ip": "10.0.0.5",
        "dest_port": 22,
        "proto": "TCP",
        "alert": {
            "gid": 1,
            "signature_id": 9000001,
            "rev": 1,
            "signature": "EXAMPLE SCAN loud one",
            "category": "Attempted Information Leak",
            "severity": 1,
        },
    },
    {"timestamp": "2019-03-01T10:00:01.000000+0100", "event_type": "flow", "flow_id": 1},
    {"timestamp": "2019-03-01T10:00:02.000000+0100", "event_type": "dns", "flow_id": 2},
]


class Deployment:
    """A directory with settings, and the command line as its user has it."""

    def __init__(self, place: Path, bootstrap: str) -> None:
        self.place = place
        self.http = free_ports(1)[0]
        (place / "members.yaml").write_text(MEMBERS)
        (place / "key-secret").write_text("a secret for this test alone")
        body = {
            "members": "members.yaml",
            "key_secret_file": "key-secret",
            "allow_documentation_addresses": True,
            "lanes": 2,
            "state_dir": "state",
            "kafka": {"bootstrap": bootstrap},
            "http": {"port": self.http},
        }
        (place / "relay.yaml").write_text(json.dumps(body))
        self.environ = {**os.environ, "RELAY_KAFKA__BOOTSTRAP": bootstrap}

    def relay(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "relay", *words],
            cwd=self.place,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the relay, ready when the block begins; SIGTERM at its end."""
        log = (self.place / "relay.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "relay", "run", "--settings", "relay.yaml"],
            cwd=self.place, env=self.environ, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            until(lambda: self.page("/readyz")[0] == HTTPStatus.OK)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            log.close()

    def page(self, path: str) -> tuple[int, str]:
        """Return status and body of a page; 0 while nobody serves it."""
        try:
            with urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as page:
                return page.status, page.read().decode()
        except HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def followed(self, member: str) -> list[dict[str, object]]:
        """Return what a member can read by now."""
        shown = self.relay("follow", "-m", member, "--until-end", "--json")
        assert shown.returncode == 0, shown.stderr
        return [json.loads(line) for line in shown.stdout.splitlines()]


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for at most half a minute."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def deployment(
    cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A provisioned deployment on a broker of its own: topic names are fixed."""
    place = tmp_path_factory.mktemp("deployment")
    with cluster_in(place / "kafka", Spec()) as cluster:
        made = Deployment(place, cluster.bootstrap)
        planned = made.relay("provision", "--settings", "relay.yaml")
        assert "create     alerts.ee: partitions=2, cleanup.policy=compact,delete" in planned.stdout
        done = made.relay("provision", "--settings", "relay.yaml", "--yes")
        assert done.returncode == 0, done.stderr
        yield made


def detection(member: str, value: str) -> str:
    """A native detection of an address, grave enough to warn at once."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(
        {
            "schema": "detection.v1", "id": str(uuid4()), "member": member, "detected_at": now,
            "published_at": now, "title": "t", "classification": "intrusion-attempts:exploit",
            "severity": "high", "confidence": 80, "sharing": {"tlp": "green"},
            "observables": [{"type": "ipv4", "value": value, "side": "attacker"}],
        }
    )  # fmt: skip


def test_provision_is_idempotent(deployment: Deployment) -> None:
    """What was made is as it should be: a second time there is nothing to do."""
    again = deployment.relay("provision", "--settings", "relay.yaml", "--yes")

    assert again.returncode == 0
    assert "all as they should be" in again.stdout


def test_eve_of_one_member_warns_the_others(deployment: Deployment) -> None:
    """An EVE file goes in unchanged, and everybody entitled but its member is warned, once."""
    lines = "".join(json.dumps(line) + "\n" for line in EVE)
    words = ("emit", "-m", "ee", "-f", "suricata", "--tlp", "green", "--replay")

    with deployment.running():
        emitted = deployment.relay(*words, "--allow-documentation", given=lines)
        until(lambda: len(about(deployment.followed("fr"), "203.0.113.9")) > 0)
        warned = {
            member: about(deployment.followed(member), "203.0.113.9")
            for member in ("ee", "fr", "de", "us")
        }

    assert emitted.returncode == 0
    assert "1 detections sent" in emitted.stderr
    assert "2 skipped" in emitted.stderr
    assert {member: len(alerts) for member, alerts in warned.items()} == {
        "ee": 0, "fr": 1, "de": 1, "us": 0,
    }  # fmt: skip


def test_a_killed_relay_tells_the_rest_once(deployment: Deployment) -> None:
    """What came while the relay was dead is told when it lives again, once."""
    with deployment.running() as process:
        process.kill()
        process.wait()
    words = ("emit", "-m", "fr", "--allow-documentation")
    deployment.relay(*words, given=detection("fr", "203.0.113.77"))

    with deployment.running():
        until(lambda: len(about(deployment.followed("de"), "203.0.113.77")) > 0)
        _, metrics = deployment.page("/metrics")

    assert len(about(deployment.followed("de"), "203.0.113.77")) == 1
    assert re.search(r'relay_alerts_sent_total\{member="de",state="early-warning"\} 1.0', metrics)


def about(alerts: list[dict[str, object]], value: str) -> list[dict[str, object]]:
    """Those of the alerts whose key has this value."""
    key = {"type": "ipv4", "value": value}
    return [alert for alert in alerts if alert["schema"] == "alert.v1" and alert["key"] == key]


def test_a_relay_with_another_secret_is_refused(deployment: Deployment) -> None:
    """The secret is fixed for a deployment's life: with another, no key would be found again."""
    with deployment.running():
        until(lambda: "relay_lanes_ready 2.0" in deployment.page("/metrics")[1])
        sound = deployment.relay("check", "--settings", "relay.yaml", "--connect")
    other = json.loads((deployment.place / "relay.yaml").read_text())
    (deployment.place / "other-secret").write_text("another secret, not this one")
    other |= {"key_secret_file": "other-secret", "state_dir": "other"}
    (deployment.place / "other.yaml").write_text(json.dumps(other))

    checked = deployment.relay("check", "--settings", "other.yaml", "--connect")
    ran = deployment.relay("run", "--settings", "other.yaml")

    assert sound.returncode == 0
    assert checked.returncode == 3
    assert ran.returncode == 3
    assert "another key_secret_file" in ran.stderr


def test_a_wrong_detection_is_told_before_it_is_sent(deployment: Deployment) -> None:
    """`emit` says which record is wrong, where, and exits with 1; the rest is sent."""
    wrong = detection("fr", "203.0.113.78").replace("green", "pink")

    emitted = deployment.relay("emit", "-m", "fr", given=wrong)

    assert emitted.returncode == 1
    assert "record 1: unlabelled at $.sharing.tlp" in emitted.stderr


def test_no_broker_is_exit_code_four(deployment: Deployment) -> None:
    """Who cannot reach the broker is told so."""
    nobody = f"127.0.0.1:{free_ports(1)[0]}"

    told = deployment.relay("follow", "-m", "fr", "--bootstrap", nobody)

    assert told.returncode == 4
    assert nobody in told.stderr


def test_a_topic_that_is_missing_is_named(deployment: Deployment) -> None:
    """A member that was never provisioned gets a sentence."""
    told = deployment.relay("follow", "-m", "nobody", "--until-end")

    assert told.returncode == 1
    assert "alerts.nobody" in told.stderr


@pytest.mark.parametrize("words", [(), ("--secure",)], ids=["open", "secured"])
def test_the_demo_ends_well(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The demo plays, loses nothing, tells nothing twice, and leaves nothing running.

    Secured, everybody logs in with what was provisioned, and reads and writes its own alone.
    """
    played = subprocess.run(
        [sys.executable, "-m", "relay", "demo", *words, "--data", str(tmp_path / "demo")],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip

    assert played.returncode == 0, played.stdout + played.stderr
    assert re.search(r"[1-9]\d* alerts told, 0 lost, 0 told twice", played.stdout)
    assert stop_in(tmp_path / "demo" / "kafka") == 0
    assert (tmp_path / "demo" / "key-secret").stat().st_mode & 0o777 == 0o600
