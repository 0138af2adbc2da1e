"""*Insight*: where shoppers stood, what they touched, took and bought, and when: pictures, and the numbers behind them.

Enters: so many days back. Leaves: a page, and each table as CSV. It reads what the shop keeps (`edge.insight`), and
names nobody.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final

from babel.dates import get_day_names
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.drawing.bars import rates
from edge.drawing.funnel import funnels
from edge.drawing.heat import heat_map, week
from edge.insight import FILE, Insight, UnusableInsight, figures
from edge.insight.measures import heat_of
from edge.insight.sheets import COLUMNS, csv_of, funnel_rows
from edge.web.console.office import Room, needs
from edge.web.languages import N_, language_of, words

DAY_S: Final = 86400.0
SPANS: Final[dict[str, float]] = {"1": 1, "7": 7, "28": 28, "91": 91, "365": 365, "all": math.inf}
"""Days back that can be chosen."""
USUAL: Final = "28"

STEPS: Final = (N_("passed"), N_("stopped"), N_("touched"), N_("took"), N_("bought"))

CALLED: Final = {
    "gone": N_("gone"), "slipping": N_("about to be lost"), "new": N_("new"), "best": N_("best"),
    "regular": N_("regular"), "occasional": N_("occasional"),
}  # fmt: skip
"""Segments of `edge.insight.segments`, as people say them."""


class Seen(Room):
    """What happened in the shop."""

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [
            Route("/staff/insight", self.all, methods=["GET"]),
            Route("/staff/insight/{table}.csv", self.table, methods=["GET"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """The pictures and the tables."""
        days = _days(request)
        found, why = await self._found(days)
        language = language_of(request, self.screens.store.languages)
        shown = self._shown(found, language) if found else {}
        return self.office.page(
            request, "console/insight.html", found=found, why=why, days=days, spans=list(SPANS), tables=list(COLUMNS),
            **shown,
        )  # fmt: skip

    @needs("look")
    async def table(self, request: Request) -> Response:
        """All lines of one table."""
        table, days = request.path_params["table"], _days(request)
        if table not in COLUMNS:
            raise HTTPException(404)
        found, _ = await self._found(days)
        if found is None:
            raise HTTPException(404)
        named = f'attachment; filename="{table}-{days}.csv"'
        return Response(csv_of(table, found[table]), media_type="text/csv", headers={"Content-Disposition": named})

    async def _found(self, days: str) -> tuple[dict[str, Any] | None, str]:
        """The figures; or why there are none: nothing was kept yet, or the file cannot be used."""
        path, store = self.screens.state_folder / FILE, self.screens.store
        since_s = max(0.0, self.screens.now_s() - SPANS[days] * DAY_S)

        def read() -> dict[str, Any]:
            with Insight(path) as kept:
                return figures(kept, store, since_s) | {"heat": heat_of(kept, store, since_s)}

        if not path.is_file():
            return None, ""
        try:
            return await asyncio.to_thread(read), ""
        except UnusableInsight as error:
            return None, str(error)

    def _shown(self, found: dict[str, Any], language: str) -> dict[str, Any]:
        """Pictures, with names in the reader's language."""
        store, said = self.screens.store, words(language).gettext
        for product in found["products"]:
            product["name"] = store.catalogue[product["sku"]].name(language)
        steps = [said(step) for step in STEPS]
        abbreviated = get_day_names("abbreviated", locale=language)
        return {
            "heat": heat_map(store.layout, found["heat"], said(N_("Where shoppers stood"))),
            "by_product": funnels(funnel_rows(found["products"], "name"), steps, said(N_("By product"))),
            "by_shelf": funnels(funnel_rows(found["shelves"], "shelf"), steps, said(N_("By shelf"))),
            "week": week(found["hours"], [abbreviated[day] for day in range(7)], said(N_("When they came"))),
            "by_price": rates(
                [
                    (store.catalogue[r["sku"]].name(language), r["usual_per_hour"], r["per_hour"])
                    for r in found["markdowns"]
                ],
                (said(N_("other weeks")), said(N_("while it held"))),
                said(N_("What other prices did")),
            ),
            "called": CALLED,
            "names": {sku: product.name(language) for sku, product in store.catalogue.items()},
        }


def _days(request: Request) -> str:
    asked = request.query_params.get("days", USUAL)
    return asked if asked in SPANS else USUAL
