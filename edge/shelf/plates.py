"""The plates of one shelf: what each one's quiet level, noise and recent past are.

Batches are cut into blocks of about a tenth of a second, the grain at which everything else works: two or
three periods of a plate's ring-down (10-15 Hz) average out in a block, a hand does not. A shelf on which nothing
happens costs a dozen numpy calls a batch and no Python per plate or sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import WeightBatch

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.1
PAST_BLOCKS = 128
"""How many blocks a shelf remembers: twelve seconds."""

LEVEL_MEMORY_S = 3.0
"""Time constant with which a quiet level follows drift."""

NOISE_MEMORY_S = 20.0
NOISE_FLOOR_G = 0.2
"""No plate is quieter than this: a reading has a last digit."""

LEAVES_SIGMA = 5.0
"""A block mean further from the level than this many of its standard errors has left it. At ten blocks a
second, 10,000 plates see about one false stir in three minutes, and a false stir costs nothing."""

WHOLE_SIGMA = 4.5
"""… and a whole batch, being seldom, a little less."""

LEAVES_G = 0.6
"""… and further than this: drift within a few seconds is no stir."""


LEAST_SHARE = 0.4
"""Of the lightest product: what weighs less is a label that fell, a crumb, or drift."""


@dataclass(slots=True)
class ShelfState:
    """All arrays have one element (or row) a plate. Times are UNIX seconds, masses grams.

    ``past_g`` (plates, `PAST_BLOCKS`) and ``past_scatter_g2`` hold each block's mean and its samples' variance,
    ``past_s`` when the block began, ``past_n`` how many samples it had; they are rings, ``blocks`` counts all
    blocks ever written.
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
    stirred: Bools
    stirred_since_s: Floats
    before_g: Floats
    before_error_g: Floats
    calm_blocks: NDArray[np.int64]
    quiet_since_s: Floats
    """Since when the plate has been at its present level: its level is never measured over older blocks."""
    blind_since_s: Floats
    """NaN while the plate can be read."""
    unread_s: Floats
    """For how long nothing believable came from the plate."""
    least_g: float
    """A change lighter than this in all is no product of this shop."""
    waiting: list[PlateStep]
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


def open_shelf(shelf: str, plates: int, lightest_g: float) -> ShelfState:
    """A shelf of which nothing has been heard yet, in a shop whose lightest product weighs ``lightest_g``."""

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
        noise_g2=zeros(),
        stirred=np.zeros(plates, dtype=bool),
        stirred_since_s=zeros(),
        before_g=zeros(),
        before_error_g=zeros(),
        calm_blocks=np.zeros(plates, dtype=np.int64),
        quiet_since_s=np.full(plates, -np.inf),
        blind_since_s=np.full(plates, np.nan),
        unread_s=zeros(),
        least_g=LEAST_SHARE * lightest_g,
        waiting=[],
    )


def cut(batch: WeightBatch) -> tuple[Floats, Floats, Floats, Floats]:
    """A batch in blocks: start times (b,), sample counts (b,), means (plates, b), variances (plates, b).

    Sums of squares are exact enough: kilograms squared in double precision still resolve a microgram.
    """
    mass_g = batch.mass_g
    samples = mass_g.shape[1]
    count = max(1, min(samples, round(samples / (batch.hz * BLOCK_S))))
    each, rest = divmod(samples, count)
    if rest == 0:
        blocks = mass_g.reshape(-1, count, each)
        means = np.add.reduce(blocks, axis=2) / each
        squares = np.einsum("pbk,pbk->pb", blocks, blocks)
        variances = (squares - each * means * means) / max(1, each - 1)
        return batch.at_s + np.arange(count) * (each / batch.hz), np.full(count, float(each)), means, variances
    edges = np.arange(count) * samples // count
    sizes = np.diff(np.append(edges, samples)).astype(float)
    means = np.add.reduceat(mass_g, edges, axis=1) / sizes
    squares = np.add.reduceat(mass_g * mass_g, edges, axis=1)
    return batch.at_s + edges / batch.hz, sizes, means, (squares - sizes * means * means) / np.maximum(1.0, sizes - 1.0)


def remember(state: ShelfState, starts: Floats, sizes: Floats, means: Floats, variances: Floats) -> None:
    """Write blocks into the ring."""
    count = len(starts)
    slot = state.blocks % PAST_BLOCKS
    where: slice | NDArray[np.int64] = slice(slot, slot + count)
    if slot + count > PAST_BLOCKS:
        where = np.arange(slot, slot + count) % PAST_BLOCKS
    state.past_s[where] = starts
    state.past_n[where] = sizes
    state.past_g[:, where] = means
    state.past_scatter_g2[:, where] = variances
    state.blocks += count


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


def follow(state: ShelfState, span_s: float, whole_g: Floats, variances: Floats, quiet: Bools | None) -> None:
    """Quiet plates' levels follow drift, and their noise is learned from how their samples scatter.

    ``whole_g`` (plates,) is the batch's mean; ``quiet`` None: all of them.
    """
    off = whole_g - state.level_g
    if variances.shape[1] == 0 or not variances.any():
        variances = (off * off)[:, None]
    scatter = variances.mean(axis=1)
    level = (1.0 - math.exp(-span_s / LEVEL_MEMORY_S)) * off
    noise = (1.0 - math.exp(-span_s / NOISE_MEMORY_S)) * (scatter - state.noise_g2)
    if quiet is not None:
        level, noise = np.where(quiet, level, 0.0), np.where(quiet, noise, 0.0)
    state.level_g += level
    state.noise_g2 += noise
    np.maximum(state.noise_g2, NOISE_FLOOR_G**2, out=state.noise_g2)


def bounds(state: ShelfState, sizes: Floats) -> tuple[Floats, Floats]:
    """How far (plates,) a block mean and a whole batch's mean may lie from the level of a quiet plate."""
    noise_g = np.sqrt(state.noise_g2)
    block = noise_g * (LEAVES_SIGMA / math.sqrt(sizes[0])) + LEAVES_G
    return block, noise_g * (WHOLE_SIGMA / math.sqrt(sizes[0] * len(sizes))) + LEAVES_G
