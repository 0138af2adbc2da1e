"""What all pages of staff share: who is there, what they may do, and what they are told.

Enters: requests with the session's cookie. Leaves: pages and answers, and lines of the audit. Refuses whoever is not
logged in (to the login), lacks the right (403), or sends a form that was not made for their own session (403: beside
the guard's look at where a request comes from, each form carries its session's mark).

A handler is a method of a `Room` behind ``@needs("decide")``; ``fresh``: money moves, and the password was typed
within the last minutes, or stands in the form itself. ``@open_to_all`` stands on the few that nobody has to log in
for, so that a handler without either is a fault that a test finds.
"""

from __future__ import annotations

import asyncio
import functools
import hmac
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.store import Fault
from edge.told import Sentence, told
from edge.web.claims import Claims
from edge.web.console.picture import colour_of, number_of
from edge.web.languages import N_, language_of
from edge.web.pages import Pages
from edge.web.pending import Pending
from edge.web.rights import Right
from edge.web.shop import Screens
from edge.web.staff import FILE, LONGEST_S, MustWait, NotLoggedIn, Session, Staff

COOKIE: Final = "staff"
HOME, LOGIN = "/staff", "/staff/login"
FIELDS_AT_MOST: Final = 2000

T = TypeVar("T")
Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Word:
    """Something that somebody is told on the next page; ``text`` is translated there, ``detail`` and ``faults`` are
    read.
    """

    text: str
    kind: str = "good"
    detail: str = ""
    faults: Sequence[Fault] = ()
    values: dict[str, object] = field(default_factory=dict)


class Office:
    """One a server."""

    def __init__(self, screens: Screens, pages: Pages) -> None:
        self.screens, self.pages = screens, pages
        self.claims = Claims()
        self.pending = Pending(screens.state_folder, screens.ask, screens.now_s, lambda: screens.hub.changed("pending"))
        self.pending.open()
        self._words: dict[str, deque[Word]] = {}

    # --- who is there ----------------------------------------------------------------------------------------------

    async def staff(self, do: Callable[[Staff], T]) -> T:
        """Something with the register, on a thread: argon2 takes its time, and disks do."""

        def work() -> T:
            with Staff(self.screens.state_folder / FILE) as staff:
                return do(staff)

        return await asyncio.to_thread(work)

    async def session(self, request: Request) -> Session | None:
        """Whose request it is. A part of a page that is fetched anew by itself keeps nobody logged in."""
        token = request.cookies.get(cookie_of(request), "")
        if not token or not (self.screens.state_folder / FILE).is_file():
            return None
        now_s, used = self.screens.now_s(), "x-part" not in request.headers
        return await self.staff(lambda staff: staff.session(token, now_s, used=used))

    async def enter(self, request: Request, right: Right | None, fresh: bool) -> Response | None:
        """Let somebody in, as ``request.state.session`` with ``request.state.form``; else what they get instead."""
        session = await self.session(request)
        if session is None:
            if "x-part" in request.headers or request.headers.get("accept", "").startswith("text/event-stream"):
                return PlainTextResponse("log in again\n", 401)
            there = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
            wanted = there if request.method == "GET" else HOME
            return RedirectResponse(f"{LOGIN}?next={quote(wanted, safe='')}", 303)
        request.state.session, request.state.form, request.state.token = session, FormData(), ""
        if session.person.handed and right is not None:
            if "x-part" not in request.headers:
                self.say(session, N_("Somebody else has chosen your password. Choose one that only you know."), "warn")
            return RedirectResponse("/staff/me", 303)
        if right is not None and right not in session.person.rights:
            lacks = told("was refused: lacks the right {right}", right=right)
            await self.note(request, lacks, detail=f"{request.method} {request.url.path}")
            raise HTTPException(403)
        if request.method != "GET":
            request.state.form = await self._form(request, session)
            if fresh and not session.fresh(self.screens.now_s()):
                return await self._proven(request, session)
        return None

    async def _form(self, request: Request, session: Session) -> FormData:
        form = await request.form(max_files=0, max_fields=FIELDS_AT_MOST)
        said = request.headers.get("x-csrf-token") or form.get("csrf")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), session.mark.encode()):
            strange = told("was refused: it was no form of this login")
            await self.note(request, strange, detail=f"{request.method} {request.url.path}")
            raise HTTPException(403)
        return form

    async def _proven(self, request: Request, session: Session) -> Response | None:
        """The password in the form makes the session fresh."""
        password, now_s = request.state.form.get("password", ""), self.screens.now_s()
        token, address = request.cookies.get(cookie_of(request), ""), address_of(request)
        if password:
            try:
                request.state.token = await self.staff(lambda staff: staff.prove(token, password, address, now_s))
                return None
            except MustWait as error:
                self.say(session, N_("Too many wrong passwords. Wait %(seconds)s seconds."), "bad",
                         seconds=round(error.wait_s))  # fmt: skip
            except NotLoggedIn:
                self.say(session, N_("This is not your password. Nothing was done."), "bad")
        else:
            self.say(session, N_("Type your password for this: money moves. Nothing was done."), "bad")
        return RedirectResponse(back_of(request), 303)

    # --- what they are told ----------------------------------------------------------------------------------------

    def say(
        self,
        session: Session,
        text: str,
        kind: str = "good",
        detail: str = "",
        faults: Sequence[Fault] = (),
        **values: object,
    ) -> None:
        """A word on the next page of this session."""
        if len(self._words) > 1000:
            self._words.clear()
        self._words.setdefault(session.mark, deque(maxlen=5)).append(Word(text, kind, detail, faults, values))

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        """A page, or a part of one, of somebody who is logged in."""
        session: Session = request.state.session
        part = "x-part" in request.headers
        rights = session.person.rights
        context |= {
            "me": session.person.name,
            "csrf": session.mark,
            "fresh": session.fresh(self.screens.now_s()),
            "may": rights.__contains__,
            "personal": "personal" in rights,
            "words": () if part else tuple(self._words.pop(session.mark, ())),
            "decisions": self.pending.of(session.person.name),
            "now_s": self.screens.now_s(),
            "live": self.screens.live,
            "number_of": number_of,
            "colour_of": colour_of,
        }
        return self.pages.page(request, template, status, **context)

    def called(self, request: Request, sku: str, otherwise: str = "") -> str:
        """A product in the reader's language; what the shop calls it where these screens do not know it."""
        product = self.screens.store.catalogue.get(sku)
        return product.name(language_of(request, self.screens.store.languages)) if product else otherwise or sku

    async def note(self, request: Request, what: Sentence, visit: str = "", detail: str = "") -> None:
        """A line of the audit."""
        name, now_s, address = request.state.session.person.name, self.screens.now_s(), address_of(request)
        await self.staff(lambda staff: staff.note(now_s, name, address, what, visit, detail))

    async def book(self, read: Callable[[Any], T]) -> T:
        """Something of the book, on a thread. `edge.ledger.UnusableLedger`."""

        def work() -> T:
            with self.screens.book() as book:
                return read(book)

        return await asyncio.to_thread(work)

    # --- the cookie ------------------------------------------------------------------------------------------------

    def keep(self, request: Request, answer: Response, token: str) -> None:
        """The browser keeps a session's token, and no script and no other site gets it."""
        secure = request.url.scheme == "https"
        answer.set_cookie(
            cookie_of(request), token, max_age=int(LONGEST_S), path="/", httponly=True, samesite="strict", secure=secure
        )


