"""Money at the entry: a gate waits for what is to be reserved, never long, and says how to pay where it stays shut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver, Provider
from edge.gate import Reason
from edge.ledger import Book
from edge.records import Effect, GateScan, Publish, Record, SettlementDecided, Standing, Tick
from edge.state import State
from edge.store import Store, read_store
from edge.wire import open_recording
from tests.corner import FILES, OPENS_S, errand

EARLIEST_S, LATEST_S = 0.0, 1.5
"""An answer of the gate comes so long after the scan."""


def corner(policy: str) -> Store:
    text = FILES["store.toml"].decode() + f"\n[policy]\n{policy}\n"
    return read_store({**FILES, "store.toml": text.encode()})


class Shop:
    """The corner shop without its people: scans, ticks ten times a second, and what the gate says when."""

    def __init__(self, policy: str, conducts: dict[str, str] | None = None, provider: Provider | None = None) -> None:
        self.book = Book()
        self.now_s = OPENS_S
        self.said: list[tuple[float, dict[str, Any]]] = []
        self.alerts: list[dict[str, Any]] = []
        self.local = LocalProvider(conducts, latency_s=0.4)
        self.driver = Driver(corner(policy), book=self.book, provider=provider or self.local, publish=self._hear)
        self.driver.state.mode = "open"

    def _hear(self, publish: Publish) -> None:
        if publish.topic == "gate/in/command":
            self.said.append((self.now_s, publish.payload))
        elif publish.topic == "runtime/alert":
            self.alerts.append(publish.payload)

    def wait(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 0.1
            self.driver.state.heard_s = dict.fromkeys(("shelf/g1-s1", "camera/cam"), self.now_s)
            self.driver.feed(Tick(self.now_s, self.now_s))

    def scan(self, subject: str, method: str = "palm") -> dict[str, Any]:
        """What the gate says, which must come in time."""
        began_s, before = self.now_s, len(self.said)
        self.driver.feed(GateScan(self.now_s, self.now_s, "in", subject, method, 1, 0.99))
        self.wait(2.0)
        ((at_s, answer),) = self.said[before:]
        assert EARLIEST_S <= at_s - began_s <= LATEST_S
        return answer

    def entries(self, kind: str) -> list[dict[str, object]]:
        return [w.entry.body for w in self.book.entries(kind=kind)]

    def accounts(self) -> dict[str, int]:
        assert self.book.prove() == []
        return {account: minor for account, minor in self.book.balances().items() if minor}


HOLD = 'hold = "fixed"\nhold_minor = 2000'


def test_nothing_is_reserved_where_the_policy_says_nothing() -> None:
    shop = Shop("")
    assert shop.scan("ana")["open"]
    assert shop.accounts() == {}
    assert shop.entries("payment-asked") == []


def test_the_gate_opens_when_the_money_is_reserved_and_it_is_free_when_nobody_came_in() -> None:
    shop = Shop(HOLD)
    assert shop.scan("ana")["open"]
    assert shop.accounts() == {"held-at-provider": 2000, "held:ana": -2000}
    assert shop.scan("ana")["open"], "the same visit, and nothing more is reserved"
    assert len(shop.local.holds) == 1
    shop.wait(30.0)
    assert len(shop.entries("expired")) == 1
    assert (shop.accounts(), shop.local.holds) == ({}, {})


def test_whose_money_cannot_be_reserved_stays_outside_and_hears_how_to_pay() -> None:
    shop = Shop(HOLD, {"ana": "decline"})
    answer = shop.scan("ana")
    assert answer["reason"] == "no-hold"
    assert "2000 JPY could not be reserved: use another way of paying" in answer["detail"]
    assert [e["reason"] for e in shop.entries("expired")] == ["no-hold"]
    assert shop.driver.state.door.visits == {}
    assert shop.scan("bo")["open"]


@pytest.mark.parametrize(("limit", "reason"), [(0, "payment-away"), (1500, None)])
def test_while_nobody_answers_the_policy_says_who_comes_in(limit: int, reason: Reason | None) -> None:
    shop = Shop(f"{HOLD}\noffline_limit_minor = {limit}", {"ana": "silent"})
    answer = shop.scan("ana")
    assert (answer["open"], answer.get("reason")) == (reason is None, reason)


def test_a_hold_that_comes_too_late_is_let_go_of() -> None:
    shop = Shop(HOLD, {"ana hold": "lost"})
    assert shop.scan("ana")["reason"] == "payment-away"
    assert list(shop.local.holds), "it is there, and nobody knows"
    shop.wait(15.0)
    assert (shop.local.holds, shop.accounts()) == ({}, {})


def test_a_revoked_member_is_no_member_in_good_standing() -> None:
    shop = Shop(f"{HOLD}\noffline_limit_minor = 5000", {"ana": "silent"})
    shop.driver.feed(Standing(shop.now_s, shop.now_s, "ana", b"", "member", revoked=True))
    assert shop.scan("ana")["reason"] == "revoked"


def test_staff_come_in_without_money() -> None:
    shop = Shop(HOLD, {"sato": "decline"})
    shop.driver.feed(Standing(shop.now_s, shop.now_s, "sato", b"", "staff", revoked=False))
    assert shop.scan("sato")["open"]
    assert shop.accounts() == {}


def shopped(tmp_path: Path, policy: str, conducts: dict[str, str]) -> Shop:
    """Ana's errand: two rice balls for 356 yen."""
    shop = Shop(policy, conducts)
    for heard in open_recording(errand(tmp_path / "ana.mcap")):
        shop.now_s = heard.received_s
        shop.driver.hear(heard)
    shop.wait(5.0)
    return shop


