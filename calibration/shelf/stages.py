"""The first steps of a walk: hands off, everything off, and which cell is under which plate.

Enters: batches, through a `Room` that all stages share. Leaves: `Said`, and what was measured in the room's progress.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from calibration.shelf.asks import Ask
from calibration.shelf.diagnosis import bumped, diagnose, hum_of
from calibration.shelf.progress import Progress
from calibration.shelf.witness import JUMPS
from calibration.steady import Bools, Floats, Watch
from edge.records import WeightBatch

HANDS_OFF_S = 10.0
TARE_S = 6.0
"""An empty shelf is believed when it stood still for so long after it was asked for: time to begin to clear it."""
TRIES = 3
"""After so many times the shelf itself is the reason, not the person."""
FELT_SIGMA = 10.0
TOGETHER = 0.6
"""A second plate that answers with more than this share of the first is not just felt through the frame."""
STAYS = 0.25
"""A finger leaves nothing behind; more than this share of its force is something that was put or taken."""
UNANSWERED_S, UNANSWERED = 30.0, 10
"""A touch is asked for again after so long; after so many times the technician is not merely away."""
KNOCKS = 8
"""So often plates that answer all together are taken for a knock; then it is how they are built."""
REMIND_S = 45.0
KNOCKED = 0.5
"""When more than this share of the plates swings in both directions at once, somebody knocked against the gondola."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something for the technician. ``ask``: a deed to do now; ``note``: a remark; ``done``: the walk is over."""

    kind: Literal["ask", "note", "done"]
    text: str
    ask: Ask | None = None


def asked(ask: Ask) -> Said:
    return Said("ask", ask.text, ask)


@dataclass(slots=True)
class Room:
    """What all stages share. ``helpless`` (channels,): dead, stuck or loose: nothing is learned by working on them.
    ``busy`` (channels,): somebody works there. ``excused``: plates at which a weight came down by mistake, once each: a
    loose wire looks the same, but does it again. ``proven`` (0-based channels): have borne a weight where they should.
    """

    plates: int
    watch: Watch
    progress: Progress
    helpless: Bools = field(init=False)
    busy: Bools = field(init=False)
    excused: set[int] = field(default_factory=set)
    proven: set[int] = field(default_factory=set)
    over: bool = False

    def __post_init__(self) -> None:
        self.helpless = np.zeros(self.plates, dtype=bool)
        self.busy = np.zeros(self.plates, dtype=bool)
        self.judge()

    def judge(self) -> None:
        """Channels that are given up: dead ones, and those that say always the same and did not answer either."""
        p = self.progress
        if p.diagnosis is not None:
            mute = {p.order[q] for q in p.silent if q in p.order}
            states = enumerate((c.state for c in p.diagnosis.channels), start=1)
            self.helpless |= np.array([s == "dead" or (s == "stuck" and c in mute) for c, s in states])

    def channel(self, plate: int) -> int:
        """0-based."""
        return self.progress.order[plate] - 1

    def plate_of(self, channel: int) -> int:
        """1-based; 0 where nobody knows."""
        return next((p for p, c in self.progress.order.items() if c == channel + 1), 0)

    def work_at(self, plate: int) -> None:
        """Nobody judges the quiet of this plate and its neighbours meanwhile."""
        self.busy[:] = False
        for near in (plate - 1, plate, plate + 1):
            if near in self.progress.order:
                self.busy[self.channel(near)] = True

    def order_the_silent(self) -> None:
        """Plates that did not answer get the channels that are left, their own number first."""
        p = self.progress
        free = [c for c in range(1, self.plates + 1) if c not in p.order.values()]
        for plate in [*p.silent]:
            if plate in p.order or not free:
                continue
            channel = plate if plate in free else free[0]
            p.order[plate] = channel
            free.remove(channel)
        self.judge()

    def units_per_g(self) -> Floats:
        """What a gram is worth on each plate (plates,), as far as the walk knows by now; NaN where it does not."""
        known = np.full(self.plates, np.nan)
        for plate, readings in self.progress.readings.items():
            if len(readings) > 1 and plate in self.progress.order:
                channel = self.channel(plate)
                change = readings[1].said[channel].mean - readings[0].said[channel].mean
                known[plate - 1] = change / readings[1].mass_g
        usual = float(np.median(np.abs(known[np.isfinite(known)]))) if np.isfinite(known).any() else np.nan
        signs = np.array([np.sign(self.progress.pressed.get(p, 1.0)) for p in range(1, self.plates + 1)])
        filled: Floats = np.where(np.isfinite(known), known, usual * signs)
        return filled

    def recent(self, for_s: float) -> Floats:
        """Block means of the last while (plates, blocks), as far as the order is known; less the tare."""
        _, said = self.watch.recent(for_s)
        zero = np.array([level.mean for level in self.progress.tare]) if self.progress.tare else said[:, :1].ravel()
        order = self.progress.order
        left = iter(c for c in range(1, self.plates + 1) if c not in order.values())
        rows = [(order.get(plate) or next(left)) - 1 for plate in range(1, self.plates + 1)]
        shown: Floats = (said - zero[:, None])[rows]
        return shown


