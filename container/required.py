"""What a machine must have to build an image."""

import os
import shutil

from container.errors import BuildError

TOOLS = {
    "apt-get": "apt",
    "buildah": "buildah",
    "chroot": "coreutils",
    "dpkg-deb": "dpkg",
    "git": "git",
}
"""Programs, and Debian's package of each."""


def missing() -> str:
    """Say in a sentence what stands in the way of a build; nothing: ""."""
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            return f"{tool} is missing: on Debian, apt-get install {package}"
    if os.geteuid() != 0:
        return "not root: the image's own Python compiles its modules under chroot"
    return ""


def require() -> None:
    """Raise BuildError if something is missing."""
    sentence = missing()
    if sentence:
        raise BuildError(sentence)
