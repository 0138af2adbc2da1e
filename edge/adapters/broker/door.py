"""The door of the embedded broker: who may come in, and what they may do inside.

Enters: connections, and `Orders` with everybody's rights. Leaves: those of known users, handed to amqtt. Refuses, as
MQTT's "not authorized": anonymous and unknown users, wrong passwords, a last will on a topic that the user may not
write.

The door stands before amqtt because amqtt touches existing sessions before it has checked who is asking. It reads
CONNECT itself, checks password and last will (which amqtt publishes unasked), and puts the user's name before the
client id, so that nobody takes over somebody else's session. Sessions are always clean. What amqtt would let grow
forever is bounded here: packets over a mebibyte, silence for twice the keepalive, clients that send faster than the
broker works, and clients that do not take what they subscribed to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from amqtt.adapters import BufferReader, ReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.connect import ConnectPacket
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from edge.adapters.broker.passwords import Passwords
from edge.adapters.broker.rights import Orders, may

LISTENER: Final = "door"
LOG: Final = "tebura.broker"

CONNECT_BYTES: Final = 16_384
PACKET_BYTES: Final = (1 << 20) + 65_536
"""The largest payload that the runtime takes, and its topic."""
CONNECT_S: Final = 5.0
CONNECTIONS: Final = 500
BACKLOG: Final = 1000
"""Messages of one client that wait for the broker; more are left in the network."""
PATIENCE_S: Final = 10.0
"""A client that takes nothing for so long has gone."""

logger = logging.getLogger(LOG)


class Line(ReaderAdapter):  # type: ignore[misc]
    """What one client says: the CONNECT that the door rewrote, then whatever comes."""

    def __init__(
        self, first: bytes, reader: asyncio.StreamReader, keepalive_s: float, backlog: Callable[[], int]
    ) -> None:
        self._first = first
        self._reader = reader
        self._backlog = backlog
        self._patience_s = 2 * keepalive_s if keepalive_s else float("inf")
        self._clock = asyncio.get_running_loop().time
        self._heard_s = self._clock()

    async def read(self, n: int = -1) -> bytes:
        """``n`` bytes; fewer at the end."""
        if self._first:
            data, self._first = self._first[:n], self._first[n:]
            return data
        if n > PACKET_BYTES or self._clock() - self._heard_s > self._patience_s:
            raise ConnectionResetError
        while self._backlog() > BACKLOG:
            await asyncio.sleep(0.005)
        data = await self._reader.readexactly(n)
        self._heard_s = self._clock()
        return data

    def feed_eof(self) -> None:
        self._reader.feed_eof()


class Pen(StreamWriterAdapter):  # type: ignore[misc]
    """What one client is told; one that does not listen is cut off."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._stream = writer

    async def drain(self) -> None:
        """Wait until the client has taken what was written, but not for long."""
        transport = self._stream.transport
        if transport.get_write_buffer_size() < PACKET_BYTES:
            return
        try:
            await asyncio.wait_for(super().drain(), PATIENCE_S)
        except TimeoutError:
            transport.abort()
            raise ConnectionResetError from None


class AccessList(BaseAuthPlugin, BaseTopicPlugin):  # type: ignore[misc]
    """Everybody's rights, asked by amqtt for each message and subscription."""

    @dataclass
    class Config:
        """As amqtt wants it: user -> patterns."""

        write: dict[str, list[str]] = field(default_factory=dict)
        read: dict[str, list[str]] = field(default_factory=dict)

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._write: dict[str, list[str]] = self._get_config_option("write", {})
        self._read: dict[str, list[str]] = self._get_config_option("read", {})
        self._known: dict[tuple[str, str, bool], bool] = {}

    async def authenticate(self, *, session: Session) -> bool | None:
        """The door has done that; nobody without rights comes so far."""
        return session.username in self._write

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool | None:
        """Publishing needs the right to write; subscribing and receiving that to read."""
        if session is None or topic is None or session.username is None:
            return False
        key = (session.username, topic, action is Action.PUBLISH)
        allowed = self._known.get(key)
        if allowed is None:
            patterns = (self._write if key[2] else self._read).get(key[0], [])
            allowed = may(patterns, topic)
            if not allowed:
                logger.warning("%s may not %s %s", key[0], "write" if key[2] else "read", topic)
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = allowed
        return allowed


ACCESS_LIST: Final = f"{__name__}.{AccessList.__name__}"


class Door:
    """Takes connections, and hands those of known users to amqtt."""

    def __init__(self, orders: Orders, broker: Broker) -> None:
        self._orders = orders
        self._broker = broker
        self._passwords = Passwords(orders.passwords)
        self._inside = 0

    async def open(self) -> asyncio.Server:
        """Listen. `OSError` when the port cannot be had."""
        return await asyncio.start_server(self._welcome, self._orders.host, self._orders.port)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._inside += 1
        try:
            line = None
            if self._inside <= CONNECTIONS:
                line = await asyncio.wait_for(self._introduced(reader, writer), CONNECT_S)
            if line is not None:
                await self._broker.external_connected(line, Pen(writer), LISTENER)
        except (AMQTTError, MQTTError, NoDataError, OSError, EOFError, ValueError, TimeoutError) as error:
            logger.info("%s: %r", writer.get_extra_info("peername"), error)
        finally:
            self._inside -= 1
            writer.close()

    async def _introduced(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Line | None:
        connect = await ConnectPacket.from_stream(BufferReader(await first_packet(reader)))
        head, body = connect.variable_header, connect.payload
        if head is None or body is None:
            return None
        user = body.username or ""
        if not self._lets_in(user, body.password or ""):
            logger.warning("%r is refused at the door", user)
            writer.write(ConnackPacket.build(0, NOT_AUTHORIZED).to_bytes())
            return None
        if head.will_flag and not may(self._orders.rights[user].write, body.will_topic or "#"):
            logger.warning("%s may not have a last will on %s", user, body.will_topic)
            writer.write(ConnackPacket.build(0, NOT_AUTHORIZED).to_bytes())
            return None
        body.client_id = f"{user}:{body.client_id}"
        head.clean_session_flag = True
        logger.info("%s is in", body.client_id)
        return Line(connect.to_bytes(), reader, head.keep_alive, partial(self._backlog, body.client_id))

    def _backlog(self, client: str) -> int:
        session, _ = self._broker.sessions.get(client, (None, None))
        return session.delivered_message_queue.qsize() if session is not None else 0

    def _lets_in(self, user: str, password: str) -> bool:
        return self._passwords.accepts(user, password) and user in self._orders.rights


async def first_packet(reader: asyncio.StreamReader) -> bytes:
    """A packet's bytes as they are. `ValueError` for one that no CONNECT can be."""
    head = await reader.readexactly(2)
    while head[-1] & 0x80 and len(head) < 5:
        head += await reader.readexactly(1)
    length = sum((byte & 0x7F) << (7 * i) for i, byte in enumerate(head[1:]))
    if head[0] != 0x10 or length > CONNECT_BYTES:
        raise ValueError("whoever this is does not speak MQTT")
    return head + await reader.readexactly(length)
