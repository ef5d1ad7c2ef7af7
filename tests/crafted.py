"""Record batches that no client would make: written as bytes, and sent past the client's checks."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import cramjam
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c, encode_varint

CODECS: Final = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
PACKED: Final = ("gzip", "snappy", "lz4", "zstd")
MEBIBYTE: Final = 1 << 20
HEAD: Final = struct.Struct(">hiqqqhii")
"""Of a batch, from its attributes on: what its checksum is of, with the records."""
XERIAL: Final = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
BOMBS: Final = {"gzip": 200, "snappy": 20, "lz4": 200, "zstd": 200}
"""Mebibytes of zeros that each codec packs into less than one. Snappy packs to a twentieth: a bomb
of it is no larger than what is allowed for, and refused for its one record."""


def varint(number: int) -> bytes:
    """A number as records have it."""
    made = bytearray()
    encode_varint(number, made.append)
    return bytes(made)


def record(offset: int, value: bytes, headers: Iterable[bytes] = ()) -> bytes:
    """One record without a key, `offset` after its batch's first. `headers` are only names."""
    names = [varint(len(name)) + name + varint(-1) for name in headers]
    body = b"\0" + varint(0) + varint(offset) + varint(-1) + varint(len(value)) + value
    body += varint(len(names)) + b"".join(names)
    return varint(len(body)) + body


def zeros(mebibytes: int) -> Iterator[bytes]:
    """One record whose value is so much of nothing, in pieces."""
    size = mebibytes * MEBIBYTE
    head = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
    yield varint(len(head) + size + 1) + head
    for _ in range(mebibytes):
        yield bytes(MEBIBYTE)
    yield varint(0)


def pack(codec: str, pieces: Iterable[bytes]) -> bytes:
    """Compress piece by piece: what is packed is never in memory as a whole."""
    if codec == "none":
        return b"".join(pieces)
    if codec == "gzip":
        gzip = zlib.compressobj(9, wbits=31)
        return b"".join([*map(gzip.compress, pieces), gzip.flush()])
    if codec == "snappy":
        blocks = (bytes(cramjam.snappy.compress_raw(piece)) for piece in pieces)
        return XERIAL + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)
    packer = cramjam.zstd.Compressor(level=3) if codec == "zstd" else lz4()
    for piece in pieces:
        packer.compress(piece)
    return bytes(packer.finish())


def lz4() -> cramjam.lz4.Compressor:
    """As brokers take it: each block for itself."""
    return cramjam.lz4.Compressor(level=9, content_checksum=False, block_linked=False)


def batch(codec: str, records: int, packed: bytes, first: int = 0, attributes: int = 0) -> bytes:
    """A batch of the second version around what is packed already."""
    attributes |= CODECS[codec]
    rest = HEAD.pack(attributes, records - 1, 0, 0, -1, -1, -1, records) + packed
    return struct.pack(">qiibI", first, len(rest) + 9, -1, 2, calc_crc32c(rest)) + rest


def batch_of(codec: str, values: Iterable[bytes], first: int = 0) -> bytes:
    """A batch of sound records."""
    records = [record(offset, value) for offset, value in enumerate(values)]
    return batch(codec, len(records), pack(codec, records), first)


def bomb(codec: str) -> bytes:
    """A batch that is small packed and large unpacked."""
    return batch(codec, 1, pack(codec, zeros(BOMBS[codec])))


async def send(bootstrap: str, topic: str, made: bytes) -> None:
    """Write a batch to a topic's first partition; return when the broker has taken it."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        sent = BatchBuilder(len(made), 0)
        sent.append(timestamp=None, key=None, value=b"")
        sent.close()
        sent._buffer = bytearray(made)
        await (await producer.send_batch(sent, topic, partition=0))
    finally:
        await producer.stop()


MANY: Final = 1_000_000
FAULTY: Final = {
    "a header's name that is no UTF-8": lambda: batch("none", 1, record(0, b"", [b"\xff"])),
    "the same, packed": lambda: batch("zstd", 1, pack("zstd", [record(0, b"", [b"\xff"])])),
    "bytes behind gzip": lambda: batch("gzip", 1, pack("gzip", [record(0, b"")]) + b"more"),
    "bytes behind lz4": lambda: batch("lz4", 1, pack("lz4", [record(0, b"")]) + b"more"),
    "half a length behind snappy": lambda: batch(
        "snappy", 1, pack("snappy", [record(0, b"")]) + b"\0\0"
    ),
    "an offset that is another batch's": lambda: batch("none", 1, record(5, b"")),
    "a million records": lambda: batch(
        "zstd", MANY, pack("zstd", (record(offset, b"") for offset in range(MANY)))
    ),
    "a million headers": lambda: batch("zstd", 1, pack("zstd", [record(0, b"", [b""] * MANY)])),
}
"""Batches that a broker takes and that no reader should: each was tried."""
