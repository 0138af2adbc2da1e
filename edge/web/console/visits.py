"""*Visits*: found by time, member, amount, product and payment reference; one visit with its receipt, its history, what
is taken back of it and what its shopper said.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.checkout import paper_text, receipt_text
from edge.checkout.receipt import name_of
from edge.checkout.words import WORDS
from edge.daemon.desk import NobodyThere
from edge.facts.payments import payment_of
from edge.facts.visits import Words, contests_of, found, history_of, line_of, papers_in, unanswered
from edge.ledger import Book, receipt_of, settlement_in
from edge.told import told
from edge.web.claims import LASTS_S
from edge.web.console.office import Room, back_of, needs
from edge.web.console.words import OPERATIONS, OUTCOMES, STEPS
from edge.web.languages import N_, language_of
from edge.web.pending import AlreadyDecided

MOST: Final = 100
"""Visits on one page; whoever looks for older ones says when."""

UNITS_AT_MOST: Final = 1000
MESSAGE_AT_MOST: Final = 500

ABOUT: Final = {
    "not-taken": N_("I did not take this"),
    "missing": N_("Something is missing"),
    "other": N_("Something else"),
}
"""What a shopper may say against a visit."""

REASONS: Final = {"correction": N_("It was never taken"), "return": N_("It was brought back")}


class Visits(Room):
    """Visits that have ended."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/visits", self.find, methods=["GET"]),
            Route("/staff/visits/{visit}", self.one, methods=["GET"]),
            Route("/staff/visits/{visit}/claim", self.claim, methods=["GET"]),
            Route("/staff/visits/{visit}/receipt", self.receipt, methods=["GET"]),
            Route("/staff/visits/{visit}/refund", self.refund, methods=["POST"]),
            Route("/staff/visits/{visit}/answer", self.answer, methods=["POST"]),
        ]

    @needs("look")
    async def find(self, request: Request) -> Response:
        """A list, and a form that narrows it."""
        asked = {key: request.query_params.get(key, "")[:200].strip() for key in ("from", "to", "text", "amount")}
        faults: list[str] = []
        since_s, until_s = self._moment(asked["from"], faults), self._moment(asked["to"], faults, days=1)
        amount_minor = self._amount(asked["amount"], faults)
        personal = "personal" in request.state.session.person.rights
        rows: list[dict[str, Any]] = []
        if not faults:
            rows = await self.office.book(
                lambda book: found(
                    book, since_s=since_s or 0.0, until_s=until_s or math.inf, text=asked["text"],
                    amount_minor=amount_minor, most=MOST,
                )
            )  # fmt: skip
        if asked["text"] and not personal:
            # Whoever may not see names does not find out by searching for them either.
            rows = [row for row in rows if asked["text"].casefold() not in str(row["subject"]).casefold()]
        if asked["text"] and personal:
            await self.office.note(request, told("searched visits"), detail=asked["text"])
        contested = await self.office.book(unanswered)
        return self.office.page(
            request, "console/visits.html", asked=asked, rows=rows, faults=faults, most=MOST, contested=contested
        )

    @needs("look")
    async def one(self, request: Request) -> Response:
        """All that the book says about one visit."""
        visit, session = request.path_params["visit"], request.state.session
        language = language_of(request, self.screens.store.languages)
        known = await self.office.book(lambda book: _told(book, visit, language, self.screens.words))
        if known is None:
            raise HTTPException(404)
        await self.office.note(request, told("looked at a visit"), visit)
        other = self.office.claims.take(visit, session.person.name, session.mark, self.screens.now_s())
        return self.office.page(
            request, "console/visit.html", visit=visit, other=other, pending_about=self.pending.about(visit),
            steps=STEPS, operations=OPERATIONS, outcomes=OUTCOMES, reasons=REASONS, about=ABOUT,
            catalogue=self.screens.store.catalogue, **known,
        )  # fmt: skip

    @needs("look")
    async def claim(self, request: Request) -> Response:
        """Whether somebody else has it open, for a page that stays open."""
        visit, session = request.path_params["visit"], request.state.session
        other = self.office.claims.take(visit, session.person.name, session.mark, self.screens.now_s())
        return self.office.page(request, "console/claim.html", other=other, lasts_s=LASTS_S)

    @needs("look")
    async def receipt(self, request: Request) -> Response:
        """The receipt alone, as text, in either language."""
        visit = request.path_params["visit"]
        wanted = request.query_params.get("in", "")
        receipt = await self.office.book(lambda book: receipt_of(book, visit))
        if receipt is None:
            raise HTTPException(404)
        await self.office.note(request, told("printed a receipt"), visit)
        return PlainTextResponse(receipt_text(receipt, wanted if wanted in WORDS else ""))

    @needs("money", fresh=True)
    async def refund(self, request: Request) -> Response:
        """Take lines back, in a few seconds: until then it can be undone."""
        visit, session, form = request.path_params["visit"], request.state.session, request.state.form
        reason, lines = str(form.get("reason", "")), _units(form)
        gone = RedirectResponse(back_of(request, f"/staff/visits/{visit}"), 303)
        if reason not in REASONS:
            self.office.say(session, N_("Say why: it was never taken, or it was brought back."), "bad")
        elif lines is None:
            self.office.say(session, N_("Units are whole numbers from 0 to 1000."), "bad")
        elif not lines:
            self.office.say(session, N_("Say how many of what are taken back."), "bad")
        else:
            order = {"do": "decide", "visit": visit, "verdict": "refund", "by": session.person.name, "lines": lines,
                     "reason": reason}  # fmt: skip
            detail = ", ".join(f"{units} {sku}" for sku, units in lines.items())
            await decide(self, request, N_("Take back"), visit, order, f"{reason}: {detail}")
        return gone

    @needs("decide")
    async def answer(self, request: Request) -> Response:
        """What a shopper said against a visit is answered; they read it on their phone."""
        visit, session, form = request.path_params["visit"], request.state.session, request.state.form
        contest, message = str(form.get("contest", "")), str(form.get("message", "")).strip()
        gone = RedirectResponse(back_of(request, f"/staff/visits/{visit}"), 303)
        if not 1 <= len(message) <= MESSAGE_AT_MOST:
            self.office.say(session, N_("An answer has 1 to 500 characters."), "bad")
            return gone
        order = {"do": "answer", "visit": visit, "contest": contest, "message": message, "by": session.person.name}
        try:
            await self.screens.ask(order)
        except NobodyThere:
            raise
        except ValueError as error:
            self.office.say(session, N_("The shop did not do it."), "bad", str(error))
        else:
            await self.office.note(request, told("answered a shopper"), visit)
            self.office.say(session, N_("Answered: they read it on their phone."))
        return gone

    # --- what was typed --------------------------------------------------------------------------------------------

    def _moment(self, typed: str, faults: list[str], days: int = 0) -> float | None:
        """A day or a minute by the shop's clocks (UNIX seconds); ``days``: the end of a day that is named alone."""
        if not typed:
            return None
        try:
            if "T" in typed or " " in typed:
                at = datetime.fromisoformat(typed)
            else:
                at = datetime.combine(date.fromisoformat(typed) + timedelta(days=days), time())
            return at.replace(tzinfo=at.tzinfo or self.screens.store.timezone).timestamp()
        except (ValueError, OverflowError):
            faults.append(N_("Write days like 2026-05-31."))
            return None

    def _amount(self, typed: str, faults: list[str]) -> int | None:
        if not typed:
            return None
        try:
            plain = Decimal(typed.replace(",", "").removeprefix("¥").removesuffix("円"))
            minor = plain.scaleb(self.screens.store.currency_digits)
            if not 0 <= minor < 10**12 or minor != int(minor):
                raise InvalidOperation
            return int(minor)
        except (InvalidOperation, ValueError):
            faults.append(N_("Write an amount like 1234."))
            return None


