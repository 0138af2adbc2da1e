"""What uses a code up and what does not; and who remembers it when all but the book is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.adapters.members import FILE, Members
from edge.driver import Driver
from edge.ledger import Book
from edge.records import CredentialScan, GateScan, Mode, ModeSet, Publish, Standing
from edge.store import Store
from edge.wire import Heard
from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal
from tests.gate.entrance import ANA, BEN, Phone, shop_with


class Door:
    """The whole core at the corner shop's entry; times are seconds of the story."""

    def __init__(self, store: Store) -> None:
        self.said: list[Publish] = []
        self.driver = Driver(store, publish=self.said.append)
        for phone in (ANA, BEN):
            role = "staff" if phone is BEN else "member"
            self.driver.feed(Standing(OPENS_S, OPENS_S, phone.owner, phone.public_key, role, revoked=False))  # type: ignore[arg-type]

    def mode(self, mode: Mode, at_s: float) -> None:
        self.driver.feed(ModeSet(OPENS_S + at_s, OPENS_S + at_s, mode, "aki"))

    def show(self, phone: Phone, at_s: float, code: str = "") -> dict[str, Any]:
        now_s = OPENS_S + at_s
        self.driver.feed(CredentialScan(now_s, now_s, "in", code or phone.code(at_s)))
        return self._told()

    def face(self, subject: str, at_s: float) -> dict[str, Any]:
        now_s = OPENS_S + at_s
        self.driver.feed(GateScan(now_s, now_s, "in", subject, "face", 1, 0.99))
        return self._told()

    def _told(self) -> dict[str, Any]:
        return next(p.payload for p in reversed(self.said) if p.topic == "gate/in/command")


@pytest.mark.parametrize(("mode", "reason"), [("restock", "restocking"), ("closed", "closed")])
def test_a_code_that_a_shut_shop_refuses_opens_when_it_is_open_again(mode: Mode, reason: str) -> None:
    door = Door(shop_with())
    door.mode(mode, 0.0)
    code = ANA.code(1.0)
    assert door.show(ANA, 1.0, code) == {"open": False, "reason": reason}
    assert door.show(BEN, 2.0)["open"], "staff come in"
    door.mode("open", 3.0)
    assert door.show(ANA, 4.0, code)["open"]
    assert door.show(ANA, 5.0, code)["reason"] == "replayed"


def test_half_of_a_pair_is_not_used_up_by_a_shut_shop_either() -> None:
    door = Door(shop_with("[[policy.accept]]\ncredential = 1.0\nface = 0.8\n"))
    door.mode("restock", 0.0)
    code = ANA.code(1.0)
    assert door.show(ANA, 1.0, code)["reason"] == "restocking"
    assert door.face("ana", 1.5)["reason"] == "restocking"
    door.mode("open", 2.0)
    assert door.show(ANA, 3.0, code)["reason"] == "waiting"
    assert door.face("ana", 4.0)["open"]


def test_what_is_wrong_with_a_code_is_told_also_by_a_shut_shop() -> None:
    door = Door(shop_with())
    door.mode("closed", 0.0)
    assert door.show(ANA, 100.0, ANA.code(0.0))["reason"] == "expired"
    assert door.show(Phone("nobody"), 101.0)["reason"] == "unknown"


def test_every_code_of_somebody_who_has_not_come_in_yet_stays_used_when_only_the_book_is_left(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.state.mkdir()
    members = Members(shop.state / FILE)
    members.add("ana", ANA.public_key, "member", OPENS_S)
    members.close()
    shop.open()
    codes = [ANA.code(0.0, turn=turn) for turn in (1, 2, 3)]

    def show(code: str) -> dict[str, Any]:
        shop.at_s += 0.2
        payload = msgspec.json.encode({"t": shop.at_s, "credential": code})
        shop.shop.ear.hear("gate/in/scan", payload)
        shop.work()
        return next(p.payload for p in reversed(shop.said) if p.topic == "gate/in/command")

    assert [show(code)["open"] for code in codes] == [True] * 3
    shop.leave_as_killed()
    shutil.rmtree(shop.state / "recordings")
    shop.open()
    assert [show(code).get("reason") for code in codes] == ["replayed"] * 3
    assert show(ANA.code(1.0, turn=4))["open"]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_the_core_steps_all_of_it_once_more_to_the_same_book() -> None:
    store = shop_with()
    with Book() as book:
        for _ in range(2):
            driver = Driver(store, book=book)
            driver.feed(Standing(OPENS_S, OPENS_S, "ana", ANA.public_key, "member", revoked=False))
            for turn in (1, 2):
                payload = msgspec.json.encode({"t": OPENS_S + turn, "credential": ANA.code(1.0, turn=turn)})
                driver.hear(Heard("gate/in/scan", payload, OPENS_S + turn))
        assert [w.entry.kind for w in book.entries()] == ["visit", "code-used"]
