"""What a phone may ask, under ``/api/m/``: enrol, come back, cart, receipts, contest, hear that something has changed.

Enters: requests; all but the two that enrol are signed by a member's key (`edge.web.shopper.signed`). Leaves: JSON, in
the language that the phone names. A visit of somebody else is answered like one that there never was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from edge.adapters.members import Enrolment, UnusableMembers, read_key
from edge.daemon.desk import NobodyThere
from edge.facts.bought import bought_in
from edge.facts.held import held_in
from edge.facts.points import points_of
from edge.facts.visits import contests_of
from edge.insight import FILE as EVENTS
from edge.insight import Insight, UnusableInsight
from edge.insight.wanted import Wanted, wanted_by
from edge.ledger import UnusableLedger
from edge.web.hub import Full
from edge.web.languages import language_of, words
from edge.web.opened import Openings
from edge.web.shop import Screens
from edge.web.shopper.account import Kept, account_of, consent, delete, own_opinion, say_opinion
from edge.web.shopper.enrol import SECRET_LIFE_S, Enrolled, Enrolments, NotEnrolled, Tries, typed
from edge.web.shopper.forms import AgainBody, ConsentBody, ContestBody, DeleteBody, EnrolBody, OpenedBody, OpinionBody
from edge.web.shopper.openapi import described
from edge.web.shopper.signed import Asked, Signatures, Unsigned
from edge.web.shopper.told import Told, Voice, owed_minor, receipts, whole
from edge.web.shopper.whose import Whose

COOKIE: Final = "tebura-again"
AGAIN: Final = "/api/m/again"
"""The only address to which browsers send the secret that brings a phone back."""

PAGE: Final = 20
"""Receipts at once."""

LATELY: Final = 100
"""So many of the last visits say what somebody buys."""

LOOK_S: Final = 0.5

STATUS: Final = {
    "unsigned": 401, "stale": 401, "forged": 401, "unknown": 401, "revoked": 403, "replayed": 409, "too-many": 429,
    "no-such-code": 403, "no-way-back": 403, "key-taken": 409, "bad-key": 400, "not-understood": 400, "not-yours": 404,
    "no-shop": 503, "refused": 409,
}  # fmt: skip


T = TypeVar("T")


class Refused(Exception):
    """Told to the phone, with one of the names in `STATUS`; ``more`` goes along."""

    def __init__(self, why: str, **more: object) -> None:
        super().__init__(why)
        self.why, self.more = why, more


class Api:
    """The routes, and what they share."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._signatures = Signatures(screens.store.id, screens.members, screens.now_s)
        self._enrolments = Enrolments(screens.state_folder)
        self._tries = Tries()
        self._whose = Whose()
        self._openings = Openings(screens)
        self._following: asyncio.Task[None] | None = None

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/api/m/enrol", self._answered(self._enrol), methods=["POST"]),
            Route(AGAIN, self._answered(self._again), methods=["POST"]),
            Route(AGAIN, self._answered(self._may_come_back)),
            Route("/api/m/me", self._answered(self._me)),
            Route("/api/m/receipts", self._answered(self._receipts)),
            Route("/api/m/receipts/{visit}", self._answered(self._receipt)),
            Route("/api/m/bought", self._answered(self._bought)),
            Route("/api/m/held", self._answered(self._held)),
            Route("/api/m/visits/{visit}/contests", self._answered(self._contest), methods=["POST"]),
            Route("/api/m/opinion", self._answered(self._own_opinion)),
            Route("/api/m/opinion", self._answered(self._opinion), methods=["POST"]),
            Route("/api/m/opened", self._answered(self._opened), methods=["POST"]),
            Route("/api/m/account", self._answered(self._account)),
            Route("/api/m/consent", self._answered(self._consent), methods=["POST"]),
            Route("/api/m/delete", self._answered(self._delete), methods=["POST"]),
            Route("/api/m/events", self._answered(self._events)),
            Route("/api/m/openapi.json", self._description),
        ]

    async def _description(self, _request: Request) -> Response:
        return JSONResponse(described())

    # --- enrolment --------------------------------------------------------------------------------------------------

    async def _enrol(self, request: Request) -> Response:
        body = await request.body()
        said = _read(body, EnrolBody)
        key = _key(said.key)
        asked, now_s, address = _asked(request, body), self._screens.now_s(), _address(request)

        def enrol() -> Enrolled:
            self._tries.check(address, now_s)
            self._signatures.stranger(asked, key)
            try:
                with self._screens.members() as members:
                    return self._enrolments.redeem(typed(said.code), key, members, now_s)
            except NotEnrolled as error:
                if error.why == "no-such-code":
                    self._tries.failed(address, now_s)
                raise

        return self._welcome(request, await run_in_threadpool(enrol))

    async def _again(self, request: Request) -> Response:
        body = await request.body()
        key = _key(_read(body, AgainBody).key)
        asked, now_s, address = _asked(request, body), self._screens.now_s(), _address(request)
        secret = request.cookies.get(COOKIE, "")

        def come_back() -> Enrolled:
            self._tries.check(address, now_s)
            self._signatures.stranger(asked, key)
            try:
                with self._screens.members() as members:
                    return self._enrolments.again(secret, key, members, now_s)
            except NotEnrolled:
                self._tries.failed(address, now_s)
                raise

        return self._welcome(request, await run_in_threadpool(come_back))

    async def _may_come_back(self, request: Request) -> Response:
        """Whether this browser keeps a secret that is still good, so that a page may offer the way back."""
        secret = request.cookies.get(COOKIE, "")
        return JSONResponse({"possible": await run_in_threadpool(self._enrolments.knows, secret)})

    def _welcome(self, request: Request, enrolled: Enrolled) -> Response:
        answer = JSONResponse({"subject": enrolled.enrolment.subject, "role": enrolled.enrolment.role}, 201)
        answer.set_cookie(
            COOKIE, enrolled.secret, max_age=int(SECRET_LIFE_S), path=AGAIN, httponly=True, samesite="strict",
            secure=True,
        )  # fmt: skip
        return answer

    # --- what members see -------------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        """Where somebody stands: their visit and its cart, what they owe, their last receipt."""
        member, voice = await self._member(request), self._voice(request)

        def read() -> Told:
            with suppress(UnusableLedger), self._screens.book() as book:
                self._whose.look(book)
                visits = self._whose.visits(member.subject)
                owed = owed_minor(book, self._whose.declined(member.subject))
                last = next(iter(receipts(book, visits[-3:])), None)
                inside = self._whose.inside(member.subject)
                contests = voice.contests(contests_of(book, inside, self._screens.words)) if inside else []
                points = points_of(book, member.subject)
                coupons = voice.coupons(self._whose.coupons(member.subject), self._screens.now_s())
                return {
                    "inside": inside, "owed_minor": owed, "owed": voice.amount(owed), "contests": contests,
                    "last": voice.row(last) if last is not None else None, "points": voice.points(points),
                    "coupons": coupons,
                }  # fmt: skip
            return {
                "inside": "", "owed_minor": 0, "owed": voice.amount(0), "contests": [], "last": None, "points": None,
                "coupons": [],
            }  # fmt: skip

        told = await run_in_threadpool(read)
        live, visit = self._screens.live, told.pop("inside")
        told["visit"] = voice.cart(visit, live.cart(visit), live.age(visit)) if visit else None
        told |= {"subject": member.subject, "now_s": self._screens.now_s(), "shop": self._shop()}
        return JSONResponse(told)

    def _shop(self) -> Told:
        """Whether the shop answers, as far as its broker tells."""
        live = self._screens.live
        return {"connected": live.connected, "state": live.status.get("state", "") if live.connected else "away"}

    async def _receipts(self, request: Request) -> Response:
        member, voice = await self._member(request), self._voice(request)
        before = request.query_params.get("before", "")

        def read() -> Told:
            with suppress(UnusableLedger), self._screens.book() as book:
                self._whose.look(book)
                visits = self._whose.visits(member.subject)
                earlier = visits[: visits.index(before)] if before in visits else visits
                return {
                    "receipts": [voice.row(receipt) for receipt in receipts(book, earlier[-PAGE:])],
                    "before": earlier[-PAGE] if len(earlier) > PAGE else "",
                    "owed_minor": (owed := owed_minor(book, self._whose.declined(member.subject))),
                    "owed": voice.amount(owed),
                }
            return {"receipts": [], "before": "", "owed_minor": 0, "owed": voice.amount(0)}

        return JSONResponse(await run_in_threadpool(read))

    async def _receipt(self, request: Request) -> Response:
        member, voice, visit = await self._member(request), self._voice(request), request.path_params["visit"]

        def read() -> Told | None:
            with self._screens.book() as book:
                self._whose.look(book)
                return (
                    whole(book, visit, voice, self._screens.words) if self._whose.is_of(visit, member.subject) else None
                )

        told = await run_in_threadpool(read)
        if told is None:
            raise Refused("not-yours")
        return JSONResponse(told)

    async def _bought(self, request: Request) -> Response:
        """What they have bought over their last visits, a product a line."""
        member, voice = await self._member(request), self._voice(request)

        def read() -> Told:
            with suppress(UnusableLedger), self._screens.book() as book:
                self._whose.look(book)
                rows, now_s = bought_in(book, self._whose.visits(member.subject)[-LATELY:]), self._screens.now_s()
                return {
                    "products": [voice.bought(row, now_s) for row in rows],
                    "wanted": [voice.wanted(one, now_s) for one in self._wanted(member.subject)],
                }
            return {"products": [], "wanted": []}

        return JSONResponse(await run_in_threadpool(read))

    def _wanted(self, subject: str) -> list[Wanted]:
        """What they may want, where they allow it and their events can be read: a list without it is a list as well."""
        path, store = self._screens.state_folder / EVENTS, self._screens.store
        if path.is_file():
            with suppress(UnusableInsight), Insight(path) as kept:
                day = datetime.fromtimestamp(self._screens.now_s(), store.timezone).date()
                return wanted_by(kept, store, subject, day)
        return []

    async def _held(self, request: Request) -> Response:
        """When they held a product on the visit that they are on."""
        member, voice, sku = await self._member(request), self._voice(request), request.query_params.get("sku", "")

        def read() -> Told:
            with suppress(UnusableLedger), self._screens.book() as book:
                self._whose.look(book)
                inside = self._whose.inside(member.subject)
                return {"held": [voice.held(row) for row in held_in(book, inside, sku)] if inside else []}
            return {"held": []}

        return JSONResponse(await run_in_threadpool(read))

    async def _own_opinion(self, request: Request) -> Response:
        """What they have said of a product, and whether they may: who has bought it."""
        member, sku = await self._member(request), request.query_params.get("sku", "")
        return JSONResponse(await run_in_threadpool(own_opinion, self._screens, member.subject, sku))

    async def _opinion(self, request: Request) -> Response:
        """They say what a product is like; no stars take back what they said."""
        member, language = await self._member(request), self._language(request)
        said = _read(await request.body(), OpinionBody)
        await say_opinion(self._screens, member.subject, said.sku, said.stars, said.text.strip(), language)
        return JSONResponse(await run_in_threadpool(own_opinion, self._screens, member.subject, said.sku))

    async def _opened(self, request: Request) -> Response:
        """They have opened a product's page; it is told by their visit, while they are inside."""
        member = await self._member(request)
        said = _read(await request.body(), OpenedBody)
        return JSONResponse({"counted": await self._openings.tell(said.sku, member.subject)})

    async def _contest(self, request: Request) -> Response:
        member, visit = await self._member(request), request.path_params["visit"]
        said = _read(await request.body(), ContestBody)

        def is_theirs() -> bool:
            with self._screens.book() as book:
                self._whose.look(book)
                return self._whose.is_of(visit, member.subject)

        if not await run_in_threadpool(is_theirs):
            raise Refused("not-yours")
        lines: dict[str, int] = {}
        for line in said.lines:
            lines[line.sku] = lines.get(line.sku, 0) + line.quantity
        wanted = {
            "do": "contest", "visit": visit, "subject": member.subject, "about": said.about, "lines": lines,
            "message": said.message.strip(),
        }  # fmt: skip
        try:
            await self._screens.ask(wanted)
        except ValueError as error:
            raise Refused("refused") from error
        return JSONResponse({"visit": visit}, 201)

    # --- what members ask of the shop itself ------------------------------------------------------------------------

    async def _account(self, request: Request) -> Response:
        """What they allow, and what stays of somebody who is deleted."""
        member, language = await self._member(request), self._language(request)
        return JSONResponse(await run_in_threadpool(account_of, self._screens, member.subject, words(language)))

    async def _consent(self, request: Request) -> Response:
        member, language = await self._member(request), self._language(request)
        said = _read(await request.body(), ConsentBody)
        await consent(self._screens, member.subject, said.purpose, said.given, language)
        return JSONResponse(await run_in_threadpool(account_of, self._screens, member.subject, words(language)))

    async def _delete(self, request: Request) -> Response:
        """They are a member no more, and this phone is nobody's."""
        member, language = await self._member(request), self._language(request)
        said = _read(await request.body(), DeleteBody)
        if said.subject != member.subject:
            raise Refused("not-understood")
        await run_in_threadpool(delete, self._screens, member.subject, language)
        answer = JSONResponse({"deleted": True})
        answer.delete_cookie(COOKIE, path=AGAIN, httponly=True, samesite="strict", secure=True)
        return answer

    async def _events(self, request: Request) -> Response:
        """A stream that says that something of this member's has changed, and not what."""
        member = await self._member(request)

        def look() -> str:
            with suppress(UnusableLedger), self._screens.book() as book:
                self._whose.look(book)
            return self._whose.inside(member.subject)

        visit = await run_in_threadpool(look)
        stream = self._screens.hub.listen({_topic(member.subject), "status", *([f"visit/{visit}"] if visit else [])})
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow())
        return stream

    async def _follow(self) -> None:
        """While phones listen: tell those whose visits have news in the book."""
        quiet = 0
        while quiet < 10:
            await asyncio.sleep(LOOK_S)
            quiet = 0 if any(topic.startswith(MEMBER) for topic in self._screens.hub.wanted) else quiet + 1
            with suppress(UnusableLedger):
                self._screens.hub.changed(*map(_topic, await run_in_threadpool(self._news)))

    def _news(self) -> set[str]:
        with self._screens.book() as book:
            return self._whose.look(book)

    # --- who asks, and in what language -----------------------------------------------------------------------------

    async def _member(self, request: Request) -> Enrolment:
        asked = _asked(request, await request.body())
        return await run_in_threadpool(self._signatures.who, asked)

    def _voice(self, request: Request) -> Voice:
        return Voice(self._screens.store, self._language(request))

    def _language(self, request: Request) -> str:
        return language_of(request, self._screens.store.languages)

    def _answered(self, do: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """With what was refused told as JSON: its name, and words for whoever holds the phone."""

        async def answer(request: Request) -> Response:
            try:
                return await do(request)
            except (Unsigned, NotEnrolled, Refused) as error:
                why, more = str(error.why), error.more if isinstance(error, Refused) else {}
            except (NobodyThere, UnusableLedger, UnusableMembers, Full):
                why, more = "no-shop", {}
            except Kept as error:
                return JSONResponse({"error": "refused", "text": str(error)}, STATUS["refused"])
            if why == "stale":
                more = {"now_s": self._screens.now_s()}
            text = self._words(why, language_of(request, self._screens.store.languages))
            return JSONResponse({"error": why, "text": text, **more}, STATUS[why])

        return answer

    def _words(self, why: str, language: str) -> str:
        _ = words(language).gettext
        return {
            "stale": _("Your phone's clock is off. Have it set by the network."),
            "unknown": _("This phone is not enrolled here any more. Ask at the counter for a new code."),
            "revoked": _("You may not come in with this phone any more. Ask at the counter."),
            "too-many": _("Too many tries. Wait five minutes, then try again."),
            "no-such-code": _("This code is wrong, was used, or is too old. Ask for a new one."),
            "no-way-back": _("This phone cannot come back by itself. Ask at the counter for a new code."),
            "key-taken": _("This phone belongs to another member already. Ask at the counter."),
            "not-yours": _("There is no such visit of yours."),
            "no-shop": _("The shop does not answer at the moment. Try again soon."),
            "refused": _("The shop did not take this. Reload the page and try again, or ask at the counter."),
        }.get(why, _("Something went wrong. Reload the page and try again."))


MEMBER: Final = "member/"


def _topic(subject: str) -> str:
    return f"{MEMBER}{subject}"


def _asked(request: Request, body: bytes) -> Asked:
    path, query = request.scope["raw_path"].split(b"?")[0], request.scope["query_string"]
    return Asked(request.method, path.decode("latin-1"), query.decode("latin-1"), request.headers, body)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("not-understood") from error


def _key(text: str) -> bytes:
    try:
        return read_key(text)
    except UnusableMembers as error:
        raise Refused("bad-key") from error
