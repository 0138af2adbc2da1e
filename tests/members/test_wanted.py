"""Who may want what next, and how members come: by what they allow, in words, and nothing of the others."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.insight import FILE, Event, Insight, Noticed, figures
from edge.insight.booked import Visit
from edge.insight.segments import members_at
from edge.insight.wanted import wanted_by
from edge.ledger import Book
from edge.site import Site
from edge.store import Store, load_store
from edge.web.app import app_of
from edge.web.shop import Screens
from tests.corner import write_store
from tests.typed import typed
from tests.web.shopper.phones import Phone
from tests.web.shops import Browser, hire

TEA, ONIGIRI = "green-tea", "onigiri-salmon"
NOW = datetime.now().astimezone().replace(minute=0, second=0, microsecond=0)


class Past:
    """Days before today: who came, what they took."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = write_store(folder / "store"), folder / "state"
        self.state.mkdir()
        self.store: Store = load_store(self.folder)
        self.path = self.state / FILE
        Book(self.state / "ledger.db").close()
        hire(self.state)
        self.came("ana", range(1, 31, 3), ONIGIRI)
        self.came("ben", range(40, 60, 2), ONIGIRI)
        self.came("", range(1, 20), TEA, TEA)
        self.came("cho", [2], TEA)

    def came(self, who: str, days_ago: Iterable[int], *skus: str) -> None:
        events, visits = list[Event](), list[Visit]()
        for ago in days_ago:
            at_s = (NOW - timedelta(days=ago)).timestamp()
            visit = f"{who}-{ago}"
            visits.append(Visit(visit, who, 1, at_s, at_s + 60.0))
            events += [
                Event(f"floor/{visit}/{i}", "floor", at_s, "bought", at_s, visit=visit, sku=sku, amount_minor=150)
                for i, sku in enumerate(skus)
            ]
        with Insight(self.path) as kept:
            kept.note(Noticed(events=events))
            with kept._writing():
                kept._visits(visits)
                if who:
                    kept._db.execute("INSERT OR IGNORE INTO consent VALUES (?)", [who])

    def wanted(self, who: str, store: Store | None = None) -> list[tuple[str, int]]:
        with Insight(self.path) as kept:
            return [(w.sku, w.times) for w in wanted_by(kept, store or self.store, who, NOW.date())]


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def test_what_she_buys_herself_stands_first_and_then_what_everybody_does(past: Past) -> None:
    assert past.wanted("ana") == [(ONIGIRI, 10), (TEA, 0)]
    assert past.wanted("cho") == [(TEA, 1), (ONIGIRI, 0)]


def test_nothing_is_told_of_who_does_not_allow_it_and_nothing_for_adults(past: Past) -> None:
    assert past.wanted("dan") == past.wanted("") == []
    with Insight(past.path) as kept, kept._writing():
        kept._forget(["ana"])
    assert past.wanted("ana") == []
    grown = dict(past.store.catalogue) | {ONIGIRI: replace(past.store.catalogue[ONIGIRI], age=20)}
    assert past.wanted("ben", replace(past.store, catalogue=grown)) == [(TEA, 0)]


def test_how_members_come_is_told_with_why(past: Past) -> None:
    with Insight(past.path) as kept:
        found = {one.member.subject: one for one in members_at(kept, NOW.timestamp())}
        counted = {row["segment"]: row["members"] for row in figures(kept, past.store)["segments"]}
    assert {who: one.segment for who, one in found.items()} == {"ana": "regular", "ben": "slipping", "cho": "new"}
    assert found["ben"].why == "usually comes every 2.0 days, and has not come for 40"
    assert found["cho"].why == "came for the first time 2 days ago"
    assert counted["slipping"] == counted["new"] == 1


def test_staff_read_it_in_their_language_and_only_those_who_may(past: Past) -> None:
    with Members(past.state / MEMBERS) as members:
        for who in ("ana", "ben", "dan"):
            members.add(who, b"", "member", time.time())
    screens = Screens(past.store, Site(), past.state, past.folder)
    with Browser(screens) as browser:
        browser.client.cookies.clear()
        browser.log_in("mika")
        page = browser.get("/staff/members?segment=slipping").text
        assert "usually comes every 2.0 days, and has not come for 40" in page
        assert "<h2>ben" in page
        assert "<h2>ana" not in page
        assert "ふだんは2.0日ごとに来店" in browser.get("/staff/members?lang=ja").text
        assert "about to be lost" in browser.get("/staff/insight?days=all&lang=en").text
        browser.log_in("vera")
        assert "segment=slipping" not in browser.get("/staff/insight?days=all").text


def test_her_phone_tells_what_she_may_want_and_why(past: Past) -> None:
    phone = Phone("corner")
    with Members(past.state / MEMBERS) as members:
        members.add("ana", phone.public_key, "member", time.time())
    with TestClient(
        app_of(Screens(past.store, Site(), past.state, past.folder)), base_url="https://127.0.0.1:8322"
    ) as c:

        def ask(language: str) -> list[dict[str, Any]]:
            headers = phone.headers("GET", "/api/m/bought", time.time(), b"", f"lang={language}")
            return list(c.get(f"/api/m/bought?lang={language}", headers=headers).json()["wanted"])

        own, popular = ask("en")
        assert (own["sku"], own["why"]) == (ONIGIRI, "You bought it on 10 of your 10 visits.")
        assert (popular["why"], popular["price"], popular["path"]) == (
            "Many buy it these days.",
            "¥151",
            "/p/green-tea",
        )
        assert ask("ja")[0]["why"] == "10回の来店のうち10回お買い上げです。"


def test_a_coupon_for_a_segment_names_what_there_is(past: Past) -> None:
    where = ("--store", past.folder, "--state", past.state)
    assert "is no segment. Use gone, slipping" in typed("coupon", "issue", "tea", "--segment", "rich", *where).stderr
    assert "nobody who allows it is gone" in typed("coupon", "issue", "tea", "--segment", "gone", *where).stderr
    assert "no shop is running" in typed("coupon", "issue", "tea", "--segment", "slipping", *where).stderr.lower()
