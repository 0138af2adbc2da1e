"""Which product gets which plates: in the order of the list, so that what belongs together stands together.

Boards get as many products as they have room for. Where there are too few to fill them, they begin again: a product may
stand in two places. Which neighbours cannot be told apart by weight is another question: `tebura planogram check`
answers it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from calibration.founding.stands import CannotStand, Stand
from edge.store import Facing

MOST_PLATES = 6
"""A product needs no more room."""


def shelf_id(stand: Stand, board: int) -> str:
    """The ``board``-th from below, from 1."""
    return f"{stand.id}-s{board}"


def placed(skus: Sequence[str], stands: Sequence[Stand]) -> tuple[Facing, ...]:
    """Every product on some plates, gondola by gondola, from the top board down. `CannotStand`: there are too few."""
    boards = [(shelf_id(s, n), s.plates) for s in stands for n in range(len(s.boards_m), 0, -1)]
    whole = sum(plates for _, plates in boards)
    if len(skus) > whole:
        raise CannotStand(f"{len(skus)} products do not fit on {whole} plates. Write more shelves, or fewer products")
    found: list[Facing] = []
    for (shelf, plates), here in zip(boards, _shares(len(skus), [plates for _, plates in boards]), strict=True):
        for n in range(here):
            first, end = plates * n // here, plates * (n + 1) // here
            found.append(Facing(shelf, first + 1, min(end, first + MOST_PLATES), skus[len(found) % len(skus)]))
    return tuple(found)


def _shares(products: int, boards: Sequence[int]) -> list[int]:
    """How many places each board has: one at least, enough to fill it, and as many more as products need."""
    places = [math.ceil(plates / MOST_PLATES) for plates in boards]
    while sum(places) < products:
        roomiest = max(range(len(boards)), key=lambda i: boards[i] / places[i] if places[i] < boards[i] else 0.0)
        places[roomiest] += 1
    return places
