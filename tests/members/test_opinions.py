"""Reviews on product pages: by who has bought it, one each, read by others when staff let them; gone with a member."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.members import FILE, Members
from edge.facts.opinions import opinions_in
from tests.corner import OPENS_S
from tests.daemon.test_reviews import VISIT
from tests.members.shops import Club
from tests.web.shopper.phones import Phone
from tests.web.shops import Browser, Corner, hire, screens_of

HERE = "/p/onigiri-salmon"
NICE = "Rice as it should be <b>"
NOW_S = OPENS_S + 3600.0


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Corner]:
    """Ana has bought two onigiri."""
    with Corner(tmp_path) as corner:
        hire(corner.state)
        corner.errand()
        yield corner


def test_from_the_phone_to_the_page_and_away_again(corner: Corner) -> None:
    ana, ben = Phone("corner"), Phone("corner")
    with Members(corner.state / FILE) as members:
        for subject, phone in (("ana", ana), ("ben", ben)):
            members.add(subject, phone.public_key, "member", OPENS_S)
    with Browser(screens_of(corner)) as browser:

        def said(phone: Phone, method: str, path: str, query: str = "", **body: object) -> Any:
            data = json.dumps(body).encode() if body else b""
            headers = phone.headers(method, path, NOW_S, data, query)
            there = f"{path}?{query}" if query else path
            return browser.client.request(method, there, content=data, headers=headers)

        def page() -> tuple[str, Any]:
            text = browser.get(HERE).text
            found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
            assert found is not None
            return text, json.loads(found[1])

        asked = "/api/m/opinion"
        mine = f"{asked}", "sku=onigiri-salmon"
        assert said(ben, "GET", *mine).json() == {"may": False, "stars": 0, "text": "", "shown": False}
        assert said(ben, "POST", asked, sku="onigiri-salmon", stars=1, text="x").status_code == 409
        assert said(ana, "POST", asked, sku="onigiri-salmon", stars=4, text=NICE).json()["shown"] is False
        assert "aggregateRating" not in page()[1]
        browser.log_in("vera")
        assert browser.get("/staff/opinions").status_code == 403
        browser.log_in("sato")
        assert "Rice as it should be &lt;b&gt;" in browser.get("/staff/opinions").text
        browser.post("/staff/opinions", step="shown", sku="onigiri-salmon", subject="ana")
        text, ld = page()
        assert "Rice as it should be &lt;b&gt;" in text
        assert "ana" not in set(re.findall(r"\w+", text))
        assert ld["aggregateRating"]["ratingValue"] == 4
        assert (ld["review"][0]["reviewBody"], ld["review"][0]["reviewRating"]["ratingValue"]) == (NICE, 4)
        assert said(ana, "GET", *mine).json() == {"may": True, "stars": 4, "text": NICE, "shown": True}
        assert said(ana, "POST", asked, sku="onigiri-salmon", stars=3).json()["shown"] is False, "staff look once more"
        assert "Rice as" not in page()[0]
        browser.post("/staff/opinions", step="shown", sku="onigiri-salmon", subject="ana")
        assert page()[1]["aggregateRating"]["ratingValue"] == 3
        assert said(ana, "POST", asked, sku="onigiri-salmon", stars=0).json()["stars"] == 0
        assert "aggregateRating" not in page()[1]


def test_only_who_has_bought_it_and_kept_it_says_what_it_is_like(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.visit()
    ask: dict[str, Any] = {"do": "opinion", "step": "given", "subject": "ana", "by": "ana", "text": NICE, "stars": 5}
    assert "only who has bought it" in club.order(**ask, sku="green-tea")["error"]
    assert "stars" in club.order(**ask | {"stars": 6}, sku="onigiri-salmon")["error"]
    assert "500" in club.order(**ask | {"text": "a" * 501}, sku="onigiri-salmon")["error"]
    assert "said nothing" in club.order(**ask | {"step": "shown", "by": "sato"}, sku="onigiri-salmon")["error"]
    assert club.order(**ask, sku="onigiri-salmon")["written"]
    assert club.order(**ask | {"stars": 2}, sku="onigiri-salmon")["written"]
    words = club.shop.members.words
    (row,) = opinions_in(club.shop.book, words)  # one a member and product: the last
    assert (row["stars"], row["text"], row["shown"]) == (2, NICE, False)
    assert NICE.encode() not in (club.state / "ledger.db").read_bytes()
    assert "error" not in club.order(do="decide", visit=VISIT, verdict="refund", by="sato", reason="return",
                                     lines={"onigiri-salmon": 2})  # fmt: skip
    club.settle()
    assert "only who has bought it" in club.order(**ask, sku="onigiri-salmon")["error"]
    assert "error" not in club.order(do="delete-member", subject="ana", by="ana")
    assert opinions_in(club.shop.book, words) == []
    assert "no member" in club.order(**ask, sku="onigiri-salmon")["error"]
    club.shop.close()


def test_a_policy_may_show_everything_at_once(tmp_path: Path) -> None:
    club = Club(tmp_path, more='\n[policy]\nproduct_reviews = "at-once"\n')
    club.visit()
    club.order(do="opinion", step="given", sku="onigiri-salmon", subject="ana", by="ana", text="", stars=5)
    (row,) = opinions_in(club.shop.book, club.shop.members.words)
    assert (row["shown"], row["by"]) == (True, "policy")
    club.shop.close()
