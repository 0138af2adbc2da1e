"""What a payment provider is: who moves the money that a settlement asks for.

Enters: a `PaymentRequest` and when it was sent. Leaves: what the provider says about it, as `PaymentReply` records with
their own times; nothing where it says nothing; and what it says unasked. An adapter decides nothing: the settlement's
state table does. What a key stands for is done at most once. No provider remembers keys for ever, so that nothing
whose answer is unknown is sent again before it was looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from edge.records import PaymentReply, PaymentRequest
from edge.told import Sentence, told

Wallets: TypeAlias = Callable[[str], tuple[str, ...]]
"""Subject -> how they pay, and behind it how they paid before, newest first (`edge.adapters.members`)."""

UNKNOWN: Final[Mapping[str, Sentence]] = {
    "away": told(
        "the payment provider cannot be reached. Look at this PC's network, and at the provider's status page"
    ),
    "busy": told("the payment provider is busy. It is asked again; look at its status page if this lasts"),
    "fault": told("the payment provider has a fault of its own. Look at its status page"),
    "key": told(
        "the payment provider does not accept our secret. Correct the file that secret_file of [payment] names"
    ),
}
"""Of a reply with outcome ``unknown``: its ``why`` -> what staff are told."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a provider can do. ``hold_s``: how long a hold lasts where its reply does not say; ``least_minor`` and
    ``most_minor``: currency -> the amounts that it moves, where it is known.
    """

    hold: bool = False
    partial_capture: bool = False
    capture_above: bool = False
    increment: bool = False
    refund: bool = False
    look_up: bool = False
    hold_s: float | None = None
    least_minor: Mapping[str, int] = field(default_factory=dict)
    most_minor: Mapping[str, int] = field(default_factory=dict)


class PaymentProvider(Protocol):
    """Whoever can be asked for money."""

    @property
    def caveat(self) -> str:
        """What staff should know where "approved" does not mean that somebody has paid; else empty."""

    @property
    def abilities(self) -> Abilities:
        """What it can be asked for."""

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """What it says to a request that was sent at ``at_s`` (UNIX seconds), oldest first; silence is ``[]``.

        Called by several threads at once, but for one visit by one after the other.
        """

    def news(self, at_s: float) -> list[PaymentReply]:
        """What it says unasked since it was last heard: a hold that ended, a refund that failed, a charge-back."""


class KeyReused(ValueError):
    """An idempotency key came back for another amount, currency or shopper: never charge, find the mistake."""


class Contrary(ValueError):
    """The provider says something about a key that cannot be an answer to what was asked: a person has to look."""
