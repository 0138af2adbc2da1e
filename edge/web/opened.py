"""Pages of products that were opened: told to the running shop, which records them.

Enters: a product, and who opened its page where their phone says so, signed. Leaves: nothing that a page waits for. No
more than `MOST` a minute are told: anybody in the shop's network can open a page, and nobody fills its disk by it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from edge.daemon.desk import NobodyThere
from edge.web.shop import Screens

MOST: Final = 120
MINUTE_S: Final = 60.0


class Openings:
    """The minute that is counted; used on the loop that serves."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._since_s, self._count = 0.0, 0

    async def tell(self, sku: str, subject: str = "") -> bool:
        """Whether it was counted; a shop that is away counts nothing."""
        now_s = self._screens.now_s()
        if not 0.0 <= now_s - self._since_s < MINUTE_S:
            self._since_s, self._count = now_s, 0
        self._count += 1
        if self._count > MOST or sku not in self._screens.store.catalogue:
            return False
        with suppress(NobodyThere, ValueError):
            await self._screens.ask({"do": "opened", "sku": sku, "subject": subject})
            return True
        return False
