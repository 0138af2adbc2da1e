"""A visit's settlement as a state table: from what is owed to what the provider said about it.

Enters: what a visit is charged, the provider's replies, the passing of time, what staff decide. Leaves: the next
`Settlement` and effects, ledger entries always before the payment request that they announce. Nothing is ever
assumed: an answer that does not come is asked for again **with the same idempotency key**, at most
``policy.pay_attempts`` times, and then stays unknown until the provider or a person says what happened.

    new ── owes ──> asked ── approved ──> paid
        │            │  └── declined ──> declined ── approved ──> disputed ── kept ──────> paid
        │            └── give_up ──> unanswered (approved, declined, retry)  └── returned ──> declined
        ├─ owes_nothing ──> void
        └─ doubtful ──> review ── charge ──> asked, or waive ──> void

    declined, unanswered ── waive ──> void: a person writes off what is owed

A provider that answers twice:

- *the same again* is nothing at all: a reply whose outcome was heard before, with the same reference or with none;
- *the contrary* leaves the money where the first definite answer put it and writes a ``payment-contradiction`` for
  staff, also where an approval comes twice with two references (the provider may have charged twice);
- *approved after declined* is the one contrary answer that changes the state: the shopper was told "declined" and
  may have paid otherwise, the provider says it holds the money. Nothing is posted; the settlement is ``disputed``
  until a person decides that the money is ``kept`` (then it is posted) or was ``returned``.

A declined payment leaves the receivable open: collecting it is a new bargain with the shopper, not a retry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from edge.checkout.bill import UnpricedSale
from edge.checkout.sale import (
    PromisedPrice,
    Sale,
    State,
    body_of,
    day_of_sale,
    issuer_of,
    make_sale,
    payment_postings,
    sale_postings,
    waiver_postings,
    withheld_lines,
)
from edge.pricing import Stay
from edge.records import CartLine, Effect, Exchange, LedgerEntry, PaymentReply, PaymentRequest, Posting
from edge.store import PriceList, Store

Event: TypeAlias = Literal[
    "owes", "owes_nothing", "doubtful", "approved", "declined", "no_answer", "give_up", "retry", "charge", "waive",
    "kept", "returned",
]  # fmt: skip

TABLE: dict[tuple[State | Literal["new"], Event], State] = {
    ("new", "owes"): "asked",
    ("new", "owes_nothing"): "void",
    ("new", "doubtful"): "review",
    ("asked", "approved"): "paid",
    ("asked", "declined"): "declined",
    ("asked", "no_answer"): "asked",
    ("asked", "give_up"): "unanswered",
    ("unanswered", "approved"): "paid",
    ("unanswered", "declined"): "declined",
    ("unanswered", "retry"): "asked",
    ("unanswered", "waive"): "void",
    ("paid", "approved"): "paid",
    ("paid", "declined"): "paid",
    ("declined", "approved"): "disputed",
    ("declined", "waive"): "void",
    ("disputed", "approved"): "disputed",
    ("disputed", "declined"): "disputed",
    ("disputed", "kept"): "paid",
    ("disputed", "returned"): "declined",
    ("void", "approved"): "void",
    ("void", "declined"): "void",
    ("review", "approved"): "review",
    ("review", "declined"): "review",
    ("review", "charge"): "asked",
    ("review", "waive"): "void",
}
"""Everything that can happen. A pair that does not stand here changes nothing."""

CONTRADICTIONS: frozenset[tuple[State, Event]] = frozenset(
    {
        ("paid", "approved"),
        ("paid", "declined"),
        ("declined", "approved"),
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

    ``total_minor`` is what is asked for, in ``review`` what would be. ``attempt`` counts the requests sent and
    ``asked_s`` is when the last one was. ``heard`` holds the provider's different definite answers, first one first,
    as ``outcome:reference``; ``contradictions`` counts those that staff were told about. Of a visit in ``review``,
    ``reason`` is why, ``exchanged`` with whom it may have been exchanged, ``cart`` what it was believed to hold (a
    person decides about these lines), ``left_s`` when it left, by the clocks of ``timezone``, and ``prices`` what was
    promised for what it may have taken: whenever a person decides, it is priced and taxed as on that day.
    """

    visit: str
    subject: str
    state: State
    total_minor: int
    currency: str
    key: str = ""
    attempt: int = 0
    asked_s: float = 0.0
    heard: tuple[str, ...] = ()
    contradictions: int = 0
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


