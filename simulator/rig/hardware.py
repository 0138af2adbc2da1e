"""What a shelf is made of, as it was screwed together: cells, their controller, and what is wrong with them.

Enters: how many plates, a seed. Leaves: `Hardware` as shops have it, good or bad, and the truth about it. Nothing here
moves: `simulator.rig.cells` puts loads on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np

from calibration.shelf.asks import Place
from simulator.chance import stream
from simulator.forces import CREEP_S, CREEP_SHARE, Grams
from simulator.plates import BATCH, HZ, NOISE_G

Unit = Literal["counts", "volts", "grams"]
DIGITS: dict[Unit, int] = {"counts": 0, "volts": 6, "grams": 1}
"""Decimals that a controller tells of its unit."""

OUT = 0.7
"""A weight in a corner of a plate stands so far from the middle, in half plates: it is not a point."""
AT: dict[Place, tuple[float, float]] = {
    "centre": (0.0, 0.0),
    "front-left": (-OUT, -OUT),
    "front-right": (OUT, -OUT),
    "back-left": (-OUT, OUT),
    "back-right": (OUT, OUT),
}
"""Half plates to the right and to the back of a plate's middle."""

MILD_C = 21.0
"""Cells say what they say at this temperature."""
BENT_G = 5000.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One channel of the controller, and the physical ``plate`` (1-based) under which its cell stands.

    ``units_per_g`` and ``zero`` are in the controller's own unit; negative: wired the wrong way round. ``noise_g``:
    standard deviation of a sample. ``hum_g``: amplitude. ``drift_g``: g/√s. ``warmth_g``: g/°C. ``creep``: share of a
    load that comes only with time, about ``creep_s``. ``hysteresis``: how much more it says at half load on the way
    down than on the way up, as a share of the load it comes from. ``bend``: the gain grows by that share up to 5 kg.
    ``corner``: share of a load gained per half plate to the right and to the back. ``rests``: share of the load that
    never reaches the cell, and how much more of it per half plate to the right. ``saturates_at``: beyond this number
    no load moves it. ``stuck_since_s`` and ``lies_since_s`` count from when the rig was switched on.
    """

    plate: int
    units_per_g: float = 1.0
    zero: float = 0.0
    noise_g: float = 1.8
    hum_g: float = 0.0
    hum_hz: float = 50.0
    drift_g: float = 0.06
    warmth_g: float = 0.0
    creep: float = CREEP_SHARE
    creep_s: float = CREEP_S
    hysteresis: float = 0.0
    bend: float = 0.0
    corner: tuple[float, float] = (0.0, 0.0)
    rests: tuple[float, float] = (0.0, 0.0)
    saturates_at: float | None = None
    dead: bool = False
    stuck_since_s: float | None = None
    slow_hz: float | None = None
    """It converts only so often and repeats itself in between."""
    smooths_s: float = 0.0
    """The time constant of a filter that somebody set too strong."""
    jumps_g: float = 0.0
    """A loose wire: about every ``jumps_every_s`` the level is another by so much."""
    jumps_every_s: float = 8.0
    lies_since_s: float | None = None
    lies_by: float = 0.0
    """From then on loads weigh so much more, as a share."""


@dataclass(frozen=True, slots=True)
class Climate:
    """The shop's air: a day, and a compressor that goes on and off."""

    mean_c: float = MILD_C
    daily_c: float = 1.5
    compressor_c: float = 0.4
    compressor_s: float = 900.0

    def celsius(self, at_s: Grams) -> Grams:
        day, compressor = (np.sin(2 * np.pi * at_s / period_s) for period_s in (86400.0, self.compressor_s))
        warm: Grams = self.mean_c + self.daily_c * day + self.compressor_c * compressor
        return warm


