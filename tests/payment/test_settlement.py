"""The settlement's state table: it is what happens, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import State
from edge.checkout.reasons import kind_of
from edge.checkout.sale import body_of, make_sale, sale_of
from edge.ledger import Book
from edge.payment import (
    CONTRADICTIONS,
    TABLE,
    Operation,
    Settlement,
    WrongMoment,
    deadline_s,
    on_decided,
    on_reply,
    on_retry,
    on_reviewed,
    on_time,
    on_waived,
    open_settlement,
    retold,
    review_settlement,
    settlement_of,
    visit_gone,
)
from edge.payment.operation import OperationState
from edge.payment.settlement import Event
from edge.records import (
    CartLine,
    Effect,
    LedgerEntry,
    PaymentOutcome,
    PaymentReply,
    PaymentRequest,
    SettlementDecided,
    Verdict,
)
from tests.checkout.carts import carts, shops, traced
from tests.checkout.shops import NOON_S, shop

SHOP = shop()
STATES: tuple[State, ...] = get_args(State)
EVENTS: tuple[Event, ...] = get_args(Event)
Outcome = tuple[Settlement, list[Effect]]


def owing(state: State, attempt: int = 1) -> Settlement:
    """Ana's settlement over 178 yen, as it stands in a state."""
    heard: dict[str, tuple[str, ...]] = {
        "paid": ("approved:a1",),
        "declined": ("declined:",),
        "disputed": ("declined:", "approved:a0"),
    }
    how: dict[State, OperationState] = {
        "paid": "approved", "declined": "declined", "disputed": "declined", "unanswered": "unanswered",
        "void": "unanswered",
    }  # fmt: skip
    charge = Operation(
        "kiosk:v1", "charge", 178, state=how.get(state, "asked"), attempt=attempt, asked_s=NOON_S, first_s=NOON_S,
        heard=heard.get(state, ()),
    )  # fmt: skip
    if state == "review":
        return Settlement("v1", "ana", state, 178, "JPY", "kiosk:v1")
    sale = make_sale(SHOP, "ana", {"onigiri-salmon": 1}, {}, traced({"onigiri-salmon": 1}), NOON_S, state)
    if state == "inside":
        return Settlement("v1", "ana", state, 0, "JPY", "kiosk:v1")
    doubtful = "kiosk:v1" if state == "disputed" else ""
    return Settlement("v1", "ana", state, 178, "JPY", "kiosk:v1", (charge,), doubtful=doubtful, sale=sale)


def forgetful(settlement: Settlement) -> Settlement:
    """The same, of which nothing definite was heard."""
    return replace(settlement, payments=tuple(replace(p, heard=()) for p in settlement.payments))


def said(outcome: str, reference: str = "", at_s: float = NOON_S + 1, key: str = "") -> PaymentReply:
    return msgspec.convert({"received_s": at_s, "at_s": at_s, "settlement": "v1", "outcome": outcome,
                            "reference": reference, "key": key}, PaymentReply)  # fmt: skip


def reviewed(settlement: Settlement, charged: dict[str, int]) -> Outcome:
    return on_reviewed(settlement, SHOP, charged, {}, traced(charged), "sato", NOON_S + 60)


def decided(settlement: Settlement, verdict: Verdict, **lines: int) -> Outcome:
    at_s = NOON_S + 100
    return on_decided(settlement, SettlementDecided(at_s, at_s, "v1", verdict, tuple(lines.items()), "sato"), SHOP)


LATE_S = NOON_S + 100


def capturing(settlement: Settlement) -> Settlement:
    """The same, paying out of what is held."""
    hold = Operation("kiosk:v1/hold", "hold", 100, state="approved", attempt=1, heard=("approved:h",))
    captures = tuple(
        replace(p, key="kiosk:v1/capture", operation="capture", amount_minor=100, of=hold.key, heard=())
        for p in settlement.payments
    )
    return replace(settlement, hold=hold, held_minor=100, until_s=NOON_S + 1e6, payments=captures)


def with_older(settlement: Settlement) -> Settlement:
    """The same, with a payment before it that was declined."""
    older = Operation("kiosk:v1/old", "charge", 178, state="declined", attempt=1, heard=("declined:",))
    return replace(settlement, payments=(older, *settlement.payments))


