"""What the last look at shelves and cameras found (`tebura calibrate check` of the running shop), for whoever shows it.

Enters: the facts that the check tells, as it keeps them in the state folder. Leaves: the same, or None where nobody has
looked yet. The check stands above this package, and reads nothing of it; the file is what they have in common.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

FILE: Final = "checked.json"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with some plates of a shelf: in numbers, what that means, and what to do."""

    what: str
    means: str
    remedy: str
    plates: list[int] = []


class CheckedShelf(msgspec.Struct, frozen=True):
    """One shelf."""

    shelf: str
    well: bool
    faults: list[Fault] = []
    troubles: list[str] = []


class CheckedCamera(msgspec.Struct, frozen=True):
    """One camera."""

    camera: str
    well: bool
    what: str = ""
    remedy: str = ""


class Checked(msgspec.Struct, frozen=True):
    """One look, at ``at_s`` (UNIX seconds)."""

    at_s: float
    shelves: list[CheckedShelf]
    cameras: list[CheckedCamera]


def keep_checked(folder: Path, at_s: float, shelves: list[dict[str, object]], cameras: list[dict[str, object]]) -> None:
    """Keep what a look has found, in place of the one before. `OSError`."""
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode({"at_s": at_s, "shelves": shelves, "cameras": cameras}))
    fresh.replace(folder / FILE)


def checked(folder: Path) -> Checked | None:
    """What the last look has found; None: nobody has looked, or it cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Checked)
    except (OSError, msgspec.MsgspecError):
        return None
