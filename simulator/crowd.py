"""A crowd: nobody walks through anybody.

Enters: everybody's plan. Leaves: how far each steps aside at each time (`Body.aside`). People push each other softly
and drift back to their way, so two who want the same shelf stand shoulder to shoulder, near enough for cameras to
see one of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.floorplan import FloorPlan
from simulator.people import Body

TICK_S = 0.05
SHOULDERS_M = 0.45
"""People keep their heads so far apart, and give way when they cannot."""
BACK_S = 0.7
"""How fast people return to their way."""
PUSH_1_S = 4.0
GONDOLA_M = 0.12


def step_aside(bodies: list[Body], floor: FloorPlan) -> None:
    """Work out everybody's `Body.aside`, in place."""
    if len(bodies) < 2:
        return
    start = min(b.came_s for b in bodies)
    end = max(b.knots[-1][0] if b.gone_s == np.inf else b.gone_s for b in bodies)
    times = np.arange(start, end + TICK_S, TICK_S)
    ways = np.stack([b.middle(times) for b in bodies])
    moving = np.stack([np.hypot(*(b.middle(times + 0.1) - b.middle(times)).T) > 0.03 for b in bodies])
    here = np.stack([(times >= b.came_s) & (times < b.gone_s) for b in bodies])
    aside = np.zeros_like(ways)
    offset = np.zeros((len(bodies), 2))
    for i in range(len(times)):
        present = np.flatnonzero(here[:, i])
        offset *= 1 - TICK_S / BACK_S
        if len(present) > 1:
            at = ways[present, i] + offset[present]
            push = _pushes(at)
            if push.any():
                moved = at + push * (PUSH_1_S * TICK_S)
                moved += _handed(push) * 0.012 * moving[present, i, None]
                stays = floor.clearance(moved) >= np.minimum(GONDOLA_M, floor.clearance(at))
                offset[present] += np.where(stays[:, None], moved - at, 0.0)
        aside[:, i] = offset
    for body, offsets in zip(bodies, aside, strict=True):
        body.aside = times, _within(body, times, offsets, floor)


def _pushes(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each (n, 2) would have to move to be `SHOULDERS_M` from everybody."""
    gap = at[:, None] - at[None]
    apart = np.hypot(gap[..., 0], gap[..., 1])
    np.fill_diagonal(apart, np.inf)
    near = np.clip(SHOULDERS_M - apart, 0.0, None)
    push: NDArray[np.float64] = np.sum(gap / np.maximum(apart, 0.02)[..., None] * near[..., None], axis=1)
    return push


def _handed(push: NDArray[np.float64]) -> NDArray[np.float64]:
    """People who meet head-on pass each other on the left."""
    size = np.hypot(*push.T)[:, None]
    side: NDArray[np.float64] = np.column_stack([push[:, 1], -push[:, 0]]) / np.maximum(size, 1e-9) * (size > 0)
    return side


def _within(
    body: Body, times: NDArray[np.float64], offsets: NDArray[np.float64], floor: FloorPlan
) -> NDArray[np.float64]:
    """Offsets that do not push somebody into a gondola: halved until they fit."""
    way = body.middle(times)
    for _ in range(4):
        inside = floor.clearance(way + offsets) < GONDOLA_M
        if not inside.any():
            break
        offsets = np.where(inside[:, None], offsets / 2, offsets)
    inside = floor.clearance(way + offsets) < GONDOLA_M
    return np.where(inside[:, None], 0.0, offsets)
