"""Whatever weight comes or goes beside whomever: something always happened, and it is found out in time."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.attribution import Belief, admit, attribute, cart_of, open_belief
from edge.records import Explained, Reach, ShelfEvent
from edge.store import read_store
from tests.corner import FILES

CATALOGUE = """\
sku,gtin,name,price,tax_class,weight_g,weight_sd_g
mint,,Mint,5,food,1,0.05
gum,,Gum,50,food,12,0.3
onigiri,,Rice ball,178,food,110,1
rice,,Sack of rice,9000,food,25000,20
"""
SHOP = read_store(
    FILES
    | {
        "catalogue.csv": CATALOGUE.encode(),
        "planogram.csv": b"shelf,plates,sku\ng1-s1,1,mint\ng1-s1,2,gum\ng1-s1,3,onigiri\ng1-s1,4,rice\n",
    }
)
SKUS = list(SHOP.catalogue)
LEAST_G = 2.0
"""Steps of less are none (`edge.shelf.sense`)."""
MOST_CPU_S = 1.5
"""A tenth of a second is usual for the worst; it was more than ten."""


def event(change_g: float, plate: int, error_g: float, at_s: float) -> ShelfEvent:
    change, error = np.zeros(4), np.zeros(4)
    change[plate - 1], error[plate - 1] = change_g, error_g
    return ShelfEvent(f"g1-s1/{plate}@{at_s}", "g1-s1", at_s - 0.5, at_s, at_s + 0.5, at_s + 1, (plate,), change, error)


def reaching(track: int, gap_m: float = 0.0) -> Reach:
    return Reach(track, gap_m, 0.1 + gap_m, 12, (gap_m,) * 10)


def shop(people: int) -> Belief:
    belief = open_belief()
    for track in range(1, people + 1):
        admit(belief, f"visit-{track}", 1, {track: 1.0})
    return belief


def is_sound(belief: Belief, explained: Explained) -> None:
    assert explained.explanations
    assert 0.0 < math.fsum(e.probability for e in explained.explanations) < 1.0 + 1e-6
    for cluster in belief.clusters:
        assert cluster.hypotheses
        for h in cluster.hypotheses:
            assert math.isfinite(h.nats)
            assert all(count == sum(moves) > 0 for cart in h.carts.values() for count, _, moves in cart.values())


@pytest.mark.parametrize("people", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("units", [1, 2, 3, 6, 20])
@pytest.mark.parametrize("sku", SKUS)
def test_what_nobody_held_is_put_beside_several(people: int, units: int, sku: str) -> None:
    """Brought from home, or out of staff's crate: nobody here can have put it back, and yet it stands there."""
    belief, product = shop(people), SHOP.catalogue[sku]
    if units * product.weight_g < LEAST_G:
        pytest.skip("no plate feels that")
    put = event(units * product.weight_g, SKUS.index(sku) + 1, 0.2, 100.0)
    explained, _ = attribute(belief, SHOP, put, [reaching(t) for t in range(1, people + 1)])
    is_sound(belief, explained)
    assert all(not cart_of(belief, f"visit-{t}").lines for t in range(1, people + 1))


@pytest.mark.parametrize("error_g", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("people", [2, 5, 8])
def test_many_tiny_things_among_many_hands_are_explained_in_time(people: int, error_g: float) -> None:
    belief, near = shop(people), [reaching(t, 0.02 * t) for t in range(1, people + 1)]
    for number, grams in enumerate((-20.0, -15.0, 18.0, -20.0)):
        began_s = time.process_time()
        explained, _ = attribute(belief, SHOP, event(grams, 1, error_g, 100.0 + 10 * number), near)
        assert time.process_time() - began_s < MOST_CPU_S
        is_sound(belief, explained)


@settings(deadline=None, max_examples=60)
@given(
    people=st.integers(0, 6),
    moves=st.lists(
        st.tuples(
            st.sampled_from(SKUS), st.integers(-20, 20).filter(bool), st.integers(1, 4),
            st.sampled_from([0.1, 0.5, 3.0]), st.lists(st.sampled_from([0.0, 0.05, 0.3, 3.0]), min_size=6, max_size=6),
        ),
        min_size=1, max_size=5,
    ),
)  # fmt: skip
def test_any_events_beside_anybody_have_an_explanation(
    people: int, moves: list[tuple[str, int, int, float, list[float]]]
) -> None:
    belief = shop(people)
    for number, (sku, units, plate, error_g, gaps_m) in enumerate(moves):
        near = [reaching(t, gaps_m[t - 1]) for t in range(1, people + 1)]
        happened = event(units * SHOP.catalogue[sku].weight_g, plate, error_g, 100.0 + 10 * number)
        explained, _ = attribute(belief, SHOP, happened, near)
        is_sound(belief, explained)
