"""Commands that look into a ledger: show, prove, receipt."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.languages import Language
from edge.cli.terminal import DIFFERENT, refuse
from edge.shown import shown

if TYPE_CHECKING:
    from edge.ledger.book import Book

app = typer.Typer(help="Look into a ledger.", no_args_is_help=True)

LedgerFile = Annotated[Path, typer.Argument(help="A ledger, as `tebura replay --ledger` writes it.", metavar="FILE.db")]


@contextmanager
def _reading(path: Path) -> Iterator[Book]:
    from edge.ledger import Book, UnusableLedger

    if not path.is_file():
        refuse(f"{path}: there is no such file. `tebura replay FILE --ledger {path}` writes one")
    try:
        with Book(path, read_only=True) as book:
            yield book
    except UnusableLedger as error:
        refuse(str(error))


@app.command()
def show(
    file: LedgerFile,
    export: Annotated[bool, typer.Option("--export", help="The canonical export, one JSON object a line.")] = False,
) -> None:
    """What stands in the book, and what its accounts stand at."""
    with _reading(file) as book:
        if export:
            for line in book.export():
                sys.stdout.write(line.decode())
            return
        for written in book.entries():
            entry = written.entry
            typer.echo(
                f"{written.seq:>6}  {entry.at_s:.3f}  {entry.kind:<20} {shown(entry.visit):<16} {shown(entry.key)}"
            )
        for account, amount_minor in book.balances().items():
            typer.echo(f"{amount_minor:>12} {book.currency}  {shown(account)}")


@app.command()
def prove(file: LedgerFile) -> None:
    """Check that nothing was changed, everything balances, and every charged line has shelf events behind it."""
    with _reading(file) as book:
        faults = book.prove()
        seq, digest = book.head()
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(DIFFERENT)
    typer.echo(f"All {seq} entries hold. The last one's hash is {digest}.")


@app.command()
def receipt(
    file: LedgerFile,
    visit: Annotated[str, typer.Argument(help="Whose; all without it.")] = "",
    *,
    language: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print receipts again, out of the book alone."""
    from edge.checkout import receipt_json, receipt_text
    from edge.ledger import receipts

    with _reading(file) as book:
        found = [r for r in receipts(book) if visit in ("", r.visit)]
    if visit and not found:
        refuse(f"{file}: visit {visit} has no receipt. `tebura ledger show {file}` lists the visits")
    for each in found:
        if as_json:
            typer.echo(json.dumps(receipt_json(each, language), ensure_ascii=False))
        else:
            typer.echo(receipt_text(each, language))
