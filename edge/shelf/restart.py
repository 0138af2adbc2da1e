"""Scales that start anew: a power cut, and they come back at zero, or each at another level.

Enters: steps across a silence that wait to be told. Leaves: `Restarted` in place of those that are no pick. Many
scales (Tasmota's among them) tare themselves when they start, with everything standing on them: what was a kilogram
is nothing from then on, on every plate. A shopper takes from one place or two. What was really taken during the
silence is lost with the old zero; the plates go on from where they are. A shelf that was filled while nobody looked,
over night with the PC off, is more on every plate: no pick either, and nobody need look for a power cut.
"""

from __future__ import annotations

import math

import numpy as np

from edge.records import Restarted
from edge.shelf.plates import PlateStep, ShelfState, leaving

ZERO_G, ZERO_SIGMA = 3.0, 4.0
"""A plate that says less than this, or than so many times its noise, stands at zero."""

PATIENCE_S = 4.0
"""So long plates that came back are waited for: what the others did says what each of them did."""


def coming_back(state: ShelfState) -> bool:
    """Whether plates that a silence has hidden are not calm yet: they are judged together."""
    first_s = min(s.settled_s for s in state.waiting if s.hidden)
    back = leaving(state) & (state.unread_s == 0)
    hidden = ~np.isnan(state.blind_since_s) | (state.stirred_since_s < state.gap_to_s)
    return bool((back & hidden).any()) and state.heard_until_s < first_s + PATIENCE_S


def restarted(state: ShelfState) -> list[Restarted]:
    """Takes out of what waits the steps that are no picks, and tells of them."""
    moved = [s for s in state.waiting if s.hidden and s.moved]
    plates = len(state.level_g)
    together = len({s.plate for s in moved}) > max(1, plates // 2)
    anew = [s for s in moved if together or _at_zero(state, s)]
    if not anew:
        return []
    state.waiting = [s for s in state.waiting if s not in anew]
    return [
        Restarted(
            state.shelf,
            min(s.began_s for s in anew) - state.haze_s,
            max(s.settled_s for s in anew) + state.haze_s,
            tuple(sorted({s.plate + 1 for s in anew})),
            filled=all(s.change_g > 0.0 and not _at_zero(state, s) for s in anew),
        )
    ]


def _at_zero(state: ShelfState, step: PlateStep) -> bool:
    noise_g = math.sqrt(float(state.noise_g2[step.plate]))
    return abs(step.after_g) <= ZERO_G + ZERO_SIGMA * noise_g / 4
