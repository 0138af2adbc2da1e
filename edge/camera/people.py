"""From boxes in a picture to people in the shop.

Enters: one frame's `Detections` and the camera's `View`. Leaves: people in the store frame, each with a head and the
hands that were seen. One picture does not say how far away a thing is; three things together do: how large it is (a box
is the image of a ball of known size), how tall people are, and that they mostly stand above their feet. Each head is
weighed at every height that a head can have, with and without each pair of feet, and the pairing that explains the
picture best is taken. Hands then go to whom their arms belong (`edge.camera.hands`). Where a pose network found joints,
they say how far away somebody is, and whose a hand is (`edge.camera.bodies`).

One fixed height for everybody, as ceiling systems often have it, puts somebody who is 12 cm smaller 16 cm elsewhere
when they stand two metres aside of a lens at 3 m, and a child half a metre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge.camera.bodies import across, by_joints, hands_of
from edge.camera.detect import Bodies, Detections
from edge.camera.hands import given
from edge.camera.networks.form import SIZES_M
from edge.camera.rays import along, filled, judged, placed, total
from edge.optics import View
from edge.records import PersonSeen

Array = NDArray[np.float64]

HEIGHTS_M = np.arange(0.36, 2.06, 0.03)
"""Where the middle of a head can be, above the floor."""
STATURES = ((0.66, 1.54, 0.10), (0.10, 1.10, 0.16), (0.24, 1.20, 0.27))
"""(share, mean, standard deviation) of head heights, metres: grown-ups who stand, children, who crouches or bends."""
_PRIOR = np.log(sum(share / sd * np.exp(-0.5 * ((HEIGHTS_M - mean) / sd) ** 2) for share, mean, sd in STATURES))
HEAD_SIZE_SD = 0.08
"""Of the logarithm of a head's distance by its size."""
UNPLACED_M = 0.15
"""Whose place along the floor is known no better (standard deviation) is not told. At the far edge of a picture a head
may be anywhere on two metres of its ray; the camera above it knows, a guess beside that looks like somebody else."""
OVER_FEET = ((0.72, 0.08), (0.28, 0.22))
"""(share, standard deviation in metres, each way) of how far beside the feet a head is: upright, bent."""
NO_FEET = 0.15
"""Density of a head whose feet were not seen, against that of one whose feet may be anywhere within two metres."""


def people(found: Detections, view: View) -> list[PersonSeen]:
    """Everybody whose head was found, and whose place is known."""
    if not len(found.heads):
        return []
    if found.bodies is not None:
        return _posed(found, found.bodies, view)
    kinds = {"head": found.heads, "feet": found.feet, "hand": found.hands, "elbow": found.elbows}
    sizes_m = np.repeat([SIZES_M[name] for name in kinds], [len(boxes) for boxes in kinds.values()])
    rays, by_size = judged(np.vstack(list(kinds.values())), sizes_m, view)
    count, arms = len(found.heads), len(found.heads) + len(found.feet)
    points, far = along(rays[:count], view, HEIGHTS_M)
    weights = _PRIOR - 0.5 * filled((np.log(far) - by_size[:count, None]) / HEAD_SIZE_SD) ** 2
    weights = _over_feet(weights, points, along(rays[count:arms], view, [0.0])[0][:, 0, :2])
    heads, off_m = placed(weights, points)
    heads[off_m > UNPLACED_M] = np.nan
    return _told(heads, off_m, given(heads, found, rays[arms:], by_size[arms:], view), found)


def _posed(found: Detections, bodies: Bodies, view: View) -> list[PersonSeen]:
    """The same where joints say how far everybody is, and whose hands are whose."""
    rays, joints = view.rays(found.heads[:, :2]), bodies.joints[bodies.heads]
    points, _ = along(rays, view, HEIGHTS_M)
    heads, off_m = placed(_PRIOR + by_joints(joints, points, HEIGHTS_M, view), points)
    off_m = np.hypot(off_m, across(rays))
    heads[off_m > UNPLACED_M] = np.nan
    rows = {int(body): row for row, body in enumerate(bodies.heads)}
    theirs = [(rows[int(body)], side) for body, side in bodies.hands if int(body) in rows]
    hands = hands_of(joints, heads, np.array(theirs, np.intp).reshape(-1, 2), view)
    return _told(heads, off_m, hands, found)


def _told(heads: Array, off_m: Array, hands: list[list[Array]], found: Detections) -> list[PersonSeen]:
    """Whoever has a place."""
    return [
        PersonSeen(
            head=(float(x), float(y), float(z)),
            hands=tuple((float(a), float(b), float(c)) for a, b, c in hands[i]),
            score=float(found.heads[i, 4]),
            error_m=float(off_m[i]),
        )
        for i, (x, y, z) in enumerate(heads)
        if np.isfinite(x)
    ]


def _over_feet(weights: Array, points: Array, feet: Array) -> Array:
    """The same log-weights (heads, heights), with those feet, at (n, 2) of the floor, that explain the picture best
    taken into account.
    """
    if not len(feet):
        return weights
    beside = ((points[:, None, :, :2] - feet[None, :, None, :]) ** 2).sum(axis=3)
    with np.errstate(under="ignore"):
        density = sum(share / sd**2 * np.exp(-0.5 * beside / sd**2) for share, sd in OVER_FEET)
    together = weights[:, None, :] + np.log(np.maximum(filled(density), 1e-12))
    gain = total(together) - total(weights)[:, None] - np.log(NO_FEET)
    rows, columns = linear_sum_assignment(filled(np.maximum(gain, 0.0)), maximize=True)
    paired = weights.copy()
    for i, j in zip(rows, columns, strict=True):
        if gain[i, j] > 0.0:
            paired[i] = together[i, j]
    return paired
