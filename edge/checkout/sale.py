"""What the book keeps of a sale: everything a receipt says, so that it can be printed again from the book alone.

Enters: the store, what is charged and withheld, and the cart lines behind it. Leaves: a `Sale`, and with `body_of`
the JSON-ready body of a ledger entry; `sale_of` reads it back. A catalogue changes its prices and names, a shop its
address: a receipt from last year must not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

import msgspec

from edge.checkout.bill import Bill, RateGroup, Rounding, group_of, make_bill
from edge.pricing import Coupon, Kind, Stay
from edge.records import CartLine, Exchange, Posting
from edge.store import Offers, Points, PriceList, Product, Store, TaxTable
from edge.store.offers import EarnOn
from edge.store.tax import TaxRate

PROVIDER_ACCOUNT = "provider:payments"
"""What the payment provider has taken for the shop and owes it."""

WRITTEN_OFF_ACCOUNT = "written-off"
"""What shoppers owed and a person has waived."""

State: TypeAlias = Literal["inside", "asked", "unanswered", "paid", "declined", "disputed", "void", "review"]
"""Where a settlement stands; `edge.payment.settlement` says what leads where."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who sells, as the shop's files said it on the day, and how its money and its time are written."""

    store: str
    name: str
    address: str
    registration: str
    timezone: str
    currency: str
    currency_digits: int
    prices_include_tax: bool
    languages: tuple[str, ...]
    rounding: Rounding | Literal[""] = ""
    """How tax is rounded; empty in books from before it was written down."""


@dataclass(frozen=True, slots=True)
class SoldDiscount:
    """So much off a line, and why: see `edge.pricing.Discount`. Those of kind ``basket`` are a line's part of one."""

    kind: Kind
    amount_minor: int
    id: str = ""
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A charged line and what stands behind it: how sure the runtime was, and the ids of the shelf events.

    ``price_minor`` is the list price of one; ``amount_minor`` what all of them cost, less the ``discounts``.
    """

    sku: str
    names: dict[str, str]
    quantity: int
    price_minor: int
    amount_minor: int
    rate_ppm: int
    reduced: bool
    certainty: float
    events: tuple[str, ...]
    what: float = 1.0
    who: float = 1.0
    rival: str = ""
    """See `edge.records.CartLine`."""
    discounts: tuple[SoldDiscount, ...] = ()
    fixed: bool = False
    """Outside every promotion."""

    @property
    def before_minor(self) -> int:
        """What it costs before what is off the whole basket."""
        return self.before_points_minor + sum(off.amount_minor for off in self.discounts if off.kind == "basket")

    @property
    def before_points_minor(self) -> int:
        """What it costs before points."""
        return self.amount_minor + self.points

    @property
    def points(self) -> int:
        """So many points were spent for it."""
        return sum(off.amount_minor for off in self.discounts if off.kind == "points")


@dataclass(frozen=True, slots=True)
class WithheldLine:
    """Something that the visit probably took and that is not charged, because the runtime is not sure enough.

    ``names`` is empty for a mass that no product of the catalogue explains.
    """

    sku: str
    names: dict[str, str]
    quantity: int
    certainty: float
    events: tuple[str, ...]
    what: float = 1.0
    who: float = 1.0
    rival: str = ""
    """See `edge.records.CartLine`."""
    why: Literal["", "age"] = ""
    """Empty: the runtime is not sure enough; ``age``: nobody has confirmed that they are old enough for it."""


@dataclass(frozen=True, slots=True)
class PromisedPrice:
    """What a unit costs whenever its tax is known; ``tax_class`` is the catalogue's, and so is ``price_minor``."""

    sku: str
    price_minor: int
    tax_class: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class SoldPoints:
    """What a member earned with it, and by which rule: see `edge.store.Points`."""

    earned: int
    earn: int
    per_minor: int
    on: EarnOn
    days: int


@dataclass(frozen=True, slots=True)
class Sale:
    """One visit's sale. ``state`` is where the settlement stood when this was written, ``reason`` why it needs a
    person (``review`` only). ``key`` is the provider's idempotency key, empty where nothing will ever be asked.
    ``promised`` holds the catalogue's prices of a review that has no lines, because it could not be priced, and of one
    whose prices may move: then ``offers`` says by what, and ``stay`` who took what when.
    """

    state: State
    subject: str
    issuer: Issuer
    day: date
    lines: tuple[SoldLine, ...]
    rates: tuple[RateGroup, ...]
    total_minor: int
    withheld: tuple[WithheldLine, ...]
    key: str = ""
    reason: str = ""
    decided_by: str = ""
    promised: tuple[PromisedPrice, ...] = ()
    exchanged: tuple[Exchange, ...] = ()
    """With whom the visit may have been exchanged, and what hangs on it; only of a review."""
    stay: Stay | None = None
    offers: Offers | None = None
    points: SoldPoints | None = None
    """Of a member, where the shop gives points."""
    coupons: tuple[Coupon, ...] = ()
    """Those that were used."""

    @property
    def spent(self) -> int:
        """So many points were spent."""
        return sum(line.points for line in self.lines)


