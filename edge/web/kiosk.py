"""The kiosk at a gate's board: a code with which somebody who stands there becomes a member by themselves.

Enters: a gate of ``join_at`` in `[screens]`. Leaves: the link that a phone's camera reads off the board, another one as
soon as it was used or is half over. Whoever can see the board can join, and so can whoever opens its page in the shop's
network: so a gate has a bound of newcomers an hour, each code is a member's that nobody has been before, and whether
they may come in is up to the policy (a hold, a limit) as for everybody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Final

from edge.adapters.members import UnusableMembers
from edge.web.address import address_of
from edge.web.shop import Screens
from edge.web.shopper.enrol import LIFE_S, Enrolments, link

HOUR_S: Final = 3600.0
MOST_AN_HOUR: Final = 60
"""New codes of one gate. One a minute is more than a door lets in; a script in the shop's network would want more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board shows to newcomers; ``mark`` is another for every other link, and gives nothing away."""

    link: str
    mark: str


class Kiosk:
    """One gate's. Its methods write to the register's file: call them off the event loop, one at a time."""

    def __init__(self, screens: Screens, gate: str) -> None:
        self._screens, self._gate = screens, gate
        self._enrolments = Enrolments(screens.state_folder)
        self._code, self._until_s = "", 0.0
        self._made: deque[float] = deque(maxlen=MOST_AN_HOUR)

    def shown(self) -> Shown | None:
        """The code of the moment; None where there were too many of late, or the file cannot be used."""
        now_s = self._screens.now_s()
        try:
            if now_s >= self._until_s or not self._enrolments.waits(self._code, now_s):
                if len(self._made) == MOST_AN_HOUR and now_s - self._made[0] < HOUR_S:
                    return None
                who = f"guest-{secrets.token_hex(4)}"
                self._code = self._enrolments.invite(who, "member", f"kiosk {self._gate}", now_s)
                self._until_s = now_s + LIFE_S / 2
                self._made.append(now_s)
        except UnusableMembers:
            return None
        mark = hashlib.sha256(self._code.encode()).hexdigest()[:8]
        return Shown(link(address_of(self._screens.site), self._code), mark)
