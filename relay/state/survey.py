"""What stands in a state directory, without a value of it: for an operator, beside a running relay.

Nothing is changed and no slot is taken.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rocksdict import AccessType, Options, Rdict

from relay.model.window import FORMAT
from relay.state.rocks import LAYOUT, MARK, META

OF_THE_BINDING: Final = "rocksdict-config.json"
"""A file that opening writes anew, even to read only: it is left out of what is opened."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The store of a lane in a slot: its bytes on disk, and what its mark says.

    `version` is (layout, format), `offset` that of the changelog (exclusive, -1: none), `at` the
    wall clock in ms of its last write. None: it could not be read.
    """

    slot: int
    lane: int
    size: int
    version: tuple[int, int] | None = None
    offset: int | None = None
    at: int | None = None

    @property
    def ours(self) -> bool:
        """Whether this version of the relay reads it."""
        return self.version == (LAYOUT, FORMAT)


def survey(root: Path) -> tuple[Checkpoint, ...]:
    """Return the checkpoints under `root`, by slot and lane; none if there is no such directory.

    Raises OSError if it cannot be listed, or if there is no room for links to the stores' files: a
    directory for temporary ones that can be written to.
    """
    return tuple(_checkpoint(home) for slot in _numbered(root) for home in _numbered(slot))


def _numbered(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    found = [each for each in place.iterdir() if each.name.isdecimal() and each.is_dir()]
    return sorted(found, key=lambda each: int(each.name))


def _checkpoint(home: Path) -> Checkpoint:
    slot, lane, size = int(home.parent.name), int(home.name), sum(_sizes(home))
    mark = _mark(home)
    if mark is None or len(mark) != MARK.size:
        return Checkpoint(slot, lane, size)
    layout, form, offset, at, _ = MARK.unpack(mark)
    return Checkpoint(slot, lane, size, (layout, form), offset, at)


def _sizes(home: Path) -> Iterator[int]:
    for file in home.iterdir():
        try:
            yield file.stat().st_size
        except FileNotFoundError:
            continue  # compacted away by its owner, just now


def _mark(home: Path) -> bytes | None:
    """Read the mark through links, so that nothing is written beside the store's own files."""
    with tempfile.TemporaryDirectory() as beside:
        for file in home.iterdir():
            if file.name != OF_THE_BINDING:
                Path(beside, file.name).symlink_to(file.absolute())
        try:
            db = Rdict(beside, Options(raw_mode=True), access_type=AccessType.read_only())
        except Exception as error:
            if type(error) is not Exception:  # RocksDB's own come as the bare one
                raise
            return None
        try:
            found: bytes | None = db.get(META)
        finally:
            db.close()
        return found
