"""A visit's settlement as a state table: from what is owed to what the provider and people said about it.

What is sent to the provider has a table of its own, one for each request (`edge.payment.operation`); this one says
where the visit's money stands meanwhile. Ledger entries always come before the request that they announce, and nothing
is ever assumed.

    new ── hold ──> inside ── gone ──> void: nobody came in, or they were sent away
                      └── owes, owes_nothing, doubtful: as from new
    new ── owes ──> asked ── approved ──> paid
     │                ├── partly, lapsed ──> asked: the hold did not reach, or was over; the rest is charged
     │                ├── no_answer, absent, pending ──> asked: it is looked up, sent again, waited for
     │                ├── give_up ──> unanswered: looked up for a week, ends like asked
     │                └── declined ──> declined ── retry ──> asked, with another key
     │                                    └── approved ──> disputed ── kept ──> paid (kept_part ──> declined)
     │                                                        └── returned ──> declined
     ├─ owes_nothing ──> void
     └─ doubtful ──> review ── charge ──> asked, or waive ──> void

    declined, unanswered ── waive ──> void: a person writes off what is owed
    paid, declined ── correct: a person takes back lines that were charged (`edge.payment.refunds`)
    declined ── cleared ──> void, evened ──> paid: that left nothing to pay, or nothing but what was paid

A provider that answers twice:

- *the same again* is nothing at all: a reply whose outcome was heard before, with the same reference or with none;
- *the contrary* leaves the money where the first definite answer put it and writes a ``payment-contradiction`` for
  staff, also where an approval comes twice with two references (the provider may have charged twice);
- *approved after declined* is the one contrary answer that changes the state: the shopper was told "declined" and
  may have paid otherwise, the provider says it holds the money. Nothing is posted; the settlement is ``disputed``
  until a person decides that the money is ``kept`` (then it is posted) or was ``returned``.

A declined payment leaves the receivable open: it is a debt until it is paid, written off or corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from edge.checkout.sale import Sale, State
from edge.payment.operation import Operation
from edge.pricing import Stay
from edge.records import CartLine, Exchange, LedgerEntry, Posting
from edge.store import PriceList
from edge.told import phrase, told

Event: TypeAlias = Literal[
    "hold", "gone", "owes", "owes_nothing", "doubtful", "approved", "partly", "lapsed", "declined", "no_answer",
    "absent", "pending", "give_up", "retry", "charge", "waive", "kept", "kept_part", "returned", "correct", "cleared",
    "evened", "contrary",
]  # fmt: skip

TABLE: dict[tuple[State | Literal["new"], Event], State] = {
    ("new", "hold"): "inside",
    ("inside", "gone"): "void",
    ("inside", "owes"): "asked",
    ("inside", "owes_nothing"): "void",
    ("inside", "doubtful"): "review",
    ("new", "owes"): "asked",
    ("new", "owes_nothing"): "void",
    ("new", "doubtful"): "review",
    ("asked", "approved"): "paid",
    ("asked", "partly"): "asked",
    ("asked", "lapsed"): "asked",
    ("asked", "declined"): "declined",
    ("asked", "no_answer"): "asked",
    ("asked", "absent"): "asked",
    ("asked", "pending"): "asked",
    ("asked", "give_up"): "unanswered",
    ("asked", "contrary"): "asked",
    ("unanswered", "approved"): "paid",
    ("unanswered", "partly"): "asked",
    ("unanswered", "lapsed"): "asked",
    ("unanswered", "declined"): "declined",
    ("unanswered", "no_answer"): "unanswered",
    ("unanswered", "absent"): "unanswered",
    ("unanswered", "pending"): "asked",
    ("unanswered", "retry"): "asked",
    ("unanswered", "waive"): "void",
    ("unanswered", "contrary"): "unanswered",
    ("paid", "approved"): "paid",
    ("paid", "declined"): "paid",
    ("paid", "correct"): "paid",
    ("declined", "approved"): "disputed",
    ("declined", "declined"): "declined",
    ("declined", "retry"): "asked",
    ("declined", "waive"): "void",
    ("declined", "correct"): "declined",
    ("declined", "cleared"): "void",
    ("declined", "evened"): "paid",
    ("disputed", "approved"): "disputed",
    ("disputed", "declined"): "disputed",
    ("disputed", "kept"): "paid",
    ("disputed", "kept_part"): "declined",
    ("disputed", "returned"): "declined",
    ("void", "approved"): "void",
    ("void", "declined"): "void",
    ("review", "approved"): "review",
    ("review", "declined"): "review",
    ("review", "charge"): "asked",
    ("review", "waive"): "void",
}
"""Everything that can happen to a visit's money. A pair that does not stand here changes nothing."""

