"""The payloads of the wire contract, as they stand in JSON.

One structure a topic, with its bounds. They are decoded by msgspec in microseconds; JSON Schemas are exported
from here (`edge.wire.schemas`). Unknown fields are ignored: fields may be added freely, the meaning of one
never changes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from edge.records import (
    ContestAbout,
    PaymentOperation,
    PaymentOutcome,
    Purpose,
    RefundReason,
    RepaidHow,
    SettledHow,
    Verdict,
)

UnixTime = Annotated[float, Meta(ge=0.0, le=1e10, description="UNIX time in seconds, UTC, when it was measured")]
"""Up to the year 2286: recordings keep nanoseconds in 64 bits."""
Metre = Annotated[float, Meta(ge=-10_000.0, le=10_000.0)]
Place = tuple[Metre, Metre, Metre]


Party = Annotated[float, Meta(ge=1, le=50, multiple_of=1, description="a whole number of people")]
"""Whole numbers are numbers here, because JSON has no others: ``1.0`` is what some languages write for 1."""
Units = Annotated[float, Meta(ge=0, le=100_000, multiple_of=1, description="a whole number of units")]
PlateNumber = Annotated[float, Meta(ge=1, le=1000, multiple_of=1, description="a whole number, from 1")]
Unbounded = Annotated[float, Meta(ge=-1e300, le=1e300)]
"""What JSON can say and 64 bits cannot hold is no number."""

Samples = Annotated[list[float | None], Meta(max_length=50_000)]


class WeightPayload(Struct, gc=False):
    """``shelf/<shelf>/weight``: one row of grams a plate, in plate order; null: could not be read. Of a shelf that was
    calibrated: whatever its controller says, in the order in which it was wired. A batch lasts at most 5 s
    (samples / hz). ``c``: the controller's temperature.
    """

    t: UnixTime
    hz: Annotated[float, Meta(ge=0.2, le=10_000.0)]
    g: Annotated[list[Samples], Meta(min_length=1, max_length=1000)]
    c: Annotated[float, Meta(ge=-100.0, le=200.0, description="degrees Celsius")] | None = None


class PersonPayload(Struct, gc=False, omit_defaults=True):
    """One person of ``camera/<camera>/people``, in the store frame."""

    head: Place
    hands: Annotated[list[Place], Meta(max_length=2)] = []
    score: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    embedding: Annotated[list[Unbounded], Meta(max_length=2048)] | None = None
    error: (
        Annotated[float, Meta(ge=0.0, le=10.0, description="of the head along the floor, m, a standard deviation")]
        | None
    ) = None


class PeoplePayload(Struct, gc=False):
    """``camera/<camera>/people``: everybody in one frame, anonymous."""

    t: UnixTime
    people: Annotated[list[PersonPayload], Meta(max_length=500)]


class HealthPayload(Struct, omit_defaults=True):
    """``camera/<camera>/health``: whether a camera sees, and if not why, with the remedy; at every change, and every
    ten seconds. Without ``t`` it is a last will. ``fps``: pictures a second; ``ms``: what one of them costs its node.
    """

    state: Literal["seeing", "blind"]
    t: UnixTime | None = None
    why: Annotated[str, Meta(max_length=1000)] = ""
    fps: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    ms: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None


class ScanPayload(Struct):
    """``gate/<gate>/scan``: a credential, or from a trusted reader a subject."""

    t: UnixTime
    credential: Annotated[str, Meta(max_length=4096)] | None = None
    subject: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    method: str = ""
    score: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    party: Party = 1


class PassagePayload(Struct):
    """``gate/<gate>/passage``: one person went through."""

    t: UnixTime
    direction: Literal["in", "out"]


LONGEST_REFERENCE = 1000
"""Characters of a provider's own number for a payment."""


class PaymentPayload(Struct):
    """``payment/<settlement>/reply``: what the provider said. The runtime itself writes it into its recording; what
    the keys mean, `edge.records.PaymentReply` says. Amounts are minor units.
    """

    t: UnixTime
    outcome: PaymentOutcome
    reference: Annotated[str, Meta(max_length=LONGEST_REFERENCE)] = ""
    key: Annotated[str, Meta(max_length=LONGEST_REFERENCE)] = ""
    operation: PaymentOperation = "charge"
    amount: Annotated[float, Meta(ge=0, le=10**15, multiple_of=1)] | None = None
    until: UnixTime | None = None
    why: Annotated[str, Meta(max_length=100)] = ""
    fee: Annotated[float, Meta(ge=-(10**15), le=10**15, multiple_of=1)] | None = None
    test: bool = False


