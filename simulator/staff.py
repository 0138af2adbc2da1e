"""Staff: they come in, fill shelves, take away what is too old, count, and say what the shop is doing.

Behaviours like those of `simulator.behaviours`. Staff pay nothing, and what they bring was never in the shop before.
"""

from __future__ import annotations

from edge.records import Mode
from edge.store import Facing
from edge.wire import encode_counted, encode_mode
from simulator.behaviours import Inside, PutsBack, Takes
from simulator.entrances import Arrives, scan_of_code
from simulator.grammar import Deed, Misspelt, facing_at
from simulator.hands import reach_of
from simulator.registry import SENTENCE, Behaviour, Rehearsal, behaviour
from simulator.stage import SCAN_S, Stage

HANDFUL = 2
"""So many units are set down in one movement."""
HANDFUL_S = 1.6
"""From one to the next."""

MODES: dict[str, Mode] = {"open": "open", "being restocked": "restock", "closed": "closed"}


@behaviour
class EntersAsStaff(Arrives):
    """Known to the shop as staff since before the story began."""

    says = "enters as staff [with {code}] [by {gate}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong:
            rehearsal.enter(deed.actor, ())
            rehearsal.staff.add(deed.actor)
        return wrong

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.phones.enrol(deed.actor, "staff")
        scan = scan_of_code(stage, deed, at_s - SCAN_S) if deed.text("code") else None
        stage.admit(deed.actor, (), stage.gate("entry", deed.text("gate")), at_s, scan=scan, footing="staff")


class AtWork(Inside):
    """What only staff do."""

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        if deed.actor not in rehearsal.staff:
            return f"{deed.actor} is no staff in the shop: write {deed.actor} enters as staff"
        return super().check(rehearsal, deed)


@behaviour
class Restocks(AtWork, PutsBack):
    """Out of a crate, a handful after the other."""

    says = "restocks {count} {sku} on {place}"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        rehearsal.bring(deed.actor, deed.text("sku"), deed.count())
        return super().check(rehearsal, deed)

    def spot(self, stage: Stage, deed: Deed) -> tuple[str, float]:
        return reach_of(stage, deed)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        body, spot, rng = self.body(stage, deed), self.spot(stage, deed), self.chance(stage, deed)
        stage.go_to_shelf(body, *spot, at_s)
        crate = [
            stage.stock.bring(deed.text("sku"), body.name, body.visit, 100 * deed.line + i) for i in range(deed.count())
        ]
        for first in range(0, len(crate), HANDFUL):
            self._set_down(stage, body, crate[first : first + HANDFUL], spot, at_s, "", rng)
            at_s += HANDFUL_S * rng.uniform(0.8, 1.3)


@behaviour
class TakesAway(AtWork, Takes):
    """What is too old: nobody pays for it."""

    says = "takes away {count} {sku} [from {place}]"


def _say_counted(stage: Stage, deed: Deed, at_s: float, facing: Facing, units: int) -> None:
    stage.say("shop/stock/counted", encode_counted(at_s, facing, units, deed.actor), at_s)


@behaviour
class Counts(Behaviour):
    """One place, rightly or wrongly: it is what they say. Wherever they are: the number is typed in."""

    says = "counts {units} {sku} on {place}"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        place, sku = deed.place(), deed.text("sku")
        if place is not None:
            try:
                facing_at(rehearsal.store, sku, place)
            except Misspelt as wrong:
                return f"{wrong.what}: {wrong.remedy[:1].lower()}{wrong.remedy[1:]}"
        rehearsal.counted.add(sku)
        return ""

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        place = deed.place()
        if place is not None:
            _say_counted(stage, deed, at_s, facing_at(stage.store, deed.text("sku"), place), deed.units())


@behaviour
class CountsEverything(Behaviour):
    """Every place of the shop, as it really is."""

    says = "counts everything"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        rehearsal.counted |= {f.sku for f in rehearsal.store.planogram.facings}
        return ""

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        for facing, units in stage.stock.standing().items():
            _say_counted(stage, deed, at_s, facing, units)


@behaviour
class IsRevoked(Behaviour):
    """Staff shut somebody out; whoever is inside stays inside."""

    says = "is revoked"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.phones.enrol(deed.actor)
        stage.say("shop/members/standing", stage.phones.standing(deed.actor, at_s, revoked=True), at_s)


@behaviour
class ShopIs(Behaviour):
    subject = SENTENCE
    says = "the shop is {mode}"

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        return ()

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.say("shop/mode/set", encode_mode(at_s, MODES[deed.text("mode")], "staff"), at_s)
