"""Visits that wait for a person: seen by everybody who looks, decided once, whatever is killed or lost meanwhile."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import receipt_text
from edge.daemon.orders import obey
from edge.daemon.screen import waiting_told
from edge.daemon.shop import PAYMENTS, RECORDINGS
from edge.driver import Driver
from edge.journal import heard_since
from edge.ledger import Book, receipt_of
from edge.records import PaymentReply, PaymentRequest
from edge.wire import Heard, encode_decided
from tests.adapters.brokers import until
from tests.daemon.rehearsals import Rehearsal
from tests.daemon.test_recovery import weigh

VISIT = "20231115-0001"
WHY = "who left is only 50% sure"


class Reviewed(Rehearsal):
    """Ana's errand. Where the shelf gets another profile while she is inside, a person must look before she pays."""

    def leave(self) -> None:
        weigh(self, 1)
        self.open()
        self.play(0.0, 9.0)
        self.shop.close()
        weigh(self, 2)
        self.open()
        self.play(9.0, 18.0)
        self.settle()
        assert [line["state"] for line in self.outcome()] == ["review"]

    def order(self, **wanted: object) -> dict[str, Any]:
        """What somebody at the desk is answered."""
        answers: list[dict[str, Any]] = []
        asking = threading.Thread(target=lambda: answers.append(obey(self.shop, self.watch, wanted, connected=True)))
        asking.start()
        until(lambda: self.worked() and bool(answers), "the desk answers")
        asking.join()
        return answers[0]

    def worked(self) -> bool:
        self.work()
        return True

    def decide(
        self, verdict: str, lines: dict[str, int] | None = None, visit: str = VISIT, by: str = "sato"
    ) -> dict[str, Any]:
        return self.order(do="decide", visit=visit, verdict=verdict, by=by, lines=lines or {})

    def stands(self) -> str:
        receipt = receipt_of(self.shop.book, VISIT)
        assert receipt is not None
        return receipt.state


@pytest.fixture
def shop(tmp_path: Path) -> Reviewed:
    return Reviewed(tmp_path)


def test_everybody_who_looks_sees_how_many_wait_and_why(shop: Reviewed) -> None:
    shop.leave()
    assert shop.status["waiting"] == {WHY: 1}
    assert shop.order(do="status")["waiting"] == {WHY: 1}
    (alert,) = [p.payload for p in shop.said if p.topic == "runtime/alert"]
    assert alert["text"] == f"a visit waits for a person to look at it: {WHY}"
    assert alert["waiting"] == 1
    metrics = shop.watch.metrics(shop.shop).decode()
    assert 'tebura_visits_waiting{state="review"} 1.0' in metrics
    assert 'tebura_visits_waiting{state="declined"} 0.0' in metrics
    assert waiting_told(shop.status["waiting"]) == [
        "1 visit waits for a person to decide: tebura review list", f"  1 × {WHY}",
    ]  # fmt: skip
    shop.decide("waive")
    assert shop.status["waiting"] == {}
    assert waiting_told(shop.status["waiting"]) == []
    shop.shop.close()


def test_all_that_it_lists_is_charged_once_and_who_said_so_is_in_the_book(shop: Reviewed) -> None:
    shop.leave()
    answer = shop.decide("charge")
    assert (answer["state"], answer["total_minor"], answer["lines"]) == ("asked", 356, {"onigiri-salmon": 2})
    assert answer["written"]
    shop.settle()
    assert shop.charges() == [356]
    assert shop.stands() == "paid"
    (entry,) = shop.entries("settlement")
    assert entry.body["decided_by"] == "sato"
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_part_is_charged_and_the_rest_is_told_on_the_receipt(shop: Reviewed) -> None:
    shop.leave()
    assert shop.decide("charge", {"onigiri-salmon": 1})["total_minor"] == 178
    shop.settle()
    assert shop.charges() == [178]
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert "Staff have looked at this" in receipt_text(receipt, "en")
    assert [(x.sku, x.quantity) for x in receipt.sale.withheld] == [("onigiri-salmon", 1)]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_second_decision_an_unknown_visit_and_nonsense_change_nothing(shop: Reviewed) -> None:
    shop.leave()
    before = shop.shop.book.head()
    for verdict, lines, told in (
        ("charge", {"moon": 1}, "moon is not in the catalogue"),
        ("charge", {"onigiri-salmon": 1001}, "1 to 1000 units"),
        ("charge", {"onigiri-salmon": -1}, "1 to 1000 units"),
        ("waive", {"onigiri-salmon": 1}, "charges nothing"),
        ("retry", {}, "is review, where 'retry' is no answer. Say charge or waive"),
        ("kept", {}, "Say charge or waive"),
        ("eat", {}, "Say charge or waive"),
    ):
        assert told in shop.decide(verdict, lines)["error"]
    assert "name" in shop.decide("waive", by="")["error"]
    assert "no such visit waits for anybody" in shop.decide("waive", visit="20231115-0099")["error"]
    assert (shop.shop.book.head(), shop.stands()) == (before, "review")
    shop.decide("charge")
    assert "is asked and waits for nobody" in shop.decide("waive", by="aki")["error"]
    shop.settle()
    assert "is paid, where 'charge' is no answer. Say refund" in shop.decide("charge", by="aki")["error"]
    assert shop.charges() == [356]
    shop.shop.close()


