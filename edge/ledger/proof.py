"""Does the book hold? Every entry in its order through everything that must be true.

Enters: entries as they were written. Leaves: faults. What is proved: numbers without gaps and an unbroken chain of
hashes; every entry sums to zero, in the book's one currency; a visit settles once, and its review comes before; every
charged line names the shelf events behind it, or the person who decided. And every number that follows from others:
list prices and discounts to lines, lines to rates, rates to taxes and totals (as the bill computes them), totals to
postings, postings to payments, and where money stands after each (as the state table has it): each entry is carried
out once more, and should read so. Points as well: what a sale earned and spent, and every wallet after each.

What follows from nothing in the book cannot be proved by it: the list price, quantity and certainty of a line, what
its discounts were given for, what was withheld, with whom somebody may have been exchanged, the times, and names.
Against those stands the chain of hashes alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec

from edge.checkout import Sale, SoldLine, earned_with, sale_of
from edge.checkout.bill import WHOLE_PPM, Rounding, off_each, share_of
from edge.keys import payment_key
from edge.ledger.canon import FIRST_HASH, Written, canonical, chained
from edge.ledger.faults import BookFault
from edge.members import KINDS as POINTS
from edge.members import Wallet, points_retold
from edge.members.coupons import COUPONS, GIVEN, GIVEN_BACK, REVOKED, USED, take
from edge.payment import PAYOUT, TAB_SETTLED, Settlement, payout_retold, retold, tab_settled_retold, tells_money
from edge.pricing import Coupon
from edge.records import LedgerEntry

ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)

MONEY = ("review:", "settlement:", "payment:")
"""How keys of entries about money begin."""


class Proof:
    """Takes entries one by one and keeps the faults. Memory grows with the visits, not with the entries."""

    def __init__(self) -> None:
        self.faults: list[BookFault] = []
        self.seq = 0
        self._hash = FIRST_HASH
        self._stands: dict[str, Settlement] = {}
        self._owed: defaultdict[str, int] = defaultdict(int)
        self._tabs: defaultdict[str, int] = defaultdict(int)
        self._wallets: dict[str, Wallet] = {}
        self._gone: dict[str, dict[str, int]] = {}
        self._coupons: dict[str, dict[str, Coupon]] = {}
        self._uses: dict[str, tuple[str, ...]] = {}
        self._digits: dict[str, int] = {}
        self._scans: dict[str, LedgerEntry] = {}
        self._currency = ""

    def take(self, written: Written) -> None:
        """The next entry of the book."""
        found = [*self._chain(written), *self._balance(written.entry), *self._meaning(written.entry)]
        self.faults += [BookFault(written.seq, written.entry.key, what) for what in found]

    def _chain(self, written: Written) -> list[str]:
        found = []
        if written.seq != self.seq + 1:
            found.append(f"comes after entry {self.seq}: entries are missing")
        if written.hash != chained(self._hash, written.seq, written.entry):
            found.append("its hash does not follow from its content and the entry before: the book was changed")
        self.seq, self._hash = written.seq, written.hash
        return found

    def _balance(self, entry: LedgerEntry) -> list[str]:
        found = []
        total = sum(posting.amount_minor for posting in entry.postings)
        if total:
            found.append(f"its postings sum to {total}, not to zero")
        if entry.postings:
            self._currency = self._currency or entry.currency
            if entry.currency != self._currency:
                found.append(f"is in {entry.currency}, the book in {self._currency}")
        for posting in entry.postings:
            if posting.account.startswith("receivable:"):
                self._owed[entry.visit] += posting.amount_minor
            elif posting.account.startswith("tab:"):
                self._tabs[posting.account] += posting.amount_minor
        if self._owed.get(entry.visit, 0) < 0:
            found.append(f"visit {entry.visit} has paid more than it owed")
        return found

    def _meaning(self, entry: LedgerEntry) -> list[str]:
        if entry.kind == "lost":
            return ["an entry was lost here, and its mirror does not have it either"]
        if entry.kind == "visit":
            self._scans[entry.visit] = entry
        if tells_money(entry):
            return self._money(entry)
        if entry.kind == PAYOUT:
            try:
                return _differences(entry, payout_retold(entry))
            except ValueError as error:
                return [str(error)]
        if entry.kind == TAB_SETTLED:
            return self._tab(entry)
        if entry.kind in POINTS:
            return self._points(entry)
        if entry.kind in COUPONS:
            return self._coupon(entry)
        if entry.postings or entry.key.startswith(MONEY):
            return ["moves money, but is neither a settlement nor a payment"]
        return []

    def _tab(self, entry: LedgerEntry) -> list[str]:
        """Nobody pays more than what is on their tab, and the entry reads as its body tells."""
        over = [p.account for p in entry.postings if p.amount_minor < 0 and self._tabs.get(p.account, 0) < 0]
        found = [f"pays more than was open on {account}" for account in over]
        try:
            return found + _differences(entry, tab_settled_retold(entry))
        except ValueError as error:
            return [*found, str(error)]

    def _points(self, entry: LedgerEntry) -> list[str]:
        """What a sale and what was taken off it come to in points, and nobody has less than none."""
        subject = str(entry.body.get("subject", ""))
        stands = self._stands.get(entry.visit)
        sale = stands.sale if stands is not None and stands.subject == subject else None
        gone = dict(stands.corrected) if stands is not None else {}
        try:
            wallet, wanted = points_retold(
                self._wallets.get(subject, ()), entry, sale, self._gone.get(entry.visit, {}), gone
            )
        except ValueError as error:
            return [str(error)]
        self._wallets[subject] = wallet
        if entry.visit:
            self._gone[entry.visit] = gone
        return _differences(entry, wanted)

    def _coupon(self, entry: LedgerEntry) -> list[str]:
        """A coupon is given once, and then held until it is used or revoked; a sale used those that it names."""
        found = ["moves money, and is about a coupon"] if entry.postings else []
        try:
            subject = str(entry.body["subject"])
            name = entry.key if entry.kind == GIVEN else str(entry.body["coupon"])
            mine = self._coupons.get(subject, {})
            if entry.kind in (USED, REVOKED) and name not in mine:
                found.append(f"{subject} does not hold the coupon {name}")
            elif entry.kind in (USED, REVOKED) and mine[name].promotion != entry.body["promotion"]:
                found.append(f"the coupon {name} is for {mine[name].promotion}")
            if entry.kind == GIVEN_BACK and name in mine:
                found.append(f"the coupon {name} was not used")
            if entry.kind == USED:
                if name not in self._uses.get(entry.visit, ()):
                    found.append(f"the sale of visit {entry.visit} does not name the coupon {name}")
                self._uses[entry.visit] = tuple(c for c in self._uses.get(entry.visit, ()) if c != name)
            take(self._coupons, entry)
        except (KeyError, ValueError) as error:
            found.append(f"its body tells nothing about a coupon: {error!r}")
        return found

    def _money(self, entry: LedgerEntry) -> list[str]:
        """Carried out once more after what came before it, an entry should read as it does."""
        before = self._stands.get(entry.visit)
        found: list[str] = []
        try:
            if entry.kind in ("review", "settlement"):
                sale = sale_of(entry.body)
                review = before if before is not None and before.state != "inside" else None
                found = [*_sums(sale), *_facts(entry, sale, review), *_held(sale, before), *self._scanned(entry, sale)]
                if entry.kind == "settlement" and sale.coupons:
                    self._uses[entry.visit] = tuple(coupon.id for coupon in sale.coupons)
                digits = self._digits.setdefault(sale.issuer.currency, sale.issuer.currency_digits)
                if sale.issuer.currency_digits != digits:
                    found.append(f"writes {sale.issuer.currency_digits} digits behind the point, the book {digits}")
            self._stands[entry.visit], wanted = retold(before, entry)
        except msgspec.ValidationError as error:
            return [f"its body tells no sale: {error}"]
        except (ValueError, KeyError, OverflowError) as error:  # times and places that there are not, too
            return [*found, str(error)]
        return found + _differences(entry, wanted)

    def _scanned(self, entry: LedgerEntry, sale: Sale) -> list[str]:
        """Against the scan that let the visit in, where the book has it: who it is, and the key of the charge."""
        scan = self._scans.pop(entry.visit, None) if entry.kind == "settlement" else self._scans.get(entry.visit)
        if scan is None:
            return []
        subject, gate, nonce = (str(scan.body.get(fact, "")) for fact in ("subject", "gate", "nonce"))
        found = [] if subject == sale.subject else [f"{sale.subject} is charged, {subject} came in"]
        key = payment_key(sale.issuer.store, entry.visit, subject, gate, scan.at_s, nonce)
        if sale.key and sale.key not in (key, f"{sale.issuer.store}:{entry.visit}"):
            found.append(f"its key {sale.key} is that of another visit")
        return found


def _facts(entry: LedgerEntry, sale: Sale, before: Settlement | None) -> list[str]:
    """What a sale must say about itself."""
    found = []
    settled = entry.kind == "settlement"
    for line in sale.lines:
        if settled and not line.events and not sale.decided_by:
            found.append(f"{line.sku} is charged without any shelf event behind it")
        found += _line(line)
        if not 0.0 <= line.certainty <= 1.0:
            found.append(f"{line.sku} is {line.certainty} sure")
    found += [f"{line.quantity} of {line.sku} are withheld" for line in sale.withheld if line.quantity < 1]
    if len({line.sku for line in sale.lines}) < len(sale.lines):
        found.append("a product stands on two lines")
    if before is not None and settled and not sale.decided_by:
        found.append(f"visit {entry.visit} was in review, and nobody decided it")
    if before is not None and settled and sale.subject != before.subject:
        found.append(f"{sale.subject} is charged, the review was about {before.subject}")
    if before is None and sale.decided_by:
        found.append(f"{sale.decided_by} decided about visit {entry.visit}, which was not in review")
    if settled and bool(sale.key) != bool(sale.total_minor):
        found.append(f"its total is {sale.total_minor} and its key is {sale.key!r}")
    if settled and before is not None and sale.key and before.key not in ("", sale.key):
        found.append(f"its key is {sale.key}, the review's {before.key}")
    if settled == bool(sale.reason):
        found.append("a review has a reason, and nothing else has" if settled else "a review without a reason")
    found += [*_hanging(entry, sale), *_off(sale), *_points(sale)]
    left = datetime.fromtimestamp(entry.at_s, ZoneInfo(sale.issuer.timezone)).date()
    if before is None and sale.day != left:
        found.append(f"is of {sale.day}, and the visit ended on {left}")
    return found


def _held(sale: Sale, before: Settlement | None) -> list[str]:
    """What was reserved when the visit came in is the same person's, under the same key."""
    if before is None or before.state != "inside":
        return []
    found = [] if sale.subject == before.subject else [f"{sale.subject} is charged, and it is {before.subject}'s hold"]
    if sale.key and sale.key != before.key:
        found.append(f"its key is {sale.key}, what is reserved is {before.key}'s")
    return found


