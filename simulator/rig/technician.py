"""Somebody in front of the shelf who does what a walk asks for, as a person does.

Enters: what is asked (`calibration.shelf.asks`). Leaves: deeds at the rig, each after a moment, with a hand that comes
down gently and never quite in the same place in time; and mistakes on demand, each of them once, at the first
opportunity.
A technician has one weight and a basket of products.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from calibration.shelf.asks import Ask
from simulator.chance import stream
from simulator.rig.cells import CARRIED_S, Rig

Mistake = Literal[
    "wrong-plate", "bump-during-tare", "pulled-cable", "lifts-early", "leans", "forgets-one", "wrong-weight"
]
"""``wrong-plate``: touches or loads the neighbour. ``bump-during-tare``: knocks against the shelf while it should
stand still. ``pulled-cable``: pulls it in the middle of a step and puts it in again. ``lifts-early``: takes the weight
away before it has come to rest. ``leans``: an elbow on the shelf after setting something down. ``forgets-one``: leaves
a thing when asked to take everything off. ``wrong-weight``: takes another weight than the one that was typed; this one
is never noticed, and kept.
"""

PRODUCT_G = (300.0, 1500.0)
WRONG_SHARE = 0.4
"""Of what was typed: a 200 g weight for a 500 g one."""


class Technician:
    """Does it with the weight of ``weight_g``, whatever anybody typed."""

    def __init__(self, rig: Rig, seed: int = 1, *, weight_g: float = 500.0, mistakes: Collection[Mistake] = ()) -> None:
        unknown = set(mistakes) - set(get_args(Mistake))
        if unknown:
            raise ValueError(f"no mistakes {sorted(unknown)}: there are {', '.join(get_args(Mistake))}")
        self._rig, self._rng = rig, stream(seed, "technician", rig.shelf.id)
        self._weight_g = weight_g * (WRONG_SHARE if "wrong-weight" in mistakes else 1.0)
        self._mistakes = set(mistakes)
        self._weight: int | None = None
        self._placed: list[int] = []
        """Loads, the last one last."""
        self.free_s = rig.now_s
        """When everything that was asked for so far is done."""

    def do(self, ask: Ask) -> None:
        """Begin a moment from now, or when the hands are free."""
        at_s = max(self._rig.now_s, self.free_s) + float(self._rng.uniform(1.5, 4.0))
        if ask.deed == "hands-off":
            if self._errs("bump-during-tare"):
                self._rig.bump(self._somewhere(), at_s=at_s)
            return
        if self._errs("pulled-cable", when=ask.deed == "put"):
            self._rig.pull(4.0, at_s=at_s + 0.3)
        if ask.deed == "empty":
            at_s = self._clear(at_s)
        elif ask.deed == "touch":
            self._rig.touch(self._meant(ask.plate), at_s=at_s)
        elif ask.deed == "put":
            at_s = self._put(ask, at_s)
        elif ask.deed == "product":
            self._placed.append(self._rig.put(ask.plate, float(self._rng.uniform(*PRODUCT_G)), at_s=at_s))
        elif self._placed:
            self._take(self._last(ask.plate), at_s)
        self.free_s = at_s

    def _put(self, ask: Ask, at_s: float) -> float:
        plate = self._meant(ask.plate)
        if self._weight is None:
            self._weight = self._rig.put(plate, self._weight_g, ask.place, at_s=at_s)
        else:
            self._rig.move(self._weight, plate, ask.place, at_s=at_s)
            self._placed.remove(self._weight)
            at_s += CARRIED_S
        self._placed.append(self._weight)
        if self._errs("leans"):
            self._rig.lean(plate, at_s=at_s + 0.8)
        if self._errs("lifts-early"):
            at_s += 0.9
            self._take(self._weight, at_s)
        return at_s

    def _clear(self, at_s: float) -> float:
        """Take things off one by one, the last one first."""
        left = [*self._placed]
        if left and self._errs("forgets-one"):
            left.pop(0)
        for load in reversed(left):
            self._take(load, at_s)
            at_s += float(self._rng.uniform(0.6, 1.2))
        return at_s

    def _take(self, load: int, at_s: float) -> None:
        self._rig.lift(load, at_s=at_s)
        self._placed.remove(load)
        if load == self._weight:
            self._weight = None

    def _last(self, plate: int) -> int:
        """What was put last, on this plate if anything stands there."""
        standing = self._rig.standing
        there = [load for load in self._placed if standing[load].plate == plate]
        return (there or self._placed)[-1]

    def _meant(self, plate: int) -> int:
        """The plate that was asked for, or by mistake its neighbour."""
        if self._rig.shelf.plates > 1 and self._errs("wrong-plate"):
            return plate - 1 if plate == self._rig.shelf.plates else plate + 1
        return plate

    def _somewhere(self) -> int:
        return int(self._rng.integers(1, self._rig.shelf.plates + 1))

    def _errs(self, mistake: Mistake, *, when: bool = True) -> bool:
        if not when or mistake not in self._mistakes:
            return False
        self._mistakes.remove(mistake)
        return True