def partly_paid(settlement: Settlement) -> Settlement:
    """The same, of which most was captured before."""
    first = Operation("kiosk:v1/capture", "capture", 150, state="approved", attempt=1, heard=("approved:c",))
    rest = tuple(replace(p, key="kiosk:v1/remainder", amount_minor=28) for p in settlement.payments)
    return replace(settlement, payments=(first, *rest), doubtful=settlement.doubtful and "kiosk:v1/remainder")


def small(settlement: Settlement) -> Settlement:
    """The same, where the doubtful payment is not all that is owed."""
    return replace(settlement, payments=tuple(replace(p, amount_minor=100) for p in settlement.payments))


def taken_back(settlement: Settlement, *lines: tuple[str, int]) -> Outcome:
    decision = SettlementDecided(LATE_S, LATE_S, "v1", "refund", lines, "sato", "correction")
    return on_decided(settlement, decision, SHOP)


def two(settlement: Settlement) -> Settlement:
    """The same, of two units."""
    sale = make_sale(SHOP, "ana", {"onigiri-salmon": 2}, {}, (), NOON_S, settlement.state)
    return replace(settlement, total_minor=356, sale=sale)


LATE_S = NOON_S + 100
HAPPENS: dict[Event, Callable[[Settlement], Outcome]] = {
    "approved": lambda s: on_reply(s, said("approved", "another"), SHOP),
    "declined": lambda s: on_reply(forgetful(s), said("declined"), SHOP),
    "partly": lambda s: on_reply(capturing(s), said("approved", key="kiosk:v1/capture"), SHOP),
    "lapsed": lambda s: on_reply(capturing(s), said("declined", key="kiosk:v1/capture"), SHOP),
    "contrary": lambda s: on_reply(with_older(s), said("approved", "late", key="kiosk:v1/old"), SHOP),
    "no_answer": lambda s: on_time(s, LATE_S, SHOP),
    "pending": lambda s: on_reply(s, said("pending"), SHOP),
    "absent": lambda s: on_reply(s, said("absent"), SHOP),
    "give_up": lambda s: on_time(
        replace(s, payments=tuple(replace(p, attempt=SHOP.policy.pay_attempts) for p in s.payments)), LATE_S, SHOP
    ),
    "retry": lambda s: decided(s, "retry"),
    "charge": lambda s: decided(s, "charge", umbrella=1),
    "waive": lambda s: decided(s, "waive"),
    "kept": lambda s: decided(s, "kept"),
    "kept_part": lambda s: decided(small(s), "kept"),
    "returned": lambda s: decided(s, "returned"),
    "correct": lambda s: taken_back(two(s), ("onigiri-salmon", 1)),
    "cleared": lambda s: taken_back(s),
    "evened": lambda s: taken_back(partly_paid(s)),
    "gone": lambda s: visit_gone(s, LATE_S),
    "owes": lambda s: open_settlement(SHOP, "v1", "ana", {"umbrella": 1}, {}, (), NOON_S, "kiosk:v1", s),
    "owes_nothing": lambda s: open_settlement(SHOP, "v1", "ana", {}, {}, (), NOON_S, "kiosk:v1", s),
    "doubtful": lambda s: review_settlement(SHOP, "v1", "ana", {}, {}, (), "doubt", NOON_S, "kiosk:v1", before=s),
}
BY_STAFF = ("retry", "charge", "waive", "kept", "kept_part", "returned", "correct", "cleared", "evened", "gone")
MEANT_FOR: dict[Event, tuple[State, ...]] = {
    "partly": ("asked", "unanswered"), "lapsed": ("asked", "unanswered"), "contrary": ("asked", "unanswered"),
    "kept_part": ("disputed",), "correct": ("paid", "declined"), "cleared": ("declined",), "evened": ("declined",),
    "owes": ("inside",), "owes_nothing": ("inside",), "doubtful": ("inside",), "give_up": ("asked",),
}  # fmt: skip
"""Events that are told from others by more than the state: where that is so."""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", HAPPENS)
def test_what_the_table_says_happens_and_nothing_else(state: State, event: Event) -> None:
    if state not in MEANT_FOR.get(event, STATES):
        assert (state, event) not in TABLE
        return
    before = owing(state)
    after = TABLE.get((state, event))
    if after is None and event in BY_STAFF:
        with pytest.raises(WrongMoment):
            HAPPENS[event](before)
        return
    now, effects = HAPPENS[event](before)
    assert now.state == (after or state)
    if after is None:
        assert effects == []
    kinds = [e.kind for e in effects if isinstance(e, LedgerEntry)]
    assert ("payment-contradiction" in kinds) == ((state, event) in CONTRADICTIONS)


