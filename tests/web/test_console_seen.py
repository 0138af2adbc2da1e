"""The console in a real browser: by the keyboard alone, on a small phone at night, enlarged, in both languages."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.daemon.desk import ask
from edge.ledger import settlement_in
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.web.axe import serious
from tests.web.browsers import at_the_desk, chromium
from tests.web.served import Served
from tests.web.shops import Corner, hire
from tests.web.test_console_orders import SUPPLY, night, past

VISIT, AGAIN = Corner.visit, "20231115-0002"
PATHS = (
    "/staff", "/staff/reviews", "/staff/visits", f"/staff/visits/{VISIT}", "/staff/payments", "/staff/tabs",
    "/staff/shelves", "/staff/prices", "/staff/insight?days=all", "/staff/orders", "/staff/members", "/staff/health",
    "/staff/people", "/staff/people/audit", "/staff/me",
)  # fmt: skip
SIZES = {"desktop": (1280, 800), "enlarged twice": (640, 400), "small phone": (360, 740)}


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    """Ana was there twice, and says that one of the onigiri of her first visit was put back."""
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        hire(found.state)
        with Members(found.state / MEMBERS) as members:
            members.add("ana", b"", "member", OPENS_S)
        found.errand()
        found.do(lambda running: running.again())
        said = {"do": "contest", "visit": VISIT, "subject": "ana", "about": "not-taken", "message": "I put one back."}
        ask(found.state, {**said, "lines": {"onigiri-salmon": 1}})
        past(found)
        (found.folder / "supply.csv").write_text(SUPPLY, encoding="utf-8")
        night(found, time.time())
        yield found


@pytest.fixture(scope="module")
def url(corner: Corner) -> Iterator[str]:
    with Served(corner.folder, corner.state) as served:
        yield served.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def log_in(browser: Browser, url: str, name: str, language: str = "en-GB", size: str = "desktop") -> Page:
    return at_the_desk(browser, url, name, language, SIZES[size], dark=size == "small phone")


@pytest.mark.parametrize(
    ("language", "size"), [("en-GB", "desktop"), ("ja-JP", "enlarged twice"), ("ja-JP", "small phone")]
)
def test_every_page_can_be_used(url: str, browser: Browser, language: str, size: str) -> None:
    page = log_in(browser, url, "oda", language, size)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    for path in PATHS:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= SIZES[size][0], f"{path} is {wide} wide"
        assert serious(page) == [], path
    assert faults == []
    page.context.close()


def press(page: Page, key: str, until_focused: str, most: int = 80) -> None:
    """A key again and again, until something has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", until_focused):
            return
    raise AssertionError(f"{until_focused} is not reached by {key}")


def test_a_refund_by_the_keyboard_alone_undone_and_done(corner: Corner, url: str, browser: Browser) -> None:
    page = log_in(browser, url, "mika")
    page.goto(f"/staff/visits/{VISIT}")
    press(page, "Tab", ".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    def take_back() -> None:
        press(page, "Tab", "input.units")
        page.keyboard.press("ArrowUp")
        press(page, "Tab", "input[type=radio]")
        page.keyboard.press(" ")
        press(page, "Tab", "form[action$='/refund'] button")
        page.keyboard.press("Enter")
        expect(page.get_by_text("sent in")).to_be_visible()

    take_back()
    press(page, "Tab", "[id^=undo-]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("taken back, nothing was done")).to_be_visible()
    assert taken_back(corner) == {}
    take_back()
    until(lambda: taken_back(corner) == {"onigiri-salmon": 1}, "the shop has taken one back", 30.0)
    expect(page.locator("#decisions").get_by_text("· done")).to_be_visible()
    page.reload()
    expect(page.locator(".roll").nth(1)).to_contain_text("178")
    page.context.close()


def taken_back(corner: Corner) -> dict[str, int]:
    found = corner.do(lambda running: settlement_in(running.shop.book, VISIT))
    assert found is not None
    return dict(found.corrected)


def test_the_floor_moves_by_itself(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> None:
    with Corner(tmp_path_factory.mktemp("floor")) as corner:
        hire(corner.state)
        with Served(corner.folder, corner.state) as served:
            page = log_in(browser, served.url, "sato")
            expect(page.locator("svg.plan .gondola")).to_be_visible()
            expect(page.locator(".person")).to_have_count(0)
            corner.errand(9.0)
            expect(page.locator(".person")).to_have_count(1)
            expect(page.locator(".person text")).to_have_text("1")
            page.reload()
            expect(page.locator("#inside")).to_contain_text("2 ×")
            expect(page.locator("#inside")).to_contain_text("ana")
            page.context.close()
