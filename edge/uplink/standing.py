"""Where headquarters stood when it was heard last, for whoever asks in the shop: a small file in the state folder.

Enters: answers. Leaves: the same, for `tebura check` and for the next start, and what is odd about it. Nothing
depends on it: headquarters itself is asked where it stands.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from edge.told import NOTHING, Sentence, phrase, told

FILE: Final = "headquarters.json"

QUIET: Final = phrase(
    "headquarters has not been heard since {when} ({why}). Sales go on, and it gets everything later. "
    "Look at the line, and at what tebura check says of [headquarters]"
)


class Standing(msgspec.Struct, frozen=True):
    """``heard_s``: UNIX seconds, 0 for never; ``why``: why it is not heard now, empty while it is."""

    heard_s: float = 0.0
    has: int = 0
    hash: str = ""
    behind: int = 0
    why: str = ""
    trouble: str = ""


def keep(folder: Path, standing: Standing) -> None:
    """In place of what was there. `OSError`."""
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(standing))
    fresh.replace(folder / FILE)


def standing_in(folder: Path) -> Standing | None:
    """None where nobody has been asked yet, or the file says nothing."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Standing)
    return None


def quiet(since: str, why: str) -> Sentence:
    """… has not been heard since a time, as people write it."""
    return told(QUIET, when=since, why=why or "?") if since else NOTHING
