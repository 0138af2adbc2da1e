"""One message -> one record, and back.

A topic or payload that breaks the contract becomes `Refused` with a short reason. Reasons are counted by kind,
so they are few and fixed; what exactly was wrong is for the log, not for the counter. A payload that has a word where
a number should be (``NaN``) is read with a gap there (`edge.wire.gaps`): a sample that is none costs itself, not its
batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from edge.records import (
    AgeDecided,
    AgeVerdict,
    ConsentSet,
    ContestAbout,
    ContestAnswered,
    CouponRevoked,
    CouponsIssued,
    CredentialScan,
    GatePassage,
    GateScan,
    LedgerEntry,
    MemberDeleted,
    Mode,
    ModeSet,
    OpinionSet,
    OpinionStep,
    PageOpened,
    PaymentReply,
    PayoutBooked,
    PeopleFrame,
    PersonSeen,
    Point,
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
    WeightBatch,
)
from edge.store import Facing, Store
from edge.told import told
from edge.wire.gaps import GAP, with_gaps
from edge.wire.payloads import (
    LONGEST_REFERENCE,
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
    HealthPayload,
    ModePayload,
    OpinionPayload,
    PagePayload,
    PassagePayload,
    PaymentPayload,
    PayoutPayload,
    PeoplePayload,
    PointsAdjustedPayload,
    RecalledEntryPayload,
    RecalledPayload,
    ScanPayload,
    StandingPayload,
    StorePayload,
    TabSettledPayload,
    TickPayload,
    TroublePayload,
    WeightPayload,
)

_weight = msgspec.json.Decoder(WeightPayload)
_people = msgspec.json.Decoder(PeoplePayload)
_health = msgspec.json.Decoder(HealthPayload)
_scan = msgspec.json.Decoder(ScanPayload)
_passage = msgspec.json.Decoder(PassagePayload)
_payment = msgspec.json.Decoder(PaymentPayload)
_standing = msgspec.json.Decoder(StandingPayload)
_mode = msgspec.json.Decoder(ModePayload)
_counted = msgspec.json.Decoder(CountedPayload)
_decided = msgspec.json.Decoder(DecidedPayload)
_store = msgspec.json.Decoder(StorePayload)
_payout = msgspec.json.Decoder(PayoutPayload)
_tab_settled = msgspec.json.Decoder(TabSettledPayload)
_coupons_issued = msgspec.json.Decoder(CouponsIssuedPayload)
_coupon_revoked = msgspec.json.Decoder(CouponRevokedPayload)
_points_adjusted = msgspec.json.Decoder(PointsAdjustedPayload)
_age = msgspec.json.Decoder(AgePayload)
_contested = msgspec.json.Decoder(ContestedPayload)
_answered = msgspec.json.Decoder(AnsweredPayload)
_consent = msgspec.json.Decoder(ConsentPayload)
_opinion = msgspec.json.Decoder(OpinionPayload)
_page = msgspec.json.Decoder(PagePayload)
_deleted = msgspec.json.Decoder(DeletedPayload)
_recalled = msgspec.json.Decoder(RecalledPayload)
_trouble = msgspec.json.Decoder(TroublePayload)
_tick = msgspec.json.Decoder(TickPayload)
_encode = msgspec.json.Encoder().encode

SENSED = ("shelf/", "camera/", "gate/")
"""Topics of what has a clock of its own: how far that is off, the core finds out."""

MEASURED = ("shelf/", "camera/")
"""Topics of numbers, where a word between quotes is as much a gap as one without; a gate says names."""

BREAKS, NOT_JSON = "breaks the contract", "not JSON"
UNREADABLE = (BREAKS, NOT_JSON)
"""Why a payload is no message, where gaps may be the reason."""

WORD = 40
"""So many bytes of a payload of a single word are told."""

PUBLIC_KEY_BYTES = 32
"""Ed25519 (RFC 8032)."""

FUTURE_S = 5.0
"""What is not said by a sensor (those have clocks of their own, see `edge.clocks`) is not so far ahead."""

LASTS_S = 5.0
"""No batch of a shelf may last longer: a pick is heard of when its batch has come, and visits do not wait for ever."""


def decode(store: Store, topic: str, payload: bytes, received_s: float) -> Record:
    """The record that a message stands for. Never raises on what a sensor sent."""
    record = _read(store, topic, payload, received_s)
    if isinstance(record, Refused) and record.reason in UNREADABLE:
        filled = with_gaps(payload, quoted=topic.startswith(MEASURED))
        if filled.strip() == GAP:
            word = payload.strip()[:WORD].decode("utf-8", "replace")
            return Refused(received_s, topic, record.reason, f"it says {word!a} and nothing else")
        if filled != payload:
            record = _read(store, topic, filled, received_s)
            if isinstance(record, Refused) and GAP not in payload:  # nobody said null: that is our own word for it
                record = replace(record, detail=record.detail.replace("got `null`", "got a word that is no number"))
    sensed = topic.startswith(SENSED)
    if not sensed and not isinstance(record, Refused) and record.at_s > received_s + FUTURE_S:
        return Refused(received_s, topic, "from the future")
    return record


def _read(store: Store, topic: str, payload: bytes, received_s: float) -> Record:
    try:
        return _decode(store, topic, payload, received_s)
    except msgspec.ValidationError as error:
        return Refused(received_s, topic, BREAKS, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refused(received_s, topic, NOT_JSON, str(error))
    except (ArithmeticError, LookupError, TypeError, ValueError):  # a fault of ours, and no reason to end the shop
        return Refused(received_s, topic, "cannot be digested")


def _decode(store: Store, topic: str, payload: bytes, received_s: float) -> Record:
    parts = topic.split("/")
    if len(parts) != 3:
        return Refused(received_s, topic, "unknown topic")
    room, name, what = parts
    if room == "shelf" and what == "weight":
        return _weights(store, topic, name, _weight.decode(payload), received_s)
    if room == "camera" and not store.layout.has_camera(name):
        return Refused(received_s, topic, "unknown camera", name)
    if room == "camera" and what == "health":
        health = _health.decode(payload)
        clock_s = math.nan if health.t is None else health.t
        return SourceTrouble(received_s, received_s, f"camera/{name}", _ailing(health), clock_s)
    if room == "camera" and what == "people":
        frame = _people.decode(payload)
        if len(frame.people) > store.layout.most_people:
            detail = f"{len(frame.people)} people, {store.layout.most_people} at most"
            return Refused(received_s, topic, "more people than fit", detail)
        looks = store.policy.appearance
        people = tuple(
            PersonSeen(p.head, tuple(p.hands), p.score, tuple(p.embedding) if looks and p.embedding else None, p.error)
            for p in frame.people
        )
        return PeopleFrame(received_s, frame.t, name, people)
    if room == "gate" and store.layout.gate(name) is None:
        return Refused(received_s, topic, "unknown gate", name)
    if room == "gate" and what == "scan":
        return _admission(store, topic, name, _scan.decode(payload), received_s)
    if room == "gate" and what == "passage":
        passage = _passage.decode(payload)
        return GatePassage(received_s, passage.t, name, passage.direction)
    if room == "payment" and what == "reply":
        reply = _payment.decode(payload)
        return PaymentReply(
            received_s, reply.t, name, reply.outcome, reply.reference, reply.key, reply.operation,
            _whole(reply.amount), reply.until, reply.why, _whole(reply.fee), reply.test,
        )  # fmt: skip
    if room == "shop":
        return _of_the_shop(store, topic, payload, received_s)
    return Refused(received_s, topic, "unknown topic")


def _ailing(health: HealthPayload) -> str:
    """What is wrong with a camera, for staff to read; empty: nothing."""
    if health.state == "blind":
        why = health.why or told("its node does not say why. See what it printed")
        return told("blind: {why}", why=why)
    return health.why


def _of_the_shop(store: Store, topic: str, payload: bytes, received_s: float) -> Record:
    """What the runtime told itself: it stands in recordings, never on a broker."""
    if topic == "shop/clock/tick":
        return Tick(received_s, _tick.decode(payload).t)
    if topic == "shop/sources/trouble":
        trouble = _trouble.decode(payload)
        return SourceTrouble(received_s, trouble.t, trouble.source, trouble.trouble)
    if topic == "shop/stock/counted":
        counted = _counted.decode(payload)
        first, last = map(int, counted.plates)
        if Facing(counted.shelf, first, last, counted.sku) not in store.planogram.on(counted.shelf):
            return Refused(received_s, topic, "not in the planogram")
        return StockCounted(
            received_s, counted.t, counted.shelf, first, last, counted.sku, int(counted.quantity), counted.by
        )
    if topic == "shop/settlement/decided":
        decided = _decided.decode(payload)
        lines = tuple((line.sku, int(line.quantity)) for line in decided.lines)
        return SettlementDecided(
            received_s, decided.t, decided.visit, decided.verdict, lines, decided.by, decided.reason, decided.how
        )
    if topic == "shop/money/payout":
        payout = _payout.decode(payload)
        return PayoutBooked(received_s, payout.t, int(payout.amount), int(payout.fee), payout.by, payout.note)
    if topic == "shop/tab/settled":
        tab = _tab_settled.decode(payload)
        if tab.how == "written-off" and not tab.note.strip():
            return Refused(received_s, topic, "written off without a reason")
        return TabSettled(received_s, tab.t, tab.subject, int(tab.amount), tab.how, tab.by, tab.note)
    if topic == "shop/points/adjusted":
        points = _points_adjusted.decode(payload)
        if not points.points or not points.reason.strip():
            return Refused(received_s, topic, "no points, or no reason")
        return PointsAdjusted(
            received_s, points.t, points.subject, int(points.points), points.by, points.reason.strip()
        )
    if topic == "shop/coupon/issued":
        issued = _coupons_issued.decode(payload)
        return CouponsIssued(
            received_s, issued.t, issued.promotion, tuple(issued.subjects), issued.until, issued.by, issued.reason
        )
    if topic == "shop/coupon/revoked":
        revoked = _coupon_revoked.decode(payload)
        return CouponRevoked(received_s, revoked.t, revoked.coupon, revoked.by, revoked.reason)
    if topic == "shop/settlement/recalled":
        recalled = _recalled.decode(payload)
        entries = tuple((entry.kind, entry.at, entry.currency, entry.body) for entry in recalled.entries)
        return SettlementRecalled(received_s, recalled.t, recalled.visit, entries)
    if topic == "shop/age/decided":
        age = _age.decode(payload)
        return AgeDecided(received_s, age.t, age.visit, age.verdict, age.by, age.how)
    if topic == "shop/visit/contested":
        said = _contested.decode(payload)
        lines = tuple((line.sku, int(line.quantity)) for line in said.lines)
        return VisitContested(received_s, said.t, said.visit, said.subject, said.about, lines, said.message)
    if topic == "shop/visit/answered":
        answer = _answered.decode(payload)
        return ContestAnswered(received_s, answer.t, answer.visit, answer.contest, answer.by, answer.message)
    if topic == "shop/members/consent":
        consent = _consent.decode(payload)
        return ConsentSet(received_s, consent.t, consent.subject, consent.purpose, consent.given, consent.by)
    if topic == "shop/members/deleted":
        deleted = _deleted.decode(payload)
        return MemberDeleted(received_s, deleted.t, deleted.subject, deleted.by)
    if topic == "shop/product/opinion":
        said_of = _opinion.decode(payload)
        return OpinionSet(
            received_s, said_of.t, said_of.step, said_of.sku, said_of.subject, said_of.by, int(said_of.stars),
            said_of.text,
        )  # fmt: skip
    if topic == "shop/page/opened":
        page = _page.decode(payload)
        return PageOpened(received_s, page.t, page.sku, page.visit)
    if topic == "shop/store/changed":
        changed = _store.decode(payload)
        files = tuple((file.name, None if file.text is None else file.text.encode()) for file in changed.files)
        return StoreChanged(received_s, changed.t, files, changed.by)
    if topic == "shop/mode/set":
        mode = _mode.decode(payload)
        return ModeSet(received_s, mode.t, mode.mode, mode.by)
    if topic == "shop/members/standing":
        standing = _standing.decode(payload)
        if standing.key and len(standing.key) != PUBLIC_KEY_BYTES:
            return Refused(received_s, topic, BREAKS)
        return Standing(
            received_s, standing.t, standing.subject, standing.key, standing.role, standing.revoked,
            int(standing.age), standing.age_how, standing.age_by,
        )  # fmt: skip
    return Refused(received_s, topic, "unknown topic")


def _weights(store: Store, topic: str, shelf: str, batch: WeightPayload, received_s: float) -> Record:
    if not store.layout.has_shelf(shelf):
        return Refused(received_s, topic, "unknown shelf", shelf)
    try:
        mass_g: NDArray[np.float64] = np.array(batch.g, dtype=np.float64)
    except ValueError:
        return Refused(received_s, topic, "rows of unequal length")
    plates = store.layout.shelf(shelf).plates
    if mass_g.shape[0] != plates:
        return Refused(received_s, topic, "wrong number of plates", f"{mass_g.shape[0]} rows, {plates} in store.toml")
    if mass_g.ndim != 2 or mass_g.shape[1] == 0:
        return Refused(received_s, topic, "no samples")
    if mass_g.shape[1] / batch.hz > LASTS_S + 1e-6:
        detail = f"{mass_g.shape[1]} samples at {batch.hz:g} Hz, {LASTS_S:g} s at most"
        return Refused(received_s, topic, "batch too long", detail)
    celsius = math.nan if batch.c is None else batch.c
    return WeightBatch(received_s, batch.t, shelf, batch.hz, mass_g, celsius)


def _admission(store: Store, topic: str, gate: str, scan: ScanPayload, received_s: float) -> Record:
    here = store.layout.gate(gate)
    if here is None or here.kind != "entry":
        return Refused(received_s, topic, "not an entry gate")
    if scan.credential is not None:
        return CredentialScan(received_s, scan.t, gate, scan.credential)
    if scan.subject is None:
        return Refused(received_s, topic, BREAKS, "neither `credential` nor `subject`")
    if not here.trusted_reader:
        return Refused(received_s, topic, "reader not trusted", "no trusted_reader = true in store.toml")
    return GateScan(received_s, scan.t, gate, scan.subject, scan.method, int(scan.party), scan.score)


def encode_weight(
    at_s: float, hz: float, mass_g: NDArray[np.float64], *, digits: int = 1, celsius: float = math.nan
) -> bytes:
    """``shelf/<shelf>/weight``: (plates, samples); grams are told to a tenth, volts need more ``digits``. What is NaN
    becomes null, as msgspec writes it.
    """
    warm = {} if math.isnan(celsius) else {"c": round(celsius, 2)}
    return _encode({"t": round(at_s, 4), "hz": hz, "g": np.round(mass_g, digits).tolist()} | warm)


def without_embeddings(payload: bytes) -> bytes:
    """A ``camera/<camera>/people`` that could be used, without what people look like: everything else that the contract
    knows stays what it was, to the last digit. One in which nobody has an embedding stays as it is.
    """
    try:
        frame = _people.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        frame = _people.decode(with_gaps(payload, quoted=True))
    if not any(p.embedding for p in frame.people):
        return payload
    for person in frame.people:
        person.embedding = None
    return _encode(frame)


def encode_people(at_s: float, people: Sequence[PersonSeen]) -> bytes:
    """``camera/<camera>/people`` as bytes."""
    return _encode(people_payload(at_s, people))


def people_payload(at_s: float, people: Sequence[PersonSeen]) -> dict[str, object]:
    """``camera/<camera>/people``, JSON-ready: millimetres are enough, and thousandths of a unit vector."""

    def place(p: Point) -> list[float]:
        return [round(float(v), 3) for v in p]

    return {
        "t": round(at_s, 4),
        "people": [
            {"head": place(p.head), "hands": [place(h) for h in p.hands], "score": round(p.score, 2)}
            | ({} if p.error_m is None else {"error": round(p.error_m, 3)})
            | ({} if p.embedding is None else {"embedding": [round(v, 3) for v in p.embedding]})
            for p in people
        ],
    }


def encode_scan(at_s: float, subject: str, method: str, party: int = 1) -> bytes:
    """``gate/<gate>/scan`` of a trusted reader."""
    return _encode({"t": round(at_s, 4), "subject": subject, "method": method, "score": 0.99, "party": party})


def encode_passage(at_s: float, direction: str) -> bytes:
    """``gate/<gate>/passage``."""
    return _encode({"t": round(at_s, 4), "direction": direction})


def _whole(amount: float | None) -> int | None:
    return None if amount is None else int(amount)


def encode_reply(reply: PaymentReply) -> bytes:
    """``payment/<settlement>/reply``."""
    return _encode(
        PaymentPayload(
            reply.at_s, reply.outcome, reply.reference[:LONGEST_REFERENCE], reply.key, reply.operation,
            reply.amount_minor, reply.until_s, reply.why, reply.fee_minor,
            reply.test,
        )
    )  # fmt: skip


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