# --- the exit ------------------------------------------------------------------------------------------------------


def open_settlement(
    store: Store,
    visit: str,
    subject: str,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    at_s: float,
    key: str = "",
    *,
    stay: Stay | None = None,
    unsold: Collection[str] = (),
) -> tuple[Settlement, list[Effect]]:
    """A visit left at ``at_s``: write what it owes, then ask the provider for it.

    ``charged`` and ``withheld`` are sku -> units; ``lines`` is the cart with the shelf events behind each line; ``key``
    is the visit's own idempotency key (`edge.keys.payment_key`), made of store and visit where there is none; ``stay``
    says when they took what, ``unsold`` which of the withheld products they are too young for. A sale
    without a tax rate goes to review: a shop's faulty table is no reason to stop its exit gate.
    """
    try:
        sale = make_sale(store, subject, charged, withheld, lines, at_s, "asked", stay, unsold)
    except UnpricedSale as error:
        return review_settlement(store, visit, subject, charged, withheld, lines, str(error), at_s, key, stay=stay)
    return _owed(store, visit, "new", replace(sale, key=key), at_s)


def review_settlement(
    store: Store,
    visit: str,
    subject: str,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    reason: str,
    at_s: float,
    key: str = "",
    *,
    exchanged: tuple[Exchange, ...] = (),
    stay: Stay | None = None,
) -> tuple[Settlement, list[Effect]]:
    """A visit that a person has to look at: write what would be charged, why nobody dares, and with whom it may have
    been exchanged; ask for nothing.
    """
    prices = store.price_list.only({**charged, **withheld})
    known = (prices.products[sku] for sku in sorted(prices.products))
    promised = tuple(PromisedPrice(p.sku, p.price_minor, p.tax_class, p.fixed_price) for p in known)
    try:
        sale = replace(make_sale(store, subject, charged, withheld, lines, at_s, "review", stay), reason=reason)
    except UnpricedSale as error:
        units = {sku: charged.get(sku, 0) + withheld.get(sku, 0) for sku in {**charged, **withheld}}
        doubtful = withheld_lines(store, {}, units, lines)
        why = reason if str(error) in reason else f"{reason}; {error}"
        day = day_of_sale(at_s, store.timezone)
        sale = Sale("review", subject, issuer_of(store), day, (), (), 0, doubtful, reason=why, promised=promised)
    if prices.offers:
        sale = replace(sale, promised=promised, offers=prices.offers, stay=stay)
    sale = replace(sale, key=key, exchanged=exchanged)
    settlement = Settlement(
        visit,
        subject,
        TABLE["new", "doubtful"],
        sale.total_minor,
        store.currency,
        key,
        reason=sale.reason,
        cart=lines,
        left_s=at_s,
        prices=prices,
        exchanged=exchanged,
        timezone=store.timezone.key,
        stay=stay,
    )
    return settlement, [LedgerEntry(f"review:{visit}", at_s, "review", visit, body_of(sale), (), store.currency)]


def on_reviewed(
    settlement: Settlement,
    store: Store,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    decided_by: str,
    at_s: float,
) -> tuple[Settlement, list[Effect]]:
    """A person looked at ``at_s`` and says what is charged; nothing waives the visit. `WrongMoment` unless in review.

    It costs what it cost when the visit left.
    """
    _expect(settlement, "charge")
    terms = terms_of(settlement, store)
    left_s = settlement.left_s or at_s
    sale = make_sale(terms, settlement.subject, charged, withheld, lines, left_s, "asked", settlement.stay)
    sale = replace(sale, decided_by=decided_by, key=settlement.key)
    decided, effects = _owed(terms, settlement.visit, "review", sale, at_s)
    return replace(decided, contradictions=settlement.contradictions), effects


