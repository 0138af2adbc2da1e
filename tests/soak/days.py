"""The days of a month: what people do on each, as stories; and what their sensors get wrong on top."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from edge.store import Store
from simulator.busy import OPENING_S, Habits, busy_story, clock

FIRST = date(2026, 5, 1)
DAYS = 30
VISITS = 24
UNSEEN = 50
"""One exit in so many is not noticed by the light barrier."""
LINGERING = frozenset({3, 10, 17, 24})
"""Days on which somebody stays for an hour."""
STOPPED = frozenset({2, 6, 9, 13, 16, 20, 23, 27})
"""Days on which the PC stops while people are inside: killed on every other of them."""
DEARER = frozenset({6, 13, 20, 27})
"""… and on these somebody has written other prices into the catalogue meanwhile."""
RAISED_MINOR = 10
SPITS_FROM, WANDERS_FROM = 5, 8
"""Days from which on a plate says nonsense now and then, and a shelf's clock wanders by a second."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its story, and when the PC stops on it (seconds since the day's opening; 0: not at all)."""

    number: int
    story: str
    stops_s: float
    killed: bool

    @property
    def date(self) -> date:
        return FIRST + timedelta(days=self.number - 1)


def day_of(store: Store, number: int) -> Day:
    """The day with this number, the first is 1."""
    rng = np.random.default_rng((2026, number))
    lingering = number in LINGERING
    busy = busy_story(store, VISITS, number, Habits(gap_s=95.0 if lingering else 20.0))
    lines = [f"day {FIRST + timedelta(days=number - 1)}", *busy.splitlines()[1:]]
    exits = 0
    for i, line in enumerate(lines):
        if re.search(r"[a-z0-9-]+ leaves$", line):
            exits += 1
            if (number * VISITS + exits) % UNSEEN == 0:
                lines[i] = f"{line} unseen"
    last_s = max(_second(line) for line in lines if " leaves" in line)
    lines += _staff(store, last_s, rng)
    if lingering:
        lines += _lingerer(store)
    if number >= SPITS_FROM:
        lines.append(f"{clock(OPENING_S)}  plate g1-s1:3 spits")
    if number >= WANDERS_FROM:
        lines.append(f"{clock(OPENING_S)}  shelf g2-s2 wanders by 1 s")
    lines.append(f"{clock(last_s + 60.0)}  150 seconds pass")
    stops_s = float(rng.uniform(0.3, 0.8)) * (last_s - OPENING_S) if number in STOPPED else 0.0
    return Day(number, "\n".join(lines) + "\n", stops_s, killed=number % 2 == 0)


def _second(line: str) -> float:
    hours, minutes, seconds = line.split("  ")[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _staff(store: Store, last_s: float, rng: np.random.Generator) -> list[str]:
    """Somebody of the staff fills a place when the rush is over, and takes away what is too old."""
    facing = store.planogram.facings[int(rng.integers(len(store.planogram.facings)))]
    return [
        f"{clock(last_s + 6.0)}  aki enters as staff",
        f"{clock(last_s + 20.0)}  aki restocks 4 {facing.sku} on {facing.shelf}:{facing.first}",
        f"{clock(last_s + 45.0)}  aki leaves",
    ]


def _lingerer(store: Store) -> list[str]:
    """Somebody who stays for an hour, reads, and takes one thing."""
    facing = store.planogram.facings[4]
    return [
        f"{clock(OPENING_S + 40.0)}  zoe-reads enters",
        f"{clock(OPENING_S + 70.0)}  zoe-reads takes 1 {facing.sku} from {facing.shelf}:{facing.first}",
        f"{clock(OPENING_S + 90.0)}  zoe-reads walks to g1-s1:7",
        f"{clock(OPENING_S + 3640.0)}  zoe-reads leaves",
    ]
