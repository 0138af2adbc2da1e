"""Logging in, logging out, one's own password; what becomes of decisions; the stream of news."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.told import told
from edge.web.console.office import LOGIN, Room, address_of, back_of, cookie_of, needs, open_to_all, within
from edge.web.console.words import ROLE_NAMES
from edge.web.languages import N_
from edge.web.passwords import fault_of
from edge.web.staff import FILE, MustWait, NotLoggedIn, Staff

TOPICS: Final = frozenset({"status", "carts", "stock", "alerts", "book", "pending", "reviews"})
"""What staff's pages may listen to; and ``visit/<id>``, ``gate/<id>``."""

LISTENS_AT_MOST: Final = 20

WEAK: Final = N_(
    "This password is guessed too easily. Use twelve characters or more: four words in a row make a good one."
)


class Entrance(Room):
    """The way in, and out."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route(LOGIN, self.form, methods=["GET"]),
            Route(LOGIN, self.log_in, methods=["POST"]),
            Route("/staff/logout", self.log_out, methods=["POST"]),
            Route("/staff/me", self.me, methods=["GET"]),
            Route("/staff/me/password", self.password, methods=["POST"]),
            Route("/staff/me/everywhere", self.everywhere, methods=["POST"]),
            Route("/staff/pending", self.decisions, methods=["GET"]),
            Route("/staff/pending/{number:int}/undo", self.undo, methods=["POST"]),
            Route("/staff/pending/{number:int}/read", self.read, methods=["POST"]),
            Route("/staff/events", self.events, methods=["GET"]),
        ]

    @open_to_all
    async def form(self, request: Request) -> Response:
        """Name and password; whoever is logged in already goes on."""
        there = within(request.query_params.get("next", ""))
        if await self.office.session(request) is not None:
            return RedirectResponse(there, 303)
        return self._form(request, there)

    @open_to_all
    async def log_in(self, request: Request) -> Response:
        """Take name and password."""
        form = await request.form(max_files=0, max_fields=10)
        name, password, there = (str(form.get(key, "")) for key in ("name", "password", "next"))
        there, address, now_s = within(there), address_of(request), self.screens.now_s()
        before = request.cookies.get(cookie_of(request), "")
        if not self._somebody():
            return self._form(request, there, 401)

        def work(staff: Staff) -> str:
            return staff.log_in(name, password, address, now_s, before)

        try:
            token = await self.office.staff(work)
        except MustWait as error:
            answer = self._form(request, there, 429, name=name, wait_s=round(error.wait_s + 0.5))
            answer.headers["Retry-After"] = str(round(error.wait_s + 0.5))
            return answer
        except NotLoggedIn:
            return self._form(request, there, 401, name=name, wrong=True)
        gone = RedirectResponse(there, 303)
        self.office.keep(request, gone, token)
        return gone

    def _somebody(self) -> bool:
        return (self.screens.state_folder / FILE).is_file()

    def _form(self, request: Request, there: str, status: int = 200, **told: object) -> Response:
        context = {"name": "", "wait_s": 0, "wrong": False, "nobody": not self._somebody(), "there": there} | told
        return self.office.pages.page(request, "console/login.html", status, **context)

    @needs(None)
    async def log_out(self, request: Request) -> Response:
        """End the session, here and for whoever copied its token."""
        token, now_s = request.cookies.get(cookie_of(request), ""), self.screens.now_s()
        await self.office.staff(lambda staff: staff.log_out(token, now_s))
        gone = RedirectResponse(LOGIN, 303)
        gone.delete_cookie(cookie_of(request), path="/", secure=request.url.scheme == "https", httponly=True,
                           samesite="strict")  # fmt: skip
        gone.headers["Clear-Site-Data"] = '"cache"'
        return gone

    @needs(None)
    async def me(self, request: Request) -> Response:
        """One's own name, roles and password, and where one is logged in."""
        person, now_s = request.state.session.person, self.screens.now_s()
        sessions = await self.office.staff(lambda staff: staff.sessions(person.name, now_s))
        mark = request.state.session.mark
        return self.office.page(
            request, "console/me.html", person=person, sessions=sessions, mark=mark, called=ROLE_NAMES
        )

    @needs(None, fresh=True)
    async def everywhere(self, request: Request) -> Response:
        """Log out here and everywhere else."""
        name = request.state.session.person.name
        await self.office.note(request, told("logged out everywhere"))
        await self.office.staff(lambda staff: staff.log_out_everywhere(name))
        request.state.token = ""
        return RedirectResponse(LOGIN, 303)

    @needs(None)
    async def password(self, request: Request) -> Response:
        """Another password of one's own; the old one is asked for, and everything else of the person is logged out."""
        session, form = request.state.session, request.state.form
        old, new, again = (str(form.get(key, "")) for key in ("password", "new", "again"))
        name, address, now_s = session.person.name, address_of(request), self.screens.now_s()
        token = request.cookies.get(cookie_of(request), "")
        answer = RedirectResponse("/staff/me", 303)
        if new != again:
            self.office.say(session, N_("The two new passwords are not the same. Nothing was changed."), "bad")
            return answer
        if fault_of(new, name):
            self.office.say(session, WEAK, "bad")
            return answer

        def work(staff: Staff) -> str:
            staff.prove(token, old, address, now_s)
            staff.set_password(name, new)
            staff.note(now_s, name, address, told("changed a password"), detail=name)
            return staff.log_in(name, new, address, now_s)

        try:
            self.office.keep(request, answer, await self.office.staff(work))
        except MustWait as error:
            self.office.say(session, N_("Too many wrong passwords. Wait %(seconds)s seconds."), "bad",
                            seconds=round(error.wait_s))  # fmt: skip
        except NotLoggedIn:
            self.office.say(session, N_("This is not your password. Nothing was done."), "bad")
        return answer

    @needs("look")
    async def decisions(self, request: Request) -> Response:
        """What one has decided, as a part of a page."""
        return self.office.page(request, "console/decisions.html")

    @needs("look")
    async def undo(self, request: Request) -> Response:
        """Take something back that was not sent yet."""
        session = request.state.session
        decision = self.pending.undo(request.path_params["number"], session.person.name)
        if decision is None:
            self.office.say(session, N_("It was too late to take that back."), "warn")
        else:
            await self.office.note(request, told("took back: {what}", what=decision.what), decision.visit)
        return RedirectResponse(back_of(request), 303)

    @needs("look")
    async def read(self, request: Request) -> Response:
        """Show what became of something no more."""
        self.pending.dismiss(request.path_params["number"])
        return RedirectResponse(back_of(request), 303)

    @needs("look")
    async def events(self, request: Request) -> Response:
        """Names of what has changed; see `edge.web.hub`."""
        asked = request.query_params.get("of", "")[:1000].split(",")[:LISTENS_AT_MOST]
        return self.screens.hub.listen(t for t in asked if t in TOPICS or t.startswith(("visit/", "gate/")))
