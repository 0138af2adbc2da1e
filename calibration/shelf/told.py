"""Verdicts and histories as tables for people, and as plain values for programs.

Enters: a `Verdict`, or what `calibration.history` found. Leaves: what is printed on stdout.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from calibration.history import Change, Kept
from calibration.shelf.verdict import Verdict, left_over
from edge.store import ShelfProfile


def percent(value: float, digits: int = 2) -> str:
    return "-" if not math.isfinite(value) else f"{100 * value:+.{digits}f}"


def print_verdict(verdict: Verdict, console: Console) -> None:
    """What was measured, what was found, and what to do."""
    table = _table("plate", "ch", "per g", "± %", "noise", "drift", "left", "right", "on top", "back", "creep")
    for result in verdict.plates:
        fitted = result.fit
        start = [str(result.plate), str(result.channel)]
        rest = [f"{result.noise_g:.2f}", "-" if math.isnan(result.drift_g) else f"{result.drift_g:.2f}"]
        if fitted is None:
            table.add_row(*start, "-", "-", *rest, *["-"] * 5)
            continue
        edges = (fitted.left, fitted.right, fitted.load, fitted.back, fitted.creep)
        shown = [percent(value) if math.isfinite(error) else "-" for value, error in edges]
        table.add_row(*start, f"{fitted.units_per_g:.5g}", f"{100 * fitted.error:.3f}", *rest, *shown)
    console.print(table)
    console.print(
        "noise: g; drift: g/√s; then % of the load: at the front corners, on top of a load, on the way down, creep",
        style="dim",
    )
    for finding in verdict.findings:
        style = "red" if finding.refuses else "yellow"
        console.print(str(finding), style=style, highlight=False, soft_wrap=True, markup=False)
    if verdict.accepted:
        worst = max(left_over(r.fit) for r in verdict.plates if r.fit is not None)
        console.print(
            f"{verdict.shelf} is accepted: span, place and load leave {worst:.2%} of a load at the worst plate."
        )
    else:
        console.print(f"{verdict.shelf} is refused. Put right what is named, then walk again.")


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """For programs."""
    return {
        "shelf": verdict.shelf,
        "accepted": verdict.accepted,
        "findings": [
            {"fault": f.fault, "plates": [*f.plates], "what": f.what, "remedy": f.kind.remedy, "refuses": f.refuses}
            for f in verdict.findings
        ],
        "plates": [
            {
                "plate": r.plate,
                "channel": r.channel,
                "noise_g": _number(r.noise_g),
                "drift_g": _number(r.drift_g),
                **(
                    {"units_per_g": r.fit.units_per_g, "span_error": _number(r.fit.error), "rest_g": r.fit.rest_g}
                    if r.fit is not None
                    else {}
                ),
            }
            for r in verdict.plates
        ],
    }


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def plain_kept(kept: Kept) -> dict[str, Any]:
    """For programs."""
    profile = kept.profile
    told: dict[str, Any] = {"shelf": kept.of, "when": kept.when, "counts": kept.counts, "file": str(kept.path)}
    if kept.broken:
        told["broken"] = kept.broken
    if isinstance(profile, ShelfProfile):
        told |= {"by": profile.by, "why": profile.why, "plates": [p.model_dump() for p in profile.plate]}
    return told


def _table(*headings: str) -> Table:
    """Numbers under their headings, within eighty columns."""
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def print_history(kept: Sequence[Kept], console: Console) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("", "shelf", "when", "by", "plates", "error", "noise g", "why"):
        table.add_column(heading, no_wrap=heading != "why")
    for one in kept:
        mark = "*" if one.counts else ""
        if not isinstance(one.profile, ShelfProfile) or one.broken:
            table.add_row(mark, one.of, one.when, "", "", "", "", f"[red]cannot be used: {escape(str(one.broken))}[/]")
            continue
        plates = one.profile.plate
        worst = max(p.span_error for p in plates)
        noise = f"{min(p.noise_g for p in plates):.1f}-{max(p.noise_g for p in plates):.1f}"
        name, by, why = one.when, escape(one.profile.by), escape(one.profile.why)
        table.add_row(mark, one.of, name, by, str(len(plates)), f"{worst:.2%}", noise, why)
    console.print(table)
    console.print("* in force", style="dim")


def print_kept(kept: Kept, console: Console) -> None:
    """One profile with its evidence."""
    profile = kept.profile
    assert isinstance(profile, ShelfProfile)
    counts = ", in force" if kept.counts else ""
    by = profile.by or "nobody named"
    console.print(f"{kept.of} as of {kept.when}{counts}; by {by}: {profile.why or '-'}", markup=False)
    if kept.broken:
        console.print(f"cannot be used: {kept.broken}", style="red", markup=False)
    evidence = tomllib.loads(kept.path.read_text(encoding="utf-8"))
    residuals = {row["plate"]: row for row in evidence.get("residual", ())}
    names = ("front_left", "front_right", "on_a_load", "on_the_way_down", "creep")
    headings = ("left", "right", "on top", "back", "creep") if residuals else ()
    table = _table("plate", "ch", "zero", "g per unit", "noise", "drift", "± %", *headings)
    for plate in profile.plate:
        zero = "-" if plate.zero is None else f"{plate.zero:.7g}"
        row = [str(plate.plate), str(plate.channel), zero, f"{plate.g_per_unit:.7g}", f"{plate.noise_g:.2f}"]
        row += [f"{plate.drift_g:.2f}", f"{100 * plate.span_error:.3f}"]
        told = residuals.get(plate.plate, {})
        row += [_first(told.get(f"{n}_percent")) for n in names if residuals]
        table.add_row(*row)
    console.print(table)
    for finding in evidence.get("finding", ()):
        where = ", ".join(map(str, finding["plates"])) or "the shelf"
        console.print(f"plate {where}: {finding['fault']}: {finding['what']}", highlight=False, markup=False)


def _first(pair: list[float] | None) -> str:
    return "-" if not pair else f"{pair[0]:+.2f}"


def print_changes(before: Kept, after: Kept, changes: Sequence[Change], console: Console) -> None:
    console.print(f"{after.of}: from {before.when} to {after.when}")
    table = _table("plate", "channel", "polarity", "span %", "zero g", "noise g", "drift")
    told = [c for c in changes if c.told]
    for c in told:
        table.add_row(
            str(c.plate),
            f"{c.channels[0]} -> {c.channels[1]}" if c.channels[0] != c.channels[1] else "=",
            "turned" if c.turned else "=",
            percent(c.span, 3),
            "-" if math.isnan(c.zero_g) else f"{c.zero_g:+.1f}",
            f"{c.noise_g[0]:.2f} -> {c.noise_g[1]:.2f}",
            f"{c.drift_g[0]:.2f} -> {c.drift_g[1]:.2f}",
        )
    console.print(table if told else "nothing differs but the date")
    counts = {len(k.profile.plate) for k in (before, after) if isinstance(k.profile, ShelfProfile)}
    if len(counts) > 1:
        console.print("they do not have the same number of plates", style="yellow")
