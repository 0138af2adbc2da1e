"""The forms of the shopper's API: what phones send is read by them, and tests hold to them what phones are answered.

Amounts come twice: ``…_minor`` in the currency's minor units, and as people write them. Times are UNIX seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge.records import ContestAbout, Purpose, Role

Code = Annotated[str, Meta(max_length=100)]
PublicKey = Annotated[str, Meta(max_length=100, description="32 bytes of Ed25519, base64")]
Sku = Annotated[str, Meta(min_length=1, max_length=200)]
Message = Annotated[str, Meta(max_length=500)]


class EnrolBody(Struct):
    """``code``: as it was typed or linked."""

    code: Code
    key: PublicKey


class AgainBody(Struct):
    """``key``: the phone's new one."""

    key: PublicKey


class LineBody(Struct):
    """So many of a product."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1000)]


class ContestBody(Struct):
    """What is wrong with a cart or a receipt."""

    about: ContestAbout
    lines: Annotated[list[LineBody], Meta(max_length=100)] = []
    message: Message = ""


class ConsentBody(Struct):
    """Somebody allows a use of their history, or takes that back."""

    purpose: Purpose
    given: bool


class DeleteBody(Struct):
    """Somebody is to be forgotten; ``subject``: themselves, said once more so that nobody does it by mistake."""

    subject: Annotated[str, Meta(min_length=1, max_length=200)]


class OpenedBody(Struct):
    """A product's page was opened."""

    sku: Sku


class OpinionBody(Struct):
    """What somebody says of a product that they have bought; no stars: they take back what they said."""

    sku: Sku
    stars: Annotated[int, Meta(ge=0, le=5)]
    text: Message = ""


# --- answers --------------------------------------------------------------------------------------------------------


class Welcome(Struct):
    """Whose phone this is now."""

    subject: str
    role: Role


class MayComeBack(Struct):
    """Whether this browser keeps a secret that is still good."""

    possible: bool


class CartLine(Struct):
    """``sure``: it would be charged as things stand; ``text``: how sure the shop is, where that has to be said."""

    sku: str
    name: str
    quantity: int
    certainty: float
    sure: bool
    text: str
    price: str = ""
    price_minor: int = 0


class Asked(Struct):
    """Somebody's age is looked at."""

    state: Literal["asked", "confirmed", "refused", "unanswered"]
    text: str


class Cart(Struct):
    """The visit of who is inside."""

    visit: str
    at_s: float
    lines: list[CartLine]
    total: str
    total_minor: int
    saved: str
    saved_minor: int
    age: Asked | None = None


class Row(Struct):
    """A visit in a line; its total is what it comes to by now."""

    visit: str
    at_s: float
    when: str
    state: str
    state_text: str
    units: int
    total: str
    total_minor: int
    open: str
    open_minor: int


class SoldLine(Struct):
    """A charged line."""

    sku: str
    name: str
    quantity: int
    price: str
    price_minor: int
    amount: str
    amount_minor: int


class FreeLine(Struct):
    """Something that is not charged, and why."""

    sku: str
    name: str
    quantity: int
    text: str


class NamedLine(Struct):
    """So many of a product."""

    sku: str
    name: str
    quantity: int


class Answer(Struct):
    """What staff answered."""

    when: str
    message: str


class Contest(Struct):
    """What somebody said against a visit."""

    at_s: float
    when: str
    about: ContestAbout
    about_text: str
    lines: list[NamedLine]
    message: str
    answers: list[Answer]


class Receipt(Row):
    """All of a visit. ``sold``: what it came to as it ended; ``off``: what was taken off it since; ``paper`` and
    ``papers``: the receipt, and what changed it, as text of 42 columns.
    """

    lines: list[SoldLine]
    withheld: list[FreeLine]
    review_text: str
    taken_back: list[NamedLine]
    sold: str
    sold_minor: int
    off: str
    off_minor: int
    given_back: str
    given_back_minor: int
    paper: str
    papers: list[str]
    contests: list[Contest]


class Receipts(Struct):
    """Some visits; ``before`` asks for those before them."""

    receipts: list[Row]
    before: str
    owed: str
    owed_minor: int


class Product(Struct):
    """A product that somebody has bought: ``units`` on so many visits (``times``), last on ``visit``; what it costs now
    where it is still ``sold``.
    """

    sku: str
    name: str
    units: int
    times: int
    at_s: float
    when: str
    visit: str
    sold: bool
    price: str
    price_minor: int


class Wanted(Struct):
    """A product that somebody may want, what it costs now, and why they are told (``why``); ``path``: its page."""

    sku: str
    name: str
    why: str
    path: str
    price: str
    price_minor: int


class Bought(Struct):
    """What somebody has bought over their last visits; what was bought last stands first. ``wanted``: what they may
    want next, the likeliest first; empty without their consent.
    """

    products: list[Product]
    wanted: list[Wanted]


class HeldOnce(Struct):
    """Somebody took so many units (negative: put back) at a moment; how sure the shop is of it."""

    at_s: float
    when: str
    quantity: int
    certainty: float
    sure: bool


class Held(Struct):
    """When somebody who is inside held a product; the newest first."""

    held: list[HeldOnce]


class ShopState(Struct):
    """``away``: nothing is heard of the shop."""

    connected: bool
    state: Literal["", "open", "degraded", "closed", "away"]


class Points(Struct):
    """What a member has; ``next_points`` of them end with the day ``next_until`` (empty: none ever do)."""

    points: int
    points_text: str
    next_points: int
    next_until: str
    next_when: str


class HeldCoupon(Struct):
    """A coupon; it is used by itself at the exit. ``until``: the last day on which it is good, empty: for ever."""

    promotion: str
    name: str
    until: str
    until_when: str


class Me(Struct):
    """Where somebody stands. ``points``: null where the shop gives none."""

    subject: str
    visit: Cart | None
    last: Row | None
    owed: str
    owed_minor: int
    contests: list[Contest]
    points: Points | None
    coupons: list[HeldCoupon]
    shop: ShopState
    now_s: float


class Allowed(Struct):
    """Something that a member may allow: a title, and what it means."""

    purpose: Purpose
    given: bool
    title: str
    text: str


class Account(Struct):
    """What somebody allows; ``stays``: what would be left of them."""

    subject: str
    purposes: list[Allowed]
    stays: str


class Opinion(Struct):
    """What somebody has said of a product (no stars: nothing); ``may``: they have bought it; ``shown``: to others."""

    may: bool
    stars: int
    text: str
    shown: bool


class Opened(Struct):
    """Whether it was counted."""

    counted: bool


class Deleted(Struct):
    """They are forgotten."""

    deleted: bool


class Contested(Struct):
    """It was taken down."""

    visit: str


class Failed(Struct):
    """``error``: one of a few names; ``text``: for whoever holds the phone; ``now_s`` of ``stale``: the shop's time."""

    error: str
    text: str
    now_s: float | None = None
