"""Commands about members' coupons: coupon list, issue, revoke.

Who holds what is read from the book, whether the shop runs or not. What somebody gives or takes back goes to the
running shop, which records it.
"""

from __future__ import annotations

import getpass
import json
from typing import Annotated, Any

import typer

from edge.cli.deciding import AsJson, By, reading_book, warn_unwritten
from edge.cli.live import StateFolder, StoreFolder, ask_shop, folder_of
from edge.cli.terminal import refuse, refuse_store

app = typer.Typer(help="Coupons that members hold.", no_args_is_help=True)


@app.command("list")
def list_(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Who holds which coupon, and until when."""
    from datetime import datetime

    from edge.facts.coupons import coupons_in
    from edge.store import BrokenStore, load_store

    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    with reading_book(folder_of(store, state)) as book:
        rows = coupons_in(book, shop, datetime.now(shop.timezone).date())
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("Nobody holds a coupon.")
    else:
        _print(rows)


@app.command()
def issue(
    promotion: Annotated[str, typer.Argument(help="Which: the id of a [[promotion]] with coupon = true.")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    to: Annotated[list[str] | None, typer.Option("--to", help="Whom; several times for several.")] = None,
    bought: Annotated[str, typer.Option("--bought", help="Everybody who has bought this product.")] = "",
    segment: Annotated[
        str, typer.Option("--segment", help="Everybody of one, like slipping: tebura insight counts them.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="The last day on which it is good, like 2026-12-31.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why. It stands in the book.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Give members a coupon each."""
    subjects = list(to or ())
    if bought:
        subjects += [who for who in _who_bought(bought, store, state) if who not in subjects]
    if segment:
        subjects += [who for who in _in_segment(segment, store, state) if who not in subjects]
    if not subjects:
        whom = f"nobody who allows it is {segment}" if segment else f"nobody who is a member has bought {bought}"
        refuse(whom if segment or bought else "say to whom: --to ana, --bought green-tea, or --segment slipping")
    wanted = {
        "do": "coupon", "what": "issue", "promotion": promotion, "subjects": subjects, "until": until,
        "reason": reason, "by": by or getpass.getuser(),
    }  # fmt: skip
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        members = f"{len(subjects)} members" if len(subjects) > 1 else subjects[0]
        typer.echo(f"{members}: a coupon for {promotion}{f', good until {until}' if until else ''}.")


@app.command()
def revoke(
    coupon: Annotated[str, typer.Argument(help="Which, as `tebura coupon list` names it.")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why. It stands in the book.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take a coupon back that was not used."""
    wanted = {"do": "coupon", "what": "revoke", "coupon": coupon, "reason": reason, "by": by or getpass.getuser()}
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"{answer['subject']} does not hold {coupon} any more.")


def _who_bought(sku: str, store: StoreFolder, state: StateFolder) -> list[str]:
    """Members who have bought a product; not who was one once, and was deleted: the book knows them still."""
    from edge.adapters.members import FILE, Members, UnusableMembers
    from edge.facts.bought import who_bought

    folder = folder_of(store, state)
    try:
        with reading_book(folder) as book, Members(folder / FILE) as members:
            enrolled = {enrolment.subject for enrolment in members.everybody()}
            return [who for who in who_bought(book, sku) if who in enrolled]
    except UnusableMembers as error:
        refuse(str(error))


def _in_segment(segment: str, store: StoreFolder, state: StateFolder) -> list[str]:
    """Members who are in it today, by what the shop may keep of them."""
    import time

    from edge.insight import FILE, Insight, UnusableInsight
    from edge.insight.segments import SEGMENTS, members_at
    from edge.store import BrokenStore, load_store

    if segment not in SEGMENTS:
        refuse(f"{segment!r} is no segment. Use {', '.join(SEGMENTS)}")
    try:
        shop, folder = load_store(store), folder_of(store, state)
        with reading_book(folder) as book, Insight(folder / FILE) as kept:
            kept.read(book, shop)
            return [one.member.subject for one in members_at(kept, time.time()) if one.segment == segment]
    except BrokenStore as error:
        refuse_store(str(store), error)
    except UnusableInsight as error:
        refuse(str(error))


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from edge.shown import shown

    table = Table("who", "for", "until", "coupon", box=None, header_style="dim", pad_edge=False)
    for row in rows:
        cells = (row["subject"], row["promotion"], row["until"] or "for ever", row["coupon"])
        table.add_row(*(Text(shown(cell)) for cell in cells))
    Console().print(table)
