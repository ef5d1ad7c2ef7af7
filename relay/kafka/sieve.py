"""What members wrote, made safe for aiokafka to decode. Pure.

A broker takes batches that end or stall who reads them: small ones that unpack to gigabytes, a
header's name that is no UTF-8, bytes behind a compressed stream, offsets that are not the batch's.
aiokafka raises and would fetch the same again, for ever, and no other topic would be read. So each
batch is decoded once before it is handed on; in place of one that cannot be, one record stands.
"""

import secrets
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c, decode_varint

from relay.kafka.clients import Fetched, record_of
from relay.kafka.unpacking import unpacked
from relay.model.records import Position, Read, Unread

MOST: Final = 32 * 1024 * 1024
"""Bytes that one fetch of one partition may come to, `RECORD` and `HEADER` counted in. A mebibyte,
which is what brokers take as one batch, of gzip or zstd holds 27,000 small detections: 25 of these.
"""

RECORDS: Final = 1_000
"""Records of one fetch of one partition: what ingest decides in a tenth of a second, which is how
long others wait for one that floods. The least record has seven bytes: 256 KiB hold 37,000."""

RECORD: Final = 512
"""What a record costs beside its content: aiokafka's and our own value of it. 208 is aiokafka's."""
HEADER: Final = 160
"""What each of its headers costs. Measured: 120 with short names."""
LONGEST: Final = 17 * 64 * 1024
"""Of one record: a mebibyte, which is the most that any format may have, and room for its key and
headers. They are decoded all at once, before anything can be counted."""

PREFIX: Final = struct.Struct(">qiibI")
"""A batch's first offset, the bytes after `AFTER`, its leader's epoch, format and checksum."""
AFTER: Final = 12
FORMAT: Final = 2
"""Of batches since Kafka 0.11; brokers since 3.0 keep no other."""
HEAD: Final = struct.Struct(">hiqqqhii")
"""Attributes, last offset's distance from the first, first and last time, three numbers of the
producer, records."""
BODY: Final = PREFIX.size + HEAD.size
"""Where a batch's records begin."""
CODEC: Final = 0x07
SEAL: Final = secrets.token_bytes(16)
"""The key of a record that no member has written. Made anew in each process: nobody can know it."""
NOTE: Final = struct.Struct(">q?")
"""Its value: the first offset that it stands for, and whether it was a matter of size."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch. `last` is the offset of its last record, `at` the broker's time of it in ms."""

    whole: memoryview
    first: int
    last: int
    at: int
    attributes: int
    records: int


def sift(fetched: bytes, position: int, most: int = MOST) -> bytes:
    """Return the batches of one partition that a fetch at `position` brought, not compressed.

    They come to at most `most` bytes when decoded, and to `RECORDS` records; what would be too much
    is left out at the end, also of a single batch, and fetched again. What cannot be read even when
    it comes first is replaced by a sealed record (see `opened`), which comes alone, so that no
    fetch costs more than two attempts. What the network or a disk has damaged is left to aiokafka,
    which raises and tries again.
    """
    sound: list[bytes] = []
    left, room = most, RECORDS
    for batch in _batches(fetched):
        plain = _plain(batch, left)
        cost = _cost(batch, plain, left) if plain is not None else None
        if plain is None or cost is None or cost > left:
            too_much = plain is None or cost is not None
            return b"".join(sound) if sound else _sealed(batch, is_size=too_much)
        if batch.records > room:
            return b"".join(sound) if sound else _part(batch, plain, position)
        left -= cost
        room -= batch.records
        sound.append(plain)
    return b"".join(sound) if sound else fetched


def opened(fetched: Fetched) -> Read:
    """Return what was fetched and sifted as a value of the model."""
    if fetched.key != SEAL or fetched.value is None:
        return record_of(fetched)
    position = Position(fetched.topic, fetched.partition, fetched.offset)
    first, is_size = NOTE.unpack(fetched.value)
    return Unread(position, fetched.timestamp, first, MOST if is_size else None)


