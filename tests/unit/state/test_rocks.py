import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relay.model.plan import Change
from relay.state import Discard, Extent, Mark, RocksDisk, RocksStore, StoreError, mismatch
from relay.state.rocks import LAYOUT, MARK, META

INCARNATION = b"i" * 16
HOUR = 3_600_000


def now() -> int:
    """Return a wall clock that stands still."""
    return 1_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RocksDisk]:
    """A directory for stores."""
    made = RocksDisk(tmp_path, now)
    yield made
    made.close()


def filled(disk: RocksDisk) -> None:
    """Leave a store with one entry and a mark behind."""
    store, _ = disk.open(0)
    store.adopt(INCARNATION)
    store.apply([Change(b"k", b"v", 5)], offset=9)
    store.close()


def test_a_store_keeps_its_mark_over_a_restart(tmp_path: Path, disk: RocksDisk) -> None:
    """Incarnation, offset and time are found again by the next process in the slot."""
    filled(disk)
    disk.close()
    again = RocksDisk(tmp_path, now)
    store, discarded = again.open(0)
    mark, entry = store.mark, store.get(b"k")
    store.close()
    again.close()

    assert discarded is None
    assert mark == Mark(INCARNATION, 9, 1_000)
    assert entry is not None


def test_two_processes_do_not_share_a_slot(tmp_path: Path, disk: RocksDisk) -> None:
    """A second user of the directory gets a store of its own, not the first one's files."""
    filled(disk)
    second = RocksDisk(tmp_path, now)
    store, discarded = second.open(0)
    offset = store.offset
    store.close()
    second.close()

    assert discarded is None
    assert offset is None


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST-*", "*.sst"])
def test_torn_files_are_discarded(tmp_path: Path, disk: RocksDisk, name: str) -> None:
    """A directory RocksDB cannot open is replaced by an empty one."""
    filled(disk)
    for path in (tmp_path / "0" / "0").glob(name):
        path.write_bytes(b"torn")
    store, discarded = disk.open(0)
    entries = store.entries()
    store.close()

    assert discarded is Discard.BROKEN
    assert entries == {}


def test_another_format_is_discarded(disk: RocksDisk) -> None:
    """A store written by another version of the code is not read."""
    store, _ = disk.open(0)
    store._db.put(META, MARK.pack(LAYOUT + 1, 1, 5, 0, INCARNATION))
    store.close()
    store, discarded = disk.open(0)
    offset = store.offset
    store.close()

    assert discarded is Discard.FORMAT
    assert offset is None


@pytest.mark.parametrize(
    ("extent", "reason"),
    [
        (Extent(INCARNATION, 0, 9, now=0, keeps=HOUR), None),
        (Extent(INCARNATION, 9, 90, now=HOUR // 2, keeps=HOUR), None),
        (Extent(b"j" * 16, 0, 9, now=0, keeps=HOUR), Discard.INCARNATION),
        (Extent(None, 0, 9, now=0, keeps=HOUR), Discard.INCARNATION),
        (Extent(INCARNATION, 0, 8, now=0, keeps=HOUR), Discard.AHEAD),
        (Extent(INCARNATION, 10, 90, now=0, keeps=HOUR), Discard.BEHIND),
        (Extent(INCARNATION, 0, 9, now=HOUR, keeps=HOUR), Discard.OLD),
    ],
)
def test_a_checkpoint_must_match_its_changelog(extent: Extent, reason: Discard | None) -> None:
    """Re-created, truncated or long-compacted changelogs discard the checkpoint."""
    assert mismatch(Mark(INCARNATION, 9, at=0), extent) is reason


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes, as on a disk that is full."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def fill(store: RocksStore) -> None:
    """Write a megabyte, some at a time."""
    for number in range(1_000):
        store.apply([Change(b"%d" % number, bytes(1_000), 5)], offset=number)


def test_a_full_disk_costs_the_store_and_no_more(disk: RocksDisk) -> None:
    """A store that can no longer be written fails with StoreError, closes, and opens again."""
    store, _ = disk.open(0)
    store.adopt(INCARNATION)
    with no_file_above(100_000):
        with pytest.raises(StoreError):
            fill(store)
        store.close()
    again, _ = disk.open(0)
    again.apply([Change(b"k", b"v", 5)], offset=1)
    found = again.get(b"k")
    again.close()

    assert found is not None


def test_memory_stays_bounded(disk: RocksDisk) -> None:
    """A hundred thousand keys of a kilobyte cost less than the bound of caches and buffers."""
    store, _ = disk.open(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start in range(0, 100_000, 1_000):
        keys = (n.to_bytes(16) for n in range(start, start + 1_000))
        store.apply([Change(key, bytes(1_000), 10) for key in keys], offset=start)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    store.close()

    assert grown < 150 * 1024


def test_a_store_that_cannot_be_made_is_an_error_of_the_environment(
    tmp_path: Path, disk: RocksDisk
) -> None:
    """Where nothing can be written, opening fails with StoreError: the lane tries again."""
    (tmp_path / "0").rmdir()
    (tmp_path / "0").write_bytes(b"in the way")

    with pytest.raises(StoreError):
        disk.open(0)
