"""The driver: the book first, then the outside; and a stop at any record changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger import Book, receipts
from edge.records import LedgerEntry, PaymentReply, PaymentRequest, Publish, Record
from edge.store import read_store
from edge.wire import Heard, open_recording
from tests.corner import FILES, TWO_ONIGIRI, Pick, errand

SHOP = read_store(FILES)


class Errand(list[Heard]):
    """The messages of Ana's errand, short to look at."""

    def __repr__(self) -> str:
        return f"{len(self)} messages"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Errand:
    return Errand(open_recording(errand(tmp_path_factory.mktemp("corner") / "ana.mcap")))


def exported(book: Book) -> bytes:
    return b"".join(book.export())


def run(heard: Sequence[Heard], book: Book, provider: LocalProvider | None = None) -> Driver:
    driver = Driver(SHOP, book=book, provider=provider or LocalProvider())
    for message in heard:
        driver.hear(message)
    driver.finish()
    return driver


def test_ana_pays_for_what_she_took(heard: Errand) -> None:
    with Book() as book:
        run(heard, book)
        (receipt,) = receipts(book)
        assert (receipt.sale.subject, receipt.state, receipt.sale.total_minor) == ("ana", "paid", 356)
        assert not book.prove()


class Till:
    """A provider that looks into the book before it answers."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.asked: list[PaymentRequest] = []

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        written = [w.entry.key for w in self.book.entries(kind="settlement")]
        assert f"settlement:{request.settlement}" in written, "asked for money before the book knew"
        self.asked.append(request)
        return [PaymentReply(at_s + 1.0, at_s + 1.0, request.settlement, "approved", "r1")]


def test_the_book_knows_before_anybody_is_asked_for_money(heard: Errand) -> None:
    with Book() as book:
        till = Till(book)
        driver = Driver(SHOP, book=book, provider=till)
        for message in heard:
            driver.hear(message)
        driver.finish()
        assert [r.amount_minor for r in till.asked] == [356]


@pytest.mark.parametrize(
    ("conduct", "state"),
    [
        ("approve", "paid"),
        ("decline", "declined"),
        ("silent", "unanswered"),
        ("silent, approve", "paid"),
        ("lost, approve", "paid"),
        ("approve+approve", "paid"),
        ("unknown, unknown, approve", "paid"),
    ],
)
def test_time_passes_at_the_end_until_the_money_is_settled(heard: Errand, conduct: str, state: str) -> None:
    with Book() as book:
        run(heard, book, LocalProvider({"ana": conduct}))
        assert [r.state for r in receipts(book)] == [state]
        assert not book.prove()


@settings(deadline=None, max_examples=12)
@given(stop=st.integers(0, 273))
def test_a_stop_at_any_message_changes_nothing(heard: Errand, stop: int) -> None:
    with Book() as whole, Book() as stopped:
        run(heard, whole)
        first = Driver(SHOP, book=stopped, provider=LocalProvider())
        for message in heard[:stop]:
            first.hear(message)
        second = Driver(SHOP, book=stopped, provider=LocalProvider())
        second.thaw(first.freeze())
        for message in heard[stop:]:
            second.hear(message)
        second.finish()
        assert exported(stopped) == exported(whole)


@settings(deadline=None, max_examples=8)
@given(killed=st.integers(0, 273))
def test_a_kill_without_a_checkpoint_charges_nobody_twice(heard: Errand, killed: int) -> None:
    with Book() as whole, Book() as book:
        run(heard, whole)
        provider = LocalProvider()
        first = Driver(SHOP, book=book, provider=provider)
        for message in heard[:killed]:
            first.hear(message)
        run(heard, book, provider)
        assert exported(book) == exported(whole)
        assert len(provider.charges) == 1


def test_answers_on_the_wire_are_heard_and_nobody_is_asked(heard: Errand) -> None:
    """What a live shop recorded, its provider's answer included, replays to the same end."""
    with Book() as live, Book() as again:
        answers: list[PaymentReply] = []

        def listen(state: object, record: Record | None, effects: object) -> None:
            answers.extend([record] if isinstance(record, PaymentReply) else [])

        driver = Driver(SHOP, book=live, provider=LocalProvider(), observers=[listen])
        for message in heard:
            driver.hear(message)
        driver.finish()
        replayed = Driver(SHOP, book=again)
        for message in heard:
            replayed.hear(message)
            while answers and answers[0].received_s <= message.received_s:
                replayed.feed(answers.pop(0))
        for answer in answers:
            replayed.feed(answer)
        replayed.finish()
        assert [r.state for r in receipts(again)] == ["paid"]


def test_observers_and_the_outside_hear_everything_in_order(tmp_path: Path) -> None:
    said: list[Publish] = []
    kinds: list[str] = []

    def watch(state: object, record: Record | None, effects: Sequence[object]) -> None:
        kinds.extend(e.kind for e in effects if isinstance(e, LedgerEntry))

    back = (*TWO_ONIGIRI, Pick(8.5, 1, -110.0, "onigiri-salmon"))
    driver = Driver(SHOP, provider=LocalProvider(), publish=said.append, observers=[watch])
    for message in open_recording(errand(tmp_path / "back.mcap", back)):
        driver.hear(message)
    driver.finish()
    assert kinds == ["visit", "shelf-event", "shelf-event", "settlement", "payment-approved"]
    carts = [p.payload.get("lines") for p in said if p.topic.endswith("/cart")]
    assert [c[0]["quantity"] if c else 0 for c in carts if isinstance(c, list)][:2] == [2, 1]