def test_the_table_knows_every_state_and_event() -> None:
    assert {state for state, _ in TABLE} | set(TABLE.values()) == {"new", *STATES}
    assert {event for _, event in TABLE} == set(EVENTS)
    assert set(TABLE) >= CONTRADICTIONS
    assert {event for (state, event) in TABLE if state == "new"} | set(HAPPENS) == set(EVENTS)


def test_the_intent_is_written_before_anything_is_sent() -> None:
    settlement, effects = open_settlement(SHOP, "v1", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), NOON_S)
    entry, request = effects
    assert isinstance(entry, LedgerEntry)
    assert isinstance(request, PaymentRequest)
    assert [(p.account, p.amount_minor) for p in entry.postings] == [
        ("receivable:ana", 1100), ("sales:10%", -1000), ("tax:10%", -100),
    ]  # fmt: skip
    assert request == PaymentRequest("v1", entry.body["key"], "ana", 1100, "JPY", 1, asked_s=NOON_S)  # type: ignore[arg-type]
    assert settlement.state == entry.body["state"] == "asked"


def test_two_rates_have_accounts_of_their_own() -> None:
    cart = {"green-tea": 1, "umbrella": 1}
    (_, effects) = open_settlement(SHOP, "v1", "ana", cart, {}, traced(cart), NOON_S)
    assert isinstance(effects[0], LedgerEntry)
    assert {p.account: p.amount_minor for p in effects[0].postings} == {
        "receivable:ana": 1251, "sales:8%-reduced": -140, "tax:8%-reduced": -11, "sales:10%": -1000, "tax:10%": -100,
    }  # fmt: skip


@pytest.mark.parametrize("cart", [{}, {"free-sample": 1}])
def test_who_owes_nothing_is_asked_for_nothing(cart: dict[str, int]) -> None:
    settlement, effects = open_settlement(SHOP, "v1", "ana", cart, {"umbrella": 1}, traced(cart), NOON_S)
    assert settlement.state == "void"
    assert [type(e) for e in effects] == [LedgerEntry]
    assert isinstance(effects[0], LedgerEntry)
    assert effects[0].postings == ()
    assert deadline_s(settlement, SHOP) is None


def test_each_line_carries_its_certainty_and_the_shelf_events_behind_it() -> None:
    lines = (
        CartLine("green-tea", 1, 0.99, ("g1-s1:7",)),
        CartLine("green-tea", 3, 0.41, ("g1-s1:9", "g1-s1:7")),
        CartLine("green-tea", 2, 0.93, ("g1-s1:8",)),
    )
    _, effects = open_settlement(SHOP, "v1", "ana", {"green-tea": 2}, {"green-tea": 1}, lines, NOON_S)
    assert isinstance(effects[0], LedgerEntry)
    sale = sale_of(effects[0].body)
    assert [(s.quantity, s.certainty, s.events) for s in sale.lines] == [(2, 0.93, ("g1-s1:7", "g1-s1:9", "g1-s1:8"))]
    assert [(w.quantity, w.certainty) for w in sale.withheld] == [(1, 0.41)]


def test_a_review_asks_the_provider_for_nothing_until_a_person_decides() -> None:
    cart = {"umbrella": 2}
    settlement, effects = review_settlement(SHOP, "v1", "ana", cart, {}, traced(cart), "two people, one bag", NOON_S)
    assert (settlement.state, settlement.total_minor) == ("review", 2200)
    (entry,) = effects
    assert isinstance(entry, LedgerEntry)
    assert (entry.kind, entry.postings, entry.body["reason"]) == ("review", (), "two people, one bag")
    asked, effects = reviewed(settlement, {"umbrella": 1})
    assert (asked.state, asked.total_minor) == ("asked", 1100)
    assert [type(e) for e in effects] == [LedgerEntry, PaymentRequest]
    assert isinstance(effects[0], LedgerEntry)
    assert effects[0].body["decided_by"] == "sato"
    assert reviewed(settlement, {})[0].state == "void"


