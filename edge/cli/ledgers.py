"""Commands that look into a ledger: show, prove, receipt, sales.

Enters: a book's file, or the shop whose book it is (``--store``); it may be running. Times are the shop's own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edge.cli.languages import Language
from edge.cli.terminal import DIFFERENT, refuse
from edge.shown import shown

if TYPE_CHECKING:
    from edge.checkout import State
    from edge.ledger.book import Book
    from edge.ledger.sales import Sold

STATES: Final[dict[State, str]] = {
    "paid": "paid",
    "asked": "being paid",
    "unanswered": "asked for, not answered yet",
    "declined": "declined, still owed",
    "disputed": "disputed: staff look at it",
    "void": "nothing to pay, or written off",
    "review": "waiting for a person, not charged and not counted above",
}
"""What became of a visit, in the order in which it is told."""

app = typer.Typer(help="Look into a ledger.", no_args_is_help=True)

LedgerFile = Annotated[
    Path | None,
    typer.Argument(
        help="A ledger, as `tebura replay --ledger` writes it; with --store none.",
        metavar="[FILE.db]",
        show_default=False,
    ),
]
StoreFolder = Annotated[Path | None, typer.Option("--store", help="The shop whose own book it is.")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="With --store: where the shop keeps its book.")]


def _named(file: Path | None, store: Path | None, state: Path | None) -> Path:
    """The book that was named, one way or the other."""
    if (file is None) is (store is None) or (state is not None and store is None):
        refuse("name a book: FILE.db, or --store DIR (and --state, where the shop has one) for a shop's own")
    if file is not None:
        if not file.is_file():
            refuse(f"{file}: there is no such file. `tebura replay FILE --ledger {file}` writes one")
        return file
    assert store is not None
    from edge.cli.live import folder_of
    from edge.daemon.shop import LEDGER

    path = folder_of(store, state) / LEDGER
    if not path.is_file():
        named = "" if state is not None else ". Name the shop's state folder with --state, if it has one"
        refuse(f"{path}: this shop has no book yet: nothing was sold{named}")
    return path


def _clock_of(store: Path | None) -> str:
    """The time zone of a book without sales: its shop's own, where a shop was named."""
    from edge.store import load_store

    return load_store(store).timezone.key if store is not None else "UTC"


@contextmanager
def _reading(path: Path) -> Iterator[Book]:
    from edge.ledger import Book, UnusableLedger

    try:
        with Book(path, read_only=True) as book:
            yield book
    except UnusableLedger as error:
        refuse(str(error))


@app.command()
def show(
    file: LedgerFile = None,
    store: StoreFolder = None,
    state: StateFolder = None,
    *,
    export: Annotated[bool, typer.Option("--export", help="The canonical export, one JSON object a line.")] = False,
) -> None:
    """What stands in the book, and what its accounts stand at."""
    from zoneinfo import ZoneInfo

    from edge.ledger.sales import timezone_of

    with _reading(_named(file, store, state)) as book:
        if export:
            for line in book.export():
                sys.stdout.write(line.decode())
            return
        zone = ZoneInfo(timezone_of(book) or _clock_of(store))
        typer.echo(f"   no.  {f'time ({zone})':<23}  {'what':<20} {'visit':<16} key")
        for written in book.entries():
            entry = written.entry
            when = datetime.fromtimestamp(entry.at_s, zone).isoformat(" ", "milliseconds")[:23]
            typer.echo(f"{written.seq:>6}  {when}  {entry.kind:<20} {shown(entry.visit):<16} {shown(entry.key)}")
        for account, amount_minor in book.balances().items():
            typer.echo(f"{amount_minor:>12} {book.currency}  {shown(account)}")


@app.command()
def prove(file: LedgerFile = None, store: StoreFolder = None, state: StateFolder = None) -> None:
    """Check that nothing was changed, everything balances, and every charged line has shelf events behind it."""
    with _reading(_named(file, store, state)) as book:
        faults = book.prove()
        seq, digest = book.head()
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(DIFFERENT)
    typer.echo(f"All {seq} entries hold. The last one's hash is {digest}.")


