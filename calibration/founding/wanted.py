"""What a first shop is made of, in a shopkeeper's words: a floor, shelves along its walls, a name, taxes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

Wall: TypeAlias = Literal["left", "right", "back", "island"]
"""Where shelves stand, as seen from the door; an island stands in the middle and is open to both sides."""

BOARDS_M: dict[int, tuple[float, ...]] = {
    1: (0.90,),
    2: (0.60, 1.10),
    3: (0.40, 0.80, 1.15),
    4: (0.30, 0.70, 1.10, 1.45),
    5: (0.25, 0.55, 0.85, 1.15, 1.45),
    6: (0.20, 0.45, 0.75, 1.05, 1.30, 1.55),
}
"""How high so many boards are."""

LEAST_RUN_M, MOST_RUN_M = 0.3, 20.0
_RUN = re.compile(r"\s*([a-z]+)\s*[:\s]\s*(\d+(?:\.\d+)?)\s*m?\s*(?:[:x\s]\s*(\d+)\s*(?:boards?)?)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Shelves beside each other, ``length_m`` long, with so many ``boards`` above one another."""

    wall: Wall
    length_m: float
    boards: int = 4


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax class of the catalogue and its rate."""

    tax_class: str
    percent: float
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that is asked. The door is in the front wall, which is ``width_m`` long; the shop is ``depth_m`` deep
    behind it. ``plate_m`` is how wide a weighing plate is, ``shelf_m`` how deep a board.
    """

    id: str
    name: str
    currency: str
    timezone: str
    languages: tuple[str, ...]
    taxes: tuple[Tax, ...]
    width_m: float
    depth_m: float
    runs: tuple[Run, ...]
    ceiling_m: float = 2.7
    plate_m: float = 0.12
    shelf_m: float = 0.40
    prices_include_tax: bool = True
    registration: str = ""
    address: str = ""


def read_run(text: str) -> Run:
    """``left:1.5``, ``back:1.8:5`` or ``island 1.2 m 3 boards``; `ValueError` says what is wrong with it."""
    found = _RUN.fullmatch(text)
    walls = get_args(Wall)
    if found is None or found[1].lower() not in walls:
        raise ValueError(f"{text!r} is no run of shelves. Write WALL:METRES or WALL:METRES:BOARDS, like left:1.5:4; "
                         f"a wall is {', '.join(walls)}")  # fmt: skip
    length_m, boards = float(found[2]), int(found[3] or 4)
    if not LEAST_RUN_M <= length_m <= MOST_RUN_M:
        raise ValueError(f"{text!r} is {length_m:g} m long: from {LEAST_RUN_M:g} to {MOST_RUN_M:g} m")
    if boards not in BOARDS_M:
        raise ValueError(f"{text!r} has {boards} boards: from {min(BOARDS_M)} to {max(BOARDS_M)}")
    return Run(cast("Wall", found[1].lower()), length_m, boards)
