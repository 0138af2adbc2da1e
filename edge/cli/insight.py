"""The command about what happened in the shop: insight.

Of a shop it reads the projection in its state folder, and what the book has said since; of recordings it makes one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_store, refuse_unwritable, say, writing

if TYPE_CHECKING:
    from edge.insight import Insight
    from edge.store import Store

DAY_S = 86400.0


def insight(
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings, not a shop.", metavar="[FILE…]")] = None,
    *,
    store: Annotated[Path | None, typer.Option("--store", help="The folder with store.toml.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="Where the shop keeps what it must not lose.")] = None,
    since: Annotated[str, typer.Option(help="From this day on, like 2026-11-01, by the shop's clocks.")] = "",
    until: Annotated[str, typer.Option(help="Before this day.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV of each table into this folder.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw: the heat map as .svg, or everything as .html.", metavar="FILE")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="Write every event into one flat table.", metavar="FILE.csv")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the events anew, from recordings.")] = False,
) -> None:  # fmt: skip
    """Where shoppers stood, what they touched, took, put back and bought, when, and what sold out."""
    from edge.insight import UnusableInsight, figures
    from edge.insight.measures import heat_of

    if files and (store or state or rebuild):
        refuse("--store, --state and --rebuild are about a shop: leave them away, or the recordings")
    if not files and store is None:
        refuse("name recordings, or the shop's folder with --store")
    if plot is not None:
        if plot.suffix not in (".svg", ".html"):
            refuse(f"{plot}: a picture is .svg or .html. Name one of them with --plot")
        refuse_unwritable(plot, "--plot")
    if events is not None:
        if events.suffix != ".csv":
            refuse(f"{events}: the table is a CSV. Name a file that ends in .csv with --events")
        refuse_unwritable(events, "--events")
    if csv is not None and csv.exists() and not csv.is_dir():
        refuse(f"{csv}: is no folder. Name one for the tables with --csv")
    try:
        with _of_recordings(files) if files else _of_shop(store or Path(), state, rebuild) as (kept, shop):
            span = span_of(shop, since, until)
            found, heat = figures(kept, shop, *span), heat_of(kept, shop, *span)
            if events is not None:
                _write_events(events, kept, shop, span)
    except UnusableInsight as error:
        refuse(str(error))
    if csv is not None:
        _write_tables(csv, found | {"heat": heat})
    if plot is not None:
        _draw(plot, shop, found, heat)
    if as_json:
        typer.echo(json.dumps(found | {"heat": heat}, ensure_ascii=False))
    elif csv is None and plot is None and events is None:
        from edge.cli.insights import show

        show(found, shop)


@contextmanager
def _of_recordings(files: list[Path]) -> Iterator[tuple[Insight, Store]]:
    """Recordings alone, in a file that is gone afterwards."""
    from tempfile import TemporaryDirectory

    from edge.insight import FILE, Insight
    from edge.insight.rebuild import OtherShop, from_recordings
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording

    with TemporaryDirectory() as folder, Insight(Path(folder) / FILE) as kept:
        try:
            shop = from_recordings(files, kept)
        except BrokenStore as error:
            refuse_store(str(files[0]), error)
        except (UnreadableRecording, OtherShop, OSError) as error:
            refuse(str(error))
        yield kept, shop


@contextmanager
def _of_shop(store: Path, state: Path | None, rebuild: bool) -> Iterator[tuple[Insight, Store]]:
    """A shop's own, with what the book has said since it was looked at last."""
    from edge.cli.deciding import reading_book
    from edge.insight import FILE, Insight
    from edge.store import BrokenStore, load_store

    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    folder = state_folder(state, shop.id)
    with reading_book(folder) as book:
        if rebuild:
            _rebuild(folder, shop, book)
        with Insight(folder / FILE) as kept:
            kept.read(book, shop)
            yield kept, shop


def _rebuild(folder: Path, shop: Store, book: Any) -> None:
    from edge.daemon.desk import NobodyThere, ask
    from edge.insight.rebuild import rebuilt
    from edge.journal import segments
    from edge.store import BrokenStore

    try:
        ask(folder, {"do": "status"})
    except (NobodyThere, ValueError):
        pass
    else:
        refuse("the shop is running, and writes there. Stop it first; or rebuild at night")
    files = segments(folder / "recordings")
    try:
        rebuilt(folder, files, book, shop, lambda path: say(f"{path.name} …"))
    except BrokenStore as error:
        refuse_store(str(folder), error)
    say(f"built anew from {len(files)} recording{'' if len(files) == 1 else 's'} and {book.head()[0]} entries")


def span_of(shop: Store, since: str, until: str) -> tuple[float, float]:
    """Days by the shop's clocks."""
    import math
    from datetime import date, datetime, time

    def begins_s(typed: str) -> float:
        try:
            return datetime.combine(date.fromisoformat(typed), time(), shop.timezone).timestamp()
        except ValueError:
            refuse(f"{typed!r} is no day. Write it like 2026-11-01")

    since_s, until_s = begins_s(since) if since else 0.0, begins_s(until) if until else math.inf
    if until_s <= since_s:
        refuse(f"nothing lies between {since} and {until}: --until is the first day that is left out")
    return since_s, until_s


def _write_tables(folder: Path, found: dict[str, Any]) -> None:
    from edge.insight.sheets import COLUMNS, csv_of

    with writing(folder, "--csv"):
        folder.mkdir(parents=True, exist_ok=True)
        for table in COLUMNS:
            (folder / f"{table}.csv").write_text(csv_of(table, found[table]), encoding="utf-8")
    say(f"{folder}: {len(COLUMNS)} tables")


def _write_events(path: Path, kept: Insight, shop: Store, span: tuple[float, float]) -> None:
    from edge.insight.flat import write_csv

    with writing(path, "--events"), path.open("w", encoding="utf-8", newline="") as file:
        count = write_csv(file, kept, shop, *span)
    say(f"{path}: {count} events")


def _draw(path: Path, shop: Store, found: dict[str, Any], heat: list[dict[str, Any]]) -> None:
    from edge.insight.sheets import page_of, svg_of

    with writing(path, "--plot"):
        text = svg_of(shop, heat) if path.suffix == ".svg" else page_of(shop, found, heat)
        path.write_text(text, encoding="utf-8")
    say(f"{path}: open it in a browser")