def _batches(fetched: bytes) -> Iterator[_Batch]:
    """Cut a fetch, up to what is damaged, or is only the beginning of a batch."""
    at, view = 0, memoryview(fetched)
    while at + BODY <= len(view):
        first, length, _, form, crc = PREFIX.unpack_from(view, at)
        whole = view[at : at + AFTER + length]
        at += AFTER + length
        if form != FORMAT or at > len(view) or len(whole) < BODY:
            return
        if calc_crc32c(whole[PREFIX.size :]) != crc:
            return
        attributes, distance, _, stamp, _, _, _, records = HEAD.unpack_from(whole, PREFIX.size)
        yield _Batch(whole, first, first + distance, stamp, attributes, records)


def _plain(batch: _Batch, most: int) -> bytes | None:
    """Return a batch that is not compressed; None if it cannot be unpacked into `most` bytes."""
    codec = batch.attributes & CODEC
    if not codec:
        return bytes(batch.whole)
    made = unpacked(codec, batch.whole[BODY:], most, BODY)
    if made is None:
        return None
    _head(batch, made, batch.last, batch.records)
    return bytes(made)


def _part(batch: _Batch, plain: bytes, position: int) -> bytes:
    """Return the first `RECORDS` of a batch's records from `position` on, as a batch.

    One with gaps, which only compaction makes, is returned whole.
    """
    if batch.last - batch.first + 1 != batch.records:
        return plain
    skip = min(max(position - batch.first, 0), batch.records - 1)
    take = min(RECORDS, batch.records - skip)
    starts = islice(_starts(plain), skip, skip + take + 1, take)
    start, end = next(starts), next(starts, len(plain))
    made = bytearray(BODY) + plain[start:end]
    _head(batch, made, batch.first + skip + take - 1, take)
    return bytes(made)


def _head(batch: _Batch, made: bytearray, last: int, records: int) -> None:
    """Write the header of `batch` into `made`: not compressed, up to offset `last`."""
    _, _, *rest, _ = HEAD.unpack_from(batch.whole, PREFIX.size)
    attributes, distance = batch.attributes & ~CODEC, last - batch.first
    HEAD.pack_into(made, PREFIX.size, attributes, distance, *rest, records)
    with memoryview(made) as view:
        crc = calc_crc32c(view[PREFIX.size :])
    epoch = PREFIX.unpack_from(batch.whole)[2]
    PREFIX.pack_into(made, 0, batch.first, len(made) - AFTER, epoch, FORMAT, crc)


def _cost(batch: _Batch, plain: bytes, most: int) -> int | None:
    """Return what a batch comes to decoded, or something above `most`; None if it cannot be."""
    cost = len(plain) + max(batch.records, 0) * RECORD
    if cost > most or any(end - start > LONGEST for start, end in pairwise(_starts(plain))):
        return most + 1
    if batch.last < batch.first:
        return None
    next_offset = batch.first
    try:
        for record in MemoryRecords(plain).next_batch():
            if not next_offset <= record.offset <= batch.last:
                return None
            next_offset = record.offset + 1
            cost += len(record.headers) * HEADER
            if cost > most:
                break
    except (KafkaError, ValueError, IndexError):
        return None
    return cost


def _starts(plain: bytes) -> Iterator[int]:
    """Yield where each record begins, and where the last one ends, as long as they say so."""
    at = BODY
    with suppress(ValueError, IndexError):  # which the batch will be refused for
        while at < len(plain):
            yield at
            length, at = decode_varint(plain, at)
            at += max(length, 0)
    yield at


def _sealed(batch: _Batch, *, is_size: bool) -> bytes:
    """Return a batch of one record, at the last offset of those it stands for."""
    note = NOTE.pack(batch.first, is_size)
    made = DefaultRecordBatchBuilder(FORMAT, 0, 0, -1, -1, -1, 0)
    made.append(0, batch.at, SEAL, note, [])
    place = PREFIX.pack(max(batch.first, batch.last), 0, 0, 0, 0)[:8]
    return place + bytes(made.build())[8:]
