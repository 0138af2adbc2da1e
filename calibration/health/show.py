"""A verdict for people and for programs: a table of controllers and plates, the faults with what to do, JSON.

Enters: the verdict. Leaves: what `rich` prints, or plain dictionaries. A plate is worth a line when something is wrong
with it, or when everything was asked for; a controller always is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from calibration.faults import Finding
from calibration.health.verdict import ENOUGH_S, PlateHealth, ShelfHealth
from edge.told import told

CREEP_TOLD = 0.01
"""A creep that is known worse than this (as a share) is not worth a word."""
COLUMNS = ("plate", "quiet", "level", "noise", "hum", "g/√s", "g/h", "g/°C", "creep %", "steps", "faults")


def show(console: Console, of: str, shelves: Sequence[ShelfHealth], *, every: bool) -> None:
    """The whole report."""
    console.print(Text(of, "bold"))
    console.print(controllers(shelves))
    table = plates(shelves, every=every)
    if table.row_count:
        console.print(table)
    for where, what, remedy in troubles(shelves):
        console.print(Text.assemble((where, "bold red"), f"  {what}."))
        console.print(Text(f"    {remedy}.", "dim"))
    console.print(summary(shelves))


def summary(shelves: Sequence[ShelfHealth]) -> Text:
    """One line."""
    count = sum(len(s.plates) for s in shelves)
    ill = sum(len(s.findings) + len(s.troubles) for s in shelves)
    if not ill:
        shelf, plate = "shelf" if len(shelves) == 1 else "shelves", "plate" if count == 1 else "plates"
        heard = f"{len(shelves)} {shelf} with {count} {plate}"
        if not all(s.told for s in shelves):
            least_s = min(s.heard_s for s in shelves)
            what = f"no fault so far, but {least_s:.0f} s are too short to say that all is well"
            return Text(f"{heard}: {what}. Listen for {ENOUGH_S:.0f} s at least.", "yellow")
        return Text(f"{heard}: all is well.", "green")
    bad = sum(not s.well for s in shelves)
    return Text(f"{ill} fault{'s' * (ill > 1)} on {bad} of {len(shelves)} shelves.", "bold red")


def troubles(shelves: Sequence[ShelfHealth]) -> Iterator[tuple[str, str, str]]:
    """(where, what is wrong, what to do)."""
    for shelf in shelves:
        for finding in shelf.findings:
            yield where_of(shelf.shelf, finding), f"{finding.fault}: {finding.what}", remedy_of(shelf.shelf, finding)
        for trouble in shelf.troubles:
            what, _, remedy = trouble.rpartition(": ")
            yield shelf.shelf, what or trouble, remedy or "Look at its controller"


def where_of(shelf: str, finding: Finding) -> str:
    """``g1-s1 plate 3``; the shelf alone where it is the controller's."""
    return f"{shelf} plate {', '.join(map(str, finding.plates))}" if finding.plates else shelf


def remedy_of(shelf: str, finding: Finding) -> str:
    """What to do; what a walk would correct needs one."""
    if finding.kind.weight == "corrected":
        return told("Calibrate it: tebura calibrate shelf {shelf}", shelf=shelf)
    return finding.kind.remedy


def controllers(shelves: Sequence[ShelfHealth]) -> Table:
    """One line a controller."""
    table = _table("shelf", "heard", "hz", "lost", "gaps", "late", "clock", "drift", "plates", "faults")
    for shelf in shelves:
        said = shelf.controller
        if not said.batches:
            table.add_row(shelf.shelf, *["–"] * 7, str(len(shelf.plates)), _names(shelf.findings))
            continue
        hz = f"{said.hz:.1f}" if abs(said.hz / said.hz_said - 1) < 0.005 else f"{said.hz:.1f} of {said.hz_said:g}"
        ppm = "" if math.isnan(said.ppm) or said.ppm_error > 250 else f"{said.ppm:+.0f} ppm"
        table.add_row(
            shelf.shelf, _time(said.heard_s), hz, f"{100 * said.lost:.2f} %", str(said.gaps), str(said.late),
            f"{said.offset_s * 1e3:+.0f} ms" if abs(said.offset_s) < 1 else f"{said.offset_s:+.1f} s", ppm,
            str(len(shelf.plates)), _names(shelf.findings),
        )  # fmt: skip
    return table


