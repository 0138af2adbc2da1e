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

    def __post_init__(self) -> None:
        table: dict[str, list[Facing]] = defaultdict(list)
        for facing in self.facings:
            table[facing.shelf].append(facing)
        object.__setattr__(self, "_by_shelf", {k: tuple(v) for k, v in table.items()})

    def on(self, shelf: str) -> tuple[Facing, ...]:
        """The facings of one shelf, in file order."""
        return self._by_shelf.get(shelf, ())
