"""*Members*: who may come in; enrolling somebody by a code for their phone, what they are called and allow, revoking
and deleting them, ages that were proven, points.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.adapters.members import Enrolment, Members, UnusableMembers
from edge.drawing.markup import Markup
from edge.drawing.qr import qr_svg
from edge.facts.consents import consents_in
from edge.facts.points import points_in, statement_of
from edge.insight import FILE as EVENTS
from edge.insight import Insight, UnusableInsight
from edge.insight.segments import Placed, members_at
from edge.ledger import UnusableLedger
from edge.told import told
from edge.web.address import address_of
from edge.web.console.insight import CALLED
from edge.web.console.now import PROOFS
from edge.web.console.office import Room, back_of, needs
from edge.web.forget import delete_member
from edge.web.languages import N_
from edge.web.pending import AlreadyDecided
from edge.web.shopper.account import PURPOSES, kept_days
from edge.web.shopper.enrol import LIFE_S, Enrolments, link, shown

MOST: Final = 200
"""Members on one page; whoever looks for others types a part of the name."""

OLDEST: Final = 120

POINTS: Final = "/staff/members/points"
DELETE: Final = "/staff/members/delete"

CHANGES: Final = {
    "earned": N_("earned"),
    "spent": N_("spent"),
    "returned": N_("goods taken back"),
    "ended": N_("ended"),
    "adjusted": N_("adjusted"),
}
"""What changes a member's points."""


