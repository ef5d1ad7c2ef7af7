"""The real broker that the tests of this directory share."""

import asyncio
import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from relay.broker import Cluster, Runtime, Spec, free_ports, prepare, stop_in
from relay.broker.config import Endpoint
from relay.broker.node import Node
from relay.kafka.probe import OPEN, Client, round_trip

ClusterIn: TypeAlias = Callable[[Path, Spec], AbstractContextManager[Cluster]]


def probe(bootstrap: str, client: Client = OPEN) -> None:
    """Raise TimeoutError unless a record comes back through the cluster."""
    asyncio.run(round_trip(bootstrap, 5.0, client))


@contextmanager
def owned(data: Path) -> Iterator[None]:
    """Hold a lock beside `data` for as long as this process lives, whatever ends it."""
    owner = data.with_suffix(".owner")
    with owner.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    owner.unlink()


NOWHERE = Endpoint(0, 0, 0)
"""Of a process of Java that is no broker: a mirror, which listens for nobody."""


def end_orphans(root: Path) -> None:
    """End brokers and mirrors of test sessions that were killed before they could do so."""
    for owner in root.glob("pytest-*[0-9]/**/*.owner"):
        with owner.open("w") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            place = owner.with_suffix("")
            if (place / "pid").exists():
                Node(place, NOWHERE).kill()
            else:
                stop_in(place)
            owner.unlink()


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Java and Kafka's jars; fetched by the first session on a machine, from the cache later."""
    end_orphans(tmp_path_factory.getbasetemp().parent)
    return prepare()


@pytest.fixture(scope="session")
def cluster_in(runtime: Runtime) -> ClusterIn:
    """Makes clusters that one test has to itself, and may harm.

    `with cluster_in(tmp_path / "kafka", Spec()) as cluster` serves when the block begins; what
    is left of it is stopped at the end.
    """

    @contextmanager
    def running(data: Path, spec: Spec) -> Iterator[Cluster]:
        data.parent.mkdir(parents=True, exist_ok=True)
        cluster = Cluster(data, spec, runtime)
        with owned(data):
            try:
                cluster.start()
                cluster.wait_ready(probe)
                yield cluster
            finally:
                cluster.stop()

    return running


@pytest.fixture(scope="session")
def kafka(cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One broker for the whole session: `kafka.bootstrap`. Do not stop or pause it.

    Its second listener, `kafka.external(1)`, is for tests with a proxy: clients that come in
    through `listen` are sent on to `host:port`, where nothing listens unless the test does.
    """
    [proxy] = free_ports(1)
    spec = Spec(advertised={1: ("127.0.0.1", proxy)})
    with cluster_in(tmp_path_factory.mktemp("kafka") / "data", spec) as cluster:
        yield cluster


@pytest.fixture
def prefix() -> str:
    """A start for the names of topics, groups and transactional ids that no other test has."""
    return f"t{secrets.token_hex(4)}."
