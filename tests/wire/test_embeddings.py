"""What people look like, at the border: taken in or dropped as the policy says, and taken out of what is recorded."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.records import PeopleFrame, Record
from edge.store import Store, read_store
from edge.wire import decode, without_embeddings
from edge.wire.payloads import PeoplePayload
from tests.corner import FILES, OPENS_S
from tests.wire.messages import right

TOPIC = "camera/cam/people"
SCHEMA = msgspec.json.schema(PeoplePayload)
HEAD = {"head": [1.0, 1.0, 1.6], "embedding": [0.6, -0.8]}


def shop(policy: str = "") -> Store:
    return read_store(FILES | {"store.toml": FILES["store.toml"] + f"\n[policy]\n{policy}\n".encode()})


SHOP = shop()


def heard(payload: bytes, store: Store = SHOP) -> Record:
    return decode(store, TOPIC, payload, OPENS_S)


def blank(record: Record) -> Record:
    assert isinstance(record, PeopleFrame), record
    return replace(record, people=tuple(replace(p, embedding=None) for p in record.people))


def test_the_policy_says_whether_they_come_in() -> None:
    payload = json.dumps({"t": OPENS_S, "people": [HEAD]}).encode()
    with_them, without = heard(payload), heard(payload, shop("appearance = false"))
    assert isinstance(with_them, PeopleFrame)
    assert with_them.people[0].embedding == (0.6, -0.8)
    assert without == blank(with_them)
    assert heard(payload, shop("record_appearance = false")) == with_them, "what is not recorded is used all the same"


@settings(deadline=None)
@given(told=right(SCHEMA), embedding=st.none() | st.lists(st.floats(-1e300, 1e300), max_size=5))
def test_without_them_a_frame_says_what_it_said(told: Any, embedding: list[float] | None) -> None:
    for person in told["people"]:
        person["embedding"] = embedding
    payload = json.dumps(told).encode()
    before, left = heard(payload), without_embeddings(payload)
    assert heard(left) == blank(before)
    assert b'"embedding":[' not in left.replace(b" ", b"") or not embedding
    assert without_embeddings(left) == left


@pytest.mark.parametrize(
    "payload",
    [
        b'{"t": 1700000000, "people": [{"head": [1, 1, 1.6], "hands": [], "score": 1}] , "new": "kept"}',
        b'{"t": 1700000000, "people": []}',
        b'{"t": 1700000000, "people": [{"head": [1, 1, 1.6], "embedding": null}]}',
    ],
)
def test_a_frame_without_them_stays_as_it_was_on_the_wire(payload: bytes) -> None:
    assert without_embeddings(payload) == payload


@pytest.mark.parametrize("gap", ["NaN", '"unavailable"'])
def test_a_frame_with_a_gap_in_it(gap: str) -> None:
    payload = (
        b'{"t": 1700000000, "people": [{"head": [1, 1, 1.6], "error": %s, "embedding": [0.6, 0.8]}]}' % gap.encode()
    )
    left = without_embeddings(payload)
    assert b"0.6" not in left
    assert heard(left) == blank(heard(payload))


def test_a_key_that_is_written_otherwise() -> None:
    payload = b'{"t": 1700000000, "people": [{"head": [1, 1, 1.6], "\\u0065mbedding": [0.6, 0.8]}]}'
    left = without_embeddings(payload)
    assert b"0.6" not in left
    assert heard(left) == blank(heard(payload))