def terms_of(settlement: Settlement, store: Store) -> Store:
    """The shop as it was when the visit left: its prices, and where it stood, which says what day that was."""
    terms = store.at_prices(settlement.prices) if settlement.prices is not None else store
    return replace(terms, timezone=ZoneInfo(settlement.timezone)) if settlement.timezone else terms


def _owed(
    store: Store, visit: str, state: Literal["new", "review"], sale: Sale, at_s: float
) -> tuple[Settlement, list[Effect]]:
    """The intent, written before anything is sent; and the request, where there is something to pay."""
    owes: Event = "owes" if state == "new" else "charge"
    owes_nothing: Event = "owes_nothing" if state == "new" else "waive"
    after = TABLE[state, owes if sale.total_minor else owes_nothing]
    key = (sale.key or f"{store.id}:{visit}") if sale.total_minor else ""
    sale = replace(sale, state=after, key=key)
    postings = sale_postings(sale)
    entry = LedgerEntry(f"settlement:{visit}", at_s, "settlement", visit, body_of(sale), postings, store.currency)
    settlement = Settlement(visit, sale.subject, after, sale.total_minor, store.currency, key)
    if after == "void":
        return settlement, [entry]
    asked, request = _ask(settlement, at_s)
    return asked, [entry, request]


# --- what happens afterwards ---------------------------------------------------------------------------------------


def deadline_s(settlement: Settlement, store: Store) -> float | None:
    """When `on_time` has something to do; None while nothing is waited for."""
    return settlement.asked_s + store.policy.pay_within_s if settlement.state == "asked" else None


def on_time(settlement: Settlement, now_s: float, store: Store) -> tuple[Settlement, list[Effect]]:
    """Time has passed: a request without an answer is sent again, or given up until somebody knows more."""
    deadline = deadline_s(settlement, store)
    if deadline is None or now_s < deadline:
        return settlement, []
    return _unheard(settlement, now_s, store)


def on_reply(settlement: Settlement, reply: PaymentReply, store: Store) -> tuple[Settlement, list[Effect]]:
    """The provider said something. ``unknown`` counts as silence, one that answers an earlier request as nothing."""
    if reply.outcome == "unknown":
        if settlement.state != "asked" or reply.at_s < settlement.asked_s:
            return settlement, []
        return _unheard(settlement, reply.received_s, store)
    return answered(settlement, reply)


def answered(settlement: Settlement, reply: PaymentReply) -> tuple[Settlement, list[Effect]]:
    """A definite answer: approved or declined. What the table does not know, or was heard before, changes nothing."""
    event: Event = "approved" if reply.outcome == "approved" else "declined"
    after = TABLE.get((settlement.state, event))
    contrary = (settlement.state, event) in CONTRADICTIONS
    if after is None or _heard_before(settlement, reply) or (contrary and settlement.contradictions >= MOST_TOLD):
        return settlement, []
    moved = replace(settlement, state=after, heard=(*settlement.heard, f"{reply.outcome}:{reply.reference}"))
    said: dict[str, object] = {"outcome": reply.outcome, "reference": reply.reference}
    if contrary:
        moved = replace(moved, contradictions=settlement.contradictions + 1)
        said |= {"state_before": settlement.state, "heard_before": list(settlement.heard)}
        name = f"contradiction:{moved.contradictions}"
        return moved, [_entry(moved, name, "payment-contradiction", reply.at_s, said)]
    postings = payment_postings(settlement.subject, settlement.total_minor) if event == "approved" else ()
    return moved, [_entry(moved, event, f"payment-{event}", reply.at_s, said, postings)]


def on_retry(settlement: Settlement, decided_by: str, at_s: float) -> tuple[Settlement, list[Effect]]:
    """A person asks about an unanswered payment once more, with the same key. `WrongMoment` unless unanswered."""
    _expect(settlement, "retry")
    return ask_again(replace(settlement, state=TABLE["unanswered", "retry"]), at_s, decided_by)


