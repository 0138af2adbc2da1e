"""Small charts: the weight trace of a shelf event, and bars.

Lines are SVG stretched to the width at hand (strokes do not stretch with it); words are HTML beside them, so that they
stay legible on a narrow screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.drawing.markup import Markup, join, number, tag
from edge.drawing.scale import grams_shown, grid, nice_step, percent, seconds_shown
from edge.evidence import Trace
from edge.records import ShelfEvent
from simulator.report.material import EventShown

WIDTH, HEIGHT = 1000.0, 300.0
POINTS_AT_MOST = 260
"""Samples drawn of one plate; a trace with more is thinned so that its peaks stay."""

NAME_HEIGHT = 0.11
"""Names in a chart need about this share of its height."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of time and mass that a chart shows, with ``step_g`` between its grid lines."""

    start_s: float
    end_s: float
    low_g: float
    high_g: float
    step_g: float

    def x(self, at_s: float) -> float:
        return (at_s - self.start_s) / max(self.end_s - self.start_s, 1e-6) * WIDTH

    def y(self, grams: float) -> float:
        return (self.high_g - grams) / (self.high_g - self.low_g) * HEIGHT

    def left(self, at_s: float) -> str:
        return f"left:{self.x(at_s) / WIDTH:.1%}"

    def top(self, grams: float) -> str:
        return f"top:{self.y(grams) / HEIGHT:.1%}"

    def grams(self) -> list[float]:
        """Where grid lines are drawn."""
        return grid(self.low_g, self.high_g, self.step_g)

    def moments(self, step_s: float) -> list[float]:
        """Moments named under the chart: the step itself and whole seconds around it, six or so."""
        span = self.end_s - self.start_s
        every = next((s for s in (1.0, 2.0, 5.0, 10.0, 20.0) if span / s <= 6), 60.0)
        before, after = math.floor((step_s - self.start_s) / every), math.floor((self.end_s - step_s) / every)
        return [step_s + i * every for i in range(-before, after + 1)]


def weight_trace(shown: EventShown, levels: Sequence[tuple[str, float, bool]]) -> Markup:
    """The plates that moved, against their levels before.

    ``levels``: (what, total change in grams, chosen) of what could explain it, drawn at the right edge.
    """
    trace, event = shown.trace, shown.explained.event
    if trace is None or not trace.at_s.size:
        return tag("p", "No trace was kept of this event.", class_="quiet")
    total: NDArray[np.float64] = trace.change_g.sum(axis=0)
    after = float(sum(event.change_g[p - 1] for p in event.plates))
    window = _window(trace, total, after)
    times = [
        tag("span", seconds_shown(t - event.step_s) if t != event.step_s else "step", style=window.left(t))
        for t in window.moments(event.step_s)
    ]
    return tag(
        "figure",
        tag("div", *(tag("span", grams_shown(g), style=window.top(g)) for g in window.grams()), class_="axis"),
        tag("div", _drawing(window, trace, total, event, after), *_guesses(window, levels), class_="plot"),
        tag("div", *times, class_="times"),
        tag("figcaption", _keys(trace)),
        class_="trace",
    )


def _drawing(window: Window, trace: Trace, total: NDArray[np.float64], event: ShelfEvent, after: float) -> Markup:
    """The lines themselves: grid, the stir as a band, plates, their sum, and the levels before and after."""
    began, ended, step = window.x(event.began_s), min(WIDTH, window.x(event.ended_s)), window.x(event.step_s)
    rows = list(enumerate(trace.change_g)) if len(trace.plates) > 1 else []
    return tag(
        "svg",
        tag("rect", x=number(began), y=0, height=HEIGHT, width=number(max(2.0, ended - began)), class_="stir"),
        *(_straight(0, WIDTH, window.y(g), "zero" if g == 0 else "grid") for g in window.grams()),
        *(_line(window, trace.at_s, row, f"plate p{i % 4}") for i, row in rows),
        _line(window, trace.at_s, total, "total"),
        _straight(0, began, window.y(0.0), "level"),
        _straight(ended, WIDTH, window.y(after), "level"),
        tag("line", x1=number(step), x2=number(step), y1=0, y2=HEIGHT, class_="moment"),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _guesses(window: Window, levels: Sequence[tuple[str, float, bool]]) -> list[Markup]:
    """What each explanation would have weighed, at the right edge; names where they do not lie over one another."""
    marks: list[Markup] = []
    named: list[float] = []
    for what, grams, chosen in levels:
        if not window.low_g <= grams <= window.high_g:
            continue
        height = window.y(grams) / HEIGHT
        free = all(abs(height - other) > NAME_HEIGHT for other in named)
        named += [height] if free else []
        marks.append(
            tag(
                "i",
                tag("span", what) if free else None,
                class_="guess chosen" if chosen else "guess",
                style=window.top(grams),
                title=what,
            )
        )
    return marks


def certainty_bar(certainty: float | None, kind: str = "") -> Markup:
    """A bar with the percentage beside it."""
    if certainty is None:
        return tag("span", "–", class_="quiet")
    width = f"--p:{max(0.0, min(1.0, certainty)):.4f}"
    return tag("span", tag("i", style=width), tag("b", percent(certainty)), class_=f"bar {kind}".strip())


def _keys(trace: Trace) -> Markup:
    if len(trace.plates) == 1:
        return join(tag("i", class_="key total"), f"plate {trace.plates[0]}")
    keys = [join(tag("i", class_=f"key p{i % 4}"), f"plate {p} ") for i, p in enumerate(trace.plates)]
    return join(*keys, tag("i", class_="key total"), "together")


def _window(trace: Trace, total: NDArray[np.float64], after: float) -> Window:
    """All of the trace, but a hand's push is cut off at a bit more than the change itself."""
    values = np.concatenate([trace.change_g[np.isfinite(trace.change_g)], total[np.isfinite(total)], [0.0, after]])
    reach = 1.2 * abs(after) + 10.0
    low = max(float(values.min()), min(0.0, after) - reach)
    high = min(float(values.max()), max(0.0, after) + reach)
    pad = 0.08 * max(high - low, 8.0)
    low, high = low - pad, high + pad
    return Window(float(trace.at_s[0]), float(trace.at_s[-1]), low, high, nice_step(low, high))


def _straight(x1: float, x2: float, y: float, kind: str) -> Markup:
    return tag("line", x1=number(x1), x2=number(x2), y1=number(y), y2=number(y), class_=kind)


def _line(window: Window, at_s: NDArray[np.float64], grams: NDArray[np.float64], kind: str) -> Markup:
    """One polyline, with gaps where nothing could be read."""
    runs: list[list[str]] = [[]]
    for i in _thinned(grams):
        if math.isfinite(grams[i]):
            runs[-1].append(f"{number(window.x(float(at_s[i])))},{number(window.y(float(grams[i])))}")
        elif runs[-1]:
            runs.append([])
    return join(*(tag("polyline", points=" ".join(run), class_=kind) for run in runs if len(run) > 1))


def _thinned(grams: NDArray[np.float64]) -> list[int]:
    """Indices to draw: all of them, or the lowest and the highest of each bucket."""
    n = grams.size
    if n <= POINTS_AT_MOST:
        return list(range(n))
    keep: set[int] = {0, n - 1}
    for bucket in np.array_split(np.arange(n), POINTS_AT_MOST // 2):
        here = grams[bucket]
        if np.isfinite(here).any():
            keep |= {int(bucket[np.nanargmin(here)]), int(bucket[np.nanargmax(here)])}
        else:
            keep.add(int(bucket[0]))
    return sorted(keep)