def test_an_errand_pays_out_of_what_was_reserved(tmp_path: Path) -> None:
    shop = shopped(tmp_path, HOLD, {})
    assert shop.accounts() == {"provider:payments": 356, "sales:8%": -330, "tax:8%": -26}
    assert [c.amount_minor for c in shop.local.charges.values()] == [356]
    kinds = [(e["operation"], e["amount_minor"]) for e in shop.entries("payment-approved")]
    assert kinds == [("hold", 2000), ("capture", 356)]


def test_staff_hear_of_what_they_have_to_look_at_and_of_nothing_else(tmp_path: Path) -> None:
    shop = shopped(tmp_path, HOLD, {"ana capture": "decline", "ana refund": "decline", "bo hold": "decline"})
    assert shop.scan("bo")["reason"] == "no-hold"
    assert shop.alerts == [], "the shopper hears that at the gate, and ana was charged instead"
    now_s = shop.now_s
    shop.driver.feed(SettlementDecided(now_s, now_s, "20231115-0001", "refund", (), "sato", "return"))
    shop.wait(2.0)
    (alert,) = shop.alerts
    assert (alert["kind"], alert["visit"], alert["waiting"]) == ("payment-declined", "20231115-0001", 1)
    assert "given back could not be" in alert["text"]


def test_who_owes_stays_outside_until_it_is_paid(tmp_path: Path) -> None:
    shop = shopped(tmp_path, "refuse_debtors = true", {"ana": "decline"})
    answer = shop.scan("ana")
    assert answer["reason"] == "debt"
    assert answer["detail"].startswith("356 JPY of 20231115-0001 are not paid: pay at the counter")
    assert shop.scan("bo")["open"]
    shop.local._conducts.clear()
    shop.driver.feed(SettlementDecided(shop.now_s, shop.now_s, "20231115-0001", "retry", (), "sato"))
    shop.wait(2.0)
    assert shop.scan("ana")["open"]
    assert shop.book.balance("receivable:ana") == 0


def test_a_debt_is_tried_again_when_its_debtor_scans(tmp_path: Path) -> None:
    shop = shopped(tmp_path, "refuse_debtors = true\nretry_at_entry = true", {"ana": "decline"})
    shop.local._conducts.clear()
    shop.wait(60.0)
    answer = shop.scan("ana")
    assert "it is being tried again now: scan again" in answer["detail"]
    assert shop.scan("ana")["open"]
    assert str(shop.entries("payment-asked")[0]["key"]).endswith("/retry/1")


def test_small_debts_may_come_in(tmp_path: Path) -> None:
    shop = shopped(tmp_path, "refuse_debtors = true\ndebt_limit_minor = 400", {"ana": "decline"})
    assert shop.scan("ana")["open"]


def test_what_is_usual_is_learned(tmp_path: Path) -> None:
    shop = shopped(tmp_path, 'hold = "usual"\nhold_minor = 1000', {})
    shop.scan("ana")
    shop.scan("bo")
    holds = [e for e in shop.entries("payment-asked") if e["operation"] == "hold"]
    assert [(e["subject"], e["amount_minor"]) for e in holds] == [("ana", 1000), ("ana", 356), ("bo", 1000)]


CONDUCTS = ["approve", "lost", "silent, approve", "unknown", "decline", "pending"]


@pytest.mark.parametrize("hold", CONDUCTS)
@pytest.mark.parametrize("capture", ["approve", "lost", "decline", "silent, approve"])
def test_a_stop_anywhere_and_a_replay_give_the_same_book(tmp_path: Path, hold: str, capture: str) -> None:
    """Frozen and thawed before every hundredth record; and heard again from the recorded answers alone."""
    path, store = errand(tmp_path / "ana.mcap"), corner(f"{HOLD}\noffline_limit_minor = 5000")
    conducts = {"ana hold": hold, "ana capture": capture}

    def run(stop_every: int) -> tuple[list[bytes], list[Record]]:
        records: list[Record] = []

        def watch(state: State, record: Record | None, effects: list[Effect]) -> None:
            if record is not None:
                records.append(record)

        book, local = Book(), LocalProvider(conducts, latency_s=0.4)
        driver = Driver(store, book=book, provider=local, observers=[watch])  # type: ignore[list-item]
        for number, heard in enumerate(open_recording(path)):
            if stop_every and number % stop_every == 0:
                frozen = driver.freeze()
                driver = Driver(store, book=book, provider=local, observers=[watch])  # type: ignore[list-item]
                driver.thaw(frozen)
            driver.hear(heard)
        for second in range(1, 200):
            driver.feed(Tick(heard.received_s + second, heard.received_s + second))
        assert book.prove() == []
        return list(book.export()), records

    straight, records = run(0)
    assert run(100)[0] == straight
    again = Book()
    driver = Driver(store, book=again)
    for record in records:
        driver.feed(record)
    assert list(again.export()) == straight
