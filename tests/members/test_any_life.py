"""Points in any order of events: nobody is below nothing, the book comes to what the state knows, twice is once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.ledger import Book
from edge.members import ISSUED, account_of, balance, wallets_of
from edge.payment import left_of, on_reply, open_settlement, review_settlement
from edge.pricing import Stay
from edge.records import Effect, LedgerEntry, PaymentRequest, PointsAdjusted, RefundReason, SettlementDecided, Verdict
from edge.runtime import step
from edge.runtime.points import points_of_sale, spendable
from edge.state import State, freeze, open_shop, thaw
from edge.store import Points, Store
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S
from tests.pricing.kiosk import BUNDLE, COUPON, kiosk

WHO = ("ana", "ben")
SKUS = ("onigiri-salmon", "green-tea", "umbrella", "battery-aa", "tobacco")


class Life:
    """A kiosk whose members come, go, bring things back; people give points and take some off; days pass."""

    def __init__(self, rule: Points) -> None:
        plain = kiosk(promotions=BUNDLE + COUPON)
        self.store: Store = replace(plain, offers=replace(plain.offers, points=rule))
        self.state: State = open_shop(self.store)
        self.book, self.provider = Book(), LocalProvider({"ben": "decline", "*": "approve"})
        self.now_s, self.visits = NOON_S, 0

    def sell(self, who: str, cart: dict[str, int], review: bool) -> None:
        self.visits += 1
        visit, key = f"v{self.visits}", f"kiosk:v{self.visits}"
        stay = Stay(self.now_s, self.now_s, who, member=True, points=spendable(self.state, who))
        if review:
            settlement, told = review_settlement(
                self.store, visit, who, cart, {}, traced(cart), "doubt", self.now_s, key, stay=stay
            )
        else:
            settlement, told = open_settlement(
                self.store, visit, who, cart, {}, traced(cart), self.now_s, key, stay=stay
            )
        self.state.settlements[visit] = settlement
        points_of_sale(self.state, self.store, self.now_s, told)
        self.carry(told)

    def decide(self, verdict: Verdict, lines: dict[str, int], visit: str) -> None:
        named = tuple(lines.items())
        reason: RefundReason | Literal[""] = "return" if verdict == "refund" else ""
        self.step(SettlementDecided(self.now_s, self.now_s, visit, verdict, named, "sato", reason))

    def step(self, record: SettlementDecided | PointsAdjusted) -> None:
        self.carry(step(self.state, self.store, record))

    def carry(self, effects: list[Effect]) -> None:
        entries = [e for e in effects if isinstance(e, LedgerEntry)]
        self.book.append(entries)
        assert self.book.append(entries) == 0
        for effect in effects:
            if isinstance(effect, PaymentRequest):
                for reply in self.provider.answer(effect, self.now_s):
                    settlement, more = on_reply(self.state.settlements[reply.settlement], reply, self.store)
                    self.state.settlements[reply.settlement] = settlement
                    self.carry(more)
        self.state = thaw(freeze(self.state))

    def holds(self) -> None:
        assert self.book.prove() == []
        told = wallets_of(written.entry for written in self.book.entries())
        assert told == self.state.points
        for who in WHO:
            has = balance(self.state.points.get(who, ()))
            assert has == -self.book.balance(account_of(who)) >= 0
        assert self.book.balance(ISSUED) == sum(balance(wallet) for wallet in told.values())


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_sum_of_postings_is_what_everybody_has(data: st.DataObject) -> None:
    rule = data.draw(
        st.builds(
            Points, st.integers(0, 30), st.sampled_from([1, 100, 108]), st.sampled_from(["gross", "net"]),
            st.sampled_from(["always", "never"]), st.integers(1, 200), st.integers(0, 3),
        )
    )  # fmt: skip
    life = Life(rule)
    for _ in range(data.draw(st.integers(1, 7))):
        life.now_s += data.draw(st.sampled_from([1.0, 3600.0, 90_000.0, 400_000.0]))
        what = data.draw(st.sampled_from(["sell", "sell", "refund", "waive", "charge", "adjust"]))
        who = data.draw(st.sampled_from(WHO))
        waits = {v for v, s in life.state.settlements.items() if s.state == "review"}
        if what == "sell":
            cart = data.draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1))
            life.sell(who, cart, data.draw(st.booleans()))
        elif what == "adjust":
            points = data.draw(st.integers(-300, 600).filter(bool))
            life.step(PointsAdjusted(life.now_s, life.now_s, who, points, "sato", "because"))
        elif what == "charge" and waits:
            visit = data.draw(st.sampled_from(sorted(waits)))
            life.decide("charge", life.state.settlements[visit].listed, visit)
        elif life.state.settlements:
            visit = data.draw(st.sampled_from(sorted(life.state.settlements)))
            if what == "waive":
                life.decide("waive", {}, visit)
            elif left := left_of(life.state.settlements[visit]):
                sku = data.draw(st.sampled_from(sorted(left)))
                life.decide("refund", {sku: data.draw(st.integers(1, left[sku]))}, visit)
        life.holds()


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 5), min_size=1), st.integers(0, 3000), st.data())
def test_what_goes_back_line_by_line_brings_back_every_point_and_every_yen(
    cart: dict[str, int], points: int, data: st.DataObject
) -> None:
    life = Life(Points(1, 100, spend="always"))
    if points:
        life.step(PointsAdjusted(life.now_s, life.now_s, "ana", points, "sato", "welcome"))
    life.sell("ana", cart, review=False)
    sold = life.state.settlements["v1"]
    assert sold.sale is not None
    assert sold.sale.spent <= points
    while left := left_of(life.state.settlements["v1"]):
        sku = data.draw(st.sampled_from(sorted(left)))
        life.decide("refund", {sku: data.draw(st.integers(1, left[sku]))}, "v1")
        life.holds()
    assert life.state.settlements["v1"].refunded_minor == sold.total_minor
    assert balance(life.state.points.get("ana", ())) == points