def on_waived(settlement: Settlement, decided_by: str, at_s: float) -> tuple[Settlement, list[Effect]]:
    """A person writes off what is owed. Should the provider say later that it took the money, staff are told.

    `WrongMoment` unless declined or unanswered; a review is waived by `on_reviewed`, where nothing is owed yet.
    """
    if settlement.state == "review":
        raise WrongMoment(f"visit {settlement.visit} is in review: nothing was charged that could be written off")
    _expect(settlement, "waive")
    moved = replace(settlement, state=TABLE[settlement.state, "waive"])
    postings = waiver_postings(settlement.subject, settlement.total_minor)
    facts = {"state_before": settlement.state, "decided_by": decided_by}
    return moved, [_entry(moved, "waived", "payment-waived", at_s, facts, postings)]


def on_resolved(
    settlement: Settlement, verdict: Literal["kept", "returned"], decided_by: str, at_s: float
) -> tuple[Settlement, list[Effect]]:
    """A person settled a dispute: the approved money is kept, or was returned. `WrongMoment` unless disputed."""
    _expect(settlement, verdict)
    moved = replace(settlement, state=TABLE["disputed", verdict])
    postings = payment_postings(settlement.subject, settlement.total_minor) if verdict == "kept" else ()
    name, facts = f"resolved:{moved.contradictions}", {"verdict": verdict, "decided_by": decided_by}
    return moved, [_entry(moved, name, "payment-resolved", at_s, facts, postings)]


def _unheard(settlement: Settlement, now_s: float, store: Store) -> tuple[Settlement, list[Effect]]:
    if settlement.attempt < store.policy.pay_attempts:
        return ask_again(replace(settlement, state=TABLE["asked", "no_answer"]), now_s)
    return give_up(settlement, now_s)


def give_up(settlement: Settlement, at_s: float) -> tuple[Settlement, list[Effect]]:
    """Nobody is asked any more, until the provider or a person says what happened. `WrongMoment` unless asked."""
    _expect(settlement, "give_up")
    silent = replace(settlement, state=TABLE[settlement.state, "give_up"])
    return silent, [_entry(silent, f"unanswered:{silent.attempt}", "payment-unanswered", at_s, {})]


def ask_again(settlement: Settlement, at_s: float, decided_by: str = "") -> tuple[Settlement, list[Effect]]:
    """The same request once more, written down before it is sent."""
    asked, request = _ask(settlement, at_s)
    entry = _entry(asked, f"asked:{asked.attempt}", "payment-asked", at_s, {"decided_by": decided_by})
    return asked, [entry, request]


def _ask(settlement: Settlement, at_s: float) -> tuple[Settlement, PaymentRequest]:
    """The only place that a request comes from: the key never changes."""
    asked = replace(settlement, attempt=settlement.attempt + 1, asked_s=at_s)
    request = PaymentRequest(asked.visit, asked.key, asked.subject, asked.total_minor, asked.currency, asked.attempt)
    return asked, request


def _heard_before(settlement: Settlement, reply: PaymentReply) -> bool:
    """The same answer again: outcome heard before, and the references do not tell two answers apart."""
    same = [a.partition(":")[2] for a in settlement.heard if a.partition(":")[0] == reply.outcome]
    if reply.outcome == "declined" or not reply.reference:
        return bool(same)
    return any(reference in ("", reply.reference) for reference in same)


def _entry(
    settlement: Settlement,
    name: str,
    kind: str,
    at_s: float,
    facts: Mapping[str, object],
    postings: tuple[Posting, ...] = (),
) -> LedgerEntry:
    """A ``payment-…`` entry about a settlement as it stands now; ``facts`` join its body."""
    body: dict[str, object] = {
        "state": settlement.state,
        "subject": settlement.subject,
        "amount_minor": settlement.total_minor,
        "attempt": settlement.attempt,
        **facts,
    }
    key = f"payment:{settlement.visit}:{name}"
    return LedgerEntry(key, at_s, kind, settlement.visit, body, postings, settlement.currency)


def _expect(settlement: Settlement, event: Event) -> None:
    if (settlement.state, event) not in TABLE:
        told = {"charge": "charged", "waive": "waived", "retry": "asked for money again"}.get(event, event)
        raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: it cannot be {told} now")
