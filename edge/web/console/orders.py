"""*Orders*: what is there, what will be wanted, what to order and why; and how many people will come when.

Enters: a day, how many visits one of the staff can see to, what was learned last night (`edge.forecast.kept`), what the
running shop says of its shelves. Leaves: a page, and the order as CSV for the supplier. Nothing is learned here: a page
waits for no night's work.
"""

from __future__ import annotations

import asyncio
import csv
import io
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

from babel.dates import format_date
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.daemon.desk import NobodyThere
from edge.drawing.bars import half_hours, orders
from edge.forecast.kept import Learned, read
from edge.forecast.plan import entries_on, order_csv, products_on, standing_of, tried_in_all, verdict
from edge.forecast.supply import supplies_in
from edge.store import Fault
from edge.web.console.office import Room, needs
from edge.web.languages import N_, language_of, words

AHEAD: Final = 7
"""Days that can be chosen, from tomorrow on."""
USUAL: Final = 30
"""Visits in half an hour that one of the staff can see to, where nobody says otherwise."""
MOST: Final = 1000

ORDERED: Final = {
    "standing": N_("there now"), "order": N_("to order"), "wanted": N_("will be wanted"),
    "last_week": N_("sold a week ago"),
}  # fmt: skip
COMING: Final = {"expected": N_("expected"), "likely": N_("at most, on nine days of ten"), "staff": N_("staff")}


class Orders(Room):
    """What to order, and who should work."""

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [
            Route("/staff/orders", self.all, methods=["GET"]),
            Route("/staff/orders.csv", self.table, methods=["GET"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """The pictures, the reasons and the tables."""
        language = language_of(request, self.screens.store.languages)
        known = await asyncio.to_thread(read, self.screens.state_folder, self.screens.store.id)
        days = self._days()
        day, each = _day(request, days), _each(request)
        named = {
            d.isoformat(): str(format_date(d, "EEE d MMM" if language == "en" else "M月d日(E)", locale=language))
            for d in days
        }
        shown: dict[str, Any] = {"rows": [], "faults": [], "stood": True, "entries": []}
        if known is not None and known.days:
            rows, faults, stood = await self._rows(known, day, language)
            entries, said = entries_on(known, day, each), words(language).gettext
            ordered = [row for row in rows if row["order"] is not None]
            tried = tried_in_all(known)
            shown = {
                "rows": rows, "faults": faults, "stood": stood, "ordered": ordered, "entries": entries, "tried": tried,
                "verdict": verdict(tried) if tried else "",
                "picture": orders(ordered, _said(ORDERED, language), said(N_("What to order"))),
                "day_picture": half_hours(entries, _said(COMING, language), said(N_("Who comes when"))),
                "visits": sum(row["expected"] for row in entries),
                "busiest": max(entries, key=lambda row: row["likely"]) if entries else None,
            }  # fmt: skip
        return self.office.page(
            request, "console/orders.html", known=known, day=day.isoformat(), days=named, each=each, **shown
        )

    @needs("look")
    async def table(self, request: Request) -> Response:
        """The order as the supplier gets it."""
        known = await asyncio.to_thread(read, self.screens.state_folder, self.screens.store.id)
        if known is None:
            raise HTTPException(404)
        day = _day(request, self._days())
        rows, faults, _ = await self._rows(known, day, self.screens.store.languages[0])
        if faults:
            raise HTTPException(404)
        file = io.StringIO()
        csv.writer(file).writerows(order_csv(rows, day))
        named = f'attachment; filename="order-{day.isoformat()}.csv"'
        return Response(file.getvalue(), media_type="text/csv", headers={"Content-Disposition": named})

    def _days(self) -> list[date]:
        today = datetime.fromtimestamp(self.screens.now_s(), self.screens.store.timezone).date()
        return [today + timedelta(days=number) for number in range(1, AHEAD + 1)]

    async def _rows(self, known: Learned, day: date, language: str) -> tuple[list[dict[str, Any]], list[Fault], bool]:
        """A row a product, what is wrong with ``supply.csv``, and whether anybody says what stands on the shelves."""
        store = self.screens.store
        supplies, faults = await asyncio.to_thread(supplies_in, self.screens.store_folder, store, day)
        standing = None
        with suppress(NobodyThere, ValueError):
            standing = standing_of((await self.screens.ask({"do": "stock"}))["places"])
        rows = await asyncio.to_thread(products_on, known, day, supplies, standing)
        rows = [row for row in rows if row["sku"] in store.catalogue]
        for row in rows:
            row["name"] = store.catalogue[row["sku"]].name(language)
        return rows, faults, standing is not None


def _day(request: Request, days: list[date]) -> date:
    asked = request.query_params.get("day", "")
    return next((day for day in days if day.isoformat() == asked), days[0])


def _each(request: Request) -> int:
    asked = request.query_params.get("each", "")
    return min(MOST, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 6 else USUAL


def _said(texts: dict[str, str], language: str) -> dict[str, str]:
    said = words(language).gettext
    return {key: said(text) for key, text in texts.items()}
