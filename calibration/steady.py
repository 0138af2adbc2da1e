"""When do plates stand still, and what do they then say, how surely?

Enters: batches as a controller sends them, in whatever unit. Leaves: for each channel whether it is still and since
when, and the mean of any stretch with its standard error. Everything is measured against the channel's own noise at
rest, which is learned first, hands off: so counts, volts and grams are one, at ten samples a second or a thousand.

Time is the batches' own. Samples are averaged into blocks of a tenth of a second (a plate rings at 10-15 Hz, a hand
does not): a channel leaves its level when two blocks in a row are further from it than noise explains, and is still
again when eight blocks agree and have no trend. A hum averages out over a stretch, and makes its error smaller than
white noise of the same size would: that too is learned at rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import WeightBatch

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.1
KEPT = 1200
"""Blocks that are remembered: two minutes."""
CALM = 8
"""So many blocks must agree before a channel is still."""
LEAVES_SIGMA = 5.0
RANGE_SIGMA = 5.5
"""Eight normal numbers spread over more than this once in four hundred times."""
TREND_SIGMA = 2.2
FOLLOWS = 20
"""A level is followed with a memory of so many blocks: drift is no step."""
STEP_SIGMA = 15.0
GAP_S = 1.5
"""A hole in time longer than this ends every stretch: nobody knows what happened in it."""
JUMP_SIGMA = 12.0
"""A block that differs so much from the last one, and stays there, is a jump."""


@dataclass(frozen=True, slots=True)
class Level:
    """What one channel said in a stretch, in its own unit; ``error`` is the standard error of ``mean``, from noise
    alone. ``slope`` is how fast it went on moving, a second. NaN and infinity where it could not be read.
    """

    at_s: float
    for_s: float
    mean: float
    error: float
    slope: float = 0.0


class Watch:
    """All channels of one controller.

    ``noise``: standard deviation of a block's mean at rest, ``still``, ``since_s``: since when, NaN while it moves.
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.now_s = -np.inf
        self.noise = np.full(channels, np.nan)
        self._learned = np.full(channels, np.nan)
        self._grain = np.full(channels, np.inf)
        self._last = np.full(channels, np.nan)
        self.still = np.zeros(channels, dtype=bool)
        self.since_s = np.full(channels, np.nan)
        self.left_s = np.full(channels, -np.inf)
        """When it last left a level."""
        self.steps = np.zeros(channels, dtype=int)
        """How often it came to rest at quite another level than before."""
        self.gaps = 0
        """Holes in time so far."""
        self.reference = np.full(channels, np.nan)
        self._inflation = np.ones(channels)
        self._away = np.zeros(channels, dtype=bool)
        self._followed = np.zeros(channels)
        self._at = np.zeros(2 * KEPT)
        self._said = np.zeros((channels, 2 * KEPT))
        self._count = 0
        self._calm_from = 0
        self._part: list[tuple[float, Floats]] = []
        self._next_s = np.nan

    # --- hearing ----------------------------------------------------------------------------------------------------

    def hear(self, batch: WeightBatch) -> None:
        """Take in one batch."""
        samples = batch.mass_g.shape[1]
        size = max(1, round(batch.hz * BLOCK_S))
        hole_s = abs(batch.at_s - self._next_s)
        if hole_s > 0.5 / batch.hz:
            self._part.clear()
        if hole_s > GAP_S:
            self.gaps += 1
            self._calm_from = self._count
            self.still[:] = False
            self.since_s[:] = np.nan
        self._next_s = batch.at_s + samples / batch.hz
        said = batch.mass_g
        self._grains(np.abs(np.diff(said, axis=1, prepend=self._last[:, None])))
        self._last = said[:, -1]
        first_s = batch.at_s
        if self._part:
            first_s = self._part[0][0]
            said = np.concatenate([self._part[0][1], said], axis=1)
            self._part.clear()
        whole = said.shape[1] // size
        if whole * size < said.shape[1]:
            self._part.append((first_s + whole * size / batch.hz, said[:, whole * size :]))
        if whole:
            blocks = said[:, : whole * size].reshape(self.channels, whole, size)
            means = blocks.mean(axis=2)
            if np.isnan(means).any():
                read = ~np.isnan(blocks)
                count = read.sum(axis=2)
                means = np.where(
                    count * 2 >= size, np.where(read, blocks, 0.0).sum(axis=2) / np.maximum(count, 1), np.nan
                )
            for i in range(whole):
                self._take(first_s + (i + 0.5) * size / batch.hz, means[:, i])
        self.now_s = self._next_s

    def _grains(self, steps: Floats) -> None:
        """The last digit is noise as well: a scale that says whole grams stands quite still, and flips now and then."""
        self._grain = np.minimum(self._grain, np.min(steps, axis=1, initial=np.inf, where=steps > 0))
        self.noise = np.maximum(self._learned, np.where(np.isfinite(self._grain), self._grain / 2, 0.0))

    def _take(self, at_s: float, block: Floats) -> None:
        if self._count == 2 * KEPT:
            self._at[:KEPT] = self._at[KEPT:]
            self._said[:, :KEPT] = self._said[:, KEPT:]
            self._count = KEPT
            self._calm_from = max(0, self._calm_from - KEPT)
        self._at[self._count] = at_s
        self._said[:, self._count] = block
        self._count += 1
        off = ~(np.abs(block - self.reference) <= LEAVES_SIGMA * self.noise)
        leaves = self.still & off & self._away
        if leaves.any():
            self.still[leaves] = False
            self.since_s[leaves] = np.nan
            self.left_s[leaves] = at_s
        self._away = off
        follows = self.still & ~off
        self._followed[follows] += 1.0
        gain = 1.0 / np.minimum(self._followed + 1.0, FOLLOWS)
        self.reference[follows] += (gain * (block - self.reference))[follows]
        if not self.still.all() and self._count - self._calm_from >= CALM:
            self._rest()

    def _rest(self) -> None:
        """Which channels that moved are still by now?"""
        last = self._said[:, self._count - CALM : self._count]
        halves = last[:, CALM // 2 :].mean(axis=1) - last[:, : CALM // 2].mean(axis=1)
        calm = (np.ptp(last, axis=1) <= RANGE_SIGMA * self.noise) & (np.abs(halves) <= TREND_SIGMA * self.noise)
        rests = calm & ~self.still
        if rests.any():
            self.still[rests] = True
            self.since_s[rests] = self._at[self._count - CALM] - BLOCK_S / 2
            level = last.mean(axis=1)
            self.steps[rests & (np.abs(level - self.reference) > STEP_SIGMA * self.noise)] += 1
            self.reference[rests] = level[rests]
            self._followed[rests] = CALM
            self._away[rests] = False

    # --- learning ---------------------------------------------------------------------------------------------------

    def learn(self, from_s: float) -> None:
        """Noise at rest, from everything since ``from_s``: nobody touched the shelf. A channel without any has the
        smallest there can be; one that could not be read has none, and is never still.
        """
        _, said = self._stretch(from_s, np.inf)
        if said.shape[1] < CALM:
            return
        for channel, row in enumerate(said):
            row = row[np.isfinite(row)]
            if row.size < CALM:
                continue
            flat = row - row[0]
            for piece in pieces(flat):
                flat[piece] = _level(flat[piece])
            spread = 1.4826 * float(np.median(np.abs(flat)))
            sigma = max(spread, min(float(flat.std()), 3 * spread) if spread else float(flat.std()))
            self._learned[channel] = max(sigma, abs(float(np.median(row))) * 1e-9, 1e-12)
            tens = flat.size // 10
            if tens >= 4:
                steps = np.diff(flat[: tens * 10].reshape(tens, 10).mean(axis=1))
                ratio = 10 * float(np.mean(steps * steps)) / 2 / float(self._learned[channel]) ** 2
                # Few tens say little: white noise is believed a little beforehand.
                self._inflation[channel] = min(max((tens * ratio + 5) / (tens + 5), 0.1), 10.0)
        self._grains(np.empty((self.channels, 0)))

    def keep(self) -> tuple[list[float], list[float]]:
        """What was learned, to be saved; `relearn` takes it up."""
        return self._learned.tolist(), self._inflation.tolist()

    def relearn(self, noise: list[float], inflation: list[float]) -> None:
        self._learned, self._inflation = np.array(noise, dtype=float), np.array(inflation, dtype=float)
        self.noise = self._learned.copy()

    def jumps(self, from_s: float) -> list[int]:
        """How often each channel went from one level to another since then. After a knock it is where it was."""
        _, said = self._stretch(from_s, np.inf)
        counts = []
        for channel, row in enumerate(said):
            row = row[np.isfinite(row)]
            rests = [float(np.median(row[p])) for p in pieces(row) if p.stop - p.start >= CALM]
            counts.append(int((np.abs(np.diff(rests)) > STEP_SIGMA * self.noise[channel]).sum()) if rests else 0)
        return counts

    # --- measuring --------------------------------------------------------------------------------------------------

    def _stretch(self, from_s: float, to_s: float) -> tuple[Floats, Floats]:
        first, last = np.searchsorted(self._at[: self._count], [from_s, to_s])
        return self._at[first:last], self._said[:, first:last]

    def levels(self, from_s: float, to_s: float = np.inf) -> list[Level]:
        """Every channel's level between two moments; blocks that lie far off (a spike, a knock) are left out."""
        at_s, said = self._stretch(from_s, to_s)
        if at_s.size == 0:
            return [Level(self.now_s, 0.0, np.nan, np.inf)] * self.channels
        x = at_s - at_s.mean()
        length_s = float(at_s[-1] - at_s[0]) + BLOCK_S
        middle = np.median(said, axis=1, keepdims=True) if np.isfinite(said).all() else _median(said)
        good = np.abs(said - middle) <= np.maximum(
            LEAVES_SIGMA * self.noise[:, None], 3 * _median(np.abs(said - middle))
        )
        count = good.sum(axis=1)
        kept = np.where(good, said - middle, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count > 0, kept.sum(axis=1) / count, np.nan)
            slope = (kept * x).sum(axis=1) / np.maximum((good * x * x).sum(axis=1), 1e-9)
            error = np.where(count > 0, self.noise * np.sqrt(self._inflation / np.maximum(count, 1)), np.inf)
            # Where the last digit is coarser than the noise, averaging does not help against it.
            coarse = np.isfinite(self._grain) & (self._learned < self._grain / 2)
            error = np.hypot(error, np.where(coarse, self._grain / np.sqrt(12), 0.0))
        at = float(at_s.mean())
        means = (mean + middle[:, 0]).tolist()
        return [Level(at, length_s, m, e, s) for m, e, s in zip(means, error.tolist(), slope.tolist(), strict=True)]

    def needs_s(self, error: Floats) -> Floats:
        """How long each channel must stand still until its mean is known to ``error``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(BLOCK_S * self._inflation * (self.noise / error) ** 2, nan=np.inf)

    def recent(self, for_s: float) -> tuple[Floats, Floats]:
        """Block times (n,) and means (channels, n) of the last while: for the screen."""
        return self._stretch(self.now_s - for_s, np.inf)


def pieces(said: Floats) -> list[slice]:
    """Where one channel's blocks lie between jumps: from one level to another at once, and staying there."""
    steps = np.abs(np.diff(said))
    moving = steps[steps > 0]
    if moving.size < 3 or said.size < CALM:
        return [slice(0, said.size)]
    bound = JUMP_SIGMA * 1.05 * float(np.median(moving))
    cuts = [0]
    for i in np.flatnonzero(steps > bound).tolist():
        before, after = said[max(cuts[-1], i - 3) : i + 1], said[i + 1 : i + 5]
        # The block in which it jumps is a mixture: its second half is the same jump.
        if i + 1 - cuts[-1] >= 2 and abs(float(np.median(after)) - float(np.median(before))) > bound:
            cuts.append(i + 1)
    return [slice(a, b) for a, b in zip(cuts, [*cuts[1:], said.size], strict=True)]


def _level(said: Floats) -> Floats:
    """Without its mean and its trend."""
    if said.size < CALM:
        return said - np.median(said)
    x = np.arange(said.size) - (said.size - 1) / 2
    middle = said - said.mean()
    flat: Floats = middle - float(middle @ x) / float(x @ x) * x
    return flat


def _median(said: Floats) -> Floats:
    readable = np.isfinite(said).any(axis=1)
    found = np.full((said.shape[0], 1), np.nan)
    if readable.any():
        found[readable, 0] = np.nanmedian(said[readable], axis=1)
    return found
