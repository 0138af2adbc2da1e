"""What crosses rooms: the records that enter the shop and the facts that the rooms tell each other.

Everything here is frozen and slotted and carries its own time. Units stand last in every name:
``at_s`` is UNIX time in seconds (UTC) when a thing was *measured*, ``received_s`` when the runtime
received it, ``mass_g`` is grams, positions are metres in the store frame (right-handed, z up, floor
at z = 0), money is an integer in the currency's minor unit.

Nothing is validated here: `edge.wire` has done that at the border. Records come by the thousand a second, and are
`msgspec.Struct`: made in a tenth of the time that a frozen dataclass takes (`msgspec.structs.replace` copies them).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float, float]
"""x, y, z in metres, store frame."""

Direction: TypeAlias = Literal["in", "out"]


# --- what sensors, gates and providers say ---------------------------------------------------------


class WeightBatch(msgspec.Struct, frozen=True, eq=False):
    """A controller's batch of samples for one shelf.

    ``mass_g`` has shape (plates, samples), float64, NaN where a sample could not be read. Row i, column j was
    measured at ``at_s + j / hz``. On a shelf that was calibrated it is what the controller says, in its own unit and
    order, until the shelf's profile has turned it into grams in plate order. ``celsius``: the controller's own
    temperature, NaN where it does not tell.
    """

    received_s: float
    at_s: float
    shelf: str
    hz: float
    mass_g: NDArray[np.float64]
    celsius: float = math.nan


class PersonSeen(msgspec.Struct, frozen=True, gc=False):
    """One person in one camera frame: head, the wrists that were seen, and optional appearance."""

    head: Point
    hands: tuple[Point, ...]
    score: float
    embedding: tuple[float, ...] | None = None
    error_m: float | None = None
    """How far the head may be off along the floor, one standard deviation; None: the camera does not say."""


class PeopleFrame(msgspec.Struct, frozen=True, gc=False):
    """Everybody whom one camera saw in one frame, anonymous, in no particular order."""

    received_s: float
    at_s: float
    camera: str
    people: tuple[PersonSeen, ...]


class GateScan(msgspec.Struct, frozen=True):
    """A reader that authenticates people by itself says who stands at an entry gate, how it knows, and how surely."""

    received_s: float
    at_s: float
    gate: str
    subject: str
    method: str
    party: int
    score: float = 1.0


class CredentialScan(msgspec.Struct, frozen=True):
    """A phone showed a code at an entry gate; ``credential`` is its text, not believed yet."""

    received_s: float
    at_s: float
    gate: str
    credential: str


class GatePassage(msgspec.Struct, frozen=True):
    """One person went through a gate's light barrier."""

    received_s: float
    at_s: float
    gate: str
    direction: Direction


PaymentOperation: TypeAlias = Literal["hold", "capture", "release", "charge", "refund"]
"""What a provider is asked to do: reserve money, take of what is reserved, let go of it, take, give back."""

PaymentOutcome: TypeAlias = Literal["approved", "declined", "pending", "absent", "unknown"]
"""``pending``: it was accepted, and what becomes of it is told later; ``absent``: a look-up found that nobody ever
asked for this; ``unknown``: nobody said in time.
"""


NO_MONEY: Final = "local-"
"""References begin so where a provider only says that it took money, and moves none."""

TAB: Final = "tab-"
"""References begin so where money was put on a member's tab, which is settled by the month."""


class PaymentReply(msgspec.Struct, frozen=True):
    """What the payment provider said about a visit's money, asked or not.

    ``key``: the idempotency key of the operation that it is about; empty in recordings from before there were several.
    ``amount_minor``: what was really held, taken or given back, where it says so; ``until_s``: when a hold ends by
    itself; ``why``: of a declined one, a name that `docs/payment.md` lists; ``fee_minor``: what the provider keeps;
    ``test``: it says so in a mode of its own for trying out, and no money moves.
    """

    received_s: float
    at_s: float
    settlement: str
    outcome: PaymentOutcome
    reference: str = ""
    key: str = ""
    operation: PaymentOperation = "charge"
    amount_minor: int | None = None
    until_s: float | None = None
    why: str = ""
    fee_minor: int | None = None
    test: bool = False


