"""Commands about what stands on the shelves: stock, restock."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder, ask_shop, completed, folder_of
from edge.cli.live import named as options_of
from edge.cli.places_on_shelves import Place, named, table_of
from edge.cli.terminal import DIFFERENT, refuse, say

Shelves = Annotated[list[str] | None, typer.Option("--shelf", help="Only this shelf; several times for several.")]


def stock(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    shelf: Shelves = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What stands on the shelves of the running shop, by the count and by weight."""
    places = _places(store, state, shelf)
    if as_json:
        typer.echo(json.dumps(places, ensure_ascii=False))
        return
    _print(places)


def restock(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    shelf: Shelves = None,
    units: Annotated[
        list[str] | None, typer.Option("--set", help="What was counted by hand: SHELF:PLATES=UNITS, like g1-s1:4-6=12.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take what weight says without asking.")] = False,
    by: Annotated[str, typer.Option(help="Who counts; the user's name without it.")] = "",
) -> None:
    """Fill the shelves: what stands there is counted by weight, shown, confirmed, and is the stock from then on.

    Meanwhile the shop is in mode restock: nobody comes in, and nothing that staff move gets into a cart.
    """
    import getpass

    from edge.cli.counting import Counting, Unfinished
    from edge.cli.filling import filling
    from edge.stock.weighed import UNCALIBRATED

    who = by or getpass.getuser()
    asked = not yes and sys.stdin.isatty()
    if not asked and not yes and not units:
        refuse("nobody is at the keyboard to confirm. Add --yes to take what weight says, or --set PLACE=UNITS")
    ask_shop(store, state, {"do": "status"})
    ask = partial(ask_shop, store, state)
    try:
        with filling(folder_of(store, state), ask, who, options_of(store, state)):
            counting = Counting(lambda: _places(store, state, shelf), units or ())
            if asked:
                counting.watch()
            counting.decide(asked)
            for place, quantity in counting.decided:
                told = {"do": "count", "quantity": quantity, "by": who}
                ask(told | {k: place[k] for k in ("shelf", "plates", "sku")})
    except Unfinished as error:
        refuse(completed(str(error), store, state))
    except (KeyboardInterrupt, EOFError):
        say("nothing was counted: the stock is as it was")
        raise typer.Exit(130) from None
    count = len(counting.decided)
    typer.echo(f"{count} place{' is' if count == 1 else 's are'} counted.")
    for place in counting.open:
        say(f"{named(place)} is not counted: {place['why'] or 'weight does not come out even'}")
    uncalibrated = list(dict.fromkeys(p["shelf"] for p in counting.open if p["why"] == UNCALIBRATED))
    if uncalibrated:
        first, *others = uncalibrated
        shop_options = options_of(store, state)
        more = f", and {', '.join(others)} likewise" if others else ""
        say(f"calibrate: `tebura calibrate shelf {first} {shop_options}`{more}; or count by hand, with --set")
    if counting.open:
        raise typer.Exit(DIFFERENT)


def _places(store: Path, state: Path | None, shelves: list[str] | None) -> list[Place]:
    places: list[Place] = ask_shop(store, state, {"do": "stock"})["places"]
    if shelves is None:
        return places
    unknown = sorted(set(shelves) - {p["shelf"] for p in places})
    if unknown:
        lists = f"`tebura stock {options_of(store, state)}` lists the shelves"
        refuse(f"the planogram has nothing on {', '.join(unknown)}. {lists}")
    return [p for p in places if p["shelf"] in shelves]


def _print(places: list[Place]) -> None:
    from rich.console import Console

    Console().print(table_of(places))
