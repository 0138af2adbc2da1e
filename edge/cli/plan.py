"""The command that draws a store folder: plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.terminal import refuse_store, refuse_unwritable, writing


def plan(
    store: Annotated[Path, typer.Option(help="The folder with store.toml and its tables.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the picture here; without it, to stdout.", metavar="FILE.svg"),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the products' names; the shop's first without it.")] = "",
) -> None:
    """Draw a store folder as SVG: the floor to scale, and each gondola with what belongs on its plates."""
    from edge.drawing import sheet
    from edge.store import BrokenStore, load_store

    if out is not None:
        refuse_unwritable(out, "--out")
    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    picture = sheet(shop, language)
    if out is None:
        typer.echo(picture, nl=False)
        return
    with writing(out, "--out"):
        out.write_text(picture, encoding="utf-8")
    typer.echo(f"{out}: {shop.name}, the floor and {len(shop.layout.gondolas)} gondolas. Open it in a browser.")
