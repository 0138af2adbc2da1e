"""The lens, from pictures of a board that was held under the camera.

Enters: what was seen in each picture (`calibration.camera.look`). Leaves: a `LensFit`, and what is wrong. Blurred
pictures are left out, then pictures and corners that contradict all the others; of hundreds (a video) as many are
taken as differ. Refuses (findings): too few, a part of the picture that never saw the board, boards that were all held
alike, a residual that no lens explains.

Three models are tried: OpenCV's of five coefficients, its rational one, which wide lenses need, with six and with all
eight. The simplest is taken that is within a twentieth of the best *on pictures that it was not fitted to*, and that is
a lens over the whole picture: a polynomial may turn back where no board was. A lens of 130 degrees is not found from a
pinhole: the fit begins at several lenses, and the best end counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.faults import FAULTS, Finding
from calibration.camera.look import ENOUGH_CORNERS, Look
from calibration.camera.sheets import Board
from edge.optics import Lens

Array = NDArray[np.float64]
Model: TypeAlias = Literal["plain", "rational", "full rational"]

MOST: Final = 48
"""Pictures; more only cost time."""
FOLDS: Final = 3
BETTER: Final = 0.95
FLAGS: Final[dict[Model, int]] = {
    "plain": 0,
    "rational": cv2.CALIB_RATIONAL_MODEL | cv2.CALIB_FIX_K3 | cv2.CALIB_FIX_K6,
    "full rational": cv2.CALIB_RATIONAL_MODEL,
}
"""The simplest first."""
STOP: Final = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-9)
EQUIDISTANT: Final = (7 / 9, 64 / 945, 0.0, 0.0, 0.0, 10 / 9, 5 / 21, 0.0)
STARTS: Final = (
    (0.9, (0.0,) * 8),
    (0.6, (0.0,) * 8),
    (0.45, EQUIDISTANT),
    (0.6, EQUIDISTANT),
)
"""Focal length as a share of the picture's width, and distortion, where a fit begins."""
OUTLYING: Final = 3.0
"""A picture is left out whose residual is that many times the usual one, a corner at twice that."""
FEWEST_PX: Final = 0.15
"""Nothing is left out for being this near."""
LEAST_PX: Final = 0.05
"""No corner is believed better than that when doubt is reckoned."""
CELLS: Final = (
    ("upper left", "top", "upper right"),
    ("left", "middle", "right"),
    ("lower left", "bottom", "lower right"),
)


@dataclass(frozen=True, eq=False)
class LensFit:
    """A lens and why to believe it. ``residual_px``: root mean square over all corners; ``held_out_px``: by model,
    over pictures that took no part. ``focal_error``: standard error of the focal length, as a share.
    """

    lens: Lens
    model: Model
    residual_px: float
    held_out_px: dict[Model, float]
    focal_error: float
    looks: tuple[Look, ...]
    residuals: tuple[Array, ...]
    """(n, 2) of each look, pixels."""
    dropped: int


@dataclass(frozen=True, eq=False)
class _Solved:
    lens: Lens
    residuals: list[Array]
    slopes: list[Array]
    """Of each picture (2 n, 10 + coefficients): how pixels move with turn, place, focal lengths, centre, distortion."""

    @property
    def focal_error(self) -> float:
        """Standard error of the focal length, as a share. OpenCV's own is blind to what cannot be told apart: boards
        that all face the lens leave it free, and it says a ten-thousandth.
        """
        size = self.slopes[0].shape[1] - 6
        known = np.zeros((size, size))
        for slope in self.slopes:
            pose, lens = slope[:, :6], slope[:, 6:]
            beside = lens - pose @ np.linalg.lstsq(pose, lens, rcond=None)[0]
            known += beside.T @ beside
        scale = np.sqrt(np.maximum(np.diag(known), 1e-12))  # distortion and pixels are of other sizes
        spread = np.linalg.pinv(known / np.outer(scale, scale), rcond=1e-12, hermitian=True)
        share = math.sqrt(max(0.0, float(spread[0, 0]))) / (float(scale[0]) * self.lens.fx)
        return share * max(self.rms, LEAST_PX)

    @property
    def rms(self) -> float:
        return _rms(np.concatenate(self.residuals))


def fit_lens(looks: Sequence[Look], board: Board) -> tuple[LensFit | None, list[Finding]]:
    """The lens, or what keeps it from being known; a lens with findings that refuse is not to be used."""
    found, usable = sorted_out(looks)
    if any(f.refuses for f in found):
        return None, found
    taken = _different(usable, MOST)
    model, held_out, solved, taken = _modelled(taken, board)
    kept, solved = _without_outliers(taken, board, model, solved)
    fit = LensFit(
        solved.lens, model, solved.rms, held_out, solved.focal_error, tuple(kept), tuple(solved.residuals),
        len(looks) - len(kept),
    )  # fmt: skip
    return fit, [*found, *judge_lens(fit)]


