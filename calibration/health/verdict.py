"""From what was measured to what is wrong: limits, and how much evidence each of them needs.

Enters: the figures of a shelf. Leaves: its `ShelfHealth` with every `Finding`. Names, remedies and most limits are
`calibration.faults`'s, the walk's own; here stand the doubts: a figure must be beyond its limit by several of its
standard errors, and one fault that explains another silences it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.faults import FAULTS, Finding
from calibration.health.controller import Timekeeping
from calibration.health.course import Estimate
from calibration.health.flat import STUCK_AFTER_S
from calibration.health.span import Factor

ENOUGH_S = 20.0
"""Of a plate that was heard for less only this is told: whether it can be read."""
SIGMAS, CREEP_SIGMAS = 4.0, 3.0
DEAD = 0.5
"""Share of samples that cannot be read."""
TREMBLES_G = 0.4
"""Plates whose noise is less may say one number for hours."""
FILTERED = 0.1
"""Less of the fast half of the spectrum than this: a filter. The slow end is a hertz or so."""
CALMED = 0.3
"""… and noise that is less than this share of the neighbours'."""
JUMPS, JUMPS_PER_H = 3, 6.0
COARSE_HZ = 25.0
"""Below, whatever is put down arrives from one sample to the next: only many jumps are a loose wire."""
COARSE_JUMPS, COARSE_PER_H = 12, 180.0
DRIFT_G_PER_H, DRIFT_FROM_S = 60.0, 1800.0
BACKWARDS, BACKWARDS_G = 3, -600.0
"""So many presses that make less, or so much less than nothing (goods on a plate wired backwards; zeros are within
a few hundred grams)."""
AHEAD_S = 0.25
"""Nothing is received before it was measured."""
PPM = 500.0
"""A quartz is within 100; a ceramic resonator 5000."""
NOISIER = 6.0
"""A plate in unknown units is noisy against its neighbours."""


@dataclass(frozen=True, slots=True)
class PlateHealth:
    """One plate. NaN: not known. ``wander_g``: g/√s, ``drift``: g/h, ``warmth``: g/°C, ``creep``: share of a step.

    On a raw shelf that was never calibrated, grams are multiples of the controller's unit.
    """

    plate: int
    read: float
    rest_s: float
    level_g: float
    noise: Estimate
    hum_g: float
    hum_hz: float
    repeats: float
    flat_s: float
    wander: Estimate
    """g²/s: squared, so that its error is one."""
    drift: Estimate
    warmth: Estimate
    creep: float
    creep_error: float
    steps: int
    touches: int
    jumps: int

    @property
    def wander_g(self) -> float:
        return math.sqrt(max(0.0, self.wander.value))


@dataclass(frozen=True, slots=True)
class ShelfHealth:
    """One shelf: its controller, its plates, and what is wrong. ``grams``: its numbers can be taken as grams."""

    shelf: str
    grams: bool
    profile: str
    controller: Timekeeping
    plates: tuple[PlateHealth, ...]
    findings: tuple[Finding, ...]
    troubles: tuple[str, ...] = ()
    """What kept its batches from being used, with the remedy."""
    heard_s: float = math.inf

    @property
    def well(self) -> bool:
        return not self.findings and not self.troubles

    @property
    def told(self) -> bool:
        """It was heard for long enough to say that it is well."""
        return not self.well or self.heard_s >= ENOUGH_S


@dataclass(frozen=True, slots=True)
class Signs:
    """What the verdict needs of a plate beside its figures."""

    still: bool
    at_its_end: bool
    fast: float
    hands_up: int
    hands_down: int
    factor: Factor | None


def controllers(said: Timekeeping) -> list[Finding]:
    """What is wrong with a controller."""
    found = []
    if said.lost > FAULTS["lost-samples"].limit and said.batches > 20:
        found.append(Finding("lost-samples", (), f"{100 * said.lost:.1f} % of its samples never came", said.lost))
    limit_s = FAULTS["clock"].limit
    late = said.late / max(1, said.late + said.batches)
    if late > FAULTS["lost-samples"].limit and said.late > 20:
        what = f"{100 * late:.0f} % of its batches are of a time that was told before: its clock was set back"
        found.append(Finding("clock", (), what, late))
    elif said.offset_s > limit_s:
        found.append(Finding("clock", (), f"its clock is {said.offset_s:.1f} s behind this PC's", said.offset_s))
    elif said.offset_s < -AHEAD_S:
        found.append(Finding("clock", (), f"its clock is {-said.offset_s:.2f} s ahead of this PC's", said.offset_s))
    elif abs(said.ppm) - SIGMAS * said.ppm_error > PPM:
        per_h_s = abs(said.ppm) * 3600e-6
        what = f"its clock {'loses' if said.ppm > 0 else 'gains'} {per_h_s:.1f} s an hour ({said.ppm:+.0f} ppm)"
        found.append(Finding("clock", (), what, said.ppm * 1e-6))
    return found


def of_plates(
    plates: list[PlateHealth], signs: list[Signs], hz: float, heard_s: float, *, units: float | None
) -> list[Finding]:
    """What is wrong with plates, those of one fault together. ``units``: what a controller that was never calibrated
    says for what is taken as a gram here; None: its numbers are grams.
    """
    noises = [p.noise.value for p in plates if p.noise.value > 0]
    usual = float(np.median(noises)) if noises else 0.0
    found: dict[str, list[tuple[int, str, float]]] = {}
    for plate, sign in zip(plates, signs, strict=True):
        for fault, what, value in _of_plate(plate, sign, usual, hz, heard_s, units):
            found.setdefault(fault, []).append((plate.plate, what, value))
    return [Finding(fault, (plate,), what, value) for fault in FAULTS for plate, what, value in found.get(fault, [])]


