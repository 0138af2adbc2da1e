"""What was put on a plate, and what all channels then said -> what a gram is worth there, and what is left over.

Enters: the readings of one plate, up and down again. Leaves: a `Fit`: units per gram, zero, and how much the plate
errs at its edges, on top of a load, on the way down, each with its standard error.

All readings of a plate are one least-squares problem. Between two readings the level wanders like a random walk, so the
covariance holds that beside the noise: far readings say less about each other than near ones, and what is learned from
an up and a down close together counts most. That is what weighing by differences (ABA, in a metrologist's words) does
by hand. Errors by place and load are first left free and tested; where nothing stands out they are held to what good
cells have, so that the weight at the edges and on top of a load also speaks for the span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from calibration.shelf.asks import Place
from calibration.steady import Floats, Level

HEALTHY = {"left": 3e-4, "right": 3e-4, "load": 3e-4, "back": 3e-4}
"""Standard deviations of good cells' errors, shares: off-centre, linearity, hysteresis."""
FREE = 0.3
"""… and of those that are looked for."""
OTHER = 5e-4
"""Two good weights agree within that: their classes and the cell's linearity."""
CREEP_S = 25.0


@dataclass(frozen=True, slots=True)
class Reading:
    """All channels stood still with ``mass_g`` of known weight at ``place`` of ``plate``.

    ``product``: something unknown stands there as well. ``down``: the last thing that happened was that something was
    taken off. ``since_s``: for how long it had stood so in the middle of the stretch.
    """

    plate: int
    mass_g: float
    place: Place
    product: bool
    down: bool
    since_s: float
    said: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """One plate, in its channel's unit and in grams.

    ``units_per_g`` ± ``error`` (a share), ``zero`` when it was last empty. ``left``, ``right``: what the weight weighs
    more towards these corners, ``load``: on top of a load, ``back``: what the load weighs more on the way down; shares,
    each a (value, standard error). ``creep``: as a share of the load. ``rest_g``: root mean square of what nothing
    explains. ``product_g``: the product's mass, NaN without one.
    """

    units_per_g: float
    error: float
    zero: float
    left: tuple[float, float]
    right: tuple[float, float]
    load: tuple[float, float]
    back: tuple[float, float]
    creep: tuple[float, float]
    rest_g: float
    product_g: float
    others: tuple[tuple[float, float, float], ...]
    """Of each other known weight: what was typed, how much more it weighs than that beside the first one, as a share,
    and the standard error of that.
    """


def fit(readings: Sequence[Reading], channel: int, drift: float) -> Fit | None:
    """The plate whose ``channel`` (0-based) stands under all these; None: too few readings.

    ``drift``: how far the channel wanders by itself, in its unit per √s.
    """
    ours = [r for r in readings if np.isfinite(r.said[channel].mean) and np.isfinite(r.said[channel].error)]
    if not any(r.mass_g for r in ours) or not any(not r.mass_g and not r.product for r in ours):
        return None
    others = sorted({r.mass_g for r in ours if r.mass_g} - {next(r.mass_g for r in ours if r.mass_g)})
    good = HEALTHY | {_weight(mass_g): OTHER for mass_g in others}
    free = _solve(ours, channel, drift, dict.fromkeys(good, FREE))
    held = {}
    for name, healthy in good.items():
        value, error = free.share(name)
        held[name] = healthy if abs(value) < 4 * np.hypot(error, healthy) else FREE
    best = _solve(ours, channel, drift, held)
    gain = best.gain
    empty = [r.said[channel].mean for r in ours if not r.mass_g and not r.product]
    return Fit(
        units_per_g=gain,
        error=best.error("gain") / abs(gain),
        zero=empty[-1],
        left=free.share("left"),
        right=free.share("right"),
        load=free.share("load"),
        back=free.share("back"),
        creep=_creep(ours, channel, gain, drift),
        rest_g=float(np.sqrt(np.mean(best.left**2))) / abs(gain),
        product_g=best.value("product") / gain if "product" in best.names else float("nan"),
        others=tuple((mass_g, *free.share(_weight(mass_g))) for mass_g in others),
    )


