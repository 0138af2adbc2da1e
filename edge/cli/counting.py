"""Counting what stands on shelves, with a person in front of them.

Enters: how to ask the running shop for its places, and what was counted by hand. Leaves: ``decided``, units a place,
and ``open``, places that nobody could count. Nothing is told to the shop here.
"""

from __future__ import annotations

import re
import select
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

from edge.cli.places_on_shelves import Place, named, table_of

if TYPE_CHECKING:
    from rich.table import Table

LOOK_S = 0.5
"""So often the shelves are looked at while somebody fills them."""

SETTLES_S = 10.0
"""Plates come to rest within so long after the last hand."""
EVENS_S = 3.0
"""What was set down just now may come out even after another look."""

_HAND = re.compile(r"(?P<shelf>[^:\s]+):(?P<first>\d+)(?:-(?P<last>\d+))?(?::(?P<sku>.+))?=(?P<units>[0-9]{1,5})")


class Unfinished(ValueError):
    """What was typed means nothing; the message says how it is written."""


class Counting:
    """One round of counting. ``by_hand``: ``g1-s1:4-6=12``, or ``g1-s1:4-6:SKU=12`` where several share the plates."""

    def __init__(self, look: Callable[[], list[Place]], by_hand: Iterable[str]) -> None:
        self._look = look
        self._hand: dict[str, int] = {}
        self.decided: list[tuple[Place, int]] = []
        self.open: list[Place] = []
        places = look()
        for text in by_hand:
            self._type(text, places)

    def watch(self) -> None:
        """Show the shelves as they fill, until somebody presses Enter."""
        from rich.console import Console, Group
        from rich.live import Live

        def drawn() -> Group:
            return Group(
                self._table(self._look()), "\nFill the shelves. Press Enter when nobody touches them any more."
            )

        console = Console()
        with Live(drawn(), console=console, auto_refresh=False, screen=True) as live:
            while not select.select([sys.stdin], [], [], LOOK_S)[0]:
                live.update(drawn(), refresh=True)
            sys.stdin.readline()

    def decide(self, ask: bool) -> None:
        """Units of every place: what was typed, else what weight says. Whoever is asked may correct it."""
        places = self._settled()
        while ask:
            from rich.console import Console

            Console().print(self._table(places))
            said = input("Enter: take these. Or correct one, like g1-s1:4-6=12: ").strip()
            if not said:
                break
            try:
                self._type(said, places)
            except Unfinished as error:
                typer.echo(str(error), err=True)
        for place in places:
            units = self._units(place)
            if units is not None:
                self.decided.append((place, units))
            elif place["quantity"] is None or place["odd"]:
                self.open.append(place)

    def _settled(self) -> list[Place]:
        """The shelves once nothing moves on them any more, or after a while as they are."""
        began_s = time.monotonic()
        while True:
            places, waited_s = self._look(), time.monotonic() - began_s
            moving = any(p["why"] == "a plate is moving" for p in places) and waited_s < SETTLES_S
            uneven = any(p["odd"] for p in places) and waited_s < EVENS_S
            if not moving and not uneven:
                return places
            time.sleep(LOOK_S)

    def _units(self, place: Place) -> int | None:
        by_hand = self._hand.get(named(place))
        if by_hand is not None:
            return by_hand
        return None if place["odd"] else place["by_weight"]

    def _table(self, places: list[Place]) -> Table:
        return table_of(places, taken={named(p): self._units(p) for p in places})

    def _type(self, text: str, places: list[Place]) -> None:
        found = _HAND.fullmatch(text.strip())
        if found is None:
            raise Unfinished(f"{text!r} is no count. Write SHELF:PLATES=UNITS, like g1-s1:4-6=12")
        plates = [int(found["first"]), int(found["last"] or found["first"])]
        meant = [p for p in places if p["shelf"] == found["shelf"] and p["plates"] == plates]
        meant = [p for p in meant if found["sku"] in (None, p["sku"])]
        if not meant:
            raise Unfinished(f"{text!r}: the planogram has no such place. `tebura stock` lists them")
        if len(meant) > 1:
            skus = ", ".join(p["sku"] for p in meant)
            raise Unfinished(f"{text!r}: {skus} share these plates. Name one, like g1-s1:4-6:{meant[0]['sku']}=12")
        self._hand[named(meant[0])] = int(found["units"])
