"""One batch of a shelf -> the events that it settles.

A plate is *quiet* at its level, or *stirred* since some time. A stirred plate is *calm* again when its last few
block means agree and its samples scatter no more than when it was quiet; its new level is then measured over the
calm blocks, for longer where the plate is noisy. Motion that returns ends a calm stretch, and what was
settled until then is a step of its own. A plate that is heard for the first time counts as stirred, from a level that
nobody knows: its first calm is where it begins, and no step.
"""

from __future__ import annotations

import math

import numpy as np

from edge.records import WeightBatch
from edge.shelf.events import Told, gather
from edge.shelf.plates import (
    BLOCK_S,
    LEAVES_SIGMA,
    NOISE_EVERY_S,
    NOISE_FLOOR_G,
    PAST_BLOCKS,
    Bools,
    Floats,
    Grid,
    PlateStep,
    ShelfState,
    bounds,
    grid_of,
    learn_noise,
    leaving,
    mean_between,
    means_of,
    recall,
    remember,
    trembles,
    variances_of,
)
from edge.shelf.samples import (
    PIECE_S,
    count_none,
    count_repeats,
    filled,
    forget_spikes,
    last_two,
    note_spikes,
    pieces,
    without_spikes,
)

CALM_BLOCKS = 4
"""As many blocks must agree before a plate counts as calm."""

CALM_TREND_SIGMA = 3.0
CALM_G = 0.3
"""… and their older and newer half as well: somebody who leans lets go slowly."""

CALM_SCATTER = 1.8
"""Samples of a calm plate scatter at most this many times its own noise: a resting hand trembles."""

SETTLED_ERROR_G = 0.5
"""A calm plate is watched until its level is known this well, but no longer than `SETTLED_BLOCKS`."""
SETTLED_BLOCKS = 8
SETTLED_AT_LEAST = 5

PARTS: Floats = np.append(0.5, (np.arange(8) + 0.5) / 8)
"""A change is timed by its half, and in eight parts: two people who take from one plate do so one after the other."""

BEFORE_S = 1.2
"""The level before a stir is measured over this long …"""
GUARD_S = 0.15
"""… up to this long before the stir was noticed: a hand comes down gently."""

SIGNIFICANT_SIGMA = 4.0
SIGNIFICANT_G = 2.0
"""A plate moved when its level changed by more than this many standard errors and grams."""

BLIND_AFTER_S = 1.0
"""Without a believable sample for this long, a plate is blind."""
STUCK_AFTER_S = 5.0
"""A plate that trembles and says the same number for so long is stuck …"""
STUCK_SAMPLES = 12
"""… and held at its level from so many on: noise as large as a last digit repeats itself so often once in a day."""

PROFILE_SAMPLES = 12
"""A profile's noise counts like so many samples of the first calm; then noise is followed anyway (`learn_noise`)."""

FLAT_G2 = 1e-6
"""Samples that vary less than this are the same number over and over."""

GAP_S = 0.35
"""A pause between batches longer than this hides what happened meanwhile."""


def sense(state: ShelfState, batch: WeightBatch, haze_s: float = 0.0) -> list[Told]:
    """Take in one batch, and say what settled with it. A late or doubled batch is counted and left out, and of one that
    overlaps what is known the part that is new is taken in. ``haze_s``: by how much its time may be wrong.
    """
    at_s, hz, mass_g = batch.at_s, batch.hz, batch.mass_g
    samples = mass_g.shape[1]
    state.lasts_s = samples / hz
    held = state.held_g.shape[1]
    until_s = state.held_from_s + held / state.held_hz if held else state.heard_until_s
    if at_s < until_s - 0.5 / hz:
        known = math.ceil((until_s - at_s) * hz - 0.5)
        if known >= samples:
            state.late += 1
            return []
        at_s, mass_g = at_s + known / hz, mass_g[:, known:]
    told: list[Told] = []
    if held and (state.held_hz != hz or at_s - until_s > GAP_S):  # what was held back ends before a pause
        last_g, state.held_g = state.held_g, state.held_g[:, :0]
        told += _piece(state, state.held_from_s, state.held_hz, last_g, 0.0, may_hold=False)
    least = round(hz * BLOCK_S)
    if not state.held_g.shape[1] and least <= mass_g.shape[1] and state.lasts_s <= PIECE_S:
        return told + _piece(state, at_s, hz, mass_g, haze_s)
    for began_s, piece_g in pieces(at_s, hz, mass_g):
        held = state.held_g.shape[1]
        if held:
            began_s, piece_g = state.held_from_s, np.concatenate((state.held_g, piece_g), axis=1)
            state.held_g = state.held_g[:, :0]
        if piece_g.shape[1] < least:  # less than a block: a fast controller's batches may be single samples
            state.held_g, state.held_hz = piece_g, hz
            state.held_from_s = began_s
        else:
            told += _piece(state, began_s, hz, piece_g, haze_s)
    return told


