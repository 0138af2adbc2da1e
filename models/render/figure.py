"""A person as solids: a posture dressed in somebody's looks.

Enters: a `Posture` (where head, hips, feet and hands are), `Looks` (build, skin, hair, dress, what is carried). Leaves:
solids with their paint, each owned by the head, a hand or the rest of this person. Proportions are those of adults
(Drillis & Contini 1966, shares of the body height); children have larger heads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from models.render.film import Painted
from models.render.hand import PALM_M, Grip, hand, palm_faces
from models.render.paint import Colour, Paint
from models.render.solids import Array, Box, Ellipsoid, Limb, along, upright

HEAD, LEFT, RIGHT, REST = 1, 2, 3, 0
"""What an owner's last digit says."""
PARTS = 4

STRETCH = 1.12
"""Arms are not longer than this times what the build says: the shoulders follow."""

Hair = Literal["short", "bald", "long", "bun", "cap", "hat", "hood", "scarf"]
Burden = Literal["none", "backpack", "tote", "basket", "box"]


class Posture(NamedTuple):
    """Where somebody's parts are, store frame, metres: (3,), feet and wrists (2, 3), the left one first."""

    head: Array
    hips: Array
    feet: Array
    wrists: Array
    heading: float


@dataclass(frozen=True, slots=True)
class Looks:
    """Who somebody is to a camera."""

    height_m: float
    width: float
    """Of the trunk: 1 is ordinary."""
    skin: Colour
    hair: Hair
    hair_paint: Paint
    top: Paint
    sleeves: Literal["long", "short", "none"]
    bottom: Paint
    skirt_m: float
    """How far it reaches below the hips; 0: trousers."""
    shoes: Paint
    coat: bool
    burden: Burden
    burden_paint: Paint
    held: tuple[Paint | None, Paint | None] = (None, None)
    """What is in the left and in the right hand."""
    held_m: tuple[float, float, float] = (0.07, 0.05, 0.10)
    gloves: Paint | None = None
    grips: tuple[Grip, Grip] = (Grip(), Grip())
    """How the left and the right hand are held."""


def figure(posture: Posture, looks: Looks, person: int) -> list[Painted]:
    """All of somebody; ``person`` counts from 1."""
    bones = _bones(posture, looks)
    owner = person * PARTS
    return [
        *_head(posture, looks, bones, owner + HEAD),
        *_trunk(posture, looks, bones, owner),
        *_arm(posture, looks, bones, 0, owner),
        *_arm(posture, looks, bones, 1, owner),
        *_legs(posture, looks, bones, owner),
        *_burden(posture, looks, bones, owner),
    ]


def upright_posture(
    head: Array, middle: Array, wrists: Array, heading: float, stride_m: float, height_m: float
) -> Posture:
    """The posture of somebody of whom one knows the head (3,), where they stand (2,), and the wrists (2, 3).

    The trunk is as long as it is; what the head is lower than that, the knees give way; what it is aside, the hips make
    up for a third of it on the other side.
    """
    axes, trunk = upright(heading), 0.405 * height_m
    aside = head[:2] - middle
    hips = np.array([*(middle - aside / 3), 0.0], np.float32)
    hips[2] = head[2] - math.sqrt(max((0.4 * trunk) ** 2, trunk**2 - float(((head[:2] - hips[:2]) ** 2).sum())))
    ground = np.array([*middle, 0.0], np.float32)
    apart, step = axes[0] * (0.1 * height_m / 1.7), axes[1] * (stride_m / 2)
    feet = np.stack([ground - apart + step, ground + apart - step])
    return Posture(head.astype(np.float32), hips, feet.astype(np.float32), wrists.astype(np.float32), heading)


def elbow(posture: Posture, looks: Looks, side: int) -> Array:
    """Where the arm bends (3,)."""
    return _elbow(posture, looks, _bones(posture, looks), side)


def palm(posture: Posture, looks: Looks, side: int) -> Array:
    """The middle of a hand (3,): on from the wrist in the direction of the forearm."""
    return _beyond(elbow(posture, looks, side), posture.wrists[side], PALM_M * looks.height_m / 1.7)


class _Bones(NamedTuple):
    neck: Array
    shoulders: Array
    """(2, 3)"""
    spine: Array
    """From the hips to the head, unit vector."""
    right: Array
    front: Array
    scale: float


def _bones(posture: Posture, looks: Looks) -> _Bones:
    spine = posture.head - posture.hips
    spine = spine / np.linalg.norm(spine)
    axes = upright(posture.heading)
    scale = looks.height_m / 1.7
    neck = posture.head - spine * (0.20 * scale)
    half = 0.175 * scale * (0.6 + 0.4 * looks.width)
    shoulders = np.stack([neck - axes[0] * half, neck + axes[0] * half]) - spine * (0.06 * scale)
    for side in (0, 1):
        # A shoulder goes after an arm that is stretched out.
        way = posture.wrists[side] - shoulders[side]
        far = float(np.linalg.norm(way))
        spare = far - STRETCH * 0.332 * looks.height_m
        if spare > 0:
            shoulders[side] += way / far * min(spare, 0.14)
    return _Bones(neck, shoulders.astype(np.float32), spine, axes[0], axes[1], scale)