class StandingPayload(Struct):
    """``shop/members/standing``: how somebody stands with the shop; ``key`` is an Ed25519 public key in base64."""

    t: UnixTime
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    key: Annotated[bytes, Meta(extra_json_schema={"pattern": "^(?:[A-Za-z0-9+/]{43}=)?$"})] = b""
    role: Literal["member", "staff"] = "member"
    revoked: bool = False
    age: Annotated[float, Meta(ge=0, le=120, multiple_of=1, description="proven years; 0: none")] = 0
    age_how: Annotated[str, Meta(max_length=200)] = ""
    age_by: Annotated[str, Meta(max_length=200)] = ""


class ModePayload(Struct):
    """``shop/mode/set``: staff say what the shop is doing."""

    t: UnixTime
    mode: Literal["open", "restock", "closed"]
    by: str = ""


class CountedPayload(Struct):
    """``shop/stock/counted``: staff have counted what stands in one place of the planogram."""

    t: UnixTime
    shelf: str
    plates: tuple[PlateNumber, PlateNumber]
    sku: str
    quantity: Units
    by: str = ""


class DecidedLinePayload(Struct):
    """So many units of a product are charged."""

    sku: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Annotated[float, Meta(ge=1, le=1000, multiple_of=1, description="a whole number of units")]


class DecidedPayload(Struct):
    """``shop/settlement/decided``: what a person decided about a visit. ``charge`` names its ``lines``; ``waive``
    charges nothing, or writes off what is owed; ``retry`` looks a silent payment up, or tries a declined one again;
    ``kept`` and ``returned`` say what became of money that was first declined; ``refund`` takes its ``lines`` back
    (none: all that is left) for a ``reason``; ``release`` lets go of what is reserved; ``repaid`` says ``how`` a person
    has given back what the provider could not.
    """

    t: UnixTime
    visit: Annotated[str, Meta(min_length=1, max_length=200)]
    verdict: Verdict
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    lines: Annotated[list[DecidedLinePayload], Meta(max_length=1000)] = []
    reason: RefundReason | Literal[""] = ""
    how: RepaidHow | Literal[""] = ""


