"""A tree of files as layers, that which changes least lowest."""

import re
import tarfile
from functools import partial
from pathlib import Path

from container.own import SETTINGS, STATE, owner

LAYERS = ("system", "packages", "relay")

OURS = re.compile(
    rf"{SETTINGS}$|{STATE}$|usr/bin/relay$|usr/share/relay(/|$)"
    r"|usr/local/lib/python3[^/]*/dist-packages/relay(-[^/]*)?(/|$)"
)


def layer_of(path: str) -> str:
    """Return the layer in which a file of the image lies."""
    if OURS.match(path):
        return "relay"
    return "packages" if path.startswith("usr/local/lib/") else "system"


def pack(root: Path, place: Path, epoch: int) -> None:
    """Write `<layer>.tar` for each layer to `place`: bytes that depend on the files alone."""
    paths = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    for layer in LAYERS:
        with tarfile.open(place / f"{layer}.tar", "w", format=tarfile.GNU_FORMAT) as archive:
            for path in (each for each in paths if layer_of(each) == layer):
                archive.add(root / path, path, recursive=False, filter=partial(_plain, epoch))


def _plain(epoch: int, member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = owner(member.name)
    member.uname = member.gname = ""
    member.mtime = epoch
    return member
