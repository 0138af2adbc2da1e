"""From the load on a cell to the number that its controller says: cell, amplifier, converter, filter.

Enters: what each plate's cell feels, batch by batch. Leaves: what each channel says. Noise, hum, drift and jumps do not
care about loads and are made a piece ahead; what remembers the load (creep, hysteresis, a filter) goes sample by
sample, and only where there is something to remember.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.chance import stream
from simulator.forces import CREEP_SHARE, Grams
from simulator.plates import SPIKES_PER_SAMPLE
from simulator.rig.hardware import BENT_G, MILD_C, Hardware

PIECE = 100
"""Batches of noise made at a time."""
SPIKE_G = 400.0
EMPTY_SHARE = 0.02
"""Below this share of what it bore, a cell has forgotten that it bore it."""


class Chain:
    """All channels of one controller, switched on at ``start_s``. Ask for consecutive batches."""

    def __init__(self, hardware: Hardware, seed: int, start_s: float) -> None:
        self._hardware, self._start_s = hardware, start_s
        cells = hardware.cells
        n = len(cells)
        self._rng = stream(seed, "chain", n)
        self._plate = np.array([cell.plate - 1 for cell in cells])
        self._units_per_g = np.array([cell.units_per_g for cell in cells])[:, None]
        self._zero = np.array([cell.zero for cell in cells])[:, None]
        self._noise_g = np.array([cell.noise_g for cell in cells])[:, None]
        self._hum_g = np.array([cell.hum_g for cell in cells])[:, None]
        self._hum_hz = np.array([cell.hum_hz for cell in cells])[:, None]
        self._hum_phase = self._rng.uniform(0.0, 2 * np.pi, (n, 1))
        self._walk_g = np.array([cell.drift_g for cell in cells])[:, None] / np.sqrt(hardware.hz)
        self._warmth_g = np.array([cell.warmth_g for cell in cells])[:, None]
        self._bend = np.array([cell.bend for cell in cells])[:, None] / BENT_G
        self._rail = np.array([np.inf if c.saturates_at is None else c.saturates_at for c in cells])[:, None]
        self._backwards = self._units_per_g < 0
        self._rail = np.where(self._backwards & np.isinf(self._rail), -np.inf, self._rail)

        self._wander_g = np.zeros((n, 1))
        self._jump_g = np.zeros(n)
        self._own_g: Grams = np.empty((n, 0))
        self._lost: NDArray[np.bool_] = np.empty((n, 0), dtype=bool)
        self._used = 0

        self._creep = np.array([cell.creep - CREEP_SHARE for cell in cells])[:, None]
        self._creep_lag = np.array([1 - np.exp(-1 / (hardware.hz * cell.creep_s)) for cell in cells])
        self._crept_g = np.zeros(n)
        self._hysteresis = np.array([cell.hysteresis for cell in cells])[:, None]
        self._bore_g = np.zeros((n, 1))
        self._liars = [(i, c) for i, c in enumerate(cells) if c.lies_since_s is not None]
        self._filters = [(i, c) for i, c in enumerate(cells) if c.smooths_s or c.slow_hz or c.stuck_since_s is not None]
        self._smooth: dict[int, float] = {}
        self._held: dict[int, tuple[int, float]] = {}
        self._stuck: dict[int, float] = {}

    def say(self, at_s: Grams, load_g: Grams) -> Grams:
        """What the channels say (channels, samples) at ``at_s`` (samples,) of ``load_g`` (plates, samples)."""
        own_g, lost = self._next(at_s)
        felt_g = self._remembered(load_g[self._plate])
        felt_g *= 1 + self._bend * felt_g
        for i, cell in self._liars:
            if cell.lies_since_s is not None and at_s[0] >= self._start_s + cell.lies_since_s:
                felt_g[i] *= 1 + cell.lies_by
        felt_g += own_g
        said: Grams = felt_g * self._units_per_g + self._zero
        said = np.where(self._backwards, np.maximum(said, self._rail), np.minimum(said, self._rail))
        self._filtered(at_s, said)
        if lost.any():
            said[lost] = np.nan
        return said

    def _next(self, at_s: Grams) -> tuple[Grams, NDArray[np.bool_]]:
        """What the cells add by themselves in the next batch, g, and which samples are lost."""
        size = at_s.size
        if self._used >= self._own_g.shape[1]:
            self._make(at_s[0] + np.arange(size * PIECE) / self._hardware.hz)
            self._used = 0
        now = slice(self._used, self._used + size)
        self._used += size
        return self._own_g[:, now], self._lost[:, now]

    def _make(self, at_s: Grams) -> None:
        rng, shape = self._rng, (len(self._hardware.cells), at_s.size)
        wander = self._wander_g + np.cumsum(rng.normal(0.0, 1.0, shape), axis=1) * self._walk_g
        self._wander_g = wander[:, -1:]
        own = wander + rng.normal(0.0, 1.0, shape) * self._noise_g
        own += self._hum_g * np.sin(2 * np.pi * self._hum_hz * (at_s - self._start_s) + self._hum_phase)
        own += self._warmth_g * (self._hardware.climate.celsius(at_s) - MILD_C)
        chance = rng.random(shape)
        own[chance < SPIKES_PER_SAMPLE] += SPIKE_G
        self._own_g, self._lost = own, chance > 1 - self._hardware.lost_samples
        for i, cell in enumerate(self._hardware.cells):
            if cell.jumps_g:
                self._jump(i, cell.jumps_g, 1 / (cell.jumps_every_s * self._hardware.hz))
            if cell.dead:
                self._lost[i] = True

    def _jump(self, i: int, jumps_g: float, chance: float) -> None:
        """A loose wire: one level after another, each for a while."""
        size = self._own_g.shape[1]
        times = np.flatnonzero(self._rng.random(size) < chance)
        levels = np.concatenate([[self._jump_g[i]], jumps_g * self._rng.uniform(-1.5, 1.5, times.size)])
        self._own_g[i] += levels[np.searchsorted(times, np.arange(size), side="right")]
        self._jump_g[i] = levels[-1]

    def _remembered(self, load_g: Grams) -> Grams:
        """Creep beyond what a step brings along (`simulator.forces.CREEP_SHARE`), and hysteresis."""
        crept = np.empty_like(load_g)
        for j in range(load_g.shape[1]):
            self._crept_g += self._creep_lag * (load_g[:, j] - self._crept_g)
            crept[:, j] = self._crept_g
        felt_g: Grams = load_g + self._creep * crept + self._hysteresis * self._held_back(load_g)
        return felt_g

    def _held_back(self, load_g: Grams) -> Grams:
        """By how much cells are slow to let go: nothing at the top and when empty, most half way down."""
        bore = np.maximum(np.maximum.accumulate(load_g, axis=1), self._bore_g)
        top, last = bore[:, -1:], load_g[:, -1:]
        self._bore_g = np.where(last < EMPTY_SHARE * top, np.maximum(last, 0.0), top)
        part = np.clip(load_g / np.maximum(bore, 1.0), 0.0, 1.0)
        held_back: Grams = 4 * part * (1 - part) * bore
        return held_back

    def _filtered(self, at_s: Grams, said: Grams) -> None:
        """Converters that are slow, filters that are strong, and numbers that never change, in place."""
        for i, cell in self._filters:
            if cell.smooths_s:
                said[i] = self._smoothed(said[i], i, 1 - np.exp(-1 / (self._hardware.hz * cell.smooths_s)))
            if cell.slow_hz is not None:
                self._repeat(at_s, said[i], i, cell.slow_hz)
            if cell.stuck_since_s is not None:
                stuck = at_s >= self._start_s + cell.stuck_since_s
                if stuck.any():
                    said[i, stuck] = self._stuck.setdefault(i, float(said[i, int(np.argmax(stuck))]))

    def _smoothed(self, said: Grams, i: int, lag: float) -> Grams:
        value = self._smooth.get(i, float(said[0]))
        found = np.empty_like(said)
        for j, number in enumerate(said.tolist()):
            value += lag * (number - value)
            found[j] = value
        self._smooth[i] = value
        return found

    def _repeat(self, at_s: Grams, said: Grams, i: int, slow_hz: float) -> None:
        turns = np.floor((at_s - self._start_s) * slow_hz).astype(int).tolist()
        turn, value = self._held.get(i, (-1, 0.0))
        for j, now in enumerate(turns):
            if now != turn:
                turn, value = now, float(said[j])
            said[j] = value
        self._held[i] = turn, value
