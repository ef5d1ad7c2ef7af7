"""The image of this commit, as `make image` left it in dist/, and a container of it.

Without one each test here is skipped with the name of what is missing.
"""

import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from container.archive import Image, read
from container.build import ARCHIVE
from container.required import missing
from container.source import revision_of
from tests.broker.conftest import cluster_in as cluster_in
from tests.broker.conftest import runtime as runtime
from tests.image.containers import Containers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def image() -> Image:
    """The image of this commit; building it takes a minute, which is left to `make image`."""
    if missing():
        pytest.skip(missing())
    path = ROOT / "dist" / ARCHIVE
    made = read(path) if path.exists() else None
    label = "org.opencontainers.image.revision"
    if made is None or made.labels[label] != revision_of(ROOT):
        pytest.skip("no image of this commit in dist/: make image")
    return made


@pytest.fixture(scope="session")
def entries(image: Image) -> Mapping[str, tarfile.TarInfo]:
    """Every path of the image, as its layers have it."""
    with image.layers() as layers:
        return {entry.name.rstrip("/"): entry for layer in layers for entry in layer}


@pytest.fixture(scope="session")
def root(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image, unpacked. To be read alone: runs have copies of their own."""
    place = tmp_path_factory.mktemp("image") / "root"
    with image.layers() as layers:
        for layer in layers:
            for entry in layer:
                layer.extract(entry, place)
    return place


@pytest.fixture(scope="session")
def containers(image: Image, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Containers:
    """Runs the image, where runc is and may make containers."""
    if shutil.which("runc") is None:
        pytest.skip("runc is missing: on Debian, apt-get install runc")
    work = tmp_path_factory.mktemp("containers")
    made = Containers(image, root, work)
    refused = made.refused()
    if refused:
        pytest.skip(f"runc can make no container here: {refused}")
    return made
