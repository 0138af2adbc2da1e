"""One calibration from the question to the file: pictures, lens, pose, verdict, profile and picture.

Enters: a store, what somebody wants (`Wanted`). Leaves: a `Verdict`; when it is accepted and wanted, a dated profile
beside the older ones, and the picture that shows that it fits. Refuses (`CannotCalibrate`, with the remedy): what
cannot begin. Nothing is written before everything is known.

The lens is found once, with the board; after a bump the pose alone is found anew, and the lens of the newest profile
stays, or another camera's of the same make where somebody says so.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2

from calibration.camera.faults import FAULTS, Finding
from calibration.camera.frames import NoPictures, frames, is_live
from calibration.camera.lens import LensFit, fit_lens, uncovered
from calibration.camera.look import ENOUGH_CORNERS, Look, Picture, look
from calibration.camera.overlay import caption, overlay
from calibration.camera.pose import BoardAt, Placed, PoseFit, fit_pose, judge_pose, named, points_of, together
from calibration.camera.sheets import Board
from calibration.history import keep
from edge.camera.picture import misfit
from edge.optics import Lens
from edge.store import CameraProfile, Store

Tell: TypeAlias = Callable[[str], None]

PLENTY: Final = 30
"""Boards in all parts of the picture: a camera that is looked at live has seen enough."""
FLOORS: Final = 8
"""Pictures of the floor are as good as alike."""
MOVED: Final = 0.04
"""Of the picture's width: a board that moved less since the last picture shows nothing new."""
TOLD_EVERY: Final = 5
MISSED: Final = 20
"""Pictures in a row that show nothing new of the board, about five seconds: why is told."""


class CannotCalibrate(ValueError):
    """It cannot begin; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for. ``lens_from``: a source of pictures, or empty; ``lens_of``: a camera, or empty."""

    camera: str
    board: Board
    lens_from: str
    lens_of: str
    floor_from: str
    placed: tuple[Placed, ...]
    board_at: BoardAt | None
    by: str
    note: str = ""
    size: tuple[int, int] | None = None
    """What a USB camera is asked for."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What came of it. ``lens_fit`` is missing where the lens was known already, what else is missing was not found."""

    camera: str
    findings: tuple[Finding, ...]
    lens: Lens | None = None
    lens_of: str = ""
    lens_px: float = 0.0
    lens_fit: LensFit | None = None
    pose: PoseFit | None = None
    floor: Picture | None = None

    @property
    def accepted(self) -> bool:
        return self.pose is not None and not any(f.refuses for f in self.findings)


def calibrate(store: Store, wanted: Wanted, tell: Tell) -> Verdict:
    """All of it, up to the verdict. `CannotCalibrate`, `calibration.camera.frames.NoPictures`."""
    _begin(store, wanted)
    fit: LensFit | None = None
    findings: list[Finding] = []
    if wanted.lens_from:
        looks = gathered(frames(wanted.lens_from, wanted.size), wanted.board, tell, live=is_live(wanted.lens_from))
        fit, findings = fit_lens(looks, wanted.board)
        if fit is None:
            return Verdict(wanted.camera, tuple(findings))
        lens, lens_of, lens_px = fit.lens, "", fit.residual_px
    else:
        known = store.sights[wanted.lens_of or wanted.camera]
        lens, lens_of, lens_px = known.lens, f"{known.camera} {known.name}", known.residual_px
    floor, pose, more = _floor(store, wanted, lens)
    return Verdict(wanted.camera, (*findings, *more), lens, lens_of, lens_px, fit, pose, floor)


def _begin(store: Store, wanted: Wanted) -> None:
    if not wanted.floor_from:
        raise CannotCalibrate(
            "say --floor SOURCE: pictures of the floor with markers, or with the board, at known places"
        )
    if not wanted.placed and wanted.board_at is None:
        what = "nobody said where anything lies: --marker ID=X,Y for each marker, --places FILE, or --board-at X,Y,YAW"
        raise CannotCalibrate(what)
    source = wanted.lens_of or wanted.camera
    if not wanted.lens_from and source not in store.sights:
        raise CannotCalibrate(
            f"{source} has no lens yet: say --lens SOURCE, pictures of the board held under the camera"
        )


def gathered(pictures: Iterable[tuple[str, Picture]], board: Board, tell: Tell, *, live: bool) -> list[Look]:
    """What is seen of the board in each picture; of a camera until it was seen everywhere. Ctrl-C ends it sooner."""
    looks: list[Look] = []
    last: Look | None = None
    missed: Counter[str] = Counter()
    """Why nothing came of the pictures since the last board."""
    try:
        for name, picture in pictures:
            seen = look(picture, board, name)
            there = len(seen.corners) >= ENOUGH_CORNERS
            if live and (not there or seen.blur_px > FAULTS["blurred"].limit or not _moved(last, seen)):
                missed[_why_not(seen, there)] += 1
                if missed.total() % MISSED == 0:
                    tell(f"{len(looks)} boards; of the last {MISSED} pictures most: {missed.most_common(1)[0][0]}")
                    missed.clear()
                continue
            missed.clear()
            looks.append(seen)
            last = seen if there else last
            if live and len(looks) % TOLD_EVERY == 0:
                missing = uncovered(looks)
                tell(f"{len(looks)} boards" + (f"; none yet in the {', '.join(missing)}" if missing else ""))
                if len(looks) >= PLENTY and not missing:
                    break
    except NoPictures as error:
        if not looks:
            raise
        tell(f"{error}: what was seen until then has to do")
    except KeyboardInterrupt:
        tell("enough")
    return looks


