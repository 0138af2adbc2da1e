"""The command for what is done once a night: nightly. `tebura run` starts it by itself, as a process of its own.

Enters: the shop's folder, its state folder, the day that has begun. Leaves: what was learned of the shop's past
(`edge.forecast.kept`), and a folder of flat files for each day that is over (`edge.insight.folders`). It reads beside
the shop, and writes files that can be made again; the shop waits for none of it.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder
from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_store, say

if TYPE_CHECKING:
    from edge.insight import Insight
    from edge.store import Store

NICE = 10
"""The shop comes first."""


def nightly(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    day: Annotated[str, typer.Option(help="The day that has begun, like 2026-12-01; today without it.")] = "",
) -> None:
    """Learn what will be wanted, and write flat files of the days until now. The running shop does this every night."""
    from edge.cli.deciding import reading_book
    from edge.insight import FILE, Insight, UnusableInsight, figures
    from edge.insight.folders import FOLDER, write_days
    from edge.site import load_shop
    from edge.store import BrokenStore

    with suppress(OSError):
        os.nice(NICE)
    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    try:
        today = date.fromisoformat(day) if day else datetime.now(shop.timezone).date()
    except ValueError:
        refuse(f"{day!r} is no day. Write it like 2026-12-01")
    folder = state_folder(state, shop.id)
    try:
        with reading_book(folder) as book, Insight(folder / FILE) as kept:
            kept.read(book, shop)
            _learn(kept, shop, store, folder, today)
            figures(kept, shop)  # each day is counted once: pages add them up
            days = write_days(folder, kept, shop, site.screens.address, today)
    except (UnusableInsight, OSError) as error:
        refuse(str(error))
    say(f"{folder / FOLDER}: {len(days)} more days")


def _learn(kept: Insight, shop: Store, store: Path, folder: Path, today: date) -> None:
    from edge.forecast.history import past_of
    from edge.forecast.kept import FILE, keep, learned
    from edge.forecast.supply import supplies_in

    past = past_of(kept, shop.timezone, today)
    supplies, faults = supplies_in(store, shop, today)
    keep(folder, learned(shop.id, past, today, supplies, time.time()))
    for fault in faults:
        say(str(fault))
    say(f"{folder / FILE}: learned of {len(past.dates)} days")


if __name__ == "__main__":
    typer.run(nightly)