async def decide(room: Room, request: Request, what: str, visit: str, order: dict[str, Any], detail: str = "") -> None:
    """Somebody has decided about a visit: it is told to the shop in a few seconds, unless they take it back."""
    session = request.state.session
    try:
        room.pending.put(session.person.name, what, visit, order)
    except AlreadyDecided as error:
        room.office.say(
            session, N_("%(who)s has decided about this visit just now. Nothing was done."), "warn", who=error.by
        )
        return
    await room.office.note(request, told("decided: {what}", what=what), visit, detail)


def _told(book: Book, visit: str, language: str, words: Words) -> dict[str, Any] | None:
    row, receipt, settlement = line_of(book, visit), receipt_of(book, visit), settlement_in(book, visit)
    if row is None or receipt is None or settlement is None:
        return None
    payment = payment_of(settlement)
    sale = receipt.sale
    return {
        "row": row,
        "payment": payment,
        "lines": [
            {"sku": line.sku, "name": name_of(line, language), "quantity": line.quantity,
             "amount_minor": line.amount_minor, "certainty": line.certainty, "left": payment["left"].get(line.sku, 0)}
            for line in sale.lines
        ],
        "withheld": [
            {"name": name_of(line, language) or "?", "quantity": line.quantity, "certainty": line.certainty}
            for line in sale.withheld
        ],
        "receipt": receipt_text(receipt, language),
        "papers": [paper_text(paper, language) for paper in papers_in(book, visit)],
        "history": history_of(book, visit),
        "contests": contests_of(book, visit, words),
    }  # fmt: skip


def _units(form: Any) -> dict[str, int] | None:
    """Units by sku, of the fields ``units:<sku>``; None where one is no number."""
    lines: dict[str, int] = {}
    for key, typed in form.multi_items():
        if not key.startswith("units:") or typed in ("", "0"):
            continue
        if not (isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) <= 4):
            return None
        if int(typed) > UNITS_AT_MOST:
            return None
        if int(typed):
            lines[key.removeprefix("units:")] = int(typed)
    return lines
