"""All that `tebura planogram check` finds, and how it is told.

Enters: a store, recordings, what a running shop weighs in its places. Leaves: a `Found`, printed or as plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calibration.planogram.arrange import Swap, arrange
from calibration.planogram.contents import Contents, Contradiction
from calibration.planogram.outlook import Outlook, PlaceOutlook, outlook, wrongly_per_thousand
from edge.records import WeightBatch
from edge.store import Facing, Store
from edge.store.tables import planogram_text
from edge.wire import decode, open_recording

WORTH_TELLING = 20.0
"""Picks of a thousand that are withheld: a place with fewer, and none that is charged wrongly, is not worth a line."""


@dataclass(frozen=True, slots=True)
class Found:
    """``wrong`` and ``withheld`` are picks of a thousand. ``odd``: places that the running shop weighs oddly."""

    outlooks: tuple[Outlook, ...]
    wrong: float
    withheld: float
    swaps: tuple[Swap, ...]
    proposed_csv: str
    nowhere: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    odd: tuple[Mapping[str, Any], ...]

    @property
    def places(self) -> list[PlaceOutlook]:
        return [p for o in self.outlooks for p in o.places]

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "wrong_per_thousand": round(self.wrong, 2),
            "withheld_per_thousand": round(self.withheld, 2),
            "places": [
                {
                    **asdict(p.facing),
                    "wrong": {k: round(n, 2) for k, n in p.wrong.items()},
                    "withheld": round(p.withheld, 2),
                }
                for p in self.places
            ],
            "swaps": [asdict(s) for s in self.swaps],
            "nowhere": list(self.nowhere),
            "contradictions": [asdict(c) for c in self.contradictions],
            "odd": [dict(p) for p in self.odd],
        }


def find(
    store: Store,
    recordings: Iterable[Path],
    standing: Sequence[Mapping[str, Any]],
    enough: Callable[[], bool] = lambda: False,
) -> Found:
    """Everything; ``enough``: whether it was looked for a better arrangement long enough. `UnreadableRecording` and
    `OSError` for files that are none.
    """
    contents = Contents(store)
    for path in recordings:
        contents.begin()
        for heard in open_recording(path):
            record = decode(store, heard.topic, heard.payload, heard.received_s)
            if isinstance(record, WeightBatch):
                contents.hear(record)
    outlooks = tuple(outlook(store, s.id) for s in store.layout.shelves if store.planogram.on(s.id))
    places = [p for o in outlooks for p in o.places]
    swaps, planogram = arrange(store, outlooks, enough)
    return Found(
        outlooks,
        wrongly_per_thousand(list(outlooks)),
        sum(p.withheld for p in places) / max(1, len(places)),
        tuple(swaps),
        planogram_text(planogram.facings),
        tuple(sku for sku in store.catalogue if not store.planogram.of(sku)),
        tuple(contents.contradictions()),
        tuple(p for p in standing if p["odd"]),
    )


def print_found(found: Found, store: Store) -> None:
    """For a person."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)  # anybody names products
    table = Table("place", "product", "charged as", box=None, header_style="dim", pad_edge=False)
    for heading in ("wrong ‰", "withheld ‰"):
        table.add_column(heading, justify="right")
    worth = [p for p in found.places if p.wrong or p.withheld >= WORTH_TELLING]
    for p in sorted(worth, key=lambda p: (-p.wrongly, -p.withheld)):
        mistaken = ", ".join(sku for sku, _ in sorted(p.wrong.items(), key=lambda kv: -kv[1]))
        table.add_row(_named(p.facing), p.facing.sku, mistaken or "–", f"{p.wrongly:.1f}", f"{p.withheld:.0f}")
    if worth:
        console.print(table)
    console.print(
        f"\nOf a thousand picks, as many from each place, {found.wrong:.1f} would be charged as something else, "
        f"{found.withheld:.0f} withheld."
    )
    unmeasured = [o.shelf for o in found.outlooks if not o.measured]
    if unmeasured:
        told = f"Not calibrated, so taken to be as noisy as plates usually are: {_few(unmeasured)}."
        console.print(told, style="dim")
    for swap in found.swaps:
        console.print(
            f"Better: {swap.one.sku} ({_named(swap.one)}) and {swap.other.sku} ({_named(swap.other)}) change places: "
            f"wrong {swap.wrong_before:.1f} → {swap.wrong_after:.1f}, "
            f"withheld {swap.withheld_before:.0f} → {swap.withheld_after:.0f}."
        )
    if found.nowhere:
        console.print(f"In the catalogue, and in no place: {_few(list(found.nowhere))}.")
    for told in (*map(_contradicted, found.contradictions), *map(_odd, found.odd)):
        console.print(f"! {told}", style="yellow")


def _contradicted(c: Contradiction) -> str:
    like = f"; it weighs like {', '.join(c.like)}" if c.like else ""
    return f"{_named(c.facing)}: {c.against} of {c.events} changes fit no units of {c.facing.sku}{like}."


def _odd(place: Mapping[str, Any]) -> str:
    first, last = place["plates"]
    where = _named(Facing(place["shelf"], first, last, place["sku"]))
    over = f"{place['left_g']:+.0f} g beside {place['by_weight']} units of {place['sku']}"
    return f"{where}: carries {place['mass_g']:.0f} g, which is {over}. Something else lies there."


def _named(facing: Facing) -> str:
    plates = f"{facing.first}" if facing.first == facing.last else f"{facing.first}-{facing.last}"
    return f"{facing.shelf}:{plates}"


def _few(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
