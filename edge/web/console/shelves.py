"""*Shelves*: what stands where, what ran out, what lies where it does not belong, and counting."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.daemon.desk import NobodyThere
from edge.told import told
from edge.web.console.office import Room, back_of, needs
from edge.web.languages import N_

MOST_UNITS: Final = 100_000

WHY: Final = {
    "not calibrated: nobody has seen these plates empty": N_("not calibrated: nobody has seen these plates empty"),
    "the shelf has said nothing yet": N_("the shelf has said nothing yet"),
    "a plate cannot be read": N_("a plate cannot be read"),
    "a plate is moving": N_("a plate is moving"),
    "several products share these plates": N_("several products share these plates"),
}
"""Why weight cannot tell how many stand there (`edge.stock.weighed`)."""


class Shelves(Room):
    """What stands on the shelves."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/shelves", self.all, methods=["GET"]),
            Route("/staff/shelves/list", self.part, methods=["GET"]),
            Route("/staff/shelves/count", self.count, methods=["POST"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """Every place of the planogram."""
        return self.office.page(request, "console/shelves.html", **await self._told(request))

    @needs("look")
    async def part(self, request: Request) -> Response:
        """What ran out and what lies astray, as a part of a page."""
        return self.office.page(request, "console/shelves_list.html", **await self._told(request))

    @needs("shop")
    async def count(self, request: Request) -> Response:
        """Staff counted a place: so many stand there."""
        session, form = request.state.session, request.state.form
        gone = RedirectResponse(back_of(request, "/staff/shelves"), 303)
        typed = {key: str(form.get(key, "")) for key in ("shelf", "first", "last", "sku", "quantity")}
        numbers = [typed[key] for key in ("first", "last", "quantity")]
        if not all(n.isascii() and n.isdigit() and len(n) <= 6 for n in numbers) or int(numbers[2]) > MOST_UNITS:
            self.office.say(session, N_("Units are whole numbers."), "bad")
            return gone
        first, last, quantity = map(int, numbers)
        wanted = {"shelf": typed["shelf"], "plates": [first, last], "sku": typed["sku"], "quantity": quantity}
        try:
            await self.screens.ask({"do": "count", "by": session.person.name, **wanted})
        except NobodyThere:
            raise
        except ValueError as error:
            self.office.say(session, N_("The shop did not do it."), "bad", str(error))
            return gone
        detail = f"{typed['shelf']}:{first}-{last} {typed['sku']}={quantity}"
        await self.office.note(request, told("counted"), detail=detail)
        self.office.say(session, N_("Counted."))
        return gone

    async def _told(self, request: Request) -> dict[str, Any]:
        live, called = self.screens.live, self.office.called
        try:
            answer: dict[str, Any] | None = await self.screens.ask({"do": "stock"})
        except (NobodyThere, ValueError):
            answer = None
        shelves: dict[str, list[dict[str, Any]]] = {}
        for place in (answer or {}).get("places", ()):
            first, last = place["plates"]
            place["name"] = called(request, place["sku"], place["name"])
            place["plates_told"] = str(first) if first == last else f"{first}–{last}"
            shelves.setdefault(place["shelf"], []).append(place)
        stock = [said | {"name": called(request, str(said.get("sku", "")))} for said in live.stock()]
        astray = (answer or {}).get("astray", [])
        for thing in astray:
            thing["name"] = called(request, thing["sku"], thing["name"]) if thing["sku"] else ""
        return {
            "answers": answer is not None,
            "shelves": shelves,
            "out": [said for said in stock if said.get("state") == "out"],
            "low": [said for said in stock if said.get("state") == "low"],
            "astray": astray,
            "odd": [p for places in shelves.values() for p in places if p["odd"]],
            "why": WHY,
            "mode": live.status.get("mode", ""),
        }
