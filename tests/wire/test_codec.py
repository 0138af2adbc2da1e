"""Bytes become records or are refused; nothing that a sensor sends raises."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import (
    CredentialScan,
    GatePassage,
    GateScan,
    PaymentReply,
    PeopleFrame,
    PersonSeen,
    Record,
    Refused,
    SourceTrouble,
    WeightBatch,
)
from edge.store import read_store
from edge.wire import decode, encode_passage, encode_people, encode_scan, encode_weight
from tests.corner import FILES, OPENS_S

SHOP = read_store(FILES)
TOPICS = (
    "shelf/g1-s1/weight",
    "shelf/elsewhere/weight",
    "camera/cam/people",
    "camera/cam/health",
    "gate/in/scan",
    "gate/out/scan",
    "gate/in/passage",
    "gate/elsewhere/passage",
    "payment/v1/reply",
    "runtime/status",
    "",
    "shelf//weight",
    "a/b/c/d",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["t", "hz", "g", "people", "head", "hands", "score", "subject", "party", "direction", "outcome"]
)


def heard(topic: str, payload: bytes | dict[str, object], received_s: float = OPENS_S) -> Record:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(SHOP, topic, data, received_s)


def reason(topic: str, payload: bytes | dict[str, object]) -> str:
    record = heard(topic, payload)
    assert isinstance(record, Refused), record
    return record.reason


@given(topic=st.sampled_from(TOPICS) | st.text(max_size=30), payload=st.binary(max_size=200))
def test_any_bytes_on_any_topic_are_a_record_or_refused(topic: str, payload: bytes) -> None:
    assert decode(SHOP, topic, payload, OPENS_S) is not None


@given(topic=st.sampled_from(TOPICS), payload=JSON | st.dictionaries(FIELDS, JSON, max_size=6))
def test_any_json_on_any_topic_is_a_record_or_refused(topic: str, payload: object) -> None:
    record = decode(SHOP, topic, json.dumps(payload).encode(), OPENS_S)
    if not isinstance(record, Refused):
        assert math.isfinite(record.at_s)


@given(st.data())
def test_a_record_is_finite_and_of_the_right_shape(data: st.DataObject) -> None:
    """Rows of any length, samples of any kind: what comes through is (plates, samples)."""
    rows = data.draw(st.lists(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=5), max_size=6))
    record = heard("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 60.0, "g": rows})
    if isinstance(record, WeightBatch):
        assert record.mass_g.shape == (4, len(rows[0]))
        assert record.mass_g.size
        assert not np.isinf(record.mass_g).any()


def test_weights_come_back_as_they_went_out() -> None:
    mass_g = np.array([[1.25, -3.0], [math.nan, 0.0], [2.0, 2.0], [9.5, 9.5]])
    record = heard("shelf/g1-s1/weight", encode_weight(OPENS_S, 60.0, mass_g))
    assert isinstance(record, WeightBatch)
    assert (record.at_s, record.hz, record.shelf) == (OPENS_S, 60.0, "g1-s1")
    np.testing.assert_allclose(record.mass_g, mass_g, atol=0.051)


def test_people_come_back_as_they_went_out() -> None:
    people = (PersonSeen((1.0, 2.0, 1.6), ((1.1, 2.1, 1.0),), 0.9), PersonSeen((3.0, 0.5, 1.7), (), 0.5, (0.6, -0.8)))
    record = heard("camera/cam/people", encode_people(OPENS_S, people))
    assert record == PeopleFrame(OPENS_S, OPENS_S, "cam", people)


def test_scans_and_passages_come_back_as_they_went_out() -> None:
    assert heard("gate/in/scan", encode_scan(OPENS_S, "ana", "palm", 2)) == GateScan(
        OPENS_S, OPENS_S, "in", "ana", "palm", 2, 0.99
    )
    shown = {"t": OPENS_S, "credential": "0A B"}
    assert heard("gate/in/scan", shown) == CredentialScan(OPENS_S, OPENS_S, "in", "0A B")
    assert heard("gate/out/passage", encode_passage(OPENS_S, "out")) == GatePassage(OPENS_S, OPENS_S, "out", "out")
    reply = {"t": OPENS_S, "outcome": "approved", "reference": "r1"}
    assert heard("payment/v1/reply", reply) == PaymentReply(OPENS_S, OPENS_S, "v1", "approved", "r1")


@pytest.mark.parametrize(
    ("health", "trouble"),
    [
        ({"t": OPENS_S, "state": "seeing", "fps": 10.0}, ""),
        ({"t": OPENS_S, "state": "blind", "why": "the picture is black"}, "blind: the picture is black"),
        ({"state": "blind", "why": "its node is gone"}, "blind: its node is gone"),
        ({"t": OPENS_S - 4, "state": "seeing"}, ""),
    ],
)
def test_what_ails_a_camera_is_a_trouble_of_its_own(health: dict[str, object], trouble: str) -> None:
    record = heard("camera/cam/health", health)
    assert isinstance(record, SourceTrouble)
    assert record.source == "camera/cam"
    assert record.trouble.startswith(trouble) if trouble else not record.trouble


def test_fields_that_nobody_knows_are_ignored() -> None:
    assert isinstance(heard("gate/in/passage", {"t": OPENS_S, "direction": "in", "firmware": 7}), GatePassage)


@pytest.mark.parametrize(
    ("topic", "payload", "why"),
    [
        ("shelf/g1-s1/weight", b"{", "not JSON"),
        ("shelf/g1-s1/weight", b'{"t": NaN, "hz": 60, "g": [[1]]}', "breaks the contract"),
        ("shelf/g1-s1/weight", b"\xff\xfe", "not JSON"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 0, "g": [[1.0]] * 4}, "breaks the contract"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 60, "g": [[1.0]] * 3}, "wrong number of plates"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 60, "g": [[1.0], [], [1.0], [1.0]]}, "rows of unequal length"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 60, "g": [[], [], [], []]}, "no samples"),
        ("shelf/g1-s9/weight", {"t": OPENS_S, "hz": 60, "g": [[1.0]]}, "unknown shelf"),
        ("gate/side/passage", {"t": OPENS_S, "direction": "in"}, "unknown gate"),
        ("gate/in/passage", {"t": OPENS_S, "direction": "up"}, "breaks the contract"),
        ("gate/in/scan", {"t": OPENS_S}, "breaks the contract"),
        ("gate/in/scan", {"t": OPENS_S, "credential": "x" * 5000}, "breaks the contract"),
        ("gate/out/scan", {"t": OPENS_S, "subject": "eve", "method": "palm"}, "not an entry gate"),
        ("shop/members/standing", {"t": OPENS_S, "subject": "ana", "key": "AAAA"}, "breaks the contract"),
        ("shop/mode/set", {"t": OPENS_S, "mode": "party"}, "breaks the contract"),
        ("shop/owner/set", {"t": OPENS_S}, "unknown topic"),
        ("gate/in/scan", {"t": OPENS_S, "subject": "eve", "party": 0}, "breaks the contract"),
        ("camera/cam/people", {"t": OPENS_S, "people": [{"head": [1, 2]}]}, "breaks the contract"),
        ("camera/cam/health", {"t": OPENS_S, "state": "dreaming"}, "breaks the contract"),
        ("camera/attic/health", {"t": OPENS_S, "state": "seeing"}, "unknown camera"),
        ("payment/v1/reply", {"t": OPENS_S, "outcome": "perhaps"}, "breaks the contract"),
        ("payment/v1/reply", {"t": OPENS_S + 60, "outcome": "approved"}, "from the future"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 1, "g": [[1.0] * 6] * 4}, "batch too long"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 10_000, "g": [[1.0] * 50_001] * 4}, "breaks the contract"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 0.001, "g": [[1.0]] * 4}, "breaks the contract"),
        ("shelf/g1-s1/weight", {"t": OPENS_S, "hz": 1e6, "g": [[1.0] * 6] * 4}, "breaks the contract"),
        ("weather", {"t": OPENS_S}, "unknown topic"),
    ],
)  # fmt: skip
def test_what_breaks_the_contract_is_refused_with_a_reason(
    topic: str, payload: bytes | dict[str, object], why: str
) -> None:
    assert reason(topic, payload) == why


@pytest.mark.parametrize(("people", "fits"), [(0, True), (40, True), (41, False), (500, False)])
def test_more_people_than_fit_into_the_shop_are_no_sight_of_it(people: int, fits: bool) -> None:
    """Eight square metres; each frame of 500 heads took seconds."""
    seen = [PersonSeen((0.01 * n, 1.0, 1.6), (), 1.0) for n in range(people)]
    record = decode(SHOP, "camera/cam/people", encode_people(OPENS_S, seen), OPENS_S)
    assert isinstance(record, PeopleFrame) is fits
    assert fits or (isinstance(record, Refused) and record.reason == "more people than fit")
