"""*Prices*: what everything costs now or at any moment, what changes next, and reading the store's files anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.daemon.desk import NobodyThere
from edge.facts.prices import changes_after, priced
from edge.store import BrokenStore, Fault, Store, load_store
from edge.told import told
from edge.web.console.office import Room, back_of, needs
from edge.web.languages import N_, language_of

NEXT: Final = 20
"""Coming changes on the page."""
SHOWN: Final = 20
"""Faults behind a word; those of the files themselves the page shows anyway."""


class Prices(Room):
    """What costs what."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/prices", self.all, methods=["GET"]),
            Route("/staff/prices/reload", self.reload, methods=["POST"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """By the files as they are now, which the running shop may not have read yet."""
        faults: list[str] = []
        at_s = self._moment(request.query_params.get("at", "")[:40], faults)
        language = language_of(request, self.screens.store.languages)
        store, broken = await asyncio.to_thread(_read, self.screens.store_folder)
        shown = store or self.screens.store
        told = priced(shown, at_s, shown.catalogue)
        for product in told["products"]:
            product["name"] = shown.catalogue[product["sku"]].name(language)
        coming = changes_after(shown, at_s)[:NEXT]
        for change in coming:
            change["name"] = shown.catalogue[change["sku"]].name(language) if change["sku"] else change["name"]
        return self.office.page(
            request, "console/prices.html", told=told, at=request.query_params.get("at", "")[:40], coming=coming,
            faults=faults, broken=broken,
        )  # fmt: skip

    @needs("shop")
    async def reload(self, request: Request) -> Response:
        """The running shop goes on with its files as they are: all of them, or none."""
        session = request.state.session
        try:
            answer = await self.screens.ask({"do": "reload", "by": session.person.name})
        except NobodyThere:
            raise
        except ValueError as error:
            self.office.say(session, N_("The shop did not do it."), "bad", str(error))
            return RedirectResponse(back_of(request, "/staff/prices"), 303)
        if answer.get("faults"):
            _, broken = await asyncio.to_thread(_read, self.screens.store_folder)
            faults = [fault for fault in (Fault(**parts) for parts in answer["faults"]) if fault not in broken][:SHOWN]
            self.office.say(session, N_("Nothing has changed: the files have faults."), "bad", faults=faults)
        elif not answer["changed"]:
            self.office.say(session, N_("Nothing has changed since the shop read its files."))
        else:
            files = ", ".join(answer["changed"])
            await self.office.note(request, told("reloaded the store's files"), detail=files)
            self.office.say(
                session, N_("From now on as in %(files)s. Who is inside pays what was promised."), files=files
            )
        return RedirectResponse(back_of(request, "/staff/prices"), 303)

    def _moment(self, typed: str, faults: list[str]) -> float:
        if typed:
            try:
                at = datetime.fromisoformat(typed)
                return at.replace(tzinfo=at.tzinfo or self.screens.store.timezone).timestamp()
            except (ValueError, OverflowError):
                faults.append(N_("Write a moment like 2026-12-24 19:30."))
        return self.screens.now_s()


def _read(folder: Path) -> tuple[Store | None, Sequence[Fault]]:
    """The files as they are now; None and every fault where no shop could open with them."""
    try:
        return load_store(folder), []
    except BrokenStore as error:
        return None, error.faults
