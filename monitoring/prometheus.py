"""A Prometheus of one's own, for tests and pictures: found, or fetched, and run for a while.

It is Debian's package, unpacked into the user's cache and not installed; apt checks its signature.
"""

import fcntl
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from relay.broker import cache_dir, free_ports

PACKAGE = "prometheus"
FETCH_S = 120.0
READY_S = 60.0
ASK_S = 10.0
STOP_S = 10.0
LOOK_S = 0.1

Point = tuple[float, float]
"""Unix time in seconds, and a value, which may be NaN."""


class UnavailableError(Exception):
    """There is no Prometheus here and none to be had; says why."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer."""

    labels: Mapping[str, str]
    points: tuple[Point, ...]


def tool(name: Literal["prometheus", "promtool"]) -> Path:
    """Return the path of a program: this machine's, else the cached one, else one fetched now.

    Raises UnavailableError.
    """
    installed = shutil.which(name)
    if installed is not None:
        return Path(installed)
    home = cache_dir() / PACKAGE
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "usr").exists():
            _fetch(home)
    return home / "usr/bin" / name


def _fetch(home: Path) -> None:
    for needed in ("apt-get", "dpkg"):
        if shutil.which(needed) is None:
            raise UnavailableError(f"no Prometheus is installed, and no {needed} to fetch it with")
    with tempfile.TemporaryDirectory(dir=home) as work:
        _run(["apt-get", "download", PACKAGE], Path(work))
        packages = [str(path) for path in Path(work).glob(f"{PACKAGE}_*.deb")]
        if len(packages) != 1:
            raise UnavailableError("apt-get fetched no package of Prometheus")
        _run(["dpkg", "-x", packages[0], "unpacked"], Path(work))
        (Path(work) / "unpacked/usr").rename(home / "usr")


def _run(command: Sequence[str], place: Path) -> None:
    try:
        run = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=FETCH_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{command[0]} took more than {FETCH_S:.0f} s") from error
    if run.returncode != 0:
        said = (run.stderr.strip() or run.stdout.strip()).splitlines()
        raise UnavailableError(f"{command[0]} {command[1]}: {said[-1] if said else 'failed'}")


class Prometheus:
    """A running one, to be asked."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, query: str) -> list[Series]:
        """Return what a query gives now. Raises ValueError where it is refused."""
        found = self._get("/api/v1/query", {"query": query})
        return [_series(each["metric"], [each["value"]]) for each in found]

    def history(self, query: str, since: float, step: float) -> list[Series]:
        """Return what a query gave from `since` (Unix time) until now, each `step` seconds."""
        span = {"query": query, "start": str(since), "end": str(time.time()), "step": str(step)}
        found = self._get("/api/v1/query_range", span)
        return [_series(each["metric"], each["values"]) for each in found]

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self._page("/-/ready")[0] == HTTPStatus.OK
        except (HTTPException, OSError):
            return False

    def _get(self, path: str, words: Mapping[str, str]) -> list[dict[str, object]]:
        _, body = self._page(f"{path}?{urlencode(words)}")
        said = json.loads(body)
        if said["status"] != "success":
            raise ValueError(f"{words['query']}: {said['error']}")
        found: list[dict[str, object]] = said["data"]["result"]
        return found

    def _page(self, target: str) -> tuple[int, bytes]:
        # Not urllib: it would ask a proxy for this machine's own address.
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ASK_S)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _series(labels: object, points: object) -> Series:
    assert isinstance(labels, dict), "the interface says so"
    assert isinstance(points, list), "the interface says so"
    return Series(labels, tuple((float(at), float(value)) for at, value in points))


@contextmanager
def running(home: Path, target: str, rules: Sequence[Path]) -> Iterator[Prometheus]:
    """Run a Prometheus in `home` that scrapes `target` (host:port) each second, with `rules`.

    Raises UnavailableError, and TimeoutError if it does not start.
    """
    program = tool("prometheus")
    [port] = free_ports(1)
    home.mkdir(parents=True, exist_ok=True)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path.absolute()) for path in rules],
        "scrape_configs": [{"job_name": "relay", "static_configs": [{"targets": [target]}]}],
    }
    # JSON is YAML.
    (home / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    command = [
        str(program),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (home / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield _ready(Prometheus(port), process, home / "prometheus.log")
    finally:
        _end(process)


def _ready(prometheus: Prometheus, process: "subprocess.Popen[bytes]", log: Path) -> Prometheus:
    deadline = time.monotonic() + READY_S
    while not prometheus.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"Prometheus did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(LOOK_S)
    return prometheus


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
