"""One or three brokers in KRaft mode, from their directory to their end."""

import fcntl
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from relay.broker import ports
from relay.broker.config import HOST, Endpoint, External, Profile, server_properties
from relay.broker.errors import BrokerError, DataError, DiedError, PortError, ReadyError
from relay.broker.node import POLL_S, TAIL_LINES, Node
from relay.broker.record import Record, new_cluster_id, read_record, refuse_other, write_record
from relay.broker.running import bootstrap_of, nodes_of, stop_nodes
from relay.broker.runtime import Runtime
from relay.broker.secured import Secured
from relay.settings.secret_file import replace_secret

# Three nodes take 7 s on two idle cores, and took some times that on the same cores under load.
READY_S = 90.0
# Formatting is one short run of Java.
FORMAT_S = 120.0


@dataclass(frozen=True, slots=True)
class Spec:
    """What is asked of a cluster.

    port: of the first node's clients, the others follow; 0 picks free ones, and picks those of the
        last start again if it can.
    overrides: Kafka's settings that differ from those of `server_properties`.
    advertised: per node, the address that clients of its second listener are sent to (that of
        a proxy, say); a node that is not named has no second listener.
    secured: whom the cluster lets in; None: everybody.
    """

    brokers: Literal[1, 3] = 1
    port: int = 0
    overrides: Mapping[str, str] = field(default_factory=dict)
    advertised: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    profile: Profile = "quick"
    secured: Secured | None = None


