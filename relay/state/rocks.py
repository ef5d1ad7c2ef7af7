"""A lane's store on disk: a cache of the lane's changelog, which alone is the truth.

One directory a lane. Entries, timer index and mark (incarnation, changelog offset, time) are
written in one batch, so whatever survives a crash is a state that the changelog has passed through.
"""

import fcntl
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from struct import Struct
from typing import IO, Final
from weakref import WeakSet

from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
)

from relay.model.plan import Change
from relay.model.window import FORMAT
from relay.state.store import Stored

LAYOUT: Final = 1
"""Version of the keys below; FORMAT is that of the values."""

META: Final = b"\x00"
ENTRY: Final = b"e"
TIMER: Final = b"t"
AFTER_TIMERS: Final = b"u"

MARK: Final = Struct(">HHqq16s")
DEADLINE: Final = Struct(">q")
NEVER: Final = -1
NOWHERE: Final = -1
UNKNOWN: Final = bytes(16)

SIZES: Final = ("rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")
MIB: Final = 1 << 20
SLOTS: Final = 64  # processes that may share one directory; more on one host is a mistake


class StoreError(Exception):
    """The files of a store cannot be read or written. The remedy is a fresh one."""


class Discard(StrEnum):
    """Why a directory was not used."""

    BROKEN = "broken"
    FORMAT = "format"
    INCARNATION = "incarnation"
    AHEAD = "ahead-of-changelog"
    BEHIND = "behind-log-start"
    OLD = "older-than-tombstones"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a store says of itself: whose changelog it holds, up to where (exclusive), since when.

    `at` is the wall clock in ms at which it last was at the end of the changelog.
    """

    incarnation: bytes
    offset: int
    at: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What the changelog says of itself: its incarnation, first offset and end (exclusive).

    `now` is the wall clock, `keeps` how long it keeps tombstones; both in ms.
    """

    incarnation: bytes | None
    start: int
    end: int
    now: int
    keeps: int


def mismatch(mark: Mark, extent: Extent) -> Discard | None:
    """Return why a store with `mark` must not be continued from this changelog, or None.

    Half of `keeps` is left as margin: the restore itself takes time, and clocks differ.
    """
    if mark.incarnation != extent.incarnation:
        return Discard.INCARNATION
    if mark.offset > extent.end:
        return Discard.AHEAD
    if mark.offset < extent.start:
        return Discard.BEHIND
    if extent.now - mark.at > extent.keeps // 2:
        return Discard.OLD
    return None


