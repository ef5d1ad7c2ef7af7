"""The sieve: sound batches pass, unpacked; anything else is one record; nothing raises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cramjam
import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from relay.kafka.clients import Fetched
from relay.kafka.sieve import HEADER, LONGEST, MOST, RECORD, RECORDS, opened, sift
from relay.model.records import Position, Read, Record, Unread
from tests.crafted import CODECS, FAULTY, MEBIBYTE, PACKED, batch, batch_of, bomb, pack, record

OVERHEAD = 61
"""Of a batch: its header."""
CONTROL = 0x20
PLACE = TopicPartition("detections.ee", 0)


def decoding(batches: bytes, offset: int) -> Any:
    """Aiokafka's own reading of a fetch at `offset`, checksums looked at."""
    return PartitionRecords(
        PLACE,
        MemoryRecords(batches),
        aborted_transactions=[],
        fetch_offset=offset,
        key_deserializer=None,
        value_deserializer=None,
        check_crcs=True,
        isolation_level=0,
    )


def fetched(batches: bytes, offset: int = 0) -> Sequence[Fetched]:
    """What aiokafka makes of a fetch at `offset`."""
    return list(decoding(batches, offset))


def seen(batches: bytes, most: int = MEBIBYTE, offset: int = 0) -> list[Read]:
    """What the relay sees of a fetch."""
    return [opened(found) for found in fetched(sift(batches, offset, most), offset)]


def values(batches: bytes, most: int = MEBIBYTE) -> list[bytes | None]:
    """The values of records that are all sound."""
    found = seen(batches, most)
    return [record.value for record in found if isinstance(record, Record)]


@pytest.mark.parametrize("codec", CODECS)
def test_sound_batches_pass_as_they_are(codec: str) -> None:
    """Offsets, times, keys, values and headers are those that aiokafka itself would have read."""
    body = pack(codec, [record(0, b"a"), record(1, b"b" * 99, [b"name", b""]), record(2, b"")])
    sent = batch(codec, 3, body, first=7) + batch_of(codec, [b"next"], first=10)

    assert fetched(sift(sent, 7), 7) == fetched(sent, 7)


def test_snappy_that_is_one_block_passes() -> None:
    """Clients that are not Java's write snappy without blocks."""
    packed = bytes(cramjam.snappy.compress_raw(record(0, b"value")))

    assert values(batch("snappy", 1, packed)) == [b"value"]


@pytest.mark.parametrize("codec", CODECS)
def test_the_bound_is_met_to_the_byte(codec: str) -> None:
    """A batch that comes to the bound is read, one byte more is refused as a whole."""
    body = [record(0, b"x" * 500), record(1, b"", [b"h"] * 3)]
    cost = OVERHEAD + sum(map(len, body)) + 2 * RECORD + 3 * HEADER
    sent = batch(codec, 2, pack(codec, body), first=5)

    assert len(values(sent, cost)) == 2
    assert seen(sent, cost - 1) == [Unread(Position("detections.ee", 0, 6), 0, 5, MOST)]


@pytest.mark.parametrize("codec", PACKED)
def test_a_bomb_is_one_record(codec: str) -> None:
    """However large it would become, nothing of it is decoded."""
    [found] = seen(bomb(codec), MOST)

    assert found == Unread(Position("detections.ee", 0, 0), 0, 0, MOST)


@pytest.mark.parametrize("fault", FAULTY)
def test_what_cannot_be_decoded_is_one_record(fault: str) -> None:
    """It stands at the last offset of its batch, so that the next fetch is behind it."""
    sent = FAULTY[fault]()
    [found] = seen(sent)

    assert isinstance(found, Unread)
    assert found.first == 0
    assert found.position.offset == MemoryRecords(sent).next_batch().next_offset - 1


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_too_much_for_one_fetch_comes_with_the_next(codec: str) -> None:
    """Batches that are sound one by one are cut between two, and none of them is refused."""
    sent = [batch_of(codec, [b"x" * 1_000], first) for first in range(4)]
    cost = OVERHEAD + len(record(0, b"x" * 1_000)) + RECORD

    assert len(values(b"".join(sent), 3 * cost)) == 3
    assert len(values(b"".join(sent), 3 * cost - 1)) == 2
    assert len(values(b"".join(sent[2:]), 3 * cost - 1)) == 2


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_of_many_records_comes_in_parts(codec: str) -> None:
    """Each fetch brings the next thousand of it, from wherever it begins; none is lost or twice."""
    sent = batch_of(codec, [b"%d" % n for n in range(2 * RECORDS + 7)], first=5)
    found: list[Read] = []
    parts = []
    position = 5 + 3
    while position < 5 + 2 * RECORDS + 7:
        part = seen(sent, MOST, position)
        position = part[-1].position.offset + 1
        parts.append(len(part))
        found += part

    assert parts == [RECORDS, RECORDS, 4]
    assert [record.position.offset for record in found] == list(range(8, 2 * RECORDS + 12))
    assert [int(r.value or b"") for r in found if isinstance(r, Record)] == list(
        range(3, 2 * RECORDS + 7)
    )


