"""What products cost at a moment, as people read it at a terminal.

Enters: facts of `edge.facts.prices`. Leaves: tables of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.checkout.amounts import money
from edge.checkout.sale import issuer_of
from edge.shown import shown
from edge.store import Store

if TYPE_CHECKING:
    from rich.table import Table


def tables_of(told: dict[str, Any], store: Store) -> list[Table]:
    """The products; and where any hold, the promotions."""
    from rich.table import Table
    from rich.text import Text

    issuer, language = issuer_of(store), "en"
    goods = Table("sku", "name", "costs", "list", "why", title=f"prices at {told['at']}", title_justify="left")
    for row in told["products"]:
        why = [next(iter(row["why"].values()), "")] if row["why"] else []
        why += ["fixed price"] if row["fixed_price"] else [f"promotion {p}" for p in row["promotions"]]
        cells = [row["sku"], row["name"], money(row["price_minor"], issuer, language)]
        cells += [money(row["list_minor"], issuer, language), ", ".join(why)]
        goods.add_row(*(Text(shown(cell)) for cell in cells))
    if not told["promotions"]:
        return [goods]
    cheaper = Table("promotion", "name", "for whom", "what", title="promotions", title_justify="left")
    for row in told["promotions"]:
        to = row["to"] if isinstance(row["to"], str) else ", ".join(row["to"])
        name = next(iter(row["names"].values()), "")
        what = _what(row, store)
        cheaper.add_row(*(Text(shown(cell)) for cell in (row["id"], name, to, what)))
    return [goods, cheaper]


def _what(row: dict[str, Any], store: Store) -> str:
    """``2 of onigiri-salmon, onigiri-ume for ¥300``."""
    issuer = issuer_of(store)
    slots: dict[str, int] = {}
    for slot in row["slots"]:
        slots[" or ".join(slot)] = slots.get(" or ".join(slot), 0) + 1
    of = " + ".join(f"{n} × {goods}" if n > 1 else goods for goods, n in slots.items()) or "the whole basket"
    if row["price_minor"] is not None:
        less = f"for {money(row['price_minor'], issuer, 'en')}"
    elif row["percent"] is not None:
        less = f"{row['percent']:g} % off"
    else:
        less = f"{money(row['off_minor'], issuer, 'en')} off"
    least = f", from {money(row['least_minor'], issuer, 'en')}" if row["least_minor"] else ""
    most = f", {row['most']} × a visit at most" if row["most"] is not None else ""
    return f"{of} {less}{least}{most}"
