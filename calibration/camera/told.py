"""Verdicts on cameras and their histories as tables for people, and as plain values for programs.

Enters: what `calibration.camera.session` or `calibration.history` found. Leaves: what is printed on stdout. Needs no
OpenCV: whoever lists profiles need not have it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from calibration.history import Kept
from edge.optics import Lens
from edge.store import CameraProfile
from edge.told import phrase, told

if TYPE_CHECKING:
    from calibration.camera.bumped import CameraHealth
    from calibration.camera.session import Verdict

NUMBERS = ("x", "y", "off, cm", "±", "heads", "hands")
REMEDY = phrase(
    "Look whether it hangs as it did, then find its pose anew: tebura calibrate camera {camera} --floor SOURCE"
)


def across_deg(lens: Lens) -> float:
    """How wide its picture is, degrees."""
    left, right = lens.rays([(-0.5, lens.cy), (lens.width - 0.5, lens.cy)])
    return math.degrees(math.acos(float(np.clip(left @ right, -1, 1))))


def print_verdict(verdict: Verdict, console: Console) -> None:
    """What was measured, what was found, and what to do."""
    fit, pose, lens = verdict.lens_fit, verdict.pose, verdict.lens
    if fit is not None:
        other = ", ".join(f"{model} {px:.3f} px" for model, px in fit.held_out_px.items())
        console.print(
            f"lens: {_lens(fit.lens)}, {fit.residual_px:.3f} px over {len(fit.looks)} boards; {fit.model} model"
        )
        dropped = f"{fit.dropped} picture{'' if fit.dropped == 1 else 's'} left out"
        console.print(f"  on boards held out: {other}; {dropped}", style="dim")
    elif lens is not None:
        console.print(f"lens: {_lens(lens)}, as of {verdict.lens_of}")
    if pose is not None:
        x, y, z = pose.view.position
        console.print(
            f"pose: hangs at {x:.3f}, {y:.3f}, {z:.3f} m (± {pose.place_cm:.1f} cm, ± {pose.turn_deg:.2f}°), "
            f"{_towards(pose.view.camera_from_store)}",
            soft_wrap=True,
        )
        table = _table("sheet", "x", "y", "off, cm")
        for thing in pose.points.things:
            x, y, _ = pose.points.places[pose.points.of == thing].mean(axis=0).tolist()
            table.add_row(str(thing) if thing else "board", f"{x:.2f}", f"{y:.2f}", f"{pose.off_cm[thing]:.1f}")
        console.print(table)
        left = f"floor: {pose.residual_cm:.1f} cm, {pose.residual_px:.2f} px; heads are seen to {pose.heads_cm:.1f} cm"
        console.print(left, highlight=False)
    for finding in verdict.findings:
        style = "red" if finding.refuses else "yellow"
        console.print(str(finding), style=style, highlight=False, soft_wrap=True, markup=False)
    ends = "is accepted" if verdict.accepted else "is refused. Put right what is named, then do it again"
    console.print(f"{verdict.camera} {ends}.")


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """For programs."""
    said: dict[str, Any] = {
        "camera": verdict.camera,
        "accepted": verdict.accepted,
        "findings": [
            {"fault": f.fault, "what": f.what, "remedy": f.kind.remedy, "refuses": f.refuses} for f in verdict.findings
        ],
    }
    if verdict.lens_fit is not None:
        fit = verdict.lens_fit
        said["lens"] = {"boards": len(fit.looks), "residual_px": round(fit.residual_px, 4), "model": fit.model}
    if verdict.pose is not None:
        pose = verdict.pose
        said["pose"] = {
            "position": [round(v, 5) for v in pose.view.position],
            "rotation": [round(v, 6) for v in pose.view.rotation],
            "residual_px": round(pose.residual_px, 4),
            "residual_cm": round(pose.residual_cm, 3),
            "place_error_cm": round(pose.place_cm, 3),
            "turn_error_deg": round(pose.turn_deg, 4),
            "heads_error_cm": round(pose.heads_cm, 3),
        }
    return said


def plain_kept(kept: Kept) -> dict[str, Any]:
    """For programs."""
    said: dict[str, Any] = {"camera": kept.of, "when": kept.when, "counts": kept.counts, "file": str(kept.path)}
    if kept.broken:
        said["broken"] = kept.broken
    if kept.profile is not None:
        said |= kept.profile.model_dump(mode="json", exclude={"camera", "made"})
    return said


def print_history(kept: Sequence[Kept], console: Console) -> None:
    """Every profile of a camera that was kept, the one that counts with a star."""
    table = _table("", "camera", "when", "by", "picture", "wide", "lens px", "floor cm", "why")
    for one in kept:
        mark, profile = "*" if one.counts else "", one.profile
        if not isinstance(profile, CameraProfile) or one.broken:
            table.add_row(mark, one.of, one.when, "", "", "", "", "", f"[red]cannot be used: {escape(one.broken)}[/]")
            continue
        size, wide = f"{profile.width}x{profile.height}", f"{across_deg(profile.lens):.0f}°"
        residuals = f"{profile.residual_px:.2f}", f"{profile.residual_cm:.1f}"
        table.add_row(mark, one.of, one.when, escape(profile.by), size, wide, *residuals, escape(profile.why))
    console.print(table)
    console.print("* in force", style="dim")


def print_kept(kept: Kept, console: Console) -> None:
    """One profile with its evidence."""
    profile = kept.profile
    assert isinstance(profile, CameraProfile)
    counts = ", in force" if kept.counts else ""
    by = f"{profile.by or 'nobody named'}: {profile.why or '-'}"
    console.print(f"{kept.of} as of {kept.when}{counts}; by {by}", markup=False)
    if kept.broken:
        console.print(f"cannot be used: {kept.broken}", style="red", markup=False)
    x, y, z = profile.position
    console.print(f"lens: {_lens(profile.lens)}, {profile.residual_px:.3f} px")
    console.print(
        f"pose: hangs at {x:.3f}, {y:.3f}, {z:.3f} m, {_towards(profile.view.camera_from_store)}", soft_wrap=True
    )
    evidence = tomllib.loads(kept.path.read_text(encoding="utf-8"))
    table = _table("sheet", "x", "y", "off, cm")
    for row in evidence.get("sheet", ()):
        table.add_row(row["what"], *(f"{v:.2f}" for v in row["position"][:2]), f"{row['off_cm']:.1f}")
    console.print(table if table.row_count else "no evidence in its file", highlight=False)
    for finding in evidence.get("finding", ()):
        console.print(f"{finding['fault']}: {finding['what']}", highlight=False, markup=False)


def print_changes(before: Kept, after: Kept, old: CameraProfile, new: CameraProfile, console: Console) -> None:
    """How far it went, and what that means on the floor."""
    console.print(f"{after.of}: from {before.when} to {after.when}")
    went_cm = [100 * (b - a) for a, b in zip(old.position, new.position, strict=True)]
    turn = new.view.camera_from_store @ old.view.camera_from_store.T
    turned_deg = math.degrees(math.acos(float(np.clip((np.trace(turn) - 1) / 2, -1, 1))))
    if old.lens == new.lens and max(map(abs, went_cm)) < 0.005 and turned_deg < 0.001:
        console.print("nothing differs but the date")
        return
    x, y, z = went_cm
    console.print(f"place: {x:+.1f}, {y:+.1f}, {z:+.1f} cm; turn: {turned_deg:.2f}°", highlight=False)
    if (old.width, old.height) != (new.width, new.height):
        console.print(f"picture: {old.width}x{old.height} -> {new.width}x{new.height}")
    angle = "the same" if old.lens == new.lens else f"{across_deg(old.lens):.1f}° -> {across_deg(new.lens):.1f}° wide"
    console.print(f"lens: {angle}", highlight=False)
    pixels = np.array([(u, v) for v in (0.25, 0.5, 0.75) for u in (0.25, 0.5, 0.75)])
    seen = [p.view.at_height(pixels * (p.width, p.height), 0.0) for p in (old, new)]
    off_cm = 100 * np.hypot(*(seen[1] - seen[0])[:, :2].T)
    if np.isfinite(off_cm).any():
        console.print(
            f"what it sees on the floor moves by {np.nanmedian(off_cm):.1f} cm, {np.nanmax(off_cm):.1f} at most"
        )


def print_health(cameras: Sequence[CameraHealth], console: Console) -> None:
    """What the check makes of the cameras."""
    table = _table("camera", "heads", "hands", "off, cm", "±", "against")
    for one in cameras:
        against = "what was learned" if one.learned else "the others: nothing was learned (--learn)"
        if not one.heads:
            against = f"{against}; no other camera saw the same heads"
        off = (f"{one.shift_cm:.1f}", f"{one.error_cm:.1f}") if one.heads + one.hands else ("–", "–")
        table.add_row(one.camera, str(one.heads), str(one.hands), *off, against)
    console.print(table)
    bumped = [one for one in cameras if one.bumped]
    for one in bumped:
        console.print(f"[bold red]{one.camera}[/]  bumped: {escape(one.what)}.")
        console.print(f"    {told(REMEDY, camera=one.camera)}.", style="dim")
    if not bumped:
        console.print(f"{len(cameras)} cameras: nobody bumped against them.", style="green")


def facts(camera: CameraHealth) -> dict[str, Any]:
    """For programs."""
    return {
        "camera": camera.camera,
        "well": not camera.bumped,
        "heads": camera.heads,
        "hands": camera.hands,
        "shift_cm": round(camera.shift_cm, 2),
        "shift_cm_error": round(camera.error_cm, 2),
        "learned": camera.learned,
        "or": camera.instead or None,
        "what": camera.what if camera.bumped else "",
        "remedy": told(REMEDY, camera=camera.camera) if camera.bumped else "",
    }


def _lens(lens: Lens) -> str:
    return f"{lens.width}x{lens.height}, {across_deg(lens):.0f}° wide"


def _towards(camera_from_store: Any) -> str:
    """How a camera is turned, for people."""
    right, _, ahead = camera_from_store
    tilt = math.degrees(math.acos(float(np.clip(-ahead[2], -1, 1))))
    yaw = math.degrees(math.atan2(right[1], right[0]))
    return f"{tilt:.1f}° from straight down, its picture's right towards {yaw:.0f}°"


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in NUMBERS else "left", no_wrap=heading != "why")
    return table