class PayoutPayload(Struct):
    """``shop/money/payout``: a person says what came from the payment provider, minor units, and what it kept of that
    beyond what it told with its payments.
    """

    t: UnixTime
    amount: Annotated[float, Meta(ge=1, le=10**15, multiple_of=1)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    fee: Annotated[float, Meta(ge=0, le=10**15, multiple_of=1)] = 0
    note: Annotated[str, Meta(max_length=200)] = ""


class TabSettledPayload(Struct):
    """``shop/tab/settled``: a person says what a member has paid of their tab, minor units, and how: it was taken off
    their pay (``payroll``), came to the bank (``transfer``) or into the till (``cash``); or that nobody expects it any
    more (``written-off``), and ``note`` says why.
    """

    t: UnixTime
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    amount: Annotated[float, Meta(ge=1, le=10**15, multiple_of=1)]
    how: SettledHow
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    note: Annotated[str, Meta(max_length=200)] = ""


class PointsAdjustedPayload(Struct):
    """``shop/points/adjusted``: a person gives a member points, or takes some off (below zero), and says why."""

    t: UnixTime
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    points: Annotated[float, Meta(ge=-(10**9), le=10**9, multiple_of=1)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class CouponsIssuedPayload(Struct):
    """``shop/coupon/issued``: a person gives members a coupon each, good until a day (empty: for ever)."""

    t: UnixTime
    promotion: Annotated[str, Meta(min_length=1, max_length=64)]
    subjects: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(min_length=1, max_length=10_000)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    until: Annotated[str, Meta(max_length=10)] = ""
    reason: Annotated[str, Meta(max_length=200)] = ""


class CouponRevokedPayload(Struct):
    """``shop/coupon/revoked``: a person takes a coupon back that was not used; ``coupon``: the key of the entry in the
    book that gave it.
    """

    t: UnixTime
    coupon: Annotated[str, Meta(min_length=1, max_length=400)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class RecalledEntryPayload(Struct):
    """An entry about a visit's money, as the book has it."""

    kind: Annotated[str, Meta(min_length=1, max_length=100)]
    at: UnixTime
    body: dict[str, Any]
    currency: Annotated[str, Meta(max_length=3)] = ""


class RecalledPayload(Struct):
    """``shop/settlement/recalled``: what the book says about the money of a visit that is long over, because a person
    decides about it again.
    """

    t: UnixTime
    visit: Annotated[str, Meta(min_length=1, max_length=200)]
    entries: Annotated[list[RecalledEntryPayload], Meta(min_length=1, max_length=1000)]


class AgePayload(Struct):
    """``shop/age/decided``: staff have looked whether somebody inside is old enough for what they hold."""

    t: UnixTime
    visit: Annotated[str, Meta(min_length=1, max_length=200)]
    verdict: Literal["confirmed", "refused"]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    how: Annotated[str, Meta(max_length=200)] = ""


SEALED_AT_MOST = 3000
"""Characters of a sealed text (`edge.adapters.sealed`), of which people have typed 500 at most."""


class ContestedPayload(Struct):
    """``shop/visit/contested``: a shopper says that a cart or a receipt of theirs is wrong; money is not changed by it.
    ``about``: they did not take the ``lines`` (``not-taken``), something that they took is ``missing``, or ``other``.
    """

    t: UnixTime
    visit: Annotated[str, Meta(min_length=1, max_length=200)]
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    about: ContestAbout
    lines: Annotated[list[DecidedLinePayload], Meta(max_length=100)] = []
    message: Annotated[str, Meta(max_length=SEALED_AT_MOST)] = ""


class AnsweredPayload(Struct):
    """``shop/visit/answered``: what staff answer to it. ``contest``: the key of its entry in the book."""

    t: UnixTime
    visit: Annotated[str, Meta(min_length=1, max_length=200)]
    contest: Annotated[str, Meta(min_length=1, max_length=400)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    message: Annotated[str, Meta(min_length=1, max_length=SEALED_AT_MOST)]


class ConsentPayload(Struct):
    """``shop/members/consent``: a member allows a use of their history (``insight``: events and figures with their
    name), or takes that back; from then on nothing of them is there by name.
    """

    t: UnixTime
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: Purpose
    given: bool
    by: Annotated[str, Meta(min_length=1, max_length=200)]


class OpinionPayload(Struct):
    """``shop/product/opinion``: a member says something of a product that they have bought (``given``, with 1 to 5
    ``stars`` and a sealed ``text``), staff let it be read (``shown``), or either takes it away (``deleted``).
    """

    t: UnixTime
    step: Literal["given", "shown", "deleted"]
    sku: Annotated[str, Meta(min_length=1, max_length=200)]
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    stars: Annotated[float, Meta(ge=0, le=5, multiple_of=1)] = 0
    text: Annotated[str, Meta(max_length=SEALED_AT_MOST)] = ""


class PagePayload(Struct):
    """``shop/page/opened``: a product's page was opened, by who is inside on ``visit`` or by nobody that is known."""

    t: UnixTime
    sku: Annotated[str, Meta(min_length=1, max_length=200)]
    visit: Annotated[str, Meta(max_length=200)] = ""


class DeletedPayload(Struct):
    """``shop/members/deleted``: somebody is a member no more; what the shop remembers of them goes, and never comes
    back by itself.
    """

    t: UnixTime
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]


class StoreFilePayload(Struct):
    """A file of the store, and what it says from now on; null: it is gone."""

    name: Literal["store.toml", "catalogue.csv", "prices.csv"]
    text: Annotated[str, Meta(max_length=50_000_000)] | None


class StorePayload(Struct):
    """``shop/store/changed``: the shop goes on with other files from now on."""

    t: UnixTime
    files: Annotated[list[StoreFilePayload], Meta(max_length=3)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]


class TroublePayload(Struct):
    """``shop/sources/trouble``: what is wrong with a source of messages; empty: nothing any more."""

    t: UnixTime
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    trouble: Annotated[str, Meta(max_length=1000)] = ""


class TickPayload(Struct):
    """``shop/clock/tick``: time has passed."""

    t: UnixTime


class CommandPayload(Struct, omit_defaults=True):
    """``gate/<gate>/command``: open for so long for a visit, or stay shut for a reason."""

    open: bool
    for_s: Annotated[float, Meta(gt=0.0)] | None = None
    visit: str | None = None
    reason: str | None = None
    detail: str | None = None


class CartLinePayload(Struct):
    """One line of a cart: so many of a product, and how sure the runtime is of at least that many."""

    sku: str
    quantity: Annotated[int, Meta(ge=1)]
    certainty: Annotated[float, Meta(ge=0.0, le=1.0)]


class CartPayload(Struct, omit_defaults=True):
    """``visit/<visit>/cart``: the cart as it stands. An empty object says that the visit is over. ``total``: what the
    bill would come to, in minor units; ``saved``: by how much that is less than by list prices.
    """

    t: UnixTime | None = None
    lines: list[CartLinePayload] = []
    total: int = 0
    currency: str = ""
    saved: int = 0


class AskedAgePayload(Struct, omit_defaults=True):
    """``visit/<visit>/age``: somebody holds goods for which one must be ``age`` years old. ``state``: staff are asked,
    and until ``until_s`` waited for; they have ``confirmed`` or ``refused``; or nobody has answered (``unanswered``).
    ``in_words`` says so to the shopper, by language. An empty object: nothing is asked.
    """

    t: UnixTime | None = None
    state: Literal["", "asked", "confirmed", "refused", "unanswered"] = ""
    age: int = 0
    skus: list[str] = []
    until_s: UnixTime | None = None
    in_words: dict[str, str] = {}


class PlaceStockPayload(Struct):
    """So many units stand on plates first to last of a shelf."""

    shelf: str
    plates: tuple[int, int]
    quantity: int


class StockPayload(Struct):
    """``stock/<sku>``: how much of a product stands in its places, as far as somebody has counted them, and how many
    lie in wrong places (``astray``). ``about``: the number is not certain.
    """

    t: UnixTime
    sku: str
    quantity: int
    about: bool
    astray: int
    state: Literal["ok", "low", "out"]
    places: list[PlaceStockPayload]


class StatusPayload(Struct, omit_defaults=True):
    """``runtime/status``: how the shop is. ``why``: why no shopper may come in; ``blind``: shelf -> plates that cannot
    be read; ``late``: shelves and cameras that say nothing; ``troubles``: what else is wrong, and the remedy;
    ``waiting``: why visits wait for a person to decide -> how many.
    """

    state: Literal["open", "degraded", "closed"]
    t: UnixTime | None = None
    mode: Literal["open", "restock", "closed"] = "open"
    why: str = ""
    blind: dict[str, list[int]] = {}
    late: list[str] = []
    troubles: dict[str, str] = {}
    waiting: dict[str, int] = {}


class HangingLinePayload(Struct):
    """So many units of a product hang on it."""

    sku: str
    quantity: Annotated[int, Meta(ge=1)]


class ExchangePayload(Struct):
    """Another visit (empty: a stranger) with which one may have been exchanged, and what of its cart hangs on that."""

    visit: str
    lines: list[HangingLinePayload]


class AlertPayload(Struct, omit_defaults=True):
    """``runtime/alert``: something happened that staff should look at; not retained. ``waiting``: how many visits wait
    for a person by now, where it is about one of them; ``exchanged``: with whom that one may have been exchanged, and
    ``exchanged_in_words`` the same for people, by language.
    """

    t: UnixTime
    kind: str
    text: str
    visit: str = ""
    sku: str = ""
    waiting: int = 0
    exchanged: list[ExchangePayload] = []
    exchanged_in_words: dict[str, str] = {}


SAID: dict[str, type[Struct]] = {
    "gate/+/command": CommandPayload,
    "visit/+/cart": CartPayload,
    "visit/+/age": AskedAgePayload,
    "stock/+": StockPayload,
    "runtime/status": StatusPayload,
    "runtime/alert": AlertPayload,
}
"""Topic pattern -> payload of everything that the runtime says."""

SOMEBODY = {
    "anyOf": [{"required": [who], "properties": {who: {"type": "string"}}} for who in ("credential", "subject")]
}
"""A scan without either says nothing."""

PAYLOADS: dict[str, Any] = {
    "shelf/+/weight": WeightPayload,
    "camera/+/people": PeoplePayload,
    "camera/+/health": HealthPayload,
    "gate/+/scan": Annotated[ScanPayload, Meta(extra_json_schema=SOMEBODY)],
    "gate/+/passage": PassagePayload,
    "payment/+/reply": PaymentPayload,
    "shop/members/standing": StandingPayload,
    "shop/mode/set": ModePayload,
    "shop/stock/counted": CountedPayload,
    "shop/settlement/decided": DecidedPayload,
    "shop/money/payout": PayoutPayload,
    "shop/tab/settled": TabSettledPayload,
    "shop/points/adjusted": PointsAdjustedPayload,
    "shop/coupon/issued": CouponsIssuedPayload,
    "shop/coupon/revoked": CouponRevokedPayload,
    "shop/age/decided": AgePayload,
    "shop/visit/contested": ContestedPayload,
    "shop/visit/answered": AnsweredPayload,
    "shop/members/consent": ConsentPayload,
    "shop/members/deleted": DeletedPayload,
    "shop/product/opinion": OpinionPayload,
    "shop/page/opened": PagePayload,
    "shop/store/changed": StorePayload,
    "shop/settlement/recalled": RecalledPayload,
    "shop/sources/trouble": TroublePayload,
    "shop/clock/tick": TickPayload,
}
"""Topic pattern -> payload of everything that enters the runtime. What begins with ``payment`` and ``shop`` the runtime
writes into its own recording; it never listens for it on a broker."""
