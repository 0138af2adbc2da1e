"""The way back after a stop of whatever kind: kill, power cut, upgrade.

The last checkpoint is thawed, and everything that was recorded behind it is stepped once more: the same records give
the same effects, the book has most of them already, and an entry that it has changes nothing. Money is not asked for
meanwhile. What the world was told and keeps (retained messages) is told again at the end. A segment is stepped with the
profiles that it was recorded with: others would tell other grams than the book has. Where a shelf weighs by another
profile from now on, nobody knows what left it or came back during the stop: a person looks at who was inside.

Then the book is asked: about money it is always right. A visit that the book has let in and not settled, and that no
recording brings back, goes to review: nobody is charged for what nobody remembers. Who was asked for money and has not
answered is asked again, and who waits for a person goes on waiting. Codes that were used stay used, and no visit gets
the name of another. Where not all that was recorded could be heard again, a person looks at every visit in progress
before it is charged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge import __version__
from edge.attribution import depart, forget_products
from edge.checkout import Settlement, review_settlement
from edge.daemon.clock import Clock
from edge.driver import Driver, UnreadableState
from edge.gate import remember_used
from edge.journal import Position, heard_since, last_checkpoint, segments, segments_since
from edge.keys import payment_key
from edge.ledger import Book, ContradictoryEntry, settlement_in, who_waits
from edge.records import LedgerEntry, PaymentRequest, Publish
from edge.runtime.decisions import waiting
from edge.runtime.doubts import doubt_visit
from edge.runtime.health import alerts, status
from edge.state import open_shop, reopen_shelves
from edge.store import BrokenStore, Store, read_store
from edge.wire import Recording

OVER = frozenset({"settlement", "review", "expired", "staff-left"})
"""Kinds of entries that end a visit."""

FOR_EVER = 1 << 62

LONG_S = 30.0
"""So long nobody waits for a clock to catch up: gates' messages would be too late all the while."""

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
    alerts: list[Publish] = field(default_factory=list)
    """What staff should hear as soon as there is a broker."""
    forgotten: tuple[str, ...] = ()
    """Shelves that weigh by another profile than before, while somebody was inside; those visits go to review."""
    cold: str = ""
    """Why not everything is remembered, where that is so."""


class ProductsGone(OSError):
    """The catalogue lacks what people inside hold; the message says what to do."""


def recover(driver: Driver, folder: Path, store: Store, book: Book, clock: Clock) -> Recovered:
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
            _know_the_products(driver, store)
            if kept.version == __version__:
                _hear_again(found, folder, kept.position, store)
            elif any(True for _ in heard_since(folder, kept.position)):
                found.cold = f"version {kept.version} of Tebura did not stop in good order"
    elif segments(folder) or book.head()[0]:
        found.cold = "there is no usable checkpoint"
    _weigh_anew(found, store)
    behind_s = clock.behind_s(driver.heard_s)
    if behind_s > LONG_S and not driver.state.door.visits:
        _begin_anew(driver)
        found.cold = f"this PC's clock was set back by {behind_s:.0f} s"
    last = segments(folder)[-1:]
    if last:
        found.position = Position(last[0].name, FOR_EVER)
    _reconcile(found, store, book, sure=not found.cold)
    for visit in driver.state.door.visits.values():
        visit.interrupted = True
    driver.begin_with(driver.state)
    if math.isfinite(driver.state.now_s):
        _keep(found, status(driver.state, store))  # a killed runtime's last will stands there
    return found


def _know_the_products(driver: Driver, store: Store) -> None:
    """What somebody inside holds must have a price."""
    gone = forget_products(driver.state.belief, store.catalogue)
    if gone:
        what = f"{', '.join(sorted(gone))} may be in the cart of somebody inside, and the catalogue has no row of it"
        raise ProductsGone(f"{what} any more. Put the row back until they have left")


def _hear_again(found: Recovered, folder: Path, position: Position, store: Store) -> None:
    """Step what was recorded behind a position. A book that contradicts it is right: it was written first."""
    driver = found.driver
    try:
        for recording, messages in segments_since(folder, position):
            driver.store = _as_recorded(recording, store)
            _weigh_anew(found, driver.store)
            for heard in messages:
                driver.hear(heard)
                found.heard += 1
    except ContradictoryEntry as error:
        found.cold = f"the book says something else than the recording ({error})"
    finally:
        driver.store = store


