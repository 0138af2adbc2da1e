"""What the runtime tells itself, and what people decide: topics ``shop/…`` that stand in recordings, never on a broker.

Enters: a topic and its payload. Leaves: one record, and payloads back. Refuses what the contract allows and the shop
cannot take, with a reason of few words; what breaks the contract raises, and `edge.wire.codec` makes a refusal of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

from edge.records import (
    AgeDecided,
    AgeVerdict,
    ConsentSet,
    ContestAbout,
    ContestAnswered,
    CouponRevoked,
    CouponsIssued,
    LedgerEntry,
    MemberDeleted,
    Mode,
    ModeSet,
    OpinionSet,
    OpinionStep,
    PageOpened,
    PayoutBooked,
    PointsAdjusted,
    Purpose,
    Record,
    RefundReason,
    Refused,
    RepaidHow,
    SettledHow,
    SettlementDecided,
    SettlementRecalled,
    SourceTrouble,
    Standing,
    StockCounted,
    StoreChanged,
    TabSettled,
    Tick,
    Verdict,
    VisitContested,
)
from edge.store import Facing, Store
from edge.wire.payloads import (
    AgePayload,
    AnsweredPayload,
    ConsentPayload,
    ContestedPayload,
    CountedPayload,
    CouponRevokedPayload,
    CouponsIssuedPayload,
    DecidedLinePayload,
    DecidedPayload,
    DeletedPayload,
    ModePayload,
    OpinionPayload,
    PagePayload,
    PayoutPayload,
    PointsAdjustedPayload,
    RecalledEntryPayload,
    RecalledPayload,
    StandingPayload,
    StorePayload,
    TabSettledPayload,
    TickPayload,
    TroublePayload,
)

BREAKS: Final = "breaks the contract"

PUBLIC_KEY_BYTES: Final = 32
"""Ed25519 (RFC 8032)."""

_encode = msgspec.json.Encoder().encode


def of_the_shop(store: Store, topic: str, payload: bytes, received_s: float) -> Record:
    """The record of a topic ``shop/…``; raises what msgspec raises where the payload breaks the contract."""
    known = _TOPICS.get(topic)
    if known is None:
        return Refused(received_s, topic, "unknown topic")
    decoder, made = known
    record = made(store, decoder.decode(payload), received_s)
    return Refused(received_s, topic, record) if isinstance(record, str) else record


Made: TypeAlias = Record | str
"""A record, or why there is none."""


def _tick(store: Store, said: TickPayload, received_s: float) -> Made:
    return Tick(received_s, said.t)


def _trouble(store: Store, said: TroublePayload, received_s: float) -> Made:
    return SourceTrouble(received_s, said.t, said.source, said.trouble)


def _counted(store: Store, said: CountedPayload, received_s: float) -> Made:
    first, last = map(int, said.plates)
    if Facing(said.shelf, first, last, said.sku) not in store.planogram.on(said.shelf):
        return "not in the planogram"
    return StockCounted(received_s, said.t, said.shelf, first, last, said.sku, int(said.quantity), said.by)


def _decided(store: Store, said: DecidedPayload, received_s: float) -> Made:
    lines = _lines(said.lines)
    return SettlementDecided(received_s, said.t, said.visit, said.verdict, lines, said.by, said.reason, said.how)


def _payout(store: Store, said: PayoutPayload, received_s: float) -> Made:
    return PayoutBooked(received_s, said.t, int(said.amount), int(said.fee), said.by, said.note)


def _tab_settled(store: Store, said: TabSettledPayload, received_s: float) -> Made:
    if said.how == "written-off" and not said.note.strip():
        return "written off without a reason"
    return TabSettled(received_s, said.t, said.subject, int(said.amount), said.how, said.by, said.note)


def _points(store: Store, said: PointsAdjustedPayload, received_s: float) -> Made:
    if not said.points or not said.reason.strip():
        return "no points, or no reason"
    return PointsAdjusted(received_s, said.t, said.subject, int(said.points), said.by, said.reason.strip())


def _issued(store: Store, said: CouponsIssuedPayload, received_s: float) -> Made:
    subjects = tuple(said.subjects)
    return CouponsIssued(received_s, said.t, said.promotion, subjects, said.until, said.by, said.reason)


def _revoked(store: Store, said: CouponRevokedPayload, received_s: float) -> Made:
    return CouponRevoked(received_s, said.t, said.coupon, said.by, said.reason)


def _recalled(store: Store, said: RecalledPayload, received_s: float) -> Made:
    entries = tuple((entry.kind, entry.at, entry.currency, entry.body) for entry in said.entries)
    return SettlementRecalled(received_s, said.t, said.visit, entries)


def _age(store: Store, said: AgePayload, received_s: float) -> Made:
    return AgeDecided(received_s, said.t, said.visit, said.verdict, said.by, said.how)


def _contested(store: Store, said: ContestedPayload, received_s: float) -> Made:
    lines = _lines(said.lines)
    return VisitContested(received_s, said.t, said.visit, said.subject, said.about, lines, said.message)


def _answered(store: Store, said: AnsweredPayload, received_s: float) -> Made:
    return ContestAnswered(received_s, said.t, said.visit, said.contest, said.by, said.message)


def _consent(store: Store, said: ConsentPayload, received_s: float) -> Made:
    return ConsentSet(received_s, said.t, said.subject, said.purpose, said.given, said.by)


def _deleted(store: Store, said: DeletedPayload, received_s: float) -> Made:
    return MemberDeleted(received_s, said.t, said.subject, said.by)


def _opinion(store: Store, said: OpinionPayload, received_s: float) -> Made:
    return OpinionSet(received_s, said.t, said.step, said.sku, said.subject, said.by, int(said.stars), said.text)


def _page(store: Store, said: PagePayload, received_s: float) -> Made:
    return PageOpened(received_s, said.t, said.sku, said.visit)


def _changed(store: Store, said: StorePayload, received_s: float) -> Made:
    files = tuple((file.name, None if file.text is None else file.text.encode()) for file in said.files)
    return StoreChanged(received_s, said.t, files, said.by)


def _mode(store: Store, said: ModePayload, received_s: float) -> Made:
    return ModeSet(received_s, said.t, said.mode, said.by)


def _standing(store: Store, said: StandingPayload, received_s: float) -> Made:
    if said.key and len(said.key) != PUBLIC_KEY_BYTES:
        return BREAKS
    return Standing(
        received_s, said.t, said.subject, said.key, said.role, said.revoked, int(said.age), said.age_how, said.age_by
    )


def _lines(said: Iterable[DecidedLinePayload]) -> tuple[tuple[str, int], ...]:
    return tuple((line.sku, int(line.quantity)) for line in said)


_Making: TypeAlias = Callable[[Store, Any, float], Made]
_KINDS: Final[Mapping[str, tuple[type[msgspec.Struct], _Making]]] = {
    "shop/clock/tick": (TickPayload, _tick),
    "shop/sources/trouble": (TroublePayload, _trouble),
    "shop/stock/counted": (CountedPayload, _counted),
    "shop/settlement/decided": (DecidedPayload, _decided),
    "shop/settlement/recalled": (RecalledPayload, _recalled),
    "shop/money/payout": (PayoutPayload, _payout),
    "shop/tab/settled": (TabSettledPayload, _tab_settled),
    "shop/points/adjusted": (PointsAdjustedPayload, _points),
    "shop/coupon/issued": (CouponsIssuedPayload, _issued),
    "shop/coupon/revoked": (CouponRevokedPayload, _revoked),
    "shop/age/decided": (AgePayload, _age),
    "shop/visit/contested": (ContestedPayload, _contested),
    "shop/visit/answered": (AnsweredPayload, _answered),
    "shop/members/consent": (ConsentPayload, _consent),
    "shop/members/deleted": (DeletedPayload, _deleted),
    "shop/members/standing": (StandingPayload, _standing),
    "shop/product/opinion": (OpinionPayload, _opinion),
    "shop/page/opened": (PagePayload, _page),
    "shop/store/changed": (StorePayload, _changed),
    "shop/mode/set": (ModePayload, _mode),
}
_TOPICS: Final = {topic: (msgspec.json.Decoder(payload), made) for topic, (payload, made) in _KINDS.items()}


# --- and back --------------------------------------------------------------------------------------------------------


def encode_mode(at_s: float, mode: Mode, by: str) -> bytes:
    """``shop/mode/set``."""
    return _encode(ModePayload(at_s, mode, by))


def encode_counted(at_s: float, facing: Facing, quantity: int, by: str) -> bytes:
    """``shop/stock/counted``."""
    place = (facing.first, facing.last)
    return _encode(CountedPayload(at_s, facing.shelf, place, facing.sku, quantity, by))


def encode_decided(
    at_s: float,
    visit: str,
    verdict: Verdict,
    by: str,
    lines: Mapping[str, int],
    reason: RefundReason | Literal[""] = "",
    how: RepaidHow | Literal[""] = "",
) -> bytes:
    """``shop/settlement/decided``; ``lines``: sku -> units."""
    charged = [DecidedLinePayload(sku, units) for sku, units in lines.items()]
    return _encode(DecidedPayload(at_s, visit, verdict, by, charged, reason, how))


def encode_payout(at_s: float, amount_minor: int, fee_minor: int, by: str, note: str = "") -> bytes:
    """``shop/money/payout``."""
    return _encode(PayoutPayload(at_s, amount_minor, by, fee_minor, note))


def encode_tab_settled(at_s: float, subject: str, amount_minor: int, how: SettledHow, by: str, note: str = "") -> bytes:
    """``shop/tab/settled``."""
    return _encode(TabSettledPayload(at_s, subject, amount_minor, how, by, note))


def encode_points(at_s: float, subject: str, points: int, by: str, reason: str) -> bytes:
    """``shop/points/adjusted``."""
    return _encode(PointsAdjustedPayload(at_s, subject, points, by, reason))


def encode_coupons_issued(
    at_s: float, promotion: str, subjects: Iterable[str], by: str, until: str = "", reason: str = ""
) -> bytes:
    """``shop/coupon/issued``."""
    return _encode(CouponsIssuedPayload(at_s, promotion, list(subjects), by, until, reason))


def encode_coupon_revoked(at_s: float, coupon: str, by: str, reason: str) -> bytes:
    """``shop/coupon/revoked``."""
    return _encode(CouponRevokedPayload(at_s, coupon, by, reason))


def encode_recalled(at_s: float, visit: str, entries: Iterable[LedgerEntry]) -> bytes:
    """``shop/settlement/recalled``; ``entries``: the visit's own about money, as the book has them."""
    told = [RecalledEntryPayload(entry.kind, entry.at_s, entry.body, entry.currency) for entry in entries]
    return _encode(RecalledPayload(at_s, visit, told))


