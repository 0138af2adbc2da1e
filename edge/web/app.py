"""The application: every part's pages under its own addresses, behind one guard.

A part is a function from `Screens` and `Pages` to its routes. What goes wrong while a page is made is told in a
person's words, and never how.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from edge.daemon.desk import NobodyThere
from edge.ledger import UnusableLedger
from edge.web import board, products
from edge.web.console import routes as console
from edge.web.feed import feed_of, wants_feed
from edge.web.guard import Guard
from edge.web.hub import Full
from edge.web.languages import N_
from edge.web.pages import Pages
from edge.web.refusals import refusal
from edge.web.shop import Screens
from edge.web.shopper import page as shopper

STATIC: Final = Path(__file__).parent / "static"

Part = Callable[[Screens, Pages], Sequence[BaseRoute]]

PARTS: tuple[Part, ...] = (console, shopper.part, board.part, products.part)

log = structlog.get_logger("tebura")


def app_of(screens: Screens, parts: Sequence[Part] = PARTS, home: str = "/m/") -> ASGIApp:
    """Everything that is served; ``home`` is where ``/`` leads."""
    pages = Pages(screens.store, marks_of(STATIC))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await screens.open()
        try:
            yield
        finally:
            await screens.close()

    def told(status: int, title: str, what: str) -> Callable[[Request, Exception], Response]:
        def page(request: Request, error: Exception) -> Response:
            if status == 500:
                log.error("a page could not be made", path=request.url.path, error=f"{type(error).__name__}: {error}")
            return pages.page(request, "told.html", status, title=title, what=what)

        return page

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = refusal(pages, request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    async def first(_request: Request) -> Response:
        return RedirectResponse(home)

    feed = feed_of(screens)

    async def news(request: Request) -> Response:
        return await feed(request) if wants_feed(request) else screens.hub.listen(["status"])

    routes: list[BaseRoute] = [Route("/", first), Route("/events", news), Mount("/static", _Static(directory=STATIC))]
    for part in parts:
        routes += part(screens, pages)
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: refused,
            NobodyThere: told(503, N_("The shop is not running"), N_("It has to run for this. Try again in a moment.")),
            UnusableLedger: told(503, N_("No book yet"), N_("The shop has not been opened yet.")),
            Full: told(503, N_("Too many people are looking"), N_("Try again in a moment.")),
            Exception: told(500, N_("Something went wrong"), N_("It is written down. Try again, or tell staff.")),
        },
    )  # fmt: skip
    return Guard(app, screens.site.screens, lambda scope, status: refusal(pages, Request(scope), status))


class _Static(StaticFiles):
    """Files that never change under one address: pages name them with a mark of their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


def marks_of(folder: Path) -> dict[str, str]:
    """File -> a mark that is another one when its content is."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()[:10] for p in files}
