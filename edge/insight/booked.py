"""What the book says, entry by entry, as events.

Enters: rows of the book in their order, and what is remembered from the ones before (`Known`). Leaves: events, named
after the entry's number. Most of what happened at a shelf is here: a shelf event's entry says what was believed of it
when it came to rest, and how surely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from edge.insight.events import Event, Kind, ledger_id
from edge.store import Store

Row: TypeAlias = tuple[int, float, str, str, dict[str, Any]]
"""Number, time (UNIX seconds), kind, visit, body."""

NEXT_PLATE: Final = 1
"""What lies so many plates beside its place still lies there (`edge.stock.counts`)."""

MIXED: Final = 0.95
"""Somebody who puts one thing down and takes another in one movement is rarer than a weight that only looks like it:
less sure than this, it says nothing."""


@dataclass(slots=True)
class Visit:
    """What the book says of a visit beside its events."""

    id: str
    subject: str = ""
    party: int = 1
    entered_s: float | None = None
    left_s: float | None = None
    staff: bool = False


@dataclass(slots=True)
class Known:
    """What one row leaves for later ones. ``consents``: subjects whose history may be kept with their name."""

    mode: str = "open"
    consents: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    """… and who has taken that back: whatever was written of them before goes without them."""
    forgotten: list[tuple[str, str, float]] = field(default_factory=list)
    """(Event that tells of it, who has taken that back or was deleted, when)."""
    visits: dict[str, Visit] = field(default_factory=dict)
    """What is news of visits."""

    def visit(self, name: str) -> Visit:
        return self.visits.setdefault(name, Visit(name))


def events_of(row: Row, known: Known, store: Store) -> Iterator[Event]:
    """What an entry says, in its order; most entries say nothing here."""
    told = _TOLD.get(row[2])
    return told(row, known, store) if told is not None else iter(())


def _event(row: Row, part: int, kind: Kind, **facts: Any) -> Event:
    seq, at_s, _, visit, _ = row
    return Event(ledger_id(seq, part), "ledger", float(seq), kind, facts.pop("at_s", at_s), visit=visit, **facts)


def _entered(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    at_s, name, body = row[1], row[3], row[4]
    visit, subject = known.visit(name), str(body.get("subject", ""))
    visit.party, visit.entered_s = int(body.get("party", 1)), at_s
    visit.subject = subject if subject in known.consents else ""
    yield _event(row, 0, "entered", count=visit.party)


def _never_came(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    known.visit(row[3]).staff = True  # nobody was there: what is counted leaves them out like the shop's own
    yield from ()


def _left(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    known.visit(row[3]).left_s = row[1]
    yield _event(row, 0, "left")


def _staff_left(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    visit = known.visit(row[3])
    visit.left_s, visit.staff = row[1], True
    yield from ()


def _settled(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    part, body = 0, row[4]
    if not body.get("decided_by"):
        yield from _left(row, known, _store)
        part = 1
    for line in body.get("lines", ()):
        units, certainty = int(line["quantity"]), float(line.get("certainty", 1.0))
        yield _event(
            row, part, "bought", sku=str(line["sku"]), count=units, certainty=certainty,
            amount_minor=int(line["amount_minor"]),
        )  # fmt: skip
        part += 1


def _coupon(row: Row, _known: Known, _store: Store) -> Iterator[Event]:
    body = row[4]
    yield _event(row, 0, "coupon-used", promotion=str(body["promotion"]), amount_minor=int(body["amount_minor"]))


def _refunded(row: Row, _known: Known, _store: Store) -> Iterator[Event]:
    for part, line in enumerate(row[4].get("lines", ())):
        yield _event(row, part, "refunded", sku=str(line["sku"]), count=int(line["quantity"]))


def _shelf_event(row: Row, known: Known, store: Store) -> Iterator[Event]:
    """The likeliest explanation of then, a share of a visit an event; what no product explains is none."""
    seq, _, _, _, body = row
    explanations = body.get("explanations") or [{"shares": [], "probability": 0.0}]
    best, plates, shelf = explanations[0], body["plates"], str(body["shelf"])
    first, last = min(plates), max(plates)
    part, shares = 0, best["shares"]
    ways = {(share["visit"], share["quantity"] > 0) for share in shares if share["sku"] and share["quantity"]}
    if len(ways) > len({visit for visit, _ in ways}) and best["probability"] < MIXED:
        return
    for share in shares:
        sku, units, visit = share["sku"], int(share["quantity"]), share["visit"]
        if not sku or not units:
            continue
        filled = units < 0 and not visit and known.mode == "restock"
        kind: Kind = "restocked" if filled else "picked-up" if units > 0 else "put-back"
        home = any(f.first - NEXT_PLATE <= last and first <= f.last + NEXT_PLATE for f in _places(store, shelf, sku))
        yield Event(
            ledger_id(seq, part), "ledger", float(seq), kind, row[1], visit=visit, sku=sku, shelf=shelf, first=first,
            last=last, count=abs(units), certainty=float(best["probability"]), home=home if units < 0 else None,
        )  # fmt: skip
        part += 1


def _places(store: Store, shelf: str, sku: str) -> list[Any]:
    return [f for f in store.planogram.on(shelf) if f.sku == sku]


def _counted(row: Row, _known: Known, _store: Store) -> Iterator[Event]:
    """Somebody counted more than was believed to be there: it was filled meanwhile."""
    body = row[4]
    believed = body.get("believed")
    more = int(body["quantity"]) - round(float(believed)) if believed is not None else 0
    if more > 0:
        first, last = body["plates"]
        yield _event(
            row, 0, "restocked", sku=str(body["sku"]), shelf=str(body["shelf"]), first=first, last=last, count=more
        )


def _mode(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    known.mode = str(row[4].get("mode", "open"))
    yield from ()


def _consent(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    subject = str(row[4]["subject"])
    if row[4].get("purpose") != "insight":
        return
    if row[4].get("given"):
        known.consents.add(subject)
    else:
        yield from _forgotten(row, known, subject)


def _deleted(row: Row, known: Known, _store: Store) -> Iterator[Event]:
    yield from _forgotten(row, known, str(row[4]["subject"]))


def _forgotten(row: Row, known: Known, subject: str) -> Iterator[Event]:
    """Nothing is theirs by name from here on. Who was ever told their name is told that, too."""
    if subject in known.consents:
        event = _event(row, 0, "forgotten")
        known.forgotten.append((event.id, subject, event.at_s))
        yield event
    known.consents.discard(subject)
    known.withdrawn.add(subject)
    for visit in known.visits.values():
        visit.subject = "" if visit.subject == subject else visit.subject


_TOLD: Final[Mapping[str, Callable[[Row, Known, Store], Iterator[Event]]]] = {
    "visit": _entered,
    "expired": _never_came,
    "settlement": _settled,
    "review": _left,
    "staff-left": _staff_left,
    "shelf-event": _shelf_event,
    "payment-corrected": _refunded,
    "coupon-used": _coupon,
    "stock-counted": _counted,
    "mode": _mode,
    "consent": _consent,
    "member-deleted": _deleted,
}
KINDS: Final = tuple(_TOLD)
"""The entries that say something here."""