@pytest.mark.parametrize("lost", ["nothing", "recordings"])
def test_a_review_is_decided_after_a_kill_and_when_only_the_book_knows_of_it(shop: Reviewed, lost: str) -> None:
    shop.leave()
    shop.leave_as_killed()
    if lost == "recordings":
        shutil.rmtree(shop.state / RECORDINGS)
    shop.said.clear()
    shop.open()
    assert shop.status["waiting"] == {WHY: 1}
    answer = shop.decide("charge", {"onigiri-salmon": 1})
    assert (answer["state"], answer["total_minor"]) == ("asked", 178)
    shop.settle()
    assert (shop.charges(), shop.stands(), shop.shop.book.prove()) == ([178], "paid", [])
    shop.shop.close()


def test_a_visit_of_which_nothing_is_remembered_is_charged_for_what_a_person_saw(shop: Reviewed) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    assert shop.open().lost == (VISIT,)
    assert shop.status["waiting"] == {"the runtime was stopped and what this visit took was not recorded": 1}
    assert "names what is charged" in shop.decide("charge")["error"]
    assert shop.decide("charge", {"onigiri-salmon": 2})["total_minor"] == 356
    shop.settle()
    assert (shop.charges(), shop.stands(), shop.shop.book.prove()) == ([356], "paid", [])
    shop.shop.close()


@pytest.mark.parametrize("lost", ["nothing", "recordings"])
def test_a_decision_outlives_a_kill_and_its_payment_is_asked_for_with_the_same_key(shop: Reviewed, lost: str) -> None:
    """She was charged by a person, the provider took the money, and its answer died with the process."""
    shop.leave()
    shop.leave_as_killed()
    shop.open({"ana": "lost"})
    shop.decide("charge")
    until(lambda: shop.worked() and bool(shop.charges()), "the provider took the money")
    shop.leave_as_killed()
    if lost == "recordings":
        shutil.rmtree(shop.state / RECORDINGS)
    shop.open()
    assert "is asked" in shop.decide("waive")["error"]
    shop.settle()
    assert (shop.charges(), shop.stands(), shop.shop.book.prove()) == ([356], "paid", [])
    shop.shop.close()


def test_killed_between_the_recording_and_the_book_the_decision_stands(shop: Reviewed) -> None:
    """What was recorded has been decided, though nobody was answered: the way back carries it out."""
    shop.leave()
    payload = encode_decided(shop.at_s, VISIT, "charge", "sato", {"onigiri-salmon": 2})
    shop.shop.recorder.write(Heard("shop/settlement/decided", payload, shop.at_s), shop.at_s)
    shop.leave_as_killed()
    shop.open()
    shop.settle()
    assert (shop.charges(), shop.stands(), shop.shop.book.prove()) == ([356], "paid", [])
    assert "is paid" in shop.decide("charge")["error"]
    shop.shop.close()


def test_a_decision_replays_from_its_recording_to_the_same_book(shop: Reviewed) -> None:
    shop.open({"ana": "silent, silent, silent, approve"})
    shop.play(0.0, 18.0)
    shop.settle()
    assert shop.stands() == "unanswered"
    assert shop.decide("retry")["state"] == "asked"
    shop.settle()
    assert shop.stands() == "paid"
    shop.shop.recorder.flush()
    live = b"".join(shop.shop.book.export())
    with Book() as again:
        driver = Driver(shop.store, book=again)
        for heard in heard_since(shop.state / RECORDINGS, None):
            driver.hear(heard)
        assert b"".join(again.export()) == live
    shop.shop.close()


@pytest.mark.parametrize("lost", ["nothing", "recordings"])
@pytest.mark.parametrize(
    ("conduct", "state", "verdict", "after", "charges"),
    [
        ("decline", "declined", "waive", "void", []),
        ("silent", "unanswered", "waive", "void", []),
        ("silent, silent, silent, approve", "unanswered", "retry", "paid", [356]),
    ],
)
def test_declined_and_unanswered_payments_end_by_a_person(
    shop: Reviewed, conduct: str, state: str, verdict: str, after: str, charges: list[int], lost: str
) -> None:
    shop.open({"ana": conduct})
    shop.play(0.0, 18.0)
    shop.settle()
    assert shop.stands() == state
    assert sum(shop.status["waiting"].values()) == 1
    shop.leave_as_killed()
    if lost == "recordings":
        shutil.rmtree(shop.state / RECORDINGS)
    shop.open({"ana": "approve"} if verdict == "retry" else {"ana": conduct})
    assert sum(shop.status["waiting"].values()) == 1
    assert shop.decide(verdict)["written"]
    shop.settle()
    assert (shop.stands(), shop.charges(), shop.status["waiting"]) == (after, charges, {})
    assert shop.shop.book.prove() == []
    assert shop.shop.book.balance("receivable:ana") == 0
    shop.shop.close()


