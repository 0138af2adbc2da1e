"""Payments that are not over, and goods for adults, as staff see and settle them at the console."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.ledger import settlement_in
from edge.paying import Payment
from edge.site import Site
from tests.adapters.brokers import until
from tests.core.test_ages import ADULTS
from tests.web.shops import Browser, Corner, hire, screens_of

VISIT = Corner.visit


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", 0.2)


def state(corner: Corner) -> str:
    found = corner.do(lambda running: settlement_in(running.shop.book, VISIT))
    assert found is not None
    return found.state


def test_what_was_declined_is_asked_for_again_and_written_off(tmp_path: Path) -> None:
    with Corner(tmp_path, {"ana": "decline"}) as corner, Browser(screens_of(corner)) as browser:
        hire(corner.state)
        corner.errand()
        browser.log_in("mika")
        page = " ".join(browser.get("/staff/payments").text.split())
        assert "Declined <span" in page
        assert "<strong>declined</strong>" in page
        assert "Who owes what" in page
        assert "Let go of what is reserved" not in page, "what cannot be is no button"
        browser.post(f"/staff/payments/{VISIT}", verdict="release")
        assert "This has changed meanwhile" in browser.told()
        browser.post(f"/staff/payments/{VISIT}", verdict="burn it")
        assert "Say what is to be done" in browser.told()
        browser.post(f"/staff/payments/{VISIT}", verdict="retry")
        until(lambda: asked(corner) == 2, "the provider was asked again")
        until(lambda: state(corner) == "declined", "it says no again")
        browser.post(f"/staff/payments/{VISIT}", verdict="waive")
        until(lambda: state(corner) == "void", "it is written off")
        until(lambda: "Every payment is over." in browser.get("/staff/payments").text, "the page says so")
        assert "was written off" in browser.get(f"/staff/visits/{VISIT}").text


@pytest.mark.parametrize(("tab", "told"), [(True, "On the member&#39;s tab"), (False, "No payment provider")])
def test_what_is_on_a_tab_is_not_only_written_down(tmp_path: Path, tab: bool, told: str) -> None:
    with Corner(tmp_path, site=Site(payment=Payment(tab=tab))) as corner, Browser(screens_of(corner)) as browser:
        hire(corner.state)
        corner.errand()
        browser.log_in("mika")
        page = browser.get(f"/staff/visits/{VISIT}").text
        assert told in page
        assert ("put on the tab" in page, "taken by the provider" in page) == (tab, not tab)


def asked(corner: Corner) -> int:
    """How often the provider has said no; a second passes for the shop each time somebody looks."""
    corner.do(lambda running: running.pass_s(1))
    return corner.do(lambda running: len(list(running.shop.book.entries(kind="payment-declined", visit=VISIT))))


def test_who_may_not_move_money_sees_no_button_for_it(tmp_path: Path) -> None:
    with Corner(tmp_path, {"ana": "decline"}) as corner, Browser(screens_of(corner)) as browser:
        hire(corner.state)
        corner.errand()
        browser.log_in("sato")
        assert "verdict" not in browser.get("/staff/payments").text
        assert browser.post(f"/staff/payments/{VISIT}", verdict="waive").status_code == 403
        time.sleep(0.3)
        assert state(corner) == "declined"


@pytest.mark.parametrize(
    ("verdict", "told"), [("confirmed", "They may have it."), ("refused", "They may not have it.")]
)
def test_an_id_is_looked_at(tmp_path: Path, verdict: str, told: str) -> None:
    with Corner(tmp_path, catalogue_csv=ADULTS) as corner, Browser(screens_of(corner)) as browser:
        hire(corner.state)
        corner.errand(9.5)
        browser.log_in("vera")
        assert "verdict" not in browser.get("/staff").text
        browser.log_in("sato")
        assert "Holds goods for people of 20 and over." in browser.get("/staff").text
        browser.post(f"/staff/age/{VISIT}", verdict="confirmed", how="a look in the eyes")
        assert "Say what you looked at" in browser.told()
        browser.post("/staff/age/20231115-0099", verdict=verdict, how="passport")
        assert "The shop did not do it." in browser.told()
        browser.post(f"/staff/age/{VISIT}", verdict=verdict, how="passport")
        assert told in browser.told()
        assert "Holds goods for" not in browser.get("/staff").text
        entry = corner.do(lambda running: running.shop.book.last(f"age-{verdict}"))
        assert entry is not None
        assert entry.entry.body["by"] == "sato"
