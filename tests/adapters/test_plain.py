"""One plain number a topic, as ESPHome and Tasmota publish it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.mqtt.plain import REMEDIES, Plains, read_plain
from edge.adapters.plates import Plates
from edge.site import PlainPlate, Site, Slow
from tests.adapters.serial.ear import SHOP, Ear, until

LB = 453.59237
BARE = PlainPlate(topic="esp/plate1/state", shelf="g1-s1", plate=1)
TASMOTA = PlainPlate(topic="tele/scale/SENSOR", shelf="g1-s1", plate=1, value="HX711.Weight")
POUNDS = PlainPlate(topic="x", shelf="g1-s1", plate=1, unit="lb")
RAW = PlainPlate(topic="x", shelf="g1-s1", plate=1, unit="raw")
SAYS = PlainPlate(topic="x", shelf="g1-s1", plate=1, unit="kg", value="now.weight", unit_at="now.unit")


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
        (TASMOTA, b'{"HX711":{"Weight":"unavailable"}}', None),
        (TASMOTA, b'{"HX711":{"Weight":nan}}', None),
        (TASMOTA, b'{"HX711":{"Weight":-Infinity}}', None),
        (TASMOTA, b'{"HX711":{"Weight":1.234},"DHT11":{"Temperature":nan,"Humidity":-nan}}', 1.234),
        (TASMOTA, b'{"Wifi":{"RSSI":Infinity},"HX711":{"Weight":1.234}}', 1.234),
        (TASMOTA, b'{"Door":unavailable,"HX711":{"Weight":1.234}}', 1.234),
        (BARE, b"inf", None),
        (BARE, b"-Infinity", None),
        (BARE, b"ovf", None),
        (BARE, b"34.2 g", 34.2),
        (BARE, b"97.7 lb", 97.7 * LB),
        (BARE, b"97.7LB", 97.7 * LB),
        (BARE, b"1.5e1 kg", 15_000.0),
        (POUNDS, b"500 g", 500.0),
        (SAYS, b'{"now":{"weight":97.7,"unit":"lb"}}', 97.7 * LB),
        (SAYS, b'{"now":{"weight":97.7,"unit":"kg"}}', 97_700.0),
        (SAYS, b'{"now":{"weight":"97.7","unit":" Grams "}}', 97.7),
        (SAYS, b'{"now":{"weight":"97.7 lb","unit":"lbs"}}', 97.7 * LB),
        (SAYS, b'{"now":{"weight":null,"unit":"pcs"}}', None),
    ],
)
def test_a_number_is_grams(plate: PlainPlate, payload: bytes, mass_g: float | None) -> None:
    assert read_plain(plate, payload) == (None if mass_g is None else pytest.approx(mass_g))


@pytest.mark.parametrize(
    ("plate", "payload", "reason"),
    [
        (BARE, b"", "not a number"),
        (BARE, b"34,2", "not a number"),
        (BARE, b"1_0", "not a number"),
        (BARE, "٣".encode(), "not a number"),
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
        (TASMOTA, b'{"HX711":{"Weight":12,5}}', "not JSON"),
        (TASMOTA, b'{"HX711":{"Weight":1.5x}}', "not JSON"),
        (TASMOTA, b'{"HX711":{"Weight":"12,5 kg"}}', "not a number"),
        (BARE, b"97.7 st", "unknown unit"),
        (BARE, b"12 pcs", "unknown unit"),
        (BARE, b"50 %", "unknown unit"),
        (BARE, b"5 Mg", "unknown unit"),
        (BARE, b"6 lb 2 oz", "not a number"),
        (BARE, b"1100 kg", "absurd mass"),
        (RAW, b"12 g", "unit of raw numbers"),
        (SAYS, b'{"now":{"weight":97.7,"unit":"st"}}', "unknown unit"),
        (SAYS, b'{"now":{"weight":97.7,"unit":7}}', "unknown unit"),
        (SAYS, b'{"now":{"weight":97.7,"unit":null}}', "unit not in payload"),
        (SAYS, b'{"now":{"weight":97.7}}', "unit not in payload"),
        (SAYS, b'{"now":{"weight":"97.7 kg","unit":"lb"}}', "two units"),
        (TASMOTA, b'{"HX711":{"Weight":[1]}}', "not a number"),
        (TASMOTA, b'{"HX711":{"Weight":1' + b"0" * 400 + b"}}", "absurd mass"),
    ],
)
def test_what_is_none_says_why(plate: PlainPlate, payload: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        read_plain(plate, payload)


PLATES = st.sampled_from([BARE, TASMOTA, POUNDS, SAYS, RAW])


@given(PLATES, st.binary(max_size=60) | st.text(max_size=20).map(str.encode))
def test_whatever_comes_it_is_grams_or_a_reason(plate: PlainPlate, payload: bytes) -> None:
    mass_g, reason = None, ""
    try:
        mass_g = read_plain(plate, payload)
    except ValueError as error:
        reason = str(error)
    assert reason in ("", *REMEDIES)
    assert mass_g is None or math.isfinite(mass_g)


WORDS = st.sampled_from(["nan", "NaN", "-inf", "Infinity", "null", "unavailable", '"unavailable"', "1e999"])
OTHERS = st.dictionaries(st.sampled_from(["Time", "DHT11", "Wifi", "Zeit"]), WORDS, max_size=4)


@given(OTHERS, st.integers(-10_000, 10_000), OTHERS)
def test_no_neighbour_costs_the_weight(before: dict[str, str], weight: int, after: dict[str, str]) -> None:
    def told(others: dict[str, str]) -> list[str]:
        return [f'"{name}":{{"is":{value}}}' for name, value in others.items()]

    payload = "{" + ",".join([*told(before), f'"HX711":{{"Weight":{weight}}}', *told(after)]) + "}"
    assert read_plain(TASMOTA, payload.encode()) == weight


# --- what staff are told -------------------------------------------------------------------------------------------


class Wired:
    """A plain plate with its inbox, as the shop wires it."""

    def __init__(self, plate: PlainPlate) -> None:
        site = Site(plain=(plate,), slow=Slow(stale_s=0.1))
        self.ear, self.plate = Ear(), plate
        self._plains = Plains(Plates(SHOP, site, self.ear), self.ear, site.slow.stale_s)

    def says(self, payload: bytes) -> str:
        """What staff see after it."""
        self._plains(self.plate, payload)
        return self.ear.ails("plain/g1-s1:1")


def test_a_unit_that_nobody_knows_is_told_at_once_and_taken_back_when_it_is_changed() -> None:
    scale = Wired(SAYS)
    assert scale.says(b'{"now":{"weight":97.7,"unit":"kg"}}') == ""
    told = scale.says(b'{"now":{"weight":97.7,"unit":"st"}}')
    assert "unknown unit" in told
    assert "97.7" in told
    assert told.endswith("set the device to g, kg, mg, lb or oz")
    assert scale.says(b'{"now":{"weight":97.7,"unit":"lb"}}') == ""
    assert scale.ear.refused("unknown unit") == 1


def test_a_topic_that_never_says_a_weight_is_told_with_the_remedy_and_a_message_between_is_not() -> None:
    scale = Wired(TASMOTA)
    assert scale.says(b'{"Uptime":1}') == "", "perhaps a weight follows"
    assert scale.says(b'{"HX711":{"Weight":1}}') == ""
    assert scale.says(b'{"Uptime":2}') == ""
    until(lambda: "it names where the number stands" in scale.says(b'{"Uptime":3}'))
    assert scale.says(b'{"HX711":{"Weight":1}}') == ""
