"""What a place weighs -> how many units that is.

Enters: the levels of a shelf's plates and how well they are known. Leaves: an estimate a place, with its error and with
whether it comes out even. Only where the plates were seen empty once (a profile with zeros): nobody can count by
changes alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.shelf import ShelfState
from edge.store import Facing, Store

ZERO_G = 4.0
"""How far an empty plate may read from zero some weeks after it was calibrated, a plate."""

SURE_SHARE = 0.35
"""Of a unit: an estimate whose error is larger says nothing."""

EVEN_SHARE = 0.25
EVEN_SIGMA = 3.0
"""What is left over is more than an error where it exceeds this share of a unit and this many errors."""

UNCALIBRATED = "not calibrated: nobody has seen these plates empty"
"""Why weight cannot tell where a profile, or its zeros, is missing."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A place by its weight. ``units`` is None where weight cannot tell: ``why`` says why not.

    ``left_g``: what is left over when so many units are taken away; ``odd``: more than errors explain.
    """

    facing: Facing
    mass_g: float
    units: int | None
    left_g: float
    odd: bool
    why: str = ""


def weighed(shelf: ShelfState, store: Store) -> list[Weighed]:
    """Every place of a shelf, left to right."""
    return [_place(shelf, store, f) for f in sorted(store.planogram.on(shelf.shelf), key=lambda f: (f.first, f.sku))]


def _place(shelf: ShelfState, store: Store, facing: Facing) -> Weighed:
    rows = slice(facing.first - 1, facing.last)
    mass_g = float(shelf.level_g[rows].sum())
    why = _why_not(shelf, store, facing)
    if why:
        return Weighed(facing, mass_g, None, 0.0, False, why)
    product = store.catalogue[facing.sku]
    units = max(0, round(mass_g / product.weight_g))
    span_g = float(np.abs(shelf.span_error[rows] * shelf.level_g[rows]).sum())
    zero_g = ZERO_G * math.sqrt(facing.last - facing.first + 1)
    # Units of one delivery are light or heavy together: half of their spread does not average out.
    spread_g = product.weight_sd_g * math.sqrt(units + (0.5 * units) ** 2)
    error_g = math.sqrt(span_g**2 + zero_g**2 + spread_g**2)
    left_g = mass_g - units * product.weight_g
    if error_g > SURE_SHARE * product.weight_g:
        why = f"±{error_g / product.weight_g:.1f} units: too many, or too light, to be told by weight"
        return Weighed(facing, mass_g, None, left_g, False, why)
    odd = abs(left_g) > max(EVEN_SIGMA * error_g, EVEN_SHARE * product.weight_g)
    return Weighed(facing, mass_g, units, left_g, odd)


def _why_not(shelf: ShelfState, store: Store, facing: Facing) -> str:
    conversion = store.profiles.get(shelf.shelf)
    rows = range(facing.first, facing.last + 1)
    if conversion is None or any(conversion.profile.plate[p - 1].zero is None for p in rows):
        return UNCALIBRATED
    if not math.isfinite(shelf.heard_until_s):
        return "the shelf has said nothing yet"
    if any(p in shelf.blind for p in rows):
        return "a plate cannot be read"
    if any(bool(shelf.stirred[p - 1]) for p in rows):
        return "a plate is moving"
    others = {f.sku for f in store.planogram.on(shelf.shelf) if f.first <= facing.last and facing.first <= f.last}
    if len(others) > 1:
        return "several products share these plates"
    return ""
