"""All shops, as pages see them: the database in place of a book and a desk.

Enters: settings, the folder with the register of staff. Leaves: a `edge.web.shop.Screens` without a shop behind it,
so that login, guard and style are the console's own. Nothing can be ordered here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import psycopg

from edge.daemon.desk import Answer, NobodyThere
from edge.headquarters.settings import Headquarters
from edge.site import Site
from edge.store import Store
from edge.web.hub import Hub
from edge.web.shop import Screens

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class House:
    """What pages ask of a store: what it is called, its clock and its languages."""

    id: str
    name: str
    timezone: ZoneInfo
    languages: tuple[str, ...]


class Overview(Screens):
    """All shops, as pages see them; in place of one."""

    def __init__(self, settings: Headquarters, folder: Path) -> None:
        house = House("headquarters", settings.name, ZoneInfo(settings.timezone), settings.languages)
        self.store, self.state_folder, self.store_folder = cast("Store", house), folder, folder
        self.site = Site().model_copy(update={"screens": settings.page})
        self.hub = Hub()
        self.live = cast("Any", None)
        self._database = settings.database

    async def open(self) -> None:
        """Nobody's broker is heard here."""
        self.hub.open()

    async def close(self) -> None:
        """Nothing is held."""

    async def ask(self, wanted: dict[str, Any]) -> Answer:
        """Nobody decides here yet."""
        raise NobodyThere(f"no shop is behind this page ({wanted.get('do')})")

    async def sql(self, do: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Something of the database, on a thread. `psycopg.Error`."""

        def work() -> T:
            with psycopg.connect(self._database, autocommit=True, connect_timeout=3) as conn:
                return do(conn)

        return await asyncio.to_thread(work)
