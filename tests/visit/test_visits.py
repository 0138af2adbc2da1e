"""Visits: what may happen to one, who is let in on whose scan, and where doubt stops."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gate import Admission
from edge.records import Cart, CartLine, Exchange, Units
from edge.store import Policy, load_store
from edge.store.policy import MOST_SURE
from edge.visit import (
    TABLE,
    Door,
    Passing,
    Visit,
    VisitEvent,
    VisitState,
    after,
    expire,
    go_in,
    go_out,
    open_door,
    outcome_of,
    scan,
    waiting,
)

SHOP = load_store(Path(__file__).parents[2] / "config" / "demo")
MORNING_S = 1_778_544_000.0


def admitted(door: Door, at_s: float, subject: str, party: int = 1) -> Visit:
    return scan(door, SHOP, "entry", MORNING_S + at_s, Admission(subject, "member", "palm", party))


def expected(door: Door, at_s: float) -> list[Visit]:
    return waiting(door, SHOP, "entry", MORNING_S + at_s)


@pytest.mark.parametrize("state", get_args(VisitState))
@pytest.mark.parametrize("event", get_args(VisitEvent))
def test_nothing_happens_that_the_table_does_not_say(state: VisitState, event: VisitEvent) -> None:
    if (state, event) in TABLE:
        assert after(state, event) in get_args(VisitState)
    else:
        with pytest.raises(KeyError):
            after(state, event)


def test_a_visit_that_is_over_stays_over() -> None:
    assert not [pair for pair in TABLE if pair[0] in ("closed", "expired")]


def test_a_party_comes_in_on_one_scan_and_leaves_with_its_last() -> None:
    door = open_door()
    visit = admitted(door, 0, "ana", party=2)
    for at_s in (1.0, 2.0):
        assert expected(door, at_s) == [visit]
        go_in(visit)
    assert not expected(door, 3.0), "the third was not scanned"
    states = []
    for at_s in (60, 61):
        go_out(visit, SHOP, MORNING_S + at_s)
        states.append(visit.state)
    assert states == ["shopping", "leaving"]


def test_those_who_scanned_wait_in_their_order() -> None:
    door = open_door()
    ana, ben = admitted(door, 0, "ana"), admitted(door, 1, "ben")
    assert expected(door, 2) == [ana, ben]
    go_in(ana)
    assert expected(door, 3) == [ben]
    assert not waiting(door, SHOP, "exit", MORNING_S + 3)


def test_a_scan_that_nobody_follows_admits_nobody_later() -> None:
    door = open_door()
    visit = admitted(door, 0, "ana")
    late_s = SHOP.policy.pass_within_s + 1
    assert expire(door, SHOP, MORNING_S + late_s) == [visit]
    assert visit.state == "expired"
    assert not expected(door, late_s)


def test_nobody_expires_while_it_is_open_who_just_went_in() -> None:
    door = open_door()
    visit = admitted(door, 0, "ana")
    door.passings.append(Passing("entry", MORNING_S + SHOP.policy.pass_within_s, "in"))
    late_s = MORNING_S + SHOP.policy.pass_within_s + 1
    assert not expire(door, SHOP, late_s)
    door.passings.clear()
    assert expire(door, SHOP, late_s) == [visit]


def test_scanning_again_while_waiting_is_the_same_visit() -> None:
    door = open_door()
    assert admitted(door, 0, "ana") is admitted(door, 5, "ana")
    assert door.opened == 1


TWO_OF_ONE = Cart((CartLine("tea", 1, 0.97, ("e1",)), CartLine("tea", 2, 0.55, ("e1", "e2"))))


def test_what_is_sure_is_charged_and_the_rest_withheld() -> None:
    outcome = outcome_of(TWO_OF_ONE, 1.0, Policy())
    assert (outcome.charged, outcome.withheld, outcome.review) == ({"tea": 1}, {"tea": 1}, "")


def test_what_was_sure_enough_is_not_after_an_interruption() -> None:
    cart = Cart((CartLine("tea", 1, 0.97), CartLine("miso", 1, 0.87)))
    assert outcome_of(cart, 1.0, Policy()).charged == {"tea": 1, "miso": 1}
    outcome = outcome_of(cart, 1.0, Policy(), interrupted=True)
    assert (outcome.charged, outcome.withheld) == ({"tea": 1}, {"miso": 1})


def test_what_may_well_be_somebody_elses_is_not_charged() -> None:
    """However sure it is what was taken: nobody pays for another."""
    cart = Cart(
        (CartLine("tea", 1, 0.80, ("e1",), what=0.98, who=0.81, rival="v2"), CartLine("miso", 1, 0.80, what=0.81))
    )
    outcome = outcome_of(cart, 1.0, Policy())
    assert (outcome.charged, outcome.withheld) == ({"miso": 1}, {"tea": 1})
    assert outcome_of(cart, 1.0, Policy(charge_who_at=0.75)).charged == {"tea": 1, "miso": 1}
    asked = outcome_of(cart, 1.0, Policy(below="review"))
    assert asked.review == "1 unit is less than 80% sure, or less than 85% sure to be theirs"


DOUBTFUL = Cart(
    (
        CartLine("tea", 1, 0.97, ("e1",)), CartLine("tea", 2, 0.70, ("e1", "e2"), who=0.71, rival="v2"),
        CartLine("miso", 1, 0.60, ("e3",), what=0.60), CartLine("nori", 1, 0.60, ("e4",), who=0.61, rival="v3"),
    )
)  # fmt: skip
"""One tea is surely theirs; miso is doubtful, and nobody else's."""


