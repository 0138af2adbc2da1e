"""Everything people do in a story: one class a verb, with its phrase, what it asks for, and what it does physically.

To add a behaviour, write one class here: `says` is the phrase (see `simulator.grammar`), `check` says before the play
what makes no sense, `due` when it can happen at the earliest, and `play` does it on the stage. Coming and going stands
in `simulator.entrances`, what staff do in `simulator.staff`, and what happens to things rather than by people in
`simulator.incidents`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulator.chance import stream
from simulator.forces import Press, hill_over
from simulator.goods import Unit
from simulator.grammar import Deed
from simulator.hands import brush, fumble, nearest, reach_of, stretch, struck
from simulator.people import TO_REACH_S, Body
from simulator.registry import Behaviour, Rehearsal, behaviour
from simulator.stage import Stage

QUICK_S = 0.75
"""Between two units that are taken one by one."""
HANDLE_S = 0.25
"""After a hand has let go, the body is free to do something else."""


@dataclass
class Inside(Behaviour):
    """What somebody does who is in the shop."""

    def body(self, stage: Stage, deed: Deed) -> Body:
        return stage.people[deed.actor]

    def chance(self, stage: Stage, deed: Deed) -> np.random.Generator:
        """A stream for this line alone."""
        return stream(stage.seed, "deed", deed.line, deed.actor, deed.phrase)

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        return "" if rehearsal.inside(deed.actor) else f"{deed.actor} is not in the shop"

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float] | None:
        """(shelf, x) that a hand has to reach; None where there is none."""
        return None

    def due(self, stage: Stage, deed: Deed, at_s: float) -> float:
        body, spot = self.body(stage, deed), self.spot(stage, deed)
        return max(at_s, body.free_s if spot is None else stage.ready(body, *spot))


# --- going about -----------------------------------------------------------------------------------------------------


@behaviour
class Walks(Inside):
    """To the front of a shelf or a plate, and stays there."""

    says = "walks to {place}"

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float]:
        return reach_of(stage, deed)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.go_to_shelf(self.body(stage, deed), *self.spot(stage, deed), at_s + TO_REACH_S / 2)


@behaviour
class Waits(Inside):
    """Does nothing until then; the next line can be given a time of its own as well."""

    says = "waits"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        self.body(stage, deed).stay(at_s)


# --- taking and putting back ---------------------------------------------------------------------------------------


@behaviour
class Takes(Inside):
    """All units in one grab, or ``one by one``; ``slowly`` lifts, holds, and only then takes away.

    Without a place the nearest one is taken from. A shelf that holds fewer gives what it has.
    """

    says = "takes [{count}] {sku} [from {place}] [{manner}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        return wrong or rehearsal.take(deed.actor, deed.text("sku"), deed.count(), deed.place())

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float] | None:
        sku = deed.text("sku")
        place = deed.place()
        if place is not None:
            shelf, x_m = reach_of(stage, deed)
            return shelf, next((u.x_m for u in stage.stock.find(sku, shelf, x_m, 1)), x_m)
        return nearest(stage, self.body(stage, deed), sku)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, spot, rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        if spot is None:
            return
        shelf, x_m = spot
        stage.go_to_shelf(body, shelf, x_m, at_s)
        grabs = [1] * deed.count() if deed.text("manner") == "one by one" else [deed.count()]
        for count in grabs:
            units = stage.stock.find(deed.text("sku"), shelf, x_m, count)
            if units:
                self._grab(stage, body, units, at_s, deed.text("manner"), rng)
            at_s += QUICK_S * rng.uniform(0.75, 1.6)

    def _grab(
        self, stage: Stage, body: Body, units: list[Unit], at_s: float, manner: str, rng: np.random.Generator
    ) -> None:
        change, shelf = -stage.change_g(units), units[0].shelf
        slow = manner == "slowly"
        over_s = rng.uniform(1.6, 3.2) if slow else rng.uniform(0.07, 0.22)
        step = struck(at_s, change, over_s, rng, held=rng.uniform(0.3, 0.8) if slow else 0.0)
        stretch(stage, body, shelf, units[0].x_m, units[0].y_m, at_s - 0.15, at_s + over_s + 0.05, rng)
        if rng.random() < 0.3:
            brush(stage, shelf, units[0].x_m, at_s - rng.uniform(0.7, 1.9), rng)
        if rng.random() < 0.8:
            fumble(stage, shelf, np.abs(change), at_s, rng)
        stage.lift(body, units, step, at_s + (over_s if slow else 0.0))
        body.stay(at_s + over_s + HANDLE_S)


@behaviour
class PutsBack(Inside):
    """Where it came from, or on a place that is not its own."""

    says = "puts back [{count}] {sku} [on {place}] [{manner}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        return wrong or rehearsal.put(deed.actor, deed.text("sku"), deed.count(), deed.place())

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float] | None:
        if deed.place() is not None:
            return reach_of(stage, deed)
        held = stage.stock.held(deed.actor, deed.text("sku"))
        return held[0].home[:2] if held else None

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, spot, rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        units = stage.stock.held(deed.actor, deed.text("sku"))[: deed.count()]
        if spot is None or not units:
            return
        stage.go_to_shelf(body, *spot, at_s)
        self._set_down(stage, body, units, spot, at_s, deed.text("manner"), rng)

    def _set_down(
        self,
        stage: Stage,
        body: Body,
        units: list[Unit],
        spot: tuple[str, float],
        at_s: float,
        manner: str,
        rng: np.random.Generator,
    ) -> None:
        """All of them in one movement."""
        shelf, x_m = spot
        width = stage.store.layout.shelf(shelf).plate_width
        depth = stage.store.layout.shelf(shelf).depth
        for i, unit in enumerate(units):
            beside = (i - (len(units) - 1) / 2) * unit.width_m * 0.7 + rng.uniform(-0.25, 0.25) * width
            stage.stock.put(unit, shelf, x_m + beside, float(rng.uniform(0.05, 0.6 * depth)))
        change = stage.change_g(units)
        over_s = rng.uniform(1.0, 2.2) if manner == "slowly" else rng.uniform(0.07, 0.2)
        step = struck(at_s, change, over_s, rng)
        stretch(stage, body, shelf, units[0].x_m, units[0].y_m, at_s - 0.1, at_s + over_s + 0.25, rng)
        if rng.random() < 0.7:
            hand = Press(at_s, over_s + rng.uniform(0.2, 0.5), change * rng.uniform(0.08, 0.35), 0.2, rng.uniform(0, 6))
            stage.forces[shelf].append(hand)
        if rng.random() < 0.2:
            brush(stage, shelf, units[0].x_m, at_s - rng.uniform(0.6, 1.5), rng)
        stage.lay(body, units, step, at_s)
        body.stay(at_s + over_s + HANDLE_S)


@behaviour
class Hands(Inside):
    """To somebody of the same or another party; the one who hands walks up to the other."""

    says = "hands [{count}] {sku} to {person}"
    ARM_M = 0.65

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        return deed.actor, deed.text("person")

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong and not rehearsal.inside(deed.text("person")):
            wrong = f"{deed.text('person')} is not in the shop"
        return wrong or rehearsal.hand(deed.actor, deed.text("person"), deed.text("sku"), deed.count())

    def _beside(self, stage: Stage, deed: Deed) -> tuple[float, float]:
        """The free spot at arm's length of the other that is nearest."""
        body, other = self.body(stage, deed), stage.people[deed.text("person")]
        angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        ring = np.column_stack(
            [other.spot[0] + self.ARM_M * np.cos(angles), other.spot[1] + self.ARM_M * np.sin(angles)]
        )
        ring = ring[stage.floor.free(ring)]
        if not len(ring):
            return other.spot
        x, y = ring[int(np.argmin(np.hypot(*(ring - body.spot).T)))]
        return float(x), float(y)

    def due(self, stage: Stage, deed: Deed, at_s: float) -> float:
        ready = stage.earliest(self.body(stage, deed), self._beside(stage, deed)) + TO_REACH_S
        return max(at_s, ready, stage.people[deed.text("person")].free_s + TO_REACH_S)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, other = self.body(stage, deed), stage.people[deed.text("person")]
        stage.arrive(body, self._beside(stage, deed), at_s - TO_REACH_S)
        middle = ((body.spot[0] + other.spot[0]) / 2, (body.spot[1] + other.spot[1]) / 2, 1.05)
        for one, towards in ((body, other.spot), (other, body.spot)):
            one.face(at_s - TO_REACH_S, math.atan2(towards[1] - one.spot[1], towards[0] - one.spot[0]))
            one.reach(at_s - 0.1, at_s + 0.3, middle)
            one.stay(at_s + 0.6)
        for unit in stage.stock.held(deed.actor, deed.text("sku"))[: deed.count()]:
            stage.stock.hand(unit, other.name)


