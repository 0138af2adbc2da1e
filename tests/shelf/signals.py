"""Weight signals written by hand: levels, steps, hands and faults of a few plates, cut into batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.records import ShelfEvent, Touch, WeightBatch
from edge.shelf import open_shelf, sense
from edge.store import ShelfProfile

HZ = 60.0
BATCH = 12
START_S = 1_000_000.0
LIGHTEST_G = 30.0


class Signal:
    """So many seconds of so many plates at rest; then things are added to it. Times are seconds from the start."""

    def __init__(self, plates: int, seconds: float, noise_g: float = 1.5, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.times = np.arange(round(seconds * HZ / BATCH) * BATCH) / HZ
        resting = self.rng.uniform(200.0, 4000.0, (plates, 1))
        self.mass_g: NDArray[np.float64] = resting + self.rng.normal(0.0, noise_g, (plates, len(self.times)))

    def step(self, at_s: float, changes_g: dict[int, float], ring_g: float = 0.2) -> Signal:
        """At ``at_s`` plates (1-based) change by so many grams, ringing down like a load cell (12 Hz, 0.12 s)."""
        since = np.clip(self.times - at_s, 0.0, None)
        after = self.times >= at_s
        for plate, change_g in changes_g.items():
            ring = 1.0 - np.exp(-since / 0.05) + ring_g * np.exp(-since / 0.12) * np.sin(2 * np.pi * 12 * since)
            self.mass_g[plate - 1] += np.where(after, change_g * ring, 0.0)
        return self

    def hand(self, at_s: float, plates: list[int], force_g: float = 150.0, for_s: float = 0.4) -> Signal:
        """A trembling hand presses on plates around ``at_s``."""
        bump = np.exp(-0.5 * ((self.times - at_s) / (for_s / 2.5)) ** 2)
        for plate in plates:
            tremble = 1.0 + 0.25 * self.rng.normal(size=len(self.times))
            self.mass_g[plate - 1] += force_g * bump * tremble
        return self

    def gone(self, from_s: float, to_s: float, plates: list[int]) -> Signal:
        """Plates cannot be read for a while."""
        away = (self.times >= from_s) & (self.times < to_s)
        for plate in plates:
            self.mass_g[plate - 1, away] = np.nan
        return self

    def stuck(self, from_s: float, to_s: float, plate: int) -> Signal:
        """A plate repeats its last reading."""
        away = (self.times >= from_s) & (self.times < to_s)
        self.mass_g[plate - 1, away] = self.mass_g[plate - 1, np.argmax(away) - 1]
        return self

    def batches(self) -> Iterator[WeightBatch]:
        for first in range(0, len(self.times), BATCH):
            at_s = START_S + float(self.times[first])
            yield WeightBatch(at_s + 0.2, at_s, "s1", HZ, self.mass_g[:, first : first + BATCH].copy())


def told(signal: Signal, profile: ShelfProfile | None = None) -> tuple[list[ShelfEvent], list[Touch]]:
    """What a shelf tells of a signal."""
    shelf = open_shelf("s1", signal.mass_g.shape[0], LIGHTEST_G, profile)
    events: list[ShelfEvent] = []
    touches: list[Touch] = []
    for batch in signal.batches():
        for event in sense(shelf, batch):
            if isinstance(event, ShelfEvent):
                events.append(event)
            elif isinstance(event, Touch):
                touches.append(event)
    return events, touches
