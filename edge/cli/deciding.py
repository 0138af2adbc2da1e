"""What commands have in common with which somebody decides about a visit's money: which book, which lines, who.

Enters: what was typed. Leaves: the running shop's answer, which it records like everything that moves money; or a
refusal at the terminal.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.live import ask_shop, named
from edge.cli.terminal import UNUSABLE, refuse, say

if TYPE_CHECKING:
    from edge.ledger import Book

By = Annotated[str, typer.Option("--by", help="Who decides; the user's name without it. It stands in the book.")]
Subject = Annotated[str, typer.Argument(help="Who, as `tebura member list` names them.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def decide(store: Path, state: Path | None, visit: str, verdict: str, by: str, **more: object) -> dict[str, Any]:
    """Tell the running shop what somebody has decided; what it made of that."""
    who = by or getpass.getuser()
    answer = ask_shop(store, state, {"do": "decide", "visit": visit, "verdict": verdict, "by": who, **more})
    warn_unwritten(answer, store, state)
    return answer


def warn_unwritten(answer: dict[str, Any], store: Path, state: Path | None) -> None:
    """Say it where an answer is not in the book yet."""
    if not answer["written"]:
        look = f"see `tebura status {named(store, state)}`"
        say(f"the disk does not take it at present, and it counts only when it is in the book: {look}")


def typed_lines(typed: Iterable[str], does: str) -> dict[str, int]:
    """What was typed as SKU=UNITS; ``does``: what a line that says nothing fails to do."""
    lines: dict[str, int] = {}
    for text in typed:
        sku, _, units = text.rpartition("=")
        if not sku or not units.isascii() or not units.isdigit() or not 1 <= int(units[:9]) <= 1000:
            refuse(f"{text!r} {does} nothing. Write SKU=UNITS with 1 to 1000 units, like onigiri-salmon=2")
        if sku in lines:
            refuse(f"{sku} is named twice. Name each product once")
        lines[sku] = int(units)
    return lines


@contextmanager
def reading_book(folder: Path) -> Iterator[Book]:
    """The shop's book, beside its writer."""
    from edge.ledger import Book, UnusableLedger

    path = folder / "ledger.db"
    if not path.is_file():
        refuse(f"{folder}: no shop has kept a book here yet. Name the shop's folder with --state")
    try:
        with Book(path, read_only=True) as book:
            yield book
    except UnusableLedger as error:
        say(str(error))
        raise typer.Exit(UNUSABLE) from error


def told_money(answer: dict[str, Any]) -> str:
    """The sum of an answer."""
    from edge.facts.money import money

    return money(answer["total_minor"], answer["currency"], answer["digits"])
