"""What a report shows, gathered and named: the material that the builders of the page work on.

Times are UNIX seconds, positions metres in the store frame, masses grams. Nothing here is HTML yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.evidence import Trace
from edge.records import Exchange, Explained, Touch
from edge.store import Store


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that really happened, as the recording's truth tells it; put-backs count negative."""

    at_s: float
    subject: str
    sku: str
    quantity: int
    shelf: str
    plates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EventShown:
    """A shelf event, its explanations, its trace where one was kept, and what really happened if it is known."""

    explained: Explained
    trace: Trace | None
    happened: tuple[Happened, ...] | None = None
    right: bool | None = None

    @property
    def id(self) -> str:
        return self.explained.event.id

    @property
    def at_s(self) -> float:
        return self.explained.event.step_s


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line of a cart as it was settled. ``charged`` is False where the line was withheld."""

    sku: str
    name: str
    quantity: int
    certainty: float | None
    charged: bool
    events: tuple[str, ...] = ()
    what: float = 1.0
    who: float = 1.0
    rival: str = ""
    """See `edge.records.CartLine`."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Two visits whose people the runtime could not tell apart for a while: each may stand on the other's receipt.

    ``share``: how likely the other one was at worst; of something that both of them did, half is as bad as it gets.
    """

    visits: tuple[str, str]
    since_s: float
    until_s: float
    share: float

    def other(self, visit: str) -> str:
        """Who else it may have been."""
        return self.visits[self.visits[0] == visit]


@dataclass(frozen=True, slots=True)
class VisitShown:
    """One visit, from the gate to the receipt. ``truth`` is what the subject really left with."""

    id: str
    subject: str
    hue: int
    entered_s: float
    left_s: float | None
    state: str
    lines: tuple[LineShown, ...]
    total: str
    receipt: str
    truth: dict[str, int] | None = None
    reason: str = ""
    """Why a person has to look at it; empty where nobody has to."""
    exchanged: tuple[Exchange, ...] = ()

    @property
    def right(self) -> bool | None:
        """Is the subject charged for exactly what it left with? None where that is not known."""
        if self.truth is None:
            return None
        charged: dict[str, int] = {}
        for line in self.lines:
            if line.charged:
                charged[line.sku] = charged.get(line.sku, 0) + line.quantity
        return charged == {sku: n for sku, n in self.truth.items() if n}


@dataclass(slots=True)
class Walk:
    """Where one track went while it was bound to one visit (``""``: to none): (time, x, y) in order."""

    track: int
    visit: str
    points: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that one report shows."""

    recording: str
    store: Store
    began_s: float
    ended_s: float
    visits: tuple[VisitShown, ...]
    events: tuple[EventShown, ...]
    touches: tuple[Touch, ...]
    walks: tuple[Walk, ...]
    unseen: tuple[Happened, ...]
    """What really happened and no shelf event tells; empty where the truth is not known."""
    figures: tuple[tuple[str, str], ...]
    """More figures for the head of the page: (what, how much)."""
    mixed: tuple[Mixed, ...]
    """Who may have been exchanged, in order of time."""
    notes: tuple[str, ...]
    """What the reader has to know: a loss, messages that were refused, traces that were left out."""

    def visit(self, visit: str) -> VisitShown | None:
        return next((v for v in self.visits if v.id == visit), None)

    def product(self, sku: str) -> str:
        """A product's name, for people."""
        if not sku:
            return "something unknown"
        product = self.store.catalogue.get(sku)
        return product.name("en") if product else sku
