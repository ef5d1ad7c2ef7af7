from pathlib import Path

import pytest

from relay.model.plan import Change
from relay.state import RocksDisk
from relay.state.rocks import LAYOUT, MARK, META
from relay.state.survey import Checkpoint, survey


def test_a_store_in_use_is_seen_and_left_alone(tmp_path: Path) -> None:
    """Beside a running process the mark is read, and not a file of the store changes."""
    disk = RocksDisk(tmp_path, lambda: 1_000)
    store, _ = disk.open(3)
    store.adopt(b"i" * 16)
    store.apply([Change(b"k", b"v", 5)], offset=9)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    [found] = survey(tmp_path)
    after = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    store.close()
    disk.close()

    assert (found.slot, found.lane, found.offset, found.at) == (0, 3, 9, 1_000)
    assert found.ours
    assert found.size > 0
    assert after == before


def test_a_foreign_or_broken_store_is_told_apart(tmp_path: Path) -> None:
    """Another format is told as such; what cannot be opened has no version; neither raises."""
    disk = RocksDisk(tmp_path, lambda: 1_000)
    store, _ = disk.open(0)
    store._db.put(META, MARK.pack(LAYOUT + 1, 7, 5, 0, bytes(16)))
    store.close()
    disk.close()
    (tmp_path / "0" / "1").mkdir()
    foreign, broken = survey(tmp_path)

    assert (foreign.version, foreign.ours) == ((LAYOUT + 1, 7), False)
    assert broken == Checkpoint(0, 1, 0)


def test_without_a_temporary_directory_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no links can be made, as on a root that is read only, the stores are left alone."""
    disk = RocksDisk(tmp_path, lambda: 1_000)
    store, _ = disk.open(0)
    store.close()
    disk.close()
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))

    with pytest.raises(OSError, match="none"):
        survey(tmp_path)

    assert sorted(tmp_path.rglob("*")) == before


def test_no_directory_is_no_checkpoint(tmp_path: Path) -> None:
    """Before the first start there is nothing, and that is no error."""
    assert survey(tmp_path / "none") == ()
