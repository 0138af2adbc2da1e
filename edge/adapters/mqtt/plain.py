"""A plate that publishes one plain number on a topic of its own: ESPHome, Tasmota and whatever else can print one.

Enters: a payload. Leaves: grams, or None where the device itself says that it cannot tell. A unit that the payload
says, behind the number or where ``unit_at`` points, is believed before the one that is configured. Refuses with a
`ValueError` of few and fixed reasons; what it was is for the log. `Plains` tells staff of a plate whose topic cannot be
used.
"""

from __future__ import annotations

import math
import re
import time

import msgspec

from edge.adapters.inbox import Inbox
from edge.adapters.plates import Plates
from edge.adapters.units import KNOWN, grams_of
from edge.site import GRAMS, LARGEST, PlainPlate
from edge.told import NOTHING, Sentence, phrase, told
from edge.wire.gaps import is_unread, with_gaps

LONGEST = 65_536
"""Bytes. Tasmota's largest telemetry has a few thousand."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_WITH_UNIT = re.compile(rf"(?P<number>{_NUMBER.pattern})\s*(?P<unit>[^\s\d+\-.,_][^\s\d_]{{0,15}})", re.ASCII)

TOO_LONG, NOT_TEXT, NOT_JSON, NOT_A_NUMBER = "too long", "not text", "not JSON", "not a number"
NOT_THERE, NO_UNIT, UNKNOWN_UNIT = "value not in payload", "unit not in payload", "unknown unit"
TWO_UNITS, UNIT_OF_RAW, ABSURD = "two units", "unit of raw numbers", "absurd mass"

REMEDIES: dict[str, str] = {
    TOO_LONG: phrase("let the device publish less on this topic"),
    NOT_TEXT: phrase("look whether the topic is the right one, and what the device is set to publish"),
    NOT_JSON: phrase("take value out of [[plain]] if the payload is a bare number; else look at the device's template"),
    NOT_A_NUMBER: phrase("correct value in [[plain]], or what the device is set to publish"),
    NOT_THERE: phrase("correct value in [[plain]]: it names where the number stands, like HX711.Weight"),
    NO_UNIT: phrase("correct unit_at in [[plain]], or take it out and write the unit"),
    UNKNOWN_UNIT: phrase("set the device to {known}"),
    TWO_UNITS: phrase("set the device to one unit, or take unit_at out of [[plain]]"),
    UNIT_OF_RAW: phrase("write unit = the device's own in [[plain]], and calibrate the shelf anew"),
    ABSURD: phrase("correct unit in [[plain]], or look what the device weighs"),
}
"""What to do about each reason."""
AT_ONCE = frozenset({UNKNOWN_UNIT, NO_UNIT, TWO_UNITS, UNIT_OF_RAW})
"""Told when it is first said. Anything else may be a message of another kind between the readings."""
SHOWN = 60
"""Bytes of what was said that staff are shown."""


class Plains:
    """The plates of all ``[[plain]]`` tables: their readings go to ``plates``, what is wrong with them to ``inbox``."""

    def __init__(self, plates: Plates, inbox: Inbox, stale_s: float) -> None:
        self._plates, self._inbox, self._stale_s = plates, inbox, stale_s
        self._read_s: dict[tuple[str, int], float] = {}
        """When each plate was last read, or first was not."""

    def __call__(self, plate: PlainPlate, payload: bytes) -> None:
        """One payload of a plate's topic."""
        here, now_s = (plate.shelf, plate.plate), time.monotonic()
        source = f"plain/{plate.shelf}:{plate.plate}"
        try:
            mass_g = read_plain(plate, payload)
        except ValueError as error:
            reason = str(error)
            self._inbox.refuse(f"plain/{plate.shelf}", reason, payload)
            if reason in AT_ONCE or now_s - self._read_s.setdefault(here, now_s) > self._stale_s:
                self._inbox.trouble(source, _told(plate, reason, payload))
            return
        self._read_s[here] = now_s
        self._inbox.trouble(source, NOTHING)
        self._plates.put(plate.shelf, plate.plate, mass_g, self._inbox.now_s())


def read_plain(plate: PlainPlate, payload: bytes) -> float | None:
    """Grams on a plate."""
    if len(payload) > LONGEST:
        raise ValueError(TOO_LONG)
    if plate.value:
        whole = _json(payload)
        said = _at(plate.value, whole, NOT_THERE)
        unit = _at(plate.unit_at, whole, NO_UNIT) if plate.unit_at else None
    else:
        said, unit = _text(payload), None
    number, behind = _number(said)
    if number is None:
        return None
    return _grams(plate, number, behind, unit)


def _grams(plate: PlainPlate, number: float, behind: str, pointed: object) -> float:
    """``behind``: the unit that stands behind the number; ``pointed``: what stands where ``unit_at`` points."""
    if plate.unit_at and not isinstance(pointed, str):
        raise ValueError(NO_UNIT if pointed is None else UNKNOWN_UNIT)
    factors = {grams_of(unit) for unit in (behind, pointed) if isinstance(unit, str) and unit}
    if None in factors:
        raise ValueError(UNKNOWN_UNIT)
    if len(factors) > 1:
        raise ValueError(TWO_UNITS)
    if factors and plate.unit == "raw":
        raise ValueError(UNIT_OF_RAW)
    mass_g = number * (factors.pop() or 0.0 if factors else GRAMS[plate.unit])
    if not abs(mass_g) <= LARGEST[plate.unit]:
        raise ValueError(ABSURD)
    return mass_g


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(NOT_TEXT) from None


def _json(payload: bytes) -> object:
    """The payload; what a neighbour of the weight cannot tell (``nan``) is a gap and no fault."""
    for text in (payload, with_gaps(payload, quoted=False)):
        try:
            whole: object = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        return whole
    raise ValueError(NOT_JSON)


def _at(path: str, value: object, missing: str) -> object:
    """What stands at ``HX711.Weight``."""
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise ValueError(missing)
        value = value[key]
    return value


def _number(said: object) -> tuple[float | None, str]:
    """The number and the unit behind it, if there is one; None: there is no number at the moment."""
    if said is None:
        return None, ""
    if isinstance(said, str):
        text = said.strip()
        if is_unread(text.encode()):
            return None, ""
        found = _WITH_UNIT.fullmatch(text)
        if found is not None:
            return float(found["number"]), found["unit"]
        if not _NUMBER.fullmatch(text):
            raise ValueError(NOT_A_NUMBER)
        return float(text), ""
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise ValueError(NOT_A_NUMBER)
    try:
        number = float(said)
    except OverflowError:
        raise ValueError(ABSURD) from None
    return (number if math.isfinite(number) else None), ""


def _told(plate: PlainPlate, reason: str, payload: bytes) -> Sentence:
    shown = payload[:SHOWN].decode("utf-8", "replace")
    remedy = told(REMEDIES[reason], known=KNOWN)
    what = phrase("{topic} cannot be used ({reason}: {said!a}): {remedy}")
    return told(what, topic=plate.topic, reason=reason, said=shown, remedy=remedy)