def _piece(
    state: ShelfState, at_s: float, hz: float, mass_g: Floats, haze_s: float, *, may_hold: bool = True
) -> list[Told]:
    """One piece of a batch."""
    grid = grid_of(mass_g.shape[1], hz)
    means = means_of(mass_g, grid)
    if state.bound_of != (mass_g.shape[1], hz):
        state.bound_g, state.bound_of = bounds(state, grid), (mass_g.shape[1], hz)
    off = means - state.level_g[:, None]
    near = np.abs(off) <= state.bound_g  # and not where nothing is known
    still = not state.stirs and np.count_nonzero(near) == near.size
    if still and not haze_s and _is_usual(state, at_s, grid):
        remember(state, at_s, grid, means)
        state.level_g += grid.follow * off[:, -1]
        state.heard_until_s = at_s + grid.span_s
        state.tail_g = last_two(state, mass_g)
        return gather(state) if state.waiting else []
    variances = variances_of(mass_g, means, grid)
    fresh = state.blocks == 0
    ordinary = not fresh and not state.unread and variances.min() > FLAT_G2
    restless = state.stirs or bool((np.abs(off) > state.bound_g).any())
    if fresh or restless or not ordinary:
        cleaned = _cleaned(state, at_s, hz, mass_g, restless, ordinary, may_hold)
        if not cleaned.shape[1]:
            return []
        if cleaned is not mass_g:
            mass_g = cleaned
            grid = grid_of(mass_g.shape[1], hz)
            means = means_of(mass_g, grid)
            variances = variances_of(mass_g, means, grid)
    heard_before_s, state.heard_until_s = state.heard_until_s, at_s + grid.span_s
    gap = heard_before_s > 0 and at_s - heard_before_s > GAP_S
    if gap or haze_s:
        _note_gap(state, heard_before_s if gap else at_s, state.heard_until_s if haze_s else at_s, haze_s)
    unread = None
    if ordinary:
        if state.repeats:
            count_none(state)
    else:
        count_repeats(state, mass_g)
        unread = _unread(state, means, grid.span_s)
        if fresh:
            _first(state, means, at_s)
        if unread is not None:
            means, variances = _patch(state, unread, means, variances, at_s)
    if state.bound_of != (mass_g.shape[1], hz):
        state.bound_g, state.bound_of = bounds(state, grid), (mass_g.shape[1], hz)
    off = means - state.level_g[:, None]
    far = np.abs(off) > state.bound_g
    state.stirs = bool(state.stirred.any())
    remember(state, at_s, grid, means, variances)
    if not state.stirs and not far.any():
        state.level_g += grid.follow * off[:, -1]
        if at_s - state.noise_at_s >= NOISE_EVERY_S:
            _learn(state, at_s, grid, off, variances, ~state.stirred if unread is None else ~unread, mass_g)
        state.tail_g = last_two(state, mass_g)
        return gather(state) if state.waiting else []
    left = far.any(axis=1) if unread is None else far.any(axis=1) & ~unread
    for plate in np.flatnonzero(left & ~state.stirred):
        first = int(far[plate, : grid.count].argmax())
        _stir(state, int(plate), heard_before_s if gap else at_s + float(grid.offset_s[first]))
    quiet = ~state.stirred & ~left
    state.level_g += np.where(quiet, grid.follow * off[:, -1], 0.0)
    if at_s - state.noise_at_s >= NOISE_EVERY_S:
        _learn(state, at_s, grid, off, variances, quiet if unread is None else quiet & ~unread, mass_g)
    state.tail_g = last_two(state, mass_g)
    for plate in np.flatnonzero(state.stirred):
        _settle(state, int(plate), grid.count)
    state.stirs = bool(state.stirred.any())
    return gather(state)


