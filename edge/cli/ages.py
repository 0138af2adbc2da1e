"""Commands about goods for adults: age list, confirm, refuse. They go to the running shop, which records the answer."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from typing import Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder, ask_shop, named
from edge.shown import shown

app = typer.Typer(help="Who holds goods for adults, and whether they may have them.", no_args_is_help=True)

Visit = Annotated[str, typer.Argument(help="Which, as `tebura age list` names it.")]
By = Annotated[str, typer.Option("--by", help="Who looked; the user's name without it. It stands in the book.")]
How = Annotated[str, typer.Option("--how", help="What you looked at, like 'driving licence'.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Everybody inside who holds goods for adults."""
    rows = ask_shop(store, state, {"do": "ages"})["visits"]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        typer.echo("Nobody inside holds goods for adults.")
    for row in rows:
        since = datetime.fromtimestamp(row["asked_s"]).astimezone()
        goods = ", ".join(row.get("skus", ())) or "nothing any more"
        what = f"{row['visit']}  {row['subject']}  {row.get('state', '')} since {since:%H:%M:%S}  {row.get('age', '')}+"
        typer.echo(shown(f"{what}: {goods}"))


@app.command()
def confirm(
    visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "", how: How = "", as_json: AsJson = False
) -> None:
    """They are old enough: what they hold is sold to them."""
    answer = ask_shop(store, state, {"do": "age", "visit": visit, "verdict": "confirmed", "by": _who(by), "how": how})
    typer.echo(json.dumps(answer) if as_json else f"{visit} may have it.")


@app.command()
def refuse(
    visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "", how: How = "", as_json: AsJson = False
) -> None:
    """They are not, or cannot show it: it is not sold to them, and they are asked to put it back."""
    answer = ask_shop(store, state, {"do": "age", "visit": visit, "verdict": "refused", "by": _who(by), "how": how})
    again = f"tebura age confirm {visit} {named(store, state)}"
    typer.echo(json.dumps(answer) if as_json else f"{visit} may not have it. Should that turn out otherwise: {again}")


def _who(by: str) -> str:
    return by or getpass.getuser()
