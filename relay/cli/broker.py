"""`relay broker`: a real Kafka of one's own on this machine, for work, demos and tests."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from relay.broker import (
    BrokerError,
    Cluster,
    Profile,
    Progress,
    Runtime,
    Spec,
    Status,
    prepare,
    status_of,
    stop_in,
)
from relay.cli.codes import FAILURE, UNREACHABLE
from relay.kafka.probe import OPEN, Client, round_trip, speaks_tls

# A broker that works answers within a tenth of a second; one that has just elected, within two.
PROBE_S = 5.0
# How soon a broker in the foreground that died is noticed.
WATCH_S = 1.0

app = typer.Typer(name="broker", no_args_is_help=True, help=__doc__)
say = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def default_data() -> Path:
    """Return `relay/broker` in `$XDG_STATE_HOME`, else in `~/.local/state`."""
    xdg = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path.home() / ".local" / "state") / "relay" / "broker"


Data = Annotated[
    Path,
    typer.Option(
        "--data",
        default_factory=default_data,
        show_default="relay/broker in the user's state directory",
        file_okay=False,
        help="Directory of the cluster: data, logs, pid files.",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65_533, help="Of the first broker; 0: a free one.")]
Brokers = Annotated[Literal["1", "3"], typer.Option(help="How many brokers.")]
Foreground = Annotated[
    bool, typer.Option("--foreground/--background", help="Stay until Ctrl-C, then stop it.")
]
Java = Annotated[
    Path | None, typer.Option(exists=True, help="A Java 17 or newer: its executable or home.")
]
Flags = Annotated[Profile, typer.Option(help="Java's flags: latency is for benchmarks.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def up(
    data: Data,
    port: Port = 9092,
    brokers: Brokers = "1",
    foreground: Foreground = False,
    java: Java = None,
    profile: Flags = "quick",
) -> None:
    """Start Kafka, wait until a record came back through it, print its bootstrap address.

    The first start fetches Kafka's jars, checks them and keeps them; later ones need no network.
    """
    spec = Spec(1 if brokers == "1" else 3, port, profile=profile)
    # So that either way of being told to end takes with it what has been started so far.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _failures():
        cluster = Cluster(data, spec, prepared(java))
        start_ready(cluster)
        if foreground:
            _stay(cluster)
        else:
            typer.echo(cluster.bootstrap)


@app.command()
def down(data: Data) -> None:
    """Stop the cluster in a directory, whoever started it. Its data stays."""
    with _failures():
        ended = stop_in(data)
    say.print(f"{ended} broker(s) stopped" if ended else f"nothing runs in {data}")


@app.command()
def status(data: Data, as_json: AsJson = False) -> None:
    """Say whether the cluster in a directory runs and serves. Exit code 4 if it does not."""
    with _failures():
        found = status_of(data)
    serves = found.state in {"running", "partial"} and _serves(found)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"data": str(data.absolute()), "serves": serves}))
    else:
        does = "serving" if serves else "not serving"
        by = " by TLS (more takes a login)" if serves and found.secured else ""
        said = f"{found.state}, {does}{by} {found.bootstrap}"
        typer.echo(f"{data}: {said if found.nodes else 'no cluster'}")
        for node in found.nodes:
            typer.echo(f"  node {node.node}  {node.address}  pid {node.pid or '-'}")
    if not serves:
        raise typer.Exit(UNREACHABLE)


def probe(bootstrap: str, client: Client = OPEN) -> None:
    """Raise TimeoutError unless a record comes back through the cluster within `PROBE_S`."""
    asyncio.run(round_trip(bootstrap, PROBE_S, client))


def prepared(java: Path | None = None) -> Runtime:
    """Find Java and fetch Kafka, with a bar on stderr while something has to be fetched.

    Raises:
        BrokerError: see `relay.broker.prepare`.
    """
    columns = (TextColumn("Fetching Kafka"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Bar(*columns, console=say)
    fetching = bar.add_task("", total=None)
    with ExitStack() as shown:

        def show(progress: Progress) -> None:
            # Not before: most starts fetch nothing, and a bar leaves a line behind.
            if not bar.live.is_started:
                shown.enter_context(bar)
            bar.update(fetching, completed=progress.done, total=progress.total)

        return prepare(java, progress=show)


def start_ready(cluster: Cluster, client: Client = OPEN) -> None:
    """Start the cluster and wait until it serves; if it does not, end what was started.

    What ran before, in part at least, is left running.

    Raises:
        BrokerError: see `Cluster.start` and `Cluster.wait_ready`.
    """
    ran = status_of(cluster.data).state in {"running", "partial"}
    try:
        cluster.start()
        cluster.wait_ready(partial(probe, client=client))
    except BaseException:
        if not ran:
            cluster.stop()
        raise


def _stay(cluster: Cluster) -> None:
    try:
        typer.echo(cluster.bootstrap)
        while True:
            cluster.check()
            time.sleep(WATCH_S)
    except KeyboardInterrupt:
        say.print("stopping")
    finally:
        cluster.stop()


def _serves(found: Status) -> bool:
    """Whether records come back, or TLS is spoken where nobody has given us a login."""
    try:
        if found.secured:
            speaks_tls(found.bootstrap, PROBE_S)
        else:
            probe(found.bootstrap)
    except OSError:
        return False
    return True


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    # OSError: a directory that cannot be written, a disk that is full.
    except (BrokerError, OSError) as error:
        say.print(f"relay broker: {error}")
        raise typer.Exit(FAILURE) from error
