"""A plate that publishes one plain number on a topic of its own: ESPHome, Tasmota and whatever else can print one.

Enters: a payload. Leaves: grams, or None where the device itself says that it cannot tell. Refuses with a `ValueError`
of few and fixed reasons; what it was is for the log.
"""

from __future__ import annotations

import math
import re

import msgspec

from edge.site import GRAMS, LARGEST, PlainPlate

LONGEST = 65_536
"""Bytes. Tasmota's largest telemetry has a few thousand."""
UNREAD = frozenset({"nan", "unavailable", "unknown", "none", "null"})
"""How firmware says that it has no value: ESPHome ``nan``, Home Assistant ``unavailable`` and ``unknown``."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def read_plain(plate: PlainPlate, payload: bytes) -> float | None:
    """Grams on a plate."""
    if len(payload) > LONGEST:
        raise ValueError("too long")
    said = _pointed_at(plate.value, payload) if plate.value else _text(payload)
    number = _number(said)
    if number is None:
        return None
    mass_g = number * GRAMS[plate.unit]
    if not abs(mass_g) <= LARGEST[plate.unit]:
        raise ValueError("absurd mass")
    return mass_g


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("not text") from None


def _pointed_at(path: str, payload: bytes) -> object:
    """What stands at ``HX711.Weight`` in a JSON payload."""
    try:
        value: object = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("not JSON") from None
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise ValueError("value not in payload")
        value = value[key]
    return value


def _number(said: object) -> float | None:
    if said is None:
        return None
    if isinstance(said, str):
        text = said.strip()
        if text.lower() in UNREAD:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValueError("not a number")
        return float(text)
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise ValueError("not a number")
    try:
        number = float(said)
    except OverflowError:
        raise ValueError("absurd mass") from None
    return None if math.isnan(number) else number
