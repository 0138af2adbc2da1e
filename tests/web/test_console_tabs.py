"""Members' tabs at the console: what is on them, what was paid of them, and what never will be."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from edge.facts.tabs import statement_of
from edge.paying import Payment
from edge.site import Site
from edge.web.staff import FILE, FRESH_S, Staff
from tests.adapters.brokers import until
from tests.web.shops import PASSWORD, Browser, Clocked, Corner, hire

TABS = "/staff/tabs"


@pytest.fixture(scope="module", autouse=True)
def _short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.web.pending.UNDO_S", 0.3)
        yield


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    """Ana has 356 JPY on her tab."""
    with Corner(tmp_path_factory.mktemp("corner"), site=Site(payment=Payment(tab=True))) as found:
        hire(found.state)
        found.errand()
        yield found


def on_the_tab(corner: Corner) -> tuple[int, int, int]:
    """Settled, written off, still open."""
    told = corner.do(lambda running: statement_of(running.shop.book, "ana"))
    return told["settled_minor"], told["written_off_minor"], told["open_minor"]


def plain(page: str) -> str:
    return " ".join(page.split())


def test_what_is_on_whose_tab_in_both_languages(browser: Browser) -> None:
    browser.log_in("sato")
    assert TABS in browser.get("/staff/payments").text
    page = plain(browser.get(TABS).text)
    assert "who=ana" in page
    assert "<strong>¥356</strong>" in page
    one = plain(browser.get(f"{TABS}?who=ana").text)
    assert Corner.visit in one
    assert "Book a payment" not in one, "only managers move money"
    assert "Nobody has anything on a tab." in browser.get(f"{TABS}?month=2020-01").text
    assert "Nothing was ever put on a tab of theirs." in browser.get(f"{TABS}?who=nobody").text
    browser.get(f"{TABS}?month=soon")
    japanese = browser.get(f"{TABS}?who=ana&lang=ja").text
    assert "つけ: ana" in japanese
    browser.get(f"{TABS}?lang=en")


def test_who_may_book_and_when_the_password_is_asked_for_again(
    corner: Corner, screens: Clocked, browser: Browser
) -> None:
    browser.log_in("vera")
    assert browser.get(TABS).status_code == 403
    browser.log_in("sato")
    booked = {"who": "ana", "amount": "100", "how": "cash"}
    assert browser.post(TABS, **booked).status_code == 403
    browser.log_in("mika")
    screens.ahead_s = FRESH_S + 1.0
    browser.post(TABS, **booked)
    assert "Type your password for this" in browser.told()
    screens.ahead_s = 0.0
    time.sleep(0.6)
    assert on_the_tab(corner) == (0, 0, 356)


def test_a_part_is_paid_and_the_rest_is_written_off(corner: Corner, browser: Browser) -> None:
    browser.log_in("mika")
    browser.post(TABS, who="ana", amount="300", how="payroll", note="November", password=PASSWORD)
    browser.post(TABS, who="ana", amount="300", how="payroll", note="November", password=PASSWORD)
    assert "just now. Nothing was done." in browser.told(), "a second press is no second payment"
    until(lambda: on_the_tab(corner) == (300, 0, 56), "the shop has booked it", 30.0)
    browser.post(TABS, who="ana", amount="56", how="written-off", password=PASSWORD)
    assert "Say why it is written off." in browser.told()
    browser.post(TABS, who="ana", amount="56", how="written-off", note="moved away", password=PASSWORD)
    until(lambda: on_the_tab(corner) == (300, 56, 0), "the shop has written it off", 30.0)
    page = plain(browser.get(f"{TABS}?who=ana").text)
    assert "mika, moved away" in page
    assert "Book a payment" not in page, "nothing is open"
    with Staff(corner.state / FILE) as staff:
        noted = [n.detail for n in staff.audit(name="mika") if n.what == "decided: Write off of a tab"]
    assert noted == ["ana: 56 written-off moved away"]


def test_more_than_is_open_is_refused_by_the_shop_in_the_readers_words(corner: Corner, browser: Browser) -> None:
    browser.log_in("mika")
    browser.get("/staff?lang=ja")
    browser.post(TABS, who="ana", amount="1,000", how="cash", password=PASSWORD)
    until(lambda: "これを超えています" in browser.get("/staff/pending").text, "the shop has refused it", 30.0)
    assert "is more" not in browser.get("/staff/pending").text
    browser.get("/staff?lang=en")
