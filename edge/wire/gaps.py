"""JSON as firmware and libraries write it where they have no number: ``nan``, ``-inf``, ``None``, ``unavailable``.

Enters: a payload that no JSON decoder takes, or that has a word where a number should be. Leaves: the same with
``null`` in those places, so that one value that is missing costs nothing but itself. Python, JavaScript and C print
``NaN``, ``Infinity``, ``nan`` or ``-1.#IND``, Arduino ``ovf``, a template whatever its source says; Java and protobuf
put the word between quotes. A number beyond what fits into 64 bits of floating point is missing, too.

Looks at every byte once, and only where something is wrong: what is JSON already costs nothing.
"""

from __future__ import annotations

import re

UNREAD = frozenset(
    {b"nan", b"inf", b"infinity", b"ovf", b"unavailable", b"unknown", b"none", b"null", b"undefined", b"undef", b"n/a"}
)
"""How firmware says that it has no value: ESPHome ``nan``, Arduino ``ovf``, Home Assistant ``unavailable`` and
``unknown``, openHAB ``UNDEF``; a sign may stand before it."""

GAP = b"null"
"""What stands in the place of what is no number."""

_TOKEN = re.compile(
    rb'(?P<text>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))'
    rb"|(?P<gap>[-+]?\d\.\#[A-Za-z]+)"
    rb"|(?P<number>-?\d[\d.eE+-]*)"
    rb"|(?P<word>[-+]?[A-Za-z_][\w./]*(?:\([^()\"]{0,16}\))?)",
    re.DOTALL,
)
_WORDS = (b"true", b"false", b"null")


def with_gaps(payload: bytes, *, quoted: bool) -> bytes:
    """The payload with ``null`` for what is no number. ``quoted``: ``"NaN"`` is none either; for what holds numbers."""

    def plain(found: re.Match[bytes]) -> bytes:
        token = found[0]
        match found.lastgroup:
            case "text":
                missing = quoted and is_unread(token[1:-1])
            case "number":
                missing = _is_beyond(token)
            case _:
                missing = token not in _WORDS
        return GAP if missing else token

    return _TOKEN.sub(plain, payload)


def is_unread(text: bytes) -> bool:
    """Whether a text says that there is no value."""
    return text.strip().lower().lstrip(b"+-") in UNREAD


def _is_beyond(token: bytes) -> bool:
    try:
        return float(token) in (float("inf"), float("-inf"))
    except ValueError:
        return False
