"""Where somebody laid the sheets: from a file beside store.toml, or from the command line.

Enters: ``markers.toml`` with ``[[marker]]`` tables (id, position, and where they differ from what was printed or were
measured: size, yaw_deg), words like ``3=1.20,0.85``. Leaves: `Placed` and `BoardAt`, metres. Refuses (`Misread`):
what cannot be read, with what it should be. What is said on the command line wins over the file.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.camera.pose import BoardAt, Placed
from calibration.camera.sheets import MARKERS
from edge.store import told_faults

FILE: Final = "markers.toml"
FARTHEST_M: Final = 1000.0

Metres = Annotated[float, Field(ge=-FARTHEST_M, le=FARTHEST_M)]


class Misread(ValueError):
    """Somebody wrote something else than a place; the message says what it should be."""


class _Marker(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[int, Field(ge=1, le=MARKERS)]
    position: Annotated[tuple[Metres, ...], Field(min_length=2, max_length=3)]
    size: Annotated[float, Field(gt=0.01, le=2.0)] | None = None
    yaw_deg: Annotated[float, Field(ge=-360.0, le=360.0)] | None = None


class _Places(BaseModel):
    model_config = ConfigDict(extra="forbid")

    marker: tuple[_Marker, ...] = ()


def read_places(path: Path, size_m: float) -> dict[int, Placed]:
    """The markers of a file, by number; ``size_m`` where none is said. `Misread`."""
    try:
        told = _Places(**tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise Misread(f"{path}: cannot be read ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misread(f"{path}: is not TOML ({error})") from error
    except ValidationError as error:
        raise Misread("\n".join(map(str, told_faults(str(path), error, _Places)))) from error
    ids = [m.id for m in told.marker]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise Misread(f"{path}: marker {twice[0]} stands twice. A marker lies in one place")
    rows = ((m, (*m.position, 0.0)) for m in told.marker)
    return {m.id: Placed(m.id, (p[0], p[1], p[2]), m.size or size_m, m.yaw_deg) for m, p in rows}


def read_marker(word: str, size_m: float) -> Placed:
    """``3=1.20,0.85`` or, with the direction in which its lines of text run, ``3=1.20,0.85,90``. `Misread`."""
    number, _, place = word.partition("=")
    told = _numbers(place)
    if not number.strip().isdecimal() or not 1 <= int(number) <= MARKERS or len(told) not in (2, 3):
        form = f"ID=X,Y or ID=X,Y,YAW with an id from 1 to {MARKERS}, metres and degrees, like 3=1.20,0.85"
        raise Misread(f"--marker {word}: write it as {form}")
    return Placed(int(number), (told[0], told[1], 0.0), size_m, told[2] if len(told) == 3 else None)


def read_board_at(word: str) -> BoardAt:
    """``1.20,0.85,90``: its corner 0, and where its top edge runs from there. `Misread`."""
    told = _numbers(word)
    if len(told) != 3:
        raise Misread(f"--board-at {word}: write it as X,Y,YAW of its corner 0, metres and degrees, like 1.20,0.85,90")
    return BoardAt((told[0], told[1], 0.0), told[2])


def read_numbers(text: str) -> list[int]:
    """``1-4,9`` -> the markers. `Misread`."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not first.strip().isdecimal() or not (last or first).strip().isdecimal():
            raise Misread(f"--markers {text}: write it like 1-6 or 1,3,8")
        found += range(int(first), int(last or first) + 1)
    return found


def _numbers(text: str) -> Sequence[float]:
    try:
        told = [float(part) for part in text.split(",")]
    except ValueError:
        return ()
    return told if all(math.isfinite(v) and abs(v) <= FARTHEST_M for v in told) else ()
