"""The plates of one shelf: what each one's quiet level, noise and recent past are.

Batches are cut into blocks of about a tenth of a second, the grain at which everything else works: two or
three periods of a plate's ring-down (10-15 Hz) average out in a block, a hand does not. A shelf on which nothing
happens costs a dozen numpy calls a batch and no Python per plate or sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge.store.profile import DRIFT_G, SPAN_ERROR, ShelfProfile

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.1
PAST_BLOCKS = 128
"""How many blocks a shelf remembers: twelve seconds."""

LEVEL_MEMORY_S = 3.0
"""Time constant with which a quiet level follows drift."""

NOISE_MEMORY_S = 20.0
NOISE_EVERY_S = 1.0
"""So often noise is learned, and it is looked whether a plate says one number over and over."""
NOISE_FLOOR_G = 0.2
"""No plate is quieter than this: a reading has a last digit."""

LEAVES_SIGMA = 5.0
"""A block mean further from the level than this many of its standard errors has left it. At ten blocks a
second, 10,000 plates see about one false stir in three minutes, and a false stir costs nothing."""

WHOLE_SIGMA = 4.5
"""… and a whole batch, being seldom, a little less."""

LEAVES_G = 0.6
"""… and further than this: drift within a few seconds is no stir."""


SAME_G = 1e-6
"""Readings nearer to each other than this are the same number."""

DIGIT_EVERY = 8
"""A last digit does not change: it is looked for now and then."""

LEAST_SHARE = 0.4
"""Of the lightest product: what weighs less is a label that fell, a crumb, or drift."""


@dataclass(slots=True)
class ShelfState:
    """All arrays have one element (or row) a plate. Times are UNIX seconds, masses grams.

    ``past_g`` (plates, `PAST_BLOCKS`) and ``past_scatter_g2`` hold each block's mean and its samples' variance (the
    latter only while some plate is stirred), ``past_s`` when the block began, ``past_n`` how many samples it had; they
    are rings, ``blocks`` counts all blocks ever written.
    """

    shelf: str
    heard_until_s: float
    blocks: int
    past_s: Floats
    past_n: Floats
    past_g: Floats
    past_scatter_g2: Floats
    level_g: Floats
    noise_g2: Floats
    bound_g: Floats
    """(plates, blocks of a batch + 1): see `bounds`."""
    bound_of: tuple[int, float]
    """For batches of so many samples, at so many hertz."""
    tail_g: Floats
    """(plates, 2): the last two samples that were taken in."""
    held_g: Floats
    """(plates, 0 or few): samples that wait for the next ones, at ``held_hz``: they are less than a block, or may be
    nonsense.
    """
    held_hz: float
    held_from_s: float
    same: NDArray[np.int64]
    """For how many samples the plate has said the very same number."""
    tremble_g2: Floats
    """Noise as it is, without a floor: whether a plate may say one number for long."""
    digit_g: Floats
    """The smallest step that its readings have made."""
    noise_at_s: float
    """When noise was last learned, and plates that repeat themselves looked for: both now and then."""
    stirred: Bools
    stirred_since_s: Floats
    before_g: Floats
    """The level that a stirred plate left; NaN while none is known yet."""
    before_error_g: Floats
    calm_blocks: NDArray[np.int64]
    quiet_since_s: Floats
    """Since when the plate has been at its present level: its level is never measured over older blocks."""
    blind_since_s: Floats
    """NaN while the plate can be read."""
    blind: tuple[int, ...]
    """1-based numbers of the plates that cannot be believed at present."""
    unread_s: Floats
    """For how long nothing believable came from the plate."""
    least_g: float
    """A change lighter than this in all is no product of this shop."""
    profile: str
    """Which of the shelf's profiles its grams come from; empty: none, it is taken at its word."""
    drift_g: Floats
    """g/√s: how far a level wanders by itself while a stir hides it, from load cell creep and temperature."""
    span_error: Floats
    """What is left of span, linearity and place on the plate, as a share of the load."""
    spikes: Floats
    """How often the plate said nonsense lately (`edge.shelf.samples`)."""
    waiting: list[PlateStep]
    spitting: tuple[int, ...] = ()
    """1-based numbers of the plates that say nonsense too often."""
    gap_from_s: float = -math.inf
    gap_to_s: float = -math.inf
    """The latest time that nothing is known of: the shelf was silent, or nobody knows when it spoke."""
    haze_s: float = 0.0
    """By how much the times of that gap may be wrong."""
    lasts_s: float = 0.0
    """How long its batches are: so much later than it happens a thing is heard of."""
    stirs: bool = True
    """Some plate is stirred."""
    repeats: bool = False
    """Some plate said the same number as before."""
    unread: bool = False
    """Some plate cannot be read."""
    learned: int = 0
    """How often noise was learned."""
    late: int = 0


