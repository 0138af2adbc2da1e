"""The stage: people, goods, shelves and gates while a play is on.

Enters: what behaviours do to it, in the order in which it happens. Leaves: everybody's plan, what pressed on every
shelf, what the gates said and what is true. Nothing is measured here: `simulator.plates` and `simulator.cameras`
look at the finished play.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from edge.records import Point
from edge.store import Facing, Gate, Store
from edge.wire import encode_passage, encode_scan
from simulator.floorplan import FloorPlan, Spot, length_of
from simulator.forces import Force, Grams, Step
from simulator.goods import Stock, Unit
from simulator.people import TO_REACH_S, Body, born
from simulator.phones import Phones, code_scan
from simulator.plates import Blind

ARM_M = 0.55
"""So far to either side of where they stand people reach without a step."""
STANDS_M = 0.15
"""People stand a little to the left or right of what they take, each in their own way."""
LINGER_S = 2.5
SETTLE_S = 0.35
"""From arriving at a shelf to the moment the arm may go out."""
VISIBLE_SHARE = 0.08
"""Plates that carry less than this part of a change are not named in the truth."""
SCAN_S = 1.0
"""From the scan to the light barrier."""
QUEUE_S = 0.9
"""Between two people of one party in a gate."""
BESIDE_M = 0.5
"""Who waits before a gate leaves others room."""

Footing: TypeAlias = Literal["member", "staff", "stranger"]
"""How somebody is in the shop; a stranger was scanned by nobody."""


@dataclass(slots=True)
class Visit:
    """Who came in on one scan. ``items`` is what they took, known once the last of them went through an exit."""

    subject: str
    people: list[str]
    items: dict[str, int] | None = None
    footing: Footing = "member"


@dataclass(frozen=True, slots=True)
class Happening:
    """One truth: so many units of a product left a shelf (``pick``) or came back (``put_back``)."""

    at_s: float
    subject: str
    sku: str
    count: int
    action: str
    shelf: str
    plates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is known as it happens, with its topic, payload and times."""

    topic: str
    payload: bytes
    measured_s: float
    received_s: float