def test_a_sale_on_a_day_without_a_tax_rate_goes_to_review_instead_of_stopping_the_gate() -> None:
    settlement, effects = open_settlement(SHOP, "v1", "ana", {"green-tea": 1}, {"umbrella": 1}, (), 0.0)
    assert settlement.state == "review"
    (entry,) = effects
    assert isinstance(entry, LedgerEntry)
    sale = sale_of(entry.body)
    assert "no tax rate on 1970-01-01" in sale.reason
    assert [(w.sku, w.quantity) for w in sale.withheld] == [("green-tea", 1), ("umbrella", 1)]


def test_a_sum_that_no_cart_costs_goes_to_review_and_fits_into_the_book() -> None:
    dear = replace(
        SHOP, catalogue={**SHOP.catalogue, "umbrella": replace(SHOP.catalogue["umbrella"], price_minor=10**20)}
    )
    settlement, effects = open_settlement(dear, "v1", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), NOON_S)
    assert (settlement.state, settlement.total_minor, settlement.listed) == ("review", 0, {"umbrella": 1})
    assert kind_of(settlement.reason) == "price"
    book = Book()
    book.append(e for e in effects if isinstance(e, LedgerEntry))
    assert book.prove() == []


def test_silence_is_looked_up_with_the_same_key_and_then_goes_on_being_looked_up_for_a_week() -> None:
    settlement, effects = open_settlement(SHOP, "v1", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), NOON_S)
    now_s = NOON_S
    while (deadline := deadline_s(settlement, SHOP)) is not None:
        assert on_time(settlement, deadline - 0.001, SHOP) == (settlement, [])
        now_s = deadline
        settlement, more = on_time(settlement, now_s, SHOP)
        effects += more
    requests = [e for e in effects if isinstance(e, PaymentRequest)]
    assert [(r.attempt, r.look_up) for r in requests] == [(1, False), (2, True), (3, True)]
    assert len({r.key for r in requests}) == 1
    assert {r.asked_s for r in requests} == {NOON_S}
    assert settlement.state == "unanswered"
    assert now_s == NOON_S + 3 * SHOP.policy.pay_within_s
    asked_s = [NOON_S + 2 * SHOP.policy.pay_within_s]
    for minute in range(1, 9 * 24 * 60):
        settlement, more = on_time(settlement, now_s + 60.0 * minute, SHOP)
        assert all(r.look_up for r in more if isinstance(r, PaymentRequest))
        asked_s += [now_s + 60.0 * minute for r in more if isinstance(r, PaymentRequest)]
    gaps_s = [b - a for a, b in pairwise(asked_s)]
    assert gaps_s == sorted(gaps_s)
    assert 60.0 <= gaps_s[0] <= 180.0
    assert max(gaps_s) <= 3660.0
    assert 6.9 * 86400 < asked_s[-1] - NOON_S <= 7 * 86400
    retried, effects = on_retry(settlement, "sato", now_s + 9 * 86400)
    assert retried.state == "asked"
    assert [(e.key, e.look_up) for e in effects if isinstance(e, PaymentRequest)] == [(requests[0].key, True)]


def test_what_nobody_has_heard_of_is_sent_again_and_nothing_else_is() -> None:
    settlement, effects = open_settlement(SHOP, "v1", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), NOON_S)
    settlement, _ = on_time(settlement, NOON_S + 10, SHOP)
    late, nothing = on_reply(settlement, said("absent", at_s=NOON_S + 9), SHOP)
    assert (late, nothing) == (settlement, []), "it answers no look-up"
    settlement, effects = on_reply(settlement, said("absent", at_s=NOON_S + 11), SHOP)
    (again,) = (e for e in effects if isinstance(e, PaymentRequest))
    assert (again.key, again.look_up, again.attempt) == ("kiosk:v1", False, 3)
    assert isinstance(effects[0], LedgerEntry)
    assert (effects[0].kind, effects[0].body["look_up"]) == ("payment-asked", False)


def test_an_unknown_counts_as_silence_but_not_when_it_answers_an_earlier_request() -> None:
    again, effects = on_reply(owing("asked"), said("unknown"), SHOP)
    assert (again.state, again.payments[-1].attempt, again.payments[-1].look_up) == ("asked", 2, True)
    assert [type(e) for e in effects] == [LedgerEntry, PaymentRequest]
    assert on_reply(again, said("unknown", at_s=NOON_S + 0.5), SHOP) == (again, [])


