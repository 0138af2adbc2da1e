"""What is done at one plate, one deed after the other: the weight here and there, then on top of a product.

Enters: the weights that somebody has, and the product that belongs there. Leaves: `Move`s, each with its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.shelf.asks import Deed, Place
from calibration.shelf.goods import Goods

PLACES: tuple[Place, Place] = ("front-left", "front-right")
"""Two corners on one side: together with the middle they show a tilt in either direction."""
NAMES = {"centre": "in the middle", "front-left": "at the front left corner",
         "front-right": "at the front right corner", "back-left": "at the back left corner",
         "back-right": "at the back right corner"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """One deed, and what stands on the plate when it is done."""

    deed: Deed
    text: str
    weighs_g: float = 0.0
    """What is put or lifted; 0: unknown."""
    mass_g: float = 0.0
    place: Place = "centre"
    product: bool = False
    down: bool = False


def moves(plate: int, weights_g: Sequence[float], goods: Goods | None) -> list[Move]:
    """What is done at one plate."""
    first = weights_g[0]
    found = [m for weight_g in weights_g for m in up_and_down(plate, weight_g, "centre")]
    found += [m for place in PLACES for m in up_and_down(plate, first, place)]
    what = (
        f"{goods.count} {goods.name} ({goods.sku}, {goods.weight_g:g} g{' together' if goods.count > 1 else ''})"
        if goods
        else "a product, or any steady thing of 0.3 to 2 kg"
    )
    on = f"Set {what} down in the middle of plate {plate}, and leave it there for now."
    found.append(Move("product", on, product=True))
    top = f"Set the {first:g} g weight on top of it, or close beside it, on plate {plate}."
    found.append(Move("put", top, first, first, product=True))
    found.append(Move("lift", "Take the weight off again; leave the product.", first, product=True, down=True))
    found.append(Move("lift", f"Take everything off plate {plate}.", down=True))
    return found


def up_and_down(plate: int, weight_g: float, place: Place) -> list[Move]:
    """The weight, set down at one place and lifted again."""
    return [
        Move("put", f"Set the {weight_g:g} g weight down {NAMES[place]} of plate {plate}.", weight_g, weight_g, place),
        Move("lift", "Take it off.", weight_g, down=True),
    ]
