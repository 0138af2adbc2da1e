"""A member asks to be forgotten: who may be, what goes, what stays, and that nothing brings them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.members.shops import Club

COUPON = """
[[promotion]]
id = "tea-50"
name = "お茶50円引き"
skus = ["green-tea"]
off = 50
coupon = true
"""


@pytest.fixture
def club(tmp_path: Path) -> Club:
    return Club(tmp_path, more=COUPON)


def deleted(club: Club, by: str = "sato") -> dict[str, object]:
    answer: dict[str, object] = club.order(do="delete-member", subject="ana", by=by)
    return answer


def test_what_a_member_has_ends_with_them_and_the_book_balances(club: Club) -> None:
    club.visit()
    club.adjust(100)
    club.order(do="coupon", what="issue", promotion="tea-50", subjects=["ana"], until="", reason="welcome", by="sato")
    assert club.points() > 100
    assert "error" not in deleted(club)
    assert club.points() == 0
    assert club.driver_coupons() == []
    assert club.shop.members.everybody() == []
    assert [w.entry.body for w in club.shop.book.entries(kind="member-deleted")] == [{"subject": "ana", "by": "sato"}]
    assert "ana" not in club.shop.driver.state.gate.members
    assert "no member" in str(deleted(club)["error"])
