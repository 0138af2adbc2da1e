"""Two people take from one plate one after the other, and it does not rest between them: each is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.attribution import attribute, cart_of, moments
from edge.records import Reach
from tests.attribution.test_attribution import NOTEBOOK, SHOP, at, away, event, held, shop

TWO = replace(event(-2 * NOTEBOOK.weight_g), began_s=99.0)


def parted(at_s: list[float]) -> tuple[tuple[float, float], ...]:
    return tuple((t, -2 * NOTEBOOK.weight_g / len(at_s)) for t in at_s)


APART = replace(TWO, parts=parted([99.2, 99.2, 99.3, 99.3, 100.0, 100.0, 100.1, 100.1]))
AT_ONCE = replace(TWO, parts=parted([99.9, 99.9, 100.0, 100.0, 100.0, 100.0, 100.1, 100.1]))


def test_a_pause_makes_two_moments() -> None:
    first, second = moments(APART) or pytest.fail("one moment")
    assert (first.at_s, first.share) == pytest.approx((99.25, 0.5))
    assert (second.at_s, second.share) == pytest.approx((100.05, 0.5))


def test_what_went_at_once_has_one() -> None:
    assert moments(AT_ONCE) is None
    assert moments(TWO) is None, "nobody saw its parts"
    assert moments(replace(APART, blind=True)) is None
    swings = replace(TWO, parts=parted([99.2, *[100.0] * 15]))
    assert moments(swings) is None, "a sixteenth is how a plate swings"


def test_each_took_what_went_while_they_were_there() -> None:
    belief = shop("ana", "ben")
    first, second = moments(APART) or pytest.fail("one moment")
    near: list[tuple[float, list[Reach]]] = [(first.share, [at(1), away(2)]), (second.share, [away(1), at(2)])]
    attribute(belief, SHOP, APART, [away(1), at(2)], twice=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 1}, {"notebook-a5": 1})


def test_one_who_was_there_all_along_took_both() -> None:
    belief = shop("ana", "ben")
    near: list[tuple[float, list[Reach]]] = [(0.5, [at(1), away(2)]), (0.5, [at(1), away(2)])]
    attribute(belief, SHOP, APART, [at(1), away(2)], twice=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": 2}, {})


@pytest.mark.parametrize(("share", "ana", "ben"), [(2 / 3, 2, 1), (1 / 3, 1, 2)])
def test_who_came_first_took_what_went_first(share: float, ana: int, ben: int) -> None:
    belief = shop("ana", "ben")
    near: list[tuple[float, list[Reach]]] = [(share, [at(1), away(2)]), (1 - share, [away(1), at(2)])]
    attribute(belief, SHOP, event(-3 * NOTEBOOK.weight_g), [away(1), at(2)], twice=near)
    assert (held(belief, "ana"), held(belief, "ben")) == ({"notebook-a5": ana}, {"notebook-a5": ben})


def test_a_line_says_whether_what_or_who_is_weak() -> None:
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1, 0.02), at(2, 0.05)])
    (line,) = cart_of(belief, "ana").lines
    assert line.what > 0.95
    assert line.who < 0.9
    assert line.certainty <= line.who + 0.01
    assert line.rival == "ben"
    belief = shop("ana", "ben")
    attribute(belief, SHOP, event(-NOTEBOOK.weight_g), [at(1), away(2)])
    (line,) = cart_of(belief, "ana").lines
    assert (line.rival, line.who > 0.95) == ("", True)
