"""Where a number is missing, one value is missing: never the message around it."""

from __future__ import annotations

import json
import math
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import GatePassage, GateScan, PeopleFrame, Refused, SourceTrouble, WeightBatch
from edge.store import read_store
from edge.wire import decode
from edge.wire.gaps import with_gaps
from tests.corner import FILES, OPENS_S

SHOP = read_store(FILES)
BARE = ["nan", "NaN", "-nan", "-nan(ind)", "inf", "-inf", "Infinity", "-Infinity", "1.#QNAN", "-1.#IND", "ovf", "None",
        "undefined", "unavailable", "unknown", "n/a", "1e999", "-1e999", "9" * 400]  # fmt: skip
QUOTED = ['"NaN"', '"Infinity"', '"-Infinity"', '"nan"', '"unavailable"', '"N/A"']


def weights(rows: str, more: str = "") -> object:
    return decode(SHOP, "shelf/g1-s1/weight", f'{{"t": {OPENS_S}, "hz": 60.0, "g": {rows}{more}}}'.encode(), OPENS_S)


@pytest.mark.parametrize("word", [*BARE, *QUOTED])
def test_a_sample_that_is_none_is_missing_and_the_others_are_there(word: str) -> None:
    batch = weights(f"[[1.5, {word}, 2.5], [3, 4, 5], [{word},{word},{word}], [0, 0, 0]]")
    assert isinstance(batch, WeightBatch), batch
    nan = math.nan
    np.testing.assert_array_equal(batch.mass_g, [[1.5, nan, 2.5], [3, 4, 5], [nan, nan, nan], [0, 0, 0]])


@pytest.mark.parametrize("word", [*BARE, *QUOTED])
def test_a_neighbour_that_is_none_costs_nothing(word: str) -> None:
    whole = weights("[[1.0], [2.0], [3.0], [4.0]]", f', "c": {word}, "humidity": {word}, "rssi": [{word}]')
    assert isinstance(whole, WeightBatch), whole
    assert math.isnan(whole.celsius)


@pytest.mark.parametrize("word", BARE)
def test_cameras_and_gates_may_say_what_they_like_beside_what_counts(word: str) -> None:
    frame = f'{{"t": {OPENS_S}, "people": [{{"head": [1, 2, 1.6], "error": {word}, "box": [{word}]}}], "fps": {word}}}'
    seen = decode(SHOP, "camera/cam/people", frame.encode(), OPENS_S)
    assert isinstance(seen, PeopleFrame), seen
    assert seen.people[0].error_m is None
    health = f'{{"t": {OPENS_S}, "state": "seeing", "fps": {word}}}'
    assert isinstance(decode(SHOP, "camera/cam/health", health.encode(), OPENS_S), SourceTrouble)
    passage = f'{{"t": {OPENS_S}, "direction": "in", "celsius": {word}}}'
    assert isinstance(decode(SHOP, "gate/in/passage", passage.encode(), OPENS_S), GatePassage)


@pytest.mark.parametrize("topic", ["shelf/g1-s1/weight", "camera/cam/health", "gate/in/passage"])
@pytest.mark.parametrize("word", [b"hello", b"unavailable", b" nan\n", b"null", b"1e999"])
def test_a_single_word_is_told_as_what_it_is(topic: str, word: bytes) -> None:
    refused = decode(SHOP, topic, word, OPENS_S)
    assert isinstance(refused, Refused)
    assert refused.detail == f"it says {word.decode().strip()!a} and nothing else"


def test_nobody_is_told_of_a_null_that_was_not_said() -> None:
    told = []
    for word in (b"nan", b"null"):
        refused = decode(SHOP, "gate/in/passage", b'{"t": %s, "direction": "in"}' % word, OPENS_S)
        assert isinstance(refused, Refused)
        told.append(refused.detail)
    assert told == [
        "Expected `float`, got a word that is no number - at `$.t`",
        "Expected `float`, got `null` - at `$.t`",
    ]


def test_what_is_needed_is_not_made_up() -> None:
    """A head without a place is nobody's, and a frame without one of its heads would say that nobody stood there."""
    for head in ("[1, NaN, 1.6]", "NaN"):
        frame = f'{{"t": {OPENS_S}, "people": [{{"head": {head}}}, {{"head": [1, 2, 1.6]}}]}}'
        record = decode(SHOP, "camera/cam/people", frame.encode(), OPENS_S)
        assert isinstance(record, Refused)
        assert record.reason == "breaks the contract"
    for payload in (b'{"t": NaN, "direction": "in"}', b'{"t": 1, "direction": NaN}'):
        assert isinstance(decode(SHOP, "gate/in/passage", payload, OPENS_S), Refused)


def test_a_name_is_a_name_whatever_it_says() -> None:
    payload = f'{{"t": {OPENS_S}, "subject": "nan", "method": "unknown", "party": 1, "celsius": NaN}}'.encode()
    scan = decode(SHOP, "gate/in/scan", payload, OPENS_S)
    assert isinstance(scan, GateScan) is SHOP.layout.gates[0].trusted_reader
    assert with_gaps(payload, quoted=False).count(b"null") == 1


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(ANY)
def test_what_is_json_stays_as_it_is(value: object) -> None:
    for payload in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")):
        assert with_gaps(payload, quoted=False) == payload


@given(st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.text(max_size=8), max_size=20))
def test_what_python_writes_is_read_with_its_gaps(values: list[object]) -> None:
    read = msgspec.json.decode(with_gaps(json.dumps(values).encode(), quoted=False))
    wanted = [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]
    assert read == wanted


@pytest.mark.parametrize("piece", [b'"', b'\\"', b"nan(", b"-", b"1", b"a", b'"\\'])
def test_nothing_that_is_sent_takes_long(piece: bytes) -> None:
    began_s = time.perf_counter()
    with_gaps(piece * (500_000 // len(piece)), quoted=True)
    assert time.perf_counter() - began_s < 5.0
