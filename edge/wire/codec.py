"""One message -> one record, and back.

A topic or payload that breaks the contract becomes `Refused` with a short reason. Reasons are counted by kind,
so they are few and fixed; what exactly was wrong is for the log, not for the counter. A payload that has a word where
a number should be (``NaN``) is read with a gap there (`edge.wire.gaps`): a sample that is none costs itself, not its
batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from edge.records import (
    CredentialScan,
    GatePassage,
    GateScan,
    PaymentReply,
    PeopleFrame,
    PersonSeen,
    Point,
    Record,
    Refused,
    SourceTrouble,
    WeightBatch,
)
from edge.store import Store
from edge.told import told
from edge.wire.gaps import GAP, with_gaps
from edge.wire.own import BREAKS, of_the_shop
from edge.wire.payloads import (
    LONGEST_REFERENCE,
    HealthPayload,
    PassagePayload,
    PaymentPayload,
    PeoplePayload,
    ScanPayload,
    WeightPayload,
)

_weight = msgspec.json.Decoder(WeightPayload)
_people = msgspec.json.Decoder(PeoplePayload)
_health = msgspec.json.Decoder(HealthPayload)
_scan = msgspec.json.Decoder(ScanPayload)
_passage = msgspec.json.Decoder(PassagePayload)
_payment = msgspec.json.Decoder(PaymentPayload)
_encode = msgspec.json.Encoder().encode

SENSED = ("shelf/", "camera/", "gate/")
"""Topics of what has a clock of its own: how far that is off, the core finds out."""

MEASURED = ("shelf/", "camera/")
"""Topics of numbers, where a word between quotes is as much a gap as one without; a gate says names."""

NOT_JSON = "not JSON"
UNREADABLE = (BREAKS, NOT_JSON)
"""Why a payload is no message, where gaps may be the reason."""

WORD = 40
"""So many bytes of a payload of a single word are told."""

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
        return of_the_shop(store, topic, payload, received_s)
    return Refused(received_s, topic, "unknown topic")


def _ailing(health: HealthPayload) -> str:
    """What is wrong with a camera, for staff to read; empty: nothing."""
    if health.state == "blind":
        why = health.why or told("its node does not say why. See what it printed")
        return told("blind: {why}", why=why)
    return health.why


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
