"""Commands about a store folder: check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.terminal import refuse_store

app = typer.Typer()


@app.command()
def check(
    store: Annotated[Path, typer.Option(help="The folder with store.toml, catalogue.csv and planogram.csv.")],
) -> None:
    """Look through a store folder and name everything that is wrong with it."""
    from edge.store import BrokenStore, load_store

    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    shelves = shop.layout.shelves
    plates = sum(s.plates for s in shelves)
    what = f"{len(shop.catalogue)} products on {len(shelves)} shelves with {plates} plates"
    typer.echo(f"{shop.name}: {what}. All is well.")