def _head(posture: Posture, looks: Looks, bones: _Bones, owner: int) -> list[Painted]:
    centre, s = posture.head, min(1.05, 0.55 + 0.45 * bones.scale)
    axes = along(bones.spine, bones.right)
    back, up = -axes[1] * s, axes[2] * s
    skin, hair = Paint(looks.skin), looks.hair_paint
    half = np.array([0.075, 0.095, 0.115], np.float32) * s
    parts = [Painted(Ellipsoid(centre, half, axes), skin, owner)]
    parts.append(Painted(Ellipsoid(centre - back * 0.095 - up * 0.02, half * 0.17, axes), skin, owner))

    def ball(at: Array, wide: float, deep: float, high: float, paint: Paint = hair) -> None:
        parts.append(Painted(Ellipsoid(at, np.array([wide, deep, high], np.float32) * s, axes), paint, owner))

    match looks.hair:
        case "short" | "bun" | "long":
            ball(centre + back * 0.018 + up * 0.022, 0.082, 0.096, 0.108)
        case "cap" | "hat":
            ball(centre + up * 0.035, 0.088, 0.106, 0.095)
        case "hood" | "scarf":
            ball(centre + back * 0.02 + up * 0.012, 0.096, 0.104, 0.13)
        case "bald":
            pass
    if looks.hair == "bun":
        ball(centre + back * 0.09 + up * 0.06, 0.045, 0.045, 0.045)
    elif looks.hair == "long":
        ball(centre + back * 0.065 - up * 0.10, 0.085, 0.05, 0.15)
    elif looks.hair == "cap":
        ball(centre - back * 0.10 + up * 0.035, 0.065, 0.08, 0.012)
    elif looks.hair == "hat":
        ball(centre + up * 0.04, 0.155, 0.165, 0.012)
    return parts


def _trunk(posture: Posture, looks: Looks, bones: _Bones, owner: int) -> list[Painted]:
    s, wide = bones.scale, looks.width
    axes = along(bones.spine, bones.right)
    middle = (bones.shoulders[0] + bones.shoulders[1]) / 2
    chest, belly = middle * 0.72 + posture.hips * 0.28, middle * 0.25 + posture.hips * 0.75
    thick = 1.18 if looks.coat else 1.0

    def part(at: Array, half: tuple[float, float, float], paint: Paint) -> Painted:
        return Painted(Ellipsoid(at, np.array(half, np.float32) * s * thick, axes), paint, owner)

    return [
        Painted(Limb(bones.shoulders[0], bones.shoulders[1], 0.066 * s * thick, 0.066 * s * thick), looks.top, owner),
        Painted(Limb(bones.neck, posture.head, 0.055 * s, 0.05 * s), Paint(looks.skin), owner),
        part(chest, (0.165 * wide, 0.115 * wide, 0.21), looks.top),
        part(belly, (0.155 * wide, 0.12 * wide**1.6, 0.19), looks.top),
        part(posture.hips, (0.165 * wide, 0.125 * wide, 0.13), looks.top if looks.coat else looks.bottom),
    ]


def _elbow(posture: Posture, looks: Looks, bones: _Bones, side: int) -> Array:
    shoulder, wrist = bones.shoulders[side], posture.wrists[side]
    upper, fore = 0.186 * looks.height_m, 0.146 * looks.height_m
    way = wrist - shoulder
    far = float(np.linalg.norm(way))
    straight = way / max(far, 1e-6)
    longer = max(1.0, far / (upper + fore))
    upper, fore = upper * longer, fore * longer
    along_m = (far * far + upper * upper - fore * fore) / (2 * max(far, 1e-6))
    off_m = math.sqrt(max(0.0, upper * upper - along_m * along_m))
    pole = bones.right * (-0.5 if side == 0 else 0.5) - bones.front * 0.35 + np.array([0.0, 0.0, -0.8], np.float32)
    pole = pole - straight * float(pole @ straight)
    pole = pole / max(float(np.linalg.norm(pole)), 1e-6)
    bend: Array = (shoulder + straight * along_m + pole * off_m).astype(np.float32)
    return bend


def _beyond(start: Array, end: Array, far_m: float) -> Array:
    way = end - start
    on: Array = (end + way / max(float(np.linalg.norm(way)), 1e-6) * far_m).astype(np.float32)
    return on