@dataclass(frozen=True, slots=True)
class PlateStep:
    """One plate (0-based here) went from one calm level to another between ``began_s`` and ``calm_s``."""

    plate: int
    began_s: float
    step_s: float
    calm_s: float
    settled_s: float
    change_g: float
    error_g: float
    moved: bool
    blind: bool
    """The plate could not be read meanwhile."""
    hidden: bool
    """… or the shelf said nothing, or nobody knows when it spoke: it may have been at any time between."""
    after_g: float
    parts_s: tuple[float, ...] = ()
    """When each of so many equal parts of the change happened; empty where that is hidden."""


def open_shelf(shelf: str, plates: int, lightest_g: float, profile: ShelfProfile | None = None) -> ShelfState:
    """A shelf of which nothing has been heard yet, in a shop whose lightest product weighs ``lightest_g``.

    ``profile``: how far its plates can be trusted, where somebody has measured that.
    """
    known = profile.plate if profile else ()

    def zeros() -> Floats:
        return np.zeros(plates)

    return ShelfState(
        shelf=shelf,
        heard_until_s=-np.inf,
        blocks=0,
        past_s=np.zeros(PAST_BLOCKS),
        past_n=np.zeros(PAST_BLOCKS),
        past_g=np.zeros((plates, PAST_BLOCKS)),
        past_scatter_g2=np.zeros((plates, PAST_BLOCKS)),
        level_g=zeros(),
        noise_g2=np.array([p.noise_g**2 for p in known]) if known else zeros(),
        bound_g=np.zeros((plates, 0)),
        bound_of=(0, 0.0),
        tail_g=np.full((plates, 2), np.nan),
        held_g=np.zeros((plates, 0)),
        held_hz=1.0,
        held_from_s=-np.inf,
        same=np.zeros(plates, dtype=np.int64),
        tremble_g2=zeros(),
        digit_g=np.full(plates, np.inf),
        noise_at_s=-np.inf,
        stirred=np.zeros(plates, dtype=bool),
        stirred_since_s=zeros(),
        before_g=zeros(),
        before_error_g=zeros(),
        calm_blocks=np.zeros(plates, dtype=np.int64),
        quiet_since_s=np.full(plates, -np.inf),
        blind_since_s=np.full(plates, np.nan),
        blind=(),
        unread_s=zeros(),
        least_g=LEAST_SHARE * lightest_g,
        profile=profile.mark if profile else "",
        drift_g=np.array([p.drift_g for p in known]) if known else np.full(plates, DRIFT_G),
        span_error=np.array([p.span_error for p in known]) if known else np.full(plates, SPAN_ERROR),
        spikes=zeros(),
        waiting=[],
    )


def begin_anew(state: ShelfState) -> None:
    """Forget at which level every plate stood, and what waits to be told: the next batch is heard as the first one. How
    plates tremble and wander stays known.
    """
    state.blocks = 0
    state.waiting = []
    state.held_g = state.held_g[:, :0]
    state.quiet_since_s[:] = -np.inf
    state.calm_blocks[:] = 0


def trembles(state: ShelfState) -> Bools:
    """Plates that never say one number for long: their noise is larger than their last digit."""
    told: Bools = state.tremble_g2 > state.digit_g * state.digit_g
    return told


def leaving(state: ShelfState) -> Bools:
    """Plates that stir away from a level that was known: of these a step will be told."""
    return state.stirred & ~np.isnan(state.before_g)


@dataclass(frozen=True, slots=True)
class Grid:
    """How a batch of so many samples is cut: ``count`` blocks, as matrices that sum samples into means.

    ``mean`` (samples, count + 1) makes the blocks' means and, last, the whole batch's, ``block_mean`` the blocks'
    alone; ``offset_s`` (count,) is when each block begins, ``samples`` (count,) how many it has, ``spread`` (count,)
    corrects its variance (n / (n - 1)). ``span_s``: how long the batch is; ``follow``: how far it draws a quiet level.
    """

    count: int
    mean: Floats
    block_mean: Floats
    offset_s: Floats
    samples: Floats
    spread: Floats
    span_s: float
    follow: float


