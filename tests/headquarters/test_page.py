"""The page, in a real browser and over real servers: what is on it, who may see it, in both languages, on a phone."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from edge.headquarters.read import shops
from edge.ledger import Book
from edge.ledger.sales import sold_on
from edge.uplink.line import Door
from edge.web.staff import FILE, Staff
from simulator.servers import Postgres, free_port
from tests.headquarters.house import CLI, Ear, House, house, listen
from tests.headquarters.test_shop import until
from tests.ledger.days import a_day
from tests.web.axe import serious
from tests.web.browsers import at_the_desk, chromium
from tests.web.shops import PASSWORD

PATHS = ("/staff", "/staff/shops/kiosk", "/staff/days", "/staff/receipts?q=onigiri", "/staff/me")


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[House]:
    """One shop with a day and a fork, one that was never heard."""
    folder = tmp_path_factory.mktemp("page")
    with Staff(folder / FILE) as staff:
        staff.add("aki", PASSWORD, ["viewer"], time.time())
    with Book(folder / "ledger.db") as book, house(folder, postgres, "kiosk", "quiet") as found:
        book.append(a_day(30))
        last = book.head()[0]
        found.worker()
        door = Door(found.nats.address, "kiosk", folder / "kiosk.nk")
        said = {"state": "degraded", "troubles": {"serial/g1-s1": "the device is gone"}, "clock_s": time.time() + 60,
                "disk_used": 0.97, "version": "0.1.0", "config": "abc", "why": ["nonsense"], "late": 7}  # fmt: skip

        def arrived(_ear: Ear) -> bool:
            with found.sql() as conn:
                there = shops(conn, "kiosk")[0]
            return there.has == last and there.said.config == "abc"

        listen(door, folder / "ledger.db", arrived, json.dumps(said).encode())
        with found.sql() as conn:
            conn.execute("UPDATE shop SET fork_why = 'entry 7 is another one there' WHERE store = 'kiosk'")
        yield found


@pytest.fixture(scope="module")
def url(hq: House) -> str:
    port = free_port()
    hq.runs([*CLI, "serve", "--folder", str(hq.folder), "--port", str(port)])

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/base.css", timeout=5):
                return True
        except OSError:
            return False

    until(answers)
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_row_says_all_that_is_wrong_and_all_that_was_sold(browser: Browser, url: str, hq: House) -> None:
    page = at_the_desk(browser, url, "aki")
    row = page.get_by_role("row").filter(has_text="kiosk")
    for what in ("degraded", "another book", "clock is off", "disk is full", "97 %", "0.1.0"):
        expect(row).to_contain_text(what)
    expect(page.get_by_role("row").filter(has_text="quiet")).to_contain_text("never heard")
    row.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("entry 7 is another one there")
    with Book(hq.folder / "ledger.db", read_only=True) as book, hq.sql() as conn:
        found = conn.execute("SELECT DISTINCT day FROM roll").fetchone()
        assert found is not None
        ours = sold_on(book, found[0], "Asia/Tokyo")
    expect(page.locator("main")).to_contain_text(f"¥{ours.total_minor['paid']:,}")
    for rate in ours.rates.values():
        expect(page.locator("main")).to_contain_text(f"¥{rate.gross_minor:,}")
    page.goto("/staff/receipts?q=v00001")
    expect(page.get_by_role("row").filter(has_text="v00001")).to_have_count(1)
    page.goto("/staff/receipts?q=100%25")
    expect(page.locator("main")).to_contain_text("Nothing was found.")


def test_nobody_looks_without_a_login(browser: Browser, url: str) -> None:
    page = browser.new_page(base_url=url)
    for path in PATHS:
        page.goto(path)
        assert "/staff/login" in page.url


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["desk", "phone"])
def test_everybody_can_use_it(browser: Browser, url: str, size: tuple[int, int]) -> None:
    page = at_the_desk(browser, url, "aki", "ja-JP", size, dark=size[0] == 360)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for path in PATHS:
        page.goto(path)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.goto("/staff/shops/kiosk")
    expect(page.locator("main")).to_contain_text("店側の 7 番の記録が別のものです")
    assert page.request.get("/staff/shops/nobody").status == 404
    assert not errors
