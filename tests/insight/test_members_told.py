"""What members do beside taking and putting back: coupons that were used, pages that were opened, being forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.daemon.shop import RECORDINGS
from edge.insight import FILE, Insight
from edge.insight.events import Event
from edge.insight.flat import rows
from edge.insight.keeping import TOLD_S
from edge.insight.rebuild import rebuilt
from edge.journal import segments
from tests.members.shops import Club
from tests.members.test_coupons import ONIGIRI, issue


def told(shop: Club, *kinds: str) -> list[tuple[Event, str]]:
    """What `insight.db` says, made of the recordings and the book."""
    shop.shop.recorder.flush()
    rebuilt(shop.state, segments(shop.state / RECORDINGS), shop.shop.book, shop.store)
    with Insight(shop.state / FILE) as insight:
        return [(event, who) for event, who in insight.events(most=1000) if event.kind in kinds]


def test_a_coupon_that_was_used_and_pages_that_were_opened(tmp_path: Path) -> None:
    shop = Club(tmp_path, more=ONIGIRI)
    shop.open()
    shop.order(do="consent", subject="ana", purpose="insight", given=True, by="ana")
    issue(shop, "ana")
    shop.play(0.0, 9.0)
    assert shop.order(do="opened", sku="green-tea", subject="ana")["visit"]
    assert not shop.order(do="opened", sku="green-tea", subject="ben")["visit"]
    assert not shop.order(do="opened", sku="onigiri-salmon")["visit"]
    assert "no product" in shop.order(do="opened", sku="nonsense")["error"]
    shop.play(9.0, 18.0)
    shop.settle()
    ((used, who),) = told(shop, "coupon-used")
    assert (used.promotion, used.amount_minor, who) == ("onigiri-50", 50, "ana")
    opened = [(event.sku, who) for event, who in told(shop, "page-opened")]
    assert sorted(opened) == [("green-tea", ""), ("green-tea", "ana"), ("onigiri-salmon", "")]
    shop.shop.close()


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_who_was_told_a_name_is_told_to_forget_it(tmp_path: Path, how: str) -> None:
    shop = Club(tmp_path)
    shop.open()
    shop.order(do="consent", subject="ana", purpose="insight", given=True, by="ana")
    shop.play(0.0, 18.0)
    shop.settle()
    assert {who for _, who in told(shop, "entered")} == {"ana"}
    gone = {"do": "consent", "purpose": "insight", "given": False} if how == "withdrawn" else {"do": "delete-member"}
    assert "error" not in shop.order(**gone, subject="ana", by="ana")
    assert {who for _, who in told(shop, "entered", "bought", "left")} == {""}
    assert [who for _, who in told(shop, "forgotten")] == ["ana"]
    with Insight(shop.state / FILE) as insight:
        assert [row[6] for row in rows(insight, shop.store) if row[2] == "forgotten"] == ["ana"]
    shop.at_s += TOLD_S + 86_400.0
    shop.order(do="mode", mode="restock", by="sato")
    assert [who for _, who in told(shop, "forgotten")] == [""], "a month later nobody's number stands there"
    shop.shop.close()


def test_a_file_of_before_there_were_coupons_goes_on(tmp_path: Path) -> None:
    Insight(tmp_path / FILE).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("ALTER TABLE event DROP COLUMN promotion")
        db.execute("DROP TABLE forgotten")
    with Insight(tmp_path / FILE) as insight:
        assert insight.events() == []
