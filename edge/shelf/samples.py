"""Samples before they are believed: batches are cut into pieces, holes filled, nonsense left out, repeats counted.

Enters: the samples of a batch. Leaves: the same, cleaned, and what was wrong with them. A loose wire or a collision on
the bus makes a *lone* sample (or two, of a fast controller) that is far from what the plate says before and after: no
hand is that quick. Whether the last samples of a batch are alone cannot be seen yet, so they are held back until the
next ones have come; that happens only where a quiet plate seems to leap, and costs a few hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from edge.shelf.plates import Bools, Floats, ShelfState

PIECE_S = 0.5
"""A batch that lasts longer is looked at in pieces of at most this: levels are followed from piece to piece."""

FAST_HZ = 20.0
"""From here on two samples are quicker than any hand, and two on either side say what is between."""

LEAPS_SIGMA, LEAPS_G = 12.0, 5.0
"""Nonsense is further than this from the samples around it …"""
AGREE_SHARE, AGREE_SIGMA = 0.15, 6.0
"""… which agree with each other to this share of it, and to so many times the noise."""

FILLED = 1 / 3
"""Of a piece at most so many samples are filled from those beside them: more, and it was not read."""

SPITS_FOR_S = 600.0
SPITS, SPITS_NO_MORE = 6.0, 3.0
"""A plate that says nonsense so often in `SPITS_FOR_S` has a loose wire; sound ones do once a day."""
QUICK_HZ, MOST_HAND_G = 8.0, 5000.0
"""Of slower scales a single sample may well be a hand, unless it makes less than nothing or weighs this much."""


def pieces(at_s: float, hz: float, mass_g: Floats) -> Iterator[tuple[float, Floats]]:
    """A batch as (when, samples), none longer than `PIECE_S` unless it is a single sample."""
    samples = mass_g.shape[1]
    count = min(samples, int(np.ceil(samples / hz / PIECE_S - 1e-6)))
    if count <= 1:
        yield at_s, mass_g
        return
    edges = np.arange(count + 1) * samples // count
    for first, end in pairwise(edges):
        yield at_s + float(first) / hz, mass_g[:, first:end]


def filled(mass_g: Floats) -> Floats:
    """Rows of which a few samples are missing, with those between their neighbours; others as they are."""
    missing = np.isnan(mass_g)
    share = missing.mean(axis=1)
    rows = np.flatnonzero((share > 0) & (share <= FILLED))
    if not rows.size:
        return mass_g
    mass_g = mass_g.copy()
    where = np.arange(mass_g.shape[1])
    for row in rows:
        gone = missing[row]
        mass_g[row, gone] = np.interp(where[gone], where[~gone], mass_g[row, ~gone])
    return mass_g


def leap_g(state: ShelfState) -> Floats:
    """How far (plates,) a sample is from the ones around it before it can be nonsense."""
    reach: Floats = LEAPS_SIGMA * np.sqrt(state.noise_g2) + LEAPS_G
    return reach


def without_spikes(state: ShelfState, mass_g: Floats, hz: float) -> tuple[Floats, NDArray[np.int64], int]:
    """(samples, how many nonsense ones each plate had, how many at the end are to be held back).

    ``mass_g`` (plates, samples) follows on ``state.tail_g`` (plates, 2).
    """
    whole = np.concatenate((state.tail_g, mass_g), axis=1)
    leaps = leap_g(state)
    none: NDArray[np.int64] = np.zeros(len(whole), dtype=np.int64)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((np.abs(np.diff(whole, axis=1)) > leaps[:, None]).any(axis=1))
    if not rows.size:
        return mass_g, none, 0
    after = 2 if hz >= FAST_HZ else 1
    longest = 2 if hz >= FAST_HZ else 1
    cleaned, hold = mass_g, 0
    for row in rows:
        said, noise_g = whole[row], float(np.sqrt(state.noise_g2[row]))
        alone = _alone(said, longest, after, float(leaps[row]), noise_g)
        if alone.any():
            if cleaned is mass_g:
                cleaned = mass_g.copy()
            where = np.arange(len(said))
            cleaned[row, alone[2:]] = np.interp(where[alone], where[~alone], said[~alone])
            none[row] = _counted(said[alone], float(state.level_g[row]), hz)
        if not state.stirred[row]:
            hold = max(hold, _open_end(said, alone, longest + after - 1, float(leaps[row]), noise_g))
    return cleaned, none, min(hold, mass_g.shape[1])


def _alone(said: Floats, longest: int, after: int, leap_g: float, noise_g: float) -> Bools:
    """Which samples of one plate (two before the batch, then the batch) are nonsense."""
    alone = np.zeros(len(said), dtype=bool)
    for length in range(1, longest + 1):
        if len(said) < 2 + length + after:
            break
        seen = sliding_window_view(said, 2 + length + after)
        inside = seen[:, 2 : 2 + length]
        around = np.concatenate((seen[:, :2], seen[:, 2 + length :]), axis=1)
        low, high = around.min(axis=1), around.max(axis=1)
        with np.errstate(invalid="ignore", over="ignore"):
            off_g = np.maximum(inside.min(axis=1) - high, low - inside.max(axis=1))
            found = (off_g > leap_g) & (high - low <= AGREE_SHARE * off_g + AGREE_SIGMA * noise_g)
        first = 2 + np.flatnonzero(found)
        for i in range(length):
            alone[first + i] = True
    return alone


def _open_end(said: Floats, alone: Bools, most: int, leap_g: float, noise_g: float) -> int:
    """How many samples at the end may still turn out to be nonsense, once more have come."""
    for first in range(max(2, len(said) - most), len(said)):
        before = said[first - 2 : first]
        quiet = abs(float(before[1] - before[0])) <= AGREE_SIGMA * noise_g
        if quiet and not alone[first] and abs(float(said[first] - before[1])) > leap_g:
            return len(said) - first
    return 0


def _counted(nonsense_g: Floats, level_g: float, hz: float) -> int:
    """How many of these speak of a loose wire."""
    if hz >= QUICK_HZ:
        return len(nonsense_g)
    return int(((nonsense_g < level_g) | (nonsense_g > level_g + MOST_HAND_G)).sum())


def note_spikes(state: ShelfState, spikes: NDArray[np.int64]) -> None:
    """Count nonsense, and name the plates that spit."""
    state.spikes += spikes
    _name_spitting(state)


def forget_spikes(state: ShelfState, span_s: float) -> None:
    """Nonsense of long ago counts no more."""
    if state.spikes.any():
        state.spikes *= np.exp(-span_s / SPITS_FOR_S)
        state.spikes[state.spikes < 1e-3] = 0.0
        _name_spitting(state)


def _name_spitting(state: ShelfState) -> None:
    spits = {int(p) + 1 for p in np.flatnonzero(state.spikes >= SPITS)}
    spits |= {p for p in state.spitting if state.spikes[p - 1] >= SPITS_NO_MORE}
    state.spitting = tuple(sorted(spits))


def count_repeats(state: ShelfState, mass_g: Floats) -> None:
    """For how many samples each plate has said the very same number."""
    samples = mass_g.shape[1]
    goes_on = mass_g[:, 0] == state.tail_g[:, -1]
    if samples == 1:
        state.same = np.where(goes_on, state.same + 1, 1)
        state.repeats = True
        return
    equal = mass_g[:, :0:-1] == mass_g[:, -2::-1]
    whole = equal.all(axis=1)
    at_end = np.where(whole, samples, equal.argmin(axis=1) + 1)
    state.same = np.where(whole & goes_on, state.same + samples, at_end)
    state.repeats = True


def count_none(state: ShelfState) -> None:
    """No plate repeats itself."""
    state.same = np.ones_like(state.same)
    state.repeats = False


def last_two(state: ShelfState, mass_g: Floats) -> Floats:
    """What was said last (plates, 2), whatever the length of a piece."""
    if mass_g.shape[1] >= 2:
        return mass_g[:, -2:]
    return np.concatenate((state.tail_g[:, -1:], mass_g), axis=1)
