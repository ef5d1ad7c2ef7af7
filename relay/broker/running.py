"""A cluster seen from outside: any process can ask for it, and end it, by its directory."""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from relay.broker.node import Node
from relay.broker.record import Record, read_record

# A clean stop hands leadership over and flushes: under a second here, several on a slow disk.
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node: its number, the address its clients use, its process id (None: not running)."""

    node: int
    address: str
    pid: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """A cluster: `state` is about processes only; whether it serves is for a probe to say.

    `secured`: it lets in only whom it knows, so that a probe without a login sees TLS alone.
    """

    state: Literal["absent", "stopped", "partial", "running"]
    kafka: str
    bootstrap: str
    nodes: tuple[NodeStatus, ...]
    secured: bool = False


def nodes_of(data: Path, record: Record) -> tuple[Node, ...]:
    """Return the nodes of the cluster in `data`, running or not."""
    return tuple(Node(data / f"node-{each.node}", each) for each in record.endpoints)


def bootstrap_of(record: Record) -> str:
    """Return the bootstrap list of a cluster: `host:port`, with commas between."""
    return ",".join(endpoint.address for endpoint in record.endpoints)


def status_of(data: Path) -> Status:
    """Say what is in the directory `data` and which of its processes live.

    Raises:
        DataError: it holds something else than a cluster.
    """
    record = read_record(data.absolute())
    if record is None:
        return Status("absent", "", "", ())
    nodes = tuple(
        NodeStatus(node.endpoint.node, node.endpoint.address, node.pid())
        for node in nodes_of(data.absolute(), record)
    )
    alive = sum(node.pid is not None for node in nodes)
    state: Literal["stopped", "partial", "running"] = "partial" if alive else "stopped"
    if alive == len(nodes):
        state = "running"
    secured = any(endpoint.tls is not None for endpoint in record.endpoints)
    return Status(state, record.kafka, bootstrap_of(record), nodes, secured)


def stop_in(data: Path) -> int:
    """End the cluster in the directory `data`, whoever started it; return how many nodes lived.

    Raises:
        DataError: it holds something else than a cluster.
        BrokerError: a process does not die.
    """
    record = read_record(data.absolute())
    return 0 if record is None else stop_nodes(nodes_of(data.absolute(), record))


def stop_nodes(nodes: Sequence[Node]) -> int:
    """Ask all `nodes` to end, kill those that have not after `STOP_S`; return how many lived."""
    told = [node for node in nodes if node.signal(signal.SIGTERM)]
    for node in told:
        # A paused process gets its SIGTERM when it goes on.
        node.signal(signal.SIGCONT)
    deadline = time.monotonic() + STOP_S
    for node in told:
        if not node.wait_gone(deadline - time.monotonic()):
            node.kill()
    return len(told)
