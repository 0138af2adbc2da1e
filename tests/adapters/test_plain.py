"""One plain number a topic, as ESPHome and Tasmota publish it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.mqtt.plain import read_plain
from edge.site import PlainPlate

BARE = PlainPlate(topic="esp/plate1/state", shelf="g1-s1", plate=1)
TASMOTA = PlainPlate(topic="tele/scale/SENSOR", shelf="g1-s1", plate=1, value="HX711.Weight")
POUNDS = PlainPlate(topic="x", shelf="g1-s1", plate=1, unit="lb")


@pytest.mark.parametrize(
    ("plate", "payload", "mass_g"),
    [
        (BARE, b"34.2", 34.2),
        (BARE, b" -0.5\n", -0.5),
        (BARE, b"1e3", 1000.0),
        (BARE, b"nan", None),
        (BARE, b"NaN", None),
        (BARE, b"unavailable", None),
        (BARE, b"unknown", None),
        (POUNDS, b"2", 907.18474),
        (TASMOTA, b'{"Time":"2024-05-01T10:00:00","HX711":{"WeightRaw":4,"Weight":34.2}}', 34.2),
        (TASMOTA, b'{"HX711":{"Weight":"34.2"}}', 34.2),
        (TASMOTA, b'{"HX711":{"Weight":null}}', None),
    ],
)
def test_a_number_is_grams(plate: PlainPlate, payload: bytes, mass_g: float | None) -> None:
    assert read_plain(plate, payload) == (None if mass_g is None else pytest.approx(mass_g))


@pytest.mark.parametrize(
    ("plate", "payload", "reason"),
    [
        (BARE, b"", "not a number"),
        (BARE, b"34,2", "not a number"),
        (BARE, b"34.2 g", "not a number"),
        (BARE, b"1_0", "not a number"),
        (BARE, "٣".encode(), "not a number"),
        (BARE, b"inf", "not a number"),
        (BARE, b"\xff", "not text"),
        (BARE, b"1e9", "absurd mass"),
        (BARE, b'{"HX711":{"Weight":34.2}}', "not a number"),
        (BARE, b" " * 100_000, "too long"),
        (TASMOTA, b"34.2", "value not in payload"),
        (TASMOTA, b"{", "not JSON"),
        (TASMOTA, b"[" * 5000, "not JSON"),
        (TASMOTA, b'{"HX711":34.2}', "value not in payload"),
        (TASMOTA, b'{"HX711":{}}', "value not in payload"),
        (TASMOTA, b'{"HX711":{"Weight":true}}', "not a number"),
        (TASMOTA, b'{"HX711":{"Weight":[1]}}', "not a number"),
        (TASMOTA, b'{"HX711":{"Weight":1' + b"0" * 400 + b"}}", "absurd mass"),
    ],
)
def test_what_is_none_says_why(plate: PlainPlate, payload: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        read_plain(plate, payload)


@given(st.sampled_from([BARE, TASMOTA, POUNDS]), st.binary(max_size=60) | st.text(max_size=20).map(str.encode))
def test_whatever_comes_it_is_grams_or_a_reason(plate: PlainPlate, payload: bytes) -> None:
    try:
        mass_g = read_plain(plate, payload)
    except ValueError as error:
        reason = str(error)
    else:
        reason = ""
        assert mass_g is None or math.isfinite(mass_g)
    assert reason in {"", "not a number", "not text", "not JSON", "value not in payload", "absurd mass", "too long"}
