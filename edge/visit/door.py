"""Who came in on whose scan, and who went out.

The gate's reader and its light barrier speak separately: a scan admits a party, and each passage that follows is one
of its people, mostly in the order of the scans. Which track that person is, whose turn it was where several wait, and
which visit a leaving track belongs to, is seen a moment later when the cameras have caught up; a `Passing` waits for
that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from edge.gate import Admission
from edge.keys import payment_key
from edge.records import Direction, Role
from edge.store import Store
from edge.visit.table import VisitState, after

AgeState: TypeAlias = Literal["", "asked", "confirmed", "refused", "unanswered"]

EARLY_S = 2.0
"""A gate's light barrier may be so much ahead of its reader."""


@dataclass(slots=True)
class Visit:
    """One shopper, or one party on one cart. ``inside`` counts the people who came in, ``left`` those who went out."""

    id: str
    subject: str
    gates: dict[str, float]
    """Entry gate that opened for it -> when, by its last scan there."""
    admitted_s: float
    """When it last scanned anywhere."""
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
    shown_by: dict[int, float] = field(default_factory=dict)
    """Track -> how likely it was that one who stood at the reader; empty where no camera shows that place."""
    rivals: dict[str, float] = field(default_factory=dict)
    """Visit that waited as well, and has not come in yet -> how likely it was that one's person who came in as ours."""
    exchanged: list[str] = field(default_factory=list)
    """Visits whose people may have been this one's, and the other way round, when nobody saw well who was who; "" for
    strangers.
    """
    shown: bool = False
    """A camera showed one of its people when it was last looked."""
    key: str = ""
    """Its idempotency key with the payment provider (`edge.keys.payment_key`)."""
    prices: str = ""
    """The mark of the price list with which they came in."""
    promised_s: float = 0.0
    """When that was; 0: as they were admitted."""
    member: bool = False
    """The shop knew them then, and members' prices are theirs."""
    age: AgeState = ""
    """What is known about whether they are old enough for what they hold; empty: nothing is asked."""
    age_asked_s: float = 0.0
    age_confirmed: int = 0
    """Staff have seen that they are so old."""
    age_goods: tuple[str, ...] = ()
    """What they hold for which somebody has to look at their age."""
    interrupted: bool = False
    """The runtime was stopped while they were inside, and did not see and feel everything."""
    unsure: str = ""
    """Why a person has to look at this visit whatever its cart says; empty where nobody has to."""


@dataclass(frozen=True, slots=True)
class Passing:
    """One person went through a gate; who that was is not known yet."""

    gate: str
    at_s: float
    direction: Direction
    doubtful: bool = False
    """Nobody knows well when it was."""


@dataclass(slots=True)
class Door:
    """All visits that are not over, the people in the gates, and how many visits there have been in this book.

    ``strangers``: so many are inside whom no scan let in, by what the light barriers say.
    """

    visits: dict[str, Visit] = field(default_factory=dict)
    passings: list[Passing] = field(default_factory=list)
    opened: int = 0
    strangers: int = 0


def open_door() -> Door:
    """A shop that nobody has entered yet."""
    return Door()


def scan(door: Door, store: Store, gate: str, at_s: float, admission: Admission) -> Visit:
    """Somebody identified at an entry gate: a visit is admitted. A second scan by a waiting subject is the same visit,
    that may come in through either gate then.
    """
    subject, party = admission.subject, admission.party
    waiting = next((v for v in door.visits.values() if v.state == "admitted" and v.subject == subject), None)
    if waiting is not None:
        waiting.admitted_s = waiting.gates[gate] = at_s
        waiting.party = max(waiting.party, party)
        return waiting
    door.opened += 1
    day = datetime.fromtimestamp(at_s, store.timezone)
    name = f"{day:%Y%m%d}-{door.opened:04d}"
    key = payment_key(store.id, name, subject, gate, at_s, admission.nonce_key)
    visit = Visit(name, subject, {gate: at_s}, at_s, party, role=admission.role, key=key)
    door.visits[visit.id] = visit
    return visit


def waiting(door: Door, store: Store, gate: str, at_s: float) -> list[Visit]:
    """Whose person may come in through a gate at a moment: parties that still wait for somebody, first scan first."""
    return [
        visit
        for visit in door.visits.values()
        if (visit.state == "admitted" or (visit.state == "shopping" and visit.inside < visit.party))
        and gate in visit.gates
        and -EARLY_S <= at_s - visit.gates[gate] <= store.policy.pass_within_s
    ]


def go_in(visit: Visit) -> None:
    """One of a visit's people came in."""
    visit.state = after(visit.state, "passed_in")
    visit.inside += 1


def behind(door: Door, store: Store, gate: str, at_s: float) -> str:
    """The visit on whose heels somebody came in uninvited: a party that was larger than it said, or a tailgater."""
    lately = [v for v in door.visits.values() if gate in v.gates and at_s - v.gates[gate] <= store.policy.pass_within_s]
    return max(lately, key=lambda v: v.gates[gate]).id if lately else ""


def go_out(visit: Visit, store: Store, at_s: float) -> None:
    """One of a visit's people left; with the last the visit is leaving, unless more of its party may come in still."""
    visit.left += 1
    visit.leaving_s = at_s
    everybody = visit.left >= visit.inside and at_s > comes_until_s(visit, store)
    visit.state = after(visit.state, "last_left" if everybody else "one_left")


def comes_until_s(visit: Visit, store: Store) -> float:
    """Until when more of a visit's people may come in; -inf where all of them have."""
    return visit.admitted_s + store.policy.pass_within_s if visit.inside < visit.party else -math.inf


def nobody_else_came(door: Door, store: Store, now_s: float) -> None:
    """Parties of which all who came in have left, and of which nobody comes any more, are leaving."""
    open_at = {passing.gate for passing in door.passings if passing.direction == "in"}
    for visit in door.visits.values():
        left = visit.state == "shopping" and 0 < visit.inside <= visit.left
        if left and now_s > comes_until_s(visit, store) and open_at.isdisjoint(visit.gates):
            visit.state = after(visit.state, "last_left")


def give_up(visit: Visit, now_s: float) -> None:
    """Nobody has seen this visit's people for a long time: they must have left unseen."""
    visit.state = after(visit.state, "lost")
    visit.lost = True
    visit.leaving_s = now_s


def send_away(door: Door, visit: Visit) -> None:
    """A visit that was admitted and may not come in after all: it is over."""
    visit.state = after(visit.state, "nobody_came")
    del door.visits[visit.id]


def expire(door: Door, store: Store, now_s: float) -> list[Visit]:
    """Visits whose scan nobody followed through the gate in time; they are over. Not while it is open who just did."""
    open_at = {passing.gate for passing in door.passings if passing.direction == "in"}
    late = [
        v
        for v in door.visits.values()
        if v.state == "admitted" and now_s - v.admitted_s > store.policy.pass_within_s and open_at.isdisjoint(v.gates)
    ]
    for visit in late:
        visit.state = after(visit.state, "nobody_came")
        del door.visits[visit.id]
    return late