class RocksDisk:
    """The directory in which this process keeps its lanes' stores, and the memory they share.

    Processes may share `root`: each takes the first slot that no living process holds, so a
    restarted one finds the slot it left. `memory` bounds caches and buffers of all lanes in bytes;
    `clock` is the wall clock in ms. Raises OSError when `root` cannot be used.
    """

    def __init__(self, root: Path, clock: Callable[[], int], memory: int = 96 * MIB) -> None:
        self._clock = clock
        self._lock, self._home = _slot(root)
        self._cache = Cache(memory * 2 // 3)
        # Without a stall a full buffer flushes early; with one it would block the event loop.
        self._buffers = WriteBufferManager(memory // 3, allow_stall=False)

    def open(self, lane: int) -> tuple["RocksStore", Discard | None]:
        """Open the store of `lane`, or a fresh one with the reason if it cannot be read.

        Raises StoreError if that cannot be made either.
        """
        try:
            return RocksStore(self._open(lane), self._clock), None
        except _UnreadableError as error:
            return self.fresh(lane), error.reason

    def fresh(self, lane: int) -> "RocksStore":
        """Open an empty store for `lane`. One that was open before must have been closed.

        Raises StoreError if it cannot be made, as on a disk that is full.
        """
        shutil.rmtree(self._path(lane), ignore_errors=True)
        try:
            return RocksStore(self._open(lane), self._clock)
        except _UnreadableError as error:
            raise StoreError(str(error.__cause__)) from error

    def close(self) -> None:
        """Give the slot back. The stores must have been closed."""
        self._lock.close()

    def _path(self, lane: int) -> Path:
        return self._home / str(lane)

    def _open(self, lane: int) -> Rdict:
        try:
            return Rdict(str(self._path(lane)), _options(self._cache, self._buffers))
        except Exception as error:
            _only_rocksdb(error)
            raise _UnreadableError(Discard.BROKEN) from error


class RocksStore:
    """A `Store` on disk. Raises StoreError from any method when the files fail."""

    def __init__(self, db: Rdict, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock
        self._open: WeakSet[Generator[tuple[int, bytes]]] = WeakSet()
        # No timer is before this key. Without it each look at the first timer would step over all
        # that were deleted since the last compaction.
        self._first = TIMER
        self.mark: Mark = _read_mark(db)

    @property
    def offset(self) -> int | None:
        """The changelog offset reached (exclusive); None in a fresh store."""
        return None if self.mark.offset == NOWHERE else self.mark.offset

    def adopt(self, incarnation: bytes) -> None:
        """Say of which changelog (16 bytes) this store is a copy."""
        self._write(WriteBatch(raw_mode=True), Mark(incarnation, self.mark.offset, self._clock()))

    def get(self, key: bytes) -> Stored | None:
        """Return the entry of `key`, or None."""
        try:  # as _guard does, which costs as much as the look itself
            raw = self._db.get(ENTRY + key)
        except Exception as error:
            _only_rocksdb(error)
            raise StoreError(str(error)) from error
        return None if raw is None else _stored(raw)

    def due(self, until: int) -> Iterator[tuple[int, bytes]]:
        """Yield (deadline, key) with deadline <= `until`, in order, as of the first step."""
        timers = self._timers(until)
        self._open.add(timers)
        return timers

    def scan(self, after: bytes, until: bytes, limit: int) -> list[tuple[bytes, Stored]]:
        """Return at most `limit` entries with `after` < key < `until`, in order of key."""
        found: list[tuple[bytes, Stored]] = []
        end = ENTRY + until
        with _guard():
            cursor = self._db.iter()
            cursor.seek(ENTRY + after + b"\x00")
            while len(found) < limit and cursor.valid() and cursor.key() < end:
                found.append((cursor.key()[1:], _stored(cursor.value())))
                cursor.next()
        return found

    def apply(self, changes: Iterable[Change], offset: int | None) -> None:
        """Write `changes`, their timers and the mark in one batch."""
        batch = WriteBatch(raw_mode=True)
        for change in changes:
            if change.before is not None:
                batch.delete(_timer(change.before, change.key))
            if change.value is None:
                batch.delete(ENTRY + change.key)
                continue
            batch.put(ENTRY + change.key, _packed(change))
            if change.deadline is not None:
                timer = _timer(change.deadline, change.key)
                batch.put(timer, b"")
                self._first = min(self._first, timer)
        reached = self.mark.offset if offset is None else offset
        self._write(batch, Mark(self.mark.incarnation, reached, self._clock()))

    def entries(self) -> dict[bytes, Stored]:
        """Return all entries, for comparison."""
        return dict(self.scan(b"", b"\xff" * 32, 1 << 62))

    def size(self) -> int:
        """Return the bytes of the files, what is still in memory counted as if it were written."""
        with _guard():
            parts = [self._db.property_int_value(name) for name in SIZES]
        return sum(part or 0 for part in parts)

    def close(self) -> None:
        """Close the files, also those that have failed; iterators that are still open end.

        What can no longer be written is in the changelog.
        """
        for timers in list(self._open):
            timers.close()
        with suppress(StoreError), _guard():
            self._db.close()

    def _timers(self, until: int) -> Generator[tuple[int, bytes]]:
        end = min(_timer(until + 1, b""), AFTER_TIMERS)
        bounds = ReadOptions()
        bounds.set_iterate_upper_bound(AFTER_TIMERS)
        with _guard():
            cursor = self._db.iter(bounds)
            cursor.seek(self._first)
            if cursor.valid():
                self._first = cursor.key()
            while cursor.valid() and (key := cursor.key()) < end:
                yield DEADLINE.unpack_from(key, 1)[0], key[1 + DEADLINE.size :]
                cursor.next()

    def _write(self, batch: WriteBatch, mark: Mark) -> None:
        batch.put(META, MARK.pack(LAYOUT, FORMAT, mark.offset, mark.at, mark.incarnation))
        with _guard():
            self._db.write(batch)
        self.mark = mark


class _UnreadableError(Exception):
    def __init__(self, reason: Discard) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def _guard() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        _only_rocksdb(error)
        raise StoreError(str(error)) from error


def _only_rocksdb(error: Exception) -> None:
    """Raise anything again but RocksDB's own errors, which come as bare Exception."""
    if type(error) is not Exception:
        raise error


def _slot(root: Path) -> tuple[IO[bytes], Path]:
    root.mkdir(parents=True, exist_ok=True)
    for number in range(SLOTS):
        lock = (root / f"{number}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        home = root / str(number)
        home.mkdir(exist_ok=True)
        return lock, home
    raise OSError(f"{SLOTS} processes already keep their state in {root}")


def _read_mark(db: Rdict) -> Mark:
    with _guard():
        raw = db.get(META)
    if raw is None:
        return Mark(UNKNOWN, NOWHERE, 0)
    if len(raw) != MARK.size or MARK.unpack(raw)[:2] != (LAYOUT, FORMAT):
        db.close()
        raise _UnreadableError(Discard.FORMAT)
    _, _, offset, at, incarnation = MARK.unpack(raw)
    return Mark(incarnation, offset, at)


def _packed(change: Change) -> bytes:
    deadline = NEVER if change.deadline is None else change.deadline
    return DEADLINE.pack(deadline) + (change.value or b"")


def _stored(raw: bytes) -> Stored:
    (deadline,) = DEADLINE.unpack_from(raw)
    return Stored(raw[DEADLINE.size :], None if deadline == NEVER else deadline)


def _timer(deadline: int, key: bytes) -> bytes:
    return TIMER + DEADLINE.pack(deadline) + key


def _options(cache: Cache, buffers: WriteBufferManager) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_block_based_table_factory(_blocks(cache))
    options.set_write_buffer_manager(buffers)
    options.set_write_buffer_size(8 * MIB)  # x 2 x lanes is what a crash may have to replay
    options.set_max_write_buffer_number(2)
    options.set_max_open_files(128)  # 64 MiB files: 8 GiB a lane before one is closed for another
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_background_jobs(2)  # two cores are shared with everything else
    # The log is written but never synced: a killed process loses nothing, a lost machine loses the
    # last seconds, and point-in-time recovery leaves a prefix whose offset says what to replay.
    options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
    options.set_max_total_wal_size(32 * MIB)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(MIB)
    options.set_stats_dump_period_sec(0)
    return options


def _blocks(cache: Cache) -> BlockBasedOptions:
    blocks = BlockBasedOptions()
    blocks.set_block_cache(cache)
    blocks.set_block_size(8 * 1024)
    blocks.set_bloom_filter(10, block_based=False)  # 1 % of looks for a new key touch the disk
    # Index and filter live in the cache, in parts: 50 million keys cost no memory of their own.
    blocks.set_index_type(BlockBasedIndexType.two_level_index_search())
    blocks.set_partition_filters(True)
    blocks.set_cache_index_and_filter_blocks(True)
    blocks.set_pin_top_level_index_and_filter(True)
    blocks.set_metadata_block_size(4096)
    return blocks