def sorted_out(looks: Sequence[Look]) -> tuple[list[Finding], list[Look]]:
    """What can be used of the pictures, and what is wrong with all of them."""
    if not looks:
        return [Finding("no-picture", "there is no picture")], []
    sizes = Counter((look.width, look.height) for look in looks)
    if len(sizes) > 1:
        told = " and ".join(f"{w} x {h}" for w, h in sizes)
        return [Finding("resolution", f"the pictures are {told}")], []
    boards = [look for look in looks if len(look.corners) >= ENOUGH_CORNERS]
    for nothing, told in (("black", "are black"), ("mirrored", "show the board in a mirror")):
        count = sum(look.nothing == nothing for look in looks)
        if count > len(boards):
            return [Finding(nothing, f"{count} of {len(looks)} pictures {told}", count)], []
    if not boards:
        return [Finding("no-board", f"none of {len(looks)} pictures shows it")], []
    limit = FAULTS["blurred"].limit
    sharp = [look for look in boards if not look.blur_px > limit]
    fewest = int(FAULTS["few-boards"].limit)
    if len(sharp) >= fewest:
        return [], sharp
    if len(boards) >= fewest:
        blurred = len(boards) - len(sharp)
        return [Finding("blurred", f"{blurred} of {len(boards)} boards are smeared over {limit:g} px", blurred)], []
    what = f"{len(sharp)} of {len(looks)} pictures show it well, and {fewest} are needed"
    return [Finding("few-boards", what, len(sharp))], []


def judge_lens(fit: LensFit) -> list[Finding]:
    """What is wrong with a lens that was found."""
    found = []
    missing = uncovered(fit.looks)
    if missing:
        found.append(Finding("uncovered", f"no board in the {', '.join(missing)} of the picture", len(missing)))
    if not fit.focal_error <= FAULTS["alike"].limit:
        what = f"its focal length is known to {min(99.0, 100 * fit.focal_error):.0f} % only"
        found.append(Finding("alike", what, fit.focal_error))
    if not fit.residual_px <= FAULTS["bent"].limit:
        what = f"the corners are {fit.residual_px:.2f} px from where the best lens has them"
        found.append(Finding("bent", what, fit.residual_px))
    return found


def uncovered(looks: Sequence[Look]) -> list[str]:
    """Ninths of the picture in which the board was hardly seen, by name."""
    counts = np.zeros((3, 3), dtype=int)
    for look in looks:
        cell = np.clip((look.pixels / (look.width, look.height) * 3).astype(int), 0, 2)
        np.add.at(counts, (cell[:, 1], cell[:, 0]), 1)
    least = FAULTS["uncovered"].limit
    return [CELLS[row][column] for row in range(3) for column in range(3) if counts[row, column] < least]


def _beside(look: Look, board: Board, lens: Lens) -> Array:
    """How far the corners are from where the lens has them, with the pose of the board that suits best: (n, 2), px."""
    points = _points(look, board)
    camera, bent = lens.matrix, np.array(lens.distortion)
    rays = lens.rays(look.pixels)
    flat = (rays[:, :2] / rays[:, 2:]).astype(np.float64)
    sane = np.isfinite(flat).all(axis=1)
    _, turn, move = cv2.solvePnP(points[sane], flat[sane], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    turn, move = cv2.solvePnPRefineLM(points, look.pixels, camera, bent, turn, move)
    seen = cv2.projectPoints(points, turn, move, camera, bent)[0].reshape(-1, 2)
    off: Array = look.pixels - seen
    return off


# --- fitting ------------------------------------------------------------------------------------------------------


def _modelled(looks: list[Look], board: Board) -> tuple[Model, dict[Model, float], _Solved, list[Look]]:
    """All models without their grossest outliers, and the best one on held-out pictures."""
    start = _start(looks, board)
    kept, _ = _without_outliers(looks, board, "rational", _solve(looks, board, "rational", start))
    held_out = {model: _held_out(kept, board, model, start) for model in FLAGS}
    solved = {model: _solve(kept, board, model, start) for model in FLAGS if math.isfinite(held_out[model])}
    whole = [model for model in solved if blind(solved[model].lens) == 0] or list(solved)
    best = min(held_out[model] for model in whole)
    model = next(model for model in whole if BETTER * held_out[model] <= best)
    return model, held_out, solved[model], kept


def blind(lens: Lens) -> int:
    """Of two dozen points along the picture's edges, how many the lens has no ray for."""
    along = np.linspace(0.0, 1.0, 7)
    u = np.concatenate([along, along, np.zeros(5), np.ones(5)]) * (lens.width - 1)
    v = np.concatenate([np.zeros(7), np.ones(7), along[1:-1], along[1:-1]]) * (lens.height - 1)
    return int(np.isnan(lens.rays(np.column_stack([u, v]))).any(axis=1).sum())


def _start(looks: Sequence[Look], board: Board) -> Lens:
    """The lens to begin with: the best end of several quick fits to a dozen pictures."""
    some = _different(looks, 12)
    width, height = some[0].width, some[0].height
    ends = []
    for share, bent in STARTS:
        f = share * width
        guess = Lens(width, height, f, f, (width - 1) / 2, (height - 1) / 2, bent)
        try:
            ends.append(_solve(some, board, "rational", guess))
        except cv2.error:
            continue  # it left the lens behind: another start will not
    best = min(ends, key=lambda s: s.rms, default=None)
    return best.lens if best is not None else guess


def _solve(looks: Sequence[Look], board: Board, model: Model, start: Lens) -> _Solved:
    points = [_points(look, board).astype(np.float32) for look in looks]
    pixels = [look.pixels.astype(np.float32) for look in looks]
    bent = np.array(start.distortion)
    if model == "plain":
        bent = np.zeros(5) if any(bent[5:]) else bent[:5]
    elif model == "rational":
        bent[[4, 7]] = 0.0
    flags = FLAGS[model] | cv2.CALIB_USE_INTRINSIC_GUESS
    size = (start.width, start.height)
    _, camera, bent, turns, moves = cv2.calibrateCamera(
        points, pixels, size, start.matrix.copy(), bent.copy(), flags=flags, criteria=STOP
    )
    k = [*map(float, bent.ravel()[:8]), *[0.0] * (8 - min(8, bent.size))]
    lens = Lens(
        *size, float(camera[0, 0]), float(camera[1, 1]), float(camera[0, 2]), float(camera[1, 2]),
        (k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]),
    )  # fmt: skip
    seen = [cv2.projectPoints(p, turn, move, camera, bent) for p, turn, move in zip(points, turns, moves, strict=True)]
    residuals = [
        np.asarray(xy, dtype=np.float64) - found.reshape(-1, 2) for xy, (found, _) in zip(pixels, seen, strict=True)
    ]
    free = {"plain": (0, 1, 2, 3, 4), "rational": (0, 1, 2, 3, 5, 6), "full rational": tuple(range(8))}[model]
    columns = [*range(10), *(10 + i for i in free)]
    return _Solved(lens, residuals, [np.asarray(slope, dtype=np.float64)[:, columns] for _, slope in seen])


