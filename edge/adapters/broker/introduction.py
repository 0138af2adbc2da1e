"""How a client introduces itself: CONNECT of MQTT 3.1, 3.1.1 and 5, and what it is answered in its own tongue.

Enters: the bytes of a connection. Leaves: an `Introduction`; the CONNECT that amqtt is handed for it, which knows 3.1.1
only (3.1 differs in nothing else that a shop's devices use); the CONNACK that says why somebody stays outside. Refuses,
with a `ValueError`, whatever is no CONNECT.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import Final

from edge.adapters.broker.rights import is_one_topic

CONNECT_BYTES: Final = 16_384

OLD, USUAL, NEW = 3, 4, 5
"""Protocol levels: MQTT 3.1, 3.1.1 and 5."""

WRONG_VERSION, WRONG_SECRET, NOT_ALLOWED = 1, 4, 5
"""Return codes of CONNACK, as 3.1 and 3.1.1 number them."""

_IN_MQTT_5: Final = {WRONG_VERSION: 0x84, WRONG_SECRET: 0x86, NOT_ALLOWED: 0x87}


@dataclass(frozen=True, slots=True)
class Will:
    """What is to be said when the client vanishes."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who somebody says that they are. ``user`` is empty where they do not say."""

    level: int
    client: str
    user: str
    password: str
    keepalive_s: int
    will: Will | None

    def connect(self, client: str, *, will: bool) -> bytes:
        """A CONNECT of MQTT 3.1.1 for the same, under another client id, without the password, always a new session."""
        flags, left = 0x82, _text(client)
        if will and self.will is not None:
            flags |= 0x04 | self.will.qos << 3 | self.will.retain << 5
            left += _text(self.will.topic) + struct.pack("!H", len(self.will.payload)) + self.will.payload
        body = _text("MQTT") + struct.pack("!BBH", USUAL, flags, self.keepalive_s) + left + _text(self.user)
        return b"\x10" + _length(len(body)) + body

    def refusal(self, code: int) -> bytes:
        """A CONNACK that this client can read."""
        if self.level == NEW:
            return bytes((0x20, 3, 0, _IN_MQTT_5[code], 0))
        return bytes((0x20, 2, 0, code))


async def introduced(reader: asyncio.StreamReader) -> Introduction:
    """Whoever has just connected. `ValueError` for one whose first packet no CONNECT can be."""
    head = await reader.readexactly(2)
    while head[-1] & 0x80 and len(head) < 5:
        head += await reader.readexactly(1)
    length = sum((byte & 0x7F) << (7 * i) for i, byte in enumerate(head[1:]))
    if head[0] != 0x10 or length > CONNECT_BYTES:
        raise ValueError("whoever this is does not speak MQTT")
    return _read(_Bytes(await reader.readexactly(length)))


def _read(said: _Bytes) -> Introduction:
    name, level = said.text(), said.number(1) & 0x7F
    if name not in ("MQTT", "MQIsdp"):
        raise ValueError("whoever this is does not speak MQTT")
    flags, keepalive_s = said.number(1), said.number(2)
    if level >= NEW:
        said.skip_properties()
    client, will = said.text(), None
    if flags & 0x04:
        if level >= NEW:
            said.skip_properties()
        topic, payload = said.text(), said.data()
        will = Will(topic, payload, flags >> 3 & 0x03, bool(flags & 0x20))
        if will.qos > 2 or not is_one_topic(topic):
            raise ValueError("a last will that MQTT does not know")
    user = said.text() if flags & 0x80 else ""
    password = said.data().decode("utf-8", errors="replace") if flags & 0x40 else ""
    return Introduction(level, client, user, password, keepalive_s, will)


class _Bytes:
    """The rest of a packet. `ValueError` where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, count: int) -> bytes:
        taken, self._data = self._data[:count], self._data[count:]
        if len(taken) < count:
            raise ValueError("a CONNECT that ends too early")
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def data(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        return self.data().decode("utf-8")

    def skip_properties(self) -> None:
        length = 0
        for shift in (0, 7, 14, 21):
            byte = self.number(1)
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        self.take(length)


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("!H", len(data)) + data


def _length(count: int) -> bytes:
    """A packet's length, seven bits a byte, the lowest first."""
    found = bytearray()
    while True:
        count, low = count >> 7, count & 0x7F
        found.append(low | (0x80 if count else 0))
        if not count:
            return bytes(found)
