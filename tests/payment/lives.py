"""Visits' money in any order of events: a moody provider, people who decide whatever they may, kills at any moment.

`World` carries effects as the driver does: the book first, then the provider. After every step it checks what must hold
whatever happened; it remembers how the book stands by carrying each entry out once more, as the proof does.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import get_args

import msgspec

from edge.adapters.payment.local import WORDS, LocalProvider, read_conduct
from edge.keys import unique
from edge.ledger import Written
from edge.ledger.canon import FIRST_HASH, chained
from edge.ledger.proof import Proof
from edge.payment import (
    OPERATION_TABLE,
    TABLE,
    Settlement,
    WrongMoment,
    begin_hold,
    due_s,
    left_of,
    look_up_next,
    looked_up,
    may,
    on_decided,
    on_reply,
    on_time,
    open_operations,
    open_settlement,
    operation_of,
    review_settlement,
    tab_settled_entry,
    tab_settled_name,
    visit_gone,
)
from edge.payment.settlement import operations
from edge.records import (
    Effect,
    LedgerEntry,
    PaymentOperation,
    PaymentOutcome,
    PaymentReply,
    PaymentRequest,
    SettledHow,
    SettlementDecided,
    TabSettled,
    Verdict,
)
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S, shop

MOST_VISITS = 6
VERDICTS: tuple[Verdict, ...] = ("charge", "waive", "retry", "kept", "returned", "refund", "release", "repaid")
OUTCOMES: tuple[PaymentOutcome, ...] = ("approved", "declined", "pending", "absent", "unknown")
OPERATIONS: tuple[PaymentOperation, ...] = ("hold", "capture", "release", "charge", "refund")


class Moody(LocalProvider):
    """Answers each request as it likes at that moment, until it is told to be ``good``."""

    def __init__(self, rng: Random, *, tab: bool) -> None:
        super().__init__(latency_s=0.8, tab=tab)
        self._rng, self.good = rng, False

    def _conduct(self, request: PaymentRequest) -> tuple[tuple[str, ...], ...]:
        return read_conduct("approve" if self.good else self._rng.choice(WORDS))


class World:
    """A few visits at a time. ``hostile``: replies come that no provider should give. ``tab``: all goes on tabs, and
    people pay of them.
    """

    def __init__(self, seed: int, *, hostile: bool, tab: bool = False) -> None:
        self.rng = Random(seed)
        store = shop()
        changes = {"retry_after_days": self.rng.choice([0.0, 0.01]), "pay_attempts": self.rng.choice([1, 3])}
        self.store = replace(store, policy=store.policy.model_copy(update=changes))
        self.skus = sorted(self.store.catalogue)
        self.hostile, self.tab = hostile, tab
        self.provider = Moody(self.rng, tab=tab)
        self.now_s = NOON_S
        self.visits: dict[str, Settlement] = {}
        self.coming: list[tuple[float, int, PaymentReply]] = []
        self.proof, self.last_hash = Proof(), FIRST_HASH
        self.balances: Counter[str] = Counter()
        self.tabs: Counter[str] = Counter()
        self.named: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.absent: set[str] = set()
        self.keys: set[str] = set()
        self.entries: list[LedgerEntry] = []
        self.steps = self.opened = self.replies = 0
        self.happened: Counter[str] = Counter()

    # --- what may happen ------------------------------------------------------------------------------------------

    def step(self) -> None:
        self.steps += 1
        self.rng.choices(
            [
                self.reply,
                self.time,
                self.decide,
                self.leave,
                self.come,
                self.kill,
                self.gone,
                self.nonsense,
                self.pay_off,
            ],
            [30, 12, 14, 8, 8, 2, 2, 8 if self.hostile else 0, 8 if self.tab else 0],
        )[0]()
        for visit in [v for v, s in self.visits.items() if s.is_over and self.rng.random() < 0.05]:
            del self.visits[visit]

    def come(self) -> None:
        if len(self.visits) >= MOST_VISITS:
            return
        self.opened += 1
        visit, subject = f"v{self.opened}", f"member-{self.rng.randrange(3)}"
        if self.rng.random() < 0.7:
            held_minor = self.rng.choice([100, 500, 3000])
            self.take(visit, begin_hold(visit, subject, "JPY", f"kiosk:{visit}", held_minor, self.now_s))
        else:
            self.end(visit, subject, None)

    def leave(self) -> None:
        inside = [s for s in self.visits.values() if s.state == "inside"]
        if inside:
            settlement = self.rng.choice(inside)
            self.end(settlement.visit, settlement.subject, settlement)

    def end(self, visit: str, subject: str, before: Settlement | None) -> None:
        cart = {sku: self.rng.randrange(1, 4) for sku in self.rng.sample(self.skus, self.rng.randrange(4))}
        lines, key = traced(cart), f"kiosk:{visit}"
        if self.rng.random() < 0.2:
            doubt = review_settlement(
                self.store, visit, subject, cart, {}, lines, "doubt", self.now_s, key, before=before
            )
            self.take(visit, doubt)
        else:
            self.take(visit, open_settlement(self.store, visit, subject, cart, {}, lines, self.now_s, key, before))

    def gone(self) -> None:
        inside = [s for s in self.visits.values() if s.state == "inside"]
        if inside:
            settlement = self.rng.choice(inside)
            self.take(settlement.visit, visit_gone(settlement, self.now_s))

    def reply(self) -> None:
        if self.coming:
            at_s, _, reply = heapq.heappop(self.coming)
            self.now_s = max(self.now_s, at_s)
            self.hear(msgspec.structs.replace(reply, received_s=self.now_s))  # nothing is heard before it is heard

    def hear(self, reply: PaymentReply) -> None:
        if reply.settlement not in self.visits:
            return
        about = operation_of(self.visits[reply.settlement], reply.key)
        self.absent = {about.key} if about is not None and reply.outcome == "absent" else set()
        self.take(reply.settlement, on_reply(self.visits[reply.settlement], reply, self.store))
        self.absent = set()
        found = look_up_next(self.visits.values(), self.now_s, self.store.policy.pay_within_s)
        if found is not None:
            self.take(found[0].visit, found)

    def time(self) -> None:
        self.now_s += self.rng.choice([0.1, 1.0, 11.0, 11.0, 100.0, 4000.0, 90_000.0, 700_000.0])
        for visit in list(self.visits):
            self.take(visit, on_time(self.visits[visit], self.now_s, self.store))
            for _ in range(5):
                at_s = due_s(self.visits[visit], self.store)
                if at_s is None or at_s > self.now_s:
                    break
                self.take(visit, on_time(self.visits[visit], self.now_s, self.store))
            else:
                raise AssertionError(f"time comes to no end: {self.visits[visit]}")

    def decide(self) -> None:
        if not self.visits:
            return
        settlement = self.rng.choice(list(self.visits.values()))
        allowed = may(settlement)
        verdict = self.rng.choice(allowed if allowed and self.rng.random() < 0.8 else VERDICTS)
        lines: dict[str, int] = {}
        if verdict == "charge":
            lines = {sku: self.rng.randrange(1, 3) for sku in self.rng.sample(self.skus, self.rng.randrange(3))}
        elif verdict == "refund" and self.rng.random() < 0.7:
            left = left_of(settlement)
            some = self.rng.sample(sorted(left), self.rng.randrange(len(left) + 1))
            lines = {sku: self.rng.randrange(1, left[sku] + 2) for sku in some}
        reason = self.rng.choice(["correction", "return"]) if verdict == "refund" else ""
        how = self.rng.choice(["cash", "transfer"]) if verdict == "repaid" else ""
        decided = SettlementDecided(
            self.now_s, self.now_s, settlement.visit, verdict, tuple(lines.items()), "sato", reason, how,  # type: ignore[arg-type]
        )  # fmt: skip
        try:
            found = on_decided(settlement, decided, self.store)
        except WrongMoment:
            assert verdict not in allowed, (settlement, verdict)
            return
        except ValueError:
            return
        assert verdict in allowed or verdict == "retry", (settlement, verdict)
        self.take(settlement.visit, found)

    def pay_off(self) -> None:
        """Somebody pays some of their tab, or all of it."""
        subject = f"member-{self.rng.randrange(3)}"
        open_minor = self.tabs[subject]
        if open_minor > 0:
            how = self.rng.choice(get_args(SettledHow))
            amount_minor = self.rng.choice([1, open_minor, self.rng.randint(1, open_minor)])
            settled = TabSettled(self.now_s, self.now_s, subject, amount_minor, how, "sato")
            self.write(tab_settled_entry(unique(self.named, tab_settled_name(settled)), settled, "JPY"))

    def kill(self) -> None:
        """The process is gone, and every answer on its way: everything is looked up, and nothing sent first."""
        self.coming.clear()
        requests = looked_up(self.visits.values())
        assert all(request.look_up for request in requests)
        assert [r.asked_s for r in requests] == sorted(r.asked_s for r in requests), "the oldest first"
        for request in requests:
            self.send(request)

    def nonsense(self) -> None:
        if not self.visits:
            return
        settlement = self.rng.choice(list(self.visits.values()))
        keys = [operation.key for operation in operations(settlement)]
        key = self.rng.choice([*keys, *keys, "", f"{settlement.key}/refund/1", "who knows"])
        amount_minor = self.rng.choice([None, None, 0, 50, 10**6])
        self.hear(
            PaymentReply(
                self.now_s, self.now_s - self.rng.choice([0.0, 0.0, 60.0]), settlement.visit,
                self.rng.choice(OUTCOMES), self.rng.choice(["", "a", "b"]), key, self.rng.choice(OPERATIONS),
                amount_minor, self.rng.choice([None, self.now_s + 100.0]), self.rng.choice(["", "expired"]),
                self.rng.choice([None, 3]),
            )
        )  # fmt: skip

    # --- what is made of it ---------------------------------------------------------------------------------------

    def take(self, visit: str, outcome: tuple[Settlement, list[Effect]]) -> None:
        """The book first, then the outside; and everything that must hold."""
        settlement, effects = outcome
        before = self.visits.get(visit)
        entries = [e for e in effects if isinstance(e, LedgerEntry)]
        for entry in entries:
            self.write(entry)
        self.visits[visit] = settlement
        self.follows_the_tables(before, settlement, len(entries))
        self.stands_in_the_book(settlement)
        self.is_in_balance(settlement)
        if self.rng.random() < 0.02:  # killed between the book and the provider: nothing was sent
            self.kill()
            return
        for effect in effects:
            if isinstance(effect, PaymentRequest):
                self.send(effect)

    def write(self, entry: LedgerEntry) -> None:
        assert entry.key not in self.keys, f"{entry.key} twice"
        self.keys.add(entry.key)
        self.entries.append(entry)
        assert json.loads(json.dumps(entry.body)) == entry.body
        self.last_hash = chained(self.last_hash, self.proof.seq + 1, entry)
        self.proof.take(Written(self.proof.seq + 1, entry, self.last_hash))
        assert not self.proof.faults, self.proof.faults
        self.happened[entry.kind] += 1
        for posting in entry.postings:
            if posting.account.startswith("tab:"):
                self.tabs[posting.account.removeprefix("tab:")] += posting.amount_minor
            self.balances[f"{entry.visit} {posting.account.partition(':')[0]}"] += posting.amount_minor

    def send(self, request: PaymentRequest) -> None:
        assert request.amount_minor > 0
        assert self.sent.setdefault(request.key, request.amount_minor) == request.amount_minor
        if not request.look_up and request.attempt > 1:
            assert request.key in self.absent, "sent again, and no look-up had found that it was not there"
        for reply in self.provider.answer(request, self.now_s):
            self.replies += 1
            heapq.heappush(self.coming, (reply.received_s, self.replies, reply))

    def follows_the_tables(self, before: Settlement | None, now: Settlement, hops: int) -> None:
        """Nothing happens that does not stand in a table."""
        state = before.state if before is not None else "new"
        reached = {state}
        for _ in range(hops):
            reached |= {after for (come_from, _), after in TABLE.items() if come_from in reached}
        assert now.state in reached, (before, now)
        known = {o.key: o for o in operations(before)} if before is not None else {}
        for operation in operations(now):
            was = known.get(operation.key)
            if was is None or was.state == operation.state:
                continue
            kept = now.state in ("paid", "declined") and before is not None and before.state == "disputed"
            single = {after for (s, _), after in OPERATION_TABLE.items() if s == was.state}
            assert operation.state in single or kept, (was, operation)

    def stands_in_the_book(self, settlement: Settlement) -> None:
        """The book alone tells where it stands."""
        told = self.proof._stands.get(settlement.visit)  # what the proof has carried out once more
        assert told is not None
        assert remembered(told) == remembered(settlement)

    def is_in_balance(self, settlement: Settlement) -> None:
        visit, sale = settlement.visit, settlement.sale
        stands = {account: self.balances[f"{visit} {account}"] for account in ACCOUNTS}
        assert sum(stands.values()) == 0
        assert stands["receivable"] == settlement.open_minor
        assert -stands["refundable"] == settlement.refundable_minor
        assert stands["refundable"] <= 0
        assert -stands["cash"] - stands["bank"] == settlement.repaid_minor
        assert stands["held-at-provider"] == -stands["held"] == settlement.held_minor
        taken = stands["provider"] + stands["fees"] + stands["tab"]
        assert taken == settlement.paid_minor - settlement.refunded_minor
        assert 0 <= settlement.refunded_minor <= settlement.paid_minor
        if sale is not None:
            back = settlement.lowered_minor + settlement.refundable_minor
            back += settlement.refunded_minor + settlement.repaid_minor
            over = max(0, settlement.paid_minor + settlement.lowered_minor - settlement.total_minor)
            assert stands["sales"] + stands["tax"] <= 0
            assert back >= over
            gone = Counter(dict(settlement.corrected))
            assert all(gone[line.sku] <= line.quantity for line in sale.lines)
            if not left_of(settlement):
                assert stands["sales"] + stands["tax"] == 0, "all of it was taken back, to the last yen"

    # --- the end --------------------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """The provider is well again, and time passes: nothing is unknown any more."""
        self.provider.good = True
        for visit in [v for v, s in self.visits.items() if s.state == "inside"]:
            self.take(visit, visit_gone(self.visits[visit], self.now_s))
        for _ in range(400):
            while self.coming:
                self.reply()
            self.now_s += 3700.0
            for visit in list(self.visits):
                self.take(visit, on_time(self.visits[visit], self.now_s, self.store))
            if not self.coming and not looked_up(self.visits.values()):
                break
        for visit, settlement in self.visits.items():
            assert not settlement.held_minor or settlement.state == "review" or settlement.until_s > self.now_s
            assert all(o.asked_s <= self.now_s - 8 * 86400 for o in open_operations(settlement)), visit

    def provider_agrees(self, visits: Sequence[str]) -> None:
        """What the provider really did for these visits is what the book says."""
        for visit in visits:
            mine = f"kiosk:{visit}"
            settlement = self.visits[visit]
            if any(o.is_open for o in operations(settlement)):
                continue  # it was silent for longer than a week, or written off before it was known
            took = sum(c.amount_minor for k, c in self.provider.charges.items() if k.split("/")[0] == mine)
            gave = sum(c.amount_minor for k, c in self.provider.refunds.items() if k.split("/")[0] == mine)
            assert took - gave == sum(self.balances[f"{visit} {account}"] for account in ("provider", "fees", "tab"))
            keeps = sum(c.amount_minor for k, c in self.provider.holds.items() if k.split("/")[0] == mine)
            refused = settlement.release is not None and settlement.release.state == "declined"
            over = settlement.until_s <= self.now_s or refused
            assert keeps == 0 or settlement.state == "review" or over, settlement


ACCOUNTS = (
    "receivable", "sales", "tax", "provider", "fees", "written-off", "held-at-provider", "held", "refundable", "cash",
    "bank", "tab",
)  # fmt: skip


def remembered(settlement: Settlement) -> dict[str, object]:
    """All of a settlement that anything follows from; a cart by the units that it lists."""
    facts = {f: getattr(settlement, f) for f in Settlement.__slots__ if f not in ("cart", "prices")}
    prices = settlement.prices.products if settlement.prices is not None else {}
    return {**facts, "lists": settlement.listed, "prices": {sku: p.price_minor for sku, p in prices.items()}}
