"""Where the camera hangs and how it is turned, from what lies on the floor at known places.

Enters: a lens, what was seen (`calibration.camera.look`), where markers or the board were laid (`Placed`, `BoardAt`),
where store.toml says that the camera hangs. Leaves: a `PoseFit`, and what is wrong. All points are solved for at once;
a marker that contradicts all the others is named; so is what was printed at another size, a pose that many others
would fit as well, and one that contradicts store.toml.

A marker whose direction nobody measured counts by its middle alone, one with ``yaw_deg`` by its four corners.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.camera.faults import FAULTS, Finding
from calibration.camera.look import Look
from calibration.camera.sheets import PAPERS, Board
from edge.optics import Lens, View, turn_of, turned
from edge.records import Point

Array = NDArray[np.float64]

BOARD: Final = 0
"""Stands for the board where markers stand for themselves."""
SURE_PX: Final = 0.15
"""No corner is believed better than that when doubt is reckoned."""
SAME_HEIGHT_M: Final = 1e-6
HEAD_M: Final = 1.6
NEAR_M: Final = 2.5
"""Heads are that high, and not further from below the camera are they looked at here."""
HIGHER_M: Final = 0.3
"""Ceilings are measured better than places along them."""
STILL_PX: Final = 3.0
ALIKE: Final = 0.05
"""Markers that are so nearly as large as another paper's are that paper's: no printer is further off."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A floor marker: its middle in the store frame (m), its edge, and which way its lines of text run, if measured."""

    number: int
    position: Point
    size_m: float
    yaw_deg: float | None = None


@dataclass(frozen=True, slots=True)
class BoardAt:
    """The board on the floor: its corner marked 0 is at ``position``; its top edge runs from there towards ``yaw_deg``
    (counter-clockwise from the store's x).
    """

    position: Point
    yaw_deg: float


@dataclass(frozen=True, eq=False)
class Points:
    """What is known and seen: ``of`` (n,) markers' numbers or `BOARD`, store frame (n, 3), pixels (n, 2)."""

    of: NDArray[np.intp]
    places: Array
    pixels: Array

    @property
    def things(self) -> list[int]:
        return sorted(set(self.of.tolist()))

    def without(self, thing: int) -> Points:
        kept = self.of != thing
        return Points(self.of[kept], self.places[kept], self.pixels[kept])


@dataclass(frozen=True, eq=False)
class PoseFit:
    """A view and why to believe it. ``off_cm``: thing -> how far from where it was laid the view sees it.

    ``place_cm``, ``turn_deg``: standard errors of where the camera hangs and how it is turned; ``heads_cm``: of where
    it will see heads. The last is what counts: a little to the left and a little turned cancel out on the floor.
    """

    view: View
    points: Points
    residual_px: float
    residual_cm: float
    off_cm: Mapping[int, float]
    place_cm: float
    turn_deg: float
    heads_cm: float


# --- what is seen of what was laid --------------------------------------------------------------------------------


def together(looks: Sequence[Look]) -> tuple[Look | None, list[Finding]]:
    """Several pictures of one floor as one: the mean of each point. A thing that moved between them is told."""
    seen = [look for look in looks if look.markers or len(look.corners)]
    if not seen:
        nothing = next((look.nothing for look in looks if look.nothing in ("black", "mirrored")), "")
        if nothing:
            return None, [Finding(nothing, "no picture of the floor shows a sheet")]
        what = "none of our sheets is seen on the floor" if looks else "there is no picture of the floor"
        return None, [Finding("few-markers" if looks else "no-picture", what)]
    first = seen[0]
    if any((look.width, look.height) != (first.width, first.height) for look in seen):
        return None, [Finding("resolution", "the pictures of the floor have different sizes")]
    markers = {n: [look.markers[n] for look in seen if n in look.markers] for look in seen for n in look.markers}
    corners: dict[int, list[Array]] = {}
    for look in seen:
        for n, at in zip(look.corners.tolist(), look.pixels, strict=True):
            corners.setdefault(n, []).append(at)
    spread = [float(np.ptp(np.stack(at), axis=0).max()) for at in (*markers.values(), *corners.values())]
    if max(spread) > STILL_PX:
        what = f"between the pictures of the floor something moved by {max(spread):.0f} px"
        return None, [Finding("floor", what, max(spread))]
    numbers = np.array(sorted(corners), dtype=np.intp)
    pixels = np.array([np.mean(corners[n], axis=0) for n in numbers.tolist()]).reshape(-1, 2)
    middles = {n: np.asarray(np.mean(at, axis=0), dtype=np.float64) for n, at in markers.items()}
    return Look(first.name, first.width, first.height, numbers, pixels, middles), []


