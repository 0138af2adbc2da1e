"""Rates and minor units as the law writes them, and the day and the prices that a sale goes by."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from edge.checkout import Receipt, Sale, receipt_json, receipt_text, sale_of
from edge.checkout.amounts import money
from edge.checkout.bill import MOST_MINOR
from edge.checkout.roll import COLUMNS, width
from edge.checkout.sale import body_of, issuer_of, make_sale, promised_by, rate_name
from edge.ledger import Book, receipts
from edge.ledger.canon import canonical
from edge.payment import Settlement, on_reviewed, open_settlement, review_settlement
from edge.records import LedgerEntry
from edge.store import Store, load_store, read_store
from tests.checkout.carts import carts, shops, traced
from tests.checkout.shops import CATALOGUE, DOLLARS, KIOSK, NOON_S, PLANOGRAM, shop
from tests.corner import CATALOGUE as CORNERS
from tests.corner import STORE as CORNER
from tests.corner import write_store

NEW_YORK = KIOSK.replace("percent = 10\n", "percent = 8.875\n")
DAY_S = 86_400.0


def store_of(toml: str = KIOSK, catalogue: str = CATALOGUE) -> Store:
    files = {"store.toml": toml, "catalogue.csv": catalogue, "planogram.csv": PLANOGRAM}
    return read_store({name: content.encode() for name, content in files.items()})


def sold(store: Store, **charged: int) -> Sale:
    return make_sale(store, "ana", charged, {}, traced(charged), NOON_S, "asked")


@pytest.mark.parametrize(("units", "tax_minor"), [(1, 97), (10, 976), (80, 7810), (800, 78100)])
def test_new_yorks_tax_is_exact(units: int, tax_minor: int) -> None:
    """11.00 dollars an umbrella: 8.88 % would be a cent more of eight of them, and four dollars of eight hundred."""
    toml = NEW_YORK.replace("prices_include_tax = true", "prices_include_tax = false")
    (group,) = sold(store_of(toml), umbrella=units).rates
    assert (group.net_minor, group.tax_minor) == (1100 * units, tax_minor)


def test_what_the_book_and_the_receipt_say_of_it() -> None:
    sale = sold(store_of(NEW_YORK), umbrella=1)
    assert [line["rate_bp"] for line in body_of(sale)["lines"]] == [887.5]  # type: ignore[attr-defined]
    assert rate_name(sale.rates[0].rate_ppm, False) == "8.875%"
    receipt = Receipt("v1", NOON_S, "paid", sale)
    assert "8.875%" in receipt_text(receipt, "en")
    assert receipt_json(receipt)["rates"][0]["rate_bp"] == 887.5  # type: ignore[index]


def test_a_whole_rate_stands_in_the_book_as_it_always_did_and_prints() -> None:
    """A book from before is read; the same sale is the same bytes."""
    body = body_of(sold(shop(), umbrella=1, **{"green-tea": 1}))
    assert [line["rate_bp"] for line in body["lines"]] == [800, 1000]  # type: ignore[attr-defined]
    assert '"rate_bp":800,"reduced":true' in canonical(body)
    with Book() as book:
        book.append([LedgerEntry("review:v1", NOON_S, "review", "v1", json.loads(canonical(body)), (), "JPY")])
        (receipt,) = receipts(book)
    assert "8%" in receipt_text(receipt, "en")


@given(st.data())
def test_every_sale_comes_back_from_the_book_as_it_was(data: st.DataObject) -> None:
    store = data.draw(shops())
    charged = data.draw(carts(store))
    sale = make_sale(store, "ana", charged, {}, traced(charged), NOON_S, "asked")
    assert sale_of(json.loads(canonical(body_of(sale)))) == sale


@given(st.integers(0, 1_000_000), st.booleans())
def test_no_two_rates_have_one_name(rate_ppm: int, reduced: bool) -> None:
    name = rate_name(rate_ppm, reduced)
    assert round(float(name.split("%")[0]) * 10_000) == rate_ppm
    assert name.endswith("-reduced") == reduced


@pytest.mark.parametrize(
    "code", ["AFN", "ALL", "IRR", "IQD", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"]
)
def test_currencies_whose_minor_unit_few_people_write_have_it(tmp_path: Path, code: str) -> None:
    """ISO 4217 gives them two or three digits, whatever Babel thinks of them."""
    toml, catalogue = CORNER.replace("JPY", code), CORNERS.replace(",178,", ",199.50,")
    store = load_store(write_store(tmp_path, store_toml=toml, catalogue_csv=catalogue))
    digits = 3 if code == "IQD" else 2
    assert store.currency_digits == digits
    assert store.catalogue["onigiri-salmon"].price_minor == 19950 * 10 ** (digits - 2)
    sale = make_sale(store, "ana", {"onigiri-salmon": 2}, {}, (), NOON_S, "asked")
    for language in ("en", "ja"):
        assert "399.00" in receipt_text(Receipt("v1", NOON_S, "paid", sale), language)


@given(st.sampled_from([c for c in Currency if c.exponent is not None]), st.integers(0, 10**12))
def test_an_amount_is_told_with_the_digits_of_its_currency(currency: Currency, amount_minor: int) -> None:
    digits = currency.exponent or 0
    issuer = issuer_of(shop(**DOLLARS))
    told = money(amount_minor, replace(issuer, currency=currency.code, currency_digits=digits), "en")
    number = re.search(r"[\d,]+(?:\.\d+)?$", told)
    assert number is not None
    assert len(number[0].partition(".")[2]) == digits
    assert int(re.sub("[.,]", "", number[0])) == amount_minor


LATER = KIOSK + "\n[[tax]]\nclass = 'goods'\npercent = 20\nsince = 2026-04-21\n"
RAISED = CATALOGUE.replace(",1100,", ",5000,")
NO_UMBRELLAS = CATALOGUE.replace("umbrella", "parasol")
RENAMED = (KIOSK.replace('"goods"', '"things"'), CATALOGUE.replace(",goods,", ",things,"))


@pytest.mark.parametrize(
    "tomorrow",
    [store_of(), store_of(LATER), store_of(LATER, RAISED), store_of(*RENAMED), store_of(KIOSK, NO_UMBRELLAS)],
    ids=["the same", "more tax", "dearer", "another tax class", "no umbrellas"],
)
@pytest.mark.parametrize("remembered", ["by the state", "by the book alone"])
def test_a_visit_reviewed_on_the_next_day_pays_as_on_the_day_it_left(tomorrow: Store, remembered: str) -> None:
    cart = traced({"umbrella": 2})
    settlement, (entry,) = review_settlement(shop(), "v1", "ana", {"umbrella": 2}, {}, cart, "two people", NOON_S)
    assert isinstance(entry, LedgerEntry)
    settlement = msgspec.msgpack.decode(msgspec.msgpack.encode(settlement), type=Settlement)
    if remembered == "by the book alone":
        prices = promised_by(sale_of(entry.body))
        settlement = Settlement("v1", "ana", "review", 2200, "JPY", left_s=entry.at_s, prices=prices)
    asked, effects = on_reviewed(settlement, tomorrow, {"umbrella": 1}, {}, cart, "sato", NOON_S + DAY_S)
    assert (asked.state, asked.total_minor) == ("asked", 1100)
    told = effects[0]
    assert isinstance(told, LedgerEntry)
    sale = sale_of(told.body)
    assert (sale.day, [group.rate_ppm for group in sale.rates]) == (date(2026, 4, 20), [100_000])
    with Book() as book:
        book.append([entry, told])
        assert book.prove() == []
        (receipt,) = receipts(book)
    assert "20 Apr 2026 12:00" in receipt_text(receipt, "en")


@given(st.integers(0, MOST_MINOR), st.sampled_from([80_000, 88_750, 123_457]), st.sampled_from(["en", "ja"]))
def test_the_largest_bill_fits_onto_the_roll(amount_minor: int, rate_ppm: int, language: str) -> None:
    sale = sold(shop(), umbrella=1)
    group = replace(sale.rates[0], rate_ppm=rate_ppm, gross_minor=amount_minor, tax_minor=amount_minor)
    line = replace(sale.lines[0], amount_minor=amount_minor)
    large = replace(sale, lines=(line,), rates=(group,), total_minor=amount_minor)
    text = receipt_text(Receipt("v1", NOON_S, "paid", large), language)
    assert all(width(line) <= COLUMNS for line in text.splitlines())
    assert text.count(f"{amount_minor:,}") >= 4


def test_a_bill_that_nobody_owes_goes_to_review_instead_of_into_the_book() -> None:
    store = store_of(KIOSK, CATALOGUE.replace(",1100,", ",1000000000000,"))
    for units, state in ((1000, "asked"), (1001, "review"), (10**9, "review")):
        cart = traced({"umbrella": 1})
        settlement, (entry, *_) = open_settlement(store, "v1", "ana", {"umbrella": units}, {}, cart, NOON_S)
        assert settlement.state == state
        assert isinstance(entry, LedgerEntry)
        with Book() as book:
            book.append([entry])
        if state == "review":
            assert "which nobody owes" in sale_of(entry.body).reason
