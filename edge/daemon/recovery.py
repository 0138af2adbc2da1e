"""The way back after a stop of whatever kind: kill, power cut, upgrade.

The last checkpoint is thawed, and everything that was recorded behind it is stepped once more: the same records give
the same effects, the book has most of them already, and an entry that it has changes nothing. Money is not asked for
meanwhile. What the world was told and keeps (retained messages) is told again at the end. A segment is stepped with the
store that it was recorded in, its catalogue and policy as well as its profiles: others would tell other grams and other
sums than the book has. Then the shop changes over to what its files say now (`edge.runtime.changeover`): prices that
were promised hold, and where a shelf weighs otherwise from now on, a person looks at who was inside.

Recordings that were kept without what people look like (`record_appearance` of the policy) may be judged otherwise than
the live shop judged them: there no visit ends but as the book has it already.

Then the book is asked: about money it is always right. A visit that the book has let in and not settled, and that no
recording brings back, goes to review: nobody is charged for what nobody remembers. What was asked for and not answered
is looked up, and who waits for a person goes on waiting; members have the points that it says. Codes that were used
stay used, and no visit gets the name of another. Where not all that was recorded could be heard again, a person looks
at every visit in progress before it is charged.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from edge import __version__
from edge.attribution import depart
from edge.daemon.clock import Clock
from edge.driver import Driver, UnreadableState
from edge.gate import remember_used
from edge.journal import Position, heard_since, last_checkpoint, segments, segments_since
from edge.keys import payment_key
from edge.ledger import Book, ContradictoryEntry, not_over, settlement_in
from edge.members import account_of, balance, wallets_of
from edge.members.coupons import COUPONS, GIVEN, coupons_of
from edge.payment import Settlement, looked_up, review_settlement, terms_of
from edge.records import LedgerEntry, PaymentRequest, Publish
from edge.runtime.changeover import change_over
from edge.runtime.decisions import waiting
from edge.runtime.deleted import DELETED, forget
from edge.runtime.doubts import doubt_visit
from edge.runtime.health import alerts, status
from edge.runtime.money import keep_all
from edge.runtime.points import keep_wallet
from edge.runtime.promises import forget_promises, promise
from edge.state import State, open_shop
from edge.store import BrokenStore, Store, read_store
from edge.wire import Recording, UnreadableRecording, open_recording

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
    unbooked: tuple[str, ...] = ()
    """Visits whose money only the shop remembers, because an older book was put back, or none; they are in review."""
    alerts: list[Publish] = field(default_factory=list)
    """What staff should hear as soon as there is a broker."""
    forgotten: tuple[str, ...] = ()
    """Shelves that weigh by another profile than before, while somebody was inside; those visits go to review."""
    recalled: tuple[str, ...] = ()
    """Products that the catalogue has no row of any more, and that somebody inside may hold."""
    cold: str = ""
    """Why not everything is remembered, where that is so."""


class PromisedOtherwise(OSError):
    """The store's files cannot change like that while somebody is inside; the message says what to do."""


class OtherShop(OSError):
    """The recordings in the state folder are another shop's; the message says what to do."""


def recover(driver: Driver, folder: Path, store: Store, book: Book, clock: Clock) -> Recovered:
    """Bring a fresh driver to where the last one was. Its book must be open, its provider absent."""
    _refuse_others(folder, store)
    found = Recovered(driver, Position("", 0))
    driver.publish = lambda publish: _keep(found, publish)
    kept = last_checkpoint(folder)
    if kept is not None:
        try:
            driver.thaw(kept.state)
        except UnreadableState:
            found.cold = "the checkpoint is of another version"
        else:
            _keep_promises(driver.state, folder, kept.position, store)
            if kept.version == __version__:
                _hear_again(found, folder, kept.position, store, book)
            elif any(True for _ in heard_since(folder, kept.position)):
                found.cold = f"version {kept.version} of Tebura did not stop in good order"
    elif segments(folder) or book.head()[0]:
        found.cold = "there is no usable checkpoint"
    _change_over(found, store)
    behind_s = clock.behind_s(driver.heard_s)
    if behind_s > LONG_S and not driver.state.door.visits:
        _begin_anew(driver)
        found.cold = f"this PC's clock was set back by {behind_s:.0f} s"
    last = segments(folder)[-1:]
    if last:
        found.position = Position(last[0].name, FOR_EVER)
    _reconcile(found, store, book, sure=not found.cold)
    _points_as_booked(driver.state, store, book, sure=not found.cold)
    if found.cold:
        _coupons_as_booked(driver.state, book)
    for written in book.entries(kind=DELETED):  # recordings and registers may be older than that
        forget(driver.state, str(written.entry.body["subject"]))
    keep_all(driver.state, store)
    for visit in driver.state.door.visits.values():
        visit.interrupted = True
    driver.begin_with(driver.state)
    if math.isfinite(driver.state.now_s):
        _keep(found, status(driver.state, store))  # a killed runtime's last will stands there
    return found


