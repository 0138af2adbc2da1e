"""A hand: palm, thumb and four fingers.

Enters: where the wrist is, the axes of the forearm, how the hand is held (`Grip`), what covers it. Leaves: solids with
their paint. Lengths are those of adults' hands (Garrett 1971: 19 cm long, 8.7 cm broad, fingers 1.5 to 2 cm thick),
times ``scale``. Fingers are what tells a hand from the stump of a bare arm, which a forearm is that points at the lens.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from models.render.film import Painted
from models.render.paint import Paint
from models.render.solids import Array, Ellipsoid, Limb

PALM_M = 0.07
"""From the wrist to the middle of the hand."""
_PALM_HALF_M = (0.043, 0.017, 0.056)
"""Across, through, along."""
_KNUCKLES_M = ((0.031, 0.088), (0.010, 0.095), (-0.011, 0.091), (-0.030, 0.081))
"""From the wrist, towards the thumb and along: the index finger's first."""
_FINGERS_M = (0.072, 0.080, 0.074, 0.058)
_BENDS = (1.3, 2.7)
"""How far the first joint and the rest of a finger are bent in a fist, radians."""
_THUMB_M = (0.045, 0.035)


class Grip(NamedTuple):
    """``roll``: 0 with the palm down when the arm reaches forward, a quarter turn (radians) with the thumb up, as
    somebody shakes hands; ``curl``: 0 flat … 1 a fist; ``spread``: the angle between two fingers, radians.
    """

    roll: float = 0.8
    curl: float = 0.3
    spread: float = 0.06


def a_grip(rng: np.random.Generator, holds: bool) -> Grip:
    """A hand that does nothing in particular, or that ``holds`` something."""
    curl = rng.uniform(0.4, 0.85) if holds else min(1.0, abs(rng.normal(0.25, 0.25)))
    return Grip(float(rng.uniform(-0.3, 1.9)), float(curl), float(abs(rng.normal(0.04, 0.06))))


def palm_faces(axes: Array, left: bool, grip: Grip) -> Array:
    """Where the palm looks: a unit vector (3,). ``axes``: the rows are across, through and along the forearm."""
    turn = -grip.roll if left else grip.roll
    faces: Array = math.cos(turn) * axes[1] - math.sin(turn) * axes[0]
    return faces


def hand(wrist: Array, axes: Array, scale: float, left: bool, grip: Grip, paint: Paint, owner: int) -> list[Painted]:
    """All of a hand."""
    on, faces = axes[2], palm_faces(axes, left, grip)
    thumb = np.cross(faces, on) if left else np.cross(on, faces)
    own = np.stack([thumb, faces, on]).astype(np.float32)

    def at(*metres: float) -> Array:
        place: Array = wrist + (scale * np.array(metres, np.float32)) @ own
        return place

    def bone(start: Array, way: Array, long_m: float, thick_m: float) -> tuple[Painted, Array]:
        end = (start + way * np.float32(scale * long_m)).astype(np.float32)
        return Painted(Limb(start, end, thick_m * scale, 0.9 * thick_m * scale), paint, owner), end

    solids = [Painted(Ellipsoid(at(0.0, 0.0, 0.052), np.array(_PALM_HALF_M, np.float32) * scale, own), paint, owner)]
    for i, ((aside, far), long_m) in enumerate(zip(_KNUCKLES_M, _FINGERS_M, strict=True)):
        fan = grip.spread * (1.5 - i)
        straight = math.cos(fan) * on + math.sin(fan) * thumb
        joint = at(aside, 0.0, far)
        for bend, share in zip(_BENDS, (0.52, 0.48), strict=True):
            way = math.cos(bend * grip.curl) * straight + math.sin(bend * grip.curl) * faces
            solid, joint = bone(joint, way, share * long_m, 0.0095)
            solids.append(solid)
    joint = at(0.026, 0.004, 0.026)
    for long_m, inward in zip(_THUMB_M, (0.25, 0.25 + 0.9 * grip.curl), strict=True):
        way = 0.75 * on + 0.6 * (1.0 - 0.7 * grip.curl) * thumb + inward * faces
        solid, joint = bone(joint, way / np.linalg.norm(way), long_m, 0.0115)
        solids.append(solid)
    return solids
