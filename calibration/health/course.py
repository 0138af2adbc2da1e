"""The course of a shelf over hours: each plate's level every quarter of a minute, and what that says of drift.

Enters: moments, and when a plate went to another level. Leaves: rows for a plot, and per plate its noise, its wander
and its drift. Zero is tracked only when a plate is quiet: a level is never compared with one from the other side of a
step, and what a step leaves behind is given half a minute to creep. A stretch in which somebody takes things is no
drift.

*Wander* (g/√s) is what the runtime calls drift: how far a level goes by itself while a stir hides it. It comes from
how much more levels differ ten moments apart than one apart, so that the measuring noise, the same in both, cancels.
*Drift* (g/h) is where that leads to; of a random walk the best that can be said is last minus first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.health.moments import Bools, Floats, Moment

ROW_S = 15.0
CREEPS_S = 30.0
"""After a step a level is left alone for so long."""
LAG = 10
"""Moments apart."""
FEWEST_REST = 5
"""Moments of a row in which a plate must be at rest for a level."""
FIELDS = ("level_g", "seen_g", "run", "rests", "noise_g2", "rough_g2", "stirred", "wander", "pairs", "rough")
CHI_MEDIAN = 0.4549
"""Median of a squared standard normal number."""
OUTLIES = 10.0
"""A row that has so many times the median's wander is no wander: something small was put there."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The course so far: arrays (rows,) and (rows, plates). ``level_g`` is NaN where the plate was not quiet.

    ``run`` counts the plate's steps: levels of one run may be compared. ``stirred``: share of the row.
    """

    at_s: Floats
    celsius: Floats
    level_g: Floats
    seen_g: Floats
    """The middle of all that was said, quiet or not."""
    run: NDArray[np.int32]
    stirred: Floats


class Estimate(NamedTuple):
    """A value, its standard error, and of how many seconds; NaN: nobody knows."""

    value: float
    error: float
    of_s: float = 0.0


UNKNOWN = Estimate(math.nan, math.nan)


class Course:
    """One shelf."""

    def __init__(self, plates: int) -> None:
        self._plates = plates
        self._run = np.zeros(plates, dtype=np.int32)
        self._left_alone_s = np.full(plates, -np.inf)
        self._steps: list[tuple[float, float, int]] = []
        self._waiting: list[Moment] = []
        self._runs: list[NDArray[np.int32]] = []
        self._calm: list[Bools] = []
        self._rows: list[tuple[float, float, float, NDArray[np.float32]]] = []
        """(when, how long a moment was, °C, (`FIELDS`, plates)): packed, for a day has many."""
        self._tail: tuple[Floats, Bools, NDArray[np.int32]] | None = None

    def step(self, plate: int, began_s: float, ended_s: float) -> None:
        """A plate (1-based) went to another level."""
        self._steps.append((began_s, ended_s, plate - 1))

    def hear(self, moment: Moment) -> None:
        for began_s, ended_s, plate in [s for s in self._steps if s[0] <= moment.at_s + moment.lasts_s]:
            self._steps.remove((began_s, ended_s, plate))
            self._run[plate] += 1
            self._left_alone_s[plate] = ended_s + CREEPS_S
        if self._waiting and (not moment.joins or moment.lasts_s != self._waiting[0].lasts_s):
            self.fold()
            self._tail = None
        self._waiting.append(moment)
        self._runs.append(self._run.copy())
        self._calm.append(moment.rest & (moment.at_s > self._left_alone_s))
        if moment.at_s + moment.lasts_s - self._waiting[0].at_s >= ROW_S:
            self.fold()

    def fold(self) -> None:
        """Make a row of what waits."""
        if not self._waiting:
            return
        moments, runs, calm = self._waiting, np.array(self._runs), np.array(self._calm)
        self._waiting, self._runs, self._calm = [], [], []
        means = np.array([m.mean_g for m in moments])
        scatter = np.array([m.scatter_g2 for m in moments])
        rest = np.array([m.rest for m in moments])
        level = rest & (runs == runs[-1]) & calm
        counts, rests = level.sum(axis=0), rest.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            levels = np.where(level, means, 0.0).sum(axis=0) / counts
            noise = np.where(rest, scatter, 0.0).sum(axis=0) / rests
        told = {
            "level_g": np.where(counts >= min(FEWEST_REST, len(moments)), levels, np.nan),
            "seen_g": np.median(means, axis=0),
            "run": runs[-1],
            "rests": rests,
            "noise_g2": noise,
            "rough_g2": np.median(scatter, axis=0),
            "stirred": np.mean([m.stirred for m in moments], axis=0),
            "rough": _rough(means, moments[0].lasts_s),
        }
        told["wander"], told["pairs"] = self._differences(means, calm, runs)
        packed = np.array([told[name] for name in FIELDS], dtype=np.float32)
        celsius = float(np.mean([m.celsius for m in moments]))
        self._rows.append((moments[0].at_s, moments[0].lasts_s, celsius, packed))

    def _differences(self, means: Floats, calm: Bools, runs: NDArray[np.int32]) -> Floats:
        """Per plate g²/s (2, plates): what differs more at `LAG` moments than at one; and of how many pairs."""
        if self._tail is not None:
            before, calm_before, runs_before = self._tail
            means, calm = np.concatenate((before, means)), np.concatenate((calm_before, calm))
            runs = np.concatenate((runs_before, runs))
        self._tail = means[-LAG:], calm[-LAG:], runs[-LAG:]
        told = np.zeros((2, self._plates))
        if len(means) <= LAG:
            return told
        restless = np.cumsum(~calm, axis=0)
        good = calm[:-LAG] & (restless[LAG:] == restless[:-LAG]) & (runs[LAG:] == runs[:-LAG])
        far = np.where(good, (means[LAG:] - means[:-LAG]) ** 2, 0.0).sum(axis=0)
        steps = np.diff(means, axis=0) ** 2
        near = np.where(good, steps[: len(good)], 0.0).sum(axis=0)
        told[1] = good.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            told[0] = np.where(told[1] > 0, (far - near) / told[1] / (LAG - 1), 0.0)
        return told

    # --- what it comes to -----------------------------------------------------------------------------------------

    def rows(self) -> Rows:
        self.fold()
        return Rows(
            at_s=np.array([at_s for at_s, _, _, _ in self._rows]),
            celsius=np.array([celsius for _, _, celsius, _ in self._rows]),
            level_g=self._all("level_g"),
            seen_g=self._all("seen_g"),
            run=self._all("run").astype(np.int32),
            stirred=self._all("stirred"),
        )

    def _all(self, field: str) -> Floats:
        """One field of all rows so far (rows, plates)."""
        row = FIELDS.index(field)
        return np.array([packed[row] for _, _, _, packed in self._rows], dtype=np.float64).reshape(-1, self._plates)

    def _lasts(self) -> Floats:
        """How long a moment was (rows,)."""
        return np.array([lasts_s for _, lasts_s, _, _ in self._rows])

    def noise(self) -> list[Estimate]:
        """Standard deviation of one sample at rest, of every plate; of one that never rests, of its calmer half."""
        self.fold()
        lasts_s = self._lasts()
        columns = zip(self._all("rests").T, self._all("noise_g2").T, self._all("rough_g2").T, strict=True)
        return [_noise(rests, scatter, rough, lasts_s) for rests, scatter, rough in columns]

    def wander(self) -> list[Estimate]:
        """g²/s, squared so that its error is one: how far levels go by themselves."""
        self.fold()
        lasts_s = self._lasts()
        columns = zip(self._all("wander").T, self._all("pairs").T, self._all("rough").T, strict=True)
        return [_wander(value, pairs, rough, lasts_s) for value, pairs, rough in columns]

    def drift(self, wander_g2: list[Estimate]) -> tuple[list[Estimate], list[Estimate]]:
        """g/h, and g/°C where the controller tells its temperature, of every plate."""
        rows = self.rows()
        drifts, warmths = [], []
        for plate in range(self._plates):
            changes = _changes(rows, plate)
            wander, error, _ = wander_g2[plate]
            drift, warmth = _fit(changes, max(wander, error, 1e-6) if math.isfinite(wander) else math.nan)
            drifts.append(drift)
            warmths.append(warmth)
        return drifts, warmths


def _noise(rests: Floats, scatter: Floats, rough: Floats, lasts_s: Floats) -> Estimate:
    """Of one plate, from its rows."""
    used = (rests > 0) & np.isfinite(scatter)
    if rests.sum() < 0.05 * (ROW_S / lasts_s).sum() or not used.any():
        rough = rough[np.isfinite(rough)]
        return Estimate(math.sqrt(float(np.median(rough))), math.nan) if rough.size else UNKNOWN
    seconds = float(rests @ lasts_s)
    used &= scatter <= np.quantile(scatter[used], 0.95)
    noise_g = math.sqrt(float(scatter[used] @ rests[used] / rests[used].sum()))
    return Estimate(noise_g, noise_g / math.sqrt(2 * max(1.0, seconds)), seconds)


def _wander(value: Floats, pairs: Floats, rough: Floats, lasts_s: Floats) -> Estimate:
    """Of one plate, from its rows; of one that never rests, by medians."""
    enough = pairs >= FEWEST_REST
    if enough.sum() < 4 or pairs[enough].sum() < 0.03 * (ROW_S / lasts_s).sum():
        rough = rough[np.isfinite(rough)]
        return _middle(rough) if rough.size >= 4 else UNKNOWN
    of_s = float(pairs[enough] @ lasts_s[enough])
    value, pairs = (value / lasts_s)[enough], pairs[enough]
    kept = np.abs(value) <= OUTLIES * max(float(np.median(np.abs(value))), 1e-12)
    value, pairs = value[kept], pairs[kept]
    mean = float(value @ pairs / pairs.sum())
    return Estimate(mean, float(np.std(value)) / math.sqrt(max(1, len(value) - 1)), of_s)


def _rough(means: Floats, lasts_s: float) -> Floats:
    """Wander of plates that are never at rest, g²/s: by medians, which a few hands do not move."""
    if len(means) < 8:
        return np.full(means.shape[1], np.nan)
    with np.errstate(invalid="ignore"):
        near = np.median(np.diff(means, axis=0) ** 2, axis=0)
        far = np.median((means[4:] - means[:-4]) ** 2, axis=0)
        told: Floats = (far - near) / (3 * CHI_MEDIAN * lasts_s)
    return told


def _middle(values: Floats) -> Estimate:
    middle = float(np.median(values))
    scatter = 1.4826 * float(np.median(np.abs(values - middle)))
    return Estimate(middle, 1.25 * scatter / math.sqrt(len(values)))


def _changes(rows: Rows, plate: int) -> Floats:
    """What a plate did by itself from row to row: (changes, 3) of g, s and °C."""
    seen = np.flatnonzero(np.isfinite(rows.level_g[:, plate]))
    if len(seen) < 2:
        return np.zeros((0, 3))
    same = rows.run[seen[1:], plate] == rows.run[seen[:-1], plate]
    columns = (rows.level_g[seen, plate], rows.at_s[seen], rows.celsius[seen])
    return np.stack([np.diff(column)[same] for column in columns], axis=1)


def _fit(changes: Floats, wander_g2: float) -> tuple[Estimate, Estimate]:
    """Least squares on the steps of a random walk: independent, each with the variance of its time."""
    if len(changes) < 4 or math.isnan(wander_g2):
        return UNKNOWN, UNKNOWN
    change_g, took_s, warmed_c = changes.T
    total_s = float(took_s.sum())
    told = bool(np.isfinite(warmed_c).all()) and float(np.ptp(np.cumsum(warmed_c))) > 0.2
    columns = [took_s, warmed_c] if told else [took_s]
    design = np.stack(columns, axis=1) / np.sqrt(took_s)[:, None]
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ (change_g / np.sqrt(took_s))
    errors = np.sqrt(np.diag(inverse) * wander_g2)
    drift = Estimate(float(found[0]) * 3600, float(errors[0]) * 3600, total_s)
    return drift, Estimate(float(found[1]), float(errors[1]), total_s) if told else UNKNOWN