@dataclass(frozen=True, slots=True)
class Hardware:
    """One shelf: ``cells`` in channel order, and the controller that reads them.

    ``touching``: (plate, share): the plate touches its right neighbour, and that share of a load on either of the two
    is borne by the other. ``lost``: share of batches that never arrive; ``lost_samples``: share of samples that are
    null. ``clock_ppm``: its clock runs so much too fast; ``clock_offset_s``: and stands so much ahead.
    """

    cells: tuple[Cell, ...]
    unit: Unit = "grams"
    hz: float = HZ
    batch: int = BATCH
    touching: tuple[tuple[int, float], ...] = ()
    lost: float = 0.0
    lost_samples: float = 2e-6
    clock_ppm: float = 0.0
    clock_offset_s: float = 0.0
    climate: Climate = field(default_factory=Climate)
    tells_celsius: bool = True

    def __post_init__(self) -> None:
        under = sorted(cell.plate for cell in self.cells)
        if under != list(range(1, len(under) + 1)):
            raise ValueError(f"under every plate stands one cell, not {under}")

    @property
    def plates(self) -> int:
        return len(self.cells)

    @property
    def order(self) -> tuple[int, ...]:
        """The channel (1-based) of plate 1, 2, 3 …"""
        channel = {cell.plate: i for i, cell in enumerate(self.cells, start=1)}
        return tuple(channel[plate] for plate in range(1, self.plates + 1))

    def under(self, plate: int) -> Cell:
        return self.cells[self.order[plate - 1] - 1]

    def borne(self, plate: int, place: Place, mass_g: float) -> Grams:
        """What each plate's cell feels (plates,) of ``mass_g`` at a place of a plate."""
        right, back = AT[place]
        felt = np.zeros(self.plates)
        felt[plate - 1] = 1.0
        for left, share in self.touching:
            if plate in (left, left + 1):
                other = left + 1 if plate == left else left
                nearer = share * (1 + 0.4 * right * (other - plate))
                felt[plate - 1] -= nearer
                felt[other - 1] += nearer
        cell = self.under(plate)
        beside, lean = cell.rests
        felt[plate - 1] *= (1 + cell.corner[0] * right + cell.corner[1] * back) * (1 - beside - lean * right)
        return felt * mass_g


def healthy(plates: int, seed: int, *, unit: Unit = "grams") -> Hardware:
    """A shelf as it should be: the spread of real plates, in order and the right way round.

    Grams come from a controller that was calibrated once, counts and volts from cells as the factory makes them.
    """
    rng = stream(seed, "hardware", plates, unit)
    units_per_g, spread, zero, zero_spread, rail = {
        "grams": (1.0, 0.0015, 0.0, 120.0, None),
        "counts": (rng.uniform(150.0, 450.0), 0.03, 0.0, 40_000.0, 8_388_607.0),
        "volts": (2e-4, 0.03, 0.6, 0.05, 4.9),
    }[unit]
    cells = tuple(
        Cell(
            plate=plate,
            units_per_g=float(units_per_g * (1 + np.clip(rng.normal(0.0, spread), -3 * spread, 3 * spread))),
            zero=float(rng.normal(zero, zero_spread)),
            noise_g=float(np.clip(rng.lognormal(math.log(1.8), 0.5), *NOISE_G)),
            hum_g=float(rng.uniform(0.0, 0.3)),
            hum_hz=float(rng.choice([50.0, 100.0])),
            drift_g=float(rng.uniform(0.02, 0.12)),
            warmth_g=float(np.clip(rng.normal(0.0, 0.8), -2.0, 2.0)),
            creep=float(rng.uniform(2e-4, 6e-4)),
            hysteresis=float(rng.uniform(0.0, 3e-4)),
            bend=float(rng.uniform(-1e-3, 1e-3)),
            corner=(float(rng.uniform(-5e-4, 5e-4)), float(rng.uniform(-5e-4, 5e-4))),
            saturates_at=rail,
        )
        for plate in range(1, plates + 1)
    )
    return Hardware(cells, unit, clock_ppm=float(rng.normal(0.0, 15.0)), clock_offset_s=float(rng.normal(0.0, 0.02)))