def _line(line: SoldLine) -> list[str]:
    """A line's own sum: so many times the list price, less what is off it, and never less than nothing."""
    found = []
    off = sum(discount.amount_minor for discount in line.discounts)
    less = f" less {off}" if off else ""
    if line.amount_minor != line.price_minor * line.quantity - off or line.quantity < 1 or line.price_minor < 0:
        found.append(f"{line.sku}: {line.quantity} x {line.price_minor}{less} is not {line.amount_minor}")
    if line.amount_minor < 0 or any(discount.amount_minor < 1 for discount in line.discounts):
        found.append(f"{line.sku}: a discount pays out, or takes nothing off")
    if line.fixed and any(discount.kind != "changed" for discount in line.discounts):
        found.append(f"{line.sku} has a fixed price, and something is off it")
    return found


def _off(sale: Sale) -> list[str]:
    """What is off the whole basket is one discount, and so are points after it, each split over rates and lines by what
    these cost.
    """
    found = []
    for kind, what in (("basket", "what is off the whole basket is"), ("points", "points are")):
        parts = [[d for d in line.discounts if d.kind == kind] for line in sale.lines]
        whole = [discount for same in parts for discount in same]
        if not whole:
            continue
        if len({discount.id for discount in whole}) > 1 or any(len(same) > 1 for same in parts):
            found.append("more than one discount is off the whole basket")
            continue
        before = [line.before_minor if kind == "basket" else line.before_points_minor for line in sale.lines]
        costs = [(b, (x.rate_ppm, x.reduced), x.fixed) for b, x in zip(before, sale.lines, strict=True)]
        each = [sum(discount.amount_minor for discount in same) for same in parts]
        if off_each(costs, sum(each)) != each:
            found.append(f"{what} not split over its lines by what they cost")
    return found


