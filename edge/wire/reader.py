"""The messages of an MCAP file, in file order, as far as they can be read.

Enters: a path. Leaves: (topic, payload, when it was received in seconds) and, in ``losses``, what could not be read. A
file that breaks off inside a chunk gives what of the chunk is there: zstd and lz4 frames decompress block by block.
A chunk whose checksum is wrong is left out as a whole, because nobody knows which of its messages are right;
reading goes on behind it. Nothing that a file contains raises.

This is the format's own layout (https://mcap.dev/spec), read with one `struct` call a message: a replay spends its
time on the shop, not on the file. The `mcap` library writes recordings and reads their attachments.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import zstandard

MAGIC: Final = b"\x89MCAP0\r\n"
FOOTER, CHANNEL, MESSAGE, CHUNK = 0x02, 0x04, 0x05, 0x06

_HEAD: Final = struct.Struct("<BQ")
_MESSAGE: Final = struct.Struct("<HIQQ")
_CHANNEL: Final = struct.Struct("<HHI")
_CHUNK: Final = struct.Struct("<QQQII")

PIECE_BYTES: Final = 1 << 12
"""A broken frame is decompressed in pieces of this size, so that what stands before the break is not lost."""

MOST_BYTES: Final = 1 << 30
"""No chunk is believed to hold more than this when it is unpacked."""

NS: Final = 10**9

Message = tuple[str, bytes, float]


def read_messages(path: Path, losses: list[str]) -> Iterator[Message]:
    """Every message that can be read. ``losses`` is complete when the iteration is over."""
    topics: dict[int, str] = {}
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(len(MAGIC))
        while True:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                losses.append("the file ends in the middle")
                return
            opcode, length = _HEAD.unpack(head)
            whole = file.tell() + length <= size
            if opcode == FOOTER and whole:
                return
            if opcode == CHUNK:
                yield from _in_chunk(_body(file, length, size), whole, topics, losses)
            elif opcode in (MESSAGE, CHANNEL) and whole:
                yield from _records(head + file.read(length), topics, losses)
            elif whole:
                file.seek(length, 1)
            if not whole:
                losses.append("the file ends in the middle")
                return


class Tail:
    """A recording that is still being written: each look gives what was added since the last one.

    ``ended``: its writer has closed it, and nothing more will come.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.ended = path, False
        self._at = len(MAGIC)
        self._topics: dict[int, str] = {}

    def look(self) -> Iterator[Message]:
        """What is there by now, whole records only; a part that is damaged is left out."""
        with self.path.open("rb") as file:
            size = self.path.stat().st_size
            while not self.ended:
                file.seek(self._at)
                head = file.read(_HEAD.size)
                if len(head) < _HEAD.size:
                    return
                opcode, length = _HEAD.unpack(head)
                if self._at + _HEAD.size + length > size:
                    return
                self._at += _HEAD.size + length
                self.ended = opcode == FOOTER
                if opcode == CHUNK:
                    yield from _in_chunk(file.read(length), True, self._topics, [])
                elif opcode in (MESSAGE, CHANNEL):
                    yield from _records(head + file.read(length), self._topics, [])


def _body(file: BufferedReader, length: int, size: int) -> bytes:
    return file.read(max(0, min(length, size - file.tell())))


def _in_chunk(chunk: bytes, whole: bool, topics: dict[int, str], losses: list[str]) -> Iterator[Message]:
    """The messages of one chunk; of one that breaks off, those that stand before the break."""
    if len(chunk) < _CHUNK.size:
        return
    _, _, unpacked_bytes, checksum, name_bytes = _CHUNK.unpack_from(chunk)
    start = _CHUNK.size + name_bytes + 8
    compression = chunk[_CHUNK.size : _CHUNK.size + name_bytes]
    packed = memoryview(chunk)[start:]
    if compression not in (b"", b"zstd", b"lz4") or unpacked_bytes > MOST_BYTES:
        losses.append(f"a part is packed in a way that nobody knows ({compression[:20]!r})")
        return
    data = _unpacked(compression, packed, unpacked_bytes, whole)
    if whole and (len(data) != unpacked_bytes or (checksum and zlib.crc32(data) != checksum)):
        losses.append("a part of the file is damaged")
        return
    yield from _records(data, topics, losses)


def _unpacked(compression: bytes, packed: memoryview, unpacked_bytes: int, whole: bool) -> bytes:
    """What a frame holds, or as much of it as can be had."""
    if compression == b"":
        return bytes(packed)
    if compression == b"zstd" and whole:
        try:
            return zstandard.decompress(packed, unpacked_bytes)
        except zstandard.ZstdError:
            return b""
    return _salvaged(compression, packed)


def _salvaged(compression: bytes, packed: memoryview) -> bytes:
    """What comes out of a frame before it breaks."""
    unpack: Any
    if compression == b"zstd":
        unpack = zstandard.ZstdDecompressor().decompressobj()
    else:
        import lz4.frame

        unpack = lz4.frame.LZ4FrameDecompressor()
    found = bytearray()
    try:
        for i in range(0, len(packed), PIECE_BYTES):
            found += unpack.decompress(bytes(packed[i : i + PIECE_BYTES]))
    except (zstandard.ZstdError, RuntimeError, EOFError):
        pass
    return bytes(found)


def _records(data: bytes, topics: dict[int, str], losses: list[str]) -> Iterator[Message]:
    """The messages among the records of a buffer; channels are noted. A record that breaks off ends it."""
    position, end = 0, len(data)
    head, message = _HEAD.unpack_from, _MESSAGE.unpack_from
    while position + 9 <= end:
        opcode, length = head(data, position)
        position += 9
        if position + length > end:
            return
        if (opcode == MESSAGE and length < _MESSAGE.size) or (opcode == CHANNEL and length < _CHANNEL.size):
            losses.append("a part of the file is damaged")
        elif opcode == MESSAGE:
            channel, _, received_ns, _ = message(data, position)
            topic = topics.get(channel)
            if topic is not None:
                yield topic, data[position + 22 : position + length], received_ns / NS  # of integers: exactly rounded
        elif opcode == CHANNEL:
            channel, _, name_bytes = _CHANNEL.unpack_from(data, position)
            topics[channel] = data[position + 8 : position + 8 + name_bytes].decode(errors="replace")
        position += length