def points_of(
    look: Look, lens: Lens, placed: Sequence[Placed], board_at: BoardAt | None, board: Board
) -> tuple[Points, list[Finding]]:
    """Everything in the picture whose place is known."""
    rows: list[tuple[int, Array, Array]] = []
    for marker in placed:
        square = look.markers.get(marker.number)
        if square is None:
            continue
        if marker.yaw_deg is None:
            rows.append((marker.number, np.array([marker.position]), middle_of(square, lens)[None]))
        else:
            rows.append((marker.number, corners_of(marker), square))
    if board_at is not None and len(look.corners):
        rows.append((BOARD, on_floor(board.corners[look.corners], board_at), look.pixels))
    known = {marker.number for marker in placed}
    strange = sorted(n for n in look.markers if n not in known)
    found = [Finding("unplaced", f"marker {', '.join(map(str, strange))} is seen, and nobody said where it lies")]
    of = np.concatenate([np.full(len(at), n) for n, at, _ in rows]) if rows else np.zeros(0)
    points = Points(
        of.astype(np.intp),
        np.concatenate([at for _, at, _ in rows]) if rows else np.zeros((0, 3)),
        np.concatenate([px for _, _, px in rows]) if rows else np.zeros((0, 2)),
    )
    return points, found if strange else []


def corners_of(marker: Placed) -> Array:
    """A marker's corners, from its upper left clockwise, (4, 3), store frame."""
    half = marker.size_m / 2
    square = np.array([(-half, half), (half, half), (half, -half), (-half, -half)])
    return _turned(square, marker.position, marker.yaw_deg or 0.0)


def on_floor(corners: Array, at: BoardAt) -> Array:
    """Points of the board's frame (n, 2), x along its top edge and y down the page, in the store frame (n, 3)."""
    return _turned(corners * np.array([1.0, -1.0]), at.position, at.yaw_deg)


def _turned(flat: Array, origin: Point, yaw_deg: float) -> Array:
    yaw = math.radians(yaw_deg)
    turn = np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]])
    places: Array = np.column_stack([flat @ turn, np.zeros(len(flat))]) + np.asarray(origin)
    return places


def middle_of(square: Array, lens: Lens) -> Array:
    """Where a marker's middle is seen, (2,): its diagonals meet there, once the lens has been undone."""
    rays = lens.rays(square)
    a, b, c, d = (np.array([x / z, y / z]) for x, y, z in rays)
    along, across = c - a, d - b
    share = np.linalg.solve(np.column_stack([along, -across]), b - a)[0]
    x, y = a + share * along
    seen: Array = lens.pixels([(x, y, 1.0)]).ravel()
    return seen


# --- solving ------------------------------------------------------------------------------------------------------


def fit_pose(points: Points, lens: Lens) -> PoseFit | None:
    """The view from which everything lies where it was laid; None: there is none."""
    refined = (_refined(points, lens, view) for view in _guesses(points, lens))
    views = [v for v in refined if v is not None and v.position[2] > points.places[:, 2].max()]
    if not views:
        return None
    view = min(views, key=lambda v: _rms(_off_px(v, points)))
    off_m = (view.at_height(points.pixels, points.places[:, 2]) - points.places)[:, :2]
    off_cm = {t: 100 * _rms(off_m[points.of == t]) for t in points.things}
    return PoseFit(view, points, _rms(_off_px(view, points)), 100 * _rms(off_m), off_cm, *_doubt(view, points))


