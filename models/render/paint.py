"""What covers things: plain colours, cloth, labels.

Enters: points (n, 3) in a solid's own frame, metres. Leaves: colours (n, 3), float32, linear, BGR, 0…1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.render.solids import Array

Colour: TypeAlias = tuple[float, float, float]
Pattern: TypeAlias = Literal[
    "plain", "stripes", "hoops", "checks", "dots", "print", "mottled", "yoke", "tiles", "halves", "zigzag", "blotches"
]

TRAINED: tuple[Pattern, ...] = (
    *("plain", "mottled") * 4, "stripes", "hoops", "dots", "print", "halves", "zigzag", "blotches", "blotches",
)  # fmt: skip
KEPT_BACK: tuple[Pattern, ...] = (*("plain", "mottled") * 4, "checks", "checks", "yoke", "print")
"""What the people of the test pictures wear. Most people wear one colour."""

SHEET_PX = 512


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour, and a second one in a pattern of ``scale_m``; prints come off a ``sheet``, from ``at`` (pixels) on."""

    colour: Colour
    pattern: Pattern = "plain"
    second: Colour = (0.5, 0.5, 0.5)
    scale_m: float = 0.05
    sheet: Array | None = None
    at: tuple[int, int] = (0, 0)

    def colours(self, own: Array) -> Array:
        base = np.broadcast_to(np.array(self.colour, np.float32), own.shape)
        if self.pattern == "plain":
            return base
        if self.sheet is not None and self.pattern in ("print", "mottled"):
            return self._printed(base, own)
        mixed: Array = np.where(self._mask(own)[:, None], np.array(self.second, np.float32), base)
        return mixed

    def _mask(self, own: Array) -> NDArray[np.bool_]:
        """Where the second colour is: (n,)."""
        x, y, z = (own / self.scale_m).T
        match self.pattern:
            case "stripes":
                second = np.sin(x * np.pi) > 0.2
            case "hoops":
                second = np.sin(np.maximum(y, z) * np.pi) > 0.2
            case "checks":
                second = (np.sin(x * np.pi) > 0.3) ^ (np.sin((y + z) * np.pi) > 0.3)
            case "tiles":
                second = (x % 1.0 < 0.03) | (y % 1.0 < 0.03)
            case "dots":
                second = np.sin(x * np.pi) * np.sin((y + z) * np.pi) > 0.6
            case "halves":
                second = x > 0.0
            case "zigzag":
                second = np.sin((x + np.abs((y + z) % 2.0 - 1.0)) * np.pi) > 0.2
            case "blotches":
                second = np.sin(1.9 * x + 1.7 * np.sin(2.3 * y)) + np.sin(2.1 * (y + z) + 1.5 * np.sin(1.3 * x)) > 0.3
            case _:
                second = z > 0.0
        return np.asarray(second, np.bool_)

    def _printed(self, base: Array, own: Array) -> Array:
        assert self.sheet is not None
        size_px = 96.0 / max(self.scale_m, 1e-3) * 0.05 if self.pattern == "print" else 60.0
        u = (self.at[0] + own[:, 0] * size_px / 0.1).astype(np.int32) % SHEET_PX
        v = (self.at[1] + (own[:, 1] + own[:, 2]) * size_px / 0.1).astype(np.int32) % SHEET_PX
        seen = self.sheet[v, u]
        if self.pattern == "mottled":
            worn: Array = base * (0.75 + 0.5 * seen.mean(axis=1, keepdims=True))
            return worn
        return (0.35 * base + 0.65 * seen).astype(np.float32)


def a_colour(rng: np.random.Generator, lively: float = 0.5) -> Colour:
    """Any colour; ``lively`` 0: greys, 1: anything."""
    hue, saturation = rng.uniform(0, 180), 255 * lively * rng.uniform(0, 1) ** 0.7
    value = 255 * rng.uniform(0.06, 1.0)
    pixel = np.array([[[hue, saturation, value]]]).astype(np.uint8)
    b, g, r = (cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0] / 255.0) ** 2.2
    return float(b), float(g), float(r)


def a_sheet(rng: np.random.Generator) -> Array:
    """A sheet of labels, letters and shapes to print on products and shirts: (SHEET_PX, SHEET_PX, 3), linear BGR."""
    sheet = np.empty((SHEET_PX, SHEET_PX, 3), np.uint8)
    sheet[:] = rng.integers(40, 255, 3)
    for _ in range(260):
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        x, y = (int(v) for v in rng.integers(-20, SHEET_PX, 2))
        w, h = (int(v) for v in rng.integers(6, 90, 2))
        kind = rng.integers(4)
        if kind == 0:
            cv2.rectangle(sheet, (x, y), (x + w, y + h), colour, -1)
        elif kind == 1:
            cv2.ellipse(sheet, (x, y), (w // 2, h // 2), float(rng.uniform(0, 180)), 0, 360, colour, -1)
        elif kind == 2:
            letters = "".join(rng.choice(list("ABDEGKMOPRSTXYZ0358"), int(rng.integers(2, 7))))
            cv2.putText(sheet, letters, (x, y), int(rng.integers(0, 7)), float(rng.uniform(0.4, 1.6)), colour, 2)
        else:
            cv2.line(sheet, (x, y), (x + w * 2, y + h - 45), colour, int(rng.integers(1, 8)))
    return ((cv2.GaussianBlur(sheet, (0, 0), 0.8) / 255.0) ** 2.2).astype(np.float32)
