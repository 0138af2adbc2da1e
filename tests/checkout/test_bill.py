"""What a cart costs: sums by hand, and what must hold for every cart in every shop."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import Bill, RateGroup, UnpricedSale, make_bill
from edge.store import Store
from tests.checkout.carts import carts, shops
from tests.checkout.shops import DOLLARS, shop

TODAY = date(2026, 4, 20)
LUNCH = {"onigiri-salmon": 2, "green-tea": 1, "battery-aa": 1, "umbrella": 1}
"""178 + 178 + 151 = 507 at 8 %, 547 + 1100 = 1647 at 10 %."""


def rows(bill: Bill) -> list[tuple[int, int, int, int]]:
    return [(g.rate_ppm, g.net_minor, g.tax_minor, g.gross_minor) for g in bill.groups]


def test_two_rates_with_tax_inside_the_price() -> None:
    bill = make_bill(shop(), LUNCH, TODAY)
    # 507 * 8/108 = 37.55…, 1647 * 10/110 = 149.72…
    assert rows(bill) == [(80_000, 470, 37, 507), (100_000, 1498, 149, 1647)]
    assert bill.total_minor == 507 + 1647


def test_two_rates_with_tax_on_top() -> None:
    bill = make_bill(shop(prices_include_tax="false"), LUNCH, TODAY)
    # 507 * 8/100 = 40.56, 1647 * 10/100 = 164.7
    assert rows(bill) == [(80_000, 507, 40, 547), (100_000, 1647, 164, 1811)]
    assert bill.total_minor == 547 + 1811


@pytest.mark.parametrize(("rounding", "tax"), [("down", (37, 149)), ("half-up", (38, 150)), ("up", (38, 150))])
def test_the_tax_table_says_how_to_round(rounding: str, tax: tuple[int, int]) -> None:
    bill = make_bill(shop(tax_rounding=f'"{rounding}"'), LUNCH, TODAY)
    assert tuple(group.tax_minor for group in bill.groups) == tax


def test_tax_is_rounded_once_per_rate_and_not_per_line() -> None:
    # 151 * 8/108 = 11.19 and 398 * 8/108 = 29.48: line by line that would be 11 + 29 = 40; 549 * 8/108 = 40.67.
    bill = make_bill(shop(tax_rounding='"half-up"'), {"green-tea": 1, "milk-bread": 1}, TODAY)
    assert rows(bill) == [(80_000, 508, 41, 549)]


def test_an_exact_tax_is_not_rounded_up() -> None:
    bill = make_bill(shop(tax_rounding='"up"'), {"umbrella": 1}, TODAY)
    assert rows(bill) == [(100_000, 1000, 100, 1100)]


def test_cents() -> None:
    bill = make_bill(shop(**DOLLARS, prices_include_tax="false"), {"onigiri-salmon": 1, "umbrella": 3}, TODAY)
    assert rows(bill) == [(80_000, 17800, 1424, 19224), (100_000, 330000, 33000, 363000)]


def test_the_rate_of_the_day_of_sale() -> None:
    before, after = (make_bill(shop(), {"umbrella": 1}, day) for day in (date(2019, 9, 30), date(2019, 10, 1)))
    assert [(g.rate_ppm, g.tax_minor) for g in before.groups] == [(80_000, 81)]
    assert [(g.rate_ppm, g.tax_minor) for g in after.groups] == [(100_000, 100)]


def test_a_day_before_the_first_rate_is_told_with_the_remedy() -> None:
    with pytest.raises(UnpricedSale, match=r"green-tea had no tax rate on 2019-09-30: add a \[\[tax\]\]"):
        make_bill(shop(), {"green-tea": 1}, date(2019, 9, 30))


def test_nothing_is_free_to_carry() -> None:
    assert make_bill(shop(), {}, TODAY) == make_bill(shop(), {"umbrella": 0}, TODAY) == Bill()
    sample = make_bill(shop(), {"free-sample": 2}, TODAY)
    assert (sample.total_minor, rows(sample)) == (0, [(100_000, 0, 0, 0)])


def test_a_bill_never_pays_out() -> None:
    with pytest.raises(ValueError, match="never pays out"):
        make_bill(shop(), {"umbrella": -1}, TODAY)


def test_an_unknown_product_is_a_broken_cart() -> None:
    with pytest.raises(ValueError, match="not in the catalogue"):
        make_bill(shop(), {"unicorn": 1}, TODAY)


def exact_tax(group: RateGroup, lines_minor: int, store: Store) -> Fraction:
    whole = 1_000_000 + group.rate_ppm if store.prices_include_tax else 1_000_000
    return Fraction(lines_minor * group.rate_ppm, whole)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_cart_in_every_shop_balances_with_one_rounding_per_rate(data: st.DataObject) -> None:
    store = data.draw(shops())
    cart = data.draw(carts(store))
    bill = make_bill(store, cart, TODAY)
    assert {line.sku: line.quantity for line in bill.lines} == {sku: n for sku, n in cart.items() if n}
    assert sum(g.gross_minor for g in bill.groups) == bill.total_minor
    assert len({(g.rate_ppm, g.reduced) for g in bill.groups}) == len(bill.groups)
    for group in bill.groups:
        lines_minor = sum(
            line.amount_minor for line in bill.lines if (line.rate_ppm, line.reduced) == (group.rate_ppm, group.reduced)
        )
        assert group.net_minor + group.tax_minor == group.gross_minor
        assert lines_minor == (group.gross_minor if store.prices_include_tax else group.net_minor)
        error = group.tax_minor - exact_tax(group, lines_minor, store)
        halves = {"down": (-2, 0), "up": (0, 2), "half-up": (-1, 1)}
        low, high = halves[store.tax.rounding]
        assert Fraction(low, 2) <= error <= Fraction(high, 2)
        assert abs(error) < 1
    if store.prices_include_tax:
        assert bill.total_minor == sum(line.amount_minor for line in bill.lines)