class Register(Room):
    """The register of members."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/members", self.all, methods=["GET"]),
            Route("/staff/members/invite", self.invite, methods=["POST"]),
            Route("/staff/members/revoke", self.revoke, methods=["POST"]),
            Route("/staff/members/name", self.name, methods=["POST"]),
            Route(DELETE, self.ask_to_delete, methods=["GET"]),
            Route(DELETE, self.delete, methods=["POST"]),
            Route("/staff/members/age", self.age, methods=["POST"]),
            Route(POINTS, self.points, methods=["GET"]),
            Route(POINTS, self.adjust, methods=["POST"]),
        ]

    @needs("personal")
    async def all(self, request: Request) -> Response:
        """Everybody, or those whose name has something in it."""
        text = request.query_params.get("text", "")[:200].strip()
        everybody = await asyncio.to_thread(self._everybody)
        names = await asyncio.to_thread(self._names)
        segment = request.query_params.get("segment", "")
        placed = await asyncio.to_thread(self._placed)
        rows = [
            e for e in everybody
            if text.casefold() in f"{e.subject} {names.get(e.subject, '')}".casefold()
            and (segment not in CALLED or (e.subject in placed and placed[e.subject].segment == segment))
        ]  # fmt: skip
        points: dict[str, int] = {}
        allows: dict[str, frozenset[str]] = {}
        with suppress(UnusableLedger):  # nobody was here yet
            points = await self.office.book(lambda book: {row["subject"]: row["points"] for row in points_in(book)})
            allows = await self.office.book(consents_in)
        # A name is not written down here: who has it may want to be forgotten.
        named = text and all(text.casefold() not in e.subject.casefold() for e in everybody)
        detail = ", ".join(e.subject for e in rows[:10]) if named else text
        await self.office.note(request, told("looked at members"), detail=detail)
        return self.office.page(
            request, "console/members.html", rows=rows[:MOST], text=text, count=len(rows), most=MOST, proofs=PROOFS,
            points=points, placed=placed, called=CALLED, segment=segment,
            counts=Counter(one.segment for one in placed.values()),
            names=names, allows=allows, purposes=PURPOSES,
            gives_points=self.screens.store.offers.points is not None,
        )  # fmt: skip

    @needs("shop")
    async def invite(self, request: Request) -> Response:
        """A code that enrols one phone, once, within a quarter of an hour."""
        session, form = request.state.session, request.state.form
        subject, role = str(form.get("subject", "")).strip(), str(form.get("role", "member"))
        if not subject or len(subject) > 200 or not subject.isprintable() or role not in ("member", "staff"):
            self.office.say(session, N_("Use a name or number that means this one person, like member-17."), "bad")
            return RedirectResponse(back_of(request, "/staff/members"), 303)
        if not await self._changed(request, lambda members: members.expect_new(subject)):
            return RedirectResponse(back_of(request, "/staff/members"), 303)
        name, now_s = session.person.name, self.screens.now_s()
        enrolments = Enrolments(self.screens.state_folder)
        code = await asyncio.to_thread(
            lambda: enrolments.invite(subject, "staff" if role == "staff" else "member", name, now_s)
        )
        await self.office.note(request, told("invited a member"), detail=f"{subject}: {role}")
        address = link(address_of(self.screens.site), code)
        return self.office.page(
            request, "console/invited.html", subject=subject, code=shown(code), link=address,
            drawn=Markup(qr_svg(address)), minutes=round(LIFE_S / 60),
        )  # fmt: skip

    @needs("shop")
    async def revoke(self, request: Request) -> Response:
        """Let somebody in no more."""
        session, subject = request.state.session, str(request.state.form.get("subject", ""))
        now_s = self.screens.now_s()

        def work(members: Members) -> None:
            members.revoke(subject, now_s)
            Enrolments(self.screens.state_folder).revoke(subject)

        if await self._changed(request, work):
            await self.office.note(request, told("revoked a member"), detail=subject)
            self.office.say(session, N_("%(who)s may not come in any more."), who=subject)
        return RedirectResponse(back_of(request, "/staff/members"), 303)

    @needs("shop")
    async def name(self, request: Request) -> Response:
        """What staff call somebody; it stands in the register alone."""
        form = request.state.form
        subject, called = str(form.get("subject", "")), str(form.get("called", ""))
        if await self._changed(request, lambda members: members.call(subject, called)):
            await self.office.note(request, told("said what a member is called"), detail=subject)
        return RedirectResponse(back_of(request, "/staff/members"), 303)

    @needs("shop")
    async def ask_to_delete(self, request: Request) -> Response:
        """What would go and what would stay, before anything does."""
        subject = request.query_params.get("who", "")[:200]
        names = await asyncio.to_thread(self._names)
        return self.office.page(
            request, "console/delete_member.html", subject=subject, called=names.get(subject, ""),
            days=kept_days(self.screens),
        )  # fmt: skip

    @needs("shop", fresh=True)
    async def delete(self, request: Request) -> Response:
        """Somebody is forgotten, for ever."""
        session, subject = request.state.session, str(request.state.form.get("subject", ""))
        if request.state.form.get("sure") != "yes":
            self.office.say(session, N_("Say that you are sure. Nothing was done."), "bad")
            return RedirectResponse(f"{DELETE}?{urlencode({'who': subject})}", 303)
        folder = self.screens.state_folder
        try:
            await asyncio.to_thread(delete_member, folder, subject, session.person.name)
        except ValueError as error:
            self.office.say(session, N_("Nobody was deleted."), "bad", str(error))
            return RedirectResponse(f"{DELETE}?{urlencode({'who': subject})}", 303)
        await self.office.note(request, told("deleted a member"), detail=subject)
        self.office.say(session, N_("%(who)s is forgotten."), who=subject)
        return RedirectResponse("/staff/members", 303)

    @needs("shop")
    async def age(self, request: Request) -> Response:
        """Somebody has proven how old they are: goods for adults are sold to them without asking each time."""
        session, form = request.state.session, request.state.form
        subject, how, typed = (str(form.get(key, "")) for key in ("subject", "how", "years"))
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and int(typed) <= OLDEST) or how not in PROOFS:
            self.office.say(session, N_("Say how old, and what you looked at."), "bad")
            return RedirectResponse(back_of(request, "/staff/members"), 303)
        years, now_s = int(typed), self.screens.now_s()
        if await self._changed(request, lambda m: m.prove_age(subject, years, how, session.person.name, now_s)):
            await self.office.note(request, told("proved an age"), detail=f"{subject}: {years}, {how}")
            self.office.say(session, N_("It is kept that %(who)s is %(years)s or older."), who=subject, years=years)
        return RedirectResponse(back_of(request, "/staff/members"), 303)

    @needs("personal")
    async def points(self, request: Request) -> Response:
        """One member's points, line by line."""
        who = request.query_params.get("who", "")[:200]
        one = await self.office.book(lambda book: statement_of(book, who))
        await self.office.note(request, told("looked at points"), detail=who)
        return self.office.page(
            request, "console/points.html", one=one, who_=who, kinds=CHANGES,
            gives_points=self.screens.store.offers.points is not None,
        )  # fmt: skip

    @needs("money", fresh=True)
    async def adjust(self, request: Request) -> Response:
        """Give points, or take some off; in a few seconds: until then it can be undone."""
        session, form = request.state.session, request.state.form
        subject, points, reason = (str(form.get(key, "")).strip()[:200] for key in ("who", "points", "reason"))
        if not subject or not points or not reason:
            self.office.say(session, N_("Say how many points, and why."), "bad")
        else:
            order = {"do": "points", "subject": subject, "points": points, "reason": reason, "by": session.person.name}
            try:
                self.pending.put(session.person.name, N_("Adjust points"), "", order)
            except AlreadyDecided as error:
                self.office.say(
                    session, N_("%(who)s adjusts these points just now. Nothing was done."), "warn", who=error.by
                )
            else:
                await self.office.note(request, told("adjusted points"), detail=f"{subject}: {points} {reason}")
        return RedirectResponse(back_of(request, f"{POINTS}?{urlencode({'who': subject})}"), 303)

    def _placed(self) -> dict[str, Placed]:
        """Those who allow it, by their segment and why; nobody where nothing was kept, or it cannot be used."""
        path = self.screens.state_folder / EVENTS
        if path.is_file():
            with suppress(UnusableInsight), Insight(path) as kept:
                return {one.member.subject: one for one in members_at(kept, self.screens.now_s())}
        return {}

    def _everybody(self) -> list[Enrolment]:
        with self.screens.members() as members:
            return members.everybody()

    def _names(self) -> dict[str, str]:
        with self.screens.members() as members:
            return members.names()

    async def _changed(self, request: Request, do: Any) -> bool:
        def work() -> None:
            with self.screens.members() as members:
                do(members)

        try:
            await asyncio.to_thread(work)
        except UnusableMembers as error:
            self.office.say(request.state.session, N_("Nothing was changed."), "bad", str(error))
            return False
        return True