def _points(sale: Sale) -> list[str]:
    """What was earned follows from what was sold, by the rule that the sale tells; nobody else spends."""
    if sale.points is None:
        return ["points were spent for it, and it says of nobody's"] if sale.spent else []
    rule = sale.points
    if rule.per_minor < 1 or rule.earn < 0 or rule.days < 0:
        return ["its rule about points is none"]
    earned = earned_with(rule, sale.issuer, sale.lines)
    return [] if earned == rule.earned else [f"it earned {earned} points, not {rule.earned}"]


def _hanging(entry: LedgerEntry, sale: Sale) -> list[str]:
    """With whom a visit may have been exchanged is said of reviews alone, and no more hangs on it than they list."""
    if not sale.exchanged:
        return []
    found = [] if entry.kind == "review" else ["says with whom it may have been exchanged, and is no review"]
    others = [exchange.visit for exchange in sale.exchanged]
    if entry.visit in others or len(set(others)) < len(others):
        found.append("may have been exchanged with itself, or twice with the same visit")
    listed = Counter({line.sku: line.quantity for line in sale.lines})
    listed.update({line.sku: line.quantity for line in sale.withheld})
    for exchange in sale.exchanged:
        hangs = Counter({units.sku: units.quantity for units in exchange.lines})
        if len(hangs) < len(exchange.lines) or hangs - listed or min(hangs.values(), default=1) < 1:
            found.append(f"more hangs on whether it was {exchange.visit} than it lists")
    return found


