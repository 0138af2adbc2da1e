"""What a shopkeeper may write down wrongly about prices: one clear fault each."""

from __future__ import annotations

import pytest

from edge.store import BrokenStore, Store, read_store
from tests.pricing.kiosk import BUNDLE, COUPON, EVENING, LUNCH_SET, MEMBERS, files, kiosk


def faults(prices: str = "", promotions: str = "") -> list[str]:
    with pytest.raises(BrokenStore) as broken:
        read_store(files(prices, promotions))
    return [str(fault) for fault in broken.value.faults]


@pytest.mark.parametrize(
    ("prices", "told"),
    [
        ("green-tea,140,2026-04-20,2026-04-22,,,\ngreen-tea,130,2026-04-22,,,,\n",
         "prices.csv: line 3: green-tea has another price at the same time, on line 2. End one before"),
        (EVENING + "milk-bread,200,2026-05-01,2026-05-01 20:00,,開店記念,\n",
         "prices.csv: line 3: milk-bread has another price at the same time, on line 2"),
        ("green-tea,151,,,19:00-24:00,夜,\n", "prices.csv: line 2: green-tea is marked down to what it costs anyway"),
        ("green-tea,120,2026-05-01,,,,\ngreen-tea,130,,,19:00-24:00,夜,\n",
         "prices.csv: line 3: green-tea is marked down to what it costs anyway"),
        ("unicorn,151,,,,,\n", "prices.csv: line 2: sku 'unicorn' is not in the catalogue. Add it to catalogue.csv"),
        ("green-tea,150.5,,,,,\n", "prices.csv: line 2: price '150.5' cannot be charged. Write a whole number"),
        ("green-tea,150,tomorrow,,,,\n", "prices.csv: line 2: from 'tomorrow' is no day. Write a day like 2026-12-01"),
        ("green-tea,150,2026-02-30,,,,\n", "prices.csv: line 2: from '2026-02-30' is no day that there is"),
        ("green-tea,150,2026-05-02,2026-05-01,,,\n",
         "prices.csv: line 2: until 2026-05-01 is not after from 2026-05-02"),
        ("green-tea,100,,,22:00-06:00,夜,\n", "prices.csv: line 2: daily '22:00-06:00' does not end after it begins"),
        ("tobacco,500,,,,特価,\n", "prices.csv: line 2: tobacco has a fixed price, and nothing marks that down"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_one_fault_with_its_line(prices: str, told: str) -> None:
    (fault,) = faults(prices)
    assert fault.startswith(told)


@pytest.mark.parametrize(
    ("promotion", "told"),
    [
        (BUNDLE.replace("onigiri-salmon", "onigiri-gone"), "promotion[1].skus: onigiri-gone is not in the catalogue"),
        (BUNDLE.replace("300\n", "356\n"), "promotion[1].price: costs as much as its parts, or more"),
        (BUNDLE.replace("300\n", "300.5\n"), "promotion[1].price: 300.5 cannot be charged. Write a whole number"),
        (BUNDLE + "percent = 5\n", "promotion[1].price: says price and percent. Write one of"),
        (BUNDLE.replace("price = 300", ""), "promotion[1].price: does not say how much cheaper"),
        (BUNDLE + BUNDLE, "promotion[2].id: 'two-onigiri' stands twice"),
        (BUNDLE.replace("onigiri-salmon", "tobacco"), "promotion[1].skus: tobacco has a fixed price"),
        (COUPON.replace("off = 100", "price = 100"), "promotion[1].price: would be that of a whole basket"),
        (COUPON + 'from = "soon"\n', "promotion[1].from: from 'soon' is no day"),
        (LUNCH_SET + "least = 100\n", "promotion[1].least: is for whole baskets"),
        (MEMBERS.replace('"members"', '"cats"'), "promotion[1].to: 'cats' is nobody"),
    ],
)  # fmt: skip
def test_a_promotion_that_cannot_be_is_one_fault_with_its_key(promotion: str, told: str) -> None:
    (fault,) = faults(promotions=promotion)
    assert fault.startswith(f"store.toml: {told}")


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("unicorn,1,,,,,\ngreen-tea,x,,,,,\n", BUNDLE + BUNDLE)) == 3


def test_days_as_spreadsheets_write_them() -> None:
    def rows(store: Store) -> object:
        return store.offers.dated["green-tea"]

    written = [
        f"green-tea,140,{day},,,,\n" for day in ("2026-04-20", "2026/4/20", "2026-04-20 00:00", "2026-04-20T00:00:00")
    ]
    assert len({repr(rows(kiosk(text))) for text in written}) == 1
    assert rows(kiosk("green-tea,140,,2026-04-20,,,\n")) == rows(kiosk("green-tea,140,,2026-04-20 24:00,,,\n"))


def test_a_price_list_with_other_offers_has_another_mark() -> None:
    marks = {kiosk().price_mark, kiosk(EVENING).price_mark, kiosk(promotions=BUNDLE).price_mark}
    assert len(marks) == 3


def test_a_catalogue_says_yes_or_no_and_how_old() -> None:
    found = files()
    header = found["catalogue.csv"].decode().replace("fixed_price", "fixed_price,age", 1)
    rows = header.replace(",yes\n", ",maybe,200\n").splitlines()
    text = "\n".join(row + ("," if i and not row.startswith("tobacco") else "") for i, row in enumerate(rows))
    with pytest.raises(BrokenStore) as broken:
        read_store({**found, "catalogue.csv": text.encode()})
    assert [str(f).partition(". ")[0] for f in broken.value.faults] == [
        "catalogue.csv: line 8: fixed_price 'maybe' is neither yes nor no",
        "catalogue.csv: line 8: age '200' is no age",
    ]
