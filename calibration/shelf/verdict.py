"""A walk's progress -> what is wrong with the shelf, whether it may be trusted, and how it weighs.

Enters: `Progress`, what the shelf's controller says it says (grams or raw numbers), and the products whose weight the
catalogue knows. Leaves: a `Verdict`: every fault found by name, the fit of each plate, and, unless something refuses
it, a profile. A fault that explains others hides them on its plates: a plate that jumps is not also crooked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from calibration.faults import FAULTS, Finding
from calibration.shelf.diagnosis import hum_of
from calibration.shelf.goods import Goods
from calibration.shelf.progress import Progress
from calibration.shelf.readings import Fit, fit, shared
from calibration.shelf.weighing import SUPPOSED_DRIFT_G
from calibration.shelf.witness import JUMPS, clock_ppm, drift_of
from edge.store import PlateProfile, ShelfProfile
from edge.store.profile import DRIFT_G

SIGMA = 4.0
"""So many standard errors beyond its limit before something is called a fault."""
RAW_SPAN = 0.12
"""Cells as the factory makes them differ by that much from each other; scales that say grams by much less."""
RAW_TILTED = (0.06, 0.085)
"""… or by this much, where the plate leans by that much from corner to corner: a foot beside the cell does both."""
CLOCK_PPM, CLOCK_S = 500.0, 0.3
"""A clock runs wrong when it does so by this much, and has gone wrong by more than a busy network does."""
LEAST_SURE = 0.01
"""A plate whose span is known better than this (as a share) weighs."""
ALIKE = 0.02
"""All plates off by more than this and alike: it is the weight, not the plates."""
BLOCKS = 0.2
"""s: a change cannot be timed more finely."""
HIDES: Mapping[str, frozenset[str]] = {
    **{
        name: frozenset(FAULTS) - {name, "order", "dead", "stuck", "loose", "saturated", "lost-samples", "clock"}
        for name in ("dead", "stuck", "loose")
    },
    "saturated": frozenset(
        {"span", "nonlinear", "hysteresis", "off-centre", "creeping", "touching", "smoothed", "noisy"}
    ),
    "noisy": frozenset({"nonlinear", "hysteresis", "off-centre", "creeping", "drifting", "slow"}),
    "hum": frozenset({"noisy", "drifting", "creeping"}),
    "smoothed": frozenset({"nonlinear", "hysteresis", "off-centre", "creeping", "drifting", "span"}),
    "drifting": frozenset({"nonlinear", "hysteresis", "off-centre", "creeping", "hum", "noisy"}),
    "creeping": frozenset({"nonlinear", "hysteresis", "off-centre", "drifting"}),
    "hysteresis": frozenset({"nonlinear", "off-centre"}),
    "touching": frozenset({"span", "off-centre", "nonlinear"}),
    "span": frozenset({"off-centre"}),
}
"""A fault -> those that it explains on the same plate."""


@dataclass(frozen=True, slots=True)
class PlateResult:
    """One plate as it was found; ``fit`` is missing where it could not be weighed. Grams are grams of the typed weight.

    ``drift_g``: NaN where it is less than the noise hides; noise alone may look like ``doubt_g`` (g/√s both).
    ``heard``: plate -> the share of a load here that it feels.
    """

    plate: int
    channel: int
    fit: Fit | None
    noise_g: float
    hum_g: float
    drift_g: float
    doubt_g: float
    rise_s: float
    heard: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``profile`` only where the shelf is accepted."""

    shelf: str
    plates: tuple[PlateResult, ...]
    findings: tuple[Finding, ...]
    profile: ShelfProfile | None

    @property
    def accepted(self) -> bool:
        return self.profile is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a walk is judged by. ``grams``: the controller says that its numbers are grams. ``trusted``: somebody has
    made sure of the weight. ``before``: the profile that holds for plates which were not walked.
    """

    grams: bool
    trusted: bool = False
    goods: Mapping[int, Goods] | None = None
    before: ShelfProfile | None = None


def judge(progress: Progress, terms: Terms, made: datetime, by: str = "", why: str = "") -> Verdict:
    """Everything that a walk knows about its shelf."""
    results = tuple(_plates(progress))
    found = [*_line(progress), *_at_rest(progress, results), *_under_weight(progress, results, terms)]
    found += _weights(progress, results, terms)
    shown = _not_hidden(found)
    profile = None
    if not any(f.refuses for f in shown) and all(r.fit is not None for r in results):
        profile = _profile(progress, results, terms, made, by, why)
    return Verdict(progress.shelf, results, tuple(shown), profile)


# --- figures ------------------------------------------------------------------------------------------------------


def _plates(progress: Progress) -> list[PlateResult]:
    diagnosis = progress.diagnosis
    assert diagnosis is not None
    fits: dict[int, Fit | None] = {}
    for plate in progress.plates:
        channel = progress.order.get(plate, plate) - 1
        fits[plate] = _fit(progress, plate, channel)
    sizes = [abs(f.units_per_g) for f in fits.values() if f is not None]
    usual = float(np.median(sizes)) if sizes else 1.0
    found = []
    for plate, fitted in fits.items():
        channel = progress.order.get(plate, plate) - 1
        size = abs(fitted.units_per_g) if fitted is not None and abs(fitted.units_per_g) > 0.2 * usual else usual
        at_rest = diagnosis.channels[channel]
        drift, doubt2 = drift_of(progress.quiet[channel])
        rises = progress.rises_s.get(plate, [])
        found.append(
            PlateResult(
                plate,
                channel + 1,
                fitted,
                math.sqrt(max(0.0, at_rest.noise**2 - at_rest.hum**2 / 2)) / size,
                at_rest.hum / size,
                drift / size if drift > 0 else math.nan,
                math.sqrt(doubt2) / size,
                float(np.median(rises)) if rises else math.nan,
                tuple(_heard(progress, plate, fits, usual)),
            )
        )
    return found


def _fit(progress: Progress, plate: int, channel: int) -> Fit | None:
    readings = progress.readings.get(plate, [])
    if len(readings) < 3:
        return None
    worth = abs(readings[1].said[channel].mean - readings[0].said[channel].mean) / (readings[1].mass_g or 1.0)
    if not math.isfinite(worth) or worth == 0:
        return None
    seen, _ = drift_of(progress.quiet[channel])
    return fit(readings, channel, max(seen, SUPPOSED_DRIFT_G * worth))


def _heard(progress: Progress, plate: int, fits: Mapping[int, Fit | None], usual: float) -> list[tuple[int, float]]:
    """What the neighbours feel of the weight on this plate, as far as it is more than chance."""
    found = []
    for near in (plate - 1, plate + 1):
        channel = progress.order.get(near, 0) - 1
        if channel < 0 or not progress.readings.get(plate) or fits.get(near) is None:
            continue
        quiet = progress.quiet[channel]
        if quiet.jumps >= JUMPS:
            continue
        fitted = fits.get(near)
        size = abs(fitted.units_per_g) if fitted is not None else usual
        share, error = shared(progress.readings[plate], channel, max(drift_of(quiet)[0], SUPPOSED_DRIFT_G * size))
        if math.isfinite(error) and abs(share / size) > SIGMA * error / size:
            found.append((near, abs(share / size)))
    return found


# --- faults -------------------------------------------------------------------------------------------------------


def _line(progress: Progress) -> list[Finding]:
    line, found = progress.line, []
    lost = (line.missing + line.unread) / max(line.samples + line.missing, 1)
    if lost > FAULTS["lost-samples"].limit:
        found.append(Finding("lost-samples", (), f"{lost:.1%} of all samples never came", lost))
    ppm = clock_ppm(progress)
    late_s = line.last[1] if line.last else 0.0
    gone_s = abs(line.last[1] - line.first[1]) if line.first and line.last else 0.0
    if abs(ppm) > CLOCK_PPM and gone_s > CLOCK_S:
        what = f"it runs {abs(ppm) / 1e4:.2f} % too {'fast' if ppm > 0 else 'slow'}"
        found.append(Finding("clock", (), what, ppm))
    elif abs(late_s) > FAULTS["clock"].limit:
        what = f"it is {abs(late_s):.0f} s {'behind' if late_s > 0 else 'ahead'}"
        found.append(Finding("clock", (), what, late_s))
    return found


def _at_rest(progress: Progress, results: tuple[PlateResult, ...]) -> list[Finding]:
    diagnosis = progress.diagnosis
    assert diagnosis is not None
    found = []

    def say(fault: str, what: str, value: float = 0.0) -> None:
        found.append(Finding(fault, (result.plate,), what, value))

    for result in results:
        channel = diagnosis.channels[result.channel - 1]
        jumps = progress.quiet[result.channel - 1].jumps if progress.quiet else 0
        mute = result.plate in progress.silent and not _bears(result)
        if channel.state == "dead" or (channel.state == "stuck" and mute):
            say(channel.state, f"channel {result.channel} {FAULTS[channel.state].means}")
        elif jumps >= JUMPS:
            say("loose", f"it jumped {jumps} times with nobody there", jumps)
        elif mute:
            say("stuck", f"channel {result.channel} talks, but does not answer to a finger")
        if result.plate in progress.stuck:
            say("stuck", "it says the same number with and without the weight")
        if result.noise_g > FAULTS["noisy"].limit:
            say("noisy", f"{result.noise_g:.1f} g from sample to sample", result.noise_g)
        if result.hum_g > FAULTS["hum"].limit:
            hum = hum_of(channel.hum_hz, diagnosis.controller.hz)
            say("hum", f"{result.hum_g:.1f} g at {hum}", result.hum_g)
        if channel.repeats > FAULTS["slow"].limit:
            rate = diagnosis.controller.hz / channel.repeats
            say("slow", f"only {rate:.1f} new numbers a second", channel.repeats)
        if result.drift_g**2 - SIGMA * result.doubt_g**2 > FAULTS["drifting"].limit ** 2:
            say("drifting", f"it wanders by {result.drift_g:.1f} g in a second", result.drift_g)
    return found


def _bears(result: PlateResult) -> bool:
    """It weighs what was put on it: whatever did not answer a finger was not the plate."""
    return result.fit is not None and result.fit.error < LEAST_SURE


def _under_weight(progress: Progress, results: tuple[PlateResult, ...], terms: Terms) -> list[Finding]:
    usual = _usual(progress, results)
    found = []
    for result in results:
        plate = (result.plate,)
        if result.channel != result.plate:
            found.append(Finding("order", plate, f"it is wired to channel {result.channel}"))
        if result.plate in progress.saturated:
            found.append(Finding("saturated", plate, "its number stands still under the weight"))
        if result.rise_s > FAULTS["smoothed"].limit + BLOCKS:
            what = f"a change takes {result.rise_s:.1f} s to be seen"
            found.append(Finding("smoothed", plate, what, result.rise_s))
        if result.fit is not None:
            found += _of_fit(result, result.fit, usual, terms)
        for near, share in result.heard:
            if share > FAULTS["touching"].limit:
                what = f"plate {near} feels {share:.0%} of what stands on plate {result.plate}"
                found.append(Finding("touching", tuple(sorted((result.plate, near))), what, share))
    return found


def _usual(progress: Progress, results: tuple[PlateResult, ...]) -> float:
    """What a gram is worth on this shelf, in its unit: what neighbours took of the load given back."""
    whole = [
        abs(r.fit.units_per_g) / (1 - min(0.5, sum(share for _, share in r.heard)))
        for r in results
        if r.fit is not None and r.plate not in progress.saturated
    ]
    return float(np.median(whole)) if whole else 1.0


def _of_fit(result: PlateResult, fitted: Fit, usual: float, terms: Terms) -> list[Finding]:
    plate, found = (result.plate,), []
    if fitted.units_per_g < 0:
        found.append(Finding("reversed", plate, "more load says less"))
    off = abs(fitted.units_per_g) / usual - 1
    tilt = abs(fitted.right[0] - fitted.left[0])
    bound = FAULTS["span"].limit if terms.grams else RAW_SPAN
    leans = not terms.grams and -off > RAW_TILTED[0] and tilt > RAW_TILTED[1]
    if abs(off) > bound or leans:
        what = f"it weighs {abs(off):.0%} {'more' if off > 0 else 'less'} than the others"
        found.append(Finding("span", plate, what, off))

    def beyond(fault: str, value: tuple[float, float]) -> bool:
        return abs(value[0]) > FAULTS[fault].limit and abs(value[0]) > SIGMA * value[1]

    for fault, value, what in (
        ("nonlinear", fitted.load, "on top of a load the weight weighs {:+.2%}"),
        ("hysteresis", fitted.back, "on the way down it says {:+.2%}"),
        ("creeping", fitted.creep, "{:+.1%} of a load come only with time"),
    ):
        if beyond(fault, value):
            found.append(Finding(fault, plate, what.format(value[0]), value[0]))
    edges = {"left": fitted.left, "right": fitted.right}
    side, most = max(edges.items(), key=lambda e: abs(e[1][0]))
    if beyond("off-centre", most):
        what = f"at the front {side} corner the weight weighs {most[0]:+.2%}"
        found.append(Finding("off-centre", plate, what, most[0]))
    return found


def _weights(progress: Progress, results: tuple[PlateResult, ...], terms: Terms) -> list[Finding]:
    """Do the weight that was typed, the controller and the catalogue agree?"""
    fits = {r.plate: r.fit for r in results if r.fit is not None and r.plate not in progress.saturated}
    first = progress.weights_g[0]
    found = []
    for mass_g in progress.weights_g[1:]:
        ratios = [o[1] for f in fits.values() for o in f.others if o[0] == mass_g]
        if ratios and abs(float(np.median(ratios))) > ALIKE / 2:
            off = float(np.median(ratios))
            what = f"the {mass_g:g} g weight weighs {off:+.1%} beside the {first:g} g one: one is not what you typed"
            found.append(Finding("weight", (), what, off))
    if terms.trusted or not fits:
        return found
    scale = _usual(progress, results) if terms.grams else 1.0
    known = {p: terms.goods[p] for p in progress.products if terms.goods and p in terms.goods and p in fits}
    ratios = [fits[p].product_g / g.weight_g for p, g in known.items() if math.isfinite(fits[p].product_g)]
    if ratios and float(np.median(np.abs(np.array(ratios) / np.median(ratios) - 1))) > ALIKE:
        ratios = []  # other things were put there than those that were asked for
    bound = max([ALIKE, *(3 * g.weight_sd_g / g.weight_g / math.sqrt(len(known)) for g in known.values())])
    ratio = float(np.median(ratios)) if ratios else 1.0
    sure = "If it is right, say so with --trust-weight"
    if abs(scale - 1) > ALIKE and not ratios:
        what = f"every plate says {scale:.1%} of the {first:g} g that you typed ({first * scale:.0f} g). {sure}"
        found.append(Finding("weight", (), what, scale - 1))
    elif abs(scale * ratio - 1) <= bound < abs(scale - 1):
        what = f"controller and catalogue agree that it is {first * scale:.0f} g, not {first:g} g. {sure}"
        found.append(Finding("weight", (), what, scale - 1))
    elif abs(ratio - 1) > bound and (len(ratios) == 1 or (terms.grams and abs(scale - 1) <= ALIKE)):
        what = (
            f"measured {ratio:.1%} of what the catalogue says of {', '.join(sorted({g.sku for g in known.values()}))}"
        )
        found.append(Finding("catalogue", tuple(sorted(known)), what, ratio - 1))
    elif abs(ratio - 1) > bound:
        what = f"products weigh {ratio:.1%} of the catalogue: the weight is not {first:g} g, or the catalogue is wrong"
        found.append(Finding("weight", (), f"{what}. {sure}", ratio - 1))
    return found


def _not_hidden(found: list[Finding]) -> list[Finding]:
    """Without what another fault on the same plate explains, and the two halves of a pair once."""
    at: dict[int, set[str]] = {}
    for finding in found:
        for plate in finding.plates:
            at.setdefault(plate, set()).add(finding.fault)
    shown: list[Finding] = []
    for finding in found:
        hidden = any(finding.fault in HIDES.get(name, ()) for p in finding.plates for name in at[p])
        twice = any(s.fault == finding.fault and s.plates == finding.plates for s in shown)
        if not hidden and not twice:
            shown.append(finding)
    order = {name: i for i, name in enumerate(FAULTS)}
    return sorted(shown, key=lambda f: (f.kind.weight != "refuse", order[f.fault], f.plates))


# --- the profile ----------------------------------------------------------------------------------------------------


def _profile(
    progress: Progress, results: tuple[PlateResult, ...], terms: Terms, made: datetime, by: str, why: str
) -> ShelfProfile:
    plates = {p.plate: p for p in terms.before.plate} if terms.before else {}
    for result in results:
        fitted = result.fit
        assert fitted is not None
        noise_g = math.hypot(result.noise_g, result.hum_g / math.sqrt(2))
        drift_g = DRIFT_G if math.isnan(result.drift_g) else min(max(result.drift_g, 0.02), 5.0)
        plates[result.plate] = PlateProfile(
            plate=result.plate,
            channel=result.channel,
            zero=_rounded(fitted.zero, 9),
            g_per_unit=_rounded(1 / fitted.units_per_g, 7),
            noise_g=round(min(max(noise_g, 0.02), 100.0), 3),
            drift_g=round(drift_g, 3),
            span_error=round(min(max(left_over(fitted), 2e-4), 0.05), 5),
        )
    ordered = tuple(plates[p] for p in sorted(plates))
    return ShelfProfile(shelf=progress.shelf, made=made, by=by, why=why, plate=ordered)


def left_over(fitted: Fit) -> float:
    """What is left of span, linearity and place on the plate, as a share of the load."""
    measured = [max(0.0, v**2 - e**2) for v, e in (fitted.left, fitted.right, fitted.load, fitted.back)]
    return math.sqrt(fitted.error**2 + sum(measured) / len(measured))


def _rounded(value: float, digits: int) -> float:
    """To so many significant digits."""
    return float(f"{value:.{digits}g}")
