"""Commands about members' points: points list, show, adjust.

What somebody has is read from the book, whether the shop runs or not. Points that somebody gives or takes off go to the
running shop, which records it like everything that moves money.
"""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.deciding import AsJson, By, Subject, reading_book, warn_unwritten
from edge.cli.live import StateFolder, StoreFolder, ask_shop, folder_of, named
from edge.cli.terminal import refuse

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(help="What members have in points, and what happened to them.", no_args_is_help=True)


@app.command("list")
def list_(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Who has points, and when the next of them end."""
    from edge.facts.points import points_in

    with reading_book(folder_of(store, state)) as book:
        rows = points_in(book)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("Nobody has points.")
    else:
        from rich.console import Console

        Console().print(_table_of(rows))


@app.command()
def show(subject: Subject, store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """One member's points, line by line."""
    from edge.facts.points import statement_of, subjects
    from edge.ledger.sales import timezone_of

    with reading_book(folder_of(store, state)) as book:
        if subject not in subjects(book):
            refuse(f"{subject} never had points. `tebura points list {named(store, state)}` shows who has")
        row, timezone = statement_of(book, subject), timezone_of(book) or "UTC"
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(_statement(row, timezone))
    ends = f"; {row['next_points']} of them end after {row['next_until']}" if row["next_points"] else ""
    typer.echo(f"{row['points']} points{ends}.")


@app.command(context_settings={"ignore_unknown_options": True})
def adjust(
    subject: Subject,
    points: Annotated[str, typer.Argument(help="How many, like 100; -100 takes some off.")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why. It stands in the book.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Give a member points, or take some off."""
    who = by or getpass.getuser()
    wanted = {"do": "points", "subject": subject, "points": points, "reason": reason, "by": who}
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"{answer['points']:+} points: {subject} has {answer['balance']}.")


def _table_of(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from edge.shown import shown

    table = Table("who", box=None, header_style="dim", pad_edge=False)
    for head in ("points", "next to end", "after"):
        table.add_column(head, justify="right")
    for row in rows:
        soon = (str(row["next_points"]), row["next_until"]) if row["next_points"] else ("", "")
        table.add_row(*(Text(shown(cell)) for cell in (row["subject"], str(row["points"]), *soon)))
    return table


def _statement(row: dict[str, Any], timezone: str) -> Table:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.table import Table
    from rich.text import Text

    from edge.shown import shown

    table = Table("when", "what", box=None, header_style="dim", pad_edge=False)
    for head in ("points", "then"):
        table.add_column(head, justify="right")
    table.add_column("")
    for line in row["lines"]:
        when = datetime.fromtimestamp(line["at_s"], ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")
        forgiven = f"{line['forgiven']} forgiven" if line.get("forgiven") else ""
        more = ", ".join(part for part in (line["by"], line["reason"], forgiven) if part)
        what = f"{line['what']} {line['visit']}".rstrip()
        cells = (when, what, f"{line['points']:+}", str(line["balance"]), more)
        table.add_row(*(Text(shown(cell)) for cell in cells))
    return table
