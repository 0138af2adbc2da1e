"""One visit's money from the entry to the refund, with the local provider and a book, in the order of time."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Literal

from edge.adapters.payment.local import LocalProvider
from edge.ledger import Book, settlement_in
from edge.payment import (
    Settlement,
    begin_hold,
    deadline_s,
    on_decided,
    on_reply,
    on_time,
    open_settlement,
    review_settlement,
    visit_gone,
)
from edge.records import (
    Effect,
    LedgerEntry,
    PaymentReply,
    PaymentRequest,
    RefundReason,
    RepaidHow,
    SettlementDecided,
    Verdict,
)
from edge.store import Store
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S, shop

VISIT, ANA, KEY = "v1", "ana", "kiosk:v1"


class Counter:
    """``conducts``: what the provider does (`LocalProvider`); ``policy``: what the shop does otherwise than usual."""

    def __init__(self, conducts: dict[str, str] | None = None, *, visit: str = VISIT, **policy: object) -> None:
        self.visit, self.key = visit, f"kiosk:{visit}"
        store = shop()
        self.store: Store = replace(store, policy=store.policy.model_copy(update=policy))
        self.provider = LocalProvider(conducts)
        self.book = Book()
        self.requests: list[PaymentRequest] = []
        self.coming: list[tuple[float, int, PaymentReply]] = []
        self.now_s = NOON_S
        self.known: Settlement | None = None

    @property
    def settlement(self) -> Settlement:
        assert self.known is not None
        return self.known

    def enter(self, held_minor: int, *, patience: bool = True) -> None:
        self._take(begin_hold(self.visit, ANA, "JPY", self.key, held_minor, self.now_s))
        if patience:
            self.rest()

    def leave(self, **cart: int) -> Settlement:
        charged = {sku.replace("_", "-"): units for sku, units in cart.items()}
        self._take(
            open_settlement(self.store, self.visit, ANA, charged, {}, traced(charged), self.now_s, self.key, self.known)
        )
        return self.rest()

    def doubt(self, **cart: int) -> Settlement:
        listed = {sku.replace("_", "-"): units for sku, units in cart.items()}
        lines, at_s, before = traced(listed), self.now_s, self.known
        self._take(
            review_settlement(self.store, self.visit, ANA, listed, {}, lines, "doubt", at_s, self.key, before=before)
        )
        return self.rest()

    def never_come(self) -> Settlement:
        self._take(visit_gone(self.settlement, self.now_s))
        return self.rest()

    def decide(self, verdict: Verdict, reason: RefundReason | None = None, **lines: int) -> Settlement:
        named = tuple((sku.replace("_", "-"), units) for sku, units in lines.items())
        decided = SettlementDecided(self.now_s, self.now_s, self.visit, verdict, named, "sato", reason or "")
        self._take(on_decided(self.settlement, decided, self.store))
        return self.rest()

    def repay(self, how: RepaidHow | Literal[""]) -> Settlement:
        decided = SettlementDecided(self.now_s, self.now_s, self.visit, "repaid", (), "sato", how=how)
        self._take(on_decided(self.settlement, decided, self.store))
        return self.rest()

    def hear(self, reply: PaymentReply) -> Settlement:
        self._take(on_reply(self.settlement, reply, self.store))
        return self.rest()

    def later(self, seconds: float) -> Settlement:
        self.now_s += seconds
        self._take(on_time(self.settlement, self.now_s, self.store))
        return self.rest()

    def rest(self) -> Settlement:
        """Until no answer is on its way and no time limit runs."""
        while True:
            due_s = deadline_s(self.settlement, self.store)
            if self.coming and (due_s is None or self.coming[0][0] <= due_s):
                self.now_s, _, reply = heapq.heappop(self.coming)
                self._take(on_reply(self.settlement, reply, self.store))
            elif due_s is not None:
                self.now_s = due_s
                self._take(on_time(self.settlement, due_s, self.store))
            else:
                return self.settlement

    def asked(self) -> list[tuple[str, str, int]]:
        """What was really asked for: key behind the visit's own, operation, amount; look-ups with a question mark."""
        return [
            (r.key.removeprefix(self.key).strip("/"), r.operation + ("?" if r.look_up else ""), r.amount_minor)
            for r in self.requests
        ]

    def accounts(self) -> dict[str, int]:
        return {account: minor for account, minor in self.book.balances().items() if minor}

    def kinds(self) -> list[str]:
        return [w.entry.kind.removeprefix("payment-") for w in self.book.entries()]

    def _take(self, outcome: tuple[Settlement, list[Effect]]) -> None:
        self.known, effects = outcome
        self.book.append(e for e in effects if isinstance(e, LedgerEntry))
        assert self.book.prove() == []
        stands = settlement_in(self.book, self.visit)
        assert stands is not None
        assert (stands.state, stands.open_minor) == (self.known.state, self.known.open_minor)
        for effect in effects:
            if isinstance(effect, PaymentRequest):
                self.requests.append(effect)
                for reply in self.provider.answer(effect, self.now_s):
                    heapq.heappush(self.coming, (reply.received_s, len(self.requests), reply))
