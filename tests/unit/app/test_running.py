import asyncio
import gc
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from relay.app.running import Parts, StageEndedError, assemble, run
from relay.kafka.correlate import CorrelateWorker, Health
from relay.kafka.ingest import IngestWorker
from relay.model.member import Member
from relay.settings import load_settings

EE = Member("ee", "CERT-EE", "EE", "national-hub")


class Ended(IngestWorker):
    """A stage that ends as a cancellation that leaks from a library lets it end."""

    async def run(self, stop: asyncio.Event) -> None:
        """End at once, though nobody said so."""
        assert not stop.is_set()
        raise asyncio.CancelledError


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """A running relay tunes Python's collector for itself; the other tests have theirs."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def parts(tmp_path: Path, stage: type[IngestWorker]) -> Parts:
    """A relay with `stage` for its only one; nothing here reaches a broker."""
    (tmp_path / "key").write_bytes(bytes(16))
    environ = {"RELAY_KEY_SECRET_FILE": str(tmp_path / "key"), "RELAY_HTTP__PORT": "0"}
    made = assemble(load_settings(None, environ), (EE,), ("ingest",))
    ingest = made.workers["ingest"]
    assert isinstance(ingest, IngestWorker)
    return replace(made, workers={"ingest": stage(ingest._kit)})


def test_a_relay_does_not_go_on_without_a_stage(tmp_path: Path) -> None:
    """A stage that ends unasked ends the process, which whoever watches it starts again."""
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(run(parts(tmp_path, Ended)))

    assert isinstance(raised.value.exceptions[0], StageEndedError)


def correlating(tmp_path: Path, every_s: str) -> CorrelateWorker:
    """The stage that decides for two members, of whom one wants signs of life."""
    (tmp_path / "key").write_bytes(bytes(16))
    environ = {
        "RELAY_KEY_SECRET_FILE": str(tmp_path / "key"),
        "RELAY_STATE_DIR": str(tmp_path),
        "RELAY_RELAY": "hub",
        "RELAY_CANARY__EVERY_S": every_s,
    }
    fr = Member("fr", "CERT-FR", "FR", "national-hub", canary=True)
    worker = assemble(load_settings(None, environ), (EE, fr), ("correlate",)).workers["correlate"]
    assert isinstance(worker, CorrelateWorker)
    return worker


def test_canaries_are_as_settings_and_register_say(tmp_path: Path) -> None:
    """How often comes from the settings, who reads them from the register; 0 is never."""
    chosen = correlating(tmp_path, "30")._kit.canary

    assert chosen is not None
    assert (chosen.every_ms, chosen.wanting) == (30_000, frozenset({"alerts.fr"}))
    made = chosen.make(2, 90_000)
    assert (made.topics, made.key, made.at) == ((), b"canary", 90_000)
    assert orjson.loads(made.value) == {
        "schema": "canary.v1", "relay": "hub", "lane": 2, "at": "1970-01-01T00:01:30.000Z",
        "every_s": 30,
    }  # fmt: skip
    assert correlating(tmp_path, "0")._kit.canary is None


class Lingering(IngestWorker):
    """A stage that is ready, and has something in hand when it is told to end."""

    done: asyncio.Event

    def health(self) -> Health:
        """Joined, and owning nothing."""
        return Health(joined=True, owned=0, ready=0, idle=0.0)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told, then finish what is in hand."""
        await stop.wait()
        await self.done.wait()


async def asked(port: int, page: str) -> tuple[int, dict[str, object]]:
    """Status and checks of a page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {page} HTTP/1.1\r\nHost: relay\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["checks"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_relay_that_is_to_end_says_so_until_it_has(tmp_path: Path, sign: signal.Signals) -> None:
    """At the signal it is not ready and still alive; it ends when what is in hand is done.

    A second signal adds nothing.
    """

    async def scene() -> list[tuple[int, dict[str, object]]]:
        relay = parts(tmp_path, Lingering)
        worker = relay.workers["ingest"]
        assert isinstance(worker, Lingering)
        worker.done = asyncio.Event()
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(run(relay, port.set_result))
        found = [await asked(await port, "/readyz")]
        for _ in range(2):
            os.kill(os.getpid(), sign)
            await asyncio.sleep(0)
            found.append(await asked(await port, "/readyz"))
        found.append(await asked(await port, "/livez"))
        assert not running.done()
        worker.done.set()
        await running
        return found

    before, first, second, alive = asyncio.run(scene())

    assert (before[0], before[1]["draining"]) == (200, False)
    assert (first[0], first[1]["draining"]) == (503, True)
    assert second == first
    assert alive[0] == 200
