"""The diary's lines, and where they stand: one file an hour (UTC), a JSON object a line.

Positions are centimetres, masses grams, times UNIX seconds; lists instead of names where there are many of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

DIARY: Final = "diary"
"""In the state folder."""

HOUR_S: Final = 3600.0
_FORM: Final = "%Y%m%dT%HZ.jsonl"


class People(msgspec.Struct, frozen=True, omit_defaults=True, tag="people"):
    """Everybody at one moment: ``[track, x, y, {visit: share}]``."""

    t: float
    who: list[tuple[int, int, int, dict[str, float]]]


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A visit's part in an explanation; see `edge.records.Share`."""

    visit: str
    sku: str
    quantity: int


class Explained(msgspec.Struct, frozen=True, omit_defaults=True, tag="event"):
    """A shelf event, told at ``t``: ``step_s`` is when it most likely was, ``odds`` are its likeliest explanations,
    ``near`` who came how near to it (m).
    """

    t: float
    step_s: float
    id: str
    shelf: str
    plates: list[int]
    change_g: float
    blind: bool
    odds: list[tuple[float, list[Said]]]
    near: list[tuple[str, float]]


class Weights(msgspec.Struct, frozen=True, omit_defaults=True, tag="weights"):
    """What plates said around a shelf event: for each of them grams against its level before, every ``step_s``."""

    t: float
    id: str
    from_s: float
    step_s: float
    g: list[list[float | None]]


Line = People | Explained | Weights


def path_at(folder: Path, at_s: float) -> Path:
    """The file that a moment stands in."""
    return folder / datetime.fromtimestamp(at_s, UTC).strftime(_FORM)


def began_s(path: Path) -> float | None:
    """The hour of a file; None: somebody else's file."""
    try:
        return datetime.strptime(path.name, _FORM).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