def _is_usual(state: ShelfState, at_s: float, grid: Grid) -> bool:
    """Whether a piece of a shelf on which nothing moves needs no closer look: it follows on the last one, every plate
    can be read, and none repeats itself as far as was seen when noise was last learned. A block of one sample has no
    scatter by which that is seen.
    """
    return (
        at_s - state.heard_until_s <= GAP_S
        and at_s - state.noise_at_s < NOISE_EVERY_S
        and not (state.unread or state.repeats)
        and grid.count < len(grid.mean)
    )


def _cleaned(
    state: ShelfState, at_s: float, hz: float, mass_g: Floats, restless: bool, ordinary: bool, may_hold: bool
) -> Floats:
    """A piece without lone nonsense. Its end, where that cannot be judged before more is heard, is held back."""
    cleaned = mass_g if ordinary else filled(mass_g)
    if not restless or state.blocks == 0:
        return cleaned
    cleaned, spikes, hold = without_spikes(state, cleaned, hz)
    if spikes.any():
        note_spikes(state, spikes)
    if not hold or not may_hold:
        return cleaned
    samples = cleaned.shape[1] - hold
    state.held_g, state.held_hz, state.held_from_s = mass_g[:, samples:], hz, at_s + samples / hz
    return cleaned[:, :samples]


def _note_gap(state: ShelfState, from_s: float, to_s: float, haze_s: float) -> None:
    """Nothing is known of this time; what is told of it says so."""
    if from_s > state.gap_to_s + GAP_S:
        state.gap_from_s, state.haze_s = from_s, 0.0
    state.gap_to_s, state.haze_s = to_s, max(state.haze_s, haze_s)


def _learn(
    state: ShelfState, at_s: float, grid: Grid, off: Floats, variances: Floats, quiet: Bools, mass_g: Floats
) -> None:
    span_s = min(at_s - state.noise_at_s, 2 * NOISE_EVERY_S)
    learn_noise(state, span_s, grid, off[:, : grid.count], variances, quiet, mass_g)
    forget_spikes(state, span_s)
    state.noise_at_s = at_s


def still_stirring(state: ShelfState) -> float:
    """Since when some plate has been moving or waiting to be told; ``inf`` when the shelf is quiet."""
    times = [float(t) for t in state.stirred_since_s[leaving(state)]]
    times += [state.held_from_s] if state.held_g.shape[1] else []
    return min([*times, *(s.began_s for s in state.waiting)], default=math.inf)


def _first(state: ShelfState, means: Floats, at_s: float) -> None:
    """A shelf is heard for the first time, maybe while somebody sets something down: no level is known yet."""
    state.level_g[:] = np.nan_to_num(means.mean(axis=1))
    state.noise_g2[:] = np.maximum(state.noise_g2, NOISE_FLOOR_G**2)
    state.before_g[:] = np.nan
    state.stirred[:] = True
    state.stirred_since_s[:] = at_s


def _unread(state: ShelfState, means: Floats, span_s: float) -> Bools | None:
    """Plates that sent no number, or the same number all along; None while all is well (the usual case)."""
    lost = ~np.isfinite(means).all(axis=1)
    stuck = (state.same >= STUCK_SAMPLES) & trembles(state)
    bad: Bools = lost | stuck
    if not bad.any() and not state.unread:
        return None
    state.unread_s[:] = np.where(bad, state.unread_s + span_s, 0.0)
    state.unread = bool(bad.any())
    state.calm_blocks[stuck] = 0
    return bad


def _patch(state: ShelfState, unread: Bools, means: Floats, variances: Floats, at_s: float) -> tuple[Floats, Floats]:
    """Hold unread plates at their level, mark the ones that stay so as blind, and wake those that return."""
    patience_s = np.where(np.isfinite(means).all(axis=1), STUCK_AFTER_S, BLIND_AFTER_S)
    newly = unread & (state.unread_s >= patience_s) & np.isnan(state.blind_since_s)
    for plate in np.flatnonzero(newly):
        if not state.stirred[plate]:
            _stir(state, int(plate), at_s - float(state.unread_s[plate]))
        state.blind_since_s[plate] = min(at_s, float(state.stirred_since_s[plate]))
        state.calm_blocks[plate] = 0
    _count_blind(state)
    means = np.where(unread[:, None], state.level_g[:, None], means)
    variances = np.where(unread[:, None], np.inf, variances)
    return means, variances


