"""*Reviews*: visits of which the shop is not sure enough, one a screen, decided by keys.

The queue is ordered so that neither an old one nor a dear one waits behind many others: an hour of waiting counts as
much as what the middle one of them would cost. What is decided waits a few seconds in which it can be taken back. Who
may not see evidence decides by the lines alone; who looked at evidence stands in the audit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.checkout.reasons import Why, kind_of
from edge.drawing.trace import trace
from edge.evidence import DIARY, Evidence, Happened, evidence_of
from edge.facts.reviews import lines_of, story_of
from edge.ledger import Book, settlement_in, who_waits
from edge.told import told
from edge.web.console.office import Room, needs
from edge.web.console.picture import colour_of, number_of
from edge.web.console.pictures import FOLDER as CUT_OUTS
from edge.web.console.pictures import CutOut, cut_outs, made_s, showing
from edge.web.console.ways import moving, ways_picture
from edge.web.languages import N_, language_of
from edge.web.pending import AlreadyDecided

QUEUE: Final = "/staff/reviews"

HOUR_S: Final = 3600.0
LATER_S: Final = 1800.0
"""Who says "later" is not asked about it for so long; others see that, and may decide."""

AROUND_S: Final = 5.0
"""So much before a visit and after it is shown."""

LIKELY: Final = 0.01
"""An explanation that is less likely than this is not shown beside the best one."""
CERTAIN: Final = 0.97
"""Events that are explained so surely are folded away."""

MOST_UNITS: Final = 1000

WHY: Final[dict[Why, str]] = {
    "unseen": N_("Nobody saw them leave."),
    "identity": N_("It is not sure enough who left."),
    "lines": N_("Some of it is not sure enough."),
    "price": N_("A price or a tax rate is missing."),
    "stopped": N_("The system was stopped while they were inside."),
    "age": N_("It is not known whether they are old enough."),
    "other": N_("Something is unclear: look at the history."),
}
"""Kind of a reason -> what staff read."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A shelf event in words and as a picture."""

    id: str
    at_s: float
    shelf: str
    change_g: float
    blind: bool
    guesses: list[tuple[float, list[Row]]]
    near: list[tuple[str, float]]
    drawing: str
    pictures: list[CutOut]

    @property
    def sure(self) -> bool:
        """Whether nobody has to look at it."""
        return bool(self.guesses) and self.guesses[0][0] >= CERTAIN and not self.blind


