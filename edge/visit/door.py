"""Who came in on whose scan, and who went out.

The gate's reader and its light barrier speak separately: a scan admits a party, and each passage that follows is one
of its people, in the order of the scans. Which track that person is, and which visit a leaving track belongs to, is
seen a moment later when the cameras have caught up; a `Passing` waits for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from edge.attribution import STAFF
from edge.gate import Admission
from edge.records import Direction, Role
from edge.store import Store
from edge.visit.table import VisitState, after


@dataclass(slots=True)
class Visit:
    """One shopper, or one party on one cart. ``inside`` counts the people who came in, ``left`` those who went out."""

    id: str
    subject: str
    gate: str
    admitted_s: float
    party: int
    state: VisitState = "admitted"
    inside: int = 0
    left: int = 0
    role: Role = "member"
    leaving_s: float = 0.0
    seen_s: float = 0.0
    """When a camera last showed one of its people."""
    lost: bool = False
    """Nobody saw them leave: the visit was given up."""
    identity: float = 1.0
    """How sure it is that it was this visit's people who left."""


@dataclass(frozen=True, slots=True)
class Passing:
    """One person went through a gate; who that was is not known yet.

    For those who came in, ``visit`` is set, and ``number`` counts the people of its party from 1.
    """

    gate: str
    at_s: float
    direction: Direction
    visit: str = ""
    number: int = 0


@dataclass(slots=True)
class Door:
    """All visits that are not over, the people in the gates, and how many visits there have been in this book."""

    visits: dict[str, Visit] = field(default_factory=dict)
    passings: list[Passing] = field(default_factory=list)
    opened: int = 0


def open_door() -> Door:
    """A shop that nobody has entered yet."""
    return Door()


def scan(door: Door, store: Store, gate: str, at_s: float, admission: Admission) -> Visit:
    """Somebody identified at an entry gate: a visit is admitted. A second scan by a waiting subject adds nothing.

    Staff's visits have names of their own kind (`edge.attribution.STAFF`): they never get a cart.
    """
    subject, party = admission.subject, admission.party
    waiting = next((v for v in door.visits.values() if v.state == "admitted" and v.subject == subject), None)
    if waiting is not None:
        waiting.admitted_s = at_s
        waiting.party = max(waiting.party, party)
        return waiting
    door.opened += 1
    day = datetime.fromtimestamp(at_s, store.timezone)
    name = f"{day:%Y%m%d}-{door.opened:04d}"
    if admission.role == "staff":
        name = f"{STAFF}{name}"
    visit = Visit(name, subject, gate, at_s, party, role=admission.role)
    door.visits[visit.id] = visit
    return visit


def go_in(door: Door, store: Store, gate: str, at_s: float) -> Visit | None:
    """One person came in through a gate: the first party there that still waits for somebody, or nobody's."""
    for visit in door.visits.values():
        waits = visit.state == "admitted" or (visit.state == "shopping" and visit.inside < visit.party)
        if waits and visit.gate == gate and -2.0 <= at_s - visit.admitted_s <= store.policy.pass_within_s:
            visit.state = after(visit.state, "passed_in")
            visit.inside += 1
            return visit
    return None


def behind(door: Door, store: Store, gate: str, at_s: float) -> str:
    """The visit on whose heels somebody came in uninvited: a party that was larger than it said, or a tailgater."""
    lately = [v for v in door.visits.values() if v.gate == gate and at_s - v.admitted_s <= store.policy.pass_within_s]
    return max(lately, key=lambda v: v.admitted_s).id if lately else ""


def go_out(visit: Visit, at_s: float) -> None:
    """One of a visit's people left; with the last one the visit is leaving."""
    visit.left += 1
    visit.state = after(visit.state, "last_left" if visit.left >= visit.inside else "one_left")
    visit.leaving_s = at_s


def give_up(visit: Visit, now_s: float) -> None:
    """Nobody has seen this visit's people for a long time: they must have left unseen."""
    visit.state = after(visit.state, "lost")
    visit.lost = True
    visit.leaving_s = now_s


def expire(door: Door, store: Store, now_s: float) -> list[Visit]:
    """Visits whose scan nobody followed through the gate in time; they are over."""
    late = [
        v for v in door.visits.values() if v.state == "admitted" and now_s - v.admitted_s > store.policy.pass_within_s
    ]
    for visit in late:
        visit.state = after(visit.state, "nobody_came")
        del door.visits[visit.id]
    return late
