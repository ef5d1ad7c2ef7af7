"""Members' compressed batches, unpacked into no more than a given number of bytes.

Kafka bounds a batch as it is packed. A mebibyte may hold 21 of snappy, 250 of lz4, a thousand of
gzip and thirty thousand of zstd, and aiokafka unpacks whatever comes.
"""

import struct
from collections.abc import Callable, Mapping
from mmap import mmap
from types import MappingProxyType
from typing import Final

import cramjam

XERIAL: Final = b"\x82SNAPPY\x00"
"""Java's clients write snappy in blocks, after this and two numbers; others write it as one."""
BLOCKS_AT: Final = 16
LENGTH: Final = struct.Struct(">i")

Unpack = Callable[[memoryview, memoryview], int]
"""Unpacks the first into the second and returns how much it was; raises when it does not fit."""


def unpacked(codec: int, packed: memoryview, most: int, spare: int = 0) -> bytearray | None:
    """Return what a batch's records are unpacked by its `codec`, behind `spare` bytes of zeros.

    None: more than `most` bytes, or nothing that this codec could have packed, or an unknown codec.
    """
    unpack = UNPACK.get(codec)
    if unpack is None:
        return None
    # Pages of a map become memory when they are written to: a small batch takes little of `most`.
    room = memoryview(mmap(-1, spare + most))
    try:
        size = unpack(packed, room[spare:])
    except (cramjam.DecompressionError, ValueError, struct.error):
        return None
    return bytearray(room[: spare + size])


def _snappy(packed: memoryview, room: memoryview) -> int:
    if not bytes(packed[:BLOCKS_AT]).startswith(XERIAL):
        return _raw(packed, room)
    at, size = BLOCKS_AT, 0
    while at < len(packed):
        (length,) = LENGTH.unpack_from(packed, at)
        at += LENGTH.size
        if not 0 < length <= len(packed) - at:
            raise ValueError("a block that is not in the batch")
        size += _raw(packed[at : at + length], room[size:])
        at += length
    return size


def _raw(packed: memoryview, room: memoryview) -> int:
    return cramjam.snappy.decompress_raw_into(packed, room)


UNPACK: Final[Mapping[int, Unpack]] = MappingProxyType(
    {
        1: cramjam.gzip.decompress_into,
        2: _snappy,
        3: cramjam.lz4.decompress_into,
        4: cramjam.zstd.decompress_into,
    }
)
"""By the number that a batch's attributes give its codec."""