def _sums(sale: Sale) -> list[str]:
    """Lines -> rates -> taxes -> total, with the one rounding inside each rate."""
    found = []
    rates = [(group.rate_ppm, group.reduced) for group in sale.rates]
    if rates != sorted(set(rates)) or set(rates) != {(line.rate_ppm, line.reduced) for line in sale.lines}:
        found.append("its rates are not those of its lines, each once and in their order")
    includes = sale.issuer.prices_include_tax
    rounded = {sale.issuer.rounding} if sale.issuer.rounding else set(ROUNDINGS)
    for group in sale.rates:
        if group.net_minor + group.tax_minor != group.gross_minor:
            found.append(f"rate {group.rate_ppm}: {group.net_minor} + {group.tax_minor} is not {group.gross_minor}")
        rate = (group.rate_ppm, group.reduced)
        lines_minor = sum(line.amount_minor for line in sale.lines if (line.rate_ppm, line.reduced) == rate)
        stated_minor = group.gross_minor if includes else group.net_minor
        if lines_minor != stated_minor:
            found.append(f"rate {group.rate_ppm}: its lines sum to {lines_minor}, it says {stated_minor}")
        whole_ppm = WHOLE_PPM + group.rate_ppm if includes else WHOLE_PPM
        ways = {way for way in rounded if share_of(stated_minor, group.rate_ppm, whole_ppm, way) == group.tax_minor}
        if not ways:
            found.append(f"rate {group.rate_ppm}: {group.tax_minor} is not the tax of {stated_minor}")
        rounded = ways or rounded
    total_minor = sum(group.gross_minor for group in sale.rates)
    if total_minor != sale.total_minor:
        found.append(f"its rates sum to {total_minor}, its total says {sale.total_minor}")
    return found


def _differences(entry: LedgerEntry, wanted: LedgerEntry) -> list[str]:
    """In what an entry reads otherwise than it must."""
    found = []
    for what, is_, should in (
        ("key", entry.key, wanted.key),
        ("kind", entry.kind, wanted.kind),
        ("currency", entry.currency, wanted.currency),
        ("postings", _legs(entry), _legs(wanted)),
    ):
        if is_ != should:
            found.append(f"its {what} should be {should or 'none'}, not {is_ or 'none'}")
    facts = sorted({*entry.body, *wanted.body})
    wrong = [f for f in facts if canonical(entry.body.get(f)) != canonical(wanted.body.get(f))]
    return found + [f"its {f} should be {wanted.body.get(f)!r}, not {entry.body.get(f)!r}" for f in wrong]


def _legs(entry: LedgerEntry) -> str:
    return ", ".join(f"{posting.account} {posting.amount_minor:+}" for posting in entry.postings)