class Reviews(Room):
    """The queue, and each visit of it."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        self._later: dict[str, tuple[float, str]] = {}
        return [
            Route(QUEUE, self.queue, methods=["GET"]),
            Route(f"{QUEUE}/next", self.next, methods=["GET"]),
            Route(QUEUE + "/{visit}", self.visit, methods=["GET"]),
            Route(QUEUE + "/{visit}", self.decide, methods=["POST"]),
            Route(QUEUE + "/{visit}/ways", self.ways, methods=["GET"]),
            Route(QUEUE + "/{visit}/pictures/{camera}/{name}.jpg", self.picture, methods=["GET"]),
            Route(QUEUE + "/{visit}/later", self.later, methods=["POST"]),
            Route(QUEUE + "/{visit}/claim", self.claim, methods=["GET"]),
        ]

    # --- the queue --------------------------------------------------------------------------------------------------

    @needs("look")
    async def queue(self, request: Request) -> Response:
        """All that wait."""
        rows, language = await self._queue(), language_of(request, self.screens.store.languages)
        for row in rows:
            row["between"] = [self._exchanged(e, language) for e in row["exchanged"]]
        part = "x-part" in request.headers
        return self.office.page(
            request, "console/reviews_rows.html" if part else "console/reviews.html", rows=rows, why=_why
        )

    @needs("decide")
    async def next(self, request: Request) -> Response:
        """The first that nobody else looks at, what was left for later last; ``after``: where somebody comes from."""
        rows, came_from = await self._queue(), request.query_params.get("after", "")
        name = request.state.session.person.name
        free = [row for row in rows if row["visit"] != came_from and not row["decided"]]
        free = [row for row in free if row["looks"] in ("", name)] or free
        return RedirectResponse(f"{QUEUE}/{free[0]['visit']}" if free else QUEUE, 303)

    async def _queue(self) -> list[Row]:
        now_s = self.screens.now_s()
        rows = await self.office.book(_waiting)
        usual = median([row["total_minor"] for row in rows]) if rows else 0
        for row in rows:
            waited_h = max(0.0, now_s - row["left_s"]) / HOUR_S
            row["weight"] = waited_h + (row["total_minor"] / usual if usual else 0.0)
            until_s, by = self._later.get(row["visit"], (0.0, ""))
            row["later"] = by if until_s > now_s else ""
            row["looks"] = self.office.claims.who(row["visit"], now_s)
            row["decided"] = self.pending.about(row["visit"])
        return sorted(rows, key=lambda row: (bool(row["decided"]), bool(row["later"]), -row["weight"]))

    # --- one visit --------------------------------------------------------------------------------------------------

    @needs("look")
    async def visit(self, request: Request) -> Response:
        """Everything about one of them."""
        visit, session = request.path_params["visit"], request.state.session
        story = await self._story(visit)
        evidence = await self._evidence(story) if "evidence" in session.person.rights else None
        if evidence is not None:
            await self.office.note(request, told("looked at evidence"), visit)
        language = language_of(request, self.screens.store.languages)
        rows = await self._queue()
        looks = ""
        if "decide" in session.person.rights and story["state"] == "review":
            looks = self.office.claims.take(visit, session.person.name, session.mark, self.screens.now_s())
        layout = self.screens.store.layout
        return self.office.page(
            request, "console/review.html", story=story, visit=visit, number=number_of(visit), colour=colour_of(visit),
            lines=self._lines(story, language), looks=looks, decided=self.pending.about(visit),
            left=sum(not row["decided"] for row in rows), products=self._products(language),
            plan=ways_picture(layout, evidence, "") if evidence is not None else None, evidence=evidence,
            told=await self._all_told(story, evidence, language) if evidence is not None else [],
            between=[self._exchanged(e, language) for e in story["exchanged"]],
            why=_why,
        )  # fmt: skip

    @needs("evidence")
    async def ways(self, request: Request) -> Response:
        """What the picture's script moves."""
        story = await self._story(request.path_params["visit"])
        store, evidence = self.screens.store, await self._evidence(story)
        return JSONResponse(moving(store.layout, evidence, str(store.timezone)))

    @needs("evidence")
    async def picture(self, request: Request) -> Response:
        """A cut-out that was made while this visit was inside; any other is not here."""
        visit, camera, name = (request.path_params[key] for key in ("visit", "camera", "name"))
        from_s, to_s = _span(await self._story(visit))
        at_s = made_s(name)
        known = camera in self._cameras and at_s is not None and from_s <= at_s <= to_s
        path = self.screens.state_folder / CUT_OUTS / camera / f"{name}.jpg"
        if not known or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/jpeg")

    @property
    def _cameras(self) -> list[str]:
        return [camera.id for camera in self.screens.store.layout.cameras]

    @needs("decide")
    async def claim(self, request: Request) -> Response:
        """Somebody looks still; who else does, as a part of the page."""
        session, visit = request.state.session, request.path_params["visit"]
        looks = self.office.claims.take(visit, session.person.name, session.mark, self.screens.now_s())
        decided = self.pending.about(visit)
        return self.office.page(request, "console/review_claim.html", looks=looks, decided=decided, visit=visit)

    # --- deciding ---------------------------------------------------------------------------------------------------

    @needs("decide", fresh=True)
    async def decide(self, request: Request) -> Response:
        """Charge, charge something else, or let it go. The shop hears of it when it can be taken back no more."""
        visit, session, form = request.path_params["visit"], request.state.session, request.state.form
        story = await self._story(visit)
        verdict = str(form.get("verdict", ""))
        if verdict not in story["may"]:
            self.office.say(session, N_("Somebody has decided about it already."), "warn")
            return RedirectResponse(f"{QUEUE}/{visit}", 303)
        order: Row = {"do": "decide", "visit": visit, "verdict": verdict, "by": session.person.name}
        what = N_("charge nothing")
        if verdict == "charge":
            try:
                lines = self._changed(form, story)
            except ValueError:
                self.office.say(session, N_("Say how many of each: 0 to 1000, and products that there are."), "bad")
                return RedirectResponse(f"{QUEUE}/{visit}", 303)
            if not lines:
                order["verdict"] = "waive"
            elif lines != story["listed"]:
                order["lines"], what = lines, N_("charge what was changed")
            else:
                what = N_("charge as listed")
        try:
            self.pending.put(session.person.name, what, visit, order)
        except AlreadyDecided as error:
            if error.order == order:
                # One press too many is no second decision.
                return RedirectResponse(f"{QUEUE}/next?after={visit}", 303)
            if error.by == session.person.name:
                self.office.say(session, N_("You have decided about it just now. Undo that first."), "warn")
            else:
                self.office.say(session, N_("%(by)s has decided about it just now."), "warn", by=error.by)
            return RedirectResponse(f"{QUEUE}/{visit}", 303)
        await self.office.note(request, told("decided: {what}", what=what), visit, _shown(order.get("lines")))
        self.office.claims.leave(visit, session.mark)
        return RedirectResponse(f"{QUEUE}/next?after={visit}", 303)

    @needs("decide")
    async def later(self, request: Request) -> Response:
        """Ask somebody else, or at another time."""
        visit, session = request.path_params["visit"], request.state.session
        self._later[visit] = (self.screens.now_s() + LATER_S, session.person.name)
        self.office.claims.leave(visit, session.mark)
        self.screens.hub.changed("reviews")
        return RedirectResponse(f"{QUEUE}/next?after={visit}", 303)

    def _changed(self, form: Mapping[str, Any], story: Row) -> dict[str, int]:
        """Units of each product as the form says. `ValueError` for what cannot be."""
        known, lines = self.screens.store.catalogue, {}
        listed: dict[str, int] = story["listed"]
        wanted = {line["sku"]: str(form.get(f"units-{line['sku']}", "0")) for line in story["lines"]}
        added = str(form.get("add", "")).strip()
        if added:
            sku = self._sku(added)
            wanted[sku] = str(int(wanted.get(sku, "0")) + int(str(form.get("add-units", "1")) or "1"))
        for sku, text in wanted.items():
            units = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1
            if not 0 <= units <= MOST_UNITS or (sku not in known and units > listed.get(sku, 0)):
                raise ValueError(sku)
            if units:
                lines[sku] = units
        return lines

    def _sku(self, said: str) -> str:
        """A product by its number, or by one of its names."""
        catalogue = self.screens.store.catalogue
        if said in catalogue:
            return said
        found = [sku for sku, product in catalogue.items() if said in dict(product.names).values()]
        if len(found) != 1:
            raise ValueError(said)
        return found[0]

    # --- what is told -----------------------------------------------------------------------------------------------

    async def _story(self, visit: str) -> Row:
        def read(book: Book) -> Row | None:
            settlement = settlement_in(book, visit)
            if settlement is None or settlement.state == "inside":
                return None
            return story_of(book, visit, self.screens.state_folder)

        story = await self.office.book(read)
        if story is None:
            raise HTTPException(404)
        return story

    async def _evidence(self, story: Row) -> Evidence:
        events = {event for line in story["lines"] for event in line["events"]}
        others = {line["rival"] for line in story["lines"]} | {e["visit"] for e in story["exchanged"]}
        folder = self.screens.state_folder / DIARY
        return await asyncio.to_thread(lambda: evidence_of(folder, story["visit"], *_span(story), events, others))

    def _lines(self, story: Row, language: str) -> list[Row]:
        """Each product once: what is charged if nobody changes it, and how surely."""
        lines: dict[str, Row] = {}
        for line in story["lines"]:
            sku, catalogue = line["sku"], self.screens.store.catalogue
            known = lines.setdefault(sku, {**line, "events": []})
            known["name"] = self._name(sku, language, line["name"])
            known["quantity"] = story["listed"].get(sku, 0)
            known["price_minor"] = catalogue[sku].price_minor if sku in catalogue else None
            known["events"] += line["events"]
            for sure in ("certainty", "what", "who"):
                known[sure] = min(known[sure], line[sure])
            known["rival"] = known["rival"] or line["rival"]
        return list(lines.values())

    async def _all_told(self, story: Row, evidence: Evidence, language: str) -> list[Told]:
        folder, cameras = self.screens.state_folder, self._cameras
        pictures = await asyncio.to_thread(lambda: cut_outs(folder, cameras, *_span(story)))
        return [self._told(h, language, showing(pictures, h.at_s)) for h in evidence.happened]

    def _told(self, happened: Happened, language: str, pictures: list[CutOut]) -> Told:
        catalogue = self.screens.store.catalogue
        guesses, levels = [], []
        for i, guess in enumerate(happened.guesses):
            if i and guess.probability < LIKELY:
                continue
            shares = [
                {"number": number_of(visit) if visit else "", "colour": colour_of(visit) if visit else "",
                 "quantity": quantity, "name": self._name(sku, language, sku)}
                for visit, sku, quantity in guess.shares
            ]  # fmt: skip
            guesses.append((guess.probability, shares))
            known = [(sku, q) for _, sku, q in guess.shares if sku in catalogue]
            if known and len(known) == len(guess.shares):
                levels.append((-sum(catalogue[sku].weight_g * q for sku, q in known), i == 0))
        drawn = trace(happened.step_s, happened.grams, levels, "") if happened.grams else ""
        near = [(number_of(v) if v else "?", gap) for v, gap in sorted(happened.near, key=lambda n: n[1])[:3]]
        return Told(
            happened.id, happened.at_s, happened.shelf, happened.change_g, happened.blind, guesses, near, drawn,
            pictures,
        )  # fmt: skip

    def _exchanged(self, exchange: Row, language: str) -> Row:
        """With whom a visit may have been exchanged, and what hangs on it."""
        lines = [(line["quantity"], self._name(line["sku"], language, line["sku"])) for line in exchange["lines"]]
        return {"visit": exchange["visit"], "lines": lines}

    def _name(self, sku: str, language: str, otherwise: str) -> str:
        product = self.screens.store.catalogue.get(sku)
        return product.name(language) if product is not None else otherwise

    def _products(self, language: str) -> list[tuple[str, str]]:
        named = ((sku, product.name(language)) for sku, product in self.screens.store.catalogue.items())
        return sorted(named, key=lambda x: x[1])


def _span(story: Row) -> tuple[float, float]:
    """From when to when a visit is shown, UNIX seconds."""
    came_s, left_s = story["came_s"], story["left_s"]
    return (left_s if came_s is None else came_s) - AROUND_S, left_s + AROUND_S


def _why(reason: str) -> str:
    return WHY[kind_of(reason)]


def _waiting(book: Book) -> list[Row]:
    waits = who_waits(book)
    return [lines_of(book, visit, s) for visit, s in waits.items() if s.state == "review"]


def _shown(lines: dict[str, int] | None) -> str:
    return ", ".join(f"{units} {sku}" for sku, units in (lines or {}).items())
