"""*Now*: the floor with people as they are, who is inside with what, gates, troubles, ages that wait, and the mode."""

from __future__ import annotations

import math
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.daemon.desk import NobodyThere
from edge.ledger import UnusableLedger
from edge.runtime.health import REFUND
from edge.told import told
from edge.web.console.exits import AT_GATE_M, at_exits, lately
from edge.web.console.office import HOME, Room, back_of, needs
from edge.web.console.picture import colour_of, floor_picture, number_of
from edge.web.languages import N_

MODES: Final = {
    "open": N_("The shop is open."),
    "restock": N_("Restocking: nobody comes in, and what you move gets into no cart."),
    "closed": N_("The shop is closed: nobody comes in."),
}
"""Mode -> what is said when it is set."""

WHY_SHUT: Final = {
    "closed": N_("Staff have closed it."),
    "restocking": N_("Shelves are being filled."),
    "cannot-see": N_("No camera sees anything."),
    "cannot-weigh": N_("No shelf weighs anything."),
    "cannot-keep-books": N_("The book cannot be written."),
    "the runtime was stopped": N_("Its program was stopped."),
    "the runtime is gone": N_("Its program has ended by itself."),
}
"""Why nobody may come in, as ``runtime/status`` says it."""

GATE_SAYS: Final = {
    "malformed": N_("what was held to the reader is no code of ours"),
    "unsupported-version": N_("the app is too old"),
    "foreign-shop": N_("the code is another shop's"),
    "unknown": N_("nobody is enrolled with this phone"),
    "revoked": N_("this phone is enrolled no more"),
    "forged": N_("the code was not made by that phone"),
    "replayed": N_("this code was used already"),
    "phone-clock-ahead": N_("the phone's clock is fast"),
    "expired": N_("the code was too old"),
    "shop-clock-off": N_("the shop's clock is wrong"),
    "method-not-accepted": N_("this shop wants something else, or something besides"),
    "score-too-low": N_("the reader was not sure"),
    "debt": N_("something is not paid yet"),
    "no-hold": N_("the way to pay was declined"),
    "payment-away": N_("payment could not be checked"),
    "waiting": N_("something is still missing"),
    "closed": N_("the shop is closed to shoppers"),
    "restocking": N_("shelves are being filled"),
    "cannot-see": N_("no camera sees anything"),
    "cannot-weigh": N_("no shelf weighs anything"),
    "cannot-keep-books": N_("the book cannot be written"),
}
"""Why a gate stayed shut, as staff read it."""

ALERTS: Final = {
    "tailgate": N_("Somebody came in without a scan. Ask who it is."),
    "stranger": N_("Somebody whom no scan let in has left."),
    "shelf-restarted": N_("A shelf's scales started anew, from another zero. Look at its power, and count it."),
    "shelf-filled": N_("A shelf was filled while nobody listened. Count it."),
    "review": N_("A visit waits for a person to look at it."),
    "payment-declined": N_("A payment was declined."),
    "payment-unanswered": N_("The payment provider does not answer."),
    "payment-hold-ending": N_("Money is reserved for a visit, and not much longer. Decide it, or it is charged."),
    "stray-payment": N_("The payment provider took money for a visit that is long over, or that nobody knows."),
    "payment-contradiction": N_("The payment provider contradicts itself."),
    "age-asked": N_("Somebody holds goods for adults. Look at their ID, and say so below."),
    "age-unanswered": N_("Nobody has looked at the ID of somebody who holds goods for adults. They wait for help."),
    "age-withheld": N_("Somebody left, and goods for adults that were not sold to them may have left with them."),
    "contested": N_("A shopper says that something is wrong. Look at the visit, and answer."),
    "set-aside": N_("Something could not be digested, and was left out. Please report it."),
    "low-stock": N_("A product is getting low."),
    "out-of-shelf": N_("A product has run out."),
}
"""Kind of an alert -> what staff read."""

NOT_GIVEN_BACK: Final = N_("Money that is to be given back could not be. Look at the payments.")

STRANGE: Final = 0.3
"""Who is a stranger with this probability is told."""

PROOFS: Final = (
    N_("driving licence"),
    N_("My Number card"),
    N_("passport"),
    N_("residence card"),
    N_("known in person"),
)
"""What staff may have looked at to see how old somebody is."""


