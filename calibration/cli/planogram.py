"""Commands about the planogram: check, learn."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.live import StateFolder, StoreFolder, named, refuse_while_open
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, refuse, refuse_store, say

if TYPE_CHECKING:
    from calibration.planogram.report import Found
    from edge.site import Site
    from edge.store import Store

app = typer.Typer(help="Which product stands where, and whether the shop can tell.", no_args_is_help=True)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Recordings that show what moves on the shelves.", metavar="[FILE…]")
    ] = None,
    *,
    store: StoreFolder,
    state: StateFolder = None,
    limit: Annotated[float, typer.Option(help="So many wrong charges in a thousand picks are too many.")] = 5.0,
    propose: Annotated[
        Path | None, typer.Option(help="Write the better arrangement as a planogram.csv.", metavar="FILE.csv")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Look for a better arrangement for so long.", min=0.0)] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Which products cannot be told apart where they stand, what that costs, and a better arrangement.

    With recordings, or with a shop that runs: also places whose contents contradict the planogram.
    """
    from calibration.planogram.report import find, print_found
    from edge.wire import UnreadableRecording

    shop, _ = _shop(store)
    if propose is not None and propose.exists():
        refuse(f"{propose}: is there already. Name another file")
    if propose is not None and not propose.parent.is_dir():
        refuse(f"{propose}: there is no folder {propose.parent}. Name another file")
    if sys.stderr.isatty():
        say("trying arrangements …")
    try:
        until_s = time.monotonic() + seconds
        standing = _standing(state_folder(state, shop.id))
        found = find(shop, files or (), standing, lambda: time.monotonic() > until_s)
    except (UnreadableRecording, OSError) as error:
        refuse(str(error))
    if propose is not None:
        propose.write_text(found.proposed_csv, encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(found.plain(), ensure_ascii=False))
    else:
        print_found(found, shop)
    if _bad(found, limit):
        raise typer.Exit(DIFFERENT)


@app.command()
def learn(
    sku: Annotated[
        str, typer.Argument(help="Which product; without it the reader says which, one after another.")
    ] = "",
    *,
    store: StoreFolder,
    shelf: Annotated[str, typer.Option(help="On which shelf it is weighed, anywhere on it.")],
    state: StateFolder = None,
    units: Annotated[int, typer.Option(help="So many different units, at least.", min=1, max=50)] = 3,
    reader: Annotated[
        str, typer.Option(help="A barcode reader on a serial port, like /dev/serial/by-id/…", metavar="DEVICE")
    ] = "",
    baud: Annotated[int, typer.Option(help="The reader's.")] = 9600,
    dry: Annotated[bool, typer.Option("--dry-run", help="Weigh, and write nothing.")] = False,
) -> None:
    """Weigh units of a product and write their weight, spread and number into catalogue.csv.

    Put one unit down on the shelf, lift it, and so on with the next: the shelf feels it, no key is needed. Ctrl-C
    asks whether to keep what two units or more have told so far.
    """
    from calibration.listen import NobodyToListenTo
    from calibration.planogram.barcodes import NoReader
    from calibration.planogram.learning import Learning, Unlearnt

    if not sku and not reader:
        refuse("which product? Name its sku, or a barcode reader with --reader DEVICE")
    shop, site = _shop(store)
    if not shop.layout.has_shelf(shelf):
        refuse(f"there is no shelf {shelf!r} in store.toml. Name one of {', '.join(s.id for s in shop.layout.shelves)}")
    if shop.layout.shelf(shelf).says == "raw" and shelf not in shop.profiles:
        walk = f"tebura calibrate shelf {shelf} {named(store, state)}"
        refuse(f"{shelf} says raw numbers, which are no grams. First: {walk}")
    folder = state_folder(state, shop.id)
    if sku and sku not in shop.catalogue:
        refuse(f"{sku} is not in the catalogue. Add its row, with whatever weight for now")
    refuse_while_open(folder, store, state)
    learning = Learning(store, shop, shelf, units, say=say, done=typer.echo, dry=dry)
    try:
        with learning.at_work(site, folder, reader, baud):
            learning.one(sku) if sku else learning.whatever_comes()
    except (NobodyToListenTo, NoReader, Unlearnt) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        try:
            learning.keep(_wanted)
        except Unlearnt as error:
            refuse(str(error))
        raise typer.Exit(130) from None


def _wanted(question: str) -> bool:
    """Asked where somebody can answer; what was measured is kept where nobody can. Ctrl-C again means no."""
    if not sys.stdin.isatty():
        return True
    try:
        return typer.confirm(question, default=True, err=True)
    except (typer.Abort, KeyboardInterrupt):
        return False


def _bad(found: Found, limit: float) -> bool:
    return found.wrong > limit or bool(found.contradictions) or bool(found.odd)


def _standing(folder: Path) -> list[dict[str, Any]]:
    """What the running shop weighs in its places; nothing where none runs."""
    from edge.daemon.desk import NobodyThere, ask

    try:
        places: list[dict[str, Any]] = ask(folder, {"do": "stock"}).get("places", [])
    except (NobodyThere, ValueError):
        return []
    return places


def _shop(folder: Path) -> tuple[Store, Site]:
    from edge.site import load_shop
    from edge.store import BrokenStore

    try:
        return load_shop(folder)
    except BrokenStore as error:
        refuse_store(str(folder), error)
