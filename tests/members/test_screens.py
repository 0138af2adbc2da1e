"""Points where people see and change them: at a terminal, at the console, on a phone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.adapters.members import FILE, Members
from edge.site import Site
from edge.store import Offers
from edge.web.app import app_of
from edge.web.shop import Screens
from tests.adapters.brokers import until
from tests.daemon.test_reviews import VISIT
from tests.members.shops import KEY, Club, with_points
from tests.typed import typed
from tests.web.shopper.phones import Phone
from tests.web.shops import Browser, Corner, hire, screens_of

POINTS = "/staff/members/points"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Club]:
    shop = Club(tmp_path)
    shop.visit()
    yield shop
    shop.shop.close()


def test_what_ana_has_is_told_at_a_terminal(shop: Club, tmp_path: Path) -> None:
    shop.adjust(40, reason="for the spilt tea")
    where = ("--store", tmp_path / "store", "--state", shop.state)
    (row,) = json.loads(typed("points", "list", *where, "--json").stdout)
    assert (row["subject"], row["points"], row["next_points"], row["next_until"]) == ("ana", 43, 43, "2024-11-14")
    assert "ana" in typed("points", "list", *where).stdout
    told = typed("points", "show", "ana", *where).stdout
    assert all(part in told for part in ("earned", VISIT, "+3", "for the spilt tea", "43 points"))
    assert "never had points" in typed("points", "show", "bo", *where).stderr
    assert "no shop" in typed("points", "adjust", "ana", "-1", "--reason", "x", *where).stderr.lower()


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"points": "1.5"}, "no number of points"), ({"points": "0"}, "no number of points"),
        ({"reason": " "}, "for a reason"), ({"subject": "bo"}, "no member"), ({"points": -4}, "takes off more"),
        ({"by": ""}, "has a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_is_written(shop: Club, wanted: dict[str, Any], told: str) -> None:
    before = shop.shop.book.head()
    assert told in shop.adjust(**{"points": 5, **wanted})["error"]
    assert shop.shop.book.head() == before


def test_a_shop_without_points_gives_none(tmp_path: Path) -> None:
    shop = Club(tmp_path)
    shop.store = replace(shop.store, offers=Offers())
    shop.open()
    assert "gives no points" in shop.adjust(5)["error"]
    shop.shop.close()


def test_her_phone_tells_her_points_and_what_she_bought(shop: Club, tmp_path: Path) -> None:
    ana, ben = Phone("corner"), Phone("corner")
    screens = Screens(shop.store, Site(), shop.state, tmp_path / "store")
    with Members(shop.state / FILE) as members:
        for subject, phone in (("ana", ana), ("ben", ben)):
            members.add(subject, phone.public_key, "member", time.time())
    with TestClient(app_of(screens), base_url="https://127.0.0.1:8322") as client:

        def ask(phone: Phone, path: str) -> Any:
            headers = phone.headers("GET", path, time.time(), b"", "lang=ja")
            return client.get(f"{path}?lang=ja", headers=headers).json()

        assert ask(ana, "/api/m/me")["points"] == {
            "points": 3, "points_text": "3", "next_points": 3, "next_until": "2024-11-14", "next_when": "2024/11/14",
        }  # fmt: skip
        (row,) = ask(ana, "/api/m/bought")["products"]
        assert (row["sku"], row["units"], row["times"], row["visit"]) == ("onigiri-salmon", 2, 1, VISIT)
        assert (row["sold"], row["price"]) == (True, "¥178")
        assert ask(ben, "/api/m/bought") == {"products": [], "wanted": []}
        assert ask(ana, "/api/m/bought")["wanted"] == [], "she has not allowed it"
        assert ask(ben, "/api/m/me")["points"]["points"] == 0
        shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={"onigiri-salmon": 2}, reason="return")
        assert ask(ana, "/api/m/bought")["products"] == []


def test_a_manager_adjusts_them_at_the_console_and_a_viewer_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", 0.1)
    (tmp_path / "state").mkdir()
    with Members(tmp_path / "state" / FILE) as members:
        members.add("ana", KEY, "member", time.time())
    with Corner(tmp_path, store_toml=with_points()) as corner:
        hire(corner.state)
        corner.errand()
        with Browser(screens_of(corner)) as browser:
            browser.log_in("sato")
            assert "3 points" in browser.get("/staff/members").text
            page = browser.get(f"{POINTS}?who=ana").text
            assert VISIT in page
            assert "Adjust points" not in page, "only managers move money"
            given = {"who": "ana", "points": "40", "reason": "welcome"}
            assert browser.post(POINTS, **given).status_code == 403
            browser.log_in("mika")
            browser.get(f"{POINTS}?who=ana")
            assert browser.post(POINTS, **{**given, "reason": ""}).status_code == 303
            assert browser.post(POINTS, **given).status_code == 303

            def has() -> bool:
                return -corner.do(lambda running: running.shop.book.balance("points:ana")) == 43

            until(has, "what she was given is in the book")
            assert "welcome" in browser.get(f"{POINTS}?who=ana").text
