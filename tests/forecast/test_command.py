"""`tebura forecast` as a shopkeeper uses it, of four weeks that are behind."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.insight import FILE, Event, Insight, Noticed
from edge.ledger import Book
from edge.store import load_store
from tests.corner import write_store

FIRST, DAYS = date(2026, 5, 4), 28
TEA, ONIGIRI = "green-tea", "onigiri-salmon"
HOURS = (9, 10, 11, 12, 12, 12, 12, 15, 17, 18)
"""Of each day's visits."""


class Shop:
    """Everybody takes tea. Onigiri are wanted by everybody as well; six are there, and are gone at noon."""

    def __init__(self, folder: Path) -> None:
        self.store, self.state = write_store(folder / "store"), folder / "state"
        self.state.mkdir()
        zone, events = load_store(self.store).timezone, list[Event]()

        def happens(at: datetime, kind: str, sku: str = "") -> None:
            at_s = at.timestamp()
            events.append(Event(f"floor/{at_s}/{kind}/{sku}/{len(events)}", "floor", at_s, kind, at_s, sku=sku))  # type: ignore[arg-type]

        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            for i, hour in enumerate(HOURS):
                came = datetime(day.year, day.month, day.day, hour, i, tzinfo=zone)
                happens(came, "entered")
                happens(came + timedelta(minutes=2), "bought", TEA)
                if i < 6:
                    happens(came + timedelta(minutes=2), "bought", ONIGIRI)
            happens(datetime(day.year, day.month, day.day, 12, 5, 30, tzinfo=zone), "sold-out", ONIGIRI)
            happens(datetime(day.year, day.month, day.day, 23, 0, tzinfo=zone), "back-on-shelf", ONIGIRI)
        with Book(self.state / "ledger.db"), Insight(self.state / FILE) as kept:
            kept.note(Noticed(events=events))

    def ask(self, *words: str) -> Result:
        where = ("--store", str(self.store), "--state", str(self.state))
        return CliRunner().invoke(app, ["forecast", *where, *words])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_what_sold_out_at_noon_is_wanted_by_those_who_came_later_as_well(shop: Shop) -> None:
    result = shop.ask("--day", "2026-06-01", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    products = {row["sku"]: row for row in told["products"]}
    assert told["days"] == DAYS
    assert products[TEA]["expected"] == pytest.approx(10, abs=0.5)
    assert products[ONIGIRI]["expected"] == pytest.approx(10, abs=0.5), "six of them were seen, by six of ten visits"
    assert products[ONIGIRI]["sold_out_days"] == DAYS
    assert products[TEA]["off"] <= products[TEA]["off_last_week"] + 0.5
    assert products[ONIGIRI]["off"] is None, "no day of it was seen whole"
    noon = next(row for row in told["entries"] if row["from"] == "12:00")
    assert (noon["expected"], noon["staff"]) == (pytest.approx(4, abs=0.5), 1)


def test_an_order_for_the_supplier(shop: Shop, tmp_path: Path) -> None:
    supply = "sku,cost,keeps_days,every_days,pack\nonigiri-salmon,90,1,,\ngreen-tea,80,180,7,24\n"
    (shop.store / "supply.csv").write_text(supply, encoding="utf-8")
    out = tmp_path / "order.csv"
    result = shop.ask("--day", "2026-06-01", "--csv", str(out))
    assert result.exit_code == 0, result.output
    assert "orders are for empty ones" in result.stderr
    rows = {row["sku"]: row for row in csv.DictReader(out.open(encoding="utf-8"))}
    assert int(rows[TEA]["units"]) % 24 == 0
    assert int(rows[TEA]["units"]) >= 70, "a week of it"
    assert 8 <= int(rows[ONIGIRI]["units"]) <= 13, "a day of it"
    shown = shop.ask("--day", "2026-06-01").stdout
    assert "Monday 2026-06-01, by 28 days before it" in shown
    assert "visits expected; most from 12:00 on" in shown


@pytest.mark.parametrize(
    ("supply", "words", "told"),
    [
        ("sku,cost,keeps_days\ngreen-tea,80,0\n", (), "supply.csv: line 2: keeps_days '0' is no such number"),
        ("sku,cost,keeps_days\ngreen-tea,900,3\n", (), "costs the shop as much as it is sold for"),
        ("sku,cost,keeps_days\nbeer,80,3\n", (), "sku 'beer' is not in the catalogue"),
        ("sku,cost\ngreen-tea,80\n", (), "no column keeps_days"),
        ("", ("--day", "soon"), "'soon' is no day. Write it like 2026-12-01"),
        ("", ("--day", "2026-05-04"), "forecasts begin the day after the first"),
    ],
)
def test_what_cannot_be_is_told_with_the_remedy(shop: Shop, supply: str, words: tuple[str, ...], told: str) -> None:
    if supply:
        (shop.store / "supply.csv").write_text(supply, encoding="utf-8")
    result = shop.ask(*words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not result.stdout
