"""Which product belongs on which plates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Facing:
    """A product's place: plates ``first``…``last`` (1-based, inclusive) of one shelf."""

    shelf: str
    first: int
    last: int
    sku: str


@dataclass(frozen=True)
class Planogram:
    """Every facing of the shop, found by shelf."""

    facings: tuple[Facing, ...]
    _by_shelf: dict[str, tuple[Facing, ...]] = field(init=False, repr=False)
    _by_sku: dict[str, tuple[Facing, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_shelf: dict[str, list[Facing]] = defaultdict(list)
        by_sku: dict[str, list[Facing]] = defaultdict(list)
        for facing in self.facings:
            by_shelf[facing.shelf].append(facing)
            by_sku[facing.sku].append(facing)
        object.__setattr__(self, "_by_shelf", {k: tuple(v) for k, v in by_shelf.items()})
        object.__setattr__(self, "_by_sku", {k: tuple(v) for k, v in by_sku.items()})

    def of(self, sku: str) -> tuple[Facing, ...]:
        """Every place of a product, in file order."""
        return self._by_sku.get(sku, ())

    def on(self, shelf: str) -> tuple[Facing, ...]:
        """The facings of one shelf, in file order."""
        return self._by_shelf.get(shelf, ())
