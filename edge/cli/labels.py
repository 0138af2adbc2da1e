"""The command that makes labels for shelves: labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.terminal import refuse, refuse_store, refuse_unwritable, writing


def labels(
    store: Annotated[Path, typer.Option(help="The folder with store.toml and its tables, and site.toml.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the pages here.", metavar="FILE.html")],
    domain: Annotated[
        str,
        typer.Option(
            "--domain",
            help="Where people find the pages; without it what site.toml says.",
        ),
    ] = "",
    language: Annotated[str, typer.Option(help="Of the products' names; the shop's first without it.")] = "",
) -> None:
    """Make labels for all places of the planogram: name, shelf, and a QR code that opens the product's page."""
    from edge.drawing.labels import address_in, labels_html
    from edge.site import load_shop
    from edge.store import BrokenStore

    refuse_unwritable(out, "--out")
    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    address = address_in(domain or site.screens.address)
    if not address:
        told = f"{domain!r} is no address of a shop" if domain else "nothing says under which address the shop is found"
        refuse(f"{told}. Write address of [screens] into site.toml, or --domain https://shop.example.com")
    pages, count = labels_html(shop, address, language)
    with writing(out, "--out"):
        out.write_text(pages, encoding="utf-8")
    typer.echo(f"{out}: {count} labels that open {address}. Open it in a browser and print it.")