def _a_minute_passes(shop: Reviewed) -> bool:
    shop.pass_s(60)
    return True


class Hanging(LocalProvider):
    """A provider whose first request hangs until it is let go, and never arrives."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal=journal)
        self.go, self.asked = threading.Event(), 0

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        self.asked += 1
        if self.asked == 1:
            assert self.go.wait(20.0)
            raise TimeoutError("timed out")
        return super().answer(request, at_s)


@pytest.mark.parametrize(
    ("verdict", "after", "took"), [("", "paid", [356]), ("waive", "void", []), ("retry", "paid", [356])]
)
def test_what_waits_behind_a_hanging_provider_is_not_asked_for_once_nobody_wants_it(
    tmp_path: Path, verdict: str, after: str, took: list[int]
) -> None:
    """The first request hangs, look-ups wait behind it; then it was given up, and a person may have written it off.
    Whoever is told that they pay nothing pays nothing, whenever the provider comes back; else it is looked up then.
    """
    (tmp_path / "state").mkdir()
    provider = Hanging(tmp_path / "state" / PAYMENTS)
    shop = Reviewed(tmp_path, provider)
    shop.open()
    shop.play(0.0, 18.0)
    until(lambda: shop.worked() and provider.asked == 1, "the first request hangs")
    shop.settle(600.0)
    assert shop.stands() == "unanswered"
    if verdict:
        assert shop.decide(verdict)["written"]
    provider.go.set()
    if took:
        until(lambda: _a_minute_passes(shop) and shop.stands() == after, "it is looked up, sent and answered")
    else:
        until(lambda: shop.worked() and "payment" in shop.status["troubles"], "the first request has failed")
        shop.pass_s(5)
        assert provider.asked == 1
    shop.shop.cashier.stop()
    assert (shop.stands(), shop.charges()) == (after, took)
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(("verdict", "after", "has"), [("kept", "paid", 356), ("returned", "declined", 0)])
def test_money_that_was_declined_and_then_taken_is_resolved_by_a_person(
    shop: Reviewed, verdict: str, after: str, has: int
) -> None:
    shop.open({"ana": "decline"})
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.ear.paid(PaymentReply(shop.at_s, shop.at_s, VISIT, "approved", "late-1"))
    shop.work()
    assert shop.status["waiting"] == {"the payment provider contradicts itself": 1}
    shop.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    shop.open({"ana": "decline"})
    assert shop.decide(verdict)["state"] == after
    assert shop.stands() == after
    assert shop.shop.book.balance("provider:payments") == has
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize(("conduct", "state"), [("approve", "paid"), ("decline", "declined"), ("lost", "asked")])
def test_money_that_an_older_book_does_not_know_is_told_and_nobody_pays_twice(
    shop: Reviewed, conduct: str, state: str, back: bool
) -> None:
    """Somebody puts back the book of while she was inside, or deletes it; recordings and provider remember."""
    shop.open({"ana": conduct})
    shop.play(0.0, 9.0)
    shop.shop.close()
    kept = {path.name: path.read_bytes() for path in shop.state.glob("ledger.*")}
    shop.open({"ana": conduct})
    shop.play(9.0, 18.0)
    if state == "asked":
        until(lambda: shop.worked() and bool(shop.charges()), "the provider took the money")
    else:
        shop.settle()
    assert shop.stands() == state
    shop.shop.close()
    for path in shop.state.glob("ledger.*"):
        path.unlink()
    for name, data in kept.items() if back else ():
        (shop.state / name).write_bytes(data)
    shop.said.clear()
    found = shop.open()
    assert found.unbooked == (VISIT,)
    why = f"its book is gone; the shop remembers: {state}, 356 JPY"
    assert shop.status["waiting"] == {why: 1}
    assert "was an older one put back?" in shop.status["troubles"]["repair"]
    assert shop.decide("charge", {"onigiri-salmon": 2})["total_minor"] == 356
    shop.settle()
    assert (shop.charges(), shop.stands()) == (([], "declined") if conduct == "decline" else ([356], "paid"))
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_review_that_an_older_book_does_not_know_is_as_it_was(shop: Reviewed) -> None:
    shop.leave()
    shop.shop.close()
    for path in shop.state.glob("ledger.*"):
        path.unlink()
    assert shop.open().unbooked == (VISIT,)
    assert shop.status["waiting"] == {WHY: 1}
    assert shop.decide("charge")["total_minor"] == 356
    shop.settle()
    assert (shop.charges(), shop.stands(), shop.shop.book.prove()) == ([356], "paid", [])
    shop.shop.close()


def test_a_question_that_cannot_be_answered_does_not_end_the_shop(shop: Reviewed) -> None:
    shop.open()
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(target=lambda: answers.append(shop.shop.asked(lambda: {"share": 1 // 0})))
    asking.start()
    until(lambda: shop.worked() and bool(answers), "it is answered")
    asking.join()
    assert "cannot answer that" in answers[0]["error"]
    shop.play(0.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()
