"""The driver: feeds records to the core and carries out what the core wants done.

Enters: messages as they were heard, or records, in the order in which the runtime received them. Leaves: effects,
carried out in the one order that is safe: the ledger first, then the outside. A payment is asked for only
when the book already says that it will be; killing the process between any two lines here loses nothing and
charges nobody twice, because what was not answered is looked up before anything is sent.

What a provider answers comes back as records like any other. An answer is heard when its time has come, before
the first record that was received later, so that a run and its replay hear everything in the same order.

The driver reads no clock either: time is what the records say. Live, replayed and simulated shops differ only in
where their messages come from.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from edge.records import Effect, LedgerEntry, PaymentReply, PaymentRequest, Publish, Record, StoreChanged
from edge.retrace import Moment, Retrace, go_on
from edge.runtime import digested, set_aside, unheard
from edge.state import State, from_plain, open_shop, to_plain
from edge.store import BrokenStore, Store
from edge.store.reload import reloaded
from edge.wire import Heard, decode

ROUNDS_AT_MOST = 100_000
"""A shop that has not come to rest after so many rounds of the end never will: a broken invariant."""

LOOK_EVERY_S = 0.25
"""How often time is looked at while something waits for it."""


class Ledger(Protocol):
    """Where entries are kept; `edge.ledger.book.Book` is one."""

    def append(self, entries: Iterable[LedgerEntry]) -> int:
        """Write all or none; an entry whose key is there already changes nothing. How many were new."""


class Provider(Protocol):
    """Who is asked for money; `edge.adapters.payment.local.LocalProvider` is one."""

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """Everything that comes back for a request that was sent at ``at_s``, each reply with its time."""


class Observer(Protocol):
    """Somebody who watches. ``record`` is None for what the mere passing of time brought about."""

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None: ...


class UnreadableState(ValueError):
    """A checkpoint that this version of Tebura cannot read."""


class Frozen(msgspec.Struct):
    """All that a driver knows, as bytes: the core's state and the answers that are still on their way."""

    state: State
    replies: list[PaymentReply]
    began_s: float
    heard_s: float


class Driver:
    """One shop at work. Without a ``book`` nothing is kept; without a ``provider`` nobody is asked for money.

    ``faulted`` is told what the core raised over a record, which is set aside then (`edge.runtime.aside`).
    """

    def __init__(
        self,
        store: Store,
        *,
        book: Ledger | None = None,
        provider: Provider | None = None,
        publish: Callable[[Publish], None] | None = None,
        observers: Iterable[Observer] = (),
        faulted: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self.store = store
        self._retrace = Retrace()
        self.begin_with(open_shop(store))
        self.began_s = math.inf
        self.heard_s = 0.0
        self.book = book
        self.provider = provider
        self.publish = publish
        self._observers = tuple(observers)
        self._faulted = faulted
        self._replies: list[tuple[float, int, PaymentReply]] = []
        self._asked = 0

    def begin_with(self, state: State) -> None:
        """Go on with another state, or with the same one after it was changed by other means than records."""
        self.state = state
        self._retrace.forget()

    def hear(self, heard: Heard) -> None:
        """One message off the wire."""
        self.feed(decode(self.store, heard.topic, heard.payload, heard.received_s))

    def feed(self, record: Record) -> None:
        """One record, after the answers that were due before it."""
        while self._replies and self._replies[0][0] <= record.received_s:
            self._step(heapq.heappop(self._replies)[2])
        self._step(record)

    def finish(self) -> None:
        """Nothing more will be heard: lets time pass until everything pending has happened."""
        at_s = self.heard_s
        for _ in range(ROUNDS_AT_MOST):
            reply_s = self._replies[0][0] if self._replies else math.inf
            at_s = min(reply_s, _pending_s(self.state, at_s))
            if math.isinf(at_s):
                return
            if reply_s <= at_s:
                self._step(heapq.heappop(self._replies)[2])
            else:
                self.heard_s = max(self.heard_s, at_s)
                self._carry_out(None, self._follow(at_s))
        raise RuntimeError("the shop does not come to rest")

    def freeze(self) -> bytes:
        """A checkpoint: `thaw` it in a new driver and feed it the rest, and nobody can tell the difference."""
        replies = [reply for _, _, reply in sorted(self._replies)]
        return msgspec.msgpack.encode(Frozen(self.state, replies, self.began_s, self.heard_s), enc_hook=to_plain)

    def thaw(self, frozen: bytes) -> None:
        """Goes on from a checkpoint; `UnreadableState` where it is of a version that knew other things."""
        try:
            found = msgspec.msgpack.decode(frozen, type=Frozen, dec_hook=from_plain)
            self.begin_with(found.state)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise UnreadableState(f"the checkpoint cannot be read by this version of Tebura ({error})") from error
        self.began_s, self.heard_s = found.began_s, found.heard_s
        self._replies = []
        for reply in found.replies:
            self._expect(reply)

    def _step(self, record: Record) -> None:
        self.began_s = min(self.began_s, record.received_s)
        self.heard_s = max(self.heard_s, record.received_s)
        self._carry_out(record, self._follow(record))

    def _follow(self, moment: Moment) -> list[Effect]:
        """What follows from a moment. What the core cannot digest is left out, from a state that it has not touched."""
        record, at_s = (None, moment) if isinstance(moment, float) else (moment, moment.received_s)
        if unheard(self.state, record):
            return []
        before = self.store
        if isinstance(record, StoreChanged):
            self.store = _changed(before, record)
        self._retrace.before(self.state, self.store, moment)
        try:
            effects = go_on(self.state, self.store, moment)
        except Exception as error:
            self._faulted(error)
            self.store = before
            self.begin_with(self._retrace.back())
            return set_aside(self.state, self.store, at_s, record, error)
        if self.state.aside.by_source:
            digested(self.state, record)
            self._retrace.forget()
        return effects

    def _carry_out(self, record: Record | None, effects: Sequence[Effect]) -> None:
        if effects:
            entries = [e for e in effects if isinstance(e, LedgerEntry)]
            if entries and self.book is not None:
                self.book.append(entries)
            for effect in effects:
                if isinstance(effect, PaymentRequest) and self.provider is not None:
                    for reply in self.provider.answer(effect, self.heard_s):
                        self._expect(reply)
                elif isinstance(effect, Publish) and self.publish is not None:
                    self.publish(effect)
        for observer in self._observers:
            observer(self.state, record, effects)

    def _expect(self, reply: PaymentReply) -> None:
        self._asked += 1
        heapq.heappush(self._replies, (reply.received_s, self._asked, reply))


def _changed(store: Store, record: StoreChanged) -> Store:
    """The store with the files that a record brings; as it was where they make none, which the core then tells."""
    try:
        return reloaded(store, dict(record.files))
    except BrokenStore:
        return store


def _pending_s(state: State, at_s: float) -> float:
    """When, after ``at_s``, the passing of time alone may change something; ``inf`` when it cannot."""
    if state.door.passings or state.identity_switches or state.duplicate_tracks or state.portraits:
        return at_s + LOOK_EVERY_S
    return max(state.busy_at_s, at_s + LOOK_EVERY_S) if math.isfinite(state.busy_at_s) else math.inf
