"""Who stands before which gondola, and for how long.

Enters: where everybody is, sample after sample. Leaves: stays, each when it is over. A stay is one person within reach
of a gondola's front; who steps out of it for a moment, or is hidden for one, has not left. Where a place is within
reach of two gondolas, the nearer one counts: people turn their backs to the other.

It is told positions and nothing else, so that what cameras saw and what is true can be measured with one yardstick.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from edge.store import Gondola, Layout

REACH_M: Final = 0.75
"""An arm's length: who stands further from a gondola's front than this takes nothing out of it without a step."""
BESIDE_M: Final = 0.20
"""So far beside its ends a hand still gets to what is on it."""
BRIDGED_S: Final = 2.0
"""Who is away, or hidden, for no longer than this has stayed."""
STOPPED_S: Final = 3.0
"""Who stays so long has stopped; who stays for less has passed by."""
BIN_M: Final = 0.10
"""Where along a gondola somebody stands is kept in steps of this."""
ARM_M: Final = 0.40
"""Somebody stands before what is no further than this to their left or right."""


class Stay(msgspec.Struct):
    """Somebody before a gondola. ``along``: step of `BIN_M` from its left end -> milliseconds; ``shares``: visit -> sum
    of its probabilities over the samples ("" for strangers, ``staff`` for the shop's own).
    """

    gondola: str
    track: int
    from_s: float
    until_s: float
    samples: int = 0
    along: dict[int, int] = {}
    shares: dict[str, float] = {}

    @property
    def visit(self) -> str:
        """Whose it most likely is."""
        return max(sorted(self.shares), key=lambda v: self.shares[v], default="")

    @property
    def certainty(self) -> float:
        """How surely it is that visit's."""
        return round(self.shares.get(self.visit, 0.0) / max(1, self.samples), 4)

    @property
    def dwelt_ms(self) -> int:
        return sum(self.along.values())

    @property
    def stopped(self) -> bool:
        return self.dwelt_ms >= STOPPED_S * 1000

    def before_ms(self, from_m: float, to_m: float) -> int:
        """How long they stood before a part of the gondola, metres from its left end."""
        low, high = math.floor((from_m - ARM_M) / BIN_M), math.ceil((to_m + ARM_M) / BIN_M)
        return sum(ms for step, ms in self.along.items() if low <= step < high)


@dataclass(frozen=True, slots=True)
class Front:
    """The place before a gondola, as few numbers as a look at it takes."""

    gondola: str
    x: float
    y: float
    cos: float
    sin: float
    width: float


def fronts_of(layout: Layout) -> tuple[Front, ...]:
    """Every gondola's."""
    return tuple(_front(gondola) for gondola in layout.gondolas)


def _front(gondola: Gondola) -> Front:
    yaw = math.radians(gondola.yaw_deg)
    width = max(s.plates * s.plate_width for s in gondola.shelves)
    return Front(gondola.id, gondola.origin[0], gondola.origin[1], math.cos(yaw), math.sin(yaw), width)


def front_at(fronts: Iterable[Front], x: float, y: float) -> tuple[Front, float] | None:
    """The gondola within whose reach a point of the floor is, and how far along it (m); None where there is none."""
    best, nearest = None, math.inf
    for front in fronts:
        dx, dy = x - front.x, y - front.y
        far = front.sin * dx - front.cos * dy  # metres before the front; negative is on the boards
        if far > REACH_M or far < -BESIDE_M or abs(far) >= nearest:
            continue
        along = front.cos * dx + front.sin * dy
        if -BESIDE_M <= along <= front.width + BESIDE_M:
            best, nearest = (front, along), abs(far)
    return best


def on_floor(layout: Layout, x: float, y: float) -> bool:
    """Whether a point is within the floor's outline: who is seen walking away behind a gate is not in the shop."""
    inside, corners = False, layout.floor
    x1, y1 = corners[-1]
    for x2, y2 in corners:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


class Stays:
    """Stays in progress; plain data in ``open_``, so that they survive a stop."""

    def __init__(self, layout: Layout, open_: Iterable[Stay] = ()) -> None:
        self._fronts = fronts_of(layout)
        self.open_ = list(open_)

    def sample(self, at_s: float, people: Iterable[tuple[int, float, float, dict[str, float]]]) -> list[Stay]:
        """Everybody at one moment (track, x, y, visit -> probability); the stays that are over by then."""
        seen = list(people)
        mine = {(s.track, s.gondola): s for s in self.open_}
        tracks = {track for track, *_ in seen}
        for track, x, y, shares in seen:
            found = front_at(self._fronts, x, y)
            if found is None:
                continue
            front, along = found
            stay = mine.get((track, front.gondola)) or self._orphan(front.gondola, tracks, shares)
            if stay is None:
                stay = Stay(front.gondola, track, at_s, at_s, along={}, shares={})
                self.open_.append(stay)
            stay.track = track
            mine[track, front.gondola] = stay
            step = math.floor(along / BIN_M)
            stay.along[step] = stay.along.get(step, 0) + round((at_s - stay.until_s) * 1000)
            stay.until_s, stay.samples = at_s, stay.samples + 1
            for visit, share in shares.items():
                stay.shares[visit] = stay.shares.get(visit, 0.0) + share
        over = [s for s in self.open_ if not 0.0 <= at_s - s.until_s <= BRIDGED_S]
        if over:
            self.open_ = [s for s in self.open_ if 0.0 <= at_s - s.until_s <= BRIDGED_S]
        return over

    def _orphan(self, gondola: str, tracks: set[int], shares: dict[str, float]) -> Stay | None:
        """The stay of somebody whose track was lost, and who is followed by another one now."""
        visit = max(sorted(shares), key=lambda v: shares[v], default="")
        return next(
            (s for s in self.open_ if s.gondola == gondola and s.track not in tracks and visit and s.visit == visit),
            None,
        )

    def end(self) -> Iterator[Stay]:
        """Nothing more will be seen."""
        yield from self.open_
        self.open_ = []
