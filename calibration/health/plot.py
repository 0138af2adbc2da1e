"""The verdict as a picture: what every plate did all the time, how noisy it is, and what is wrong with it.

Enters: verdict and course of some shelves. Leaves: a figure a shelf, drawn with matplotlib (``tebura[plot]``, needed
for nothing else); as PNG or SVG, or as text for a page. A plate has a lane: its level as it drifted by itself, steps
taken out; where it was stirred the lane is shaded, for there nothing is tracked. Beside it, in its lane, its noise.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.faults import FAULTS
from calibration.health.course import ROW_S, Rows
from calibration.health.moments import Floats
from calibration.health.sources import Ear
from calibration.health.verdict import ShelfHealth

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

SUFFIXES = (".html", ".png", ".svg")
INK, DIM, RIGHT, WRONG, STIR, WARM = "#1d2733", "#8a94a0", "#2a6f97", "#c1121f", "#f2b134", "#e07a3f"
BEHIND = {"facecolor": "white", "alpha": 0.8, "pad": 1.0, "edgecolor": "none"}
LANE_INCH, WIDE_INCH = 0.24, 11.0
LEAST_LANE_G = 1.0
RESTLESS = 0.1
"""A plate with levels in less than this share of the time is never quiet: what it said is drawn as it is."""
MOST_COLUMNS = 1500
"""A day has more rows than a screen has columns."""


class Unplottable(ValueError):
    """The picture cannot be made; the message says what to do."""


def check(path: Path) -> None:
    """Whether this picture could be made, before anything is listened to. `Unplottable`."""
    if path.suffix.lower() not in SUFFIXES:
        raise Unplottable(f"{path}: a picture ends in {', '.join(SUFFIXES)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise Unplottable("--plot needs matplotlib. Install it: pip install 'tebura[plot]'") from None


def draw(path: Path, ear: Ear, shelves: Sequence[ShelfHealth]) -> None:
    """One picture of all shelves, PNG or SVG by its suffix."""
    heard = [s for s in shelves if s.controller.batches]
    heights = [_height(s) for s in heard]
    figure = _figure(sum(heights))
    parts = figure.subfigures(len(heard), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, shelf in zip(parts, heard, strict=True):
        _shelf(part, shelf, ear)
    figure.savefig(path, dpi=130)


def drawn(ear: Ear, shelf: ShelfHealth) -> str:
    """One shelf as SVG text, to stand inside a page."""
    figure = _figure(_height(shelf))
    _shelf(figure, shelf, ear)
    out = io.StringIO()
    figure.savefig(out, format="svg")
    text = out.getvalue()
    return text[text.index("<svg") :]


def _figure(height: float) -> Figure:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tebura", "font.size": 8, "text.color": INK})
    return Figure(figsize=(WIDE_INCH, height), facecolor="white")


def _height(shelf: ShelfHealth) -> float:
    return LANE_INCH * (len(shelf.plates) + 1) + 1.0


def _shelf(figure: Figure | SubFigure, shelf: ShelfHealth, ear: Ear) -> None:
    height = _height(shelf)
    grid = {"left": 0.06, "right": 0.985, "bottom": 0.42 / height, "top": 1 - 0.42 / height, "wspace": 0.03}
    course, noise = figure.subplots(1, 2, sharey=True, width_ratios=[3.4, 1.0], gridspec_kw=grid)
    lanes = np.arange(len(shelf.plates))
    rows = _thinned(ear.health.course(shelf.shelf))
    colours = [WRONG if any(p.plate in f.plates for f in shelf.findings) else RIGHT for p in shelf.plates]
    lane_g = _lanes(course, rows, colours, ear)
    _noise(noise, shelf, colours)
    course.set_ylim(len(shelf.plates) - 0.4, -1.5 if np.isfinite(rows.celsius).any() else -0.6)
    course.set_yticks(lanes, [str(p.plate) for p in shelf.plates])
    course.set_ylabel("plate")
    unit = "g" if shelf.grams else "× its first noise"
    what = [f.fault for f in shelf.findings if not f.plates]
    title = f"{shelf.shelf}" + (f"   {', '.join(what)}" if what else "")
    course.set_title(title, loc="left", fontsize=11, fontweight="bold", color=WRONG if what else INK)
    course.set_title(f"level without steps; a lane is {lane_g:g} {unit}", loc="right", color=DIM)
    course.set_title("■ stirred", loc="center", color=STIR)
    noise.set_title("noise of a sample" + (", g" if shelf.grams else ""), loc="right", color=DIM)
    for axes in (course, noise):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(length=2, colors=DIM)


def _lanes(axes: Any, rows: Rows, colours: Sequence[str], ear: Ear) -> float:
    """Each plate's course in its lane; how many grams a lane is high."""
    from matplotlib import dates
    from matplotlib.colors import LinearSegmentedColormap

    if not len(rows.at_s):
        return LEAST_LANE_G
    times = rows.at_s / 86400.0
    typeless: Any = dates
    locator = typeless.AutoDateLocator(tz=ear.store.timezone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(typeless.ConciseDateFormatter(locator, tz=ear.store.timezone))
    edges = np.append(times, times[-1] + ROW_S / 86400.0)
    between = LinearSegmentedColormap.from_list("stirred", [(1, 1, 1, 0), STIR])
    lanes = np.arange(len(colours) + 1) - 0.5
    axes.pcolormesh(edges, lanes, np.sqrt(rows.stirred.T), cmap=between, vmin=0.0, vmax=1.0, zorder=0, rasterized=True)
    drifts = [_drift(rows, plate) for plate in range(len(colours))]
    lane_g = _lane_g(drifts)
    for lane, (drift_g, colour) in enumerate(zip(drifts, colours, strict=True)):
        axes.axhline(lane, color=DIM, lw=0.3, alpha=0.6, zorder=1)
        if np.isfinite(drift_g).mean() >= RESTLESS:
            axes.plot(times, lane - np.clip(drift_g / lane_g, -0.6, 0.6), color=colour, lw=0.9, zorder=2)
            continue
        said_g = rows.seen_g[:, lane] - float(np.nanmedian(rows.seen_g[:, lane]))
        if np.isfinite(said_g).any():
            most_g = float(np.nanmax(np.abs(said_g))) or 1.0
            axes.plot(times, lane - 0.45 * said_g / most_g, color=colour, lw=0.7, ls=(0, (2, 1)), zorder=2)
            axes.text(1.0, lane, f"never quiet, ±{most_g:.0f} ", color=colour, ha="right", va="center",
                      transform=axes.get_yaxis_transform(), bbox=BEHIND)  # fmt: skip
    if np.isfinite(rows.celsius).any():
        low, high = float(np.nanmin(rows.celsius)), float(np.nanmax(rows.celsius))
        axes.plot(times, -0.7 - 0.6 * (rows.celsius - low) / max(high - low, 0.1), color=WARM, lw=0.9)
        axes.text(1.0, -1.0, f" {low:.1f}–{high:.1f} °C", color=WARM, ha="right", va="center",
                  transform=axes.get_yaxis_transform())  # fmt: skip
    axes.set_xlim(edges[0], edges[-1])
    return lane_g


def _noise(axes: Any, shelf: ShelfHealth, colours: Sequence[str]) -> None:
    """A bar a plate, with the limit, and the names of what is wrong."""
    values = np.nan_to_num([p.noise.value for p in shelf.plates])
    limit = FAULTS["noisy"].limit if shelf.grams else float("nan")
    end = max(float(values.max(initial=0.0)) * 1.05, 1.25 * limit if shelf.grams else 0.0) or 1.0
    if shelf.grams and end > 4 * limit:
        end = 4 * limit
    lanes = np.arange(len(values))
    axes.barh(lanes, np.minimum(values, end), height=0.55, color=colours, alpha=0.85)
    if shelf.grams:
        axes.axvline(limit, color=WRONG, lw=0.8, ls=(0, (3, 3)))
    for lane, plate in enumerate(shelf.plates):
        names = ", ".join(f.fault for f in shelf.findings if plate.plate in f.plates)
        if names:
            axes.text(0.99, lane, names, color=WRONG, fontweight="bold", ha="right", va="center",
                      transform=axes.get_yaxis_transform(), bbox=BEHIND)  # fmt: skip
    axes.set_xlim(0.0, end)
    axes.tick_params(labelleft=False, left=False)


def _drift(rows: Rows, plate: int) -> Floats:
    """What a plate's level did by itself: its quiet levels, with every step taken out (rows,), NaN between."""
    level_g, run = rows.level_g[:, plate], rows.run[:, plate]
    seen = np.flatnonzero(np.isfinite(level_g))
    told = np.full(len(level_g), np.nan)
    if not seen.size:
        return told
    own = np.diff(level_g[seen], prepend=level_g[seen[0]])
    own[1:][run[seen[1:]] != run[seen[:-1]]] = 0.0
    told[seen] = np.cumsum(own)
    told[seen] -= float(np.median(told[seen]))
    return told


def _lane_g(drifts: Sequence[Floats]) -> float:
    """Grams of a lane, a round number: most plates fill half of theirs, and what runs away is cut off at its edge."""
    spans = [float(np.nanmax(d) - np.nanmin(d)) for d in drifts if np.isfinite(d).any()]
    wanted = max(LEAST_LANE_G, 1.6 * float(np.median(spans)) if spans else 0.0)
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(power * step for step in (1, 2, 5, 10) if power * step >= wanted))


def _thinned(rows: Rows) -> Rows:
    """Few enough rows for a picture: means of neighbours, of those of one run."""
    share = -(-len(rows.at_s) // MOST_COLUMNS)
    if share <= 1:
        return rows
    keep = slice(None, len(rows.at_s) - len(rows.at_s) % share, share)
    stirred = rows.stirred[: len(rows.at_s) - len(rows.at_s) % share]
    stirred = stirred.reshape(-1, share, stirred.shape[1]).mean(axis=1)
    return Rows(rows.at_s[keep], rows.celsius[keep], rows.level_g[keep], rows.seen_g[keep], rows.run[keep], stirred)
