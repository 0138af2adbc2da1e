"""Two people take from one place, at once or one after the other: each is asked about where and when they moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.attribution import Belief, Movement, attribute, branch_identities, cart_of, depart, movements, whose_track
from edge.floor import IdentitySwitch
from edge.records import Reach
from tests.attribution.test_attribution import HOME, NOTEBOOK, SHOP, at, away, event, held, shop

UNIT_G = -NOTEBOOK.weight_g
TWO = replace(event(2 * UNIT_G), began_s=99.0)


def parted(
    at_s: list[float], plate: int = HOME.first, change_g: float = 2 * UNIT_G
) -> tuple[tuple[float, int, float], ...]:
    return tuple((t, plate, change_g / len(at_s)) for t in at_s)


APART = replace(TWO, plates=(HOME.first,), parts=parted([99.2, 99.2, 99.3, 99.3, 100.0, 100.0, 100.1, 100.1]))
AT_ONCE = replace(TWO, plates=(HOME.first,), parts=parted([99.9, 99.9, 100.0, 100.0, 100.0, 100.0, 100.1, 100.1]))
FIRST, SECOND = Movement(99.25, HOME.first, UNIT_G), Movement(100.05, HOME.first, UNIT_G)


def places(moved: tuple[Movement, ...]) -> list[tuple[float, int, float]]:
    return [(round(m.at_s, 2), m.plate, round(m.change_g, 1)) for m in moved]


def test_a_pause_makes_two_movements() -> None:
    assert places(movements(APART)) == places((FIRST, SECOND))


def test_so_do_two_plates_in_one_instant() -> None:
    side_by_side = replace(TWO, plates=(2, 3), parts=parted([100.0], 2, UNIT_G) + parted([100.0], 3, UNIT_G))
    assert places(movements(side_by_side)) == places((Movement(100.0, 2, UNIT_G), Movement(100.0, 3, UNIT_G)))


def test_what_went_at_once_from_one_plate_is_one() -> None:
    assert places(movements(AT_ONCE)) == places((Movement(100.0, HOME.first, 2 * UNIT_G),))
    assert movements(TWO) == (), "nobody saw its parts"
    assert movements(replace(APART, blind=True)) == ()
    swings = replace(TWO, plates=(HOME.first,), parts=parted([99.2, *[100.0] * 15]))
    assert len(movements(swings)) == 1, "a sixteenth is how a plate swings"


def test_more_movements_than_one_asks_about_are_fewer_and_none_is_lost() -> None:
    times = [99.0 + 0.4 * i for i in range(9)]
    many = movements(replace(TWO, plates=(HOME.first,), parts=parted(times)))
    assert len(many) == 5
    assert sum(m.change_g for m in many) == pytest.approx(2 * UNIT_G)


def test_each_took_what_went_while_they_were_there() -> None:
    belief = shop("ana", "ben")
    near: list[tuple[Movement, list[Reach]]] = [(FIRST, [at(1), away(2)]), (SECOND, [away(1), at(2)])]
    attribute(belief, SHOP, APART, [away(1), at(2)], each=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 1}, {"notebook-a5": 1})


def test_one_who_was_there_all_along_took_both() -> None:
    belief = shop("ana", "ben")
    near: list[tuple[Movement, list[Reach]]] = [(FIRST, [at(1), away(2)]), (SECOND, [at(1), away(2)])]
    attribute(belief, SHOP, APART, [at(1), away(2)], each=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 2}, {})


@pytest.mark.parametrize(("gap_m", "people"), [(0.02, 2), (0.25, 1)])
def test_two_hands_at_one_plate_in_one_instant_took_one_each_and_a_bystanders_none(gap_m: float, people: int) -> None:
    """Hardly anybody holds a hand where another takes two, and takes nothing."""
    belief = shop("ana", "ben")
    near: list[tuple[Movement, list[Reach]]] = [(Movement(100.0, HOME.first, 2 * UNIT_G), [at(1), at(2, gap_m)])]
    explained, _ = attribute(belief, SHOP, AT_ONCE, [at(1), at(2, gap_m)], each=near)
    assert len(explained.explanations[0].shares) == people


def lighter(belief: Belief, units: float, at_s: float, near: list[Reach]) -> None:
    """So many units less weigh on the plate than before."""
    moved = Movement(at_s, HOME.first, units * UNIT_G)
    attribute(belief, SHOP, event(units * UNIT_G, at_s=at_s), near, each=[(moved, near)])


def test_who_ends_a_slow_lift_took_what_they_had_lifted_and_no_more() -> None:
    """Ana takes one while ben, beside her, lifts another by half; then she is gone, and he takes it."""
    belief = shop("ana", "ben")
    lighter(belief, 1.5, 100.0, [at(1), at(2)])
    lighter(belief, 0.5, 102.0, [away(1), at(2)])
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 1}, {"notebook-a5": 1})


def test_who_lifts_slowly_and_alone_took_all_of_it() -> None:
    belief = shop("ana", "ben")
    lighter(belief, 2.5, 100.0, [away(1), at(2)])
    lighter(belief, 0.5, 102.0, [at(1, 0.2), at(2)])
    assert (held(belief, "ana"), held(belief, "ben")) == ({}, {"notebook-a5": 3})


def test_whose_hand_lifted_it_is_not_asked_after_an_exchange() -> None:
    """The tracks that were at the plate then may follow other people now, and the one who ends it is asked alone."""
    belief = shop("ana", "ben")
    lighter(belief, 0.5, 100.0, [at(1), away(2)])
    branch_identities(belief, IdentitySwitch(101.0, (1, 2), (((2, 1), 1.0),)))
    lighter(belief, 0.5, 102.0, [away(1), at(2)])
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 1}, {})


@pytest.mark.parametrize(("units", "ana", "ben"), [(2, 2, 1), (1, 1, 2)])
def test_who_came_first_took_what_went_first(units: int, ana: int, ben: int) -> None:
    belief = shop("ana", "ben")
    first, second = Movement(99.25, HOME.first, units * UNIT_G), Movement(100.05, HOME.first, (3 - units) * UNIT_G)
    near: list[tuple[Movement, list[Reach]]] = [(first, [at(1), away(2)]), (second, [away(1), at(2)])]
    attribute(belief, SHOP, event(3 * UNIT_G), [away(1), at(2)], each=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": ana}, {"notebook-a5": ben})


def test_a_line_says_whether_what_or_who_is_weak() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(UNIT_G), [at(1, 0.02), at(2, 0.05)])
    (line,) = cart_of(belief, "ana").lines
    assert line.what > 0.95
    assert line.who < 0.9
    assert line.certainty <= line.who + 0.01
    assert line.rival == "ben"
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(UNIT_G), [at(1), away(2)])
    (line,) = cart_of(belief, "ana").lines
    assert (line.rival, line.who > 0.95) == ("", True)


def test_who_is_as_doubtful_after_the_other_has_left() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(UNIT_G), [at(1, 0.02), at(2, 0.05)])
    (before,) = cart_of(belief, "ana").lines
    depart(belief, "ben", {1})
    (line,) = cart_of(belief, "ana").lines
    assert (line.what, line.who, line.rival) == pytest.approx((before.what, before.who, "ben"))


@pytest.mark.parametrize(("taken_s", "ana", "ben"), [(100.0, 1, 0), (102.0, 0, 1)])
def test_what_a_shelf_tells_late_is_whose_the_track_was_then(taken_s: float, ana: int, ben: int) -> None:
    """Two people changed places at 101 s; the shelf, on which somebody leans, tells of an earlier change only now."""
    belief = shop("ana", "ben")
    branch_identities(belief, IdentitySwitch(101.0, (1, 2), (((2, 1), 1.0),)))
    attribute(belief, SHOP, event(UNIT_G, at_s=taken_s), [at(1), away(2)])
    units = [sum(held(belief, visit).values()) for visit in ("ana", "ben")]
    assert units == [ana, ben]
    assert belief.clusters
    assert set(whose_track(belief, 1)) == {"ben"}
