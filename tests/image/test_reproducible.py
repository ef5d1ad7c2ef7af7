from pathlib import Path

import pytest

from container.archive import Image
from container.build import BILL, DIGEST, build

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(1200)  # most of a build is spent on the disk
def test_a_commit_has_one_image(image: Image, tmp_path: Path) -> None:
    """Built a second time, an image has the same files, the same digest and the same bill."""
    again = build(ROOT, tmp_path)
    dist = image.path.parent

    assert list(again.layers) == image.config["rootfs"]["diff_ids"]
    assert again.image.digest == image.digest
    assert (tmp_path / BILL).read_bytes() == (dist / BILL).read_bytes()
    assert (dist / DIGEST).read_text("ascii").strip() == image.digest
