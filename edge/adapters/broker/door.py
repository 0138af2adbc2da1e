"""The door of the embedded broker: who may come in.

Enters: connections, and `Orders` with everybody's rights. Leaves: those of known users, handed to amqtt. Refuses, each
in the client's own version of MQTT and with a word to staff: anonymous and unknown users, wrong passwords, MQTT 5, a
last will on a topic of a shop that the user may not write. A last will elsewhere (``tele/scale-7/LWT``: ESPHome and
Tasmota leave one unless told not to) is forgotten at the door, and its device comes in: nobody could read it anyway.

The door stands before amqtt because amqtt touches existing sessions before it has checked who is asking, publishes
last wills unasked, and lets two clients of one id live beside each other, of which the older hears nothing. Here the
older is hung up on, as MQTT wants it, and its last will is out before the younger comes in. Sessions are always clean.
What amqtt would let grow forever is bounded: packets over a mebibyte, silence for twice the keepalive, clients that
send faster than the broker works, and clients that do not take what they subscribed to. What a client said before it
went is passed on before it is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final

from amqtt.adapters import ReaderAdapter, StreamWriterAdapter
from amqtt.errors import AMQTTError, MQTTError, NoDataError

from edge.adapters.broker.complaints import STRANGER, Complaints
from edge.adapters.broker.introduction import (
    NEW,
    NOT_ALLOWED,
    WRONG_SECRET,
    WRONG_VERSION,
    Introduction,
    introduced,
)
from edge.adapters.broker.mended import LISTENER, LOG, MendedBroker
from edge.adapters.broker.passwords import Passwords
from edge.adapters.broker.rights import OURS, Orders, may
from edge.shown import shown
from edge.told import Sentence, phrase, told

PACKET_BYTES: Final = (1 << 20) + 65_536
"""The largest payload that the runtime takes, and its topic."""
CONNECT_S: Final = 5.0
CONNECTIONS: Final = 500
BACKLOG: Final = 1000
"""Messages of one client that wait for the broker; more are left in the network."""
PATIENCE_S: Final = 10.0
"""A client that takes nothing for so long has gone."""
DISCONNECT: Final = b"\xe0"
TWINS: Final = (4, 60.0)
"""A client that is replaced by another one of its id so often in so many seconds is two clients."""

logger = logging.getLogger(LOG)


class Line(ReaderAdapter):  # type: ignore[misc]
    """What one client says: the CONNECT that the door rewrote, then whatever comes."""

    def __init__(
        self, name: str, first: bytes, reader: asyncio.StreamReader, keepalive_s: float, backlog: Callable[[], int]
    ) -> None:
        self._name = name
        self._first = first
        self._reader = reader
        self._backlog = backlog
        self._patience_s = 2 * keepalive_s if keepalive_s else float("inf")
        self._clock = asyncio.get_running_loop().time
        self._heard_s = self._clock()
        self._over = False

    async def read(self, n: int = -1) -> bytes:
        """``n`` bytes; fewer at the end."""
        if self._first:
            data, self._first = self._first[:n], self._first[n:]
            return data
        if n > PACKET_BYTES:
            logger.warning("%s sends %d bytes in one message, and is hung up on", shown(self._name), n)
            self._over = True  # amqtt reads on, and what it left of this message would be packets to it
        if self._over or self._clock() - self._heard_s > self._patience_s:
            raise ConnectionResetError
        while self._backlog() > BACKLOG:
            await asyncio.sleep(0.005)
        try:
            data = await self._reader.readexactly(n)
        except (EOFError, OSError):
            await self._passed_on()
            raise
        if data == DISCONNECT:  # with its end: an error of the connection would hide that this is a farewell
            self._first = await self._reader.readexactly(1)
            await self._passed_on()
        self._heard_s = self._clock()
        return data

    async def _passed_on(self) -> None:
        """What this client said is with the others: amqtt forgets what waits of somebody who went."""
        until_s = self._clock() + PATIENCE_S
        await asyncio.sleep(0.01)
        while self._backlog() and self._clock() < until_s:
            await asyncio.sleep(0.005)

    def feed_eof(self) -> None:
        self._reader.feed_eof()


class Pen(StreamWriterAdapter):  # type: ignore[misc]
    """What one client is told; one that does not listen is cut off. That somebody went is for `Line` to notice: a
    farewell may be on its way, and who says farewell leaves no last will.
    """

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
        except (TimeoutError, OSError):
            transport.abort()


@dataclass
class Visit:
    """One client's stay, for who comes after it under the same id."""

    hang_up: Callable[[], None]
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Outside(Exception):
    """Somebody is not let in: what they are answered, and what staff should know."""

    def __init__(self, code: int, why: Sentence) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class Door:
    """Takes connections, and hands those of known users to amqtt."""

    def __init__(self, orders: Orders, broker: MendedBroker, complaints: Complaints) -> None:
        self._orders = orders
        self._broker = broker
        self._complaints = complaints
        self._passwords = Passwords(orders.passwords)
        self._connections = 0
        self._numbers = count(1)
        self._inside: dict[str, Visit] = {}
        """By user and client id."""
        self._replaced: dict[str, deque[float]] = {}

    async def open(self) -> asyncio.Server:
        """Listen. `OSError` when the port cannot be had."""
        return await asyncio.start_server(self._welcome, self._orders.host, self._orders.port)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= CONNECTIONS:
                who = await asyncio.wait_for(introduced(reader), CONNECT_S)
                try:
                    will = self._lets_in(who)
                except Outside as refusal:
                    self._send_away(who, refusal, writer)
                else:
                    await self._host(who, will, reader, writer)
        except (AMQTTError, MQTTError, NoDataError, OSError, EOFError, ValueError, TimeoutError) as error:
            logger.info("%s: %r", writer.get_extra_info("peername"), error)
        finally:
            self._connections -= 1
            writer.close()

    def _lets_in(self, who: Introduction) -> bool:
        """Whether they may leave the last will that they brought. `Outside` where they may not come in at all."""
        user = who.user
        if who.level >= NEW:
            what = phrase(
                "it speaks MQTT {level}, the embedded broker 3.1.1. Set it to MQTT 3.1.1, or use mosquitto "
                '(kind = "mqtt" in [broker])'
            )
            raise Outside(WRONG_VERSION, told(what, level=who.level))
        if user not in self._orders.rights:
            if not user:
                what = phrase("a device gives no user name. Set its user name to its id in store.toml")
                raise Outside(WRONG_SECRET, told(what))
            what = phrase("a device calls itself {user!r}. Set its user name to its id in store.toml")
            raise Outside(WRONG_SECRET, told(what, user=shown(user[:40])))
        if not self._passwords.accepts(user, who.password):
            what = phrase("its password is wrong. It stands in {file}")
            raise Outside(WRONG_SECRET, told(what, file=self._orders.passwords))
        if who.will is None:
            return False
        if may(self._orders.rights[user].write, who.will.topic):
            return True
        if who.will.topic.startswith(OURS):
            what = phrase(
                "it may not have a last will on {topic}. Turn its last will off, or put it where this device may write "
                "(docs/broker.md)"
            )
            raise Outside(NOT_ALLOWED, told(what, topic=shown(who.will.topic[:100])))
        logger.info("%s is in without its last will on %s", user, shown(who.will.topic))
        return False

    def _send_away(self, who: Introduction, refusal: Outside, writer: asyncio.StreamWriter) -> None:
        logger.warning("%r is refused at the door: %s", who.user, refusal.why)
        writer.write(who.refusal(refusal.code))
        known = who.user in self._orders.rights
        why = told("refused at the embedded broker: {why}", why=refusal.why)
        self._complaints.about(who.user if known else STRANGER, why)

    async def _host(
        self, who: Introduction, will: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """From the time that everybody before them has gone, until they go."""
        number = next(self._numbers)
        name = f"{who.user}:{who.client}" if who.client else f"{who.user}#{number}"
        while (before := self._inside.get(name)) is not None:
            self._count_replaced(who, name)
            before.hang_up()
            await asyncio.wait_for(before.over.wait(), 2 * PATIENCE_S)
        visit = self._inside[name] = Visit(writer.transport.abort)
        try:
            logger.info("%s is in", shown(name))
            self._complaints.over(who.user)
            client = f"{name}#{number}"
            line = Line(name, who.connect(client, will=will), reader, who.keepalive_s, partial(self._backlog, client))
            await self._broker.external_connected(line, Pen(writer), LISTENER)
        finally:
            del self._inside[name]
            visit.over.set()

    def _count_replaced(self, who: Introduction, name: str) -> None:
        """One that comes back after a loss of the network replaces itself; two take turns, for ever."""
        often, within_s = TWINS
        now_s = asyncio.get_running_loop().time()
        if len(self._replaced) > CONNECTIONS:
            self._replaced.clear()
        times = self._replaced.setdefault(name, deque(maxlen=often))
        times.append(now_s)
        if len(times) == often and now_s - times[0] < within_s:
            what = phrase("two devices with the client id {client!r} throw each other out. Give each its own")
            why = told(what, client=shown(who.client[:40]))
            self._complaints.about(f"{who.user}/twice", why, within_s)

    def _backlog(self, client: str) -> int:
        session, _ = self._broker.sessions.get(client, (None, None))
        return session.delivered_message_queue.qsize() if session is not None else 0