def plates(shelves: Sequence[ShelfHealth], *, every: bool) -> Table:
    """One line a plate that deserves a word, or all of them; columns in which nobody says anything are left out."""
    rows: list[tuple[str | Text, ...]] = []
    for shelf in shelves:
        for plate in shelf.plates if shelf.controller.batches else ():
            findings = [f for f in shelf.findings if plate.plate in f.plates]
            if every or findings:
                rows.append((f"{shelf.shelf}:{plate.plate}", *_figures(plate), _names(findings)))
    shown = [i for i in range(len(COLUMNS)) if not rows or any(str(row[i]) for row in rows)]
    table = _table(*(COLUMNS[i] for i in shown))
    for row in rows:
        table.add_row(*(row[i] for i in shown))
    return table


def _figures(plate: PlateHealth) -> Iterator[str]:
    yield _time(plate.rest_s)
    yield _number(plate.level_g, 0)
    yield _number(plate.noise.value, 2)
    yield f"{plate.hum_g:.1f}, {plate.hum_hz:.1f} Hz" if plate.hum_g > 0.2 else ""
    yield f"{plate.wander_g:.2f}" if math.isfinite(plate.wander.value) else ""
    yield _estimate(plate.drift.value, plate.drift.error, 0)
    yield _estimate(plate.warmth.value, plate.warmth.error, 1)
    yield _estimate(100 * plate.creep, 100 * plate.creep_error, 2) if plate.creep_error < CREEP_TOLD else ""
    yield str(plate.steps)


def _estimate(value: float, error: float, digits: int) -> str:
    return f"{value:+.{digits}f} ±{error:.{digits}f}" if math.isfinite(value) else ""


def _names(findings: Sequence[Finding]) -> Text:
    return Text(", ".join(dict.fromkeys(f.fault for f in findings)), "red")


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if math.isfinite(value) else "–"


def _time(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="left" if column == "faults" else "right", no_wrap=True)
    return table


# --- for programs ----------------------------------------------------------------------------------------------------


def facts(shelf: ShelfHealth) -> dict[str, Any]:
    """One shelf, JSON-ready; what is not known is null."""
    said = shelf.controller
    return {
        "shelf": shelf.shelf,
        "well": shelf.well and shelf.told,
        "unit": "g" if shelf.grams else "raw",
        "profile": shelf.profile or None,
        "heard_s": round(said.heard_s, 1),
        "controller": {
            "hz": _fact(said.hz, 3),
            "hz_said": _fact(said.hz_said, 3),
            "lost_share": _fact(said.lost, 6),
            "gaps": said.gaps,
            "absent_s": _fact(said.absent_s, 1),
            "late": said.late,
            "clock_behind_s": _fact(said.offset_s, 4),
            "clock_ppm": _fact(said.ppm, 1),
            "clock_ppm_error": _fact(said.ppm_error, 1),
        },
        "plates": [_plate_facts(plate) for plate in shelf.plates],
        "faults": [
            {
                "fault": f.fault,
                "plates": list(f.plates),
                "what": f.what,
                "means": f.kind.means,
                "remedy": remedy_of(shelf.shelf, f),
            }
            for f in shelf.findings
        ],
        "troubles": list(shelf.troubles),
    }


def _plate_facts(plate: PlateHealth) -> dict[str, Any]:
    return {
        "plate": plate.plate,
        "read_share": _fact(plate.read, 6),
        "quiet_s": _fact(plate.rest_s, 1),
        "level": _fact(plate.level_g, 2),
        "noise": _fact(plate.noise.value, 4),
        "hum": _fact(plate.hum_g, 3),
        "hum_hz": _fact(plate.hum_hz, 2) if plate.hum_g else None,
        "repeats": _fact(plate.repeats, 2),
        "flat_s": _fact(plate.flat_s, 1),
        "wander_per_sqrt_s": _fact(plate.wander_g, 4) if math.isfinite(plate.wander.value) else None,
        "drift_per_h": _fact(plate.drift.value, 2),
        "drift_per_h_error": _fact(plate.drift.error, 2),
        "per_celsius": _fact(plate.warmth.value, 3),
        "per_celsius_error": _fact(plate.warmth.error, 3),
        "creep_share": _fact(plate.creep, 6),
        "creep_share_error": _fact(plate.creep_error, 6),
        "steps": plate.steps,
        "touches": plate.touches,
        "jumps": plate.jumps,
    }


def _fact(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
