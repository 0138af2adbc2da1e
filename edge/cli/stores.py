"""Commands about a store folder: check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.terminal import DIFFERENT, refuse_store, say

app = typer.Typer()


@app.command()
def check(
    store: Annotated[Path, typer.Option(help="The folder with store.toml and its tables, and site.toml.")],
) -> None:
    """Look through a store folder and name everything that is wrong with it."""
    from edge.site import FILE, load_shop
    from edge.store import BrokenStore

    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    shelves = shop.layout.shelves
    plates = sum(s.plates for s in shelves)
    what = f"{len(shop.catalogue)} products on {len(shelves)} shelves with {plates} plates"
    cameras = f"{len(shop.layout.cameras)} cameras, {len(shop.sights)} of them calibrated"
    broker = f"{site.broker.kind} broker at {site.broker.host}:{site.broker.port}"
    wired = f"{len(site.serial)} serial lines, {len(site.plain)} plain plates, {len(site.camera)} cameras"
    by = FILE if (store / FILE).exists() else f"no {FILE}"
    told = f"{shop.name}: {what}, {cameras}; {by}: {broker}, {wired}."
    if not shop.blind:
        typer.echo(f"{told} All is well.")
        return
    typer.echo(told)
    for camera, fault in shop.blind.items():
        say(f"{camera} is blind: {fault}")
    raise typer.Exit(DIFFERENT)
