"""MirrorMaker 2 as a child process, with the settings that an operator is given."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson
from aiokafka import TopicPartition

from relay.broker import Runtime, cache_dir, fetch_jars
from relay.broker.artifact import pinned
from tests.broker.judge import Fetched, _fetch
from tests.broker.mirror_lock import LOCK
from tests.broker.proxy import PATIENCE_S
from tests.broker.toy import admin
from tests.broker.workers import ROOT

SETTINGS: Final = ROOT / "examples" / "mirror.properties"
MAIN: Final = "org.apache.kafka.connect.mirror.MirrorMaker"
PLACES: Final = "mm2-offsets.a.internal"
"""At the target: how far each partition of the source has been mirrored."""

SOURCE: Final = "MirrorSourceConnector"
HEAP: Final = "-Xmx256m"


class Mirror:
    """One process, which mirrors from one cluster to another until it is ended.

    `given` are variables for the settings, besides the addresses; `settings` another file.
    """

    def __init__(
        self,
        runtime: Runtime,
        home: Path,
        addresses: tuple[str, str],
        settings: Path = SETTINGS,
        given: Mapping[str, str] | None = None,
    ) -> None:
        home.mkdir()
        self.home = home
        jars = fetch_jars(cache_dir(), artifacts=pinned(LOCK))
        whole = replace(runtime, jars=(*runtime.jars, *jars))
        source, target = addresses
        told = {"MIRROR_FROM": source, "MIRROR_TO": target, **(given or {})}
        with (home / "console.log").open("wb") as console:
            self._child = subprocess.Popen(
                [whole.java, *whole.flags("quick", home), HEAP, MAIN, str(settings)],
                cwd=home,
                env=whole.environ() | told,
                stdout=console,
                stderr=subprocess.STDOUT,
            )

    def check(self) -> None:
        """Raise ChildProcessError, with the end of its log, if the process has ended."""
        if self._child.poll() is not None:
            log = self.home / "server.log"
            said = log.read_text("utf-8", "replace")[-4_000:] if log.exists() else ""
            raise ChildProcessError(f"ended with {self._child.returncode}:\n{said}")

    def pause(self) -> None:
        """Freeze the process: it lags from now on. It is frozen when this returns."""
        self._child.send_signal(signal.SIGSTOP)
        os.waitpid(self._child.pid, os.WUNTRACED)

    def stop(self) -> None:
        """Ask the process to end, and wait until it has; it may finish what it has read."""
        self._child.terminate()
        self._child.wait(PATIENCE_S)

    def kill(self) -> None:
        """End the process in whatever state, if it still runs."""
        self._child.kill()
        self._child.wait(PATIENCE_S)


def mirrored(bootstrap: str) -> dict[TopicPartition, int]:
    """Return the last offset of each partition of the source that is at the target `bootstrap`.

    It is written in one transaction with what it speaks of.
    """
    found: dict[TopicPartition, int] = {}
    for record in asyncio.run(_places(bootstrap)):
        connector, where = orjson.loads(record.key or b"null")
        if connector == SOURCE and record.value is not None:
            partition = TopicPartition(where["topic"], where["partition"])
            found[partition] = orjson.loads(record.value)["offset"]
    return found


async def _places(bootstrap: str) -> list[Fetched]:
    """Read the mirror's table; it makes it when it starts."""
    async with admin(bootstrap) as client:
        if PLACES not in await client.list_topics():
            return []
    place = TopicPartition(PLACES, 0)
    return (await _fetch(bootstrap, {place: None}))[place]
