"""Plays for the tests: short stories in the demo shop, and hypothesis strategies that make them up."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.store import load_store
from simulator.busy import busy_story
from simulator.commands import DEMO
from simulator.forces import loads
from simulator.story import read_story
from simulator.world import Played, play

SHOP = load_store(DEMO)
SKUS = sorted(SHOP.catalogue)
SHELVES = [s.id for s in SHOP.layout.shelves]


def acted(*lines: str, seed: int = 1) -> Played:
    """A story of these lines, acted out."""
    return play(SHOP, read_story("\n".join(lines), SHOP), seed)


@lru_cache(maxsize=4)
def busy(seed: int, visits: int = 5) -> Played:
    return play(SHOP, read_story(busy_story(SHOP, visits, seed), SHOP), seed)


def load_at(played: Played, shelf: str, at_s: float) -> NDArray[np.float64]:
    """What really presses on the plates of a shelf at one moment: (plates,) grams."""
    stage = played.stage
    return loads(stage.forces.get(shelf, []), stage.rest_g[shelf], np.array([at_s - 1 / 60, at_s]))[:, -1]


@st.composite
def errands(draw: st.DrawFn) -> list[str]:
    """One visit that takes, and puts back some of it, anywhere."""
    lines, held, at_s = ["09:00:00 ana enters"], [], 12
    for _ in range(draw(st.integers(1, 4))):
        sku, count = draw(st.sampled_from(SKUS)), draw(st.integers(1, 3))
        manner = draw(st.sampled_from(["", " slowly", " one by one"]))
        lines.append(f"09:{at_s // 60:02d}:{at_s % 60:02d} ana takes {count} {sku}{manner}")
        held += [sku] * count
        at_s += 15
        if draw(st.booleans()):
            back = held.pop()
            on = draw(st.sampled_from(["", *(f" on {s}:3" for s in SHELVES)]))
            lines.append(f"09:{at_s // 60:02d}:{at_s % 60:02d} ana puts back 1 {back}{on}")
            at_s += 15
    return [*lines, f"09:{at_s // 60 + 1:02d}:00 ana leaves"]
