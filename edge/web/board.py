"""The board at a gate, ``/gate/<id>``: what somebody who stands there should read, on any tablet, without a login.

Enters: what the shop tells its gates (``gate/<id>/command``), whose age is looked at, what the last visit came to.
Leaves: a page, its state as JSON in the shop's languages, and a stream that says when that has changed; where the shop
wants it, a code with which newcomers join. It shows no name, and beyond the total for a few seconds nothing that is
anybody's own; ``?total=no`` leaves that out as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from edge.checkout import sale_of
from edge.checkout.amounts import money
from edge.drawing.qr import qr_svg
from edge.ledger import UnusableLedger
from edge.store.layout import Gate
from edge.web.kiosk import Kiosk, Shown
from edge.web.languages import LANGUAGES, N_, words
from edge.web.pages import Pages
from edge.web.shop import Screens

WELCOME_S: Final = 6.0
REFUSED_S: Final = 10.0
LEFT_S: Final = 8.0
"""So long each is shown."""

Told = dict[str, Any]


REFUSALS: Final = {
    "malformed": N_("Hold the app's code to the reader, bright and whole"),
    "unsupported-version": N_("Please update the app"),
    "foreign-shop": N_("This code is for another shop"),
    "unknown": N_("You are not a member here yet. Ask at the counter"),
    "revoked": N_("This phone is no longer enrolled. Ask at the counter"),
    "forged": N_("Something is wrong with this code. Open the app again"),
    "replayed": N_("This code was used. Wait for the next one"),
    "phone-clock-ahead": N_("Your phone's clock is fast. Have it set by the network"),
    "expired": N_("This code is too old. If it is new, your phone's clock is slow"),
    "shop-clock-off": N_("It is not your phone: the shop's clock is wrong. Please call staff"),
    "method-not-accepted": N_("This shop does not admit by this alone. Ask at the counter"),
    "score-too-low": N_("Please try again: the reader was not sure"),
    "debt": N_("Something is not paid yet. The app says what"),
    "no-hold": N_("Your way of paying was declined. Ask at the counter"),
    "payment-away": N_("Payment cannot be checked at the moment. Try again"),
    "closed": N_("The shop is closed"),
    "restocking": N_("We are filling the shelves. Please come back soon"),
    "cannot-see": N_("The shop cannot let you in at the moment. Please call staff"),
    "cannot-weigh": N_("The shop cannot let you in at the moment. Please call staff"),
    "cannot-keep-books": N_("The shop cannot let you in at the moment. Please call staff"),
}
"""Reason of ``docs/gate.md`` -> what somebody reads. A test wants all of them."""
OTHER: Final = N_("Please try again, or ask at the counter")
NEW_HERE: Final = N_("New here? Read this with your phone's camera")
AND_ALSO: Final = N_("One more step, please")


class Board:
    """What the boards of a shop show."""

    def __init__(self, screens: Screens, pages: Pages) -> None:
        self._screens, self._pages = screens, pages
        self._kiosks = {gate: Kiosk(screens, gate) for gate in screens.site.screens.join_at}
        self._turn = asyncio.Lock()
        self._languages = [lang for lang in screens.store.languages if lang in LANGUAGES] or ["en"]

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/gate/{gate}", self._page),
            Route("/gate/{gate}/state", self._state),
            Route("/gate/{gate}/events", self._events),
            Route("/gate/{gate}/join.svg", self._join),
        ]

    async def _page(self, request: Request) -> Response:
        return self._pages.page(request, "board/gate.html", gate=self._gate(request))

    async def _state(self, request: Request) -> Response:
        gate, total = self._gate(request), request.query_params.get("total") != "no"
        told = self._entry(gate) if gate.kind == "entry" else await run_in_threadpool(self._exit, total)
        if told["kind"] == "ready" and (shown := await self._shown(gate)) is not None:
            texts = [{"language": lang, "text": words(lang).gettext(NEW_HERE)} for lang in self._languages]
            told["join"] = {"mark": shown.mark, "texts": texts}
        return JSONResponse(told)

    async def _join(self, request: Request) -> Response:
        """The picture of what a newcomer's phone reads."""
        shown = await self._shown(self._gate(request))
        if shown is None:
            raise HTTPException(404)
        return Response(qr_svg(shown.link), media_type="image/svg+xml", headers={"cache-control": "no-store"})

    async def _shown(self, gate: Gate) -> Shown | None:
        kiosk = self._kiosks.get(gate.id)
        if kiosk is None:
            return None
        async with self._turn:
            return await run_in_threadpool(kiosk.shown)

    async def _events(self, request: Request) -> Response:
        gate = self._gate(request)
        return self._screens.hub.listen([f"gate/{gate.id}", "status", *(["carts"] if gate.kind == "exit" else [])])

    def _gate(self, request: Request) -> Gate:
        found = self._screens.store.layout.gate(request.path_params["gate"])
        if found is None:
            raise HTTPException(404)
        return found

    def _entry(self, gate: Gate) -> Told:
        """The gate's last word, as long as it is for whoever stands there; else whether one may come in at all."""
        live = self._screens.live
        said_s, command = live.commands.get(gate.id, (0.0, {}))
        age_s = self._screens.now_s() - said_s
        if command.get("open") and age_s < max(WELCOME_S, command.get("for_s", 0.0)):
            left_s = max(WELCOME_S, command.get("for_s", 0.0)) - age_s
            return self._told("welcome", N_("Welcome"), N_("Please come in"), left_s)
        if command.get("open") is False and age_s < REFUSED_S:
            reason = str(command.get("reason", ""))
            if reason == "waiting":
                return self._told("waiting", AND_ALSO, "", REFUSED_S - age_s)
            return self._told("refused", REFUSALS.get(reason, OTHER), "", REFUSED_S - age_s, reason=reason)
        if not live.connected:
            return self._told("away", N_("The shop's system is away"), N_("Please call staff"))
        why = live.status.get("why", "") if live.status.get("state") == "closed" else ""
        if why:
            return self._told("shut", REFUSALS.get(why, REFUSALS["closed"]), "")
        return self._told("ready", N_("Show your code"), N_("Hold your phone to the reader"))

    def _exit(self, with_total: bool) -> Told:
        """What the last visit came to, for a moment; whether somebody has to wait for staff."""
        live, now_s = self._screens.live, self._screens.now_s()
        if any(age.get("state") in ("asked", "unanswered") for age in live.ages().values()):
            return self._told("wait", N_("Goods for adults"), N_("Please wait for staff before you leave"))
        entry = self._last()
        if entry is not None and now_s - entry[0] < LEFT_S:
            left_s, (_, kind, total_minor, issuer) = LEFT_S - (now_s - entry[0]), entry
            if kind == "review":
                return self._told(
                    "thanks", N_("Thank you"), N_("Staff look at this visit first. See your phone"), left_s
                )
            if not total_minor:
                return self._told("thanks", N_("Thank you"), N_("Nothing to pay"), left_s)
            amounts = {lang: money(total_minor, issuer, lang) for lang in self._languages} if with_total else {}
            return self._told("thanks", N_("Thank you"), N_("The receipt is on your phone"), left_s, amounts)
        return self._told("ready", N_("Just walk out"), N_("The receipt comes to your phone"))

    def _last(self) -> tuple[float, str, int, Any] | None:
        """When the last visit ended, how, and what it came to."""
        try:
            with self._screens.book() as book:
                found = [w.entry for kind in ("settlement", "review") if (w := book.last(kind)) is not None]
        except UnusableLedger:
            return None
        if not found:
            return None
        entry = max(found, key=lambda e: e.at_s)
        sale = sale_of(entry.body)
        return entry.at_s, entry.kind, sale.total_minor, sale.issuer

    def _told(
        self, kind: str, large: str, small: str, for_s: float = 0.0, amounts: Told | None = None, reason: str = ""
    ) -> Told:
        """In each of the shop's languages, its first one first; ``for_s``: so long, and then ask again."""
        told = []
        for language in self._languages:
            _ = words(language).gettext
            amount = (amounts or {}).get(language, "")
            told.append({"language": language, "large": _(large), "small": small and _(small), "amount": amount})
        return {"kind": kind, "texts": told, "for_s": round(for_s, 2), "reason": reason}


def part(screens: Screens, pages: Pages) -> Sequence[BaseRoute]:
    """The boards' routes."""
    return Board(screens, pages).routes()
