"""What stands on the shelves: counted once, followed from pick to pick, told when it runs low."""

from __future__ import annotations

import numpy as np

from edge.records import Effect, Explained, Explanation, LedgerEntry, Publish, Share, ShelfEvent, StockCounted
from edge.runtime import step
from edge.state import State, freeze, open_shop, thaw
from edge.stock import follow, level_of, most_on, place_of
from edge.store import Facing
from tests.attribution.test_attribution import SHOP

PLACE = next(f for f in SHOP.planogram.facings if f.sku == "choco-bar")
OTHER = next(f for f in SHOP.planogram.facings if f.sku == "choco-bar" and f != PLACE)


def counted(state: State, quantity: int, facing: Facing = PLACE, at_s: float = 100.0) -> list[Effect]:
    record = StockCounted(at_s, at_s, facing.shelf, facing.first, facing.last, facing.sku, quantity, "aki")
    return step(state, SHOP, record)


def happened(
    *ways: tuple[float, str, int], shelf: str = PLACE.shelf, plate: int = PLACE.first, at_s: float = 150.0
) -> Explained:
    """An event at a plate that was, with some probability each, so many units of something taken."""
    plates = SHOP.layout.shelf(shelf).plates
    zeros = np.zeros(plates)
    event = ShelfEvent("e", shelf, at_s, at_s, at_s, at_s + 1.0, (plate,), zeros, zeros)
    told = tuple(Explanation((Share("v", sku, n),), 0.0, 0.0, 0.0, 0.0, p) for p, sku, n in ways)
    return Explained(event, told, ())


def of(state: State) -> tuple[int, bool, str]:
    level = level_of(state.stock, SHOP, "choco-bar")
    assert level is not None
    return level.quantity, level.about, level.supply


def test_nobody_knows_what_was_never_counted() -> None:
    state = open_shop(SHOP)
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 1)))
    assert level_of(state.stock, SHOP, "choco-bar") is None


def test_what_staff_counted_goes_down_with_every_pick_and_up_with_every_put_back() -> None:
    state = open_shop(SHOP)
    counted(state, 8)
    counted(state, 4, OTHER)
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 2)))
    follow(state.stock, SHOP, happened((1.0, "choco-bar", -1)))
    assert of(state) == (11, False, "ok")
    assert most_on(state.stock, [PLACE]) == {PLACE: 7}


def test_an_event_that_may_have_been_one_or_two_leaves_a_doubt_until_somebody_counts() -> None:
    state = open_shop(SHOP)
    counted(state, 8)
    follow(state.stock, SHOP, happened((0.6, "choco-bar", 1), (0.4, "choco-bar", 2)))
    assert of(state) == (7, True, "ok")
    assert most_on(state.stock, [PLACE]) == {PLACE: 8}, "it may have been one only"
    counted(state, 6)
    assert of(state) == (6, False, "ok")


def test_what_is_put_elsewhere_is_astray_and_what_is_taken_from_there_is_not() -> None:
    state = open_shop(SHOP)
    counted(state, 8)
    elsewhere = next(f for f in SHOP.planogram.facings if f.shelf != PLACE.shelf and f.sku == "socks-black")
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 1)))
    follow(state.stock, SHOP, happened((1.0, "choco-bar", -1), shelf=elsewhere.shelf, plate=elsewhere.first))
    level = level_of(state.stock, SHOP, "choco-bar")
    assert level is not None
    assert (level.quantity, level.astray) == (7, 1)
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 1), shelf=elsewhere.shelf, plate=elsewhere.first))
    after = level_of(state.stock, SHOP, "choco-bar")
    assert after is not None
    assert (after.quantity, after.astray) == (7, 0)


def test_a_count_is_told_once_on_the_wire_and_stands_in_the_book() -> None:
    state = open_shop(SHOP)
    effects = counted(state, 8)
    entry = next(e for e in effects if isinstance(e, LedgerEntry))
    assert (entry.kind, entry.body["quantity"], entry.body["believed"], entry.body["by"]) == (
        "stock-counted", 8, None, "aki",
    )  # fmt: skip
    said = [e for e in effects if isinstance(e, Publish)]
    assert [(p.topic, p.retain, p.payload["quantity"]) for p in said] == [("stock/choco-bar", True, 8)]
    assert not [e for e in counted(state, 8, at_s=101.0) if isinstance(e, Publish)], "nothing has changed"


def test_staff_are_called_when_a_product_gets_low_and_again_when_it_is_gone() -> None:
    state = open_shop(SHOP)

    def alerts(quantity: int, at_s: float) -> list[object]:
        said = counted(state, quantity, at_s=at_s)
        return [e.payload["kind"] for e in said if isinstance(e, Publish) and e.topic == "runtime/alert"]

    counted(state, 0, OTHER)
    assert [alerts(n, 100.0 + n) for n in (5, 2, 1, 0, 0, 5, 0)] == [
        [], ["low-stock"], [], ["out-of-shelf"], [], [], ["out-of-shelf"],
    ]  # fmt: skip


def test_nobody_is_called_before_every_place_was_counted() -> None:
    state = open_shop(SHOP)
    told = counted(state, 0) + counted(state, 6, OTHER)
    assert not [e for e in told if isinstance(e, Publish) and e.topic == "runtime/alert"]
    assert of(state) == (6, False, "ok")


def test_who_counts_has_seen_what_happened_before_though_the_plates_came_to_rest_later() -> None:
    state = open_shop(SHOP)
    counted(state, 8)
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 2), at_s=99.5))
    assert most_on(state.stock, [PLACE]) == {PLACE: 8}


def test_what_is_taken_from_an_empty_place_says_that_the_count_was_wrong() -> None:
    state = open_shop(SHOP)
    counted(state, 1)
    assert most_on(state.stock, [PLACE]) == {PLACE: 1}
    follow(state.stock, SHOP, happened((1.0, "choco-bar", 2)))
    assert state.stock.counts[place_of(PLACE)].about
    assert most_on(state.stock, [PLACE])[PLACE] >= 2, "there may be more"
    counted(state, 3, at_s=200.0)
    assert most_on(state.stock, [PLACE]) == {PLACE: 3}


def test_the_stock_survives_a_stop() -> None:
    state = open_shop(SHOP)
    counted(state, 8)
    follow(state.stock, SHOP, happened((0.6, "choco-bar", 1), (0.4, "choco-bar", 2)))
    again = thaw(freeze(state))
    assert again.stock == state.stock
