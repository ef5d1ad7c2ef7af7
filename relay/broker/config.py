"""Kafka's settings and Java's flags as text: nothing here touches a process or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from relay.broker.secured import Secured

HOST = "127.0.0.1"

Profile: TypeAlias = Literal["quick", "latency"]

# Quick starts fast and stays small. Latency is for benchmarks: the serial collector stops the
# world, and the first compiler alone leaves the broker half as fast.
JVM: Mapping[Profile, tuple[str, ...]] = {
    "quick": ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "latency": ("-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
}

# A broker for work and tests on one machine: nobody waits for stragglers, a transaction that
# was left behind ends within a second of its time-out, and a broker that was killed is let in
# again after 3 s: until its old session ends, which takes 9 s unless set, it may not register.
PROMPT: Mapping[str, str] = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}

# Few partitions, since each costs files and start time; the cleaner's buffer (128 MB unless
# set) would be a quarter of the heap, and 16 MB still hold 600,000 keys a pass.
SMALL: Mapping[str, str] = {
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.num.partitions": "3",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
}


@dataclass(frozen=True, slots=True)
class External:
    """A second listener: clients are sent to `host:port`, the broker listens on `listen`."""

    listen: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one node listens, all on loopback; `tls` is for clients with a certificate."""

    node: int
    client: int
    controller: int
    external: External | None = None
    tls: int | None = None

    @property
    def address(self) -> str:
        """What a client puts into its bootstrap list."""
        return f"{HOST}:{self.client}"


def server_properties(
    endpoint: Endpoint,
    peers: Sequence[Endpoint],
    logs: Path,
    overrides: Mapping[str, str],
    secured: Secured | None = None,
) -> str:
    """Return the settings of one node of the cluster `peers`, broker and controller in one."""
    settings = _identity(endpoint, peers, logs) | _listeners(endpoint) | _replication(len(peers))
    settings |= {"auto.create.topics.enable": "false", **PROMPT, **SMALL}
    settings |= {**({} if secured is None else secured.settings()), **overrides}
    return "".join(f"{_escaped(key)}={_escaped(value)}\n" for key, value in settings.items())


def _identity(endpoint: Endpoint, peers: Sequence[Endpoint], logs: Path) -> dict[str, str]:
    voters = ",".join(f"{peer.node}@{HOST}:{peer.controller}" for peer in peers)
    return {
        "process.roles": "broker,controller",
        "node.id": str(endpoint.node),
        # Static voters: ports may change between starts of the same data.
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(logs),
    }


def _listeners(endpoint: Endpoint) -> dict[str, str]:
    advertised = [f"INT://{endpoint.address}"]
    if endpoint.tls is not None:
        advertised.append(f"TLS://{HOST}:{endpoint.tls}")
    listeners = [*advertised, f"CONTROLLER://{HOST}:{endpoint.controller}"]
    if endpoint.external is not None:
        listeners.append(f"EXT://{HOST}:{endpoint.external.listen}")
        advertised.append(f"EXT://{endpoint.external.host}:{endpoint.external.port}")
    return {
        "listeners": ",".join(listeners),
        "advertised.listeners": ",".join(advertised),
        "listener.security.protocol.map": _PLAIN if endpoint.tls is None else _SECURED,
        "inter.broker.listener.name": "INT" if endpoint.tls is None else "TLS",
    }


_PLAIN = "INT:PLAINTEXT,EXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
_SECURED = "INT:SASL_SSL,EXT:SASL_SSL,TLS:SSL,CONTROLLER:SSL"


def _replication(brokers: int) -> dict[str, str]:
    factor, in_sync = ("3", "2") if brokers >= 3 else ("1", "1")
    return {
        "default.replication.factor": factor,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": factor,
        # Left at its default of 3 on one broker, a transactional producer never starts.
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": in_sync,
    }


def _escaped(text: str) -> str:
    # java.util.Properties reads Latin-1 with escapes; only `\uXXXX` carries the rest.
    units = text.encode("utf-16-be")
    pairs = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(unit) if _plain(unit) else f"\\u{unit:04x}" for unit in pairs)


def _plain(unit: int) -> bool:
    return 0x20 <= unit < 0x7F and chr(unit) not in "\\=#!"
