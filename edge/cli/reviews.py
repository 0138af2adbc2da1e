"""Commands about visits that wait for a person: review list, show, charge, waive, retry, resolve.

What waits is read from the book, whether the shop runs or not. What somebody decides goes to the running shop, which
records it like everything that moves money.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.live import StateFolder, StoreFolder, ask_shop, folder_of, named
from edge.cli.terminal import UNUSABLE, refuse, say

if TYPE_CHECKING:
    from edge.ledger import Book
    from edge.payment import Settlement

app = typer.Typer(help="Visits that wait for a person to look at them.", no_args_is_help=True)

Visit = Annotated[str, typer.Argument(help="Which, as `tebura review list` names it.")]
By = Annotated[str, typer.Option("--by", help="Who decides; the user's name without it. It stands in the book.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Every visit that waits for a person, and why."""
    from edge.cli.reviewed import lines_of, table_of
    from edge.ledger import who_waits

    with _book(folder_of(store, state)) as book:
        rows = [lines_of(book, visit, settlement) for visit, settlement in who_waits(book).items()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("No visit waits for a person.")
    else:
        from rich.console import Console

        Console().print(table_of(rows))


@app.command()
def show(visit: Visit, store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """All that is known about one of them: why, who, when, what, how surely, and where to look."""
    from edge.cli.reviewed import story_of, told

    folder = folder_of(store, state)
    with _book(folder) as book:
        _known(book, visit, named(store, state))
        story = story_of(book, visit, folder)
    typer.echo(json.dumps(story, ensure_ascii=False) if as_json else told(story, named(store, state)))


@app.command()
def charge(
    visit: Visit,
    store: StoreFolder,
    state: StateFolder = None,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Charge this alone, like onigiri-salmon=2; several times for several."),
    ] = None,
    more: Annotated[bool, typer.Option("--more", help="Allow more than the review lists.")] = False,
    by: By = "",
) -> None:
    """Charge a visit in review: all that it lists, or part of it."""
    lines = _typed(only or ())
    with _book(folder_of(store, state)) as book:
        settlement = _known(book, visit, named(store, state))
    beyond = [f"{units} {sku}" for sku, units in lines.items() if units > settlement.listed.get(sku, 0)]
    if settlement.state == "review" and beyond and not more:
        listed = ", ".join(f"{units} {sku}" for sku, units in settlement.listed.items()) or "nothing"
        refuse(f"the review of {visit} lists {listed}, not {', '.join(beyond)}. If you are sure, add --more")
    answer = _decide(store, state, visit, "charge", by, lines=lines)
    units = ", ".join(f"{units} {sku}" for sku, units in answer["lines"].items())
    typer.echo(f"{answer['subject']} is asked for {_money(answer)}: {units}.")


@app.command()
def waive(visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "") -> None:
    """Charge a visit in review nothing; or write off what was declined or not answered."""
    answer = _decide(store, state, visit, "waive", by)
    if answer["state"] == "void":
        typer.echo(f"{answer['subject']} pays nothing for {visit}.")
    else:
        typer.echo(f"{_money(answer)} that {answer['subject']} owes for {visit} are written off.")


@app.command()
def retry(visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "") -> None:
    """Ask a payment provider that did not answer once more; it charges once, however often it is asked."""
    answer = _decide(store, state, visit, "retry", by)
    typer.echo(f"The provider is asked again for {_money(answer)} of {answer['subject']}.")


@app.command()
def resolve(
    visit: Visit,
    verdict: Annotated[str, typer.Argument(help="What became of the money.", metavar="kept|returned")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    by: By = "",
) -> None:
    """Say what became of money that the provider first declined and then took."""
    if verdict not in ("kept", "returned"):
        refuse(f"{verdict!r} is no answer. Say kept (the shop has the money) or returned (the shopper has it)")
    answer = _decide(store, state, visit, verdict, by)
    typer.echo(f"The payment of {answer['subject']} for {visit} is {answer['state']}.")


def _decide(store: Path, state: Path | None, visit: str, verdict: str, by: str, **more: object) -> dict[str, Any]:
    who = by or getpass.getuser()
    answer = ask_shop(store, state, {"do": "decide", "visit": visit, "verdict": verdict, "by": who, **more})
    if not answer["written"]:
        look = f"see `tebura status {named(store, state)}`"
        say(f"the disk does not take it at present, and it counts only when it is in the book: {look}")
    return answer


def _typed(only: list[str] | tuple[str, ...]) -> dict[str, int]:
    """What was typed as SKU=UNITS."""
    lines: dict[str, int] = {}
    for text in only:
        sku, _, units = text.rpartition("=")
        if not sku or not units.isascii() or not units.isdigit() or not 1 <= int(units[:9]) <= 1000:
            refuse(f"{text!r} charges nothing. Write SKU=UNITS with 1 to 1000 units, like onigiri-salmon=2")
        if sku in lines:
            refuse(f"{sku} is named twice. Name each product once")
        lines[sku] = int(units)
    return lines


def _known(book: Book, visit: str, options: str) -> Settlement:
    from edge.ledger import settlement_in

    settlement = settlement_in(book, visit)
    if settlement is None:
        inside = any(True for _ in book.entries(visit=visit))
        what = "has not ended yet" if inside else "is no visit of this shop's book"
        refuse(f"{visit} {what}. `tebura review list {options}` shows those that wait")
    return settlement


@contextmanager
def _book(folder: Path) -> Iterator[Book]:
    """The shop's book, beside its writer."""
    from edge.ledger import Book, UnusableLedger

    path = folder / "ledger.db"
    if not path.is_file():
        refuse(f"{folder}: no shop has kept a book here yet. Name the shop's folder with --state")
    try:
        with Book(path, read_only=True) as book:
            yield book
    except UnusableLedger as error:
        say(str(error))
        raise typer.Exit(UNUSABLE) from error


def _money(answer: dict[str, Any]) -> str:
    from edge.cli.reviewed import money

    return money(answer["total_minor"], answer["currency"], answer["digits"])
