"""The page behind a shelf's QR code: ``/01/<GTIN>`` and ``/p/<sku>``, for whoever scans it, without a login.

Enters: a number or a sku, ``s`` (the shelf), ``lot``, the language and what is accepted. Leaves: a page that is the
same for everybody and may be kept for a minute; JSON-LD or a linkset where a machine asks for one. What is only for who
is inside (when they held it) their phone asks for itself, signed. An unknown number gets a page that says what to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final

import structlog
from babel.dates import format_date, format_datetime
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from edge.adapters.members import UnusableMembers
from edge.facts.links import path_of, product_of
from edge.facts.opinions import opinions_in
from edge.facts.pages import MOST_REVIEWS, json_ld, linkset, page_of
from edge.ledger import UnusableLedger
from edge.store import Product
from edge.store.lots import FILE, Details, Lot, details_in, read_lots
from edge.store.tables import Fault
from edge.web.address import address_of
from edge.web.languages import LANGUAGES, N_, language_of, words
from edge.web.opened import Openings
from edge.web.pages import Pages
from edge.web.shop import Screens

KEPT: Final = "public, max-age=60"
BUYER: Final = N_("Somebody who has bought it")
"""How those are called who say what a product is like."""
JSON_LD: Final = "application/ld+json"
LINKSET: Final = "application/linkset+json"

log = structlog.get_logger("tebura")


class Products:
    """Pages of products. What is read of ``lots.csv`` is read anew when the file is another."""

    def __init__(self, screens: Screens, pages: Pages) -> None:
        self._screens, self._pages, self._openings = screens, pages, Openings(screens)
        self._details = details_in(screens.store.sources["catalogue.csv"].decode("utf-8", "replace"))
        self._lots: tuple[Lot, ...] = ()
        self._read_ns = -1
        self._opinions: dict[str, list[dict[str, Any]]] = {}
        self._head = -1

    def routes(self) -> list[BaseRoute]:
        """Their addresses."""
        return [
            Route("/01/{gtin}", self._by_gtin),
            Route("/01/{gtin}/10/{lot}", self._by_gtin),
            Route("/p/{sku:path}", self._by_sku),
            Route("/opened/{sku:path}", self._opened, methods=["POST"]),
        ]

    async def _by_gtin(self, request: Request) -> Response:
        await asyncio.to_thread(self._look)
        found = product_of(self._screens.store, request.path_params["gtin"])
        return self._told(request, found, request.path_params.get("lot", ""))

    async def _by_sku(self, request: Request) -> Response:
        await asyncio.to_thread(self._look)
        found = self._screens.store.catalogue.get(request.path_params["sku"])
        return self._told(request, found, request.query_params.get("lot", ""))

    def _look(self) -> None:
        """What those who bought something say of it, as far as others may read it; read anew as the book grows."""
        with suppress(UnusableLedger, UnusableMembers), self._screens.book() as book:
            head = book.head()[0]
            if head != self._head:
                rows = [row for row in opinions_in(book, self._screens.words) if row["shown"]]
                said: dict[str, list[dict[str, Any]]] = {}
                for row in rows:
                    said.setdefault(row["sku"], []).append({k: row[k] for k in ("stars", "text", "at_s")})
                self._opinions, self._head = said, head

    async def _opened(self, request: Request) -> Response:
        """Somebody whom nobody knows has opened a page; a page that a machine reads is none that was opened."""
        return JSONResponse({"counted": await self._openings.tell(request.path_params["sku"])})

    def _told(self, request: Request, product: Product | None, lot: str) -> Response:
        screens, store = self._screens, self._screens.store
        language = language_of(request, store.languages)
        if product is None:
            return self._pages.page(request, "product/unknown.html", 404)
        details = self._details.get(product.sku, Details())
        facts = page_of(store, product, details, self._lots_now(), screens.now_s(), language, lot)
        address, accepts = address_of(screens.site), request.headers.get("accept", "")
        opinions, author = self._opinions.get(product.sku, []), words(language).gettext(BUYER)
        as_ld = json_ld(store, product, facts, address, opinions, author)
        answer: Response
        if LINKSET in accepts:
            answer = JSONResponse(linkset(product, facts, address, LANGUAGES), media_type=LINKSET)
        elif JSON_LD in accepts and "text/html" not in accepts:
            answer = JSONResponse(as_ld, media_type=JSON_LD)
        else:
            answer = self._pages.page(
                request, "product/page.html", product=facts, ld=as_ld, opinions=opinions[:MOST_REVIEWS],
                count=len(opinions),
                mean=sum(row["stars"] for row in opinions) / max(1, len(opinions)), here=path_of(product),
                day=lambda iso: _day(iso, language), when=lambda iso: _moment(iso, language),
            )  # fmt: skip
        answer.headers["Vary"] = "Accept, Accept-Language, Cookie"
        if "set-cookie" not in answer.headers:
            answer.headers["Cache-Control"] = KEPT
        return answer

    def _lots_now(self) -> tuple[Lot, ...]:
        """The lots of the file as it is now. One that is broken says nothing, and `tebura check` says why."""
        path = self._screens.store_folder / FILE
        try:
            read_ns = path.stat().st_mtime_ns
            if read_ns != self._read_ns:
                faults: list[Fault] = []
                lots = read_lots(path.read_text(encoding="utf-8"), self._screens.store.catalogue, faults)
                self._lots, self._read_ns = (() if faults else lots), read_ns
                for fault in faults[:1]:
                    log.warning("lots.csv cannot be used", fault=str(fault), more=len(faults) - 1)
        except (OSError, UnicodeDecodeError):
            self._lots, self._read_ns = (), -1
        return self._lots


def part(screens: Screens, pages: Pages) -> Sequence[BaseRoute]:
    """All routes of product pages."""
    return Products(screens, pages).routes()


def _day(iso: str, language: str) -> str:
    return str(format_date(date.fromisoformat(iso), "medium", locale=language))


def _moment(iso: str, language: str) -> Any:
    return format_datetime(datetime.fromisoformat(iso), "medium", locale=language)