@lru_cache(maxsize=64)
def grid_of(samples: int, hz: float) -> Grid:
    """The grid for batches of ``samples`` at ``hz``."""
    count = max(1, min(samples, round(samples / (hz * BLOCK_S))))
    edges = np.append(np.arange(count) * samples // count, samples)
    sizes = np.diff(edges).astype(float)
    mean = np.zeros((samples, count + 1))
    for block in range(count):
        mean[edges[block] : edges[block + 1], block] = 1.0 / sizes[block]
    mean[:, count] = 1.0 / samples
    span_s = samples / hz
    return Grid(
        count=count,
        mean=mean,
        block_mean=np.ascontiguousarray(mean[:, :count]),
        offset_s=edges[:-1] / hz,
        samples=sizes,
        spread=sizes / np.maximum(1.0, sizes - 1.0),
        span_s=span_s,
        follow=1.0 - math.exp(-span_s / LEVEL_MEMORY_S),
    )


def means_of(mass_g: Floats, grid: Grid) -> Floats:
    """Means (plates, count + 1) of a batch's blocks, the last column the whole batch's."""
    means: Floats = mass_g.dot(grid.mean)
    return means


def variances_of(mass_g: Floats, means: Floats, grid: Grid) -> Floats:
    """Variances (plates, count) of a batch's blocks around their ``means``.

    Sums of squares are exact enough: kilograms squared in double precision still resolve a microgram.
    """
    blocks = means[:, : grid.count]
    variances: Floats = ((mass_g * mass_g).dot(grid.block_mean) - blocks * blocks) * grid.spread
    return variances


def remember(state: ShelfState, at_s: float, grid: Grid, means: Floats, variances: Floats | None = None) -> None:
    """Write a batch's blocks into the ring; without ``variances`` where no plate is stirred, and nobody asks."""
    slot = state.blocks % PAST_BLOCKS
    where: slice | NDArray[np.int64] = slice(slot, slot + grid.count)
    if slot + grid.count > PAST_BLOCKS:
        where = np.arange(slot, slot + grid.count) % PAST_BLOCKS
    state.past_s[where] = grid.offset_s + at_s
    state.past_n[where] = grid.samples
    state.past_g[:, where] = means[:, : grid.count]
    if variances is not None:
        state.past_scatter_g2[:, where] = variances
    state.blocks += grid.count


def recall(state: ShelfState, count: int) -> NDArray[np.int64]:
    """Slots of the last ``count`` blocks, oldest first."""
    first = max(0, state.blocks - min(count, PAST_BLOCKS))
    return np.arange(first, state.blocks) % PAST_BLOCKS


def mean_between(state: ShelfState, plate: int, from_s: float, to_s: float) -> tuple[float, float]:
    """Mean and standard error of one plate's blocks that began in [``from_s``, ``to_s``]; (nan, inf) if none.

    Blocks from before the plate came to its present level are left out.
    """
    slots = recall(state, PAST_BLOCKS)
    when = state.past_s[slots]
    slots = slots[(when >= max(from_s, float(state.quiet_since_s[plate]))) & (when <= to_s)]
    samples = float(state.past_n[slots].sum())
    if samples == 0:
        return float("nan"), float("inf")
    mean = float((state.past_g[plate, slots] * state.past_n[slots]).sum() / samples)
    return mean, float(np.sqrt(state.noise_g2[plate] / samples))


def learn_noise(
    state: ShelfState, span_s: float, grid: Grid, off_g: Floats, variances: Floats, quiet: Bools, mass_g: Floats
) -> None:
    """Quiet plates' noise, from how their samples scatter; where a block is one sample, around the level."""
    scatter = variances.mean(axis=1) if grid.samples[0] > 1 else (off_g * off_g).mean(axis=1)
    gain = quiet * (1.0 - math.exp(-span_s / NOISE_MEMORY_S))
    scatter = np.where(quiet, scatter, 0.0)
    state.tremble_g2 += gain * (scatter - state.tremble_g2)
    state.noise_g2 += gain * (scatter - state.noise_g2)
    if state.learned % DIGIT_EVERY == 0:
        before_g = mass_g[:, :-1] if mass_g.shape[1] > 1 else state.tail_g[:, -1:]
        steps = np.abs(mass_g[:, -before_g.shape[1] :] - before_g)
        steps[~(steps > SAME_G)] = np.inf
        np.minimum(state.digit_g, steps.min(axis=1), out=state.digit_g)
    state.learned += 1
    np.maximum(state.noise_g2, NOISE_FLOOR_G**2, out=state.noise_g2)
    state.bound_g = bounds(state, grid)


def bounds(state: ShelfState, grid: Grid) -> Floats:
    """How far (plates, count + 1) a quiet plate's block means, and last a whole batch's mean, lie from its level."""
    sigmas = np.full(grid.count + 1, LEAVES_SIGMA)
    sigmas[-1] = WHOLE_SIGMA
    samples = np.append(grid.samples, grid.samples.sum())
    reach: Floats = np.sqrt(state.noise_g2)[:, None] * (sigmas / np.sqrt(samples)) + LEAVES_G
    return reach