def _why_not(seen: Look, there: bool) -> str:
    if seen.nothing or not there:
        return seen.nothing or "a part of the board"
    return "blurred" if seen.blur_px > FAULTS["blurred"].limit else "the board where it was"


def _moved(last: Look | None, seen: Look) -> bool:
    if last is None:
        return True
    before = dict(zip(last.corners.tolist(), last.pixels, strict=True))
    off = [
        float(abs(before[n] - at).max())
        for n, at in zip(seen.corners.tolist(), seen.pixels, strict=True)
        if n in before
    ]
    return not off or max(off) > MOVED * seen.width


def _floor(store: Store, wanted: Wanted, lens: Lens) -> tuple[Picture | None, PoseFit | None, list[Finding]]:
    """The pose, the picture that it was found in, and what is wrong."""
    looks, picture = [], None
    for name, frame in frames(wanted.floor_from, wanted.size):
        one = look(frame, wanted.board, name)
        looks.append(one)
        picture = frame if picture is None or one.markers or len(one.corners) else picture
        if len(looks) >= FLOORS:
            break
    seen, found = together(looks)
    if seen is None:
        return picture, None, found
    if unfit := misfit(seen.width, seen.height, lens):
        return picture, None, [Finding("resolution", unfit.split(". ")[0])]
    lens = lens.scaled(seen.width, seen.height)
    points, found = points_of(seen, lens, wanted.placed, wanted.board_at, wanted.board)
    if len(points.of) < FAULTS["few-markers"].limit:
        there = ", ".join(map(named, points.things)) or "nothing"
        what = f"{there} of what was placed is seen"
        return picture, None, [*found, Finding("few-markers", what, len(points.of))]
    pose = fit_pose(points, lens)
    if pose is None:
        what = "no place of a camera above the floor explains what is seen"
        return picture, None, [*found, Finding("floor", what)]
    hangs = next(c.position for c in store.layout.cameras if c.id == wanted.camera)
    return picture, pose, [*found, *judge_pose(pose, seen, hangs, wanted.placed)]


# --- writing ------------------------------------------------------------------------------------------------------


def profile_of(wanted: Wanted, verdict: Verdict, made: datetime) -> CameraProfile:
    """What an accepted verdict says."""
    pose = verdict.pose
    assert pose is not None
    lens, view = pose.view.lens, pose.view
    how = "lens and pose" if verdict.lens_fit is not None else f"pose; the lens is that of {verdict.lens_of}"
    return CameraProfile(
        camera=wanted.camera, made=made, by=wanted.by, why=how + (f": {wanted.note}" if wanted.note else ""),
        width=lens.width, height=lens.height, fx=lens.fx, fy=lens.fy, cx=lens.cx, cy=lens.cy,
        distortion=lens.distortion, position=view.position, rotation=view.rotation,
        residual_px=round(verdict.lens_px, 4), residual_cm=round(pose.residual_cm, 3),
    )  # fmt: skip


def write(folder: Path, wanted: Wanted, verdict: Verdict, made: datetime) -> Path:
    """The profile, with the evidence for it."""
    return keep(folder, profile_of(wanted, verdict, made), evidence(wanted, verdict))


def draw(path: Path, store: Store, verdict: Verdict, when: str) -> bool:
    """The picture that shows whether it fits; False: there is nothing to draw."""
    if verdict.floor is None or verdict.pose is None:
        return False
    told = caption(verdict.camera, when, verdict.pose, verdict.lens_px)
    done, data = cv2.imencode(".png", overlay(verdict.floor, verdict.pose.view, store.layout, told, verdict.pose))
    assert done
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data.tobytes())
    os.replace(part, path)
    return True


def evidence(wanted: Wanted, verdict: Verdict) -> dict[str, Any]:
    """Why the profile may be trusted: tables for people."""
    pose, fit = verdict.pose, verdict.lens_fit
    assert pose is not None
    tables: dict[str, Any] = {}
    if fit is not None:
        tables["lens"] = {
            "model": fit.model,
            "boards": len(fit.looks),
            "left_out": fit.dropped,
            "corners": sum(len(seen.corners) for seen in fit.looks),
            "square_mm": round(1000 * wanted.board.square_m, 3),
            "held_out_px": {model: round(px, 4) for model, px in fit.held_out_px.items()},
            "focal_error_percent": round(100 * fit.focal_error, 3),
        }
    tables["pose"] = {
        "residual_px": round(pose.residual_px, 3),
        "place_error_cm": round(pose.place_cm, 2),
        "turn_error_deg": round(pose.turn_deg, 3),
        "heads_error_cm": round(pose.heads_cm, 2),
    }
    tables["sheet"] = _sheets(pose)
    if verdict.findings:
        tables["finding"] = [{"fault": f.fault, "what": f.what} for f in verdict.findings]
    return tables


def _sheets(pose: PoseFit) -> list[dict[str, Any]]:
    points = pose.points
    return [
        {
            "what": named(thing),
            "position": [round(v, 4) for v in points.places[points.of == thing].mean(axis=0).tolist()],
            "off_cm": round(pose.off_cm[thing], 2),
        }
        for thing in points.things
    ]