# --- touching without taking ---------------------------------------------------------------------------------------


@behaviour
class Touches(Inside):
    """Presses, shifts, feels; everything stays where it was."""

    says = "touches {target}"

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float] | None:
        return reach_of(stage, deed, self.body(stage, deed))

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, spot, rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        if spot is None:
            return
        shelf, x_m = spot
        stage.go_to_shelf(body, shelf, x_m, at_s)
        for _ in range(int(rng.integers(1, 4))):
            for_s = rng.uniform(0.25, 1.1)
            brush(stage, shelf, x_m, at_s, rng, for_s=for_s, force_g=float(np.clip(rng.lognormal(4.6, 0.8), 15, 900)))
            stretch(stage, body, shelf, x_m, 0.1, at_s, at_s + for_s, rng)
            at_s += for_s * rng.uniform(0.5, 1.2)
        body.stay(at_s + HANDLE_S)


@behaviour
class Hesitates(Inside):
    """Half lifts a product, holds it, lets it down again: the plates are lighter for a while, then as before."""

    says = "hesitates over {sku}"

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float] | None:
        return nearest(stage, self.body(stage, deed), deed.text("sku"))

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, spot, rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        if spot is None:
            return
        shelf, x_m = spot
        stage.go_to_shelf(body, shelf, x_m, at_s)
        for_s, units = rng.uniform(1.2, 3.0), stage.stock.find(deed.text("sku"), shelf, x_m, 1)
        change = -rng.uniform(0.3, 0.9) * stage.change_g(units)
        stage.forces[shelf].append(Press(at_s, for_s, change, rng.uniform(0.03, 0.12), rng.uniform(0, 6)))
        stretch(stage, body, shelf, x_m, units[0].y_m, at_s, at_s + for_s, rng)
        body.stay(at_s + for_s + HANDLE_S)


@behaviour
class Leans(Inside):
    """On the whole shelf for a second: some hundred grams, a smooth hill over all plates."""

    says = "leans on {place}"

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float]:
        return reach_of(stage, deed)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, (shelf, x_m), rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        stage.go_to_shelf(body, shelf, x_m, at_s)
        board = stage.store.layout.shelf(shelf)
        hill = hill_over(board.plates, x_m / board.plate_width + 0.5, board.plates * rng.uniform(0.15, 0.4))
        force = hill * np.clip(rng.lognormal(5.9, 0.5), 120, 1500) * rng.uniform(0.85, 1.15, board.plates)
        for_s = rng.uniform(0.8, 1.6)
        stage.forces[shelf].append(Press(at_s, for_s, force, 0.06, rng.uniform(0, 6)))
        stretch(stage, body, shelf, x_m, 0.0, at_s, at_s + for_s * 0.7, rng)
        body.stay(at_s + for_s + HANDLE_S)
