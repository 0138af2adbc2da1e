"""Steps of single plates -> shelf events.

A product may rest on two or three plates, and leaves them in one instant: steps of neighbouring plates whose
moments agree are one event. A step waits for neighbours that began to move before it ended and are not calm
yet, for nothing else.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from edge.keys import moment
from edge.records import Restarted, ShelfEvent, Touch
from edge.shelf.plates import BLOCK_S, PlateStep, ShelfState, leaving, mean_between
from edge.shelf.restart import coming_back, restarted

SAME_MOMENT_S = 0.35
"""Steps of one product leave their plates within this time of each other."""

NEIGHBOURS = 2
"""Plates this far apart may still carry one product (three plates, the middle one hardly)."""

BEFORE_S = 1.2
GUARD_S = 0.3
"""A quiet neighbour's level before an event is measured over `BEFORE_S`, ending `GUARD_S` before it began."""


Told: TypeAlias = ShelfEvent | Touch | Restarted


def gather(state: ShelfState) -> list[Told]:
    """Every event whose plates are all calm, oldest first; the others go on waiting."""
    if not state.waiting:
        return []
    told: list[Told] = []
    kept: list[PlateStep] = []
    if any(s.hidden for s in state.waiting):
        if coming_back(state):
            kept = [s for s in state.waiting if s.hidden]
            state.waiting = [s for s in state.waiting if not s.hidden]
        else:
            told += restarted(state)
    for group in _groups(state.waiting):
        if any(_held_up(state, step) for step in group):
            kept.extend(group)
        elif abs(sum(s.change_g for s in group if s.moved)) >= state.least_g:
            told.append(_event(state, [s for s in group if s.moved]))
        else:
            plates = tuple(sorted({s.plate + 1 for s in group}))
            told.append(Touch(state.shelf, min(s.began_s for s in group), max(s.calm_s for s in group), plates))
    state.waiting = kept
    return sorted(told, key=lambda e: e.began_s)


def _held_up(state: ShelfState, step: PlateStep) -> bool:
    """Whether a neighbour that may belong to this step is still moving."""
    near = slice(max(0, step.plate - NEIGHBOURS), step.plate + NEIGHBOURS + 1)
    moving = leaving(state)[near] & (state.stirred_since_s[near] < step.calm_s + SAME_MOMENT_S)
    return bool(moving.any()) and state.heard_until_s < step.settled_s + 4.0


def _together(a: PlateStep, b: PlateStep) -> bool:
    if abs(a.plate - b.plate) > NEIGHBOURS or a.plate == b.plate:
        return False
    if a.moved and b.moved:
        return abs(a.step_s - b.step_s) <= SAME_MOMENT_S or (a.hidden and b.hidden)
    return a.began_s <= b.calm_s and b.began_s <= a.calm_s


def _groups(steps: list[PlateStep]) -> list[list[PlateStep]]:
    """Steps that belong together; those that moved find each other first. A plate stands once in a group."""
    groups: list[list[PlateStep]] = []
    for step in sorted(steps, key=lambda s: (not s.moved, s.step_s, s.plate)):
        home = next(
            (
                g
                for g in reversed(groups)
                if any(_together(s, step) for s in g) and all(s.plate != step.plate for s in g)
            ),
            None,
        )
        if home is None:
            groups.append([step])
        else:
            home.append(step)
    return groups


def _event(state: ShelfState, steps: list[PlateStep]) -> ShelfEvent:
    """One event of the plates that moved; quiet neighbours are measured too, for the gram that they carried."""
    began_s, calm_s = min(s.began_s for s in steps), max(s.calm_s for s in steps)
    change_g, error_g = np.zeros(len(state.level_g)), np.zeros(len(state.level_g))
    for s in steps:
        change_g[s.plate], error_g[s.plate] = s.change_g, s.error_g
    moved = {s.plate for s in steps}
    busy = {s.plate for s in state.waiting} | {int(p) for p in np.flatnonzero(state.stirred)}
    for plate in range(min(moved) - 1, max(moved) + 2):
        if 0 <= plate < len(change_g) and plate not in busy | moved and math.isnan(state.blind_since_s[plate]):
            change_g[plate], error_g[plate] = _quiet_change(state, plate, began_s, calm_s)
    heaviest = max(steps, key=lambda s: abs(s.change_g))
    hidden = any(s.hidden for s in steps)
    haze_s = state.haze_s if hidden else 0.0
    return ShelfEvent(
        id=moment(f"{state.shelf}/{heaviest.plate + 1}", heaviest.step_s),
        shelf=state.shelf,
        began_s=began_s - haze_s,
        step_s=heaviest.step_s,
        ended_s=calm_s + haze_s,
        settled_s=max(s.settled_s for s in steps),
        plates=tuple(sorted(p + 1 for p in moved)),
        change_g=change_g,
        error_g=error_g,
        blind=hidden,
        parts=tuple(sorted((at_s, s.plate + 1, s.change_g / len(s.parts_s)) for s in steps for at_s in s.parts_s)),
    )


def _quiet_change(state: ShelfState, plate: int, began_s: float, calm_s: float) -> tuple[float, float]:
    before_g, before_error_g = mean_between(state, plate, began_s - BEFORE_S, began_s - GUARD_S)
    after_g, after_error_g = mean_between(state, plate, calm_s, state.heard_until_s - BLOCK_S)
    error_g = math.hypot(before_error_g, after_error_g)
    return (after_g - before_g, error_g) if math.isfinite(error_g) else (0.0, 0.0)
