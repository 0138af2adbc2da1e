"""What happens to things: plates that die or stick, cameras and controllers that fall silent, gondolas that are hit.

One class an incident, registered like the behaviours of people. Each tells the stage; that a fault ends is told by a
line of its own, else it lasts.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from edge.wire import encode_passage
from simulator.chance import stream
from simulator.forces import Knock
from simulator.grammar import Deed, Place
from simulator.plates import CLOCK, Blind, Fault
from simulator.registry import SENTENCE, Behaviour, Rehearsal, behaviour
from simulator.stage import Stage

SUBJECTS = {"plate": "{place}", "shelf": "{place}", "camera": "{camera}", "gondola": "{gondola}"}
"""First word of a line -> the field that its name is."""


def plate_of(deed: Deed) -> Place:
    place = deed.place()
    if place is None:
        raise TypeError(f"line {deed.line} names no place")
    return place


def end(stage: Stage, thing: str, plate: int, at_s: float) -> None:
    """Whatever was blind there sees again."""
    stage.blind[thing] = [
        replace(b, to_s=at_s) if b.plate == plate and b.to_s == math.inf else b for b in stage.blind[thing]
    ]


class PlateFails(Behaviour):
    subject = "plate"
    kind: Fault

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        return "" if plate_of(deed).first else f"{plate_of(deed)} is a whole shelf: name a plate, like {deed.actor}:1"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        place = plate_of(deed)
        for plate in range(place.first, place.last + 1):
            stage.blind[place.shelf].append(Blind(plate, self.kind, at_s, math.inf))


@behaviour
class PlateDies(PlateFails):
    """The cell says nothing any more: null."""

    says, kind = "goes dead", "dead"


@behaviour
class PlateSticks(PlateFails):
    """The cell says what it said last, whatever lies on it."""

    says, kind = "sticks", "stuck"


@behaviour
class PlateSaysZero(PlateFails):
    """The cell is broken, or its amplifier: zero, whatever lies on it."""

    says, kind = "says zero", "zero"


@behaviour
class PlateSpits(PlateFails):
    """A loose wire: now and then a sample is nonsense."""

    says, kind = "spits", "spits"


@behaviour
class PlateRecovers(PlateFails):
    says = "recovers"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        place = plate_of(deed)
        for plate in range(place.first, place.last + 1):
            end(stage, place.shelf, plate, at_s)


@behaviour
class ShelfFallsSilent(Behaviour):
    """The controller of a shelf, or its cable: no message at all."""

    subject = "shelf"
    says = "goes silent"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.blind[plate_of(deed).shelf].append(Blind(0, "silent", at_s, math.inf))


@behaviour
class ShelfReturns(Behaviour):
    subject = "shelf"
    says = "returns"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        end(stage, plate_of(deed).shelf, 0, at_s)


@behaviour
class ShelfStartsAnew(Behaviour):
    """A power cut at its controller: a few seconds of silence, then all its plates stand at zero."""

    subject = "shelf"
    says = "starts anew"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.blind[plate_of(deed).shelf].append(Blind(0, "anew", at_s, at_s))


class ClockFails(Behaviour):
    """Somebody, or nobody, has set a controller's clock; nothing but its times is wrong."""

    subject = "shelf"
    kind: Fault = "clock"
    sign = 1.0

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        by_s = self.sign * deed.number("duration")
        stage.blind[plate_of(deed).shelf].append(Blind(CLOCK, self.kind, at_s, math.inf, by_s))


@behaviour
class ClockIsAhead(ClockFails):
    says = "is {duration} ahead"


@behaviour
class ClockIsBehind(ClockFails):
    says, sign = "is {duration} behind", -1.0


@behaviour
class ClockWanders(ClockFails):
    """It goes ahead and falls behind, by so much within minutes."""

    says, kind = "wanders by {duration}", "wanders"


@behaviour
class ClockIsSet(Behaviour):
    subject = "shelf"
    says = "is on time"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        end(stage, plate_of(deed).shelf, CLOCK, at_s)


@behaviour
class CameraFallsSilent(Behaviour):
    subject = "camera"
    says = "goes silent"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.blind[deed.text("camera")].append(Blind(0, "silent", at_s, math.inf))


@behaviour
class CameraReturns(Behaviour):
    subject = "camera"
    says = "returns"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        end(stage, deed.text("camera"), 0, at_s)


@behaviour
class GondolaIsHit(Behaviour):
    """A cart, a hip, a child: every plate of every shelf rings."""

    subject = "gondola"
    says = "is hit"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        rng = stream(stage.seed, "deed", deed.line, "hit")
        gondola = next(g for g in stage.store.layout.gondolas if g.id == deed.text("gondola"))
        for shelf in gondola.shelves:
            force = rng.normal(0.0, 40.0, shelf.plates) + rng.normal(0.0, 20.0)
            for i in range(3):
                knock = Knock(at_s + 0.15 * i, np.asarray(force * 0.5**i), rng.uniform(6, 11), rng.uniform(0.1, 0.25))
                stage.forces[shelf.id].append(knock)


# --- to the whole shop ---------------------------------------------------------------------------------------------


class ToTheShop(Behaviour):
    """A sentence of its own, about nobody."""

    subject = SENTENCE

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        return ()


@behaviour
class Blindness(ToTheShop):
    """The runtime is down: nothing that sensors say is heard, and nothing is recorded but gates."""

    says = "a blindness of {duration}"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.blindness.append((at_s, at_s + deed.number("duration")))
        stage.ticks = True


@behaviour
class TimePasses(ToTheShop):
    """Nobody comes or goes; sensors and the shop's clock go on."""

    says = "{duration} pass|passes"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.until_s = max(stage.until_s, at_s + deed.number("duration"))
        stage.ticks = True


@behaviour
class LightBarrierFires(ToTheShop):
    """A bag, a child's arm, the sun: the gate says that somebody went through, and nobody did."""

    says = "the light barrier of {gate} fires for nobody"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        gate = deed.text("gate")
        known = stage.store.layout.gate(gate)
        way = "in" if known is not None and known.kind == "entry" else "out"
        stage.say(f"gate/{gate}/passage", encode_passage(at_s, way), at_s)
