"""A worker: takes shops' requests from NATS, as one of as many as are wanted, and answers when PostgreSQL has them.

Enters: ``hq.ledger.*`` and ``hq.status.*`` of the queue group ``workers``. Leaves: answers. While the database is
away, shops are told so at once and come back later. Nothing is kept in between: a worker that dies has promised
nothing. Ends with `OtherSchema` when the database has become another one.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Final

import msgspec
import nats.errors
import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from edge.headquarters import schema
from edge.headquarters.archive import Connection, take
from edge.headquarters.settings import Headquarters
from edge.ledger.canon import FIRST_HASH
from edge.uplink.contract import LEDGER, STATUS, Heard, Unreadable, read_request, store_of

GROUP: Final = "workers"
LANES: Final = 4
"""So many transactions at once: one waits for the disk while another one counts."""
LIVE_BYTES: Final = 16_000
"""What is larger comes from a shop that catches up: it waits behind those that sell now."""
WAITING, CATCHING_UP = 2000, 32
"""So many requests wait for a lane, and so many of shops that catch up; a later one is told to come back. Nobody waits
so long that the shop has given the answer up."""
AGAIN_S: Final = 0.5
STATUS_S: Final = 0.5
"""States are written together, so often."""

log = structlog.get_logger("tebura")


class Worker:
    """Works until it is cancelled."""

    def __init__(self, settings: Headquarters) -> None:
        self._settings = settings
        self._requests: asyncio.PriorityQueue[tuple[bool, int, Msg]] = asyncio.PriorityQueue()
        self._number, self._large = 0, 0
        self._states: dict[str, bytes] = {}
        self.taken = 0

    async def work(self) -> None:
        """`OtherSchema`, with the remedy."""
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._keep_states, *[self._lane] * LANES)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            line = Client()
            try:
                await self._connect(line)
                log.info("working", nats=self._settings.nats)
                while line.is_connected:
                    await asyncio.sleep(AGAIN_S)
            except (OSError, nats.errors.Error, TimeoutError) as error:
                log.warning("NATS is away", nats=self._settings.nats, error=str(error) or type(error).__name__)
            finally:
                with suppress(Exception):
                    await line.close()
            await asyncio.sleep(AGAIN_S)

    async def _connect(self, line: Client) -> None:
        settings = self._settings
        tls = ssl.create_default_context(cafile=settings.ca_file) if settings.nats.startswith("tls:") else None
        seed = settings.seed_file
        await line.connect(
            settings.nats, name="worker", tls=tls, allow_reconnect=False, nkeys_seed=str(seed) if seed else None,
            error_cb=_ignore, pending_size=1 << 26,
        )  # fmt: skip
        await line.subscribe(f"{LEDGER}*", GROUP, cb=self._hear)
        await line.subscribe(f"{STATUS}*", GROUP, cb=self._note)

    async def _hear(self, message: Msg) -> None:
        large = len(message.data) > LIVE_BYTES
        if self._requests.qsize() >= WAITING or (large and self._large >= CATCHING_UP):
            await _answer(message, Heard(0, FIRST_HASH, "busy", "headquarters has much to do"))
            return
        self._number, self._large = self._number + 1, self._large + large
        self._requests.put_nowait((large, self._number, message))

    async def _note(self, message: Msg) -> None:
        self._states[store_of(message.subject)] = message.data

    async def _lane(self) -> None:
        conn: Connection | None = None
        while True:
            large, _, message = await self._requests.get()
            self._large -= large
            if conn is None or conn.broken or conn.closed:
                conn = await self._database()
            await _answer(message, await self._taken(conn, message))

    async def _taken(self, conn: Connection | None, message: Msg) -> Heard:
        if conn is None:
            return _away("headquarters' database is away")
        try:
            said, entries = read_request(message.data)
            answer = await take(conn, store_of(message.subject), said, entries)
            self.taken += len(entries)
        except Unreadable as error:
            return Heard(0, FIRST_HASH, "unreadable", str(error))
        except psycopg.OperationalError as error:
            log.warning("the database is away", error=str(error).strip())
            await conn.close()
            return _away("headquarters' database is away")
        except schema.OtherSchema:
            await _answer(message, _away("this worker is out of date"))
            raise
        except psycopg.Error as error:
            log.error("a request cannot be taken", store=store_of(message.subject), error=str(error).strip())
            return _away("headquarters cannot take it; its log says why")
        return answer

    async def _keep_states(self) -> None:
        """The newest of each shop; one that is lost is followed by another."""
        conn: Connection | None = None
        query = ("INSERT INTO status SELECT store, now(), %s::jsonb FROM shop WHERE store = %s "
                 "ON CONFLICT (store) DO UPDATE SET at = excluded.at, body = excluded.body")  # fmt: skip
        while True:
            await asyncio.sleep(STATUS_S)
            states, self._states = self._states, {}
            if not states:
                continue
            if conn is None or conn.broken or conn.closed:
                conn = await self._database()
            rows = [(text, store) for store, data in states.items() if (text := _said(data))]
            if conn is not None:
                with suppress(psycopg.Error):
                    async with conn.transaction(), conn.cursor() as cursor:
                        await cursor.executemany(query, rows)

    async def _database(self) -> Connection | None:
        try:
            conn: Connection = await psycopg.AsyncConnection.connect(
                self._settings.database, autocommit=True, connect_timeout=3
            )
        except psycopg.Error as error:
            log.warning("the database is away", error=str(error).strip())
            await asyncio.sleep(AGAIN_S)
            return None
        return conn


def check(settings: Headquarters) -> None:
    """Whether this program may work on the database. `OtherSchema`, `psycopg.Error`."""
    with psycopg.connect(settings.database, autocommit=True, connect_timeout=5) as conn:
        schema.check(schema.version_of(conn))


async def _answer(message: Msg, heard: Heard) -> None:
    with suppress(OSError, nats.errors.Error):  # whoever asked asks again
        await message.respond(msgspec.json.encode(heard))


def _away(why: str) -> Heard:
    return Heard(0, FIRST_HASH, "away", why)


def _said(data: bytes) -> str:
    """A state that the database takes; empty for any other."""
    try:
        found: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.MsgspecError:
        return ""
    return msgspec.json.encode(found).decode().replace("\\u0000", "")


async def _ignore(_error: Exception) -> None:
    """What the library tells beside what it raises."""
