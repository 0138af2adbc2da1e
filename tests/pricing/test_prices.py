"""What a unit costs at which moment, and why."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.checkout import make_bill
from edge.pricing import Discount, Stay, cost_at, held_since, stay_of
from edge.records import CartLine
from edge.store import Store
from edge.store.window import read_window
from tests.pricing.kiosk import EVENING, MEMBERS, TOKYO, at, kiosk

NOON, EVENING_S, LATE = at("2026-04-20 12:00"), at("2026-04-20 19:00"), at("2026-04-20 22:00")
RISE = "green-tea,170,2026-04-20 15:00,,,,\n"


def total(store: Store, stay: Stay, **units: int) -> int:
    charged = {sku.replace("_", "-"): n for sku, n in units.items()}
    return make_bill(store, charged, at_day(stay), stay).total_minor


def at_day(stay: Stay) -> date:
    return datetime.fromtimestamp(stay.left_s, TOKYO).date()


def took(sku: str, *when: float, entered: float, left: float, member: bool = False) -> Stay:
    return Stay(entered, left, "ana", member, {sku: tuple((at_s, 1) for at_s in when)})


def test_a_markdown_of_the_evening_holds_in_the_evening_and_says_why() -> None:
    store = kiosk(EVENING)
    assert [cost_at(store, "milk-bread", s).price_minor for s in (NOON, EVENING_S - 1, EVENING_S, LATE)] == [
        398,
        398,
        298,
        298,
    ]
    assert dict(cost_at(store, "milk-bread", LATE).why) == {"": "夜の値引き", "en": "Evening markdown"}
    assert cost_at(store, "milk-bread", at("2026-04-21 00:00")).price_minor == 398


def test_a_new_list_price_has_no_why_and_no_discount() -> None:
    store = kiosk(RISE)
    cost = cost_at(store, "green-tea", EVENING_S)
    assert (cost.list_minor, cost.price_minor, cost.why) == (170, 170, ())


def test_a_day_in_until_is_the_last_one() -> None:
    store = kiosk("green-tea,140,2026-04-20,2026-04-21,,特価,\n")
    moments = ("2026-04-19 23:59", "2026-04-20 00:00", "2026-04-21 23:59", "2026-04-22 00:00")
    assert [cost_at(store, "green-tea", at(m)).price_minor for m in moments] == [151, 140, 140, 151]


@pytest.mark.parametrize("price_at", ["taken", "left"])
def test_a_price_that_rises_meanwhile_costs_nobody_more(price_at: str) -> None:
    store = kiosk(RISE, policy=f'price_at = "{price_at}"')
    inside = took("green-tea", at("2026-04-20 15:01"), entered=at("2026-04-20 14:59"), left=at("2026-04-20 15:05"))
    assert total(store, inside, green_tea=1) == 151
    later = took("green-tea", at("2026-04-20 15:01"), entered=at("2026-04-20 15:00"), left=at("2026-04-20 15:05"))
    assert total(store, later, green_tea=1) == 170


@pytest.mark.parametrize(("price_at", "pays"), [("taken", 398 + 298), ("left", 298 + 298)])
def test_a_price_that_falls_between_counts_as_the_policy_says(price_at: str, pays: int) -> None:
    store = kiosk(EVENING, policy=f'price_at = "{price_at}"')
    stay = took("milk-bread", EVENING_S - 60, EVENING_S + 60, entered=EVENING_S - 120, left=EVENING_S + 120)
    assert total(store, stay, milk_bread=2) == pays


def test_what_was_marked_down_as_they_came_in_stays_so_over_midnight() -> None:
    midnight = at("2026-04-21 00:00")
    stay = took("milk-bread", midnight + 60, entered=midnight - 60, left=midnight + 120)
    assert total(kiosk(EVENING), stay, milk_bread=1) == 298


def test_a_put_back_gives_back_the_dearest_in_their_hands() -> None:
    stay = Stay(0, 9, taken={"tea": ((1.0, 2), (2.0, 1), (3.0, -1), (4.0, 1), (5.0, -2))})
    prices = {1.0: 100, 2.0: 150, 4.0: 120}
    assert held_since(stay, "tea", prices.__getitem__) == [1.0]


def test_a_cart_tells_when_each_unit_was_taken() -> None:
    line = CartLine("tea", 2, 0.9, ("s/1@10.0", "s/1@12.5", "s/1@11.0"), moves=(2, -1, 1))
    assert stay_of([line], 0.0, 20.0).taken == {"tea": ((10.0, 2), (11.0, 1), (12.5, -1))}
    assert stay_of([CartLine("tea", 1, 0.9, ("unreadable",))], 0.0, 20.0).taken == {}


def test_of_units_of_two_prices_the_cheaper_ones_are_charged_where_not_all_are() -> None:
    stay = took("milk-bread", EVENING_S - 60, EVENING_S + 60, entered=EVENING_S - 120, left=EVENING_S + 120)
    assert total(kiosk(EVENING), stay, milk_bread=1) == 298


def test_two_list_prices_on_one_line_are_told_as_a_change() -> None:
    store = kiosk("green-tea,140,2026-04-20 15:00,,,,\n")
    stay = took("green-tea", at("2026-04-20 14:59"), at("2026-04-20 15:01"), entered=NOON, left=LATE)
    (line,) = make_bill(store, {"green-tea": 2}, at_day(stay), stay).lines
    assert (line.price_minor, line.amount_minor, line.discounts) == (151, 291, (Discount("changed", 11),))


def test_members_pay_members_prices_and_nobody_else() -> None:
    store = kiosk(promotions=MEMBERS)
    for member, pays in ((True, 130), (False, 151)):
        assert total(store, took("green-tea", NOON, entered=NOON, left=NOON, member=member), green_tea=1) == pays


def test_a_zone_that_puts_its_clocks_forward_skips_no_markdown() -> None:
    """At 02:00 of 8 March it was 03:00 in New York; hours by the clock hold whenever the clock shows them."""
    zone = ZoneInfo("America/New_York")
    window = read_window("2026-03-08", "2026-03-08", "01:30-04:00", zone)
    before, after = at("2026-03-08 01:59", zone), at("2026-03-08 03:00", zone)
    assert after - before == 60
    assert window.holds(before, zone)
    assert window.holds(after, zone)
    assert not window.holds(at("2026-03-08 04:00", zone), zone)