class Room:
    """Pages that belong together."""

    def __init__(self, office: Office) -> None:
        self.office, self.screens, self.pending = office, office.screens, office.pending

    def routes(self) -> list[Route]:
        """Their addresses."""
        raise NotImplementedError


def needs(right: Right | None, *, fresh: bool = False) -> Callable[[Handler], Handler]:
    """Only whoever is logged in and has this right; None: whoever is logged in."""

    def behind(do: Handler) -> Handler:
        @functools.wraps(do)
        async def guarded(self: Room, request: Request) -> Response:
            instead = await self.office.enter(request, right, fresh)
            if instead is not None:
                return instead
            answer = await do(self, request)
            if request.state.token:
                self.office.keep(request, answer, request.state.token)
            return answer

        guarded.needs, guarded.fresh = right, fresh  # type: ignore[attr-defined]
        return guarded

    return behind


def open_to_all(do: Handler) -> Handler:
    """Nobody has to be logged in for it."""
    do.open_to_all = True  # type: ignore[attr-defined]
    return do


def cookie_of(request: Request) -> str:
    """The cookie's name; over https one that no other host and no plain connection can set."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def address_of(request: Request) -> str:
    """From where somebody asks."""
    return request.client.host if request.client is not None else ""


def back_of(request: Request, otherwise: str = HOME) -> str:
    """The page that a form stands on."""
    return within(str(request.state.form.get("back", "")), otherwise)


def within(path: str, otherwise: str = HOME) -> str:
    """A path of the console's own, for a redirect; anything else is replaced."""
    plain = path.isprintable() and path.isascii() and "\\" not in path and not path.startswith("//")
    if not plain or urlsplit(path).netloc or not (path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))):
        return otherwise
    return path
