"""The demo: a lively few minutes in the demo shop, replayed, each receipt beside what really happened.

Enters: where the files go and a seed. Leaves: a recording, the book and the report in that folder, and on stdout what a
stranger wants to know first: was it right? The replay gets what the sensors said and nothing else; the truth is only
looked at afterwards.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.checkout import Receipt, receipt_text
from edge.checkout.roll import COLUMNS
from edge.ledger import receipts
from edge.store import Store, load_store
from edge.wire import open_recording
from simulator.commands import simulate_busy
from simulator.judged import Verdict, charged, verdict_of
from simulator.replay import Replayed, replay
from simulator.report import Collector, Truth, page, read_truth

SHOP = Path(__file__).parents[1] / "config" / "demo"
VISITS = 14


def demo(out: Path, seed: int, *, looks: bool = True) -> None:
    """Simulate, replay, compare, and say where the report is; without ``looks`` cameras do not say what anybody looks
    like. `OSError` where the folder cannot be written to.
    """
    console = Console(highlight=False)
    out.mkdir(parents=True, exist_ok=True)
    store = load_store(SHOP)
    recording = out / "demo.mcap"
    console.print(f"[bold]{store.name}[/bold]: {VISITS} visits by people who hesitate, put back, and collide.")
    with console.status("The shop is open …"):
        simulate_busy(store, VISITS, recording, seed, looks=looks)
    with console.status("The runtime hears what the sensors said …"):
        done, truth, told, report = _replayed(recording, out)
    for receipt in told:
        console.print(_beside(store, receipt, truth.items().get(receipt.sale.subject, {})))
    for subject, items in truth.items().items():
        if subject not in {r.sale.subject for r in told}:
            console.print(_without_receipt(store, subject, items))
    _sum_up(console, done, told, truth)
    console.print(f"\nOpen [bold]{report}[/bold] to see every decision and what spoke for it.")


def _replayed(path: Path, out: Path) -> tuple[Replayed, Truth, list[Receipt], Path]:
    """The replay, with its book and its report written."""
    from edge.ledger import Book

    recording = open_recording(path)
    truth = read_truth(recording.attachments.get("truth.json")) or Truth()
    ledger, report = out / "demo.db", out / "demo.html"
    for old in (ledger, *out.glob("demo.db-*")):
        old.unlink(missing_ok=True)
    collector = Collector(load_store(SHOP), recording.name, truth)
    with Book(ledger, durable=False) as book:
        done = replay(recording, book=book, observers=[collector])
        told = receipts(book)
        book.seal()
    speed = f"{done.span_s / done.spent_s:.0f} ×"
    figures = (("messages", f"{done.messages:,}"), ("faster than the shop", speed))
    report.write_text(page(collector.material(figures)), encoding="utf-8")
    return done, truth, told, report


def _beside(store: Store, receipt: Receipt, truth: dict[str, int]) -> Table:
    """A receipt and, on its right, what the shopper really left with."""
    asked = charged(receipt.sale)
    charge = "would be charged" if receipt.state == "review" else "charged"
    withheld: Counter[str] = Counter()
    for line in receipt.sale.withheld:
        withheld[line.sku] += line.quantity
    really = Text()
    really.append(f"{receipt.sale.subject} really left with\n\n", "bold")
    for sku in sorted({*truth, *asked, *withheld}):
        name = store.catalogue[sku].name("en") if sku in store.catalogue else sku or "something unknown"
        same = truth.get(sku, 0) == asked.get(sku, 0)
        really.append(f"{truth.get(sku, 0)} × {name}\n", "" if same else "red")
        if not same:
            really.append(f"    {charge}: {asked.get(sku, 0)}\n", "red")
        if withheld[sku]:
            really.append(f"    withheld: {withheld[sku]}, not sure enough\n", "yellow")
    if not truth and not asked:
        really.append("nothing\n")
    really.append("\n")
    really.append(*_mark(receipt, truth))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=COLUMNS + 2)
    table.add_column()
    table.add_row(Text(receipt_text(receipt, "en")), really)
    return table


def _without_receipt(store: Store, subject: str, truth: dict[str, int]) -> Text:
    """Somebody whom the runtime did not see leave: nothing is charged, and that is wrong unless nothing was taken."""
    items = ", ".join(f"{n} × {store.catalogue[sku].name('en')}" for sku, n in sorted(truth.items()))
    return Text(
        f"{subject} has no receipt and really left with {items or 'nothing'}  ✗ nothing was charged\n", "yellow"
    )


MARKS: dict[Verdict, tuple[str, str]] = {
    "exact": ("✓ right", "bold green"),
    "overcharged": ("✗ wrong: charged too much", "bold red"),
    "undercharged": ("✗ not all was charged", "bold yellow"),
}


def _mark(receipt: Receipt, truth: dict[str, int]) -> tuple[str, str]:
    """(words, colour): the mark that a stranger looks for."""
    verdict = verdict_of(receipt.sale, truth)
    if receipt.state != "review":
        return MARKS[verdict]
    if verdict == "exact":
        return "✓ right, but a person looks first", "bold yellow"
    return "? not sure, so a person looks before anything is charged", "bold yellow"


def _sum_up(console: Console, done: Replayed, told: list[Receipt], truth: Truth) -> None:
    items = truth.items()
    verdicts = [(verdict_of(r.sale, items.get(r.sale.subject, {})), r.state == "review") for r in told]
    right = sum(verdict == "exact" for verdict, _ in verdicts)
    review = sum(reviewed for _, reviewed in verdicts)
    over = verdicts.count(("overcharged", False))
    console.print(
        f"[bold]{right} of {len(items)} receipts are exactly right[/bold], {review} wait for a person, "
        f"{over} charged too much."
    )
    console.print(
        f"{done.messages:,} messages of {done.span_s / 60:.1f} minutes were replayed in {done.spent_s:.1f} s, "
        f"{done.span_s / done.spent_s:.0f} × real time, on one core."
    )
