"""The way back after a stop of whatever kind: kill, power cut, upgrade.

The last checkpoint is thawed, and everything that was recorded behind it is stepped once more: the same records give
the same effects, the book has most of them already, and an entry that it has changes nothing. Money is not asked for
meanwhile. What the world was told and keeps (retained messages) is told again at the end.

Then the book is asked what the state does not know. A visit that the book has let in and not settled, and that no
recording brings back, goes to review: nobody is charged for what nobody remembers. Codes that were used stay used, and
no visit gets the name of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge import __version__
from edge.checkout import review_settlement
from edge.driver import Driver, UnreadableState
from edge.gate import remember_used
from edge.journal import Position, heard_since, last_checkpoint, segments
from edge.ledger import Book, ContradictoryEntry
from edge.records import LedgerEntry, PaymentRequest, Publish
from edge.store import Store

OVER = frozenset({"settlement", "review", "expired", "staff-left"})
"""Kinds of entries that end a visit."""

FOR_EVER = 1 << 62

LATELY = 20_000
"""So many entries at the end of the book are asked for visits that are not over: weeks of a small shop."""


@dataclass(slots=True)
class Recovered:
    """A driver that knows what the last one knew, ``position``: behind all that it may have heard.

    ``retained``: topic -> what the world was last told there.
    """

    driver: Driver
    position: Position
    heard: int = 0
    retained: dict[str, Publish] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    """Visits that only the book knew of; they are in review."""
    cold: str = ""
    """Why the state begins anew, where it does."""


def recover(driver: Driver, folder: Path, store: Store, book: Book) -> Recovered:
    """Bring a fresh driver to where the last one was. Its book must be open, its provider absent."""
    found = Recovered(driver, Position("", 0))
    driver.publish = lambda publish: _keep(found, publish)
    kept = last_checkpoint(folder)
    if kept is not None:
        try:
            driver.thaw(kept.state)
        except UnreadableState:
            found.cold = "the checkpoint is of another version"
        else:
            if kept.version == __version__:
                _hear_again(found, folder, kept.position)
    elif segments(folder):
        found.cold = "there is no usable checkpoint"
    last = segments(folder)[-1:]
    if last:
        found.position = Position(last[0].name, FOR_EVER)
    found.lost = _reconcile(driver, store, book)
    return found


def _hear_again(found: Recovered, folder: Path, position: Position) -> None:
    """Step what was recorded behind a position. A book that contradicts it is right: it was written first."""
    try:
        for heard in heard_since(folder, position):
            found.driver.hear(heard)
            found.heard += 1
    except ContradictoryEntry as error:
        found.cold = f"the book says something else than the recording ({error})"


def unanswered(driver: Driver) -> list[PaymentRequest]:
    """Requests whose answer may have been lost with the process; asking again with the same key is safe."""
    return [
        PaymentRequest(s.visit, s.key, s.subject, s.total_minor, s.currency, s.attempt)
        for s in driver.state.settlements.values()
        if s.state == "asked"
    ]


def _keep(found: Recovered, publish: Publish) -> None:
    if publish.retain:
        found.retained[publish.topic] = publish


def _reconcile(driver: Driver, store: Store, book: Book) -> tuple[str, ...]:
    """What the book knows and the state does not."""
    state = driver.state
    admitted: dict[str, LedgerEntry] = {}
    since = max(0, book.head()[0] - LATELY)
    for written in book.entries(since, kind="visit"):
        entry = written.entry
        admitted[entry.visit] = entry
        state.door.opened = max(state.door.opened, int(entry.visit.rsplit("-", 1)[1]))
        nonce = entry.body.get("nonce")
        if isinstance(nonce, str):
            remember_used(state.gate, nonce)
    over = {w.entry.visit for kind in sorted(OVER) for w in book.entries(since, kind=kind)}
    lost = [v for v in admitted if v not in over and v not in state.door.visits and v not in state.settlements]
    for visit in lost:
        entry = admitted[visit]
        why = "the runtime was stopped and what this visit took was not recorded"
        subject = str(entry.body["subject"])
        settlement, told = review_settlement(store, visit, subject, {}, {}, (), why, entry.at_s)
        state.settlements[visit] = settlement
        book.append(e for e in told if isinstance(e, LedgerEntry))
    return tuple(lost)