class Cluster:
    """Brokers whose data, logs and pid files are below `data`.

    Nodes are numbered from 1. Processes outlive this object and this process until `stop`, here
    or through `relay.broker.stop_in`.
    """

    def __init__(self, data: Path, spec: Spec, runtime: Runtime) -> None:
        self.data = data.absolute()
        self._spec = spec
        self._runtime = runtime
        self._record: Record | None = None
        self._nodes: dict[int, Node] = {}
        self._down: set[int] = set()

    @property
    def bootstrap(self) -> str:
        """The bootstrap list, `host:port` with commas between. Only after `start`."""
        if self._record is None:
            raise BrokerError(f"the cluster in {self.data} has not been started")
        return bootstrap_of(self._record)

    @property
    def tls(self) -> str:
        """The bootstrap list for clients with a certificate. Only after `start`, if secured."""
        return ",".join(f"{HOST}:{node.endpoint.tls}" for node in self._nodes.values())

    def external(self, node: int) -> External:
        """Return the second listener of a node that `Spec.advertised` names."""
        external = self._nodes[node].endpoint.external
        if external is None:
            raise BrokerError(f"node {node} has no advertised address")
        return external

    def start(self) -> int:
        """Start every node that does not run; return how many that were (0: all ran already).

        Raises:
            PortError: a port is taken; names it.
            DataError: the directory is not ours, or of another version or size.
            BrokerError: Kafka refused to format its directory.
        """
        if "," in str(self.data):
            raise DataError(f"{self.data}: Kafka splits its directories at commas")
        self.data.mkdir(parents=True, exist_ok=True)
        with self._sole_starter():
            self._settle()
            asleep = [node for node in self._nodes.values() if node.pid() is None]
            with ThreadPoolExecutor(len(self._nodes)) as pool:
                list(pool.map(self._format, asleep))
            for node in asleep:
                self._spawn(node)
        self._down.clear()
        return len(asleep)

    def wait_ready(self, probe: Callable[[str], None], within_s: float = READY_S) -> None:
        """Wait until a record comes back through the cluster.

        `probe` takes the bootstrap list and writes and reads a record; it raises OSError (which
        TimeoutError is) while it cannot.

        Raises:
            DiedError: a node that should run has ended; carries the end of its log.
            ReadyError: not ready after `within_s` seconds; carries what the probe said last.
        """
        deadline = time.monotonic() + within_s
        said: OSError | None = None
        while time.monotonic() < deadline:
            self.check()
            if all(ports.is_open(node.endpoint.client) for node in self._wanted()):
                try:
                    return probe(self.bootstrap)
                except OSError as error:
                    said = error
            time.sleep(POLL_S)
        raise ReadyError(
            f"no record came back through {self.bootstrap} in {within_s:.0f} s: "
            f"{said or 'it does not listen'}; its log is in {self.data}"
        )

    def check(self) -> None:
        """Raise DiedError, with the end of its log, if a node ended that nobody told to."""
        for node in self._wanted():
            if node.pid() is None:
                raise DiedError(f"node {node.endpoint.node} ended by itself:\n{node.tail()}")

    def stop(self) -> int:
        """End all nodes, cleanly if they let themselves; return how many lived."""
        return stop_nodes(tuple(self._nodes.values()))

    def kill(self, node: int) -> None:
        """End one node as a power cut would (SIGKILL); its data stays."""
        self._down.add(node)
        self._nodes[node].kill()

    def pause(self, node: int) -> None:
        """Freeze one node (SIGSTOP): its connections stay open and nothing answers."""
        self._nodes[node].signal(signal.SIGSTOP)

    def resume(self, node: int) -> None:
        """Let a paused node go on (SIGCONT)."""
        self._nodes[node].signal(signal.SIGCONT)

    def restart(self, node: int) -> None:
        """Start one node on its old ports and data, after a clean stop if it still runs.

        Raises:
            PortError: somebody took one of its ports meanwhile.
        """
        stop_nodes([self._nodes[node]])
        self._spawn(self._nodes[node])
        self._down.discard(node)

    @contextmanager
    def _sole_starter(self) -> Iterator[None]:
        with (self.data / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _settle(self) -> None:
        record = read_record(self.data)
        if record is not None:
            refuse_other(self.data, record, self._runtime.kafka, self._spec.brokers)
        running = record is not None and any(node.pid() for node in nodes_of(self.data, record))
        if record is not None and running:
            if self._spec.port not in {0, record.endpoints[0].client}:
                raise DataError(f"{self.data} already runs on {bootstrap_of(record)}")
            self._record = record
        else:
            cluster = new_cluster_id() if record is None else record.cluster
            endpoints = choose_endpoints(self._spec, record.endpoints if record else ())
            self._record = Record(self._runtime.kafka, cluster, endpoints)
            write_record(self.data, self._record)
        children = {number: node.child for number, node in self._nodes.items()}
        self._nodes = {
            node.endpoint.node: Node(node.home, node.endpoint, children.get(node.endpoint.node))
            for node in nodes_of(self.data, self._record)
        }

    def _format(self, node: Node) -> None:
        assert self._record is not None
        node.home.mkdir(exist_ok=True)
        text = server_properties(
            node.endpoint,
            self._record.endpoints,
            node.logs,
            self._spec.overrides,
            self._spec.secured,
        )
        node.properties.write_text(text, "ascii")
        done = node.home / "formatted"
        if done.exists():
            return
        # Half-formatted, if at all: no broker ran on it yet.
        shutil.rmtree(node.logs, ignore_errors=True)
        words = ["format", "-t", self._record.cluster, "-c", str(node.properties)]
        with _secret_words(node.home, self._spec.secured) as more:
            self._run_format(node, [*words, *more])
        done.touch()

    def _run_format(self, node: Node, words: Sequence[str]) -> None:
        run = subprocess.run(
            [self._runtime.java, *self._flags(node), "kafka.tools.StorageTool", *words],
            env=self._runtime.environ(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=FORMAT_S,
            check=False,
        )
        if run.returncode:
            said = "\n".join((run.stdout + run.stderr).splitlines()[-TAIL_LINES:])
            raise BrokerError(f"Kafka refused to format {node.logs}:\n{said}")

    def _flags(self, node: Node) -> tuple[str, ...]:
        secured = self._spec.secured
        own = () if secured is None else secured.flags
        return (*self._runtime.flags(self._spec.profile, node.home), *own)

    def _spawn(self, node: Node) -> None:
        refuse_taken(node.endpoint)
        main = ("kafka.Kafka", str(node.properties))
        node.spawn(self._runtime.java, (*self._flags(node), *main), self._runtime.environ())

    def _wanted(self) -> list[Node]:
        return [node for number, node in self._nodes.items() if number not in self._down]


@contextmanager
def _secret_words(home: Path, secured: Secured | None) -> Iterator[list[str]]:
    """Yield arguments that are in a file for as long as they are needed: any user sees the others
    in the list of processes."""
    if secured is None:
        yield []
        return
    path = home / "format.arguments"
    try:
        replace_secret(path, f"--add-scram\n{secured.scram}\n".encode())
        yield [f"@{path}"]
    finally:
        path.unlink(missing_ok=True)


def choose_endpoints(spec: Spec, before: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Give each node of `spec` its ports; `before` is what they were at the last start.

    Raises:
        PortError: the ports asked for are not all free.
    """
    numbers = range(1, spec.brokers + 1)
    old = [endpoint.client for endpoint in before]
    if spec.port:
        clients = [spec.port + offset for offset in range(spec.brokers)]
    elif old and all(ports.is_free(port) for port in old):
        clients = old
    else:
        clients = ports.free_ports(spec.brokers)
    others = ports.free_ports(3 * spec.brokers, clients)
    endpoints = []
    for number, client in zip(numbers, clients, strict=True):
        controller, listen, tls = others.pop(), others.pop(), others.pop()
        to = spec.advertised.get(number)
        external = External(listen, *to) if to else None
        endpoints.append(
            Endpoint(number, client, controller, external, tls if spec.secured else None)
        )
        refuse_taken(endpoints[-1])
    return tuple(endpoints)


def refuse_taken(endpoint: Endpoint) -> None:
    """Raise PortError, naming the port, if `endpoint` cannot listen."""
    wanted = [endpoint.client, endpoint.controller]
    if endpoint.external is not None:
        wanted.append(endpoint.external.listen)
    if endpoint.tls is not None:
        wanted.append(endpoint.tls)
    for port in wanted:
        if not ports.is_free(port):
            raise PortError(f"port {port} of this machine is taken: name another, or 0 for any")
