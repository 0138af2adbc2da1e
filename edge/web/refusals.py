"""How it is told that something is not answered: a page to people, JSON to programs, in the reader's language.

Enters: a request and the status with which it is refused, by the guard in front of the application or in it. Leaves:
the answer. Under `API` it is an object with ``error`` and ``text`` like all that the shopper's API refuses.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.web.languages import N_, language_of, words
from edge.web.pages import Pages

API: Final = "/api/"

TOLD: Final = {
    400: ("not-understood", N_("Not understood"), N_("This page does not know what it was asked for. Go back.")),
    403: ("not-allowed", N_("Not for you"), N_("You may not do this. Ask whoever keeps the shop.")),
    404: ("not-here", N_("Not here"), N_("There is no such page.")),
    405: ("not-so", N_("Not this way"), N_("This page cannot be used like that. Go back, and try again.")),
    413: ("too-much", N_("Too much"), N_("This is more than anybody has to say here.")),
    421: (
        "not-this-server",
        N_("Another address"),
        N_("This server is not called so. Use its own address; whoever keeps it sets `address` in [screens]."),
    ),
}  # fmt: skip
"""Status -> its name for programs, title, what is said."""


def refusal(pages: Pages, request: Request, status: int) -> Response:
    """The answer; a status that nobody has words for is told as 400."""
    name, title, what = TOLD.get(status, TOLD[400])
    if request.url.path.startswith(API):
        told = words(language_of(request, pages.store.languages)).gettext(what)
        return JSONResponse({"error": name, "text": told}, status)
    return pages.page(request, "told.html", status, title=title, what=what)
