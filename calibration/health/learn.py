"""What was measured of each plate's noise and drift becomes part of how the shelf weighs.

Enters: a shelf's health, and the profile in force or none. Leaves: a new profile, the old one but for ``noise_g`` and
``drift_g`` where there is enough evidence; kept by `calibration.history`, which overwrites nothing. Refuses a shelf
whose numbers mean nothing yet. Plates with a fault keep what they had: nobody wants to get used to faults.

``drift_g`` (g/√s) is how far a level wanders by itself while a stir hides it (`edge.shelf.sense` adds it to the error
of every step), so it is told with its doubt: a standard error more than what was measured, and never less than what
creep leaves behind on a good cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from calibration.health.verdict import PlateHealth, ShelfHealth
from calibration.history import keep
from edge.store import PlateProfile, ShelfProfile, Store

NOISE_FROM_S = 30.0
DRIFT_FROM_S = 180.0
"""So long a plate must have been quiet."""
DRIFT_AT_LEAST_G = 0.02
NOISE_AT_LEAST_G = 0.05


class NothingToLearn(ValueError):
    """Why nothing is written for a shelf."""


def learned(store: Store, shelf: ShelfHealth, made: datetime, by: str, of: str) -> ShelfProfile:
    """The new profile of one shelf; `NothingToLearn` with the reason."""
    if not shelf.grams:
        raise NothingToLearn("its numbers are raw. Calibrate it first: tebura calibrate shelf " + shelf.shelf)
    ill = {plate for finding in shelf.findings for plate in finding.plates}
    known = store.profiles.get(shelf.shelf)
    before = known.profile.plate if known is not None else tuple(map(_at_its_word, shelf.plates))
    plates = tuple(
        old if old.plate in ill else _learned(old, new) for old, new in zip(before, shelf.plates, strict=True)
    )
    if all(p.plate in ill or p.noise.of_s < NOISE_FROM_S for p in shelf.plates):
        raise NothingToLearn(f"no plate that is well was quiet for {NOISE_FROM_S:.0f} s")
    why = f"noise and drift learned from {of}" + (f"; else as {known.profile.name}" if known is not None else "")
    return ShelfProfile(shelf=shelf.shelf, made=made, by=by, why=why, plate=plates)


def learn(
    store: Store, folder: Path, shelves: Sequence[ShelfHealth], made: datetime, by: str, of: str
) -> tuple[list[Path], dict[str, str]]:
    """Write what was learned: the files, and shelf -> why not."""
    written, left = [], {}
    for shelf in shelves:
        try:
            profile = learned(store, shelf, made, by, of)
        except NothingToLearn as error:
            left[shelf.shelf] = str(error)
        else:
            written.append(keep(folder, profile, evidence(shelf, of)))
    return written, left


def evidence(shelf: ShelfHealth, of: str) -> dict[str, object]:
    """What the new figures rest on, for people."""
    plates = [
        {
            "plate": p.plate,
            "quiet_s": round(p.rest_s, 1),
            "noise_error_g": round(p.noise.error, 4),
            "drift_g2_per_s": round(p.wander.value, 6),
            "drift_g2_per_s_error": round(p.wander.error, 6),
        }
        for p in shelf.plates
        if math.isfinite(p.noise.error)
    ]
    heard = {"heard": of, "heard_s": round(shelf.controller.heard_s, 1), "hz": round(shelf.controller.hz, 3)}
    return {"learned": heard, "learned_plate": plates}


def _at_its_word(plate: PlateHealth) -> PlateProfile:
    """A plate of a shelf that nobody has calibrated: its numbers are grams."""
    noise_g = plate.noise.value if math.isfinite(plate.noise.value) else NOISE_AT_LEAST_G
    return PlateProfile(plate=plate.plate, channel=plate.plate, g_per_unit=1.0, noise_g=round(noise_g, 3))


def _learned(old: PlateProfile, new: PlateHealth) -> PlateProfile:
    told: dict[str, float] = {}
    if new.noise.of_s >= NOISE_FROM_S:
        told["noise_g"] = round(max(new.noise.value, NOISE_AT_LEAST_G), 3)
    if new.wander.of_s >= DRIFT_FROM_S:
        wander_g = math.sqrt(max(0.0, new.wander.value) + new.wander.error)
        told["drift_g"] = round(max(wander_g, DRIFT_AT_LEAST_G), 3)
    return old.model_copy(update=told)
