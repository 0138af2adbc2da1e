"""How a camera sees, and where it hangs.

Enters: ``calibration/<camera>/<when>.toml`` of a store folder, written by ``tebura calibrate camera``; the newest
counts, and no file is ever changed, as with shelves (`edge.store.profile`). Leaves: one `CameraProfile` a camera, and
its `View`. A camera without one cannot say where people are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.optics import STRAIGHT, Distortion, Lens, View
from edge.records import Point
from edge.store.profile import read_as, stamp_of

FARTHEST_M = 1000.0
FAR_M = 30.0
LEAST_FLOOR = 0.25
"""Of the places in a camera's picture, so many have to show the floor within `FAR_M`."""
_PARTS = (0.1, 0.3, 0.5, 0.7, 0.9)

Pixels = Annotated[int, Field(ge=16, le=20_000)]
Focal = Annotated[float, Field(gt=1.0, le=1e5)]


class CameraProfile(BaseModel):
    """One camera: its lens (`edge.optics.Lens`, pixels) and its place (`edge.optics.View`, metres and radians).

    ``residual_px`` and ``residual_cm``: how far what was measured lies from where this profile puts it (root of the
    mean square), in the picture of the board and on the floor.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    camera: str
    made: AwareDatetime
    by: str = ""
    why: str = ""
    width: Pixels
    height: Pixels
    fx: Focal
    fy: Focal
    cx: Annotated[float, Field(ge=-1e5, le=1e5)]
    cy: Annotated[float, Field(ge=-1e5, le=1e5)]
    distortion: Distortion = STRAIGHT
    position: Point
    rotation: Point
    residual_px: Annotated[float, Field(ge=0.0, le=1e3)] = 0.0
    residual_cm: Annotated[float, Field(ge=0.0, le=1e3)] = 0.0

    @model_validator(mode="after")
    def _looks_down(self) -> CameraProfile:
        if self.position[2] <= 0.0:
            raise ValueError(f"position: it hangs {-self.position[2]:g} m below the floor")
        if max(map(abs, self.position)) > FARTHEST_M or max(map(abs, self.rotation)) > 2 * math.pi:
            raise ValueError(f"position, rotation: more than {FARTHEST_M:g} m away, or more than a whole turn")
        pixels = np.array([(u, v) for v in _PARTS for u in _PARTS]) * (self.width, self.height)
        floor = self.view.at_height(pixels, 0.0)
        with np.errstate(all="ignore"):
            seen = np.abs(self.view.pixels(np.nan_to_num(floor)) - pixels).max(axis=1) < 1.0
            near = np.hypot(*(floor - self.position)[:, :2].T) < FAR_M
        if (seen & near).mean() < LEAST_FLOOR:
            raise ValueError("lens, rotation: in its picture there is no floor, so that nobody could be found in it")
        return self

    @property
    def name(self) -> str:
        """The name of its file, without the suffix: ``20261122T011405Z``."""
        return stamp_of(self.made)

    @cached_property
    def lens(self) -> Lens:
        return Lens(self.width, self.height, self.fx, self.fy, self.cx, self.cy, self.distortion)

    @cached_property
    def view(self) -> View:
        return View(self.lens, self.position, self.rotation)


Sights: TypeAlias = Mapping[str, CameraProfile]
"""Camera -> how it sees; cameras that nobody has calibrated are missing."""


def read_sight(text: str) -> CameraProfile:
    """A profile out of its file's text; `UnusableProfile`."""
    return read_as(CameraProfile, text)
