"""How good is camera calibration? Random lenses at random places, each calibrated from rendered sheets.

Enters: how many cameras, a seed, the paper, how exactly sheets are laid out. Leaves: per camera how far the lens and
the pose are from the truth; printed by ``python -m simulator.rig.eyes``. Everything goes the way that a technician's
pictures go: printed page, picture, `look`, `fit_lens`, `fit_pose`, with the lens that was found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from calibration.camera.lens import LensFit, fit_lens
from calibration.camera.look import look
from calibration.camera.pose import Placed, PoseFit, fit_pose, judge_pose, points_of
from calibration.camera.sheets import PAPERS, Board, Paper, board_of
from edge.optics import Lens, View
from simulator.rig.boards import SIZES, Camera, Spoilt, boards_held, marker_lying, photograph, random_lens, random_view

Array = NDArray[np.float64]

BOARDS = 32
WIDTHS_DEG = (60.0, 130.0)
FARTHEST_M = 2.5
"""No sheet is laid further from below the camera."""
LAID_AT = ((0.15, 0.15), (0.85, 0.15), (0.15, 0.85), (0.85, 0.85), (0.5, 0.5), (0.5, 0.12), (0.12, 0.5), (0.88, 0.5))
"""Where in the picture, as shares of its size."""


@dataclass(frozen=True, eq=False)
class Tried:
    """One camera: the truth, and what was found; a pose or a lens that was not found is missing."""

    across_deg: float
    view: View
    lens: LensFit | None
    pose: PoseFit | None
    findings: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return self.pose is not None and not self.findings

    @property
    def place_cm(self) -> float:
        if self.pose is None:
            return float("nan")
        return 100 * float(np.linalg.norm(np.subtract(self.pose.view.position, self.view.position)))

    @property
    def turn_deg(self) -> float:
        if self.pose is None:
            return float("nan")
        off = self.pose.view.camera_from_store @ self.view.camera_from_store.T
        return float(np.degrees(np.arccos(np.clip((np.trace(off) - 1) / 2, -1, 1))))

    @property
    def floor_cm(self) -> float:
        """How far from the truth a point of the floor is seen, root mean square over the picture's inner 80 %."""
        if self.pose is None:
            return float("nan")
        lens = self.view.lens
        u, v = np.meshgrid(np.linspace(0.1, 0.9, 9), np.linspace(0.1, 0.9, 9))
        pixels = np.column_stack([u.ravel() * lens.width, v.ravel() * lens.height])
        true, seen = self.view.at_height(pixels, 0.0), self.pose.view.at_height(pixels, 0.0)
        near = np.hypot(*(true - self.view.position)[:, :2].T) < 2 * FARTHEST_M
        return 100 * float(np.sqrt(np.nanmean(((seen - true)[near] ** 2).sum(axis=1))))


def tried(seed: int, paper: Paper, tape_m: float = 0.0) -> Tried:
    """One camera, calibrated."""
    rng = np.random.default_rng(seed)
    width, height = SIZES[seed % len(SIZES)]
    across_deg = float(rng.uniform(*WIDTHS_DEG))
    lens = random_lens(rng, width, height, across_deg)
    view, board = random_view(rng, lens), board_of(paper)
    camera = Camera(view)
    spoilt = Spoilt(float(rng.uniform(0.4, 1.0)), float(rng.uniform(1.5, 5.0)), float(rng.uniform(0.0, 0.5)))
    held = boards_held(view, paper, rng, BOARDS)
    looks = [look(photograph(camera, [laid], seed + i, spoilt), board) for i, laid in enumerate(held)]
    fit, findings = fit_lens(looks, board)
    told = [str(f) for f in findings if f.refuses]
    if fit is None:
        return Tried(across_deg, view, None, None, tuple(told))
    pose, more = _posed(camera, fit.lens, board, paper, rng, spoilt, tape_m)
    return Tried(across_deg, view, fit, pose, (*told, *more))


def _posed(
    camera: Camera, lens: Lens, board: Board, paper: Paper, rng: np.random.Generator, spoilt: Spoilt, tape_m: float
) -> tuple[PoseFit | None, list[str]]:
    """Sheets are laid, and said to lie where a tape of this error has them."""
    view = camera.view
    spots = [_spot(view, shares) for shares in LAID_AT]
    turns = rng.uniform(-180, 180, len(spots))
    laid = [marker_lying(paper, n, at.tolist(), turn) for n, (at, turn) in enumerate(zip(spots, turns, strict=True), 1)]
    seen = look(photograph(camera, laid, int(rng.integers(1 << 30)), spoilt), board)
    measured = [at + np.array([*rng.normal(0.0, tape_m, 2), 0.0]) for at in spots]
    size_m = paper.marker_mm / 1000
    placed = [Placed(n, (float(x), float(y), 0.0), size_m) for n, (x, y, _) in enumerate(measured, 1)]
    points, _ = points_of(seen, lens, placed, None, board)
    pose = fit_pose(points, lens) if len(points.of) >= 4 else None
    if pose is None:
        return None, [f"only {len(points.of)} markers are seen"]
    return pose, [str(f) for f in judge_pose(pose, seen, view.position, placed) if f.refuses]


def _spot(view: View, shares: Sequence[float]) -> Array:
    """The floor at that share of the picture, and not too far away."""
    lens, below = view.lens, np.array([*view.position[:2], 0.0])
    there = view.at_height([(shares[0] * lens.width, shares[1] * lens.height)], 0.0)[0]
    off = there - below
    far = float(np.hypot(off[0], off[1]))
    spot: Array = below + off * min(1.0, FARTHEST_M / max(far, 1e-9))
    return spot


def show(found: Sequence[Tried], console: Console) -> None:
    table = Table(title=f"{len(found)} cameras, calibrated from rendered sheets")
    for heading in ("picture", "wide", "model", "boards", "board px", "floor px", "place cm", "turn °", "floor cm", ""):
        table.add_column(heading, justify="right" if heading not in ("model", "") else "left")
    for one in found:
        lens, fit, pose = one.view.lens, one.lens, one.pose
        table.add_row(
            f"{lens.width}x{lens.height}", f"{one.across_deg:.0f}°", fit.model if fit else "-",
            str(len(fit.looks)) if fit else "-", f"{fit.residual_px:.3f}" if fit else "-",
            f"{pose.residual_px:.3f}" if pose else "-", f"{one.place_cm:.2f}", f"{one.turn_deg:.3f}",
            f"{one.floor_cm:.2f}", "" if one.accepted else "refused: " + "; ".join(one.findings)[:40],
        )  # fmt: skip
    console.print(table)
    good = [one for one in found if one.accepted]
    console.print(f"accepted: {len(good)} of {len(found)}")
    for name, values in (
        ("board, px", [one.lens.residual_px for one in good if one.lens]),
        ("place, cm", [one.place_cm for one in good]),
        ("turn, degrees", [one.turn_deg for one in good]),
        ("floor, cm", [one.floor_cm for one in good]),
    ):
        if values:
            console.print(f"{name}: median {np.median(values):.3f}, worst {max(values):.3f}", highlight=False)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cameras", type=int, default=20)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--paper", choices=sorted(PAPERS), default="A3")
    words.add_argument("--tape", type=float, default=0.0, help="standard error of where sheets are laid, mm")
    given = words.parse_args()
    began_s = time.monotonic()
    paper = PAPERS[given.paper]
    found = [tried(1000 * given.seed + i, paper, given.tape / 1000) for i in range(given.cameras)]
    show(found, Console(width=110))
    print(f"measured in {time.monotonic() - began_s:.0f} s")


if __name__ == "__main__":
    main()
