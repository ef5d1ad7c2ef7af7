"""The pinned artifacts of a lock: what is fetched, and nothing else."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LOCK = Path(__file__).with_name("kafka.lock")
SERVER = ("org.apache.kafka", "kafka_2.13")

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One jar: its exact coordinate, the sha256 of its bytes in hex, and its size in bytes."""

    group: str
    name: str
    version: str
    classifier: str
    sha256: str
    size: int

    @property
    def module(self) -> tuple[str, str, str]:
        """Whose version this is: a class path holds one version of a module."""
        return self.group, self.name, self.classifier

    @property
    def coordinate(self) -> str:
        """`group:artifact:version`, and `:classifier` where there is one."""
        return ":".join(filter(None, (self.group, self.name, self.version, self.classifier)))

    @property
    def path(self) -> PurePosixPath:
        """Where a Maven repository keeps the jar, relative to its root."""
        stem = "-".join(filter(None, (self.name, self.version, self.classifier)))
        return PurePosixPath(*self.group.split("."), self.name, self.version, f"{stem}.jar")


def parse_lock(text: str, name: str = LOCK.name) -> tuple[Artifact, ...]:
    """Read the lines `coordinate  sha256  size` of the lock `name`; `#` starts a comment.

    Raises:
        ValueError: a line is malformed or a coordinate stands twice; the line is named.
    """
    artifacts: dict[str, Artifact] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        artifact = _artifact(fields)
        if artifact is None or artifact.coordinate in artifacts:
            raise ValueError(f"{name}, line {number}: malformed or repeated: {line!r}")
        artifacts[artifact.coordinate] = artifact
    return tuple(artifacts.values())


def render_lock(artifacts: Iterable[Artifact], writer: str = "relay.broker.lock") -> str:
    """Write what `parse_lock` reads, one line an artifact, sorted by coordinate.

    `writer` is the module that a person runs to write it anew.
    """
    ordered = sorted(artifacts, key=lambda artifact: artifact.coordinate)
    lines = [f"{each.coordinate}  {each.sha256}  {each.size}\n" for each in ordered]
    return f"# Written by `python -m {writer}`. coordinate  sha256  bytes\n" + "".join(lines)


def pinned(lock: Path = LOCK) -> tuple[Artifact, ...]:
    """Return the artifacts of a committed lock, of kafka.lock unless another is named."""
    return parse_lock(lock.read_text("utf-8"), lock.name)


def kafka_version(artifacts: Iterable[Artifact]) -> str:
    """Return the version of the Kafka server among `artifacts`.

    Raises:
        ValueError: there is no server among them.
    """
    for artifact in artifacts:
        if (artifact.group, artifact.name) == SERVER:
            return artifact.version
    raise ValueError(f"kafka.lock does not pin {':'.join(SERVER)}")


def _artifact(fields: list[str]) -> Artifact | None:
    if len(fields) != 3:
        return None
    coordinate, sha256, size = fields
    words = coordinate.split(":")
    # Words become paths below the cache: none may be empty, or `..`.
    if len(words) not in {3, 4} or not all(_WORD.fullmatch(word) for word in words):
        return None
    if not _SHA256.fullmatch(sha256) or not size.isdecimal():
        return None
    group, name, version, classifier = (*words, "")[:4]
    return Artifact(group, name, version, classifier, sha256, int(size))