def _stir(state: ShelfState, plate: int, since_s: float) -> None:
    """A quiet plate begins to move: keep the level that it leaves."""
    mean_g, error_g = mean_between(state, plate, since_s - BEFORE_S, since_s - GUARD_S - BLOCK_S)
    if math.isnan(mean_g):
        mean_g, error_g = float(state.level_g[plate]), math.sqrt(float(state.noise_g2[plate]) / 12)
    state.stirred[plate] = True
    state.stirred_since_s[plate] = since_s
    state.before_g[plate] = mean_g
    state.before_error_g[plate] = error_g
    state.calm_blocks[plate] = 0


def _noise_g2(state: ShelfState, plate: int, behind: int) -> float:
    """A plate's noise; of one whose level nobody knows yet, what its last blocks up to ``behind`` the newest say: their
    samples' scatter, or, where a block is one sample, their differences. Medians, which a load that comes to rest does
    not reach.
    """
    known_g2 = float(state.noise_g2[plate])
    if not math.isnan(state.before_g[plate]):
        return known_g2
    last = state.blocks - 1 - behind
    slots = np.arange(max(0, last - SETTLED_AT_LEAST + 1), last + 1) % PAST_BLOCKS
    seen_g2 = float(np.median(state.past_scatter_g2[plate, slots]))
    if state.past_n[slots[-1]] == 1 and len(slots) > 1:
        seen_g2 = float(np.median(np.diff(state.past_g[plate, slots]) ** 2))
    if not math.isfinite(seen_g2):
        return known_g2
    if state.profile:
        samples = float(state.past_n[slots].sum())
        share = samples / (samples + PROFILE_SAMPLES)
        seen_g2 = share * seen_g2 + (1 - share) * known_g2
    return max(seen_g2, NOISE_FLOOR_G**2)


def _settle(state: ShelfState, plate: int, new_blocks: int) -> None:
    """Follow a stirred plate through this batch's blocks, one at a time."""
    for behind in range(new_blocks - 1, -1, -1):
        calm = int(state.calm_blocks[plate])
        agree = _agrees(state, plate, behind, max(calm, CALM_BLOCKS - 1))
        if agree:
            state.calm_blocks[plate] = calm + 1 if calm else CALM_BLOCKS
            if state.calm_blocks[plate] >= _enough(state, plate, behind) and not _frozen(state, plate):
                _step(state, plate, behind, int(state.calm_blocks[plate]))
                state.stirred[plate] = False
                return
        elif calm:
            # Motion returned: what was calm until now is a step, and the next one begins from its level.
            _step(state, plate, behind + 1, calm)
            state.calm_blocks[plate] = 0


def _frozen(state: ShelfState, plate: int) -> bool:
    """Whether a plate that trembles says nothing but one number where it came to rest: a dead cell, most likely. What
    it says is no step before it trembles again.
    """
    if not state.tremble_g2[plate] > state.digit_g[plate] ** 2:
        return False
    slots = recall(state, int(state.calm_blocks[plate]))
    return bool(state.same[plate] >= state.past_n[slots].sum())


def _enough(state: ShelfState, plate: int, behind: int) -> int:
    """How many calm blocks measure this plate's level to `SETTLED_ERROR_G`."""
    slots = recall(state, 1)
    needed = _noise_g2(state, plate, behind) / SETTLED_ERROR_G**2 / float(state.past_n[slots[0]])
    return int(min(SETTLED_BLOCKS, max(SETTLED_AT_LEAST, math.ceil(needed))))


