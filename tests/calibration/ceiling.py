"""A ceiling camera with boards held under it and markers on the floor, as pictures: rendered once for all tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from calibration.camera.look import Look, look
from calibration.camera.pose import Placed
from calibration.camera.sheets import PAPERS, board_of
from edge.optics import looking_down
from simulator.rig.boards import Camera, Picture, boards_held, marker_lying, photograph, random_lens

PAPER = PAPERS["A3"]
BOARD = board_of(PAPER)
LENS = random_lens(np.random.default_rng(11), 640, 480, 110.0)
HANGS = (2.0, 1.1, 2.7)
VIEW = looking_down(LENS, HANGS, 15.0)
LAID = ((1.0, 0.4), (3.1, 0.5), (0.9, 1.9), (3.0, 1.8), (2.0, 0.3), (2.0, 1.9))
SIZE_M = PAPER.marker_mm / 1000


@cache
def camera() -> Camera:
    return Camera(VIEW)


@cache
def pictures() -> tuple[Picture, ...]:
    held = boards_held(VIEW, PAPER, np.random.default_rng(4), 20)
    return tuple(photograph(camera(), [laid], i) for i, laid in enumerate(held))


@cache
def boards() -> tuple[Look, ...]:
    return tuple(look(picture, BOARD, str(i)) for i, picture in enumerate(pictures()))


@cache
def floor_picture(size: float = 1.0) -> Picture:
    """The floor with six markers; ``size``: as the printer made them."""
    paper = replace(PAPER, marker_mm=PAPER.marker_mm * size)
    return photograph(camera(), [marker_lying(paper, n, at, 40.0 * n) for n, at in enumerate(LAID, 1)], 99)


@cache
def floor(size: float = 1.0) -> Look:
    return look(floor_picture(size), BOARD, "floor")


def placed(**moved: tuple[float, float]) -> list[Placed]:
    spots = {f"m{n}": at for n, at in enumerate(LAID, 1)} | moved
    return [Placed(int(name[1:]), (x, y, 0.0), SIZE_M) for name, (x, y) in spots.items()]