def day_of_sale(at_s: float, timezone: ZoneInfo) -> date:
    """The local date of an instant: what tax rate holds, and what the receipt says."""
    return datetime.fromtimestamp(at_s, timezone).date()


def issuer_of(store: Store) -> Issuer:
    """Who issues a receipt, and by which rules of money and tax: kept in each sale, so that it prints by itself."""
    return Issuer(
        store.id,
        store.name,
        store.address,
        store.registration,
        str(store.timezone),
        store.currency,
        store.currency_digits,
        store.prices_include_tax,
        store.languages,
        store.tax.rounding,
    )


def make_sale(
    store: Store,
    subject: str,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: Iterable[CartLine],
    at_s: float,
    state: State,
    stay: Stay | None = None,
    unsold: Collection[str] = (),
) -> Sale:
    """The sale of a visit that left at ``at_s``; `UnpricedSale` where a product has no rate on that day.

    ``charged`` and ``withheld`` are sku -> units. ``lines`` is the whole cart: each charged and withheld unit finds
    its certainty and its shelf events there. ``stay``: when they took what; without one nobody knows. ``unsold``:
    what they are too young for.
    """
    cart = tuple(lines)
    day = day_of_sale(at_s, store.timezone)
    bill = make_bill(store, charged, day, stay)
    doubtful = withheld_lines(store, charged, withheld, cart, unsold)
    issuer, charged_lines = issuer_of(store), _sold(store, bill, cart)
    return Sale(
        state, subject, issuer, day, charged_lines, bill.groups, bill.total_minor, doubtful,
        points=_points(store.offers.points, issuer, charged_lines) if stay is not None and stay.member else None,
        coupons=_used(stay, charged_lines) if stay is not None else (),
    )  # fmt: skip


def _used(stay: Stay, lines: Iterable[SoldLine]) -> tuple[Coupon, ...]:
    """Of each promotion that was used the coupon that ends first."""
    used = {discount.id for line in lines for discount in line.discounts if discount.id}
    first: dict[str, Coupon] = {}
    for coupon in sorted(stay.coupons, key=lambda c: (c.until, c.id)):
        if coupon.promotion in used:
            first.setdefault(coupon.promotion, coupon)
    return tuple(first[promotion] for promotion in sorted(first))


def _points(rule: Points | None, issuer: Issuer, lines: tuple[SoldLine, ...]) -> SoldPoints | None:
    if rule is None:
        return None
    told = SoldPoints(0, rule.earn, rule.per_minor, rule.on, rule.days)
    return replace(told, earned=earned_with(told, issuer, lines))


def earned_with(rule: SoldPoints, issuer: Issuer, lines: Iterable[SoldLine], gone: Mapping[str, int] = {}) -> int:
    """What these lines earn by the rule of their sale, without the units that are ``gone``. Goods of a fixed price earn
    nothing. Without tax: what is left of each rate's sum when its tax is rounded as on the receipt.
    """
    sums: dict[tuple[int, bool], int] = {}
    for line in lines:
        if not line.fixed:
            left_minor = line.amount_minor - line.amount_minor * gone.get(line.sku, 0) // line.quantity
            rate = (line.rate_ppm, line.reduced)
            sums[rate] = sums.get(rate, 0) + left_minor
    groups = [
        group_of(sum_minor, *rate, issuer.prices_include_tax, issuer.rounding or "down")
        for rate, sum_minor in sums.items()
    ]
    basis_minor = sum(group.gross_minor if rule.on == "gross" else group.net_minor for group in groups)
    return basis_minor // rule.per_minor * rule.earn


def _sold(store: Store, bill: Bill, cart: tuple[CartLine, ...]) -> tuple[SoldLine, ...]:
    return tuple(
        SoldLine(
            line.sku,
            dict(store.catalogue[line.sku].names),
            line.quantity,
            line.price_minor,
            line.amount_minor,
            line.rate_ppm,
            line.reduced,
            *_behind(cart, line.sku, line.quantity),
            tuple(SoldDiscount(d.kind, d.amount_minor, d.id, dict(d.names)) for d in line.discounts),
            line.fixed,
        )
        for line in bill.lines
    )


def withheld_lines(
    store: Store,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    cart: tuple[CartLine, ...],
    unsold: Collection[str] = (),
) -> tuple[WithheldLine, ...]:
    """What is not charged, in the order of the skus. The certainty is that of *all* units, the charged ones first."""
    return tuple(
        WithheldLine(
            sku,
            dict(store.catalogue[sku].names) if sku in store.catalogue else {},
            withheld[sku],
            *_behind(cart, sku, charged.get(sku, 0) + withheld[sku]),
            "age" if sku in unsold else "",
        )
        for sku in sorted(withheld)
        if withheld[sku] > 0
    )