def _guesses(points: Points, lens: Lens) -> Iterator[View]:
    rays = lens.rays(points.pixels)
    flat = rays[:, :2] / rays[:, 2:]
    sane = np.isfinite(flat).all(axis=1)
    level = float(np.ptp(points.places[:, 2])) < SAME_HEIGHT_M
    for method in (cv2.SOLVEPNP_IPPE, cv2.SOLVEPNP_SQPNP) if level else (cv2.SOLVEPNP_SQPNP,):
        middle = points.places.mean(axis=0)
        try:
            _, turns, moves, *_ = cv2.solvePnPGeneric(
                points.places[sane] - middle, flat[sane], np.eye(3), None, flags=method
            )
        except cv2.error:
            continue
        for turn, move in zip(turns, moves, strict=True):
            yield _view(lens, turn, np.asarray(move).ravel() - turned(np.asarray(turn).ravel()) @ middle)


def _refined(points: Points, lens: Lens, view: View) -> View | None:
    """All points at once, in pixels (Levenberg-Marquardt)."""
    turn = np.array(view.rotation).reshape(3, 1)
    move = -view.camera_from_store @ np.array(view.position).reshape(3, 1)
    try:
        turn, move = cv2.solvePnPRefineLM(
            points.places, points.pixels, lens.matrix, np.array(lens.distortion), turn, move
        )
    except cv2.error:
        return None
    refined = _view(lens, turn, move)
    return refined if np.isfinite(refined.position).all() else None


def _view(lens: Lens, turn: ArrayLike, move: ArrayLike) -> View:
    """From rotation and translation vectors as OpenCV has them."""
    matrix = turned(np.asarray(turn, dtype=np.float64).ravel())
    x, y, z = (-matrix.T @ np.asarray(move, dtype=np.float64).ravel()).tolist()
    return View(lens, (x, y, z), turn_of(matrix))


def _off_px(view: View, points: Points) -> Array:
    """(n, 2); what the view cannot see at all is far off."""
    off = view.pixels(points.places) - points.pixels
    return np.where(np.isfinite(off), off, 1e3)


def _doubt(view: View, points: Points) -> tuple[float, float, float]:
    """Standard errors of place (cm), turn (degrees) and where heads are seen (cm): from how pixels move with the pose,
    and how far they are off.
    """
    lens = view.lens
    u, v = np.meshgrid(np.linspace(0.1, 0.9, 7), np.linspace(0.1, 0.9, 7))
    pixels = np.column_stack([u.ravel() * lens.width, v.ravel() * lens.height])
    heads = view.at_height(pixels, HEAD_M)[:, :2]
    near = np.hypot(*(heads - np.array(view.position[:2])).T) < NEAR_M
    step = 1e-5
    seen, moved_heads = [], []
    for i in range(6):
        by = np.zeros(6)
        by[i] = step
        x, y, z = (np.asarray(view.position) + by[:3]).tolist()
        moved = View(lens, (x, y, z), turn_of(turned(by[3:]) @ view.camera_from_store))
        seen.append((_off_px(moved, points) - _off_px(view, points)).ravel() / step)
        moved_heads.append((moved.at_height(pixels[near], HEAD_M)[:, :2] - heads[near]).ravel() / step)
    slope, floor = np.column_stack(seen), np.column_stack(moved_heads)
    free = max(1, slope.shape[0] - 6)
    error_px = max(SURE_PX, math.sqrt(float((_off_px(view, points) ** 2).sum()) / free))
    spread = np.linalg.pinv(slope.T @ slope) * error_px**2
    heads_cm = 100 * math.sqrt(max(0.0, float(np.trace(floor @ spread @ floor.T)) / max(1, int(near.sum()))))
    place_cm, turn = 100 * math.sqrt(np.trace(spread[:3, :3])), math.sqrt(np.trace(spread[3:, 3:]))
    return place_cm, math.degrees(turn), heads_cm


def _rms(off: Array) -> float:
    return float(np.sqrt((off**2).sum(axis=1).mean()))


# --- judging ------------------------------------------------------------------------------------------------------


