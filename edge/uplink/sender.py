"""Sends a book to headquarters, for as long as it is let.

Enters: a `Source`, where headquarters is. Leaves: requests, and what is to be said about them (`Voice`). One request is
on its way at a time, and no more of the book in memory than that holds, however many weeks are to be caught up.

Headquarters alone knows what it has: it is asked after every outage, and its answer is where the next request begins. A
shop that was away waits before it tries again, twice as long each time and by a part that is left to chance, so that a
thousand shops do not come back in one moment.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from edge.ledger import UnusableLedger
from edge.told import NOTHING, Sentence, phrase, told
from edge.uplink.contract import VERSION, Heard, Said, request
from edge.uplink.line import Away, Door, Line
from edge.uplink.source import Source

LOOK_S: Final = 0.25
"""So often it is looked whether the book has grown."""
HEARTBEAT_S: Final = 30.0
"""So often headquarters is asked where it stands while nothing happens."""
STATUS_S: Final = 10.0
BACKOFF_S: Final = (0.5, 60.0)
BUSY_S: Final = (0.5, 2.5)
"""Between these, by chance, after headquarters has said that it has much to do."""
REFUSED_S: Final = 30.0
"""So long after a refusal that only a person can end it is asked again."""

FORK: Final = phrase(
    "headquarters has another book of this shop ({why}). Sales go on, nothing was overwritten there. "
    "Was the state folder put back from a backup? Put the newer book back, or ask headquarters"
)
STRANGER: Final = phrase(
    "headquarters does not know this shop ({why}). Whoever keeps it adds it: tebura hq shop add {store}"
)
OTHER: Final = phrase("headquarters refuses what this shop sends ({why}). Bring the older of the two up to date")
UNREADABLE: Final = phrase("the book cannot be read for headquarters ({error})")


class Voice(Protocol):
    """Who is told how it goes."""

    def heard(self, answer: Heard, behind: int) -> None:
        """Headquarters has answered; so many entries of the book it has not."""

    def away(self, why: str) -> None:
        """It has not."""

    def trouble(self, what: Sentence) -> None:
        """Something that a person has to look at; nothing: that is over."""


class Sender:
    """``status``: what the shop says of itself at this moment; None: nothing yet."""

    def __init__(self, door: Door, source: Source, voice: Voice, status: Callable[[], bytes | None]) -> None:
        self._door, self._source, self._voice, self._status = door, source, voice, status

    async def work(self) -> None:
        """Until it is cancelled."""
        wait_s = BACKOFF_S[0]
        while True:
            line, began_s = Line(self._door), time.monotonic()
            telling: asyncio.Task[None] | None = None
            try:
                await line.open()
                telling = asyncio.create_task(self._tell(line))
                await self._serve(line)
            except Away as error:
                self._voice.away(str(error))
            except UnusableLedger as error:
                self._voice.trouble(told(UNREADABLE, error=error))
            finally:
                if telling is not None:
                    telling.cancel()
                await line.close()
            if time.monotonic() - began_s > BACKOFF_S[1]:
                wait_s = BACKOFF_S[0]
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    async def _serve(self, line: Line) -> None:
        """Ask where headquarters stands, and go on from there; `Away`."""
        answer = await self._ask(line, 0, [])
        asked_s = time.monotonic()
        while True:
            if answer.refused:
                await asyncio.sleep(REFUSED_S)
                answer = await self._ask(line, 0, [])
                continue
            entries = self._source.after(answer.has) if self._source.head()[0] > answer.has else []
            if not entries and time.monotonic() - asked_s < HEARTBEAT_S:
                await asyncio.sleep(LOOK_S)
                continue
            answer, asked_s = await self._ask(line, answer.has, entries), time.monotonic()

    async def _ask(self, line: Line, has: int, entries: list[bytes]) -> Heard:
        head, head_hash = self._source.head()
        said = Said(VERSION, self._door.store, has + 1, self._source.hash_at(has), head, head_hash)
        answer = await line.ask(request(said, entries))
        while answer.refused == "busy":
            await asyncio.sleep(random.uniform(*BUSY_S))
            answer = await line.ask(request(said, entries))
        if answer.refused == "away":
            raise Away(answer.why)
        self._voice.heard(answer, max(0, head - answer.has))
        self._voice.trouble(_told_of(answer, self._door.store))
        return answer

    async def _tell(self, line: Line) -> None:
        try:
            while True:
                status = self._status()
                if status is not None:
                    await line.tell(status)
                await asyncio.sleep(STATUS_S)
        except Away:
            return  # whoever asks next finds that out


def _told_of(answer: Heard, store: str) -> Sentence:
    if not answer.refused:
        return NOTHING
    template = {"fork": FORK, "stranger": STRANGER}.get(answer.refused, OTHER)
    return told(template, why=answer.why, store=store)


def encoded(status: dict[str, object]) -> bytes:
    """A status as it is sent."""
    return msgspec.json.encode(status)