def _refuse_others(folder: Path, store: Store) -> None:
    """A backup that was put back in the wrong place would bring another shop's visits into this one's book."""
    for path in reversed(segments(folder)):
        try:
            told = tomllib.loads(open_recording(path).attachments["store.toml"].decode())["store"]["id"]
        except (UnreadableRecording, OSError, KeyError, TypeError, ValueError):
            continue  # cut off before its first byte, or from before there were any
        if told != store.id:
            what = f"{path} was recorded in the shop {told!r}, and this is {store.id!r}"
            raise OtherShop(f"{what}. Move the recordings away, or name another folder with --state")
        return


def _keep_promises(state: State, folder: Path, position: Position, store: Store) -> None:
    """Who came in while a version was at work that kept no prices was promised those that were recorded then."""
    if all(visit.prices for visit in state.door.visits.values() if visit.role == "member"):
        return
    recording = next((r for r, _ in segments_since(folder, position) if r.path.name == position.segment), None)
    before = _as_recorded(recording, store) if recording is not None else None
    for visit in state.door.visits.values():
        promise(state, before or store, visit)


def _hear_again(found: Recovered, folder: Path, position: Position, store: Store, book: Book) -> None:
    """Step what was recorded behind a position. A book that contradicts it is right: it was written first."""
    driver = found.driver
    try:
        for recording, messages in segments_since(folder, position):
            first = next(messages, None)
            if first is None:
                continue
            then = _as_recorded(recording, store)
            if then is None:
                found.cold = f"the store's files in {recording.path.name} cannot be read by this version of Tebura"
            _change_over(found, then or store)
            driver.book = _EndsAsBooked(book) if (then or store).policy.uses_unrecorded else book
            for heard in chain((first,), messages):
                driver.hear(heard)
                found.heard += 1
    except ContradictoryEntry as error:
        found.cold = f"the book says something else than the recording ({error})"
    finally:
        driver.book = book


class _EndsAsBooked:
    """The book, while recordings are stepped that were kept without what people look like. Without that they may tell
    another end of a visit, of which the book has heard nothing: that contradicts it, whatever its key.
    """

    def __init__(self, book: Book) -> None:
        self._book = book

    def append(self, entries: Iterable[LedgerEntry]) -> int:
        told = list(entries)
        for entry in told:
            ends = entry.kind in OVER and not entry.body.get("decided_by")  # what a person decided needs no looks
            if ends and not any(True for _ in self._book.entries(kind=entry.kind, visit=entry.visit)):
                raise ContradictoryEntry(f"it knows of no {entry.key}")
        return self._book.append(told)


def _as_recorded(recording: Recording, store: Store) -> Store | None:
    """The store that this was recorded in; None where that cannot be told."""
    files = recording.store_files()
    if files == store.sources:
        return store
    try:
        return read_store(files)
    except BrokenStore:
        return None


def _change_over(found: Recovered, store: Store) -> None:
    """From here on the shop is this one."""
    driver, state = found.driver, found.driver.state
    for prices in state.prices.values():
        if (prices.currency, prices.currency_digits) != (store.currency, store.currency_digits):
            what = f"somebody is inside to whom prices in {prices.currency} were promised, not in {store.currency}"
            raise PromisedOtherwise(f"{what}. Put the currency in store.toml back until they have left")
    inside, changed = bool(state.door.visits), change_over(state, store)
    if changed.shelves and inside:
        found.forgotten = tuple(dict.fromkeys((*found.forgotten, *changed.shelves)))
    found.recalled = changed.recalled
    for sku in changed.untold:
        _keep(found, Publish(f"stock/{quote(sku, safe='')}", {}, retain=True))
    driver.store = store
    driver.begin_with(state)


def _begin_anew(driver: Driver) -> None:
    """Time that is recorded never goes back; but a shop in which nobody is may forget it, and ask the book."""
    mode = driver.state.mode
    driver.begin_with(open_shop(driver.store))
    driver.state.mode = mode
    driver.heard_s, driver.began_s = 0.0, math.inf