def _held_out(looks: Sequence[Look], board: Board, model: Model, start: Lens) -> float:
    """Root mean square over pictures that took no part in the fit, each with the pose that suits it best."""
    errors = []
    for fold in range(FOLDS):
        learned = [look for i, look in enumerate(looks) if i % FOLDS != fold]
        try:
            lens = _solve(learned, board, model, start).lens
            errors += [_beside(look, board, lens) for look in looks[fold::FOLDS]]
        except cv2.error:
            return float("inf")
    return _rms(np.concatenate(errors))


def _without_outliers(looks: Sequence[Look], board: Board, model: Model, solved: _Solved) -> tuple[list[Look], _Solved]:
    """The pictures and corners that agree with one another, and the fit to them."""
    kept = list(looks)
    for _ in range(3):
        usual = max(float(np.median([_rms(r) for r in solved.residuals])), FEWEST_PX)
        smaller: list[Look] = []
        for look, off in zip(kept, solved.residuals, strict=True):
            good = np.hypot(off[:, 0], off[:, 1]) < 2 * OUTLYING * usual
            if good.sum() >= ENOUGH_CORNERS and _rms(off[good]) < OUTLYING * usual:
                whole = bool(good.all())
                smaller.append(look if whole else replace(look, corners=look.corners[good], pixels=look.pixels[good]))
        same = len(smaller) == len(kept) and all(a is b for a, b in zip(smaller, kept, strict=True))
        if same or len(smaller) < FAULTS["few-boards"].limit:
            break
        kept, solved = smaller, _solve(smaller, board, model, solved.lens)
    return kept, solved


def _different(looks: Sequence[Look], most: int) -> list[Look]:
    """At most so many pictures, each as unlike the others as can be: where the board is, how large, how tilted."""
    if len(looks) <= most:
        return list(looks)
    traits = np.array([_traits(look) for look in looks])
    taken = [int(np.argmax([len(look.corners) for look in looks]))]
    far = np.linalg.norm(traits - traits[taken[0]], axis=1)
    while len(taken) < most:
        taken.append(int(np.argmax(far)))
        far = np.minimum(far, np.linalg.norm(traits - traits[taken[-1]], axis=1))
    return [looks[i] for i in sorted(taken)]


def _traits(look: Look) -> Array:
    middle = look.pixels.mean(axis=0)
    spread = np.cov(look.pixels.T)
    size = math.sqrt(max(1e-9, float(np.linalg.det(spread)) ** 0.5))
    return np.array([*(middle * 3), size * 3, spread[0, 1] / size, (spread[0, 0] - spread[1, 1]) / size]) / look.width


def _points(look: Look, board: Board) -> Array:
    """The board's corners that were seen, (n, 3), board frame."""
    return np.column_stack([board.corners[look.corners], np.zeros(len(look.corners))])


def _rms(off: Array) -> float:
    return float(np.sqrt((off**2).sum(axis=1).mean()))