def _behind(cart: tuple[CartLine, ...], sku: str, quantity: int) -> tuple[float, tuple[str, ...], float, float, str]:
    """How sure the cart is of at least ``quantity`` of a product (0 where it does not say), its shelf events, and how
    sure what and who are, and who else it may have been.
    """
    same = [line for line in cart if line.sku == sku]
    events = tuple(dict.fromkeys(event for line in same for event in line.events))
    least = max((line for line in same if line.quantity >= quantity), key=lambda line: line.certainty, default=None)
    if least is None:
        return 0.0, events, 1.0, 1.0, ""
    return round(least.certainty, 4), events, least.what, least.who, least.rival


def body_of(sale: Sale) -> dict[str, object]:
    """The sale as the JSON-ready body of a ledger entry."""
    body = cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(sale)))
    for rated in (*body["lines"], *body["rates"]):
        rated["rate_bp"] = basis_points(rated.pop("rate_ppm"))
    _leave_out(body, "promised", "exchanged", "stay", "offers", "points", "coupons")
    if "stay" in body:
        _leave_out(body["stay"], "points", "coupons")
    if "offers" in body:
        _leave_out(body["offers"], "points")
        for promotion in body["offers"]["promotions"]:
            _leave_out(promotion, "coupon", "alone", "per_member", "in_all", "from_minor", "days")
    for line in body["lines"]:
        for discount in line["discounts"]:
            _leave_out(discount, "id", "names")
        _leave_out(line, "discounts", "fixed")
    for line in body["withheld"]:
        _leave_out(line, "why")
    for price in body.get("promised", ()):
        _leave_out(price, "fixed")
    return body


def _leave_out(said: dict[str, Any], *seldom: str) -> None:
    """Facts that say nothing here are not written."""
    for fact in seldom:
        if not said[fact]:
            del said[fact]


def sale_of(body: Mapping[str, object]) -> Sale:
    """The sale that an entry's body tells; `msgspec.ValidationError` where it tells none."""
    told = dict(body)
    for part in ("lines", "rates"):
        rated = told.get(part)
        if isinstance(rated, list):
            told[part] = [_in_ppm(each) for each in rated]
    return msgspec.convert(told, Sale)


def basis_points(rate_ppm: int) -> int | float:
    """A rate as the book and programs are told it: 800 for 8 %, 887.5 for 8.875 %."""
    return rate_ppm / 100 if rate_ppm % 100 else rate_ppm // 100


def _in_ppm(rated: object) -> object:
    """A line or a group of the book, its rate in parts per million: two digits behind the point come back exactly."""
    if not isinstance(rated, dict) or not isinstance(rated.get("rate_bp"), int | float):
        return rated
    rest = {key: said for key, said in rated.items() if key != "rate_bp"}
    return {**rest, "rate_ppm": round(rated["rate_bp"] * 100)}


def promised_by(sale: Sale) -> PriceList:
    """The prices that a sale of the book was made with: all that is left of them where nothing else remembers."""
    rates = {(line.rate_ppm, line.reduced): rate_name(line.rate_ppm, line.reduced) for line in sale.lines}
    tax = TaxTable(tuple(TaxRate(name, rate_ppm, reduced=reduced) for (rate_ppm, reduced), name in rates.items()))
    products = {
        x.sku: Product(
            x.sku, "", tuple(x.names.items()), x.price_minor, rates[x.rate_ppm, x.reduced], 1.0, 1.0,
            fixed_price=x.fixed,
        )
        for x in sale.lines
    }  # fmt: skip
    names = {line.sku: tuple(line.names.items()) for line in sale.withheld}
    for x in sale.promised:
        known = products.get(x.sku) or Product(x.sku, "", names.get(x.sku, ()), 0, x.tax_class, 1.0, 1.0)
        products[x.sku] = replace(known, price_minor=x.price_minor, fixed_price=x.fixed)
    issuer, offers = sale.issuer, sale.offers or Offers()
    return PriceList(issuer.currency, issuer.currency_digits, issuer.prices_include_tax, tax, products, offers)


# --- accounts ------------------------------------------------------------------------------------------------------


def receivable(subject: str) -> str:
    """The account of what a shopper owes."""
    return f"receivable:{subject}"


def rate_name(rate_ppm: int, reduced: bool) -> str:
    """How accounts name a rate: ``10%``, ``8%-reduced``, ``8.875%``."""
    percent = f"{Decimal(rate_ppm).scaleb(-4).normalize():f}"
    return f"{percent}%-reduced" if reduced else f"{percent}%"


def sale_postings(sale: Sale) -> tuple[Posting, ...]:
    """Dr receivable:<subject>, Cr sales:<rate>, Cr tax:<rate>; legs of nothing are left out."""
    legs = [Posting(receivable(sale.subject), sale.total_minor)]
    for group in sale.rates:
        rate = rate_name(group.rate_ppm, group.reduced)
        legs += [Posting(f"sales:{rate}", -group.net_minor), Posting(f"tax:{rate}", -group.tax_minor)]
    return tuple(leg for leg in legs if leg.amount_minor)
