"""*Orders* at the console: what the night has learned, with what stands on the shelves now, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from edge.daemon.nightly import Nightly
from edge.forecast.kept import FILE, read
from edge.insight import FILE as EVENTS
from edge.insight import Event, Insight, Noticed
from edge.told import Sentence
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.web.shops import Browser, Corner, hire, insight_of, screens_of

SUPPLY = "sku,cost,keeps_days,every_days,pack\nonigiri-salmon,90,1,,\ngreen-tea,80,180,7,24\n"
TEA, ONIGIRI = "green-tea", "onigiri-salmon"


def past(corner: Corner, days: int = 30) -> None:
    """Ten visits on each of the days before: everybody takes tea; onigiri are gone at noon, after six."""
    insight_of(corner)
    zone = corner.running.store.timezone
    today = datetime.fromtimestamp(OPENS_S, zone)
    events = list[Event]()

    def happens(at: datetime, kind: str, sku: str = "") -> None:
        at_s = at.timestamp()
        events.append(Event(f"floor/{at_s}/{kind}/{sku}", "floor", at_s, kind, at_s, sku=sku))  # type: ignore[arg-type]

    for back in range(days, 0, -1):
        day = today.replace(hour=0, minute=0, second=0) - timedelta(days=back)
        for i in range(10):
            came = day + timedelta(hours=9 + i)
            happens(came, "entered")
            happens(came + timedelta(minutes=2), "bought", TEA)
            if i < 6:
                happens(came + timedelta(minutes=2), "bought", ONIGIRI)
        happens(day + timedelta(hours=14, minutes=3), "sold-out", ONIGIRI)
        happens(day + timedelta(hours=22), "back-on-shelf", ONIGIRI)
    with Insight(corner.state / EVENTS) as kept:
        kept.note(Noticed(events=events))


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        hire(found.state)
        found.errand()
        past(found)
        yield found


@pytest.fixture(scope="module")
def vera(corner: Corner) -> Iterator[Browser]:
    with Browser(screens_of(corner)) as browser:
        browser.log_in("vera")
        yield browser


def night(corner: Corner, at_s: float = OPENS_S + 86400.0) -> list[Sentence]:
    """The night after that moment, as `tebura run` has it done; what staff are told of it."""
    troubles: list[Sentence] = []
    nightly = Nightly(corner.running.store, corner.folder, corner.state, lambda: at_s, troubles.append, look_s=0.01)
    nightly.open()
    until(lambda: bool(troubles), "the night's work is over")
    nightly.close()
    return troubles


def test_before_the_first_night_the_page_says_when_it_will_be(vera: Browser, corner: Corner) -> None:
    (corner.state / FILE).unlink(missing_ok=True)
    assert "Nothing was learned yet" in vera.get("/staff/orders").text
    assert vera.get("/staff/orders.csv").status_code == 404


def test_a_night_is_worked_once_and_again_when_its_file_is_gone(corner: Corner) -> None:
    at_s = OPENS_S + 86400.0
    assert night(corner) == [""]
    known = read(corner.state, "corner")
    assert known is not None
    assert known.days == 31
    nightly = Nightly(corner.running.store, corner.folder, corner.state, lambda: at_s, lambda _: None)
    assert nightly.due() is None, "once a night is enough"
    later = Nightly(corner.running.store, corner.folder, corner.state, lambda: at_s + 86400.0, lambda _: None)
    assert later.due() is not None
    (corner.state / FILE).write_bytes(b"{half")
    assert nightly.due() == known.before == date(2023, 11, 15) + timedelta(days=1)


def test_a_night_that_fails_is_told_and_the_shop_goes_on(corner: Corner) -> None:
    (corner.state / FILE).unlink(missing_ok=True)
    catalogue = corner.folder / "catalogue.csv"
    whole = catalogue.read_bytes()
    catalogue.write_bytes(b"nothing")
    try:
        assert "the night's work failed" in night(corner)[0]
    finally:
        catalogue.write_bytes(whole)
    assert read(corner.state, "corner") is None


def test_what_to_order_and_why_beside_last_week(vera: Browser, corner: Corner) -> None:
    (corner.state / FILE).unlink(missing_ok=True)
    (corner.folder / "supply.csv").write_text(SUPPLY, encoding="utf-8")
    night(corner)
    page = vera.get("/staff/orders").text
    assert page.index("<svg") < page.index("<table"), "pictures first"
    assert "it sold out on 30 of 31 days, and more was wanted then than was sold" in page
    assert "it comes by 24" in page
    assert "less than ordering what was sold a week ago" in page
    assert "Most from" in page
    rows = {row["sku"]: row for row in csv.DictReader(io.StringIO(vera.get("/staff/orders.csv").text))}
    assert 8 <= int(rows[ONIGIRI]["units"]) <= 14, "ten want one, though six were there"
    assert int(rows[TEA]["units"]) % 24 == 0
    assert "100日中" in vera.get("/staff/orders?lang=ja").text
    vera.get("/staff/orders?lang=en")


def test_a_broken_supply_is_told_and_orders_nothing(vera: Browser, corner: Corner) -> None:
    (corner.folder / "supply.csv").write_text("sku,cost,keeps_days\ngreen-tea,900,3\n", encoding="utf-8")
    if read(corner.state, "corner") is None:
        night(corner)
    assert "costs the shop as much as it is sold for" in vera.get("/staff/orders").text
    assert vera.get("/staff/orders.csv").status_code == 404
