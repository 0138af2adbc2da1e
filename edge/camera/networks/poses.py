"""From the joints of bodies to heads, hands, elbows and feet in a picture.

Enters: what pose networks say, `Poses`: bodies of the 17 joints of COCO (https://cocodataset.org/#keypoints-2020), in
pixels, from one look at a picture or from several. Leaves: one `Poses` of what several looks agree on (`agreed`), and
where the things stand that Tebura goes by, as `Things`.

*Middle of the skull.* Networks put no joint there. Ears lie beside it, eyes and nose before it, so ears count most.
*Hands.* A wrist is not the hand: that is a third of a forearm beyond it. *Sizes* of boxes are those of balls as large
as `edge.camera.networks.form` says, by the longest of what a body shows of its shoulders and flanks. They are good for
telling two things apart and for covering a head, not for distances: those come from the joints themselves
(`edge.camera.bodies`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

JOINTS: Final = 17
FACE: Final = slice(0, 5)
"""Nose, left and right eye, left and right ear."""
EARS: Final = [3, 4]
"""Left and right, as the person has them; so are the others."""
SHOULDERS: Final = [5, 6]
ELBOWS: Final = [7, 8]
WRISTS: Final = [9, 10]
HIPS: Final = [11, 12]
ANKLES: Final = [15, 16]

SKULL: Final = np.array([0.3, 0.3, 0.3, 1.0, 1.0])
"""What each joint of the face counts for the middle of the skull."""
BEYOND: Final = 0.33
"""A hand's middle is so many forearms beyond the wrist."""
SHOULDERS_M: Final = 0.36
"""From shoulder to shoulder, joints of grown-ups …"""
FLANK_M: Final = 0.50
"""… and from a shoulder to its hip."""
SAME_BODY: Final = 0.5
"""Two bodies whose heads are no further apart than this share of the larger one's size (`sizes`) are one …"""
SAME_JOINT: Final = 0.3
"""… and so are a joint of one look and one of another."""
SAME_HAND: Final = 0.25
"""Hands of two bodies that are no further apart are one hand."""
UPPER_M: Final = 0.30
"""From a shoulder to its elbow …"""
FORE_M: Final = 0.25
"""… and on to the wrist."""
STRETCHED: Final = 1.5
"""An arm that is so many times as long as its body's size allows is hardly its own: what points at the lens is shorter,
and what is nearer to it than the shoulders somewhat longer."""
EITHERS: Final = 0.7
"""Where one arm is so nearly as sure as the other, the hand may be either's."""
LEAST_PX: Final = 2.0
"""A body has at least this size: things that are no larger cannot be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """Bodies: how sure each is, float64 (n,), and its joints (n, 17, 3): x, y in pixels, the centre of the upper left
    pixel being 0, 0, and how sure that is, all scores from 0 to 1.
    """

    scores: Array
    joints: Array

    def chosen(self, which: NDArray[np.bool_] | Indices) -> Poses:
        """Only these, in this order."""
        return Poses(self.scores[which], self.joints[which])

    def moved(self, pixels_from: Array) -> Poses:
        """The same in another picture: (2, 3), its pixels from those of this one."""
        joints = self.joints.copy()
        joints[..., :2] = joints[..., :2] @ pixels_from[:, :2].T + pixels_from[:, 2]
        return Poses(self.scores, joints)


NOBODY: Final = Poses(np.empty(0), np.empty((0, JOINTS, 3)))


def together(looks: Sequence[Poses]) -> Poses:
    """All of them."""
    return Poses(np.concatenate([p.scores for p in looks]), np.concatenate([p.joints for p in looks]))


def middles(joints: Array) -> Array:
    """The middles of skulls (n, 2), in pixels."""
    weights = SKULL * joints[:, FACE, 2] ** 2 + 1e-9
    middle: Array = (joints[:, FACE, :2] * weights[..., None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    return middle


def sizes(joints: Array) -> Array:
    """How many pixels a metre has where each body is, at least: (n,)."""
    spans = [_apart(joints, *SHOULDERS) / SHOULDERS_M]
    spans += [_apart(joints, s, h) / FLANK_M for s, h in zip(SHOULDERS, HIPS, strict=True)]
    longest: Array = np.maximum(np.max(spans, axis=0), LEAST_PX)
    return longest


def certainties(poses: Poses) -> Array:
    """How surely there is a head: that somebody is there, and that the network sees a face or an ear."""
    sure: Array = np.sqrt(poses.scores * poses.joints[:, FACE, 2].max(axis=1, initial=0.0))
    return sure


def least_body(least: float) -> float:
    """How sure of a body a network is at least where its head may be as sure as ``least`` (`certainties`)."""
    return least * least


def hands(joints: Array) -> Array:
    """Where each body's left and right hand would be, and how surely: (n, 2, 3)."""
    wrists, elbows = joints[:, WRISTS], joints[:, ELBOWS]
    beyond = wrists[..., :2] + BEYOND * (wrists[..., :2] - elbows[..., :2])
    return np.concatenate([beyond, wrists[..., 2:]], axis=2)


def surest_bodies(poses: Poses) -> Poses:
    """Without bodies that are a surer one, once more; the surest first."""
    return poses.chosen(np.array([cluster[0] for cluster in _clusters(poses)], np.intp))


