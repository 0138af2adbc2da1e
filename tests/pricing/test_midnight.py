"""A visit over the midnight on which food's rate changes: it is taxed by the day on which it left, in the demo shop."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import receipt_text, sale_of
from edge.checkout.receipt import Receipt
from edge.driver import Driver
from edge.ledger import Book
from edge.payment import open_settlement
from edge.pricing import Stay, cost_at
from edge.records import LedgerEntry
from edge.store import Store, load_store, read_store
from edge.wire import open_recording
from simulator.commands import DEMO
from tests.checkout.carts import traced
from tests.corner import FILES, OPENS_S, STORE, errand, later
from tests.pricing.kiosk import at

SHOP = load_store(DEMO)
MIDNIGHT = at("2027-04-01 00:00")
CART = {"onigiri-salmon": 2, "masks-7": 1}


def as_if_it_were_law() -> Store:
    """The demo shop with the commented rows taken for true."""
    lines = SHOP.sources["store.toml"].decode().splitlines()
    first = next(i for i, line in enumerate(lines) if line == "# [[tax]]")
    last = next(i for i, line in enumerate(lines) if i > first and line.startswith("[["))
    told = [line.removeprefix("#").removeprefix(" ") if first <= i < last else line for i, line in enumerate(lines)]
    return read_store({**SHOP.sources, "store.toml": "\n".join(told).encode()})


def left(store: Store, at_s: float) -> tuple[LedgerEntry, str]:
    stay = Stay(MIDNIGHT - 300, at_s, taken={"onigiri-salmon": ((MIDNIGHT - 200, 2),)})
    _, (entry, *_) = open_settlement(store, "v1", "ana", CART, {}, traced(CART), at_s, stay=stay)
    assert isinstance(entry, LedgerEntry)
    return entry, receipt_text(Receipt("v1", at_s, "paid", sale_of(entry.body)), "ja")


@pytest.mark.parametrize(("after_s", "rate_ppm", "tax_minor"), [(-1, 80_000, 26), (0, 10_000, 3), (60, 10_000, 3)])
def test_who_leaves_after_midnight_is_taxed_by_the_new_day(after_s: int, rate_ppm: int, tax_minor: int) -> None:
    """356 at 8 % have 26.37 of tax in them, at 1 % 3.52. The price on the shelf is what it was."""
    entry, text = left(as_if_it_were_law(), MIDNIGHT + after_s)
    sale = sale_of(entry.body)
    assert [(g.rate_ppm, g.tax_minor) for g in sale.rates] == [(rate_ppm, tax_minor), (100_000, 28)]
    assert sale.total_minor == 356 + 308
    assert f"{rate_ppm // 10_000}% ※" in text
    assert sale.day == date(2027, 4, 1) - timedelta(1 if after_s < 0 else 0)


def test_it_is_eight_again_after_two_years_and_no_law_before_somebody_has_written_it() -> None:
    law = as_if_it_were_law()
    for day, rate_ppm in ((date(2029, 3, 31), 10_000), (date(2029, 4, 1), 80_000)):
        assert law.tax.rate("food", day).rate_ppm == rate_ppm
        assert SHOP.tax.rate("food", day).rate_ppm == 80_000
        assert law.tax.rate("standard", day).rate_ppm == 100_000


def test_the_demo_shops_bento_is_cheaper_in_the_evening() -> None:
    moments = {"09:00": 598, "18:59": 598, "19:00": 478}
    assert {m: cost_at(SHOP, "bento-karaage", at(f"2026-05-12 {m}")).price_minor for m in moments} == moments


@pytest.mark.parametrize(("midnight_s", "price_minor"), [(0.2, 200), (0.8, 178), (6.5, 178), (10.0, 178)])
def test_a_whole_visit_over_midnight(tmp_path: Path, midnight_s: float, price_minor: int) -> None:
    """At midnight rice balls get dearer and their tax is another. Who scanned at half a second pays what was promised
    then, wherever midnight finds them, and the tax of the day on which they leave.
    """
    toml = STORE + '[[tax]]\nclass = "food"\npercent = 1\nsince = 2027-04-01\n'
    prices = "sku,price,from,until,why\nonigiri-salmon,200,2027-04-01,,\n"
    store = read_store({**FILES, "store.toml": toml.encode(), "prices.csv": prices.encode()})
    with Book() as book:
        driver = Driver(store, book=book, provider=LocalProvider())
        for heard in open_recording(errand(tmp_path / "errand.mcap")):
            driver.hear(later(heard, MIDNIGHT - midnight_s - OPENS_S))
        driver.finish()
        assert book.prove() == []
        (entry,) = [w.entry for w in book.entries(kind="settlement")]
    sale = sale_of(entry.body)
    assert [(line.price_minor, line.amount_minor) for line in sale.lines] == [(price_minor, 2 * price_minor)]
    assert [(g.rate_ppm, g.tax_minor) for g in sale.rates] == [(10_000, 2 * price_minor // 101)]
