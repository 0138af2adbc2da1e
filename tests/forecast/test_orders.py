"""What is ordered by forecasts, on days that sell out; and what it costs beside doing as last week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.forecast.demand import Day, Demand, demand_of, probabilities, quantile
from edge.forecast.orders import Supply, order_of
from edge.forecast.tried import demands_of, tried
from tests.forecast.bento import BUSY, Policy, as_last_week, lived

LEARNED_FROM = 7
FIRST = 10


def by_forecast(supply: Supply) -> Policy:
    def policy(told: Sequence[Day], weekday: int, standing: tuple[int, ...]) -> int:
        return order_of(demand_of(told), supply, weekday, standing).units if len(told) >= LEARNED_FROM else FIRST

    return policy


def one_more_when_sold_out(told: Sequence[Day], weekday: int, standing: tuple[int, ...]) -> int:
    """A keeper who notices."""
    if len(told) < LEARNED_FROM:
        return FIRST - sum(standing)
    return told[-7].sold + (told[-7].open_share < 1.0) - sum(standing)


@pytest.mark.parametrize("supply", [Supply(200, 300, 1), Supply(300, 200, 1), Supply(250, 250, 2)], ids=str)
def test_two_hundred_days_of_bento_cost_less_than_as_last_week(supply: Supply) -> None:
    ours, last, keen = (
        lived(policy, supply, 1) for policy in (by_forecast(supply), as_last_week, one_more_when_sold_out)
    )
    assert ours.cost(supply) <= 0.85 * last.cost(supply)
    assert ours.cost(supply) <= keen.cost(supply), "nor is somebody better who adds one wherever it sold out"


def test_a_day_that_sold_out_at_noon_says_as_much_as_half_a_day() -> None:
    rng = np.random.default_rng(7)
    days = []
    for number in range(140):
        wanted = np.sort(rng.uniform(size=rng.poisson(12 * BUSY[number % 7])))
        sold = min(len(wanted), 8)
        days.append(Day(number % 7, sold, float(wanted[7]) if len(wanted) > 8 else 1.0))
    demand = demand_of(days)
    assert demand.mean(0, 7) == pytest.approx(12 * sum(BUSY), rel=0.08)
    assert demand.mean(4) > 1.3 * demand.mean(5)
    blind = demand_of([Day(d.weekday, d.sold, float("nan") if d.censored else 1.0) for d in days])
    assert 8 * 7 < blind.mean(0, 7) < 1.25 * 12 * sum(BUSY), "that it sold out says less, and not nothing"


@given(
    mean=st.floats(0.05, 60.0), size=st.floats(0.2, 1e6), one=st.floats(0.05, 0.98), other=st.floats(0.05, 0.98),
)  # fmt: skip
def test_quantiles_are_those_of_the_probabilities(mean: float, size: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert quantile(mean, size, low) <= quantile(mean, size, high)
    enough = quantile(mean, size, high)
    chances = probabilities(mean, size, enough)
    assert chances.sum() >= high - 1e-9
    assert enough == 0 or chances[:-1].sum() < high


@given(
    rate=st.floats(0.1, 30.0), keeps=st.integers(1, 6), every=st.integers(1, 4), pack=st.integers(1, 12),
    standing=st.lists(st.integers(0, 30), max_size=5),
)  # fmt: skip
def test_an_order_is_whole_packs_and_no_more_than_is_worth_its_risk(
    rate: float, keeps: int, every: int, pack: int, standing: list[int]
) -> None:
    demand = Demand(rate, (1.0,) * 7, 60.0, 0.05)
    supply = Supply(200, 300, keeps, every, pack)
    order = order_of(demand, supply, 2, tuple(standing[: keeps - 1]))
    assert order.units >= 0
    assert order.units % pack == 0
    assert order.units < order.level + pack
    assert order.left >= 0
    more = order_of(demand, supply, 2, (*[0] * (keeps - 2), 500)) if keeps > 1 and keeps > every else None
    assert more is None or more.units == 0, "a full shelf needs nothing"


def test_of_nothing_nothing_is_forecast() -> None:
    demand = demand_of([])
    assert demand.quantile(0.9, 3) == 0
    assert demand_of([Day(0, 0, 0.0)] * 20).quantile(0.9, 3) == 0
    assert order_of(demand, Supply(200, 300, 1), 3).units == 0


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(0.2, 1.0)), min_size=15, max_size=45),
    st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 6]),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_whatever_is_ordered_everybody_who_wanted_one_got_it_or_was_missed(
    past: list[tuple[int, float]], keeps_days: int, every_days: int, pack: int
) -> None:
    days = [Day(number % 7, sold, share) for number, (sold, share) in enumerate(past)]
    supply = Supply(200, 300, keeps_days, every_days, pack)
    found = tried(days, demands_of(days), supply)
    assert found is not None
    for way in ("ours", "last_week"):
        came = found[way]
        assert came["sold"] + came["missed"] == came["wanted"] == found["ours"]["wanted"]
        assert came["cost_minor"] == came["thrown"] * 300 + came["missed"] * 200
    assert tried(days[:14], demands_of(days[:14]), supply) is None, "two weeks say nothing of a third"
