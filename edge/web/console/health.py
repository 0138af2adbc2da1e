"""*Health*: what the status says of every shelf, camera and gate, how old its calibration is, and what the last look
at all of them (`tebura calibrate check`) has found.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.daemon.desk import NobodyThere
from edge.facts.checked import checked
from edge.web.console.office import Room, needs

OLD_S = 180 * 86400.0
"""A calibration that is older is worth another look."""


class Health(Room):
    """Whether everything that the shop depends on works."""

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/staff/health", self.all, methods=["GET"]),
            Route("/staff/health/list", self.part, methods=["GET"]),
        ]

    @needs("look")
    async def all(self, request: Request) -> Response:
        """Everything, source by source."""
        return self.office.page(request, "console/health.html", **await self._told())

    @needs("look")
    async def part(self, request: Request) -> Response:
        """The same, as a part of a page."""
        return self.office.page(request, "console/health_list.html", **await self._told())

    async def _told(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = await self.screens.ask({"do": "status"})
            answers = True
        except (NobodyThere, ValueError):
            known, answers = self.screens.live.status, False
        late = known.get("late", {})
        late = late if isinstance(late, dict) else dict.fromkeys(late)
        troubles, blind = dict(known.get("troubles", {})), known.get("blind", {})
        store, now_s = self.screens.store, self.screens.now_s()
        sources: list[dict[str, Any]] = []
        for shelf in store.layout.shelves:
            profile = store.profiles.get(shelf.id)
            made_s = profile.profile.made.timestamp() if profile is not None else None
            sources.append(_source(f"shelf/{shelf.id}", shelf.id, late, troubles) | {
                "kind": "shelf", "blind": blind.get(shelf.id, []), "made_s": made_s,
                "old": made_s is not None and made_s < now_s - OLD_S, "raw": profile is None and shelf.says == "raw",
            })  # fmt: skip
        for camera in store.layout.cameras:
            sources.append(_source(f"camera/{camera.id}", camera.id, late, troubles) | {
                "kind": "camera", "blind": [], "made_s": None, "old": False, "raw": False,
            })  # fmt: skip
        looked = checked(self.screens.state_folder)
        return {"answers": answers, "known": known, "sources": sources, "others": troubles, "looked": looked}


def _source(source: str, name: str, late: dict[str, Any], troubles: dict[str, str]) -> dict[str, Any]:
    """What is wrong with one; taken out of ``troubles``, of which the rest is about something else."""
    mine = [key for key in troubles if key == source or key.endswith(f"/{source}") or key.startswith(f"{source}/")]
    mine += [key for key in troubles if key.rpartition("/")[2] == name and key not in mine]
    return {
        "name": name,
        "late": source in late,
        "late_s": late.get(source),
        "troubles": [troubles.pop(key) for key in mine],
    }