Role: TypeAlias = Literal["member", "staff"]
Mode: TypeAlias = Literal["open", "restock", "closed"]


class Standing(msgspec.Struct, frozen=True):
    """How somebody stands with the shop from now on. ``key``: their Ed25519 public key, 32 bytes, or none. ``age``:
    so old they have proven to be (0: nothing is known), ``age_how`` and to whom, ``age_by``.
    """

    received_s: float
    at_s: float
    subject: str
    key: bytes
    role: Role
    revoked: bool
    age: int = 0
    age_how: str = ""
    age_by: str = ""


class ModeSet(msgspec.Struct, frozen=True):
    """Staff say what the shop is doing from now on."""

    received_s: float
    at_s: float
    mode: Mode
    by: str


class StockCounted(msgspec.Struct, frozen=True):
    """Staff have counted what stands in one place: plates ``first``…``last`` of a shelf."""

    received_s: float
    at_s: float
    shelf: str
    first: int
    last: int
    sku: str
    quantity: int
    by: str


Verdict: TypeAlias = Literal["charge", "waive", "retry", "kept", "returned", "refund", "release", "repaid"]
RefundReason: TypeAlias = Literal["correction", "return"]
"""Why something that was charged is taken back: it was never taken, or it was brought back."""
RepaidHow: TypeAlias = Literal["cash", "transfer"]
"""How a person has given money back that the provider could not."""


class SettlementDecided(msgspec.Struct, frozen=True):
    """A person has decided about a visit. ``lines``: what is charged, or of a refund what is taken back (none: all that
    is left), as (sku, units); ``reason``: of a refund; ``how``: of what was repaid.
    """

    received_s: float
    at_s: float
    visit: str
    verdict: Verdict
    lines: tuple[tuple[str, int], ...]
    by: str
    reason: RefundReason | Literal[""] = ""
    how: RepaidHow | Literal[""] = ""


class SettlementRecalled(msgspec.Struct, frozen=True):
    """What the book says about the money of a visit that is long over, for somebody who decides about it again.
    ``entries``: (kind, at_s, currency, body) of its entries about money, in their order.
    """

    received_s: float
    at_s: float
    visit: str
    entries: tuple[tuple[str, float, str, dict[str, object]], ...]


class PayoutBooked(msgspec.Struct, frozen=True):
    """A person says what came from the payment provider, as the bank's statement tells: ``amount_minor``, and what the
    provider kept of it beyond what it told with its payments. ``note``: what the statement calls it.
    """

    received_s: float
    at_s: float
    amount_minor: int
    fee_minor: int
    by: str
    note: str = ""


SettledHow: TypeAlias = Literal["payroll", "transfer", "cash", "written-off"]
"""How a member pays what is on their tab; ``written-off``: nobody expects it any more, and ``note`` says why."""


class TabSettled(msgspec.Struct, frozen=True):
    """A person says that a member has paid ``amount_minor`` of what is on their tab, and ``how``."""

    received_s: float
    at_s: float
    subject: str
    amount_minor: int
    how: SettledHow
    by: str
    note: str = ""


class PointsAdjusted(msgspec.Struct, frozen=True):
    """A person gives a member points, or takes some off (``points`` below zero), and says why."""

    received_s: float
    at_s: float
    subject: str
    points: int
    by: str
    reason: str


class CouponsIssued(msgspec.Struct, frozen=True):
    """A person gives each of ``subjects`` a coupon for a promotion, good until a day (ISO 8601; empty: for ever)."""

    received_s: float
    at_s: float
    promotion: str
    subjects: tuple[str, ...]
    until: str
    by: str
    reason: str


class CouponRevoked(msgspec.Struct, frozen=True):
    """A person takes a coupon back that was not used; ``coupon``: the name of the entry that gave it."""

    received_s: float
    at_s: float
    coupon: str
    by: str
    reason: str


AgeVerdict: TypeAlias = Literal["confirmed", "refused"]


class AgeDecided(msgspec.Struct, frozen=True):
    """Staff have looked whether somebody inside is old enough for what they hold; ``how`` they know."""

    received_s: float
    at_s: float
    visit: str
    verdict: AgeVerdict
    by: str
    how: str = ""


ContestAbout: TypeAlias = Literal["not-taken", "missing", "other"]


