"""MirrorMaker 2 as a child process, with the settings that an operator is given."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson
from aiokafka import TopicPartition

from relay.broker import Runtime, cache_dir, fetch_jars
from relay.broker.artifact import pinned
from relay.broker.node import Node
from relay.kafka.clients import Fetched
from tests.broker.conftest import NOWHERE, owned
from tests.broker.judge import fetch
from tests.broker.mirror_lock import LOCK
from tests.broker.toy import admin
from tests.broker.workers import ROOT

SETTINGS: Final = ROOT / "examples" / "mirror.properties"
MAIN: Final = "org.apache.kafka.connect.mirror.MirrorMaker"
PLACES: Final = "mm2-offsets.a.internal"
"""At the target: how far each partition of the source has been mirrored."""

SOURCE: Final = "MirrorSourceConnector"
HEAP: Final = "-Xmx256m"


class Mirror:
    """A process that mirrors from one cluster to another until it is ended."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._node = Node(home, NOWHERE)

    def start(self, runtime: Runtime, settings: Path, given: Mapping[str, str]) -> None:
        """Start it, with `given` for variables that the settings name."""
        jars = fetch_jars(cache_dir(), artifacts=pinned(LOCK))
        whole = replace(runtime, jars=(*runtime.jars, *jars))
        words = (*whole.flags("quick", self.home), HEAP, MAIN, str(settings))
        self._node.spawn(whole.java, words, {**whole.environ(), **given})

    def check(self) -> None:
        """Raise ChildProcessError, with why, if the process has ended."""
        if self._node.pid() is None:
            raise ChildProcessError(f"it has ended:\n{self._node.tail()}")

    def pause(self) -> None:
        """Freeze the process: it lags from now on. It is frozen when this returns."""
        self._node.signal(signal.SIGSTOP)
        child = self._node.child
        assert child is not None
        os.waitpid(child.pid, os.WUNTRACED)

    def kill(self) -> None:
        """End the process in whatever state, if it still runs."""
        self._node.kill()


@contextmanager
def mirroring(
    runtime: Runtime, home: Path, addresses: tuple[str, str], settings: Path = SETTINGS
) -> Iterator[Mirror]:
    """Hold a process that mirrors from the first of two clusters to the second."""
    home.mkdir()
    source, target = addresses
    mirror = Mirror(home)
    with owned(home):
        try:
            mirror.start(runtime, settings, {"MIRROR_FROM": source, "MIRROR_TO": target})
            yield mirror
        finally:
            mirror.kill()


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
    return (await fetch(bootstrap, {place: None}))[place]
