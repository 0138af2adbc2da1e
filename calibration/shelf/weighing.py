"""One plate under the weight: in the middle, at two corners, on top of a product, up and down each time.

Enters: batches. Leaves: `Reading`s of the plate in the walk's progress. OIML R 76 tests a scale so (weighing up and
down, eccentricity, repeatability), with a set of weights; here one weight does it all, because the same 500 g must
weigh the same anywhere on the plate and on top of anything. The middle is weighed again until the span is known well
enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.shelf.asks import Ask
from calibration.shelf.goods import Goods
from calibration.shelf.moves import Move, moves, up_and_down
from calibration.shelf.readings import Reading, fit
from calibration.shelf.stages import FELT_SIGMA, REMIND_S, Room, Said, asked
from calibration.shelf.witness import JUMPS, drift_of
from calibration.steady import BLOCK_S, Floats
from edge.records import WeightBatch

LEAST_S, MOST_S = 3.0, 12.0
"""So long a level is watched: the noise decides."""
GOAL = 3e-4
"""A level is known well enough when noise leaves this share of the weight."""
SPAN_GOAL = 2.7e-4
"""… and the span. The middle is weighed again until then, or until it was weighed `MOST_REPEATS` times."""
MOST_REPEATS = 8
AGREES = 0.3
"""A change must be at least this share of what is expected; less is something else."""
ELSEWHERE_SIGMA = 15.0
SPLIT = 0.45
RESTLESS = 5
"""A plate that rested at so many levels for one deed was not moved by a person."""
TOGETHER_S = 1.2
"""Plates that come to rest within so long may have been moved together."""
SUPPOSED_DRIFT_G = 0.1
"""g/√s, where the walk has not yet seen enough of the plate at rest."""
FINGER_G = 800.0
"""About what a finger presses with: the first weight on raw numbers is expected from that."""
CLEARED_S = 20.0
"""Who was asked to clear a plate has done so by then; what it then says is its zero, whatever it was before."""
ALONE = 0.02
"""A product of which a neighbour bears more than this share stands on two plates: its weight is not known here."""


class Weigh:
    """One plate, from empty to empty."""

    def __init__(self, plate: int, goods: Goods | None = None) -> None:
        self.over = False
        self.plate, self._goods = plate, goods
        self._moves: list[Move] = []
        self._at = -1
        """The move that is asked for; -1: the empty plate is measured."""
        self._asked_s = self._said_s = -np.inf
        self._base: Floats = np.empty(0)
        """What all channels said before the move."""
        self._unit = np.nan
        """What the first weight is worth on this channel, in its unit; negative where more load says less."""
        self._left = False
        self._steps = 0
        self._seen = self._by_itself = np.zeros(0, dtype=int)
        self._elsewhere: dict[int, int] = {}
        self._repeats = 0
        self._reminded = 0

    def begin(self, room: Room) -> list[Said]:
        p = room.progress
        self._channel = room.channel(self.plate)
        room.work_at(self.plate)
        if room.helpless[self._channel]:
            return self._end(room)
        self._moves = moves(self.plate, p.weights_g, self._goods)
        p.readings[self.plate] = []
        p.rises_s[self.plate] = []
        self._at, self._asked_s, self._repeats = -1, room.watch.now_s, 0
        self._steps = int(room.watch.steps[self._channel])
        self._seen = room.watch.steps.copy()
        self._by_itself = np.zeros(room.plates, dtype=int)
        self._unit = self._guess(room)
        return []

    def again(self, room: Room) -> list[Said]:
        """Nobody knows what stands where (the line was silent, the walk was stopped): from empty."""
        said = self.begin(room)
        if not self.over:
            text = f"Take everything off plate {self.plate}: we begin with it again."
            self._said_s = self._asked_s
            said.append(asked(Ask("empty", self.plate, text)))
        return said

    def _guess(self, room: Room) -> float:
        """What the weight will be worth: as on the plates before, else as hard as a finger presses."""
        p, weight_g = room.progress, room.progress.weights_g[0]
        sign = np.sign(p.pressed.get(self.plate, 1.0))
        known = [_worth(p.readings[q], room.channel(q)) for q in p.done if p.readings.get(q)]
        sizes = [abs(w) for w in known if np.isfinite(w)]
        if sizes:
            return float(sign * np.median(sizes))
        presses = [abs(v) for v in p.pressed.values()]
        return float(sign * np.median(presses) * weight_g / FINGER_G) if presses else np.nan

    # --- hearing ----------------------------------------------------------------------------------------------------

    def hear(self, room: Room, batch: WeightBatch) -> list[Said]:
        watch, channel = room.watch, self._channel
        said = self._look_for_restless(room)
        if said:
            return said
        if room.helpless[channel]:
            return [Said("note", f"Plate {self.plate} jumps by itself: it is left out."), *self._end(room)]
        if not watch.still[channel]:
            self._left = True
            return self._remind(room)
        since_s = float(watch.since_s[channel])
        if self._at < 0:
            return self._empty(room, since_s)
        move = self._moves[self._at]
        change = float(watch.reference[channel] - self._base[channel])
        if not self._fits(move, change, float(watch.noise[channel])):
            return self._look_elsewhere(room, move, change, since_s)
        both = self._split(room, change)
        if both:
            return self._ask(room, f"It stands on plates {self.plate} and {both}: move it away from the edge. ")
        return self._measure(room, move, since_s)

    def _look_for_restless(self, room: Room) -> list[Said]:
        """Channels that go from level to level more often than anybody moves something.

        What touches the plate goes along with it; a weight that comes down elsewhere by mistake goes there and away,
        and a person makes two such mistakes. Where another channel turns out to be loose, this plate begins again: the
        walk may have taken a jump there for a weight.
        """
        watch, channel = room.watch, self._channel
        stepped = watch.steps > self._seen
        self._seen = watch.steps.copy()
        if watch.still[channel]:
            self._by_itself += stepped & (np.abs(watch.since_s - watch.since_s[channel]) > TOGETHER_S)
        loose = (self._by_itself >= RESTLESS) & ~room.helpless
        loose[channel] = int(watch.steps[channel]) - self._steps >= RESTLESS
        for restless in np.flatnonzero(loose & ~room.helpless).tolist():
            room.progress.quiet[restless].jumps += JUMPS
            room.helpless[restless] = True
        loose[channel] = False
        return self.again(room) if loose.any() else []

    def _empty(self, room: Room, since_s: float) -> list[Said]:
        """The plate before anything was put there: as it was at the tare, or as it stands for long enough."""
        watch, tare = room.watch, room.progress.tare
        assert tare is not None
        from_s = max(since_s, self._asked_s - 2.0)
        off = abs(float(watch.reference[self._channel]) - tare[self._channel].mean)
        empty = not np.isfinite(self._unit) or off < AGREES * abs(self._unit)
        if watch.now_s - from_s < (LEAST_S if empty else CLEARED_S):
            return []
        self._keep(room, Move("lift", ""), max(from_s, watch.now_s - MOST_S), LEAST_S)
        return self._next(room)

    def _fits(self, move: Move, change: float, noise: float) -> bool:
        """Is that the change that was asked for?"""
        if abs(change) < FELT_SIGMA * noise:
            return False
        sign = 1.0 if move.deed in ("put", "product") else -1.0
        if np.isfinite(self._unit) and change * self._unit * sign < 0:
            return False
        if not np.isfinite(self._unit):
            return True
        share = AGREES / 3 if self._first else AGREES
        return abs(change) > share * abs(self._unit) * (move.weighs_g or 0.3 * self._weight) / self._weight

    @property
    def _first(self) -> bool:
        return self._at == 0

    @property
    def _weight(self) -> float:
        return self._moves[0].weighs_g

    def _measure(self, room: Room, move: Move, since_s: float) -> list[Said]:
        """It stands still where it should: watch for as long as the noise asks for."""
        watch, channel = room.watch, self._channel
        worth = abs(self._unit) if not self._first and np.isfinite(self._unit) else abs(
            float(watch.reference[channel] - self._base[channel])
        )  # fmt: skip
        needs_s = float(watch.needs_s(np.full(watch.channels, GOAL * worth))[channel])
        for_s = watch.now_s - since_s
        if for_s < min(max(LEAST_S, needs_s), MOST_S):
            return []
        self._keep(room, move, since_s + 2 * BLOCK_S, for_s)
        return self._next(room)

    def _keep(self, room: Room, move: Move, from_s: float, for_s: float) -> None:
        watch, p, channel = room.watch, room.progress, self._channel
        levels = tuple(watch.levels(from_s))
        readings = p.readings[self.plate]
        since_s = levels[channel].at_s - from_s
        if readings:
            self._rise(room, readings[-1].said[channel].mean, levels[channel].mean)
        readings.append(Reading(self.plate, move.mass_g, move.place, move.product, move.down, since_s, levels))
        self._base = np.array([level.mean for level in levels])
        if move.mass_g:
            room.proven.add(channel)
        if len(readings) == 2:
            self._unit = levels[channel].mean - readings[0].said[channel].mean
        if move.deed == "product" and self._goods and self._alone(room, readings):
            p.products[self.plate] = self._goods.sku
        if move.deed in ("put", "product") and self._rails(room, from_s):
            p.saturated.append(self.plate)

    def _alone(self, room: Room, readings: Sequence[Reading]) -> bool:
        """Does the product stand on this plate only?"""
        before, now = readings[-2].said, readings[-1].said
        moved = [abs(b.mean - a.mean) for a, b in zip(before, now, strict=True)]
        near = [room.channel(q) for q in (self.plate - 1, self.plate + 1) if q in room.progress.order]
        return all(not moved[c] > ALONE * moved[self._channel] for c in near if not room.helpless[c])

    def _rails(self, room: Room, from_s: float) -> bool:
        """The noise is gone under the weight: the number stands at the end of its range."""
        diagnosis = room.progress.diagnosis
        assert diagnosis is not None
        at_rest = diagnosis.channels[self._channel]
        _, said = room.watch.recent(room.watch.now_s - from_s)
        return at_rest.noise > at_rest.quantum and bool(np.ptp(said[self._channel]) < 0.05 * at_rest.noise)

    def _rise(self, room: Room, before: float, after: float) -> None:
        """How long the change took from half to nine tenths: a hand is fast, a filter takes its own time."""
        at_s, said = room.watch.recent(room.watch.now_s - self._asked_s)
        part = (said[self._channel] - before) / (after - before) if after != before else np.empty(0)
        half, most = np.flatnonzero(part > 0.5), np.flatnonzero(part > 0.9)
        if half.size and most.size:
            room.progress.rises_s[self.plate].append(float(at_s[most[0]] - at_s[half[0]]))

    # --- what comes next ------------------------------------------------------------------------------------------

    def _next(self, room: Room) -> list[Said]:
        p = room.progress
        self._at += 1
        if self.plate in p.saturated:
            if self._moves[self._at - 1].deed == "lift":
                return self._end(room)
            last = Move("lift", f"Plate {self.plate} is at the end of its range. Take everything off.", down=True)
            self._moves = [*self._moves[: self._at], last]
        if self._at == len(self._moves) and not self._sure(room) and self._repeats < MOST_REPEATS:
            self._repeats += 1
            self._moves += up_and_down(self.plate, self._weight, "centre")
        if self._at == len(self._moves):
            return self._end(room)
        self._elsewhere.clear()
        self._reminded = 0
        return self._ask(room)

    def _sure(self, room: Room) -> bool:
        p = room.progress
        found = fit(p.readings[self.plate], self._channel, wanders(room, self._channel, abs(self._unit) / self._weight))
        return found is None or found.error < SPAN_GOAL

    def _end(self, room: Room) -> list[Said]:
        if self.plate not in room.progress.done:
            room.progress.done.append(self.plate)
        self.over = True
        return []

    def _ask(self, room: Room, why: str = "") -> list[Said]:
        move = self._moves[self._at]
        self._asked_s = self._said_s = room.watch.now_s
        self._steps = int(room.watch.steps[self._channel])
        self._left = False
        ask = Ask(move.deed, self.plate, why + move.text, move.weighs_g, move.place)
        return [asked(ask)]

    def _remind(self, room: Room) -> list[Said]:
        """Nothing happens: it may be the plate, or lunch."""
        if self._at < 0 or room.watch.now_s - self._said_s < REMIND_S:
            return []
        self._reminded += 1
        _, said = room.watch.recent(5.0)
        diagnosis = room.progress.diagnosis
        assert diagnosis is not None
        at_rest = diagnosis.channels[self._channel]
        if at_rest.noise > at_rest.quantum and np.ptp(said[self._channel]) == 0:
            room.progress.stuck.append(self.plate)
            return [Said("note", f"Plate {self.plate} says always the same: it is left out."), *self._end(room)]
        return self._ask(room)

    def _look_elsewhere(self, room: Room, move: Move, change: float, since_s: float) -> list[Said]:
        """Not the change that was asked for. Is it at another plate, or was it gone too soon?"""
        watch = room.watch
        off = np.abs(watch.reference - self._base)
        bound = ELSEWHERE_SIGMA * watch.noise
        if np.isfinite(self._unit):
            bound = np.maximum(bound, AGREES * abs(self._unit))
        wrong = watch.still & ~room.helpless & (off > bound) & (watch.since_s > self._asked_s)
        wrong[self._channel] = False
        at = int(np.argmax(np.where(wrong, off, -1.0)))
        if move.deed in ("put", "product") and wrong.any() and room.plate_of(at):
            return self._wrong_plate(room, room.plate_of(at))
        emptied = move.deed == "put" and not move.product and change * self._unit < -AGREES * self._unit**2
        if emptied and watch.now_s - since_s > 2.0:
            note = f"Something was taken off plate {self.plate}: it is measured empty again."
            return [Said("note", note), *self.begin(room)]
        came_back = self._left and since_s > self._asked_s and abs(change) < FELT_SIGMA * watch.noise[self._channel]
        if came_back and move.deed != "lift" and watch.now_s - since_s > 2.0:
            return self._ask(room, "That was too short. ")
        return self._remind(room)

    def _wrong_plate(self, room: Room, other: int) -> list[Said]:
        """The weight came down elsewhere. Said twice, it is the order that is wrong, not the person."""
        count = self._elsewhere.get(other, 0) + 1
        if count == 1:
            said = self._ask(room, f"That was plate {other}. ")
            if other not in room.excused:
                room.excused.add(other)
                room.progress.quiet[room.channel(other)].jumps -= 2  # on it, and off again: that was no wire
            self._elsewhere[other] = 1
            return said
        if room.watch.now_s - self._said_s < 6.0 or self._channel in room.proven:
            return self._remind(room)
        p = room.progress
        p.order[self.plate], p.order[other] = p.order[other], p.order[self.plate]
        here, there = p.pressed.get(self.plate), p.pressed.get(other)
        for plate, press in ((self.plate, there), (other, here)):
            if press is not None:
                p.pressed[plate] = press
        if other in p.done:
            p.done.remove(other)
            p.readings.pop(other, None)
        note = f"Plates {self.plate} and {other} were touched the wrong way round: put right."
        return [Said("note", note), *self.again(room)]

    def _split(self, room: Room, change: float) -> int:
        """The neighbour that bears a good part of it as well, the first times."""
        for near in (self.plate - 1, self.plate + 1):
            if near not in room.progress.order or self._elsewhere.get(-near, 0) >= 1:
                continue
            other = room.channel(near)
            off = float(abs(room.watch.reference[other] - self._base[other]))
            if room.helpless[other] or not room.watch.still[other] or off < ELSEWHERE_SIGMA * room.watch.noise[other]:
                continue
            if off > SPLIT * abs(change):
                self._elsewhere[-near] = 1
                return near
        return 0


def wanders(room: Room, channel: int, units_per_g: float) -> float:
    """How far a channel wanders by itself, in its unit per √s: as seen so far, else as good cells do."""
    seen, _ = drift_of(room.progress.quiet[channel])
    return max(seen, SUPPOSED_DRIFT_G * units_per_g)


def _worth(readings: Sequence[Reading], channel: int) -> float:
    """What the first weight was worth in a channel's unit."""
    if len(readings) < 2:
        return float("nan")
    return readings[1].said[channel].mean - readings[0].said[channel].mean