class VisitContested(msgspec.Struct, frozen=True):
    """A shopper says that a cart or a receipt of theirs is wrong. It changes no money: a person answers it.
    ``lines``: (sku, units) that it is about, none where it is about all of it.
    """

    received_s: float
    at_s: float
    visit: str
    subject: str
    about: ContestAbout
    lines: tuple[tuple[str, int], ...]
    message: str


class ContestAnswered(msgspec.Struct, frozen=True):
    """What staff answer to a shopper; ``contest`` is the name of the entry in which that stands."""

    received_s: float
    at_s: float
    visit: str
    contest: str
    by: str
    message: str


Purpose: TypeAlias = Literal["insight"]
"""What a member's history may be used for beyond what the shop needs to sell: events and figures with their name."""


class ConsentSet(msgspec.Struct, frozen=True):
    """A member allows a use of their history, or takes that back; ``by``: who says so, they themselves or staff."""

    received_s: float
    at_s: float
    subject: str
    purpose: Purpose
    given: bool
    by: str


OpinionStep: TypeAlias = Literal["given", "shown", "deleted"]
"""What becomes of what somebody says of a product: they say it, staff let it be read, either takes it away."""


class OpinionSet(msgspec.Struct, frozen=True):
    """A step of what ``subject`` says of a product, ``by`` whom; ``stars`` and ``text`` with ``given`` alone."""

    received_s: float
    at_s: float
    step: OpinionStep
    sku: str
    subject: str
    by: str
    stars: int
    text: str


class PageOpened(msgspec.Struct, frozen=True):
    """A product's page was opened; ``visit``: by who is inside on it, empty where nobody knows."""

    received_s: float
    at_s: float
    sku: str
    visit: str


class MemberDeleted(msgspec.Struct, frozen=True):
    """Somebody is a member no more, and the shop forgets them; ``by``: who says so, they themselves or staff."""

    received_s: float
    at_s: float
    subject: str
    by: str


class StoreChanged(msgspec.Struct, frozen=True):
    """The shop goes on with other files from now on. ``files``: (name, what it says; None: it is gone)."""

    received_s: float
    at_s: float
    files: tuple[tuple[str, bytes | None], ...]
    by: str


BLIND: Final = "blind: "
"""How the trouble of a camera that cannot see begins."""


class SourceTrouble(msgspec.Struct, frozen=True):
    """What is wrong with something that the shop depends on, as staff should read it; empty: all is well again.

    ``clock_s``: the time by the source's own clock as it said so, where it told; else NaN.
    """

    received_s: float
    at_s: float
    source: str
    trouble: str
    clock_s: float = math.nan


class Tick(msgspec.Struct, frozen=True):
    """Time has passed, and no sensor may have said so."""

    received_s: float
    at_s: float


class Refused(msgspec.Struct, frozen=True, eq=False):
    """A message that could not become a record. Broken hardware is a record too: it is counted, by its ``reason``.
    ``detail`` says to whoever wrote the device what is wrong with it.
    """

    received_s: float
    topic: str
    reason: str
    detail: str = ""


Record: TypeAlias = (
    WeightBatch
    | PeopleFrame
    | GateScan
    | CredentialScan
    | GatePassage
    | PaymentReply
    | Standing
    | ModeSet
    | StockCounted
    | SettlementDecided
    | PayoutBooked
    | TabSettled
    | PointsAdjusted
    | CouponsIssued
    | CouponRevoked
    | AgeDecided
    | VisitContested
    | ContestAnswered
    | ConsentSet
    | MemberDeleted
    | OpinionSet
    | PageOpened
    | StoreChanged
    | SettlementRecalled
    | SourceTrouble
    | Tick
    | Refused
)


