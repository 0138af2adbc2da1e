"""What stands in the places of the shelves, as a table for people.

Enters: the running shop's answer to ``stock`` (`edge.daemon.orders.stock_of`). Leaves: words and a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

Place = dict[str, Any]


def named(place: Place) -> str:
    """``g1-s1:4-6 water-500``."""
    first, last = place["plates"]
    return f"{place['shelf']}:{first if first == last else f'{first}-{last}'} {place['sku']}"


def table_of(places: list[Place], taken: Mapping[str, int | None] | None = None) -> Table:
    """Stock and weight of each place; ``taken``: what is about to be counted there, by its name."""
    from rich.table import Table
    from rich.text import Text

    table = Table("place", "product", "", box=None, header_style="dim", pad_edge=False)
    for heading in ("stock", "by weight", *(["count"] if taken is not None else [])):
        table.add_column(heading, justify="right")
    table.add_column("")
    for place in places:
        where, sku = named(place).split(" ", 1)
        counts = [_stock(place), _number(place["by_weight"])]
        if taken is not None:
            counts.append(_number(taken[named(place)]))
        table.add_row(
            where, Text(sku), Text(place["name"]), *counts, _remark(place)
        )  # no markup: anybody names products
    return table


def _stock(place: Place) -> str:
    return f"{'~' if place['about'] else ''}{_number(place['quantity'])}"


def _number(units: int | None) -> str:
    return "–" if units is None else str(units)


def _remark(place: Place) -> str:
    if place["why"]:
        return str(place["why"])
    if place["odd"]:
        return f"{place['left_g']:+.0f} g do not belong to it: something else lies there?"
    if place["quantity"] is None:
        return "never counted"
    if place["quantity"] != place["by_weight"]:
        return "count again"
    return ""
