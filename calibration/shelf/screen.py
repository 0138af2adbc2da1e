"""A walk on a terminal: what to do now, large; how far it is; and every plate as it has been for twenty seconds.

Enters: the walk after every batch. Leaves: a screen of any size from 80 x 24 on, redrawn a few times a second, so that
it is usable through a slow line. One row a plate, all on the same scale: what a neighbour feels is seen as well.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Mapping

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from calibration.shelf.faces import silence
from calibration.shelf.stages import Said
from calibration.shelf.walk import Walk
from calibration.steady import Floats

SHOWN_S = 20.0
EVERY_S = 0.2
NOTES = 3
BARS = " ▁▂▃▄▅▆▇█"
FRAME = 10
"""Lines that are not plates: the head, the ask in its box, the notes."""


class Screen:
    """A face with a memory of the last few remarks."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr)
        self._live = Live(console=self._console, auto_refresh=False, screen=self._console.is_terminal)
        self._walk: Walk | None = None
        self._where = ""
        self._ask = Text("Listening …")
        self._plate = 0
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._drawn_s = 0.0

    def begin(self, walk: Walk, where: str) -> None:
        self._walk, self._where = walk, where
        self._live.start()

    def say(self, said: Said) -> None:
        if said.ask is not None:
            self._ask, self._plate = Text(said.text, "bold"), said.ask.plate
            self._console.bell()
        elif said.kind == "done":
            self._ask, self._plate = Text(said.text, "bold"), 0
        else:
            self._notes.append(said.text)
        self._draw()

    def draw(self) -> None:
        if time.monotonic() - self._drawn_s >= EVERY_S:
            self._draw()

    def silent(self, for_s: float, troubles: Mapping[str, str]) -> None:
        self._ask = Text(silence(for_s, troubles), "bold red")
        self._draw()

    def close(self) -> None:
        self._live.stop()

    def _draw(self) -> None:
        self._drawn_s = time.monotonic()
        self._live.update(self.picture(), refresh=True)

    def picture(self) -> RenderableType:
        """All of it."""
        walk = self._walk
        assert walk is not None
        done, of = walk.steps
        head = Table.grid(expand=True, padding=(0, 1))
        head.add_column(no_wrap=True)
        head.add_column(ratio=1)
        head.add_column(justify="right", no_wrap=True)
        head.add_row(
            Text(f"{walk.progress.shelf}", "bold reverse"),
            ProgressBar(total=of, completed=done),
            f"{done} of {of}",
        )
        notes = [Text(f"· {note}", "dim", no_wrap=True, overflow="ellipsis") for note in self._notes]
        foot = Text(f"{self._where}; Ctrl-C keeps what is measured", "dim", no_wrap=True, overflow="ellipsis")
        return Group(head, Panel(self._ask, padding=(0, 2), border_style="cyan"), self._plates(walk), *notes, foot)

    def _plates(self, walk: Walk) -> RenderableType:
        said, grams = walk.shown(SHOWN_S)
        height = max(3, self._console.height - FRAME)
        width = max(10, self._console.width - 22)
        rows = said.shape[0]
        first = min(max(0, self._plate - 1 - height // 2), max(0, rows - height))
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        top = _scale(said)
        for row in range(first, min(rows, first + height)):
            here = row + 1 == self._plate
            value = float(said[row, -1]) if said.shape[1] and np.isfinite(said[row, -1]) else float("nan")
            told = "-" if np.isnan(value) else (f"{value:+.1f} g" if grams else f"{value:+.4g}")
            done = row + 1 in walk.progress.done
            name = Text(f"{'✓' if done else ' '}{row + 1:>3}", "bold reverse" if here else ("green" if done else ""))
            still = walk.still(row + 1)
            table.add_row(
                name,
                Text(_curve(said[row], width, top), "cyan" if here else "dim"),
                Text(told, "" if still else "yellow"),
            )
        return table


def _scale(said: Floats) -> float:
    """What fills a row: the largest there is, so that a small thing looks small."""
    sizes = np.abs(said[np.isfinite(said)])
    return max(float(sizes.max()), 1e-12) if sizes.size else 1.0


def _curve(said: Floats, width: int, top: float) -> str:
    """One plate's past as blocks, the newest at the right."""
    if said.size == 0:
        return ""
    columns = np.array_split(said, min(width, said.size))
    heights = [float(np.max(np.abs(c))) / top if np.isfinite(c).all() else float("nan") for c in columns]
    marks = ["·" if np.isnan(h) else BARS[min(len(BARS) - 1, round(h * (len(BARS) - 1)))] for h in heights]
    return "".join(marks).rjust(width)
