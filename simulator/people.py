"""People: bodies that walk, stand, crouch and reach.

Enters: a person's plan, told as the play goes on (`walk`, `face`, `reach`). Leaves: head and wrists at any times asked
for. A plan is a list of knots and reaches, so a pose is a function of time and cameras may ask in any order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.records import Point
from simulator.chance import stream
from simulator.floorplan import Spot

Times: TypeAlias = NDArray[np.float64]

SWAY_M = 0.015
LEAN_M = 0.16
"""How far a head goes towards the shelf when the arm is out."""
EASY_M = 0.80
"""Hands lower than this make people crouch."""
TO_REACH_S = 0.65
"""From the side of the body to the product."""
BACK_S = 0.55


@dataclass(frozen=True, slots=True)
class Reach:
    """A wrist goes to ``target``, is there from ``at_s`` to ``until_s``, and comes back."""

    hand: int
    at_s: float
    until_s: float
    target: Point

    @property
    def span(self) -> tuple[float, float]:
        return self.at_s - TO_REACH_S, self.until_s + BACK_S


@dataclass(slots=True)
class Pose:
    """Where a body is: ``head`` (n, 3), ``wrists`` (2, n, 3), ``here`` (n,): is it in the shop at all?

    ``busy`` (2, n): how far each arm is out, 0 beside the body, 1 at its target. ``middle`` (n, 2): between the feet.
    ``heading`` (n,): where it faces, radians. ``stride`` (n,): how far the left foot is before the right one, metres.
    """

    head: Times
    wrists: Times
    busy: Times
    here: NDArray[np.bool_]
    middle: Times
    heading: Times
    stride: Times


@dataclass(slots=True)
class Body:
    """One person's body and plan. ``free_s``: from when on they can do something else."""

    name: str
    visit: int
    height_m: float
    speed_m_s: float
    favours: int = 0
    """The hand that is used when both are free."""
    free_s: float = 0.0
    spot: Spot = (0.0, 0.0)
    gone_s: float = math.inf
    knots: list[tuple[float, float, float]] = field(default_factory=list)
    """(time, x, y), times ascending: between two knots people go straight."""
    faces: list[tuple[float, float]] = field(default_factory=list)
    """(time, heading in radians): which way they look while they stand."""
    reaches: list[Reach] = field(default_factory=list)
    aside: tuple[Times, Times] | None = None
    """(times (n,), offsets (n, 2)): how others make them step aside, see `simulator.crowd`."""
    phase: Times = field(default_factory=lambda: np.zeros(8))

    # --- the plan ---

    def appear(self, at_s: float, spot: Spot) -> None:
        self.knots.append((at_s, *spot))
        self.spot, self.free_s = spot, at_s

    @property
    def came_s(self) -> float:
        return self.knots[0][0]

    def walk(self, way: list[Spot], leave_s: float, speed: float = 0.0) -> float:
        """Stand until ``leave_s``, then walk; returns when they arrive."""
        at_s = max(leave_s, self.knots[-1][0])
        self.knots.append((at_s, *self.spot))
        for a, b in pairwise(way):
            at_s += math.dist(a, b) / (speed or self.speed_m_s)
            self.knots.append((at_s, *b))
        self.spot = way[-1]
        return at_s

    def stay(self, until_s: float) -> None:
        """Nothing else before ``until_s``."""
        self.free_s = max(self.free_s, until_s)

    def face(self, at_s: float, heading: float) -> None:
        self.faces.append((at_s, heading))

    def reach(self, at_s: float, until_s: float, target: Point) -> Reach:
        """Stretch out the arm that is free at that time, or will be first."""
        busy = [max((r.span[1] for r in self.reaches if r.hand == hand), default=-math.inf) for hand in (0, 1)]
        one, other = self.favours, 1 - self.favours
        hand = one if busy[one] <= at_s - TO_REACH_S or busy[one] <= busy[other] else other
        made = Reach(hand, at_s, until_s, target)
        self.reaches.append(made)
        return made

    # --- the pose ---

    def middle(self, at_s: Times) -> Times:
        """Where the feet are: (n, 2), store frame."""
        t, x, y = (np.asarray(v) for v in zip(*self.knots, strict=True))
        where = np.column_stack([np.interp(at_s, t, x), np.interp(at_s, t, y)])
        if self.aside is not None:
            times, offsets = self.aside
            where += np.column_stack([np.interp(at_s, times, offsets[:, i]) for i in (0, 1)])
        return where

    def pose(self, at_s: Times) -> Pose:
        where, ahead = self.middle(at_s), self.middle(at_s + 0.15)
        way = ahead - where
        pace = np.hypot(*way.T) / 0.15
        heading = np.where(pace > 0.25, np.arctan2(way[:, 1], way[:, 0]), self._facing(at_s))
        forward = np.column_stack([np.cos(heading), np.sin(heading)])
        arms = [self._arm(hand, at_s) for hand in (0, 1)]
        lean, crouch = self._bend(at_s)
        sway = SWAY_M * np.column_stack(
            [np.sin(2 * np.pi * hz * at_s + p) for hz, p in ((0.31, self.phase[0]), (0.23, self.phase[1]))]
        )
        bob = 0.02 * np.clip(pace, 0, 1) * np.sin(2 * np.pi * 1.8 * at_s + self.phase[2])
        flat = where + sway + forward * (LEAN_M * lean)[:, None]
        head = np.column_stack([flat, self.height_m - 0.11 - crouch - 0.06 * lean + bob])
        busy = np.stack([arm[0] for arm in arms])
        wrists = np.stack([self._wrist(h, at_s, arms[h], head, forward, pace, crouch) for h in (0, 1)])
        stride = 0.45 * np.clip(pace, 0, 1) * np.sin(2 * np.pi * 0.9 * at_s + self.phase[4] + np.pi)
        here = (at_s >= self.came_s) & (at_s < self.gone_s)
        return Pose(head, wrists, busy, here, where, heading, stride)

    def _facing(self, at_s: Times) -> Times:
        """The heading while standing: the last one that was told."""
        if not self.faces:
            return np.full(at_s.shape, self.phase[3])
        times = np.asarray([t for t, _ in self.faces])
        index = np.clip(np.searchsorted(times, at_s, side="right") - 1, 0, None)
        headings: Times = np.asarray([h for _, h in self.faces])[index]
        return headings

    def _arm(self, hand: int, at_s: Times) -> tuple[Times, Times]:
        """(how far the arm is out (n,), its target (n, 3)) by the reach that is furthest on its way."""
        out, target = np.zeros(at_s.size), np.zeros((at_s.size, 3))
        for reach in self.reaches:
            if reach.hand != hand or reach.span[0] >= at_s[-1] or reach.span[1] <= at_s[0]:
                continue
            going = np.minimum(
                (at_s - reach.span[0]) / TO_REACH_S,
                (reach.span[1] - at_s) / BACK_S,
            )
            part = _smooth(going)
            more = part > out
            out = np.where(more, part, out)
            target[more] = reach.target
        return out, target

    def _bend(self, at_s: Times) -> tuple[Times, Times]:
        """(lean 0…1, crouch in metres), each (n,): slower than the arm, and deep for low shelves."""
        lean, crouch = np.zeros(at_s.size), np.zeros(at_s.size)
        for reach in self.reaches:
            began, ended = reach.span[0] - 0.35, reach.span[1] + 0.35
            if began >= at_s[-1] or ended <= at_s[0]:
                continue
            part = _smooth(np.minimum((at_s - began) / 0.8, (ended - at_s) / 0.8))
            deep = min(0.55, max(0.0, 0.75 * (EASY_M - reach.target[2])))
            lean, crouch = np.maximum(lean, part), np.maximum(crouch, deep * part)
        return lean, crouch

    def _wrist(
        self, hand: int, at_s: Times, arm: tuple[Times, Times], head: Times, forward: Times, pace: Times, crouch: Times
    ) -> Times:
        """One wrist: (n, 3). Beside the body it swings with the pace; on its way it goes straight to its target."""
        out, target = arm
        side = (1 if hand == 0 else -1) * np.column_stack([-forward[:, 1], forward[:, 0]])
        swing = 0.16 * np.clip(pace, 0, 1) * np.sin(2 * np.pi * 0.9 * at_s + self.phase[4] + np.pi * hand)
        carried = 0.16 + 0.05 * np.sin(2 * np.pi * 0.17 * at_s + self.phase[5 + hand])
        rest = np.column_stack(
            [
                head[:, :2] + 0.22 * side + forward * (carried * (hand == 0) + swing)[:, None],
                0.55 * self.height_m - crouch,
            ]
        )
        wrist: Times = rest + (target - rest) * out[:, None]
        return wrist


def _smooth(x: Times) -> Times:
    """0 below 0, 1 above 1, with the slow start and end of an arm."""
    x = np.clip(x, 0.0, 1.0)
    eased: Times = x**3 * (10 - 15 * x + 6 * x**2)
    return eased


def born(name: str, visit: int, seed: int) -> Body:
    """Somebody with a height, a pace and a way of standing of their own."""
    rng = stream(seed, "person", name, visit)
    height = float(np.clip(rng.normal(1.66, 0.085), 1.45, 1.9))
    speed, hand = float(rng.uniform(0.85, 1.3)), int(rng.random() < 0.2)
    return Body(name, visit, height, speed, hand, phase=rng.uniform(0, 2 * np.pi, 8))
