"""A busy morning on which prices move: the cart that was shown is what is billed, whatever stops meanwhile."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import Sale, sale_of
from edge.driver import Driver
from edge.ledger import Book
from edge.records import Effect, Publish, Record
from edge.state import State
from edge.store import DatedPrice, Offers, Promotion, Store
from edge.store.window import Window
from edge.wire import Heard, open_recording
from tests.core.mornings import SHOP, busy


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(busy(tmp_path_factory.mktemp("prices") / "busy.mcap", 8, seed=5)))


def moving(heard: Sequence[Heard], price_at: str) -> Store:
    """Half of the products have another list price every ten seconds, and are marked down every other five; any two of
    them together are cheaper, and so is every basket.
    """
    began_s, ended_s = heard[0].received_s, heard[-1].received_s
    chance, dated = random.Random(3), {}
    for sku, product in list(SHOP.catalogue.items())[::2]:
        rows, at_s = [], began_s
        while at_s < ended_s:
            price_minor = product.price_minor + chance.randint(-20, 20)
            rows.append(DatedPrice(price_minor, Window(at_s, at_s + 10.0)))
            rows.append(DatedPrice(price_minor - 25, Window(at_s + 2.0, at_s + 7.0), (("", "値引き"),)))
            at_s += 10.0
        dated[sku] = tuple(rows)
    skus = tuple(SHOP.catalogue)
    promotions = (
        Promotion("two", (("", "2個で15%引き"),), (skus, skus), percent_ppm=150_000),
        Promotion("ten", (("", "10円引き"),), off_minor=10, least_minor=300),
    )
    return replace(SHOP, offers=Offers(dated, promotions, price_at))  # type: ignore[arg-type]


def played(store: Store, heard: Sequence[Heard], stop_every: int = 0) -> tuple[Book, dict[str, tuple[int, int]]]:
    """The book, and of each visit the units and the total that it was last shown. ``stop_every``: messages."""
    book, shown = Book(), dict[str, tuple[int, int]]()

    def looked(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for said in effects:
            if isinstance(said, Publish) and said.topic.endswith("/cart") and said.payload:
                units = sum(line["quantity"] for line in said.payload["lines"])  # type: ignore[attr-defined]
                shown[said.topic.split("/")[1]] = (units, said.payload["total"])  # type: ignore[assignment]

    driver = Driver(store, book=book, provider=LocalProvider(), observers=[looked])
    for i, each in enumerate(heard):
        if stop_every and i % stop_every == stop_every - 1:
            frozen = driver.freeze()
            driver = Driver(store, book=book, provider=LocalProvider(), observers=[looked])
            driver.thaw(frozen)
        driver.hear(each)
    driver.finish()
    return book, shown


def ends(book: Book) -> dict[str, Sale]:
    entries = [w.entry for kind in ("settlement", "review") for w in book.entries(kind=kind)]
    return {entry.visit: sale_of(entry.body) for entry in entries}


@pytest.mark.parametrize("price_at", ["taken", "left"])
def test_what_was_shown_is_what_is_billed(heard: list[Heard], price_at: str) -> None:
    book, shown = played(moving(heard, price_at), heard)
    assert book.prove() == []
    sales = ends(book)
    compared = 0
    for visit, sale in sales.items():
        units = sum(line.quantity for line in sale.lines)
        if units and (visit in shown) and shown[visit][0] == units:
            compared += 1
            if price_at == "taken":
                assert sale.total_minor == shown[visit][1], visit
            else:  # a price may have fallen between what was shown last and the exit
                assert sale.total_minor <= shown[visit][1], visit
    assert compared >= 4
    kinds = {off.kind for sale in sales.values() for line in sale.lines for off in line.discounts}
    assert {"marked", "promotion", "basket"} <= kinds


def test_a_stop_changes_no_price(heard: list[Heard]) -> None:
    store = moving(heard, "taken")
    (whole, _), (stopped, _) = played(store, heard), played(store, heard, stop_every=700)
    assert whole.head() == stopped.head()
