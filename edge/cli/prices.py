"""Commands about prices: what costs what now, or at any moment, and why: show, at.

Read from the store folder, whether the shop runs or not; what somebody inside was promised may be less.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.live import StoreFolder
from edge.cli.terminal import refuse, refuse_store

if TYPE_CHECKING:
    from edge.store import Store

app = typer.Typer(help="What costs what, when, and why.", no_args_is_help=True)

Skus = Annotated[list[str] | None, typer.Option("--sku", help="Only this product; several times for several.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def show(store: StoreFolder, *, sku: Skus = None, as_json: AsJson = False) -> None:
    """What everything costs now."""
    from datetime import datetime

    shop = _shop(store)
    _tell(shop, datetime.now(shop.timezone).timestamp(), sku, as_json)


@app.command()
def at(
    moment: Annotated[str, typer.Argument(help="Like 2026-12-24 or '2026-12-24 19:30', by the shop's clocks.")],
    store: StoreFolder,
    *,
    sku: Skus = None,
    as_json: AsJson = False,
) -> None:
    """What everything costs at a moment, past or coming, by the files as they are now."""
    from edge.store.window import BadWindow, read_window

    shop = _shop(store)
    try:
        at_s = read_window(moment, "", "", shop.timezone).since_s
    except BadWindow as error:
        refuse(f"{moment!r} is no moment. {error.remedy}")
    if at_s is None:
        refuse("no moment is named. Write it like 2026-12-24 or '2026-12-24 19:30'")
    _tell(shop, at_s, sku, as_json)


def _shop(folder: Path) -> Store:
    from edge.store import BrokenStore, load_store

    try:
        return load_store(folder)
    except BrokenStore as error:
        refuse_store(str(folder), error)


def _tell(store: Store, at_s: float, skus: list[str] | None, as_json: bool) -> None:
    from edge.cli.priced import tables_of
    from edge.facts.prices import priced

    unknown = sorted(set(skus or ()) - store.catalogue.keys())
    if unknown:
        refuse(f"the catalogue has no {', '.join(unknown)}. `tebura price show` without --sku lists all")
    told: dict[str, Any] = priced(store, at_s, skus or list(store.catalogue))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console()
    for table in tables_of(told, store):
        console.print(table)
