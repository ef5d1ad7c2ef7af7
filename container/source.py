"""What is built: files of the last commit, and nothing that lies about in the working tree."""

import io
from dataclasses import dataclass
from pathlib import Path

from container.steps import run
from container.trusted import Trusted

FILES = ("relay", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "container")


@dataclass(frozen=True, slots=True)
class Source:
    """A commit's files in `place`; `epoch` is its time, in Unix seconds."""

    place: Path
    revision: str
    epoch: int

    @property
    def environ(self) -> dict[str, str]:
        """Variables that make a tool's output a function of its input."""
        return {"SOURCE_DATE_EPOCH": str(self.epoch), "PYTHONHASHSEED": "0", "TZ": "UTC"}


def revision_of(repository: Path) -> str:
    """Return the last commit, in full. Raises BuildError."""
    return run(["git", "rev-parse", "HEAD"], repository).decode().strip()


def uncommitted(repository: Path) -> list[str]:
    """Return what `git status` has to say about files that an image is made of."""
    return run(["git", "status", "--porcelain", "--", *FILES], repository).decode().splitlines()


def taken(repository: Path, place: Path) -> Source:
    """Write the last commit's files to `place`. Raises BuildError."""
    revision = revision_of(repository)
    epoch = int(run(["git", "show", "-s", "--format=%ct", revision], repository))
    packed = run(["git", "archive", revision, *FILES], repository)
    with Trusted.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(place)
    return Source(place, revision, epoch)
