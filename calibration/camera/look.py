"""What of our sheets is seen in one picture: the board's corners, floor markers, or why nothing is.

Enters: a picture, the board. Leaves: a `Look`, its corners refined to a fraction of a pixel. Refuses nothing: a picture
that is black, mirrored or without a board says so, and others may be better.

A wide lens shows a marker as ten pixels. What is too small to be read is looked at again enlarged; where a corner of
the board is, is then measured in the picture as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.sheets import DICTIONARY, MARKERS, MODULES, Board

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
"""(height, width) or (height, width, 3) as OpenCV reads them."""

Nothing: TypeAlias = Literal["", "black", "mirrored", "no board"]

BLACK: Final = 12.0
"""Of 255: a picture none of whose parts is brighter is none."""
ENLARGED: Final = (1, 2, 3)
ENOUGH_CORNERS: Final = 6
QUIET: Final = 0.5
"""White around a floor marker, in modules: sheets have more."""
STOP: Final = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 60, 1e-6)
LARGEST_PX: Final = 2400
"""Enlarging beyond this costs seconds."""


@dataclass(frozen=True, eq=False)
class Look:
    """One picture. ``corners`` (n,) of the board by number and their ``pixels`` (n, 2); ``markers``: number ->
    (4, 2), from its upper left clockwise. ``blur_px``: how wide an edge of the board is smeared, NaN: not known.
    """

    name: str
    width: int
    height: int
    corners: NDArray[np.intp]
    pixels: Array
    markers: Mapping[int, Array]
    blur_px: float = float("nan")
    nothing: Nothing = ""


def look(picture: Picture, board: Board, name: str = "") -> Look:
    """What is seen of the sheets."""
    grey = picture if picture.ndim == 2 else _bytes(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    height, width = grey.shape
    empty = np.zeros(0, dtype=np.intp)
    if float(np.percentile(grey, 99)) < BLACK:
        return Look(name, width, height, empty, np.zeros((0, 2)), {}, nothing="black")
    found = _found(grey)
    numbers, pixels = _board_corners(grey, found, board)
    markers = {n: _registered(grey, n, square) for n, square in found.items() if 1 <= n <= MARKERS}
    if len(numbers) < ENOUGH_CORNERS and not markers:
        mirrored = len(_found(_bytes(cv2.flip(grey, 1)))) > max(2, len(found))
        return Look(name, width, height, empty, np.zeros((0, 2)), {}, nothing="mirrored" if mirrored else "no board")
    return Look(name, width, height, numbers, pixels, markers, _blur(grey, numbers, pixels, board))


def _bytes(picture: object) -> Picture:
    """What OpenCV makes of bytes is bytes."""
    return np.asarray(picture, dtype=np.uint8)


def _found(grey: Picture) -> dict[int, Array]:
    """Number -> corners (4, 2) of every marker. Enlarged pictures add the smaller ones."""
    detector = _detector()
    best: dict[int, Array] = {}
    for times in ENLARGED:
        if times > 1 and max(grey.shape) * times > LARGEST_PX:
            break
        seen = grey if times == 1 else cv2.resize(grey, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
        squares, numbers, _ = detector.detectMarkers(seen)
        for square, number in zip(squares, () if numbers is None else numbers.ravel(), strict=True):
            corners = (square.reshape(4, 2).astype(np.float64) + 0.5) / times - 0.5
            best.setdefault(int(number), corners)
    return best


def _registered(grey: Picture, number: int, square: Array) -> Array:
    """A floor marker's corners by its whole pattern (enhanced correlation, Evangelidis and Psarakis 2008). What looks
    for corners alone is drawn inwards by blur, by a pixel where a marker has ten.
    """
    edge = float(np.hypot(*(np.roll(square, -1, axis=0) - square).T).mean())
    module = int(np.clip(round(edge / MODULES), 3, 16))
    quiet = round(QUIET * module)
    bits = cv2.aruco.generateImageMarker(DICTIONARY, number, MODULES * module)
    template = np.pad(_bytes(bits), quiet, constant_values=255)
    low, high = quiet - 0.5, quiet + MODULES * module - 0.5
    corners = np.array([(low, low), (high, low), (high, high), (low, high)])
    x, y = np.maximum(square.min(axis=0).astype(int) - round(edge), 0)
    far = np.ceil(square.max(axis=0)).astype(int) + round(edge)
    around, inside = grey[y : far[1], x : far[0]], (square - (x, y)).astype(np.float32)
    guess = cv2.getPerspectiveTransform(corners.astype(np.float32), inside).astype(np.float32)
    everywhere = np.full(around.shape, 255, np.uint8)
    try:
        _, warp = cv2.findTransformECC(template, around, guess, cv2.MOTION_HOMOGRAPHY, STOP, everywhere, 3)
    except cv2.error:
        return square  # too near to the picture's edge, or hardly to be seen
    fitted: Array = cv2.perspectiveTransform(corners[None], warp.astype(np.float64))[0] + (x, y)
    return fitted if float(np.abs(fitted - square).max()) < edge / MODULES else square


def _detector() -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.cornerRefinementWinSize = 4
    parameters.relativeCornerRefinmentWinSize = 0.2
    parameters.minMarkerPerimeterRate = 0.015
    parameters.adaptiveThreshWinSizeMax = 43
    return cv2.aruco.ArucoDetector(DICTIONARY, parameters)


def _board_corners(grey: Picture, found: Mapping[int, Array], board: Board) -> tuple[NDArray[np.intp], Array]:
    """The board's inner corners between the markers that were found, each refined in the picture as it came."""
    mine = {n: square for n, square in found.items() if n > MARKERS}
    if len(mine) < 2:
        return np.zeros(0, dtype=np.intp), np.zeros((0, 2))
    detector = cv2.aruco.CharucoDetector(board.charuco)
    squares = [square.reshape(1, 4, 2).astype(np.float32) for square in mine.values()]
    numbers = np.array(list(mine), dtype=np.int32).reshape(-1, 1)
    corners, which, _, _ = detector.detectBoard(grey, markerCorners=squares, markerIds=numbers)
    if corners is None or which is None or len(which) == 0:
        return np.zeros(0, dtype=np.intp), np.zeros((0, 2))
    return which.ravel().astype(np.intp), corners.reshape(-1, 2).astype(np.float64)


