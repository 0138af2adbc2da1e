"""The weighing plates of one shelf: what presses on them -> what their controller says.

Enters: the load at opening, the forces (`simulator.forces`), the faults. Leaves: batches of samples as they go on the
wire. In between stands what makes plates hard: every cell has noise, gain and zero of its own and is never tared; it
drifts; the shelf follows the room's temperature; a sample now and then is lost or is a spike; a dead cell says
nothing and a stuck one always the same, or zero; a loose one spits; a controller starts anew, and its clock is off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from edge.store import Shelf
from simulator.chance import stream
from simulator.forces import Force, Grams, loads

HZ = 60.0
BATCH = 12
PIECE = 100
"""Batches made at a time: 20 s."""
NOISE_G = (0.8, 6.0)
SPIKES_PER_SAMPLE = 2e-6
LOST_PER_SAMPLE = 2e-6


SPITS = 0.005
SPIT_G = (-5000.0, 5000.0)
"""A loose wire makes nonsense of so many samples, anything in this range."""
ANEW_S = 4.0
"""A controller that starts anew says nothing for so long; then all its plates stand at zero."""
WANDERS_S = 300.0
"""A clock that wanders goes ahead and falls behind within so long."""

CLOCK = -1
"""The plate of faults of a controller's clock: a silence that ends does not set it."""

Fault: TypeAlias = Literal["dead", "stuck", "zero", "spits", "silent", "anew", "clock", "wanders"]


@dataclass(frozen=True, slots=True)
class Blind:
    """A plate (1-based; 0: the whole controller) that fails for a while. Of a plate: ``dead``, ``stuck``, ``zero``,
    ``spits``; of a controller: ``silent``, ``anew``, and its clock is ``by_s`` ahead (``clock``) or up to that either
    way (``wanders``).
    """

    plate: int
    kind: Fault
    from_s: float
    to_s: float
    by_s: float = 0.0


class Plates:
    """The sensors of one shelf. Ask once for `batches`: cells remember how far they have drifted."""

    def __init__(
        self,
        shelf: Shelf,
        rest_g: Grams,
        forces: list[Force],
        blind: Sequence[Blind],
        roughness: float,
        seed: int,
    ) -> None:
        self.shelf, self._forces, self._blind = shelf, sorted(forces, key=lambda f: f.began_s), blind
        self._rest_g = rest_g
        self._rng = rng = stream(seed, "plates", shelf.id)
        n = shelf.plates
        self._noise_g = np.clip(rng.lognormal(np.log(1.8), 0.5, n), *NOISE_G) * roughness
        self._gain = 1 + rng.normal(0.0, 0.0015, n) * roughness
        self._walk_g = rng.uniform(0.02, 0.12, n) * roughness
        self._drift_g = rng.normal(0.0, 120.0, n)
        self._warmth_g = rng.normal(0.0, 1.5, n) * roughness
        self._season = rng.uniform(300.0, 900.0), rng.uniform(0.0, 2 * np.pi)
        self._stuck_g = np.full(n, np.nan)
        self._loose = stream(seed, "loose", shelf.id)
        self._tare_g: dict[float, Grams] = {}
        """Of controllers that started anew, by when."""

    def batches(self, start_s: float, end_s: float) -> Iterator[tuple[float, float, Grams]]:
        """(measured, received, grams (plates, samples)) from ``start_s`` to ``end_s``."""
        start_s += self._rng.uniform(0.0, BATCH / HZ)
        last = start_s
        for piece in range(int((end_s - start_s) * HZ / (BATCH * PIECE)) + 1):
            began = start_s + piece * BATCH * PIECE / HZ
            at_s = began + np.arange(BATCH * PIECE) / HZ
            mass_g = self._sense(at_s, start_s)
            lag_s = BATCH / HZ + 0.003 + self._rng.gamma(2.0, 0.004, PIECE)
            for i in range(PIECE):
                measured = float(at_s[i * BATCH])
                if measured > end_s:
                    return
                last = max(last + 1e-4, measured + float(lag_s[i]))
                if not self._silent(measured):
                    yield measured + self._ahead_s(measured), last, mass_g[:, i * BATCH : (i + 1) * BATCH]

    def _sense(self, at_s: Grams, start_s: float) -> Grams:
        """What the cells say at ``at_s``: shape (plates, samples), NaN where a sample is lost."""
        rng, shape = self._rng, (self.shelf.plates, at_s.size)
        period_s, phase = self._season
        mass_g = loads(self._forces, self._rest_g, at_s) * self._gain[:, None]
        walk = np.cumsum(rng.normal(0.0, 1.0, shape), axis=1) * (self._walk_g / np.sqrt(HZ))[:, None]
        drift = self._drift_g[:, None] + walk
        self._drift_g = drift[:, -1]
        warmth = np.sin(2 * np.pi * (at_s - start_s) / period_s + phase)
        mass_g += drift + self._warmth_g[:, None] * warmth + rng.normal(0.0, 1.0, shape) * self._noise_g[:, None]
        chance = rng.random(shape)
        mass_g[chance < SPIKES_PER_SAMPLE] += 400.0
        mass_g[chance > 1 - LOST_PER_SAMPLE] = np.nan
        self._fail(at_s, mass_g)
        return mass_g

    def _fail(self, at_s: Grams, mass_g: Grams) -> None:
        """Dead and stuck cells, in place."""
        for fault in self._blind:
            gone = (at_s >= fault.from_s) & (at_s < fault.to_s)
            if fault.kind == "anew":
                self._start_anew(fault, at_s, mass_g)
            if not gone.any() or fault.plate <= 0:
                continue
            row = fault.plate - 1
            if fault.kind == "zero":
                mass_g[row, gone] = 0.0
                continue
            if fault.kind == "spits":
                spat = gone & (self._loose.random(at_s.size) < SPITS)
                mass_g[row, spat] = self._loose.uniform(*SPIT_G, int(spat.sum()))
                continue
            if fault.kind == "dead":
                mass_g[row, gone] = np.nan
                continue
            first = int(np.argmax(gone))
            if first > 0 or np.isnan(self._stuck_g[row]):
                self._stuck_g[row] = mass_g[row, first]
            mass_g[row, gone] = self._stuck_g[row]

    def _start_anew(self, fault: Blind, at_s: Grams, mass_g: Grams) -> None:
        """From when it speaks again, what stands there is nothing."""
        after = at_s >= fault.from_s + ANEW_S
        if after.any():
            first = int(np.argmax(after))
            if fault.from_s not in self._tare_g:
                self._tare_g[fault.from_s] = np.nanmean(mass_g[:, first : first + BATCH], axis=1)
            mass_g[:, after] -= self._tare_g[fault.from_s][:, None]

    def _silent(self, at_s: float) -> bool:
        return any(
            (f.kind == "silent" and f.from_s <= at_s < f.to_s)
            or (f.kind == "anew" and f.from_s <= at_s < f.from_s + ANEW_S)
            for f in self._blind
        )

    def _ahead_s(self, at_s: float) -> float:
        """How far the controller's clock is ahead."""
        ahead_s = 0.0
        for fault in self._blind:
            if fault.kind in ("clock", "wanders") and fault.from_s <= at_s < fault.to_s:
                turn = 1.0 if fault.kind == "clock" else np.sin(2 * np.pi * (at_s - fault.from_s) / WANDERS_S)
                ahead_s += fault.by_s * float(turn)
        return ahead_s
