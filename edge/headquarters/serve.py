"""`tebura hq serve`: the console's own server, guard, login and style, with headquarters' pages in it.

Enters: settings, the folder with the register of staff. Leaves: pages under ``/staff``, read from the database anew
each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from edge.headquarters.overview import Overview
from edge.headquarters.pages import Receipts, Shops, Sums
from edge.headquarters.settings import Headquarters
from edge.web import serve as web
from edge.web.console.entrance import Entrance
from edge.web.console.office import Office, Room
from edge.web.pages import Pages
from edge.web.shop import Screens

ROOMS: Final[tuple[Callable[[Office], Room], ...]] = (Entrance, Shops, Sums, Receipts)


def part(screens: Screens, pages: Pages) -> Sequence[BaseRoute]:
    """All of headquarters' addresses."""
    pages.use(nav="headquarters/nav.html", hire="tebura hq staff add NAME --role viewer --folder DIR")
    office = Office(screens, pages)
    return [route for room in ROOMS for route in room(office).routes()]


def serve(settings: Headquarters, folder: Path) -> None:
    """Until SIGTERM or SIGINT. `OSError` where the port cannot be used."""
    web.serve(Overview(settings, folder), (part,), home="/staff")