class Stage(Protocol):
    """One step of a walk. ``again`` begins it anew: the line was silent."""

    over: bool

    def begin(self, room: Room) -> list[Said]: ...
    def again(self, room: Room) -> list[Said]: ...
    def hear(self, room: Room, batch: WeightBatch) -> list[Said]: ...


class HandsOff:
    """Ten seconds in which nobody touches the shelf."""

    def __init__(self) -> None:
        self.over = False
        self._batches: list[WeightBatch] = []
        self._tries = 0

    def begin(self, room: Room) -> list[Said]:
        self._batches.clear()
        text = f"Hands off: let the shelf stand as it is for {HANDS_OFF_S:.0f} seconds."
        return [asked(Ask("hands-off", 0, text))]

    again = begin

    def hear(self, room: Room, batch: WeightBatch) -> list[Said]:
        self._batches.append(batch)
        if batch.at_s - self._batches[0].at_s < HANDS_OFF_S:
            return []
        watch, p = room.watch, room.progress
        watch.learn(self._batches[0].at_s)
        jumps = watch.jumps(self._batches[0].at_s)
        loose = [c for c, count in enumerate(jumps) if count >= 2]
        moved = [c for c in bumped(self._batches) if c - 1 not in loose]
        self._tries += 1
        if moved and self._tries < TRIES:
            where = ", ".join(map(str, moved))
            return [Said("note", f"Something moved (channel {where}): we begin again."), *self.begin(room)]
        p.diagnosis = diagnose(self._batches)
        p.noise, p.inflation = watch.keep()
        for channel in loose:
            p.quiet[channel].jumps += JUMPS
        room.judge()
        self.over = True
        return self._told(room)

    def _told(self, room: Room) -> list[Said]:
        diagnosis = room.progress.diagnosis
        assert diagnosis is not None
        line = diagnosis.controller
        lost = f", {line.lost:.1%} lost" if line.lost else ""
        well = sum(c.state != "dead" for c in diagnosis.channels)
        said = [Said("note", f"{well} of {room.plates} channels talk, {line.real_hz:.1f} times a second{lost}.")]
        for number, c in enumerate(diagnosis.channels, start=1):
            if c.state == "dead":
                said.append(Said("note", f"Channel {number} is dead."))
            elif c.state == "stuck":
                said.append(Said("note", f"Channel {number} says always the same: stuck, or very quiet."))
            elif c.hum > 2 * c.noise / 3:
                said.append(Said("note", f"Channel {number} hums: {hum_of(c.hum_hz, line.hz)}."))
        return said


class Empty:
    """Everything off the shelf; what it then says is its zero."""

    def __init__(self, text: str = "") -> None:
        self.over = False
        self._asked_s = -np.inf
        self._text = text

    def begin(self, room: Room) -> list[Said]:
        p = room.progress
        self._asked_s = room.watch.now_s
        room.busy[:] = True
        whole = len(p.plates) == room.plates
        which = "the shelf" if whole else f"plate{'s' * (len(p.plates) > 1)} {', '.join(map(str, p.plates))}"
        return [asked(Ask("empty", 0, f"{self._text}Take everything off {which}, and keep your hands off."))]

    again = begin

    def hear(self, room: Room, batch: WeightBatch) -> list[Said]:
        watch = room.watch
        since = np.where(room.helpless, -np.inf, watch.since_s)
        since_s = max(self._asked_s, float(np.max(since)) if np.isfinite(since).any() else self._asked_s)
        still = bool((watch.still | room.helpless).all())
        waited_s = watch.now_s - self._asked_s
        if not still and waited_s < REMIND_S:
            return []
        if still and watch.now_s - since_s < TARE_S:
            return []
        room.progress.tare = watch.levels(max(since_s, watch.now_s - 2 * TARE_S))
        self.over = True
        return []


