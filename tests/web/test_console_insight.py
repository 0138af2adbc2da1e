"""*Insight* at the console: pictures, the numbers behind them, CSV of each; nobody by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.insight import FILE
from edge.insight.sheets import COLUMNS
from tests.web.shops import Browser, Corner, hire, insight_of, screens_of


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    prices = "sku,price,from,until,why\ngreen-tea,120,2023-11-14,2023-11-20,Autumn\n"
    with Corner(tmp_path_factory.mktemp("corner"), prices_csv=prices) as found:
        hire(found.state)
        found.errand()
        yield found


@pytest.fixture
def vera(corner: Corner) -> Iterator[Browser]:
    with Browser(screens_of(corner)) as browser:
        browser.log_in("vera")
        yield browser


def test_before_anything_was_kept_the_page_says_so(vera: Browser, corner: Corner) -> None:
    for path in corner.state.glob(f"{FILE}*"):
        path.unlink()
    assert "Nothing was kept yet" in vera.client.get("/staff/insight").text
    assert vera.client.get("/staff/insight/products.csv").status_code == 404


def test_pictures_first_and_the_numbers_behind_them(vera: Browser, corner: Corner) -> None:
    insight_of(corner)
    page = vera.client.get("/staff/insight").text
    assert "Visits: 1, people: 1, bought something: 1." in page
    assert page.count("<svg") == 5
    assert "undecided: it may be chance, or too few are known" in page, "one visit says nothing of a price"
    assert page.index("heat-map") < page.index("<table")
    assert "Salmon onigiri: passed 1, stopped 1, touched 1, took 1, bought 1" in page
    assert "ana" not in page.replace("analy", "")
    assert "立ち止まった" in vera.client.get("/staff/insight?lang=ja").text
    assert "Visits: 1, people: 1" in vera.client.get("/staff/insight?days=1&lang=en").text, "by the shop's own clock"


@pytest.mark.parametrize("table", COLUMNS)
def test_each_table_is_there_as_csv(vera: Browser, corner: Corner, table: str) -> None:
    if not (corner.state / FILE).exists():
        insight_of(corner)
    answer = vera.client.get(f"/staff/insight/{table}.csv?days=all")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines()[0] == ",".join(COLUMNS[table])


def test_an_unknown_table_is_not_here(vera: Browser) -> None:
    assert vera.client.get("/staff/insight/members.csv").status_code == 404


def test_whoever_is_not_logged_in_sees_nothing(vera: Browser, tmp_path: Path) -> None:
    vera.client.cookies.clear()
    assert vera.client.get("/staff/insight").status_code == 303
    assert vera.client.get("/staff/insight/products.csv").status_code == 303