def unanswered(driver: Driver) -> list[PaymentRequest]:
    """Look-ups of everything whose answer may have been lost with the process, or that never was sent; oldest first."""
    return looked_up(driver.state.settlements.values())


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
    by_book = {visit: settlement_in(book, visit) for visit in state.settlements}
    found.unbooked = _book_again(found, store, book, by_book)
    by_book |= {visit: settlement_in(book, visit) for visit in found.unbooked}
    state.settlements |= _settlements(book, since, by_book)
    state.waiting_told = waiting(state)
    gone = {v for v, s in state.settlements.items() if s.state != "inside"}
    lost = [v for v in admitted if v not in over and v not in state.door.visits and v not in gone]
    for visit in lost:
        entry = admitted[visit]
        why = "the runtime was stopped and what this visit took was not recorded"
        subject, gate, nonce = (str(entry.body.get(fact, "")) for fact in ("subject", "gate", "nonce"))
        key = payment_key(store.id, visit, subject, gate, entry.at_s, nonce)
        held = state.settlements.get(visit)
        settlement, told = review_settlement(store, visit, subject, {}, {}, (), why, entry.at_s, key, before=held)
        state.settlements[visit] = settlement
        book.append(e for e in told if isinstance(e, LedgerEntry))
        state.now_s = max(state.now_s, entry.at_s)
        found.alerts += [e for e in alerts(state, store, told) if isinstance(e, Publish) and not e.retain]
        _forget(found, visit)
    found.lost = tuple(lost)


def _book_again(
    found: Recovered, store: Store, book: Book, by_book: Mapping[str, Settlement | None]
) -> tuple[str, ...]:
    """What the shop remembers and its book does not: somebody has put an older one back, or it is gone. Nobody is asked
    for what no book says; so a person looks at it, and the visit's own key keeps anybody from paying twice.
    """
    state, told = found.driver.state, []
    for visit, known in state.settlements.items():
        if known.state in ("void", "inside") or by_book[visit] is not None:
            continue
        terms = terms_of(known, store)
        listed = {sku: units for sku, units in known.listed.items() if sku in terms.catalogue}
        amount = Decimal(known.total_minor).scaleb(-store.currency_digits)
        why = f"its book is gone; the shop remembers: {known.state}, {amount} {known.currency}"
        left_s = known.left_s or known.asked_s or state.now_s
        exchanged = tuple(
            replace(each, lines=tuple(x for x in each.lines if x.sku in listed)) for each in known.exchanged
        )
        state.settlements[visit], effects = review_settlement(
            terms, visit, known.subject, listed, {}, known.cart, known.reason or why, left_s, known.key,
            exchanged=exchanged, stay=known.stay,
        )  # fmt: skip
        book.append(e for e in effects if isinstance(e, LedgerEntry))
        found.alerts += [e for e in alerts(state, store, effects) if isinstance(e, Publish) and not e.retain]
        told.append(visit)
    return tuple(told)


def _points_as_booked(state: State, store: Store, book: Book, *, sure: bool) -> None:
    """Members' points are what the book says. ``sure``: all that was recorded has been heard again, so that a wallet
    whose sum agrees need not be read anew.
    """
    begins = account_of("")
    booked = {account.removeprefix(begins): -points for account, points in book.balances(begins).items() if points}
    known, state.points, state.points_due_s = state.points, {}, math.inf
    for subject, points in booked.items():
        wallet = known.get(subject, ())
        if not sure or balance(wallet) != points:
            entries = (written.entry for written in book.moving(account_of(subject)))
            wallet = wallets_of(entries).get(subject, ())
        keep_wallet(state, store, subject, wallet)


def _coupons_as_booked(state: State, book: Book) -> None:
    """Members' coupons are what the book says."""
    found = [written for kind in sorted(COUPONS) for written in book.entries(kind=kind)]
    entries = [written.entry for written in sorted(found, key=lambda w: w.seq)]
    state.coupons, state.coupons_given = coupons_of(entries), {}
    for entry in entries:
        if entry.kind == GIVEN:
            of = state.coupons_given.setdefault(str(entry.body["promotion"]), {})
            of[str(entry.body["subject"])] = of.get(str(entry.body["subject"]), 0) + 1


def _forget(found: Recovered, visit: str) -> None:
    """A visit is over, and its cart with it."""
    state = found.driver.state
    depart(state.belief, visit, {t for t, track in state.floor.tracks.items() if not track.gone})
    state.door.visits.pop(visit, None)
    state.carts.pop(visit, None)
    forget_promises(state)
    for what in ("cart", "age"):
        _keep(found, Publish(f"visit/{visit}/{what}", {}, retain=True))


def _settlements(book: Book, since: int, by_book: Mapping[str, Settlement | None]) -> dict[str, Settlement]:
    """Where money stands by the book: of the visits that the state knows, of those that wait for an answer, and of
    those that wait for a person, however long they have done so.
    """
    return not_over(book, since, by_book) | {v: s for v, s in by_book.items() if s is not None}
