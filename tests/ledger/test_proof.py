"""Whoever changes the book is found out: with the triggers taken off, as only a file's owner can."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.ledger import Book
from edge.records import LedgerEntry, Posting
from tests.ledger.days import a_day

DAY = a_day(8)


def proof_after(path: Path, tamper: Callable[[sqlite3.Connection], object]) -> str:
    with Book(path) as book:
        book.append(DAY)
    conn = sqlite3.connect(path)
    for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        conn.execute(f"DROP TRIGGER {name}")
    tamper(conn)
    conn.commit()
    conn.close()
    with Book(path) as book:
        return "\n".join(map(str, book.prove()))


TAMPERINGS = [
    ("UPDATE entry SET at_s = at_s - 3600 WHERE seq = 2", "entry 2 (payment:v00000:approved): its hash does not"),
    ("UPDATE entry SET body = replace(body, '\"total_minor\":', '\"total_minor\":1') WHERE seq = 1", "hash does not"),
    ("UPDATE entry SET body = body || ' ' WHERE seq = 1", "not in canonical form"),
    ("UPDATE entry SET visit = 'v99999' WHERE seq = 3", "hash does not"),
    ("UPDATE posting SET amount_minor = amount_minor * 2 WHERE entry = 1", "hash does not"),
    ("UPDATE posting SET amount_minor = 1 WHERE entry = 1 AND leg = 1", "its postings sum to"),
    (
        "UPDATE posting SET account = 'receivable:somebody-else' WHERE entry = 1 AND leg = 1",
        "its postings should be receivable:",
    ),
    ("DELETE FROM entry WHERE seq = 2", "comes after entry 1: entries are missing"),
    ("DELETE FROM entry WHERE seq = 2", "postings belong to no entry"),
]


@pytest.mark.parametrize(("change", "told"), TAMPERINGS)
def test_a_change_to_the_file_shows(tmp_path: Path, change: str, told: str) -> None:
    assert told in proof_after(tmp_path / "kiosk.ledger", lambda conn: conn.execute(change))


def test_a_sound_book_has_no_faults(tmp_path: Path) -> None:
    assert proof_after(tmp_path / "kiosk.ledger", lambda conn: None) == ""


def changed(entry: LedgerEntry, **facts: object) -> LedgerEntry:
    return replace(entry, body={**entry.body, **facts})


def told_of(*entries: LedgerEntry) -> str:
    book = Book()
    book.append(entries)
    return "\n".join(map(str, book.prove()))


SETTLEMENT, PAYMENT = DAY[0], DAY[1]
WAIVED = next(e for e in DAY if e.kind == "settlement" and e.visit == "v00006")


def test_the_day_begins_as_these_stories_assume() -> None:
    assert (SETTLEMENT.kind, PAYMENT.kind, SETTLEMENT.visit) == ("settlement", "payment-approved", PAYMENT.visit)
    assert told_of(SETTLEMENT, PAYMENT) == ""


def test_a_visit_settles_once() -> None:
    assert "visit v00000 was settled or reviewed before" in told_of(
        SETTLEMENT, replace(SETTLEMENT, key="settlement:again")
    )


def test_a_payment_has_an_intent_before_it() -> None:
    assert "a payment without an intent before it" in told_of(PAYMENT)


def test_nobody_pays_twice_or_more_than_is_owed() -> None:
    told = told_of(SETTLEMENT, PAYMENT, replace(PAYMENT, key="payment:again"))
    assert "visit v00000 is paid: payment-approved cannot have happened then" in told
    assert "has paid more than it owed" in told


def test_a_payment_is_of_the_amount_that_was_settled() -> None:
    legs = tuple(Posting(p.account, p.amount_minor // abs(p.amount_minor)) for p in PAYMENT.postings)
    assert "its postings should be provider:payments +" in told_of(SETTLEMENT, replace(PAYMENT, postings=legs))


def test_every_charged_line_has_shelf_events_behind_it() -> None:
    lines = json.loads(json.dumps(SETTLEMENT.body["lines"]))
    lines[0]["events"] = []
    assert "is charged without any shelf event behind it" in told_of(changed(SETTLEMENT, lines=lines))
    review = next(e for e in DAY if e.kind == "review")
    decided = changed(SETTLEMENT, lines=lines, decided_by="sato", key=review.body["key"] or SETTLEMENT.body["key"])
    first = changed(review, subject=SETTLEMENT.body["subject"])
    first = replace(first, key="review:v00000", visit="v00000", at_s=SETTLEMENT.at_s)
    assert told_of(first, decided) == ""


def test_lines_rates_and_total_agree() -> None:
    lines = json.loads(json.dumps(SETTLEMENT.body["lines"]))
    lines[0]["quantity"] += 1
    assert " is not " in told_of(changed(SETTLEMENT, lines=lines))
    assert "its lines sum to 0" in told_of(changed(SETTLEMENT, lines=[]))
    assert "its rates are not those of its lines" in told_of(changed(SETTLEMENT, lines=[]))
    assert "its total says 1" in told_of(changed(SETTLEMENT, total_minor=1))


def test_a_review_is_decided_by_somebody() -> None:
    review = next(e for e in DAY if e.kind == "review")
    assert told_of(review, WAIVED) == ""
    assert "was in review, and nobody decided it" in told_of(review, changed(WAIVED, decided_by=""))
    assert "was settled or reviewed before" in told_of(review, WAIVED, replace(review, key="review:again"))


def test_money_moves_by_settlements_and_payments_only() -> None:
    legs = (Posting("cash", 1), Posting("tips", -1))
    assert "neither a settlement nor a payment" in told_of(LedgerEntry("x", 0.0, "note", "", {}, legs, "JPY"))
    assert told_of(LedgerEntry("x", 0.0, "note", "", {"said": "closed early"})) == ""
    assert "its body tells no sale" in told_of(LedgerEntry("x", 0.0, "settlement", "v", {}))