class Touch:
    """Which channel answers when a plate is pressed, and in which direction."""

    def __init__(self, plate: int) -> None:
        self.over = False
        self.plate = plate
        self._asked_s = -np.inf
        self._base: Floats = np.empty(0)
        self._steps = np.empty(0, dtype=int)
        self._tries = 0
        self._waits = 0
        self._knocks = 0

    def begin(self, room: Room) -> list[Said]:
        self._asked_s = room.watch.now_s
        self._steps = room.watch.steps.copy()
        room.busy[:] = True
        self._base = np.where(room.watch.still, room.watch.reference, np.nan)
        again = "once more, firmly, " if self._tries else ""
        text = f"Press plate {self.plate} {again}with a finger for a second. Plates count from the left."
        return [asked(Ask("touch", self.plate, text))]

    again = begin

    def hear(self, room: Room, batch: WeightBatch) -> list[Said]:
        watch = room.watch
        unknown = watch.still & ~np.isfinite(self._base)
        self._base[unknown] = watch.reference[unknown]
        at_s, said = watch.recent(watch.now_s - self._asked_s)
        waited_s = watch.now_s - self._asked_s
        if said.shape[1] < 4:
            return []
        off = (said - self._base[:, None])[:, :-1]
        both = (said - self._base[:, None])[:, 1:]
        # Two blocks in a row: a single one may be a spike.
        felt = np.where(np.abs(off) < np.abs(both), off, both)
        felt = np.where(np.isfinite(felt) & ~room.helpless[:, None], felt, 0.0)
        rows = np.arange(room.plates)
        peaks = felt[rows, np.argmax(np.abs(felt), axis=1)]
        strong = np.abs(peaks) > FELT_SIGMA * np.nan_to_num(watch.noise, nan=np.inf)
        if not strong.any():
            return self._unanswered(room, waited_s)
        strength = np.where(strong, np.abs(peaks), 0.0)
        first = int(np.argmax(strength))
        # Not the very top: of something that stays there, that is anywhere.
        peak_s = float(at_s[int(np.argmax(np.abs(felt[first]) > 0.8 * strength[first]))])
        calm = watch.still[first] and watch.since_s[first] > peak_s
        if not calm and watch.now_s - peak_s < 8.0:
            return []
        stays = abs(watch.reference[first] - self._base[first]) > STAYS * strength[first]
        if calm and stays:
            return self._changed(room, [first])
        return self._answered(room, first, peaks, strength)

    def _unanswered(self, room: Room, waited_s: float) -> list[Said]:
        """Nothing was felt. Where channels are left that cannot answer, that is an answer."""
        if waited_s < UNANSWERED_S:
            return []
        self._waits += 1
        taken = set(room.progress.order.values())
        diagnosis = room.progress.diagnosis
        assert diagnosis is not None
        bad = [room.helpless[c] or diagnosis.channels[c].state == "stuck" for c in range(room.plates)]
        suspects = [c for c in range(room.plates) if bad[c] and c + 1 not in taken]
        if self._waits >= (2 if suspects else UNANSWERED):
            room.progress.silent.append(self.plate)
            self.over = True
            return [Said("note", f"Nothing answers at plate {self.plate}.")]
        return self.begin(room)

    def _changed(self, room: Room, channels: list[int]) -> list[Said]:
        """A finger leaves nothing behind: something was put there or taken away, or a wire is loose."""
        for channel in channels:
            room.progress.quiet[channel].jumps += 1
        room.progress.tare = None
        self.over = True
        return [Said("note", "Something was put on the shelf or taken off: the empty shelf is measured again.")]

    def _answered(self, room: Room, first: int, peaks: Floats, strength: Floats) -> list[Said]:
        p = room.progress
        elsewhere = [c for c in np.flatnonzero(room.watch.steps > self._steps).tolist() if c != first]
        if elsewhere:
            return self._changed(room, elsewhere)
        others = np.delete(strength, first)
        if np.count_nonzero(others > TOGETHER * strength[first]) > 1 and self._knocks < KNOCKS:
            self._knocks += 1
            return [Said("note", "Many plates swung at once: a knock? Press one plate only."), *self.begin(room)]
        second = int(np.argmax(np.where(np.arange(room.plates) == first, -1.0, strength))) if others.size else first
        if others.size and others.max() > TOGETHER * strength[first]:
            self._tries += 1
            if self._tries < TRIES:
                what = "Several plates answered at once: press only the plate, not the frame."
                return [Said("note", what), *self.begin(room)]
            p.together.append((first + 1, second + 1))
        before = room.plate_of(first)
        if before:
            # One of the two touches was at the wrong plate. Nobody knows which: both are asked for again.
            del p.order[before]
            p.pressed.pop(before, None)
            if before not in p.plates:
                p.plates = sorted([*p.plates, before])
            self.over = True
            return [Said("note", f"That was the plate that answered as plate {before}: both once more.")]
        p.order[self.plate] = first + 1
        p.pressed[self.plate] = float(peaks[first])
        self.over = True
        said = []
        if first + 1 != self.plate:
            said.append(Said("note", f"Plate {self.plate} is wired to channel {first + 1}: put right."))
        if peaks[first] < 0:
            said.append(Said("note", f"Plate {self.plate} says less under load: turned round."))
        return said