def encode_age(at_s: float, visit: str, verdict: AgeVerdict, by: str, how: str = "") -> bytes:
    """``shop/age/decided``."""
    return _encode(AgePayload(at_s, visit, verdict, by, how))


def encode_contested(
    at_s: float, visit: str, subject: str, about: ContestAbout, lines: Mapping[str, int], message: str
) -> bytes:
    """``shop/visit/contested``; ``lines``: sku -> units."""
    told = [DecidedLinePayload(sku, units) for sku, units in lines.items()]
    return _encode(ContestedPayload(at_s, visit, subject, about, told, message))


def encode_answered(at_s: float, visit: str, contest: str, by: str, message: str) -> bytes:
    """``shop/visit/answered``."""
    return _encode(AnsweredPayload(at_s, visit, contest, by, message))


def encode_consent(at_s: float, subject: str, purpose: Purpose, given: bool, by: str) -> bytes:
    """``shop/members/consent``."""
    return _encode(ConsentPayload(at_s, subject, purpose, given, by))


def encode_deleted(at_s: float, subject: str, by: str) -> bytes:
    """``shop/members/deleted``."""
    return _encode(DeletedPayload(at_s, subject, by))


def encode_opinion(
    at_s: float, step: OpinionStep, sku: str, subject: str, by: str, stars: int = 0, text: str = ""
) -> bytes:
    """``shop/product/opinion``."""
    return _encode(OpinionPayload(at_s, step, sku, subject, by, stars, text))


def encode_page(at_s: float, sku: str, visit: str) -> bytes:
    """``shop/page/opened``."""
    return _encode(PagePayload(at_s, sku, visit))


def encode_store(at_s: float, files: Mapping[str, bytes | None], by: str) -> bytes:
    """``shop/store/changed``."""
    told = [{"name": name, "text": None if data is None else data.decode()} for name, data in files.items()]
    return _encode({"t": at_s, "files": told, "by": by})


def encode_trouble(at_s: float, source: str, trouble: str) -> bytes:
    """``shop/sources/trouble``."""
    return _encode(TroublePayload(at_s, source[:200], trouble[:1000]))


def encode_tick(at_s: float) -> bytes:
    """``shop/clock/tick``."""
    return _encode(TickPayload(at_s))