# --- what goes wrong ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """``text``: what it is physically, and how shelves get it. ``of``: a plate, two neighbours, several plates, or
    the controller with all of them.
    """

    of: Literal["plate", "pair", "several", "shelf"]
    text: str


FAULTS: dict[str, Fault] = {
    "dead": Fault("plate", "no number at all: a plug that came off, a broken amplifier"),
    "stuck": Fault("plate", "always the same number: an amplifier that hangs, a broken excitation wire"),
    "saturated": Fault("plate", "at its rail 150-350 g above empty: wrong gain, a cell preloaded or bent"),
    "noisy": Fault("plate", "25-60 g from sample to sample (healthy: up to 6): no shield, moisture in a plug"),
    "hum": Fault("plate", "15-45 g at one frequency (healthy: 0.3): a mains lead beside it, a compressor on the frame"),
    "slow": Fault("plate", "2-5 conversions a second, repeated in between: a converter left in its slow mode"),
    "smoothed": Fault("plate", "a filter of 1.5-4 s set in the amplifier: no pick is seen when it happens"),
    "loose": Fault("plate", "jumps of up to 500 g every few seconds: a wire under a screw that is not tight"),
    "reversed": Fault("several", "signal wires exchanged: a load makes the number smaller"),
    "order": Fault("several", "plugs exchanged at the controller, two neighbours or the whole row"),
    "span": Fault("plate", "15-40 % of a load rests beside the cell, more on one side: a foot on the wrong side"),
    "nonlinear": Fault("plate", "the gain grows by 10-20 % up to 5 kg (healthy: 0.1): an overloaded cell"),
    "hysteresis": Fault("plate", "1.5-4 % more on the way down (healthy: 0.03): dirt or a cable under the plate"),
    "off-centre": Fault("plate", "2.5-6 % per half plate (healthy: 0.05): cell not in the middle, screws not tight"),
    "touching": Fault("pair", "6-20 % of a load is borne by the neighbour: no gap, a price rail across both"),
    "creeping": Fault("plate", "2-5 % of a load come within half a minute (healthy: 0.06): a glued or soft mount"),
    "drifting": Fault("plate", "2-5 g/√s (healthy: up to 0.12): a draught on the cell, a wet strain gauge"),
    "lost-samples": Fault("shelf", "8-25 % of batches never arrive: weak Wi-Fi, a bus at its limit"),
    "clock": Fault(
        "shelf", "0.5-2 % too fast or slow, or 20-120 s behind: no time server, an RC oscillator for a quartz"
    ),
}
"""What a walk must find. The first 17 are plates', the last two the controller's."""

_HUMS_HZ = (12.4, 24.6, 50.0, 100.0)
"""A fan, a compressor, the mains and what is lit by it."""

_SPOILED: dict[str, Callable[[Cell, np.random.Generator], Cell]] = {
    "dead": lambda cell, rng: replace(cell, dead=True),
    "stuck": lambda cell, rng: replace(cell, stuck_since_s=0.0),
    "saturated": lambda cell, rng: replace(
        cell, saturates_at=cell.zero + cell.units_per_g * float(rng.uniform(150.0, 350.0))
    ),
    "noisy": lambda cell, rng: replace(cell, noise_g=float(rng.uniform(25.0, 60.0))),
    "slow": lambda cell, rng: replace(cell, slow_hz=float(rng.uniform(2.0, 5.0))),
    "smoothed": lambda cell, rng: replace(cell, smooths_s=float(rng.uniform(1.5, 4.0))),
    "loose": lambda cell, rng: replace(
        cell, jumps_g=float(rng.uniform(150.0, 350.0)), jumps_every_s=float(rng.uniform(2.0, 5.0))
    ),
    "reversed": lambda cell, rng: replace(
        cell,
        units_per_g=-cell.units_per_g,
        saturates_at=None if cell.saturates_at is None else 2 * cell.zero - cell.saturates_at,
    ),
    "span": lambda cell, rng: replace(cell, rests=(float(rng.uniform(0.15, 0.4)), _either(rng, 0.05, 0.12))),
    "nonlinear": lambda cell, rng: replace(cell, bend=_either(rng, 0.1, 0.2)),
    "hysteresis": lambda cell, rng: replace(cell, hysteresis=float(rng.uniform(0.015, 0.04))),
    "off-centre": lambda cell, rng: replace(cell, corner=_askew(rng)),
    "creeping": lambda cell, rng: replace(cell, creep=float(rng.uniform(0.02, 0.05)), creep_s=20.0),
    "drifting": lambda cell, rng: replace(cell, drift_g=float(rng.uniform(2.0, 5.0))),
}


def spoil(
    hardware: Hardware, fault: str, seed: int, plates: tuple[int, ...] = (), *, spare: Iterable[int] = ()
) -> tuple[Hardware, tuple[int, ...]]:
    """Hardware with one fault more, and the plates that have it; none for a fault of the controller.

    Without ``plates`` it takes some, never those to ``spare``. `ValueError` where there are not enough.
    """
    if fault not in FAULTS:
        raise ValueError(f"no fault {fault}: there are {', '.join(FAULTS)}")
    rng = stream(seed, "fault", fault)
    if FAULTS[fault].of == "shelf":
        if plates:
            raise ValueError(f"{fault} is the controller's and of no plate")
        return _spoil_controller(hardware, fault, rng), ()
    hit = plates or _some(hardware, fault, rng, set(spare))
    wrong = [plate for plate in hit if not 1 <= plate <= hardware.plates]
    few = not hit or (fault == "touching" and hardware.plates < 2) or (fault == "order" and len(set(hit)) < 2)
    if wrong or few:
        raise ValueError(f"{fault}: {f'there is no plate {wrong[0]}' if wrong else 'it takes more plates'}")
    if fault == "touching":
        left = min(min(hit), hardware.plates - 1)
        touching = (*hardware.touching, (left, float(rng.uniform(0.06, 0.2))))
        return replace(hardware, touching=touching), (left, left + 1)
    if fault == "order":
        return _exchange(hardware, hit)
    spoiled = partial(_humming, hz=hardware.hz) if fault == "hum" else _SPOILED[fault]
    cells = tuple(spoiled(cell, rng) if cell.plate in hit else cell for cell in hardware.cells)
    return replace(hardware, cells=cells), hit


def faulty(plates: int, seed: int, *, unit: Unit = "grams") -> tuple[Hardware, dict[str, tuple[int, ...]]]:
    """A shelf with a fault, or two on different plates, and the truth: fault -> plates; none: the controller's.

    Seeds one after the other go through all faults.
    """
    rng = stream(seed, "faults", plates)
    names = [name for name in FAULTS if plates > 1 or name not in ("touching", "order")]
    first = names[seed % len(names)]
    second = [str(rng.choice([n for n in names if n != first]))] if rng.random() < 0.5 else []
    hardware = healthy(plates, seed, unit=unit)
    truth: dict[str, tuple[int, ...]] = {}
    for name in (first, *second):
        taken = {plate for hit in truth.values() for plate in hit}
        try:
            hardware, truth[name] = spoil(hardware, name, seed, spare=taken)
        except ValueError:
            continue
    return hardware, truth


def _some(hardware: Hardware, fault: str, rng: np.random.Generator, spare: set[int]) -> tuple[int, ...]:
    free = [plate for plate in range(1, hardware.plates + 1) if plate not in spare]
    pairs = [(plate, plate + 1) for plate in free if plate + 1 in free]
    if FAULTS[fault].of == "pair" or (fault == "order" and rng.random() < 0.6):
        return pairs[int(rng.integers(len(pairs)))] if pairs else ()
    if fault == "order":
        return tuple(free) if len(free) > 1 else ()
    count = int(rng.integers(1, len(free) + 1)) if FAULTS[fault].of == "several" and free else 1
    return tuple(sorted(int(plate) for plate in rng.choice(free, count, replace=False))) if free else ()


def _exchange(hardware: Hardware, hit: tuple[int, ...]) -> tuple[Hardware, tuple[int, ...]]:
    """The plugs of these plates from the other end; who stands in the middle keeps their own."""
    turned = dict(zip(sorted(hit), sorted(hit, reverse=True), strict=True))
    cells = {cell.plate: cell for cell in hardware.cells}
    swapped = tuple(cells[turned.get(cell.plate, cell.plate)] for cell in hardware.cells)
    return replace(hardware, cells=swapped), tuple(sorted(p for p in hit if turned[p] != p))


def _spoil_controller(hardware: Hardware, fault: str, rng: np.random.Generator) -> Hardware:
    if fault == "lost-samples":
        return replace(hardware, lost=float(rng.uniform(0.08, 0.25)))
    if rng.random() < 0.5:
        return replace(hardware, clock_ppm=_either(rng, 5e3, 2e4))
    return replace(hardware, clock_offset_s=-float(rng.uniform(20.0, 120.0)))


def _humming(cell: Cell, rng: np.random.Generator, hz: float) -> Cell:
    """At a frequency that is not sampled away."""
    seen = [f for f in _HUMS_HZ if abs(f - round(f / hz) * hz) > 0.05 * hz]
    return replace(cell, hum_g=float(rng.uniform(15.0, 45.0)), hum_hz=float(rng.choice(seen)))


def _either(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high) * rng.choice([-1.0, 1.0]))


def _askew(rng: np.random.Generator) -> tuple[float, float]:
    much, less = _either(rng, 0.025, 0.06), _either(rng, 0.0, 0.01)
    return (much, less) if rng.random() < 0.5 else (less, much)
