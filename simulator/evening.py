"""An evening's money in the demo shop: what is reserved, captured, marked down and given back, step by step.

Enters: a folder. Leaves: the book there, and on stdout the receipt, the paper of what came back, and every entry with
its accounts. The provider is the local one: no money moves, and the steps are those of any other.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from edge.adapters.payment.local import LocalProvider
from edge.checkout import paper_text, receipt_text
from edge.driver import Driver
from edge.ledger import Book, receipts
from edge.payment import papers_of
from edge.records import SettlementDecided
from edge.store import load_store
from edge.wire import open_recording
from simulator.commands import DEMO, simulate_story

HELD_MINOR = 1000
STORY = """\
shop demo
seed 5

20:00:00  ana enters
20:00:09  ana takes 1 onigiri-salmon
20:00:13  ana takes 1 bento-karaage
20:00:22  ana leaves
"""
BACK_S = 300.0
"""So long afterwards she brings the rice ball back."""

TOLD = {
    "visit": "ana scans",
    "payment-asked": "asked for",
    "payment-approved": "approved",
    "settlement": "ana leaves: the sale",
    "payment-corrected": "aki takes back a line",
}
"""Kinds of entries in words."""


def evening(out: Path) -> None:
    """Play it and print it. `OSError` where the folder cannot be written to."""
    out.mkdir(parents=True, exist_ok=True)
    store = load_store(DEMO)
    store = replace(store, policy=store.policy.model_copy(update={"hold": "fixed", "hold_minor": HELD_MINOR}))
    ledger, recording = out / "evening.db", out / "evening.mcap"
    for old in (ledger, *out.glob("evening.db-*")):
        old.unlink(missing_ok=True)
    simulate_story(store, STORY, recording)
    console = Console(highlight=False)
    with Book(ledger, durable=False) as book:
        driver = Driver(store, book=book, provider=LocalProvider())
        for heard in open_recording(recording):
            driver.hear(heard)
        driver.finish()
        (receipt,) = receipts(book)
        back_s = driver.heard_s + BACK_S
        driver.feed(
            SettlementDecided(back_s, back_s, receipt.visit, "refund", (("onigiri-salmon", 1),), "aki", "return")
        )
        driver.finish()
        console.print(
            f"An evening in [bold]{store.name}[/bold]: ¥{HELD_MINOR:,} are reserved when somebody comes in.\n"
        )
        console.print(receipt_text(receipt, "en"))
        for paper in papers_of(written.entry for written in book.entries(visit=receipt.visit)):
            console.print(paper_text(paper, "en"))
        console.print(_entries(book))
        book.seal()
    console.print(
        f"\nThe book is {ledger}: tebura ledger show {ledger}. No money moved: the provider is the local one."
    )


def _entries(book: Book) -> Table:
    """Every entry about money, and what it moves: debits to the left, credits to the right."""
    table = Table(title="In the book", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("what", "of", "debit", "credit"):
        table.add_column(column, overflow="fold")
    for written in book.entries():
        entry = written.entry
        if entry.kind not in TOLD:
            continue
        debits = [f"{p.account} {p.amount_minor}" for p in entry.postings if p.amount_minor > 0]
        credits_ = [f"{p.account} {-p.amount_minor}" for p in entry.postings if p.amount_minor < 0]
        operation = str(entry.body.get("operation", ""))
        table.add_row(TOLD[entry.kind], operation, "\n".join(debits), "\n".join(credits_))
    return table
