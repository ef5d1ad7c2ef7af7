"""Where the programs are, and how they are built.

A build is keyed by the files of its module, so that an edited pin builds anew, and whoever looks
one up gets what those files say or nothing. Looking up never builds: that takes minutes.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relay.broker import cache_dir

MODULES: Final = Path(__file__).with_name("go")
PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
        "podsecurity": ".",
        "helm-docs": "github.com/norwoodj/helm-docs/cmd/helm-docs",
        "kube-score": "github.com/zegl/kube-score/cmd/kube-score",
        "helm": "helm.sh/helm/v4/cmd/helm",
        "helm-unittest": "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
    }
)
"""The package of each program; its module is `tools/go/<program>`."""

FLAGS: Final = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")
# helm takes six minutes of an idle machine with two cores.
BUILD_S: Final = 2400.0
# A machine with several checkouts may need several; older ones are removed.
KEPT: Final = 3


class UnavailableError(Exception):
    """A program is not here, or cannot be had; says why."""


def look_up(program: str) -> Path:
    """Return the path of a program that was built from the pins as they stand.

    Raises UnavailableError, with the reason of the last build that failed.
    """
    built = _built(program)
    if built.exists():
        return built
    refused = _refusal(built)
    if refused.exists():
        raise UnavailableError(refused.read_text(encoding="utf-8"))
    raise UnavailableError("it is not built: python -m tools builds it")


def build(program: str) -> Path:
    """Return the path of a program, built now unless it is there.

    Processes that build one at the same time wait for each other. Raises UnavailableError.
    """
    built = _built(program)
    built.parent.mkdir(parents=True, exist_ok=True)
    with _alone(built.parent):
        if built.exists():
            # The oldest use goes first.
            built.touch()
            return built
        try:
            _compile(program, built)
        except UnavailableError as error:
            _refusal(built).write_text(str(error), encoding="utf-8")
            raise
        _refusal(built).unlink(missing_ok=True)
        _forget(built.parent)
    return built


def key(module: Path) -> str:
    """Return what stands for the files of a module, this kind of machine and how it is built."""
    digest = hashlib.sha256(repr((FLAGS, sys.platform, platform.machine())).encode())
    for path in sorted(module.iterdir()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _built(program: str) -> Path:
    return cache_dir() / "tools" / program / key(MODULES / program) / program


def _refusal(built: Path) -> Path:
    return built.parent.parent / f"{built.parent.name}.refused"


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    with (directory.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(program: str, built: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise UnavailableError("there is no go on the path to build it with")
    part = built.with_suffix(".part")
    command = [go, "build", *FLAGS, "-o", str(part), PACKAGES[program]]
    # As their makers build them; and no compiler of C is needed.
    surroundings = {**os.environ, "CGO_ENABLED": "0"}
    try:
        run = subprocess.run(
            command,
            cwd=MODULES / program,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"go build took more than {BUILD_S:.0f} s") from error
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        raise UnavailableError(f"go build: {said[-1] if said else 'failed'}")
    part.replace(built)


def _forget(current: Path) -> None:
    """Remove all but the builds used last."""
    builds = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    builds.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in builds[KEPT - 1 :]:
        shutil.rmtree(old)
        (old.parent / f"{old.name}.refused").unlink(missing_ok=True)