def shared(readings: Sequence[Reading], channel: int, drift: float) -> tuple[float, float]:
    """What another plate's ``channel`` feels of the known weight on this one: unit per gram, and its standard error."""
    ours = [r for r in readings if not r.product and np.isfinite(r.said[channel].error)]
    if len({r.mass_g for r in ours}) < 2:
        return 0.0, float("inf")
    found = _solve(ours, channel, drift, {})
    return found.gain, found.error("gain")


@dataclass(frozen=True, slots=True)
class _Solved:
    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    left: Floats
    gain: float

    def value(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def error(self, name: str) -> float:
        at = self.names.index(name)
        return float(np.sqrt(self.covariance[at, at]))

    def share(self, name: str) -> tuple[float, float]:
        """A systematic error as a share of the load, and its standard error."""
        if name not in self.names:
            return 0.0, float("inf")
        return self.value(name) / self.gain, self.error(name) / abs(self.gain)


def _solve(readings: Sequence[Reading], channel: int, drift: float, priors: dict[str, float]) -> _Solved:
    """Generalised least squares with normal priors (shares of the gain) on what should be small."""
    said = np.array([r.said[channel].mean for r in readings])
    columns = _columns(readings)
    names = tuple(columns)
    design = np.stack([columns[n] for n in names], axis=1)
    at_s = np.array([r.said[channel].at_s for r in readings])
    after_s = at_s - at_s.min()
    noise = np.array([r.said[channel].error for r in readings])
    covariance = drift**2 * np.minimum.outer(after_s, after_s) + np.diag(noise**2) + np.eye(len(said)) * 1e-18
    origin = said[0]
    whiten = np.linalg.inv(np.linalg.cholesky(covariance + np.eye(len(said)) * 1e-9 * covariance.max()))
    rows, right = whiten @ design, whiten @ (said - origin)
    loads = columns["gain"]
    guess = float(abs((said - origin)[np.argmax(loads)]) / loads.max())
    ties = np.diag([1 / (priors[n] * guess) if n in priors else 0.0 for n in names])
    normal = rows.T @ rows + ties @ ties
    spread = np.linalg.pinv(normal, hermitian=True)
    values = spread @ (rows.T @ right)
    left = said - origin - design @ values
    return _Solved(names, values, spread, left - left.mean(), float(values[names.index("gain")]))


def _columns(readings: Sequence[Reading]) -> dict[str, Floats]:
    """What each reading is made of: name -> how much of it (readings,). Shares are of the known weight, grams."""
    mass = np.array([r.mass_g for r in readings])
    product = np.array([r.product for r in readings], dtype=float)
    columns = {"zero": np.ones(len(readings)), "gain": mass}
    for name, place in (("left", "front-left"), ("right", "front-right")):
        columns[name] = mass * np.array([r.place == place for r in readings])
    first = float(mass[np.argmax(mass > 0)])
    columns |= {_weight(m): mass * (mass == m) for m in np.unique(mass) if m not in (0.0, first)}
    if product.any():
        top = float(mass[product > 0].max(initial=0.0))
        back = product * np.array([r.down for r in readings]) * top
        columns |= {"product": product, "load": mass * product, "back": back}
    return {n: c for n, c in columns.items() if c.any()}


def _weight(mass_g: float) -> str:
    return f"weight {mass_g:g}"


def _creep(readings: Sequence[Reading], channel: int, gain: float, drift: float) -> tuple[float, float]:
    """How much of a change comes only with time, as a share, from how levels go on moving after each change."""
    top = weight = 0.0
    for before, now in pairwise(readings):
        level = now.said[channel]
        change = now.said[channel].mean - before.said[channel].mean
        if level.for_s < 1.0 or abs(change) < 20 * level.error:
            continue
        expected = change * np.exp(-now.since_s / CREEP_S) / CREEP_S
        error2 = 12 * (level.error / level.for_s) ** 2 + 1.2 * drift**2 / level.for_s
        top += level.slope * expected / error2
        weight += expected**2 / error2
    return (float(top / weight), float(weight**-0.5)) if weight else (0.0, float("inf"))
