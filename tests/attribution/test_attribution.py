"""Who took what: explanations by weight, place, carts and people, and what later evidence does to them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from edge.attribution import (
    Belief,
    admit,
    attribute,
    branch_identities,
    cart_of,
    depart,
    measure,
    merge,
    open_belief,
    whose_track,
)
from edge.attribution.belief import forget_strays, joined
from edge.attribution.hypotheses import Cluster, Hypothesis, Person
from edge.attribution.pruning import PRUNED_BELOW
from edge.attribution.recipes import ASTRAY_FOR_S, Stray
from edge.floor import DuplicateTrack, IdentitySwitch, Portrait
from edge.records import Reach, ShelfEvent
from edge.store import Facing, load_store

SHOP = load_store(Path(__file__).parents[2] / "config" / "demo")
NOTEBOOK = SHOP.catalogue["notebook-a5"]
HOME = next(f for f in SHOP.planogram.facings if f.sku == "notebook-a5")
ELSEWHERE = next(f for f in SHOP.planogram.facings if f.shelf != HOME.shelf and f.sku != "notebook-a5")


def event(mass_g: float, shelf: str = HOME.shelf, plate: int = HOME.first, at_s: float = 100.0) -> ShelfEvent:
    plates = SHOP.layout.shelf(shelf).plates
    change_g, error_g = np.zeros(plates), np.zeros(plates)
    change_g[plate - 1], error_g[plate - 1] = mass_g, 0.6
    name = f"{shelf}/{plate}@{at_s}"
    return ShelfEvent(name, shelf, at_s - 0.5, at_s, at_s + 0.5, at_s + 1, (plate,), change_g, error_g)


def at(track: int, gap_m: float = 0.0) -> Reach:
    """A track whose wrist was so far from the change, in twelve frames."""
    return Reach(track, gap_m, 0.1 + gap_m, 12, (gap_m,) * 10)


def away(track: int) -> Reach:
    return Reach(track, 3.0, 3.0, 12, (3.0,) * 10)


def shop(*visits: str) -> Belief:
    """A shop with one person a visit, on tracks 1, 2, …"""
    belief = open_belief()
    for number, visit in enumerate(visits, 1):
        admit(belief, visit, 1, {number: 1.0})
    return belief


def held(belief: Belief, visit: str) -> dict[str, int]:
    return {line.sku: line.quantity for line in cart_of(belief, visit).lines}


def sure(belief: Belief, visit: str) -> float:
    return min((line.certainty for line in cart_of(belief, visit).lines), default=0.0)


def test_who_reached_in_took_it() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), away(2)])
    assert held(belief, "ana") == {"notebook-a5": 1}
    assert sure(belief, "ana") > 0.95
    assert held(belief, "ben") == {}


def test_a_line_traces_to_its_shelf_event() -> None:
    belief = shop("ana")
    picked = event(-NOTEBOOK.weight_g)
    attribute(belief, SHOP, picked, [at(1)])
    assert [line.events for line in cart_of(belief, "ana").lines] == [(picked.id,)]


def test_two_who_reached_alike_are_both_in_doubt() -> None:
    belief = shop("ana", "ben")
    explained, _ = attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), at(2)])
    assert [round(e.probability, 1) for e in explained.explanations[:2]] == [0.5, 0.5]
    assert max(sure(belief, "ana"), sure(belief, "ben")) < 0.6


def test_twice_the_weight_and_two_wrists_are_two_people() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-2 * NOTEBOOK.weight_g), [at(1), at(2)])
    assert held(belief, "ana") == held(belief, "ben") == {"notebook-a5": 1}


def test_nobody_pays_for_the_other_end_of_the_shop() -> None:
    belief = shop("ana")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [away(1)])
    assert held(belief, "ana") == {}


def test_what_comes_back_leaves_the_cart_that_held_it_wherever_it_is_put() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), away(2)])
    attribute(belief, SHOP, event(NOTEBOOK.weight_g, ELSEWHERE.shelf, ELSEWHERE.first, 120), [at(1), away(2)])
    assert held(belief, "ana") == {}
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g, ELSEWHERE.shelf, ELSEWHERE.first, 140), [away(1), at(2)])
    assert held(belief, "ben") == {"notebook-a5": 1}, "it was misplaced there, and taken by another"


def test_a_hand_that_rests_and_lifts_again_is_no_goods() -> None:
    belief = shop("ana")
    attribute(belief, SHOP, event(83.0, at_s=100), [at(1)])
    attribute(belief, SHOP, event(-83.0 - NOTEBOOK.weight_g, at_s=104), [at(1)])
    assert held(belief, "ana") == {"notebook-a5": 1}


def test_nothing_is_put_back_that_no_cart_held() -> None:
    belief = shop("ana")
    attribute(belief, SHOP, event(NOTEBOOK.weight_g, ELSEWHERE.shelf, ELSEWHERE.first), [at(1)])
    assert held(belief, "ana") == {}


def test_an_exchange_in_a_crowd_is_a_doubt_that_heights_settle() -> None:
    belief = shop("ana", "ben")
    for at_s in range(6):
        measure(belief, Portrait(at_s, 1, 1.55, 12))
        measure(belief, Portrait(at_s, 2, 1.78, 12))
    branch_identities(belief, IdentitySwitch(10.0, (1, 2), (((1, 2), 0.5), ((2, 1), 0.5))))
    assert whose_track(belief, 1) == pytest.approx({"ana": 0.5, "ben": 0.5})
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), away(2)])
    assert sure(belief, "ana") < 0.6
    for at_s in range(200, 206):
        measure(belief, Portrait(at_s, 1, 1.78, 12))
    assert whose_track(belief, 1)["ben"] > 0.98
    assert held(belief, "ben") == {"notebook-a5": 1}, "what was taken in doubt belongs to whom it turned out to be"


def test_people_who_have_nothing_to_do_with_each_other_are_kept_apart() -> None:
    belief = shop(*(f"v{n}" for n in range(1, 21)))
    for n in range(1, 21, 2):
        near = [at(n), at(n + 1), *(away(m) for m in range(1, 21) if m not in (n, n + 1))]
        attribute(belief, SHOP, event(-NOTEBOOK.weight_g, at_s=100.0 + 10 * n), near)
    assert max(len(c.hypotheses) for c in belief.clusters) <= 8, "ten doubts side by side, not their product"


def test_a_visit_that_left_leaves_nothing_behind() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), at(2)])
    depart(belief, "ana", {2})
    depart(belief, "ben", set())
    assert belief.clusters == []


@pytest.mark.parametrize("units", [1, 2, 3])
def test_stories_are_probabilities(units: int) -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-units * NOTEBOOK.weight_g), [at(1), at(2, 0.1)])
    for cluster in belief.clusters:
        assert math.fsum(math.exp(h.nats) for h in cluster.hypotheses) == pytest.approx(1.0)


def test_what_is_sold_out_is_not_what_was_taken() -> None:
    """Two onigiri that weigh the same stand side by side; the change sits between them, and of one none is left."""
    kombu, ume = (next(f for f in SHOP.planogram.facings if f.sku == f"onigiri-{kind}") for kind in ("kombu", "ume"))
    between = event(-105.5, ume.shelf, ume.last)
    between.change_g[ume.last - 1] = between.change_g[kombu.first - 1] = -52.75
    between.error_g[kombu.first - 1] = 0.6

    def taken(there: dict[Facing, int]) -> dict[str, float]:
        explained, _ = attribute(shop("ana"), SHOP, between, [at(1)], there=there)
        told: dict[str, float] = {}
        for e in explained.explanations:
            for share in e.shares:
                told[share.sku] = told.get(share.sku, 0.0) + e.probability
        return told

    assert max(taken({}).values()) < 0.7, "nobody can know"
    assert taken({kombu: 0, ume: 5})["onigiri-ume"] > 0.9
    assert taken({kombu: 5, ume: 0})["onigiri-kombu"] > 0.9


def test_two_tracks_of_one_person_are_one() -> None:
    """Whichever of them was taken for the visitor's: what is taken as the one that goes on is the visitor's."""
    belief = shop("ana")
    branch_identities(belief, IdentitySwitch(10.0, (1, 7), (((1, 7), 0.5), ((7, 1), 0.5))))
    assert whose_track(belief, 1)["ana"] == pytest.approx(0.5)
    merge(belief, DuplicateTrack(11.0, 7, 1))
    assert whose_track(belief, 1) == {"ana": pytest.approx(1.0)}
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1)])
    assert held(belief, "ana") == {"notebook-a5": 1}


def test_two_visitors_of_whom_one_is_not_seen_any_more_stay_two() -> None:
    belief = shop("ana", "ben")
    merge(belief, DuplicateTrack(11.0, 2, 1))
    assert whose_track(belief, 1) == {"ana": pytest.approx(1.0)}
    assert {visit for cluster in belief.clusters for visit in cluster.visits()} == {"ana", "ben"}


def test_what_lay_astray_is_forgotten_with_the_last_doubt_about_it() -> None:
    """The stories differ in nothing else: with what they tell of it, the cluster ends as well."""
    astray = Stray(HOME.shelf, HOME.first, HOME.last, "notebook-a5", NOTEBOOK.weight_g, 100.0)
    gone, stranger = {1: Person("ana", 1)}, {1: Person("", 1)}
    cluster = Cluster([
        Hypothesis(math.log(0.5), gone, {}, (astray,)),
        Hypothesis(math.log(0.5), gone, {}),
        Hypothesis(PRUNED_BELOW - 0.2, stranger, {}),
    ])  # fmt: skip
    belief = Belief([cluster])
    forget_strays(belief, 101.0)
    assert belief.clusters == [cluster]
    forget_strays(belief, 100.0 + ASTRAY_FOR_S)
    assert belief == Belief()


@pytest.mark.parametrize("comes_later", [False, True])
def test_doubt_about_what_lies_astray_does_not_crowd_out_doubt_about_who_has_what(comes_later: bool) -> None:
    """Seventy-two stories differ in what lies elsewhere: each goes on in both ways, and there is not room for all."""
    taken, near = event(-NOTEBOOK.weight_g), [at(1, 0.02), at(2, 0.05)]
    belief = shop("ana", "ben")
    attribute(belief, SHOP, taken, near)
    doubted = sure(belief, "ana")
    belief = shop("ana")
    first = belief.clusters[0].hypotheses[0]
    belief.clusters[0].hypotheses = [
        Hypothesis(-math.log(72), first.who, dict(first.carts), (Stray(ELSEWHERE.shelf, i, i, "", -90.0, 90.0),))
        for i in range(1, 73)
    ]
    admit(belief, "ben", 1, {2: 1.0})
    if not comes_later:  # one cluster holds both before
        joined(belief, {"ana", "ben"}, {1, 2})
    attribute(belief, SHOP, taken, near)
    assert sure(belief, "ana") == pytest.approx(doubted, abs=0.01)