@pytest.mark.parametrize(
    ("answers", "state", "kinds"),
    [
        ("approved:a approved:a", "paid", "approved"),
        ("approved:a approved", "paid", "approved"),
        ("approved approved:a", "paid", "approved"),
        ("declined declined:x", "declined", "declined"),
        ("approved:a approved:b", "paid", "approved contradiction"),
        ("approved:a declined declined", "paid", "approved contradiction"),
        ("declined approved:a", "disputed", "declined contradiction"),
        ("declined approved:a approved:a declined", "disputed", "declined contradiction"),
        ("declined approved:a approved:b", "disputed", "declined contradiction contradiction"),
    ],
)
def test_a_provider_that_answers_twice(answers: str, state: State, kinds: str) -> None:
    settlement, seen = owing("asked"), []
    for number, answer in enumerate(answers.split()):
        outcome, _, reference = answer.partition(":")
        settlement, effects = on_reply(settlement, said(outcome, reference, NOON_S + 1 + number), SHOP)
        seen += [e for e in effects if isinstance(e, LedgerEntry)]
    assert settlement.state == state
    assert [e.kind.removeprefix("payment-") for e in seen] == kinds.split()
    assert sum(bool(e.postings) for e in seen) == (1 if answers.startswith("approved") else 0)


def test_an_endless_babbler_is_reported_a_few_times() -> None:
    settlement, entries = owing("asked"), 0
    for number in range(100):
        settlement, effects = on_reply(settlement, said("approved", f"r{number}"), SHOP)
        entries += len(effects)
    assert settlement.state == "paid"
    assert entries == 1 + settlement.contradictions == 9


THINGS = st.one_of(
    st.tuples(
        st.just("reply"),
        st.sampled_from(get_args(PaymentOutcome)),
        st.sampled_from(["", "a", "b"]),
    ),
    st.tuples(st.just("time"), st.floats(0, 40), st.just("")),
    st.tuples(st.sampled_from(["retry", "kept", "returned", "charge", "waive"]), st.just(0), st.just("")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(THINGS, max_size=14), st.sampled_from(["open", "review"]))
def test_whatever_happens_money_moves_once(things: list[tuple[str, object, str]], begin: str) -> None:
    cart = {"umbrella": 1}
    if begin == "open":
        settlement, effects = open_settlement(SHOP, "v1", "ana", cart, {}, traced(cart), NOON_S)
    else:
        settlement, effects = review_settlement(SHOP, "v1", "ana", cart, {}, traced(cart), "doubt", NOON_S)
    now_s = NOON_S
    for what, value, reference in things:
        before = settlement.state
        try:
            if what == "reply":
                settlement, more = on_reply(settlement, said(str(value), reference, now_s), SHOP)
            elif what == "time":
                now_s += float(str(value))
                settlement, more = on_time(settlement, now_s, SHOP)
            else:
                settlement, more = HAPPENS[what](settlement)  # type: ignore[index]
        except WrongMoment:
            assert settlement.state == before
            continue
        assert settlement.state == before or any(TABLE.get((before, e)) == settlement.state for e in EVENTS)
        effects += more
    entries = [e for e in effects if isinstance(e, LedgerEntry)]
    assert len({e.key for e in entries}) == len(entries)
    assert all(sum(p.amount_minor for p in e.postings) == 0 for e in entries)
    assert all(json.loads(json.dumps(e.body)) == e.body for e in entries)
    sent = [r for r in effects if isinstance(r, PaymentRequest)]
    assert len({r.key for r in sent}) == len({(r.key, r.amount_minor) for r in sent})
    moved = {p.account: p.amount_minor for e in entries for p in e.postings}
    assert moved.get("provider:payments", 0) == (1100 if settlement.state == "paid" else 0)
    waived = any(e.kind == "payment-waived" for e in entries)
    assert moved.get("written-off", 0) == (1100 if waived else 0)
    assert not waived or settlement.state == "void"
    book = Book()
    book.append(entries)
    assert book.prove() == []
    assert remembered(settlement) == remembered(settlement_of(entries)), "the book alone tells where it stands"
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(settlement), type=Settlement) == settlement


def remembered(settlement: Settlement | None) -> dict[str, object]:
    """All of a settlement that anything follows from; a cart by the units that it lists."""
    assert settlement is not None
    facts = {f: getattr(settlement, f) for f in Settlement.__slots__ if f not in ("cart", "prices")}
    prices = settlement.prices.products if settlement.prices is not None else {}
    return {**facts, "lists": settlement.listed, "prices": {sku: p.price_minor for sku, p in prices.items()}}


