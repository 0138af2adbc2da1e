"""The busy morning once more, with points and coupons: however often shop and provider are killed with SIGKILL, nobody
has a point or a coupon too many or too few, and what they saved is what the provider was not asked for.

``TEBURA_KILLS`` and ``TEBURA_SEED`` say how often, and by which chance.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.checkout import Sale, sale_of
from edge.daemon.shop import LEDGER
from edge.ledger import Book, payments
from edge.members import balance, wallets_of
from edge.members.coupons import coupons_of
from edge.records import LedgerEntry
from tests.corner import OPENS_S
from tests.live import test_money_killed as money

KILLS = int(os.environ.get("TEBURA_KILLS", "10"))
SEED = int(os.environ.get("TEBURA_SEED", "1"))

CLUB = """
[points]
earn = 3
per = 50
spend = "always"

[[promotion]]
id = "spring"
name = "春のクーポン"
off = 20
coupon = true
"""
GIVEN = 10
HOLD = 60
"""So little that what a capture leaves over is never less than a provider moves."""


class Club(money.Morning):
    """Everybody is a member, and is given ten points, every other one a coupon."""

    def go(self) -> None:
        self.bank.start()
        self.shop.start()
        self.shop.ask(do="rehearse", at=OPENS_S, speed=1.0)
        names = sorted(self.people)
        for name in names:
            self.shop.ask(do="points", subject=name, points=str(GIVEN), by="sato", reason="welcome")
        wanted = {"promotion": "spring", "subjects": names[::2], "until": "", "reason": "spring"}
        self.shop.ask(do="coupon", what="issue", by="sato", **wanted)
        for number, said in enumerate(self.played):
            self._play(number, said, away=self._is_away(number))
        self._settle(self.played[-1][-1].received_s)


@pytest.fixture
def morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Club]:
    low = money.POLICY.replace(f"hold_minor = {money.HOLD}", f"hold_minor = {HOLD}")
    monkeypatch.setattr(money, "POLICY", CLUB + low)
    monkeypatch.setattr(money, "KILLS", KILLS)
    it = Club(tmp_path, SEED, KILLS)
    try:
        yield it
    finally:
        it.close()


def test_no_point_and_no_coupon_is_lost_or_given_twice(morning: Club) -> None:
    morning.go()
    morning.shop.terminate()
    assert morning.shop.prove() == []
    with Book(morning.shop.state / LEDGER, read_only=True) as book:
        entries = [written.entry for written in book.entries()]
        settled = payments(book)
    sales = {e.visit: sale_of(e.body) for e in entries if e.kind == "settlement"}
    for visit, real in morning.bank.books().items():
        if visit in sales:
            assert sum(real.charged) == settled[visit].paid_minor == sales[visit].total_minor, visit
        else:
            assert not real.charged, f"{visit} never came in"
    expected: Counter[str] = Counter(dict.fromkeys(morning.people, GIVEN))
    for visit, sale in sales.items():
        once(entries, "points-spent", visit, sale.spent)
        once(entries, "points-earned", visit, sale.points.earned if sale.points else 0)
        expected[sale.subject] += (sale.points.earned if sale.points else 0) - sale.spent
    for entry in entries:
        if entry.kind == "points-returned":
            body = entry.body
            expected[str(body["subject"])] += int(str(body["given_back"])) - int(str(body["taken_back"]))
    wallets = {subject: balance(wallet) for subject, wallet in wallets_of(entries).items()}
    assert wallets == {subject: points for subject, points in expected.items() if points}
    holds = {subject for subject, held in coupons_of(entries).items() if held}
    assert holds == set(sorted(morning.people)[::2]) - used(entries, sales)
    killed = f"{morning.shop_kills} kills of the shop, {morning.bank.kills} of the provider"
    spent = sum(sale.spent for sale in sales.values())
    print(f"\n{killed}; {len(sales)} sales, {spent} points spent, {sum(wallets.values())} left, {len(entries)} entries")
    assert spent
    assert morning.shop_kills >= KILLS


def once(entries: list[LedgerEntry], kind: str, visit: str, points: int) -> None:
    """Exactly one entry, or none where there is nothing to tell."""
    told = [e.body["points"] for e in entries if e.kind == kind and e.visit == visit]
    assert told == ([points] if points else []), (kind, visit)


def used(entries: list[LedgerEntry], sales: dict[str, Sale]) -> set[str]:
    """Who has used their coupon, and not brought back what it was for."""
    back = {str(e.body["coupon"]) for e in entries if e.kind == "coupon-returned"}
    names = [coupon.id for sale in sales.values() for coupon in sale.coupons]
    assert len(names) == len(set(names)), "a coupon was used twice"
    assert sorted(names) == sorted(str(e.body["coupon"]) for e in entries if e.kind == "coupon-used")
    return {sale.subject for sale in sales.values() for coupon in sale.coupons if coupon.id not in back}
