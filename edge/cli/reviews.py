"""Commands about visits that wait for a person: review list, show, charge, waive, retry, resolve.

What waits is read from the book, whether the shop runs or not. What somebody decides goes to the running shop, which
records it like everything that moves money.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.deciding import AsJson, By, decide, reading_book, told_money, typed_lines
from edge.cli.live import StateFolder, StoreFolder, folder_of, named
from edge.cli.terminal import refuse

if TYPE_CHECKING:
    from edge.ledger import Book
    from edge.payment import Settlement

app = typer.Typer(help="Visits that wait for a person to look at them.", no_args_is_help=True)

Visit = Annotated[str, typer.Argument(help="Which, as `tebura review list` names it.")]


@app.command("list")
def list_(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Every visit that waits for a person, and why."""
    from edge.cli.reviewed import table_of
    from edge.facts.reviews import lines_of
    from edge.ledger import who_waits

    with reading_book(folder_of(store, state)) as book:
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
    from edge.cli.reviewed import told
    from edge.facts.reviews import story_of

    folder = folder_of(store, state)
    with reading_book(folder) as book:
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
    lines = typed_lines(only or (), "charges")
    with reading_book(folder_of(store, state)) as book:
        settlement = _known(book, visit, named(store, state))
    beyond = [f"{units} {sku}" for sku, units in lines.items() if units > settlement.listed.get(sku, 0)]
    if settlement.state == "review" and beyond and not more:
        listed = ", ".join(f"{units} {sku}" for sku, units in settlement.listed.items()) or "nothing"
        refuse(f"the review of {visit} lists {listed}, not {', '.join(beyond)}. If you are sure, add --more")
    answer = decide(store, state, visit, "charge", by, lines=lines)
    units = ", ".join(f"{units} {sku}" for sku, units in answer["lines"].items())
    typer.echo(f"{answer['subject']} is asked for {told_money(answer)}: {units}.")


@app.command()
def waive(visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "") -> None:
    """Charge a visit in review nothing; or write off what was declined or not answered."""
    answer = decide(store, state, visit, "waive", by)
    if answer["state"] == "void":
        typer.echo(f"{answer['subject']} pays nothing for {visit}.")
    else:
        typer.echo(f"{told_money(answer)} that {answer['subject']} owes for {visit} are written off.")


@app.command()
def retry(visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "") -> None:
    """Look up a payment that was not answered; or ask once more, under a new key, for one that was declined."""
    answer = decide(store, state, visit, "retry", by)
    typer.echo(f"The provider is asked again for {told_money(answer)} of {answer['subject']}.")


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
    answer = decide(store, state, visit, verdict, by)
    typer.echo(f"The payment of {answer['subject']} for {visit} is {answer['state']}.")


def _known(book: Book, visit: str, options: str) -> Settlement:
    from edge.ledger import settlement_in

    settlement = settlement_in(book, visit)
    if settlement is None or settlement.state == "inside":
        inside = any(True for _ in book.entries(visit=visit))
        what = "has not ended yet" if inside else "is no visit of this shop's book"
        refuse(f"{visit} {what}. `tebura review list {options}` shows those that wait")
    return settlement