def _blur(grey: Picture, numbers: NDArray[np.intp], pixels: Array, board: Board) -> float:
    """How many pixels the board's edges take from black to white: the worse of both directions, for blur by motion has
    one.
    """
    at = {int(n): p for n, p in zip(numbers, pixels, strict=True)}
    inner = board.columns - 1
    widths: list[float] = []
    for step, ends in ((1, lambda n: n % inner == inner - 1), (inner, lambda _: False)):
        pairs = [(at[n], at[n + step]) for n in at if n + step in at and not ends(n)]
        told = [w for one, other in pairs if (w := _edge(grey, one, other)) is not None]
        if told:
            widths.append(float(np.median(told)))
    return max(widths, default=float("nan"))


def _edge(grey: Picture, one: Array, other: Array) -> float | None:
    """Contrast over the steepest step, across the middle of the edge between two neighbouring corners."""
    along = other - one
    length = float(np.hypot(*along))
    reach = 0.4 * length
    if reach < 3.0:
        return None
    across = np.array([-along[1], along[0]]) / length
    steps = np.arange(-reach, reach, 0.5)
    line = ((one + other) / 2 + steps[:, None] * across).astype(np.float32)
    profile = cv2.remap(grey, line[None, :, 0], line[None, :, 1], cv2.INTER_LINEAR).ravel().astype(np.float64)
    steepest = float(np.abs(profile[2:] - profile[:-2]).max())  # over one pixel
    contrast = float(profile.max() - profile.min())
    return contrast / steepest if steepest > 0 else None
