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
from edge.told import Sentence, phrase, told

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

AT_ITS_END = phrase("stood at the end of its range for {flat_s:.0f} of {heard_s:.0f} s")
AT_ONE_NUMBER = phrase("stood at one number for {flat_s:.0f} of {heard_s:.0f} s")
TOO_HEAVY = phrase("what is taken and put there weighs {percent:.0f} % more than it should")
TOO_LIGHT = phrase("what is taken and put there weighs {percent:.0f} % less than it should")

Told = tuple[str, Sentence, float]
"""A fault's name, what was seen, and the figure."""


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
        what = told("{percent:.1f} % of its samples never came", percent=100 * said.lost)
        found.append(Finding("lost-samples", (), what, said.lost))
    limit_s = FAULTS["clock"].limit
    late = said.late / max(1, said.late + said.batches)
    if late > FAULTS["lost-samples"].limit and said.late > 20:
        what = told(
            "{percent:.0f} % of its batches are of a time that was told before: its clock was set back",
            percent=100 * late,
        )
        found.append(Finding("clock", (), what, late))
    elif said.offset_s > limit_s:
        what = told("its clock is {late_s:.1f} s behind this PC's", late_s=said.offset_s)
        found.append(Finding("clock", (), what, said.offset_s))
    elif said.offset_s < -AHEAD_S:
        what = told("its clock is {early_s:.2f} s ahead of this PC's", early_s=-said.offset_s)
        found.append(Finding("clock", (), what, said.offset_s))
    elif abs(said.ppm) - SIGMAS * said.ppm_error > PPM:
        per_h_s = abs(said.ppm) * 3600e-6
        what = told("its clock gains {per_h_s:.1f} s an hour ({ppm:+.0f} ppm)", per_h_s=per_h_s, ppm=said.ppm)
        if said.ppm > 0:
            what = told("its clock loses {per_h_s:.1f} s an hour ({ppm:+.0f} ppm)", per_h_s=per_h_s, ppm=said.ppm)
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
) -> list[Told]:
    if 1 - plate.read >= DEAD:
        what = told("{percent:.0f} % of its samples could not be read", percent=100 * (1 - plate.read))
        return [("dead", what, 1 - plate.read)]
    found = []
    if 1 - plate.read > FAULTS["lost-samples"].limit:
        what = told("{percent:.1f} % of its samples are missing", percent=100 * (1 - plate.read))
        found.append(("lost-samples", what, 1 - plate.read))
    if heard_s < ENOUGH_S:
        return found
    if (plate.flat_s > 2 * STUCK_AFTER_S or sign.still) and usual_g > TREMBLES_G:
        fault, stood = ("saturated", AT_ITS_END) if sign.at_its_end else ("stuck", AT_ONE_NUMBER)
        found.append((fault, told(stood, flat_s=plate.flat_s, heard_s=heard_s), plate.flat_s))
        return found
    found += _of_signal(plate, sign, usual_g, hz, heard_s, units)
    found += _of_steps(plate, sign, found, units is None)
    return found


def _of_signal(
    plate: PlateHealth, sign: Signs, usual_g: float, hz: float, heard_s: float, units: float | None
) -> list[Told]:
    found: list[Told] = []
    if plate.repeats > FAULTS["slow"].limit:
        what = told("it measures {hz:.1f} times a second, and says {says:g}", hz=hz / plate.repeats, says=hz)
        return [("slow", what, plate.repeats)]
    per_h = 3600 * plate.jumps / heard_s
    least, often = (JUMPS, JUMPS_PER_H) if hz >= COARSE_HZ else (COARSE_JUMPS, COARSE_PER_H)
    if plate.jumps >= least and per_h >= often:
        what = told("{jumps} jumps from one sample to the next, with no hand in them", jumps=plate.jumps)
        return [("loose", what, float(plate.jumps))]
    grams, times, unit = (True, 1.0, "g") if units is None else (False, units, "units")
    if plate.hum_g > (FAULTS["hum"].limit if grams else NOISIER * usual_g):
        swing = f"{plate.hum_g * times:,.1f} {unit}"
        found.append(("hum", told("{swing} at {hz:.1f} Hz", swing=swing, hz=plate.hum_hz), plate.hum_g))
    own_g = math.sqrt(max(0.0, plate.noise.value**2 - plate.hum_g**2 / 2))
    if own_g > (FAULTS["noisy"].limit if grams else NOISIER * usual_g):
        scatter = f"{own_g * times:,.1f} {unit}"
        found.append(("noisy", told("{scatter} from sample to sample", scatter=scatter), own_g))
    if grams and _drifts(plate, sign.fast, usual_g):
        what = told("{wander:.2f} g/√s by itself", wander=plate.wander_g)
        if plate.drift.of_s > DRIFT_FROM_S:
            drift = plate.drift.value
            what = told("{wander:.2f} g/√s by itself, {drift:+.0f} g an hour", wander=plate.wander_g, drift=drift)
        found.append(("drifting", what, plate.wander_g))
    elif sign.fast < FILTERED and not found:
        found.append(("smoothed", told("its noise has a long memory: quick changes arrive slowly"), sign.fast))
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


def _of_steps(plate: PlateHealth, sign: Signs, before: list[Told], grams: bool) -> list[Told]:
    """What steps and hands say, unless the signal is too bad to say anything."""
    if any(fault in ("loose", "slow", "smoothed", "drifting", "saturated") for fault, _, _ in before) or not grams:
        return []
    found: list[Told] = []
    if plate.creep - CREEP_SIGMAS * plate.creep_error > FAULTS["creeping"].limit:
        what = told("{percent:.1f} % of what is put there comes within the next half minute", percent=100 * plate.creep)
        found.append(("creeping", what, plate.creep))
    hands = sign.hands_up + sign.hands_down
    if sign.hands_down >= BACKWARDS and sign.hands_down >= 0.8 * hands:
        what = told("{count} of {hands} hands on it made it lighter", count=sign.hands_down, hands=hands)
        found.append(("reversed", what, sign.hands_down / hands))
    elif plate.level_g < BACKWARDS_G:
        what = told("it says {level_g:.0f} g, less than nothing", level_g=plate.level_g)
        found.append(("reversed", what, plate.level_g))
    factor = sign.factor
    off = factor.factor - 1 if factor is not None and factor.convinces else 0.0
    if factor is not None and abs(off) > FAULTS["span"].limit + factor.doubt:
        what = told(TOO_HEAVY if off > 0 else TOO_LIGHT, percent=100 * abs(off))
        found.append(("span", what, off))
    return found
