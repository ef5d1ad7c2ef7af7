"""Relay processes from the outside: started, signalled by pid, waited for on conditions."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from tests.broker.proxy import PATIENCE_S
from tests.broker.victim import ORDERS, Orders

ROOT: Final = Path(__file__).parents[2]
MAX_EVENTS: Final = 200_000
"""Of one process in one test; a test makes some thousand."""

Said: TypeAlias = Mapping[str, object]
"""An event: its type's name under `event`, and its fields."""


class Worker:
    """One process. Its standard output is read as it comes; its standard error goes to a file."""

    def __init__(self, orders: Orders, home: Path) -> None:
        home.mkdir()
        self._errors = home / "stderr"
        self._heard: list[Said] = []
        self._news = threading.Condition()
        settings = home / "orders.json"
        settings.write_bytes(ORDERS.dump_json(orders))
        with self._errors.open("wb") as errors:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.broker.victim", settings],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def heard(self, event: str = "") -> list[Said]:
        """Return what the process said so far; of one event, or all."""
        with self._news:
            return [said for said in self._heard if not event or said["event"] == event]

    def has_said(self, wanted: Callable[[Said], bool], times: int = 1) -> bool:
        """Whether the process has said it `times` times by now."""
        with self._news:
            return sum(map(wanted, self._heard)) >= times

    def wait(
        self, wanted: Callable[[Said], bool], times: int = 1, within_s: float = PATIENCE_S
    ) -> None:
        """Block until the process has said it `times` times.

        Raises TimeoutError, with the end of what the process complained of.
        """
        looked = found = 0

        def is_said() -> bool:
            # Only what is new: a slow listener would block the process at its next word.
            nonlocal looked, found
            found += sum(map(wanted, self._heard[looked:]))
            looked = len(self._heard)
            return found >= times

        with self._news:
            if not self._news.wait_for(is_said, within_s):
                raise TimeoutError(f"never said; its last words:\n{self.complaints()}")

    def complaints(self) -> str:
        """Return the end of its standard error."""
        return self._errors.read_text("utf-8", "replace")[-4_000:]

    def peak(self) -> int:
        """Return the most bytes of memory that the process has had at once."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        [row] = [row for row in status.splitlines() if row.startswith("VmHWM")]
        return int(row.split()[1]) * 1024

    def has_ended(self) -> bool:
        """Whether the process has ended, in whatever way."""
        return self._child.poll() is not None

    def pause(self) -> None:
        """Freeze the process (SIGSTOP); it is frozen when this returns."""
        self._child.send_signal(signal.SIGSTOP)
        self.wait_paused()

    def wait_paused(self) -> None:
        """Wait until the process has frozen itself."""
        # Popen's own waiting does not see it: only an end counts there.
        _, status = os.waitpid(self._child.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise ChildProcessError(f"ended instead, with {status}:\n{self.complaints()}")

    def resume(self) -> None:
        """Let a frozen process go on."""
        self._child.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process without a last word."""
        self._child.kill()
        self.wait_killed()

    def wait_killed(self) -> None:
        """Wait until the process is dead of SIGKILL, its own or another's."""
        ended = self._child.wait(PATIENCE_S)
        self._listener.join(PATIENCE_S)
        if ended != -signal.SIGKILL:
            raise ChildProcessError(f"ended with {ended}:\n{self.complaints()}")

    def stop(self) -> None:
        """Ask the process to end, and see that it ends in order."""
        self._child.terminate()
        ended = self._child.wait(PATIENCE_S)
        self._listener.join(PATIENCE_S)
        if ended:
            raise ChildProcessError(f"ended with {ended}:\n{self.complaints()}")

    def clean_up(self) -> None:
        """End the process, whatever its state, and forget it."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        self._child.wait(PATIENCE_S)
        self._listener.join(PATIENCE_S)

    def _listen(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                with self._news:
                    assert len(self._heard) < MAX_EVENTS
                    self._heard.append(orjson.loads(line))
                    self._news.notify_all()


class Workers:
    """Starts processes that differ in little, and ends them all."""

    def __init__(self, orders: Orders, home: Path) -> None:
        self.orders = orders
        self._home = home
        self._numbers = count()
        self._started: list[Worker] = []

    def start(self, **changes: object) -> Worker:
        """Start a process with `changes` to the common orders."""
        orders = replace(self.orders, **changes)  # type: ignore[arg-type]
        worker = Worker(orders, self._home / f"worker-{next(self._numbers)}")
        self._started.append(worker)
        return worker

    def heard(self, event: str) -> list[Said]:
        """Return what all processes together said of one event."""
        return [said for worker in self._started for said in worker.heard(event)]

    def running(self) -> list[Worker]:
        """Return the processes that have not ended."""
        return [worker for worker in self._started if not worker.has_ended()]

    def stop(self) -> None:
        """Ask all that still run to end, and see that they end in order."""
        for worker in self.running():
            worker.stop()

    @contextlib.contextmanager
    def cleaned_up(self) -> Iterator["Workers"]:
        """End at last whatever was started."""
        try:
            yield self
        finally:
            for worker in self._started:
                worker.clean_up()


def is_ready(lane: int) -> Callable[[Said], bool]:
    """Return whether an event says that `lane` was taken over."""
    return lambda said: said["event"] == "LaneReady" and said["lane"] == lane


def has_done(step: str) -> Callable[[Said], bool]:
    """Return whether an event says that a lane has done `step`."""
    return lambda said: said["event"] == "Stepped" and said["step"] == step


def is_event(name: str) -> Callable[[Said], bool]:
    """Return whether an event is of that type."""
    return lambda said: said["event"] == name