def test_a_review_says_whose_its_doubtful_units_may_be() -> None:
    outcome = outcome_of(DOUBTFUL, 1.0, Policy(below="review"))
    assert outcome.exchanged == (Exchange("v2", (Units("tea", 1),)), Exchange("v3", (Units("nori", 1),)))
    assert outcome_of(DOUBTFUL, 1.0, Policy()).exchanged == (), "nobody looks at it"
    strict = outcome_of(DOUBTFUL, 1.0, Policy(below="review", charge_who_at=0.70))
    assert [exchange.visit for exchange in strict.exchanged] == ["v3"]


def test_all_that_a_visit_holds_hangs_on_who_left() -> None:
    outcome = outcome_of(DOUBTFUL, 0.5, Policy(), others=["", "v2"])
    everything = (Units("tea", 2), Units("miso", 1), Units("nori", 1))
    assert outcome.exchanged == (
        Exchange("v2", everything), Exchange("v3", (Units("nori", 1),)), Exchange("", everything),
    )  # fmt: skip
    assert outcome_of(Cart(), 0.5, Policy(), others=["v2"]).exchanged == (Exchange("v2", ()),)
    sure = outcome_of(TWO_OF_ONE, 0.9, Policy(below="review"), others=["v2"])
    assert sure.exchanged == (), "who left is not in doubt any more"


def test_a_shop_that_wants_to_look_is_shown_everything() -> None:
    outcome = outcome_of(TWO_OF_ONE, 1.0, Policy(below="review"))
    assert (outcome.charged, outcome.withheld) == ({"tea": 2}, {})
    assert outcome.review == "1 unit is less than 80% sure"


def test_who_left_must_be_sure_too() -> None:
    assert outcome_of(TWO_OF_ONE, 0.6, Policy()).review == "who left is only 60% sure"


@given(
    certainties=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    charge_at=st.floats(0.0, 1.0),
)
def test_every_unit_is_either_charged_or_withheld(certainties: list[float], charge_at: float) -> None:
    falling = sorted(certainties, reverse=True)
    cart = Cart(tuple(CartLine("tea", n, c) for n, c in enumerate(falling, 1)))
    outcome = outcome_of(cart, 1.0, Policy(charge_at=charge_at))
    assert outcome.charged.get("tea", 0) + outcome.withheld.get("tea", 0) == len(falling)
    assert outcome.charged.get("tea", 0) == sum(c >= charge_at for c in falling)


@pytest.mark.parametrize("charge_at", [0.7, 0.9, 0.97, MOST_SURE])
def test_after_a_stop_what_is_as_sure_as_anything_gets_is_charged_still(charge_at: float) -> None:
    """A quarter of the doubt is asked for, but never less doubt than there always is."""
    cart = Cart((CartLine("tea", 1, MOST_SURE, ("g1-s1:1",)),))
    for interrupted in (False, True):
        outcome = outcome_of(cart, 1.0, Policy(charge_at=charge_at), interrupted=interrupted)
        assert outcome.charged == {"tea": 1}
    doubtful = Cart((CartLine("tea", 1, (charge_at + MOST_SURE) / 2 - 0.01, ("g1-s1:1",)),))
    assert outcome_of(doubtful, 1.0, Policy(charge_at=charge_at), interrupted=True).charged == {}
