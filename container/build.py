"""From a commit to an image in a file."""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from container import bill, debian, distributions, layers, own
from container.archive import Image, read
from container.required import require
from container.source import Source, taken
from container.steps import run
from relay.broker import cache_dir

ARCHIVE = "relay-image.tar"
DIGEST = "relay-image.digest"
BILL = "relay-image.cdx.json"

# Nothing is pulled, so there is nobody to trust: the one image that is read is our own.
POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build; `layers` are the sha256 of the files before they were compressed."""

    image: Image
    layers: tuple[str, ...]


def build(repository: Path, into: Path) -> Built:
    """Build the last commit of `repository`; write archive, digest and bill to `into`.

    Raises BuildError.
    """
    require()
    cache = cache_dir() / "image"
    cache.mkdir(parents=True, exist_ok=True)
    into.mkdir(parents=True, exist_ok=True)
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="build-", dir=cache) as place:
            return _build(repository, into.absolute(), Path(place), cache)
    finally:
        os.umask(before)


def _build(repository: Path, into: Path, work: Path, cache: Path) -> Built:
    root, context = work / "root", work / "context"
    root.mkdir()
    context.mkdir()
    source = taken(repository, work / "source")
    for package in debian.fetch(work / "packages", cache / "lists"):
        debian.extract(package, root)
    own.write(root)
    python = debian.python_of(root)
    version = distributions.install(source, python, root, work)
    distributions.compile_all(source, python, root)
    listed = root / bill.PLACE
    listed.parent.mkdir(parents=True)
    listed.write_text(bill.bill(root, python, source), "utf-8")
    layers.pack(root, context, source.epoch)
    made = read(_bake(source, version, context, work))
    (into / BILL).write_bytes(listed.read_bytes())
    (into / DIGEST).write_text(f"{made.digest}\n", "ascii")
    archive = made.path.replace(into / ARCHIVE)
    return Built(read(archive), tuple(made.config["rootfs"]["diff_ids"]))


def _bake(source: Source, version: str, context: Path, work: Path) -> Path:
    """Let buildah make the image, with storage and policy of its own; return the archive."""
    policy = work / "policy.json"
    policy.write_text(json.dumps(POLICY), "ascii")
    store = (f"--root={work / 'storage'}", f"--runroot={work / 'run'}", "--storage-driver=vfs")
    created = datetime.fromtimestamp(source.epoch, UTC).isoformat()
    arguments = {"VERSION": version, "REVISION": source.revision, "CREATED": created}
    name = f"localhost/relay:{version}"
    run(
        [
            *("buildah", *store, "bud", "--isolation=chroot", "--layers", "--format=oci"),
            f"--signature-policy={policy}",
            f"--timestamp={source.epoch}",
            "--identity-label=false",
            *(f"--build-arg={key}={value}" for key, value in arguments.items()),
            f"--file={source.place / 'container/Containerfile'}",
            f"--tag={name}",
            context,
        ]
    )
    archive = work / ARCHIVE
    to = f"oci-archive:{archive}:relay:{version}"
    run(["buildah", *store, "push", f"--signature-policy={policy}", name, to])
    return archive
