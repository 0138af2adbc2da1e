"""A busy morning with holds, captures, remainders, declines and refunds, and a provider that is away for two hours;
the shop and the provider are killed with SIGKILL, each so many times. In the end both have the same books, to the yen.

``TEBURA_KILLS`` and ``TEBURA_SEED`` say how often, and by which chance.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from edge.adapters.members import Members
from edge.daemon.desk import NobodyThere
from edge.daemon.shop import LEDGER, MEMBERS
from edge.ledger import Book, not_over, payments, settlement_in
from edge.payment import Settlement
from edge.records import PaymentOperation
from edge.wire import Heard
from simulator.providers.server import KEY
from tests.corner import FILES, OPENS_S, STORE
from tests.live.bank import Bank
from tests.live.busy_corner import LEAVES_S, SCANS_S, Corner, Shopper, shoppers
from tests.live.stage import Theatre

KILLS = int(os.environ.get("TEBURA_KILLS", "150"))
SEED = int(os.environ.get("TEBURA_SEED", "1"))

VISITS = 36
SPEED = 30.0
HOLD = 400
POLICY = f'\n[policy]\nhold = "fixed"\nhold_minor = {HOLD}\noffline_limit_minor = 100000\n'
GOOD, BAD = "pm_card_visa", "pm_card_chargeCustomerFail"
AWAY_S = 7200.0


def part_of_day(chance: random.Random) -> list[list[Shopper]]:
    """Who comes: half of the morning, some while the provider is away, the other half; some who cannot pay, and some
    who do not come in after all.
    """
    many = VISITS // 2 - 3
    before = shoppers(many, OPENS_S + 10.0, chance, "early")
    parts = [before]
    at_s = before[-1].at_s + 60.0
    for name in ("poor-1", "shy-1", "poor-2", "shy-2", "shy-3"):
        parts.append([Shopper(name, at_s, only_scans=True)])
        at_s += 60.0
    for i in range(3):
        parts.append(shoppers(2, at_s, chance, f"away{i}"))
        at_s += AWAY_S / 3
    parts.append(shoppers(many, at_s, chance, "late"))
    return parts


class Morning:
    """One run of it. ``deaths``: how often either has still to be killed."""

    def __init__(self, folder: Path, seed: int, kills: int) -> None:
        self.chance = random.Random(seed)
        self.parts = part_of_day(self.chance)
        self.people = {who.name: who for part in self.parts for who in part}
        self.bank = Bank(folder / "bank", OPENS_S, seed)
        key = folder / "key"
        key.write_text(KEY, encoding="utf-8")
        key.chmod(0o600)
        site = f'[payment]\nprovider = "stripe"\nurl = "{self.bank.url}"\nsecret_file = "{key}"\nnews_s = 3.0\n'
        self.shop = Theatre(folder / "shop", {**FILES, "store.toml": (STORE + POLICY).encode()}, site)
        self.shop_kills = self.at_the_desk = 0
        self.corner = Corner(seed)
        self.played = [self.corner.hears(part) for part in self.parts]
        self._plan(kills)
        self._cards()

    def close(self) -> None:
        self.shop.close()
        self.bank.close()

    # --- who has which card -----------------------------------------------------------------------------------------

    def _cards(self) -> None:
        good = {name: GOOD for name in self.people if not name.startswith("poor")}
        bad = {f"{name} bad": BAD for name in self.people}
        self.wallets = self.bank.customers({**good, **bad})
        self.shop.state.mkdir(parents=True)
        with Members(self.shop.state / MEMBERS) as members:
            for name in self.people:
                members.add(name, b"", "member", OPENS_S - 100.0)
                members.keep_wallet(name, self.wallets.get(name, self.wallets[f"{name} bad"]), OPENS_S - 100.0)
        some = [name for name in good if self.people[name].owes_minor]
        self.broke = set(self.chance.sample(some, len(some) // 4))
        self.bring_back = set(self.chance.sample(some, len(some) // 3))

    def _change_card(self, name: str, wallet: str) -> None:
        with Members(self.shop.state / MEMBERS) as members:
            members.keep_wallet(name, wallet, OPENS_S)

    # --- killing ----------------------------------------------------------------------------------------------------

    def _plan(self, kills: int) -> None:
        """Behind which messages who is killed: half of them while somebody comes or leaves, and money is on its way."""
        every = [(part, i) for part, said in enumerate(self.played) for i in range(len(said))]
        there = [(part, i) for part, i in every if not self._is_away(part)]
        self.deaths = {"shop": self._some(every, kills), "bank": self._some(there, kills)}

    def _some(self, moments: list[tuple[int, int]], kills: int) -> set[tuple[int, int]]:
        hot = [moment for moment in moments if self._is_hot(*moment)]
        cool = [moment for moment in moments if not self._is_hot(*moment)]
        return {*self.chance.sample(hot, kills // 2), *self.chance.sample(cool, kills - kills // 2)}

    def _is_away(self, part: int) -> bool:
        """Whether the provider is."""
        return self.parts[part][0].name.startswith("away")

    def _is_hot(self, part: int, i: int) -> bool:
        at_s = self.played[part][i].received_s
        since = [at_s - who.at_s for who in self.parts[part]]
        return any(SCANS_S < s < SCANS_S + 1.0 or LEAVES_S < s < LEAVES_S + 3.0 for s in since)

    def kill_shop(self) -> None:
        self.shop.kill()
        self.shop_kills += 1
        while self.chance.random() < 0.1:
            self.shop.start(wait=False)
            time.sleep(self.chance.uniform(0.0, 0.3))
            self.shop.kill()
            self.shop_kills += 1
        self.shop.start()

    # --- the morning ------------------------------------------------------------------------------------------------

    def go(self) -> None:
        self.bank.start()
        self.shop.start()
        for number, said in enumerate(self.played):
            self._play(number, said, away=self._is_away(number))
        self._settle(self.played[-1][-1].received_s)

    def _play(self, number: int, said: list[Heard], *, away: bool) -> None:
        if away and self.bank.is_up:
            self.bank.kill()
        if not away and not self.bank.is_up:
            self.bank.away_for(AWAY_S if self._is_away(number - 1) else 0.0)
            self.bank.start()
        leaves = {who.at_s + LEAVES_S - 0.5: who.name for who in self.parts[number] if who.name in self.broke}
        back_at = -1

        def between(i: int) -> None:
            nonlocal back_at
            at_s = said[i].received_s
            for due_s in [s for s in leaves if s <= at_s]:
                name = leaves.pop(due_s)
                self._change_card(name, self.wallets[f"{name} bad"])
            if i == back_at:
                self.bank.start()
            if (number, i) in self.deaths["bank"] and not away:
                time.sleep(self.chance.uniform(0.0, 0.05))
                if not self.bank.is_up:
                    self.bank.start()
                self.bank.kill()
                back_at = i + self.chance.randrange(12)
                if back_at == i or back_at >= len(said):
                    self.bank.start()
            if (number, i) in self.deaths["shop"]:
                time.sleep(self.chance.uniform(0.0, 0.05))
                self.kill_shop()
            if i % 120 == 119:
                self.staff()

        self.shop.play(said, SPEED, between)

    # --- staff ------------------------------------------------------------------------------------------------------

    def staff(self) -> None:
        """Somebody looks after one visit that needs a person, as the book says; the shop may be killed meanwhile."""
        for visit, settlement in self.standing().items():
            wanted = self._wanted(settlement)
            if wanted:
                with suppress(NobodyThere, ValueError):
                    self.shop.ask(do="decide", visit=visit, by="sato", **wanted)
                self.at_the_desk += 1
                if self.chance.random() < 0.3 and self.shop_kills < KILLS:
                    time.sleep(self.chance.uniform(0.0, 0.05))
                    self.kill_shop()
                return

    def _wanted(self, s: Settlement) -> dict[str, object]:
        who = self.people[s.subject]
        if s.state == "review":
            return {"verdict": "charge", "lines": who.items} if who.items else {"verdict": "waive"}
        if s.state == "declined":
            self._change_card(who.name, self.wallets[who.name])
            return {"verdict": "retry"}
        if s.state == "paid" and who.name in self.bring_back and not s.corrections and s.sale is not None:
            sku = s.sale.lines[0].sku
            lines = {sku: 1} if self.chance.random() < 0.5 else {}
            return {"verdict": "refund", "reason": "return", "lines": lines}
        return {"verdict": "retry"} if any(r.state == "declined" and not r.replaced for r in s.refunds) else {}

    def standing(self) -> dict[str, Settlement]:
        with Book(self.shop.state / LEDGER, read_only=True) as book:
            return payments(book)

    def ended(self) -> dict[str, Settlement]:
        """… of everybody who was let in, or for whom something was reserved."""
        with Book(self.shop.state / LEDGER, read_only=True) as book:
            found = {visit: settlement_in(book, visit) for visit in book.visits("payment-asked")}
        return {visit: settlement for visit, settlement in found.items() if settlement is not None}

    def _settle(self, at_s: float) -> None:
        """Hours pass, and staff do what is left to do, until nothing is."""
        if not self.bank.is_up:
            self.bank.start()
        for _ in range(200):
            at_s += 30.0 if self.chance.random() < 0.8 else 900.0
            self.shop.ask(do="rehearse", at=at_s, speed=1.0)
            self.staff()
            time.sleep(0.15)
            if self._is_over():
                return
        with Book(self.shop.state / LEDGER, read_only=True) as book:
            raise AssertionError(f"it does not come to rest: {not_over(book)}")

    def _is_over(self) -> bool:
        with Book(self.shop.state / LEDGER, read_only=True) as book:
            rest = not_over(book)
        return not rest and not any(self._wanted(s) for s in self.standing().values())


@pytest.fixture
def morning(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Morning]:
    seed, kills = request.param
    it = Morning(tmp_path, seed, kills)
    try:
        yield it
    finally:
        it.close()


@pytest.mark.parametrize("morning", [(SEED, KILLS)], indirect=True)
def test_both_books_agree_to_the_yen(morning: Morning) -> None:
    morning.go()
    morning.shop.terminate()
    assert morning.shop.prove() == []
    real, ours = morning.bank.books(), morning.ended()
    assert real.keys() <= ours.keys()
    for visit, money in real.items():
        settlement = ours[visit]
        assert sum(money.charged) == settlement.paid_minor, (visit, money, settlement)
        assert sum(money.charged) <= morning.people[settlement.subject].owes_minor, f"{visit} paid too much"
        assert money.held == settlement.held_minor == 0, f"{visit}: something is still reserved"
        back = {key: sum(amounts) for key, amounts in money.given_back.items()}
        assert all(len(amounts) == 1 for amounts in money.given_back.values()), f"{visit} was given money back twice"
        assert sum(back.values()) == settlement.refunded_minor, (visit, money, settlement)
        assert settlement.refundable_minor == 0
    for visit, settlement in ours.items():
        assert settlement.state in ("paid", "void"), (visit, settlement)
        assert settlement.total_minor == 0 or visit in real, f"{visit} was never charged"
    entries = morning.shop.entries()
    assert [e for e in entries if e.kind == "payment-contradiction"] == []
    balances = _balances(morning)
    fees = sum(money.fees for money in real.values())
    kept = sum(sum(m.charged) - sum(sum(a) for a in m.given_back.values()) for m in real.values())
    assert balances.get("fees:provider", 0) == fees
    assert balances.get("provider:payments", 0) + fees == kept
    assert {a: n for a, n in balances.items() if n and a.startswith(("receivable:", "refundable:", "held"))} == {}
    done = {(e.kind, str(e.body.get("operation", ""))) for e in entries}
    assert done >= {("payment-approved", operation) for operation in get_args(PaymentOperation)}
    assert done >= {("payment-declined", "charge"), ("payment-unanswered", "hold"), ("payment-corrected", "")}
    assert any(str(e.body.get("key", "")).endswith("/remainder") for e in entries if e.kind == "payment-approved")
    assert morning.bank.cut_off, "requests were under way when the provider was killed"
    killed = f"{morning.shop_kills} kills of the shop, {morning.bank.kills} of the provider ({morning.bank.cut_off}"
    outcome = f"{morning.at_the_desk} decisions, {len(ours)} visits, {kept} yen kept, {len(entries)} entries"
    print(f"\n{killed} requests cut off), {outcome}")
    assert morning.shop_kills >= KILLS
    assert morning.bank.kills >= KILLS


def _balances(morning: Morning) -> dict[str, int]:
    with Book(morning.shop.state / LEDGER, read_only=True) as book:
        return dict(book.balances())
