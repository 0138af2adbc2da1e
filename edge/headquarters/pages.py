"""Headquarters' pages: all shops, one of them, the days of all, a search over receipts.

Enters: requests of whoever may look. Leaves: pages. Who was in a shop stands on none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.checkout.amounts import money
from edge.checkout.sale import Issuer
from edge.headquarters import read
from edge.headquarters.overview import Overview
from edge.headquarters.read import Day, Row
from edge.web.console.office import Room, needs
from edge.web.languages import language_of

SEARCHED_AT_MOST: Final = 200
"""Characters of what somebody looks for."""


class Table(Room):
    """What these pages share."""

    @property
    def overview(self) -> Overview:
        """Where they read."""
        return cast("Overview", self.screens)

    async def shown(
        self, request: Request, template: str, do: Callable[[psycopg.Connection[Any]], dict[str, Any]]
    ) -> Response:
        """A page out of the database; another one where that does not answer."""
        language = language_of(request, self.screens.store.languages)

        def cash(amount_minor: int, issuer: Issuer | None) -> str:
            return money(amount_minor, issuer, language) if issuer is not None else str(amount_minor)

        try:
            told = await self.overview.sql(do)
        except psycopg.Error:
            return self.office.page(request, "headquarters/away.html", 503)
        return self.office.page(request, template, cash=cash, **told)


class Shops(Table):
    """One row a shop, and a page a shop."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/staff", self.all, methods=["GET"]), Route("/staff/shops/{store}", self.one, methods=["GET"])]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """Those first that somebody should look at."""

        def facts(conn: psycopg.Connection[Any]) -> dict[str, Any]:
            rows = read.shops(conn)
            days = {zone: read.on_day(conn, datetime.now(zone).date()) for zone in {_zone(row, self) for row in rows}}
            today = {row.store: days[_zone(row, self)].get(row.store) for row in rows}
            return {"rows": rows, "today": today, "rates": _rates(today.values())}

        return await self.shown(request, "headquarters/shops.html", facts)

    @needs("look")
    async def one(self, request: Request) -> Response:
        """What a shop says of itself, its last days, its last receipts."""
        store = request.path_params["store"]

        def facts(conn: psycopg.Connection[Any]) -> dict[str, Any]:
            rows = read.shops(conn, store)
            if not rows:
                raise HTTPException(404)
            days, receipts = read.days_of(conn, store), read.search(conn, "", store, 20)
            return {"row": rows[0], "days": days, "receipts": receipts, "rates": _rates(days)}

        return await self.shown(request, "headquarters/shop.html", facts)


class Sums(Table):
    """Days of all shops together."""

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route("/staff/days", self.days, methods=["GET"])]

    @needs("look")
    async def days(self, request: Request) -> Response:
        """A row a day and currency."""

        def facts(conn: psycopg.Connection[Any]) -> dict[str, Any]:
            found = read.sums(conn)
            return {"sums": found, "rates": sorted({rate for each in found for rate in each.rates})}

        return await self.shown(request, "headquarters/days.html", facts)


class Receipts(Table):
    """A search over all receipts."""

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route("/staff/receipts", self.search, methods=["GET"])]

    @needs("look")
    async def search(self, request: Request) -> Response:
        """By words, products, references, amounts."""
        text = request.query_params.get("q", "")[:SEARCHED_AT_MOST].replace("\0", "")
        return await self.shown(
            request, "headquarters/receipts.html", lambda conn: {"q": text, "receipts": read.search(conn, text)}
        )


def _rates(days: Any) -> list[str]:
    return sorted({rate for day in days if isinstance(day, Day) for rate in day.rates})


def _zone(row: Row, room: Room) -> ZoneInfo:
    """The shop's own clock, which says what today is."""
    with suppress(ValueError, OSError, KeyError):  # a name that only that shop's PC knows
        return ZoneInfo(row.issuer.timezone if row.issuer is not None else "")
    return room.screens.store.timezone