@app.command()
def receipt(
    file: Annotated[str, typer.Argument(help="A ledger's file; with --store none.", metavar="[FILE.db]")] = "",
    visit: Annotated[str, typer.Argument(help="Whose; all without it.", metavar="[VISIT]")] = "",
    store: StoreFolder = None,
    state: StateFolder = None,
    *,
    language: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print receipts again, out of the book alone."""
    from edge.checkout import receipt_json, receipt_text
    from edge.ledger import receipts

    if store is not None and not visit:  # the shop's own book: what comes first is the visit
        file, visit = "", file
    path = _named(Path(file) if file else None, store, state)
    with _reading(path) as book:
        found = [r for r in receipts(book) if visit in ("", r.visit)]
    if visit and not found:
        refuse(f"{path}: visit {visit} has no receipt. `tebura ledger show {path}` lists the visits")
    for each in found:
        if as_json:
            typer.echo(json.dumps(receipt_json(each, language), ensure_ascii=False))
        else:
            typer.echo(receipt_text(each, language))


@app.command()
def sales(
    file: LedgerFile = None,
    store: StoreFolder = None,
    state: StateFolder = None,
    *,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Today without it.")] = None,
    language: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What was sold on a day, and what it brought."""
    from zoneinfo import ZoneInfo

    from edge.ledger.sales import sold_on, timezone_of

    path = _named(file, store, state)
    with _reading(path) as book:
        timezone = timezone_of(book) or _clock_of(store)
        sold = sold_on(book, day.date() if day else datetime.now(ZoneInfo(timezone)).date(), timezone)
        last = book.last("settlement") or book.last("review")
    if as_json:
        typer.echo(json.dumps(_sold_json(sold, language), ensure_ascii=False))
        return
    for line in _sold_told(sold, language):
        typer.echo(shown(line))
    if not sold.visits and last is not None:
        left = datetime.fromtimestamp(last.entry.at_s, ZoneInfo(timezone)).date()
        typer.echo(f"The last visit left on {left}: --day {left}")


def _sold_told(sold: Sold, language: str) -> list[str]:
    """For people: products by what they brought, then the visits by what became of them."""
    from edge.checkout.amounts import money

    visits = sold.visits.total()
    lines = [f"{sold.day} ({sold.timezone}): {visits} visit{'' if visits == 1 else 's'} left"]
    issuer = sold.issuer
    if issuer is None:
        return lines
    for product in sorted(sold.products.values(), key=lambda p: (-p.amount_minor, p.units)):
        amount = money(product.amount_minor, issuer, language or "en")
        lines.append(f"{product.units:>6} ×  {amount:>12}  {_called(product.names, language)}")
    for state, what in STATES.items():
        count = sold.visits[state]
        if count or sold.total_minor[state]:
            amount = money(sold.total_minor[state], issuer, language or "en")
            visits_told = f"{count} visit{'' if count == 1 else 's'}"
            lines.append(f"{visits_told:>8}  {amount:>12}  {what}")
    if sold.taken_back_minor:
        amount = money(sold.taken_back_minor, issuer, language or "en")
        lines.append(f"{amount} of it were taken back since")
    if sold.tab_minor:
        amount = money(sold.tab_minor, issuer, language or "en")
        lines.append(f"{amount} of it went onto members' tabs")
    if sold.unmoved_minor:
        amount = money(sold.unmoved_minor, issuer, language or "en")
        lines.append(f"no money was moved for {amount} of it: the shop has no payment provider yet")
    return lines


def _sold_json(sold: Sold, language: str) -> dict[str, object]:
    return {
        "day": sold.day.isoformat(),
        "timezone": sold.timezone,
        "currency": sold.issuer.currency if sold.issuer else "",
        "currency_digits": sold.issuer.currency_digits if sold.issuer else 0,
        "products": [
            {"sku": sku, "name": _called(p.names, language), "quantity": p.units, "amount_minor": p.amount_minor}
            for sku, p in sorted(sold.products.items())
        ],
        "visits": dict(sold.visits),
        "total_minor": dict(sold.total_minor),
        "unmoved_minor": sold.unmoved_minor,
        "tab_minor": sold.tab_minor,
        "taken_back_minor": sold.taken_back_minor,
    }


def _called(names: dict[str, str], language: str) -> str:
    return names.get(language or "en") or names.get("") or next(iter(names.values()), "")
