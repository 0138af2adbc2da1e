"""Commands about the live shop: run, mode, status."""

from __future__ import annotations

import getpass
import json
import re
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_store, say
from edge.shown import named_plates, shown

StoreFolder = Annotated[Path, typer.Option("--store", help="The folder with store.toml and, if need be, site.toml.")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="Where the shop keeps what it must not lose.")]

_ASKS_A_SHOP = re.compile(r"`(tebura (?:mode|stock|restock|review|payment|age|reload|member|staff|calibrate)[^`]*)`")
"""Commands in remedies that mean the shop that somebody has just asked about."""


def run(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Its time is a recording's, played in.")] = False,
) -> None:
    """Run the shop, until somebody stops it."""
    from edge.adapters.members import UnusableMembers
    from edge.bundles.applied import resume
    from edge.daemon import run as run_shop
    from edge.site import load_shop
    from edge.store import BrokenStore

    if resume(store):
        say("a bundle was half written when this stopped; it is whole now")
    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    try:
        run_shop(shop, site, state_folder(state, shop.id), store_folder=store, rehearsal=rehearsal)
    except (OSError, UnusableMembers) as error:
        refuse(str(error))


def mode(
    mode: Annotated[str, typer.Argument(help="open, restock or closed.", metavar="open|restock|closed")],
    store: StoreFolder,
    state: StateFolder = None,
) -> None:
    """Say what the shop is doing: open, being restocked (staff's work stays out of carts), or closed."""
    answer = ask_shop(store, state, {"do": "mode", "mode": mode, "by": getpass.getuser()})
    say(f"staff say {answer['mode']} from now on; `tebura status {named(store, state)}` tells how the shop is")


def status(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Ask the running shop how it is."""
    health = ask_shop(store, state, {"do": "status"})
    if as_json:
        typer.echo(json.dumps(health, ensure_ascii=False))
        return
    why = f": {health['why']}" if health.get("why") else ""
    typer.echo(f"{health.get('state', 'opening')}{why}; {health['heard']:,} messages in {health['uptime_s']:.0f} s")
    if health.get("money"):
        typer.echo(health["money"])
    for source, what in health.get("troubles", {}).items():
        typer.echo(shown(f"  {source}: {what}"))
    late = health.get("late", {})
    silent = [source for source, ago_s in late.items() if ago_s is None]
    if silent:
        typer.echo(f"  never heard: {', '.join(silent)}")
    for source, ago_s in late.items():
        if ago_s is not None:
            typer.echo(f"  {source} is late: last heard {ago_s} s ago")
    for shelf, plates in health.get("blind", {}).items():
        if f"shelf/{shelf}" not in late:
            typer.echo(f"  {shelf}: {named_plates(plates)} cannot be read")
    waiting: dict[str, int] = health.get("waiting", {})
    count = sum(waiting.values())
    if count:
        visits = "1 visit waits" if count == 1 else f"{count} visits wait"
        typer.echo(f"{visits} for a person to decide: tebura review list {named(store, state)}")
    for reason, visits_of_it in waiting.items():
        typer.echo(shown(f"  {visits_of_it} × {reason}"))


def reload(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    by: Annotated[str, typer.Option("--by", help="Who changes it; the user's name without it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Let the running shop go on with its files as they are now: catalogue, prices, promotions, tax, policy, names.

    All of them, or none: every fault is told. Who is inside keeps what was promised.
    """
    answer = ask_shop(store, state, {"do": "reload", "by": by or getpass.getuser()})
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    if answer.get("faults"):
        from edge.store import Fault

        for fault in answer["faults"]:
            typer.echo(shown(str(Fault(**fault))), err=True)
        refuse("nothing has changed: the shop goes on as it was")
    if as_json:
        return
    if not answer["changed"]:
        typer.echo("Nothing has changed since the shop read its files.")
        return
    promised, files = answer["promised"], ", ".join(answer["changed"])
    typer.echo(f"From now on: {files} as {'it stands' if len(answer['changed']) == 1 else 'they stand'} there now.")
    if promised:
        typer.echo(f"{promised} inside {'pays' if promised == 1 else 'pay'} what was promised at the entry.")


def ask_shop(store: Path, state: Path | None, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the running shop answers; refuses at the terminal where none runs, or where it refuses."""
    from edge.daemon.desk import NobodyThere, ask

    try:
        return ask(folder_of(store, state), wanted)
    except NobodyThere as error:
        refuse(str(error))
    except ValueError as error:
        refuse(completed(str(error), store, state))


def folder_of(store: Path, state: Path | None) -> Path:
    """The state folder of a store's shop."""
    from edge.store import BrokenStore, load_store

    try:
        return state_folder(state, load_store(store).id)
    except BrokenStore as error:
        refuse_store(str(store), error)


def named(store: Path, state: Path | None) -> str:
    """The options that name a shop, for a command that is to be typed next."""
    return shlex.join(["--store", str(store), *(["--state", str(state)] if state is not None else [])])


def completed(remedy: str, store: Path | None, state: Path | None) -> str:
    """A remedy whose commands can be typed as they stand: with the options of the shop that somebody asked about."""
    options = shlex.join(
        [word for flag, path in (("--store", store), ("--state", state)) if path for word in (flag, str(path))]
    )
    return _ASKS_A_SHOP.sub(lambda command: f"`{command[1]} {options}`", remedy) if options else remedy


def refuse_while_open(folder: Path, store: Path, state: Path | None) -> None:
    """Weights that somebody puts on a shelf would be shopping: not while shoppers may come in. ``state``: as named."""
    from edge.daemon.desk import NobodyThere, ask

    try:
        mode = ask(folder, {"do": "status"}).get("mode", "open")
    except (NobodyThere, ValueError):
        return
    if mode == "open":
        why = "staff have not closed the shop, and this would look like shopping"
        refuse(f"{why}. First: tebura mode closed {named(store, state)}")
