"""*Payments*: what is not over, why, and what may be done about it; and who owes what."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.facts.payments import debts_in, payment_of
from edge.ledger import Book, not_over, settlement_in, who_waits
from edge.payment import Settlement, may
from edge.web.console.office import Room, back_of, needs
from edge.web.console.visits import decide
from edge.web.console.words import OPERATIONS, OUTCOMES
from edge.web.languages import N_

SECTIONS: Final = (
    (
        "unanswered",
        N_("Without an answer"),
        N_("The provider has not said what became of it. It goes on being looked up."),
    ),
    ("declined", N_("Declined"), N_("The provider declined it. Whoever owes something may be asked once more.")),
    ("disputed", N_("Disputed"), N_("The provider first said one thing and then another. Look at its own pages.")),
    ("refundable", N_("To be given back"), N_("This was taken back and the money is not yet with the shopper.")),
    ("held", N_("Reserved"), N_("Money that is reserved for a visit that is not settled.")),
    ("asked", N_("Under way"), N_("Nothing to do: the provider is being asked.")),
)
"""Where a payment stands in the list: key, title, what it means."""

VERDICTS: Final = {
    "retry": N_("Ask the provider again"),
    "release": N_("Let go of what is reserved"),
    "waive": N_("Write off"),
    "kept": N_("The shop has the money"),
    "returned": N_("The shopper has the money"),
    "repaid cash": N_("I have given it back in cash"),
    "repaid transfer": N_("I have given it back by bank transfer"),
}
"""What may be decided here; reviews are decided on their own pages, and refunds by line on the visit's."""


class Payments(Room):
    """Money that is not where it belongs yet."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/payments", self.all, methods=["GET"]),
            Route("/staff/payments/list", self.part, methods=["GET"]),
            Route("/staff/payments/{visit}", self.decide, methods=["POST"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """Everything that is not over, by what it waits for."""
        return self.office.page(request, "console/payments.html", **await self._told())

    @needs("look")
    async def part(self, request: Request) -> Response:
        """The same, as a part of a page."""
        return self.office.page(request, "console/payments_list.html", **await self._told())

    @needs("money", fresh=True)
    async def decide(self, request: Request) -> Response:
        """Ask again, let go, write off, settle a dispute."""
        visit, session, form = request.path_params["visit"], request.state.session, request.state.form
        verdict = str(form.get("verdict", ""))
        gone = RedirectResponse(back_of(request, "/staff/payments"), 303)
        if verdict not in VERDICTS:
            self.office.say(session, N_("Say what is to be done."), "bad")
            return gone
        settlement = await self.office.book(lambda book: settlement_in(book, visit))
        if settlement is None or verdict not in _may_here(settlement):
            self.office.say(session, N_("This has changed meanwhile. Look again."), "warn")
            return gone
        said, _, how = verdict.partition(" ")
        order = {"do": "decide", "visit": visit, "verdict": said, "by": session.person.name}
        if how:
            order["how"] = how
        await decide(self, request, VERDICTS[verdict], visit, order)
        return gone

    async def _told(self) -> dict[str, Any]:
        rows, debts = await self.office.book(_rows)
        return {
            "sections": [(key, title, what, rows[key]) for key, title, what in SECTIONS if rows[key]],
            "debts": debts,
            "verdicts": VERDICTS,
            "operations": OPERATIONS,
            "outcomes": OUTCOMES,
        }


def _rows(book: Book) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {key: [] for key, _, _ in SECTIONS}
    for settlement in not_over(book).values():
        row = payment_of(settlement) | {"may": _may_here(settlement)}
        if settlement.state == "review" and not row["held_minor"]:
            continue  # it waits for a person, not for money
        key: str = settlement.state
        if key not in rows:
            key = "refundable" if row["refundable_minor"] else "held" if row["held_minor"] else "asked"
        rows[key].append(row)
    return rows, debts_in(book, who_waits(book).values())


def _may_here(settlement: Settlement) -> list[str]:
    """What may be decided on this page; a review is decided on its own, but its money can be let go of here."""
    here = ("release",) if settlement.state == "review" else VERDICTS
    allowed = may(settlement)
    return [verdict for verdict in here if verdict.partition(" ")[0] in allowed]