def _agrees(state: ShelfState, plate: int, behind: int, count: int) -> bool:
    """Whether the block ``behind`` the newest one agrees with the ``count`` blocks before it."""
    last = state.blocks - 1 - behind
    first = max(last - min(count, SETTLED_BLOCKS), 0)
    if last - first < CALM_BLOCKS - 1:
        return False
    slots = np.arange(first, last + 1) % PAST_BLOCKS
    if state.past_s[slots[0]] < state.stirred_since_s[plate] - 1e-6:
        return False
    noise_g2 = _noise_g2(state, plate, behind)
    block_noise_g = math.sqrt(noise_g2 / float(state.past_n[slots[-1]]))
    means = state.past_g[plate, slots]
    if float(means.max() - means.min()) > LEAVES_SIGMA * block_noise_g + CALM_G:
        return False
    half = len(slots) // 2
    trend_g = abs(float(means[-half:].mean() - means[:half].mean()))
    if trend_g > CALM_TREND_SIGMA * block_noise_g * math.sqrt(2 / half) + CALM_G:
        return False
    recent = state.past_scatter_g2[plate, slots[-CALM_BLOCKS:]]
    return bool(recent.mean() <= CALM_SCATTER**2 * noise_g2)


def _step(state: ShelfState, plate: int, behind: int, calm: int) -> None:
    """Compare the level before with the calm blocks that end ``behind`` the newest, and move on from there."""
    noise_g2 = _noise_g2(state, plate, behind)
    last = state.blocks - 1 - behind
    slots = np.arange(last - calm + 1, last + 1) % PAST_BLOCKS
    samples = float(state.past_n[slots].sum())
    after_g = float((state.past_g[plate, slots] * state.past_n[slots]).sum() / samples)
    after_error_g = math.sqrt(noise_g2 / samples)
    calm_s, settled_s = float(state.past_s[slots[0]]), float(state.past_s[slots[-1]]) + BLOCK_S
    blind = not math.isnan(state.blind_since_s[plate])
    hidden = blind or state.gap_to_s > float(state.stirred_since_s[plate])
    if math.isnan(state.before_g[plate]):
        if samples > calm:  # differences of a few single readings only tell whether they are calm
            state.noise_g2[plate] = noise_g2
        state.bound_of = (0, 0.0)  # to be made anew
    else:
        began_s, change_g = float(state.stirred_since_s[plate]), after_g - float(state.before_g[plate])
        wander_g = float(state.drift_g[plate]) * math.sqrt(max(0.5, calm_s - began_s))
        span_g = float(state.span_error[plate]) * change_g
        error_g = math.sqrt(float(state.before_error_g[plate]) ** 2 + after_error_g**2 + wander_g**2 + span_g**2)
        step_s, *parts_s = _last_before(state, plate, last - calm, after_g, began_s, PARTS)
        state.waiting.append(
            PlateStep(
                plate=plate,
                began_s=began_s,
                step_s=calm_s if hidden else step_s,
                calm_s=calm_s,
                settled_s=settled_s,
                change_g=change_g,
                error_g=error_g,
                moved=abs(change_g) > max(SIGNIFICANT_G, SIGNIFICANT_SIGMA * error_g),
                blind=blind,
                hidden=hidden,
                after_g=after_g,
                parts_s=() if hidden else tuple(parts_s),
            )
        )
    if blind:
        state.blind_since_s[plate] = np.nan
        _count_blind(state)
    state.quiet_since_s[plate] = calm_s
    state.level_g[plate] = state.before_g[plate] = after_g
    state.before_error_g[plate] = after_error_g
    state.stirred_since_s[plate] = settled_s


def _last_before(
    state: ShelfState, plate: int, last: int, after_g: float, began_s: float, shares: Floats
) -> list[float]:
    """When a plate last had each of these shares of its way from the old level to the new one before it."""
    slots = np.arange(max(0, last - PAST_BLOCKS + 16), last + 1) % PAST_BLOCKS
    slots = slots[state.past_s[slots] >= began_s - BLOCK_S]
    if not slots.size:
        return [began_s] * len(shares)
    before_g = float(state.before_g[plate])
    # Beyond the old level (a hand that presses before it lifts) counts as the old side.
    turned_g = (before_g + shares[:, None] * (after_g - before_g) - state.past_g[plate, slots]) * (after_g - before_g)
    old_side = turned_g > 0
    newest = slots[-1 - old_side[:, ::-1].argmax(axis=1)]
    at_s: list[float] = np.where(old_side.any(axis=1), state.past_s[newest] + BLOCK_S, began_s).tolist()
    return at_s


def _count_blind(state: ShelfState) -> None:
    state.blind = tuple(int(p) + 1 for p in np.flatnonzero(~np.isnan(state.blind_since_s)))
