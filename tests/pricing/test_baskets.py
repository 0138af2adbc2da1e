"""Bundles, coupons and taxes of a whole basket: sums by hand, and what must hold for every basket in every shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import Bill, make_bill, sale_of
from edge.ledger.canon import FIRST_HASH, Written, chained
from edge.ledger.proof import Proof
from edge.payment import open_settlement
from edge.pricing import Stay, shares
from edge.records import LedgerEntry
from edge.store import DatedPrice, Offers, Promotion, Store
from edge.store.window import Window
from tests.checkout.carts import carts, shops, traced
from tests.pricing.kiosk import BUNDLE, COUPON, EVENING, LUNCH_SET, at, kiosk

NOON = at("2026-04-20 12:00")
TODAY = date(2026, 4, 20)
STAY = Stay(NOON, NOON + 60, "ana")


def bill_of(store: Store, **units: int) -> Bill:
    return make_bill(store, {sku.replace("_", "-"): n for sku, n in units.items()}, TODAY, STAY)


def told(bill: Bill) -> list[tuple[str, int, list[tuple[str, str, int]]]]:
    return [
        (line.sku, line.amount_minor, [(d.kind, d.id, d.amount_minor) for d in line.discounts]) for line in bill.lines
    ]


def test_three_onigiri_are_one_bundle_and_a_single_one() -> None:
    bill = bill_of(kiosk(promotions=BUNDLE), onigiri_salmon=3)
    assert told(bill) == [("onigiri-salmon", 300 + 178, [("promotion", "two-onigiri", 56)])]


def test_a_bundle_of_a_mix_is_split_over_its_products_by_their_prices() -> None:
    bill = bill_of(kiosk(promotions=LUNCH_SET), onigiri_salmon=1, green_tea=1)
    # 329 for 290: 39 off, 151/329 and 178/329 of it
    assert told(bill) == [
        ("green-tea", 133, [("promotion", "lunch", 18)]),
        ("onigiri-salmon", 157, [("promotion", "lunch", 21)]),
    ]


def test_the_dearest_that_fits_goes_into_a_bundle() -> None:
    bill = bill_of(kiosk(promotions=LUNCH_SET), onigiri_salmon=1, milk_bread=1, green_tea=1)
    assert bill.total_minor == 290 + 178


def test_of_promotions_that_compete_the_cheapest_way_is_found() -> None:
    """The lunch set with the bread saves most, 259; but then there is no bread for what saves 240 with the umbrella."""
    rainy = '[[promotion]]\nid = "rainy"\nname = "雨の日"\neach = [["milk-bread"], ["umbrella"]]\noff = 240\n'
    bill = bill_of(kiosk(promotions=LUNCH_SET + rainy), onigiri_salmon=1, milk_bread=1, green_tea=1, umbrella=1)
    assert bill.total_minor == 290 + (398 + 1100 - 240)


def test_a_coupon_of_the_whole_basket_is_split_over_the_rates_by_their_sums() -> None:
    bill = bill_of(kiosk(promotions=COUPON), green_tea=1, battery_aa=1, umbrella=1)
    # 151 at 8 %, 1647 at 10 %: 100 * 151/1798 = 8.4, 100 * 1647/1798 = 91.6
    assert [(g.rate_ppm, g.gross_minor) for g in bill.groups] == [(80_000, 143), (100_000, 1555)]
    assert [g.tax_minor for g in bill.groups] == [143 * 8 // 108, 1555 * 10 // 110]
    assert bill.total_minor == 1798 - 100
    assert told(bill)[1:] == [("green-tea", 143, [("basket", "hundred-off", 8)]),
                              ("umbrella", 1039, [("basket", "hundred-off", 61)])]  # fmt: skip


def test_tobacco_is_outside_of_everything() -> None:
    bill = bill_of(kiosk(promotions=COUPON), tobacco=2, green_tea=1)
    assert bill.total_minor == 1351, "1200 of tobacco do not count towards 1000"
    bill = bill_of(kiosk(promotions=COUPON), tobacco=1, umbrella=1)
    assert told(bill) == [("tobacco", 600, []), ("umbrella", 1000, [("basket", "hundred-off", 100)])]


def test_a_bundle_that_would_spoil_the_coupons_sum_is_left_out_where_that_is_cheaper() -> None:
    store = kiosk(promotions=BUNDLE + COUPON.replace("least = 1000", "least = 356"))
    assert bill_of(store, onigiri_salmon=2).total_minor == 256


def test_a_limited_coupon_is_used_so_often() -> None:
    half = '[[promotion]]\nid = "half"\nname = "半額"\nskus = ["umbrella", "battery-aa"]\npercent = 50\nmost = 1\n'
    bill = bill_of(kiosk(promotions=half), umbrella=2, battery_aa=1)
    assert bill.total_minor == 550 + 1100 + 547


def test_a_promotion_counts_that_held_as_they_came_in() -> None:
    store = kiosk(promotions=COUPON + "until = 2026-04-20 12:00:30\n")
    assert make_bill(store, {"umbrella": 1}, TODAY, STAY).total_minor == 1000
    late = replace(STAY, entered_s=NOON + 31)
    assert make_bill(store, {"umbrella": 1}, TODAY, late).total_minor == 1100


def test_a_coupon_of_somebody_is_nobody_elses() -> None:
    store = kiosk(promotions=COUPON + 'to = ["ana"]\n')
    assert make_bill(store, {"umbrella": 1}, TODAY, STAY).total_minor == 1000
    assert make_bill(store, {"umbrella": 1}, TODAY, replace(STAY, subject="ben")).total_minor == 1100


def test_what_nobody_can_carry_is_priced_all_the_same() -> None:
    store = kiosk(EVENING, promotions=BUNDLE + LUNCH_SET)
    many = {"onigiri-salmon": 10**9, "green-tea": 10**6, "milk-bread": 1}
    assert make_bill(store, many, TODAY, STAY).total_minor < 10**9 * 150 + 10**6 * 151 + 398


@given(st.lists(st.integers(0, 10**9), max_size=8), st.integers(0, 10**9))
def test_shares_sum_to_the_amount_and_take_no_more_than_there_is(weights: list[int], amount: int) -> None:
    amount = min(amount, sum(weights))
    parts = shares(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    assert all(
        abs(p * sum(weights) - amount * w) <= max(0, sum(weights) - 1) for p, w in zip(parts, weights, strict=True)
    )


SAYS = st.sampled_from(["price", "percent", "off"])
HOURS = st.sampled_from([None, (0, 720), (720, 1440)])


@st.composite
def offers(draw: st.DrawFn, store: Store) -> Offers:
    """Dated prices and promotions of every kind, sensible or not."""
    skus = sorted(store.catalogue)
    dated = {}
    for sku in draw(st.sets(st.sampled_from(skus))):
        rows = [DatedPrice(draw(st.integers(0, 100_000)), Window(NOON - draw(st.integers(-60, 60)), None))]
        rows += [DatedPrice(draw(st.integers(0, 1000)), Window(daily=draw(HOURS)), (("", "値引き"),))]
        dated[sku] = tuple(rows)
    promotions = []
    for i in range(draw(st.integers(0, 4))):
        slot = st.lists(st.sampled_from(skus), min_size=1, max_size=4, unique=True).map(tuple)
        slots = draw(st.lists(slot, max_size=3).map(tuple))
        says = draw(SAYS) if slots else draw(st.sampled_from(["percent", "off"]))
        promotions.append(
            Promotion(
                f"p{i}", (("", "特価"),), slots,
                draw(st.integers(0, 50_000)) if says == "price" else None,
                draw(st.integers(1, 1_000_000)) if says == "percent" else None,
                draw(st.integers(1, 50_000)) if says == "off" else None,
                0 if slots else draw(st.integers(0, 200_000)),
                draw(st.sampled_from([None, 1, 2])) if slots else None,
                draw(st.booleans()), (), Window(daily=draw(HOURS)),
            )
        )  # fmt: skip
    return Offers(dated, tuple(promotions), draw(st.sampled_from(["taken", "left"])))


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_whatever_is_cheaper_no_basket_is_dear_or_unclear(data: st.DataObject) -> None:
    """Never negative, never dearer than the list, exact to the yen, one way whatever the order; the proof holds."""
    plain = data.draw(shops())
    fixed = data.draw(st.sets(st.sampled_from(sorted(plain.catalogue))))
    catalogue = {sku: replace(p, fixed_price=sku in fixed) for sku, p in plain.catalogue.items()}
    store = replace(plain, catalogue=catalogue, offers=data.draw(offers(plain)))
    cart = {sku: n for sku, n in data.draw(carts(store)).items() if n}
    moments = st.integers(-3600 * 12, 3600).map(lambda s: NOON + s)
    taken = {sku: tuple(sorted((data.draw(moments), 1) for _ in range(n))) for sku, n in cart.items() if n < 8}
    stay = Stay(NOON - 3600 * 13, NOON + 3600, "ana", data.draw(st.booleans()), taken)

    bill = make_bill(store, cart, TODAY, stay)
    assert {line.sku: line.quantity for line in bill.lines} == cart
    for line in bill.lines:
        off = sum(discount.amount_minor for discount in line.discounts)
        assert all(discount.amount_minor > 0 for discount in line.discounts)
        assert 0 <= line.amount_minor == line.price_minor * line.quantity - off
        assert not line.fixed or all(discount.kind == "changed" for discount in line.discounts)
    assert sum(group.gross_minor for group in bill.groups) == bill.total_minor
    for group in bill.groups:
        same = [
            line.amount_minor for line in bill.lines if (line.rate_ppm, line.reduced) == (group.rate_ppm, group.reduced)
        ]
        assert sum(same) == (group.gross_minor if store.prices_include_tax else group.net_minor)
    assert bill == make_bill(store, dict(reversed(cart.items())), TODAY, stay)

    def costs(offers: Offers) -> int:
        return sum(line.amount_minor for line in make_bill(replace(store, offers=offers), cart, TODAY, stay).lines)

    paid = sum(line.amount_minor for line in bill.lines)
    assert paid <= costs(replace(store.offers, promotions=()))
    for promotion in store.offers.promotions:
        assert paid <= costs(replace(store.offers, promotions=(promotion,))), "one alone is never cheaper than the best"

    _, (entry, *_) = open_settlement(store, "v", "ana", cart, {}, traced(cart), stay.left_s, stay=stay)
    assert isinstance(entry, LedgerEntry)
    assert sale_of(entry.body).total_minor == bill.total_minor
    proof = Proof()
    proof.take(Written(1, entry, chained(FIRST_HASH, 1, entry)))
    assert proof.faults == []
