"""Commands about a store folder: check."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, UNUSABLE, refuse_store, say
from edge.shown import shown

if TYPE_CHECKING:
    from edge.store import Fault, Store


def lots_in(folder: Path, shop: Store) -> list[Fault]:
    """What is wrong with ``lots.csv``, where there is one: nothing but product pages goes by it."""
    from edge.store.lots import FILE, read_lots
    from edge.store.tables import Fault

    faults: list[Fault] = []
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        return [Fault(FILE, "file", "is not UTF-8 text", "Save the file as UTF-8")]
    read_lots(text, shop.catalogue, faults)
    return faults


def check(
    store: Annotated[Path, typer.Option(help="The folder with store.toml and its tables, and site.toml.")],
    state: StateFolder = None,
) -> None:
    """Look through a store folder and name everything that is wrong with it; also where it does not fit to the book.

    Faults end it with 2, and no shop opens with them. What is merely odd is told, and is no fault.
    """
    from edge.checkout.words import WORDS
    from edge.odd_site import odd_site
    from edge.site import FILE, load_shop
    from edge.store import BrokenStore, Fault
    from edge.store.oddities import oddities

    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    misfit = _misfit(state_folder(state, shop.id), shop)
    if misfit:
        say(misfit)
        raise typer.Exit(UNUSABLE)
    shelves = shop.layout.shelves
    plates = sum(s.plates for s in shelves)
    goods = _count(len(shop.catalogue), "product")
    what = f"{goods} on {_count(len(shelves), 'shelf', 'shelves')} with {_count(plates, 'plate')}"
    cameras = f"{_count(len(shop.layout.cameras), 'camera')}, {len(shop.sights)} of them calibrated"
    broker = f"{site.broker.kind} broker at {site.broker.host}:{site.broker.port}"
    wired = [(len(site.serial), "serial line"), (len(site.plain), "plain plate"), (len(site.camera), "camera source")]
    by = FILE if (store / FILE).exists() else f"no {FILE}"
    told = f"{shop.name}: {what}, {cameras}; {by}: {broker}, {', '.join(_count(*each) for each in wired)}."
    faults = lots_in(store, shop)
    if faults:
        refuse_store(str(store), BrokenStore(faults))
    today = datetime.now(shop.timezone).date()
    odd = [*oddities(shop, today, WORDS), *odd_site(site, shop)]
    for oddity in odd:
        typer.echo(f"odd: {shown(str(oddity))}", err=True)
    if site.headquarters.address:
        quiet = _quiet(state_folder(state, shop.id), site.headquarters.quiet_minutes)
        if quiet:
            typer.echo(f"odd: {shown(quiet)}", err=True)
            odd = [*odd, Fault(FILE, "headquarters", quiet, "")]
    if not shop.blind:
        things = "1 thing is odd" if len(odd) == 1 else f"{len(odd)} things are odd"
        well = f"{things}, see above; the shop runs with that, if it is meant." if odd else "All is well."
        typer.echo(f"{told} {well}")
        return
    typer.echo(told)
    for camera, fault in shop.blind.items():
        say(f"{camera} is blind: {fault}")
    raise typer.Exit(DIFFERENT)


def _misfit(state: Path, store: Store) -> str:
    """Why the shop could not open with the book that it has; empty where it has none, or where nobody may look."""
    from edge.daemon.shop import LEDGER
    from edge.ledger import Book, UnusableLedger
    from edge.ledger.owner import refuse_others

    try:
        if not (state / LEDGER).exists():
            return ""
        with Book(state / LEDGER, read_only=True) as book:
            try:
                refuse_others(book, store)
            except UnusableLedger as error:
                return str(error)
    except OSError as error:
        say(f"whether this fits to the book could not be seen: {error}")
    return ""


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def _quiet(folder: Path, minutes: float) -> str:
    """What is wrong with the line to headquarters, as the shop noted it last; empty while it is heard."""
    import time

    from edge.uplink.standing import quiet, standing_in

    standing = standing_in(folder)
    if standing is None:
        return "headquarters was never asked: no shop has been run here since [headquarters] stands in site.toml"
    if standing.trouble:
        return standing.trouble
    if time.time() - standing.heard_s > minutes * 60:
        since = datetime.fromtimestamp(standing.heard_s).strftime("%Y-%m-%d %H:%M") if standing.heard_s else "the start"
        return quiet(since, standing.why)
    return ""