def judge_pose(fit: PoseFit, look: Look, hangs: Point, placed: Sequence[Placed]) -> list[Finding]:
    """What is wrong with a pose that was found."""
    found = _sizes(fit, look, placed)
    limit_cm = FAULTS["floor"].limit
    wrong = _misplaced(fit)
    if wrong is not None:
        found.append(wrong)
    elif fit.residual_cm > limit_cm:
        worst = max(fit.off_cm, key=lambda t: fit.off_cm[t])
        what = f"things are {fit.residual_cm:.1f} cm off on the floor, {named(worst)} {fit.off_cm[worst]:.1f} cm"
        found.append(Finding("floor", what, fit.residual_cm))
    if wrong is None and not fit.heads_cm <= FAULTS["vague"].limit:
        what = f"heads would be seen {fit.heads_cm:.1f} cm off, for all that is known"
        found.append(Finding("vague", what, fit.heads_cm))
    return found + _elsewhere(fit, hangs)


def _elsewhere(fit: PoseFit, hangs: Point) -> list[Finding]:
    x, y, z = fit.view.position
    off_m, higher_m = math.hypot(x - hangs[0], y - hangs[1]), z - hangs[2]
    if off_m <= FAULTS["elsewhere"].limit and abs(higher_m) <= HIGHER_M:
        return []
    if fit.points.things == [BOARD] and off_m <= FAULTS["elsewhere"].limit:
        what = f"by the board the camera hangs {z:.2f} m high, by store.toml {hangs[2]:.2f} m"
        return [
            Finding("print-size", f"{what}: a bar of {100 * hangs[2] / z:.0f} mm would explain it", z / hangs[2] - 1)
        ]
    what = f"it would hang at {x:.2f}, {y:.2f}, {z:.2f}; store.toml has it at {hangs[0]:g}, {hangs[1]:g}, {hangs[2]:g}"
    return [Finding("elsewhere", what, max(off_m, abs(higher_m)))]


def _misplaced(fit: PoseFit) -> Finding | None:
    """The one thing without which all the others agree."""
    things = fit.points.things
    if fit.residual_cm <= FAULTS["floor"].limit / 2 or len(things) < 5:
        return None
    rest = {t: fit_pose(fit.points.without(t), fit.view.lens) for t in things}
    thing, best = min(
        ((t, r) for t, r in rest.items() if r is not None), key=lambda pair: pair[1].residual_cm, default=(0, None)
    )
    if best is None or best.residual_cm > 0.5 * fit.residual_cm:
        return None
    its = fit.points.of == thing
    seen = best.view.at_height(fit.points.pixels[its], fit.points.places[its, 2])
    x, y, _ = (seen - fit.points.places[its]).mean(axis=0)
    off_cm = 100 * math.hypot(x, y)
    if not off_cm > FAULTS["misplaced"].limit:
        return None
    where = np.nanmean(seen, axis=0)
    what = f"{named(thing)} lies {off_cm:.0f} cm from where it is said to, at about {where[0]:.2f}, {where[1]:.2f}"
    return Finding("misplaced", what, off_cm)


def _sizes(fit: PoseFit, look: Look, placed: Sequence[Placed]) -> list[Finding]:
    """Are markers as large as they are said to be? Known by how far apart they lie."""
    if len(fit.points.things) < 3:
        return []
    ratios = []
    for marker in placed:
        square = look.markers.get(marker.number)
        if square is None:
            continue
        corners = fit.view.at_height(square, marker.position[2])[:, :2]
        edges = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
        ratios.append(float(edges.mean()) / marker.size_m)
    if BOARD in fit.points.things or len(ratios) < 3:
        return []
    off = float(np.median(ratios)) - 1
    error = 1.5 * float(np.std(ratios)) / math.sqrt(len(ratios))
    if abs(off) <= FAULTS["print-size"].limit + error:
        return []
    what = f"the markers are {abs(off):.0%} {'larger' if off > 0 else 'smaller'} than their distances allow"
    size_mm = 1000 * (1 + off) * float(np.median([m.size_m for m in placed]))
    sheet = next(
        (p.name for p in PAPERS.values() if abs(size_mm / p.marker_mm - 1) < 2 * FAULTS["print-size"].limit), ""
    )
    or_paper = f", or say --paper {sheet} if they were printed on that" if sheet else ""
    return [Finding("print-size", f"{what}: their bars should measure {100 * (1 + off):.0f} mm{or_paper}", off)]


def named(thing: int) -> str:
    """A marker, or the board, in words."""
    return "the board" if thing == BOARD else f"marker {thing}"
