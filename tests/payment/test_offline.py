"""The offline queue: when the line is back, what has waited longest is looked up first, and one after the other."""

from __future__ import annotations

from edge.driver import Driver
from edge.ledger import Book
from edge.payment import Settlement, on_reply, on_time, open_settlement
from edge.payment.operation import WEEK_S
from edge.payment.replies import deadline_s
from edge.records import LedgerEntry, PaymentReply, PaymentRequest, Tick
from edge.runtime.money import keep
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S, shop

SHOP = shop()


class Line:
    """A provider that only remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PaymentRequest] = []

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        self.asked.append(request)
        return []

    def taken(self) -> list[tuple[str, bool]]:
        asked, self.asked = self.asked, []
        return [(request.settlement, request.look_up) for request in asked]


def unanswered(visit: str, at_s: float) -> tuple[Settlement, list[LedgerEntry]]:
    settlement, effects = open_settlement(SHOP, visit, "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), at_s)
    while (due_s := deadline_s(settlement, SHOP)) is not None:
        settlement, more = on_time(settlement, due_s, SHOP)
        effects += more
    return settlement, [e for e in effects if isinstance(e, LedgerEntry)]


def said(visit: str, outcome: str, at_s: float) -> PaymentReply:
    return PaymentReply(at_s, at_s, visit, outcome, f"r-{visit}", f"kiosk:{visit}")  # type: ignore[arg-type]


def test_the_oldest_first_and_one_at_a_time() -> None:
    line, book = Line(), Book()
    driver = Driver(SHOP, book=book, provider=line)
    for number, visit in enumerate(["c", "a", "b"]):  # by when they left, not by name
        settlement, entries = unanswered(visit, NOON_S + number)
        keep(driver.state, SHOP, settlement)
        book.append(entries)
    at_s = NOON_S + 85.0
    driver.feed(Tick(at_s, at_s))
    assert line.taken() == [("c", True), ("a", True), ("b", True)]
    at_s += 15.0
    settlement, entries = unanswered("d", at_s - 30.0)
    keep(driver.state, SHOP, settlement)
    book.append(entries)
    driver.feed(said("d", "approved", at_s))
    assert line.taken() == [("c", True)], "the line is back"
    driver.feed(said("c", "approved", at_s + 1))
    assert line.taken() == [("a", True)]
    driver.feed(said("a", "absent", at_s + 2))
    assert line.taken() == [("a", False), ("b", True)], "nobody had heard of it: it is sent again"
    driver.feed(said("b", "unknown", at_s + 3))
    assert line.taken() == [], "that was no answer"
    assert book.prove() == []


def test_an_answer_that_comes_by_itself_is_an_answer() -> None:
    settlement, _ = unanswered("v1", NOON_S)
    paid, effects = on_reply(settlement, said("v1", "approved", NOON_S + 4000.0), SHOP)
    assert (paid.state, len(effects)) == ("paid", 1)


def test_time_looks_at_no_debt() -> None:
    """Debts are remembered until they are paid, for years; a shop with thousands of them ticks like any other."""
    driver = Driver(SHOP)
    for number in range(50):
        cart = {"umbrella": 1}
        settlement, _ = open_settlement(SHOP, f"v{number}", "ana", cart, {}, traced(cart), NOON_S)
        settlement, _ = on_reply(settlement, said(f"v{number}", "declined", NOON_S + 1), SHOP)
        keep(driver.state, SHOP, settlement)
    assert len(driver.state.settlements) == 50
    assert driver.state.due_s == {}


def test_what_is_given_up_is_not_waited_for_again_in_the_same_second() -> None:
    """It would be given up a second time, under the same name."""
    settlement, _ = open_settlement(SHOP, "a", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), NOON_S)
    settlement, _ = on_reply(settlement, said("a", "pending", NOON_S + 1.0), SHOP)
    at_s = settlement.payments[0].first_s + WEEK_S
    settlement, _ = on_time(settlement, at_s, SHOP)  # looked up a last time
    settlement, (told,) = on_time(settlement, at_s, SHOP)
    assert isinstance(told, LedgerEntry)
    assert told.key == "payment:a:never-told:2"
    assert on_reply(settlement, said("a", "pending", at_s), SHOP) == (settlement, [])