def _as_recorded(recording: Recording, store: Store) -> Store:
    """The store, weighing as it did when this was recorded; as now where that cannot be told."""
    try:
        before = read_store(recording.store_files()).profiles
    except BrokenStore:
        return store
    there = {s.id: s.plates for s in store.layout.shelves}
    return replace(store, profiles={s: c for s, c in before.items() if there.get(s) == len(c.profile.plate)})


def _weigh_anew(found: Recovered, store: Store) -> None:
    """Shelves of another profile begin anew, and who is inside is in doubt."""
    state = found.driver.state
    forgotten = reopen_shelves(state, store)
    found.driver.begin_with(state)
    if forgotten and state.door.visits:
        found.forgotten = tuple(dict.fromkeys((*found.forgotten, *forgotten)))
        for visit in state.door.visits.values():
            doubt_visit(visit)


def _begin_anew(driver: Driver) -> None:
    """Time that is recorded never goes back; but a shop in which nobody is may forget it, and ask the book."""
    mode = driver.state.mode
    driver.begin_with(open_shop(driver.store))
    driver.state.mode = mode
    driver.heard_s, driver.began_s = 0.0, math.inf


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


def _reconcile(found: Recovered, store: Store, book: Book, sure: bool) -> None:
    """What the book knows and the state does not. ``sure``: all that was recorded has been heard again."""
    state = found.driver.state
    since = max(0, book.head()[0] - LATELY)
    admitted = {w.entry.visit: w.entry for w in book.entries(since, kind="visit")}
    for entry in admitted.values():
        state.door.opened = max(state.door.opened, int(entry.visit.rsplit("-", 1)[1]))
    for kind in ("visit", "code-used"):
        for written in book.entries(since, kind=kind):
            nonce = written.entry.body.get("nonce")
            if isinstance(nonce, str):
                remember_used(state.gate, nonce)
    over = {w.entry.visit: w.entry for kind in sorted(OVER) for w in book.entries(since, kind=kind)}
    for visit in [v for v in state.door.visits if v in over]:
        _forget(found, visit)
    if not sure:
        for inside in state.door.visits.values():
            doubt_visit(inside)
    state.settlements |= _settlements(book, since, state.settlements)
    state.waiting_told = waiting(state)
    lost = [v for v in admitted if v not in over and v not in state.door.visits and v not in state.settlements]
    for visit in lost:
        entry = admitted[visit]
        why = "the runtime was stopped and what this visit took was not recorded"
        subject, gate, nonce = (str(entry.body.get(fact, "")) for fact in ("subject", "gate", "nonce"))
        key = payment_key(store.id, visit, subject, gate, entry.at_s, nonce)
        settlement, told = review_settlement(store, visit, subject, {}, {}, (), why, entry.at_s, key)
        state.settlements[visit] = settlement
        book.append(e for e in told if isinstance(e, LedgerEntry))
        state.now_s = max(state.now_s, entry.at_s)
        found.alerts += [e for e in alerts(state, store, told) if isinstance(e, Publish) and not e.retain]
        _forget(found, visit)
    found.lost = tuple(lost)


def _forget(found: Recovered, visit: str) -> None:
    """A visit is over, and its cart with it."""
    state = found.driver.state
    depart(state.belief, visit, {t for t, track in state.floor.tracks.items() if not track.gone})
    state.door.visits.pop(visit, None)
    state.carts.pop(visit, None)
    _keep(found, Publish(f"visit/{visit}/cart", {}, retain=True))


def _settlements(book: Book, since: int, known: Iterable[str]) -> dict[str, Settlement]:
    """Where money stands by the book: of the visits that the state knows, of those that wait for an answer, and of
    those that wait for a person, however long they have done so.
    """
    paid = set(book.visits("payment-approved", since))
    asked = [v for v in book.visits("settlement", since) if v not in paid]
    told = {v: settlement_in(book, v) for v in dict.fromkeys((*known, *asked))}
    stands = {v: s for v, s in told.items() if s is not None and (s.state == "asked" or v in known)}
    return who_waits(book) | stands
