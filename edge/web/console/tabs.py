"""*Tabs*: what members have to pay by the month, each one's statement, and what a person books of it.

Enters: a month and a member, amounts as people write them. Leaves: pages, and orders that wait some seconds like all
that moves money. What is more than is open by the book, the shop's desk refuses.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.facts.tabs import ALWAYS, Span, month_of, statement_of, subjects, tabs_in
from edge.records import SettledHow
from edge.told import told
from edge.web.console.office import Room, back_of, needs
from edge.web.languages import N_
from edge.web.pending import AlreadyDecided

TABS: Final = "/staff/tabs"
LONGEST: Final = 200
"""Characters of a member's name, of an amount, of a note."""

HOWS: Final[dict[SettledHow, str]] = {
    "payroll": N_("taken off their pay"),
    "transfer": N_("came by bank transfer"),
    "cash": N_("paid in cash"),
    "written-off": N_("written off: nobody expects it any more"),
}
"""How a tab is settled, as people say it."""

LINES: Final = {
    "visit": N_("Visit"),
    "refund": N_("given back"),
    "settlement": N_("settled"),
    "write-off": N_("written off"),
}
"""What changes a tab."""


class Tabs(Room):
    """Members' tabs."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route(TABS, self.all, methods=["GET"]), Route(TABS, self.settle, methods=["POST"])]

    @needs("personal")
    async def all(self, request: Request) -> Response:
        """Every tab; with ``who`` one member's statement; with ``month`` that month alone."""
        session, query = request.state.session, request.query_params
        who, month = (query.get(key, "")[:LONGEST] for key in ("who", "month"))
        span = ALWAYS
        try:
            span = month_of(month, self.screens.store.timezone.key) if month else ALWAYS
        except ValueError:
            self.office.say(session, N_("Write months like 2026-11."), "bad")
            month = ""
        rows, one = await self.office.book(lambda book: _read(book, who, span))
        await self.office.note(request, told("looked at tabs"), detail=" ".join((who, month)).strip())
        return self.office.page(
            request,
            "console/tabs.html",
            rows=rows,
            one=one,
            who_=who,
            month=month,
            hows=HOWS,
            kinds=LINES,
            plain=self._plain,
        )

    @needs("money", fresh=True)
    async def settle(self, request: Request) -> Response:
        """Book what was paid, or that it never will be; in a few seconds: until then it can be undone."""
        session, form = request.state.session, request.state.form
        subject, amount, how, note = (
            str(form.get(key, "")).strip()[:LONGEST] for key in ("who", "amount", "how", "note")
        )
        gone = RedirectResponse(back_of(request, TABS), 303)
        if how not in get_args(SettledHow):
            self.office.say(session, N_("Say how it was paid."), "bad")
        elif how == "written-off" and not note:
            self.office.say(session, N_("Say why it is written off."), "bad")
        elif not subject or not amount:
            self.office.say(session, N_("Say who has paid how much."), "bad")
        else:
            order = {"do": "settle", "subject": subject, "amount": amount.replace(",", ""), "how": how, "note": note,
                     "by": session.person.name}  # fmt: skip
            what = N_("Write off of a tab") if how == "written-off" else N_("Settle a tab")
            try:
                self.pending.put(session.person.name, what, "", order)
            except AlreadyDecided as error:
                self.office.say(session, N_("%(who)s books something of this tab just now. Nothing was done."), "warn",
                                who=error.by)  # fmt: skip
                return gone
            await self.office.note(
                request, told("decided: {what}", what=what), detail=f"{subject}: {amount} {how} {note}"
            )
        return gone

    def _plain(self, amount_minor: int) -> str:
        """An amount as it is typed: without a currency's sign."""
        return str(Decimal(amount_minor).scaleb(-self.screens.store.currency_digits))


def _read(book: Any, who: str, span: Span) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    if who:
        return [], statement_of(book, who, span) if who in subjects(book) else None
    return tabs_in(book, span), None