# --- what the rooms tell each other ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class ShelfEvent:
    """The level of some plates of one shelf went from one settled value to another.

    ``change_g`` and ``error_g`` have shape (plates of the shelf,): how much each plate's level changed
    (negative: something left) and the standard error of that change. ``plates`` are the 1-based numbers of
    the plates that moved. The change itself happened between ``began_s`` and ``ended_s``, most likely
    at ``step_s``. ``blind`` says that some of these plates could not be read meanwhile, or that nobody knows when
    between the two it was. ``parts``: (when, plate, grams) of the parts that it came in, oldest first; empty where that
    was not seen.
    """

    id: str
    shelf: str
    began_s: float
    step_s: float
    ended_s: float
    settled_s: float
    plates: tuple[int, ...]
    change_g: NDArray[np.float64]
    error_g: NDArray[np.float64]
    blind: bool = False
    parts: tuple[tuple[float, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """A shelf stirred and settled where it was: worth an analytics event, never a cart line."""

    shelf: str
    began_s: float
    ended_s: float
    plates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Restarted:
    """Plates (1-based) of a shelf came back from a silence at zero, or most of them at another level: its scales
    started anew; or, where all of them carry more than before (``filled``), somebody has filled it meanwhile. What was
    taken between ``began_s`` and ``ended_s``, if anything, nobody can know.
    """

    shelf: str
    began_s: float
    ended_s: float
    plates: tuple[int, ...]
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """How near one track came to some plates around the time they changed.

    Distances are metres from the box of air where the change happened (0 inside it); ``inf`` when never seen.
    ``gaps_m`` has the nearer wrist's distance for every frame in which a wrist was seen, nearest first;
    ``sightings`` counts all frames that saw the person.
    """

    track: int
    hand_gap_m: float
    head_gap_m: float
    sightings: int
    gaps_m: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of one product in a cart, and how sure the runtime is of at least that many.

    A product may stand on several lines: one unit 99 % sure, two of them 60 %. Two things have to be right: ``what``
    somebody took, and ``who`` it was, given that; ``rival`` is the visit that is the likeliest to have taken it instead
    ("": none is at all likely). ``moves``: by how many units each of the ``events`` changed the cart, the negative ones
    back onto a shelf; empty where each is one unit taken.
    """

    sku: str
    quantity: int
    certainty: float
    events: tuple[str, ...] = ()
    what: float = 1.0
    who: float = 1.0
    rival: str = ""
    moves: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Units:
    """So many of one product."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Another visit ("": strangers) with which one may have been exchanged, and what of its cart hangs on that."""

    visit: str
    lines: tuple[Units, ...]


@dataclass(frozen=True, slots=True)
class Cart:
    """What a visit's cart holds by the best joint explanation so far."""

    lines: tuple[CartLine, ...] = field(default=())


# --- what the runtime wants done, and what it tells those who watch --------------------------------


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg of a ledger entry: positive amounts are debits, negative ones credits."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the book. ``key`` is unique: appending an entry a second time changes nothing.

    ``body`` holds JSON-ready facts (what happened, which shelf events stand behind it); ``postings`` sum to
    zero in ``currency``, and are empty where no money moves.
    """

    key: str
    at_s: float
    kind: str
    visit: str
    body: dict[str, object]
    postings: tuple[Posting, ...] = ()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Ask the provider for one operation, or with ``look_up`` what became of it, which carries nothing out.

    The provider does at most once what a ``key`` stands for. ``of``: key of the hold that is captured or released, or
    of the payment that is given back; ``reference``: the provider's own name of that, or of the operation looked up,
    where it is known. ``asked_s``: when it was first asked for (UNIX seconds): where to begin to look.
    """

    settlement: str
    key: str
    subject: str
    amount_minor: int
    currency: str
    attempt: int = 1
    operation: PaymentOperation = "charge"
    look_up: bool = False
    of: str = ""
    reference: str = ""
    asked_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Publish:
    """Say something on the wire; ``payload`` is JSON-ready."""

    topic: str
    payload: dict[str, object]
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A visit's part in an explanation: ``quantity`` units of ``sku`` taken (negative: put back).

    ``sku`` is empty for a mass that no product explains.
    """

    visit: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to explain a shelf event, with what speaks for it (natural logarithms) and how sure it is."""

    shares: tuple[Share, ...]
    weight_nats: float
    place_nats: float
    who_nats: float
    prior_nats: float
    probability: float


@dataclass(frozen=True, slots=True)
class Explained:
    """How a shelf event was explained when it settled, most probable first. ``reaches``: who was near."""

    event: ShelfEvent
    explanations: tuple[Explanation, ...]
    reaches: tuple[tuple[str, Reach], ...]
    """(visit or "" for a stranger, how near they came)."""


Effect: TypeAlias = LedgerEntry | PaymentRequest | Publish | Explained | Touch
