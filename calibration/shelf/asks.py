"""What a walk asks the person in front of the shelf to do.

The walk feels by itself when it was done: nobody goes back to the keyboard between two weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Deed = Literal["hands-off", "empty", "touch", "put", "product", "lift"]
Place = Literal["centre", "front-left", "front-right", "back-left", "back-right"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One deed at one plate; ``text`` says it in words.

    ``hands-off``: let the shelf stand as it is. ``empty``: take everything off. ``touch``: press ``plate`` with a
    finger for a moment. ``put``: set the known weight of ``mass_g`` down at ``place`` of ``plate`` (if it already
    stands on that plate, move it). ``product``: set a product or any steady thing of unknown mass down in the middle of
    ``plate``; it may stay while weights are put on top. ``lift``: take off what was put last.
    ``plate`` counts from 1 at the left as a shopper sees it, 0 where the whole shelf is meant.
    """

    deed: Deed
    plate: int
    text: str
    mass_g: float = 0.0
    place: Place = "centre"
