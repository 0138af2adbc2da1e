"""*Staff*: who works with these screens, in which roles; and who did or looked at what."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.told import Sentence, told
from edge.web.console.entrance import WEAK
from edge.web.console.office import Room, back_of, needs
from edge.web.console.words import ROLE_NAMES
from edge.web.languages import N_
from edge.web.passwords import WeakPassword
from edge.web.rights import ROLES
from edge.web.staff import LastOwner, NameTaken, Staff, UnusableStaff

MOST: Final = 100

DOES: Final = {
    "viewer": N_("sees the floor, visits without names, shelves and prices"),
    "staff": N_("sees names and evidence as well, and decides reviews and ages"),
    "manager": N_("gives money back as well, and changes modes, prices, members and stock"),
    "owner": N_("changes the staff as well, and reads who did what"),
}
"""Role -> what it allows, in words."""


class People(Room):
    """Staff, and the audit."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/people", self.all, methods=["GET"]),
            Route("/staff/people/audit", self.audit, methods=["GET"]),
            Route("/staff/people/add", self.add, methods=["POST"]),
            Route("/staff/people/{name}", self.change, methods=["POST"]),
        ]

    @needs("people")
    async def all(self, request: Request) -> Response:
        """Everybody, and a form for somebody new."""
        now_s = self.screens.now_s()
        rows = await self.office.staff(lambda staff: [(p, staff.waits_s(p.name, now_s)) for p in staff.everybody()])
        return self.office.page(request, "console/people.html", rows=rows, roles=ROLES, called=ROLE_NAMES, does=DOES)

    @needs("people")
    async def audit(self, request: Request) -> Response:
        """Who did what, newest first."""
        name, visit = (request.query_params.get(key, "")[:200] for key in ("name", "visit"))
        typed = request.query_params.get("before", "")
        before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0
        rows = await self.office.staff(lambda staff: staff.audit(name=name, visit=visit, before=before, most=MOST))
        return self.office.page(request, "console/audit.html", rows=rows, name=name, visit=visit, most=MOST)

    @needs("people", fresh=True)
    async def add(self, request: Request) -> Response:
        """Somebody new; they change the first password themselves."""
        form, now_s = request.state.form, self.screens.now_s()
        name, first = str(form.get("name", "")).strip(), str(form.get("first", ""))
        roles = [str(role) for role in form.getlist("role")]
        if await self._done(request, lambda staff: staff.add(name, first, roles, now_s, handed=True)):
            await self.office.note(request, told("added to the staff"), detail=f"{name}: {' '.join(roles)}")
            self.office.say(request.state.session, N_("%(who)s may log in now."), who=name)
        return RedirectResponse(back_of(request, "/staff/people"), 303)

    @needs("people", fresh=True)
    async def change(self, request: Request) -> Response:
        """Other roles, another password, log out, unlock, revoke."""
        form, name, now_s = request.state.form, request.path_params["name"], self.screens.now_s()
        do, session = str(form.get("do", "")), request.state.session
        roles = [str(role) for role in form.getlist("role")]
        first = str(form.get("first", ""))
        steps: dict[str, tuple[Any, Sentence]] = {
            "roles": (lambda staff: staff.set_roles(name, roles), told("changed roles")),
            "password": (lambda staff: staff.set_password(name, first, handed=True), told("changed a password")),
            "logout": (lambda staff: staff.log_out_everywhere(name), told("logged somebody out")),
            "unlock": (lambda staff: staff.unlock(name), told("unlocked")),
            "revoke": (lambda staff: staff.revoke(name, now_s), told("revoked")),
        }
        if do in steps and await self._done(request, steps[do][0]):
            await self.office.note(
                request, steps[do][1], detail=f"{name}: {' '.join(roles)}" if do == "roles" else name
            )
            self.office.say(session, N_("Changed. %(who)s has to log in again."), who=name)
        return RedirectResponse(back_of(request, "/staff/people"), 303)

    async def _done(self, request: Request, do: Any) -> bool:
        """Whether the register took it; else they are told why not."""

        def work(staff: Staff) -> None:
            do(staff)

        try:
            await self.office.staff(work)
        except WeakPassword:
            why = WEAK
        except NameTaken:
            why = N_("Somebody is called so already.")
        except LastOwner:
            why = N_("Then nobody could change the staff any more. Make somebody else owner first.")
        except UnusableStaff:
            why = N_("A name has 1 to 60 characters, and somebody has a role at least.")
        else:
            return True
        self.office.say(request.state.session, why, "bad")
        return False
