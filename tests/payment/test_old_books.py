"""Books and recordings from before requests had lives of their own: silence was answered by sending again, and nothing
said a key. ``old_book.jsonl`` is the export of such a book.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from edge.ledger import Book, Written, receipts, settlement_in
from edge.ledger.proof import Proof
from edge.records import LedgerEntry, PaymentReply, Posting
from edge.wire import decode
from tests.checkout.shops import shop

LINES = [json.loads(line) for line in (Path(__file__).parent / "old_book.jsonl").read_text("utf-8").splitlines()]
STATES = {
    "v00000": "paid", "v00001": "paid", "v00002": "declined", "v00003": "paid", "v00004": "unanswered",
    "v00006": "void", "w1": "void", "w2": "void", "w3": "paid", "w4": "paid", "w5": "void",
}  # fmt: skip


def old_entries() -> list[Written]:
    found = []
    for told in LINES:
        facts = {k: told[k] for k in ("key", "at_s", "kind", "visit", "body", "currency")}
        postings = tuple(Posting(account, amount) for account, amount in told["postings"])
        found.append(Written(told["seq"], LedgerEntry(postings=postings, **facts), told["hash"]))
    return found


def test_an_old_book_is_proved_as_it_stands() -> None:
    proof = Proof()
    for written in old_entries():
        proof.take(written)
    assert proof.faults == []


@pytest.mark.parametrize(("visit", "state"), STATES.items())
def test_where_its_money_stands(visit: str, state: str) -> None:
    book = Book()
    book.append(written.entry for written in old_entries())
    settlement = settlement_in(book, visit)
    assert settlement is not None
    assert settlement.state == state
    assert {receipt.visit: receipt.state for receipt in receipts(book)}[visit] == state


@pytest.mark.parametrize("fact", ["attempt", "amount_minor", "state"])
def test_what_was_changed_in_it_is_found(fact: str) -> None:
    entries = [written.entry for written in old_entries()]
    at = next(i for i, entry in enumerate(entries) if entry.kind == "payment-asked")
    entries[at].body[fact] = 77
    book = Book()
    book.append(entries)
    assert any(fact in str(fault) for fault in book.prove())


def test_a_reply_of_an_old_recording_has_no_key() -> None:
    payload = msgspec.json.encode({"t": 1e9, "outcome": "approved", "reference": "r1"})
    reply = decode(shop(), "payment/v1/reply", payload, 1e9)
    assert reply == PaymentReply(1e9, 1e9, "v1", "approved", "r1")