class Now(Room):
    """The first page."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route(HOME, self.now, methods=["GET"]),
            Route("/staff/now/floor", self.floor, methods=["GET"]),
            Route("/staff/now/inside", self.inside, methods=["GET"]),
            Route("/staff/now/exit", self.exit, methods=["GET"]),
            Route("/staff/now/state", self.state, methods=["GET"]),
            Route("/staff/mode", self.mode, methods=["POST"]),
            Route("/staff/age/{visit}", self.age, methods=["POST"]),
        ]

    @needs("look")
    async def now(self, request: Request) -> Response:
        """All of it."""
        seen = await self._seen()
        told = self._told(request, seen) | await self._exit(seen)
        return self.office.page(request, "console/now.html", **told, **self._state(request))

    @needs("look")
    async def floor(self, request: Request) -> Response:
        """The picture, for a page that looks once a second."""
        return self.office.page(request, "console/now_floor.html", **self._told(request, await self._seen()))

    @needs("look")
    async def inside(self, request: Request) -> Response:
        """Who is inside with what, and whose age waits."""
        return self.office.page(request, "console/now_inside.html", **self._told(request, await self._seen()))

    @needs("look")
    async def exit(self, request: Request) -> Response:
        """Who stands at the exit and what they wait for, and who left last."""
        seen = await self._seen()
        return self.office.page(request, "console/now_exit.html", answers=seen is not None, **await self._exit(seen))

    @needs("look")
    async def state(self, request: Request) -> Response:
        """Mode, gates, troubles, alerts."""
        return self.office.page(request, "console/now_state.html", **self._state(request))

    @needs("shop")
    async def mode(self, request: Request) -> Response:
        """Open, restock or close."""
        session, mode = request.state.session, str(request.state.form.get("mode", ""))
        if mode in MODES:
            await self.screens.ask({"do": "mode", "mode": mode, "by": session.person.name})
            await self.office.note(request, told("mode {mode}", mode=mode))
            self.office.say(session, MODES[mode])
        return RedirectResponse(back_of(request), 303)

    @needs("decide")
    async def age(self, request: Request) -> Response:
        """Somebody's ID was looked at: they may have goods for adults, or not."""
        session, form, visit = request.state.session, request.state.form, request.path_params["visit"]
        verdict, how = str(form.get("verdict", "")), str(form.get("how", ""))
        if verdict not in ("confirmed", "refused") or (how not in PROOFS and verdict == "confirmed"):
            self.office.say(session, N_("Say what you looked at."), "bad")
            return RedirectResponse(back_of(request), 303)
        wanted = {"do": "age", "visit": visit, "verdict": verdict, "by": session.person.name, "how": how}
        try:
            await self.screens.ask(wanted)
        except NobodyThere:
            raise
        except ValueError as error:
            self.office.say(session, N_("The shop did not do it."), "bad", str(error))
        else:
            looked = told("age confirmed") if verdict == "confirmed" else told("age refused")
            await self.office.note(request, looked, visit, how)
            said = N_("They may have it.") if verdict == "confirmed" else N_("They may not have it.")
            self.office.say(session, said)
        return RedirectResponse(back_of(request), 303)

    # --- what is told ----------------------------------------------------------------------------------------------

    async def _seen(self) -> dict[str, Any] | None:
        """Who is where; None where the shop does not answer."""
        try:
            seen = await self.screens.ask({"do": "floor"})
            if any(visit["age"] for visit in seen["visits"]):
                ages = (await self.screens.ask({"do": "ages"}))["visits"]
                seen["ages"] = {row["visit"]: row for row in ages}
            return seen
        except (NobodyThere, ValueError):
            return None

    async def _exit(self, seen: dict[str, Any] | None) -> dict[str, Any]:
        now_s = self.screens.now_s()
        try:
            left = await self.office.book(lambda book: lately(book, now_s))
        except UnusableLedger:
            left = []
        return {"standing": at_exits(self.screens.store.layout, seen or {}), "left": left}

    def _told(self, request: Request, seen: dict[str, Any] | None) -> dict[str, Any]:
        live = self.screens.live
        visits = []
        for visit in (seen or {}).get("visits", ()):
            cart = live.cart(visit["visit"]) or {}
            whole = {line["sku"]: line for line in visit["lines"]}  # a product's last line is all of it
            lines = [x | {"name": self.office.called(request, x["sku"], x["name"])} for x in whole.values()]
            visits.append(
                visit
                | {
                    "number": number_of(visit["visit"]),
                    "colour": colour_of(visit["visit"]),
                    "lines": lines,
                    "total_minor": cart.get("total"),
                    "age_asked": (seen or {}).get("ages", {}).get(visit["visit"]),
                }
            )
        layout = self.screens.store.layout
        return {
            "answers": seen is not None,
            "picture": floor_picture(layout, seen or {}, self.screens.store.name),
            "strangers": sum(self._is_stranger(person) for person in (seen or {}).get("people", ())),
            "visits": visits,
            "proofs": PROOFS,
        }

    def _is_stranger(self, person: dict[str, Any]) -> bool:
        """Whether somebody may have come in without a scan; who stands at a gate waits there, or leaves."""
        gates = (gate.position for gate in self.screens.store.layout.gates)
        at_gate = any(math.dist((person["x"], person["y"]), gate) < AT_GATE_M for gate in gates)
        return bool(person["who"].get("", 0.0) >= STRANGE and not at_gate)

    def _state(self, request: Request) -> dict[str, Any]:
        live = self.screens.live
        status = live.status
        gates = []
        for gate in self.screens.store.layout.gates:
            at_s, said = live.commands.get(gate.id, (0.0, {}))
            reason = str(said.get("reason", ""))
            gates.append({
                "id": gate.id, "kind": gate.kind, "at_s": at_s, "open": said.get("open"),
                "reason": GATE_SAYS.get(reason, reason), "visit": number_of(str(said.get("visit", ""))),
            })  # fmt: skip
        troubles = dict(status.get("troubles", {}))
        return {
            "health": status,
            "modes": list(MODES),
            "why": WHY_SHUT.get(str(status.get("why", "")), str(status.get("why", ""))),
            "gates": gates,
            "troubles": troubles,
            "late": [source for source in status.get("late", ()) if source not in troubles],
            "blind": {s: p for s, p in status.get("blind", {}).items() if f"shelf/{s}" not in status.get("late", ())},
            "waiting": status.get("waiting", {}),
            "alerts": [self._alert(request, said) for said in list(live.alerts)[-8:][::-1]],
        }

    def _alert(self, request: Request, said: dict[str, Any]) -> dict[str, Any]:
        sku, kind = str(said.get("sku", "")), str(said.get("kind", ""))
        text = ALERTS.get(kind, str(said.get("text", "")))
        if said.get("text") == REFUND:
            text = NOT_GIVEN_BACK
        visit = str(said.get("visit", ""))
        return {"at_s": said.get("t", 0.0), "kind": kind, "text": text, "visit": visit, "number": number_of(visit),
                "name": self.office.called(request, sku)}  # fmt: skip
