"""Where everything stands: the floor, gates, cameras, gondolas and their shelves.

All positions are metres in the store frame. A gondola's own frame has its origin at the gondola's front-left
corner on the floor as seen by a shopper who faces it: x runs to that shopper's right, y into the shelf,
z up. ``yaw_deg`` turns the gondola's frame about z, counter-clockwise seen from above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.records import Point

REACH_ABOVE_M = 0.30
"""A hand that takes something from a shelf is at most about this far above the shelf board."""


PEOPLE_A_M2, LEAST_PEOPLE, MOST_PEOPLE = 5.0, 30, 100
"""More people than this do not fit; what shows more of them is no camera's sight of a shop."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of the shop; a ``trusted_reader`` authenticates people by itself."""

    id: str
    kind: Literal["entry", "exit"]
    position: tuple[float, float]
    trusted_reader: bool = False


@dataclass(frozen=True, slots=True)
class Camera:
    """A ceiling camera and where its lens hangs."""

    id: str
    position: Point


@dataclass(frozen=True, slots=True)
class Shelf:
    """One board of a gondola: ``plates`` weighing plates of ``plate_width`` side by side from the left."""

    id: str
    gondola: str
    height: float
    depth: float
    plates: int
    plate_width: float
    says: Literal["grams", "raw"] = "grams"
    """What its controller's numbers are: ``raw`` ones (counts, volts) mean nothing before the shelf is calibrated."""


@dataclass(frozen=True)
class Gondola:
    """A run of shelves above one another."""

    id: str
    origin: Point
    yaw_deg: float
    shelves: tuple[Shelf, ...]

    @cached_property
    def gondola_from_store(self) -> NDArray[np.float64]:
        """Rotation, shape (3, 3): a direction of the store frame in this gondola's frame."""
        yaw = math.radians(self.yaw_deg)
        c, s = math.cos(yaw), math.sin(yaw)
        return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])

    def local(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of shape (n, 3) in the store frame, in this gondola's frame."""
        moved: NDArray[np.float64] = (points - np.asarray(self.origin)) @ self.gondola_from_store.T
        return moved

    def outward(self, point: Point) -> Point:
        """A point of this gondola's frame, in the store frame."""
        x, y, z = np.asarray(point) @ self.gondola_from_store + np.asarray(self.origin)
        return float(x), float(y), float(z)


@dataclass(frozen=True)
class Layout:
    """The shop's geometry. Shelf ids are unique in the store."""

    floor: tuple[tuple[float, float], ...]
    gates: tuple[Gate, ...]
    cameras: tuple[Camera, ...]
    gondolas: tuple[Gondola, ...]
    _shelves: dict[str, tuple[Gondola, Shelf]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = {s.id: (g, s) for g in self.gondolas for s in g.shelves}
        object.__setattr__(self, "_shelves", table)

    @property
    def shelves(self) -> tuple[Shelf, ...]:
        """All shelves, in file order."""
        return tuple(s for g in self.gondolas for s in g.shelves)

    @cached_property
    def most_people(self) -> int:
        """So many may be seen at once: shoulder to shoulder on all of the floor, and never more than `MOST_PEOPLE`."""
        return min(MOST_PEOPLE, max(LEAST_PEOPLE, math.ceil(PEOPLE_A_M2 * area_m2(self.floor))))

    def has_shelf(self, shelf: str) -> bool:
        return shelf in self._shelves

    def shelf(self, shelf: str) -> Shelf:
        return self._shelves[shelf][1]

    def gondola_of(self, shelf: str) -> Gondola:
        return self._shelves[shelf][0]

    def has_camera(self, camera: str) -> bool:
        return any(c.id == camera for c in self.cameras)

    def gate(self, gate: str) -> Gate | None:
        return next((g for g in self.gates if g.id == gate), None)

    def plate_box(self, shelf: str, first: int, last: int) -> tuple[Point, Point]:
        """Lower and upper corner, gondola frame, of the space above plates ``first``…``last``."""
        _, s = self._shelves[shelf]
        low = ((first - 1) * s.plate_width, 0.0, s.height)
        return low, (last * s.plate_width, s.depth, s.height + REACH_ABOVE_M)


def area_m2(corners: Sequence[tuple[float, float]]) -> float:
    """What a polygon encloses."""
    sides = zip(corners, [*corners[1:], *corners[:1]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in sides)) / 2