def test_a_review_stays_of_its_day_wherever_the_shop_says_it_stands_by_then() -> None:
    """Tax goes by the day on which the visit left, and so do the day's sales."""
    sku = min(SHOP.catalogue)
    late_s = NOON_S + 11.5 * 3600  # 23:30 where the shop stands
    review, effects = review_settlement(SHOP, "v1", "ana", {sku: 1}, {}, traced({sku: 1}), "doubt", late_s)
    (written,) = (e for e in effects if isinstance(e, LedgerEntry))
    moved = replace(SHOP, timezone=ZoneInfo("Pacific/Kiritimati"))
    for known in (review, settlement_of([written])):
        assert known is not None
        _, effects = on_reviewed(known, moved, {sku: 1}, {}, traced({sku: 1}), "sato", late_s + 60)
        sale = sale_of(next(e for e in effects if isinstance(e, LedgerEntry)).body)
        assert (sale.day, sale.issuer.timezone) == (sale_of(written.body).day, SHOP.timezone.key)


def test_a_person_charges_a_part_and_the_rest_is_withheld() -> None:
    cart = {"umbrella": 2, "green-tea": 1}
    settlement, _ = review_settlement(SHOP, "v1", "ana", cart, {}, traced(cart), "two people, one bag", NOON_S)
    assert settlement.listed == cart
    asked, effects = decided(settlement, "charge", umbrella=1)
    assert (asked.state, asked.total_minor, asked.key) == ("asked", 1100, "kiosk:v1")
    assert isinstance(effects[0], LedgerEntry)
    sale = sale_of(effects[0].body)
    assert (sale.decided_by, [(x.sku, x.quantity, x.certainty) for x in sale.lines]) == (
        "sato",
        [("umbrella", 1, 0.97)],
    )
    assert [(x.sku, x.quantity) for x in sale.withheld] == [("green-tea", 1), ("umbrella", 1)]
    void, effects = decided(settlement, "waive")
    assert (void.state, [type(e) for e in effects]) == ("void", [LedgerEntry])


def test_lines_that_cannot_be_charged_are_refused_and_the_visit_goes_on_waiting() -> None:
    settlement, _ = review_settlement(SHOP, "v1", "ana", {"umbrella": 1}, {}, traced({"umbrella": 1}), "doubt", NOON_S)
    for verdict, lines in (("charge", {}), ("charge", {"moon": 1}), ("waive", {"umbrella": 1})):
        with pytest.raises(ValueError, match=r"charge|catalogue"):
            decided(settlement, verdict, **lines)  # type: ignore[arg-type]


def test_what_is_owed_is_written_off_by_a_person_and_money_that_comes_late_is_told() -> None:
    waived, (entry,) = on_waived(owing("declined"), "sato", LATE_S)
    assert isinstance(entry, LedgerEntry)
    assert {p.account: p.amount_minor for p in entry.postings} == {"written-off": 178, "receivable:ana": -178}
    assert entry.body["decided_by"] == "sato"
    after, effects = on_reply(waived, said("approved", "late"), SHOP)
    assert after.state == "void"
    assert [e.kind for e in effects if isinstance(e, LedgerEntry)] == ["payment-contradiction"]


def test_what_cannot_have_happened_is_not_told_by_a_book() -> None:
    _, effects = on_retry(owing("unanswered"), "sato", LATE_S)
    assert isinstance(effects[0], LedgerEntry)
    with pytest.raises(WrongMoment, match="is paid"):
        retold(owing("paid"), effects[0])
    with pytest.raises(ValueError, match="does not tell what happened"):
        retold(owing("unanswered"), replace(effects[0], body={}))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_sale_balances_and_survives_the_book(data: st.DataObject) -> None:
    store = data.draw(shops())
    charged, withheld = data.draw(carts(store)), data.draw(carts(store))
    _, effects = open_settlement(store, "v1", "ana", charged, withheld, traced(charged, withheld), NOON_S)
    assert isinstance(effects[0], LedgerEntry)
    body = json.loads(json.dumps(effects[0].body))
    assert body == effects[0].body
    assert body_of(sale_of(body)) == body
    assert sum(p.amount_minor for p in effects[0].postings) == 0
    assert all(p.amount_minor for p in effects[0].postings)