def agreed(looks: Sequence[Poses]) -> Poses:
    """What several looks at one picture agree on, the surest first. A joint is where the looks that put it near the
    surest of them see it. Arms and legs are as sure as they are in the mean of *all* looks: what one of four shows is
    half as sure. That somebody is there, with a head, is as sure as the surest look says, for upside down nobody is
    found well.
    """
    if len(looks) == 1:
        return surest_bodies(looks[0])
    looks = [surest_bodies(poses) for poses in looks]
    everybody = together(looks)
    clusters = _clusters(everybody)
    if not clusters:
        return NOBODY
    px = sizes(everybody.joints)
    joints = np.stack([_joined(everybody.joints[c], float(px[c].max()), len(looks)) for c in clusters])
    return Poses(np.array([everybody.scores[c].max() for c in clusters]), joints)


def _joined(joints: Array, size_px: float, looks: int) -> Array:
    """One body (17, 3) of what several looks saw of it (m, 17, 3)."""
    weights = joints[..., 2] ** 2
    best = joints[weights.argmax(axis=0), np.arange(JOINTS), :2]
    near = np.hypot(*np.moveaxis(joints[..., :2] - best, 2, 0)) <= SAME_JOINT * SHOULDERS_M * size_px
    weights = np.where(near, weights, 0.0)
    total = weights.sum(axis=0)
    place = (joints[..., :2] * weights[..., None]).sum(axis=0) / np.maximum(total, 1e-12)[:, None]
    place = np.where(total[:, None] > 1e-12, place, best)
    sure = np.sqrt(total / looks).clip(max=1.0)
    sure[FACE] = joints[:, FACE, 2].max(axis=0)
    return np.column_stack([place, sure])


def _clusters(poses: Poses) -> list[list[int]]:
    """Which bodies are one, each cluster and within it the surest first."""
    at, px, sure = middles(poses.joints), sizes(poses.joints), certainties(poses)
    clusters: list[list[int]] = []
    for i in np.argsort(-sure, kind="stable"):
        for cluster in clusters:
            first = cluster[0]
            if np.hypot(*(at[i] - at[first])) <= SAME_BODY * SHOULDERS_M * max(px[i], px[first]):
                cluster.append(int(i))
                break
        else:
            clusters.append([int(i)])
    return clusters


def _apart(joints: Array, one: int, other: int) -> Array:
    apart: Array = np.hypot(*(joints[:, one, :2] - joints[:, other, :2]).T)
    return apart


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Where heads, hands, feet and elbows of bodies are: boxes (m, 5) of x, y, width, height and score, the surest
    first, and whose each head (m,) and each hand (m, 2) is: the body, and 0 left, 1 right.
    """

    heads: Array
    hands: Array
    feet: Array
    elbows: Array
    heads_of: Indices
    hands_of: Indices


def things(poses: Poses, sizes_m: tuple[float, float, float, float], least: float) -> Things:
    """Whatever of the bodies has a score from ``least`` on. ``sizes_m``: of heads, hands, feet and elbows."""
    joints, px = poses.joints, sizes(poses.joints)
    heads, heads_of = _boxes(middles(joints)[:, None], certainties(poses)[:, None], px * sizes_m[0], least)
    told = hands(joints)
    own = _owned(joints, told, px)
    found, hands_of = _boxes(told[..., :2], np.where(own, told[..., 2], -1.0), px * sizes_m[1], least)
    ankles = joints[:, ANKLES]
    feet, _ = _boxes(ankles[..., :2].mean(axis=1)[:, None], ankles[..., 2].min(axis=1)[:, None], px * sizes_m[2], least)
    elbows, _ = _boxes(joints[:, ELBOWS, :2], joints[:, ELBOWS, 2], px * sizes_m[3], least)
    return Things(heads, found, feet, elbows, heads_of[:, 0], hands_of)


def _boxes(at: Array, sure: Array, size: Array, least: float) -> tuple[Array, Indices]:
    """Squares around places (n, k, 2), as sure as (n, k), of sizes (n,); and which of them each is (m, 2)."""
    of = np.argwhere(sure >= least)
    of = of[np.argsort(-sure[of[:, 0], of[:, 1]], kind="stable")]
    sides = size[of[:, 0]]
    return np.column_stack([at[of[:, 0], of[:, 1]], sides, sides, sure[of[:, 0], of[:, 1]]]), of


def _owned(joints: Array, told: Array, px: Array) -> NDArray[np.bool_]:
    """Which hands (n, 2) belong to the body that says so. Where two bodies tell of one hand it is the one's whose arm
    leads there more surely: shoulder, elbow and wrist seen, and no longer than arms are. Either's stays both's.
    """
    upper, fore = joints[:, ELBOWS] - joints[:, SHOULDERS], joints[:, WRISTS] - joints[:, ELBOWS]
    lengths = np.hypot(upper[..., 0], upper[..., 1]) / UPPER_M, np.hypot(fore[..., 0], fore[..., 1]) / FORE_M
    stretched = np.maximum(np.maximum(*lengths) / px[:, None] / STRETCHED, 1.0)
    seen = np.minimum(joints[:, SHOULDERS, 2], joints[:, ELBOWS, 2]) * joints[:, WRISTS, 2]
    arms = seen / stretched**2
    bodies = np.arange(len(joints))
    apart = np.hypot(*np.moveaxis(told[:, :, None, None, :2] - told[None, None, :, :, :2], 4, 0))
    near = apart <= SAME_HAND * SHOULDERS_M * np.maximum(px[:, None], px[None, :])[:, None, :, None]
    others = near & (bodies[:, None] != bodies[None, :])[:, None, :, None]
    better = others & (EITHERS * arms[None, None] > arms[:, :, None, None])
    owned: NDArray[np.bool_] = ~better.any(axis=(2, 3))
    return owned
