"""What the shop sells: one product a row of ``catalogue.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``names`` maps a language (``ja``, ``en``, or ``""`` for the plain column) to its name."""

    sku: str
    gtin: str
    names: tuple[tuple[str, str], ...]
    price_minor: int
    tax_class: str
    weight_g: float
    weight_sd_g: float
    low_stock: int | None = None
    """So few units, or fewer, are too few; None: what the shop's policy says."""
    fixed_price: bool = False
    """No promotion, coupon or markdown makes it cheaper: the law fixes its price, as that of tobacco."""
    age: int = 0
    """Nobody younger may have it; 0: anybody may."""

    def name(self, language: str = "") -> str:
        """The name in a language, else the plain one, else any."""
        table = dict(self.names)
        return table.get(language) or table.get("") or next(iter(table.values()))


Catalogue: TypeAlias = dict[str, Product]
"""sku -> product, in file order."""