def _of_plate(
    plate: PlateHealth, sign: Signs, usual_g: float, hz: float, heard_s: float, units: float | None
) -> list[tuple[str, str, float]]:
    if 1 - plate.read >= DEAD:
        return [("dead", f"{100 * (1 - plate.read):.0f} % of its samples could not be read", 1 - plate.read)]
    found = []
    if 1 - plate.read > FAULTS["lost-samples"].limit:
        found.append(("lost-samples", f"{100 * (1 - plate.read):.1f} % of its samples are missing", 1 - plate.read))
    if heard_s < ENOUGH_S:
        return found
    if (plate.flat_s > 2 * STUCK_AFTER_S or sign.still) and usual_g > TREMBLES_G:
        fault = "saturated" if sign.at_its_end else "stuck"
        where = "the end of its range" if sign.at_its_end else "one number"
        found.append((fault, f"stood at {where} for {plate.flat_s:.0f} of {heard_s:.0f} s", plate.flat_s))
        return found
    found += _of_signal(plate, sign, usual_g, hz, heard_s, units)
    found += _of_steps(plate, sign, found, units is None)
    return found


def _of_signal(
    plate: PlateHealth, sign: Signs, usual_g: float, hz: float, heard_s: float, units: float | None
) -> list[tuple[str, str, float]]:
    found: list[tuple[str, str, float]] = []
    if plate.repeats > FAULTS["slow"].limit:
        return [("slow", f"it measures {hz / plate.repeats:.1f} times a second, and says {hz:g}", plate.repeats)]
    per_h = 3600 * plate.jumps / heard_s
    least, often = (JUMPS, JUMPS_PER_H) if hz >= COARSE_HZ else (COARSE_JUMPS, COARSE_PER_H)
    if plate.jumps >= least and per_h >= often:
        return [("loose", f"{plate.jumps} jumps from one sample to the next, with no hand in them", float(plate.jumps))]
    grams, times, unit = (True, 1.0, "g") if units is None else (False, units, "units")
    if plate.hum_g > (FAULTS["hum"].limit if grams else NOISIER * usual_g):
        found.append(("hum", f"{plate.hum_g * times:,.1f} {unit} at {plate.hum_hz:.1f} Hz", plate.hum_g))
    own_g = math.sqrt(max(0.0, plate.noise.value**2 - plate.hum_g**2 / 2))
    if own_g > (FAULTS["noisy"].limit if grams else NOISIER * usual_g):
        found.append(("noisy", f"{own_g * times:,.1f} {unit} from sample to sample", own_g))
    if grams and _drifts(plate, sign.fast, usual_g):
        what = f"{plate.wander_g:.2f} g/√s by itself"
        if plate.drift.of_s > DRIFT_FROM_S:
            what += f", {plate.drift.value:+.0f} g an hour"
        found.append(("drifting", what, plate.wander_g))
    elif sign.fast < FILTERED and not found:
        found.append(("smoothed", "its noise has a long memory: quick changes arrive slowly", sign.fast))
    return found


def _drifts(plate: PlateHealth, fast: float, usual_g: float) -> bool:
    """Beyond doubt; of a plate whose spectrum says as much (what wanders is slow), with less of it.

    A filter looks alike from afar, but takes the noise away.
    """
    wander, drift = plate.wander, plate.drift
    if fast < FILTERED and plate.noise.value < CALMED * usual_g:
        return False
    sigmas = SIGMAS / 2 if fast < FILTERED else SIGMAS
    if wander.value - sigmas * wander.error > FAULTS["drifting"].limit ** 2:
        return True
    return drift.of_s > DRIFT_FROM_S and abs(drift.value) - SIGMAS * drift.error > DRIFT_G_PER_H


def _of_steps(
    plate: PlateHealth, sign: Signs, before: list[tuple[str, str, float]], grams: bool
) -> list[tuple[str, str, float]]:
    """What steps and hands say, unless the signal is too bad to say anything."""
    if any(fault in ("loose", "slow", "smoothed", "drifting", "saturated") for fault, _, _ in before) or not grams:
        return []
    found: list[tuple[str, str, float]] = []
    if plate.creep - CREEP_SIGMAS * plate.creep_error > FAULTS["creeping"].limit:
        what = f"{100 * plate.creep:.1f} % of what is put there comes within the next half minute"
        found.append(("creeping", what, plate.creep))
    hands = sign.hands_up + sign.hands_down
    if sign.hands_down >= BACKWARDS and sign.hands_down >= 0.8 * hands:
        what = f"{sign.hands_down} of {hands} hands on it made it lighter"
        found.append(("reversed", what, sign.hands_down / hands))
    elif plate.level_g < BACKWARDS_G:
        found.append(("reversed", f"it says {plate.level_g:.0f} g, less than nothing", plate.level_g))
    factor = sign.factor
    off = factor.factor - 1 if factor is not None and factor.convinces else 0.0
    if factor is not None and abs(off) > FAULTS["span"].limit + factor.doubt:
        what = (
            f"what is taken and put there weighs {100 * abs(off):.0f} % {'more' if off > 0 else 'less'} than it should"
        )
        found.append(("span", what, off))
    return found
