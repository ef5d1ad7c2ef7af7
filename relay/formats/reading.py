"""Cutting a stream into JSON records: lines, arrays, objects one after another; plain or gzip.

Memory is bounded by one record of `LONGEST` bytes, whatever the stream holds.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from relay.formats.outcome import Refused

LONGEST = 10 * 1024 * 1024
"""Bytes of one record: a hundred times the largest alert with its payload and packet."""

_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BETWEEN = b" \t\r\n,"
_GZIP_WINDOW = 31  # zlib: the largest window, with a gzip header

_TOO_LARGE = Refused("too-large", f"the record is longer than {LONGEST} bytes")
_BROKEN = Refused("broken-compression", "the gzip stream is damaged or cut off")

_MARK = re.compile(rb'["{}\[\]\n,]')
_IN_STRING = re.compile(rb'["\\\n]')
_BLANKS = re.compile(rb"[ \t\r\n,]+")
_TWO_OBJECTS = re.compile(rb"\}\s*,?\s*\{")
_LOOK_AHEAD = {b"\\": 1, b"\n": 2}  # the byte escaped; how the next line begins


def records(stream: BinaryIO, *, whole: bool = False) -> Iterator[bytes | Refused]:
    """Yield each record of a stream; what is too long or damaged is yielded as a refusal.

    Nothing is parsed: bytes that are no JSON come out as they are, one line each. A line that
    breaks off (a sensor that was killed) costs that line, not those after it. An outermost array
    is only a wrapping, unless it is to be read as a `whole`.
    """
    splitter = _Splitter(unwrap=not whole)
    for chunk in _decompressed(stream):
        if isinstance(chunk, Refused):
            yield from splitter.finish()
            yield chunk
            return
        yield from splitter.feed(chunk)
    yield from splitter.finish()


def _decompressed(stream: BinaryIO) -> Iterator[bytes | Refused]:
    # A pipe is read as it fills (`tail -F eve.json | relay emit`), where the stream can do that.
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    first = chunk = read(_CHUNK)
    while chunk and len(first) < len(_GZIP):
        chunk = read(_CHUNK)
        first += chunk
    if first.startswith(_GZIP):
        yield from _inflated(read, first)
        return
    while first:
        yield first
        first = read(_CHUNK)


def _inflated(read: Callable[[int], bytes], compressed: bytes) -> Iterator[bytes | Refused]:
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    while True:
        try:
            plain = inflater.decompress(compressed, _CHUNK)
        except zlib.error:
            yield _BROKEN
            return
        if plain:
            yield plain
        if inflater.eof:
            # Rotated logs are members of gzip one after another.
            compressed = inflater.unused_data.lstrip(b"\0") or read(_CHUNK)
            if not compressed:
                return
            inflater = zlib.decompressobj(_GZIP_WINDOW)
            continue
        compressed = inflater.unconsumed_tail or read(_CHUNK)
        if not compressed and not plain:
            yield _BROKEN
            return


class _Splitter:
    """Where records begin and end, over chunks that end anywhere.

    `held` is the record so far and what follows it, `at` how far it was looked at, `depth` how
    many brackets are open within the record. `unwrap`: an outermost array is only a wrapping.
    """

    def __init__(self, *, unwrap: bool) -> None:
        self.unwrap = unwrap
        self.held = bytearray()
        self.at = 0
        self.depth = 0
        self.quoted = False
        self.array = False
        self.overlong = False
        self.begun = False
        self.ended = False

    def feed(self, chunk: bytes) -> Iterator[bytes | Refused]:
        self.held += chunk
        if not self.begun and len(self.held) < len(_BOM):
            return
        yield from self._advance()

    def finish(self) -> Iterator[bytes | Refused]:
        self.ended = True
        yield from self._advance()
        yield from self._cut(len(self.held))

    def _advance(self) -> Iterator[bytes | Refused]:
        if not self.begun:
            self.begun = True
            del self.held[: len(_BOM) if self.held.startswith(_BOM) else 0]
        while True:
            if self.at == 0 and (end := self._line()):
                yield from self._cut(end)
                continue
            mark = self._mark()
            if mark is None:
                break
            yield from self._step(mark)
        if len(self.held) > LONGEST:
            self.overlong = True
            del self.held[: self.at]
            self.at = 0

    def _line(self) -> int:
        """Return where the line ends, if it is one object as far as a glance tells; else 0."""
        end = self.held.find(b"\n") + 1
        if self.overlong or not end or self.held[:1] != b"{":
            return 0
        line = self.held[:end].rstrip(_BETWEEN)
        sound = line.endswith(b"}") and line.count(b"{") == line.count(b"}")
        return end if sound and _TWO_OBJECTS.search(line) is None else 0

    def _mark(self) -> int | None:
        """Return where the next byte is that matters, or None if that takes more of the stream."""
        found = (_IN_STRING if self.quoted else _MARK).search(self.held, self.at)
        if found is None:
            self.at = len(self.held)
            return None
        if found.end() + _LOOK_AHEAD.get(found[0], 0) > len(self.held) and not self.ended:
            self.at = found.start()
            return None
        self.at = found.end()
        return found.start()

    def _step(self, mark: int) -> Iterator[bytes | Refused]:
        byte = bytes(self.held[mark : mark + 1])
        if byte == b"\\":
            self.at += 1
        elif byte == b'"':
            self.quoted = not self.quoted
        elif byte == b"\n":
            # A string never holds a line end: the line broke off. So it did when a new one begins.
            if self.quoted or self.depth == 0 or self._begins_anew(mark + 1):
                yield from self._cut(mark + 1)
        elif byte == b",":
            if self.array and self.depth == 0:
                yield from self._cut(mark + 1)
        elif byte in b"{[":
            self._open(mark, byte)
        else:
            yield from self._close(mark, byte)

    def _begins_anew(self, at: int) -> bool:
        return self.held[at : at + 2] == b'{"' and (self.overlong or self.held[:2] == b'{"')

    def _open(self, mark: int, byte: bytes) -> None:
        wrapping = self.unwrap and byte == b"[" and self.depth == 0 and not self.array
        if wrapping and not self.held[:mark].strip(_BETWEEN):
            self.array = True
            self._drop(mark + 1)
        else:
            self.depth += 1

    def _close(self, mark: int, byte: bytes) -> Iterator[bytes | Refused]:
        if self.depth == 0 and self.array and byte == b"]":
            yield from self._cut(mark)
            self.array = False
            self._drop(1)
            return
        self.depth = max(0, self.depth - 1)
        if self.depth == 0:
            yield from self._cut(mark + 1)

    def _cut(self, end: int) -> Iterator[bytes | Refused]:
        record = bytes(self.held[:end]).strip(_BETWEEN)
        self._drop(end)
        self.depth, self.quoted = 0, False
        if self.overlong or len(record) > LONGEST:
            self.overlong = False
            yield _TOO_LARGE
        elif record:
            yield record

    def _drop(self, end: int) -> None:
        # Blanks go too, so that a record begins where `held` does.
        blank = _BLANKS.match(self.held, end)
        del self.held[: blank.end() if blank else end]
        self.at = 0
