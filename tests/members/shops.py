"""The corner shop with members: Ana has a phone, and the shop gives points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.adapters.members import FILE, Members
from edge.daemon.shop import LEDGER
from edge.facts.points import points_of
from edge.ledger import Book
from edge.members.coupons import coupons_of
from edge.pricing import Coupon
from edge.store import load_store
from tests.corner import OPENS_S, STORE, write_store
from tests.daemon.test_reviews import Reviewed

KEY = bytes(range(32))
POINTS = """
[points]
earn = 1
per = 100
spend = "{spend}"
days = {days}
"""


def with_points(spend: str = "always", days: int = 365, more: str = "") -> str:
    """The shop's settings with a table of points; one for every full 100 yen."""
    return STORE + POINTS.format(spend=spend, days=days) + more


class Club(Reviewed):
    """Ana is a member, and the shop gives points."""

    def __init__(self, folder: Path, spend: str = "always", days: int = 365, more: str = "") -> None:
        super().__init__(folder)
        self.store = load_store(write_store(folder / "store", store_toml=with_points(spend, days, more)))
        self.state.mkdir(exist_ok=True)
        with Members(self.state / FILE) as members:
            members.add("ana", KEY, "member", OPENS_S - 60.0)

    def visit(self) -> None:
        """Ana takes two onigiri, 356 JPY, and leaves."""
        self.open()
        self.play(0.0, 18.0)
        self.settle()

    def points(self, subject: str = "ana") -> int:
        """What somebody has by the book; the state says the same."""
        told = points_of(self.shop.book, subject)
        known = self.shop.driver.state.points.get(subject, ())
        assert [(lot.points, lot.until.isoformat()) for lot in known if lot.until.year < 9999] == [
            (lot["points"], lot["until"]) for lot in told["lots"] if lot["until"]
        ]
        assert sum(lot.points for lot in known) == told["points"] == -self.shop.book.balance(f"points:{subject}")
        return int(told["points"])

    def adjust(self, points: int | str, subject: str = "ana", reason: str = "welcome", by: str = "sato") -> Any:
        return self.order(do="points", subject=subject, points=str(points), by=by, reason=reason)

    def driver_coupons(self, subject: str = "ana") -> list[Coupon]:
        """What somebody holds; the book says the same."""
        held = self.shop.driver.state.coupons.get(subject, ())
        assert coupons_of(written.entry for written in self.shop.book.entries()).get(subject, ()) == held
        return list(held)

    def closed_book(self) -> Book:
        return Book(self.state / LEDGER, read_only=True)
