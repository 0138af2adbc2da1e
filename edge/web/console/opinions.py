"""*Product reviews*: what members say of products that they have bought; somebody of the staff lets it be read, or not.

Enters: which one, and whether it is shown or taken away. Leaves: pages, and orders that the shop records.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.facts.opinions import opinions_in
from edge.told import told
from edge.web.console.office import Room, needs
from edge.web.languages import N_

HERE: Final = "/staff/opinions"
MOST: Final = 200
STEPS: Final = {"shown": told("let a review be read"), "deleted": told("took a review away")}


class Opinions(Room):
    """What is said of products."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route(HERE, self.all, methods=["GET"]), Route(HERE, self.decide, methods=["POST"])]

    @needs("decide")
    async def all(self, request: Request) -> Response:
        """Those that wait stand first."""
        rows = await self.office.book(lambda book: opinions_in(book, self.screens.words))
        rows.sort(key=lambda row: row["shown"])
        names = {row["sku"]: self.office.called(request, row["sku"]) for row in rows}
        return self.office.page(
            request, "console/opinions.html", rows=rows[:MOST], names=names,
            waiting=sum(not row["shown"] for row in rows),
        )  # fmt: skip

    @needs("decide")
    async def decide(self, request: Request) -> Response:
        """It may be read, or is taken away."""
        session, form = request.state.session, request.state.form
        step, sku, subject = (str(form.get(key, "")) for key in ("step", "sku", "subject"))
        order = {"do": "opinion", "step": step, "sku": sku, "subject": subject, "by": session.person.name}
        if step not in STEPS:
            self.office.say(session, N_("Nothing was changed."), "bad")
            return RedirectResponse(HERE, 303)
        try:
            await self.screens.ask(order)
        except ValueError as error:
            self.office.say(session, N_("The shop did not do it."), "bad", str(error))
        else:
            await self.office.note(request, STEPS[step], detail=f"{sku}: {subject}")
        return RedirectResponse(HERE, 303)
