"""Where people can walk: the floor without its gondolas, ways around them, and where to stand at a shelf.

Enters: the store's layout. Leaves: ways as lists of corners, and the distance somebody's middle keeps from every
gondola. Ways go by a visibility graph over the gondolas' corners: few points, exact ways, nothing shop-specific.
"""

from __future__ import annotations

import heapq
import math
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.store import Gate, Gondola, Layout

Spot: TypeAlias = tuple[float, float]
"""x, y on the floor, metres, store frame."""

BODY_M = 0.22
"""Nobody's middle comes nearer to a gondola's sides than this."""
CORNER_M = 0.32
"""How wide people go around a corner."""
STAND_M = 0.45
"""How far in front of a gondola people stand."""
OUTSIDE_M = 0.8
"""People come from, and go, so far beyond a gate."""


class FloorPlan:
    """The walkable floor of one shop."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._polygon = np.asarray(layout.floor)
        self._corners = [c for g in layout.gondolas for c in self._around(g) if self.free(np.array([c]))[0]]
        self._corners += self._recesses()
        self._route = lru_cache(maxsize=4096)(self._search)

    # --- geometry ---

    def free(self, points: NDArray[np.float64], body_m: float = BODY_M) -> NDArray[np.bool_]:
        """Can somebody stand here? ``points`` (n, 2) -> (n,): on the floor and off every gondola."""
        return self._on_floor(points) & (self.clearance(points) >= body_m)

    def clearance(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres from points (n, 2) to the nearest gondola's outline, negative inside: shape (n,)."""
        gap = np.full(len(points), np.inf)
        flat = np.column_stack([points, np.zeros(len(points))])
        for gondola in self.layout.gondolas:
            wide, deep = footprint(gondola)
            local = gondola.local(flat)
            dx = np.abs(local[:, 0] - wide / 2) - wide / 2
            dy = np.abs(local[:, 1] - deep / 2) - deep / 2
            outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
            gap = np.minimum(gap, np.where(outside > 0, outside, np.maximum(dx, dy)))
        return gap

    def _on_floor(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Even-odd rule over the floor's polygon."""
        inside = np.zeros(len(points), dtype=bool)
        x, y = points[:, 0], points[:, 1]
        for (x0, y0), (x1, y1) in zip(self._polygon, np.roll(self._polygon, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return inside

    def _around(self, gondola: Gondola) -> list[Spot]:
        """The four points that people pass when they walk around a gondola."""
        wide, deep = footprint(gondola)
        found = [
            gondola.outward((x, y, 0.0)) for x in (-CORNER_M, wide + CORNER_M) for y in (-CORNER_M, deep + CORNER_M)
        ]
        return [(x, y) for x, y, _ in found]

    def _recesses(self) -> list[Spot]:
        """Points just inside the floor's inward corners, where a way may have to bend."""
        found, n = [], len(self._polygon)
        area = self._signed_area()
        for i in range(n):
            a, b, c = self._polygon[i - 1], self._polygon[i], self._polygon[(i + 1) % n]
            turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
            if turn * area < 0:
                away = b - (a + c) / 2
                spot = b + CORNER_M * away / max(1e-9, float(np.hypot(*away)))
                if self.free(spot[None])[0]:
                    found.append((float(spot[0]), float(spot[1])))
        return found

    def _signed_area(self) -> float:
        x, y = self._polygon.T
        return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)

    # --- ways ---

    def clear(self, a: Spot, b: Spot) -> bool:
        """Can one walk straight from ``a`` to ``b``? The ends themselves may lie outside, as beyond a gate."""
        length = math.dist(a, b)
        points = np.linspace(a, b, max(3, int(length / 0.05) + 1))[1:-1]
        return bool(self.clearance(points).min() >= BODY_M) and bool(self._on_floor(points).all())

    def way(self, a: Spot, b: Spot) -> list[Spot]:
        """Corners of the shortest way from ``a`` to ``b``, both included."""
        return list(self._route(a, b))

    def _search(self, a: Spot, b: Spot) -> tuple[Spot, ...]:
        """Dijkstra over the corners that see each other; a straight line where there is no way at all."""
        nodes = [a, b, *self._corners]
        best, before, queue = {0: 0.0}, {0: 0}, [(0.0, 0)]
        while queue:
            length, i = heapq.heappop(queue)
            if i == 1:
                break
            if length > best[i]:
                continue
            for j in range(1, len(nodes)):
                further = length + math.dist(nodes[i], nodes[j])
                if j != i and further < best.get(j, math.inf) and self._sees(nodes[i], nodes[j]):
                    best[j], before[j] = further, i
                    heapq.heappush(queue, (further, j))
        if 1 not in before:
            return a, b
        path = [1]
        while path[-1] != 0:
            path.append(before[path[-1]])
        return tuple(nodes[i] for i in reversed(path))

    @lru_cache(maxsize=100_000)  # noqa: B019 - a floor plan lives as long as its simulation
    def _sees(self, a: Spot, b: Spot) -> bool:
        return self.clear(a, b)

    # --- places ---

    def stand(self, shelf: str, x_m: float) -> Spot:
        """Where somebody stands who reaches for ``x_m`` along a shelf: in front of it, or as near as the floor lets."""
        gondola = self.layout.gondola_of(shelf)
        wide, _ = footprint(gondola)
        for back in (STAND_M, 0.6, 0.35, 0.8, 0.25):
            for aside in (0.0, 0.15, -0.15, 0.3, -0.3, 0.5, -0.5):
                x, y, _ = gondola.outward((float(np.clip(x_m + aside, 0.1, wide - 0.1)), -back, 0.0))
                if self.free(np.array([(x, y)]))[0]:
                    return x, y
        x, y, _ = gondola.outward((x_m, -STAND_M, 0.0))
        return x, y

    def gate_spots(self, gate: Gate) -> tuple[Spot, Spot]:
        """(just inside, outside) of a gate: people walk between them through the light barrier."""
        here = np.asarray(gate.position)
        a, b = self._polygon, np.roll(self._polygon, -1, axis=0)
        along = np.clip(np.sum((here - a) * (b - a), axis=1) / np.sum((b - a) ** 2, axis=1), 0.0, 1.0)
        feet = a + along[:, None] * (b - a)
        nearest = int(np.argmin(np.hypot(*(feet - here).T)))
        side = b[nearest] - a[nearest]
        out = np.array([side[1], -side[0]]) / np.hypot(*side) * math.copysign(1.0, self._signed_area())
        inner, outer = here - 0.35 * out, feet[nearest] + OUTSIDE_M * out
        return (float(inner[0]), float(inner[1])), (float(outer[0]), float(outer[1]))


def footprint(gondola: Gondola) -> Spot:
    """(width, depth) of a gondola on the floor, metres."""
    shelves = gondola.shelves
    return max(s.plates * s.plate_width for s in shelves), max(s.depth for s in shelves)


def length_of(way: list[Spot]) -> float:
    """Metres along a way."""
    return sum(math.dist(a, b) for a, b in pairwise(way))
