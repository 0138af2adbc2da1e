"""A till without a shop around it: carries effects to a payment provider and its answers back, until nothing is due.

It does what the runtime does with a settlement, in the order of time, so that stories about money need no shelves.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from edge.adapters.payment.provider import PaymentProvider
from edge.payment import Settlement, deadline_s, on_reply, on_time, open_settlement
from edge.records import Effect, LedgerEntry, PaymentReply, PaymentRequest
from edge.store import Store
from tests.checkout.carts import NOON_S, traced


@dataclass
class Till:
    """Entries and requests as they came, and the settlement as it stands."""

    store: Store
    provider: PaymentProvider
    settlement: Settlement | None = None
    entries: list[LedgerEntry] = field(default_factory=list)
    requests: list[PaymentRequest] = field(default_factory=list)
    _coming: list[tuple[float, int, PaymentReply]] = field(default_factory=list)

    def settle(self, visit: str, subject: str, charged: dict[str, int], at_s: float = NOON_S) -> Settlement:
        """The visit leaves at ``at_s``; returns when no answer is on its way and no time limit runs."""
        settlement, effects = open_settlement(self.store, visit, subject, charged, {}, traced(charged), at_s)
        self._carry(effects, at_s)
        while True:
            deadline = deadline_s(settlement, self.store)
            if self._coming and (deadline is None or self._coming[0][0] < deadline):
                when_s, _, reply = heapq.heappop(self._coming)
                settlement, effects = on_reply(settlement, reply, self.store)
            elif deadline is not None:
                when_s = deadline
                settlement, effects = on_time(settlement, when_s, self.store)
            else:
                self.settlement = settlement
                return settlement
            self._carry(effects, when_s)

    def _carry(self, effects: list[Effect], at_s: float) -> None:
        for effect in effects:
            if isinstance(effect, LedgerEntry):
                self.entries.append(effect)
            elif isinstance(effect, PaymentRequest):
                self.requests.append(effect)
                for reply in self.provider.answer(effect, at_s):
                    heapq.heappush(self._coming, (reply.received_s, len(self._coming), reply))
