"""An image in a file, read without an engine: the OCI layout in a tar."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container.trusted import Trusted

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """What an archive says about its one image. `digest` is what a registry knows it by."""

    path: Path
    digest: str
    manifest: Document
    config: Document

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels, by name."""
        labels: Mapping[str, str] = self.config["config"].get("Labels", {})
        return labels

    @property
    def stored_bytes(self) -> int:
        """What a registry stores and a node fetches."""
        return sum(int(layer["size"]) for layer in self.manifest["layers"])

    @contextmanager
    def layers(self) -> Iterator[Iterator[tarfile.TarFile]]:
        """The layers, lowest first; each is read before the next is asked for."""
        with tarfile.open(self.path) as archive:
            yield (_layer(archive, each["digest"]) for each in self.manifest["layers"])


def read(path: Path) -> Image:
    """Read what an archive says. Raises OSError, or ValueError or KeyError if it is none."""
    with tarfile.open(path) as archive:
        [entry] = json.loads(_member(archive, "index.json"))["manifests"]
        manifest = json.loads(_member(archive, _blob(entry["digest"])))
        config = json.loads(_member(archive, _blob(manifest["config"]["digest"])))
    return Image(path, entry["digest"], manifest, config)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file.read()


def _layer(archive: tarfile.TarFile, digest: str) -> tarfile.TarFile:
    return Trusted.open(fileobj=archive.extractfile(_blob(digest)))
