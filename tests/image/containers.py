"""Containers of an image, as a restricted pod has them: made by runc, on this machine's network."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from container.archive import Image

RUN_S = 60.0
STOP_S = 30.0

SYSTEM: Sequence[Mapping[str, object]] = (
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {
        "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
        "options": ["nosuid", "strictatime", "mode=755", "size=64k"],
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mounts:
    """Directories of this machine in a container, by where they are there."""

    readable: Mapping[str, Path] = field(default_factory=dict)
    writable: Mapping[str, Path] = field(default_factory=dict)


NOTHING = Mounts()


class Containers:
    """Runs an image whose files are in `root`: its root read-only, its user without a capability.

    User, variables, directory and entry point are those that the image says itself.
    """

    def __init__(self, image: Image, root: Path, work: Path) -> None:
        self._config = image.config["config"]
        self._root = root
        self._work = work
        self._numbers = count()

    def refused(self) -> str:
        """Say why runc can make no container here; nothing if it can.

        That a container's program is not there is no reason: it is a fault of the image.
        """
        said = self.run("--version").stderr
        return said.strip() if "runc run failed" in said and "exec:" not in said else ""

    def run(
        self,
        *words: str,
        mounts: Mounts = NOTHING,
        given: str = "",
        entrypoint: Sequence[str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a container to its end."""
        return subprocess.run(
            self._runc(words, mounts, entrypoint),
            input=given, capture_output=True, text=True, timeout=RUN_S, check=False,
        )  # fmt: skip

    @contextmanager
    def running(self, *words: str, mounts: Mounts, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a container while the block lasts; what is left of it then is killed."""
        command = self._runc(words, mounts, None)
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )
            try:
                yield process
            finally:
                delete = [*command[:2], "delete", "--force", command[-1]]
                subprocess.run(delete, capture_output=True, check=False, timeout=STOP_S)
                process.wait(STOP_S)

    def _runc(
        self, words: Sequence[str], mounts: Mounts, entrypoint: Sequence[str] | None
    ) -> list[str]:
        name = f"relay-{os.getpid()}-{next(self._numbers)}"
        bundle = self._work / name
        bundle.mkdir()
        begin = self._config["Entrypoint"] if entrypoint is None else entrypoint
        spec = self._spec([*begin, *words], mounts)
        (bundle / "config.json").write_text(json.dumps(spec), "utf-8")
        return ["runc", f"--root={self._work / 'state'}", "run", "--bundle", str(bundle), name]

    def _spec(self, arguments: list[str], mounts: Mounts) -> Mapping[str, object]:
        user, group = map(int, self._config["User"].split(":"))
        binds = (
            *_binds(mounts.readable, ["rbind", "ro", "nosuid", "nodev"]),
            *_binds(mounts.writable, ["rbind", "rw", "nosuid", "nodev"]),
        )
        return {
            "ociVersion": "1.0.0",
            "process": {
                "terminal": False,
                "user": {"uid": user, "gid": group},
                "args": arguments,
                "env": self._config["Env"],
                "cwd": self._config["WorkingDir"],
                "capabilities": {},
                "noNewPrivileges": True,
            },
            "root": {"path": str(self._root), "readonly": True},
            "mounts": [*SYSTEM, *binds],
            "linux": {
                "namespaces": [{"type": each} for each in ("pid", "ipc", "uts", "mount")],
                "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
            },
        }


def _binds(places: Mapping[str, Path], options: list[str]) -> Iterator[Mapping[str, object]]:
    for there, here in places.items():
        yield {"destination": there, "type": "bind", "source": str(here), "options": options}
