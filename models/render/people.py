"""Whom a shop's camera may see: people of every build, age and dress, and what they do with their bodies.

Enters: chance, and where somebody stands. Leaves: their `Looks` and a `Posture`. The people of the test pictures wear
patterns and carry things that nobody in the training pictures does (`kept_back`).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from models.render.figure import Burden, Hair, Looks, Posture
from models.render.hand import a_grip
from models.render.paint import KEPT_BACK, TRAINED, Colour, Paint, a_colour
from models.render.solids import Array, upright

Deed = Literal["stand", "walk", "reach", "crouch", "bend", "phone", "push"]

SKINS: tuple[Colour, ...] = (
    (0.60, 0.71, 0.93), (0.47, 0.60, 0.86), (0.35, 0.48, 0.76), (0.24, 0.36, 0.62),
    (0.15, 0.24, 0.44), (0.08, 0.14, 0.29), (0.04, 0.07, 0.16),
)  # fmt: skip
"""From light to dark (after the Monk scale), linear BGR."""
HAIRS: tuple[Colour, ...] = (
    (0.01, 0.01, 0.01), (0.015, 0.02, 0.03), (0.02, 0.04, 0.09), (0.04, 0.09, 0.2), (0.13, 0.28, 0.5),
    (0.35, 0.55, 0.75), (0.04, 0.08, 0.35), (0.5, 0.5, 0.52), (0.8, 0.8, 0.8), (0.3, 0.1, 0.45),
)  # fmt: skip
REACH_OF_ARM = 0.33
"""Of the height, from the shoulder to the wrist."""


def some_looks(rng: np.random.Generator, sheet: Array, kept_back: bool = False) -> Looks:
    """Somebody; ``sheet``: what is printed on shirts and bags."""
    child = rng.random() < 0.12
    height = rng.uniform(0.95, 1.42) if child else float(np.clip(rng.normal(1.66, 0.1), 1.42, 1.98))
    hairs: tuple[Hair, ...] = (
        *("short", "short", "short", "long", "long", "bun") * 2,
        "bald",
        "cap",
        "hat",
        "hood",
        "scarf",
    )
    burdens: tuple[Burden, ...] = ("none", "none", "none", "backpack", "tote", "basket", "box")
    hair = hairs[rng.integers(len(hairs))]
    covered = hair in ("cap", "hat", "hood", "scarf")
    hair_paint = _cloth(rng, sheet, kept_back, lively=0.4) if covered else Paint(HAIRS[rng.integers(len(HAIRS))])
    skin = np.array(SKINS[rng.integers(len(SKINS))]) * rng.uniform(0.85, 1.12)
    sleeves: tuple[Literal["long", "short", "none"], ...] = ("long", "long", "short", "none")
    held = [_cloth(rng, sheet, kept_back) if rng.random() < 0.25 else None for _ in range(2)]
    return Looks(
        height_m=height,
        width=float(np.clip(rng.normal(1.0, 0.12), 0.78, 1.5)),
        skin=(float(skin[0]), float(skin[1]), float(skin[2])),
        hair=hair,
        hair_paint=hair_paint,
        top=_cloth(rng, sheet, kept_back),
        sleeves=sleeves[rng.integers(len(sleeves))],
        bottom=_cloth(rng, sheet, kept_back, lively=0.4),
        skirt_m=float(rng.uniform(0.35, 0.8)) * height / 1.7 if rng.random() < 0.2 else 0.0,
        shoes=Paint(a_colour(rng, 0.3)),
        coat=rng.random() < 0.2,
        burden=burdens[rng.integers(len(burdens))],
        burden_paint=_cloth(rng, sheet, kept_back, lively=0.8),
        held=(held[0], held[1]),
        held_m=(float(rng.uniform(0.03, 0.1)), float(rng.uniform(0.03, 0.08)), float(rng.uniform(0.06, 0.2))),
        gloves=_cloth(rng, sheet, kept_back) if rng.random() < 0.04 else None,
        grips=(a_grip(rng, held[0] is not None), a_grip(rng, held[1] is not None)),
    )


def _cloth(rng: np.random.Generator, sheet: Array, kept_back: bool, lively: float = 0.6) -> Paint:
    patterns = KEPT_BACK if kept_back else TRAINED
    at = (int(rng.integers(512)), int(rng.integers(512)))
    return Paint(a_colour(rng, lively), patterns[rng.integers(len(patterns))], a_colour(rng, lively),
                 float(rng.uniform(0.015, 0.09)), sheet, at)  # fmt: skip


def some_posture(
    rng: np.random.Generator,
    looks: Looks,
    spot: tuple[float, float],
    heading: float,
    deed: Deed,
    target: Array | None = None,
) -> Posture:
    """Somebody at ``spot`` who faces ``heading``; who reaches does so for ``target`` (3,)."""
    tall = looks.height_m
    flex, bow = _bent(rng, deed, tall, target)
    axes = upright(heading)
    right, front = axes[0], axes[1]
    ground = np.array([*spot, 0.0], np.float32)
    stride = rng.uniform(0.1, 0.32) * tall / 1.7 if deed in ("walk", "push") else rng.uniform(-0.06, 0.06)
    side = rng.uniform(0.07, 0.14) * tall / 1.7
    feet = np.stack([ground - right * side + front * stride, ground + right * side - front * stride])
    hips = ground + np.array([0, 0, 0.53 * tall * (1 - flex)], np.float32) - front * (0.22 * math.sin(bow))
    hips = hips + right * (rng.normal(0, 0.015))
    sway = rng.normal(0.0, 0.04)
    spine = front * (math.sin(bow)) + right * (sway)
    spine[2] = math.cos(bow)
    head = hips + spine / np.linalg.norm(spine) * (0.405 * tall)
    head = head + front * (rng.normal(0.02, 0.02))
    wrists = np.stack([_hand(rng, looks, head, hips, axes, hand, deed) for hand in (0, 1)])
    if deed == "reach" and target is not None:
        hands = (0, 1) if rng.random() < 0.15 else (int(rng.random() < 0.6),)
        for hand in hands:
            aim = (
                target
                + rng.normal(0, 0.03, 3).astype(np.float32)
                + right * np.float32(0.1 * (len(hands) - 1) * (hand - 0.5))
            )
            wrists[hand] += (aim - wrists[hand]) * (1.0 if rng.random() < 0.75 else rng.uniform(0.3, 1.0))
    if looks.burden == "box":
        wrists = np.stack([head + front * 0.36 * tall / 1.7 + right * w for w in (-0.15, 0.15)])
        wrists[:, 2] = hips[2] + 0.12
    return Posture(head.astype(np.float32), hips.astype(np.float32), feet.astype(np.float32), wrists.astype(np.float32),
                   heading)  # fmt: skip


def _bent(rng: np.random.Generator, deed: Deed, tall: float, target: Array | None) -> tuple[float, float]:
    """(how far the knees give way 0…1, how far the back bows in radians)."""
    match deed:
        case "crouch":
            return float(rng.uniform(0.25, 0.62)), float(rng.uniform(0.1, 0.7))
        case "bend":
            return float(rng.uniform(0.0, 0.12)), float(rng.uniform(0.5, 1.35))
        case "reach" if target is not None:
            deep = max(0.0, 0.42 * tall - float(target[2]))
            if rng.random() < 0.5:
                return min(0.55, deep / (0.62 * tall)), float(rng.uniform(0.05, 0.35))
            return min(0.1, deep), min(1.2, float(rng.uniform(0.05, 0.25)) + 1.6 * deep)
        case "push":
            return 0.0, float(rng.uniform(0.1, 0.3))
        case _:
            return float(rng.uniform(0.0, 0.03)), float(abs(rng.normal(0.0, 0.07)))


def _hand(
    rng: np.random.Generator, looks: Looks, head: Array, hips: Array, axes: Array, hand: int, deed: Deed
) -> Array:
    """Where a wrist (3,) is that does nothing in particular, or what the deed asks."""
    right, front, up = axes[0], axes[1], axes[2]
    at: Array
    side, s = (-1.0 if hand == 0 else 1.0), looks.height_m / 1.7
    shoulder: Array = head - up * (0.26 * s) + right * (side * 0.19 * s * looks.width)
    if deed == "phone" and hand == 1:
        at = head + (front * rng.uniform(0.2, 0.35) + right * 0.05 - up * rng.uniform(0.1, 0.35)) * s
        return at
    if deed == "push":
        at = shoulder + (front * 0.42 - up * 0.3) * s
        return at
    if rng.random() < 0.3:
        # Held up before the body: something is looked at, a bag, folded arms.
        across = side * rng.uniform(0.0, 0.2)
        at = shoulder + (front * rng.uniform(0.15, 0.38) - right * across - up * rng.uniform(0.1, 0.45)) * s
        return at
    swing = s * (rng.normal(0.0, 0.22) if deed == "walk" else rng.normal(0.03, 0.06))
    down = REACH_OF_ARM * looks.height_m * float(rng.uniform(0.88, 0.99))
    hangs = math.sqrt(max(0.01, down * down - swing * swing))
    at = shoulder + front * swing + right * (side * rng.uniform(0.0, 0.08) * s) - up * hangs
    return at
