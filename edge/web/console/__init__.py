"""Staff's console: pages under /staff, in front of which one logs in.

Enters: requests. Leaves: pages; orders to the shop's desk; lines of the audit. Each page is a room of its own; what
they share stands in `office`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.routing import BaseRoute

from edge.web.console.entrance import Entrance
from edge.web.console.health import Health
from edge.web.console.insight import Seen
from edge.web.console.members import Register
from edge.web.console.now import Now
from edge.web.console.office import Office, Room
from edge.web.console.opinions import Opinions
from edge.web.console.orders import Orders
from edge.web.console.payments import Payments
from edge.web.console.people import People
from edge.web.console.prices import Prices
from edge.web.console.reviews import Reviews
from edge.web.console.shelves import Shelves
from edge.web.console.tabs import Tabs
from edge.web.console.visits import Visits
from edge.web.pages import Pages
from edge.web.shop import Screens

ROOMS: tuple[Callable[[Office], Room], ...] = (
    Entrance, Now, Reviews, Visits, Payments, Tabs, Shelves, Prices, Seen, Orders, Register, Opinions, Health, People,
)  # fmt: skip


def routes(screens: Screens, pages: Pages) -> Sequence[BaseRoute]:
    """All of the console's addresses."""
    office = Office(screens, pages)
    return [route for room in ROOMS for route in room(office).routes()]