@dataclass
class Stage:
    """Everything of one play. Times are UNIX seconds."""

    store: Store
    seed: int
    followers: frozenset[str] = frozenset()
    """People who never act by themselves: they go where their party goes."""
    filled: Mapping[Facing, int] = field(default_factory=dict)
    """Places that begin the day with so many units."""
    floor: FloorPlan = field(init=False)
    stock: Stock = field(init=False)
    rest_g: dict[str, Grams] = field(init=False)
    bodies: list[Body] = field(default_factory=list)
    people: dict[str, Body] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    forces: dict[str, list[Force]] = field(default_factory=lambda: defaultdict(list))
    blind: dict[str, list[Blind]] = field(default_factory=lambda: defaultdict(list))
    """Shelf or camera -> when it, or a plate of it, could not see."""
    said: list[Said] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)
    phones: Phones = field(init=False)
    outside: dict[str, int] = field(default_factory=dict)
    """Who has shown something at an entry and stands before it still -> how far aside, in persons."""
    scans: list[tuple[float, str]] = field(default_factory=list)
    """When, and who showed something."""
    blindness: list[tuple[float, float]] = field(default_factory=list)
    """From when to when the runtime heard nothing but gates."""
    ticks: bool = False
    """The runtime tells itself the time once a second."""
    until_s: float = 0.0
    """The sensors go on at least so long."""

    def __post_init__(self) -> None:
        self.floor = FloorPlan(self.store.layout)
        self.stock = Stock(self.store, self.seed, self.filled)
        self.phones = Phones(self.seed, self.store.id)
        self.rest_g = {s.id: self.stock.load_g(s.id) for s in self.store.layout.shelves}

    # --- gates ---

    def gate(self, kind: str, named: str = "") -> Gate:
        gates = [g for g in self.store.layout.gates if g.kind == kind]
        return next((g for g in gates if g.id == named), gates[0])

    def admit(
        self,
        name: str,
        others: Sequence[str],
        gate: Gate,
        at_s: float,
        *,
        scan: bytes | None = None,
        footing: Footing = "member",
        subject: str = "",
        uninvited: int = 0,
    ) -> None:
        """One scan, and one after another through the gate; the first goes through at ``at_s``.

        ``scan`` is what the reader says, `shown_by` where nothing else is told; ``subject`` whose visit it is. The last
        ``uninvited`` of the others come along without having been counted. Strangers are scanned by nobody.
        """
        counted = [name, *others][: 1 + len(others) - uninvited]
        if footing != "stranger":
            said = scan or self.shown_by(name, gate, at_s - SCAN_S, len(counted))
            self.scans.append((at_s - SCAN_S, name))
            self.say(f"gate/{gate.id}/scan", said, at_s - SCAN_S)
        visit = len(self.visits)
        self.visits.append(Visit(subject or name, [name, *others], footing=footing))
        if uninvited:
            self.visits.append(Visit("", [name, *others], footing="stranger"))
        inner, outer = self.floor.gate_spots(gate)
        for i, who in enumerate([name, *others]):
            body = born(who, visit, self.seed)
            body.visit += int(i >= len(counted))
            self.bodies.append(body)
            self.people[who] = body
            through = at_s + i * QUEUE_S
            before = self._before(gate)
            body.appear(through - SCAN_S - 1.2, outer)
            body.walk([outer, before], through - SCAN_S - 1.2)
            leaves = through - math.dist(before, gate.position) / body.speed_m_s
            arrived = body.walk([before, gate.position, inner], leaves)
            body.stay(arrived)
            self.say(f"gate/{gate.id}/passage", encode_passage(through, "in"), through)

    def shown_by(self, name: str, gate: Gate, at_s: float, party: int = 1) -> bytes:
        """A member's palm; at a gate whose reader the shop does not trust a code, for no palm opens that."""
        if gate.trusted_reader:
            return encode_scan(at_s, name, "palm", party)
        return code_scan(at_s, self.phones.code("a code", name, at_s, party))

    def _before(self, gate: Gate, aside: int = 0) -> Spot:
        """Where somebody stands at a gate's reader; ``aside``: so many persons to the side."""
        (x, y), (gx, gy) = self.floor.gate_spots(gate)[1], gate.position
        far = math.dist((x, y), (gx, gy))
        beside = BESIDE_M * aside / far
        return x + (gx - x) * 0.55 + (gy - y) * beside, y + (gy - y) * 0.55 - (gx - x) * beside

    def show(self, name: str, gate: Gate, at_s: float, scan: bytes) -> None:
        """Somebody comes to a gate from outside, shows something at ``at_s``, and waits there."""
        if name not in self.outside:
            aside = next(i for i in range(len(self.outside) + 1) if i not in self.outside.values())
            body = born(name, len(self.visits), self.seed)
            self.visits.append(Visit(name, [name], footing="stranger"))
            self.bodies.append(body)
            self.people[name], self.outside[name] = body, aside
            outer, before = self.floor.gate_spots(gate)[1], self._before(gate, aside)
            body.appear(at_s - 1.2, outer)
            body.stay(body.walk([outer, before], at_s - 1.2))
        self.scans.append((at_s, name))
        self.people[name].stay(at_s)
        self.say(f"gate/{gate.id}/scan", scan, at_s)

    def go_in(self, name: str, gate: Gate, at_s: float) -> None:
        """Who stands before a gate goes through it at ``at_s``."""
        body = self.people[name]
        del self.outside[name]
        leaves = max(body.free_s, at_s - math.dist(body.spot, gate.position) / body.speed_m_s)
        through = leaves + math.dist(body.spot, gate.position) / body.speed_m_s
        body.stay(body.walk([body.spot, gate.position, self.floor.gate_spots(gate)[0]], leaves))
        self.visits[body.visit].footing = "member"
        self.say(f"gate/{gate.id}/passage", encode_passage(through, "in"), through)

    def go_away(self, name: str, gate: Gate, at_s: float) -> None:
        """Who stands before a gate thinks better of it."""
        body = self.people.pop(name)
        del self.outside[name]
        body.gone_s = body.walk([body.spot, self.floor.gate_spots(gate)[1]], max(body.free_s, at_s))

    def dismiss(self, name: str, gate: Gate, at_s: float, unseen: bool = False) -> None:
        """Out through a gate at ``at_s``, or as soon as they are there; ``unseen`` by its light barrier."""
        body = self.people[name]
        inner, outer = self.floor.gate_spots(gate)
        wanted = at_s - math.dist(inner, gate.position) / body.speed_m_s
        leaves = max(wanted, self.arrive(body, inner, wanted, follow=False, linger_s=math.inf))
        through = leaves + math.dist(inner, gate.position) / body.speed_m_s
        body.gone_s = body.walk([inner, gate.position, outer], leaves)
        del self.people[name]
        visit = self.visits[body.visit]
        if not any(who in self.people and self.people[who].visit == body.visit for who in visit.people):
            visit.items = self.stock.left_with(body.visit)
        self.stock.carry_out(name)
        if not unseen:
            self.say(f"gate/{gate.id}/passage", encode_passage(through, "out"), through)

    def say(self, topic: str, payload: bytes, at_s: float) -> None:
        """Something that is known as it happens."""
        self.said.append(Said(topic, payload, at_s, at_s + 0.02))

    # --- walking ---

    def earliest(self, body: Body, spot: Spot) -> float:
        """When somebody could be at a spot if they left as soon as they can."""
        return body.free_s + length_of(self.floor.way(body.spot, spot)) / body.speed_m_s

    def arrive(self, body: Body, spot: Spot, by_s: float, follow: bool = True, linger_s: float = LINGER_S) -> float:
        """Walk to a spot, in time for ``by_s`` or as early as possible; returns when they are there.

        Who has time spends some of it where they are, at most ``linger_s``, and the rest where they go.
        """
        way = self.floor.way(body.spot, spot)
        length = length_of(way)
        spare_s = max(0.0, by_s - length / body.speed_m_s - 0.6 - body.free_s)
        leave_s = body.free_s + (min(linger_s, 0.4 * spare_s) if linger_s < math.inf else spare_s)
        arrived = body.walk(way, leave_s) if length > 0.02 else max(body.free_s, leave_s)
        body.stay(arrived)
        if follow and length > 1.0:
            self._follow(body, spot, leave_s)
        return arrived

    def _follow(self, body: Body, spot: Spot, leave_s: float) -> None:
        """Those of the party who do nothing by themselves come along and stand near by."""
        party = [w for w in self.visits[body.visit].people if w in self.followers and w in self.people]
        taken = [spot]
        for i, who in enumerate(w for w in party if w != body.name):
            angles = np.linspace(0, 2 * np.pi, 12, endpoint=False) + i
            ring = np.column_stack([spot[0] + 0.75 * np.cos(angles), spot[1] + 0.75 * np.sin(angles)])
            good = self.floor.free(ring) & np.array([min(math.dist(p, t) for t in taken) > 0.6 for p in ring])
            if not good.any():
                continue
            beside = (float(ring[good][0][0]), float(ring[good][0][1]))
            taken.append(beside)
            follower = self.people[who]
            self.arrive(follower, beside, max(follower.free_s, leave_s) + 0.5 + 0.4 * i, follow=False)

    def stand_at(self, body: Body, shelf: str, x_m: float) -> Spot:
        """Where somebody will stand to reach ``x_m`` of a shelf: where they are, if that is near enough."""
        gondola = self.store.layout.gondola_of(shelf)
        local = gondola.local(np.array([[*body.spot, 0.0]]))[0]
        if -0.75 < local[1] < 0.0 and abs(local[0] - x_m) < ARM_M:
            return body.spot
        return self.floor.stand(shelf, x_m + STANDS_M * math.sin(float(body.phase[3]) + 7.0 * x_m))

    def ready(self, body: Body, shelf: str, x_m: float) -> float:
        """The earliest moment at which somebody's hand can be at ``x_m`` of a shelf."""
        spot = self.stand_at(body, shelf, x_m)
        if spot == body.spot:
            return body.free_s
        return self.earliest(body, spot) + SETTLE_S + TO_REACH_S / 2

    def go_to_shelf(self, body: Body, shelf: str, x_m: float, by_s: float) -> None:
        """Be in front of ``x_m`` of a shelf, facing it, early enough for a hand to be there at ``by_s``."""
        spot = self.stand_at(body, shelf, x_m)
        arrived = body.free_s
        if spot != body.spot:
            arrived = self.arrive(body, spot, by_s - SETTLE_S - TO_REACH_S / 2)
        into = self.store.layout.gondola_of(shelf).gondola_from_store[1]
        body.face(arrived - 0.3, math.atan2(into[1], into[0]))

    def above(self, shelf: str, x_m: float, y_m: float, over_m: float) -> Point:
        """A point over a shelf board, store frame."""
        board = self.store.layout.shelf(shelf)
        return self.store.layout.gondola_of(shelf).outward((x_m, y_m, board.height + over_m))

    def centre(self, shelf: str, plate: float) -> float:
        """Where along its shelf the middle of a plate is, metres."""
        return (plate - 0.5) * self.store.layout.shelf(shelf).plate_width

    # --- goods ---

    def lift(self, body: Body, units: Sequence[Unit], step: Step, at_s: float) -> None:
        """Units leave their shelf with ``step``; ``at_s`` is the moment that the truth tells."""
        shelf = units[0].shelf
        for unit in units:
            self.stock.take(unit, body.name, body.visit)
        self._tell(body, units, step, at_s, "pick", shelf)

    def lay(self, body: Body, units: Sequence[Unit], step: Step, at_s: float) -> None:
        """Units that `Stock.put` has laid down press on their shelf with ``step``."""
        self._tell(body, units, step, at_s, "put_back", units[0].shelf)

    def change_g(self, units: Sequence[Unit]) -> Grams:
        """What lying units (of one shelf) press on its plates: (plates,)."""
        change: Grams = np.sum([self.stock.share(u) * u.mass_g for u in units], axis=0)
        return change

    def _tell(self, body: Body, units: Sequence[Unit], step: Step, at_s: float, action: str, shelf: str) -> None:
        self.forces[shelf].append(step)
        part = np.abs(step.change_g) / np.abs(step.change_g).sum()
        plates = tuple(int(p) + 1 for p in np.flatnonzero(part >= VISIBLE_SHARE))
        subject = self.visits[body.visit].subject
        self.happened.append(Happening(at_s, subject, units[0].sku, len(units), action, shelf, plates))

    # --- the truth ---

    def truth(self) -> dict[str, list[dict[str, object]]]:
        """What really happened, as ``truth.json`` tells it: visits that ended, and every pick and put-back."""
        visits: list[dict[str, object]] = [
            {"subject": v.subject, "items": v.items}
            for v in self.visits
            if v.items is not None and v.footing == "member"
        ]
        events: list[dict[str, object]] = [
            {
                "t": round(h.at_s, 3), "subject": h.subject, "sku": h.sku, "count": h.count, "action": h.action,
                "shelf": h.shelf, "plates": list(h.plates),
            }
            for h in sorted(self.happened, key=lambda h: h.at_s)
        ]  # fmt: skip
        return {"visits": visits, "events": events}