def test_a_fetch_has_a_thousand_records() -> None:
    """Batches are taken whole as long as there is room; then the next fetch takes them."""
    sent = [batch_of("zstd", [b"x"] * 400, first) for first in (0, 400, 800)]

    assert len(seen(b"".join(sent), MOST)) == 800
    assert len(seen(b"".join(sent[2:]), MOST, 800)) == 400


def test_what_is_refused_comes_alone() -> None:
    """Sound batches before it come first; those behind it with the next fetch."""
    bad = batch("none", 1, record(0, b"", [b"\xff"]), first=1)
    sent = [batch_of("zstd", [b"0"]), bad, batch_of("zstd", [b"2"], first=2)]

    assert values(b"".join(sent)) == [b"0"]
    [found] = seen(b"".join(sent[1:]), offset=1)
    assert found == Unread(Position("detections.ee", 0, 1), 0, 1, None)
    assert values(sent[2]) == [b"2"]


def test_a_fetch_from_within_a_batch_is_told_of_the_same() -> None:
    """What is read again after a crash is refused at the same place."""
    bad = FAULTY["a million records"]()

    assert seen(bad, offset=7) == seen(bad)


def test_one_long_record_hides_no_headers() -> None:
    """Headers of one record are decoded at once: it may not be longer than one that is not packed.

    A record that long is refused by itself anyway.
    """
    sent = batch_of("zstd", [bytes(LONGEST)])

    assert [type(found) for found in seen(sent, MOST)] == [Unread]


def test_what_is_damaged_is_left_to_the_client() -> None:
    """A checksum that does not match is nobody's message: aiokafka raises, and fetches again."""
    sound, other = batch_of("none", [b"0"]), batch_of("none", [b"1"], first=1)
    damaged = other[:-2] + b"\x07" + other[-1:]

    assert values(sound + damaged) == [b"0"]
    assert sift(damaged, 1) == damaged
    with pytest.raises(CorruptRecordException):
        fetched(sift(damaged, 1), 1)


def test_the_beginning_of_a_batch_is_not_one() -> None:
    """Fetches end anywhere; what is cut off is left out, or untouched when there is no other."""
    sound, cut = batch_of("gzip", [b"0"]), batch_of("gzip", [b"1"], first=1)[:-1]

    assert values(sound + cut) == [b"0"]
    assert sift(cut, 1) == cut


def test_markers_of_transactions_pass() -> None:
    """What a broker writes itself is sound, and keeps its attributes: aiokafka passes over it."""
    marker = batch("none", 1, record(0, b"\0\0\0\0\0\0"), attributes=CONTROL)

    assert sift(marker, 0) == marker
    assert seen(marker) == []


@dataclass
class Written:
    """A record as a member may write it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@given(st.binary(max_size=40) | st.none(), st.binary(max_size=40) | st.none())
def test_nobody_else_can_seal(key: bytes | None, value: bytes | None) -> None:
    """Whatever key and value a member chooses, its record is a record."""
    found = opened(Written("detections.ee", 0, 3, 5, key, value))

    assert found == Record(Position("detections.ee", 0, 3), 5, key, value)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_sifted(batches: bytes) -> None:
    """What is no batch at all is passed on as it came."""
    assert sift(batches, 0) == batches


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, bytes]:
    """Two records with some bytes changed or left out, before or after they are packed."""
    codec = draw(st.sampled_from(sorted(CODECS)))
    body = bytearray(record(0, b"v" * 20, [b"h", b"name"]) + record(1, b"w" * 20))
    if draw(st.booleans()):
        body = bytearray(pack(codec, [bytes(_harmed(draw, body))]))
    else:
        body = _harmed(draw, bytearray(pack(codec, [bytes(body)])))
    return codec, bytes(body)


def _harmed(draw: st.DrawFn, body: bytearray) -> bytearray:
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)))):
        body[at] = byte
    return body[: draw(st.integers(0, len(body)))] + draw(st.binary(max_size=6))


@given(broken(), st.integers(-3, 5) | st.integers(1 - 2**31, 2**31 - 1))
def test_what_passes_can_be_decoded(made: tuple[str, bytes], records: int) -> None:
    """Whatever bytes a batch holds, aiokafka reads what the sieve makes of it, and goes on."""
    codec, body = made
    first = 5
    reading = decoding(sift(batch(codec, records, body, first), first, 4_000), first)
    offsets = [found.offset for found in reading]

    assert offsets == sorted(set(offsets))
    assert reading.next_fetch_offset > first