def _arm(posture: Posture, looks: Looks, bones: _Bones, side: int, owner: int) -> list[Painted]:
    s = bones.scale
    shoulder, wrist = bones.shoulders[side], posture.wrists[side]
    bend = _elbow(posture, looks, bones, side)
    skin = Paint(looks.skin)
    thick = s * (0.85 + 0.25 * looks.width) * (1.2 if looks.coat else 1.0)
    upper = looks.top if looks.sleeves != "none" else skin
    lower, cuff_m = (looks.top, 0.034) if looks.sleeves == "long" else (skin, 0.027)
    axes, grip = along(wrist - bend, bones.right), looks.grips[side]
    parts = [
        Painted(Limb(shoulder, bend, 0.055 * thick, 0.045 * thick), upper, owner),
        Painted(Limb(bend, wrist, 0.043 * thick, cuff_m * thick), lower, owner),
        *hand(wrist, axes, s, side == 0, grip, looks.gloves or skin, owner + (LEFT if side == 0 else RIGHT)),
    ]
    held = looks.held[side]
    if held is not None:
        size = np.array(looks.held_m, np.float32)
        at = _beyond(bend, wrist, (PALM_M + 0.03) * s) + palm_faces(axes, side == 0, grip) * (0.02 + size[1] / 2)
        parts.append(Painted(Box(at - (size / 2) @ axes, size, axes), held, owner))
    return parts


def _legs(posture: Posture, looks: Looks, bones: _Bones, owner: int) -> list[Painted]:
    s, wide = bones.scale, 0.8 + 0.2 * looks.width
    axes = upright(posture.heading)
    parts = []
    for side, foot in enumerate(posture.feet):
        hip = posture.hips + bones.right * (-0.085 if side == 0 else 0.085) * s
        ankle = foot + np.array([0.0, 0.0, 0.08], np.float32) * s
        way = ankle - hip
        far, bone = float(np.linalg.norm(way)), 0.245 * looks.height_m
        out = math.sqrt(max(0.0, bone * bone - far * far / 4))
        knee = (hip + ankle) / 2 + bones.front * out
        paint = looks.bottom if looks.skirt_m == 0.0 else Paint(looks.skin)
        parts.append(Painted(Limb(hip, knee, 0.088 * s * wide, 0.06 * s), paint, owner))
        parts.append(Painted(Limb(knee, ankle, 0.058 * s, 0.042 * s), paint, owner))
        toe = foot + axes[1] * 0.06 * s + np.array([0, 0, 0.04], np.float32) * s
        parts.append(Painted(Ellipsoid(toe, np.array([0.045, 0.13, 0.045], np.float32) * s, axes), looks.shoes, owner))
    if looks.skirt_m:
        middle = (posture.feet[0] + posture.feet[1]) / 2
        way = middle - posture.hips
        hem = posture.hips + way * np.float32(min(0.9, looks.skirt_m / max(0.2, float(np.linalg.norm(way)))))
        parts.append(Painted(Limb(posture.hips, hem, 0.14 * s * wide, 0.2 * s * wide), looks.bottom, owner))
    return parts


def _burden(posture: Posture, looks: Looks, bones: _Bones, owner: int) -> list[Painted]:
    s, paint = bones.scale, looks.burden_paint
    axes = along(bones.spine, bones.right)
    match looks.burden:
        case "backpack":
            at = bones.neck - bones.spine * 0.24 * s - bones.front * 0.2 * s
            half = np.array([0.15, 0.10, 0.21], np.float32) * s
            return [Painted(Ellipsoid(at, half, axes), paint, owner)]
        case "tote":
            shoulder = bones.shoulders[1]
            bag = shoulder + bones.right * 0.1 - np.array([0, 0, 0.62], np.float32) * s
            size = np.array([0.11, 0.34, 0.32], np.float32) * s
            strap = Limb(shoulder, bag + np.array([0, 0, 0.3], np.float32) * s, 0.012, 0.012)
            box = Box(bag - axes[0] * size[0] / 2 - bones.front * size[1] / 2, size, upright(posture.heading))
            return [Painted(box, paint, owner), Painted(strap, paint, owner)]
        case "basket":
            return _basket(posture.wrists[0], upright(posture.heading), paint, owner)
        case "box":
            middle = (posture.wrists[0] + posture.wrists[1]) / 2
            size = np.array([0.3, 0.22, 0.2], np.float32) * s
            turned = upright(posture.heading)
            return [Painted(Box(middle - (size / 2) @ turned, size, turned), paint, owner)]
        case _:
            return []


def _basket(grip: Array, axes: Array, paint: Paint, owner: int) -> list[Painted]:
    """A shopping basket that hangs from a hand: its sides, what is in it, its handle."""
    size = np.array([0.28, 0.42, 0.2], np.float32)
    corner = grip - axes[2] * 0.3 - axes[0] * (size[0] / 2) - axes[1] * (size[1] / 2)
    inside = Box(
        corner + np.array([0.02, 0.02, 0.19], np.float32) @ axes, np.array([0.24, 0.38, 0.02], np.float32), axes
    )
    handles = [Limb(grip, grip + axes[1] * way - axes[2] * 0.1, 0.01, 0.01) for way in (-0.2, 0.2)]
    dark = Paint((0.05, 0.05, 0.05), "checks", paint.colour, 0.03)
    return [
        Painted(Box(corner, size, axes), paint, owner),
        Painted(inside, dark, owner, 0.8),
        *(Painted(handle, paint, owner) for handle in handles),
    ]
