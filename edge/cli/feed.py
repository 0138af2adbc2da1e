"""Commands about who reads what happens in the shop: feed key, hook, list, resume, forget, write."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder, folder_of, named
from edge.cli.terminal import refuse, refuse_store, refuse_unwritable, say, writing

if TYPE_CHECKING:
    from edge.insight.feed import Feed

app = typer.Typer(help="Who reads what happens in the shop: keys for the feed, webhooks.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What it is called here, like warehouse.")]
NAMES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@app.command()
def key(name: Name, store: StoreFolder, state: StateFolder = None) -> None:
    """Make a key with which somebody may read GET /events. It is shown once."""
    with _feed(store, state) as feed:
        token = feed.add_key(_checked(name), time.time())
    typer.echo(token)
    say("this is shown once: whoever has it reads what happens in the shop")


@app.command()
def hook(
    name: Name,
    url: Annotated[str, typer.Argument(help="Where it is told, like https://example.com/hook.")],
    store: StoreFolder,
    state: StateFolder = None,
) -> None:
    """Tell somebody everything that happens, from the beginning on. Their signing secret is shown once."""
    with _feed(store, state) as feed:
        secret = feed.add_receiver(_checked(name), url, time.time())
    typer.echo(secret)
    say("this is shown once: with it the receiver sees that a message is the shop's (Standard Webhooks)")


@app.command("list")
def list_(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Every key and every webhook, and what is wrong with it."""
    with _feed(store, state) as feed:
        keys, receivers = feed.keys(), feed.receivers()
    if as_json:
        told = [
            {"name": r.name, "url": r.url, "told_s": r.told_s, "failing_s": r.failing_s, "why": r.why,
             "given_up": r.disabled} for r in receivers
        ]  # fmt: skip
        typer.echo(json.dumps({"keys": [name for name, _ in keys], "hooks": told}, ensure_ascii=False))
        return
    for name, _ in keys:
        typer.echo(f"key   {name}")
    for r in receivers:
        how = "given up" if r.disabled else "failing" if r.failing_s is not None else "works" if r.told_s else "new"
        typer.echo(f"hook  {r.name}  {r.url}  {how}{f': {r.why}' if r.why else ''}")
    if not keys and not receivers:
        typer.echo("Nobody reads what happens in the shop.")


@app.command()
def resume(name: Name, store: StoreFolder, state: StateFolder = None) -> None:
    """Tell a receiver again that was given up, at once, from where it stopped."""
    with _feed(store, state) as feed:
        if not feed.resume(name):
            refuse(f"there is no webhook {name}. `tebura feed list {named(store, state)}` shows them")
    typer.echo(f"{name} is told again.")


@app.command()
def forget(name: Name, store: StoreFolder, state: StateFolder = None) -> None:
    """End a key or a webhook."""
    with _feed(store, state) as feed:
        if not feed.forget(name):
            refuse(f"there is no key and no webhook {name}. `tebura feed list {named(store, state)}` shows them")
    typer.echo(f"{name} is no more.")


@app.command()
def write(
    out: Annotated[Path, typer.Argument(help="Where to, like sold.json.", metavar="FILE")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    form: Annotated[
        str, typer.Option("--as", help="ga4 or segment: an object a line; epcis: what was sold, one document.")
    ],
    since: Annotated[str, typer.Option(help="From this day on, like 2026-11-01, by the shop's clocks.")] = "",
    until: Annotated[str, typer.Option(help="Before this day.")] = "",
) -> None:
    """Write what happened as others name it: GA4, Segment, or GS1's EPCIS 2.0."""
    from edge.cli.deciding import reading_book
    from edge.cli.insight import span_of
    from edge.insight import FILE, Insight, UnusableInsight
    from edge.insight.elsewhere import FORMS, happenings
    from edge.insight.epcis import NoPlace, document
    from edge.site import load_shop
    from edge.store import BrokenStore

    if form not in (*FORMS, "epcis"):
        refuse(f"{form!r} is no form of events. Use {', '.join(FORMS)} or epcis")
    refuse_unwritable(out, "FILE")
    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    folder, span = folder_of(store, state), span_of(shop, since, until)
    try:
        with reading_book(folder) as book, Insight(folder / FILE) as kept:
            kept.read(book, shop)
            if form == "epcis":
                found = [document(kept, shop, site.screens.address, time.time(), *span)]
                count = len(found[0]["epcisBody"]["eventList"])
            else:
                found = [FORMS[form](shop, told) for told in happenings(kept, shop, *span)]
                count = len(found)
    except (UnusableInsight, NoPlace) as error:
        refuse(str(error))
    with writing(out, "FILE"):
        out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found), encoding="utf-8")
    say(f"{out}: {count} events")


def _checked(name: str) -> str:
    if not NAMES.fullmatch(name):
        refuse(f"{name!r} is no name. Use up to 60 letters, digits, dots and hyphens")
    return name


@contextmanager
def _feed(store: StoreFolder, state: StateFolder) -> Iterator[Feed]:
    from edge.insight.feed import FILE, Feed, UnusableFeed

    folder = folder_of(store, state)
    if not folder.is_dir():
        refuse(f"{folder}: no shop has been run here yet. Start it with `tebura run`, or name its folder with --state")
    try:
        with Feed(folder / FILE) as feed:
            yield feed
    except UnusableFeed as error:
        refuse(str(error))
