"""What a payment provider is: who moves the money that a settlement asks for.

Enters: a `PaymentRequest` and when it was sent. Leaves: what the provider says about it, as `PaymentReply` records with
their own times; nothing where it says nothing. An adapter decides nothing: the settlement's state table does.
Providers must honour the idempotency key: a key is charged at most once, whatever is asked how often.
"""

from __future__ import annotations

from typing import Protocol

from edge.records import PaymentReply, PaymentRequest


class PaymentProvider(Protocol):
    """Whoever can be asked for money."""

    @property
    def caveat(self) -> str:
        """What staff should know where "approved" does not mean that somebody has paid; else empty."""

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """What it says to a request that was sent at ``at_s`` (UNIX seconds), oldest first; silence is ``[]``."""


class KeyReused(ValueError):
    """An idempotency key came back for another amount, currency or shopper: never charge, find the mistake."""
