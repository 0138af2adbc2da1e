"""What hands do at a shelf: find a place, reach in, press on plates before they lift, and set them ringing.

The strokes that behaviours are painted with. Enters: the stage, a place, a moment, chance. Leaves: forces on plates
and arms on their way.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.forces import Grams, Press, Step, hill_over
from simulator.grammar import Deed, Place
from simulator.people import Body
from simulator.stage import Stage

WRIST_SHORT_M = 0.08
"""A wrist stays so far short of what the fingers hold."""


def reach_of(stage: Stage, deed: Deed, body: Body | None = None) -> tuple[str, float]:
    """(shelf, x) of the place that a line names; the middle of a shelf, the nearest facing of a product."""
    word = deed.place() or deed.words.get("target")
    if isinstance(word, str) and body is not None:
        found = nearest(stage, body, word)
        if found is not None:
            return found
        facing = next(f for f in stage.store.planogram.facings if f.sku == word)
        word = Place(facing.shelf, facing.first, facing.last)
    if not isinstance(word, Place):
        raise TypeError(f"line {deed.line} names no place")
    last = word.last if word.first else stage.store.layout.shelf(word.shelf).plates
    return word.shelf, stage.centre(word.shelf, (max(1, word.first) + last) / 2)


def nearest(stage: Stage, body: Body, sku: str) -> tuple[str, float] | None:
    """Where somebody finds a product: at its nearest facing, and where others left it only when that is empty."""
    found = stage.stock.places(sku)
    proper = {f.shelf for f in stage.store.planogram.facings if f.sku == sku}
    found = [f for f in found if f[0] in proper] or found
    if not found:
        return None
    return min(found, key=lambda f: math.dist(body.spot, stage.floor.stand(*f)))


def struck(at_s: float, change: Grams, over_s: float, rng: np.random.Generator, held: float = 0.0) -> Step:
    """A step of the plates: heavier loads ring slower and longer."""
    heavy = min(1.0, float(np.abs(change).sum()) / 1000)
    hz = 14.5 - 3.5 * heavy + rng.uniform(-1.0, 1.0)
    return Step(at_s, change, over_s, hz, rng.uniform(0.07, 0.2), rng.uniform(0.06, 0.11) + 0.04 * heavy, held)


def fumble(stage: Stage, shelf: str, load: Grams, at_s: float, rng: np.random.Generator) -> None:
    """The hand takes hold: it presses on the plates (or already lifts a little) just before the step."""
    force = float(np.clip(rng.lognormal(4.2, 0.8), 15, 500)) * (1.0 if rng.random() < 0.8 else -0.3)
    if force < 0:
        force = -min(-force, 0.5 * float(load.sum()))
    for_s = rng.uniform(0.2, 0.45)
    press = Press(at_s - for_s - rng.uniform(-0.05, 0.25), for_s, load / load.sum() * force, 0.2, rng.uniform(0, 6))
    stage.forces[shelf].append(press)


def brush(
    stage: Stage,
    shelf: str,
    x_m: float,
    at_s: float,
    rng: np.random.Generator,
    for_s: float = 0.0,
    force_g: float = 0.0,
) -> None:
    """A hand or a sleeve on a plate near ``x_m``, which moves nothing."""
    board = stage.store.layout.shelf(shelf)
    centre = x_m / board.plate_width + 0.5 + rng.normal(0.0, 0.7 if force_g else 2.0)
    force = hill_over(board.plates, float(np.clip(centre, 1, board.plates)), rng.uniform(0.3, 0.7))
    force *= force_g or float(np.clip(rng.lognormal(4.6, 0.8), 20, 500))
    stage.forces[shelf].append(Press(at_s, for_s or rng.uniform(0.25, 0.6), force, 0.25, rng.uniform(0, 6)))


def stretch(
    stage: Stage, body: Body, shelf: str, x_m: float, y_m: float, at_s: float, until_s: float, rng: np.random.Generator
) -> None:
    """The wrist goes into the shelf, a little short of what the fingers hold and a little above the board."""
    x_m, y_m = x_m + rng.normal(0.0, 0.025), max(-0.05, min(0.3, y_m) - WRIST_SHORT_M + rng.normal(0.02, 0.03))
    body.reach(at_s, until_s, stage.above(shelf, x_m, y_m, rng.uniform(0.06, 0.16)))
