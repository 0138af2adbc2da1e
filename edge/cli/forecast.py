"""The command about what will be wanted: forecast."""

from __future__ import annotations

import csv
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_store, refuse_unwritable, say, writing

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from edge.forecast.orders import Supply
    from edge.store import Store

Row = dict[str, Any]


def forecast(
    store: Annotated[Path, typer.Option("--store", help="The folder with store.toml and, for orders, supply.csv.")],
    *,
    state: Annotated[Path | None, typer.Option("--state", help="Where the shop keeps what it must not lose.")] = None,
    day: Annotated[str, typer.Option(help="For which day, like 2026-12-01; tomorrow without it.")] = "",
    each: Annotated[int, typer.Option(min=1, help="So many visits in half an hour one person can see to.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    out: Annotated[Path | None, typer.Option("--csv", help="Write the order for the supplier.")] = None,
) -> None:  # fmt: skip
    """How much of each product will be wanted on a day, what to order for it, and how many people will come when."""
    from edge.cli.deciding import reading_book
    from edge.forecast.history import past_of, tomorrow_of
    from edge.forecast.kept import learned
    from edge.forecast.plan import entries_on, products_on, tried_in_all
    from edge.insight import FILE, Insight, UnusableInsight
    from edge.store import BrokenStore, load_store

    if out is not None:
        refuse_unwritable(out, "--csv")
    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    today = tomorrow_of(time.time() - 86400.0, shop.timezone)
    wanted = _day(day) if day else tomorrow_of(time.time(), shop.timezone)
    supplies = _supplies(store, shop, wanted)
    folder = state_folder(state, shop.id)
    try:
        with reading_book(folder) as book, Insight(folder / FILE) as kept:
            kept.read(book, shop)
            past = past_of(kept, shop.timezone, min(today, wanted))
    except UnusableInsight as error:
        refuse(str(error))
    if not past.dates:
        refuse("the shop's book knows no day before this one: forecasts begin the day after the first")
    standing = _standing(folder)
    if standing is None and supplies:
        say("the shop does not run, so that nobody says what stands on its shelves: orders are for empty ones")
    known = learned(shop.id, past, min(today, wanted), supplies, time.time())
    rows, entries, tried = (
        products_on(known, wanted, supplies, standing),
        entries_on(known, wanted, each),
        tried_in_all(known),
    )
    for row in rows:
        row["name"] = shop.catalogue[row["sku"]].name() if row["sku"] in shop.catalogue else row["sku"]
    if out is not None:
        _write(out, rows, wanted)
    if as_json:
        told = {
            "day": wanted.isoformat(), "days": len(past.dates), "products": rows, "entries": entries, "tried": tried,
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif out is None:
        _show(rows, entries, tried, shop, wanted, len(past.dates))


def _day(typed: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(typed)
    except ValueError:
        refuse(f"{typed!r} is no day. Write it like 2026-12-01")


def _supplies(folder: Path, shop: Store, day: date) -> dict[str, Supply]:
    from edge.forecast.supply import FILE, supplies_in
    from edge.store import BrokenStore

    found, faults = supplies_in(folder, shop, day)
    if faults:
        refuse_store(str(folder / FILE), BrokenStore(faults))
    return found


def _standing(folder: Path) -> dict[str, int] | None:
    """What the running shop believes to stand on its shelves."""
    from edge.daemon.desk import NobodyThere, ask
    from edge.forecast.plan import standing_of

    with suppress(NobodyThere, ValueError):
        return standing_of(ask(folder, {"do": "stock"})["places"])
    return None


def _write(path: Path, rows: list[Row], day: date) -> None:
    from edge.forecast.plan import order_csv

    with writing(path, "--csv"), path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(order_csv(rows, day))
    say(f"{path}: {sum(bool(r['order']) for r in rows)} products to order")


def _show(rows: list[Row], entries: list[Row], tried: Row | None, shop: Store, day: date, days: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"{day:%A} {day}, by {days} days before it")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("product", "expected", "up to", "order", "there", "sold out", "off", "as last week"):
        table.add_column(heading, justify="left" if heading == "product" else "right")
    for row in rows:
        off = ("–", "–") if row["off"] is None else (f"{row['off']:.1f}", f"{row['off_last_week']:.1f}")
        order = ("", "") if row["order"] is None else (str(row["order"]), str(row["standing"]))
        name = f"{escape(row['name'])} [dim]{escape(row['sku'])}[/dim]"
        out = f"{row['sold_out_days']} days" if row["sold_out_days"] else ""
        table.add_row(name, f"{row['expected']:.1f}", str(row["likely"]), *order, out, *off)
    console.print(table)
    console.print(
        "up to: enough on nine days of ten. off: by how many units a day this missed the last days", style="dim"
    )
    if tried is not None:
        _show_tried(console, tried, shop)
    if entries:
        most = max(entries, key=lambda r: r["expected"])
        visits = sum(r["expected"] for r in entries)
        console.print(
            f"{visits:.0f} visits expected; most from {most['from']} on: {most['expected']:.0f} in half an hour, "
            f"up to {most['likely']}, for {most['staff']} of the staff"
        )


def _show_tried(console: Console, tried: Row, shop: Store) -> None:
    """What both ways of ordering would have cost."""
    from edge.checkout.amounts import money
    from edge.checkout.sale import issuer_of

    console.print(
        f"the last {tried['days']} days once more, {tried['products']} products, each morning's order by what was known"
    )
    for way, what in (("ours", "by forecasts"), ("last_week", "as last week")):
        came = tried[way]
        waste, lost, cost = (
            money(came[key], issuer_of(shop), "en") for key in ("waste_minor", "lost_minor", "cost_minor")
        )
        console.print(f"  {what}: {came['thrown']} thrown away ({waste}), {came['missed']} missed ({lost}): {cost}")
