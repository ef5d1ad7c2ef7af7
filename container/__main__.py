"""`python -m container`: build the last commit into dist/; `--able` says whether that can be."""

import sys
import time
from pathlib import Path

from container.build import build
from container.errors import BuildError
from container.required import missing
from container.source import uncommitted

REPOSITORY = Path(__file__).parents[1]
INTO = REPOSITORY / "dist"


def main(arguments: list[str]) -> int:
    """Build, or look; the exit code is 1 where there is no image to be had."""
    if arguments == ["--able"]:
        print(missing(), end="\n" * bool(missing()), file=sys.stderr)
        return int(bool(missing()))
    try:
        started = time.monotonic()
        left_out = uncommitted(REPOSITORY)
        built = build(REPOSITORY, INTO)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    image = built.image
    if left_out:
        print(f"not in it, since uncommitted: {len(left_out)} files", file=sys.stderr)
    revision = image.labels["org.opencontainers.image.revision"]
    size = f"{image.stored_bytes / 1e6:.1f} MB"
    print(f"{image.path}: {revision[:12]}, {size}, {time.monotonic() - started:.0f} s")
    print(image.digest)
    return 0


sys.exit(main(sys.argv[1:]))
