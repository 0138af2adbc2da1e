"""Cut-outs of hands at shelves, where the shop's policy keeps any: those that were made while a shelf changed.

Enters: the folder in which camera nodes keep them (`edge.camera.evidence`), moments. Leaves: which files show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FOLDER: Final = "evidence"
NAMED: Final = "%Y%m%dT%H%M%S.%fZ"
"""As camera nodes name them; UTC, to the millisecond."""

NEAR_S: Final = 1.2
"""Nodes keep one a second: a picture shows a change that is no further away."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """One picture. ``name``: its file's, without the ending."""

    camera: str
    name: str
    at_s: float


def cut_outs(state_folder: Path, cameras: Sequence[str], from_s: float, to_s: float) -> list[CutOut]:
    """All that were made between two moments by the store's cameras, in order of time."""
    found = []
    for camera in cameras:
        for path in (state_folder / FOLDER / camera).glob("*.jpg"):
            at_s = made_s(path.stem)
            if at_s is not None and from_s <= at_s <= to_s:
                found.append(CutOut(camera, path.stem, at_s))
    return sorted(found, key=lambda c: (c.at_s, c.camera))


def showing(pictures: Sequence[CutOut], at_s: float) -> list[CutOut]:
    """Of each camera the one that is nearest to a moment, if it is near."""
    nearest: dict[str, CutOut] = {}
    for picture in pictures:
        away_s = abs(picture.at_s - at_s)
        known = nearest.get(picture.camera)
        if away_s <= NEAR_S and (known is None or away_s < abs(known.at_s - at_s)):
            nearest[picture.camera] = picture
    return list(nearest.values())


def made_s(name: str) -> float | None:
    """When a picture of this name was made; None: no node's name."""
    try:
        return datetime.strptime(name, NAMED).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