CONTRADICTIONS: frozenset[tuple[State, Event]] = frozenset(
    {
        ("asked", "contrary"),
        ("unanswered", "contrary"),
        ("paid", "approved"),
        ("paid", "declined"),
        ("declined", "approved"),
        ("declined", "declined"),
        ("disputed", "approved"),
        ("disputed", "declined"),
        ("void", "approved"),
        ("void", "declined"),
        ("review", "approved"),
        ("review", "declined"),
    }
)
"""Answers that cannot be true together with what was said before: staff see them."""

NEEDS_STAFF: frozenset[State] = frozenset({"unanswered", "declined", "disputed", "review"})
"""States that do not end without a person (or a late answer)."""

MOST_TOLD = 8
"""A provider that contradicts itself more often than this about one settlement has been reported often enough."""


class WrongMoment(ValueError):
    """Staff asked for something that the settlement's state does not allow."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where one visit's money stands; one visit settles once, so ``visit`` names it.

    ``total_minor`` is what the visit owes, in ``review`` what would be. ``key`` is its own idempotency key: the first
    charge has it, and every other request one that begins with it. ``payments`` are charges and captures, the one that
    counts last; ``hold`` and ``release`` what was reserved and let go of, ``refunds`` what was given back.
    ``held_minor``: what the book says is reserved, until ``until_s`` (UNIX seconds; 0: nobody said). ``heard`` are
    definite answers that belong to none of these; ``contradictions`` counts those that staff were told about;
    ``doubtful`` is the key of the payment in a dispute.

    ``sale``: what was sold, as long as something of it may be given back; ``corrected``: (sku, units) of it that a
    person took back, in so many ``corrections``; ``lowered_minor``: by how much that lowered what is owed;
    ``refundable_minor``: what the shop owes the shopper; ``repaid_minor``: what a person gave back otherwise than by
    the provider. ``warned``: staff know that its hold is about to end.

    Of a visit in ``review``, ``reason`` is why, ``exchanged`` with whom it may have been exchanged, ``cart`` what it
    was believed to hold (a person decides about these lines), ``left_s`` when it left, by the clocks of ``timezone``,
    and ``prices`` what was promised for what it may have taken: whenever a person decides, it is priced and taxed as on
    that day.
    """

    visit: str
    subject: str
    state: State
    total_minor: int
    currency: str
    key: str = ""
    payments: tuple[Operation, ...] = ()
    heard: tuple[str, ...] = ()
    contradictions: int = 0
    doubtful: str = ""
    hold: Operation | None = None
    release: Operation | None = None
    held_minor: int = 0
    until_s: float = 0.0
    refunds: tuple[Operation, ...] = ()
    sale: Sale | None = None
    corrected: tuple[tuple[str, int], ...] = ()
    corrections: int = 0
    lowered_minor: int = 0
    refundable_minor: int = 0
    repaid_minor: int = 0
    warned: bool = False
    reason: str = ""
    cart: tuple[CartLine, ...] = ()
    left_s: float = 0.0
    prices: PriceList | None = None
    exchanged: tuple[Exchange, ...] = ()
    timezone: str = ""
    stay: Stay | None = None
    """When they came and took what they may have: of a visit in review."""

    @property
    def listed(self) -> dict[str, int]:
        """Units by sku that a review lists: all that the visit may have taken."""
        units: dict[str, int] = {}
        for line in self.cart:
            units[line.sku] = max(units.get(line.sku, 0), line.quantity)
        return units

    @property
    def paid_minor(self) -> int:
        """What the provider has taken for it."""
        return sum(payment.amount_minor for payment in self.payments if payment.state == "approved")

    @property
    def open_minor(self) -> int:
        """What is still owed; nothing of what was written off, or is not charged yet."""
        if self.state in ("void", "review", "inside"):
            return 0
        return max(0, self.total_minor - self.lowered_minor - self.paid_minor)

    @property
    def refunded_minor(self) -> int:
        """What the provider has given back."""
        return sum(refund.amount_minor for refund in self.refunds if refund.state == "approved")

    @property
    def asked_s(self) -> float:
        """When anybody was last asked for anything (UNIX seconds), 0 where nobody was."""
        return max((operation.asked_s for operation in operations(self)), default=0.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing is waited for any more: neither an answer nor a person, and no hold to be let go of."""
        if self.state not in ("paid", "void") or self.held_minor:
            return False
        return not any(o.is_open for o in operations(self) if o not in self.payments) and not failed_refunds(self)


def operations(settlement: Settlement) -> Iterator[Operation]:
    """All that was ever asked for about a visit."""
    if settlement.hold is not None:
        yield settlement.hold
    yield from settlement.payments
    if settlement.release is not None:
        yield settlement.release
    yield from settlement.refunds


def open_operations(settlement: Settlement) -> list[Operation]:
    """Of those, what an answer is still wanted to; what a person has written off is not."""
    paying = settlement.state in ("asked", "unanswered")
    return [o for o in operations(settlement) if o.is_open and (paying or o not in settlement.payments)]


def failed_refunds(settlement: Settlement) -> list[Operation]:
    """Refunds that the provider declined, or does not answer about: staff see them."""
    return [r for r in settlement.refunds if r.state in ("declined", "unanswered") and not r.replaced]


def needs_staff(settlement: Settlement) -> bool:
    """Whether it does not end without a person (or a late answer)."""
    return settlement.state in NEEDS_STAFF or bool(settlement.refunds and failed_refunds(settlement))


def with_operation(settlement: Settlement, operation: Operation) -> Settlement:
    """The settlement with an operation as it is now, or with a new one."""
    key = operation.key
    if operation.operation == "hold":
        return replace(settlement, hold=operation)
    if operation.operation == "release":
        return replace(settlement, release=operation)
    if operation.operation == "refund":
        return replace(settlement, refunds=_among(settlement.refunds, operation, key))
    return replace(settlement, payments=_among(settlement.payments, operation, key))


def _among(known: tuple[Operation, ...], operation: Operation, key: str) -> tuple[Operation, ...]:
    if any(each.key == key for each in known):
        return tuple(operation if each.key == key else each for each in known)
    return (*known, operation)


def operation_of(settlement: Settlement, key: str) -> Operation | None:
    """The operation that a key stands for; without a key (recordings from before there were several) the payment."""
    if not key:
        return settlement.payments[-1] if settlement.payments else None
    return next((operation for operation in operations(settlement) if operation.key == key), None)


def entry_about(
    settlement: Settlement,
    operation: Operation,
    name: str,
    kind: str,
    at_s: float,
    facts: Mapping[str, object],
    postings: tuple[Posting, ...] = (),
) -> LedgerEntry:
    """A ``payment-…`` entry about a request, of a settlement as it stands now; ``facts`` join its body."""
    body: dict[str, object] = {
        "state": settlement.state,
        "subject": settlement.subject,
        "amount_minor": operation.amount_minor,
        "attempt": operation.attempt,
        "key": operation.key,
        "operation": operation.operation,
        **facts,
    }
    part = operation.key.removeprefix(settlement.key).strip("/") if settlement.key else ""
    key = f"payment:{settlement.visit}:{part}:{name}" if part else f"payment:{settlement.visit}:{name}"
    return LedgerEntry(key, at_s, kind, settlement.visit, body, postings, settlement.currency)


def entry_of_visit(
    settlement: Settlement,
    name: str,
    kind: str,
    at_s: float,
    facts: Mapping[str, object],
    postings: tuple[Posting, ...] = (),
) -> LedgerEntry:
    """A ``payment-…`` entry about a visit's money, and no single request."""
    body: dict[str, object] = {"state": settlement.state, "subject": settlement.subject, **facts}
    key = f"payment:{settlement.visit}:{name}"
    return LedgerEntry(key, at_s, kind, settlement.visit, body, postings, settlement.currency)


NAMED: Final = {
    "charge": phrase("charged"),
    "waive": phrase("waived"),
    "retry": phrase("asked for money again"),
    "correct": phrase("taken back"),
    "kept": phrase("kept"),
    "returned": phrase("returned"),
}
"""What staff may do -> as people say that it was done."""


def moved(settlement: Settlement, event: Event) -> Settlement:
    """The settlement in the state that an event leads to; `WrongMoment` where it cannot happen now."""
    state = TABLE.get((settlement.state, event))
    if state is None:
        what = phrase("visit {visit} is {state}: it cannot be {event} now")
        done = NAMED.get(event, event)
        raise WrongMoment(told(what, visit=settlement.visit, state=settlement.state, event=done))
    return replace(settlement, state=state)
